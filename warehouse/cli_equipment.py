"""`warehouse add …`: totes and carts from the console."""

import click

from warehouse import clock, data_folder
from warehouse.config import Config
from warehouse.services import equipment, setup


@click.group("add")
def add() -> None:
    """Totes and carts; print their labels under Papers."""


@add.command("totes")
@click.argument("count", type=int)
@click.option("--prefix", default="T", show_default=True)
@click.pass_obj
def totes(config: Config, count: int, prefix: str) -> None:
    """COUNT new totes, named on from the last one."""
    with data_folder.opened(config) as database:
        actor = database.write(setup.system_actor, clock.now())
        click.echo(" ".join(database.write(equipment.add_totes, actor, prefix, count)))


@add.command("carts")
@click.argument("count", type=int)
@click.option("--prefix", default="C", show_default=True)
@click.option("--slots", default=6, show_default=True, help="Totes on one cart.")
@click.pass_obj
def carts(config: Config, count: int, prefix: str, slots: int) -> None:
    """COUNT new carts."""
    with data_folder.opened(config) as database:
        actor = database.write(setup.system_actor, clock.now())
        click.echo(" ".join(database.write(equipment.add_carts, actor, prefix, count, slots)))
