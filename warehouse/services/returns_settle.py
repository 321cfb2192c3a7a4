"""How a return ends: money, another copy or a repair for what was accepted, and the order's own counts (RET-1)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from warehouse.domain import returns
from warehouse.domain.orders import ORDER_FLOW, RETURNED
from warehouse.domain.people import Actor
from warehouse.domain.return_policy import SHOP
from warehouse.domain.returns import RETURN_FLOW
from warehouse.models.orders import Order, OrderLine
from warehouse.models.returns import CustomerReturn, ReturnLine, ReturnPolicy, ReturnUnit
from warehouse.services import incidents, journal, messages, orders_follow, refunds, refunds_paid
from warehouse.services.returns import accepted_price, asked_price, get_return

ORDER, LINE = Order.__table__, OrderLine.__table__


def settle_if_done(session: Session, actor: Actor, return_id: int) -> bool:
    """Settle a return whose every copy is judged and that was decided; whether it is settled now. Before that nothing
    happens: the desk or the bench comes back to it. Accepted copies count on the order's lines; a refund is asked of
    finance, an exchange becomes an order that keeps the link, a repair an incident."""
    made = get_return(session, return_id)
    if made.state != returns.JUDGED or made.decided_at is None or _is_pending(session, return_id):
        return False
    made.state = RETURN_FLOW.step(made.state, "settle")
    made.settled_at = actor.at
    lines = _accepted(session, return_id)
    facts: dict[str, Any] = {"units": sum(line.units_accepted for line in lines)}
    if made.order_id is not None:
        _count_on_order(session, made.order_id, lines)
        facts |= _give(session, actor, made, lines)
    session.flush()
    subjects = [("return", return_id), *([("order", made.order_id)] if made.order_id else [])]
    for subject, subject_id in subjects:
        journal.note(session, actor, "settle_return", subject, subject_id, number=made.number, **facts)
    return True


def refund_due(session: Session, made: CustomerReturn) -> int:
    """What the customer gets for the accepted copies of a return, in minor units: their price by the order's lines,
    less the discount of the whole order that paid for them, less the fee as far as they are what was asked,
    and with the postage that was paid where the policy has the shop bear it and the
    customer keeps nothing of the order. Never more than is left of what was paid."""
    price = accepted_price(session, made.id)
    if not price or made.order_id is None:
        return 0
    payer = refunds_paid.payer_of(session, made.order_id)
    is_empty = set(session.execute(select(ORDER.c.state).where(ORDER.c.id.in_({made.order_id, payer}))).scalars()) == {
        RETURNED}
    due = returns.refund_of(
        price, refunds_paid.paid_of(session, payer),
        fee=returns.share_of(made.fee_minor, price, asked_price(session, made.id)),
        with_postage=is_empty and _shop_pays(session, made))
    return min(due, refunds.left_to_refund(session, payer))


def _is_pending(session: Session, return_id: int) -> bool:
    """A copy waits for its grade or for what the desk says to it."""
    return session.execute(select(ReturnUnit.id).where(
        ReturnUnit.return_id == return_id, ReturnUnit.acceptance == returns.PENDING,
        ReturnUnit.received_as != returns.NOT_OURS).limit(1)).first() is not None


def _accepted(session: Session, return_id: int) -> Sequence[ReturnLine]:
    return session.execute(select(ReturnLine).where(
        ReturnLine.return_id == return_id, ReturnLine.order_line_id.is_not(None), ReturnLine.units_accepted > 0,
    ).order_by(ReturnLine.order_line_id)).scalars().all()


def _count_on_order(session: Session, order_id: int, lines: Sequence[ReturnLine]) -> None:
    """Accepted copies on their order lines; an order of which nothing is left with the customer is returned."""
    for line in lines:
        session.execute(update(LINE).where(LINE.c.id == line.order_line_id)
                        .values(units_returned=LINE.c.units_returned + line.units_accepted))
    sent, back = session.execute(
        select(func.sum(LINE.c.units_dispatched), func.sum(LINE.c.units_returned)).where(LINE.c.order_id == order_id)
    ).one()
    order = session.get_one(Order, order_id)
    if lines and sent == back and ORDER_FLOW.may(order.state, "return"):
        order.state = ORDER_FLOW.step(order.state, "return")


def _give(session: Session, actor: Actor, made: CustomerReturn, lines: Sequence[ReturnLine]) -> dict[str, Any]:
    """What the customer gets; facts for the record. Where nothing was accepted that is word of it alone."""
    assert made.order_id is not None
    if made.kind == returns.EXCHANGE and lines:
        made.exchange_order_id = orders_follow.make_order_from(
            session, actor, made.order_id,
            [(line.wanted_item_id or line.item_id, line.units_accepted, line.order_line_id) for line in lines],
            kind="exchange", reason=made.number or "")
        titles = session.execute(select(LINE.c.title_text).where(
            LINE.c.order_id == made.exchange_order_id).order_by(LINE.c.position)).scalars()
        messages.want(session, actor, made.order_id, "exchange_sent", key=made.number or "", return_id=made.id,
                      number=made.number, title=" · ".join(titles))
        return {"exchange_order": made.exchange_order_id}
    facts = _repair_or_refund(session, actor, made, lines)
    messages.want(session, actor, made.order_id, "return_settled", key=made.number or "", return_id=made.id,
                  number=made.number)
    return facts


def _repair_or_refund(
    session: Session, actor: Actor, made: CustomerReturn, lines: Sequence[ReturnLine]
) -> dict[str, Any]:
    assert made.order_id is not None
    if made.kind == returns.REPAIR:
        return {"incidents": [
            incidents.report(
                session, actor, "misprint" if made.reason == returns.MISPRINT else "damaged", "return",
                units=line.units_accepted, item_id=line.item_id, order_id=made.order_id,
                order_line_id=line.order_line_id, return_id=made.id, note=made.number or "")
            for line in lines]}
    session.flush()  # The sum is made from what the lines say now.
    amount = refund_due(session, made)
    made.fee_minor = returns.share_of(
        made.fee_minor, accepted_price(session, made.id), asked_price(session, made.id))
    if amount:
        payer = refunds_paid.payer_of(session, made.order_id)
        refunds.ask(session, actor, payer, amount, made.number or "", return_id=made.id)
    return {"amount_minor": amount}


def _shop_pays(session: Session, made: CustomerReturn) -> bool:
    return made.policy_id is not None and session.get_one(ReturnPolicy, made.policy_id).pays_postage == SHOP
