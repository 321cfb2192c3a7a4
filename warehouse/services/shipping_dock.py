"""Handing parcels to the driver (SHP-2): one open list a carrier, each parcel scanned onto it, then signed.

The scan at the dock is where units leave the house: parcel to customer, in the same transaction as the list.
"""

from sqlalchemy import RowMapping, bindparam, exists, select, text, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import clocks, packing, picking, shipping
from warehouse.domain import stock as ledger
from warehouse.domain.codes import COMMAND, PARCEL, UNKNOWN, Thing
from warehouse.domain.orders import ORDER_FLOW, PACKED
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.domain.scans import DONE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict, NotFound
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickStop
from warehouse.models.shipping import Carrier, Manifest
from warehouse.services import codes, scans, stock
from warehouse.services.scans import Touched
from warehouse.services.shipping_dock_look import (
    DOCK,
    DockNow,
    draw_dock,
    look_at_dock,
    look_for_parcel,
    with_handed_over,
    with_parcels,
)
from warehouse.services.shipping_look import box_of
from warehouse.services.stock import Cause, Load, Place

DRIVER_LENGTH = 60
ORDER, PARCEL_TABLE = Order.__table__, Parcel.__table__

_LEAVES = update(PARCEL_TABLE).where(PARCEL_TABLE.c.id == bindparam("parcel")).values(
    state=bindparam("to_state"), manifest_id=bindparam("manifest"), handed_over_at=bindparam("at"),
    expected_by=bindparam("expected_by"))
# The same words on SQLite and PostgreSQL.
_COUNT = text(
    "UPDATE order_line SET units_dispatched = units_dispatched + (SELECT units FROM parcel_line"
    " WHERE parcel_id = :parcel AND order_line_id = order_line.id)"
    " WHERE id IN (SELECT order_line_id FROM parcel_line WHERE parcel_id = :parcel AND units > 0)"
)
# The whole order left: every parcel of it was handed over, and nothing is still to be picked for it.
_DISPATCH = update(ORDER).where(
    ORDER.c.id == bindparam("order"), ORDER.c.state == PACKED,
    ~exists().where(PARCEL_TABLE.c.order_id == ORDER.c.id,
                    PARCEL_TABLE.c.state.in_((packing.OPEN, packing.CLOSED, packing.LABELLED))),
    ~exists().where(PickStop.order_id == ORDER.c.id, PickStop.state.in_((picking.OPEN, picking.SKIPPED))),
).values(state=ORDER_FLOW.step(PACKED, "dispatch"), dispatched_at=bindparam("at"))


def open_manifest(session: Session, actor: Actor, carrier_code: str) -> int:
    """The carrier's open list, a new one where there is none; its id. Refused: an unknown carrier."""
    # Its row is the queue for two who press at once: one list a carrier.
    known = session.execute(
        select(Carrier.code).where(Carrier.code == carrier_code).with_for_update()).scalar()
    if known is None:
        raise NotFound("shipping.no_such_carrier", carrier=carrier_code)
    open_one = session.execute(
        select(Manifest.id).where(Manifest.carrier_code == carrier_code, Manifest.state == shipping.LOADING)).scalar()
    if open_one is not None:
        return open_one
    manifest = Manifest(
        carrier_code=carrier_code, state=shipping.MANIFEST_FLOW.start, opened_at=actor.at, opened_by=actor.person_id)
    session.add(manifest)
    session.flush()  # Its number is made of its id.
    manifest.number = make_label("manifest", manifest.id)
    return manifest.id


def scan(session: Session, actor: Actor, manifest_id: int, scanned: ScanIn) -> Answer:
    """Hand one parcel to the driver of this list, or `#close:<driver>` it. The same `scan_id` again gives the same
    answer and does nothing. What may not leave, or not with this carrier, is refused by name."""
    code = None if scanned.raw.startswith("#") else codes.read(scanned.raw)
    now, found = _look(session, manifest_id, scanned, code.value if code and code.ok else "")
    if now.row.answer is not None and now.row.body_hash is not None:
        return scans.repeat(now.row.answer, now.row.body_hash, scanned, DOCK, manifest_id)
    if code is None:
        return _command(session, actor, now, scanned)
    if now.row.state != shipping.LOADING:
        return _close(session, actor, now, scanned, refuse("shipping.list_is_signed", number=now.row.number), Touched())
    row = found[0] if len({each["id"] for each in found}) == 1 else None
    thing = _thing(session, scanned.raw, found)
    box = box_of(dict(row), actor.language) if row is not None else None
    verdict = shipping.judge_hand_over(
        box, thing, manifest_id, now.row.carrier_code, now.carrier(actor.language))
    if row is None or not verdict.accepted:
        touched = Touched(thing.kind, order_id=row["order_id"] if row is not None else None)
        return _close(session, actor, now, scanned, verdict, touched)
    return _hand_over(session, actor, now, scanned, verdict, found)


def _look(session: Session, manifest_id: int, scanned: ScanIn, code: str) -> tuple[DockNow, list[RowMapping]]:
    """The list, and the parcels that carry this number, own or the carrier's, locked with their orders."""
    found = look_for_parcel(session, manifest_id, code, scanned.scan_id) if code else None
    return found or (look_at_dock(session, manifest_id, scan_id=scanned.scan_id, lock=True), [])


def _thing(session: Session, raw: str, found: list[RowMapping]) -> Thing:
    ids = {row["id"] for row in found}
    if len(ids) == 1:
        return Thing(PARCEL, (found[0]["id"],), found[0]["number"], raw)
    if ids:
        return Thing(UNKNOWN, text=raw)
    thing = codes.identify(session, raw)
    # A damaged or foreign label whose number no parcel has.
    return Thing(UNKNOWN, text=thing.text) if thing.kind == PARCEL else thing


def _hand_over(
    session: Session, actor: Actor, now: DockNow, scanned: ScanIn, verdict: Verdict,
    found: list[RowMapping],
) -> Answer:
    """Write it all: the scan, the move to the customer, the parcel, its lines and, where it was the last, the order."""
    row = found[0]
    loads = [Load(each["item_id"], each["load_units"], each["order_line_id"]) for each in found if each["load_units"]]
    touched = Touched(PARCEL, sum(load.units for load in loads), location_id=row["location_id"],
                      order_id=row["order_id"])
    after = with_handed_over(with_parcels(session, now), row, actor.at)
    answer = _answer(actor, after, verdict)
    scan_row = scans.record(session, actor, scanned, answer, DOCK, now.id, touched)
    stock.move_out(session, actor, loads, source=Place(row["location_id"], ledger.PARCEL),
                   target=Place(row["customer_id"], ledger.CUSTOMER), cause=Cause(ledger.DISPATCH, scan_row))
    execute = session.connection().execute
    expected_by = clocks.expected_by(actor.at, now.row.transit_days, session.info["time_zone"])
    execute(_LEAVES, {"parcel": row["id"], "manifest": now.id, "at": actor.at, "expected_by": expected_by,
                      "to_state": packing.PARCEL_FLOW.step(row["state"], "hand_over")})
    execute(_COUNT, {"parcel": row["id"]})
    execute(_DISPATCH, {"order": row["order_id"], "at": actor.at})
    return answer


def _command(session: Session, actor: Actor, now: DockNow, scanned: ScanIn) -> Answer:
    verb, _, driver = scanned.raw[1:].partition(":")
    if verb != "close":
        raise Conflict("shipping.unknown_command", command=verb)
    driver = " ".join(driver.split())[:DRIVER_LENGTH]
    now = with_parcels(session, now)
    touched = Touched(COMMAND)
    if now.row.state != shipping.LOADING:
        return _close(session, actor, now, scanned, refuse("shipping.list_is_signed", number=now.row.number), touched)
    if not now.on_it.count:
        return _close(session, actor, now, scanned, refuse("shipping.list_is_empty", WARN), touched)
    if not driver:
        return _close(session, actor, now, scanned, refuse("shipping.driver_wanted", WARN), touched)
    session.execute(update(Manifest).where(Manifest.id == now.id).values(
        state=shipping.MANIFEST_FLOW.step(now.row.state, "close"), closed_at=actor.at, driver_name=driver))
    verdict = accept("shipping.list_closed", "close", DONE, n=now.on_it.count, driver=driver, number=now.row.number)
    return _close(session, actor, look_at_dock(session, now.id), scanned, verdict, touched)


def _answer(actor: Actor, now: DockNow, verdict: Verdict) -> Answer:
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    return Answer(verdict.outcome, verdict.code, say, verdict.sound, draw_dock(now, actor), verdict.facts)


def _close(
    session: Session, actor: Actor, now: DockNow, scanned: ScanIn, verdict: Verdict, touched: Touched
) -> Answer:
    answer = _answer(actor, with_parcels(session, now), verdict)
    scans.record(session, actor, scanned, answer, DOCK, now.id, touched)
    return answer
