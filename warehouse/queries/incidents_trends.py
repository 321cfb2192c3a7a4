"""Incidents counted by kind, cause, step, publisher, carrier and place, period by period. What was reported by mistake
is none."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from warehouse.domain.incidents import MISTAKE
from warehouse.domain.incidents_trends import CARRIER, CAUSE, GROUPS, KIND, LOCATION, PUBLISHER, STAGE, Figure, Group
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.stock import Location

_BY: dict[str, Any] = {
    KIND: Incident.kind, CAUSE: Incident.cause, STAGE: Incident.stage, PUBLISHER: func.coalesce(Item.publisher, ""),
    CARRIER: func.coalesce(Parcel.carrier_code, Order.carrier_code, ""), LOCATION: func.coalesce(Location.code, ""),
}


def look(session: Session, begins: Sequence[datetime], until: datetime, *, kind: str = "") -> dict[str, list[Group]]:
    """From the first of `begins` to `until`; each begins a period. The largest group first, the nameless last."""
    return {by: _count(session, by, begins, until, kind) for by in GROUPS}


def _count(session: Session, by: str, begins: Sequence[datetime], until: datetime, kind: str) -> list[Group]:
    period = case(
        *((Incident.at >= begin, literal(n)) for n, begin in reversed(list(enumerate(begins)))), else_=0)
    name = _BY[by].label("name")
    query = (
        select(name, period.label("period"), func.count(), func.sum(Incident.units)).select_from(Incident)
        .where(Incident.at >= begins[0], Incident.at <= until, Incident.outcome != MISTAKE)
        .group_by("name", "period"))
    if kind:
        query = query.where(Incident.kind == kind)
    if by == PUBLISHER:
        query = query.outerjoin(Item, Item.id == Incident.item_id)
    elif by == CARRIER:
        query = query.outerjoin(Order, Order.id == Incident.order_id).outerjoin(
            Parcel, Parcel.id == Incident.parcel_id)
    elif by == LOCATION:
        query = query.outerjoin(Location, Location.id == Incident.location_id)
    found: dict[str, dict[int, Figure]] = defaultdict(dict)
    for row in session.execute(query):
        found[row[0]][row[1]] = Figure(row[2], int(row[3] or 0))
    groups = [Group(each, sum(figures.values(), Figure()), figures) for each, figures in found.items()]
    return sorted(groups, key=lambda group: (not group.name, -group.total.incidents, group.name))
