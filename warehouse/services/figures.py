"""The night's reckoning of every item: what it sold, how often it was picked, and its class (STK-2).

Everything follows from the ledger and is made anew each night. `look` reads and `keep` writes, so that whoever runs
them (`warehouse.jobs`) can write in lots, between which scans go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, case, func, select, text, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from warehouse.domain import abc
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.models.catalog import Item, ItemFigure
from warehouse.models.stock import CROSSES, Location, StockMove

FIGURE = ItemFigure.__table__
# Some 20 ms of the one writer of SQLite: a scan in between is not felt.
LOT = 2000
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Figures:
    """One item's figures as they are kept: units sold in 30, 90 and 365 days are units that left for a customer,
    `unit_days_365` the units in the house on each of 365 days, added up."""

    item_id: int
    abc: str
    sold_30: int
    sold_90: int
    sold_365: int
    picks_90: int
    value_90_minor: int
    unit_days_365: int
    last_sold_at: datetime | None
    first_moved_at: datetime | None


def reckon(session: Session, actor: Actor) -> int:
    """All figures anew, in one go; how many items. Only where nobody scans: else look, and keep in lots."""
    found = look(session, actor.at)
    keep(session, actor, found)
    return len(found)


def look(session: Session, at: datetime) -> list[Figures]:
    """The figures of every item at a moment. Value is units sold in 90 days at the price of today, in minor units of
    the item's own currency; an item without a price has none."""
    moved = {row.item_id: row for row in session.execute(moves_by_item(at))}
    picked = {row.item_id: row.picks for row in session.execute(picks_by_item(at))}
    rows = session.execute(select(Item.id, Item.price_minor, Item.currency).order_by(Item.id)).all()
    worth = {row.id: moved[row.id].sold_90 * (row.price_minor or 0) if row.id in moved else 0 for row in rows}
    classes = abc.classify([
        abc.Moving(row.id, row.currency or "", worth[row.id], picked.get(row.id, 0)) for row in rows])
    return [_figures(row.id, moved.get(row.id), classes[row.id], worth[row.id], picked.get(row.id, 0)) for row in rows]


def moves_by_item(at: datetime) -> Select[Any]:
    """One pass over all moves in and out: for each item that ever came, what it sold and how long it lay."""
    sold = StockMove.reason == ledger.DISPATCH

    def units_since(days: int) -> Any:
        recent = sold & (StockMove.at >= at - timedelta(days=days))
        return func.sum(case((recent, StockMove.units), else_=0))

    outside = select(Location.id).where(Location.code.in_(ledger.OUTSIDE_CODES))
    net = (case((StockMove.target_id.in_(outside), 0), else_=StockMove.units)
           - case((StockMove.source_id.in_(outside), 0), else_=StockMove.units))
    begin = milliseconds(at - timedelta(days=365))
    moved_at = type_coerce(StockMove.at, BigInteger)
    held_ms = milliseconds(at) - case((moved_at < begin, begin), else_=moved_at)
    return select(
        StockMove.item_id, units_since(30).label("sold_30"), units_since(90).label("sold_90"),
        units_since(365).label("sold_365"),
        # What came in was here until now, what went out no longer: each move for as long as it has lasted this year.
        func.sum(net * held_ms).label("unit_ms_365"), func.max(case((sold, StockMove.at))).label("last_sold_at"),
        func.min(StockMove.at).label("first_moved_at"),
    ).where(text(CROSSES)).group_by(StockMove.item_id)


def picks_by_item(at: datetime) -> Select[int, int]:
    """How often each item was picked in the last 90 days."""
    return (select(StockMove.item_id, func.count().label("picks"))
            .where(StockMove.reason == ledger.PICK, StockMove.at >= at - timedelta(days=90))
            .group_by(StockMove.item_id))


def _figures(item_id: int, moved: Any, class_: str, value_minor: int, picks: int) -> Figures:
    if moved is None:
        return Figures(item_id, class_, 0, 0, 0, picks, 0, 0, None, None)
    return Figures(item_id, class_, int(moved.sold_30), int(moved.sold_90), int(moved.sold_365), picks,
                   int(value_minor), int(moved.unit_ms_365) // DAY_MS, moved.last_sold_at, moved.first_moved_at)


def milliseconds(moment: datetime) -> int:
    """As a move's moment is kept."""
    return round(moment.timestamp() * 1000)


def lots(found: Sequence[Figures]) -> list[Sequence[Figures]]:
    """The figures in pieces that are each one short transaction."""
    return [found[start:start + LOT] for start in range(0, len(found), LOT)]


def keep(session: Session, actor: Actor, found: Sequence[Figures]) -> None:
    """Put figures in the place of the night's before."""
    if not found:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    put = dialect.insert(FIGURE)
    put = put.on_conflict_do_update(
        index_elements=[FIGURE.c.item_id],
        set_={column.name: put.excluded[column.name] for column in FIGURE.c if column.name != "item_id"})
    session.connection().execute(put, [{**vars(one), "reckoned_at": actor.at} for one in found])
