"""Purchase orders and suppliers as the desk sees them (REC-1)."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import purchasing as rules
from warehouse.domain.incidents import MISTAKE
from warehouse.domain.receiving import CLOSED, UNDER_WAY
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.orders import ImportRun
from warehouse.models.people import Person
from warehouse.models.receiving import Delivery, DeliveryLine, PurchaseLine, PurchaseOrder, Supplier

PAGE = 60
SHOWN_IMPORTS = 10
IMPORTS = ("purchases", "notices")


@dataclass(frozen=True)
class OrderRow:
    """One purchase order; units of all its lines. `outstanding` counts line by line: too many of one title do not
    make up for another."""

    id: int
    number: str
    supplier_id: int
    supplier: str
    state: str
    expected_on: str
    created_at: datetime
    titles: int
    ordered: int
    received: int
    outstanding: int
    is_late: bool


@dataclass(frozen=True)
class OrderList:
    """A page of orders, `next_before` the id to go on from; `counts` by state, and how many are late."""

    rows: list[OrderRow]
    counts: dict[str, int]
    late: int
    next_before: int | None


def list_orders(
    session: Session, today: date, *, state: str = "", late: bool = False, text: str = "", supplier_id: int = 0,
    before: int | None = None,
) -> OrderList:
    """The newest orders first. `text` is a part of the number or of the supplier's name."""
    is_late = (PurchaseOrder.state.in_(rules.WAITED_FOR) & (PurchaseOrder.expected_on != "")
               & (PurchaseOrder.expected_on < today.isoformat()))
    query = _heads()
    if state:
        query = query.where(PurchaseOrder.state == state)
    if late:
        query = query.where(is_late)
    if supplier_id:
        query = query.where(PurchaseOrder.supplier_id == supplier_id)
    if text:
        query = query.where(or_(PurchaseOrder.number.icontains(text, autoescape=True),
                                Supplier.name.icontains(text, autoescape=True)))
    if before:
        query = query.where(PurchaseOrder.id < before)
    rows = session.execute(query.order_by(PurchaseOrder.id.desc()).limit(PAGE + 1)).all()
    counts = {row[0]: row[1] for row in session.execute(
        select(PurchaseOrder.state, func.count()).group_by(PurchaseOrder.state))}
    late_count = session.execute(select(func.count()).select_from(PurchaseOrder).where(is_late)).scalar_one()
    stands = _stands(session, [row.id for row in rows[:PAGE]])
    shown = [_order_row(row, stands.get(row.id), today) for row in rows[:PAGE]]
    return OrderList(shown, counts, late_count, shown[-1].id if len(rows) > PAGE else None)


@dataclass(frozen=True)
class LineRow:
    """One title of an order: `announced` is what deliveries under way still bring of it."""

    item_id: int
    title: str
    authors: str
    volume: str
    isbn13: str | None
    sku: str
    listing: str
    ordered: int
    good: int
    bad: int
    outstanding: int
    announced: int
    price_minor: int | None
    currency: str | None


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery, and how many discrepancies were found in it."""

    id: int
    number: str
    notice: str
    state: str
    supplier_id: int
    supplier: str
    order_id: int | None
    order_number: str
    is_blind: bool
    parcels_announced: int | None
    announced: int
    good: int
    bad: int
    discrepancies: int
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class OrderPage:
    order: OrderRow
    created_by: str
    lines: list[LineRow]
    deliveries: list[DeliveryRow]


def order_page(session: Session, order_id: int, today: date) -> OrderPage | None:
    found = session.execute(_heads().where(PurchaseOrder.id == order_id)).one_or_none()
    if found is None:
        return None
    by = session.execute(select(Person.name).join(PurchaseOrder, PurchaseOrder.created_by == Person.id)
                         .where(PurchaseOrder.id == order_id)).scalar_one()
    deliveries = list_deliveries(session, order_id=order_id)
    order = _order_row(found, _stands(session, [order_id]).get(order_id), today)
    return OrderPage(order, by, _lines(session, order_id), deliveries)


def _lines(session: Session, order_id: int) -> list[LineRow]:
    under_way = Delivery.state.in_(UNDER_WAY)
    came: dict[int, Any] = {row.item_id: row for row in session.execute(
        select(DeliveryLine.item_id, func.sum(DeliveryLine.units_good).label("good"),
               func.sum(DeliveryLine.units_bad).label("bad"),
               func.sum(case((under_way, DeliveryLine.units_announced), else_=0)).label("announced"),
               func.sum(case((under_way, DeliveryLine.units_good + DeliveryLine.units_bad), else_=0)).label("counting"))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id).where(Delivery.purchase_order_id == order_id)
        .group_by(DeliveryLine.item_id))}
    rows = session.execute(
        select(PurchaseLine, Item.title, Item.authors, Item.volume, Item.isbn13, Item.sku, Item.listing)
        .join(Item, Item.id == PurchaseLine.item_id).where(PurchaseLine.purchase_order_id == order_id)
        .order_by(PurchaseLine.id))
    lines = []
    for line, title, authors, volume, isbn13, sku, listing in rows:
        of = came.get(line.item_id)
        good, bad = (int(of.good), int(of.bad)) if of else (0, 0)
        announced = max(0, int((of.announced or 0) - of.counting)) if of else 0
        lines.append(LineRow(
            line.item_id, title, authors, volume, isbn13, sku, listing, line.units_ordered, good, bad,
            rules.LineStand(line.units_ordered, good + bad).outstanding, announced, line.price_minor, line.currency))
    return lines


def is_discrepancy() -> ColumnElement[bool]:
    """What the supplier is told: nothing that proved to be our own mistake or was undone."""
    return Incident.kind.in_(rules.DISCREPANCIES) & (Incident.outcome != MISTAKE)


def list_deliveries(
    session: Session, *, order_id: int | None = None, supplier_id: int = 0, state: str = "",
    delivery_id: int | None = None,
) -> list[DeliveryRow]:
    """The newest deliveries, at most a page of them."""
    wrong = (select(func.count()).where(Incident.delivery_id == Delivery.id, is_discrepancy())
             .correlate(Delivery).scalar_subquery())
    query = (
        select(Delivery, Supplier.name, PurchaseOrder.number, wrong.label("wrong"))
        .join(Supplier, Supplier.id == Delivery.supplier_id)
        .outerjoin(PurchaseOrder, PurchaseOrder.id == Delivery.purchase_order_id)
        .order_by(Delivery.id.desc()).limit(PAGE))
    for column, wanted in ((Delivery.purchase_order_id, order_id), (Delivery.supplier_id, supplier_id),
                           (Delivery.state, state), (Delivery.id, delivery_id)):
        if wanted:
            query = query.where(column == wanted)
    rows = session.execute(query).all()
    # Of the shown ones alone: the lines of all that ever came are many.
    sums = {row[0]: tuple(int(units or 0) for units in row[1:]) for row in session.execute(
        select(DeliveryLine.delivery_id, func.sum(DeliveryLine.units_announced), func.sum(DeliveryLine.units_good),
               func.sum(DeliveryLine.units_bad))
        .where(DeliveryLine.delivery_id.in_([row[0].id for row in rows])).group_by(DeliveryLine.delivery_id))}
    found = []
    for one, supplier, number, wrong_count in rows:
        announced, good, bad = sums.get(one.id, (0, 0, 0))
        found.append(DeliveryRow(
            one.id, one.number, one.notice, one.state, one.supplier_id, supplier, one.purchase_order_id, number or "",
            one.is_blind, one.parcels_announced, announced, good, bad, wrong_count, one.created_at, one.closed_at))
    return found


@dataclass(frozen=True)
class SupplierRow:
    """A supplier's record: orders, those that are or came late, closed deliveries and those of them in which
    something was wrong."""

    id: int
    name: str
    orders: int
    waited_for: int
    late: int
    deliveries: int
    wrong_deliveries: int
    units: int
    wrong_units: int

    @property
    def percent_wrong(self) -> int | None:
        """Share of closed deliveries with a discrepancy; None before the first."""
        return round(100 * self.wrong_deliveries / self.deliveries) if self.deliveries else None


def list_suppliers(session: Session, today: date, zone: tzinfo) -> list[SupplierRow]:
    """All suppliers by name. An order came late if its last delivery was closed after the day it was expected."""
    orders, waited, late = dict[int, int](), dict[int, int](), dict[int, int]()
    last = (select(Delivery.purchase_order_id, func.max(Delivery.closed_at).label("closed_at"))
            .where(Delivery.state == CLOSED).group_by(Delivery.purchase_order_id).subquery())
    for row in session.execute(
            select(PurchaseOrder.supplier_id, PurchaseOrder.state, PurchaseOrder.expected_on, last.c.closed_at)
            .outerjoin(last, last.c.purchase_order_id == PurchaseOrder.id)):
        came = row.closed_at.astimezone(zone).date().isoformat() if row.closed_at else ""
        is_late = rules.is_late(row.state, row.expected_on, today) or bool(row.expected_on and came > row.expected_on)
        for counted, adds in ((orders, True), (waited, row.state in rules.WAITED_FOR), (late, is_late)):
            counted[row.supplier_id] = counted.get(row.supplier_id, 0) + adds
    units = {row[0]: row[1:] for row in session.execute(
        select(Delivery.supplier_id, func.count(Delivery.id.distinct()),
               func.sum(DeliveryLine.units_good + DeliveryLine.units_bad))
        .outerjoin(DeliveryLine, DeliveryLine.delivery_id == Delivery.id).where(Delivery.state == CLOSED)
        .group_by(Delivery.supplier_id))}
    wrong = {row[0]: row[1:] for row in session.execute(
        select(Delivery.supplier_id, func.count(Delivery.id.distinct()), func.sum(Incident.units))
        .join(Incident, Incident.delivery_id == Delivery.id)
        .where(Delivery.state == CLOSED, is_discrepancy()).group_by(Delivery.supplier_id))}
    rows = session.execute(select(Supplier.id, Supplier.name).order_by(Supplier.name, Supplier.id))
    return [
        SupplierRow(one.id, one.name, orders.get(one.id, 0), waited.get(one.id, 0), late.get(one.id, 0),
                    units.get(one.id, (0, 0))[0], wrong.get(one.id, (0, 0))[0],
                    int(units.get(one.id, (0, 0))[1] or 0), int(wrong.get(one.id, (0, 0))[1] or 0))
        for one in rows]


def supplier_names(session: Session) -> list[str]:
    return list(session.execute(select(Supplier.name).order_by(Supplier.name)).scalars())


@dataclass(frozen=True)
class PastImport:
    id: int
    kind: str
    at: datetime
    person: str
    file_names: str
    report: dict[str, Any]


def past_imports(session: Session) -> list[PastImport]:
    """The newest imports of purchase orders and notices."""
    rows = session.execute(
        select(ImportRun.id, ImportRun.kind, ImportRun.at, Person.name, ImportRun.file_names, ImportRun.report)
        .join(Person, Person.id == ImportRun.person_id).where(ImportRun.kind.in_(IMPORTS))
        .order_by(ImportRun.id.desc()).limit(SHOWN_IMPORTS))
    return [PastImport(*row) for row in rows]


def _heads() -> Any:
    return (
        select(PurchaseOrder.id, PurchaseOrder.number, PurchaseOrder.supplier_id, Supplier.name.label("supplier"),
               PurchaseOrder.state, PurchaseOrder.expected_on, PurchaseOrder.created_at)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id))


def _stands(session: Session, order_ids: list[int]) -> dict[int, Any]:
    """Titles and units of some orders. Of these alone: the lines of all that was ever ordered are many."""
    came = (
        select(Delivery.purchase_order_id.label("order_id"), DeliveryLine.item_id,
               func.sum(DeliveryLine.units_good + DeliveryLine.units_bad).label("units"))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id).where(Delivery.purchase_order_id.in_(order_ids))
        .group_by(Delivery.purchase_order_id, DeliveryLine.item_id).subquery())
    units = func.coalesce(came.c.units, 0)
    rows = session.execute(
        select(PurchaseLine.purchase_order_id.label("order_id"), func.count().label("titles"),
               func.sum(PurchaseLine.units_ordered).label("ordered"), func.sum(units).label("received"),
               func.sum(case((PurchaseLine.units_ordered > units, PurchaseLine.units_ordered - units), else_=0))
               .label("outstanding"))
        .outerjoin(came, (came.c.order_id == PurchaseLine.purchase_order_id) & (came.c.item_id == PurchaseLine.item_id))
        .where(PurchaseLine.purchase_order_id.in_(order_ids)).group_by(PurchaseLine.purchase_order_id))
    return {row.order_id: row for row in rows}


def _order_row(row: Any, stand: Any, today: date) -> OrderRow:
    titles, ordered, received, outstanding = (
        (stand.titles, int(stand.ordered), int(stand.received), int(stand.outstanding)) if stand else (0, 0, 0, 0))
    return OrderRow(
        row.id, row.number, row.supplier_id, row.supplier, row.state, row.expected_on, row.created_at, titles, ordered,
        received, outstanding, rules.is_late(row.state, row.expected_on, today))
