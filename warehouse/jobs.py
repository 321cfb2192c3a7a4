"""What the clock starts. Each minute: what is overdue, and letters to customers (EXC-2, EXC-3, SHP-3). Once in each
local night (STK-2, STK-3): the figures of every item, the day's cycle count, and what the pick faces need for the
morning.

Every server looks. The night is done by whoever claims its row first; the minute's steps take what they find row by
row, so that several servers never do the same twice. What is read is read beside the scans, what is written is written
in short pieces between them.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from warehouse import clock, mailing
from warehouse.config import Config
from warehouse.db import Database
from warehouse.errors import way_to
from warehouse.services import (
    customer,
    cycle_plan,
    delays,
    figures,
    incidents_work,
    journal,
    outbox,
    replenishment,
    returns_desk,
    setup,
)

LOOK_EVERY_S = 60
# Lots of one step in one minute; what is left waits for the next.
MOST_LOTS = 20
# How long a stopping server waits for the step that is under way.
LEAVE_S = 10

log = logging.getLogger("warehouse.jobs")


@dataclass(frozen=True)
class Night:
    """What one night's work did. `shelves`: on the list of the cycle count; `replenishments`: new ones."""

    day: str
    items: int
    shelves: int
    replenishments: int


class BrokenOff(Exception):
    """The server stops: the rest is left to whoever looks next."""


def day_due(config: Config, now: datetime) -> str | None:
    """The local day whose night's work may begin at this moment: from `night_hour` on. A server that was off then
    does it when it starts."""
    is_time = now.astimezone(ZoneInfo(config.time_zone)).hour >= config.night_hour
    return local_day(config, now) if is_time else None


def local_day(config: Config, now: datetime) -> str:
    return now.astimezone(ZoneInfo(config.time_zone)).date().isoformat()


def run_night(config: Config, database: Database, day: str, *, stop: threading.Event | None = None) -> Night | None:
    """The night's work of a day; None where it was claimed before."""
    if not database.write(journal.claim_night, day, clock.now()):
        return None
    stop = stop or threading.Event()
    with database.read() as session:
        actor = setup.system_actor(session, clock.now())
        found = figures.look(session, actor.at)
    for lot in figures.lots(found):
        _go_on(stop)
        database.write(figures.keep, actor, lot)
    with database.read() as session:
        shelves = cycle_plan.look(session, actor.at, most=config.count_shelves_a_day)
    _go_on(stop)
    database.write(cycle_plan.open_day, actor, day, shelves)
    planned = database.write(replenishment.plan_replenishment, actor)
    database.write(returns_desk.lapse_overdue, actor)
    database.write(journal.end_night, day, clock.now())
    return Night(day, len(found), len(shelves), planned.made)


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise BrokenOff


# --- Each minute
# ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Minute:
    """What a step of the minute works with. `write` is a transaction of its own, by the console's person, now."""

    config: Config
    database: Database
    stop: threading.Event = field(default_factory=threading.Event)

    def write(self, use_case: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with self.database.read() as session:
            actor = setup.system_actor(session, clock.now())
        return self.database.write(use_case, actor, *args, **named)

    def write_lots(self, use_case: Callable[..., int], *args: Any, **named: Any) -> int:
        """A use case that does `outbox.LOT` at a time, until nothing is left."""
        done = 0
        for _ in range(MOST_LOTS):
            count = self.write(use_case, *args, **named)
            done += count
            if count < outbox.LOT or self.stop.is_set():
                break
        return done


def look_for_delays(minute: Minute) -> int:
    with minute.database.read() as session:
        # Looked for beside the scans, as below: thousands may be on the road.
        if not delays.is_there_news(session, clock.now()):
            return 0
    return minute.write(delays.look_around)


def pass_incidents_up(minute: Minute) -> int:
    return minute.write(incidents_work.escalate_overdue)


def want_dispatched(minute: Minute) -> int:
    if not minute.config.smtp_host:
        return 0
    with minute.database.read() as session:
        # Looked for beside the scans: in most minutes there is nothing to write.
        if not outbox.untold(session, clock.now(), most=1):
            return 0
    return minute.write_lots(outbox.want_dispatched, time_zone=minute.config.time_zone)


def drop_old_letters(minute: Minute) -> int:
    with minute.database.read() as session:
        if not outbox.out_of_date(session, clock.now(), most=1):
            return 0
    return minute.write_lots(outbox.drop_out_of_date)


def queue_letters(minute: Minute) -> int:
    if not minute.config.smtp_host:
        return 0
    return minute.write_lots(outbox.queue_what_sends_itself, mailing.shop_of(minute.config))


def send_letters(minute: Minute) -> int:
    return mailing.drain(minute.config, minute.database, stop=minute.stop).sent


def index_names(minute: Minute) -> int:
    return minute.write_lots(customer.index_names)


# What is done, in this order; each answers how many.
MINUTE: dict[str, Callable[[Minute], int]] = {
    "delays found": look_for_delays,
    "incidents gone up": pass_incidents_up,
    "dispatches to tell": want_dispatched,
    "letters out of date": drop_old_letters,
    "letters queued": queue_letters,
    "letters sent": send_letters,
    "names indexed": index_names,
}


def run_minute(minute: Minute) -> dict[str, int | None]:
    """Every step once; how many each did. A fault in one is logged (None) and does not keep the others."""
    done: dict[str, int | None] = {}
    for name, step in MINUTE.items():
        if minute.stop.is_set():
            break
        try:
            done[name] = step(minute)
        except Exception as fault:  # noqa: BLE001 - a door: nobody else would hear of it
            log.error("%s\n%s", name, way_to(fault))  # noqa: TRY400 - without the row that it was about
            done[name] = None
    return done


# --- Beside the server
# ----------------------------------------------------------------------------------------------------------


class Watch:
    """The thread beside the server that looks at the clock every minute, until it is stopped."""

    def __init__(self, config: Config, database: Database) -> None:
        # Settings that cannot work are told at start, not in a log.
        mailing.server_of(config)
        self._config, self._database = config, database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="night", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends before the next step of the work; to be called before the database is closed."""
        self._stop.set()
        self._thread.join(timeout=LEAVE_S)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            run_minute(Minute(self._config, self._database, self._stop))
            self.look()

    def look(self) -> Night | None:
        """Do the night's work where it is time and nobody else has it. A fault is logged and does not end the watch:
        the night is begun again when its claim is old."""
        day = day_due(self._config, clock.now())
        try:
            night = run_night(self._config, self._database, day, stop=self._stop) if day else None
        except BrokenOff:
            log.info("night %s broken off", day)
        except Exception as fault:  # noqa: BLE001 - as above
            log.error("night %s\n%s", day, way_to(fault))  # noqa: TRY400 - as above
        else:
            if night:
                log.info("night %s: %d items, %d shelves to count", night.day, night.items, night.shelves)
            return night
        return None
