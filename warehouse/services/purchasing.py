"""What we ordered and what suppliers announced: suppliers, purchase orders and delivery notices (REC-1)."""

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from warehouse.domain import purchasing as rules
from warehouse.domain.people import Actor
from warehouse.domain.purchasing import LineStand
from warehouse.domain.receiving import DELIVERY_FLOW, PARCEL_FLOW, UNDER_WAY
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.catalog import Item
from warehouse.models.receiving import (
    Delivery,
    DeliveryLine,
    DeliveryParcel,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
)
from warehouse.models.stock import Location
from warehouse.services import journal

MOST_PARCELS = 500


def find_or_make_supplier(session: Session, actor: Actor, name: str) -> int:
    """The supplier of that name or code, in whatever spelling of blanks and capitals; a new one where there is none.
    Locked until the commit, so that two people cannot make the same order or notice at once."""
    name = " ".join(name.split())
    if not name or len(name) > rules.LONGEST_NAME:
        raise Invalid("purchasing.supplier_wanted", most=rules.LONGEST_NAME)
    found = _supplier_named(session, name)
    if found is None:
        # Two who bring the same new supplier wait for each other here; nothing else does.
        session.execute(select(Location.id).where(Location.code == "SUPPLIER").with_for_update(key_share=True)).all()
        found = _supplier_named(session, name) or _make_supplier(session, actor, name)
    session.execute(select(Supplier.id).where(Supplier.id == found).with_for_update(key_share=True)).all()
    return found


def _supplier_named(session: Session, name: str) -> int | None:
    wanted = rules.plain_name(name)
    known = session.execute(select(Supplier.id, Supplier.code, Supplier.name).order_by(Supplier.id))
    return next((row.id for row in known if wanted in {rules.plain_name(row.code), rules.plain_name(row.name)}), None)


def _make_supplier(session: Session, actor: Actor, name: str) -> int:
    made = session.execute(insert(Supplier).returning(Supplier.id),
                           {"code": rules.plain_name(name), "name": name, "created_at": actor.at})
    supplier_id = int(made.scalar_one())
    journal.note(session, actor, "make", "supplier", supplier_id, name=name)
    return supplier_id


# --- Purchase orders -------------------------------------------------------------------------------------------------


def create_order(session: Session, actor: Actor, *, supplier: str, number: str, expected_on: str) -> int:
    """A new purchase order without lines; its id. Refused: no number, a number that this supplier has already, a day
    that is none."""
    number = " ".join(number.split())
    if not number or len(number) > rules.LONGEST_NUMBER:
        raise Invalid("purchasing.number_wanted", most=rules.LONGEST_NUMBER)
    day = _day(expected_on)
    supplier_id = find_or_make_supplier(session, actor, supplier)
    if find_order(session, supplier_id, number) is not None:
        raise Conflict("purchasing.number_taken", number=number)
    return add_order(session, actor, supplier_id, number, day).id


def add_order(session: Session, actor: Actor, supplier_id: int, number: str, expected_on: str) -> PurchaseOrder:
    order = PurchaseOrder(supplier_id=supplier_id, number=number, state=rules.PURCHASE_FLOW.start,
                          expected_on=expected_on, created_at=actor.at, created_by=actor.person_id)
    session.add(order)
    session.flush()  # Its lines need its id.
    journal.note(session, actor, "make", "purchase_order", order.id, number=number)
    return order


def find_order(session: Session, supplier_id: int, number: str) -> PurchaseOrder | None:
    """The order under this number of the supplier, locked."""
    return session.execute(
        select(PurchaseOrder).where(PurchaseOrder.supplier_id == supplier_id, PurchaseOrder.number == number)
        .with_for_update()).scalar_one_or_none()


def get_order(session: Session, order_id: int) -> PurchaseOrder:
    """The order, locked and as it is now. Refused where there is none."""
    order = session.get(PurchaseOrder, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("purchasing.no_such_order")
    return order


def change_day(session: Session, actor: Actor, order_id: int, expected_on: str) -> None:
    """Another day on which the order is expected; empty where nobody knows."""
    order, day = get_order(session, order_id), _day(expected_on)
    if order.state not in rules.WAITED_FOR:
        raise Conflict("purchasing.order_over", number=order.number)
    if day != order.expected_on:
        journal.note(session, actor, "change_day", "purchase_order", order_id, was=order.expected_on, now=day)
        order.expected_on = day


def add_units(session: Session, actor: Actor, order_id: int, item_id: int, units: int) -> int:
    """More (or, negative, fewer) units of an item on an order; what the line then says. Refused as `set_units`."""
    line = _line(session, order_id, item_id)
    now = (line.units_ordered if line else 0) + units
    set_units(session, actor, order_id, item_id, now)
    return now


def set_units(session: Session, actor: Actor, order_id: int, item_id: int, units: int) -> None:
    """What the order says of an item; 0 takes the line off. Refused below what came of it and on an order of which
    nothing more is expected."""
    order = get_order(session, order_id)
    if not 0 <= units <= rules.MOST_UNITS:
        raise Invalid("common.number_wrong")
    received = stands(session, order_id, item_id).get(item_id, LineStand(0, 0)).received
    if why := rules.why_not_changed(order.state, received=received, units=units):
        raise Conflict("purchasing.order_over" if why == "purchase_over" else "purchasing.below_received",
                       number=order.number, n=received)
    line = _line(session, order_id, item_id)
    was = line.units_ordered if line else 0
    if line is None and units:
        _hold_item(session, item_id)
        session.add(PurchaseLine(purchase_order_id=order_id, item_id=item_id, units_ordered=units))
    elif line is not None and units:
        line.units_ordered = units
    elif line is not None:
        session.delete(line)
    session.flush()  # The stand of the order is read anew.
    if was != units:
        journal.note(session, actor, "change_units", "purchase_order", order_id, item_id=item_id, was=was, now=units)
        settle_state(session, order)


def close_order(session: Session, actor: Actor, order_id: int, reason: str) -> None:
    """Nothing more is expected of this order, whatever is outstanding. Refused without a reason, and while a delivery
    of it is under way."""
    order = get_order(session, order_id)
    if not reason.strip():
        raise Invalid("purchasing.reason_wanted")
    under_way = select(Delivery.number).where(Delivery.purchase_order_id == order_id, Delivery.state.in_(UNDER_WAY))
    if delivery := session.execute(under_way.limit(1)).scalar():
        raise Conflict("purchasing.delivery_under_way", delivery=delivery)
    order.state = rules.PURCHASE_FLOW.step(order.state, "close")
    journal.note(session, actor, "close", "purchase_order", order_id, reason=reason.strip())


def take_delivery(session: Session, order_id: int) -> None:
    """A delivery of the order was counted: it is received in part or whole. One that is over stays so."""
    order = get_order(session, order_id)
    if order.state in rules.WAITED_FOR:
        order.state = rules.PURCHASE_FLOW.step(order.state, rules.verb_of(stands(session, order_id).values()))


def settle_state(session: Session, order: PurchaseOrder) -> None:
    """After a line was changed: an order of which a part came may have nothing outstanding any more."""
    if order.state == rules.PART and rules.verb_of(stands(session, order.id).values()) == "receive_rest":
        order.state = rules.PURCHASE_FLOW.step(order.state, "receive_rest")


def stands(session: Session, order_id: int, item_id: int | None = None) -> dict[int, LineStand]:
    """What was ordered and what came, by item, or of `item_id` alone: good and bad copies both came."""
    brought = (
        select(DeliveryLine.item_id, func.sum(DeliveryLine.units_good + DeliveryLine.units_bad).label("units"))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id).where(Delivery.purchase_order_id == order_id))
    wanted = PurchaseLine.purchase_order_id == order_id
    if item_id is not None:
        brought, wanted = brought.where(DeliveryLine.item_id == item_id), wanted & (PurchaseLine.item_id == item_id)
    came = brought.group_by(DeliveryLine.item_id).subquery()
    rows = session.execute(
        select(PurchaseLine.item_id, PurchaseLine.units_ordered, came.c.units)
        .outerjoin(came, came.c.item_id == PurchaseLine.item_id).where(wanted))
    return {row.item_id: LineStand(row.units_ordered, int(row.units or 0)) for row in rows}


def _line(session: Session, order_id: int, item_id: int) -> PurchaseLine | None:
    return session.execute(
        select(PurchaseLine).where(PurchaseLine.purchase_order_id == order_id, PurchaseLine.item_id == item_id)
    ).scalar_one_or_none()


def _hold_item(session: Session, item_id: int) -> None:
    """Nobody merges the item into another until the commit. Refused where there is no such item, or not any more."""
    merged = session.execute(select(Item.id, Item.merged_into_id).where(Item.id == item_id)
                             .with_for_update(read=True, key_share=True)).one_or_none()
    if merged is None or merged.merged_into_id is not None:
        raise NotFound("purchasing.no_such_item")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat() if text.strip() else ""
    except ValueError:
        raise Invalid("purchasing.day_wrong") from None


# --- Delivery notices ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Announced:
    """What a notice says: units by item, and the parcels if it tells them."""

    units: dict[int, int]
    parcels: int | None = None


def announce(
    session: Session, actor: Actor, supplier_id: int, announced: Announced, *, order_id: int | None = None,
    notice: str = "", is_blind: bool = False,
) -> int:
    """A delivery that is to come, with its lines and parcels; its id."""
    delivery = Delivery(
        number=uuid4().hex, supplier_id=supplier_id, purchase_order_id=order_id, notice=notice,
        state=DELIVERY_FLOW.start, is_blind=is_blind, parcels_announced=announced.parcels, created_at=actor.at,
        created_by=actor.person_id)
    session.add(delivery)
    session.flush()  # Its number is made of its id.
    delivery.number = delivery_number(delivery.id)
    session.add_all(DeliveryLine(delivery_id=delivery.id, item_id=item_id, units_announced=units)
                    for item_id, units in sorted(announced.units.items()))
    add_parcels(session, delivery.id, announced.parcels or 0)
    journal.note(session, actor, "announce", "delivery", delivery.id, notice=notice)
    return delivery.id


def delivery_number(delivery_id: int) -> str:
    """What people call a delivery."""
    return f"D{delivery_id:06d}"


def add_parcels(session: Session, delivery_id: int, wanted: int) -> None:
    """As many parcels as were announced; those that are there already stay."""
    there = session.execute(select(func.count()).where(DeliveryParcel.delivery_id == delivery_id)).scalar_one()
    session.add_all(DeliveryParcel(delivery_id=delivery_id, position=position, state=PARCEL_FLOW.start)
                    for position in range(there + 1, wanted + 1))
    session.flush()  # A later look counts them.


def announce_outstanding(
    session: Session, actor: Actor, order_id: int, *, notice: str = "", parcels: int | None = None,
    is_blind: bool = False,
) -> int:
    """Everything of an order that neither came nor is announced yet, as one delivery; its id. Refused where nothing
    is left, and where this supplier has a notice of that number."""
    order = get_order(session, order_id)
    if order.state not in rules.WAITED_FOR:
        raise Conflict("purchasing.order_over", number=order.number)
    if parcels is not None and not 1 <= parcels <= MOST_PARCELS:
        raise Invalid("purchasing.parcels_wrong", most=MOST_PARCELS)
    notice = " ".join(notice.split())
    if len(notice) > rules.LONGEST_NUMBER:
        raise Invalid("common.text_too_long", most=rules.LONGEST_NUMBER)
    taken = select(Delivery.id).where(Delivery.supplier_id == order.supplier_id, Delivery.notice == notice).limit(1)
    if notice and session.execute(taken).scalar() is not None:
        raise Conflict("purchasing.notice_taken", number=notice)
    waiting = _announced_and_not_counted(session, order_id)
    left = {item_id: stand.outstanding - waiting.get(item_id, 0)
            for item_id, stand in stands(session, order_id).items()}
    left = {item_id: units for item_id, units in left.items() if units > 0}
    if not left:
        raise Conflict("purchasing.nothing_outstanding", number=order.number)
    return announce(session, actor, order.supplier_id, Announced(left, parcels), order_id=order_id, notice=notice,
                    is_blind=is_blind)


def _announced_and_not_counted(session: Session, order_id: int) -> dict[int, int]:
    """Units by item that deliveries under way still have to bring."""
    rows = session.execute(
        select(DeliveryLine.item_id, DeliveryLine.units_announced,
               (DeliveryLine.units_good + DeliveryLine.units_bad).label("came"))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
        .where(Delivery.purchase_order_id == order_id, Delivery.state.in_(UNDER_WAY),
               DeliveryLine.units_announced.is_not(None)))
    waiting: dict[int, int] = {}
    for row in rows:
        waiting[row.item_id] = waiting.get(row.item_id, 0) + max(0, row.units_announced - row.came)
    return waiting
