"""Open incidents, for whoever settles them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain.incidents import OPEN, is_left_to_bench
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.orders import Order
from warehouse.models.people import Person
from warehouse.models.stock import Location

SHOWN = 100
_BLAMED = aliased(Person)


@dataclass(frozen=True)
class IncidentRow:
    """One open incident with what it is about."""

    id: int
    kind: str
    stage: str
    at: datetime
    units: int
    title: str
    location: str
    order_id: int | None
    order_number: str
    person: str
    blamed: str
    outcome: str
    note: str
    is_left_to_bench: bool
    photos: tuple[int, ...]


@dataclass(frozen=True)
class OpenIncidents:
    """The oldest `SHOWN` of those asked for, and how many there are of each (kind, stage)."""

    rows: list[IncidentRow]
    counts: dict[tuple[str, str], int]

    @property
    def kinds(self) -> list[str]:
        return sorted({kind for kind, _ in self.counts})

    @property
    def stages(self) -> list[str]:
        return sorted({stage for _, stage in self.counts})

    def total(self, kind: str = "", stage: str = "") -> int:
        return sum(n for (each, where), n in self.counts.items() if kind in {"", each} and stage in {"", where})


def list_open(session: Session, *, kind: str = "", stage: str = "") -> OpenIncidents:
    counted = session.execute(
        select(Incident.kind, Incident.stage, func.count()).where(Incident.state == OPEN)
        .group_by(Incident.kind, Incident.stage))
    query = (
        select(Incident.id, Incident.kind, Incident.stage, Incident.at, Incident.units, Item.title,
               Location.code, Incident.order_id, Order.number, Order.state, Person.name,
               _BLAMED.name.label("blamed"), Incident.outcome, Incident.note)
        .outerjoin(Item, Item.id == Incident.item_id).outerjoin(Location, Location.id == Incident.location_id)
        .outerjoin(Order, Order.id == Incident.order_id).join(Person, Person.id == Incident.person_id)
        .outerjoin(_BLAMED, _BLAMED.id == Incident.blamed_id)
        .where(Incident.state == OPEN).order_by(Incident.at, Incident.id).limit(SHOWN))
    if kind:
        query = query.where(Incident.kind == kind)
    if stage:
        query = query.where(Incident.stage == stage)
    shown = session.execute(query).all()
    photos = list_photos(session, [row.id for row in shown])
    rows = [
        IncidentRow(
            row.id, row.kind, row.stage, row.at, row.units, row.title or "", row.code or "", row.order_id,
            row.number or "", row.name, row.blamed or "", row.outcome, row.note,
            is_left_to_bench(row.stage, row.kind, row.outcome, row.state), photos.get(row.id, ()))
        for row in shown
    ]
    return OpenIncidents(rows, {(row[0], row[1]): row[2] for row in counted})


def list_photos(session: Session, incident_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The ids of the pictures of these incidents, by incident, in the order in which they were taken."""
    found: dict[int, tuple[int, ...]] = {}
    for row in session.execute(
            select(Photo.id, Photo.incident_id).where(Photo.incident_id.in_(incident_ids)).order_by(Photo.id)):
        found[row.incident_id] = (*found.get(row.incident_id, ()), row.id)
    return found
