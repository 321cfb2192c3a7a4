"""What one person has in hand and what waits to be put away or brought, and the picture of it. Writes nothing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from warehouse import i18n
from warehouse.domain import stock as ledger
from warehouse.domain import transfers as rules
from warehouse.domain.people import Actor
from warehouse.domain.putaway import Suggestion
from warehouse.domain.replenishment import FOR_ORDERS, OPEN
from warehouse.domain.transfers import Bringing, Hand, Lying, Spot
from warehouse.models.catalog import Item
from warehouse.models.picking import Tote
from warehouse.models.stock import Location, StockBalance, StockMove
from warehouse.models.transfers import Carry, Replenishment
from warehouse.services import transfers_suggest

SHOWN_ROWS = 12
SETTLE = "settle_incident"
_SOURCE, _TARGET, _WANTED = aliased(Location), aliased(Location), aliased(Item)
BOOK = (Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.sku, Item.volume, Item.edition, Item.binding,
        Item.language)


@dataclass(frozen=True)
class HandNow:
    """One person at this work. `row` is what the books say of their hands, `lying` the title in hand at its source.
    Only what the present step shows is looked up: shelves for what is in hand, else what waits."""

    person_id: int
    hand: Hand
    row: Any
    lying: Lying | None
    suggestions: tuple[Suggestion, ...] = ()
    waiting: tuple[dict[str, Any], ...] = ()
    units_waiting: int = 0
    tasks: tuple[dict[str, Any], ...] = ()
    contents: tuple[dict[str, Any], ...] = ()

    @property
    def step_id(self) -> str:
        hand = self.hand
        source, task = hand.source.id if hand.source else 0, hand.task.id if hand.task else 0
        return f"{hand.step}:{source}:{hand.item_id or 0}:{hand.units}:{hand.condition[:1]}:{task}"


def look(session: Session, person_id: int) -> HandNow:
    """The person's hands, and with them what their screen shows."""
    row, hand = look_at_hand(session, person_id)
    lying = None
    if hand.item_id and hand.source:
        lying = look_at_source(session, hand, person_id, hand.item_id)
    shelves: list[Suggestion] = []
    if hand.item_id and hand.source and not hand.task and hand.source.kind != ledger.SHELF and (
            hand.condition == ledger.GOOD):
        shelves = transfers_suggest.suggest(session, hand.item_id, hand.units)
    waiting = _waiting(session) if hand.step == rules.STEP_START else ()
    units_waiting = _units_waiting(session) if hand.step == rules.STEP_START else 0
    tasks = _open_tasks(session) if hand.step == rules.STEP_START else ()
    contents = _contents(session, hand.source, hand.item_id) if hand.source else ()
    return HandNow(person_id, hand, row, lying, tuple(shelves), waiting, units_waiting, tasks, contents)


def look_at_hand(session: Session, person_id: int) -> tuple[Any, Hand]:
    """The books of a person's hands, and the same as the rules see it."""
    row = session.execute(
        select(Carry.units, Carry.condition, Carry.item_id, *BOOK, Carry.source_id, _SOURCE.code.label("source"),
               _SOURCE.kind, _SOURCE.aisle, _SOURCE.bay, _SOURCE.shelf, Carry.replenishment_id,
               Replenishment.units.label("task_units"), Replenishment.units_done, Replenishment.why,
               Replenishment.due_at, Replenishment.item_id.label("task_item_id"), _WANTED.title.label("task_title"),
               _WANTED.authors.label("task_authors"), _WANTED.isbn13.label("task_isbn13"),
               _WANTED.sku.label("task_sku"), _WANTED.volume.label("task_volume"),
               _TARGET.id.label("target_id"), _TARGET.code.label("target"),
               _TARGET.aisle.label("target_aisle"), _TARGET.bay.label("target_bay"),
               _TARGET.shelf.label("target_shelf"))
        .join(_SOURCE, _SOURCE.id == Carry.source_id).outerjoin(Item, Item.id == Carry.item_id)
        .outerjoin(Replenishment, Replenishment.id == Carry.replenishment_id)
        .outerjoin(_TARGET, _TARGET.id == Replenishment.target_id)
        .outerjoin(_WANTED, _WANTED.id == Replenishment.item_id)
        .where(Carry.person_id == person_id)).one_or_none()
    if row is None:
        return None, Hand()
    task = None
    if row.replenishment_id:
        task = Bringing(row.replenishment_id, row.task_item_id, row.task_title, row.target_id, row.target,
                        row.task_units - row.units_done)
    source = Spot(row.source_id, row.source, row.kind)
    return row, Hand(source, row.item_id, row.title or "", row.condition, row.units, task)


def look_at_source(
    session: Session, hand: Hand, person_id: int, item_id: int, *, lock: bool = False,
) -> Lying:
    """A title at the source, in the condition that is in hand; with empty hands good copies before damaged ones.
    `lock` keeps it as it is until the commit."""
    assert hand.source
    balances = select(StockBalance.condition, StockBalance.on_hand, StockBalance.reserved).where(
        StockBalance.item_id == item_id, StockBalance.location_id == hand.source.id
    ).order_by(StockBalance.condition.desc())
    rows = {row.condition: row for row in session.execute(balances.with_for_update() if lock else balances)}
    elsewhere = {
        condition: int(units) for condition, units in session.execute(
            select(Carry.condition, func.sum(Carry.units)).where(
                Carry.item_id == item_id, Carry.source_id == hand.source.id, Carry.person_id != person_id)
            .group_by(Carry.condition))
    }
    item = session.execute(select(Item.title, Item.listing).where(Item.id == item_id)).one()
    claimed = _claimed_in_tote(session, item_id, hand.source)

    def lying(condition: str) -> Lying:
        row, others = rows.get(condition), elsewhere.get(condition, 0)
        promised = (row.reserved if row else 0) + (claimed if condition == ledger.GOOD else 0)
        free = max(0, (row.on_hand if row else 0) - promised - others)
        return Lying(item_id, item.title, condition, free, promised, others, item.listing == "draft")

    if hand.units or hand.task:
        return lying(hand.condition)
    good = lying(ledger.GOOD)
    damaged = lying(ledger.DAMAGED)
    return damaged if not good.free and damaged.free else good


def _claimed_in_tote(session: Session, item_id: int, source: Spot) -> int:
    """Units of a tote that came for an order and are still there: they are packed or put back, not moved."""
    if source.kind != ledger.TOTE:
        return 0
    went = case((StockMove.target_id == source.id, StockMove.units), else_=-StockMove.units)
    found = session.execute(
        select(func.sum(went)).where(
            StockMove.item_id == item_id, StockMove.order_line_id.is_not(None),
            (StockMove.target_id == source.id) | (StockMove.source_id == source.id))).scalar()
    return int(found or 0)


def _contents(session: Session, source: Spot, item_id: int | None) -> tuple[dict[str, Any], ...]:
    """What lies at the source, by title and condition; the title in hand first."""
    rows = session.execute(
        select(Item.id.label("item_id"), Item.title, Item.isbn13, Item.sku, StockBalance.condition,
               StockBalance.on_hand.label("units"), StockBalance.reserved)
        .join(Item, Item.id == StockBalance.item_id)
        .where(StockBalance.location_id == source.id, StockBalance.on_hand > 0)
        .order_by(case((Item.id == item_id, 0), else_=1), Item.id, StockBalance.condition.desc()).limit(SHOWN_ROWS))
    return tuple(dict(row) for row in rows.mappings())


def _in_receiving() -> Any:
    return (Location.kind == ledger.STAGING) & (StockBalance.on_hand > 0)


def _waiting(session: Session) -> tuple[dict[str, Any], ...]:
    """What stands in goods in, title by title; drafts last, because they cannot go yet."""
    rows = session.execute(
        select(Item.id.label("item_id"), Item.title, Item.authors, Item.isbn13, Item.sku, Item.listing,
               Location.code.label("location"), func.sum(StockBalance.on_hand).label("units"))
        .join(Item, Item.id == StockBalance.item_id).join(Location, Location.id == StockBalance.location_id)
        .where(_in_receiving())
        .group_by(Item.id, Item.title, Item.authors, Item.isbn13, Item.sku, Item.listing, Location.code)
        .order_by(case((Item.listing == "draft", 1), else_=0), Item.id).limit(SHOWN_ROWS))
    return tuple(dict(row) for row in rows.mappings())


def _units_waiting(session: Session) -> int:
    return int(session.execute(
        select(func.coalesce(func.sum(StockBalance.on_hand), 0))
        .join(Location, Location.id == StockBalance.location_id).where(_in_receiving())).scalar_one())


def _open_tasks(session: Session) -> tuple[dict[str, Any], ...]:
    """Replenishments that nobody has yet: those that orders wait for first, the earliest due first."""
    rows = session.execute(
        select(Replenishment.id, Replenishment.why, Replenishment.due_at, Item.title, Item.isbn13, Item.sku,
               (Replenishment.units - Replenishment.units_done).label("units"), _SOURCE.code.label("source"),
               _TARGET.code.label("target"))
        .join(Item, Item.id == Replenishment.item_id).join(_SOURCE, _SOURCE.id == Replenishment.source_id)
        .join(_TARGET, _TARGET.id == Replenishment.target_id).where(Replenishment.state == OPEN)
        .order_by(case((Replenishment.why == FOR_ORDERS, 0), else_=1), Replenishment.due_at, _SOURCE.sequence,
                  Replenishment.id).limit(SHOWN_ROWS))
    return tuple({**row, "due_at": row["due_at"].isoformat() if row["due_at"] else None} for row in rows.mappings())


def tote_place(session: Session, tote_id: int) -> int:
    """The location that a tote is."""
    return session.execute(select(Tote.location_id).where(Tote.id == tote_id)).scalar_one()


# --- The picture -----------------------------------------------------------------------------------------------------


def draw(now: HandNow, actor: Actor) -> dict[str, Any]:
    """The task for screen and JSON: plain values only."""
    hand, row, shelves = now.hand, now.row, _drawn_shelves(now)
    task = _drawn_task(row)
    best = task["target"]["code"] if task else shelves[0]["code"] if shelves else ""
    cue = hand.step
    if hand.step == rules.STEP_SHELF:
        cue = "quarantine" if hand.condition != ledger.GOOD else "shelf" if best else "any_shelf"
    elif hand.step == rules.STEP_ITEM and task:
        cue = "bring"
    facts = {"n": hand.units, "location": best, "source": hand.source.code if hand.source else "",
             "units": hand.task.units_left if hand.task else 0}
    most = now.lying.free if now.lying else 0
    if hand.task:
        most = min(most, hand.task.units_left)
    return {
        "area": "transfer", "step": hand.step, "step_id": now.step_id, "units": hand.units,
        "more": max(0, most - hand.units), "condition": hand.condition,
        "source": _place(row.source_id, row.source, row.kind, row.aisle, row.bay, row.shelf) if row else None,
        "book": _drawn_book(row), "task": task, "suggestions": shelves, "units_waiting": now.units_waiting,
        "waiting": list(now.waiting), "tasks": list(now.tasks), "contents": list(now.contents),
        "may_swap": not hand.task and any(
            each["item_id"] == hand.item_id and each["condition"] != hand.condition for each in now.contents),
        "tasks_first": False, "may_regrade": actor.may(SETTLE),
        "cue": i18n.say(actor.language, f"transfers.cue_{cue}", **facts),
    }


def _place(place_id: int, code: str, kind: str, aisle: str, bay: str, shelf: str) -> dict[str, Any]:
    return {"id": place_id, "code": code, "kind": kind, "aisle": aisle, "bay": bay, "shelf": shelf}


def _drawn_book(row: Any) -> dict[str, Any] | None:
    if row is None or not row.item_id:
        return None
    names = ("title", "subtitle", "authors", "isbn13", "sku", "volume", "edition", "binding", "language")
    return {"item_id": row.item_id, **{name: getattr(row, name) for name in names}}


def _drawn_task(row: Any) -> dict[str, Any] | None:
    """The replenishment: what to fetch here, and where it goes."""
    if row is None or not row.replenishment_id:
        return None
    return {
        "id": row.replenishment_id, "why": row.why, "units": row.task_units, "units_done": row.units_done,
        "due_at": row.due_at.isoformat() if row.due_at else None, "item_id": row.task_item_id,
        "title": row.task_title, "authors": row.task_authors, "isbn13": row.task_isbn13, "sku": row.task_sku,
        "volume": row.task_volume,
        "target": _place(row.target_id, row.target, ledger.SHELF, row.target_aisle, row.target_bay, row.target_shelf),
    }


def _drawn_shelves(now: HandNow) -> list[dict[str, Any]]:
    return [
        {**_place(one.shelf.id, one.shelf.code, ledger.SHELF, one.shelf.aisle, one.shelf.bay, one.shelf.shelf),
         "reason": one.reason, "load": one.shelf.load, "of_title": one.shelf.of_title}
        for one in now.suggestions
    ]
