"""What the clock starts (STK-2, STK-3): once in each local night the figures of every item, the day's cycle count, and
what the pick faces need for the morning.

Every server looks; whoever claims the night's row first does the work. What is read is read beside the scans, what is
written is written in short pieces between them.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from warehouse import clock
from warehouse.config import Config
from warehouse.db import Database
from warehouse.services import cycle_plan, figures, journal, replenishment, setup

LOOK_EVERY_S = 60
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
    database.write(journal.end_night, day, clock.now())
    return Night(day, len(found), len(shelves), planned.made)


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise BrokenOff


class Watch:
    """The thread beside the server that looks at the clock every minute, until it is stopped."""

    def __init__(self, config: Config, database: Database) -> None:
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
            self.look()

    def look(self) -> Night | None:
        """Do the night's work where it is time and nobody else has it. A fault is logged and does not end the watch:
        the night is begun again when its claim is old."""
        day = day_due(self._config, clock.now())
        try:
            night = run_night(self._config, self._database, day, stop=self._stop) if day else None
        except BrokenOff:
            log.info("night %s broken off", day)
        except Exception:  # A door: nobody else would hear of it.
            log.exception("night %s", day)
        else:
            if night:
                log.info("night %s: %d items, %d shelves to count", night.day, night.items, night.shelves)
            return night
        return None
