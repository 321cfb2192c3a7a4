"""Parcels at the end of the bench for tests of shipping and paper, made by the real scans of picking and packing."""

import uuid

from sqlalchemy import select, update

from tests.builders import a_tote, stock_at
from warehouse.domain.scans import ScanIn
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun
from warehouse.services import packing, picking, picking_orders, shipping, shipping_dock, waves
from warehouse.services.packing_look import look as look_at_bench


class Station:
    """One person sending scans of one task; knows the screen it would see."""

    def __init__(self, db, actor, use_case, task_id):
        self.db, self.actor, self.use_case, self.task_id = db, actor, use_case, task_id
        self.task = None

    def scan(self, raw, **more):
        scanned = ScanIn(more.pop("scan_id", None) or str(uuid.uuid4()), raw, **more)
        answer = self.db.write(self.use_case, self.actor, self.task_id, scanned)
        self.task = answer.task
        return answer

    def press(self, command, step=None):
        return self.scan(command, step=step or (self.task or {}).get("step_id", ""))


def release(db, actor, *orders, slots=6, grouping="together"):
    wave = db.write(waves.open_wave, actor, actor.at)
    db.write(waves.release, actor, wave, [order.id for order in orders], slots=slots, grouping=grouping)
    with db.read() as session:
        return list(session.execute(select(PickRun.id).order_by(PickRun.id)).scalars())[-1]


def picked(db, actor, order, lines, *, shelf="A-01-1", tote="T-90"):
    """The order lies in a tote at the bench: every line taken from one shelf, scan by scan."""
    for item, units in lines.items():
        place = stock_at(db, shelf, item, units=units)
    box = a_tote(db, tote)
    run = release(db, actor, order, grouping="order")
    db.write(picking_orders.start, actor, run)
    walk = Station(db, actor, picking.scan, run)
    walk.scan(box.label)
    walk.scan(place.label)
    for item, units in lines.items():
        for _ in range(units):
            walk.scan(item.isbn)
    assert walk.task["step"] == "done", walk.task
    return box


def packed(db, actor, order, lines, *, weight_g=500, tote="T-90"):
    """The order's one parcel, closed and weighed; its id."""
    box = picked(db, actor, order, lines, tote=tote)
    bench = Station(db, actor, packing.scan, order.id)
    bench.scan(box.label)
    for item, units in lines.items():
        for _ in range(units):
            bench.scan(item.isbn)
    with db.read() as session:
        step = look_at_bench(session, order.id).step_id
    answer = bench.press(f"#weight:{weight_g}", step)
    if answer.code == "packing.weight_off":
        bench.press(f"#weight_override:{weight_g}:checked")
    return parcels_of(db, order)[-1]


def parcels_of(db, order):
    with db.read() as session:
        return list(session.execute(
            select(Parcel.id).where(Parcel.order_id == order.id).order_by(Parcel.position)).scalars())


def ship_station(db, actor, parcel_id):
    return Station(db, actor, shipping.scan, parcel_id)


def labelled(db, actor, parcel_id):
    """The label made, printed and scanned onto the box; its text comes back."""
    station = ship_station(db, actor, parcel_id)
    station.press("#label")
    station.press("#printed")
    code = station.task["code"]
    assert station.scan(code).code == "shipping.label_right"
    return code


def dock_station(db, actor, carrier="SF"):
    return Station(db, actor, shipping_dock.scan, db.write(shipping_dock.open_manifest, actor, carrier))


def row_of(db, parcel_id):
    with db.read() as session:
        return session.execute(select(Parcel.__table__).where(Parcel.id == parcel_id)).one()


def set_order(db, order, **fields):
    db.write(lambda session: session.execute(update(Order).where(Order.id == order.id).values(**fields)))
