"""Where things are: items, places and orders that answer to a word or a code."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal_column, or_, select
from sqlalchemy.orm import Session

from warehouse.models.catalog import Item, ItemCode
from warehouse.models.orders import Order
from warehouse.models.stock import Location, StockBalance

MOST_FOUND = 30


@dataclass(frozen=True)
class Shelf:
    """Units of one item at one place."""

    location_id: int
    code: str
    aisle: str
    bay: str
    shelf: str
    kind: str
    condition: str
    on_hand: int
    reserved: int


@dataclass(frozen=True)
class Found:
    """An item as the catalogue has it (CAT-1), with where it lies."""

    id: int
    sku: str
    isbn13: str | None
    title: str
    authors: str
    volume: str
    edition: str
    binding: str
    publisher: str
    published: str
    price_minor: int | None
    currency: str | None
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    packing_class: str
    description: str
    shelves: tuple[Shelf, ...]

    @property
    def units_free(self) -> int:
        return sum(shelf.on_hand - shelf.reserved for shelf in self.shelves
                   if shelf.kind == "shelf" and shelf.condition == "good")


@dataclass(frozen=True)
class Lying:
    """An item at the place that is looked at."""

    item_id: int
    title: str
    authors: str
    volume: str
    isbn13: str | None
    sku: str
    condition: str
    on_hand: int
    reserved: int


@dataclass(frozen=True)
class Spot:
    """A place with what lies there."""

    id: int
    code: str
    aisle: str
    bay: str
    shelf: str
    kind: str
    items: tuple[Lying, ...]


@dataclass(frozen=True)
class FoundOrder:
    id: int
    number: str | None
    channel: str
    source_number: str
    state: str
    due_at: datetime
    recipient_masked: str


@dataclass(frozen=True)
class Results:
    """All that answers to one word or code."""

    items: tuple[Found, ...] = ()
    spots: tuple[Spot, ...] = ()
    orders: tuple[FoundOrder, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.items or self.spots or self.orders)


_FOUND = (Item.id, Item.sku, Item.isbn13, Item.title, Item.authors, Item.volume, Item.edition, Item.binding,
          Item.publisher, Item.published, Item.price_minor, Item.currency, Item.weight_g, Item.length_mm, Item.width_mm,
          Item.height_mm, Item.packing_class, Item.description)


def find_items(session: Session, ids: tuple[int, ...]) -> tuple[Found, ...]:
    rows = session.execute(
        select(*_FOUND).where(Item.id.in_(ids)).order_by(Item.title, Item.volume, Item.id)
    ).mappings().all()
    lying: dict[int, list[Shelf]] = {}
    for item_id, *shelf in session.execute(
        select(
            StockBalance.item_id,
            Location.id,
            Location.code,
            Location.aisle,
            Location.bay,
            Location.shelf,
            Location.kind,
            StockBalance.condition,
            StockBalance.on_hand,
            StockBalance.reserved,
        )
        .join(Location, Location.id == StockBalance.location_id)
        # Written out, so that the index of balances that hold something is used.
        .where(StockBalance.item_id.in_(ids), StockBalance.on_hand > literal_column("0"))
        .order_by(Location.sequence, Location.code)
    ):
        lying.setdefault(item_id, []).append(Shelf(*shelf))
    return tuple(Found(**row, shelves=tuple(lying.get(row["id"], ()))) for row in rows)


def find_spot(session: Session, location_id: int) -> Spot | None:
    row = session.execute(
        select(Location.id, Location.code, Location.aisle, Location.bay, Location.shelf, Location.kind)
        .where(Location.id == location_id)
    ).one_or_none()
    if row is None:
        return None
    items = session.execute(
        select(
            Item.id,
            Item.title,
            Item.authors,
            Item.volume,
            Item.isbn13,
            Item.sku,
            StockBalance.condition,
            StockBalance.on_hand,
            StockBalance.reserved,
        )
        .join(StockBalance, StockBalance.item_id == Item.id)
        .where(StockBalance.location_id == location_id, StockBalance.on_hand > 0)
        .order_by(Item.title, Item.id)
    )
    return Spot(*row, items=tuple(Lying(*item) for item in items))


def find_text(session: Session, text: str, code: str, *, may_see_orders: bool) -> Results:
    """By any code of an item, its title or author, a place's code, an order's number. `code` is `text` as the
    items know it, or empty where it is no code."""
    like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    by_code = select(ItemCode.item_id).where(ItemCode.code.in_({code, text}))
    ids = session.execute(
        select(Item.id).where(or_(
            Item.id.in_(by_code), Item.sku == text, Item.title.ilike(like, escape="\\"),
            Item.authors.ilike(like, escape="\\"),
        )).order_by(Item.title, Item.id).limit(MOST_FOUND)
    ).scalars()
    spot_ids = session.execute(
        select(Location.id).where(Location.code == text.upper()).limit(MOST_FOUND)
    ).scalars().all()
    spots = tuple(spot for spot_id in spot_ids if (spot := find_spot(session, spot_id)))
    orders = session.execute(
        select(Order.id, Order.number, Order.channel, Order.source_number, Order.state, Order.due_at,
               Order.recipient_masked)
        .where(or_(Order.number == text.upper(), Order.source_number == text)).limit(MOST_FOUND)
    ).all() if may_see_orders else []
    return Results(find_items(session, tuple(ids)), spots, tuple(FoundOrder(*order) for order in orders))

