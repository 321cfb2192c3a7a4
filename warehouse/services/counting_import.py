"""Counts that come as a file: each row is one title on one shelf, counted by whoever brings the file, now (STK-3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from warehouse.domain import counting
from warehouse.domain import stock as ledger
from warehouse.domain.catalog import RowProblem
from warehouse.domain.layout import StockRecord
from warehouse.domain.people import Actor
from warehouse.models.counting import CountLine, CountTask
from warehouse.models.stock import Location
from warehouse.services import counting_sessions, counting_settle, stock
from warehouse.services.stock_import import ItemsNamed

TASK, LINE = CountTask.__table__, CountLine.__table__
# What a file says of one title on one shelf, by condition.
Rows = dict[str, StockRecord]


@dataclass
class Received:
    """What became of a lot of rows. `session_id` is the stocktake they stand in, none while no row was good."""

    session_id: int | None
    counted: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def receive_counts(
    session: Session, actor: Actor, records: Sequence[StockRecord], session_id: int | None, files: Sequence[str],
) -> Received:
    """Keep and settle counts. All rows of one shelf must be in one lot; good and damaged copies of a title may stand in
    two rows. Rows that are not taken: places that are no shelves, items that are unknown or not told apart, a title a
    second time, and shelves that another open count has."""
    received = Received(session_id)
    named: dict[int, dict[int, Rows]] = {}
    for record, found in zip(records, _find(session, records), strict=True):
        if isinstance(found, RowProblem):
            received.problems.append(found)
            continue
        item_id, place = found
        first = named.setdefault(place, {}).setdefault(item_id, {}).setdefault(record.condition, record)
        if first is not record:
            received.problems.append(_problem(record, "repeated_stock_row", first_row=first.row))
    if not named:
        return received
    if session_id is None or not counting_sessions.is_open(session, session_id):
        received.session_id = counting_sessions.new_session(session, actor, counting.FILE, {"files": list(files)})
    assert received.session_id is not None
    for place in counting_sessions.add_tasks(session, received.session_id, named):
        received.problems += [_problem(record, "shelf_in_other_count")
                              for rows in named.pop(place).values() for record in rows.values()]
    for place, titles in sorted(named.items()):
        _count(session, actor, received.session_id, place, titles)
        received.counted += sum(map(len, titles.values()))
    return received


def _count(
    session: Session, actor: Actor, session_id: int, place: int, titles: dict[int, Rows],
) -> None:
    """One shelf, begun and finished at once; each title is looked up in the books while nobody can move it."""
    task_id = session.execute(
        select(TASK.c.id).where(TASK.c.session_id == session_id, TASK.c.location_id == place)).scalar_one()
    for item_id, rows in sorted(titles.items()):
        standing = stock.hold_still(session, item_id, place)
        session.execute(update(LINE).where(LINE.c.task_id == task_id, LINE.c.item_id == item_id).values(
            units_counted=sum(record.quantity for record in rows.values()), on_record=standing.on_hand,
            moves_seen=standing.moves, last_move_id=standing.last_move_id, counted_at=actor.at,
            # Where the file does not say which are damaged, it says how many there are in all.
            units_damaged=rows[ledger.DAMAGED].quantity if ledger.DAMAGED in rows else standing.damaged))
    flow = counting.TASK_FLOW
    session.execute(update(TASK).where(TASK.c.id == task_id).values(
        state=flow.step(flow.step(flow.start, "take"), "finish"), person_id=actor.person_id, heartbeat_at=actor.at,
        started_at=actor.at, counted_at=actor.at))
    counting_settle.settle_task(session, actor, task_id)


def _find(session: Session, records: Sequence[StockRecord]) -> list[tuple[int, int] | RowProblem]:
    """(item, place) of each row, or what is wrong with it."""
    codes = {record.location for record in records}
    places = {row.code: row for row in session.execute(
        select(Location.id, Location.code, Location.kind).where(Location.code.in_(codes)))}
    items = ItemsNamed(session, records)
    found: list[tuple[int, int] | RowProblem] = []
    for record in records:
        place, ids = places.get(record.location), items.of(record)
        if place is None:
            found.append(_problem(record, "unknown_location"))
        elif place.kind != ledger.SHELF:
            found.append(_problem(record, "not_a_place_for_stock"))
        elif len(ids) != 1:
            found.append(_problem(record, "shared_isbn" if ids else "unknown_item", n=len(ids)))
        else:
            found.append((ids.pop(), place.id))
    return found


def _problem(record: StockRecord, code: str, **facts: int) -> RowProblem:
    return RowProblem(record.row, code, {
        "location": record.location, "item": record.sku or record.isbn13, **facts})
