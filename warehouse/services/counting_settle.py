"""A shelf is counted: each title's difference is judged, posted, or given to another to count (STK-3)."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import counting
from warehouse.domain import stocktakes as rules
from warehouse.domain.people import Actor
from warehouse.domain.stocktakes import Tolerances
from warehouse.models.catalog import Item
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.services import counting_post, counting_sessions

# Every shelf is counted anyway, or nobody is there to be sent.
_WITHOUT_OTHER_SHELVES = (counting.ALL, counting.FILE)


def settle_task(session: Session, actor: Actor, task_id: int) -> None:
    """Judge every title of a task that was finished just now. Zero is kept too: accuracy is made of it. What needs
    another look is asked for at once, of somebody who did not count this shelf."""
    task = session.get_one(CountTask, task_id, populate_existing=True)
    lines = session.execute(
        select(CountLine.item_id).where(CountLine.task_id == task_id, CountLine.item_id.is_not(None),
                                        CountLine.units_counted.is_not(None))).scalars()
    settle_titles(session, actor, task, [item_id for item_id in lines if item_id is not None])


def settle_titles(
    session: Session, actor: Actor, task: CountTask, item_ids: Collection[int], *, needs_recount: bool = False,
) -> None:
    """Judge some titles of a counted task anew. `needs_recount`: not to be posted on one count, however small."""
    stocktake = session.get_one(CountSession, task.session_id)
    allowed = tolerances(stocktake)
    counts = _counts(session, task, item_ids)
    since = counting_post.since_counted(session, [line.id for lines in counts.values() for line in lines])
    prices = {item_id: price or 0 for item_id, price in session.execute(
        select(Item.id, Item.price_minor).where(Item.id.in_(item_ids)))}
    results = _results(session, task, item_ids)
    to_post, again, surprises = [], [], []
    for item_id in sorted(counts):
        line = counts[item_id][-1]
        result = results.get(item_id)
        if result is not None and result.state != counting.RECOUNT:
            line.settled_as = rules.SETTLED_BEFORE
            continue
        found = _difference(line)
        result = _write(session, task, result, line, found * prices[item_id])
        open_now = [_difference(each) - (since[each.id].corrected if each.id in since else 0)
                    for each in counts[item_id]]
        # Dear is what was found, and also what would be posted: the two differ where something was put right since.
        dear = max(abs(found), abs(open_now[-1])) * prices[item_id]
        verb = rules.judge(open_now, dear, allowed, needs_recount=needs_recount)
        # Nothing is left to be put right, but the books were wrong: that is no match.
        verb = "post" if verb == "match" and found else verb
        result.state = line.settled_as = counting.RESULT_FLOW.step(result.state, verb)
        if verb == "recount":
            again.append(result)
        elif verb == "post" or (verb == "match" and line.units_damaged):
            to_post.append(result)
        if found and line.on_record == 0:
            surprises.append(item_id)
    counting_post.post(session, actor, to_post)
    _ask_again(session, task, again)
    if stocktake.kind not in _WITHOUT_OTHER_SHELVES:
        for item_id in surprises:
            counting_sessions.ask_elsewhere(session, task.session_id, item_id)


def tolerances(stocktake: CountSession) -> Tolerances:
    """What was agreed when the session was opened."""
    return Tolerances(stocktake.tolerance_units, stocktake.tolerance_minor, stocktake.approval_minor)


def _counts(session: Session, task: CountTask, item_ids: Collection[int]) -> dict[int, list[CountLine]]:
    """All counts of these titles at this shelf in this session, the oldest first."""
    rows = session.execute(
        select(CountLine).join(CountTask, CountTask.id == CountLine.task_id)
        .where(CountTask.session_id == task.session_id, CountTask.location_id == task.location_id,
               CountTask.state == counting.COUNTED, CountLine.item_id.in_(item_ids),
               CountLine.units_counted.is_not(None))
        .order_by(CountTask.round, CountLine.id)).scalars()
    counts: dict[int, list[CountLine]] = {}
    for line in rows:
        assert line.item_id is not None
        counts.setdefault(line.item_id, []).append(line)
    return counts


def _results(session: Session, task: CountTask, item_ids: Collection[int]) -> dict[int, CountResult]:
    rows = session.execute(
        select(CountResult).where(CountResult.session_id == task.session_id,
                                  CountResult.location_id == task.location_id, CountResult.item_id.in_(item_ids))
        .order_by(CountResult.id).with_for_update()).scalars()
    return {row.item_id: row for row in rows}


def _difference(line: CountLine) -> int:
    """Counted less books, at the line's own time."""
    assert line.units_counted is not None
    assert line.on_record is not None
    return line.units_counted - line.on_record


def _write(
    session: Session, task: CountTask, result: CountResult | None, line: CountLine, value_minor: int,
) -> CountResult:
    facts: dict[str, Any] = {
        "line_id": line.id, "on_record": line.on_record, "counted": line.units_counted, "units": _difference(line),
        "value_minor": value_minor}
    if result is None:
        result = CountResult(session_id=task.session_id, location_id=task.location_id, item_id=line.item_id,
                             state=counting.RESULT_FLOW.start, **facts)
        session.add(result)
    else:
        for name, fact in facts.items():
            setattr(result, name, fact)
    return result


def _ask_again(session: Session, task: CountTask, results: list[CountResult]) -> None:
    """Another count of these titles; where the rounds are used up, the lead decides."""
    item_ids = [result.item_id for result in results]
    if not results or counting_sessions.ask_titles(session, task.session_id, task.location_id, item_ids):
        return
    for result in results:
        result.state = counting.RESULT_FLOW.step(result.state, "ask_lead")
