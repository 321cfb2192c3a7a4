"""Calling an order off anywhere before it leaves (ORD-7): shelves are let go, stops dropped, labels void. Units that
lie in totes or parcels become put-back work: they are scanned back to a shelf, never booked back silently.
"""

from dataclasses import dataclass

from sqlalchemy import Row, func, insert, select, union_all, update
from sqlalchemy.orm import Session

from warehouse.domain import packing, picking
from warehouse.domain import stock as ledger
from warehouse.domain.orders import BEFORE_DISPATCH, CALLED_OFF, ORDER_FLOW
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import Location, PutBack, Reservation, StockMove
from warehouse.services import journal, picking_orders, stock

LINE, MOVE = OrderLine.__table__, StockMove.__table__
REASON_LIMIT = 200
_TO_COME = (picking.OPEN, picking.SKIPPED)


@dataclass(frozen=True)
class Cancelled:
    """What a cancellation did: units let go on shelves, and units that must be put back."""

    order_id: int
    units_freed: int
    units_to_put_back: int


def cancel_order(session: Session, actor: Actor, order_id: int, reason: str) -> Cancelled:
    """Call an order off. Refused without a reason, twice, and once it left the house: then it can only be returned."""
    reason = " ".join(reason.split())[:REASON_LIMIT]
    if not reason:
        raise Invalid("cancellation.reason_needed")
    runs = _lock_runs(session, order_id)
    order = session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("cancellation.no_such_order")
    _refuse_late(order)
    if _runs_to_come(session, order_id) - {run.id for run in runs}:
        # It was released between the two looks.
        raise Conflict("cancellation.try_again", order=order.number)
    was, order.state = order.state, ORDER_FLOW.step(order.state, "cancel")
    order.cancelled_at, order.cancel_reason = actor.at, reason
    _void_parcels(session, order_id)
    freed = _free_shelves(session, order_id)
    _drop_stops(session, order_id)
    _count_lines(session, order_id)
    _close_holds(session, actor, order_id, reason)
    to_put_back = _ask_put_back(session, actor, order_id)
    session.flush()  # What follows reads these rows.
    for run in runs:
        picking_orders.go_on_without(session, actor, run, order_id)
    picking_orders.free_empty_totes(session, order_id)
    journal.note(session, actor, "cancel", "order", order_id, reason=reason, was=was, units_freed=freed,
                 units_to_put_back=to_put_back)
    return Cancelled(order_id, freed, to_put_back)


def _lock_runs(session: Session, order_id: int) -> list[PickRun]:
    """The walks that still have stops of the order. A pick scan locks its run first too: it comes before or after."""
    ids = sorted(_runs_to_come(session, order_id))
    rows = session.execute(
        select(PickRun).where(PickRun.id.in_(ids)).order_by(PickRun.id).with_for_update()
        .execution_options(populate_existing=True))
    return list(rows.scalars())


def _runs_to_come(session: Session, order_id: int) -> set[int]:
    return set(session.execute(
        select(PickStop.run_id).where(PickStop.order_id == order_id, PickStop.state.in_(_TO_COME))).scalars())


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


# --- Put back --------------------------------------------------------------------------------------------------------


def _ask_put_back(session: Session, actor: Actor, order_id: int) -> int:
    """A row for every line and every tote or parcel where units of it lie, as the ledger tells; units in all."""
    homes = _last_homes(session, order_id)
    rows = [
        {"order_id": order_id, "order_line_id": row.order_line_id, "item_id": row.item_id, "source_id": row.place,
         "home_id": homes.get(row.order_line_id), "units": row.units, "units_done": 0, "in_hand": 0,
         "created_at": actor.at}
        for row in _units_inside(session, order_id)
    ]
    if rows:
        session.execute(insert(PutBack.__table__), rows)
    return sum(int(row["units"]) for row in rows)


def _units_inside(session: Session, order_id: int) -> list[Row[tuple[int, int, int, int]]]:
    """Units of the order's lines in each tote and parcel: what went in less what went out."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order_id)
    went = union_all(
        select(MOVE.c.order_line_id, MOVE.c.item_id, MOVE.c.target_id.label("place"), MOVE.c.units)
        .where(MOVE.c.order_line_id.in_(lines)),
        select(MOVE.c.order_line_id, MOVE.c.item_id, MOVE.c.source_id, -MOVE.c.units)
        .where(MOVE.c.order_line_id.in_(lines)),
    ).subquery()
    units = func.sum(went.c.units)
    return list(session.execute(
        select(went.c.order_line_id, went.c.item_id, went.c.place, units.label("units"))
        .join(Location, Location.id == went.c.place)
        .where(Location.kind.in_((ledger.TOTE, ledger.PARCEL)))
        .group_by(went.c.order_line_id, went.c.item_id, went.c.place).having(units > 0)
        .order_by(went.c.place, went.c.order_line_id)))


def _last_homes(session: Session, order_id: int) -> dict[int, int]:
    """The shelf from which each line was picked last."""
    rows = session.execute(
        select(StockMove.order_line_id, StockMove.source_id)
        .join(OrderLine, OrderLine.id == StockMove.order_line_id)
        .where(OrderLine.order_id == order_id, StockMove.reason == ledger.PICK).order_by(StockMove.id))
    return {row.order_line_id: row.source_id for row in rows if row.order_line_id is not None}
