"""Codes that one could scan on a work screen, for the scanner on the screen in the demo shop."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import picking, putback
from warehouse.domain.own_labels import make_label
from warehouse.models.catalog import Item
from warehouse.models.picking import Cart, Tote

MOST_TOTES = 3


def list_codes(session: Session, task: dict[str, Any]) -> list[tuple[str, str]]:
    """The right code for the task's next step, and a wrong book."""
    find = {"pick": _pick, "put_back": _put_back}.get(str(task.get("area")))
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


def _wrong_book(session: Session, item_id: int) -> list[tuple[str, str]]:
    """A neighbour in the catalogue: a look-alike, where volumes were entered one after the other."""
    row = session.execute(
        select(Item.title, Item.isbn13).where(Item.id != item_id, Item.isbn13.is_not(None))
        .order_by((Item.id - item_id) * (Item.id - item_id)).limit(1)).one_or_none()
    return [(row.title, row.isbn13)] if row else []
