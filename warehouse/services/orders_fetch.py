"""What an order under way is after units went in or out of it, or after it was stopped (ORD-7): more is fetched from
shelves, its walks go on, and it stands where its units are.
"""

from collections.abc import Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import packing, picking
from warehouse.domain.orders import HELD, ORDER_FLOW, PACKED, PICKING, RELEASED
from warehouse.domain.people import Actor
from warehouse.domain.waves import WAIT, Demand, Take
from warehouse.errors import Conflict, Invalid
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, PickStop
from warehouse.services import journal, orders_units, picking_orders, stock, waves
from warehouse.services.orders_units import Underway

_MAY_GO_ON = (picking.STARTED, picking.BINDING, picking.PLANNED)


def put_in(session: Session, actor: Actor, under: Underway, line: OrderLine, units: int, reason: str) -> None:
    """Fetch more units for a line of an order under way; the caller has raised what is wanted. Refused where the
    shelves do not have all of them free. Before the release nothing is fetched.
    Refused of an order that is held under way: it goes on first."""
    order = under.order
    if not under.is_under_way:
        return
    if order.state == HELD:
        raise Conflict("orders.held_go_on_first", order=order.number)
    assert line.item_id is not None
    takes = waves.find_takes(session, order.id, [Demand(line.id, line.item_id, units)])
    if not takes:
        raise Conflict("orders.not_enough_free", title=line.title_text, n=units)
    orders_units.refuse_on_list(session, order)
    line.units_reserved += units
    session.flush()
    _fetch(session, actor, under, takes, reason)


def _fetch(session: Session, actor: Actor, under: Underway, takes: list[Take], reason: str) -> None:
    """At the end of the order's own walk while that lasts, else on a walk of their own; what is packed waits."""
    order = under.order
    run = next((run for run in under.runs.values() if run.state in _MAY_GO_ON), None)
    if run is not None:
        _append(session, run, order.id, takes)
        return
    if order.state == PACKED:
        orders_units.reopen(session, actor, under, orders_units.closed_parcels(session, order.id)[-1], reason)
    waves.plan_run(session, actor, order.id, order.due_at, takes)
    order.state = ORDER_FLOW.step(order.state, "pick_more")
    session.flush()


def _append(session: Session, run: PickRun, order_id: int, takes: Sequence[Take]) -> None:
    slot, = set(session.execute(
        select(PickStop.slot).where(PickStop.run_id == run.id, PickStop.order_id == order_id)).scalars())
    last = session.execute(select(func.max(PickStop.position)).where(PickStop.run_id == run.id)).scalar_one()
    for place, take in enumerate(takes, start=last + 1):
        reservation = stock.reserve(session, order_line_id=take.line_id, item_id=take.item_id,
                                    location_id=take.location_id, units=take.units)
        session.execute(insert(PickStop.__table__), waves.stop_row(run.id, place, slot, take, reservation))
    units = sum(take.units for take in takes)
    session.execute(update(PickRun.__table__).where(PickRun.id == run.id).values(units_due=PickRun.units_due + units))


# --- What the order is then ------------------------------------------------------------------------------------------


def let_go(session: Session, under: Underway) -> int:
    """Let go of everything that is still to be fetched: it is short now. Units let go."""
    freed = 0
    lines = orders_units.lines_of(session, under.id)
    for line in sorted(lines, key=lambda line: (line.item_id or 0, line.id)):
        n = line.units_reserved - line.units_picked
        if not n:
            continue
        orders_units.let_shelves_go(session, under, line, n)
        line.units_reserved -= n
        line.units_short += n
        freed += n
    session.flush()
    return freed


def settle(session: Session, actor: Actor, under: Underway) -> None:
    """What the order is after units went in or out: its walks go on without it, its counts are true, and where nothing
    is left to fetch it goes to the bench, waits for a person, or waits for a release like a new one."""
    session.flush()
    order = under.order
    to_come = orders_units.runs_to_come(session, order.id)
    for run in under.runs.values():
        if run.id not in to_come:
            picking_orders.go_on_without(session, actor, run, order.id)
    count_again(session, order)
    if not under.is_under_way or to_come:
        return
    picking_orders.free_empty_totes(session, order.id)
    picked, short = session.execute(
        select(func.sum(OrderLine.units_picked), func.sum(OrderLine.units_short))
        .where(OrderLine.order_id == order.id)).one()
    if not picked and order.state in (RELEASED, PICKING):
        _wait_anew(session, order)
    elif order.state in (RELEASED, PICKING) and not (short and order.when_short == WAIT):
        state = ORDER_FLOW.step(RELEASED, "start_pick") if order.state == RELEASED else order.state
        order.state, order.picked_at = ORDER_FLOW.step(state, "finish_pick"), actor.at
    elif order.state in (RELEASED, PICKING) or (not picked and order.state != HELD):
        if order.state == RELEASED:
            order.state = ORDER_FLOW.step(order.state, "start_pick")
        _wait_short(session, actor, order, "short_at_pick" if picked else "short", int(short or 0))
    session.flush()


def _wait_anew(session: Session, order: Order) -> None:
    order.state, order.released_at = ORDER_FLOW.step(order.state, "unrelease"), None
    session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(units_short=0))


def count_again(session: Session, order: Order) -> None:
    """Units and lines of the order, without lines that were taken out. Refused where nothing is left to send."""
    lines, units = session.execute(
        select(func.count(), func.sum(OrderLine.units_wanted))
        .where(OrderLine.order_id == order.id, OrderLine.is_service.is_(False), OrderLine.units_wanted > 0)).one()
    open_units = session.execute(
        select(func.sum(OrderLine.units_wanted - OrderLine.units_cancelled))
        .where(OrderLine.order_id == order.id, OrderLine.is_service.is_(False))).scalar()
    if not open_units:
        raise Invalid("orders.last_line")
    order.lines_count, order.units_wanted = lines, int(units)


def go_on(session: Session, actor: Actor, under: Underway, reason: str, *, fetches: bool) -> None:
    """A held order goes on from where its units are. `fetches`: it was stopped while it was picked, so what was let go
    is fetched again; where the shelves no longer have it and its customer would rather wait, it waits as short."""
    order = under.order
    lines = orders_units.lines_of(session, order.id)
    picked, packed = sum(line.units_picked for line in lines), sum(line.units_packed for line in lines)
    if not picked:
        # Nothing is in its tote and nothing reserved: it waits for its release like a new one.
        order.state = ORDER_FLOW.step(ORDER_FLOW.step(HELD, "lift"), "confirm")
        order.released_at = None
        order.confirmed_at = order.confirmed_at or actor.at
        for line in lines:
            line.units_short = 0
    else:
        is_open = session.execute(select(Parcel.id).where(
            Parcel.order_id == order.id, Parcel.state == packing.OPEN).limit(1)).scalar()
        is_whole = picked == packed and is_open is None
        order.state = ORDER_FLOW.step(HELD, "resume_packed" if is_whole else "resume")
        order.picked_at = order.picked_at or actor.at
        session.flush()
        if fetches:
            _fetch_rest(session, actor, under, lines)
    session.flush()
    journal.note(session, actor, "confirm", "order", order.id, reason=reason, state=order.state)


def _fetch_rest(session: Session, actor: Actor, under: Underway, lines: list[OrderLine]) -> None:
    order = under.order
    demands = [Demand(line.id, line.item_id, line.units_short)
               for line in lines if line.units_short and line.item_id is not None]
    takes = waves.find_takes(session, order.id, demands, order.when_short) if demands else []
    for take in takes:
        line = next(line for line in lines if line.id == take.line_id)
        line.units_short -= take.units
        line.units_reserved += take.units
    session.flush()
    if takes:
        _fetch(session, actor, under, takes, "")
    elif demands and order.when_short == WAIT:
        _wait_short(session, actor, order, "short_at_pick", sum(demand.units for demand in demands))


def _wait_short(session: Session, actor: Actor, order: Order, why: str, units: int) -> None:
    order.state = ORDER_FLOW.step(order.state, "hold")
    session.add(Hold(order_id=order.id, reason=why, facts={"short": units}, opened_at=actor.at))
    journal.note(session, actor, "hold", "order", order.id, reason=why)
    session.flush()
