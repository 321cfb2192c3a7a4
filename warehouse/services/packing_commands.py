"""What a packer can press instead of scan (PAK-1): undo, another parcel, another carton, the note that was read,
a code that will not scan, a wrong book put aside. A command travels as a scan whose text begins with `#`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from warehouse.domain import stock as ledger
from warehouse.domain.codes import COMMAND, ITEM
from warehouse.domain.people import Actor
from warehouse.domain.scans import OK, WARN, Answer, ScanIn, accept, refuse
from warehouse.models.journal import Scan
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import PutBack, StockMove
from warehouse.services import incidents, incidents_sheet, journal, stock
from warehouse.services.packing_look import TASK, PackNow, ParcelNow
from warehouse.services.packing_steps import begin, carry_out, keep, move_back, open_parcel, pack
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause, Place

PRESSED = Touched(COMMAND)
LAST_DIGITS = 4


def take_over(session: Session, actor: Actor, now: PackNow, scanned: ScanIn) -> Answer:
    """Carry on another packer's order. Recorded with both names."""
    def write(_: int) -> None:
        journal.note(session, actor, "take_over", "order", now.id, from_person=now.packer_id)
        session.execute(update(Order).where(Order.id == now.id).values(packer_id=actor.person_id))

    verdict = accept("packing.taken_over", "take_over", person=now.packer)
    return carry_out(session, actor, now, scanned, verdict, PRESSED, write)


def unwanted(now: PackNow, item_id: int) -> tuple[ParcelNow, int] | None:
    """The open box with copies of an item that the customer no longer gets, and their line."""
    lines = [line.id for line in now.lines if line.item_id == item_id]
    return next(((parcel, line) for parcel in now.parcels for line in lines if parcel.out.get(line)), None)


def take_out(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, parcel: ParcelNow, line_id: int, title: str,
) -> Answer:
    """A copy that is no longer wanted comes out of its box into a tote, and waits there to be put back (ORD-7)."""
    if not now.totes:
        return keep(session, actor, now, scanned, refuse("packing.tote_to_take_out", WARN, title=title), Touched(ITEM))
    tote = now.totes[0]
    item_id = next(line.item_id for line in now.lines if line.id == line_id)

    def write(scan_row: int) -> None:
        begin(session, actor, now)
        back = session.execute(
            select(PutBack).where(PutBack.source_id == parcel.location_id, PutBack.order_line_id == line_id,
                                  PutBack.done_at.is_(None)).order_by(PutBack.id).limit(1).with_for_update()
        ).scalar_one()
        stock.move(session, actor, item_id, 1, source=Place(parcel.location_id, ledger.PARCEL),
                   target=Place(tote.location_id, ledger.TOTE), cause=Cause(ledger.UNPACK, scan_row, line_id))
        session.add(PutBack(order_id=now.id, order_line_id=line_id, item_id=item_id, source_id=tote.location_id,
                            home_id=back.home_id, units=1, units_done=0, in_hand=0, created_at=actor.at))
        back.units -= 1
        back.in_hand = min(back.in_hand, back.units - back.units_done)
        if back.units_done == back.units:
            back.done_at = actor.at

    left = sum(sum(each.out.values()) for each in now.parcels) - 1
    verdict = accept("packing.taken_out", "take_out", WARN if left else OK, title=title, tote=tote.code, n=left)
    return carry_out(session, actor, now, scanned, verdict, Touched(ITEM, 1, item_id), write)


def _undo(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """Take back this person's last unit scan: out of the parcel, into the tote. A new row that negates."""
    last = _last_units(session, actor, now.id)
    parcels = {parcel.location_id: parcel for parcel in now.parcels if parcel.is_open}
    moves = session.execute(select(StockMove).where(StockMove.scan_id == last.id)).scalars().all() if last else []
    # What went into the box and is no longer wanted comes out by its own scan.
    kept = {line.id: line.units_packed for line in now.lines}
    if last is None or any(
        move.target_id not in parcels or kept.get(move.order_line_id or 0, 0) < move.units for move in moves
    ):
        return keep(session, actor, now, scanned, refuse("packing.nothing_to_undo", WARN), PRESSED)
    ours = [row.location_id for row in now.totes]
    if not ours:
        return keep(session, actor, now, scanned, refuse("packing.tote_gone", WARN), PRESSED)

    def write(scan_row: int) -> None:
        for move in moves:
            tote = Place(move.source_id if move.source_id in ours else ours[0], ledger.TOTE)
            move_back(session, actor, move.item_id, move.units, parcel=parcels[move.target_id], tote=tote,
                      line_id=move.order_line_id or 0, scan_row=scan_row)

    title = next(line.title for line in now.lines if line.item_id == last.item_id)
    touched = replace(PRESSED, units=last.units, item_id=last.item_id, undoes_id=last.id)
    return carry_out(session, actor, now, scanned, accept("packing.undone", "undo", title=title), touched, write)


def _last_units(session: Session, actor: Actor, order_id: int) -> Any:
    """The newest unit scan of this person on this order that went into a parcel and is not undone yet."""
    undoing = aliased(Scan)
    return session.execute(
        select(Scan.id, Scan.units, Scan.item_id)
        .where(Scan.task == TASK, Scan.task_id == order_id, Scan.person_id == actor.person_id, Scan.units > 0,
               Scan.undoes_id.is_(None), ~exists().where(undoing.undoes_id == Scan.id),
               exists().where(StockMove.scan_id == Scan.id, StockMove.reason == ledger.PACK))
        .order_by(Scan.id.desc()).limit(1)).one_or_none()


def _new_parcel(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """What is scanned from now on goes into a second box. Refused while the first is still empty."""
    if now.parcel is None or not now.parcel.units or not now.bench.units_left:
        return keep(session, actor, now, scanned, refuse("packing.no_new_parcel", WARN), PRESSED)
    after = open_parcel(session, actor, now)
    assert after.parcel is not None
    verdict = accept("packing.new_parcel", "new_parcel", position=after.parcel.position)
    return keep(session, actor, replace(after, alarm=None), scanned, verdict, PRESSED)


def _carton(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, argument: str) -> Answer:
    """Another carton than the one proposed."""
    carton = next((each for each in now.cartons if str(each.id) == argument), None)
    if carton is None:
        return keep(session, actor, now, scanned, refuse("packing.no_such_carton", WARN), PRESSED)

    def write(_: int) -> None:
        parcel = begin(session, actor, now).parcel
        assert parcel is not None
        session.execute(update(Parcel).where(Parcel.id == parcel.id).values(carton_id=carton.id))

    verdict = accept("packing.carton_chosen", "carton", carton=carton.code)
    return carry_out(session, actor, now, scanned, verdict, PRESSED, write)


def _read(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """The remark or gift note was read and followed; who and when is kept."""
    def write(_: int) -> None:
        session.execute(update(Order).where(Order.id == now.id).values(
            acknowledged_at=actor.at, acknowledged_by=actor.person_id))

    return carry_out(session, actor, now, scanned, accept("packing.remark_read", "ack"), PRESSED, write)


def _last_four(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, argument: str) -> Answer:
    """`#last4:2930` or `#last4:2930:<line>`: the code will not scan, its last four digits stand for it, as a
    recorded override."""
    digits, _, line_text = argument.partition(":")
    asked = [line for line in now.lines if line.units_left and line_text in ("", str(line.id))]
    found = [line for line in asked if _ends_with(now, line.id, digits)]
    if len(found) != 1:
        refusal = refuse("packing.wrong_last_four", digits=digits)
        if not asked:
            refusal = refuse("packing.line_complete", WARN)
        elif found:
            refusal = refuse("packing.two_match", WARN, n=len(found), digits=digits)
        return keep(session, actor, now, scanned, refusal, PRESSED)
    line = found[0]
    verdict = accept("packing.packed_by_digits", "pack", title=line.title, packed=line.units_packed + 1,
                     due=line.units_due, line=line.id)
    answer, scan_row = pack(session, actor, now, scanned, verdict, PRESSED)
    journal.note(session, actor, "override", "order_line", line.id, reason="unscannable", digits=digits)
    incidents_sheet.report_unscannable(session, actor, TASK, units=0, item_id=line.item_id, order_id=now.id,
                                       order_line_id=line.id, scan_id=scan_row)
    return answer


def _ends_with(now: PackNow, line_id: int, digits: str) -> bool:
    row = now.row_of(line_id)
    return len(digits) == LAST_DIGITS and str(row.isbn13 or row.sku).endswith(digits)


def _put_aside(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """The wrong book lay in this order's tote: a pick mistake of the run that filled it (USR-2)."""
    if now.alarm is None:
        return keep(session, actor, now, scanned, refuse("packing.no_alarm", WARN), PRESSED)
    got, wanted, difference = now.alarm["got"], now.alarm["wanted"], str(now.alarm["difference"])
    picker = session.execute(
        select(PickRun.person_id).join(PickStop, PickStop.run_id == PickRun.id)
        .where(PickStop.order_id == now.id, PickStop.units_taken > 0)
        .order_by(PickRun.id.desc()).limit(1)).scalar()

    def write(scan_row: int) -> None:
        incidents.report(
            session, actor, "wrong_item", TASK, units=1, item_id=got["item_id"], order_id=now.id,
            order_line_id=wanted["line_id"] if wanted else None, scan_id=scan_row, blamed_id=picker,
            location_id=now.totes[0].location_id if now.totes else None, note=difference)

    touched = replace(PRESSED, item_id=got["item_id"])
    verdict = accept("packing.put_aside", "put_aside", WARN, title=got["title"])
    return carry_out(session, actor, now, scanned, verdict, touched, write)


def _not_from_tote(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """The wrong book came from elsewhere on the bench: nobody's pick mistake."""
    if now.alarm is None:
        return keep(session, actor, now, scanned, refuse("packing.no_alarm", WARN), PRESSED)
    verdict = accept("packing.not_from_tote", "acknowledge", title=now.alarm["got"]["title"])
    return keep(session, actor, replace(now, alarm=None), scanned, verdict, PRESSED)


COMMANDS: dict[str, Callable[[Session, Actor, PackNow, ScanIn, str], Answer]] = {
    "undo": _undo, "new_parcel": _new_parcel, "carton": _carton, "ack": _read, "last4": _last_four,
    "put_aside": _put_aside, "not_from_tote": _not_from_tote,
}
