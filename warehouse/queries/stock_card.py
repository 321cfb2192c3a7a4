"""The stock card of one item: where it lies, what is promised, how the level went, and its last moves (STK-2)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Integer, Select, bindparam, case, cast, func, literal_column, select, text
from sqlalchemy.orm import Session

from warehouse.domain import purchasing, stock_figures
from warehouse.domain import stock as ledger
from warehouse.models.catalog import Item, ItemFigure
from warehouse.models.counting import CountLine, CountTask
from warehouse.models.orders import Order, OrderLine
from warehouse.models.receiving import Delivery, DeliveryLine, PurchaseLine, PurchaseOrder
from warehouse.models.stock import CROSSES, Location, Reservation, StockBalance, StockMove
from warehouse.models.transfers import ItemHome
from warehouse.queries.stock_moves import MoveRow, list_moves, newest

SHOWN_RESERVATIONS = 50
# Written out, so that the index of balances that hold something is used.
HELD = StockBalance.on_hand > literal_column("0")

NO_END = 2**62
_DAYS = ", ".join(f"({day}, CAST(:b{day} AS BIGINT), CAST(:b{day + 1} AS BIGINT))"
                  for day in range(stock_figures.LEVEL_DAYS))
_OUTSIDE = f"(SELECT id FROM location WHERE code IN ({', '.join(map(repr, ledger.OUTSIDE_CODES))}))"  # noqa: S608
# What came in less what went out, day by day: one search in the index for each. As plain SQL, because ninety days as
# values would be put into words anew for each card, which costs more than the search.
_NETS = text(
    f"WITH days (day, begins, ends) AS (VALUES {_DAYS})"  # noqa: S608 - of our own constants alone
    f" SELECT day, (SELECT SUM(CASE WHEN target_id IN {_OUTSIDE} THEN 0 ELSE units END"
    f" - CASE WHEN source_id IN {_OUTSIDE} THEN 0 ELSE units END)"
    f" FROM stock_move WHERE item_id = :item AND at >= begins AND at < ends AND {CROSSES}) FROM days")


@dataclass(frozen=True)
class PlaceRow:
    """Units of the item in one condition at one place. `counted_at`: its last count there, whoever counted."""

    location_id: int
    code: str
    aisle: str
    bay: str
    shelf: str
    kind: str
    is_reserve: bool
    condition: str
    on_hand: int
    reserved: int
    counted_at: datetime | None


@dataclass(frozen=True)
class Promise:
    """Units that wait on a shelf for one order."""

    order_id: int
    order_number: str
    units: int
    location_id: int
    place: str
    due_at: datetime


@dataclass(frozen=True)
class Level:
    """Units in the house at the end of a local day (YYYY-MM-DD)."""

    day: str
    units: int


@dataclass(frozen=True)
class StockCard:
    """All that is known of an item's stock. `on_hand` is everything inside; what is not `available` and not `reserved`
    stands in `apart`, by where it is: staging, tote, parcel, quarantine, or damaged on a shelf."""

    item: dict[str, Any]
    places: list[PlaceRow]
    promises: list[Promise]
    promised_orders: int
    on_order: int
    level: list[Level]
    moves: list[MoveRow]

    @property
    def on_hand(self) -> int:
        return sum(row.on_hand for row in self.places)

    @property
    def reserved(self) -> int:
        return sum(row.reserved for row in self.places)

    @property
    def available(self) -> int:
        return sum(row.on_hand - row.reserved for row in self.places if apart_as(row) == "")

    @property
    def apart(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for row in self.places:
            if kind := apart_as(row):
                found[kind] += row.on_hand
        return dict(found)


def apart_as(row: PlaceRow) -> str:
    """Why units at a place are nobody's to sell; empty where they are."""
    if row.kind != ledger.SHELF:
        return row.kind
    return "" if row.condition == ledger.GOOD else row.condition


def outstanding() -> Select[Any]:
    """Units that were ordered and have not come yet, good or bad. A line that brought too many owes nothing, and
    nothing of it is taken off another order's."""
    came = (
        select(func.coalesce(func.sum(DeliveryLine.units_good + DeliveryLine.units_bad), 0))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
        .where(Delivery.purchase_order_id == PurchaseOrder.id, DeliveryLine.item_id == PurchaseLine.item_id)
        .scalar_subquery()
    )
    left = PurchaseLine.units_ordered - came
    return (
        select(cast(func.sum(case((left > 0, left), else_=0)), Integer).label("units"))
        .select_from(PurchaseLine).join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(PurchaseOrder.state.in_(purchasing.WAITED_FOR))
    )


# Each SELECT of a card is put together once: that takes longer than to ask it.
_THIS: BindParameter[int] = bindparam("item")
_ITEM = (
    select(Item.id, Item.sku, Item.isbn13, Item.title, Item.volume, Item.authors, Item.publisher, Item.edition,
           Item.binding, Item.price_minor, Item.currency, Item.listing, ItemFigure.abc, ItemFigure.sold_30,
           ItemFigure.sold_90, ItemFigure.sold_365, ItemFigure.last_sold_at, ItemFigure.reckoned_at,
           ItemHome.location_id.label("home_id"), Location.code.label("home"), ItemHome.min_units, ItemHome.max_units,
           outstanding().where(PurchaseLine.item_id == _THIS).scalar_subquery().label("on_order"))
    .outerjoin(ItemFigure, ItemFigure.item_id == Item.id).outerjoin(ItemHome, ItemHome.item_id == Item.id)
    .outerjoin(Location, Location.id == ItemHome.location_id).where(Item.id == _THIS)
)
_COUNTED = (
    select(CountTask.location_id, func.max(CountLine.counted_at).label("at"))
    .join(CountTask, CountTask.id == CountLine.task_id).where(CountLine.item_id == _THIS)
    .group_by(CountTask.location_id).subquery()
)
_PLACES = (
    select(Location.id, Location.code, Location.aisle, Location.bay, Location.shelf, Location.kind,
           Location.is_reserve, StockBalance.condition, StockBalance.on_hand, StockBalance.reserved, _COUNTED.c.at)
    .join(Location, Location.id == StockBalance.location_id)
    .outerjoin(_COUNTED, _COUNTED.c.location_id == StockBalance.location_id)
    .where(StockBalance.item_id == _THIS, HELD)
    .order_by(Location.kind != ledger.SHELF, Location.sequence, Location.code, StockBalance.condition)
)
# The first to leave, and with each how many reservations there are in all.
_PROMISES = (
    select(Order.id, func.coalesce(Order.number, Order.source_number), Reservation.units, Location.id,
           Location.code, Order.due_at, func.count().over())
    .join(OrderLine, OrderLine.id == Reservation.order_line_id).join(Order, Order.id == OrderLine.order_id)
    .join(Location, Location.id == Reservation.location_id)
    .where(Reservation.item_id == _THIS).order_by(Order.due_at, Reservation.id).limit(SHOWN_RESERVATIONS)
)
_MOVES = newest(StockMove.item_id == _THIS)


def stock_card(session: Session, item_id: int, now: datetime, zone: ZoneInfo) -> StockCard | None:
    """The card, or None where there is no such item."""
    this = {"item": item_id}
    item = session.execute(_ITEM, this).mappings().one_or_none()
    if item is None:
        return None
    facts = dict(item)
    places = [PlaceRow(*row) for row in session.execute(_PLACES, this)]
    promises = session.execute(_PROMISES, this).all()
    return StockCard(
        item=facts, on_order=facts.pop("on_order") or 0, places=places,
        promises=[Promise(*row[:-1]) for row in promises], promised_orders=promises[0][-1] if promises else 0,
        level=_level(session, item_id, sum(row.on_hand for row in places), now, zone),
        moves=list_moves(session, _MOVES, **this),
    )


def _level(session: Session, item_id: int, units_now: int, now: datetime, zone: ZoneInfo) -> list[Level]:
    """The days are the shop's own, whatever its clocks did."""
    starts = stock_figures.day_starts(now, zone)
    begins = {f"b{day}": round(start.timestamp() * 1000) for day, start in enumerate(starts)}
    # Today has no end yet: nothing is later than now.
    rows = session.execute(_NETS, {**begins, f"b{len(starts)}": NO_END, "item": item_id})
    units = stock_figures.levels(units_now, {day: int(net) for day, net in rows if net})
    return [Level(start.date().isoformat(), n) for start, n in zip(starts, units, strict=True)]
