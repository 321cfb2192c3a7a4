"""`warehouse people …`: the first manager of a warehouse, and who there is."""

import click
from sqlalchemy import select

from warehouse import clock, data_folder
from warehouse.config import Config
from warehouse.domain.people import ROLES
from warehouse.i18n import CHINESE, ENGLISH
from warehouse.models.people import Person
from warehouse.services import people as service
from warehouse.services import setup

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}


@click.group()
def people() -> None:
    """Who may work here."""


@people.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@click.password_option("--pin", prompt="PIN (six digits)", help="Asked for where it is not given.")
@click.pass_obj
def add(config: Config, name: str, role: str, language: str, pin: str) -> None:
    """Let somebody in, and tell their badge, which is told only once."""
    with data_folder.opened(config) as database:
        with database.read() as session:
            pin_hash = service.hash_pin(session.info["vault"], pin)
        actor = database.write(setup.system_actor, clock.now())
        joined = database.write(
            service.add_person, actor, name=name, role=role, language=LANGUAGES[language], pin_hash=pin_hash
        )
    click.echo(f"{name} ({role}), badge {joined.badge}")


@people.command("list")
@click.pass_obj
def list_people(config: Config) -> None:
    """Who there is. Badges and PINs are not shown."""
    with data_folder.opened(config) as database, database.read() as session:
        rows = session.execute(
            select(Person.name, Person.role, Person.language, Person.is_active)
            .where(Person.badge != setup.SYSTEM_BADGE).order_by(Person.name)
        ).all()
    for row in rows:
        click.echo(f"{row.name}\t{row.role}\t{row.language}\t{'active' if row.is_active else 'switched off'}")
