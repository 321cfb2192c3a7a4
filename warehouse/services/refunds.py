"""Refunds: what finance shall give back, decided by four eyes and paid once (RET-1).

An order's row is locked before its money is judged, and `sales_order.refunded_minor` moves in the transaction of the
refund by a conditional UPDATE, so that no two refunds together exceed what was paid.
"""

from collections.abc import Mapping

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import refunds as rules
from warehouse.domain.money import write_amount
from warehouse.domain.people import Actor
from warehouse.domain.returns import refund_of
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.journal import Action
from warehouse.models.orders import Order
from warehouse.models.returns import Refund
from warehouse.services import journal, messages, refunds_paid

ORDER = Order.__table__


def ask(
    session: Session, actor: Actor, order_id: int, amount_minor: int, reason: str, *, return_id: int | None = None,
    incident_id: int | None = None, key: str = "",
) -> int:
    """Ask finance to give back an amount; the refund's id. Refused: nothing was paid, more than is left of what was
    paid, and a second one for the same return or incident. One that was refused may be asked anew, as the same row.
    `key` is that of a form: the same form again is the same refund."""
    order = session.execute(
        select(ORDER.c.currency).where(ORDER.c.id == order_id).with_for_update()).one_or_none()
    if order is None:
        raise NotFound("orders.no_such_order")
    if key and (asked := _asked_by(session, order_id, key)):
        return asked
    if not refunds_paid.has_paid(session, order_id):
        raise Conflict("refunds.nothing_paid")
    said = _said(reason)
    if amount_minor <= 0:
        raise Invalid("refunds.amount_wanted")
    refund = _of(session, return_id, incident_id)
    if refund is not None and (refund.state != rules.REFUSED or refund.order_id != order_id):
        raise Conflict("refunds.asked_already", number=refund.number)
    _take(session, order_id, amount_minor, order.currency)
    if refund is None:
        refund = Refund(order_id=order_id, return_id=return_id, incident_id=incident_id, state=rules.REFUND_FLOW.start,
                        amount_minor=amount_minor, currency=order.currency, reason=said, requested_at=actor.at,
                        requested_by=actor.person_id)
        session.add(refund)
        session.flush()  # Its number is made of its id.
        refund.number = f"RF-{refund.id:06d}"
    else:
        refund.state = rules.REFUND_FLOW.step(refund.state, "ask")
        refund.amount_minor, refund.reason = amount_minor, said
        refund.requested_at, refund.requested_by = actor.at, actor.person_id
        refund.decided_at = refund.decided_by = None
        refund.decision_reason = ""
    session.flush()
    for subject, subject_id in (("refund", refund.id), ("order", order_id)):
        journal.note(session, actor, "ask_refund", subject, subject_id, reason=said, amount_minor=amount_minor,
                     refund=refund.number, **({"key": key} if key else {}))
    return refund.id


def ask_for_cancelled(
    session: Session, actor: Actor, order_id: int, copies: Mapping[int, int], reason: str = "", *,
    is_whole: bool = False,
) -> None:
    """What was paid for copies, by order line, that the customer will not get: their letter says that it goes back, so
    finance is asked at once. `is_whole`: nothing of the order is sent, so its postage goes back as well. Nothing where
    nothing was paid for them."""
    payer = refunds_paid.payer_of(session, order_id)
    left = left_to_refund(session, payer)
    worth = refund_of(refunds_paid.price_of(session, order_id, copies), refunds_paid.paid_of(session, payer))
    amount = left if is_whole and payer == order_id else min(worth, left)
    if amount:
        said = reason or i18n.say(actor.language, "refunds.for_cancelled", n=sum(copies.values()))
        ask(session, actor, payer, amount, said)


def left_to_refund(session: Session, order_id: int) -> int:
    """What may still be given back of the order's money; nothing of one that was never paid."""
    given = session.execute(select(ORDER.c.refunded_minor).where(ORDER.c.id == order_id)).scalar_one()
    if not refunds_paid.has_paid(session, order_id):
        return 0
    return max(0, refunds_paid.paid_of(session, order_id).total - int(given))


def approve(session: Session, actor: Actor, refund_id: int) -> None:
    """Say that it shall be paid. Refused to whoever asked for it."""
    refund = _locked(session, refund_id)
    if not rules.may_decide(refund.requested_by, actor.person_id):
        raise NotAllowed("refunds.four_eyes")
    _decide(session, actor, refund, "approve", "")
    _tell(session, actor, refund, "refund_approved")


def refuse(session: Session, actor: Actor, refund_id: int, reason: str) -> None:
    """Say that it is not paid, with a reason; the amount is free again. Also takes back an approval before payment."""
    refund = _locked(session, refund_id)
    _decide(session, actor, refund, "refuse", _said(reason))
    freed = session.execute(
        update(ORDER).where(ORDER.c.id == refund.order_id, ORDER.c.refunded_minor >= refund.amount_minor)
        .values(refunded_minor=ORDER.c.refunded_minor - refund.amount_minor))
    assert isinstance(freed, CursorResult)
    assert freed.rowcount == 1, f"refund {refund_id} is not in its order's sum"


def pay(session: Session, actor: Actor, refund_id: int, reference: str) -> None:
    """It was paid under this reference (of the bank or the payment service), by which it is found there."""
    refund = _locked(session, refund_id)
    told = " ".join(reference.split())
    if not told or len(told) > rules.REFERENCE_LIMIT:
        raise Invalid("refunds.reference_wanted", most=rules.REFERENCE_LIMIT)
    refund.state = rules.REFUND_FLOW.step(refund.state, "pay")
    refund.paid_at, refund.paid_by, refund.reference = actor.at, actor.person_id, told
    for subject, subject_id in (("refund", refund.id), ("order", refund.order_id)):
        journal.note(session, actor, "pay_refund", subject, subject_id, refund=refund.number,
                     amount_minor=refund.amount_minor)
    _tell(session, actor, refund, "refund_paid")


def _decide(session: Session, actor: Actor, refund: Refund, verb: str, reason: str) -> None:
    refund.state = rules.REFUND_FLOW.step(refund.state, verb)
    refund.decided_at, refund.decided_by, refund.decision_reason = actor.at, actor.person_id, reason
    for subject, subject_id in (("refund", refund.id), ("order", refund.order_id)):
        journal.note(session, actor, f"{verb}_refund", subject, subject_id, reason=reason, refund=refund.number,
                     amount_minor=refund.amount_minor)


def _tell(session: Session, actor: Actor, refund: Refund, why: str) -> None:
    """One that was refused after all and asked anew is told anew."""
    messages.want(session, actor, refund.order_id, why, key=f"{refund.number}:{int(actor.at.timestamp())}",
                  incident_id=refund.incident_id, return_id=refund.return_id,
                  amount=refund.amount_minor, currency=refund.currency)


def _take(session: Session, order_id: int, amount_minor: int, currency: str) -> None:
    """Add the amount to what the order gives back. The condition is the wall behind the look."""
    left = left_to_refund(session, order_id)
    taken = session.execute(
        update(ORDER)
        .where(ORDER.c.id == order_id, ORDER.c.refunded_minor + amount_minor <= ORDER.c.total_minor)
        .values(refunded_minor=ORDER.c.refunded_minor + amount_minor))
    assert isinstance(taken, CursorResult)
    if taken.rowcount != 1 or amount_minor > left:
        raise Conflict("refunds.more_than_paid", left=write_amount(left, currency))


def _of(session: Session, return_id: int | None, incident_id: int | None) -> Refund | None:
    """What was asked before for the same return or incident."""
    for column, value in ((Refund.return_id, return_id), (Refund.incident_id, incident_id)):
        if value is not None:
            found = session.execute(select(Refund).where(column == value).with_for_update()).scalar_one_or_none()
            if found is not None:
                return found
    return None


def _asked_by(session: Session, order_id: int, key: str) -> int | None:
    """What the form with this key asked for."""
    acts = session.execute(select(Action.facts).where(
        Action.subject == "order", Action.subject_id == order_id, Action.verb == "ask_refund")).scalars()
    numbers = [facts["refund"] for facts in acts if facts.get("key") == key]
    return session.execute(select(Refund.id).where(Refund.number.in_(numbers))).scalar()


def _locked(session: Session, refund_id: int) -> Refund:
    """The refund behind its order's lock, as every other writer of the order's money takes them."""
    order_id = session.execute(select(Refund.order_id).where(Refund.id == refund_id)).scalar()
    if order_id is None:
        raise NotFound("refunds.no_such_refund")
    session.execute(select(ORDER.c.id).where(ORDER.c.id == order_id).with_for_update()).all()
    return session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)


def _said(text: str) -> str:
    said = " ".join(text.split())[:rules.REASON_LIMIT]
    if not said:
        raise Invalid("refunds.reason_wanted")
    return said
