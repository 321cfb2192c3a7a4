"""What one person reported of late, so that a picture or a cause can be added without hurry (EXC-1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain.incidents import OPEN
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.stock import Location

SHOWN = 6
FOR_HOURS = 24

_REPORTS: Any = (
    select(Incident.id, Incident.kind, Incident.stage, Incident.state, Incident.cause, Incident.units, Incident.note,
           Incident.at, Incident.person_id, Item.title, Location.code.label("location"),
           Order.number.label("order_number"), Parcel.number.label("parcel"))
    .outerjoin(Item, Item.id == Incident.item_id)
    .outerjoin(Location, Location.id == Incident.location_id)
    .outerjoin(Order, Order.id == Incident.order_id)
    .outerjoin(Parcel, Parcel.id == Incident.parcel_id)
)


@dataclass(frozen=True)
class OwnReport:
    """One report as its reporter sees it; `subject` is the shortest name of what it is about."""

    id: int
    kind: str
    stage: str
    state: str
    cause: str
    units: int
    note: str
    at: datetime
    person_id: int
    subject: str
    location: str
    photos: tuple[int, ...]


def list_own(session: Session, person_id: int, now: datetime) -> list[OwnReport]:
    """Open ones of the last day, the newest first."""
    rows = session.execute(
        _REPORTS.where(Incident.person_id == person_id, Incident.state == OPEN,
                       Incident.at > now - timedelta(hours=FOR_HOURS))
        .order_by(Incident.id.desc()).limit(SHOWN)).all()
    return [_draw(session, row) for row in rows]


def find(session: Session, incident_id: int) -> OwnReport | None:
    row = session.execute(_REPORTS.where(Incident.id == incident_id)).one_or_none()
    return _draw(session, row) if row is not None else None


def _draw(session: Session, row: Any) -> OwnReport:
    photos = session.execute(select(Photo.id).where(Photo.incident_id == row.id).order_by(Photo.id)).scalars()
    return OwnReport(
        row.id, row.kind, row.stage, row.state, row.cause, row.units, row.note, row.at, row.person_id,
        row.title or row.parcel or row.order_number or "", row.location or "", tuple(photos))
