"""Beginnings for goods on their way between our own places: what stands in goods in, fixed shelves, and a person with
a scanner at this work."""

from sqlalchemy import insert, select, update

from tests.builders import a_place, stock_at
from tests.floor import a_scan
from warehouse import clock
from warehouse.models.catalog import Item, ItemFigure
from warehouse.models.stock import Location
from warehouse.models.transfers import Carry, ItemHome, Replenishment
from warehouse.services import transfers
from warehouse.services.transfers_look import draw, look


def received(db, item, units=1):
    """Units that came in and stand in goods in."""
    return stock_at(db, a_place(db, "RECEIVING"), item, units)


def a_home(db, item, shelf, least=None, most=None):
    db.write(lambda session: session.execute(insert(ItemHome), {
        "item_id": item.id, "location_id": shelf.id, "min_units": least, "max_units": most}))
    return shelf


def as_reserve(db, *shelves):
    db.write(lambda session: session.execute(
        update(Location).where(Location.id.in_([shelf.id for shelf in shelves])).values(is_reserve=True)))


def sold(db, item, units_30):
    db.write(lambda session: session.execute(insert(ItemFigure), {
        "item_id": item.id, "abc": "A", "sold_30": units_30, "sold_90": units_30, "sold_365": units_30,
        "picks_90": units_30, "value_90_minor": 0, "reckoned_at": clock.now()}))


def as_draft(db, item):
    db.write(lambda session: session.execute(update(Item).where(Item.id == item.id).values(listing="draft")))


def tasks(db):
    """Every replenishment as (source, target, units, done, why, state), the oldest first."""
    source, target = Location.__table__.alias(), Location.__table__.alias()
    with db.read() as session:
        rows = session.execute(
            select(source.c.code, target.c.code, Replenishment.units, Replenishment.units_done, Replenishment.why,
                   Replenishment.state)
            .join(source, source.c.id == Replenishment.source_id).join(target, target.c.id == Replenishment.target_id)
            .order_by(Replenishment.id))
        return [tuple(row) for row in rows]


def task_ids(db):
    with db.read() as session:
        return list(session.execute(select(Replenishment.id).order_by(Replenishment.id)).scalars())


def hands(db):
    """How many people stand somewhere with something to move."""
    with db.read() as session:
        return len(session.execute(select(Carry.person_id)).all())


class Carrier:
    """One person who puts away, moves and brings."""

    def __init__(self, db, actor):
        self.db, self.actor = db, actor

    def scan(self, raw, **more):
        return self.db.write(transfers.scan, self.actor, a_scan(raw, **more))

    @property
    def task(self):
        with self.db.read() as session:
            return draw(look(session, self.actor.person_id), self.actor)

    def press(self, command):
        return self.scan(command, step=self.task["step_id"])

    def codes(self, *raws):
        """The codes of the answers to several scans."""
        return [self.scan(raw).code for raw in raws]
