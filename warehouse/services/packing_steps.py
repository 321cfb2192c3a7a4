"""What every step at the bench is made of: the answer, a begun parcel, a unit in the box or out of it again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import stock as ledger
from warehouse.domain.orders import ORDER_FLOW, PACKING, PICKED
from warehouse.domain.own_labels import make_label
from warehouse.domain.packing import PARCEL_FLOW, PackLine
from warehouse.domain.people import Actor
from warehouse.domain.picking import BOUND, TOTE_FLOW
from warehouse.domain.scans import Answer, ScanIn, Verdict
from warehouse.errors import NotEnoughStock, Stale
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import Tote
from warehouse.models.stock import Location
from warehouse.services import scans, stock
from warehouse.services.packing_draw import draw
from warehouse.services.packing_look import TASK, PackNow, ParcelNow, look
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause, Place

ORDER, LINE, PARCEL, LOCATION, TOTE = (
    Order.__table__, OrderLine.__table__, Parcel.__table__, Location.__table__, Tote.__table__
)
# Only a line that is as it was looked at: nobody else may have packed or lost units of it meanwhile.
_COUNT = update(LINE).where(
    LINE.c.id == bindparam("line"), LINE.c.units_packed == bindparam("seen"), LINE.c.units_picked == bindparam("due"),
).values(units_packed=LINE.c.units_packed + bindparam("n"))
_COUNT_BACK = update(LINE).where(LINE.c.id == bindparam("line")).values(
    units_packed=LINE.c.units_packed - bindparam("n"))
_STARTS = update(ORDER).where(ORDER.c.id == bindparam("order")).values(
    state=bindparam("to_state"), packer_id=bindparam("packer"))
# The same words on SQLite and PostgreSQL. No row where somebody else opened this parcel meanwhile.
_NEW_PLACE = text(
    "INSERT INTO location (code, kind, aisle, bay, shelf, zone, sequence)"
    " VALUES (:code, :kind, '', '', '', '', 0) ON CONFLICT (code) DO NOTHING RETURNING id"
)


def answer_of(
    actor: Actor, after: PackNow, verdict: Verdict, options: list[dict[str, Any]] | None = None, go: str | None = None,
) -> Answer:
    """The answer in the person's language, with the bench as it stands after it."""
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    task = draw(after, actor)
    return Answer(verdict.outcome, verdict.code, say, verdict.sound, task, verdict.facts, options or [], go)


def keep(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, verdict: Verdict, touched: Touched, *,
    options: list[dict[str, Any]] | None = None, go: str | None = None,
) -> Answer:
    """Record a scan that moves nothing, with its answer."""
    answer = answer_of(actor, now, verdict, options, go)
    scans.record(session, actor, scanned, answer, TASK, now.id, replace(touched, order_id=now.id))
    return answer


def carry_out(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    effect: Callable[[int], str | None],
) -> Answer:
    """Record a command, have `effect(scan row)` written, then draw the bench anew. What `effect` returns is the
    address of the screen that comes next."""
    pending = Answer(verdict.outcome, verdict.code, "", verdict.sound, {}, verdict.facts)
    scan_row = scans.record(session, actor, scanned, pending, TASK, now.id, replace(touched, order_id=now.id))
    go = effect(scan_row)
    session.flush()  # The next look reads these rows.
    answer = answer_of(actor, look(session, now.id), verdict, go=go)
    scans.complete(session, scan_row, answer)
    return answer


def begin(session: Session, actor: Actor, now: PackNow) -> PackNow:
    """The order is on this person's bench: it is being packed, its totes have arrived, a parcel is open."""
    execute = session.connection().execute
    if now.state == PICKED or now.packer_id is None:
        state = ORDER_FLOW.step(PICKED, "start_pack") if now.state == PICKED else now.state
        execute(_STARTS, {"order": now.id, "to_state": state, "packer": actor.person_id})
        now = replace(now, state=state, packer_id=actor.person_id, packer=actor.name)
    coming = [tote.id for tote in now.totes if tote.state == BOUND]
    if coming:
        execute(update(TOTE).where(TOTE.c.id.in_(coming)).values(state=TOTE_FLOW.step(BOUND, "arrive")))
    return now if now.parcel is not None else open_parcel(session, actor, now)


def open_parcel(session: Session, actor: Actor, now: PackNow) -> PackNow:
    """Another parcel for this order; it is a place in the ledger. Its number is its own label, given when it is
    closed: until then nothing bears it."""
    assert now.state == PACKING
    execute = session.connection().execute
    position = 1 + (now.order.last_position or 0)
    place = execute(_NEW_PLACE, {"code": f"{now.order.number}-{position}", "kind": ledger.PARCEL}).scalar()
    if place is None:
        raise Stale
    parcel_id = execute(insert(PARCEL).returning(PARCEL.c.id), {
        "order_id": now.id, "position": position, "state": PARCEL_FLOW.start, "location_id": place,
        "carrier_code": now.order.carrier_code, "packed_by": actor.person_id, "opened_at": actor.at,
    }).scalar_one()
    fresh = ParcelNow(
        parcel_id, make_label("parcel", parcel_id), position, PARCEL_FLOW.start, place, None, None, None, {})
    return replace(now, parcels=(*now.parcels, fresh))


def totes_with(now: PackNow, item_id: int) -> list[tuple[Place, int]]:
    """Where units of an item lie for this order, and how many in each tote."""
    return [(Place(tote.location_id, ledger.TOTE), tote.units[item_id]) for tote in now.totes if item_id in tote.units]


def pack(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, verdict: Verdict, touched: Touched, units: int = 1,
) -> tuple[Answer, int]:
    """Units of the line that the verdict names, from the tote into the open parcel; the answer, and the scan's row."""
    line = now.line(verdict.facts["line"])
    assert line is not None
    counted = session.connection().execute(
        _COUNT, {"line": line.id, "seen": line.units_packed, "due": line.units_due, "n": units})
    if counted.rowcount != 1:
        raise Stale
    now = begin(session, actor, now)
    after = with_packed(now, line, units)
    answer = answer_of(actor, after, sound_of(after, verdict))
    touched = replace(touched, units=units, order_id=now.id, item_id=line.item_id)
    scan_row = scans.record(session, actor, scanned, answer, TASK, now.id, touched)
    _move_to_parcel(session, actor, now, line, units, scan_row)
    return answer, scan_row


def _move_to_parcel(
    session: Session, actor: Actor, now: PackNow, line: PackLine, units: int, scan_row: int
) -> None:
    parcel = now.parcel
    assert parcel is not None
    left = units
    for place, on_hand in totes_with(now, line.item_id):
        n = min(left, on_hand)
        if n:
            stock.move(session, actor, line.item_id, n, source=place, target=Place(parcel.location_id, ledger.PARCEL),
                       cause=Cause(ledger.PACK, scan_row, line.id))
            left -= n
    if left:  # A tote was emptied past the books: refused in words, not a scan that is sent again for ever.
        raise NotEnoughStock(item_id=line.item_id, location_id=parcel.location_id, wanted=units)


def move_back(
    session: Session, actor: Actor, item_id: int, units: int, *, parcel: ParcelNow, tote: Place, line_id: int,
    scan_row: int,
) -> None:
    """Units out of the parcel into the tote again."""
    stock.move(session, actor, item_id, units, source=Place(parcel.location_id, ledger.PARCEL), target=tote,
               cause=Cause(ledger.UNPACK, scan_row, line_id))
    session.execute(_COUNT_BACK, {"line": line_id, "n": units})


def with_packed(now: PackNow, line: PackLine, units: int) -> PackNow:
    """The bench as it will stand, without asking the database again."""
    lines = tuple(
        replace(each, units_packed=each.units_packed + units) if each.id == line.id else each for each in now.lines)
    parcel = now.parcel
    assert parcel is not None
    fuller = replace(parcel, units={**parcel.units, line.id: parcel.units.get(line.id, 0) + units})
    parcels = tuple(fuller if each.id == parcel.id else each for each in now.parcels)
    return replace(now, lines=lines, parcels=parcels, alarm=None, last_item_id=line.item_id)


def sound_of(after: PackNow, verdict: Verdict) -> Verdict:
    """Complete sounds different, also where the last unit was counted by its digits."""
    return replace(verdict, sound="done") if after.bench.units_left == 0 and verdict.accepted else verdict
