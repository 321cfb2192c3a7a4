"""The buttons beside the scans of goods in: bad copies, undo, and whose parcel it is (REC-2)."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import codes as kinds
from warehouse.domain import receiving as rules
from warehouse.domain import stock as ledger
from warehouse.domain.incidents import MISTAKE, OPEN
from warehouse.domain.people import Actor
from warehouse.domain.scans import DONE, OK, WARN, Answer, ScanIn, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.incidents import Incident
from warehouse.models.stock import Location, StockMove
from warehouse.services import incidents, journal, stock
from warehouse.services.receiving_look import RECEIVING, STEP_SCAN, STEP_THEIRS, TASK, ParcelNow
from warehouse.services.receiving_steps import carry_out, go_on, keep, recount, standing
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause, Place


def command(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn) -> Answer:
    """One button of the parcel's screen. Only who has the parcel may press them, but for taking it over."""
    verb, _, kind = scanned.raw[1:].partition(":")
    if verb not in COMMANDS or (kind if verb != "bad" else kind not in rules.BAD_KINDS):
        raise Conflict("receiving.unknown_command", command=scanned.raw[1:])
    step = now.step(actor)
    if verb != "undo" and scanned.step != now.step_id(actor):
        raise Conflict("scan.stale_step")
    if step != (STEP_THEIRS if verb == "take_over" else STEP_SCAN):
        verdict = refuse(f"receiving.not_now_{step}", WARN, person=now.person)
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    return COMMANDS[verb](session, actor, now, scanned)


def _bad(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn) -> Answer:
    """Copies of the title counted last are bad: to quarantine, with an incident that may get a picture."""
    kind, book = scanned.raw.partition(":")[2], now.present
    receiving, units = stock.fixed_place(session, RECEIVING), scanned.units or 1
    item_id = book.item_id if book else 0
    verdict = rules.judge_bad(
        book.title if book else "", units, good=now.good(item_id),
        free=standing(session, item_id, receiving.id, ledger.GOOD))
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    quarantine = stock.fixed_place(session, "QUARANTINE")

    def write(scan_row: int) -> None:
        recount(session, now, item_id, good=-units, bad=units)
        stock.move(session, actor, item_id, units, source=receiving, target=quarantine,
                   cause=Cause(ledger.REGRADE, scan_row), target_condition=ledger.DAMAGED)
        incidents.report(session, actor, kind, TASK, units=units, item_id=item_id, location_id=quarantine.id,
                         delivery_id=now.delivery.id, scan_id=scan_row)

    return carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND, units, item_id), write)


def _undo(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn) -> Answer:
    """The last scan that moved units is taken back. Refused where they were put away, or settled, meanwhile."""
    last = now.last
    if last is None:
        return keep(session, actor, now, scanned, refuse("receiving.nothing_to_undo", WARN), Touched(kinds.COMMAND))
    move = session.execute(select(StockMove).where(StockMove.scan_id == last.scan_id)).scalar_one()
    title = next(row.title for row in now.counted if row.item_id == last.item_id)
    incident_id = session.execute(select(Incident.id).where(
        Incident.scan_id == last.scan_id, Incident.state == OPEN)).scalar()
    left = standing(session, last.item_id, move.target_id, move.target_condition)
    if left < move.units or (last.is_bad and incident_id is None):
        verdict = refuse("receiving.gone", WARN, title=title)
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))

    def take_back(scan_row: int) -> None:
        back = move.units if last.is_bad else 0
        recount(session, now, last.item_id, good=back or -move.units, bad=-back)
        stock.move(session, actor, last.item_id, move.units, source=_place(session, move.target_id),
                   target=_place(session, move.source_id), condition=move.target_condition,
                   target_condition=move.condition,
                   cause=Cause(ledger.REGRADE if last.is_bad else ledger.UNRECEIVE, scan_row))
        if incident_id is not None:
            incidents.close(session, actor, incident_id, MISTAKE)

    verdict = accept("receiving.good_again" if last.is_bad else "receiving.undone", "undo", OK,
                     n=move.units, title=title)
    touched = Touched(kinds.COMMAND, move.units, last.item_id, undoes_id=last.scan_id)
    return carry_out(session, actor, now, scanned, verdict, touched, take_back)


def _take_over(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn) -> Answer:
    """Another person goes on with the parcel."""
    def write(_: int) -> None:
        go_on(session, now, "take_over", person_id=actor.person_id)
        journal.note(session, actor, "take_over", "delivery_parcel", now.id, from_person=now.person_id)

    return carry_out(session, actor, now, scanned, accept("receiving.taken_over_from", "take_over", person=now.person),
                     Touched(kinds.COMMAND), write)


def _give_back(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn) -> Answer:
    """The parcel waits for whoever goes on with it; what was counted stays counted."""
    verdict = accept("receiving.given_back", "give_back", position=now.position)
    return carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND),
                     lambda _: go_on(session, now, "give_back", person_id=None), go=f"/receive/{now.delivery.id}")


def _close(session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn) -> Answer:
    """The parcel is empty: all of it is counted."""
    verdict = accept("receiving.parcel_counted", "close", DONE, position=now.position,
                     n=now.units)
    return carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND),
                     lambda _: go_on(session, now, "close", closed_at=actor.at), go=f"/receive/{now.delivery.id}")


COMMANDS: dict[str, Callable[[Session, Actor, ParcelNow, ScanIn], Answer]] = {
    "bad": _bad, "undo": _undo, "take_over": _take_over, "give_back": _give_back, "close": _close,
}


def _place(session: Session, location_id: int) -> Place:
    row = session.execute(select(Location.id, Location.kind).where(Location.id == location_id)).one()
    return Place(row.id, row.kind)
