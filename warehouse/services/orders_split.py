"""One order becomes two (ORD-7): part of its units goes as an order of its own to the same recipient."""

from collections.abc import Mapping

from sqlalchemy import update
from sqlalchemy.orm import Session

from warehouse.domain import returns
from warehouse.domain.orders import CASH_ON_DELIVERY, HELD, UNPAID
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.orders import Order
from warehouse.services import orders_change, orders_follow, orders_review, orders_units, refunds_paid


def split(session: Session, actor: Actor, order_id: int, units: Mapping[int, int], reason: str) -> int:
    """Take units, by line, out of an order and make another order of them; its id. What was paid goes along;
    cash is still collected with the first. What was picked of them waits to be put back and is fetched anew. Refused
    where one of the two would be empty, and for an order that waits for something else than stock."""
    why, under = orders_review.read_reason(reason), orders_change.open_order(session, order_id)
    order = under.order
    if order.payment == UNPAID:
        raise Conflict("orders.split_unpaid")
    short = orders_review.open_holds(session, order_id, orders_review.SHORT_HOLDS)
    if order.state == HELD and orders_review.count_open(session, order_id) > len(short):
        raise Conflict("orders.held_go_on_first", order=order.number)
    lines = {line.id: line for line in orders_units.lines_of(session, order_id)}
    if unknown := set(units) - set(lines):
        raise NotFound("orders.no_such_line", line=min(unknown))
    wanted = {line_id: n for line_id, n in sorted(units.items()) if n}
    if not wanted:
        raise Invalid("orders.nothing_to_send")
    parts, paid = [], refunds_paid.paid_of(session, order_id)
    for line_id, n in wanted.items():
        line = lines[line_id]
        if line.item_id is None or not 0 < n <= line.units_wanted - line.units_cancelled:
            raise Invalid("orders.units_out_of_range", most=line.units_wanted - line.units_cancelled)
        if line.units_original is None:
            line.units_original = line.units_wanted
        orders_units.take_out(session, actor, under, line, n, why)
        line.units_wanted -= n
        parts.append((line.item_id, n, line_id))
    worth = returns.refund_of(sum(lines[line_id].price_minor * n for line_id, n in wanted.items()), paid)
    moved = 0 if order.payment == CASH_ON_DELIVERY else min(worth, order.total_minor - order.refunded_minor)
    order.total_minor -= moved
    session.flush()
    made = orders_follow.make_order_from(session, actor, order_id, parts, kind=orders_follow.SPLIT, reason=why)
    session.execute(update(Order).where(Order.id == made).values(total_minor=moved))
    if not any(line.units_short for line in lines.values()):
        orders_review.close_holds(session, actor, short, orders_review.MENDED, why)
    orders_change.finish(session, actor, under, "split", why, made=made, units=sum(wanted.values()))
    return made
