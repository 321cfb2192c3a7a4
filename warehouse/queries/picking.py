"""Pick runs to choose from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.domain import picking as rules
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, PickStop

UNDER_WAY = (rules.PLANNED, rules.BINDING, rules.STARTED)


@dataclass(frozen=True)
class RunRow:
    """One run in the list: what it is, how far, and whose."""

    id: int
    wave_id: int
    kind: str
    state: str
    due_at: datetime
    units_due: int
    units_taken: int
    stops: int
    orders: int
    person_id: int | None
    person: str | None


def list_runs(session: Session, person_id: int) -> list[RunRow]:
    """Runs that are planned or under way: one's own first, then by due time."""
    stops = (
        select(PickStop.run_id, func.count().label("n"), func.count(PickStop.order_id.distinct()).label("orders"))
        .join(PickRun, PickRun.id == PickStop.run_id)
        .where(PickRun.state.in_(UNDER_WAY)).group_by(PickStop.run_id).subquery()
    )
    rows = session.execute(
        select(PickRun.id, PickRun.wave_id, PickRun.kind, PickRun.state, PickRun.due_at, PickRun.units_due,
               PickRun.units_taken, stops.c.n, stops.c.orders, PickRun.person_id, Person.name)
        .join(stops, stops.c.run_id == PickRun.id)
        .outerjoin(Person, Person.id == PickRun.person_id)
        .where(PickRun.state.in_(UNDER_WAY)))
    return sorted((RunRow(*row) for row in rows), key=lambda run: _rank(run, person_id))


def _rank(run: RunRow, person_id: int) -> tuple[int, datetime, int]:
    own = 0 if run.person_id == person_id else 1 if run.person_id is None else 2
    return own, run.due_at, run.id
