"""The rows without which no warehouse works: fixed places, carriers, cartons, and the person behind the console."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from warehouse.domain.carriers import CARRIERS
from warehouse.domain.cartons import CARTONS
from warehouse.domain.people import Actor
from warehouse.domain.return_policy import DEFAULTS
from warehouse.domain.shifts import FIRST_CLOSES, FIRST_OPENS, WEEKDAYS
from warehouse.domain.stock import FIXED_PLACES
from warehouse.errors import SetUpProblem
from warehouse.models.packing import Carton
from warehouse.models.people import Person
from warehouse.models.returns import ReturnPolicy
from warehouse.models.shipping import Carrier, Shift
from warehouse.models.stock import Location
from warehouse.services import messages_texts

# Not the text of any badge, so that nobody can sign in as the console.
SYSTEM_BADGE, SYSTEM_NAME = "SYSTEM", "System"


def first_rows(session: Session, at: datetime) -> dict[str, int]:
    """Put in what is missing and leave what is there; how many rows of each were made."""
    system = {
        "name": SYSTEM_NAME, "role": "manager", "language": "en", "badge": SYSTEM_BADGE, "pin_hash": "",
        "is_active": False, "failed_count": 0, "created_at": at,
    }
    week = [{"weekday": weekday, "opens": FIRST_OPENS, "closes": FIRST_CLOSES} for weekday in WEEKDAYS]
    places = [{"code": code, "kind": kind} for code, kind in FIXED_PLACES.items()]
    made = {
        "console person": _add_missing(session, Person.__table__, "badge", [system]),
        "places": _add_missing(session, Location.__table__, "code", places),
        "carriers": _add_missing(session, Carrier.__table__, "code", [vars(plan) for plan in CARRIERS]),
        # Whoever takes a day out of the week does not find it there again.
        "shifts": _add_missing(session, Shift.__table__, "weekday", () if _has_shifts(session) else week),
        "cartons": _add_missing(session, Carton.__table__, "code", [vars(plan) for plan in CARTONS]),
    }
    made["texts for customers"] = messages_texts.put_in_first(session, system_actor(session, at).person_id, at)
    by = {"version": 1, "from_at": at, "person_id": system_actor(session, at).person_id}
    return made | {"return policies": _add_missing(
        session, ReturnPolicy.__table__, "reason", [asdict(policy) | by for policy in DEFAULTS])}


def _has_shifts(session: Session) -> bool:
    return session.execute(select(Shift.id).limit(1)).scalar() is not None


def system_actor(session: Session, at: datetime) -> Actor:
    """Who does what is done from the console: a manager that cannot sign in."""
    person_id = session.execute(select(Person.id).where(Person.badge == SYSTEM_BADGE)).scalar()
    if person_id is None:
        raise SetUpProblem("This database has no first rows yet. Run `python3 run.py init` first.")
    return Actor(person_id=person_id, device_id=None, at=at, role="manager", name=SYSTEM_NAME)


def _add_missing(session: Session, table: Table, known_by: str, rows: Iterable[dict[str, Any]]) -> int:
    present = set(session.execute(select(table.c[known_by])).scalars())
    missing = [row for row in rows if row[known_by] not in present]
    if missing:
        session.execute(insert(table), missing)
    return len(missing)
