"""Drafts get their facts and are listed, or prove to be another code of an item that is there already (CAT-3, REC-2).

Units of a merged draft are taken out of the books under its own number and in again under the right one, place by
place, as if they had been received so: no loss and no find is invented, and the figures of losses stay true.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import stock as ledger
from warehouse.domain.barcodes import make_label
from warehouse.domain.catalog import packing_class_of
from warehouse.domain.incidents import MISTAKE, OPEN
from warehouse.domain.people import Actor
from warehouse.domain.purchasing import DRAFT, LISTED, OVERS, SHORT, WAITED_FOR
from warehouse.domain.receiving import CLOSED, differences
from warehouse.domain.titles import clean_title, set_size
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.incidents import Incident
from warehouse.models.orders import OrderLine
from warehouse.models.receiving import Delivery, DeliveryLine, PurchaseLine, PurchaseOrder
from warehouse.models.stock import Location, StockBalance
from warehouse.services import incidents, journal, purchasing, stock
from warehouse.services.receiving_look import RECEIVING, TASK, lines_of, look_delivery
from warehouse.services.stock import Cause, Place

ITEM, CODE = Item.__table__, ItemCode.__table__
TITLE_LIMIT, FIELD_LIMIT = 300, 200


def list_draft(
    session: Session, actor: Actor, item_id: int, *, title: str, authors: str = "", publisher: str = "",
    price_minor: int | None = None, currency: str | None = None,
) -> None:
    """Give a draft its facts: from now on it is an item like any other and may be put away. Refused without a title."""
    draft = _draft(session, item_id)
    title = clean_title(title)[:TITLE_LIMIT]
    if not title:
        raise Invalid("purchasing.title_wanted")
    facts: dict[str, Any] = {
        "title": title, "authors": clean_title(authors)[:FIELD_LIMIT],
        "publisher": clean_title(publisher)[:FIELD_LIMIT],
    }
    if price_minor is not None:
        facts |= {"price_minor": price_minor, "currency": currency}
    volumes = set_size(title) or 1
    session.execute(update(ITEM).where(ITEM.c.id == item_id).values(
        **facts, volumes=volumes, packing_class=packing_class_of(draft.binding, title, volumes), listing=LISTED,
        updated_at=actor.at))
    journal.note(session, actor, "list", "item", item_id, was=draft.title, **facts)


def merge_draft(session: Session, actor: Actor, item_id: int, into_id: int) -> None:
    """The draft was another code of `into_id`: codes, units, purchase and delivery lines become that item's. Refused
    for a draft into itself or into another draft, and where a customer's order waits for it."""
    target = session.execute(select(ITEM.c.id, ITEM.c.listing, ITEM.c.isbn13).where(ITEM.c.id == into_id)
                             .with_for_update()).one_or_none()
    if target is None or target.id == item_id or target.listing != LISTED:
        raise Invalid("purchasing.merge_into_listed")
    draft = _draft(session, item_id)
    if session.execute(select(OrderLine.id).where(OrderLine.item_id == item_id).limit(1)).scalar() is not None:
        raise Conflict("purchasing.draft_is_ordered", title=draft.title)
    units = _move_units(session, actor, item_id, into_id)
    _move_codes(session, item_id, into_id)
    _move_purchases(session, item_id, into_id)
    came_with = _move_deliveries(session, item_id, into_id)
    _settle_orders(session, into_id)
    session.execute(update(Incident).where(Incident.item_id == item_id).values(item_id=into_id))
    _tell_anew(session, actor, into_id, came_with)
    # The number is free for a catalogue that brings this book one day; the row stays, because moves name it.
    session.execute(update(ITEM).where(ITEM.c.id == item_id)
                    .values(sku=make_label("item", item_id), isbn13=None, merged_into_id=into_id, updated_at=actor.at))
    if draft.isbn13 and not target.isbn13:
        session.execute(update(ITEM).where(ITEM.c.id == into_id).values(isbn13=draft.isbn13, updated_at=actor.at))
    journal.note(session, actor, "merge", "item", into_id, draft_id=item_id, code=draft.sku, units=units)


def _draft(session: Session, item_id: int) -> Any:
    row = session.execute(select(ITEM).where(ITEM.c.id == item_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("purchasing.no_such_draft")
    if row.listing != DRAFT or row.merged_into_id:
        raise Conflict("purchasing.draft_is_done", title=row.title)
    return row


def _move_units(session: Session, actor: Actor, item_id: int, into_id: int) -> int:
    """Out under the draft's number and in under the item's, at the same place and in the same condition."""
    supplier = stock.fixed_place(session, "SUPPLIER")
    rows = session.execute(
        select(StockBalance.location_id, Location.kind, StockBalance.condition, StockBalance.on_hand)
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.item_id == item_id, StockBalance.on_hand > 0)
        .order_by(StockBalance.location_id, StockBalance.condition)).all()
    for row in rows:
        place = Place(row.location_id, row.kind)
        stock.move(session, actor, item_id, row.on_hand, source=place, target=supplier, condition=row.condition,
                   cause=Cause(ledger.UNRECEIVE))
        stock.move(session, actor, into_id, row.on_hand, source=supplier, target=place, condition=row.condition,
                   cause=Cause(ledger.RECEIVE))
    return sum(row.on_hand for row in rows)


def _move_codes(session: Session, item_id: int, into_id: int) -> None:
    has = set(session.execute(select(CODE.c.code).where(CODE.c.item_id == into_id)).scalars())
    own = make_label("item", item_id)
    new = [code for code in session.execute(select(CODE.c.code).where(CODE.c.item_id == item_id)).scalars()
           if code not in has and code != own]
    session.execute(delete(CODE).where(CODE.c.item_id == item_id))
    if new:
        session.execute(insert(CODE), [{"code": code, "item_id": into_id} for code in new])


def _move_purchases(session: Session, item_id: int, into_id: int) -> None:
    """An order that names both has one line of both. The orders are held: whoever changes a line waits."""
    named = select(PurchaseLine.purchase_order_id).where(PurchaseLine.item_id == item_id)
    session.execute(select(PurchaseOrder.id).where(PurchaseOrder.id.in_(named)).order_by(PurchaseOrder.id)
                    .with_for_update()).all()
    for line in session.execute(select(PurchaseLine).where(PurchaseLine.item_id == item_id)).scalars().all():
        other = session.execute(select(PurchaseLine).where(
            PurchaseLine.purchase_order_id == line.purchase_order_id, PurchaseLine.item_id == into_id)
        ).scalar_one_or_none()
        if other is None:
            line.item_id = into_id
        else:
            other.units_ordered += line.units_ordered
            session.delete(line)
    session.flush()  # A line that went must be gone before anything else is read.


def _move_deliveries(session: Session, item_id: int, into_id: int) -> list[int]:
    """The deliveries in which the draft came or was announced."""
    came_with = []
    for line in session.execute(select(DeliveryLine).where(DeliveryLine.item_id == item_id)).scalars().all():
        other = session.execute(select(DeliveryLine).where(
            DeliveryLine.delivery_id == line.delivery_id, DeliveryLine.item_id == into_id)).scalar_one_or_none()
        came_with.append(line.delivery_id)
        if other is None:
            line.item_id = into_id
        else:
            other.units_good += line.units_good
            other.units_bad += line.units_bad
            if line.units_announced is not None:
                other.units_announced = (other.units_announced or 0) + line.units_announced
            session.delete(line)
    session.flush()  # As above.
    return came_with


def _tell_anew(session: Session, actor: Actor, into_id: int, delivery_ids: Sequence[int]) -> None:
    """A delivery that is closed said that one title is missing and another one came that nobody knows. It is one: what
    was said is a mistake of ours, and what it still differs in is said instead."""
    for delivery_id in sorted(delivery_ids):
        said = session.execute(
            select(Incident.id).join(Delivery, Delivery.id == Incident.delivery_id)
            .where(Incident.delivery_id == delivery_id, Delivery.state == CLOSED, Incident.item_id == into_id,
                   Incident.state == OPEN, Incident.kind.in_((SHORT, *OVERS))).order_by(Incident.id)).scalars().all()
        if not said:
            continue
        for incident_id in said:
            incidents.close(session, actor, incident_id, MISTAKE)
        now = look_delivery(session, delivery_id)
        for each in differences(list(lines_of(session, now, [into_id]).values()), has_papers=now.has_papers):
            incidents.report(session, actor, each.kind, TASK, units=each.units, item_id=into_id,
                             location_id=stock.fixed_place(session, RECEIVING).id, delivery_id=delivery_id)


def _settle_orders(session: Session, into_id: int) -> None:
    """What came under the draft's number may be what an order waits for under the item's."""
    waiting = (
        select(PurchaseOrder.id).distinct().join(PurchaseLine, PurchaseLine.purchase_order_id == PurchaseOrder.id)
        .join(Delivery, Delivery.purchase_order_id == PurchaseOrder.id)
        .join(DeliveryLine, DeliveryLine.delivery_id == Delivery.id)
        .where(PurchaseOrder.state.in_(WAITED_FOR), Delivery.state == CLOSED, PurchaseLine.item_id == into_id,
               DeliveryLine.item_id == into_id))
    for order_id in session.execute(waiting.order_by(PurchaseOrder.id)).scalars().all():
        purchasing.take_delivery(session, order_id)
