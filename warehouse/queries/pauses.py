"""Emergency stops on screens: what was stopped of late, and which orders stand at the release desk because of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain.orders import CONFIRMED
from warehouse.domain.pauses import RELEASE
from warehouse.models.catalog import Item
from warehouse.models.orders import Order, OrderLine
from warehouse.models.people import Person
from warehouse.models.shipping import Carrier, Pause

MOST_PAST = 30
MOST_ORDERS = 500


@dataclass(frozen=True)
class PastPause:
    """A stop that somebody ended."""

    id: int
    what: str
    carrier_code: str | None
    item_id: int | None
    reason: str
    began_at: datetime
    began_by: str
    ended_at: datetime
    ended_by: str
    carrier_en: str | None
    carrier_zh: str | None
    item_title: str | None

    @property
    def scope(self) -> str:
        return "carrier" if self.carrier_code else "item" if self.item_id else "all"


def list_past(session: Session) -> list[PastPause]:
    """The latest stops that were ended, the newest first."""
    ender = aliased(Person)
    rows: Any = session.execute(
        select(Pause.id, Pause.what, Pause.carrier_code, Pause.item_id, Pause.reason, Pause.began_at, Person.name,
               Pause.ended_at, ender.name, Carrier.name_en, Carrier.name_zh, Item.title)
        .join(Person, Person.id == Pause.began_by).join(ender, ender.id == Pause.ended_by)
        .outerjoin(Carrier, Carrier.code == Pause.carrier_code).outerjoin(Item, Item.id == Pause.item_id)
        .where(Pause.ended_at.is_not(None)).order_by(Pause.ended_at.desc(), Pause.id.desc()).limit(MOST_PAST))
    return [PastPause(*row) for row in rows]


@dataclass(frozen=True)
class KeptBack:
    """A confirmed order that a stop keeps at the release desk, with the first stop's reason."""

    id: int
    number: str
    reason: str


def orders_kept_back(session: Session) -> list[KeptBack]:
    """Confirmed orders that are not released because of a stop, the one due first on top."""
    rows = session.execute(
        select(Order.id, Order.number, Pause.reason)
        .join(Pause, and_(Pause.ended_at.is_(None), Pause.what == RELEASE, or_(
            and_(Pause.carrier_code.is_(None), Pause.item_id.is_(None)), Pause.carrier_code == Order.carrier_code,
            exists().where(OrderLine.order_id == Order.id, OrderLine.item_id == Pause.item_id,
                           OrderLine.units_wanted > OrderLine.units_cancelled))))
        .where(Order.state == CONFIRMED).order_by(Order.due_at, Order.id, Pause.id).limit(MOST_ORDERS))
    found: dict[int, KeptBack] = {}
    for row in rows:
        found.setdefault(row.id, KeptBack(row.id, row.number or "", row.reason))
    return list(found.values())
