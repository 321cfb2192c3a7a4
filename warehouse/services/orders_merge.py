"""Two orders of one recipient become one (ORD-7): one parcel, one label, and the link between them is kept."""

from sqlalchemy.orm import Session

from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid
from warehouse.models.orders import Order, OrderLine
from warehouse.services import (
    cancellation,
    journal,
    orders_change,
    orders_fetch,
    orders_review,
    orders_units,
    refunds_paid,
)

_WHERE = ("name", "street", "district", "city", "province", "postcode", "country")


def merge(session: Session, actor: Actor, order_id: int, other_id: int, reason: str) -> None:
    """Put what another order still wants into this one, at any stage; the other one is closed and names it. Its money
    and its remarks go along. Refused for another channel, recipient or payment, where a title of the other is not
    known, and where units of the other lie in totes already: then it is merged the other way round."""
    why = orders_review.read_reason(reason)
    if order_id == other_id:
        raise Invalid("orders.same_order")
    under, gone = orders_units.lock(session, order_id, other_id)
    for each in (under.order, gone.order):
        orders_units.refuse_gone(each)
    lines = [line for line in orders_units.lines_of(session, other_id) if line.units_wanted > line.units_cancelled]
    _refuse(session, under.order, gone.order, lines)
    wanted = [(line, line.units_wanted - line.units_cancelled) for line in lines]
    unsent = refunds_paid.not_collected(session, other_id)
    cancellation.call_off(session, actor, gone, why)
    gone.order.merged_into_id = order_id
    _carry_over(under.order, gone.order, unsent)
    for line, units in wanted:
        assert line.item_id is not None
        more = orders_change.new_line(session, under, line.item_id, units, price_minor=line.price_minor)
        orders_fetch.put_in(session, actor, under, more, units, why)
    twins = orders_review.open_holds(session, order_id, ("possible_duplicate",))
    orders_review.close_holds(session, actor, twins, orders_review.MENDED, why)
    journal.note(session, actor, "merged_away", "order", other_id, reason=why, into=order_id)
    orders_change.finish(session, actor, under, "merge", why, other=other_id, units=sum(n for _, n in wanted))


def _refuse(session: Session, keeps: Order, goes: Order, lines: list[OrderLine]) -> None:
    if keeps.channel != goes.channel:
        raise Conflict("orders.merge_channel", order=goes.number, channel=goes.channel)
    here, there = orders_review.unsealed(session, keeps), orders_review.unsealed(session, goes)
    same = all("".join(getattr(here, name).split()) == "".join(getattr(there, name).split()) for name in _WHERE)
    if keeps.phone_index is None or keeps.phone_index != goes.phone_index or not same:
        raise Conflict("orders.merge_recipient", order=goes.number)
    if (keeps.payment, keeps.currency) != (goes.payment, goes.currency):
        raise Conflict("orders.merge_payment", order=goes.number)
    if any(line.units_picked for line in lines):
        raise Conflict("orders.merge_picked", order=goes.number)
    if any(line.item_id is None for line in lines):
        raise Conflict("orders.merge_unknown", order=goes.number)


def _carry_over(keeps: Order, goes: Order, unsent_minor: int) -> None:
    """What was paid, and what was given back, belong to the order that is sent; cash for copies that were cancelled
    is collected by none."""
    keeps.total_minor += max(0, goes.total_minor - goes.refunded_minor - unsent_minor)
    goes.total_minor = goes.refunded_minor
    keeps.shipping_minor += goes.shipping_minor
    keeps.cod_minor += max(0, goes.cod_minor - unsent_minor)
    goes.shipping_minor = goes.cod_minor = 0
    keeps.buyer_remark = "\n".join(filter(None, (keeps.buyer_remark, goes.buyer_remark)))
    keeps.gift_note = keeps.gift_note or goes.gift_note
    keeps.due_at = min(keeps.due_at, goes.due_at)
