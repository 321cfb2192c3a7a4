"""Incidents for tests: how one ends, what was reported of an order that was sent, and its parcel."""

from sqlalchemy import insert, select, update

from tests.builders import a_place, an_order
from warehouse.models.incidents import Incident
from warehouse.models.orders import OrderLine
from warehouse.models.packing import Parcel
from warehouse.services import incidents, incidents_settle


def settle(db, actor, incident, outcome, **more):
    db.write(incidents_settle.settle, actor, incident, outcome, **more)


def state_of(db, incident):
    with db.read() as session:
        row = session.execute(select(Incident.state, Incident.outcome).where(Incident.id == incident)).one()
    return tuple(row)


def a_sent_order(db, dune):
    """Two copies of Dune that left the house, paid with 100.00."""
    order = an_order(db, {dune: 2}, state="dispatched", total_minor=10_000)

    def dispatch(session):
        session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(
            units_reserved=2, units_picked=2, units_packed=2, units_dispatched=2))

    db.write(dispatch)
    return order


def a_parcel(db, actor, order, *, tracking):
    place = a_place(db, f"P-{order.id}", "parcel")

    def add(session):
        return session.execute(insert(Parcel).returning(Parcel.id), {
            "number": f"P-{order.id}", "order_id": order.id, "position": 1, "state": "handed_over",
            "location_id": place.id, "carrier_code": "SF", "tracking_number": tracking, "packed_by": actor.person_id,
            "opened_at": actor.at}).scalar_one()

    return db.write(add)


def report_damaged(db, actor, order, dune, units=1):
    return db.write(incidents.report, actor, "damaged", "customer", units=units, item_id=dune.id, order_id=order.id)
