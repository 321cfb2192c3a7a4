"""The other half of the demo's morning: purchase orders, deliveries under way, books to put away, shelves to count."""

from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import func, select

from warehouse import clock, imports_purchasing, imports_stock
from warehouse.db import Database
from warehouse.demo import delivered
from warehouse.demo.counted import books_at
from warehouse.demo.hands import Hands
from warehouse.domain import counting as counts
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.models.counting import CountTask
from warehouse.models.receiving import PurchaseOrder
from warehouse.models.stock import Location, StockBalance
from warehouse.services import (
    counting,
    counting_commands,
    counting_sessions,
    cycle_plan,
    figures,
    purchasing,
    receiving,
    receiving_deliveries,
    replenishment,
)

# (order number, days from today on which it is expected)
EXPECTED = (("CG-2611", 0), ("CG-2614", -2), ("PO-7741", 0), ("PO-7752", 3),
            ("PO-7698", -delivered.DAYS_AGO))
UNDER_WAY, ANNOUNCED, DELIVERED = "PO-7741", "CG-2611", "PO-7698"
# What is scanned out of the parcel that is counted already: (ISBN, copies, bad ones among them).
COUNTED = (("9780451524935", 7, 0), ("9780743273565", 8, 1))
COUNTED_SHELVES = 3
ZONE = "en"


def fill(database: Database, actor: Actor, staff: dict[str, Actor], *, today: date) -> None:
    """Bring the files in and do the morning's work by the same scans as a person. `today` as the shop's calendar has
    it."""
    imports_stock.import_homes(database.write, actor, [_file("homes.csv")])
    imports_purchasing.import_purchases(database.write, actor, [_file("purchases.csv")])
    orders = _orders(database)
    for number, days in EXPECTED:
        database.write(purchasing.change_day, actor, orders[number], (today + timedelta(days=days)).isoformat())
    database.write(purchasing.announce_outstanding, staff["manager"], orders[ANNOUNCED], notice="ASN-20611", parcels=2)
    _receive(database, staff["packer"], orders[UNDER_WAY])
    delivered.fill(database, staff["packer"], orders[DELIVERED])
    database.write(figures.reckon, actor)
    database.write(replenishment.plan_replenishment, actor)
    _count(database, staff, today)


def _file(name: str) -> tuple[str, bytes]:
    return name, files("warehouse.demo").joinpath(name).read_bytes()


def _orders(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {row.number: row.id for row in session.execute(select(PurchaseOrder.number, PurchaseOrder.id))}


def _receive(database: Database, packer: Actor, order_id: int) -> None:
    """One parcel is counted, the second waits; what was good stands at goods in."""
    hands = Hands(database, packer, clock.now() - timedelta(minutes=50))
    delivery = database.write(purchasing.announce_outstanding, packer, order_id, parcels=2)
    parcel = hands.write(receiving_deliveries.open_parcel, delivery)
    step = ""
    for isbn, copies, bad in COUNTED:
        for _ in range(copies):
            step = hands.scan(receiving.scan, parcel, isbn).task["step_id"]
        for _ in range(bad):
            step = hands.scan(receiving.scan, parcel, "#bad:damaged", step).task["step_id"]
    hands.scan(receiving.scan, parcel, "#close", step)


def _count(database: Database, staff: dict[str, Actor], today: date) -> None:
    """A stocktake of a zone is begun: two shelves were right, on the third the count and the books differ."""
    lead, counter = staff["manager"], Hands(database, staff["packer"], clock.now() - timedelta(minutes=20))
    database.write(counting_sessions.open_session, lead, counts.ZONE, {"zones": [ZONE]})
    for number in range(COUNTED_SHELVES):
        task_id, location_id = _next_shelf(database)
        task = counter.scan(counting.scan, task_id, make_label("location", location_id)).task
        books = books_at(database, location_id)
        for item_id, copies in books:
            missed = number == COUNTED_SHELVES - 1 and item_id == books[0][0]
            for _ in range(copies - 2 * missed):
                task = counter.scan(counting.scan, task_id, make_label("item", item_id)).task
        command = "#finish" if books else "#empty"
        counter.scan(counting_commands.command, task_id, command, task["step_id"])
    database.write(cycle_plan.plan, lead, today.isoformat(), most=12)


def _next_shelf(database: Database) -> tuple[int, int]:
    with database.read() as session:
        row = session.execute(
            select(CountTask.id, CountTask.location_id).join(Location, Location.id == CountTask.location_id)
            .where(CountTask.state == counts.OPEN, CountTask.round == 1, _stock_of(CountTask.location_id) > 2)
            .order_by(Location.sequence, CountTask.id).limit(1)).one()
    return row.id, row.location_id


def _stock_of(location_id: Any) -> Any:
    return select(func.sum(StockBalance.on_hand)).where(StockBalance.location_id == location_id).scalar_subquery()
