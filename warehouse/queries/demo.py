"""Codes that one could scan on a work screen, for the scanner on the screen in the demo shop."""

from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import counting, picking, putback, returns_bench, stock, transfers
from warehouse.domain.orders import PICKED
from warehouse.domain.own_labels import make_label
from warehouse.models.catalog import Item
from warehouse.models.orders import Order
from warehouse.models.picking import Cart, PickStop, Tote
from warehouse.models.stock import Location, StockBalance

MOST_TOTES = 3
# A right ISBN of a group that gives out no numbers: no catalogue has it.
UNKNOWN_BOOK = "9786699999993"


def list_codes(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """The right code for the task's next step, and a wrong book."""
    find = {
        "pick": _pick, "pack": _pack, "pack_tote": _pack_tote, "bench": _bench, "ship": _ship, "dock": _dock,
        "put_back": _put_back, "transfer": _transfer, "purchase": _purchase, "receive": _receive,
        "count": _count, "returned": _returned,
    }.get(str(task.get("area")))
    return find(session, task) if find else []


def _pick(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    step, stop = task["step"], task["stop"]
    if step == picking.STEP_CART:
        return [(row.code, make_label("cart", row.id)) for row in session.execute(select(Cart.id, Cart.code).limit(2))]
    if step in (picking.STEP_BIND, picking.STEP_CHANGE):
        free = select(Tote.id, Tote.code).where(Tote.state == picking.FREE).order_by(Tote.id).limit(MOST_TOTES)
        return [(row.code, make_label("tote", row.id)) for row in session.execute(free)]
    if stop is None or step not in (picking.STEP_SHELF, picking.STEP_ITEM, picking.STEP_TOTE):
        return []
    right = {
        picking.STEP_SHELF: (stop["location"], make_label("location", stop["location_id"])),
        picking.STEP_ITEM: (stop["title"], stop["isbn13"] or make_label("item", stop["item_id"])),
        picking.STEP_TOTE: (stop["tote"] or "", make_label("tote", stop["tote_id"] or 0)),
    }[step]
    return [right, *_wrong_book(session, stop["item_id"])]


def _put_back(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    book = task.get("present")
    if not book:
        return []
    right = (book["title"], book["isbn13"] or make_label("item", book["item_id"]))
    if task["step"] == putback.STEP_SHELF and book["home"]["id"]:
        right = (book["home"]["code"], make_label("location", book["home"]["id"]))
    return [right, *_wrong_book(session, book["item_id"])]


def _returned(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """A copy that may still come out of the box, or the label that goes onto the one in hand."""
    if task["step"] == returns_bench.STEP_LABEL:
        into = task["present"]["into"]
        return [(into["edition"], make_label("item", into["item_id"]))]
    if task["step"] != returns_bench.STEP_SCAN:
        return []
    due = [line for line in task["lines"] if line["with_customer"] > 0][:1]
    shown = task["lines"][0]["item_id"] if task["lines"] else 0
    return [*((line["title"], make_label("item", line["item_id"])) for line in due), *_wrong_book(session, shown)]


def _transfer(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """The book or place that is asked for; at the beginning a title of goods in."""
    book, to = task["book"], task["task"]["target"] if task["task"] else next(iter(task["suggestions"]), None)
    if task["step"] == transfers.STEP_SHELF and task["condition"] != stock.GOOD:
        place = select(Location.code, Location.id).where(Location.kind == stock.QUARANTINE)
        return [(row.code, make_label("location", row.id)) for row in session.execute(place)]
    if task["step"] == transfers.STEP_SHELF:
        right = [(to["code"], make_label("location", to["id"]))] if to else []
        return [*right, (book["title"], make_label("item", book["item_id"]))]
    if task["step"] == transfers.STEP_START:
        shelf = select(Location.code, Location.id).where(Location.kind == stock.SHELF).order_by(Location.sequence)
        books = [(row["title"], make_label("item", row["item_id"])) for row in task["waiting"][:MOST_TOTES]]
        return books + [(row.code, make_label("location", row.id)) for row in session.execute(shelf.limit(1))]
    if task["task"]:
        wanted = task["task"]
        return [(wanted["title"], make_label("item", wanted["item_id"])), *_wrong_book(session, wanted["item_id"])]
    rows = session.execute(
        select(Item.id, Item.title).join(StockBalance, StockBalance.item_id == Item.id)
        .where(StockBalance.location_id == task["source"]["id"], StockBalance.on_hand > 0).order_by(Item.id)
        .limit(MOST_TOTES))
    return [(row.title, make_label("item", row.id)) for row in rows]


def _receive(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """The next title that the papers name, else the one counted last; another one, and one that nobody knows."""
    if task["step"] != "scan":
        return []
    coming = next((line for line in task["lines"] if line.get("seen", 0) < line.get("due", 0)), task["present"])
    right = [(coming["title"], make_label("item", coming["item_id"]))] if coming else []
    return [*right, *_wrong_book(session, coming["item_id"] if coming else 0), ("?", UNKNOWN_BOOK)]


def _pack(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """A book that is still wanted, and a neighbour that is not."""
    line = next((line for line in task["lines"] if line["units_left"]), None)
    if line is None:
        return []
    right = line["title"], line["isbn13"] or make_label("item", line["item_id"])
    return [right, *_wrong_book(session, line["item_id"])]


def _pack_tote(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """Any book that lies in the tote."""
    rows = session.execute(
        select(Item.id, Item.title, Item.isbn13)
        .join(StockBalance, StockBalance.item_id == Item.id).join(Tote, Tote.location_id == StockBalance.location_id)
        .where(Tote.id == task["tote_id"], StockBalance.on_hand > 0).order_by(Item.id).limit(MOST_TOTES))
    return [(row.title, row.isbn13 or make_label("item", row.id)) for row in rows]


def _bench(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """Totes whose order, or some of whose orders, wait to be packed."""
    waits = select(PickStop.run_id).join(Order, Order.id == PickStop.order_id).where(Order.state == PICKED)
    rows = session.execute(
        select(Tote.id, Tote.code).outerjoin(Order, Order.id == Tote.order_id)
        .where(or_(Order.state == PICKED, and_(Tote.order_id.is_(None), Tote.run_id.in_(waits))))
        .order_by(Tote.id).limit(MOST_TOTES))
    return [(row.code, make_label("tote", row.id)) for row in rows]


def _ship(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """The parcel's own label."""
    return [(task["number"], task["code"])] if task["has_label"] else []


def _dock(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """Parcels of this carrier that may go onto its list."""
    return [(parcel["number"], parcel["number"]) for parcel in task["labelled"][:MOST_TOTES]]


def _count(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """The shelf's label; then the books that lie on it, which nobody can see otherwise, and a code nobody knows."""
    place = task["location"]
    if not task["is_mine"] or task["step"] == counting.STEP_SHELF:
        return [(place["code"], make_label("location", place["id"]))]
    if task["step"] == counting.STEP_DONE:
        return []
    rows = session.execute(
        select(Item.id, Item.title, Item.isbn13).distinct().join(StockBalance, StockBalance.item_id == Item.id)
        .where(StockBalance.location_id == place["id"], StockBalance.on_hand > 0).order_by(Item.id).limit(MOST_TOTES))
    return [*((row.title, row.isbn13 or make_label("item", row.id)) for row in rows), ("?", UNKNOWN_BOOK)]


def _wrong_book(session: Session, item_id: int) -> list[tuple[str, str]]:
    """A neighbour in the catalogue: a look-alike, where volumes were entered one after the other."""
    row = session.execute(
        select(Item.title, Item.isbn13).where(Item.id != item_id, Item.isbn13.is_not(None))
        .order_by((Item.id - item_id) * (Item.id - item_id)).limit(1)).one_or_none()
    return [(row.title, row.isbn13)] if row else []


def _purchase(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """Two books that could be ordered, and one that nobody knows."""
    books = select(Item.title, Item.isbn13).where(Item.isbn13.is_not(None)).order_by(Item.id).limit(2)
    return [*((row.title, row.isbn13) for row in session.execute(books)), (UNKNOWN_BOOK, UNKNOWN_BOOK)]
