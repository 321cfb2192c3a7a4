"""What the rules of put-away must know of the shelves, gathered in a few SELECTs whatever their number (REC-2)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from warehouse.domain import putaway as rules
from warehouse.domain import stock as ledger
from warehouse.domain.putaway import Candidate, Stands, Suggestion
from warehouse.models.catalog import Item, ItemFigure
from warehouse.models.stock import Location, StockBalance
from warehouse.models.transfers import ItemHome

# So many free shelves are looked at; a look-alike beside every one of them is hardly ever met.
FREE_SHELVES = 12
_SHELF = (Location.id, Location.code, Location.aisle, Location.bay, Location.shelf, Location.sequence,
          Location.max_units.label("most_units"), Location.is_reserve)
BOOK_TRAITS = (Item.id, Item.title, Item.isbn13, Item.volume)


def suggest(session: Session, item_id: int, units: int) -> list[Suggestion]:
    """Shelves for copies of a title, the best first; at most three."""
    book = session.execute(select(*BOOK_TRAITS).where(Item.id == item_id)).mappings().one()
    sold_30 = session.execute(select(ItemFigure.sold_30).where(ItemFigure.item_id == item_id)).scalar()
    near = rules.goes_near(sold_30)
    own = _own_shelves(session, item_id)
    free = _free_shelves(session, units, near=near, reserve_first=any(shelf.is_home for shelf in own))
    shelves = own + free
    return rules.suggest(dict(book), units, shelves, _around(session, shelves, item_id), near=near)


def _own_shelves(session: Session, item_id: int) -> list[Candidate]:
    """The fixed shelf, and those where copies of the title stand already."""
    load = select(func.sum(StockBalance.on_hand)).where(
        StockBalance.location_id == Location.id).correlate(Location).scalar_subquery()
    of_title = select(func.sum(StockBalance.on_hand)).where(
        StockBalance.location_id == Location.id, StockBalance.item_id == item_id).correlate(Location).scalar_subquery()
    stands = select(StockBalance.location_id).where(
        StockBalance.item_id == item_id, StockBalance.condition == ledger.GOOD, StockBalance.on_hand > 0)
    fixed = select(ItemHome.location_id).where(ItemHome.item_id == item_id)
    rows = session.execute(
        select(*_SHELF, load.label("load"), of_title.label("of_title"), ItemHome.location_id.label("home_id"),
               ItemHome.max_units.label("home_most"))
        .outerjoin(ItemHome, and_(ItemHome.location_id == Location.id, ItemHome.item_id == item_id))
        .where(Location.kind == ledger.SHELF, or_(Location.id.in_(stands), Location.id.in_(fixed))))
    return [
        replace(_candidate(row), load=int(row.load or 0), of_title=int(row.of_title or 0),
                is_home=row.home_id is not None, home_most=row.home_most)
        for row in rows
    ]


def _free_shelves(session: Session, units: int, *, near: bool, reserve_first: bool) -> list[Candidate]:
    """Empty shelves that are no other title's fixed one; where there are none, shelves that are known to have room."""
    at_shelf = StockBalance.location_id == Location.id
    found = select(*_SHELF).where(
        Location.kind == ledger.SHELF, or_(Location.max_units.is_(None), Location.max_units >= units),
        ~select(ItemHome.item_id).where(ItemHome.location_id == Location.id).exists())
    empty = found.where(~select(StockBalance.item_id).where(at_shelf, StockBalance.on_hand > 0).exists())
    if shelves := _first(session, empty, near=near, reserve_first=reserve_first):
        return [_candidate(row) for row in shelves]
    load = select(func.sum(StockBalance.on_hand)).where(at_shelf).correlate(Location).scalar_subquery()
    roomy = found.add_columns(load.label("load")).where(load + units <= Location.max_units)
    return [replace(_candidate(row), load=int(row.load or 0))
            for row in _first(session, roomy, near=near, reserve_first=reserve_first)]


def _first(session: Session, shelves: Any, *, near: bool, reserve_first: bool) -> list[Any]:
    """The first ones of a walk from its start or its end. Each half by itself, so that it is read in the order of the
    index and only as far as needed."""
    walk = (Location.sequence, Location.code) if near else (Location.sequence.desc(), Location.code.desc())
    found: list[Any] = []
    for is_reserve in (reserve_first, not reserve_first):
        half = shelves.where(Location.is_reserve == is_reserve).order_by(*walk)
        found += session.execute(half.limit(FREE_SHELVES - len(found))).all()
    return found


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(row.id, row.code, row.aisle, row.bay, row.shelf, row.sequence, most_units=row.most_units,
                     is_reserve=row.is_reserve)


def _around(session: Session, shelves: Sequence[Candidate], item_id: int) -> list[Stands]:
    """All shelves of the bays of these shelves with the other books on them. A name without a bay is its own."""
    bays = {(shelf.aisle, shelf.bay) for shelf in shelves if shelf.bay}
    ids = [shelf.id for shelf in shelves if not shelf.bay]
    rows = session.execute(
        select(Location.id.label("location_id"), Location.aisle, Location.bay, Location.shelf, *BOOK_TRAITS)
        .outerjoin(StockBalance, and_(StockBalance.location_id == Location.id, StockBalance.on_hand > 0,
                                      StockBalance.item_id != item_id))
        .outerjoin(Item, Item.id == StockBalance.item_id)
        .where(Location.kind == ledger.SHELF,
               or_(tuple_(Location.aisle, Location.bay).in_(sorted(bays)), Location.id.in_(ids)))
    ).mappings()
    found: dict[int, Stands] = {}
    for row in rows:
        before = found.get(row["location_id"], Stands(row["aisle"], row["bay"], row["shelf"], ()))
        books = (*before.books, dict(row)) if row["title"] is not None else before.books
        found[row["location_id"]] = replace(before, books=books)
    return list(found.values())
