"""Readable beginnings for goods that are on their way: a supplier, a purchase order, a delivery that was counted."""

from sqlalchemy import select

from tests import builders
from warehouse.domain import stock as rules
from warehouse.models.incidents import Incident, Photo
from warehouse.models.receiving import Delivery, DeliveryLine, DeliveryParcel, PurchaseLine, PurchaseOrder, Supplier
from warehouse.services import purchasing, stock
from warehouse.services.purchasing import Announced

SUPPLIER = "Harbour Books"
KINDS = ("short", "over", "not_ordered", "unknown_title", "damaged", "misprint", "wrong_edition")


def an_order(db, actor, lines, *, supplier=SUPPLIER, number="PO-1", expected_on=""):
    """A purchase order with {item: units}; its id."""
    order_id = db.write(purchasing.create_order, actor, supplier=supplier, number=number, expected_on=expected_on)
    for item, units in lines.items():
        db.write(purchasing.set_units, actor, order_id, item.id, units)
    return order_id


def a_delivery(db, actor, units, *, order_id=None, supplier=SUPPLIER, notice="", parcels=None):
    """An announced delivery of {item: units}; its id."""
    def add(session):
        supplier_id = purchasing.find_or_make_supplier(session, actor, supplier)
        announced = Announced({item.id: n for item, n in units.items()}, parcels)
        return purchasing.announce(session, actor, supplier_id, announced, order_id=order_id, notice=notice)

    return db.write(add)


def counted(db, actor, delivery_id, good=None, bad=None, *, close=True):
    """What was counted of a delivery, by ledger: {item: units} good to RECEIVING, bad to QUARANTINE."""
    def count(session):
        sorts = ((good, rules.GOOD, "RECEIVING"), (bad, rules.DAMAGED, "QUARANTINE"))
        for units, condition, place in sorts:
            for item, n in (units or {}).items():
                line = session.execute(select(DeliveryLine).where(
                    DeliveryLine.delivery_id == delivery_id, DeliveryLine.item_id == item.id)).scalar_one_or_none()
                if line is None:
                    line = DeliveryLine(delivery_id=delivery_id, item_id=item.id, units_good=0, units_bad=0)
                    session.add(line)
                setattr(line, name := "units_good" if condition == rules.GOOD else "units_bad",
                        getattr(line, name) + n)
                session.flush()
                stock.move(session, actor, item.id, n, source=stock.fixed_place(session, "SUPPLIER"),
                           target=stock.fixed_place(session, place), condition=condition,
                           cause=stock.Cause(rules.RECEIVE))
        delivery = session.get(Delivery, delivery_id)
        delivery.state = "closed" if close else "receiving"
        delivery.closed_at, delivery.closed_by = (actor.at, actor.person_id) if close else (None, None)
        if close and delivery.purchase_order_id:
            session.flush()
            purchasing.take_delivery(session, delivery.purchase_order_id)

    db.write(count)


def an_incident(db, actor, delivery_id, kind, item, units, *, note="", photos=0):
    def add(session):
        incident = Incident(kind=kind, stage="receive", state="open", units=units, item_id=item.id,
                            delivery_id=delivery_id, at=actor.at, person_id=actor.person_id, note=note)
        session.add(incident)
        session.flush()
        session.add_all(Photo(incident_id=incident.id, jpeg=b"x", width=1, height=1, at=actor.at,
                              person_id=actor.person_id) for _ in range(photos))
        return incident.id

    return db.write(add)


def a_draft(db, actor, code="9787000000018", title="书名待补"):
    """A draft item as a scan at goods in makes it."""
    from warehouse.services import drafts

    item_id = db.write(drafts.make_draft, actor, code, title)
    return builders.AnItem(item_id, code, code, title, (code,))


def order_of(db, order_id):
    """(state, {item id: units ordered}, expected day)."""
    with db.read() as session:
        order = session.get(PurchaseOrder, order_id)
        lines = session.execute(select(PurchaseLine.item_id, PurchaseLine.units_ordered)
                                .where(PurchaseLine.purchase_order_id == order_id))
        return order.state, {row.item_id: row.units_ordered for row in lines}, order.expected_on


def order_named(db, number):
    with db.read() as session:
        return session.execute(select(PurchaseOrder.id).where(PurchaseOrder.number == number)).scalar_one_or_none()


def deliveries(db):
    """(state, notice, parcels announced, number of parcel rows, {item id: (announced, good, bad)}) of each."""
    with db.read() as session:
        found = []
        for one in session.execute(select(Delivery).order_by(Delivery.id)).scalars():
            lines = session.execute(select(DeliveryLine).where(DeliveryLine.delivery_id == one.id)).scalars()
            parcels = session.execute(select(DeliveryParcel.id).where(DeliveryParcel.delivery_id == one.id)).all()
            found.append((one.state, one.notice, one.parcels_announced, len(parcels),
                          {line.item_id: (line.units_announced, line.units_good, line.units_bad) for line in lines}))
        return found


def suppliers(db):
    with db.read() as session:
        return list(session.execute(select(Supplier.name).order_by(Supplier.id)).scalars())
