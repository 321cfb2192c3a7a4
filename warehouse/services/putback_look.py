"""What waits to be put back out of one tote or parcel, and the picture of it. Writes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse import i18n
from warehouse.domain import putback as rules
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.putback import Waiting
from warehouse.errors import NotFound
from warehouse.models.catalog import Item
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.stock import Location, PutBack

_HOME = aliased(Location)
BOOK = (Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.sku, Item.volume, Item.edition, Item.binding,
        Item.language)


@dataclass(frozen=True)
class BackNow:
    """A tote or parcel with what must leave it. `rows` are those still open, or the last ones done."""

    source_id: int
    source: str
    kind: str
    rows: tuple[Row[Any], ...]

    @property
    def waiting(self) -> list[Waiting]:
        """Title by title, as the rules see it."""
        found: dict[int, Waiting] = {}
        for row in self.rows:
            before = found.get(row.item_id, Waiting(row.item_id, row.title, 0, 0))
            left = row.units - row.units_done - row.in_hand
            found[row.item_id] = Waiting(row.item_id, row.title, before.units_left + left, before.in_hand + row.in_hand)
        return [each for each in found.values() if each.units_left or each.in_hand]

    @property
    def step(self) -> str:
        return rules.step_of(self.waiting)

    @property
    def held(self) -> Waiting | None:
        return next((each for each in self.waiting if each.in_hand), None)


def look(session: Session, source_id: int) -> BackNow:
    """The place with its open rows; when all are done, those of the orders that were done last."""
    place = session.execute(
        select(Location.id, func.coalesce(Parcel.number, Location.code).label("code"), Location.kind)
        .outerjoin(Parcel, Parcel.location_id == Location.id)
        .where(Location.id == source_id, Location.kind.in_((ledger.TOTE, ledger.PARCEL)))).one_or_none()
    if place is None:
        raise NotFound("putback.no_such_place")
    return BackNow(place.id, place.code, place.kind, tuple(_rows(session, source_id)))


def _rows(session: Session, source_id: int) -> Iterable[Any]:
    last = (
        select(PutBack.created_at).where(PutBack.source_id == source_id)
        .order_by(PutBack.done_at.is_(None).desc(), PutBack.id.desc()).limit(1).scalar_subquery())
    return session.execute(
        select(PutBack.id, PutBack.order_id, PutBack.order_line_id, PutBack.item_id, PutBack.home_id, PutBack.units,
               PutBack.units_done, PutBack.in_hand, PutBack.created_at, Order.number, *BOOK,
               _HOME.code, _HOME.aisle, _HOME.bay, _HOME.shelf)
        .join(Item, Item.id == PutBack.item_id).join(Order, Order.id == PutBack.order_id)
        .outerjoin(_HOME, _HOME.id == PutBack.home_id)
        .where(PutBack.source_id == source_id, or_(PutBack.done_at.is_(None), PutBack.created_at == last))
        .order_by(PutBack.id)).all()


def draw(now: BackNow, actor: Actor) -> dict[str, Any]:
    """The task for screen and JSON: what is in hand first, then what waits, then what is done."""
    lines = sorted((_line(row) for row in now.rows), key=lambda line: (-line["in_hand"], not line["units_left"]))
    present = next((line for line in lines if line["in_hand"] or line["units_left"]), None)
    held = now.held
    facts = {"source": now.source, "location": present["home"]["code"] if present else "",
             "n": held.in_hand if held else 0}
    cue = now.step if now.step != rules.STEP_SHELF or facts["location"] else "any_shelf"
    return {
        "area": "put_back", "source_id": now.source_id, "source": now.source, "kind": now.kind, "step": now.step,
        "step_id": f"{now.source_id}:{now.step}:{sum(row.units_done + row.in_hand for row in now.rows)}",
        "units_done": sum(row.units_done for row in now.rows), "units": sum(row.units for row in now.rows),
        "present": present, "lines": lines, "orders": sorted({row.number for row in now.rows}),
        "cue": i18n.say(actor.language, f"putback.cue_{cue}", **facts),
    }


def _line(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "item_id": row.item_id, "title": row.title, "subtitle": row.subtitle, "authors": row.authors,
        "isbn13": row.isbn13, "sku": row.sku, "volume": row.volume, "edition": row.edition, "binding": row.binding,
        "language": row.language, "order_number": row.number, "units": row.units, "units_done": row.units_done,
        "in_hand": row.in_hand, "units_left": row.units - row.units_done - row.in_hand,
        "home": {"id": row.home_id, "code": row.code or "", "aisle": row.aisle or "", "bay": row.bay or "",
                 "shelf": row.shelf or ""},
    }
