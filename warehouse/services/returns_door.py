"""The parcel at the returns bench, before a copy of it is scanned: whose is it (RET-1)?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import codes as kinds
from warehouse.domain import incidents as trouble
from warehouse.domain import packing
from warehouse.domain import returns as life
from warehouse.domain import returns_bench as rules
from warehouse.domain.codes import Thing
from warehouse.domain.people import Actor
from warehouse.domain.returns import RETURN_FLOW
from warehouse.domain.scans import CHOOSE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.returns import CustomerReturn, ReturnLine
from warehouse.services import codes, incidents, messages, returns, scans
from warehouse.services.returns_look import TASK, lines_sent, look
from warehouse.services.scans import Touched

UNKNOWN_SENDER = "#unknown"


@dataclass(frozen=True)
class _Box:
    """What a scan says about the box in hand: its order, and its own parcel where our label is on it."""

    order_id: int
    order: str
    parcel_id: int | None = None
    parcel: str = ""
    state: str = ""
    tracking: str = ""


def open_parcel(session: Session, actor: Actor, scanned: ScanIn) -> Answer:
    """Whatever is scanned on a box that came back opens its return; `go` leads to it. A box of ours that nobody
    announced gets one; whose sender nobody can tell, one without an order (`#unknown`)."""
    before = scans.answered_before(session, scanned, TASK, None)
    if before is not None:
        return before
    if scanned.raw.startswith("#"):
        if scanned.raw != UNKNOWN_SENDER:
            raise Conflict("returns_bench.unknown_command", command=scanned.raw[1:])
        return _opened(session, actor, scanned, Touched(kinds.COMMAND), _without_sender(session, actor))
    thing = codes.identify(session, scanned.raw)
    return_id = _return_of(session, thing)
    if return_id is not None:
        return _open_return(session, actor, scanned, Touched(thing.kind), return_id)
    box = _box_of(session, thing)
    if box is None:
        return _keep(session, actor, scanned, rules.judge_box(thing), Touched(thing.kind))
    return _open_box(session, actor, scanned, thing, box)


def _open_return(session: Session, actor: Actor, scanned: ScanIn, touched: Touched, return_id: int) -> Answer:
    """A customer who sends in two boxes puts the same number on both: the second one may come when the bench is done
    with the first, and is a parcel that nobody announced."""
    order_id = _order_when_done(session, return_id)
    if order_id is None or scanned.choice == rules.DONE_WITH:
        return _opened(session, actor, scanned, touched, return_id)
    others = _expected(session, _Box(order_id, ""))
    if others or not _left_with_customer(session, order_id):
        # The second box is on the bench already, or what is still expected bears a label of its own.
        on_bench = [row.id for row in others if row.state == life.RECEIVED]
        return _opened(session, actor, scanned, touched, on_bench[0] if len(on_bench) == 1 else return_id)
    if scanned.choice == rules.NEXT_BOX:
        return _opened(session, actor, scanned, touched, returns.open_unannounced(session, actor, order_id))
    verdict = Verdict(CHOOSE, "returns_bench.choose_next", WARN, facts={"raw": scanned.raw})
    return _keep(session, actor, scanned, verdict, touched, _options(actor, rules.CHOICES_WHEN_DONE))


def _order_when_done(session: Session, return_id: int) -> int | None:
    """The order of a return that has nothing left to do at the bench."""
    order_id = returns.get_return(session, return_id).order_id
    now = look(session, return_id)
    is_done = now.state in (life.JUDGED, life.SETTLED) and not any(
        unit.asks or (unit.disposition == life.SEND_BACK and not unit.has_left) for unit in now.units)
    return order_id if is_done else None


def _return_of(session: Session, thing: Thing) -> int | None:
    """By our own label, the shop's number for it, or the number under which it travels."""
    if thing.kind == kinds.RETURN:
        return thing.id
    if thing.kind != kinds.UNKNOWN or not thing.text:
        return None
    found = session.execute(select(CustomerReturn.id).where(or_(
        CustomerReturn.shop_number == thing.text, CustomerReturn.number == thing.text.upper(),
        CustomerReturn.tracking_number == thing.text.upper())).limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def _box_of(session: Session, thing: Thing) -> _Box | None:
    if thing.kind == kinds.ORDER:
        number = session.execute(select(Order.number).where(Order.id == thing.id)).scalar_one()
        return _Box(thing.id, number or thing.name)
    if thing.kind != kinds.PARCEL:
        return None
    row = session.execute(
        select(Parcel.order_id, Order.number, Parcel.state, Parcel.tracking_number, Parcel.number.label("parcel"))
        .join(Order, Order.id == Parcel.order_id).where(Parcel.id == thing.id)).one()
    return _Box(row.order_id, row.number or "", thing.id, row.parcel or "", row.state, row.tracking_number or "")


def _open_box(session: Session, actor: Actor, scanned: ScanIn, thing: Thing, box: _Box) -> Answer:
    session.get_one(Order, box.order_id, with_for_update=True)  # Two benches with one box stand in line.
    touched = Touched(thing.kind, order_id=box.order_id)
    known = _expected(session, box)
    if len(known) == 1:
        return _opened(session, actor, scanned, touched, known[0].id)
    if known:
        chosen = next((row.id for row in known if row.id == scanned.choice), None)
        if chosen is not None:
            return _opened(session, actor, scanned, touched, chosen)
        options = [{"id": row.id, "name": row.number, "help": i18n.say(actor.language, f"returns.reason_{row.reason}")}
                   for row in known]
        verdict = Verdict(CHOOSE, "returns_bench.choose_return", WARN, facts={"n": len(known), "raw": scanned.raw})
        return _keep(session, actor, scanned, verdict, touched, options)
    if not returns.may_be_returned(session, box.order_id):
        return _keep(session, actor, scanned, refuse("returns_bench.not_sent", order=box.order), touched)
    if not _left_with_customer(session, box.order_id):
        return _keep(session, actor, scanned, refuse("returns_bench.all_came", order=box.order), touched)
    if rules.may_be_undelivered(box.state) and scanned.choice not in rules.CHOICES:
        verdict = Verdict(CHOOSE, "returns_bench.choose_box", WARN, facts={"raw": scanned.raw, "parcel": box.parcel})
        return _keep(session, actor, scanned, verdict, touched, _options(actor, rules.CHOICES))
    if scanned.choice == rules.NEVER_DELIVERED and rules.may_be_undelivered(box.state):
        return _opened(session, actor, scanned, touched, _from_carrier(session, actor, box))
    made = returns.open_unannounced(session, actor, box.order_id, parcel_id=box.parcel_id)
    return _opened(session, actor, scanned, touched, made)


def _options(actor: Actor, choices: Mapping[int, str]) -> list[dict[str, Any]]:
    return [{"id": number, "name": i18n.say(actor.language, f"returns_bench.box_{name}"),
             "help": i18n.say(actor.language, f"returns_bench.box_{name}_help")} for number, name in choices.items()]


def _expected(session: Session, box: _Box) -> Sequence[Any]:
    """Returns of the order that a box may belong to, those on the bench first. A box of ours that is one of them is
    that one."""
    rows = session.execute(
        select(CustomerReturn.id, CustomerReturn.number, CustomerReturn.reason, CustomerReturn.parcel_id,
               CustomerReturn.state)
        .where(CustomerReturn.order_id == box.order_id, CustomerReturn.state.in_((*life.EXPECTED, life.RECEIVED)))
        .order_by(CustomerReturn.state != life.RECEIVED, CustomerReturn.id)).all()
    same = [row for row in rows if box.parcel_id is not None and row.parcel_id == box.parcel_id]
    return same or rows


def _left_with_customer(session: Session, order_id: int) -> int:
    """Copies that the customer has by the books, whatever was asked."""
    return sum(line.with_customer for line in lines_sent(session, order_id))


def _from_carrier(session: Session, actor: Actor, box: _Box) -> int:
    """Our own parcel, never delivered: all of it is expected as sent, and the desk asks the customer what now."""
    assert box.parcel_id is not None
    made = returns.open_unannounced(session, actor, box.order_id, source=life.CARRIER, parcel_id=box.parcel_id,
                                    tracking_number=box.tracking)
    inside = session.execute(select(ParcelLine.order_line_id, ParcelLine.units).where(
        ParcelLine.parcel_id == box.parcel_id, ParcelLine.units > 0)).all()
    lines = {line.order_line_id: line for line in lines_sent(session, box.order_id)}
    session.add_all(
        ReturnLine(return_id=made, order_line_id=row.order_line_id, item_id=lines[row.order_line_id].item_id,
                   units=min(row.units, lines[row.order_line_id].with_customer))
        for row in inside if lines[row.order_line_id].with_customer)
    parcel = session.get_one(Parcel, box.parcel_id, with_for_update=True)
    parcel.state = packing.PARCEL_FLOW.step(parcel.state, "return")
    session.flush()  # The report and the picture look at these rows.
    incidents.report(session, actor, "address", trouble.CARRIER, units=sum(row.units for row in inside),
                     order_id=box.order_id, parcel_id=box.parcel_id, return_id=made)
    messages.want(session, actor, box.order_id, "ask_address", key=f"parcel:{box.parcel_id}", return_id=made)
    return made


def _without_sender(session: Session, actor: Actor) -> int:
    """Nothing on the box says whose it is. Customer service finds out; the copies wait in RETURNS."""
    made = returns.open_unannounced(session, actor, None)
    incidents.report(session, actor, "address", trouble.CARRIER, units=0, return_id=made)
    return made


def _opened(session: Session, actor: Actor, scanned: ScanIn, touched: Touched, return_id: int) -> Answer:
    """Put the return on the bench, or go on with it there."""
    back = returns.get_return(session, return_id)
    if RETURN_FLOW.may(back.state, "receive"):
        returns.receive(session, actor, back)
    now = look(session, return_id)
    verdict = accept("returns_bench.opened", "open", number=now.number)
    return _keep(session, actor, scanned, verdict, touched, go=f"/returned/{return_id}")


def _keep(
    session: Session, actor: Actor, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None, go: str | None = None,
) -> Answer:
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    answer = Answer(verdict.outcome, verdict.code, say, verdict.sound, {"area": TASK}, verdict.facts, options or [], go)
    scans.record(session, actor, scanned, answer, TASK, None, touched)
    return answer
