"""Stocktakes are opened here, and shelves put on their lists (STK-3). A shelf is in one first count at a time.

The row of the shelf is held while that is looked up, so that two who ask at once do not both get it.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from warehouse.domain import barcodes, counting
from warehouse.domain import stock as ledger
from warehouse.domain import stocktakes as rules
from warehouse.domain.people import Actor
from warehouse.domain.stocktakes import Tolerances
from warehouse.errors import Invalid
from warehouse.models.catalog import Item, ItemCode, ItemFigure
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.models.stock import Location, StockBalance
from warehouse.services import journal

TASK, LINE = CountTask.__table__, CountLine.__table__
TO_COME = (counting.OPEN, counting.COUNTING)
LOT = 5000
SHOWN_CODES = 5


def open_session(
    session: Session, actor: Actor, kind: str, scope: Mapping[str, Any], *, tolerances: Tolerances = rules.USUAL,
) -> int:
    """A stocktake with a task for every shelf that `scope` means; its id. `scope` has `zones`, `codes`, `classes` or
    `publisher`, by `kind`. Shelves that another open count has already are left out and kept by name in
    `scope.left_out`. Refused: an unknown code, a scope without a single shelf."""
    wanted = _wanted(session, kind, scope)
    session_id = new_session(session, actor, kind, scope, tolerances=tolerances)
    left_out = add_tasks(session, session_id, wanted)
    if len(left_out) == len(wanted):
        raise Invalid("stocktakes.nothing_to_count")
    if left_out:
        codes = [code for lot in _lots(left_out) for code in session.execute(
            select(Location.code).where(Location.id.in_(lot)).order_by(Location.sequence, Location.code)).scalars()]
        session.execute(update(CountSession).where(CountSession.id == session_id)
                        .values(scope={**scope, "left_out": codes}))
    return session_id


def new_session(
    session: Session, actor: Actor, kind: str, scope: Mapping[str, Any], *, tolerances: Tolerances = rules.USUAL,
) -> int:
    """An empty stocktake; shelves are put on its list by `add_tasks`. Its id."""
    assert kind in counting.KINDS, kind
    made = CountSession(
        # Unique until the id is known that it is named by.
        number=uuid.uuid4().hex, kind=kind, state=counting.SESSION_FLOW.start, scope=dict(scope),
        tolerance_units=tolerances.units, tolerance_minor=tolerances.minor, approval_minor=tolerances.approval_minor,
        created_at=actor.at, created_by=actor.person_id)
    session.add(made)
    session.flush()  # Its id is the answer.
    made.number = f"ST{made.id:05d}"
    session.flush()
    return made.id


def add_tasks(session: Session, session_id: int, wanted: Mapping[int, Collection[int]]) -> list[int]:
    """First counts for many shelves: {location: items}, or no items for everything that lies there. Ids of the
    shelves that were left out, because they are no shelves, in an open count, or in this session already."""
    free: set[int] = set()
    for lot in _lots(sorted(wanted)):
        free.update(session.execute(
            select(Location.id).where(Location.id.in_(lot), Location.kind == ledger.SHELF)
            .order_by(Location.id).with_for_update(key_share=True)).scalars())
    free -= set(session.execute(
        select(TASK.c.location_id).where(or_(TASK.c.state.in_(TO_COME), TASK.c.session_id == session_id))).scalars())
    _first_counts(session, session_id, {place: items for place, items in wanted.items() if place in free})
    return [place for place in wanted if place not in free]


def _first_counts(session: Session, session_id: int, wanted: Mapping[int, Collection[int]]) -> list[int]:
    """The tasks of shelves that nobody counts, in their order."""
    if not wanted:
        return []
    made = session.execute(
        insert(TASK).returning(TASK.c.id, sort_by_parameter_order=True),
        [{"session_id": session_id, "location_id": place, "round": 1, "covers_shelf": not items,
          "state": counting.TASK_FLOW.start} for place, items in wanted.items()]).scalars().all()
    asked = [_asked(task_id, item_id)
             for task_id, items in zip(made, wanted.values(), strict=True) for item_id in sorted(items)]
    if asked:
        session.execute(insert(LINE), asked)
    return list(made)


def ask_for_count(
    session: Session, actor: Actor, location_id: int, *, kind: str, why: str, item_ids: Collection[int] = (),
) -> int | None:
    """Have a shelf counted, whole or only for some titles, in the standing session of this kind; the id of the task.
    None where the place is no shelf or an open first count has it already: that one is widened. A recount is not: what
    its session settled it would not judge again."""
    is_shelf = session.execute(
        select(Location.id).where(Location.id == location_id, Location.kind == ledger.SHELF)
        .with_for_update(key_share=True)).scalar()
    if is_shelf is None:
        return None
    present = session.execute(
        select(CountTask).where(
            CountTask.location_id == location_id, CountTask.state.in_(TO_COME), CountTask.round == 1)
        .order_by(CountTask.id).limit(1).with_for_update()
        .execution_options(populate_existing=True)).scalar_one_or_none()
    if present is not None:
        _widen(session, present, item_ids)
        return None
    session_id = standing_session(session, actor, kind, location_id)
    task_id, = _first_counts(session, session_id, {location_id: item_ids})
    journal.note(session, actor, "ask_count", "location", location_id, reason=why, kind=kind, task=task_id)
    return int(task_id)


def standing_session(session: Session, actor: Actor, kind: str, location_id: int) -> int:
    """The open session that gathers shelves as they are asked for, where this shelf is not on its list yet; else a
    new one. Its id. Nobody ends it until the commit."""
    standing = session.execute(
        select(CountSession.id).where(
            CountSession.kind == kind, CountSession.state == counting.COUNTING,
            ~exists().where(CountTask.session_id == CountSession.id, CountTask.location_id == location_id))
        .order_by(CountSession.id.desc()).limit(1).with_for_update(read=True)).scalar()
    return standing or new_session(session, actor, kind, {"standing": True})


def is_open(session: Session, session_id: int) -> bool:
    """Whether a stocktake still counts. Nobody ends it until the commit."""
    state = select(CountSession.state).where(CountSession.id == session_id).with_for_update(read=True)
    return session.execute(state).scalar() == counting.COUNTING


def _widen(session: Session, task: CountTask, item_ids: Collection[int]) -> None:
    if not item_ids:
        task.covers_shelf = True
    elif not task.covers_shelf:
        _add_titles(session, task.id, item_ids)


def ask_titles(session: Session, session_id: int, location_id: int, item_ids: Collection[int]) -> bool:
    """Count some titles of a shelf once more, or for the first time, within a session: in its open task there, else
    in a new one of the next round. False where the rounds are used up. Whoever finishes the task meanwhile is waited
    for, or the titles would come too late on its list."""
    session.execute(select(Location.id).where(Location.id == location_id).with_for_update(key_share=True))
    tasks = session.execute(
        select(CountTask).where(CountTask.session_id == session_id, CountTask.location_id == location_id)
        .order_by(CountTask.round).with_for_update().execution_options(populate_existing=True)).scalars().all()
    present = next((task for task in tasks if task.state in TO_COME), None)
    if present is not None:
        if not present.covers_shelf:
            _add_titles(session, present.id, item_ids)
        return True
    next_round = tasks[-1].round + 1 if tasks else 1
    if next_round > rules.MOST_ROUNDS:
        return False
    task_id = session.execute(insert(TASK).returning(TASK.c.id), {
        "session_id": session_id, "location_id": location_id, "round": next_round, "covers_shelf": False,
        "state": counting.TASK_FLOW.start}).scalar_one()
    _add_titles(session, task_id, item_ids)
    return True


def ask_elsewhere(session: Session, session_id: int, item_id: int) -> None:
    """A title was found where the books had none: its other shelves are counted too, where the session has not
    counted it there and no other count has the shelf."""
    known = select(CountResult.location_id).where(
        CountResult.session_id == session_id, CountResult.item_id == item_id)
    busy = select(TASK.c.location_id).where(TASK.c.state.in_(TO_COME), TASK.c.session_id != session_id)
    places = session.execute(
        select(Location.id).join(StockBalance, StockBalance.location_id == Location.id)
        .where(StockBalance.item_id == item_id, StockBalance.on_hand > 0, Location.kind == ledger.SHELF,
               Location.id.not_in(known), Location.id.not_in(busy))
        .order_by(Location.id).with_for_update(key_share=True, of=Location)).scalars()
    for place in dict.fromkeys(places):
        ask_titles(session, session_id, place, [item_id])


def _add_titles(session: Session, task_id: int, item_ids: Collection[int]) -> None:
    present = set(session.execute(select(LINE.c.item_id).where(LINE.c.task_id == task_id)).scalars())
    asked = [_asked(task_id, item_id) for item_id in sorted(set(item_ids) - present)]
    if asked:
        session.execute(insert(LINE), asked)


def _asked(task_id: int, item_id: int) -> dict[str, Any]:
    return {"task_id": task_id, "item_id": item_id, "is_asked": True}


# --- What a scope means ----------------------------------------------------------------------------------------------


def _wanted(session: Session, kind: str, scope: Mapping[str, Any]) -> dict[int, Collection[int]]:
    """{location: items} of a scope; no items: the whole shelf."""
    if kind in (counting.ALL, counting.ZONE):
        shelves = select(Location.id).where(Location.kind == ledger.SHELF).order_by(Location.sequence, Location.code)
        if kind == counting.ZONE:
            zones = [str(zone) for zone in scope.get("zones", ())]
            shelves = shelves.where(zone_of().in_(zones))
        return dict.fromkeys(session.execute(shelves).scalars(), ())
    items: Any
    if kind == counting.LIST:
        items = _items_of_codes(session, scope.get("codes", ()))
    elif kind == counting.ABC:
        items = select(ItemFigure.item_id).where(ItemFigure.abc.in_(list(scope.get("classes", ()))))
    else:
        items = select(Item.id).where(Item.publisher == scope.get("publisher", ""))
    rows = session.execute(
        select(StockBalance.location_id, StockBalance.item_id).distinct()
        .join(Location, Location.id == StockBalance.location_id)
        .where(Location.kind == ledger.SHELF, StockBalance.item_id.in_(items))
        .order_by(StockBalance.location_id, StockBalance.item_id))
    wanted: dict[int, list[int]] = {}
    for location_id, item_id in rows:
        wanted.setdefault(location_id, []).append(item_id)
    return dict(wanted)


def zone_of() -> Any:
    """The zone of a shelf; where shelves have none, their aisle."""
    return func.coalesce(func.nullif(Location.zone, ""), Location.aisle)


def _items_of_codes(session: Session, given: Iterable[str]) -> list[int]:
    """Every item that one of the codes may stand for. Refused with the ones that nobody knows."""
    found: set[int] = set()
    unknown = []
    for text in given:
        code = barcodes.read(text)
        names = {text, code.value} if code.ok and code.value else {text}
        ids = set(session.execute(select(ItemCode.item_id).where(ItemCode.code.in_(names))).scalars()) | set(
            session.execute(select(Item.id).where(Item.sku == text)).scalars())
        found |= ids
        if not ids:
            unknown.append(text)
    if unknown:
        raise Invalid("stocktakes.unknown_codes", n=len(unknown), codes=", ".join(unknown[:SHOWN_CODES]))
    return sorted(found)


def _lots(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Short enough for one statement's list."""
    return (ids[first : first + LOT] for first in range(0, len(ids), LOT))
