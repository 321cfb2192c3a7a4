"""`warehouse night`, `warehouse watch-once`: what the clock of a server starts, for those who start it by cron or by
hand."""

from datetime import date

import click

from warehouse import clock, data_folder, jobs
from warehouse.config import Config
from warehouse.services import replenishment, setup


@click.command()
@click.option("--day", help="YYYY-MM-DD; the local day of now if not told.")
@click.pass_obj
def night(config: Config, day: str | None) -> None:
    """Reckon the figures of every item, plan the day's cycle count and the replenishment; once for each day."""
    day = _day(day) or jobs.local_day(config, clock.now())
    with data_folder.opened(config) as database:
        done = jobs.run_night(config, database, day)
    if done is None:
        click.echo(f"The night of {day} was done already, or another process is at it.")
        return
    click.echo(f"{done.day}: figures of {done.items} items, {done.shelves} shelves to count,"
               f" {done.replenishments} new replenishments.")


@click.command("watch-once")
@click.pass_obj
def watch_once(config: Config) -> None:
    """What a server does each minute, once: overdue incidents and parcels, letters to customers."""
    with data_folder.opened(config) as database:
        done = jobs.run_minute(jobs.Minute(config, database))
    for name, count in done.items():
        click.echo(f"{name}: {'a fault, see the log' if count is None else count}")
    if None in done.values():
        raise click.exceptions.Exit(1)


@click.command("plan-replenishment")
@click.pass_obj
def plan_replenishment(config: Config) -> None:
    """Work out what is to be brought from reserve to the pick faces, now."""
    with data_folder.opened(config) as database:
        actor = database.write(setup.system_actor, clock.now())
        planned = database.write(replenishment.plan_replenishment, actor)
    click.echo(f"{planned.made} new, {planned.changed} changed, {planned.cancelled} no longer needed,"
               f" {planned.kept} as they were.")


def _day(given: str | None) -> str | None:
    try:
        return date.fromisoformat(given).isoformat() if given else None
    except ValueError:
        raise click.BadParameter(f"{given} is no day like 2026-03-04.", param_hint="--day") from None
