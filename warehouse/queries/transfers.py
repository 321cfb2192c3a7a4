"""Replenishments as a list for those who plan (STK-1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain import replenishment as rules
from warehouse.models.catalog import Item
from warehouse.models.people import Person
from warehouse.models.stock import Location
from warehouse.models.transfers import Replenishment

_SOURCE, _TARGET = aliased(Location), aliased(Location)


@dataclass(frozen=True)
class Bringing:
    """One replenishment that is not done: `units` are still to be brought."""

    id: int
    why: str
    state: str
    due_at: datetime | None
    item_id: int
    title: str
    isbn13: str | None
    sku: str
    source: str
    target: str
    units: int
    person: str | None


def list_unfinished(session: Session) -> list[Bringing]:
    """Those that orders wait for first, the earliest due first."""
    rows: Any = session.execute(
        select(Replenishment.id, Replenishment.why, Replenishment.state, Replenishment.due_at, Item.id, Item.title,
               Item.isbn13, Item.sku, _SOURCE.code, _TARGET.code, Replenishment.units - Replenishment.units_done,
               Person.name)
        .join(Item, Item.id == Replenishment.item_id).join(_SOURCE, _SOURCE.id == Replenishment.source_id)
        .join(_TARGET, _TARGET.id == Replenishment.target_id)
        .outerjoin(Person, Person.id == Replenishment.person_id)
        .where(Replenishment.state.in_(rules.UNFINISHED))
        .order_by(case((Replenishment.why == rules.FOR_ORDERS, 0), else_=1), Replenishment.due_at, _SOURCE.sequence,
                  Replenishment.id))
    return [Bringing(*row) for row in rows]
