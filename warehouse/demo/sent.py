"""The week before the demo's morning: orders that left, and what came of them. One arrived and comes back in part, one
is judged and waits for its refund, one customer asks with words, and three parcels make the carriers' desk work."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import select

from warehouse import clock, imports
from warehouse.db import Database
from warehouse.demo.hands import Hands
from warehouse.domain import returns as life
from warehouse.domain import tracking as carriers
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.domain.picking import FREE
from warehouse.domain.returns_bench import STEP_LABEL
from warehouse.domain.scans import ScanIn
from warehouse.domain.tracking import Event
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, RunTote, Tote
from warehouse.models.returns import CustomerReturn
from warehouse.services import customer, delays, returns, returns_bench, returns_desk, returns_door, tracking, waves
from warehouse.services.customer import Said

FILE = "sent.csv"
DRIVER = "老周"
# Order: days ago on which it left, and what its carrier said since: (event, hours after it left).
ROAD = {
    "T2581": (9, ((carriers.ACCEPTED, 3), (carriers.MOVING, 20), (carriers.HERE, 46))),
    "W7081": (9, ((carriers.ACCEPTED, 4), (carriers.HERE, 50))),
    "W7082": (8, ((carriers.ACCEPTED, 4), (carriers.HERE, 44))),
    # Under way for too long.
    "T2582": (8, ((carriers.ACCEPTED, 5), (carriers.MOVING, 28))),
    # Nobody has seen it since the truck left.
    "T2583": (3, ()),
    "T2584": (5, ((carriers.ACCEPTED, 4), (carriers.MOVING, 26), (carriers.GONE, 80))),
}
AT_BENCH, COMES_BACK, COMPLAINS = "W7082", "T2581", "W7081"
JUDGED = (("9780451526342", "as_new", life.RESTOCK), ("9780743273565", "good", life.USED))


def fill(database: Database, actor: Actor, staff: dict[str, Actor], time_zone: str) -> None:
    """Bring the orders in, send them by the same scans as a person, and let the days after it pass."""
    began = replace(actor, at=clock.now() - timedelta(days=max(days for days, _ in ROAD.values()), hours=2))
    content = files("warehouse.demo").joinpath(FILE).read_bytes()
    imports.import_orders(database.write, began, [(FILE, content)], time_zone=time_zone)
    orders = _orders(database)
    for number, (days, events) in ROAD.items():
        left_at = clock.now() - timedelta(days=days)
        parcel = _send(database, staff, orders[number], left_at)
        told = [Event(row, parcel, kind, left_at + timedelta(hours=hours))
                for row, (kind, hours) in enumerate(events, start=2)]
        by = replace(actor, at=clock.now() - timedelta(days=1))
        if told:
            database.write(tracking.receive, by, told, source=tracking.FILE)
    _come_back(database, staff, orders)
    database.write(delays.look_around, replace(actor, at=clock.now() - timedelta(hours=5)))


def _orders(database: Database) -> dict[str, int]:
    with database.read() as session:
        rows = session.execute(select(Order.source_number, Order.id).where(Order.source_number.in_(ROAD)))
        return {row.source_number: row.id for row in rows}


def _send(database: Database, staff: dict[str, Actor], order_id: int, left_at: datetime) -> str:
    """Release, pick, pack, label and hand over one order within the hour before it left; its parcel's number."""
    lead = replace(staff["manager"], at=left_at - timedelta(minutes=50))
    wave = database.write(waves.open_wave, lead, left_at)
    database.write(waves.release, lead, wave, [order_id])
    with database.read() as session:
        run = session.execute(select(PickRun.id).join(RunTote, RunTote.run_id == PickRun.id)
                              .where(PickRun.wave_id == wave)).scalars().first()
        tote = session.execute(select(Tote.id).where(Tote.state == FREE).order_by(Tote.id)).scalars().first()
        carrier = session.execute(select(Order.carrier_code).where(Order.id == order_id)).scalar_one()
    assert run is not None
    assert tote is not None
    Hands(database, staff["picker"], left_at - timedelta(minutes=40)).pick(run, [tote])
    packer = Hands(database, staff["packer"], left_at - timedelta(minutes=15))
    parcel = packer.pack(order_id)
    assert parcel is not None
    packer.label(parcel)
    packer.at = left_at
    packer.hand_over(carrier, [parcel], DRIVER)
    with database.read() as session:
        return session.execute(select(Parcel.number).where(Parcel.id == parcel)).scalar_one() or ""


def _come_back(database: Database, staff: dict[str, Actor], orders: dict[str, int]) -> None:
    """A copy on its way back, a parcel judged to its end, and a customer who writes."""
    now = clock.now()
    service = replace(staff["service"], at=now - timedelta(days=3))
    line = _lines(database, orders[COMES_BACK])[0]
    announced = database.write(returns.request, service, orders[COMES_BACK], life.RETURN, life.CHANGED_MIND,
                               [(line, 1, None)], source=life.DESK)
    database.write(returns_desk.set_tracking, service, announced, "SF1390042258117")
    judged = database.write(
        returns.request, service, orders[AT_BENCH], life.RETURN, life.WRONG_BOOK_SENT,
        [(line, 1, None) for line in _lines(database, orders[AT_BENCH])], source=life.DESK)
    _judge(database, staff["packer"], judged, now - timedelta(days=1))
    with database.read() as session:
        assert session.execute(select(CustomerReturn.state).where(CustomerReturn.id == judged)).scalar() == life.SETTLED
    said = Said(key="demo-complaint-by-page", line_id=_lines(database, orders[COMPLAINS])[-1], units=1,
                words="The corner of the picture book is crushed and two pages are creased. Can you send another?")
    link = database.write(customer.link_of, orders[COMPLAINS])
    database.write(customer.report_problem, now - timedelta(hours=3), link, "damaged", said)


def _lines(database: Database, order_id: int) -> list[int]:
    with database.read() as session:
        return list(session.execute(
            select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.is_service.is_(False))
            .order_by(OrderLine.position)).scalars())


def _judge(database: Database, packer: Actor, return_id: int, at: datetime) -> None:
    """Each copy out of the parcel: scanned, graded, given its place; a used one gets its own label."""
    hands = Hands(database, packer, at)
    with database.read() as session:
        number = session.execute(select(CustomerReturn.number).where(CustomerReturn.id == return_id)).scalar_one() or ""
    hands.write(returns_door.open_parcel, ScanIn(str(uuid.uuid4()), number, made_at=hands.at))
    task: dict[str, Any] = {}
    for isbn, grade, place in JUDGED:
        task = hands.scan(returns_bench.scan, return_id, isbn).task
        for said in (f"#grade:{grade}", f"#to:{place}"):
            task = hands.scan(returns_bench.scan, return_id, said, task["step_id"]).task
        if task["step"] == STEP_LABEL:
            label = make_label("item", task["present"]["into"]["item_id"])
            task = hands.scan(returns_bench.scan, return_id, label, task["step_id"]).task
    hands.scan(returns_bench.scan, return_id, "#close", task["step_id"])
