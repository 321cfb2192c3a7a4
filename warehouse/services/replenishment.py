"""Replenishment: planned from pick faces and orders, taken by one person, brought, or found short (STK-1)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import incidents as incident_rules
from warehouse.domain import replenishment as rules
from warehouse.domain import stock as ledger
from warehouse.domain.orders import CONFIRMED
from warehouse.domain.people import Actor
from warehouse.domain.replenishment import Face, Need, Reserve, Wanted
from warehouse.domain.transfers import LONGEST_HOLD_HOURS
from warehouse.models.incidents import Incident
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.people import Person
from warehouse.models.stock import Location, StockBalance
from warehouse.models.transfers import Carry, ItemHome, Replenishment
from warehouse.services import incidents, journal

TASK = Replenishment.__table__
FLOW = rules.REPLENISHMENT_FLOW
STAGE, MISSING = "shelf", "missing"


@dataclass(frozen=True)
class Planned:
    """What one planning did to the tasks that nobody had taken."""

    made: int = 0
    changed: int = 0
    cancelled: int = 0
    kept: int = 0


def plan_replenishment(session: Session, actor: Actor) -> Planned:
    """Bring the open tasks up to what pick faces and orders need now: new ones made, others changed or cancelled,
    none twice. Tasks that somebody has in work stay and count as on their way, until that person has gone home."""
    _empty_forgotten_hands(session, actor)
    # One plan at a time, or two of them would both make what is missing.
    session.execute(select(Location.id).where(Location.code == "RECEIVING").with_for_update(key_share=True))
    present = session.execute(
        select(Replenishment).where(Replenishment.state.in_(rules.UNFINISHED)).order_by(Replenishment.id)
        .with_for_update()).scalars().all()
    taken = [task for task in present if task.state == rules.TAKEN]
    needs = list(_needs(session, present))
    wanted = dict(_shares(needs, _reserves(session, taken)))
    changed = cancelled = kept = 0
    for task in present:
        if task.state == rules.TAKEN:
            continue
        need, units = wanted.pop((task.item_id, task.source_id, task.target_id), (None, 0))
        if need is None:
            task.state, task.done_at = FLOW.step(task.state, "cancel"), actor.at
            cancelled += 1
            continue
        news = {"units": task.units_done + units, "why": need.why, "due_at": need.due_at}
        is_news = any(getattr(task, name) != value for name, value in news.items())
        changed, kept = changed + is_news, kept + (not is_news)
        for name, value in news.items():
            setattr(task, name, value)
    if wanted:
        session.execute(insert(TASK), [
            {"item_id": item_id, "source_id": source_id, "target_id": target_id, "units": units, "units_done": 0,
             "why": need.why, "due_at": need.due_at, "state": FLOW.start, "created_at": actor.at}
            for (item_id, source_id, target_id), (need, units) in wanted.items()])
    planned = Planned(len(wanted), changed, cancelled, kept)
    journal.note(session, actor, "plan", "replenishment", None, **asdict(planned))
    return planned


def _empty_forgotten_hands(session: Session, actor: Actor) -> None:
    """Who still holds copies or a task from an earlier shift holds them no more; the task is anybody's again."""
    since = actor.at - timedelta(hours=LONGEST_HOLD_HOURS)
    forgotten = select(Carry.person_id).where(Carry.since < since)
    # As every scan of theirs does first: none comes between.
    session.execute(select(Person.id).where(Person.id.in_(forgotten)).order_by(Person.id)
                    .with_for_update(key_share=True)).all()
    for carry in session.execute(select(Carry).where(Carry.since < since).order_by(Carry.person_id)).scalars().all():
        task = lock(session, carry.replenishment_id) if carry.replenishment_id else None
        if task is not None:
            give_back(session, task)
        session.delete(carry)
    session.flush()  # What follows looks at these rows.


_Shares = Iterator[tuple[tuple[int, int, int], tuple[Need, int]]]


def _shares(needs: list[Need], reserves: dict[int, list[Reserve]]) -> _Shares:
    for need in needs:
        for source_id, units in rules.share(need, reserves.get(need.face.item_id, ())):
            yield (need.face.item_id, source_id, need.face.location_id), (need, units)


def _needs(session: Session, present: Sequence[Replenishment]) -> Iterator[Need]:
    """The needs of all pick faces, with what is on the list already."""
    demand = _demand()
    wanted = {row.item_id: Wanted(int(row.units), row.due_at) for row in session.execute(demand)}
    pick_free = {item_id: int(units) for item_id, units in session.execute(
        select(StockBalance.item_id, func.sum(StockBalance.on_hand - StockBalance.reserved))
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.item_id.in_(select(demand.subquery().c.item_id)), StockBalance.condition == ledger.GOOD,
               Location.kind == ledger.SHELF, Location.is_reserve.is_(False))
        .group_by(StockBalance.item_id))}
    coming: dict[int, int] = defaultdict(int)
    for task in present:
        coming[task.item_id] += task.units - task.units_done if task.state == rules.TAKEN else 0
    begun = {task.item_id for task in present if task.why == rules.FOR_MIN}
    here = and_(StockBalance.item_id == ItemHome.item_id, StockBalance.location_id == ItemHome.location_id,
                StockBalance.condition == ledger.GOOD)
    rows = session.execute(
        select(ItemHome.item_id, ItemHome.location_id, ItemHome.min_units, ItemHome.max_units, Location.sequence,
               func.coalesce(StockBalance.on_hand, 0).label("on_hand"),
               func.coalesce(StockBalance.reserved, 0).label("reserved"))
        .join(Location, Location.id == ItemHome.location_id).outerjoin(StockBalance, here)
        .where(or_(ItemHome.min_units > func.coalesce(StockBalance.on_hand - StockBalance.reserved, 0),
                   ItemHome.item_id.in_(select(demand.subquery().c.item_id)),
                   ItemHome.item_id.in_(select(Replenishment.item_id).where(
                       Replenishment.state.in_(rules.UNFINISHED)))))
        .order_by(ItemHome.item_id))
    for row in rows:
        face = Face(row.item_id, row.location_id, row.sequence, row.on_hand, row.reserved, row.min_units,
                    row.max_units, pick_free.get(row.item_id, 0), coming[row.item_id], row.item_id in begun)
        if need := rules.need_of(face, wanted.get(row.item_id)):
            yield need


def _demand() -> Any:
    """What orders want that have no shelf yet: confirmed ones, and those that wait because shelves were short."""
    waits = select(Hold.id).where(Hold.order_id == Order.id, Hold.reason == "short", Hold.lifted_at.is_(None)).exists()
    return (
        select(OrderLine.item_id, func.sum(OrderLine.units_wanted - OrderLine.units_cancelled).label("units"),
               func.min(Order.due_at).label("due_at"))
        .join(Order, Order.id == OrderLine.order_id)
        .where(or_(Order.state == CONFIRMED, and_(Order.state == "held", waits)), OrderLine.is_service.is_(False),
               OrderLine.item_id.is_not(None))
        .group_by(OrderLine.item_id))


def _reserves(session: Session, taken: list[Replenishment], item_id: int | None = None) -> dict[int, list[Reserve]]:
    """Reserve shelves with free units, by item: without what people fetch from them already, and without those where
    somebody just found less than the books say."""
    fetched: dict[tuple[int, int], int] = defaultdict(int)
    for task in taken:
        fetched[task.item_id, task.source_id] += task.units - task.units_done
    doubted = select(Incident.id).where(
        Incident.state == incident_rules.OPEN, Incident.stage == STAGE, Incident.kind == MISSING,
        Incident.item_id == StockBalance.item_id, Incident.location_id == StockBalance.location_id).exists()
    found: dict[int, list[Reserve]] = defaultdict(list)
    rows = session.execute(
        select(StockBalance.item_id, StockBalance.location_id, Location.sequence,
               (StockBalance.on_hand - StockBalance.reserved).label("free"))
        .join(Location, Location.id == StockBalance.location_id)
        .where(Location.is_reserve, Location.kind == ledger.SHELF, StockBalance.condition == ledger.GOOD,
               StockBalance.on_hand > StockBalance.reserved, ~doubted,
               *(() if item_id is None else (StockBalance.item_id == item_id,)))
        .order_by(StockBalance.item_id, StockBalance.location_id))
    for row in rows:
        free = row.free - fetched[row.item_id, row.location_id]
        if free > 0:
            found[row.item_id].append(Reserve(row.location_id, row.sequence, free))
    return found


# --- One task at work ------------------------------------------------------------------------------------------------


def lock(session: Session, task_id: int) -> Replenishment | None:
    return session.get(Replenishment, task_id, with_for_update=True, populate_existing=True)


def take(session: Session, actor: Actor, task: Replenishment) -> None:
    task.state, task.person_id = FLOW.step(task.state, "take"), actor.person_id
    session.flush()  # The next look reads this row.


def give_back(session: Session, task: Replenishment) -> None:
    """Somebody else may go on with what is left of it."""
    task.state, task.person_id = FLOW.step(task.state, "give_back"), None
    session.flush()  # The next look reads this row.


def bring(session: Session, actor: Actor, task_id: int, units: int) -> bool:
    """Count units that came to the pick face; whether that was all of the task."""
    task = lock(session, task_id)
    assert task is not None
    task.units_done += units
    if is_done := task.units_done == task.units:
        task.state, task.done_at = FLOW.step(task.state, "finish"), actor.at
    session.flush()  # The next look reads this row.
    return is_done


def last_brought(
    session: Session, person_id: int, item_id: int, source_id: int, target_id: int,
) -> Replenishment | None:
    """The person's own task behind such a move, the latest one; none once it was found short or given back."""
    return session.execute(
        select(Replenishment).where(
            Replenishment.person_id == person_id, Replenishment.item_id == item_id,
            Replenishment.source_id == source_id, Replenishment.target_id == target_id, Replenishment.units_done > 0,
            Replenishment.state.in_((rules.TAKEN, rules.DONE)))
        .order_by(Replenishment.id.desc()).limit(1).with_for_update()).scalar_one_or_none()


def take_back(session: Session, task: Replenishment, units: int) -> None:
    """Units that an undo brings back in hand are still to be brought."""
    if task.state == rules.DONE:
        task.state, task.done_at = FLOW.step(task.state, "undo"), None
    task.units_done -= units
    session.flush()  # The next look reads this row.


def report_short(session: Session, actor: Actor, task_id: int, *, in_hand: int, scan_id: int) -> Replenishment | None:
    """The source has no more than what is in hand: an incident of this shelf, and the rest comes from the next one.
    With empty hands the next task is at once this person's and comes back; otherwise it waits for anybody."""
    task = lock(session, task_id)
    assert task is not None
    missing = task.units - task.units_done - in_hand
    incidents.report(session, actor, MISSING, STAGE, units=missing, item_id=task.item_id, location_id=task.source_id,
                     scan_id=scan_id)
    if in_hand:
        task.units -= missing
    else:
        task.state, task.done_at = FLOW.step(task.state, "short"), actor.at
    session.flush()  # The next source is looked up in these rows.
    following = _next_source(session, actor, task, missing)
    if following and not in_hand:
        take(session, actor, following)
        return following
    return None


def _next_source(session: Session, actor: Actor, task: Replenishment, units: int) -> Replenishment | None:
    """A task for the rest, from the reserve shelf that comes next; an open one from there is made larger."""
    unfinished = session.execute(
        select(Replenishment).where(Replenishment.item_id == task.item_id, Replenishment.state.in_(rules.UNFINISHED),
                                    Replenishment.id != task.id).with_for_update()).scalars().all()
    face = Face(task.item_id, task.target_id, _sequence(session, task.target_id), 0, 0, None, None)
    need = Need(face, units, task.why, task.due_at)
    parts = rules.share(need, _reserves(session, list(unfinished), task.item_id)[task.item_id])
    if not parts:
        return next((each for each in unfinished if each.state == rules.OPEN), None)
    source_id, part = parts[0]
    found = next((each for each in unfinished if each.state == rules.OPEN and each.source_id == source_id), None)
    if found is None:
        found = Replenishment(item_id=task.item_id, source_id=source_id, target_id=task.target_id, units=0,
                              units_done=0, why=task.why, due_at=task.due_at, state=FLOW.start, created_at=actor.at)
        session.add(found)
    found.units += part
    session.flush()  # Its id leads on.
    return found


def _sequence(session: Session, location_id: int) -> int:
    return session.execute(select(Location.sequence).where(Location.id == location_id)).scalar_one()
