"""Units taken out of an order that is under way (ORD-7). Shelves are let go and stops dropped at once; what lies in
totes and parcels waits to be scanned back, nothing is restocked silently.

Whoever changes an order locks it here first: its walks, then the order, as a pick scan does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, insert, select, union_all, update
from sqlalchemy.orm import Session

from warehouse.domain import packing, picking
from warehouse.domain import stock as ledger
from warehouse.domain.orders import BEFORE_DISPATCH, CALLED_OFF, CONFIRMED, PICKING, RECEIVED, RELEASED
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, NotFound
from warehouse.models.incidents import Incident
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import Location, PutBack, StockMove
from warehouse.services import packing_close, packing_look, picking_orders, shipping, stock
from warehouse.services.picking_orders import TO_COME

MOVE = StockMove.__table__


@dataclass
class Underway:
    """An order, locked with the walks that still come to its shelves. Its lines say what was picked."""

    order: Order
    runs: dict[int, PickRun]

    @property
    def id(self) -> int:
        return self.order.id

    @property
    def is_under_way(self) -> bool:
        """Released and not put back to wait since: shelves, totes or parcels may hold units of it."""
        return self.order.released_at is not None and self.order.state not in (RECEIVED, CONFIRMED)


def lock(session: Session, *order_ids: int) -> list[Underway]:
    """The orders as they are now, in the order given, and nobody changes them until the commit. A pick scan locks its
    walk before anything else, so walks come first. Refused once an order is called off or left the house."""
    session.flush()  # What is read anew below must not forget what the caller wrote.
    runs = _lock_runs(session, order_ids)
    orders = {order.id: order for order in session.execute(
        select(Order).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update()
        .execution_options(populate_existing=True)).scalars()}
    found = []
    for order_id in order_ids:
        if order_id not in orders:
            raise NotFound("cancellation.no_such_order")
        order, came = orders[order_id], runs_to_come(session, order_id)
        if came - set(runs):
            # It was released between the two looks.
            raise Conflict("orders.try_again", order=order.number)
        found.append(Underway(order, {run_id: runs[run_id] for run_id in came}))
        if orders[order_id].state in (RELEASED, PICKING):
            # Until the last stop is closed the ledger alone says what was picked, and nobody may pick once it is read.
            session.execute(select(PickStop.id).where(PickStop.order_id == order_id, PickStop.state.in_(TO_COME))
                            .order_by(PickStop.id).with_for_update()).all()
            picking_orders.count_picked(session, order_id)
    return found


def lines_of(session: Session, order_id: int) -> list[OrderLine]:
    """The lines of goods of a locked order, as they are now."""
    return list(session.execute(
        select(OrderLine).where(OrderLine.order_id == order_id, OrderLine.is_service.is_(False))
        .order_by(OrderLine.position).execution_options(populate_existing=True)).scalars())


def _lock_runs(session: Session, order_ids: Sequence[int]) -> dict[int, PickRun]:
    ids = sorted({run for order_id in order_ids for run in runs_to_come(session, order_id)})
    rows = session.execute(
        select(PickRun).where(PickRun.id.in_(ids)).order_by(PickRun.id).with_for_update()
        .execution_options(populate_existing=True))
    return {run.id: run for run in rows.scalars()}


def runs_to_come(session: Session, order_id: int) -> set[int]:
    """The walks that still come to a shelf for the order."""
    return set(session.execute(
        select(PickStop.run_id).where(PickStop.order_id == order_id, PickStop.state.in_(TO_COME))).scalars())


def refuse_gone(order: Order) -> None:
    """Refuse what is called off or left the house: then it can only come back as a return."""
    if order.state not in BEFORE_DISPATCH:
        code = "orders.is_cancelled" if order.state == CALLED_OFF else "orders.left_the_house"
        raise Conflict(code, order=order.number)


def refuse_on_list(session: Session, order: Order) -> None:
    """Refuse while a parcel of the order stands on a driver's list: it is taken back from there first."""
    number = session.execute(
        select(Parcel.number).where(Parcel.order_id == order.id, Parcel.manifest_id.is_not(None),
                                    Parcel.state != packing.VOID).limit(1)).scalar()
    if number is not None:
        raise Conflict("orders.parcel_on_list", parcel=number)


# --- Fewer units -----------------------------------------------------------------------------------------------------


def take_out(session: Session, actor: Actor, under: Underway, line: OrderLine, units: int, reason: str) -> int:
    """Let go of units of a line: those that are short first, then those still on shelves, then those in totes, last
    those in parcels. Those that must be put back are returned. The caller lowers what is wanted, or counts them as
    cancelled, and calls `settle`. Refused where a parcel with them stands on a driver's list."""
    left = units - min(units, line.units_wanted - line.units_cancelled - line.units_short - line.units_reserved)
    short = min(left, line.units_short)
    line.units_short -= short
    _decide_lost(session, line.id, short)
    left -= short
    walked = min(left, line.units_reserved - line.units_picked)
    if walked:
        let_shelves_go(session, under, line, walked)
        line.units_reserved -= walked
        left -= walked
    if left:
        refuse_on_list(session, under.order)
        in_parcels = max(0, left - (line.units_picked - line.units_packed))
        _ask_for(session, actor, under, line, ledger.TOTE, left - in_parcels)
        _ask_for(session, actor, under, line, ledger.PARCEL, in_parcels)
        _open_boxes(session, actor, under, line, in_parcels, reason)
        line.units_packed -= in_parcels
        session.flush()  # Packed goes down before picked, picked before reserved: each is the bound of the other.
        line.units_picked -= left
        session.flush()
        line.units_reserved -= left
    session.flush()
    return left


def _decide_lost(session: Session, line_id: int, units: int) -> None:
    """Units lost at the bench that nobody has decided about, and that are no longer wanted: the rest goes without."""
    lost = session.execute(
        select(Incident).where(Incident.order_line_id == line_id, Incident.stage == packing_look.TASK,
                               Incident.outcome == "", Incident.kind.in_(packing.LOSSES))
        .order_by(Incident.id).limit(units)).scalars() if units else ()
    for each in lost:
        each.outcome = packing.PART


def let_shelves_go(session: Session, under: Underway, line: OrderLine, units: int) -> None:
    """The last stops of the walk go first; a stop that is done with what was taken is closed."""
    stops = session.execute(
        select(PickStop).where(PickStop.order_line_id == line.id, PickStop.state.in_(TO_COME))
        .order_by(PickStop.id.desc()).with_for_update().execution_options(populate_existing=True)).scalars().all()
    goes: list[tuple[PickStop, int]] = []
    left = units
    for stop in stops:
        n = min(left, stop.units_due - stop.units_taken - stop.units_short)
        left -= n
        if n:
            goes.append((stop, n))
    assert not left, f"line {line.id} has units reserved that no stop comes for"
    for stop, n in sorted(goes, key=lambda each: (each[0].item_id, each[0].location_id)):
        if stop.reservation_id is not None:
            stock.free_reservation(session, stop.reservation_id, n)
        _shorten(session, under, stop, n)


def _shorten(session: Session, under: Underway, stop: PickStop, units: int) -> None:
    run = under.runs[stop.run_id]
    session.execute(update(PickRun.__table__).where(PickRun.id == run.id).values(units_due=PickRun.units_due - units))
    if stop.units_taken == 0 and units == stop.units_due - stop.units_short:
        stop.state = picking.STOP_FLOW.step(stop.state, "drop")
        return
    stop.units_due -= units
    # On a cart of several totes the tote is scanned last; elsewhere the last copy closes the stop.
    if stop.units_taken + stop.units_short == stop.units_due and run.kind != picking.BATCH:
        state = stop.state if stop.state == picking.OPEN else picking.STOP_FLOW.step(stop.state, "come_back")
        stop.state = picking.STOP_FLOW.step(state, "take" if stop.units_taken else "short")


def _ask_for(
    session: Session, actor: Actor, under: Underway, line: OrderLine, kind: str, units: int
) -> None:
    """Units of the line out of its totes, or out of its parcels: open ones first."""
    lies = [row for row in units_inside(session, under.id) if row.order_line_id == line.id and row.kind == kind]
    lies.sort(key=lambda row: (row.is_closed, -row.place))
    asked, left = [], units
    for row in lies:
        n = min(left, row.units)
        if n:
            asked.append((row.order_line_id, row.item_id, row.place, n))
            left -= n
    assert not left, f"line {line.id} says more than lies in its {kind}s"
    ask_put_back(session, actor, under.id, asked)


def _open_boxes(
    session: Session, actor: Actor, under: Underway, line: OrderLine, units: int, reason: str
) -> None:
    """Closed parcels from which units must come out are open again, their labels void, whoever packs them next."""
    if not units:
        return
    waits = select(PutBack.source_id).where(PutBack.order_line_id == line.id, PutBack.done_at.is_(None))
    for parcel_id in closed_parcels(session, under.id, Parcel.location_id.in_(waits)):
        reopen(session, actor, under, parcel_id, reason)


def closed_parcels(session: Session, order_id: int, *more: object) -> list[int]:
    return list(session.execute(
        select(Parcel.id).where(Parcel.order_id == order_id, Parcel.state.in_((packing.CLOSED, packing.LABELLED)),
                                *more)  # type: ignore[arg-type]
        .order_by(Parcel.id)).scalars())


def reopen(session: Session, actor: Actor, under: Underway, parcel_id: int, reason: str) -> None:
    """A closed parcel is open again and its label void; anybody may pack it on."""
    packing_close.reopen(session, actor, parcel_id, reason=reason)
    under.order.packer_id = None
    session.flush()


def void_labels(session: Session, actor: Actor, under: Underway, reason: str) -> None:
    """What labels say is no longer right: one that only was printed is void, a box that bears one is opened again."""
    refuse_on_list(session, under.order)
    for parcel_id in closed_parcels(session, under.id, Parcel.state == packing.LABELLED):
        reopen(session, actor, under, parcel_id, reason)
    for parcel_id in closed_parcels(session, under.id, Parcel.label_made_at.is_not(None)):
        shipping.void_label(session, actor, parcel_id, reason=reason)


# --- Put back --------------------------------------------------------------------------------------------------------


def ask_put_back(
    session: Session, actor: Actor, order_id: int, lies: Sequence[tuple[int, int, int, int]]
) -> int:
    """A task for each (order line, item, place, units) that must be scanned back to a shelf; units in all."""
    homes = _last_homes(session, order_id) if lies else {}
    if lies:
        session.execute(insert(PutBack.__table__), [
            {"order_id": order_id, "order_line_id": line_id, "item_id": item_id, "source_id": place,
             "home_id": homes.get(line_id), "units": units, "units_done": 0, "in_hand": 0, "created_at": actor.at}
            for line_id, item_id, place, units in lies])
    return sum(each[3] for each in lies)


def units_inside(session: Session, order_id: int) -> list[Row[tuple[int, int, int, int, str, bool]]]:
    """Units of the order's lines in each tote and parcel: what went in less what went out, and less what waits there
    to be put back already."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order_id)
    went = union_all(
        select(MOVE.c.order_line_id, MOVE.c.item_id, MOVE.c.target_id.label("place"), MOVE.c.units)
        .where(MOVE.c.order_line_id.in_(lines)),
        select(MOVE.c.order_line_id, MOVE.c.item_id, MOVE.c.source_id, -MOVE.c.units)
        .where(MOVE.c.order_line_id.in_(lines)),
        select(PutBack.order_line_id, PutBack.item_id, PutBack.source_id, PutBack.units_done - PutBack.units)
        .where(PutBack.order_id == order_id),
    ).subquery()
    units = func.sum(went.c.units)
    return list(session.execute(
        select(went.c.order_line_id, went.c.item_id, went.c.place, units.label("units"), Location.kind,
               Parcel.closed_at.is_not(None).label("is_closed"))
        .join(Location, Location.id == went.c.place).outerjoin(Parcel, Parcel.location_id == went.c.place)
        .where(Location.kind.in_((ledger.TOTE, ledger.PARCEL)))
        .group_by(went.c.order_line_id, went.c.item_id, went.c.place, Location.kind, Parcel.closed_at)
        .having(units > 0).order_by(went.c.place, went.c.order_line_id)))


def _last_homes(session: Session, order_id: int) -> dict[int, int]:
    """The shelf from which each line was picked last."""
    rows = session.execute(
        select(StockMove.order_line_id, StockMove.source_id)
        .join(OrderLine, OrderLine.id == StockMove.order_line_id)
        .where(OrderLine.order_id == order_id, StockMove.reason == ledger.PICK).order_by(StockMove.id))
    return {row.order_line_id: row.source_id for row in rows if row.order_line_id is not None}
