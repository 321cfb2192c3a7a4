"""What every step of a count is made of: the shelf in hand, the line's own time, and the scan's record (STK-3).

A line is right at the moment of its last act: what the books said then is kept with it. If anything of that title
went in or out of the shelf between two acts, or before the counter turned to the next title, nobody can tell whether
it was among the counted: the number is thrown away and asked for again. So picking never waits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import codes as kinds
from warehouse.domain import counting as rules
from warehouse.domain.people import Actor
from warehouse.domain.scans import WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.models.counting import CountLine, CountTask
from warehouse.services import scans, stock
from warehouse.services.counting_look import TASK, CountNow, draw, look
from warehouse.services.scans import Touched
from warehouse.services.stock import Standing

COUNT, LINE = CountTask.__table__, CountLine.__table__
_NOTHING: dict[str, Any] = {"units_counted": None, "units_damaged": 0, "on_record": None, "moves_seen": None,
                            "last_move_id": None, "counted_at": None}


@dataclass(frozen=True)
class Tally:
    """What a line says: copies of a title, and how many of them are damaged. No units: not counted yet."""

    units: int | None
    damaged: int = 0


def tally_of(now: CountNow, item_id: int) -> Tally:
    line = now.line_of(item_id)
    return Tally(line.units, line.damaged) if line else Tally(None)


# --- Whose shelf it is -----------------------------------------------------------------------------------------------


def counted_before(session: Session, person_id: int, task: Any) -> bool:
    """Whether this person counted the shelf in an earlier round of the session: then never again."""
    earlier = exists().where(
        CountTask.session_id == task.session_id, CountTask.location_id == task.location_id,
        CountTask.round < task.round, CountTask.person_id == person_id)
    return bool(session.execute(select(earlier)).scalar())


def take(session: Session, actor: Actor, task_id: int, *, at_shelf: bool) -> None:
    """The open shelf, whose row is held, is this person's. `at_shelf`: its label was scanned."""
    taken = session.connection().execute(
        update(COUNT).where(COUNT.c.id == task_id, COUNT.c.state == rules.OPEN).values(
            state=rules.TASK_FLOW.step(rules.OPEN, "take"), person_id=actor.person_id, heartbeat_at=actor.at,
            started_at=actor.at if at_shelf else None))
    assert taken.rowcount == 1, f"count task {task_id} is not open"


def change(session: Session, now: CountNow, verb: str, **values: Any) -> None:
    """One step in the life of the task."""
    session.execute(update(COUNT).where(COUNT.c.id == now.task.id).values(
        state=rules.TASK_FLOW.step(now.task.state, verb), **values))


def throw_away(session: Session, task_id: int) -> None:
    """What was counted so far is forgotten; what is asked for stays on the list."""
    session.execute(delete(LINE).where(LINE.c.task_id == task_id, LINE.c.is_asked.is_(False)))
    session.execute(update(LINE).where(LINE.c.task_id == task_id).values(_NOTHING))


# --- The line's own time ---------------------------------------------------------------------------------------------


def act(
    session: Session, actor: Actor, now: CountNow, scanned: ScanIn, touched: Touched, title: str, after: Tally,
    *, code: str = "counting.counted", undoes: bool = False,
) -> Answer:
    """The title has `after` copies now. Refused, and asked for from the first copy on, where anything of it went in
    or out of this shelf since the act before; likewise the title before it, of which this book is the end. `after`
    without units forgets the line."""
    item_id = touched.item_id
    assert item_id is not None
    if touched.kind == kinds.ITEM and now.present_id != item_id:
        again = ask_again(session, actor, now, scanned, now.present_id)
        if again is not None:
            return again
    before = tally_of(now, item_id)
    standing = stock.hold_still(session, item_id, now.task.location_id)
    if before.units is not None and after.units is not None:
        again = ask_again(session, actor, now, scanned, item_id, standing)
        if again is not None:
            return again
    verdict = accept(code, "undo" if undoes else "count", title=title, n=after.units or 0, damaged=after.damaged,
                     was=before.units, was_damaged=before.damaged)

    def write() -> None:
        if after.units is None:
            forget_line(session, now, item_id)
        else:
            write_line(session, actor, now, item_id, after, standing)
        if touched.kind == kinds.ITEM:
            session.execute(update(LINE).where(
                LINE.c.task_id == now.task.id, LINE.c.code != "", LINE.c.next_item_id.is_(None),
            ).values(next_item_id=item_id))

    return carry_out(session, actor, now, scanned, verdict, touched, write)


def ask_again(
    session: Session, actor: Actor, now: CountNow, scanned: ScanIn, item_id: int | None,
    standing: Standing | None = None,
) -> Answer | None:
    """The answer to an act where a counted title was stirred since its last act: it is asked for from the first copy
    on. None where it was not. Told of every such title, right or wrong, or the counter would learn which it is."""
    line = now.line_of(item_id) if item_id else None
    if item_id is None or line is None or line.units is None:
        return None
    standing = standing or stock.hold_still(session, item_id, now.task.location_id)
    if not is_stirred(session, now, item_id, standing):
        return None
    verdict = refuse("counting.changed_meanwhile", WARN, title=line.title)
    touched = Touched(kinds.COMMAND if scanned.raw.startswith("#") else kinds.ITEM, item_id=item_id)
    return carry_out(session, actor, now, scanned, verdict, touched,
                     lambda: write_line(session, actor, now, item_id, Tally(None), standing))


def is_stirred(session: Session, now: CountNow, item_id: int, standing: Standing) -> bool:
    """Whether copies of the title went in or out here, or in or out of a mover's hands, since its line was written
    last; also where there is no line yet."""
    seen = session.execute(
        select(LINE.c.moves_seen, LINE.c.on_record)
        .where(LINE.c.task_id == now.task.id, LINE.c.item_id == item_id)).one_or_none()
    return seen is None or tuple(seen) != (standing.moves, standing.on_hand)


def write_line(
    session: Session, actor: Actor, now: CountNow, item_id: int, tally: Tally, standing: Standing,
) -> None:
    """The count of one title with what the books say at this moment, who held them still. Without units the title is
    asked for, and whether it was stirred since can be told."""
    line = now.line_of(item_id)
    values = {**_NOTHING, "moves_seen": standing.moves, "on_record": standing.on_hand}
    if tally.units is not None:
        values |= {"units_counted": tally.units, "units_damaged": tally.damaged,
                   "last_move_id": standing.last_move_id, "counted_at": actor.at}
    if line is None:
        session.execute(insert(LINE), {"task_id": now.task.id, "item_id": item_id, **values})
    else:
        session.execute(update(LINE).where(LINE.c.id == line.id).values(values))


def forget_line(session: Session, now: CountNow, item_id: int | None, code: str = "") -> None:
    """The line is as if nothing had been scanned: gone, or still asked for."""
    line = now.line_of(item_id, code)
    if line is not None and line.is_asked:
        session.execute(update(LINE).where(LINE.c.id == line.id).values(_NOTHING))
    elif line is not None:
        session.execute(delete(LINE).where(LINE.c.id == line.id))


# --- The scan's record -----------------------------------------------------------------------------------------------


def keep(
    session: Session, actor: Actor, now: CountNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Record a scan that changes no count, with its answer."""
    return carry_out(session, actor, now, scanned, verdict, touched, lambda: None, options=options)


def carry_out(
    session: Session, actor: Actor, now: CountNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    effect: Callable[[], None], *, options: list[dict[str, Any]] | None = None, go: str | None = None,
) -> Answer:
    """Record the scan, have `effect` written, then draw the shelf anew. A scan of the one who counts it is a sign of
    life."""
    def write(_: int) -> None:
        effect()
        stay(session, actor, now.task.id)

    return scans.carry_out(session, actor, scanned, verdict, touched, TASK, now.task.id, write,
                           lambda: draw(look(session, now.task.id), actor), options=options, go=go)


def stay(session: Session, actor: Actor, task_id: int) -> None:
    """The sign of life of the one who counts this shelf; without effect from anybody else."""
    session.execute(
        update(COUNT).where(COUNT.c.id == task_id, COUNT.c.state == rules.COUNTING,
                            COUNT.c.person_id == actor.person_id).values(heartbeat_at=actor.at))
