"""`warehouse carriers …`: what carriers sign their messages with."""

import click

from warehouse import clock, data_folder
from warehouse.config import Config
from warehouse.services import setup, tracking


@click.group("carriers")
def carriers() -> None:
    """The secrets that carriers sign their tracking messages with."""


@carriers.command("secret")
@click.argument("carrier")
@click.option("--remove", is_flag=True, help="Take the secret away: its messages are refused from now on.")
@click.pass_obj
def secret(config: Config, carrier: str, *, remove: bool) -> None:
    """A new secret for CARRIER (SF, YTO …), shown this once. The one before is void from now on."""
    with data_folder.opened(config) as database:
        actor = database.write(setup.system_actor, clock.now())
        if remove:
            database.write(tracking.drop_secret, actor, carrier.upper())
            click.echo(f"{carrier.upper()} may no longer send messages.")
            return
        click.echo(database.write(tracking.set_secret, actor, carrier.upper()))
        click.echo(f"Give it to the carrier; it signs what it posts to /tracking/webhook/{carrier.upper()}."
                   " It is not shown again.", err=True)
