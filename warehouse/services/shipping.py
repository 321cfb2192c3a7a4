"""The end of the bench (SHP-2): a label made once, printed, stuck on and proven by its scan. What is pressed
travels as a scan whose text begins with `#`: kept, answered once, in order with the scans.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import packing, shipping
from warehouse.domain.codes import COMMAND, PARCEL, Thing
from warehouse.domain.people import Actor
from warehouse.domain.scans import WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.packing import Parcel
from warehouse.services import codes, journal, packing_close, printing, scans
from warehouse.services.scans import Touched
from warehouse.services.shipping_look import SHIP, ShipNow, draw, look

TABLE = Parcel.__table__
PRESSED = Touched(COMMAND)
# What is given beside the parcel are the columns that change.
_CHANGE = update(TABLE).where(TABLE.c.id == bindparam("parcel"))


def scan(session: Session, actor: Actor, parcel_id: int, scanned: ScanIn) -> Answer:
    """Apply one scan or command to a packed parcel. The same `scan_id` again gives the same answer and does
    nothing. A command is refused (409) where it was pressed on a screen that is out of date."""
    now = look(session, parcel_id, actor.language, scan_id=scanned.scan_id, lock=True)
    if now.facts["answer"] is not None:
        return scans.repeat(now.facts["answer"], now.facts["body_hash"], scanned, SHIP, parcel_id)
    if scanned.raw.startswith("#"):
        return _command(session, actor, now, scanned)
    if now.box.step == shipping.STEP_TRACKING:
        return _keep_tracking(session, actor, now, scanned, scanned.raw)
    thing = _thing(session, now, scanned.raw)
    verdict = shipping.judge_label(now.box, thing, now.id)
    touched = Touched(thing.kind, order_id=now.facts["order_id"])
    if not verdict.accepted:
        return _close(session, actor, now, scanned, verdict, touched)
    if verdict.verb == "go":
        return _close(session, actor, now, scanned, verdict, touched, go=f"/ship/{thing.id}")
    verdict.facts["cut_off"] = now.facts["cut_off"]
    state = packing.PARCEL_FLOW.step(now.box.state, "label")
    return _effect(session, actor, now, scanned, verdict, touched,
                   state=state, label_applied_at=actor.at)


def make_label(session: Session, actor: Actor, parcel_id: int) -> str:
    """The text in the bars of the parcel's label, made at the first call and the same at every further one.
    Refused as `domain.shipping.refuse_label` says."""
    now = look(session, parcel_id, actor.language, lock=True)
    if stopped := shipping.refuse_order(now.box):
        raise Conflict(stopped.code, **stopped.facts)
    if now.box.has_label:
        return now.box.code
    if missing := shipping.refuse_label(now.box):
        raise Conflict(missing.code, **missing.facts)
    session.execute(_CHANGE, {"parcel": parcel_id, **_label(actor, now.box.code)})
    return now.box.code


def void_label(session: Session, actor: Actor, parcel_id: int, *, reason: str) -> None:
    """The label is waste: its number is no longer this parcel's, and a new one must be made. Refused without a
    reason, and once it was scanned onto the box: then the box is opened again."""
    now = look(session, parcel_id, actor.language, lock=True)
    if refusal := _refuse_void(now, reason):
        raise Conflict(refusal.code, **refusal.facts)
    _void(session, actor, now, reason)


def _label(actor: Actor, code: str) -> dict[str, Any]:
    return {"label_made_at": actor.at, "tracking_number": code, "label_prints": 0}


def _thing(session: Session, now: ShipNow, raw: str) -> Thing:
    """What was scanned. The right label, the everyday case, is known without asking again."""
    code = codes.read(raw)
    if code.ok and code.value in (now.box.number, now.box.code):
        return Thing(PARCEL, (now.id,), now.box.number, code.value)
    return codes.identify(session, raw)


def _command(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn) -> Answer:
    verb, _, argument = scanned.raw[1:].partition(":")
    if verb not in COMMANDS:
        raise Conflict("shipping.unknown_command", command=verb)
    if verb in COUNTED and scanned.step != now.step_id:
        raise Conflict("scan.stale_step")
    return COMMANDS[verb](session, actor, now, scanned, argument.strip()[: shipping.REASON_LENGTH])


def _make(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, argument: str) -> Answer:  # noqa: ARG001
    """`#label`: idempotent, so that a page may ask for it by itself."""
    if stopped := shipping.refuse_order(now.box):
        return _close(session, actor, now, scanned, stopped, PRESSED)
    if now.box.has_label:
        return _close(session, actor, now, scanned, accept("shipping.label_is_made", "label"), PRESSED)
    if missing := shipping.refuse_label(now.box):
        return _close(session, actor, now, scanned, missing, PRESSED)
    return _effect(session, actor, now, scanned, accept("shipping.label_made", "label", code=now.box.code), PRESSED,
                   **_label(actor, now.box.code))


def _printed(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, argument: str) -> Answer:
    """`#printed`, `#printed:label`, `#printed:slip`: the first copy of a paper went to the printer."""
    copies = {printing.LABEL: now.box.label_prints, printing.SLIP: now.facts["slip_prints"]}
    papers = [argument] if argument else list(copies)
    if any(paper not in copies for paper in papers):
        raise Conflict("shipping.unknown_command", command=scanned.raw[1:])
    if printing.LABEL in papers and not now.box.has_label:
        return _close(session, actor, now, scanned, refuse("shipping.no_label_yet", WARN), PRESSED)
    if all(copies[paper] for paper in papers):
        return _close(session, actor, now, scanned, refuse("shipping.reprint_reason", WARN), PRESSED)
    for paper in papers:
        if not copies[paper]:
            is_new_slip = paper == printing.SLIP and now.facts["slips_ever"]
            printing.print_paper(session, actor, paper, now.id, "reopened" if is_new_slip else "")
    return _look_again(session, actor, now, scanned, accept("shipping.printed", "print"))


def _reprint(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, argument: str) -> Answer:
    """`#reprint:jam`: one more copy of the label, counted."""
    if not now.box.has_label:
        return _close(session, actor, now, scanned, refuse("shipping.no_label_yet", WARN), PRESSED)
    return _print_again(session, actor, now, scanned, printing.LABEL, argument)


def _reprint_slip(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, argument: str) -> Answer:
    return _print_again(session, actor, now, scanned, printing.SLIP, argument)


def _print_again(
    session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, paper: str, reason: str
) -> Answer:
    if not reason:
        return _close(session, actor, now, scanned, refuse("shipping.reprint_reason", WARN), PRESSED)
    printing.print_paper(session, actor, paper, now.id, reason)
    return _look_again(session, actor, now, scanned, accept("shipping.printed_again", "reprint"))


def _tracking(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, argument: str) -> Answer:
    """`#tracking`: the next scan is the carrier's number; pressed again it is not. `#tracking:YT…` says it at once."""
    if now.box.state != packing.CLOSED or not now.box.has_label:
        return _close(session, actor, now, scanned, refuse("shipping.tracking_not_now", WARN), PRESSED)
    if argument:
        return _keep_tracking(session, actor, now, scanned, argument)
    code = "shipping.tracking_left" if now.box.asks_tracking else "shipping.tracking_wanted"
    return _look_again(session, actor, now, scanned, accept(code, "tracking"))


def _keep_tracking(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, text: str) -> Answer:
    """The carrier's number, checked for its form. The label shows another number now, so it is printed anew."""
    number = shipping.tracking_of(text)
    other = session.execute(
        select(Parcel.number).where(Parcel.tracking_number == number, Parcel.id != now.id).limit(1)).scalar()
    verdict = shipping.judge_tracking(now.box, number, other or "")
    if not verdict.accepted:
        return _close(session, actor, now, scanned, verdict, Touched("tracking"))
    return _effect(session, actor, now, scanned, verdict, Touched("tracking", order_id=now.facts["order_id"]),
                   **_label(actor, number))


def _void_it(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, argument: str) -> Answer:
    if refusal := _refuse_void(now, argument):
        return _close(session, actor, now, scanned, refusal, PRESSED)
    _void(session, actor, now, argument)
    return _look_again(session, actor, now, scanned, accept("shipping.label_void", "void", WARN, code=now.box.code))


def _refuse_void(now: ShipNow, reason: str) -> Verdict | None:
    if not now.box.has_label:
        return refuse("shipping.no_label_yet", WARN)
    if now.box.state != packing.CLOSED:
        return refuse("shipping.void_not_now", WARN)
    return None if reason else refuse("shipping.reason_wanted", WARN)


def _void(session: Session, actor: Actor, now: ShipNow, reason: str) -> None:
    journal.note(session, actor, "void_label", "parcel", now.id, reason=reason, tracking_number=now.box.code,
                 prints=now.box.label_prints)
    session.execute(_CHANGE, {"parcel": now.id, "label_made_at": None, "tracking_number": None, "label_prints": 0})


def _reopen(session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, argument: str) -> Answer:
    """Something must come out of the box or go in: back to the bench, its label void."""
    if now.box.state not in (packing.CLOSED, packing.LABELLED) or shipping.refuse_order(now.box):
        return _close(session, actor, now, scanned, refuse("shipping.reopen_not_now", WARN), PRESSED)
    if not argument:
        return _close(session, actor, now, scanned, refuse("shipping.reason_wanted", WARN), PRESSED)
    order_id = packing_close.reopen(session, actor, now.id, reason=argument)
    verdict = accept("shipping.reopened", "reopen", WARN, parcel=now.box.number)
    return _look_again(session, actor, now, scanned, verdict, go=f"/pack/{order_id}")


COMMANDS: dict[str, Callable[[Session, Actor, ShipNow, ScanIn, str], Answer]] = {
    "label": _make, "printed": _printed, "reprint": _reprint, "reprint_slip": _reprint_slip, "tracking": _tracking,
    "void": _void_it, "reopen": _reopen,
}
# A second press must not count a second time.
COUNTED = ("reprint", "reprint_slip", "void", "reopen")


def _answer(actor: Actor, after: ShipNow, verdict: Verdict, go: str | None = None) -> Answer:
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    return Answer(verdict.outcome, verdict.code, say, verdict.sound, draw(after, actor), verdict.facts, go=go)


def _close(
    session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    go: str | None = None,
) -> Answer:
    """Keep a scan that changes nothing."""
    answer = _answer(actor, now, verdict, go)
    scans.record(session, actor, scanned, answer, SHIP, now.id, touched)
    return answer


def _effect(
    session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    **changed: Any,
) -> Answer:
    """Write one change of the parcel and keep the scan; what the screen shows then is known without looking."""
    session.execute(_CHANGE, {"parcel": now.id, **changed})
    answer = _answer(actor, now.after(actor.language, last_code=verdict.code, **changed), verdict)
    scans.record(session, actor, scanned, answer, SHIP, now.id, touched)
    return answer


def _look_again(
    session: Session, actor: Actor, now: ShipNow, scanned: ScanIn, verdict: Verdict, touched: Touched = PRESSED,
    go: str | None = None,
) -> Answer:
    """Keep the scan, then look what the parcel is after it: the scan itself may be what is looked at."""
    pending = Answer(verdict.outcome, verdict.code, "", verdict.sound, {}, verdict.facts)
    scan_row = scans.record(session, actor, scanned, pending, SHIP, now.id, touched)
    answer = _answer(actor, look(session, now.id, actor.language), verdict, go)
    scans.complete(session, scan_row, answer)
    return answer
