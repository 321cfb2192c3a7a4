"""`warehouse demo`: a small shop, made once, and its badges on the console."""

import os
import shutil
from pathlib import Path
from zoneinfo import available_timezones

import click

from warehouse import data_folder, documents
from warehouse.cli_serve import HOST, PORT, run
from warehouse.config import Config, default_home, load_config
from warehouse.demo.build import Badge, build
from warehouse.errors import SetUpProblem
from warehouse.i18n import ENGLISH

MARK = "demo"
BADGE_SHEET = "badges.pdf"


@click.command()
@HOST
@PORT
@click.option("--fresh", is_flag=True, help="Throw the old demo shop away and begin anew.")
def demo(host: str, port: int, *, fresh: bool) -> None:
    """A small shop with orders in every state, made once and served: a whole job can be done with a mouse."""
    config = demo_config()
    prepare(config, fresh=fresh)
    run(config, host, port, or_any=True)


def demo_config() -> Config:
    """The demo lives in a folder of its own, so that it can be thrown away."""
    return load_config(default_home() / MARK, is_demo=True, time_zone=_local_zone())


def _local_zone() -> str:
    """This machine's zone by name, so that the clock on the screen is the one on the wall; UTC where it has none."""
    linked = Path("/etc/localtime").resolve().as_posix().partition("zoneinfo/")[2]
    name = os.environ.get("TZ") or linked
    return name if name in available_timezones() else "UTC"


def prepare(config: Config, *, fresh: bool) -> None:
    """Make the shop or find it, and tell who works there."""
    if fresh and config.home.exists():
        _throw_away(config)
    click.echo(f"The demo shop is in {config.home} (start with --fresh to begin anew).")
    badges = build(config)
    sheet = config.paper_folder / BADGE_SHEET
    with data_folder.opened(config) as database, database.read() as session:
        pins = {badge.person_id: badge.pin for badge in badges}
        sheet.write_bytes(documents.badges_pdf(session, list(pins), ENGLISH, pins=pins))
    _tell(badges, sheet)


def _throw_away(config: Config) -> None:
    if not config.is_sqlite:
        raise SetUpProblem("--fresh throws away a folder only, not a database on a server. Drop that one yourself.")
    shutil.rmtree(config.home)


def _tell(badges: list[Badge], sheet: Path) -> None:
    click.echo("\nWho works here. Scan the badge, or tap the name, then type the PIN:\n")
    for badge in badges:
        click.echo(f"  {badge.role:<11} PIN {badge.pin}   badge {badge.badge}   {badge.name}")
    click.echo(f"\nBadges to print and scan: {sheet}")
    click.echo("No scanner? Every work screen of the demo has one to press.\n")
