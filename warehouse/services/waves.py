"""Release: reserve shelves for whole orders and plan the runs that fetch them (PIC-1, ORD-5)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import picking, route, waves
from warehouse.domain import stock as ledger
from warehouse.domain.orders import CONFIRMED, ORDER_FLOW
from warehouse.domain.pauses import RELEASE, find_stop
from warehouse.domain.people import Actor
from warehouse.domain.waves import Allocation, Demand, OrderDemand, Shelf, Take
from warehouse.errors import Conflict
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.picking import PickRun, PickStop, RunTote, Wave
from warehouse.models.stock import Location, StockBalance
from warehouse.services import journal, messages, refunds, stock
from warehouse.services.pauses import open_pauses
from warehouse.services.stock import Wish

ORDERS_PER_TRANSACTION = 120


@dataclass(frozen=True)
class Released:
    """What one release did, in ids and counts. `paused` are the orders that an emergency stop kept back."""

    wave_id: int
    orders: int
    waiting: int
    runs: int
    units: int
    paused: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Plan:
    """One run to be made: its kind and its orders with their takes."""

    kind: str
    takes: dict[int, list[Take]]


def open_wave(session: Session, actor: Actor, due_at: datetime) -> int:
    """An empty wave towards one cut-off; orders are released into it."""
    wave = Wave(due_at=due_at, created_at=actor.at, created_by=actor.person_id)
    session.add(wave)
    session.flush()  # Its id is the answer.
    return wave.id


def cut(order_ids: Sequence[int]) -> list[Sequence[int]]:
    """A long release in transactions short enough that pickers scan on meanwhile. Each order is whole in one."""
    step = ORDERS_PER_TRANSACTION
    return [order_ids[first : first + step] for first in range(0, len(order_ids), step)]


def release(
    session: Session, actor: Actor, wave_id: int, order_ids: Sequence[int], *, slots: int = 6,
    grouping: str = waves.TOGETHER,
) -> Released:
    """Reserve and plan confirmed orders, the earliest due first; others are left as they are, and so is what an
    emergency stop keeps back (SEC-3). Orders that cannot go as their customer wants are held as `short` and reserve
    nothing."""
    orders = _lock_orders(session, order_ids)
    demands, paused = _without_paused(session, orders, _demands(session, orders))
    allocation = waves.allocate(demands, _free_shelves(session, {line.item_id for d in demands for line in d.lines}))
    lines_of = {demand.order_id: len(demand.lines) for demand in demands}
    takes = [take for order_takes in allocation.takes.values() for take in order_takes]
    wishes = [Wish(take.line_id, take.item_id, take.location_id, take.units) for take in takes]
    reservations = dict(zip(map(id, takes), stock.reserve_all(session, wishes), strict=True))
    plans = _plan(allocation, lines_of, slots, grouping)
    _write_runs(session, actor, wave_id, plans, reservations, {order.id: order.due_at for order in orders})
    when_short = {order.id: order.when_short for order in orders}
    _write_lines(session, allocation, when_short)
    _tell_cancelled(session, actor, allocation, when_short)
    _write_orders(session, actor, wave_id, allocation)
    return Released(wave_id, len(allocation.takes), len(allocation.waiting), len(plans), sum(t.units for t in takes),
                    paused)


def _lock_orders(session: Session, order_ids: Sequence[int]) -> list[Order]:
    rows = session.execute(
        select(Order).where(Order.id.in_(order_ids), Order.state == CONFIRMED)
        .order_by(Order.id).with_for_update()
    ).scalars()
    return sorted(rows, key=lambda order: (order.due_at, order.placed_at, order.id))


def _demands(session: Session, orders: list[Order]) -> list[OrderDemand]:
    lines: dict[int, list[Demand]] = defaultdict(list)
    rows = session.execute(
        select(OrderLine.id, OrderLine.order_id, OrderLine.item_id, OrderLine.units_wanted, OrderLine.units_cancelled)
        .where(OrderLine.order_id.in_([order.id for order in orders]), OrderLine.is_service.is_(False),
               OrderLine.item_id.is_not(None))
        .order_by(OrderLine.order_id, OrderLine.position))
    for row in rows:
        if row.units_wanted > row.units_cancelled:
            lines[row.order_id].append(Demand(row.id, row.item_id, row.units_wanted - row.units_cancelled))
    return [OrderDemand(order.id, order.when_short, tuple(lines[order.id])) for order in orders]


def _without_paused(
    session: Session, orders: list[Order], demands: list[OrderDemand]
) -> tuple[list[OrderDemand], tuple[int, ...]]:
    """What may be released, and the orders that are kept back."""
    stops = open_pauses(session)
    carriers = {order.id: order.carrier_code for order in orders}
    kept = tuple(
        demand.order_id for demand in demands
        if find_stop(stops, RELEASE, carriers[demand.order_id], {line.item_id for line in demand.lines}))
    return [demand for demand in demands if demand.order_id not in kept], kept


def _free_shelves(session: Session, item_ids: set[int]) -> dict[int, list[Shelf]]:
    """Free good units by item, rows locked in the order in which everybody locks them."""
    shelves: dict[int, list[Shelf]] = defaultdict(list)
    rows = session.execute(
        select(StockBalance.item_id, StockBalance.location_id, Location.code, Location.sequence, Location.is_reserve,
               (StockBalance.on_hand - StockBalance.reserved).label("free"))
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.item_id.in_(item_ids), StockBalance.condition == ledger.GOOD,
               Location.kind == ledger.SHELF, StockBalance.on_hand > StockBalance.reserved)
        .order_by(StockBalance.item_id, StockBalance.location_id)
        .with_for_update(of=StockBalance))
    for row in rows:
        shelves[row.item_id].append(Shelf(row.location_id, row.code, row.sequence, row.free, row.is_reserve))
    return shelves


def _plan(allocation: Allocation, lines_of: dict[int, int], slots: int, grouping: str) -> list[_Plan]:
    takes = allocation.takes
    if grouping == waves.BY_ORDER:
        return [_Plan(picking.ONE_ORDER, {order_id: takes[order_id]}) for order_id in takes]
    singles = {order_id: takes[order_id] for order_id in takes if lines_of[order_id] == 1}
    several = {order_id: takes[order_id] for order_id in takes if lines_of[order_id] > 1}
    plans = [
        _Plan(picking.SINGLE, {order_id: singles[order_id] for order_id in group})
        for group in waves.group_batches(singles, waves.SINGLES_PER_RUN)
    ]
    for group in waves.group_batches(several, slots):
        kind = picking.BATCH if len(group) > 1 else picking.ONE_ORDER
        plans.append(_Plan(kind, {order_id: several[order_id] for order_id in group}))
    return plans


def _write_runs(
    session: Session, actor: Actor, wave_id: int, plans: list[_Plan], reservations: dict[int, int],
    due: dict[int, datetime],
) -> list[int]:
    if not plans:
        return []
    made = session.execute(
        insert(PickRun.__table__).returning(PickRun.__table__.c.id, sort_by_parameter_order=True),
        [{"wave_id": wave_id, "kind": plan.kind, "state": picking.RUN_FLOW.start, "created_at": actor.at,
          "due_at": min(due[order_id] for order_id in plan.takes),
          "units_due": sum(take.units for takes in plan.takes.values() for take in takes)} for plan in plans])
    run_ids = list(made.scalars())
    run_totes, stops = [], []
    for run_id, plan in zip(run_ids, plans, strict=True):
        slot_of = {order_id: 1 if plan.kind == picking.SINGLE else slot
                   for slot, order_id in enumerate(plan.takes, start=1)}
        owners = [None] if plan.kind == picking.SINGLE else list(plan.takes)
        run_totes += [{"run_id": run_id, "slot": slot, "order_id": owner, "tote_id": None}
                      for slot, owner in enumerate(owners, start=1)]
        walk = route.in_walking_order(take for takes in plan.takes.values() for take in takes)
        stops += [stop_row(run_id, position, slot_of[take.order_id], take, reservations[id(take)])
                  for position, take in enumerate(walk, start=1)]
    session.execute(insert(RunTote.__table__), run_totes)
    session.execute(insert(PickStop.__table__), stops)
    return run_ids


# --- One order by itself ---------------------------------------------------------------------------------------------


def find_takes(session: Session, order_id: int, demands: Sequence[Demand], when_short: str = waves.WAIT) -> list[Take]:
    """Free shelves for more units of an order that is under way, their rows locked; none where not all are there and
    the order would wait. Refused while release is stopped for one of them: it would be fetched past the stop
    (SEC-3)."""
    if stops := open_pauses(session):
        carrier = session.execute(select(Order.carrier_code).where(Order.id == order_id)).scalar_one()
        if stop := find_stop(stops, RELEASE, carrier, {demand.item_id for demand in demands}):
            raise Conflict("pauses.no_more_copies", reason=stop.reason)
    shelves = _free_shelves(session, {demand.item_id for demand in demands})
    return waves.allocate([OrderDemand(order_id, when_short, tuple(demands))], shelves).takes.get(order_id, [])


def plan_run(session: Session, actor: Actor, order_id: int, due_at: datetime, takes: Sequence[Take]) -> int:
    """A walk of its own that fetches more units for one order, in the wave that the order belongs to; its id. The
    shelves are reserved with it."""
    wave_id = session.execute(
        select(func.max(PickRun.wave_id)).join(PickStop, PickStop.run_id == PickRun.id)
        .where(PickStop.order_id == order_id)).scalar_one()
    reservations = stock.reserve_all(
        session, [Wish(take.line_id, take.item_id, take.location_id, take.units) for take in takes])
    plan = _Plan(picking.ONE_ORDER, {order_id: list(takes)})
    made = dict(zip(map(id, plan.takes[order_id]), reservations, strict=True))
    return _write_runs(session, actor, wave_id, [plan], made, {order_id: due_at})[0]


def stop_row(run_id: int, position: int, slot: int, take: Take, reservation_id: int) -> dict[str, object]:
    """The row of a stop that fetches one take."""
    return {"run_id": run_id, "position": position, "slot": slot, "state": picking.STOP_FLOW.start,
            "order_line_id": take.line_id, "order_id": take.order_id, "reservation_id": reservation_id,
            "item_id": take.item_id, "location_id": take.location_id, "units_due": take.units,
            "units_taken": 0, "units_short": 0}


def _write_lines(session: Session, allocation: Allocation, when_short: dict[int, str]) -> None:
    """Wanted = reserved + short + cancelled, line by line (FLOWS)."""
    reserved: dict[int, int] = defaultdict(int)
    owner: dict[int, int] = {}
    for order_id, takes in allocation.takes.items():
        for take in takes:
            reserved[take.line_id] += take.units
            owner[take.line_id] = order_id
    served = set(allocation.takes)
    rows = session.execute(
        select(OrderLine.id, OrderLine.order_id).where(OrderLine.id.in_(allocation.short))) if allocation.short else ()
    owner |= {row.id: row.order_id for row in rows if row.order_id in served}
    changes = []
    for line_id, order_id in sorted(owner.items()):
        short = allocation.short.get(line_id, 0)
        cancels = when_short[order_id] == waves.CANCEL
        changes.append({"line": line_id, "n_reserved": reserved[line_id],
                        "n_short": 0 if cancels else short, "n_cancelled": short if cancels else 0})
    table = OrderLine.__table__
    if changes:
        # On the connection: a session takes a list of parameters with WHERE for an ORM update by key.
        session.connection().execute(
            update(table).where(table.c.id == bindparam("line"))
            .values(units_reserved=bindparam("n_reserved"), units_short=bindparam("n_short"),
                    units_cancelled=table.c.units_cancelled + bindparam("n_cancelled")), changes)


def _tell_cancelled(session: Session, actor: Actor, allocation: Allocation, when_short: dict[int, str]) -> None:
    """Whoever wants the rest where a title is short hears which one, and gets back what it cost."""
    cancels = [order_id for order_id in allocation.takes if when_short[order_id] == waves.CANCEL]
    lines = session.execute(
        select(OrderLine.id, OrderLine.order_id, OrderLine.title_text, OrderLine.units_cancelled)
        .where(OrderLine.id.in_(allocation.short), OrderLine.order_id.in_(cancels)).order_by(OrderLine.id)
    ) if cancels and allocation.short else ()
    for line in lines:
        short = allocation.short[line.id]
        messages.want(session, actor, line.order_id, "line_cancelled", key=f"{line.id}:{line.units_cancelled}",
                      title=line.title_text, n=short)
        refunds.ask_for_cancelled(session, actor, line.order_id, {line.id: short})


def _write_orders(session: Session, actor: Actor, wave_id: int, allocation: Allocation) -> None:
    _set_state(session, allocation.takes, state=ORDER_FLOW.step(CONFIRMED, "release"), released_at=actor.at)
    _set_state(session, allocation.waiting, state=ORDER_FLOW.step(CONFIRMED, "hold"))
    if allocation.waiting:
        session.execute(insert(Hold.__table__), [
            {"order_id": order_id, "reason": "short", "facts": {}, "opened_at": actor.at}
            for order_id in allocation.waiting])
    journal.note(session, actor, "release", "wave", wave_id,
                 orders=len(allocation.takes), waiting=len(allocation.waiting))


def _set_state(session: Session, order_ids: Iterable[int], **values: object) -> None:
    ids = list(order_ids)
    if ids:
        session.execute(update(Order.__table__).where(Order.__table__.c.id.in_(ids)).values(**values))
