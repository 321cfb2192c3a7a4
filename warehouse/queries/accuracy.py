"""What counts found, added up by time, zone, class, counter and cause (KPI-1, STK-3).

A count is in it when it is decided: matched, posted or approved. What is still counted again or waits for approval is
told as a number; what was rejected was a wrong count and says nothing of the books.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, literal, select
from sqlalchemy.orm import Session

from warehouse.domain import counting
from warehouse.domain.abc import C
from warehouse.domain.accuracy import NOTHING, Score, Worth
from warehouse.models.catalog import Item, ItemFigure
from warehouse.models.counting import CountLine, CountResult, CountTask
from warehouse.models.people import Person
from warehouse.models.stock import Location
from warehouse.queries.stocktakes import as_whole

DECIDED = (counting.MATCHED, counting.POSTED, counting.APPROVED)
UNDECIDED = (counting.RECOUNT, counting.LEAD, counting.APPROVAL)
# Times copies it may be more than a column of amounts holds.
_PRICE = cast(Item.price_minor, BigInteger)


@dataclass(frozen=True)
class Cause:
    """Why books and shelf differed: lines, units without their sign. The empty name: nobody said."""

    name: str
    lines: int
    units: int


@dataclass(frozen=True)
class Accuracy:
    """All figures of one stretch of time. `periods` are in the order of their beginnings, those without a count too;
    a counter's score compares what they counted with what was decided, not with the books."""

    total: Score
    periods: list[tuple[datetime, Score]]
    zones: list[tuple[str, Score]]
    classes: list[tuple[str, Score]]
    counters: list[tuple[str, Score]]
    causes: list[Cause]
    undecided: int


def look(session: Session, begins: Sequence[datetime], until: datetime) -> Accuracy:
    """From the first of `begins` to `until`; each begins a period."""
    within = (CountLine.counted_at >= begins[0]) & (CountLine.counted_at <= until)
    in_period = case(
        *((CountLine.counted_at >= begin, literal(n)) for n, begin in reversed(list(enumerate(begins)))), else_=0)
    by_period = dict(_scores(session, in_period, within))
    zone = func.coalesce(func.nullif(Location.zone, ""), Location.aisle)
    return Accuracy(
        total=dict(_scores(session, literal(0), within)).get(0, NOTHING),
        periods=[(begin, by_period.get(n, NOTHING)) for n, begin in enumerate(begins)],
        zones=_scores(session, zone, within), classes=_scores(session, func.coalesce(ItemFigure.abc, C), within),
        counters=_counters(session, within), causes=_causes(session, within), undecided=_undecided(session))


def _decided(*columns: Any) -> Select[Any]:
    return (
        select(*columns).select_from(CountResult).join(CountLine, CountLine.id == CountResult.line_id)
        .join(Item, Item.id == CountResult.item_id).join(Location, Location.id == CountResult.location_id)
        .outerjoin(ItemFigure, ItemFigure.item_id == CountResult.item_id)
        .where(CountResult.state.in_(DECIDED)))


def _scores(session: Session, group: Any, within: ColumnElement[bool]) -> list[tuple[Any, Score]]:
    """A score for each value of `group`, in its order."""
    rows = session.execute(
        _decided(
            group.label("grouped"), Item.currency, func.count(), func.sum(case((CountResult.units == 0, 1), else_=0)),
            func.sum(CountResult.on_record), func.sum(func.abs(CountResult.units)),
            as_whole(func.sum(CountResult.on_record * _PRICE)), as_whole(func.sum(func.abs(CountResult.value_minor))),
            as_whole(func.sum(CountResult.value_minor)))
        .where(within).group_by("grouped", Item.currency).order_by("grouped"))
    return _put_together(rows)


def _counters(session: Session, within: ColumnElement[bool]) -> list[tuple[str, Score]]:
    """By who counted, in any round: a line is right where its difference is the one that was decided."""
    off = CountLine.units_counted - CountLine.on_record - CountResult.units
    rows = session.execute(
        select(Person.id, Item.currency, func.count(), func.sum(case((off == 0, 1), else_=0)),
               func.sum(CountLine.on_record), func.sum(func.abs(off)),
               as_whole(func.sum(CountLine.on_record * _PRICE)), as_whole(func.sum(func.abs(off) * _PRICE)),
               as_whole(func.sum(off * _PRICE)))
        .select_from(CountLine).join(CountTask, CountTask.id == CountLine.task_id)
        .join(Person, Person.id == CountTask.person_id).join(Item, Item.id == CountLine.item_id)
        .join(CountResult, (CountResult.session_id == CountTask.session_id)
              & (CountResult.location_id == CountTask.location_id) & (CountResult.item_id == CountLine.item_id))
        .where(CountResult.state.in_(DECIDED), CountLine.units_counted.is_not(None), within)
        .group_by(Person.id, Person.name, Item.currency).order_by(Person.name, Person.id))
    names = dict(session.execute(select(Person.id, Person.name)).all())
    return [(names[person_id], score) for person_id, score in _put_together(rows)]


def _put_together(rows: Any) -> list[tuple[Any, Score]]:
    """Rows of (name, currency, lines, right, units, off, value, value off, value net): one score a name."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return [(name, _score(own)) for name, own in found.items()]


def _score(rows: Sequence[Any]) -> Score:
    lines, right, units, units_off = (sum(int(row[at] or 0) for row in rows) for at in range(2, 6))
    worth = {row[1]: Worth(*(int(each or 0) for each in row[6:9])) for row in rows if row[1]}
    return Score(lines, right, units, units_off, worth)


def _causes(session: Session, within: ColumnElement[bool]) -> list[Cause]:
    units = func.sum(func.abs(CountResult.units))
    rows = session.execute(
        _decided(CountResult.cause, func.count(), units).where(within, CountResult.units != 0)
        .group_by(CountResult.cause).order_by(units.desc(), CountResult.cause))
    return [Cause(name, lines, int(n)) for name, lines, n in rows]


def _undecided(session: Session) -> int:
    return session.execute(
        select(func.count()).select_from(CountResult).where(CountResult.state.in_(UNDECIDED))).scalar_one()
