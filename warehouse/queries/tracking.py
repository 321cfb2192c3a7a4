"""What is on its way, by carrier, and which files of events came in (SHP-4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from warehouse.domain.packing import HANDED_OVER, IN_TRANSIT
from warehouse.models.orders import ImportRun
from warehouse.models.packing import Parcel
from warehouse.models.people import Person
from warehouse.models.shipping import Carrier

SHOWN_IMPORTS = 10
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True)
class OnTheWay:
    """Parcels of one carrier that have left within 90 days and are not there yet: all, without a first event, past
    their day. `has_secret`: it may send signed messages."""

    code: str
    name_en: str
    name_zh: str
    parcels: int
    silent: int
    overdue: int
    has_secret: bool


@dataclass(frozen=True)
class PastImport:
    """One file that was brought in, with its report."""

    id: int
    at: datetime
    person: str
    file_names: str
    report: dict[str, Any]


def on_the_way(session: Session, now: datetime) -> list[OnTheWay]:
    """Every carrier, in the order of the lanes."""
    moving = (
        select(Parcel.carrier_code, func.count().label("parcels"),
               func.sum(case((Parcel.first_event_at.is_(None), 1), else_=0)).label("silent"),
               func.sum(case((Parcel.expected_by < now, 1), else_=0)).label("overdue"))
        .where(Parcel.state.in_((HANDED_OVER, IN_TRANSIT)), Parcel.handed_over_at > now - LOOK_BACK)
        .group_by(Parcel.carrier_code).subquery())
    rows = session.execute(
        select(Carrier.code, Carrier.name_en, Carrier.name_zh, func.coalesce(moving.c.parcels, 0),
               func.coalesce(moving.c.silent, 0), func.coalesce(moving.c.overdue, 0),
               Carrier.webhook_secret.is_not(None))
        .outerjoin(moving, moving.c.carrier_code == Carrier.code).order_by(Carrier.lane, Carrier.code))
    return [OnTheWay(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5]), bool(row[6])) for row in rows]


def past_imports(session: Session) -> list[PastImport]:
    """The newest imports of carriers' files."""
    rows = session.execute(
        select(ImportRun.id, ImportRun.at, Person.name, ImportRun.file_names, ImportRun.report)
        .join(Person, Person.id == ImportRun.person_id).where(ImportRun.kind == "tracking")
        .order_by(ImportRun.id.desc()).limit(SHOWN_IMPORTS))
    return [PastImport(*row) for row in rows]
