"""What was paid for the copies of an order, and by which order (FIN-1): what every refund is reckoned from."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.domain.orders import CASH_ON_DELIVERY, UNPAID
from warehouse.domain.returns import CARRIER, Paid
from warehouse.models.orders import Order, OrderLine
from warehouse.models.returns import CustomerReturn, ReturnLine

ORDER, LINE = Order.__table__, OrderLine.__table__
EXCHANGE, SPLIT = "exchange", "split"


def payer_of(session: Session, order_id: int) -> int:
    """The order whose money paid for this one: where it cost nothing because it was made by an exchange, or by a split
    whose cash is collected with the other part, the one that it came from. Else itself: a replacement was never
    bought."""
    row = session.execute(select(ORDER.c.origin_id, ORDER.c.origin_kind, ORDER.c.total_minor)
                          .where(ORDER.c.id == order_id)).one()
    if row.origin_id is None or row.total_minor or row.origin_kind not in (EXCHANGE, SPLIT):
        return order_id
    return payer_of(session, row.origin_id)


def price_of(session: Session, order_id: int, copies: Mapping[int, int]) -> int:
    """What copies, by order line, cost the customer, in minor units before any discount of the whole order."""
    prices = _prices(session, order_id)
    return sum(prices[line_id] * units for line_id, units in copies.items())


def paid_of(session: Session, order_id: int) -> Paid:
    """An order's money: its goods as they were ordered, without those that took their money along into another order.
    Where cash is collected, the goods that were sent."""
    order = session.execute(select(ORDER.c.total_minor, ORDER.c.shipping_minor, ORDER.c.payment)
                            .where(ORDER.c.id == order_id)).one()
    if order.payment == CASH_ON_DELIVERY:
        unsent = not_collected(session, order_id)
        goods = _worth(session, ORDER.c.id == order_id, LINE.c.units_wanted) - unsent
        return Paid(goods, max(0, order.total_minor - unsent), order.shipping_minor)
    ordered = func.coalesce(LINE.c.units_original, LINE.c.units_wanted)
    goods = _worth(session, ORDER.c.id == order_id, ordered)
    goods -= _worth(session, (ORDER.c.origin_id == order_id) & (ORDER.c.origin_kind == SPLIT), ordered)
    return Paid(goods, order.total_minor, order.shipping_minor)


def not_collected(session: Session, order_id: int) -> int:
    """Of the cash for an order, what no driver collects, because these copies are in no parcel; nothing where it was
    paid before."""
    return _worth(session, (ORDER.c.id == order_id) & (ORDER.c.payment == CASH_ON_DELIVERY),
                  LINE.c.units_short + LINE.c.units_cancelled)


def has_paid(session: Session, order_id: int) -> bool:
    """Whether the customer's money is here. Cash is collected at the door: not before the parcel left, and not of one
    that the carrier brought back."""
    order = session.execute(select(ORDER.c.payment, ORDER.c.dispatched_at, ORDER.c.delivered_at)
                            .where(ORDER.c.id == order_id)).one()
    if order.payment != CASH_ON_DELIVERY:
        return bool(order.payment != UNPAID)
    if order.dispatched_at is None:
        return False
    return order.delivered_at is not None or session.execute(select(CustomerReturn.id).where(
        CustomerReturn.order_id == order_id, CustomerReturn.source == CARRIER).limit(1)).first() is None


def _prices(session: Session, order_id: int) -> dict[int, int]:
    """By order line. What came in an exchange cost what was paid for the copy that it stands for."""
    lines = session.execute(select(LINE.c.id, LINE.c.item_id, LINE.c.price_minor)
                            .where(LINE.c.order_id == order_id)).all()
    origin = session.execute(select(CustomerReturn.id, CustomerReturn.order_id)
                             .where(CustomerReturn.exchange_order_id == order_id)).one_or_none()
    if origin is None:
        return {line.id: line.price_minor for line in lines}
    paid = _prices(session, origin.order_id)
    instead: dict[int, int] = {}
    for back in session.execute(select(ReturnLine.order_line_id, func.coalesce(
            ReturnLine.wanted_item_id, ReturnLine.item_id).label("item_id")).where(
            ReturnLine.return_id == origin.id, ReturnLine.units_accepted > 0, ReturnLine.order_line_id.is_not(None))):
        price = paid[back.order_line_id]
        instead[back.item_id] = min(price, instead.get(back.item_id, price))
    return {line.id: instead.get(line.item_id, line.price_minor) for line in lines}


def _worth(session: Session, which: Any, units: Any) -> int:
    return int(session.execute(
        select(func.sum(units * LINE.c.price_minor)).join(ORDER, ORDER.c.id == LINE.c.order_id)
        .where(which, LINE.c.is_service.is_(False))).scalar() or 0)
