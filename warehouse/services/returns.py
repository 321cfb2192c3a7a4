"""A request to send copies back, judged by the policy at once (RET-1).

The order's row is locked before anything is judged, so that two requests at once never ask for the same copy.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import return_policy, returns
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.domain.return_policy import Policy
from warehouse.domain.returns import RETURN_FLOW, Asked
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.orders import Order, OrderLine
from warehouse.models.returns import CustomerReturn, ReturnLine, ReturnPolicy, ReturnUnit
from warehouse.services import journal, messages, refunds_paid
from warehouse.vault import Vault

ORDER, LINE = Order.__table__, OrderLine.__table__

WORDS_LIMIT, NUMBER_LIMIT = 2000, 60

Want = tuple[int, int, int | None]


def request(
    session: Session, actor: Actor, order_id: int, kind: str, reason: str, wants: Sequence[Want], *, source: str,
    shop_number: str = "", words: str = "", tracking_number: str = "", condition: str = "",
) -> int:
    """Ask for copies of an order to come back; the return's id. `wants` are (order line, copies, title wanted in its
    place). Refused: an order that has not left, lines of another order, more than was sent less what came back or is
    asked already, a number of the shop that another return has. `condition` is what the sender says: kept, the bench
    decides."""
    _check_words(kind, reason, source)
    order = _locked_order(session, order_id)
    if not may_be_returned(session, order_id):
        raise Conflict("returns.order_not_shipped_yet", number=order.number)
    number = " ".join(shop_number.split())[:NUMBER_LIMIT] or None
    if number and session.execute(
            select(CustomerReturn.id).where(CustomerReturn.shop_number == number)).first() is not None:
        raise Conflict("returns.duplicate_rma", number=number)
    lines = _wanted_lines(session, order_id, kind, wants)
    made = CustomerReturn(
        shop_number=number, order_id=order_id, kind=kind, state=RETURN_FLOW.start, reason=reason, source=source,
        tracking_number="".join(tracking_number.split()).upper() or None, requested_at=actor.at,
        requested_by=actor.person_id)
    add_return(session, made)
    session.add_all(ReturnLine(return_id=made.id, order_line_id=line_id, item_id=item_id, units=units,
                               wanted_item_id=wanted) for line_id, item_id, units, wanted in lines)
    session.flush()
    if words.strip():
        made.words = seal_words(session, made.id, words)
    for subject, subject_id in (("return", made.id), ("order", order_id)):
        journal.note(session, actor, "ask_return", subject, subject_id, number=made.number, kind=kind, why=reason,
                     source=source, condition=condition, units=sum(units for _, _, units, _ in lines))
    _judge(session, actor, made)
    return made.id


def add_return(session: Session, made: CustomerReturn) -> None:
    """Keep a new return under the text of its own label. For the bench: an unannounced parcel begins here too."""
    session.add(made)
    session.flush()  # Its number is made of its id.
    made.number = make_label("return", made.id)


def open_unannounced(
    session: Session, actor: Actor, order_id: int | None, *, source: str = returns.UNANNOUNCED,
    parcel_id: int | None = None, tracking_number: str = "",
) -> int:
    """A return for a parcel that nobody announced, on the bench at once; its id. Lines come with the copies. The desk
    decides about it while the bench goes on."""
    made = CustomerReturn(
        order_id=order_id, parcel_id=parcel_id, kind=returns.RETURN, reason=returns.OTHER, source=source,
        state=RETURN_FLOW.start, tracking_number=tracking_number or None, requested_at=actor.at,
        requested_by=actor.person_id, decision_reason=return_policy.CAME_UNASKED)
    add_return(session, made)
    receive(session, actor, made)
    return made.id


def receive(session: Session, actor: Actor, made: CustomerReturn) -> None:
    """Its parcel is on this person's bench; the customer hears of it once, and not of one that the carrier brought.
    One that nobody waited for any more (refused, withdrawn, lapsed) is decided anew, as if it came unasked."""
    was = made.state
    if was not in returns.EXPECTED:
        made.decided_at, made.decided_by, made.decision_reason = None, None, return_policy.CAME_UNASKED
    made.state = RETURN_FLOW.step(was, "receive")
    made.received_at, made.received_by = actor.at, actor.person_id
    session.flush()  # The bench looks at it next.
    subjects = [("return", made.id), *([("order", made.order_id)] if made.order_id else [])]
    for subject, subject_id in subjects:
        journal.note(session, actor, "receive_return", subject, subject_id, number=made.number, source=made.source,
                     was=was)
    if made.order_id is not None and made.source != returns.CARRIER:
        messages.want(session, actor, made.order_id, "return_received", key=made.number or "", return_id=made.id,
                      number=made.number)


def may_be_returned(session: Session, order_id: int) -> bool:
    """Whether anything of the order has left."""
    return session.execute(select(LINE.c.id).where(LINE.c.order_id == order_id, LINE.c.units_dispatched > 0)
                           .limit(1)).first() is not None


def open_units(session: Session, order_id: int) -> dict[int, int]:
    """Copies that may still be asked back, by line of the order, in the order of its lines: what the customer has and
    no other return names."""
    gone_back = (
        select(ReturnUnit.return_line_id, func.count().label("units"))
        .where(ReturnUnit.disposition == returns.SEND_BACK, ReturnUnit.left_at.is_not(None))
        .group_by(ReturnUnit.return_line_id).subquery())
    asked: dict[int, list[Asked]] = {}
    for row in session.execute(
            select(ReturnLine.order_line_id, CustomerReturn.state, ReturnLine.units, ReturnLine.units_received,
                   func.coalesce(gone_back.c.units, 0).label("back"))
            .join(CustomerReturn, CustomerReturn.id == ReturnLine.return_id)
            .join(gone_back, gone_back.c.return_line_id == ReturnLine.id, isouter=True)
            .where(CustomerReturn.order_id == order_id, ReturnLine.order_line_id.is_not(None))):
        asked.setdefault(row.order_line_id, []).append(Asked(row.state, row.units, row.units_received, row.back))
    lines = session.execute(
        select(LINE.c.id, LINE.c.units_dispatched)
        .where(LINE.c.order_id == order_id, LINE.c.item_id.is_not(None), LINE.c.is_service.is_(False))
        .order_by(LINE.c.position))
    return {row.id: returns.may_come_back(row.units_dispatched, asked.get(row.id, ())) for row in lines}


def policy_now(session: Session, reason: str) -> tuple[int, Policy]:
    """The rule that holds for a reason, and its row."""
    row = session.execute(select(ReturnPolicy).where(
        ReturnPolicy.reason == reason, ReturnPolicy.until_at.is_(None))).scalar_one()
    return row.id, policy_of(row)


def policy_of(row: ReturnPolicy) -> Policy:
    return Policy(row.reason, row.days, row.decision, row.worst_grade, row.fee_percent, row.pays_postage,
                  row.needs_photo)


def judge_request(session: Session, made: CustomerReturn) -> return_policy.Verdict:
    """What the policy of today says to the request; keeps the rule it was judged by."""
    made.policy_id, policy = policy_now(session, made.reason)
    order = session.execute(
        select(ORDER.c.delivered_at, ORDER.c.dispatched_at, ORDER.c.received_at).where(ORDER.c.id == made.order_id)
    ).one()
    since = order.delivered_at or order.dispatched_at or order.received_at
    return return_policy.judge(policy, kind=made.kind, days_gone=(made.requested_at - since).days,
                               has_photo=_has_photo(session, made), is_dearer=_is_dearer(session, made))


def _is_dearer(session: Session, made: CustomerReturn) -> bool:
    """A title wanted instead is sold for more than was paid for the copy, or in another currency."""
    return any(
        row.currency != row.paid_in
        or row.price_minor > refunds_paid.price_of(session, row.order_id, {row.id: 1})
        for row in session.execute(
            select(LINE.c.order_id, LINE.c.id, Item.price_minor, Item.currency, ORDER.c.currency.label("paid_in"))
            .select_from(ReturnLine).join(LINE, LINE.c.id == ReturnLine.order_line_id)
            .join(ORDER, ORDER.c.id == LINE.c.order_id).join(Item, Item.id == ReturnLine.wanted_item_id)
            .where(ReturnLine.return_id == made.id, ReturnLine.wanted_item_id != ReturnLine.item_id,
                   Item.price_minor.is_not(None))))


def asked_price(session: Session, return_id: int) -> int:
    """What the copies that are asked (or, unannounced, that came) cost by the lines of their order, in minor units."""
    units = case((ReturnLine.units >= ReturnLine.units_received, ReturnLine.units), else_=ReturnLine.units_received)
    return _price(session, return_id, units)


def accepted_price(session: Session, return_id: int) -> int:
    """What the accepted copies of a return cost by the lines of their order, in minor units."""
    return _price(session, return_id, ReturnLine.units_accepted)


def _price(session: Session, return_id: int, units: Any) -> int:
    copies = session.execute(
        select(LINE.c.order_id, LINE.c.id, units.label("units"))
        .select_from(ReturnLine).join(LINE, LINE.c.id == ReturnLine.order_line_id)
        .where(ReturnLine.return_id == return_id)).all()
    return refunds_paid.price_of(session, copies[0].order_id, {row.id: row.units for row in copies}) if copies else 0


def decide(session: Session, actor: Actor, made: CustomerReturn, verb: str, why: str) -> None:
    """Approve or refuse a return; the customer hears of it. `why` is a code of `return_policy.WHYS` or what a person
    said. One whose parcel is here is decided once the bench is done with it, and once. The fee follows from the policy
    where it is approved."""
    if made.state != returns.JUDGED:
        made.state = RETURN_FLOW.step(made.state, verb)
    elif made.decided_at is not None:
        raise Conflict("flow.illegal_step", thing="return", state=made.state, verb=verb)
    made.decided_at, made.decided_by, made.decision_reason = actor.at, actor.person_id, why
    if verb == "approve" and made.policy_id is not None:
        percent = session.get_one(ReturnPolicy, made.policy_id).fee_percent
        made.fee_minor = return_policy.fee_of(asked_price(session, made.id), percent)
    for subject, subject_id in (("return", made.id), ("order", made.order_id)):
        journal.note(session, actor, f"{verb}_return", subject, subject_id, reason=why, number=made.number)
    if made.order_id is not None:
        facts: dict[str, Any] = {} if verb == "approve" else {"reason": _why_for_customer(session, made)}
        messages.want(session, actor, made.order_id, "return_approved" if verb == "approve" else "return_refused",
                      key=f"{made.number}:{int(actor.at.timestamp())}", return_id=made.id, number=made.number, **facts)


def _why_for_customer(session: Session, made: CustomerReturn) -> str:
    """Why a return was refused, in the customer's language; a person's own words as they are."""
    code = f"returns.why_{made.decision_reason}"
    language = session.execute(select(ORDER.c.language).where(ORDER.c.id == made.order_id)).scalar_one()
    days = session.get_one(ReturnPolicy, made.policy_id).days if made.policy_id is not None else 0
    return i18n.say(language, code, days=days) if i18n.has_sentence(code) else made.decision_reason


def get_return(session: Session, return_id: int) -> CustomerReturn:
    """The return behind its order's lock, as it is now. Refused where there is none."""
    row = session.execute(
        select(CustomerReturn.id, CustomerReturn.order_id).where(CustomerReturn.id == return_id)).one_or_none()
    if row is None:
        raise NotFound("returns.no_such_return")
    if row.order_id is not None:
        _locked_order(session, row.order_id)
    return session.get_one(CustomerReturn, return_id, with_for_update=True, populate_existing=True)


def seal_words(session: Session, return_id: int, words: str) -> bytes:
    vault: Vault = session.info["vault"]
    return vault.seal({"words": words.strip()[:WORDS_LIMIT]}, seal_place(return_id))


def seal_place(return_id: int) -> str:
    return f"return:{return_id}"


def _judge(session: Session, actor: Actor, made: CustomerReturn) -> None:
    verdict = judge_request(session, made)
    if verdict.decision == return_policy.ASK:
        made.decision_reason = verdict.why
        return
    decide(session, actor, made, verdict.decision, verdict.why)


def _has_photo(session: Session, made: CustomerReturn) -> bool:
    """A picture in any report about the order: the customer's, the desk's or the bench's."""
    return session.execute(select(Photo.id).join(Incident, Incident.id == Photo.incident_id)
                           .where(Incident.order_id == made.order_id).limit(1)).first() is not None


def _check_words(kind: str, reason: str, source: str) -> None:
    assert source in returns.SOURCES, source
    if kind not in returns.WANTS:
        raise Invalid("returns.choose_kind")
    if reason not in returns.RETURN_REASONS:
        raise Invalid("returns.choose_reason")


def _wanted_lines(
    session: Session, order_id: int, kind: str, wants: Sequence[Want]
) -> list[tuple[int, int, int, int | None]]:
    """(order line, item, copies, item wanted instead) of a request, each line once."""
    free = open_units(session, order_id)
    items = {row.id: (row.item_id, row.title_text) for row in session.execute(
        select(LINE.c.id, LINE.c.item_id, LINE.c.title_text).where(LINE.c.order_id == order_id))}
    asked: dict[int, tuple[int, int | None]] = {}
    for line_id, units, wanted in wants:
        if line_id not in free:
            raise Invalid("returns.isbn_not_in_order")
        if not 1 <= units <= returns.MOST_UNITS:
            raise Invalid("returns.units_wrong")
        before, instead = asked.get(line_id, (0, None))
        asked[line_id] = before + units, wanted or instead
    if not asked:
        raise Invalid("returns.choose_copies")
    for line_id, (units, wanted) in asked.items():
        if units > free[line_id]:
            raise Conflict("returns.more_than_shipped", title=items[line_id][1], n=free[line_id])
        if wanted is not None:
            _check_wanted(session, kind, wanted)
    return [(line_id, items[line_id][0], units, wanted) for line_id, (units, wanted) in asked.items()]


def _check_wanted(session: Session, kind: str, item_id: int) -> None:
    if kind != returns.EXCHANGE:
        raise Invalid("returns.other_title_is_exchange")
    found = session.execute(select(Item.merged_into_id).where(Item.id == item_id)).one_or_none()
    if found is None or found.merged_into_id is not None:
        raise NotFound("orders.no_such_item")


def _locked_order(session: Session, order_id: int) -> Order:
    order = session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("returns.unknown_order")
    return order
