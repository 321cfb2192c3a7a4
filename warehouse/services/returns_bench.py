"""The returns bench by scan (RET-1): a copy is scanned, graded and given its place. Only copies that were sent come in,
and nothing goes to a shelf from here."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import codes as kinds
from warehouse.domain import returns as life
from warehouse.domain import returns_bench as rules
from warehouse.domain.codes import Thing
from warehouse.domain.incidents import RETURN
from warehouse.domain.people import Actor
from warehouse.domain.returns import RETURN_FLOW
from warehouse.domain.scans import CHOOSE, DONE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.returns import ReturnUnit
from warehouse.services import codes, drafts, incidents, journal, returns, returns_settle, returns_units, scans
from warehouse.services.returns_look import BOOK, TASK, ReturnNow, draw, look
from warehouse.services.scans import Touched


def scan(session: Session, actor: Actor, return_id: int, scanned: ScanIn) -> Answer:
    """Apply one scan or command to a return on the bench. The same `scan_id` again gives the same answer. A command is
    refused (409) where it was pressed on a screen that is out of date."""
    returns.get_return(session, return_id)  # The order's row first, then the return's: two benches stand in line.
    before = scans.answered_before(session, scanned, TASK, return_id)
    if before is not None:
        return before
    now = look(session, return_id)
    if scanned.raw.startswith("#"):
        return _command(session, actor, now, scanned)
    thing = codes.identify(session, scanned.raw)
    step, unit = now.step(actor)
    if step == rules.STEP_LABEL and unit is not None and thing.kind == kinds.ITEM:
        return _scan_label(session, actor, now, scanned, thing, unit)
    if step == rules.STEP_SCAN and thing.kind == kinds.ITEM:
        return _scan_item(session, actor, now, scanned, thing)
    if step == rules.STEP_SCAN and now.order_id is None and thing.kind in (kinds.ORDER, kinds.PARCEL):
        return _scan_order(session, actor, now, scanned, thing)
    return _keep(session, actor, now, scanned, rules.judge_other(thing, step, now.person), Touched(thing.kind))


def _scan_item(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Take one copy in. A code that several titles share asks which one it is: those of the order, if any (CAT-2)."""
    touched = Touched(thing.kind)
    if (scanned.units or 1) > 1:
        return _keep(session, actor, now, scanned, refuse("returns_bench.one_by_one", WARN), touched)
    of_order = {line.item_id for line in now.lines_of(thing.ids)}
    ids = [each for each in thing.ids if each in of_order] or list(thing.ids)
    if len(ids) > 1 and scanned.choice not in ids:
        options = [dict(row) for row in session.execute(
            select(Item.id, *BOOK).where(Item.id.in_(ids)).order_by(Item.id)).mappings()]
        verdict = Verdict(CHOOSE, "returns_bench.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
        return _keep(session, actor, now, scanned, verdict, touched, options)
    item_id = scanned.choice if scanned.choice in ids else ids[0]
    assert item_id is not None
    title, listing = session.execute(select(Item.title, Item.listing).where(Item.id == item_id)).one()
    if listing == drafts.DRAFT:
        # Nobody knows yet what it is, so nobody was ever sent one.
        return _keep(session, actor, now, scanned, refuse("returns_bench.unknown_code", text=thing.text), touched)
    last = _scan_before(session, now)
    verdict = rules.judge_item(
        now.lines_of((item_id,)), title, has_order=now.order_id is not None,
        is_second=last is not None and (last.code, last.item_id) == (rules.ASK_FOREIGN, item_id))
    if not verdict.accepted:
        return _keep(session, actor, now, scanned, verdict, Touched(thing.kind, item_id=item_id))
    line_id = verdict.facts["line"]

    def take(scan_row: int) -> None:
        received_as = life.AS_SENT if line_id is not None else life.WRONG_ITEM
        unit_id = returns_units.take_in(session, actor, now.id, line_id, item_id, received_as, scan_row)
        if verdict.code == "returns_bench.wrong_item":
            incident_id = incidents.report(session, actor, "wrong_item", RETURN, units=1, item_id=item_id,
                                           order_id=now.order_id, return_id=now.id, scan_id=scan_row)
            session.get_one(ReturnUnit, unit_id).incident_id = incident_id

    touched = Touched(thing.kind, 1, item_id, order_id=now.order_id)
    return _carry_out(session, actor, now, scanned, verdict, touched, take)


def _scan_label(
    session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, thing: Thing, waiting: rules.Unit,
) -> Answer:
    """The label of the used item proves that it is on the copy, and makes it one."""
    if waiting.into_item_id not in thing.ids:
        verdict = refuse("returns_bench.other_label", title=waiting.title)
        return _keep(session, actor, now, scanned, verdict, Touched(thing.kind))
    unit = session.get_one(ReturnUnit, waiting.id)
    return _carry_out(session, actor, now, scanned, accept("returns_bench.to_used", "place", title=waiting.title),
                      Touched(thing.kind, 2, waiting.into_item_id, order_id=now.order_id),
                      lambda scan_row: returns_units.convert(session, actor, unit, scan_row))


def _scan_order(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Whose parcel it is was found out: its copies count on that order from now on."""
    order_id = thing.id if thing.kind == kinds.ORDER else session.execute(
        select(Parcel.order_id).where(Parcel.id == thing.id)).scalar_one()
    if not returns.may_be_returned(session, order_id):
        verdict = refuse("returns_bench.not_sent", order=thing.name)
        return _keep(session, actor, now, scanned, verdict, Touched(thing.kind, order_id=order_id))
    return _carry_out(session, actor, now, scanned, accept("returns_bench.order_named", "name", order=thing.name),
                      Touched(thing.kind, order_id=order_id),
                      lambda _: name_order(session, actor, now.id, order_id))


def name_order(session: Session, actor: Actor, return_id: int, order_id: int) -> None:
    """The sender of a parcel is known now. Copies of titles that the order had, and that are not back yet, are as sent;
    the others stay what they are. Refused where the return has an order already."""
    session.get_one(Order, order_id, with_for_update=True)
    back = returns.get_return(session, return_id)
    if back.order_id is not None:
        raise Conflict("returns_bench.has_order")
    back.order_id = order_id
    session.flush()  # The lines of the order are looked up by it.
    left = {line.order_line_id: line.with_customer for line in look(session, return_id).all_lines}
    for unit in session.execute(select(ReturnUnit).where(
            ReturnUnit.return_id == return_id, ReturnUnit.received_as == life.WRONG_ITEM).order_by(ReturnUnit.id)
    ).scalars():
        line = next((each for each in look(session, return_id).lines_of((unit.item_id,))
                     if left[each.order_line_id] > 0), None)
        if line is not None:
            left[line.order_line_id] -= 1
            returns_units.rehang(session, unit, line.order_line_id)
    for subject, subject_id in (("return", return_id), ("order", order_id)):
        journal.note(session, actor, "name_order", subject, subject_id, number=back.number)


# --- Commands --------------------------------------------------------------------------------------------------------


def _command(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn) -> Answer:
    """One button of the bench, where its step is asked for."""
    verb, _, said = scanned.raw[1:].partition(":")
    if verb not in COMMANDS or said not in rules.SAID.get(verb, ("",)):
        raise Conflict("returns_bench.unknown_command", command=scanned.raw[1:])
    if scanned.step != now.step_id(actor) and verb != "undo":
        raise Conflict("scan.stale_step")
    step, _ = now.step(actor)
    if step not in rules.BUTTONS[verb]:
        verdict = refuse(f"returns_bench.not_now_{step}", WARN, person=now.person)
        return _keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    return COMMANDS[verb](session, actor, now, scanned, said)


def _grade(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, said: str) -> Answer:
    unit = _present(session, now, actor)
    acceptance = returns_units.acceptance_by_policy(session, now.id, unit, said)
    verdict = accept(f"returns_bench.graded_{acceptance}", "grade", title=_title(now, unit))
    return _carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND, item_id=unit.item_id),
                      lambda scan_row: returns_units.grade(session, actor, unit, said, acceptance, scan_row))


def _to(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, where: str) -> Answer:
    unit = _present(session, now, actor)
    row = next(row for row in now.rows if row.id == unit.id)
    verdict = rules.judge_place(unit.grade, unit.acceptance, where, title=row.title, price_minor=row.price_minor,
                                may_override=actor.may("override"))
    if not verdict.accepted:
        return _keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND, item_id=unit.item_id))
    if where == life.USED and rules.used_sku(row.sku, unit.grade) == row.sku:
        # A used copy that came back as it was sold bears its label.
        where, verdict = life.RESTOCK, accept("returns_bench.to_restock", "place", title=row.title)

    def put(scan_row: int) -> None:
        returns_units.place(session, actor, unit, where, scan_row)

    moved = 0 if where in (life.USED, life.SEND_BACK) else 1
    return _carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND, moved, unit.item_id), put)


def _override(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, reason: str) -> Answer:
    """A lead says otherwise than the policy, with a reason."""
    verb = scanned.raw[1:].partition(":")[0]
    unit = _present(session, now, actor)
    said = life.ACCEPTED if verb == "accept" else life.REJECTED
    if not actor.may("override") or now.state == life.SETTLED:
        code = "settled_already" if now.state == life.SETTLED else "ask_lead"
        verdict = refuse(f"returns_bench.{code}", WARN, title=_title(now, unit))
        return _keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))

    def write(_: int) -> None:
        returns_units.decide(session, actor, unit.id, said, reason)
        returns_settle.settle_if_done(session, actor, now.id)

    return _carry_out(session, actor, now, scanned, accept(f"returns_bench.graded_{said}", verb,
                      title=_title(now, unit)), Touched(kinds.COMMAND, item_id=unit.item_id), write)


def _undo(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, _: str) -> Answer:
    """The last act on the newest copy is taken back: its place, its grade, then its scan."""
    unit = session.get_one(ReturnUnit, now.rows[-1].id) if now.rows else None
    if unit is None:
        return _keep(session, actor, now, scanned, refuse("returns_bench.nothing_to_undo", WARN),
                     Touched(kinds.COMMAND))
    title, is_foreign = _title(now, unit), unit.received_as == life.NOT_OURS
    moved, undoes = 0, None
    if unit.disposition and not is_foreign:
        verb = "place"
        moved = 0 if unit.left_at is None else 2 if unit.disposition == life.USED else 1
    elif unit.grade:
        verb = "grade"
    else:
        verb, moved, undoes = "scan", 0 if is_foreign else 1, unit.scan_id

    def take_back(scan_row: int) -> None:
        if verb == "place":
            returns_units.unplace(session, actor, unit, scan_row)
        elif verb == "grade":
            returns_units.ungrade(session, actor, unit)
        else:
            returns_units.give_back(session, actor, unit, scan_row)

    if verb != "place" and now.state != life.RECEIVED:
        # Its money may be under way: what came and how it was graded stands.
        return _keep(session, actor, now, scanned, refuse("returns_bench.judged", WARN, title=title),
                     Touched(kinds.COMMAND))
    if verb == "place" and not returns_units.may_unplace(session, unit):
        return _keep(session, actor, now, scanned, refuse("returns_bench.gone", WARN, title=title),
                     Touched(kinds.COMMAND))
    return _carry_out(session, actor, now, scanned, accept(f"returns_bench.undone_{verb}", "undo", title=title),
                      Touched(kinds.COMMAND, moved, unit.item_id, undoes_id=undoes), take_back)


def _aside(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, _: str) -> Answer:
    """What was scanned last and refused is not ours: one copy too many, or a code that nobody knows. It is set aside
    and reported, and no stock is made of it."""
    last = _scan_before(session, now)
    if last is None or last.code not in (rules.TOO_MANY, "returns_bench.unknown_code"):
        return _keep(session, actor, now, scanned, refuse("returns_bench.nothing_aside", WARN), Touched(kinds.COMMAND))

    def set_aside(scan_row: int) -> None:
        is_copy = last.code == rules.TOO_MANY
        incident_id = incidents.report(
            session, actor, "over" if is_copy else "wrong_item", RETURN, units=1, item_id=last.item_id,
            order_id=now.order_id, return_id=now.id, scan_id=scan_row, note=last.raw)
        if is_copy:
            unit_id = returns_units.take_in(session, actor, now.id, None, last.item_id, life.NOT_OURS, scan_row)
            session.get_one(ReturnUnit, unit_id).incident_id = incident_id

    return _carry_out(session, actor, now, scanned, accept("returns_bench.set_aside", "aside", WARN),
                      Touched(kinds.COMMAND, item_id=last.item_id), set_aside)


def _open(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, _: str) -> Answer:
    """The parcel is here."""
    return _carry_out(session, actor, now, scanned, accept("returns_bench.opened", "open", number=now.number),
                      Touched(kinds.COMMAND, order_id=now.order_id),
                      lambda _: returns.receive(session, actor, returns.get_return(session, now.id)))


def _take_over(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, _: str) -> Answer:
    def write(_: int) -> None:
        returns.get_return(session, now.id).received_by = actor.person_id
        journal.note(session, actor, "take_over", "return", now.id, from_person=now.person_id)

    return _carry_out(session, actor, now, scanned, accept("returns_bench.taken_over", "take_over", person=now.person),
                      Touched(kinds.COMMAND), write)


def _close(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, said: str) -> Answer:
    """The box is empty: what came is judged, what did not come reported, and what is due to the customer set going."""
    verdict = rules.judge_close(now.all_lines, now.units, is_confirmed=said == "missing")
    if not verdict.accepted:
        return _keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))

    def write(scan_row: int) -> None:
        back = returns.get_return(session, now.id)
        back.state = RETURN_FLOW.step(back.state, "judge")
        session.flush()  # The settlement looks at it.
        for line in rules.missing(now.all_lines):
            incidents.report(session, actor, "missing", RETURN, units=line.asked - line.received, item_id=line.item_id,
                             order_id=now.order_id, return_id=now.id, scan_id=scan_row)
        journal.note(session, actor, "judge_return", "return", now.id, units=len(now.rows))
        returns_settle.settle_if_done(session, actor, now.id)

    return _carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND), write)


def _send_back(session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, _: str) -> Answer:
    """The copies that were not accepted are handed to a carrier for the customer."""
    waiting = [unit for unit in now.units if unit.disposition == life.SEND_BACK and not unit.has_left]
    if not waiting:
        return _keep(session, actor, now, scanned, refuse("returns_bench.nothing_to_send", WARN),
                     Touched(kinds.COMMAND))

    def send(scan_row: int) -> None:
        for unit in waiting:
            returns_units.send_back(session, actor, session.get_one(ReturnUnit, unit.id), scan_row)
        journal.note(session, actor, "send_back", "return", now.id, units=len(waiting))

    moved = sum(unit.received_as != life.NOT_OURS for unit in waiting)
    return _carry_out(session, actor, now, scanned, accept("returns_bench.sent_back", "send_back", DONE,
                      n=len(waiting)), Touched(kinds.COMMAND, moved), send)


COMMANDS: dict[str, Callable[[Session, Actor, ReturnNow, ScanIn, str], Answer]] = {
    "grade": _grade, "to": _to, "accept": _override, "reject": _override, "undo": _undo, "aside": _aside,
    "open": _open, "take_over": _take_over, "close": _close, "send_back": _send_back,
}


# --- What every step is made of --------------------------------------------------------------------------------------


def _present(session: Session, now: ReturnNow, actor: Actor) -> ReturnUnit:
    """The copy that is asked about, or that came last."""
    _, waiting = now.step(actor)
    if waiting is None and not now.rows:
        raise Conflict("returns_bench.no_such_copy")
    return session.get_one(ReturnUnit, waiting.id if waiting else now.rows[-1].id, populate_existing=True)


def _title(now: ReturnNow, unit: ReturnUnit) -> str:
    return str(next(row.title for row in now.rows if row.id == unit.id))


def _scan_before(session: Session, now: ReturnNow) -> Any:
    """The scan before this one; a question which of several titles it was lies between, it is not the scan."""
    return session.execute(
        select(Scan.code, Scan.item_id, Scan.raw)
        .where(Scan.task == TASK, Scan.task_id == now.id, Scan.outcome != CHOOSE)
        .order_by(Scan.id.desc()).limit(1)).one_or_none()


def _keep(
    session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Record a scan that changes nothing, with its answer."""
    return scans.keep(session, actor, scanned, verdict, touched, TASK, now.id, draw(session, now, actor), options)


def _carry_out(
    session: Session, actor: Actor, now: ReturnNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    effect: Callable[[int], None],
) -> Answer:
    """Record the scan, have `effect(scan row)` written, then draw the return anew."""
    return scans.carry_out(session, actor, scanned, verdict, touched, TASK, now.id, effect,
                           lambda: draw(session, look(session, now.id), actor))
