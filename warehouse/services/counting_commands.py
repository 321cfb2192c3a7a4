"""The buttons of a count (STK-3): correct, undo, damaged, empty, finished, give back, take over. Each is a scan too."""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from warehouse.domain import codes as kinds
from warehouse.domain import counting as rules
from warehouse.domain.people import Actor
from warehouse.domain.scans import ACCEPTED, DONE, OK, WARN, Answer, ScanIn, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.stock import StockBalance
from warehouse.services import counting_settle, journal, stock
from warehouse.services.counting import begin, in_hand, of_another
from warehouse.services.counting_look import NOT_SEEN, TASK, CountNow
from warehouse.services.counting_steps import (
    LINE,
    Tally,
    act,
    ask_again,
    carry_out,
    change,
    counted_before,
    forget_line,
    is_stirred,
    keep,
    throw_away,
    write_line,
)
from warehouse.services.scans import Touched
from warehouse.services.stock import Standing

MOST_UNITS = 9999
# Titles that one sentence can name; the list on the screen has them all.
NAMED = 3


def command(session: Session, actor: Actor, task_id: int, scanned: ScanIn) -> Answer:
    """Apply one button to a shelf under count. Refused (409) where it was pressed on a screen that is out of date."""
    now = begin(session, task_id, scanned)
    if isinstance(now, Answer):
        return now
    verb, _, argument = scanned.raw[1:].partition(":")
    is_known = verb in COMMANDS and bool(argument) == (verb == "set") and (not argument or argument.isdecimal())
    if not is_known or len(argument) > len(str(MOST_UNITS)):
        raise Conflict("counting.unknown_command", command=scanned.raw[1:])
    if verb != "undo" and scanned.step != now.step_id:
        raise Conflict("scan.stale_step")
    if verb not in ("take_over", "give_back") or now.task.state != rules.COUNTING:
        wrong = of_another(now) if _is_of_another(now, actor) else rules.judge_time(now.shelf)
        if wrong is not None:
            return keep(session, actor, now, scanned, wrong, Touched(kinds.COMMAND))
    return COMMANDS[verb](session, actor, now, scanned)


def _is_of_another(now: CountNow, actor: Actor) -> bool:
    return now.task.state == rules.COUNTING and not now.is_mine(actor)


# --- Numbers ---------------------------------------------------------------------------------------------------------


def _correct(session: Session, actor: Actor, now: CountNow, scanned: ScanIn, tally: Callable[[Tally], Tally]) -> Answer:
    """The last title has another number. Refused where nothing was scanned yet, and below nothing."""
    line = now.line_of(now.present_id) if now.present_id else None
    if line is None:
        return keep(session, actor, now, scanned, refuse("counting.scan_first", WARN), Touched(kinds.COMMAND))
    after = tally(Tally(line.units, line.damaged))
    if (after.units or 0) < 0:
        verdict = refuse("counting.nothing_less", WARN, title=line.title)
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    if after.damaged > (after.units or 0):
        verdict = refuse("counting.all_damaged", WARN, title=line.title)
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    touched = Touched(kinds.COMMAND, item_id=line.item_id, location_id=now.task.location_id)
    code = "counting.damaged" if after.damaged > line.damaged else "counting.counted"
    return act(session, actor, now, scanned, touched, line.title, after, code=code)


def _to(was: Tally, units: int) -> Tally:
    """Never more damaged copies than copies."""
    return Tally(units, min(was.damaged, max(units, 0)))


def _plus(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    return _correct(session, actor, now, scanned, lambda was: _to(was, (was.units or 0) + 1))


def _minus(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    return _correct(session, actor, now, scanned, lambda was: _to(was, (was.units or 0) - 1))


def _set(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    """The number pad: as many copies of the last title as were typed, in all."""
    units = int(scanned.raw.partition(":")[2])
    return _correct(session, actor, now, scanned, lambda was: _to(was, units))


def _damaged(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    """One of the counted copies of the last title is damaged."""
    return _correct(session, actor, now, scanned, lambda was: Tally(was.units, was.damaged + 1))


def _undo(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    """The last act that still stands is taken back: the line says what it said before."""
    last = _last_act(session, actor, now)
    if last is None:
        return keep(session, actor, now, scanned, refuse("counting.nothing_to_undo", WARN), Touched(kinds.COMMAND))
    facts = json.loads(last.answer)["facts"]
    before = Tally(facts["was"], facts["was_damaged"])
    touched = Touched(kinds.COMMAND, item_id=last.item_id, location_id=now.task.location_id, undoes_id=last.id)
    if last.item_id is not None:
        return act(session, actor, now, scanned, touched, facts["title"], before, code="counting.undone", undoes=True)
    line = now.line_of(None, facts["text"])
    assert line is not None, "the act stands"

    def take_back() -> None:
        if before.units is None:
            forget_line(session, now, None, line.code)
        else:
            session.execute(update(LINE).where(LINE.c.id == line.id).values(units_counted=before.units))

    verdict = accept("counting.undone", "undo", title=line.code, n=before.units or 0)
    return carry_out(session, actor, now, scanned, verdict, touched, take_back)


def _last_act(session: Session, actor: Actor, now: CountNow) -> Any:
    """The newest count of this person here that is not undone, if its line still stands as it left it. A number
    that was thrown away, or a shelf that was given back, leaves nothing to undo."""
    rows = session.execute(
        select(Scan.id, Scan.item_id, Scan.undoes_id, Scan.answer)
        .where(Scan.task == TASK, Scan.task_id == now.task.id, Scan.outcome == ACCEPTED,
               Scan.person_id == actor.person_id, Scan.at >= now.task.started_at)
        .order_by(Scan.id.desc())).all()
    undone = {row.undoes_id for row in rows if row.undoes_id}
    for row in rows:
        if row.undoes_id or row.id in undone:
            continue
        facts = json.loads(row.answer)["facts"]
        if "was" not in facts:
            continue
        line = now.line_of(row.item_id, facts.get("text", ""))
        stands = line is not None and (line.units, line.damaged) == (facts["n"], facts["damaged"])
        return row if stands else None
    return None


# --- The end of a shelf ----------------------------------------------------------------------------------------------


def _finish(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    """The shelf is counted. Titles that should be here, or are asked for, and were not seen are named once, without
    a number; pressed again they are counted as none. Anything that was stirred meanwhile is named again."""
    if now.task.covers_shelf and not now.lines:
        return keep(session, actor, now, scanned, refuse("counting.nothing_counted", WARN), Touched(kinds.COMMAND))
    again = ask_again(session, actor, now, scanned, now.present_id)
    if again is not None:
        return again
    unseen = {item_id: _hold(session, now, item_id) for item_id in _unseen(session, now)}
    unsure = {item_id: standing for item_id, standing in unseen.items()
              if now.step != rules.STEP_UNSEEN or is_stirred(session, now, item_id, standing)}
    if not unsure:
        return _close(session, actor, now, scanned, unseen)
    titles = list(session.execute(
        select(Item.title).where(Item.id.in_(unseen)).order_by(Item.title, Item.id)).scalars())
    named = " · ".join(titles[:NAMED]) + (" …" if len(titles) > NAMED else "")

    def ask() -> None:
        for item_id, standing in unsure.items():
            write_line(session, actor, now, item_id, Tally(None), standing)

    verdict = refuse(NOT_SEEN, WARN, titles=named, n=len(titles), location=now.task.code)
    return carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND), ask)


def _empty(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    """Nothing lies here: a confirmed zero for everything. Only while nothing was scanned."""
    if now.shelf.has_counts:
        verdict = refuse("counting.not_empty", WARN, location=now.task.code)
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    zeros = {item_id: _hold(session, now, item_id) for item_id in _unseen(session, now)}
    return _close(session, actor, now, scanned, zeros, code="counting.empty")


def _unseen(session: Session, now: CountNow) -> list[int]:
    """Items without a number that need one, in sorted order: those on the list, and on a whole shelf everything that
    the books have there."""
    wanted = {line.item_id for line in now.lines if line.item_id and line.units is None}
    if now.task.covers_shelf:
        held = session.execute(
            select(StockBalance.item_id).where(StockBalance.location_id == now.task.location_id)
            .group_by(StockBalance.item_id).having(func.sum(StockBalance.on_hand) > 0)).scalars()
        wanted |= set(held) - {line.item_id for line in now.lines}
    return sorted(wanted)


def _hold(session: Session, now: CountNow, item_id: int) -> Standing:
    return stock.hold_still(session, item_id, now.task.location_id)


def _close(
    session: Session, actor: Actor, now: CountNow, scanned: ScanIn, zeros: dict[int, Standing],
    *, code: str = "counting.finished",
) -> Answer:
    """The counts stand, and what follows from them is settled in the same transaction. What that is, nobody is told
    here."""
    def close() -> None:
        for item_id, standing in zeros.items():
            write_line(session, actor, now, item_id, Tally(0), standing)
        change(session, now, "finish", counted_at=actor.at, heartbeat_at=None)
        session.flush()  # The settlement reads these rows.
        counting_settle.settle_task(session, actor, now.task.id)

    touched = Touched(kinds.COMMAND, location_id=now.task.location_id)
    verdict = accept(code, "finish", DONE, location=now.task.code)
    return carry_out(session, actor, now, scanned, verdict, touched, close)


# --- Whose shelf it is -----------------------------------------------------------------------------------------------


def _give_back(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    """Somebody else counts this shelf, from the first copy on. By the one who has it, or by a lead."""
    if not now.is_mine(actor) and not now.may_take_over(actor):
        return keep(session, actor, now, scanned, of_another(now), Touched(kinds.COMMAND))

    def let_go() -> None:
        _begin_anew(session, actor, now, "give_back")
        change(session, now, "give_back", person_id=None, heartbeat_at=None, started_at=None)

    verdict = accept("counting.given_back", "give_back", OK, location=now.task.code)
    return carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND), let_go, go="/count/")


def _take_over(session: Session, actor: Actor, now: CountNow, scanned: ScanIn) -> Answer:
    """This person counts the shelf now, from the first copy on, without a look at what was counted before. Refused
    with another shelf in hand."""
    verdict = accept("counting.taken_over", "take_over", OK, location=now.task.code)
    if not now.may_take_over(actor):
        verdict = of_another(now)
    elif counted_before(session, actor.person_id, now.task):
        verdict = refuse("counting.counted_by_you", WARN, location=now.task.code)
    elif mine := in_hand(session, actor):
        verdict = refuse("counting.finish_first", WARN, location=mine.code, other=now.task.code)
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))

    def take() -> None:
        _begin_anew(session, actor, now, "take_over")
        change(session, now, "take_over", person_id=actor.person_id, heartbeat_at=actor.at, started_at=None)

    return carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND), take)


def _begin_anew(session: Session, actor: Actor, now: CountNow, verb: str) -> None:
    throw_away(session, now.task.id)
    journal.note(session, actor, verb, "count_task", now.task.id, person=now.task.person_id, lines=len(now.lines))


COMMANDS: dict[str, Callable[[Session, Actor, CountNow, ScanIn], Answer]] = {
    "plus": _plus, "minus": _minus, "set": _set, "damaged": _damaged, "undo": _undo, "finish": _finish,
    "empty": _empty, "give_back": _give_back, "take_over": _take_over,
}
