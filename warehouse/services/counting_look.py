"""A shelf under count, and the picture of it for its counter (STK-3). Writes nothing.

Blind: what the books say (`on_record`, `moves_seen`) is never selected here, so no payload can hold it. Somebody
else's counts are not drawn either: whoever counts the shelf again must not see the first number.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import counting as rules
from warehouse.domain import scans as outcomes
from warehouse.domain.people import Actor
from warehouse.errors import NotFound
from warehouse.models.catalog import Item
from warehouse.models.counting import CountLine, CountSession, CountTask
from warehouse.models.journal import Scan
from warehouse.models.people import Person
from warehouse.models.stock import Location

TASK = "count"
NOT_SEEN = "counting.not_seen"
BOOK = (Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.sku, Item.volume, Item.edition, Item.binding,
        Item.language)


@dataclass(frozen=True)
class CountNow:
    """One shelf of a stocktake as it stands. `lines` are in the order in which they were first counted;
    `present_id` is the item that was counted last; `scan` is the last scan here as (id, code)."""

    task: Any
    lines: tuple[Row[Any], ...]
    present_id: int | None
    scan: tuple[int, str]
    done: int
    of: int

    @property
    def step(self) -> str:
        """What is asked for now."""
        if self.task.state not in (rules.OPEN, rules.COUNTING):
            return rules.STEP_DONE
        if self.task.started_at is None:
            return rules.STEP_SHELF
        return rules.STEP_UNSEEN if self.scan[1] == NOT_SEEN else rules.STEP_BOOK

    @property
    def step_id(self) -> str:
        """Changes with every scan here: a button acts only on the screen that it was drawn for."""
        return f"{self.task.id}:{self.step}:{self.scan[0]}"

    @property
    def shelf(self) -> rules.Shelf:
        step = self.step
        return rules.Shelf(
            self.task.location_id, self.task.code, is_here=step in (rules.STEP_BOOK, rules.STEP_UNSEEN),
            is_over=step == rules.STEP_DONE, has_counts=any(line.units is not None for line in self.lines),
            asked=frozenset(line.item_id for line in self.lines if line.is_asked),
            covers_shelf=self.task.covers_shelf)

    def line_of(self, item_id: int | None, code: str = "") -> Row[Any] | None:
        return next((line for line in self.lines if line.item_id == item_id and line.code == code), None)

    def is_mine(self, actor: Actor) -> bool:
        return bool(self.task.person_id == actor.person_id)

    def may_take_over(self, actor: Actor) -> bool:
        """Never by the one who has it, and never by one who counted this shelf in an earlier round."""
        return (self.task.state == rules.COUNTING and not self.is_mine(actor)
                and rules.may_take_over(self.task.heartbeat_at, actor.at, is_lead=actor.may("approve_count")))


def look(session: Session, task_id: int) -> CountNow:
    """The shelf of a count task with what was counted so far. Refused where there is none."""
    task = session.execute(
        select(CountTask.id, CountTask.session_id, CountTask.location_id, CountTask.round, CountTask.covers_shelf,
               CountTask.state, CountTask.person_id, CountTask.heartbeat_at, CountTask.started_at,
               CountSession.number, CountSession.kind, Person.name.label("person"),
               Location.code, Location.aisle, Location.bay, Location.shelf)
        .join(CountSession, CountSession.id == CountTask.session_id)
        .join(Location, Location.id == CountTask.location_id).outerjoin(Person, Person.id == CountTask.person_id)
        .where(CountTask.id == task_id)).one_or_none()
    if task is None:
        raise NotFound("counting.no_such_task")
    here = (Scan.task == TASK, Scan.task_id == task_id)
    scan = session.execute(select(Scan.id, Scan.code).where(*here).order_by(Scan.id.desc()).limit(1)).one_or_none()
    present_id = session.execute(
        select(Scan.item_id)
        .join(CountLine, (CountLine.task_id == Scan.task_id) & (CountLine.item_id == Scan.item_id))
        .where(*here, Scan.outcome == outcomes.ACCEPTED).order_by(Scan.id.desc()).limit(1)).scalar()
    # Of this round alone: how many shelves others must count again would tell about the first counts.
    of_session = select(func.count()).where(
        CountTask.session_id == task.session_id, CountTask.round == task.round, CountTask.state != rules.CANCELLED)
    done = of_session.where(CountTask.state == rules.COUNTED)
    progress = session.execute(select(done.scalar_subquery(), of_session.scalar_subquery())).one()
    return CountNow(task, tuple(_lines(session, task_id)), present_id, (scan.id, scan.code) if scan else (0, ""),
                    *progress)


def _lines(session: Session, task_id: int) -> Any:
    return session.execute(
        select(CountLine.id, CountLine.item_id, CountLine.code, CountLine.is_asked,
               CountLine.units_counted.label("units"), CountLine.units_damaged.label("damaged"), *BOOK)
        .outerjoin(Item, Item.id == CountLine.item_id)
        .where(CountLine.task_id == task_id).order_by(CountLine.id)).all()


def draw(now: CountNow, actor: Actor) -> dict[str, Any]:
    """The task for screen and JSON: the last title first, then the others, the newest before the older ones."""
    task, is_mine = now.task, now.is_mine(actor)
    lines = [_line(line) for line in reversed(now.lines)] if is_mine else []
    lines.sort(key=lambda line: line["item_id"] != now.present_id or line["item_id"] is None)
    present = lines[0] if lines and now.present_id and lines[0]["item_id"] == now.present_id else None
    others = task.state == rules.COUNTING and not is_mine
    return {
        "area": TASK, "task_id": task.id, "session_id": task.session_id, "session": task.number, "kind": task.kind,
        "location": {"id": task.location_id, "code": task.code, "aisle": task.aisle, "bay": task.bay,
                     "shelf": task.shelf},
        "round": task.round, "covers_shelf": task.covers_shelf, "state": task.state, "step": now.step,
        "step_id": now.step_id, "is_mine": is_mine, "person": task.person or "",
        "may_take_over": now.may_take_over(actor), "present": present, "lines": lines,
        "titles": sum(line["units"] is not None for line in lines),
        "units": sum(line["units"] or 0 for line in lines), "shelves_done": now.done, "shelves": now.of,
        "cue": i18n.say(actor.language, f"counting.cue_{_cue(now, others=others)}", location=task.code,
                        person=task.person or ""),
    }


def _cue(now: CountNow, *, others: bool) -> str:
    if others:
        return "other"
    if now.task.state == rules.CANCELLED:
        return "cancelled"
    return "titles" if now.step == rules.STEP_BOOK and not now.task.covers_shelf else now.step


def _line(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "item_id": row.item_id, "code": row.code, "units": row.units, "damaged": row.damaged,
        "is_asked": row.is_asked, "title": row.title or "", "subtitle": row.subtitle or "",
        "authors": row.authors or "", "isbn13": row.isbn13, "sku": row.sku or "", "volume": row.volume or "",
        "edition": row.edition or "", "binding": row.binding or "", "language": row.language or "",
    }
