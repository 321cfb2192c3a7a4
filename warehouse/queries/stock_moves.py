"""Moves as a stock card tells them: who, why, from where to where, and what stands behind it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from warehouse.models.catalog import Item
from warehouse.models.counting import CountResult, CountSession
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.people import Person
from warehouse.models.receiving import Delivery, DeliveryParcel
from warehouse.models.stock import Location, StockMove

SHOWN = 50
_FROM, _TO = Location.__table__.alias("came_from"), Location.__table__.alias("went_to")


@dataclass(frozen=True)
class MoveRow:
    """One move, with the order, stocktake or delivery that it was for."""

    id: int
    at: datetime
    reason: str
    units: int
    condition: str
    target_condition: str
    item_id: int
    title: str
    person: str
    source_id: int
    source: str
    target_id: int
    target: str
    order_id: int | None
    order_number: str
    session_id: int | None
    session_number: str
    delivery_id: int | None
    delivery_number: str


def newest(*wanted: Any) -> Any:
    """The last moves of which all of `wanted` holds, the newest first; an index on the item and the time finds them.
    Made once for each kind of page: to put it together takes longer than to ask it."""
    ids = (select(StockMove.id).where(*wanted).order_by(StockMove.at.desc(), StockMove.id.desc())
           .limit(SHOWN).subquery("newest"))
    return (
        select(
            StockMove.id, StockMove.at, StockMove.reason, StockMove.units, StockMove.condition,
            StockMove.target_condition, StockMove.item_id, Item.title, Person.name, StockMove.source_id, _FROM.c.code,
            StockMove.target_id, _TO.c.code, Order.id, func.coalesce(Order.number, ""), CountSession.id,
            func.coalesce(CountSession.number, ""), Delivery.id, func.coalesce(Delivery.number, ""),
        )
        .join(ids, ids.c.id == StockMove.id)
        .join(Item, Item.id == StockMove.item_id).join(Person, Person.id == StockMove.person_id)
        .join(_FROM, _FROM.c.id == StockMove.source_id).join(_TO, _TO.c.id == StockMove.target_id)
        .outerjoin(OrderLine, OrderLine.id == StockMove.order_line_id).outerjoin(Order, Order.id == OrderLine.order_id)
        .outerjoin(CountResult, CountResult.id == StockMove.count_result_id)
        .outerjoin(CountSession, CountSession.id == CountResult.session_id)
        # A scan of goods in belongs to one parcel of a delivery.
        .outerjoin(Scan, and_(Scan.id == StockMove.scan_id, Scan.task == "receive"))
        .outerjoin(DeliveryParcel, DeliveryParcel.id == Scan.task_id)
        .outerjoin(Delivery, Delivery.id == DeliveryParcel.delivery_id)
        .order_by(StockMove.at.desc(), StockMove.id.desc())
    )


def list_moves(session: Session, wanted: Any, **values: int) -> list[MoveRow]:
    """Those moves, of the item or the place that `values` name."""
    return [MoveRow(*row) for row in session.execute(wanted, values)]
