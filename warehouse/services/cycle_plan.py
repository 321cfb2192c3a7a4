"""The shelves of the day's cycle count (STK-3): chosen once a day, by class, last count and trust.

`look` reads, `open_day` writes: whoever runs them (`warehouse.jobs`) holds no scan up with the reading.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.domain import counting
from warehouse.domain import cycle_plan as rules
from warehouse.domain import stock as ledger
from warehouse.domain.abc import C
from warehouse.domain.cycle_plan import Standing
from warehouse.domain.people import Actor
from warehouse.models.catalog import ItemFigure
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.models.stock import Location, StockBalance
from warehouse.services import counting_sessions


def plan(session: Session, actor: Actor, day: str, *, most: int = rules.SHELVES_A_DAY) -> int | None:
    """Choose and open in one go: the id of the day's session. For a house that stands still."""
    return open_day(session, actor, day, look(session, actor.at, most=most))


def look(session: Session, at: datetime, *, most: int = rules.SHELVES_A_DAY) -> list[int]:
    """The shelves that are due at a moment, in the order of the walk; none that an open count has already. What is
    left of earlier days is part of the day's work: it is not heaped up."""
    taken = {row.location_id: row.kind for row in session.execute(
        select(CountTask.location_id, CountSession.kind).join(CountSession, CountSession.id == CountTask.session_id)
        .where(CountTask.state.in_(counting_sessions.TO_COME)))}
    left = sum(kind == counting.CYCLE for kind in taken.values())
    due = [each for each in standings(session) if each.location_id not in taken]
    return rules.choose(due, at, max(0, most - left))


def standings(session: Session) -> list[Standing]:
    """Every title on every shelf, with its class and its last count there. Without figures a title is C."""
    counted = {(row.location_id, row.item_id): row for row in session.execute(_last_counts())}
    rows = session.execute(
        select(StockBalance.item_id, StockBalance.location_id, Location.sequence,
               func.coalesce(func.max(ItemFigure.abc), C).label("abc"))
        .join(Location, Location.id == StockBalance.location_id)
        .outerjoin(ItemFigure, ItemFigure.item_id == StockBalance.item_id)
        .where(Location.kind == ledger.SHELF, StockBalance.on_hand > 0)
        .group_by(StockBalance.item_id, StockBalance.location_id, Location.sequence))
    found = []
    for item_id, location_id, sequence, abc in rows:
        last = counted.get((location_id, item_id))
        found.append(Standing(item_id, location_id, sequence, abc, last.counted_at if last else None,
                              last.units == 0 if last and last.state != counting.REJECTED else None))
    return found


def _last_counts() -> Any:
    last = (
        select(func.max(CountResult.id).label("id")).group_by(CountResult.location_id, CountResult.item_id).subquery())
    return (
        select(CountResult.location_id, CountResult.item_id, CountResult.units, CountResult.state,
               CountLine.counted_at)
        .join(last, last.c.id == CountResult.id).join(CountLine, CountLine.id == CountResult.line_id))


def open_day(session: Session, actor: Actor, day: str, shelves: Sequence[int]) -> int | None:
    """The day's session over these shelves, whole, in their order; its id. The same day again changes nothing. None
    where nothing is due."""
    for row in session.execute(
            select(CountSession.id, CountSession.scope).where(CountSession.kind == counting.CYCLE)
            .order_by(CountSession.id.desc())):
        if row.scope.get("day") == day:
            return int(row.id)
    if not shelves:
        return None
    session_id = counting_sessions.new_session(session, actor, counting.CYCLE, {"day": day})
    counting_sessions.add_tasks(session, session_id, dict.fromkeys(shelves, ()))
    return session_id
