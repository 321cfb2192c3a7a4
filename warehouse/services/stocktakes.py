"""What the desk decides about a stocktake (STK-3): differences approved or rejected, numbers chosen, unknown codes
named, sessions closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from warehouse.domain import counting
from warehouse.domain import stocktakes as rules
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.services import counting_post, counting_sessions, counting_settle, journal, stock

# So many in one transaction that people scan on meanwhile.
LOT = 500
_TO_COME = (counting.OPEN, counting.COUNTING)


@dataclass(frozen=True)
class Decided:
    """How many differences were decided, and the units that moved by it."""

    results: int
    units: int


def cut(result_ids: Sequence[int]) -> list[Sequence[int]]:
    """A long approval in transactions that are short."""
    return [result_ids[first : first + LOT] for first in range(0, len(result_ids), LOT)]


def approve(
    session: Session, actor: Actor, result_ids: Collection[int], cause: str, note: str = "",
) -> Decided:
    """Post differences that wait for approval. Refused without a cause, where one does not wait (any more), and to
    whoever counted in that stocktake."""
    _check_cause(cause)
    results = _locked(session, result_ids, counting.APPROVAL)
    _refuse_counters(session, actor, results)
    for result in results:
        _decide(actor, result, "approve", cause, note)
    counting_post.post(session, actor, results)
    return _told(session, actor, "approve", results, cause, note)


def reject(
    session: Session, actor: Actor, result_ids: Collection[int], cause: str, note: str = "",
) -> Decided:
    """Close differences without effect: the books stand. Refused like an approval."""
    _check_cause(cause)
    results = _locked(session, result_ids, *rules.UNDECIDED)
    _refuse_counters(session, actor, results)
    for result in results:
        _decide(actor, result, "reject", cause, note)
    _forget_recounts(session, results)
    return _told(session, actor, "reject", results, cause, note)


def choose_count(
    session: Session, actor: Actor, result_id: int, line_id: int, cause: str, note: str = "",
) -> str:
    """The lead says which of the differing counts is right; the state that follows: posted, or waiting for approval
    where it is dear. Refused where the counts agree, where another title's count is named, and like an approval."""
    _check_cause(cause)
    result, = _locked(session, [result_id], counting.LEAD)
    _refuse_counters(session, actor, [result])
    line = session.execute(
        select(CountLine).join(CountTask, CountTask.id == CountLine.task_id)
        .where(CountLine.id == line_id, CountLine.item_id == result.item_id,
               CountTask.session_id == result.session_id, CountTask.location_id == result.location_id)
    ).scalar_one_or_none()
    if line is None or line.units_counted is None or line.on_record is None:
        raise Invalid("stocktakes.no_such_count")
    price = abs(result.value_minor // result.units) if result.units else 0
    result.line_id, result.on_record, result.counted = line.id, line.on_record, line.units_counted
    result.units = result.counted - result.on_record
    result.value_minor = result.units * price
    allowed = counting_settle.tolerances(session.get_one(CountSession, result.session_id))
    verb = rules.confirmed(result.value_minor, allowed) if result.units else "match"
    _decide(actor, result, verb, cause, note)
    line.settled_as = result.state
    # A count that was right posts, too, where copies were written off at the shelf since.
    if verb != "ask_approval":
        counting_post.post(session, actor, [result])
    _told(session, actor, "choose_count", [result], cause, note)
    return result.state


def name_cause(session: Session, actor: Actor, result_id: int, cause: str, note: str = "") -> None:
    """Why a difference that was posted by itself came about. Refused where nothing was posted or a cause is given."""
    _check_cause(cause)
    result, = _locked(session, [result_id], counting.POSTED)
    if result.cause:
        raise Conflict("stocktakes.decided_already")
    result.cause, result.note = cause, _tidy(note)
    _told(session, actor, "name_cause", [result], cause, note)


# --- Unknown codes ---------------------------------------------------------------------------------------------------


def assign_code(session: Session, actor: Actor, line_id: int, item_id: int) -> None:
    """An unknown code was this title: its copies count as found there, and somebody else counts the title once more.
    Where the title was settled on that shelf before, the shelf is counted anew for it, outside this stocktake.
    Refused where the stocktake is over."""
    line, task = _unknown(session, line_id)
    journal.note(session, actor, "assign_code", "count_line", line_id, item=item_id, code=line.code)
    result_state = session.execute(
        select(CountResult.state).where(CountResult.session_id == task.session_id, CountResult.item_id == item_id,
                                        CountResult.location_id == task.location_id)).scalar()
    line.settled_as = rules.ASSIGNED
    if result_state not in (None, counting.RECOUNT):
        counting_sessions.ask_for_count(
            session, actor, task.location_id, kind=counting.INCIDENT, why="unknown_code", item_ids=[item_id])
        return
    same = session.execute(
        select(CountLine).where(CountLine.task_id == task.id, CountLine.item_id == item_id)).scalar_one_or_none()
    if same is not None and same.units_counted is not None:
        same.units_counted += line.units_counted or 1
    else:
        standing = stock.hold_still(session, item_id, task.location_id)
        line.item_id, line.units_counted = item_id, line.units_counted or 1
        line.on_record, line.moves_seen, line.last_move_id = standing.on_hand, standing.moves, standing.last_move_id
    session.flush()  # The settlement reads these rows.
    counting_settle.settle_titles(session, actor, task, [item_id], needs_recount=True)


def dismiss_code(session: Session, actor: Actor, line_id: int, reason: str) -> None:
    """An unknown code was no book of ours. Refused without a reason."""
    line, _ = _unknown(session, line_id)
    if not _tidy(reason):
        raise Invalid("stocktakes.reason_needed")
    line.settled_as = rules.DISMISSED
    journal.note(session, actor, "dismiss_code", "count_line", line_id, reason=_tidy(reason), code=line.code)


def _unknown(session: Session, line_id: int) -> tuple[CountLine, CountTask]:
    """The line and its shelf, held until the commit. Refused where somebody decided, or ended the stocktake."""
    line = session.get(CountLine, line_id, with_for_update=True, populate_existing=True)
    if line is None or not line.code:
        raise NotFound("stocktakes.no_such_code")
    task = session.get_one(CountTask, line.task_id, with_for_update=True)
    if (line.settled_as or task.state != counting.COUNTED
            or not counting_sessions.is_open(session, task.session_id)):
        raise Conflict("stocktakes.decided_already")
    return line, task


# --- The end of a session --------------------------------------------------------------------------------------------


def close_session(session: Session, actor: Actor, session_id: int) -> None:
    """Every shelf is counted and every difference decided. Refused with what is still open."""
    stocktake = _session(session, session_id)
    shelves = _count(session, select(CountTask.id).where(
        CountTask.session_id == session_id, CountTask.state.in_(_TO_COME)))
    differences = _count(session, select(CountResult.id).where(
        CountResult.session_id == session_id, CountResult.state.in_(rules.UNDECIDED)))
    codes = _count(session, select(CountLine.id).join(CountTask, CountTask.id == CountLine.task_id).where(
        CountTask.session_id == session_id, CountTask.state == counting.COUNTED, CountLine.code != "",
        CountLine.settled_as == ""))
    if shelves or differences or codes:
        raise Conflict("stocktakes.still_open", shelves=shelves, differences=differences, codes=codes)
    _end(session, actor, stocktake, "close")


def cancel_session(session: Session, actor: Actor, session_id: int, reason: str) -> None:
    """Nothing more is counted and nothing more posted; what was posted stays. Refused without a reason."""
    stocktake = _session(session, session_id)
    if not _tidy(reason):
        raise Invalid("stocktakes.reason_needed")
    tasks = session.execute(
        select(CountTask).where(CountTask.session_id == session_id, CountTask.state.in_(_TO_COME))
        .order_by(CountTask.id).with_for_update()).scalars()
    for task in tasks:
        task.state = counting.TASK_FLOW.step(task.state, "cancel")
    undecided = session.execute(
        select(CountResult).where(CountResult.session_id == session_id, CountResult.state.in_(rules.UNDECIDED))
        .order_by(CountResult.id).with_for_update()).scalars()
    for result in undecided:
        _decide(actor, result, "reject", "", reason)
    _end(session, actor, stocktake, "cancel", _tidy(reason))


def _session(session: Session, session_id: int) -> CountSession:
    # Held also against whoever refers to it: nobody brings a result or a recount meanwhile.
    stocktake = session.get(CountSession, session_id, with_for_update=True, populate_existing=True)
    if stocktake is None:
        raise NotFound("stocktakes.no_such_session")
    return stocktake


def _end(session: Session, actor: Actor, stocktake: CountSession, verb: str, reason: str = "") -> None:
    stocktake.state = counting.SESSION_FLOW.step(stocktake.state, verb)
    stocktake.closed_at, stocktake.closed_by = actor.at, actor.person_id
    journal.note(session, actor, f"{verb}_count", "count_session", stocktake.id, reason=reason)


def _count(session: Session, query: Select[Any]) -> int:
    return session.execute(select(func.count()).select_from(query.subquery())).scalar_one()


# --- What every decision is made of ----------------------------------------------------------------------------------


def _locked(session: Session, result_ids: Collection[int], *states: str) -> list[CountResult]:
    """The results, held until the commit. Refused where one is gone or not in one of `states`."""
    if not result_ids:
        raise Invalid("stocktakes.nothing_chosen")
    results = list(session.execute(
        select(CountResult).where(CountResult.id.in_(list(result_ids))).order_by(CountResult.id)
        .with_for_update().execution_options(populate_existing=True)).scalars())
    if len(results) != len(set(result_ids)):
        raise NotFound("stocktakes.no_such_result")
    if any(result.state not in states for result in results):
        raise Conflict("stocktakes.decided_already")
    return results


def _refuse_counters(session: Session, actor: Actor, results: Sequence[CountResult]) -> None:
    """Who counted does not decide (STK-3)."""
    counted = session.execute(
        select(CountTask.id).where(CountTask.session_id.in_({result.session_id for result in results}),
                                   CountTask.person_id == actor.person_id).limit(1)).scalar()
    if counted is not None:
        raise NotAllowed("stocktakes.counted_yourself")


def _decide(actor: Actor, result: CountResult, verb: str, cause: str, note: str) -> None:
    result.state = counting.RESULT_FLOW.step(result.state, verb)
    result.cause, result.note = cause, _tidy(note)
    result.decided_at, result.decided_by = actor.at, actor.person_id


def _forget_recounts(session: Session, results: Sequence[CountResult]) -> None:
    """Titles that nobody needs to count again are no longer asked for where nobody has begun; a task that is left
    without any is called off."""
    for result in results:
        tasks = session.execute(
            select(CountTask).where(
                CountTask.session_id == result.session_id, CountTask.location_id == result.location_id,
                CountTask.round > 1, CountTask.state == counting.OPEN).with_for_update()).scalars()
        for task in tasks:
            lines = session.execute(select(CountLine).where(CountLine.task_id == task.id)).scalars().all()
            for line in lines:
                if line.item_id == result.item_id:
                    session.delete(line)
            if all(line.item_id == result.item_id for line in lines):
                task.state = counting.TASK_FLOW.step(task.state, "cancel")


def _told(
    session: Session, actor: Actor, verb: str, results: Sequence[CountResult], cause: str, note: str,
) -> Decided:
    units = sum(abs(result.units_posted) for result in results)
    journal.note(session, actor, verb, "count_session", results[0].session_id, reason=_tidy(note), cause=cause,
                 results=len(results), units=units, first=results[0].id)
    return Decided(len(results), units)


def _check_cause(cause: str) -> None:
    if cause not in counting.CAUSES:
        raise Invalid("stocktakes.choose_cause")


def _tidy(text: str) -> str:
    return " ".join(text.split())[: rules.NOTE_LIMIT]
