"""What a picker can press instead of scan (PIC-3): undo, later, a full tote, and everything that is wrong at
the shelf. A command travels as a scan whose text begins with `#`: kept, answered once, in order with the scans.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from warehouse.domain import picking as rules
from warehouse.domain import stock as ledger
from warehouse.domain.codes import COMMAND
from warehouse.domain.orders import ORDER_FLOW, PICKED
from warehouse.domain.people import Actor
from warehouse.domain.scans import OK, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import PutBack, StockMove
from warehouse.services import (
    incidents,
    incidents_sheet,
    picking,
    picking_orders,
    picking_short,
    scans,
    stock,
    zero_check,
)
from warehouse.services.picking_look import RunNow, look
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause, Place

UNDO_DEPTH = 5
# These are not about the present stop.
NAMES_ITS_OWN = ("undo", "empty")
NUMBER_LENGTH = 4
# What a picker can say of copies that are not there, and what kind of incident it is.
NOT_ENOUGH = "not_enough"
MISSING = {NOT_ENOUGH: "short", "nothing_here": "short", "other_book": "wrong_item"}


def command(session: Session, actor: Actor, run_id: int, scanned: ScanIn) -> Answer:
    """Carry out one command on the run's present stop; `scanned.step` names the stop it was pressed for, so
    that a second press does not hit the next one. Refused (409) where the screen was out of date."""
    now = look(session, run_id, scan_id=scanned.scan_id, lock=True)
    if now.answer is not None and now.body_hash is not None:
        return scans.repeat(now.answer, now.body_hash, scanned, picking.TASK, run_id)
    if now.person_id != actor.person_id:
        verdict = refuse("picking.not_yours", person=now.person or "–")
        return picking.close(session, actor, now, scanned, verdict, Touched(COMMAND))
    verb, _, argument = scanned.raw[1:].partition(":")
    if verb not in COMMANDS:
        raise Conflict("picking.unknown_command", command=verb)
    if verb not in NAMES_ITS_OWN and (now.stop is None or scanned.step.partition(":")[0] != str(now.stop.stop_id)):
        raise Conflict("scan.stale_step")
    return COMMANDS[verb](session, actor, now, scanned, argument)


def _keep(
    session: Session, actor: Actor, run_id: int, scanned: ScanIn, verdict: Verdict, touched: Touched
) -> Answer:
    """The answer after an effect that was written already."""
    return picking.close(session, actor, look(session, run_id), scanned, verdict, touched)


def _later(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """Leave the stop for the end of the walk. Refused for the last one: it must be picked or declared short."""
    stop = _stop(now)
    if len(now.stops) == 1 or stop.stop_state == rules.SKIPPED:
        return picking.close(session, actor, now, scanned, refuse("picking.last_stop", WARN), Touched(COMMAND))
    _set_stop(session, stop.stop_id, state=rules.STOP_FLOW.step(stop.stop_state, "skip"))
    touched = Touched(COMMAND, stop_id=stop.stop_id, item_id=stop.item_id)
    return _keep(session, actor, now.id, scanned, accept("picking.later", "skip", title=stop.title), touched)


def _tote_full(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """The next scan is a fresh tote for this slot; the full one stays with its order."""
    session.execute(update(PickRun).where(PickRun.id == now.id).values(changing_slot=_stop(now).slot))
    return _keep(session, actor, now.id, scanned, accept("picking.change_tote", "change", slot=_stop(now).slot),
                 Touched(COMMAND, stop_id=_stop(now).stop_id))


def _last_four(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """The code will not scan: the last four digits stand for it, as a recorded override."""
    stop, wanted = _stop(now), now.wanted
    assert wanted is not None
    code = stop.isbn13 or stop.sku
    if wanted.step != rules.STEP_ITEM:
        verdict = refuse("picking.scan_shelf_first", WARN, wanted=stop.location)
    elif len(argument) != 4 or not code.endswith(argument):
        verdict = refuse("picking.wrong_last_four", digits=argument)
    else:
        incidents_sheet.report_unscannable(
            session, actor, "pick", units=0, item_id=stop.item_id, location_id=stop.location_id,
            order_id=stop.order_id, order_line_id=stop.order_line_id)
        closes = wanted.units_left == 1 and not wanted.needs_tote
        verdict = accept("picking.taken_by_digits", "close" if closes else "take", title=stop.title)
    return picking.apply(session, actor, now, replace(scanned, units=None), verdict, COMMAND)


def _call_lead(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """Something the tiles do not name: an incident for the lead; the stop stays as it is."""
    stop = _stop(now)
    incident_id = incidents.report(
        session, actor, "call_lead", "pick", units=0, item_id=stop.item_id, location_id=stop.location_id,
        order_id=stop.order_id, order_line_id=stop.order_line_id)
    return _keep(session, actor, now.id, scanned, accept("picking.lead_called", "call", incident_id=incident_id),
                 Touched(COMMAND, stop_id=stop.stop_id, item_id=stop.item_id, location_id=stop.location_id))


def _empty(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """What the picker says of the shelf that their last pick emptied: `yes:<location>:<item>` or `no:…`. The walk goes
    on where it is."""
    says, _, named = argument.partition(":")
    location, _, item = named.partition(":")
    if says not in (zero_check.YES, zero_check.NO) or not (location.isdecimal() and item.isdecimal()):
        raise Conflict("picking.unknown_command", command=scanned.raw[1:])
    verdict = zero_check.answer(session, actor, now.id, says, location_id=int(location), item_id=int(item))
    touched = Touched(COMMAND, location_id=int(location), item_id=int(item)) if verdict.accepted else Touched(COMMAND)
    return picking.close(session, actor, now, scanned, verdict, touched)


def _short(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """`nothing_here`, `other_book`, `not_enough`, and `not_enough:2` where two of those still to be taken lie there:
    they stay to be taken, all others of this walk at this shelf are missing (`picking_short.find_fewer`)."""
    why, _, there = argument.partition(":")
    if (why or NOT_ENOUGH) not in MISSING or (there and (why != NOT_ENOUGH or not _is_number(there))):
        raise Conflict("picking.unknown_command", command=scanned.raw[1:])
    stop, found = _stop(now), int(there or 0)
    if _units_left(stop) == 0:
        verdict = refuse("picking.nothing_left_to_take", WARN)
        return picking.close(session, actor, now, scanned, verdict, Touched(COMMAND))
    if found >= _units_left(stop):
        verdict = refuse("picking.all_are_there", WARN, n=found)
        return picking.close(session, actor, now, scanned, verdict, Touched(COMMAND))
    missing = picking_short.find_fewer(
        session, actor, now.id, now.kind, stop.stop_id, found=found, kind=MISSING[why or NOT_ENOUGH],
        reason=why or NOT_ENOUGH)
    return _after_missing(session, actor, now, scanned, missing)


def _bad(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """One copy at the shelf, or as many as are named, is damaged, misprinted or lacks pages."""
    stop, kind = _stop(now), scanned.raw[1:].partition(":")[0]
    if argument and not _is_number(argument):
        raise Conflict("picking.unknown_command", command=scanned.raw[1:])
    left, units = _units_left(stop), int(argument or 1)
    if left == 0 or not units:
        verdict = refuse("picking.nothing_left_to_take", WARN)
        return picking.close(session, actor, now, scanned, verdict, Touched(COMMAND))
    if units > left:
        verdict = refuse("picking.too_many", WARN, n=units - left, title=stop.title)
        return picking.close(session, actor, now, scanned, verdict, Touched(COMMAND))
    missing = picking_short.find_bad(
        session, actor, now.id, now.kind, stop.stop_id, units=units, kind=kind)
    return _after_missing(session, actor, now, scanned, missing)


def _after_missing(
    session: Session, actor: Actor, now: RunNow, scanned: ScanIn, missing: picking_short.Missing
) -> Answer:
    """Say what became of it; more can be told about the incident."""
    picking_short.finish_run(session, actor, now.id)
    here = _stop(now)
    if missing.short:
        code = "picking.short"
    elif missing.elsewhere:
        code = "picking.short_elsewhere"
    else:
        code = "picking.take_another_here"
    verdict = accept(code, "short", WARN, title=here.title, n=missing.short or missing.elsewhere or 1,
                     incident_id=missing.incident_id)
    touched = Touched(COMMAND, stop_id=here.stop_id, item_id=here.item_id, location_id=here.location_id)
    return _keep(session, actor, now.id, scanned, verdict, touched)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH


def _undo(session: Session, actor: Actor, now: RunNow, scanned: ScanIn, argument: str) -> Answer:
    """Take back the last unit scan of this run: the units go back to their shelf. A new row that negates."""
    last = _last_units(session, now.id)
    order_state = session.execute(
        select(Order.state).where(Order.id == last.order_id).with_for_update()).scalar() if last else None
    # An order that was at the bench already and came back for a replacement: its units are no longer ours to take.
    is_packed = last is not None and session.execute(
        select(func.sum(OrderLine.units_packed)).where(OrderLine.order_id == last.order_id)).scalar()
    # No longer wanted: the copy waits to be put back, by whoever empties the tote.
    is_unwanted = last is not None and session.execute(
        select(PutBack.id).where(PutBack.order_id == last.order_id).limit(1)).scalar() is not None
    if last is None or is_packed or is_unwanted or order_state not in ("picking", PICKED):
        return picking.close(session, actor, now, scanned, refuse("picking.nothing_to_undo", WARN), Touched(COMMAND))
    stop = session.get_one(PickStop, last.stop_id, with_for_update=True, populate_existing=True)
    touched = Touched(COMMAND, last.units, stop.item_id, stop.location_id, stop.id, stop.order_id, last.id)
    pending = Answer("accepted", "picking.undone", "", OK, {})
    scan_row = scans.record(session, actor, scanned, pending, picking.TASK, now.id, touched)
    tote_place = session.execute(select(StockMove.target_id).where(StockMove.scan_id == last.id)).scalar_one()
    stock.move(session, actor, stop.item_id, last.units, source=Place(tote_place, ledger.TOTE),
               target=Place(stop.location_id, ledger.SHELF), cause=Cause(ledger.UNPICK, scan_row, stop.order_line_id))
    is_open = stop.units_taken + stop.units_short < stop.units_due
    stop.reservation_id = stock.restore_reservation(
        session, stop.reservation_id if is_open else None, order_line_id=stop.order_line_id, item_id=stop.item_id,
        location_id=stop.location_id, units=last.units)
    _reopen(session, stop, last.units, order_state)
    session.execute(update(PickRun).where(PickRun.id == now.id).values(
        state=rules.RUN_FLOW.step(now.state, "reopen"), done_at=None))
    session.flush()  # The next look reads these rows.
    verdict = accept("picking.undone", "undo", title=session.get_one(Item, stop.item_id).title)
    answer = picking.answer_of(actor, look(session, now.id), verdict)
    scans.complete(session, scan_row, answer)
    return answer


def _last_units(session: Session, run_id: int) -> Any:
    """The newest unit scan of the run that is not undone yet; none once five in a row were taken back."""
    rows = session.execute(
        select(Scan.id, Scan.stop_id, Scan.order_id, Scan.units, Scan.undoes_id)
        .where(Scan.task == picking.TASK, Scan.task_id == run_id, Scan.units > 0)
        .order_by(Scan.id.desc()).limit(2 * UNDO_DEPTH)).all()
    undone = {row.undoes_id for row in rows if row.undoes_id}
    in_a_row = next((n for n, row in enumerate(rows) if not row.undoes_id), len(rows))
    if in_a_row >= UNDO_DEPTH:
        return None
    return next((row for row in rows if not row.undoes_id and row.id not in undone), None)


def _reopen(session: Session, stop: PickStop, units: int, order_state: str) -> None:
    if stop.state == rules.TAKEN:
        stop.state = rules.STOP_FLOW.step(stop.state, "undo")
    stop.units_taken -= units
    if order_state == PICKED:
        session.execute(update(Order).where(Order.id == stop.order_id).values(
            state=ORDER_FLOW.step(PICKED, "pick_more"), picked_at=None))
        picking_orders.count_picked(session, stop.order_id)


def _stop(now: RunNow) -> Any:
    assert now.stop is not None
    return now.stop


def _units_left(stop: Any) -> int:
    return int(stop.stop_due - stop.stop_taken - stop.units_short)


def _set_stop(session: Session, stop_id: int, **values: Any) -> None:
    session.execute(update(PickStop).where(PickStop.id == stop_id).values(**values))


COMMANDS: dict[str, Callable[[Session, Actor, RunNow, ScanIn, str], Answer]] = {
    "undo": _undo, "later": _later, "short": _short, "damaged": _bad, "misprint": _bad, "missing_pages": _bad,
    "tote_full": _tote_full, "last4": _last_four, "call_lead": _call_lead, "empty": _empty,
}
