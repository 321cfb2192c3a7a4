"""Half a year before the demo's morning: every title was sold and bought again at a pace of its own, so that levels,
turnover and slow movers have something to show. What lies on the shelves in the end is what the stock file says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.models.stock import Location, StockBalance
from warehouse.services import stock
from warehouse.services.stock import Cause, Place

DAYS = 200
# Days between two sales of a title: a bestseller, a steady one, a rare one, one that nobody asks for.
PACES = (2, 3, 5, 9, 9, 14, 30, None)
# Nobody has asked for a slow one for so many days.
LAST_SALE = {30: 100}
FEWEST, LOT = 3, 8


def sell(session: Session, actor: Actor) -> None:
    """Sales and deliveries of every title, day by day, written at their own time; on balance nothing changes."""
    customer, supplier = stock.fixed_place(session, "CUSTOMER"), stock.fixed_place(session, "SUPPLIER")
    for item_id, location_id, opening in _first_shelves(session):
        shelf, level = Place(location_id, ledger.SHELF), opening
        for day in _days_of_sale(item_id):
            by = replace(actor, at=actor.at - timedelta(days=day, minutes=7 * item_id))
            if level <= FEWEST:
                stock.move(session, by, item_id, LOT, source=supplier, target=shelf, cause=Cause(ledger.RECEIVE))
                level += LOT
            units = 1 + (item_id + day) % 2
            stock.move(session, by, item_id, units, source=shelf, target=customer, cause=Cause(ledger.DISPATCH))
            level -= units
        by = replace(actor, at=actor.at - timedelta(hours=20))
        if level < opening:
            stock.move(session, by, item_id, opening - level, source=supplier, target=shelf,
                       cause=Cause(ledger.RECEIVE))
        elif level > opening:
            stock.move(session, by, item_id, level - opening, source=shelf, target=customer,
                       cause=Cause(ledger.DISPATCH))


def _first_shelves(session: Session) -> list[tuple[int, int, int]]:
    """The shelf of each title that pickers come to first, with its good copies."""
    rows = session.execute(
        select(StockBalance.item_id, StockBalance.location_id, StockBalance.on_hand)
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.condition == ledger.GOOD, StockBalance.on_hand > FEWEST, Location.kind == ledger.SHELF,
               Location.is_reserve.is_(False))
        .order_by(StockBalance.item_id, Location.sequence))
    first: dict[int, tuple[int, int, int]] = {}
    for row in rows:
        first.setdefault(row.item_id, (row.item_id, row.location_id, row.on_hand))
    return list(first.values())


def _days_of_sale(item_id: int) -> Iterator[int]:
    """How many days ago, the oldest first."""
    pace = PACES[item_id % len(PACES)]
    if pace is not None:
        yield from range(DAYS - 1 - item_id % pace, LAST_SALE.get(pace, 0), -pace)
