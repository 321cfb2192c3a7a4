"""The buttons of put-away, moving and replenishing: they are scans too, in order with the others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import codes as kinds
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.replenishment import OPEN
from warehouse.domain.scans import WARN, Answer, ScanIn, accept, refuse
from warehouse.errors import Conflict, NotAllowed
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.stock import StockMove
from warehouse.services import incidents, replenishment, stock
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause
from warehouse.services.transfers_look import SETTLE, HandNow, look_at_source
from warehouse.services.transfers_steps import TASK, carry_out, hold, keep, let_go, place, spot

_UNDOES = (ledger.PUT_AWAY, ledger.TRANSFER, ledger.REPLENISH)


def command(session: Session, actor: Actor, now: HandNow, scanned: ScanIn) -> Answer:
    """One press. Refused where there is no such button, or where the screen that was pressed is out of date."""
    verb, _, argument = scanned.raw[1:].partition(":")
    if verb not in COMMANDS:
        raise Conflict("transfers.unknown_command", command=verb)
    if verb != "undo" and scanned.step != now.step_id:
        raise Conflict("scan.stale_step")
    return COMMANDS[verb](session, actor, now, scanned, argument)


def _take_all(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, _: str) -> Answer:
    """All copies that there are, or that are asked for, after one of them was scanned."""
    hand = now.hand
    if not hand.units or hand.source is None or hand.item_id is None:
        return keep(session, actor, now, scanned, refuse("transfers.nothing_in_hand", WARN), Touched(kinds.COMMAND))
    source, task = hand.source, hand.task
    free = look_at_source(session, hand, actor.person_id, hand.item_id, lock=True).free
    units = max(hand.units, min(free, task.units_left) if task else free)
    verdict = accept("transfers.taken", "take", title=hand.title, n=units)
    return carry_out(
        session, actor, scanned, verdict, Touched(kinds.COMMAND, item_id=hand.item_id),
        lambda _: hold(session, actor, source_id=source.id, item_id=hand.item_id, condition=hand.condition, units=units,
                       replenishment_id=task.id if task else None))


def _leave(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, _: str) -> Answer:
    """Away from this place, with empty hands; a task goes back to the list."""
    hand = now.hand
    if hand.units:
        verdict = refuse("transfers.put_first", WARN, title=hand.title)
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))

    def leave(_: int) -> None:
        task = replenishment.lock(session, hand.task.id) if hand.task else None
        if task is not None:
            replenishment.give_back(session, task)
        let_go(session, actor)

    return carry_out(session, actor, scanned, accept("transfers.left", "leave"), Touched(kinds.COMMAND), leave)


# --- Condition -------------------------------------------------------------------------------------------------------


def _condition(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, condition: str) -> Answer:
    """What is in hand is damaged and goes to quarantine; or the lead finds copies in quarantine good again, and they
    are in hand as good ones. Refused to others (`settle_incident`)."""
    hand = now.hand
    if condition not in ledger.CONDITIONS:
        raise Conflict("transfers.unknown_command", command=f"condition:{condition}"[:40])
    touched = Touched(kinds.COMMAND, item_id=hand.item_id)
    if not hand.units or hand.source is None or hand.item_id is None:
        return keep(session, actor, now, scanned, refuse("transfers.nothing_in_hand", WARN), touched)
    if condition == hand.condition:
        return keep(session, actor, now, scanned, refuse("transfers.is_so_already", WARN, title=hand.title), touched)
    if condition == ledger.GOOD and not actor.may(SETTLE):
        raise NotAllowed("errors.not_allowed")
    free = look_at_source(session, hand, actor.person_id, hand.item_id, lock=True).free
    if free < hand.units:
        verdict = refuse("transfers.promised_meanwhile", WARN, n=hand.units - free, title=hand.title)
        return keep(session, actor, now, scanned, verdict, touched)
    return (_to_good if condition == ledger.GOOD else _to_quarantine)(session, actor, now, scanned)


def _swap(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, _: str) -> Answer:
    """What is in hand are the other copies of this title here: the damaged ones on record, or the good ones. Nothing
    moves; refused where the books have fewer of those."""
    hand, source = now.hand, now.hand.source
    touched = Touched(kinds.COMMAND, item_id=hand.item_id)
    if not hand.units or source is None or hand.item_id is None or hand.task:
        return keep(session, actor, now, scanned, refuse("transfers.nothing_in_hand", WARN), touched)
    other = ledger.DAMAGED if hand.condition == ledger.GOOD else ledger.GOOD
    free = look_at_source(session, replace(hand, condition=other), actor.person_id, hand.item_id, lock=True).free
    if free < hand.units:
        verdict = refuse("transfers.fewer_of_those", WARN, n=free, location=source.code)
        return keep(session, actor, now, scanned, verdict, touched)
    verdict = accept(f"transfers.these_are_{other}", "swap", title=hand.title, n=hand.units)
    return carry_out(
        session, actor, scanned, verdict, touched,
        lambda _: hold(session, actor, source_id=source.id, item_id=hand.item_id, condition=other, units=hand.units))


def _to_quarantine(session: Session, actor: Actor, now: HandNow, scanned: ScanIn) -> Answer:
    hand, source, item_id = now.hand, now.hand.source, now.hand.item_id
    assert source
    assert item_id

    def put(scan_row: int) -> None:
        stock.move(session, actor, item_id, hand.units, source=place(source),
                   target=stock.fixed_place(session, "QUARANTINE"), cause=Cause(ledger.REGRADE, scan_row),
                   target_condition=ledger.DAMAGED)
        incidents.report(session, actor, "damaged", replenishment.STAGE, units=hand.units, item_id=item_id,
                         location_id=source.id, scan_id=scan_row)
        hold(session, actor, source_id=source.id, replenishment_id=hand.task.id if hand.task else None)

    verdict = accept("transfers.to_quarantine", "regrade", WARN, title=hand.title, n=hand.units)
    return carry_out(session, actor, scanned, verdict, Touched(kinds.COMMAND, hand.units, item_id, source.id), put)


def _to_good(session: Session, actor: Actor, now: HandNow, scanned: ScanIn) -> Answer:
    hand, source, item_id = now.hand, now.hand.source, now.hand.item_id
    assert source
    assert item_id

    def mend(scan_row: int) -> None:
        stock.move(session, actor, item_id, hand.units, source=place(source), target=place(source),
                   cause=Cause(ledger.REGRADE, scan_row), condition=ledger.DAMAGED, target_condition=ledger.GOOD)
        hold(session, actor, source_id=source.id, item_id=item_id, units=hand.units)

    verdict = accept("transfers.good_again", "regrade", title=hand.title, n=hand.units)
    return carry_out(session, actor, scanned, verdict, Touched(kinds.COMMAND, hand.units, item_id, source.id), mend)


# --- Replenishment ---------------------------------------------------------------------------------------------------


def _take_task(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, text: str) -> Answer:
    """A replenishment of the list becomes this person's; refused where somebody was faster."""
    hand, touched = now.hand, Touched(kinds.COMMAND)
    if hand.units:
        verdict = refuse("transfers.put_first", WARN, title=hand.title)
        return keep(session, actor, now, scanned, verdict, touched)
    task = replenishment.lock(session, int(text)) if text.isdecimal() and len(text) < 10 else None
    if hand.task or task is None or task.state != OPEN:
        verdict = refuse("transfers.finish_first" if hand.task else "transfers.task_gone", WARN)
        return keep(session, actor, now, scanned, verdict, touched)

    def take(_: int) -> None:
        replenishment.take(session, actor, task)
        hold(session, actor, source_id=task.source_id, replenishment_id=task.id)

    verdict = accept("transfers.task_taken", "take_task", location=spot(session, task.source_id).code)
    return carry_out(session, actor, scanned, verdict, touched, take)


def _short(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, _: str) -> Answer:
    """The reserve shelf has no more: what is missing is an incident, and the rest comes from the next shelf."""
    hand = now.hand
    if hand.task is None or hand.source is None or hand.units >= hand.task.units_left:
        return keep(session, actor, now, scanned, refuse("transfers.nothing_missing", WARN), Touched(kinds.COMMAND))
    task, source = hand.task, hand.source

    def go_on(scan_row: int) -> None:
        following = replenishment.report_short(session, actor, task.id, in_hand=hand.units, scan_id=scan_row)
        if following is not None:
            hold(session, actor, source_id=following.source_id, replenishment_id=following.id)
        elif not hand.units:
            let_go(session, actor)

    verdict = accept("transfers.short", "short", WARN, n=task.units_left - hand.units, location=source.code)
    touched = Touched(kinds.COMMAND, item_id=task.item_id, location_id=source.id)
    return carry_out(session, actor, scanned, verdict, touched, go_on)


# --- Undo ------------------------------------------------------------------------------------------------------------


def _undo(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, _: str) -> Answer:
    """What is in hand goes back where it was; with empty hands the last shelf scan is taken back, while its copies
    are free there."""
    hand, source = now.hand, now.hand.source
    if not hand.units or source is None:
        return _undo_put(session, actor, now, scanned)

    def put_back(_: int) -> None:
        if source.kind == ledger.STAGING:
            let_go(session, actor)
        else:
            hold(session, actor, source_id=source.id, replenishment_id=hand.task.id if hand.task else None)

    verdict = accept("transfers.back_at_source", "undo", title=hand.title, location=source.code)
    return carry_out(session, actor, scanned, verdict, Touched(kinds.COMMAND, item_id=hand.item_id), put_back)


def _undo_put(session: Session, actor: Actor, now: HandNow, scanned: ScanIn) -> Answer:
    found = _last_put(session, actor)
    if found is None or found[1].reason not in _UNDOES:
        return keep(session, actor, now, scanned, refuse("transfers.nothing_to_undo", WARN), Touched(kinds.COMMAND))
    last, move = found
    title = session.execute(select(Item.title).where(Item.id == move.item_id)).scalar_one()
    task = None
    if move.reason == ledger.REPLENISH:
        task = replenishment.last_brought(session, actor.person_id, move.item_id, move.source_id, move.target_id)
        if task is None:
            return keep(session, actor, now, scanned, refuse("transfers.nothing_to_undo", WARN), Touched(kinds.COMMAND))
    if now.hand.task and (task is None or now.hand.task.id != task.id):
        return keep(session, actor, now, scanned, refuse("transfers.finish_first", WARN), Touched(kinds.COMMAND))
    if move.condition == ledger.GOOD and stock.free_units(session, move.item_id, move.target_id) < move.units:
        verdict = refuse("transfers.reserved_meanwhile", WARN, title=title)
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    origin, shelf = spot(session, move.source_id), spot(session, move.target_id)

    def take_back(scan_row: int) -> None:
        stock.move(session, actor, move.item_id, move.units, source=place(shelf), target=place(origin),
                   cause=Cause(move.reason, scan_row), condition=move.condition)
        if task is not None:
            replenishment.take_back(session, task, move.units)
        hold(session, actor, source_id=origin.id, item_id=move.item_id, condition=move.condition, units=move.units,
             replenishment_id=task.id if task else None)

    touched = Touched(kinds.COMMAND, move.units, move.item_id, shelf.id, undoes_id=last.id)
    return carry_out(session, actor, scanned, accept("transfers.undone", "undo", title=title), touched, take_back)


def _last_put(session: Session, actor: Actor) -> tuple[Any, StockMove] | None:
    """The newest scan of this person that moved units and is not undone yet, with its move."""
    rows = session.execute(
        select(Scan.id, Scan.units, Scan.undoes_id)
        .where(Scan.task == TASK, Scan.task_id == actor.person_id, Scan.units > 0).order_by(Scan.id.desc()).limit(40)
    ).all()
    undone = {row.undoes_id for row in rows if row.undoes_id}
    last = next((row for row in rows if not row.undoes_id and row.id not in undone), None)
    if last is None:
        return None
    return last, session.execute(select(StockMove).where(StockMove.scan_id == last.id)).scalar_one()


_Command = Callable[[Session, Actor, HandNow, ScanIn, str], Answer]
COMMANDS: dict[str, _Command] = {
    "all": _take_all, "leave": _leave, "condition": _condition, "replenish": _take_task, "short": _short,
    "swap": _swap, "undo": _undo,
}
