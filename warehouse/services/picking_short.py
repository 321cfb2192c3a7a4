"""What is missing at a shelf (PIC-3, STK-3, EXC-1): its stops are closed short, other shelves are sought, the order is
told and so is its customer. Also taking back what a shelf promised to orders and, as a count found, does not have."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import counting, waves
from warehouse.domain import picking as rules
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.waves import Demand, OrderDemand, Shelf, Take
from warehouse.models.catalog import Item
from warehouse.models.orders import Order, OrderLine
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import Location, StockBalance
from warehouse.services import counting_sessions, incidents, messages, picking_orders, refunds, stock
from warehouse.services.picking_orders import TO_COME
from warehouse.services.stock import Cause, Place
from warehouse.services.waves import stop_row

# What the customer hears of a line that ends short, by the order's own choice.
TOPICS = {waves.WAIT: "short_wait", waves.PART: "short_part", waves.CANCEL: "line_cancelled"}


@dataclass(frozen=True)
class Missing:
    """What became of missing units: fetched on other shelves, or short; and the first incident about them."""

    elsewhere: int = 0
    short: int = 0
    incident_id: int = 0


def find_fewer(
    session: Session, actor: Actor, run_id: int, run_kind: str, stop_id: int, *, found: int, kind: str, reason: str,
) -> Missing:
    """A picker finds `found` of the copies that their stop still wants, and no more of that title there. Four steps:
    the shelf is counted; all stops of this walk for that title there are judged at once, so that nobody is asked twice;
    the books say what others were promised there and what was found, not one copy more; what is missing is fetched
    from other shelves, else it is short by the order's choice and its customer hears of it."""
    here = session.get_one(PickStop, stop_id, populate_existing=True)
    stops = session.execute(
        select(PickStop).where(PickStop.run_id == run_id, PickStop.item_id == here.item_id,
                               PickStop.location_id == here.location_id, PickStop.state.in_(TO_COME))
        .order_by(PickStop.id != stop_id, PickStop.position).with_for_update()).scalars().all()
    hold_title(session, here.item_id, {stop.order_id for stop in stops})
    if kind == "wrong_item":
        # What else stands there is not known, so all of it is counted.
        counting_sessions.ask_for_count(session, actor, here.location_id, kind=counting.INCIDENT, why=kind)
    missing, there = [], found
    for stop in stops:
        left = stop.units_due - stop.units_taken - stop.units_short
        missing.append((stop, left - min(there, left)))
        there -= min(there, left)
    for stop, units in missing:
        if units and stop.reservation_id:
            stock.free_reservation(session, stop.reservation_id, units)
    if gone := stock.free_units(session, here.item_id, here.location_id):
        stock.move(session, actor, here.item_id, gone, source=Place(here.location_id, ledger.SHELF),
                   target=stock.fixed_place(session, "LOST-FOUND"), cause=Cause(ledger.SHORT))
    return close_missing(session, actor, run_id, run_kind, missing, kind=kind, stage="pick", reason=reason)


def find_bad(
    session: Session, actor: Actor, run_id: int, run_kind: str, stop_id: int, *, units: int, kind: str,
) -> Missing:
    """Copies at the shelf cannot be sent: they go to quarantine. Others of the same shelf that nobody was promised
    take their place; without such they are fetched elsewhere, or short."""
    stop = session.get_one(PickStop, stop_id, populate_existing=True)
    hold_title(session, stop.item_id, {stop.order_id})
    own = max(0, units - stock.free_units(session, stop.item_id, stop.location_id))
    if own and stop.reservation_id:
        stock.free_reservation(session, stop.reservation_id, own)
    stock.move(session, actor, stop.item_id, units, source=Place(stop.location_id, ledger.SHELF),
               target=stock.fixed_place(session, "QUARANTINE"), target_condition=ledger.DAMAGED,
               cause=Cause(ledger.DAMAGE))
    spared = 0
    if units > own:
        spared = _report(session, actor, stop, kind, "pick", units=units - own, outcome="same_shelf")
    closed = close_missing(
        session, actor, run_id, run_kind, [(stop, own)], kind=kind, stage="pick", reason="")
    return Missing(closed.elsewhere, closed.short, closed.incident_id or spared)


def hold_title(session: Session, item_id: int, order_ids: set[int]) -> None:
    """Lock these orders, then the title wherever it stands, in the one order that everybody locks in: two pickers who
    miss it at two shelves would else wait for each other."""
    session.execute(
        select(Order.id).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update()).all()
    session.execute(
        select(StockBalance.location_id)
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.item_id == item_id, Location.kind == ledger.SHELF)
        .order_by(StockBalance.location_id).with_for_update(of=StockBalance)).all()


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
) -> Missing:
    """Close what is missing at its stop and fetch it elsewhere. The reservation was let go by the caller."""
    elsewhere = short = first = 0
    for stop, units in missing:
        if not units:
            continue
        stop.units_short += units
        found = _fetch_elsewhere(session, run_id, stop, units)
        incident_id = _report(session, actor, stop, kind, stage, units=units, note=reason,
                              outcome="other_shelf" if found == units else "order_short")
        first = first or incident_id
        elsewhere += found
        short += units - found
        if found < units:
            _count_short(session, run_id, stop, units - found)
            _tell_customer(session, actor, stop, units - found, incident_id)
        if stop.units_taken + stop.units_short == stop.units_due and (
            stop.units_taken == 0 or run_kind != rules.BATCH
        ):
            _close_stop(session, actor, stop)
    session.flush()  # The next look reads these rows.
    return Missing(elsewhere, short, first)


def _report(
    session: Session, actor: Actor, stop: PickStop, kind: str, stage: str, *, units: int, outcome: str, note: str = "",
) -> int:
    return incidents.report(
        session, actor, kind, stage, units=units, item_id=stop.item_id, location_id=stop.location_id,
        order_id=stop.order_id, order_line_id=stop.order_line_id, note=note, outcome=outcome)


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


def _count_short(session: Session, run_id: int, stop: PickStop, lost: int) -> None:
    """Wanted = reserved + short + cancelled stays true: what is found nowhere is no longer reserved."""
    order_choice = session.execute(select(Order.when_short).where(Order.id == stop.order_id)).scalar_one()
    counter = OrderLine.units_cancelled if order_choice == waves.CANCEL else OrderLine.units_short
    session.execute(update(OrderLine).where(OrderLine.id == stop.order_line_id).values(
        {OrderLine.units_reserved: OrderLine.units_reserved - lost, counter: counter + lost}))
    session.execute(update(PickRun).where(PickRun.id == run_id).values(units_due=PickRun.units_due - lost))


def _tell_customer(session: Session, actor: Actor, stop: PickStop, lost: int, incident_id: int) -> None:
    """The customer hears what their choice means. Where nothing of the order is left to send, they are asked anew."""
    order_choice, title, left = session.execute(
        select(Order.when_short, Item.title, func.sum(OrderLine.units_reserved))
        .join(OrderLine, OrderLine.order_id == Order.id).join(Item, Item.id == stop.item_id)
        .where(Order.id == stop.order_id).group_by(Order.when_short, Item.title)).one()
    why = TOPICS[order_choice] if left or order_choice == waves.WAIT else "ask_choice"
    messages.want(session, actor, stop.order_id, why, key=f"incident:{incident_id}", incident_id=incident_id,
                  title=title, n=lost)
    if order_choice == waves.CANCEL and left:
        refunds.ask_for_cancelled(session, actor, stop.order_id, {stop.order_line_id: lost})


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
