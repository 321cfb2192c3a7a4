"""What a pick run asks for now: two SELECTs, and the picture of it for tablet and JSON. Writes nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, case, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse import i18n
from warehouse.domain import picking as rules
from warehouse.domain.people import Actor
from warehouse.errors import NotFound
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.journal import Scan
from warehouse.models.orders import Order
from warehouse.models.people import Person
from warehouse.models.picking import Cart, PickRun, PickStop, RunTote, Tote
from warehouse.models.stock import Location
from warehouse.vault import mask_remark

STOPS_AHEAD = 4

_OTHER = aliased(PickStop)
# Two comparisons and a written-out number, not IN and a bound LIMIT: the library would write the IN anew, and
# SQLite plan anew, at each scan.
_IS_OPEN = or_(PickStop.state == rules.OPEN, PickStop.state == rules.SKIPPED)
_OTHER_IS_OPEN = or_(_OTHER.state == rules.OPEN, _OTHER.state == rules.SKIPPED)
_MOST_ROWS: ColumnElement[int] = literal_column(str(STOPS_AHEAD))
_HERE = select(func.count()).where(ItemCode.code == bindparam("code"))
_OF_ORDER = select(func.count()).where(_OTHER.order_id == PickStop.order_id, _OTHER_IS_OPEN)
_SHORT = select(func.sum(_OTHER.units_short)).where(_OTHER.order_id == PickStop.order_id)
_RUN_COLUMNS = (
    PickRun.id, PickRun.kind, PickRun.state, PickRun.wave_id, PickRun.due_at, PickRun.person_id, PickRun.cart_id,
    PickRun.at_location_id, PickRun.changing_slot, PickRun.units_due, PickRun.units_taken,
    Cart.code.label("cart"), Person.name.label("person"), Scan.answer, Scan.body_hash,
)
RUN_FIELDS = tuple(column.key for column in _RUN_COLUMNS)
# All that a scan needs to know, in one SELECT: the run, the answer it may have had, the next stops with their
# books, shelves and totes, and what the scanned code is to them.
_LOOK = (
    select(
        *_RUN_COLUMNS,
        PickStop.id.label("stop_id"), PickStop.state.label("stop_state"), PickStop.slot, PickStop.order_id,
        PickStop.order_line_id, PickStop.reservation_id, PickStop.units_due.label("stop_due"),
        PickStop.units_taken.label("stop_taken"), PickStop.units_short, PickStop.item_id, PickStop.location_id,
        Location.code.label("location"), Location.aisle, Location.bay, Location.shelf,
        Item.title, Item.subtitle, Item.authors, Item.publisher, Item.isbn13, Item.sku, Item.binding, Item.edition,
        Item.volume, Item.volumes, Item.language, Item.packing_class,
        RunTote.tote_id, Tote.code.label("tote"), Tote.location_id.label("tote_location_id"),
        Order.number.label("order_number"), Order.when_short, Order.staff_remark,
        _HERE.scalar_subquery().label("sharing"),
        _HERE.where(ItemCode.item_id == PickStop.item_id).scalar_subquery().label("is_match"),
        _OF_ORDER.scalar_subquery().label("order_stops_left"), _SHORT.scalar_subquery().label("order_short"),
    )
    .select_from(PickRun)
    .outerjoin(Cart, Cart.id == PickRun.cart_id)
    .outerjoin(Person, Person.id == PickRun.person_id)
    .outerjoin(Scan, Scan.scan_id == bindparam("scan_id"))
    .outerjoin(PickStop, (PickStop.run_id == PickRun.id) & _IS_OPEN)
    .outerjoin(Location, Location.id == PickStop.location_id)
    .outerjoin(Item, Item.id == PickStop.item_id)
    .outerjoin(Order, Order.id == PickStop.order_id)
    .outerjoin(RunTote, (RunTote.run_id == PickStop.run_id) & (RunTote.slot == PickStop.slot))
    .outerjoin(Tote, Tote.id == RunTote.tote_id)
    .where(PickRun.id == bindparam("run_id"))
    .order_by(case((PickStop.state == rules.SKIPPED, 1), else_=0), PickStop.position)
    .limit(_MOST_ROWS)
)
_LOCK = select(PickRun.id).where(PickRun.id == bindparam("run_id")).with_for_update()


@dataclass(frozen=True)
class RunNow:
    """A run as it stands, with its next stops; `slot` and `slots` only while the cart is loaded."""

    id: int
    kind: str
    state: str
    wave_id: int
    due_at: datetime
    person_id: int | None
    person: str | None
    cart_id: int | None
    cart: str | None
    at_location_id: int | None
    changing_slot: int | None
    units_due: int
    units_taken: int
    stops: tuple[Any, ...]
    answer: str | None = None
    body_hash: str | None = None
    slot: int = 0
    slots: int = 0

    @property
    def stop(self) -> Row[Any] | None:
        return self.stops[0] if self.stops else None

    @cached_property
    def wanted(self) -> rules.Wanted | None:
        """The stop as the rules see it."""
        if self.stop is None:
            return None
        stop = self.stop
        return rules.Wanted(
            stop.location_id, stop.location, stop.item_id, stop.title, stop.tote_id, stop.slot, stop.stop_due,
            stop.stop_taken, stop.units_short, self.kind == rules.BATCH, self.at_location_id == stop.location_id,
            stop.volumes,
        )

    @cached_property
    def step(self) -> str:
        if self.state == rules.BINDING:
            return rules.STEP_CART if self.needs_cart else rules.STEP_BIND
        if self.state != rules.STARTED or self.wanted is None:
            return rules.STEP_DONE if self.state == rules.RUN_DONE or not self.stops else "start"
        return rules.STEP_CHANGE if self.changing_slot else self.wanted.step

    @property
    def needs_cart(self) -> bool:
        return self.kind == rules.BATCH and self.cart_id is None


def look(session: Session, run_id: int, *, scan_id: str = "", code: str = "", lock: bool = False) -> RunNow:
    """The run, whether this scan was answered before, and its next stops. `lock` takes the run's row first."""
    # On the connection, here and wherever a scan passes: a session adds a third to what a statement costs.
    execute = session.connection().execute
    if lock:
        execute(_LOCK, {"run_id": run_id})
    rows = execute(_LOOK, {"run_id": run_id, "scan_id": scan_id, "code": code}).all()
    if not rows:
        raise NotFound("picking.no_such_run", run=run_id)
    run = dict(zip(RUN_FIELDS, rows[0], strict=False))
    now = RunNow(**run, stops=tuple(row for row in rows if row.stop_id is not None))
    return _with_slots(session, now) if now.state == rules.BINDING else now


def _with_slots(session: Session, now: RunNow) -> RunNow:
    slots = session.execute(
        select(RunTote.slot, RunTote.tote_id).where(RunTote.run_id == now.id).order_by(RunTote.slot)
    ).all()
    empty = [row.slot for row in slots if row.tote_id is None]
    return replace(now, slot=empty[0] if empty else 0, slots=len(slots))


def draw(now: RunNow, actor: Actor) -> dict[str, Any]:
    """The task for screen and JSON: plain values, words in the actor's language."""
    stop = _draw_stop(now) if now.stop is not None else None
    return {
        "area": "pick", "run_id": now.id, "kind": now.kind, "state": now.state, "step": now.step,
        "step_id": f"{now.stop.stop_id if now.stop is not None else 0}:{now.step}",
        "wave_id": now.wave_id, "cart": now.cart, "due_at": now.due_at.isoformat(),
        "is_mine": now.person_id in (None, actor.person_id), "person": now.person,
        "units_taken": now.units_taken, "units_due": now.units_due,
        "slot": now.slot, "slots": now.slots, "changing_slot": now.changing_slot,
        "stop": stop, "ahead": [_draw_ahead(row) for row in now.stops[1:]],
        "cue": _cue(now, actor.language),
        # The shelf that this very scan emptied (STK-3): asked about once, in its answer alone.
        "emptied": None,
    }


def _draw_stop(now: RunNow) -> dict[str, Any]:
    row = now.stop
    assert row is not None
    return {
        "id": row.stop_id, "location_id": row.location_id, "location": row.location, "aisle": row.aisle, "bay": row.bay,
        "shelf": row.shelf, "slot": row.slot, "tote": row.tote, "tote_id": row.tote_id,
        "order_number": row.order_number, "remark": mask_remark(row.staff_remark),
        "units_due": row.stop_due - row.units_short,
        "units_taken": row.stop_taken, "units_left": row.stop_due - row.stop_taken - row.units_short,
        "title": row.title, "subtitle": row.subtitle, "authors": row.authors, "publisher": row.publisher,
        "isbn13": row.isbn13, "sku": row.sku, "item_id": row.item_id, "binding": row.binding,
        "edition": row.edition, "volume": row.volume, "volumes": row.volumes, "language": row.language,
        "packing_class": row.packing_class,
    }


def _draw_ahead(row: Row[Any]) -> dict[str, Any]:
    return {
        "location": row.location, "aisle": row.aisle, "bay": row.bay, "shelf": row.shelf, "title": row.title,
        "language": row.language, "slot": row.slot, "units_left": row.stop_due - row.stop_taken - row.units_short,
    }


def _cue(now: RunNow, lang: str) -> str:
    stop = now.stop
    if now.step in (rules.STEP_BIND, rules.STEP_CHANGE):
        return i18n.say(lang, f"picking.cue_{now.step}", slot=now.changing_slot or now.slot, slots=now.slots)
    if stop is None or now.step in ("start", rules.STEP_CART, rules.STEP_DONE):
        return i18n.say(lang, f"picking.cue_{now.step}")
    return i18n.say(
        lang, f"picking.cue_{now.step}", location=stop.location, title=stop.title, slot=stop.slot,
        n=stop.stop_due - stop.stop_taken - stop.units_short,
    )
