"""Pick runs around the scans: start, take over, bind totes, and what a finished pick means for its order."""

from sqlalchemy import and_, delete, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from warehouse.domain import codes as kinds
from warehouse.domain import picking as rules
from warehouse.domain.codes import Thing
from warehouse.domain.orders import ORDER_FLOW, PICKING, RELEASED
from warehouse.domain.people import Actor
from warehouse.domain.waves import WAIT
from warehouse.errors import Conflict, NotFound
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.picking import PickRun, PickStop, RunTote, Tote
from warehouse.models.stock import StockBalance
from warehouse.services import journal

ORDER = Order.__table__
TO_COME = (rules.OPEN, rules.SKIPPED)
# An order that still needs the tote that it shares with others of its walk.
_NEEDS_TOTE = ("released", "picking", "picked", "packing", "held")


def start(session: Session, actor: Actor, run_id: int) -> None:
    """Make a planned run one's own; cart and totes are bound next. Refused if somebody else was faster."""
    run = _locked(session, run_id)
    if run.person_id not in (None, actor.person_id):
        raise Conflict("picking.run_taken", run=run_id)
    if run.state == rules.PLANNED:
        run.state = rules.RUN_FLOW.step(run.state, "start")
    run.person_id = actor.person_id
    run.started_at = run.started_at or actor.at


def take_over(session: Session, actor: Actor, run_id: int) -> None:
    """Carry on another person's run where they left it (PIC-4). Recorded with both names."""
    run = _locked(session, run_id)
    if run.state not in (rules.BINDING, rules.STARTED):
        raise Conflict("picking.run_not_running", run=run_id)
    journal.note(session, actor, "take_over", "pick_run", run_id, from_person=run.person_id)
    run.person_id = actor.person_id


def _locked(session: Session, run_id: int) -> PickRun:
    run = session.get(PickRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound("picking.no_such_run", run=run_id)
    return run


def tote_state(session: Session, thing: Thing, run_id: int) -> tuple[str | None, bool]:
    """The state of a scanned tote, and whether it is on this run already."""
    if thing.kind != kinds.TOTE:
        return None, False
    row = session.execute(select(Tote.state, Tote.run_id).where(Tote.id == thing.id).with_for_update()).one()
    return row.state, row.run_id == run_id


def bind_tote(session: Session, run_id: int, slot: int, tote_id: int) -> None:
    """Put a free tote into a slot of the cart; it belongs to the slot's order from now on."""
    run_tote = session.execute(select(RunTote).where(RunTote.run_id == run_id, RunTote.slot == slot)).scalar_one()
    tote = session.get_one(Tote, tote_id)
    tote.state = rules.TOTE_FLOW.step(tote.state, "bind")
    tote.run_id, tote.order_id = run_id, run_tote.order_id
    run_tote.tote_id = tote_id
    session.execute(update(PickRun).where(PickRun.id == run_id).values(changing_slot=None))
    session.flush()  # The next look reads these rows.


def begin(session: Session, run_id: int) -> None:
    """All totes are bound: the walk starts, and its orders are being picked."""
    run = session.get_one(PickRun, run_id)
    run.state = rules.RUN_FLOW.step(run.state, "bind")
    orders = select(PickStop.order_id).where(PickStop.run_id == run_id)
    session.execute(
        update(ORDER).where(ORDER.c.id.in_(orders), ORDER.c.state == RELEASED)
        .values(state=ORDER_FLOW.step(RELEASED, "start_pick")))
    session.flush()


# What the ledger says was taken for a line and not lost since, without what is no longer wanted: that was put back, or
# waits for it.
_COUNT_PICKED = text("""
    UPDATE order_line SET units_picked = COALESCE((
        SELECT SUM(CASE m.reason WHEN 'pick' THEN m.units WHEN 'unpick' THEN -m.units
                                 WHEN 'damage' THEN -m.units WHEN 'short' THEN -m.units
                                 WHEN 'put_back' THEN CASE WHEN l.kind IN ('tote', 'parcel') THEN m.units
                                                           ELSE -m.units END
                                 ELSE 0 END)
        FROM stock_move AS m JOIN location AS l ON l.id = m.target_id WHERE m.order_line_id = order_line.id), 0)
      - COALESCE((SELECT SUM(b.units - b.units_done) FROM put_back AS b
                  WHERE b.order_id = :order AND b.order_line_id = order_line.id), 0)
    WHERE order_id = :order AND NOT is_service
""")


def count_picked(session: Session, order_id: int) -> None:
    """Write into the lines what was picked. While an order is being picked the ledger alone says so: its lines
    are counted once, when the last stop is closed, not at every scan."""
    session.flush()  # The statement reads the moves.
    session.connection().execute(_COUNT_PICKED, {"order": order_id})


def finish(session: Session, actor: Actor, order_id: int, *, has_short: bool) -> None:
    """The last stop of an order is closed: it goes to the bench, or waits for a person if it is short and
    its customer would rather wait, or if nothing of it was found."""
    count_picked(session, order_id)
    if not has_short:
        picked = ORDER_FLOW.step(PICKING, "finish_pick")
        session.connection().execute(
            update(ORDER).where(ORDER.c.id == order_id, ORDER.c.state == PICKING)
            .values(state=picked, picked_at=actor.at))
        return
    order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    if order.state == RELEASED:
        # A count took its shelves away before anybody set out.
        order.state = ORDER_FLOW.step(order.state, "start_pick")
    if order.state != PICKING:
        return
    units = session.execute(
        select(func.sum(OrderLine.units_picked), func.sum(OrderLine.units_short)).where(OrderLine.order_id == order_id)
    ).one()
    if units[0] and not (units[1] and order.when_short == WAIT):
        order.state = ORDER_FLOW.step(order.state, "finish_pick")
        order.picked_at = actor.at
        return
    reason = "short_at_pick" if units[0] else "nothing_found"
    order.state = ORDER_FLOW.step(order.state, "hold")
    session.execute(insert(Hold.__table__), {
        "order_id": order_id, "reason": reason, "facts": {"short": int(units[1] or 0)}, "opened_at": actor.at})
    journal.note(session, actor, "hold", "order", order_id, reason=reason)


# --- A walk without one of its orders --------------------------------------------------------------------------------


def go_on_without(session: Session, actor: Actor, run: PickRun, order_id: int) -> None:
    """The walk continues with its next stop; one that has none left ends, or never begins."""
    session.refresh(run)
    left = session.execute(
        select(func.count()).where(PickStop.run_id == run.id, PickStop.state.in_(TO_COME))).scalar_one()
    if not left:
        _end(run, actor)
    else:
        _give_up_slot(session, run, order_id)
    session.flush()  # The next look at the run reads this row.


def _end(run: PickRun, actor: Actor) -> None:
    run.changing_slot = None
    if run.state == rules.STARTED:
        run.state, run.done_at = rules.RUN_FLOW.step(run.state, "finish"), actor.at
    else:
        run.state = rules.RUN_FLOW.step(run.state, "drop")


def _give_up_slot(session: Session, run: PickRun, order_id: int) -> None:
    """The order's place on the cart needs no tote any more. The walk begins if that was all it waited for."""
    slot = session.execute(
        select(RunTote.slot, RunTote.tote_id).where(RunTote.run_id == run.id, RunTote.order_id == order_id)
    ).one_or_none()
    if slot is None:
        return
    if run.changing_slot == slot.slot:
        run.changing_slot = None
    if slot.tote_id is not None:
        return
    session.execute(delete(RunTote).where(RunTote.run_id == run.id, RunTote.order_id == order_id))
    if run.state == rules.PLANNED:
        _close_ranks(session, run.id, slot.slot)
    missing = session.execute(
        select(func.count()).where(RunTote.run_id == run.id, RunTote.tote_id.is_(None))).scalar_one()
    has_cart = run.kind != rules.BATCH or run.cart_id is not None
    if run.state == rules.BINDING and has_cart and not missing:
        begin(session, run.id)


def _close_ranks(session: Session, run_id: int, gone: int) -> None:
    """Nothing is on the cart yet: the slots behind the one that went move up, one by one, as each is unique."""
    behind = session.execute(
        select(RunTote.slot).where(RunTote.run_id == run_id, RunTote.slot > gone).order_by(RunTote.slot)).scalars()
    for slot in list(behind):
        for table in (RunTote, PickStop):
            session.execute(update(table).where(table.run_id == run_id, table.slot == slot).values(slot=slot - 1))


def free_empty_totes(session: Session, order_id: int) -> None:
    """Totes that were bound for this order and hold nothing; also that of a single-line walk that is over, where no
    other order of the walk needs it."""
    held = (
        select(func.coalesce(func.sum(StockBalance.on_hand), 0))
        .where(StockBalance.location_id == Tote.location_id).correlate(Tote).scalar_subquery())
    over = (
        select(PickStop.run_id).join(PickRun, PickRun.id == PickStop.run_id)
        .where(PickStop.order_id == order_id, PickRun.state.in_((rules.RUN_DONE, rules.RUN_DROPPED))))
    needed = (
        select(PickStop.run_id).join(Order, Order.id == PickStop.order_id)
        .where(PickStop.run_id.in_(over), Order.state.in_(_NEEDS_TOTE)))
    totes = session.execute(
        select(Tote).where(
            or_(Tote.order_id == order_id,
                and_(Tote.order_id.is_(None), Tote.run_id.in_(over), Tote.run_id.not_in(needed))),
            Tote.state != rules.FREE, held == 0)
        .order_by(Tote.id)).scalars()
    for tote in totes:
        tote.state = rules.TOTE_FLOW.step(tote.state, "empty")
        tote.run_id = tote.order_id = None
