"""`warehouse init`, `prove` and `backup`: the data folder made, checked and copied."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy import make_url

from warehouse import data_folder
from warehouse.config import Config
from warehouse.db import sqlite_driver
from warehouse.errors import SetUpProblem
from warehouse.queries import prove as proof


@click.command()
@click.pass_obj
def init(config: Config) -> None:
    """Make the data folder, its keys and tables; or bring an older one up to date."""
    done = data_folder.make(config)
    for act in done:
        click.echo(act)
    click.echo(f"{config.home} is ready." if done else f"{config.home} was ready already.")


@click.command()
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


@click.command()
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
