"""Lists of stock: what runs low, how often it turns over, what sells slowly and what not at all (STK-2).

Sales are those of the night's reckoning, whose time the page tells; what lies on the shelves is what lies there now.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Subquery,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from warehouse.domain import stock as ledger
from warehouse.domain import stock_figures as rules
from warehouse.models.base import Instant
from warehouse.models.catalog import Item, ItemCode, ItemFigure
from warehouse.models.receiving import PurchaseLine
from warehouse.models.stock import Location, StockBalance
from warehouse.models.transfers import ItemHome
from warehouse.queries.stock_card import HELD, outstanding

PAGE = 50
MOST_EXPORTED = 200_000
BARS = 10


@dataclass(frozen=True)
class Wanted:
    """Which list, narrowed how: `text` in title, author, publisher or a code; `abc` a class; `not_ordered` leaves out
    what is on its way in sufficient number. `sort` is a name of `SORTS`, with a minus for the other way round."""

    kind: str
    text: str = ""
    abc: str = ""
    not_ordered: bool = False
    sort: str = ""
    page: int = 1


@dataclass(frozen=True)
class StockRow:
    """One item of a list. `on_hand` is everything in the house, `available` what lies good and free on shelves;
    below `least` it is low, and `missing` units bring it back there. `cover_days` is what is available at the pace of
    30 days, `turnover` how often the average stock of the last year was sold (of an item that came within the year:
    of the days since). `value_minor` is what is in the house at today's price."""

    item_id: int
    title: str
    volume: str
    authors: str
    publisher: str
    isbn13: str | None
    sku: str
    abc: str
    on_hand: int
    available: int
    on_order: int
    least: int
    missing: int
    sold_30: int
    sold_365: int
    cover_days: int | None
    turnover: float | None
    last_sold_at: datetime | None
    first_moved_at: datetime | None
    value_minor: int
    currency: str


COLUMNS = tuple(field.name for field in fields(StockRow))
SORTS = ("title", "publisher", "abc", "on_hand", "available", "on_order", "missing", "sold_30", "sold_365",
         "cover_days", "turnover", "last_sold_at", "value_minor")
# What is worst comes first.
FIRST_SORT = {
    rules.LOW: "cover_days", rules.TURNOVER: "-turnover", rules.SLOW: "-value_minor", rules.DEAD: "-value_minor"}


@dataclass(frozen=True)
class Bar:
    """One bar of a list's chart: a publisher, or the lower end of a band of turnover. The last may be all others'."""

    name: str
    amount: int
    is_rest: bool = False


@dataclass(frozen=True)
class StockList:
    """A page of a list with the figures of the whole of it. `values` are minor units by currency; `reckoned_at` is
    empty before the first night. `bars` count titles (turnover), missing units (low) or minor units of
    `bars_currency`, the one that most titles of the list have."""

    rows: list[StockRow]
    total: int
    values: dict[str, int]
    reckoned_at: datetime | None
    bars: list[Bar]
    bars_currency: str


def list_stock(session: Session, wanted: Wanted, now: datetime) -> StockList:
    found = _found(wanted, now)
    groups = _groups(session, found, wanted.kind)
    titles: Counter[str] = Counter()
    worth: Counter[str] = Counter()
    for group in groups:
        titles[group.currency] += group.titles
        worth[group.currency] += int(group.value_minor)
    currency = max(titles, key=lambda each: titles[each], default="")
    return StockList(
        rows=_rows(session, found, wanted, PAGE, PAGE * (wanted.page - 1)), total=titles.total(),
        values={each: minor for each, minor in worth.items() if each and minor},
        reckoned_at=session.execute(select(func.max(ItemFigure.reckoned_at))).scalar(),
        bars=_bars(groups, wanted.kind, currency), bars_currency=currency)


def export_stock(session: Session, wanted: Wanted, now: datetime) -> list[StockRow]:
    """The whole list, narrowed and sorted alike, for a spreadsheet."""
    return _rows(session, _found(wanted, now), wanted, MOST_EXPORTED)


def _rows(session: Session, found: Subquery, wanted: Wanted, most: int, skipped: int = 0) -> list[StockRow]:
    given = wanted.sort if wanted.sort.removeprefix("-") in SORTS else FIRST_SORT[wanted.kind]
    column = found.c[given.removeprefix("-")]
    turn = (column.desc() if given.startswith("-") else column.asc()).nulls_last()
    rows = session.execute(select(*(found.c[name] for name in COLUMNS)).order_by(turn, found.c.item_id)
                           .limit(most).offset(skipped))
    return [StockRow(*row) for row in rows]


def _groups(session: Session, found: Subquery, kind: str) -> Sequence[Any]:
    """The whole list added up by what its bars stand for, and by currency, because money of two cannot be added."""
    band = case(*((found.c.turnover >= low, low) for low in reversed(rules.TURNOVER_BANDS)), else_=0)
    name = (band if kind == rules.TURNOVER else found.c.publisher).label("name")
    return session.execute(
        select(name, found.c.currency, func.count().label("titles"), func.sum(found.c.value_minor).label("value_minor"),
               func.sum(found.c.missing).label("missing")).group_by(name, found.c.currency)).all()


def _bars(groups: Sequence[Any], kind: str, currency: str) -> list[Bar]:
    """Bands in their order; publishers the greatest first, the smaller ones together in the last."""
    amounts: Counter[Any] = Counter()
    for group in groups:
        if kind in {rules.TURNOVER, rules.LOW} or group.currency == currency:
            amounts[group.name] += int({rules.TURNOVER: group.titles, rules.LOW: group.missing}.get(
                kind, group.value_minor))
    if kind == rules.TURNOVER:
        return [Bar(str(low), amounts[low]) for low in rules.TURNOVER_BANDS]
    greatest = sorted(amounts.items(), key=lambda each: (-each[1], each[0]))
    bars = [Bar(name, amount) for name, amount in greatest if amount]
    rest = sum(bar.amount for bar in bars[BARS:])
    return [*bars[:BARS], *([Bar("", rest, is_rest=True)] if rest else [])]


def _found(wanted: Wanted, now: datetime) -> Subquery:
    """All items of the list, each with its figures."""
    # Shelves by their own index: joined, all parcels that ever left would be read for the few that hold something.
    shelves = select(Location.id).where(Location.kind == ledger.SHELF)
    lies_free = (StockBalance.condition == ledger.GOOD) & StockBalance.location_id.in_(shelves)
    held = (
        select(StockBalance.item_id, func.sum(StockBalance.on_hand).label("on_hand"),
               func.sum(case((lies_free, StockBalance.on_hand - StockBalance.reserved), else_=0)).label("available"))
        .where(HELD).group_by(StockBalance.item_id).subquery("held"))
    ordered = outstanding().add_columns(PurchaseLine.item_id).group_by(PurchaseLine.item_id).subquery("ordered")
    zero = literal_column("0", Integer)
    on_hand, available = func.coalesce(held.c.on_hand, zero), func.coalesce(held.c.available, zero)
    on_order, sold_30 = func.coalesce(ordered.c.units, zero), func.coalesce(ItemFigure.sold_30, zero)
    # Without a least of its own: what sells in the days of cover, rounded up.
    least = func.coalesce(ItemHome.min_units, (sold_30 * rules.LOW_COVER_DAYS + 29) // 30)
    missing = least - available - on_order
    narrowed = {
        rules.LOW: (missing if wanted.not_ordered else least - available) > 0,
        rules.TURNOVER: or_(on_hand > 0, ItemFigure.sold_365 > 0),
        rules.SLOW: and_(on_hand > 0, *_unsold_since(now - timedelta(days=rules.SLOW_DAYS))),
        rules.DEAD: and_(on_hand > 0, *_unsold_since(now - timedelta(days=rules.DEAD_DAYS))),
    }[wanted.kind]
    return (
        select(Item.id.label("item_id"), Item.title, Item.volume, Item.authors, Item.publisher, Item.isbn13, Item.sku,
               func.coalesce(ItemFigure.abc, "").label("abc"), on_hand.label("on_hand"), available.label("available"),
               on_order.label("on_order"), least.label("least"), case((missing > 0, missing), else_=0).label("missing"),
               sold_30.label("sold_30"), func.coalesce(ItemFigure.sold_365, zero).label("sold_365"),
               case((sold_30 > 0, available * 30 // sold_30)).label("cover_days"), _turnover(now).label("turnover"),
               ItemFigure.last_sold_at, ItemFigure.first_moved_at,
               (on_hand * func.coalesce(Item.price_minor, zero)).label("value_minor"),
               func.coalesce(Item.currency, "").label("currency"))
        .outerjoin(held, held.c.item_id == Item.id).outerjoin(ItemFigure, ItemFigure.item_id == Item.id)
        .outerjoin(ItemHome, ItemHome.item_id == Item.id).outerjoin(ordered, ordered.c.item_id == Item.id)
        .where(narrowed, *_named(wanted)).subquery("found"))


def _unsold_since(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """In the house before that moment, and not sold after it."""
    return (ItemFigure.first_moved_at < moment,
            or_(ItemFigure.last_sold_at.is_(None), ItemFigure.last_sold_at < moment))


def _turnover(now: datetime) -> ColumnElement[float]:
    """Units sold over units that lay here on average. What never lay here has none."""
    year_ago = now - timedelta(days=365)
    came_at = case((ItemFigure.first_moved_at < year_ago, literal(year_ago, Instant())),
                   else_=ItemFigure.first_moved_at)
    days = (literal(round(now.timestamp() * 1000)) - type_coerce(came_at, BigInteger)) / literal(86_400_000.0)
    return case((ItemFigure.unit_days_365 > 0, ItemFigure.sold_365 * days / ItemFigure.unit_days_365))


def _named(wanted: Wanted) -> list[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = [ItemFigure.abc == wanted.abc] if wanted.abc else []
    if wanted.text:
        like = "%" + wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        ways.append(or_(
            *(name.ilike(like, escape="\\") for name in (Item.title, Item.authors, Item.publisher)),
            Item.sku == wanted.text, Item.id.in_(select(ItemCode.item_id).where(ItemCode.code == wanted.text))))
    return ways
