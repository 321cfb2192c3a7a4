"""The command `warehouse`: what is done from a console. Sentences here are English, for whoever runs the server."""

import json
import sys
from importlib import import_module
from typing import Any

import click

from warehouse import i18n
from warehouse.config import load_config
from warehouse.domain import barcodes
from warehouse.errors import Refusal, SetUpProblem

WRONG_SET_UP = 2
# Each in its room, which is opened when the command is called: a code is read without loading a web server.
ROOMS = {
    "init": "cli_books:init", "prove": "cli_books:prove", "backup": "cli_books:backup",
    "serve": "cli_serve:serve", "demo": "cli_demo:demo", "import": "cli_imports:import_files",
    "people": "cli_people:people", "add": "cli_equipment:add", "night": "cli_night:night",
    "watch-once": "cli_night:watch_once",
    "carriers": "cli_carriers:carriers",
    "plan-replenishment": "cli_night:plan_replenishment",
}


class Commands(click.Group):
    """Commands whose refusals are a sentence on stderr, not a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*ROOMS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ROOMS:
            return super().get_command(ctx, cmd_name)
        room, _, name = ROOMS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"warehouse.{room}"), name)
        return command

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
