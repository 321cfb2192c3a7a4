"""Deliveries at the door (REC-2): opened, their parcels handed out one by one, and closed with what they differ in."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import receiving as rules
from warehouse.domain.people import Actor
from warehouse.domain.purchasing import WAITED_FOR
from warehouse.domain.receiving import DELIVERY_FLOW, PARCEL_FLOW, Difference
from warehouse.errors import Conflict, NotFound
from warehouse.models.receiving import Delivery, DeliveryLine, DeliveryParcel, PurchaseOrder, Supplier
from warehouse.services import incidents, journal, purchasing, stock
from warehouse.services.receiving_look import RECEIVING, TASK, lines_of, look_delivery

PARCEL = DeliveryParcel.__table__


def open_delivery(
    session: Session, actor: Actor, *, supplier_id: int | None = None, purchase_order_id: int | None = None,
) -> int:
    """A delivery that nobody announced; its id. With a purchase order it is counted against that, with a supplier
    alone it is counted blind. Where such a delivery of the order is being counted already, it is that one: counted
    in two, each would miss what the other one brought. Refused for an order of which no more is expected."""
    if purchase_order_id is not None:
        order = session.execute(
            select(PurchaseOrder.supplier_id, PurchaseOrder.state).where(PurchaseOrder.id == purchase_order_id)
            .with_for_update(key_share=True)).one_or_none()
        if order is None or order.state not in WAITED_FOR:
            raise NotFound("receiving.no_such_order")
        if begun := _begun(session, purchase_order_id):
            return begun
        supplier_id = order.supplier_id
    elif session.execute(select(Supplier.id).where(Supplier.id == supplier_id)).scalar() is None:
        raise NotFound("receiving.no_such_supplier")
    delivery = Delivery(
        number=uuid4().hex, supplier_id=supplier_id,
        purchase_order_id=purchase_order_id, state=DELIVERY_FLOW.step(DELIVERY_FLOW.start, "start"),
        is_blind=purchase_order_id is None, created_at=actor.at, created_by=actor.person_id)
    session.add(delivery)
    session.flush()  # Its number is made of its id.
    delivery.number = purchasing.delivery_number(delivery.id)
    return delivery.id


def _begun(session: Session, purchase_order_id: int) -> int | None:
    """The delivery of this order that is being counted against it without a notice."""
    announced = select(DeliveryLine.id).where(
        DeliveryLine.delivery_id == Delivery.id, DeliveryLine.units_announced.is_not(None)).exists()
    return session.execute(
        select(Delivery.id).where(Delivery.purchase_order_id == purchase_order_id, Delivery.state == rules.RECEIVING,
                                  Delivery.is_blind.is_(False), ~announced).order_by(Delivery.id).limit(1)).scalar()


def open_parcel(session: Session, actor: Actor, delivery_id: int) -> int:
    """The parcel that this person counts next; its id. Their own open one, else the first that waits, else one more
    than were announced."""
    delivery = _lock(session, delivery_id)
    if delivery.state == rules.ANNOUNCED:
        delivery.state = DELIVERY_FLOW.step(delivery.state, "start")
    if delivery.state != rules.RECEIVING:
        raise Conflict("receiving.delivery_over", number=delivery.number)
    parcels = _lock_parcels(session, delivery_id)
    mine = next((one for one in parcels if one.state == rules.OPEN and one.person_id == actor.person_id), None)
    if mine is not None:
        return mine.id
    parcel = next((one for one in parcels if one.state == rules.WAITING), None)
    parcel_id = parcel.id if parcel else session.execute(insert(PARCEL).returning(PARCEL.c.id), {
        "delivery_id": delivery_id, "position": 1 + max((one.position for one in parcels), default=0),
        "state": PARCEL_FLOW.start,
    }).scalar_one()
    session.execute(update(PARCEL).where(PARCEL.c.id == parcel_id).values(
        state=PARCEL_FLOW.step(rules.WAITING, "open"), person_id=actor.person_id,
        opened_at=(parcel.opened_at if parcel else None) or actor.at))
    return parcel_id


def close_delivery(
    session: Session, actor: Actor, delivery_id: int, *, is_confirmed: bool = False,
) -> Sequence[Difference]:
    """Everything that came is counted. Each title that differs is an incident for the supplier, and the purchase
    order is received in part or in full. One that nobody announced and of which nothing came was opened by mistake:
    it is cancelled, and the supplier owes nothing for it. Refused while a parcel is open, and, unless confirmed, where
    parcels that were announced were not counted."""
    delivery = _lock(session, delivery_id)
    parcels = _lock_parcels(session, delivery_id)
    still_open = [str(one.position) for one in parcels if one.state == rules.OPEN]
    if still_open:
        raise Conflict("receiving.parcel_open", positions=", ".join(still_open))
    missing = rules.missing_parcels(delivery.parcels_announced, [one.state for one in parcels])
    if missing and not is_confirmed:
        raise Conflict("receiving.parcels_missing", n=missing)
    now = look_delivery(session, delivery_id)
    lines = list(lines_of(session, now).values())
    is_real = now.has_notice or any(line.seen for line in lines)
    delivery.state = DELIVERY_FLOW.step(delivery.state, "close" if is_real else "close_empty")
    delivery.closed_at, delivery.closed_by = actor.at, actor.person_id
    found = rules.differences(lines, has_papers=now.has_papers) if is_real else []
    place = stock.fixed_place(session, RECEIVING)
    for each in found:
        incidents.report(session, actor, each.kind, TASK, units=each.units, item_id=each.item_id,
                         location_id=place.id, delivery_id=delivery_id)
    if now.purchase_order_id is not None and any(line.seen and line.most is not None for line in lines):
        purchasing.take_delivery(session, now.purchase_order_id)
    journal.note(session, actor, "close", "delivery", delivery_id, parcels_missing=missing, differences=len(found))
    return found


def cancel_delivery(session: Session, actor: Actor, delivery_id: int) -> None:
    """An announced delivery that will not come. Refused once anybody began to count it."""
    delivery = _lock(session, delivery_id)
    delivery.state = DELIVERY_FLOW.step(delivery.state, "cancel")
    journal.note(session, actor, "cancel", "delivery", delivery_id)


def _lock(session: Session, delivery_id: int) -> Delivery:
    delivery = session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    if delivery is None:
        raise NotFound("receiving.no_such_delivery")
    return delivery


def _lock_parcels(session: Session, delivery_id: int) -> Sequence[DeliveryParcel]:
    """After the delivery, as everywhere: whoever counts holds only the parcel."""
    return session.execute(
        select(DeliveryParcel).where(DeliveryParcel.delivery_id == delivery_id).order_by(DeliveryParcel.position)
        .with_for_update().execution_options(populate_existing=True)).scalars().all()
