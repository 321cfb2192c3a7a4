"""Counting by scan (STK-3): a shelf is handed out or scanned, then every copy on it. Blind: see `counting_look`."""

from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session, aliased

from warehouse import i18n
from warehouse.domain import codes as kinds
from warehouse.domain import counting as rules
from warehouse.domain import stock as ledger
from warehouse.domain.codes import Thing
from warehouse.domain.people import Actor
from warehouse.domain.scans import CHOOSE, DONE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.catalog import Item
from warehouse.models.counting import CountSession, CountTask
from warehouse.models.stock import Location
from warehouse.services import codes, counting_steps, scans
from warehouse.services.counting_look import BOOK, TASK, CountNow, look
from warehouse.services.counting_steps import COUNT, LINE, Tally, act, carry_out, counted_before, keep, take, tally_of
from warehouse.services.scans import Touched

NEXT = "#next"


# --- The list: which shelf --------------------------------------------------------------------------------------------


def open_shelf(session: Session, actor: Actor, scanned: ScanIn) -> Answer:
    """A shelf label opens the count of that shelf; `#next` hands out the next one on the walk, `#next:<session>` the
    next of that stocktake. `go` leads to it. What cannot be counted by this person is named and refused."""
    before = scans.answered_before(session, scanned, TASK, None)
    if before is not None:
        return before
    touched = Touched(kinds.COMMAND)
    if scanned.raw.startswith("#"):
        verdict, task_id = _hand_out(session, actor, scanned.raw)
    else:
        thing = codes.identify(session, scanned.raw)
        touched = Touched(thing.kind, location_id=thing.id if thing.kind == kinds.LOCATION else None)
        verdict, task_id = _open(session, actor, thing)
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    go = f"/count/{task_id}" if task_id else None
    answer = Answer(verdict.outcome, verdict.code, say, verdict.sound, {"area": "counts"}, verdict.facts, go=go)
    scans.record(session, actor, scanned, answer, TASK, None, touched)
    return answer


def _hand_out(session: Session, actor: Actor, command: str) -> tuple[Verdict, int | None]:
    verb, _, argument = command.partition(":")
    if verb != NEXT or not (argument.isdecimal() or not argument):
        raise Conflict("counting.unknown_command", command=command[1:])
    mine = in_hand(session, actor)
    if mine is not None:
        return accept("counting.go_on", "open", location=mine.code), mine.id
    found = _next_shelf(session, actor, int(argument) if argument else None)
    if found is None:
        return refuse("counting.none_left", DONE), None
    take(session, actor, found.id, at_shelf=False)
    return accept("counting.handed_out", "open", location=found.code), found.id


def _next_shelf(session: Session, actor: Actor, session_id: int | None) -> Any:
    """The next open shelf on the walk from where this person counted last, never one that they counted before in the
    session. What another counter is just being given is passed over."""
    walk = select(Location.sequence).join(CountTask, CountTask.location_id == Location.id).where(
        CountTask.person_id == actor.person_id, CountTask.state == rules.COUNTED)
    last = session.execute(walk.order_by(CountTask.counted_at.desc(), CountTask.id.desc()).limit(1)).scalar() or 0
    earlier = aliased(CountTask)
    mine_before = exists().where(
        earlier.session_id == CountTask.session_id, earlier.location_id == CountTask.location_id,
        earlier.round < CountTask.round, earlier.person_id == actor.person_id)
    return session.execute(
        select(CountTask.id, Location.code)
        .join(Location, Location.id == CountTask.location_id)
        .join(CountSession, CountSession.id == CountTask.session_id)
        .where(CountTask.state == rules.OPEN, CountSession.state == rules.COUNTING, ~mine_before,
               *([CountTask.session_id == session_id] if session_id else []))
        .order_by(Location.sequence < last, Location.sequence, Location.code, CountTask.id).limit(1)
        .with_for_update(of=CountTask, skip_locked=True)).one_or_none()


def in_hand(session: Session, actor: Actor) -> Any:
    """The shelf that this person has begun or was handed."""
    return session.execute(
        select(CountTask.id, CountTask.location_id, Location.code)
        .join(Location, Location.id == CountTask.location_id)
        .where(CountTask.state == rules.COUNTING, CountTask.person_id == actor.person_id)
        .order_by(CountTask.id).limit(1)).one_or_none()


def _open(session: Session, actor: Actor, thing: Thing) -> tuple[Verdict, int | None]:
    """The count of a scanned shelf, taken in hand: the one that this person has begun, else the earliest round. One
    shelf a person at a time."""
    if thing.kind != kinds.LOCATION:
        return refuse("scan.unreadable" if thing.kind == kinds.INVALID else "counting.scan_shelf", WARN), None
    task = session.execute(
        select(CountTask.id, CountTask.session_id, CountTask.location_id, CountTask.round, CountTask.state,
               CountTask.person_id, CountTask.heartbeat_at)
        .join(CountSession, CountSession.id == CountTask.session_id)
        .where(CountTask.location_id == thing.id, CountTask.state.in_((rules.OPEN, rules.COUNTING)),
               CountSession.state == rules.COUNTING)
        .order_by(CountTask.person_id.is_distinct_from(actor.person_id), CountTask.round, CountTask.id).limit(1)
        .with_for_update(of=CountTask)).one_or_none()
    if task is None:
        return refuse("counting.not_to_count", WARN, location=thing.name), None
    if task.state == rules.COUNTING and task.person_id != actor.person_id:
        return _of_another(actor, task, thing.name)
    mine = in_hand(session, actor)
    if mine is not None and mine.id != task.id:
        return refuse("counting.finish_first", WARN, location=mine.code, other=thing.name), None
    if counted_before(session, actor.person_id, task):
        return refuse("counting.counted_by_you", WARN, location=thing.name), None
    if mine is None:
        take(session, actor, task.id, at_shelf=True)
    else:
        _arrive(session, actor, task.id)
    return accept("counting.at_shelf", "open", location=thing.name), task.id


def _of_another(actor: Actor, task: Any, location: str) -> tuple[Verdict, int | None]:
    """Another one counts it: its page, where it may be taken over."""
    if rules.may_take_over(task.heartbeat_at, actor.at, is_lead=actor.may("approve_count")):
        return accept("counting.may_take_over", "open", WARN, location=location), task.id
    return refuse("counting.in_other_hands", WARN, location=location), None


def _arrive(session: Session, actor: Actor, task_id: int) -> None:
    """The counter stands before the shelf."""
    session.execute(update(COUNT).where(COUNT.c.id == task_id, COUNT.c.started_at.is_(None)).values(
        started_at=actor.at))
    counting_steps.stay(session, actor, task_id)


# --- The shelf: every copy on it -------------------------------------------------------------------------------------


def alive(session: Session, actor: Actor, task_id: int) -> None:
    """The tablet says that its counter is still there."""
    counting_steps.stay(session, actor, task_id)


def begin(session: Session, task_id: int, scanned: ScanIn) -> CountNow | Answer:
    """The shelf, held until the commit; or what this scan was answered before."""
    session.execute(select(COUNT.c.id).where(COUNT.c.id == task_id).with_for_update())
    return scans.answered_before(session, scanned, TASK, task_id) or look(session, task_id)


def scan(session: Session, actor: Actor, task_id: int, scanned: ScanIn) -> Answer:
    """Apply one scan to a shelf under count: its label first, then one scan a copy. The same `scan_id` again gives
    the same answer."""
    now = begin(session, task_id, scanned)
    if isinstance(now, Answer):
        return now
    thing = codes.identify(session, scanned.raw)
    if now.task.state == rules.COUNTING and not now.is_mine(actor):
        return keep(session, actor, now, scanned, of_another(now), Touched(thing.kind))
    if thing.kind == kinds.LOCATION:
        return _scan_place(session, actor, now, scanned, thing)
    if thing.kind == kinds.ITEM:
        return _scan_item(session, actor, now, scanned, thing)
    verdict = rules.judge_other(now.shelf, thing)
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, Touched(thing.kind))
    return _keep_unknown(session, actor, now, scanned, thing)


def of_another(now: CountNow) -> Verdict:
    return refuse("counting.other_counts", WARN, location=now.task.code, person=now.task.person or "")


def _scan_place(session: Session, actor: Actor, now: CountNow, scanned: ScanIn, thing: Thing) -> Answer:
    """The shelf's own label begins the count, and takes an open shelf in hand."""
    is_shelf = session.execute(select(Location.kind).where(Location.id == thing.id)).scalar_one() == ledger.SHELF
    verdict = rules.judge_place(now.shelf, thing.id, thing.name, is_shelf=is_shelf)
    is_open = now.task.state == rules.OPEN
    if verdict.accepted and is_open and counted_before(session, actor.person_id, now.task):
        verdict = refuse("counting.counted_by_you", WARN, location=thing.name)
    mine = in_hand(session, actor)
    if verdict.accepted and mine is not None and mine.id != now.task.id:
        verdict = refuse("counting.finish_first", WARN, location=mine.code, other=thing.name)

    def arrive() -> None:
        if is_open:
            take(session, actor, now.task.id, at_shelf=True)
        else:
            _arrive(session, actor, now.task.id)

    touched = Touched(thing.kind, location_id=thing.id)
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, touched)
    return carry_out(session, actor, now, scanned, verdict, touched, arrive)


def _scan_item(session: Session, actor: Actor, now: CountNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Copies of a title: one a scan, or as many as were typed before it. A code that several items share asks which
    one it is (CAT-2)."""
    shelf = now.shelf
    known = [each for each in thing.ids if shelf.covers_shelf or each in shelf.asked] or list(thing.ids)
    if len(known) > 1 and scanned.choice not in known and rules.judge_time(shelf) is None:
        options = [dict(row) for row in session.execute(
            select(Item.id, *BOOK).where(Item.id.in_(known)).order_by(Item.id)).mappings()]
        verdict = Verdict(CHOOSE, "counting.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
        return keep(session, actor, now, scanned, verdict, Touched(thing.kind), options)
    item_id = scanned.choice if scanned.choice in known else known[0]
    assert item_id is not None
    title = session.execute(select(Item.title).where(Item.id == item_id)).scalar_one()
    units = 1 if scanned.units is None else scanned.units
    touched = Touched(thing.kind, item_id=item_id, location_id=now.task.location_id)
    wrong = rules.judge_item(shelf, item_id, title, units)
    if wrong is not None:
        return keep(session, actor, now, scanned, wrong, touched)
    so_far = tally_of(now, item_id)
    return act(session, actor, now, scanned, touched, title, Tally((so_far.units or 0) + units, so_far.damaged))


def _keep_unknown(session: Session, actor: Actor, now: CountNow, scanned: ScanIn, thing: Thing) -> Answer:
    """A code that nobody knows, kept with the title before it; the next title that is scanned is added to it."""
    units = scanned.units or 1
    line = now.line_of(None, thing.text)
    was = line.units if line else None
    verdict = accept("counting.unknown_kept", "keep", WARN, text=thing.text, n=(was or 0) + units, was=was,
                     damaged=0, was_damaged=0)

    def write() -> None:
        if line is None:
            session.execute(insert(LINE), {
                "task_id": now.task.id, "code": thing.text, "previous_item_id": now.present_id,
                "units_counted": units, "counted_at": actor.at})
        else:
            session.execute(update(LINE).where(LINE.c.id == line.id).values(
                units_counted=(line.units or 0) + units, counted_at=actor.at))

    touched = Touched(thing.kind, location_id=now.task.location_id)
    return carry_out(session, actor, now, scanned, verdict, touched, write)
