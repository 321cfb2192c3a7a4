"""Beginnings for goods in: a supplier, a purchase order, a delivery; and a person who counts a parcel of it."""

from sqlalchemy import insert, select

from tests.builders import _insert
from tests.floor import a_scan
from warehouse import clock
from warehouse.models.incidents import Incident
from warehouse.models.receiving import Delivery, DeliveryLine, PurchaseLine, PurchaseOrder, Supplier
from warehouse.services import purchasing, receiving, receiving_deliveries
from warehouse.services.purchasing import Announced
from warehouse.services.receiving_look import draw, look


def a_supplier(db, name="Mint House"):
    """The supplier's id, the same one if it is there already."""
    with db.read() as session:
        found = session.execute(select(Supplier.id).where(Supplier.name == name)).scalar()
    return found or _insert(db, Supplier, code=name, name=name, created_at=clock.now())


def a_purchase(db, actor, lines, *, number="PO-1", supplier_id=None):
    """The id of a purchase order: `lines` is {item: units}."""
    supplier_id = supplier_id or a_supplier(db, f"Supplier of {number}")
    order_id = _insert(db, PurchaseOrder, supplier_id=supplier_id, number=number, state="open",
                       created_at=clock.now(), created_by=actor.person_id)
    db.write(lambda session: session.execute(insert(PurchaseLine), [
        {"purchase_order_id": order_id, "item_id": item.id, "units_ordered": units} for item, units in lines.items()]))
    return order_id


def a_notice(db, actor, lines, *, order_id=None, parcels=None, is_blind=False):
    """The id of an announced delivery: `lines` is {item: units}."""
    with db.read() as session:
        supplier_id = session.execute(
            select(PurchaseOrder.supplier_id).where(PurchaseOrder.id == order_id)).scalar() if order_id else None
    return db.write(purchasing.announce, actor, supplier_id or a_supplier(db),
                    Announced({item.id: units for item, units in lines.items()}, parcels),
                    order_id=order_id, notice="ASN-1", is_blind=is_blind)


class Counter:
    """One person at one parcel of a delivery."""

    def __init__(self, db, actor, delivery_id, parcel_id=None):
        self.db, self.actor, self.delivery_id = db, actor, delivery_id
        self.parcel_id = parcel_id or db.write(receiving_deliveries.open_parcel, actor, delivery_id)

    def scan(self, raw, **more):
        return self.db.write(receiving.scan, self.actor, self.parcel_id, a_scan(raw, **more))

    def count(self, item, units=1):
        """As the pad does it: the number, then one copy; and once more where it is asked."""
        answer = self.scan(item.label, units=units)
        return answer if answer.outcome == "accepted" else self.scan(item.label)

    def press(self, command, **more):
        return self.scan(command, step=self.task["step_id"], **more)

    def close(self):
        return self.press("#close")

    @property
    def task(self):
        with self.db.read() as session:
            return draw(session, look(session, self.parcel_id), self.actor)


def close_delivery(db, actor, delivery_id, *, is_confirmed=False):
    """(kind, title, units) of each difference."""
    found = db.write(receiving_deliveries.close_delivery, actor, delivery_id, is_confirmed=is_confirmed)
    return [(each.kind, each.title, each.units) for each in found]


def line_of(db, delivery_id, item):
    """(good, bad) of an item in a delivery."""
    with db.read() as session:
        row = session.execute(select(DeliveryLine.units_good, DeliveryLine.units_bad).where(
            DeliveryLine.delivery_id == delivery_id, DeliveryLine.item_id == item.id)).one_or_none()
    return tuple(row) if row else (0, 0)


def delivery_state(db, delivery_id):
    with db.read() as session:
        return session.execute(select(Delivery.state).where(Delivery.id == delivery_id)).scalar_one()


def purchase_state(db, order_id):
    with db.read() as session:
        return session.execute(select(PurchaseOrder.state).where(PurchaseOrder.id == order_id)).scalar_one()


def incidents_of(db, delivery_id):
    """(kind, units, state) of what a delivery's incidents say, the oldest first."""
    with db.read() as session:
        return [tuple(row) for row in session.execute(
            select(Incident.kind, Incident.units, Incident.state).where(Incident.delivery_id == delivery_id)
            .order_by(Incident.id))]
