"""People at work in a test: they release, walk a run and pack an order, each by scans as on the floor."""

import uuid

from sqlalchemy import select

from warehouse.domain.own_labels import make_label
from warehouse.domain.scans import ScanIn
from warehouse.models.orders import OrderLine
from warehouse.models.picking import PickRun
from warehouse.queries import prove
from warehouse.services import packing, picking, picking_commands, picking_orders, waves
from warehouse.services.packing_look import look as look_bench
from warehouse.services.picking_look import draw, look


def a_scan(raw, **more):
    return ScanIn(more.pop("scan_id", str(uuid.uuid4())), raw, **more)


def release(db, actor, *orders, slots=6, grouping="together"):
    """Ids of the runs that were made."""
    wave = db.write(waves.open_wave, actor, actor.at)
    db.write(waves.release, actor, wave, [order.id for order in orders], slots=slots, grouping=grouping)
    with db.read() as session:
        return list(session.execute(select(PickRun.id).where(PickRun.wave_id == wave).order_by(PickRun.id)).scalars())


class Picker:
    """One picker on one run; `totes` are bound in their order."""

    def __init__(self, db, actor, run_id, *, totes=(), cart=None):
        self.db, self.actor, self.run_id = db, actor, run_id
        db.write(picking_orders.start, actor, run_id)
        for thing in filter(None, (cart, *totes)):
            self.scan(thing.label)

    def scan(self, raw, **more):
        use_case = picking_commands.command if raw.startswith("#") else picking.scan
        return self.db.write(use_case, self.actor, self.run_id, a_scan(raw, **more))

    @property
    def task(self):
        with self.db.read() as session:
            return draw(look(session, self.run_id), self.actor)

    def go_on(self, scans=1000):
        """Scan what is asked for, `scans` times or to the end of the run."""
        for _ in range(scans):
            task = self.task
            if task["step"] not in ("shelf", "item", "tote"):
                return
            stop = task["stop"]
            raw = {"shelf": make_label("location", stop["location_id"]), "item": make_label("item", stop["item_id"]),
                   "tote": make_label("tote", stop["tote_id"] or 0)}[task["step"]]
            assert self.scan(raw).outcome == "accepted"


def pack(db, actor, order, *, units=1000, weight_g=None):
    """Scan up to `units` copies of an order into its parcel; with a weight the parcel is closed, too."""
    for _ in range(units):
        with db.read() as session:
            now = look_bench(session, order.id)
        line = next((line for line in now.lines if line.units_left), None)
        if line is None:
            break
        assert db.write(packing.scan, actor, order.id, a_scan(make_label("item", line.item_id))).outcome == "accepted"
    if weight_g:
        with db.read() as session:
            step = look_bench(session, order.id).step_id
        answer = db.write(packing.scan, actor, order.id, a_scan(f"#weight_override:{weight_g}:checked", step=step))
        assert answer.outcome == "accepted", answer


def counters(db, order):
    """(wanted, reserved, short, cancelled, picked, packed) of each line of an order."""
    with db.read() as session:
        rows = session.execute(
            select(OrderLine.units_wanted, OrderLine.units_reserved, OrderLine.units_short, OrderLine.units_cancelled,
                   OrderLine.units_picked, OrderLine.units_packed)
            .where(OrderLine.order_id == order.id).order_by(OrderLine.position))
        return [tuple(row) for row in rows]


def broken_claims(db):
    """Everything that the books prove wrong: none where all is well."""
    with db.read() as session:
        return [finding for finding in prove.look(session, prove.CHECKS) if not finding.holds]
