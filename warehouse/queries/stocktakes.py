"""Stocktakes as the desk sees them: how far, how right, and every difference with the counts behind it (STK-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain import counting
from warehouse.domain.stocktakes import UNDECIDED, Tally
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.models.people import Person
from warehouse.models.stock import Location, StockMove

SHOWN_SESSIONS = 60
SHOWN = 200
_PREVIOUS, _NEXT, _CLOSER = aliased(Item), aliased(Item), aliased(Person)
# Times copies it may be more than a column of amounts holds.
_PRICE = cast(Item.price_minor, BigInteger)


def as_whole(total: Any) -> Any:
    """A sum of large numbers as a whole number: PostgreSQL makes a decimal of it."""
    return cast(total, BigInteger)


@dataclass(frozen=True)
class SessionRow:
    """One stocktake with its figures. `off` is the value of all differences without their signs, by currency."""

    id: int
    number: str
    kind: str
    state: str
    scope: Mapping[str, Any]
    tolerance_units: int
    tolerance_minor: int
    approval_minor: int
    created_at: datetime
    created_by: str
    closed_at: datetime | None
    closed_by: str
    shelves: int
    shelves_done: int
    recounts_open: int
    differences: int
    undecided: int
    codes: int
    off: Mapping[str, int]
    tally: Tally


@dataclass(frozen=True)
class Counter:
    """What one person has done for a session."""

    name: str
    shelves: int
    shelves_now: int
    titles: int
    units: int


@dataclass(frozen=True)
class Count:
    """One count of a title. `chosen` is the one that the result stands on."""

    line_id: int
    round: int
    units: int
    damaged: int
    on_record: int
    person: str
    at: datetime | None
    chosen: bool

    @property
    def difference(self) -> int:
        return self.units - self.on_record


@dataclass(frozen=True)
class Difference:
    """What became of one title on one shelf."""

    id: int
    state: str
    location: str
    item_id: int
    title: str
    volume: str
    code: str
    on_record: int
    counted: int
    units: int
    units_posted: int
    value_minor: int
    currency: str
    cause: str
    note: str
    decided_by: str
    decided_at: datetime | None
    counts: tuple[Count, ...]

    @property
    def wants_cause(self) -> bool:
        """Posted by itself: why, may be said later."""
        return self.state == counting.POSTED and bool(self.units) and not self.cause


@dataclass(frozen=True)
class UnknownCode:
    """A code that nobody knew, with the titles scanned before and after it."""

    line_id: int
    code: str
    units: int
    location: str
    person: str
    at: datetime | None
    previous: str
    next: str


def list_sessions(session: Session, session_id: int | None = None) -> list[SessionRow]:
    """The newest stocktakes first; with `session_id` that one alone."""
    query = (
        select(CountSession, Person.name, _CLOSER.name.label("closer"))
        .join(Person, Person.id == CountSession.created_by)
        .outerjoin(_CLOSER, _CLOSER.id == CountSession.closed_by)
        .order_by((CountSession.state != counting.COUNTING), CountSession.id.desc()).limit(SHOWN_SESSIONS))
    rows = session.execute(query if session_id is None else query.where(CountSession.id == session_id)).all()
    ids = [row.CountSession.id for row in rows]
    shelves, codes = _shelves(session, ids), _codes(session, ids)
    figures = _figures(session, ids)
    return [_session_row(row, shelves.get(row.CountSession.id), codes.get(row.CountSession.id, 0),
                         figures.get(row.CountSession.id, [])) for row in rows]


def find_session(session: Session, session_id: int) -> SessionRow | None:
    return next(iter(list_sessions(session, session_id)), None)


def _session_row(row: Any, shelves: Row[Any] | None, codes: int, figures: Sequence[Row[Any]]) -> SessionRow:
    one = row.CountSession
    # Shares of value are told of the currency with the most stock: amounts of two currencies do not add up.
    main = max(figures, key=lambda each: each.value, default=None)
    return SessionRow(
        one.id, one.number, one.kind, one.state, one.scope, one.tolerance_units, one.tolerance_minor,
        one.approval_minor, one.created_at, row.name, one.closed_at, row.closer or "",
        shelves.shelves if shelves else 0, shelves.done if shelves else 0, shelves.again if shelves else 0,
        sum(each.lines - each.right for each in figures), sum(each.undecided for each in figures), codes,
        {each.currency: each.value_off for each in figures if each.value_off},
        Tally(sum(each.lines for each in figures), sum(each.right for each in figures),
              sum(each.units for each in figures), sum(each.units_off for each in figures),
              main.value if main else 0, main.value_off if main else 0))


def _shelves(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    """Shelves of the first round, those that are done, and recounts still to come."""
    to_come = CountTask.state.in_((counting.OPEN, counting.COUNTING))
    first = CountTask.round == 1
    rows = session.execute(
        select(CountTask.session_id, _number(first).label("shelves"),
               _number(first & (CountTask.state == counting.COUNTED)).label("done"),
               _number((CountTask.round > 1) & to_come).label("again"))
        .where(CountTask.session_id.in_(ids), CountTask.state != counting.CANCELLED).group_by(CountTask.session_id))
    return {row.session_id: row for row in rows}


def _codes(session: Session, ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(CountTask.session_id, func.count()).join(CountLine, CountLine.task_id == CountTask.id)
        .where(CountTask.session_id.in_(ids), *_is_unknown()).group_by(CountTask.session_id))
    return {row[0]: row[1] for row in rows}


def _is_unknown() -> tuple[ColumnElement[bool], ...]:
    return CountTask.state == counting.COUNTED, CountLine.code != "", CountLine.settled_as == ""


def _figures(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    """Sums by currency. A rejected difference was none: the books stood."""
    units = case((CountResult.state == counting.REJECTED, 0), else_=func.abs(CountResult.units))
    value = case((CountResult.state == counting.REJECTED, 0), else_=func.abs(CountResult.value_minor))
    currency = func.coalesce(Item.currency, "")
    rows = session.execute(
        select(CountResult.session_id, currency.label("currency"), func.count().label("lines"),
               _number(units == 0).label("right"), _number(CountResult.state.in_(UNDECIDED)).label("undecided"),
               func.sum(CountResult.on_record).label("units"), func.sum(units).label("units_off"),
               as_whole(func.sum(CountResult.on_record * func.coalesce(_PRICE, 0))).label("value"),
               as_whole(func.sum(value)).label("value_off"))
        .join(Item, Item.id == CountResult.item_id).where(CountResult.session_id.in_(ids))
        .group_by(CountResult.session_id, currency))
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.session_id, []).append(row)
    return found


def _number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def list_counters(session: Session, session_id: int) -> list[Counter]:
    """Who counted how much, the busiest first."""
    titles, units = func.count(CountLine.id), func.coalesce(func.sum(CountLine.units_counted), 0)
    done = CountTask.state == counting.COUNTED
    lines = (
        select(CountTask.person_id, titles.label("titles"), units.label("units"))
        .join(CountLine, CountLine.task_id == CountTask.id)
        .where(CountTask.session_id == session_id, done, CountLine.units_counted.is_not(None))
        .group_by(CountTask.person_id).subquery())
    rows = session.execute(
        select(Person.name, _number(done), _number(CountTask.state == counting.COUNTING),
               func.max(func.coalesce(lines.c.titles, 0)), func.max(func.coalesce(lines.c.units, 0)))
        .join(CountTask, CountTask.person_id == Person.id).outerjoin(lines, lines.c.person_id == Person.id)
        .where(CountTask.session_id == session_id, CountTask.state != counting.CANCELLED)
        .group_by(Person.id, Person.name).order_by(_number(done).desc(), Person.name))
    return [Counter(*row) for row in rows]


# --- Differences -----------------------------------------------------------------------------------------------------


def list_differences(
    session: Session, session_id: int, *, state: str = "", matched: bool = False, most: int | None = SHOWN,
) -> list[Difference]:
    """Differences along the walk; `state` narrows them, `matched` adds what was right, `most=None` gives all."""
    query = (
        select(CountResult, Location.code, Item.title, Item.volume, Item.isbn13, Item.sku, Item.currency, Person.name)
        .join(Location, Location.id == CountResult.location_id).join(Item, Item.id == CountResult.item_id)
        .outerjoin(Person, Person.id == CountResult.decided_by)
        .where(CountResult.session_id == session_id)
        .order_by(Location.sequence, Location.code, Item.title, CountResult.id).limit(most))
    if state:
        query = query.where(CountResult.state == state)
    elif not matched:
        query = query.where(or_(CountResult.units != 0, CountResult.state.in_(UNDECIDED)))
    rows = session.execute(query).all()
    counts = _counts(session, session_id, {row.CountResult.item_id for row in rows} if most else None)
    return [_difference(row, counts.get((row.CountResult.location_id, row.CountResult.item_id), ())) for row in rows]


def _difference(row: Any, counts: Sequence[Count]) -> Difference:
    one = row.CountResult
    return Difference(
        one.id, one.state, row.code, one.item_id, row.title, row.volume, row.isbn13 or row.sku, one.on_record,
        one.counted, one.units, one.units_posted, one.value_minor, row.currency or "", one.cause, one.note,
        row.name or "", one.decided_at,
        tuple(replace(count, chosen=count.line_id == one.line_id) for count in counts))


def _counts(session: Session, session_id: int, item_ids: set[int] | None) -> dict[tuple[int, int | None], list[Count]]:
    """Every count of these titles (of all, where none are told) by (location, item), the first round first."""
    query = (
        select(CountTask.location_id, CountLine.item_id, CountLine.id, CountTask.round, CountLine.units_counted,
               CountLine.units_damaged, CountLine.on_record, Person.name, CountLine.counted_at)
        .join(CountLine, CountLine.task_id == CountTask.id).outerjoin(Person, Person.id == CountTask.person_id)
        .where(CountTask.session_id == session_id, CountTask.state == counting.COUNTED,
               CountLine.item_id.is_not(None), CountLine.units_counted.is_not(None))
        .order_by(CountTask.round, CountLine.id))
    rows = session.execute(query if item_ids is None else query.where(CountLine.item_id.in_(item_ids)))
    found: dict[tuple[int, int | None], list[Count]] = {}
    for location_id, item_id, line_id, turn, units, damaged, on_record, person, at in rows:
        found.setdefault((location_id, item_id), []).append(
            Count(line_id, turn, units or 0, damaged, on_record or 0, person or "", at, chosen=False))
    return found


def count_states(session: Session, session_id: int) -> dict[str, int]:
    """How many results there are in each state."""
    rows = session.execute(
        select(CountResult.state, func.count()).where(CountResult.session_id == session_id)
        .group_by(CountResult.state))
    return {row[0]: row[1] for row in rows}


def waiting_ids(session: Session, session_id: int, *, under_minor: int | None = None) -> list[int]:
    """Differences that wait for approval, worth at most `under_minor` where it is told."""
    query = select(CountResult.id).where(
        CountResult.session_id == session_id, CountResult.state == counting.APPROVAL).order_by(CountResult.id)
    if under_minor is not None:
        query = query.where(func.abs(CountResult.value_minor) <= under_minor)
    return list(session.execute(query).scalars())


def session_of(session: Session, result_id: int) -> int | None:
    """The stocktake that a result belongs to."""
    return session.execute(select(CountResult.session_id).where(CountResult.id == result_id)).scalar()


def list_unknown(session: Session, session_id: int) -> list[UnknownCode]:
    """Codes that nobody knew and nobody has decided about."""
    rows = session.execute(
        select(CountLine.id, CountLine.code, CountLine.units_counted, Location.code.label("place"), Person.name,
               CountLine.counted_at, _PREVIOUS.title.label("before"), _NEXT.title.label("after"))
        .join(CountTask, CountTask.id == CountLine.task_id).join(Location, Location.id == CountTask.location_id)
        .outerjoin(Person, Person.id == CountTask.person_id)
        .outerjoin(_PREVIOUS, _PREVIOUS.id == CountLine.previous_item_id)
        .outerjoin(_NEXT, _NEXT.id == CountLine.next_item_id)
        .where(CountTask.session_id == session_id, *_is_unknown()).order_by(CountLine.id))
    return [UnknownCode(row.id, row.code, row.units_counted or 1, row.place, row.name or "", row.counted_at,
                        row.before or "", row.after or "") for row in rows]


def session_of_code(session: Session, line_id: int) -> int | None:
    """The stocktake in which an unknown code was found."""
    return session.execute(
        select(CountTask.session_id).join(CountLine, CountLine.task_id == CountTask.id)
        .where(CountLine.id == line_id)).scalar()


def find_items(session: Session, texts: Sequence[str]) -> list[int]:
    """Items that are known by one of these codes or numbers."""
    return sorted(set(session.execute(select(ItemCode.item_id).where(ItemCode.code.in_(texts))).scalars())
                  | set(session.execute(select(Item.id).where(Item.sku.in_(texts))).scalars()))


def list_zones(session: Session) -> list[str]:
    """Zones that have shelves; aisles where shelves have no zone."""
    zone = func.coalesce(func.nullif(Location.zone, ""), Location.aisle)
    return list(session.execute(
        select(zone).where(Location.kind == "shelf", zone != "").distinct().order_by(zone)).scalars())


def list_moves(session: Session, session_id: int) -> dict[int, list[int]]:
    """Ids of the moves that came of each result."""
    rows = session.execute(
        select(StockMove.count_result_id, StockMove.id)
        .join(CountResult, CountResult.id == StockMove.count_result_id)
        .where(CountResult.session_id == session_id).order_by(StockMove.id))
    found: dict[int, list[int]] = {}
    for result_id, move_id in rows:
        assert result_id is not None
        found.setdefault(result_id, []).append(move_id)
    return found
