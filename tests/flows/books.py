"""The books as they stand in the database, by the names that a day's files use: shelves and ISBNs."""

from collections import Counter
from contextlib import contextmanager

from sqlalchemy import func, select

from warehouse import data_folder
from warehouse.models import all_tables
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.picking import Tote
from warehouse.models.stock import Location, StockBalance, StockMove


@contextmanager
def opened(house):
    """A session on the books of a house that is not served now."""
    with data_folder.opened(house.config) as database, database.read() as session:
        yield session


def on_hand(session, kind="shelf", condition="good"):
    """Copies by (place, ISBN), none of them reserved where the day is over."""
    rows = session.execute(
        select(Location.code, Item.isbn13, StockBalance.on_hand)
        .join(Location, Location.id == StockBalance.location_id).join(Item, Item.id == StockBalance.item_id)
        .where(Location.kind == kind, StockBalance.condition == condition, StockBalance.on_hand > 0))
    return Counter({(place, isbn): units for place, isbn, units in rows})


def reserved(session):
    return session.execute(select(func.sum(StockBalance.reserved))).scalar() or 0


def moved_to(session, code):
    """Copies by ISBN that went to a place, less those that came from it."""
    found = Counter()
    place = select(Location.id).where(Location.code == code).scalar_subquery()
    for sign, end in ((1, StockMove.target_id), (-1, StockMove.source_id)):
        rows = session.execute(
            select(Item.isbn13, func.sum(StockMove.units)).join(Item, Item.id == StockMove.item_id)
            .where(end == place).group_by(Item.isbn13))
        for isbn, units in rows:
            found[isbn] += sign * units
    return +found


def by_isbn(session, column, *conditions):
    """The sum of a counter of order lines by ISBN."""
    rows = session.execute(
        select(Item.isbn13, func.sum(column)).select_from(OrderLine).join(Item, Item.id == OrderLine.item_id)
        .join(Order, Order.id == OrderLine.order_id).where(*conditions).group_by(Item.isbn13))
    return +Counter({isbn: int(units) for isbn, units in rows})


def states(session):
    """How many orders are in which state."""
    return Counter(dict(session.execute(select(Order.state, func.count()).group_by(Order.state)).all()))


def in_state(session, state):
    """Ids of the orders in a state."""
    return set(session.execute(select(Order.id).where(Order.state == state)).scalars())


def scans(session):
    """How many scans of tablets are kept."""
    return session.execute(select(func.count()).select_from(Scan).where(Scan.device_id.is_not(None))).scalar()


def totes_not_free(session):
    return list(session.execute(select(Tote.code, Tote.state).where(Tote.state != "free")))


def rows(session):
    """Rows of every table but the record of imports and of acts, which tell of the second import too."""
    return {
        name: session.execute(select(func.count()).select_from(table)).scalar()
        for name, table in all_tables().metadata.tables.items() if name not in ("import_run", "action")
    }
