"""What came of purchases: one delivery with its discrepancies, and drafts that wait for their facts (REC-1, REC-2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import purchasing as rules
from warehouse.domain import stock as ledger
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.people import Person
from warehouse.models.receiving import Delivery, DeliveryLine, PurchaseLine, PurchaseOrder
from warehouse.models.stock import Location, StockBalance, StockMove
from warehouse.queries.purchasing import DeliveryRow, is_discrepancy, list_deliveries

MOST_DRAFTS = 100
MOST_CHOICES = 12


@dataclass(frozen=True)
class Discrepancy:
    """One thing that was wrong with a delivery; `units` copies of it. `announced`, `good` and `bad` are the whole
    line's."""

    incident_id: int
    kind: str
    state: str
    title: str
    isbn13: str | None
    sku: str
    units: int
    announced: int | None
    good: int
    bad: int
    note: str
    photos: int
    at: datetime
    person: str


@dataclass(frozen=True)
class DeliveryLineRow:
    item_id: int
    title: str
    isbn13: str | None
    sku: str
    listing: str
    announced: int | None
    good: int
    bad: int


@dataclass(frozen=True)
class DeliveryPage:
    delivery: DeliveryRow
    closed_by: str
    lines: list[DeliveryLineRow]
    discrepancies: list[Discrepancy]


def delivery_page(session: Session, delivery_id: int) -> DeliveryPage | None:
    found = list_deliveries(session, delivery_id=delivery_id)
    if not found:
        return None
    lines = [DeliveryLineRow(*row) for row in session.execute(
        select(Item.id, Item.title, Item.isbn13, Item.sku, Item.listing, DeliveryLine.units_announced,
               DeliveryLine.units_good, DeliveryLine.units_bad)
        .join(Item, Item.id == DeliveryLine.item_id).where(DeliveryLine.delivery_id == delivery_id)
        .order_by(DeliveryLine.id))]
    by = session.execute(select(Person.name).join(Delivery, Delivery.closed_by == Person.id)
                         .where(Delivery.id == delivery_id)).scalar()
    return DeliveryPage(found[0], by or "", lines, _discrepancies(session, delivery_id))


def _discrepancies(session: Session, delivery_id: int) -> list[Discrepancy]:
    """In the order of the report: by kind, then as they were found."""
    photos = select(func.count()).where(Photo.incident_id == Incident.id).correlate(Incident).scalar_subquery()
    rows = session.execute(
        select(Incident.id, Incident.kind, Incident.state, Item.title, Item.isbn13, Item.sku, Incident.units,
               DeliveryLine.units_announced, DeliveryLine.units_good, DeliveryLine.units_bad, Incident.note,
               photos.label("photos"), Incident.at, Person.name)
        .outerjoin(Item, Item.id == Incident.item_id).join(Person, Person.id == Incident.person_id)
        .outerjoin(DeliveryLine, (DeliveryLine.delivery_id == Incident.delivery_id)
                   & (DeliveryLine.item_id == Incident.item_id))
        .where(Incident.delivery_id == delivery_id, is_discrepancy()).order_by(Incident.id))
    found = [
        Discrepancy(row.id, row.kind, row.state, row.title or "", row.isbn13, row.sku or "", row.units,
                    row.units_announced, row.units_good or 0, row.units_bad or 0, row.note, row.photos, row.at,
                    row.name)
        for row in rows]
    return sorted(found, key=lambda one: rules.DISCREPANCIES.index(one.kind))


# --- Drafts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DraftRow:
    """A draft with where its copies are and where it comes from: the first who scanned it, the deliveries it came
    with, the purchase orders that name it."""

    item_id: int
    code: str
    title: str
    authors: str
    publisher: str
    created_at: datetime
    receiving: int
    quarantine: int
    person: str
    deliveries: list[tuple[int, str]]
    orders: list[tuple[int, str]]


def list_drafts(session: Session) -> list[DraftRow]:
    """Drafts that wait, those with copies in the house first, then the oldest."""
    items = session.execute(
        select(Item.id, Item.sku, Item.title, Item.authors, Item.publisher, Item.created_at)
        .where(_waits()).order_by(Item.id).limit(MOST_DRAFTS)).all()
    ids = [item.id for item in items]
    held = _held(session, ids)
    first = _first_by(session, ids)
    deliveries = _named(session, select(DeliveryLine.item_id, Delivery.id, Delivery.number)
                        .join(Delivery, Delivery.id == DeliveryLine.delivery_id).where(DeliveryLine.item_id.in_(ids)))
    orders = _named(session, select(PurchaseLine.item_id, PurchaseOrder.id, PurchaseOrder.number)
                    .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
                    .where(PurchaseLine.item_id.in_(ids)))
    rows = [
        DraftRow(item.id, item.sku, item.title, item.authors, item.publisher, item.created_at,
                 held.get((item.id, ledger.STAGING), 0), held.get((item.id, ledger.QUARANTINE), 0),
                 first.get(item.id, ""), deliveries.get(item.id, []), orders.get(item.id, []))
        for item in items]
    return sorted(rows, key=lambda row: not (row.receiving or row.quarantine))


def _held(session: Session, ids: list[int]) -> dict[tuple[int, str], int]:
    rows = session.execute(
        select(StockBalance.item_id, Location.kind, func.sum(StockBalance.on_hand))
        .join(Location, Location.id == StockBalance.location_id).where(StockBalance.item_id.in_(ids))
        .group_by(StockBalance.item_id, Location.kind))
    return {(item_id, kind): int(units) for item_id, kind, units in rows}


def _first_by(session: Session, ids: list[int]) -> dict[int, str]:
    """Who received the first copy of each."""
    first = (select(func.min(StockMove.id)).where(StockMove.item_id.in_(ids), StockMove.reason == ledger.RECEIVE)
             .group_by(StockMove.item_id))
    rows = session.execute(select(StockMove.item_id, Person.name).join(Person, Person.id == StockMove.person_id)
                           .where(StockMove.id.in_(first)))
    return {row.item_id: row.name for row in rows}


def _named(session: Session, query: Any) -> dict[int, list[tuple[int, str]]]:
    named: dict[int, list[tuple[int, str]]] = {}
    for item_id, thing_id, number in session.execute(query):
        named.setdefault(item_id, []).append((thing_id, number))
    return named


def count_drafts(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Item).where(_waits())).scalar_one()


def _waits() -> ColumnElement[bool]:
    """A draft that was merged into an item waits for nothing."""
    return (Item.listing == rules.DRAFT) & Item.merged_into_id.is_(None)


@dataclass(frozen=True)
class Choice:
    """A listed item that a draft could be another code of."""

    id: int
    title: str
    authors: str
    volume: str
    sku: str


def items_to_merge(session: Session, text: str) -> list[Choice]:
    """Listed items by a part of title or author, or by their SKU or ISBN."""
    rows = session.execute(
        select(Item.id, Item.title, Item.authors, Item.volume, Item.sku)
        .where(Item.listing != rules.DRAFT, or_(
            Item.title.icontains(text, autoescape=True), Item.authors.icontains(text, autoescape=True),
            Item.sku == text, Item.isbn13 == text))
        .order_by(Item.title, Item.id).limit(MOST_CHOICES))
    return [Choice(*row) for row in rows]
