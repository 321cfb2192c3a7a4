"""What every step at goods in is made of: the recorded answer, units taken in and given back."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.receiving import PARCEL_FLOW
from warehouse.domain.scans import Answer, ScanIn, Verdict
from warehouse.models.receiving import DeliveryParcel
from warehouse.models.stock import StockBalance
from warehouse.services import scans, stock
from warehouse.services.receiving_look import RECEIVING, TASK, ParcelNow, draw, look
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause

PARCEL = DeliveryParcel.__table__
# The same words on SQLite and PostgreSQL; two people may count the same title in two parcels.
_COUNT = text(
    "INSERT INTO delivery_line (delivery_id, item_id, units_good, units_bad) VALUES (:delivery, :item, :good, :bad)"
    " ON CONFLICT (delivery_id, item_id) DO UPDATE SET units_good = delivery_line.units_good + excluded.units_good,"
    " units_bad = delivery_line.units_bad + excluded.units_bad"
)
_RECOUNT = text(
    "UPDATE delivery_line SET units_good = units_good + :good, units_bad = units_bad + :bad"
    " WHERE delivery_id = :delivery AND item_id = :item"
)


def keep(
    session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Record a scan that changes nothing, with its answer."""
    drawn = draw(session, now, actor, touched.item_id)
    return scans.keep(session, actor, scanned, verdict, touched, TASK, now.id, drawn, options)


def carry_out(
    session: Session, actor: Actor, now: ParcelNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    effect: Callable[[int], None], go: str | None = None,
) -> Answer:
    """Record the scan, have `effect(scan row)` written, then draw the parcel anew."""
    return scans.carry_out(
        session, actor, scanned, verdict, touched, TASK, now.id, effect,
        lambda: draw(session, look(session, now.id, delivery=now.delivery), actor), go=go)


def take_in(session: Session, actor: Actor, now: ParcelNow, item_id: int, units: int, scan_row: int) -> None:
    """Units of a title stand in RECEIVING and count as good."""
    session.execute(_COUNT, {"delivery": now.delivery.id, "item": item_id, "good": units, "bad": 0})
    stock.move(session, actor, item_id, units, source=stock.fixed_place(session, "SUPPLIER"),
               target=stock.fixed_place(session, RECEIVING), cause=Cause(ledger.RECEIVE, scan_row))


def recount(session: Session, now: ParcelNow, item_id: int, *, good: int, bad: int) -> None:
    """Add to the two counters of a title; less than nothing where a scan is taken back."""
    session.execute(_RECOUNT, {"delivery": now.delivery.id, "item": item_id, "good": good, "bad": bad})


def standing(session: Session, item_id: int, location_id: int, condition: str) -> int:
    """Units of a title in one condition that are still at a place."""
    found = session.execute(select(StockBalance.on_hand).where(
        StockBalance.item_id == item_id, StockBalance.location_id == location_id,
        StockBalance.condition == condition)).scalar()
    return found or 0


def go_on(session: Session, now: ParcelNow, verb: str, **values: Any) -> None:
    """The parcel takes the next step of its life."""
    session.execute(update(PARCEL).where(PARCEL.c.id == now.id).values(
        state=PARCEL_FLOW.step(now.state, verb), **values))
