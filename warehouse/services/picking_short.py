"""What is missing at a shelf (PIC-3, STK-3): its stops are closed short, other shelves are sought, and the order is
told. Also taking back what a shelf promised to orders and, as a count found, does not have."""

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import picking as rules
from warehouse.domain import stock as ledger
from warehouse.domain import waves
from warehouse.domain.people import Actor
from warehouse.domain.waves import Demand, OrderDemand, Shelf, Take
from warehouse.models.orders import Order, OrderLine
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import Location, StockBalance
from warehouse.services import incidents, picking_orders, stock
from warehouse.services.picking_orders import TO_COME
from warehouse.services.waves import stop_row


def take_away(session: Session, actor: Actor, item_id: int, location_id: int, units: int) -> int:
    """Take back up to `units` that a shelf has promised to orders; how many are free again. The newest promises go
    first. Each is fetched from another shelf where one has it, else its line is short by the order's own choice, and
    an incident either way. What a picker has taken already lies in the tote and stays there."""
    runs = lock_runs(session, [(item_id, location_id)])
    stops = session.execute(
        select(PickStop).where(PickStop.item_id == item_id, PickStop.location_id == location_id,
                               PickStop.state.in_(TO_COME))
        .order_by(PickStop.id.desc()).with_for_update().execution_options(populate_existing=True)).scalars().all()
    left = units
    for stop in stops:
        taken = min(left, stop.units_due - stop.units_taken - stop.units_short)
        if taken <= 0 or stop.reservation_id is None:
            continue
        stock.free_reservation(session, stop.reservation_id, taken)
        left -= taken
        run = runs[stop.run_id]
        close_missing(session, actor, run.id, run.kind, [(stop, taken)], kind="count_difference", stage="shelf",
                      reason="")
        if run.state == rules.STARTED:
            finish_run(session, actor, run.id)
        elif not _has_stops(session, run.id, stop.order_id):
            picking_orders.go_on_without(session, actor, run, stop.order_id)
            picking_orders.free_empty_totes(session, stop.order_id)
    return units - left


def lock_runs(session: Session, shelves: list[tuple[int, int]]) -> dict[int, PickRun]:
    """The walks that still come to some (item, location), locked. A pick scan locks its run before any balance, so
    whoever takes promises back does the same."""
    ids: set[int] = set()
    for item_id, location_id in shelves:
        ids.update(session.execute(
            select(PickStop.run_id).where(PickStop.item_id == item_id, PickStop.location_id == location_id,
                                          PickStop.state.in_(TO_COME))).scalars())
    rows = session.execute(
        select(PickRun).where(PickRun.id.in_(ids)).order_by(PickRun.id).with_for_update()
        .execution_options(populate_existing=True)).scalars() if ids else ()
    return {run.id: run for run in rows}


def _has_stops(session: Session, run_id: int, order_id: int) -> bool:
    found = select(PickStop.id).where(
        PickStop.run_id == run_id, PickStop.order_id == order_id, PickStop.state.in_(TO_COME)).limit(1)
    return session.execute(found).scalar() is not None


def close_missing(
    session: Session, actor: Actor, run_id: int, run_kind: str, missing: list[tuple[PickStop, int]], *, kind: str,
    stage: str, reason: str,
) -> tuple[int, int]:
    """Close what is missing at its stop and fetch it elsewhere; units found on other shelves, and units short. The
    reservation was let go by the caller."""
    elsewhere = short = 0
    for stop, units in missing:
        if not units:
            continue
        stop.units_short += units
        found = _fetch_elsewhere(session, run_id, stop, units)
        incidents.report(
            session, actor, kind, stage, units=units, item_id=stop.item_id, location_id=stop.location_id,
            order_id=stop.order_id, order_line_id=stop.order_line_id, note=reason,
            outcome="other_shelf" if found == units else "order_short")
        elsewhere += found
        short += units - found
        _count_short(session, run_id, stop, units, found)
        if stop.units_taken + stop.units_short == stop.units_due and (
            stop.units_taken == 0 or run_kind != rules.BATCH
        ):
            _close_stop(session, actor, stop)
    session.flush()  # The next look reads these rows.
    return elsewhere, short


def _fetch_elsewhere(session: Session, run_id: int, stop: PickStop, units: int) -> int:
    """Reserve up to `units` on other shelves and add stops for them at the end of the walk; units found."""
    rows = session.execute(
        select(StockBalance.location_id, Location.code, Location.sequence, Location.is_reserve,
               (StockBalance.on_hand - StockBalance.reserved).label("free"))
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.item_id == stop.item_id, StockBalance.condition == ledger.GOOD,
               StockBalance.on_hand > StockBalance.reserved, Location.kind == ledger.SHELF,
               StockBalance.location_id != stop.location_id)
        .order_by(StockBalance.location_id).with_for_update(of=StockBalance))
    shelves = [Shelf(row.location_id, row.code, row.sequence, row.free, row.is_reserve) for row in rows]
    demand = OrderDemand(stop.order_id, waves.PART, (Demand(stop.order_line_id, stop.item_id, units),))
    takes: list[Take] = waves.allocate([demand], {stop.item_id: shelves}).takes.get(stop.order_id, [])
    last = session.execute(select(func.max(PickStop.position)).where(PickStop.run_id == run_id)).scalar() or 0
    for place, take in enumerate(takes, start=last + 1):
        reservation = stock.reserve(session, order_line_id=take.line_id, item_id=take.item_id,
                                    location_id=take.location_id, units=take.units)
        session.execute(insert(PickStop.__table__), stop_row(run_id, place, stop.slot, take, reservation))
    return sum(take.units for take in takes)


def _count_short(session: Session, run_id: int, stop: PickStop, units: int, found: int) -> None:
    """Wanted = reserved + short + cancelled stays true: what is found nowhere is no longer reserved."""
    lost = units - found
    if not lost:
        return
    order_choice = session.execute(select(Order.when_short).where(Order.id == stop.order_id)).scalar_one()
    counter = OrderLine.units_cancelled if order_choice == waves.CANCEL else OrderLine.units_short
    session.execute(update(OrderLine).where(OrderLine.id == stop.order_line_id).values(
        {OrderLine.units_reserved: OrderLine.units_reserved - lost, counter: counter + lost}))
    session.execute(update(PickRun).where(PickRun.id == run_id).values(units_due=PickRun.units_due - lost))


def _close_stop(session: Session, actor: Actor, stop: PickStop) -> None:
    """Nothing more comes from this stop; its order may be finished with it."""
    stop.state = rules.STOP_FLOW.step(rules.OPEN, "take" if stop.units_taken else "short")
    session.flush()  # The count below must see this stop closed.
    left = session.execute(
        select(func.count()).where(PickStop.order_id == stop.order_id,
                                   PickStop.state.in_(TO_COME))).scalar()
    if not left:
        picking_orders.finish(session, actor, stop.order_id, has_short=True)


def finish_run(session: Session, actor: Actor, run_id: int) -> None:
    left = session.execute(
        select(func.count()).where(PickStop.run_id == run_id, PickStop.state.in_(TO_COME))).scalar()
    if not left:
        run = session.get_one(PickRun, run_id, populate_existing=True)
        run.state, run.done_at = rules.RUN_FLOW.step(run.state, "finish"), actor.at
        session.flush()  # The next look reads this row.
