"""One packer at the bench, for tests: orders picked with the real services, then packed by scan."""

import uuid

from sqlalchemy import select

from tests.builders import a_tote, an_order, stock_at
from warehouse.domain.own_labels import make_label
from warehouse.domain.scans import ScanIn
from warehouse.models.orders import OrderLine
from warehouse.models.picking import PickRun
from warehouse.queries import prove
from warehouse.services import packing, packing_look, picking, picking_orders, waves
from warehouse.services.packing_draw import draw


class Bench:
    """One packer on one order."""

    def __init__(self, db, actor, order_id):
        self.db, self.actor, self.order_id = db, actor, order_id

    @property
    def task(self):
        with self.db.read() as session:
            return draw(packing_look.look(session, self.order_id), self.actor)

    def scan(self, raw, **more):
        scanned = ScanIn(more.pop("scan_id", str(uuid.uuid4())), raw, **more)
        return self.db.write(packing.scan, self.actor, self.order_id, scanned)

    def press(self, command, **more):
        return self.scan(command, step=self.task["step_id"], **more)


def pick_all(db, manager, picker, orders, totes):
    """Release the orders as one wave and pick every stop of every run."""
    wave = db.write(waves.open_wave, manager, manager.at)
    db.write(waves.release, manager, wave, [order.id for order in orders], grouping="together")
    walk(db, picker, totes)


def walk(db, picker, totes):
    """Pick what is planned, with the totes in turn."""
    totes = iter(totes)
    with db.read() as session:
        runs = list(session.execute(select(PickRun.id).where(PickRun.state == "planned")).scalars())
    for run_id in runs:
        db.write(picking_orders.start, picker, run_id)
        task = {"step": "bind", "stop": None}
        for _ in range(100):
            if task["step"] == "done":
                break
            raw = next(totes).label if task["step"] == "bind" else _next_code(task)
            scanned = ScanIn(str(uuid.uuid4()), raw, choice=task["stop"]["item_id"] if task["step"] == "item" else None)
            answer = db.write(picking.scan, picker, run_id, scanned)
            assert answer.outcome == "accepted", answer
            task = answer.task


def _next_code(task):
    stop = task["stop"]
    kind = {"shelf": "location", "item": "item", "tote": "tote"}[task["step"]]
    return make_label(kind, stop[f"{kind}_id"])


def at_bench(db, manager, picker, packer, lines, *, spare=0, **fields):
    """An order picked into tote T-01 and the packer who will pack it. `spare` more copies stay on the shelf."""
    for number, (item, units) in enumerate(lines.items(), start=1):
        stock_at(db, f"B-{number:02d}-1", item, units=units + spare)
    order = an_order(db, lines, **fields)
    tote = a_tote(db, "T-01")
    wave = db.write(waves.open_wave, manager, manager.at)
    db.write(waves.release, manager, wave, [order.id], grouping="by_order")
    walk(db, picker, [tote])
    return Bench(db, packer, order.id), order, tote


def rows(db, *columns):
    with db.read() as session:
        key = columns[0].class_.__table__.primary_key
        return [tuple(row) for row in session.execute(select(*columns).order_by(*key))]


def line_counts(db):
    found = rows(db, OrderLine.position, OrderLine.units_wanted, OrderLine.units_reserved, OrderLine.units_short,
                 OrderLine.units_cancelled, OrderLine.units_picked, OrderLine.units_packed)
    return [counts for _, *counts in sorted(found)]


def proves(db):
    with db.read() as session:
        return [finding for finding in prove.look(session, prove.CHECKS) if not finding.holds]
