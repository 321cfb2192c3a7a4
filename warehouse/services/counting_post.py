"""Counted differences become moves to and from lost-and-found (STK-3).

What is posted is a difference, never a figure, and less by whatever was already put right between the count and now:
so it stays exact while people pick. Balances are locked first and looked at then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import stock as ledger
from warehouse.domain import stocktakes as rules
from warehouse.domain.people import Actor
from warehouse.domain.stocktakes import Posting, Standing
from warehouse.models.counting import CountLine, CountResult, CountTask
from warehouse.models.stock import StockBalance, StockMove
from warehouse.services import picking_short, stock
from warehouse.services.stock import Cause, Correction, Place

MOVE = StockMove.__table__
LOT = 5000
_NOTHING = Standing(0, 0, 0)


@dataclass(frozen=True)
class Since:
    """What happened at a shelf after a title was counted there: units that lost-and-found gave or took (net), and
    copies that left the shelf as damaged."""

    corrected: int = 0
    gone_damaged: int = 0


_QUIET = Since()


def since_counted(session: Session, line_ids: Sequence[int]) -> dict[int, Since]:
    """What of the counted lines' differences was put right since; lines without such moves are not named."""
    found: dict[int, Since] = {}
    outside = stock.fixed_place(session, "LOST-FOUND").id
    for first in range(0, len(line_ids), LOT):
        lot = line_ids[first : first + LOT]
        # The oldest count of the lot: what was moved before it need not be looked at.
        floor = select(func.min(CountLine.last_move_id)).where(CountLine.id.in_(lot)).scalar_subquery()
        into = and_(MOVE.c.target_id == CountTask.location_id, MOVE.c.source_id == outside)
        out = and_(MOVE.c.source_id == CountTask.location_id, MOVE.c.target_id == outside)
        damaged = and_(MOVE.c.source_id == CountTask.location_id, MOVE.c.target_id != CountTask.location_id,
                       MOVE.c.target_condition == ledger.DAMAGED)
        rows = session.execute(
            select(CountLine.id, func.sum(case((into, MOVE.c.units), (out, -MOVE.c.units), else_=0)),
                   func.sum(case((damaged, MOVE.c.units), else_=0)))
            .join(CountTask, CountTask.id == CountLine.task_id)
            .join(MOVE, and_(MOVE.c.item_id == CountLine.item_id, MOVE.c.id > CountLine.last_move_id))
            .where(CountLine.id.in_(lot), MOVE.c.id > floor, or_(into, out, damaged)).group_by(CountLine.id))
        found.update((line_id, Since(int(net), int(gone))) for line_id, net, gone in rows)
    return found


def post(session: Session, actor: Actor, results: Sequence[CountResult]) -> None:
    """Post what is still to be put right of each result, and write down how much that was. Promises to orders are
    taken back where free copies do not suffice."""
    if session.new:
        session.flush()  # Ids of new results.
    ordered = sorted(results, key=lambda each: (each.item_id, each.location_id))
    for first in range(0, len(ordered), LOT):
        _post_lot(session, actor, ordered[first : first + LOT])


def _post_lot(session: Session, actor: Actor, results: Sequence[CountResult]) -> None:
    # Nothing that is looked at here was changed before: a result's row is written once, with all that became of it.
    with session.no_autoflush:
        _lock_walks(session, results)
        plans = list(zip(results, _plans(session, results), strict=True))
    _write(session, actor, [(result, plan) for result, plan in plans if not plan.take_back])
    for result in [result for result, plan in plans if plan.take_back]:
        # What is taken back here is fetched from other shelves, maybe from one of these: so each in its turn, as it
        # stands then, and after the copies are gone that nobody needs.
        with session.no_autoflush:
            plan, = _plans(session, [result])
        picking_short.take_away(session, actor, result.item_id, result.location_id, plan.take_back)
        _write(session, actor, [(result, plan)])


def _write(session: Session, actor: Actor, plans: Sequence[tuple[CountResult, Posting]]) -> None:
    """The moves of some results whose copies are free."""
    for result, plan in plans:
        result.units_posted = plan.units
    stock.correct_all(session, actor, [
        Correction(result.item_id, result.location_id, condition, units, result.id)
        for result, plan in plans
        for condition, units in ((ledger.GOOD, plan.found_good - plan.lost_good),
                                 (ledger.DAMAGED, plan.found_damaged - plan.lost_damaged)) if units])
    for result, plan in plans:
        if plan.regraded:
            shelf = Place(result.location_id, ledger.SHELF)
            stock.move(session, actor, result.item_id, plan.regraded, source=shelf, target=shelf,
                       target_condition=ledger.DAMAGED, cause=Cause(ledger.REGRADE, count_result_id=result.id))


def _lock_walks(session: Session, results: Sequence[CountResult]) -> None:
    """The runs that may lose a stop, before any balance: in the order in which a pick scan locks them."""
    now = _standings(session, results, lock=False)
    picking_short.lock_runs(session, [
        (each.item_id, each.location_id) for each in results
        if (held := now.get((each.item_id, each.location_id))) and held.reserved and held.free < -each.units])


def _plans(session: Session, results: Sequence[CountResult]) -> list[Posting]:
    standings = _standings(session, results, lock=True)
    line_ids = [each.line_id for each in results]
    since = since_counted(session, line_ids)
    counted = session.execute(select(CountLine.id, CountLine.units_damaged).where(CountLine.id.in_(line_ids)))
    damaged = {row.id: row.units_damaged for row in counted}
    plans = []
    for each in results:
        now = standings.get((each.item_id, each.location_id), _NOTHING)
        after = since.get(each.line_id, _QUIET)
        plans.append(rules.plan_posting(
            each.units - after.corrected, damaged[each.line_id] - now.damaged - after.gone_damaged, now))
    return plans


def _standings(session: Session, results: Sequence[CountResult], *, lock: bool) -> dict[tuple[int, int], Standing]:
    """What lies at the shelves of some results, as (item, location)."""
    query = (
        select(StockBalance.item_id, StockBalance.location_id, StockBalance.condition, StockBalance.on_hand,
               StockBalance.reserved)
        .join(CountResult, and_(CountResult.item_id == StockBalance.item_id,
                                CountResult.location_id == StockBalance.location_id))
        .where(CountResult.id.in_([each.id for each in results]))
        .order_by(StockBalance.item_id, StockBalance.location_id, StockBalance.condition))
    found: dict[tuple[int, int], Standing] = {}
    for row in session.execute(query.with_for_update(of=StockBalance) if lock else query):
        before = found.get((row.item_id, row.location_id), _NOTHING)
        found[row.item_id, row.location_id] = (
            replace(before, damaged=row.on_hand) if row.condition == ledger.DAMAGED else
            replace(before, free=row.on_hand - row.reserved, reserved=row.reserved))
    return found
