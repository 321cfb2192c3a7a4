"""Calling an order off anywhere before it leaves (ORD-7): shelves are let go, stops dropped, labels void. Units that
lie in totes or parcels become put-back work: they are scanned back to a shelf, never booked back silently.
"""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from warehouse.domain import packing, picking
from warehouse.domain.orders import BEFORE_DISPATCH, CALLED_OFF, ORDER_FLOW
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import Reservation
from warehouse.services import journal, messages, orders_units, picking_orders, refunds, stock
from warehouse.services.orders_units import Underway

LINE = OrderLine.__table__
REASON_LIMIT = 200
_TO_COME = (picking.OPEN, picking.SKIPPED)


@dataclass(frozen=True)
class Cancelled:
    """What a cancellation did: units let go on shelves, and units that must be put back."""

    order_id: int
    units_freed: int
    units_to_put_back: int


def cancel_order(session: Session, actor: Actor, order_id: int, reason: str) -> Cancelled:
    """Call an order off. What was paid for it is asked of finance. Refused without a reason, twice, and once it left
    the house: then it can only be returned."""
    reason = " ".join(reason.split())[:REASON_LIMIT]
    if not reason:
        raise Invalid("cancellation.reason_needed")
    under, = orders_units.lock(session, order_id)
    wanted = {line.id: line.units_wanted - line.units_cancelled for line in orders_units.lines_of(session, order_id)}
    cancelled = call_off(session, actor, under, reason)
    refunds.ask_for_cancelled(session, actor, order_id, wanted, reason, is_whole=True)
    messages.want(session, actor, order_id, "cancelled", key=str(order_id), reason=reason)
    return cancelled


def call_off(session: Session, actor: Actor, under: Underway, reason: str) -> Cancelled:
    """The same without a word to the customer: for an order that goes on as part of another."""
    order, order_id = under.order, under.id
    _refuse_late(order)
    was, order.state = order.state, ORDER_FLOW.step(order.state, "cancel")
    order.cancelled_at, order.cancel_reason = actor.at, reason
    _void_parcels(session, order_id)
    freed = _free_shelves(session, order_id)
    _drop_stops(session, order_id)
    _count_lines(session, order_id)
    _close_holds(session, actor, order_id, reason)
    lies = orders_units.units_inside(session, order_id)
    to_put_back = orders_units.ask_put_back(
        session, actor, order_id, [(row.order_line_id, row.item_id, row.place, row.units) for row in lies])
    session.flush()  # What follows reads these rows.
    for run in under.runs.values():
        picking_orders.go_on_without(session, actor, run, order_id)
    picking_orders.free_empty_totes(session, order_id)
    journal.note(session, actor, "cancel", "order", order_id, reason=reason, was=was, units_freed=freed,
                 units_to_put_back=to_put_back)
    return Cancelled(order_id, freed, to_put_back)


def _refuse_late(order: Order) -> None:
    if order.state == CALLED_OFF:
        raise Conflict("cancellation.already", order=order.number)
    if order.state not in BEFORE_DISPATCH:
        raise Conflict("cancellation.left_the_house", order=order.number)


def _void_parcels(session: Session, order_id: int) -> None:
    """Labels of a cancelled order are worth nothing. Refused while a parcel is on a driver's list already."""
    parcels = session.execute(
        select(Parcel).where(Parcel.order_id == order_id, Parcel.state != packing.VOID)
        .order_by(Parcel.id).with_for_update()).scalars()
    for parcel in parcels:
        if not packing.PARCEL_FLOW.may(parcel.state, "void"):
            raise Conflict("cancellation.parcel_handed_over", parcel=parcel.number)
        parcel.state = packing.PARCEL_FLOW.step(parcel.state, "void")


def _free_shelves(session: Session, order_id: int) -> int:
    """Let go of everything still reserved, in the order in which everybody locks shelves; units let go."""
    rows = session.execute(
        select(Reservation.id, Reservation.units)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id).where(OrderLine.order_id == order_id)
        .order_by(Reservation.item_id, Reservation.location_id)).all()
    for row in rows:
        stock.free_reservation(session, row.id)
    return sum(row.units for row in rows)


def _drop_stops(session: Session, order_id: int) -> None:
    """Nobody walks there any more. What was taken at a half-done stop is in the tote, so it counts as picked."""
    stops = session.execute(
        select(PickStop).where(PickStop.order_id == order_id, PickStop.state.in_(_TO_COME)).order_by(PickStop.id)
    ).scalars().all()
    for stop in stops:
        left = stop.units_due - stop.units_taken - stop.units_short
        session.execute(update(PickRun.__table__).where(PickRun.id == stop.run_id).values(
            units_due=PickRun.units_due - left))
        stop.state = picking.STOP_FLOW.step(stop.state, "drop")
    picking_orders.count_picked(session, order_id)


def _count_lines(session: Session, order_id: int) -> None:
    """Keep wanted = reserved + short + cancelled true: reserved is what was picked, the rest is cancelled. What was
    picked and packed stays as it happened; where it is now is told by the ledger."""
    session.execute(update(LINE).where(LINE.c.order_id == order_id, LINE.c.is_service.is_(False)).values(
        units_reserved=LINE.c.units_picked,
        units_cancelled=LINE.c.units_wanted - LINE.c.units_picked - LINE.c.units_short))


def _close_holds(session: Session, actor: Actor, order_id: int, reason: str) -> None:
    session.execute(update(Hold.__table__).where(Hold.order_id == order_id, Hold.lifted_at.is_(None)).values(
        lifted_at=actor.at, lifted_by=actor.person_id, decision="cancelled", decision_reason=reason))
