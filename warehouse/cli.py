"""The command `warehouse`: what is done from a console. Sentences here are English, for whoever runs the server."""

import json
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import waitress
from sqlalchemy import make_url

from warehouse import cli_demo, cli_equipment, cli_imports, cli_people, data_folder, i18n
from warehouse.app import create_app
from warehouse.config import Config, load_config
from warehouse.db import sqlite_driver
from warehouse.domain import barcodes
from warehouse.errors import Refusal, SetUpProblem
from warehouse.queries import prove as proof

THREADS = 16
WRONG_SET_UP = 2
LOCAL = ("127.0.0.1", "0.0.0.0")  # noqa: S104 - to show an address, not to listen


class Commands(click.Group):
    """Commands whose refusals are a sentence on stderr, not a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SetUpProblem as problem:
            click.echo(f"warehouse: {problem}", err=True)
            ctx.exit(WRONG_SET_UP)
        except Refusal as refusal:
            click.echo(f"warehouse: {i18n.say(i18n.ENGLISH, refusal.code, **refusal.facts)}", err=True)
            ctx.exit(1)


@click.group(cls=Commands)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Shelfmark Warehouse. Data live in the folder WAREHOUSE_HOME; `init` makes it."""
    for stream in (sys.stdout, sys.stderr):
        # Titles and JSON are UTF-8 whatever the locale says; what is no character at all is written as an escape.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    ctx.obj = load_config()


main.add_command(cli_imports.import_files)
main.add_command(cli_people.people)
main.add_command(cli_equipment.add)


@main.command()
@click.pass_obj
def init(config: Config) -> None:
    """Make the data folder, its keys and tables; or bring an older one up to date."""
    done = data_folder.make(config)
    for act in done:
        click.echo(act)
    click.echo(f"{config.home} is ready." if done else f"{config.home} was ready already.")


HOST = click.option(
    "--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets the tablets of the house in."
)
PORT = click.option("--port", default=8080, show_default=True, help="0 takes any free one.")


@main.command()
@HOST
@PORT
@click.option("--fresh", is_flag=True, help="Throw the old demo shop away and begin anew.")
def demo(host: str, port: int, *, fresh: bool) -> None:
    """A small shop with orders in every state, made once and served: a whole job can be done with a mouse."""
    config = cli_demo.demo_config()
    cli_demo.prepare(config, fresh=fresh)
    _serve(config, host, port, or_any=True)


@main.command()
@HOST
@PORT
@click.pass_obj
def serve(config: Config, host: str, port: int) -> None:
    """Serve the tablets until stopped."""
    _serve(config, host, port)


def _serve(config: Config, host: str, port: int, *, or_any: bool = False) -> None:
    """`or_any`: where the port is taken, any free one will do."""
    with data_folder.opened(config) as database:
        app = create_app(config, database)
        try:
            server = waitress.create_server(app, host=host, port=port, threads=THREADS)
        except OSError as problem:
            if not or_any:
                raise SetUpProblem(
                    f"Cannot listen on {host}:{port}: {problem.strerror}. Choose another --port.") from None
            server = waitress.create_server(app, host=host, port=0, threads=THREADS)
        # A stopped service ends what it began: the scan in hand is answered, the database closed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        shown = "localhost" if host in LOCAL else host
        click.echo(f"Serving http://{shown}:{getattr(server, 'effective_port', port)} with {_engine_name(config)}")
        if not config.is_https:
            click.echo("Without https anyone on the same network can read along. Set `is_https = true` in"
                       " warehouse.toml behind a proxy that speaks https.", err=True)
        server.run()


def _engine_name(config: Config) -> str:
    return f"SQLite {sqlite_driver().sqlite_version}" if config.is_sqlite else "PostgreSQL"


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def prove(config: Config, *, as_json: bool) -> None:
    """Check that the books are right: exit code 0 if all is well, 1 if not, with what is broken."""
    with data_folder.opened(config) as database, database.read(steady=True) as session:
        findings = proof.look(session, proof.CHECKS)
    is_well = all(finding.holds for finding in findings)
    if as_json:
        checks = [{"name": one.name, "claim": one.claim, "ok": one.holds, "rows": one.rows} for one in findings]
        click.echo(json.dumps({"ok": is_well, "checks": checks}, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{'✓' if finding.holds else '✗'} {finding.name}: {finding.claim}")
            for row in finding.rows:
                click.echo("    " + ", ".join(f"{name} {value}" for name, value in row.items()))
    sys.exit(0 if is_well else 1)


@main.command("read-code")
@click.option("--scanner", is_flag=True, help="By the strict rules for a gun.")
def read_code(*, scanner: bool) -> None:
    """Read codes: a JSON string on each line of stdin, a JSON answer on each line of stdout."""
    for line in sys.stdin.buffer:
        try:
            raw = json.loads(line)
        except ValueError:
            raw = None
        if isinstance(raw, str):
            answer = barcodes.to_answer(barcodes.read(raw, scanner=scanner))
        else:
            answer = {"ok": False, "kind": "invalid", "reason": "not_json"}
        click.echo(json.dumps(answer, ensure_ascii=False))


@main.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(config: Config, target: Path) -> None:
    """Copy the database as it is at this moment to TARGET, while the server goes on."""
    if not config.is_sqlite:
        raise SetUpProblem("The database is PostgreSQL: back it up with pg_dump.")
    if target.exists():
        raise SetUpProblem(f"{target} exists already. Choose another name.")
    path = Path(make_url(config.database_url).database or "")
    if not path.exists():
        raise SetUpProblem(f"There is no database in {config.home} yet. Run `python3 run.py init` first.")
    # Copying the file alone would miss what still stands in the log beside it.
    target.touch(mode=0o600)
    driver = sqlite_driver()
    with closing(driver.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source, \
            closing(driver.connect(str(target))) as copy:
        source.backup(copy)
    click.echo(f"{target}: {target.stat().st_size} bytes. Keep {config.key_file} in another safe place.")
