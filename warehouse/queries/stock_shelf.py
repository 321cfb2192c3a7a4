"""The card of one place: what lies there, whose home it is, when it was counted, and the last moves (STK-2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import stock as ledger
from warehouse.models.catalog import Item
from warehouse.models.counting import CountLine, CountTask
from warehouse.models.people import Person
from warehouse.models.stock import Location, StockBalance, StockMove
from warehouse.models.transfers import ItemHome
from warehouse.queries.stock_card import HELD
from warehouse.queries.stock_moves import MoveRow, list_moves, newest

# A staging place may hold thousands of titles, and a tote has carried every one of them.
SHOWN_TITLES = 200


@dataclass(frozen=True)
class TitleRow:
    """An item at the place in one condition; `condition` is empty for one that has its home here and none lying."""

    item_id: int
    title: str
    authors: str
    volume: str
    isbn13: str | None
    sku: str
    condition: str
    on_hand: int
    reserved: int
    is_home: bool
    min_units: int | None
    max_units: int | None
    counted_at: datetime | None


@dataclass(frozen=True)
class ShelfCard:
    """One place inside. `kinds` and `units` are of all that lies there, `titles` the first of them by name."""

    id: int
    code: str
    aisle: str
    bay: str
    shelf: str
    kind: str
    zone: str
    is_reserve: bool
    max_units: int | None
    kinds: int
    units: int
    counted_at: datetime | None
    counted_by: str
    titles: list[TitleRow]
    moves: list[MoveRow]


# Each SELECT of a card is put together once: that takes longer than to ask it.
_THIS: BindParameter[int] = bindparam("place")
# Nothing lies at a place outside.
_PLACE = (
    select(Location.id, Location.code, Location.aisle, Location.bay, Location.shelf, Location.kind, Location.zone,
           Location.is_reserve, Location.max_units)
    .where(Location.id == _THIS, Location.kind.in_(ledger.INSIDE))
)
_SUMS = (
    select(func.count(StockBalance.item_id.distinct()), func.coalesce(func.sum(StockBalance.on_hand), 0))
    .where(StockBalance.location_id == _THIS, HELD)
)
# The last whole count of the place; one of single titles stands with those.
_LAST_COUNT = (
    select(CountTask.counted_at, Person.name).join(Person, Person.id == CountTask.person_id)
    .where(CountTask.location_id == _THIS, CountTask.counted_at.is_not(None), CountTask.covers_shelf)
    .order_by(CountTask.counted_at.desc()).limit(1)
)


def _titles() -> Any:
    counted = (
        select(CountLine.item_id, func.max(CountLine.counted_at).label("at"))
        .join(CountTask, CountTask.id == CountLine.task_id).where(CountTask.location_id == _THIS)
        .group_by(CountLine.item_id).subquery()
    )
    held = select(StockBalance).where(StockBalance.location_id == _THIS, HELD).subquery()
    at_home = select(ItemHome).where(ItemHome.location_id == _THIS).subquery()
    named = select(held.c.item_id).union(select(at_home.c.item_id)).subquery()
    return (
        select(Item.id, Item.title, Item.authors, Item.volume, Item.isbn13, Item.sku,
               func.coalesce(held.c.condition, ""), func.coalesce(held.c.on_hand, 0), func.coalesce(held.c.reserved, 0),
               at_home.c.item_id.is_not(None), at_home.c.min_units, at_home.c.max_units, counted.c.at)
        .join(named, named.c.item_id == Item.id).outerjoin(held, held.c.item_id == Item.id)
        .outerjoin(at_home, at_home.c.item_id == Item.id).outerjoin(counted, counted.c.item_id == Item.id)
        .order_by(Item.title, Item.volume, Item.id, held.c.condition).limit(SHOWN_TITLES)
    )


def _moves(titles: Any) -> Any:
    """The last moves in or out of these titles, as moves have no index by place."""
    return newest(StockMove.item_id.in_(titles), or_(StockMove.source_id == _THIS, StockMove.target_id == _THIS))


_TITLES = _titles()
_EVER_HERE = select(StockBalance.item_id).where(StockBalance.location_id == _THIS)
_MOVES_OF_SHELF = _moves(_EVER_HERE)
# Elsewhere only of what lies there now: a tote has carried every title.
_MOVES = _moves(_EVER_HERE.where(HELD).limit(SHOWN_TITLES))


def shelf_card(session: Session, location_id: int) -> ShelfCard | None:
    """The card, or None where there is no such place inside."""
    this = {"place": location_id}
    place = session.execute(_PLACE, this).one_or_none()
    if place is None:
        return None
    kinds, units = session.execute(_SUMS, this).one()
    counted = session.execute(_LAST_COUNT, this).one_or_none()
    return ShelfCard(
        *place, kinds=kinds, units=int(units), counted_at=counted.counted_at if counted else None,
        counted_by=counted.name if counted else "", titles=[TitleRow(*row) for row in session.execute(_TITLES, this)],
        moves=list_moves(session, _MOVES_OF_SHELF if place.kind == ledger.SHELF else _MOVES, **this))
