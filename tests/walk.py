"""A picker's walk in tests: release orders, start the run, scan."""

import uuid

from sqlalchemy import select

from warehouse.domain.scans import ScanIn
from warehouse.models.picking import PickRun
from warehouse.services import picking, picking_commands, picking_orders, waves


class Walk:
    """One picker on one run."""

    def __init__(self, db, actor, run_id):
        self.db, self.actor, self.run_id = db, actor, run_id
        self.task = None

    def scan(self, raw, **more):
        scanned = ScanIn(more.pop("scan_id", str(uuid.uuid4())), raw, **more)
        use_case = picking_commands.command if raw.startswith("#") else picking.scan
        answer = self.db.write(use_case, self.actor, self.run_id, scanned)
        self.task = answer.task
        return answer

    def press(self, command):
        return self.scan(command, step=self.task["step_id"])


def release(db, actor, *orders, slots=6, grouping="together"):
    wave = db.write(waves.open_wave, actor, actor.at)
    return db.write(waves.release, actor, wave, [order.id for order in orders], slots=slots, grouping=grouping)


def runs_of(db):
    with db.read() as session:
        return list(session.execute(select(PickRun.id).order_by(PickRun.id)).scalars())


def started(db, picker, *, totes, cart=None):
    """The newest run, started and loaded."""
    walk = Walk(db, picker, runs_of(db)[-1])
    db.write(picking_orders.start, picker, walk.run_id)
    if cart:
        walk.scan(cart.label)
    for tote in totes:
        walk.scan(tote.label)
    return walk
