"""Totes and parcels of cancelled orders that must be emptied onto the shelves."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.stock import Location, PutBack


@dataclass(frozen=True)
class Source:
    """One tote or parcel; `units` are still to be put back."""

    id: int
    code: str
    kind: str
    units: int
    since: datetime
    orders: tuple[str, ...]


def list_sources(session: Session) -> list[Source]:
    """Those that wait longest first."""
    rows = session.execute(
        select(Location.id, func.coalesce(Parcel.number, Location.code), Location.kind,
               PutBack.units - PutBack.units_done, PutBack.created_at, Order.number)
        .join(Location, Location.id == PutBack.source_id)
        .outerjoin(Parcel, Parcel.location_id == Location.id).join(Order, Order.id == PutBack.order_id)
        .where(PutBack.done_at.is_(None)).order_by(PutBack.created_at, PutBack.id))
    found: dict[int, Source] = {}
    for place_id, code, kind, units, since, number in rows:
        before = found.get(place_id, Source(place_id, code, kind, 0, since, ()))
        orders = before.orders if number in before.orders else (*before.orders, number or "")
        found[place_id] = Source(place_id, code, kind, before.units + units, before.since, orders)
    return list(found.values())
