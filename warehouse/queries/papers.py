"""What stands on each paper, in one SELECT a table, whatever the number of papers. Looks only; unseals nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from warehouse.domain import stock
from warehouse.domain.packing import VOID
from warehouse.models.catalog import Item
from warehouse.models.journal import PrintJob
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.people import Person
from warehouse.models.picking import Cart, Tote
from warehouse.models.shipping import Carrier, Manifest
from warehouse.models.stock import Location

MOST_CHOICES = 400
SYSTEM_BADGE = "SYSTEM"

_OTHERS = Parcel.__table__.alias("others")
_COUNT = (
    select(func.count()).select_from(_OTHERS).where(_OTHERS.c.order_id == Parcel.order_id, _OTHERS.c.state != VOID)
    .correlate(Parcel).scalar_subquery()
)
_FIRST = (
    select(func.min(_OTHERS.c.position)).where(_OTHERS.c.order_id == Parcel.order_id, _OTHERS.c.state != VOID)
    .correlate(Parcel).scalar_subquery()
)
_PARCELS = (
    select(
        Parcel.id, Parcel.number, Parcel.position, _COUNT.label("count"), _FIRST.label("first"), Parcel.weight_g,
        Parcel.tracking_number, Parcel.label_made_at, Parcel.closed_at, Parcel.opened_at, Person.name.label("packer"),
        Order.id.label("order_id"), Order.number.label("order_number"), Order.channel, Order.source_number,
        Order.recipient, Order.country, Order.province, Order.city, Order.postcode, Order.language, Order.currency,
        Order.total_minor, Order.cod_minor, Order.service, Order.gift_note, Order.buyer_remark, Order.when_short,
        Carrier.name_en, Carrier.name_zh, Carrier.lane,
    )
    .join(Order, Order.id == Parcel.order_id)
    .join(Carrier, Carrier.code == Parcel.carrier_code)
    .outerjoin(Person, Person.id == Parcel.packed_by)
    .where(Parcel.id.in_(bindparam("ids", expanding=True)))
)
_LINES = (
    select(
        Parcel.id.label("parcel_id"), OrderLine.units_wanted, OrderLine.units_short, OrderLine.units_cancelled,
        OrderLine.price_minor, OrderLine.title_text, func.coalesce(ParcelLine.units, 0).label("units"),
        Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.edition, Item.binding, Item.volume,
    )
    .join(OrderLine, OrderLine.order_id == Parcel.order_id)
    .outerjoin(ParcelLine, (ParcelLine.parcel_id == Parcel.id) & (ParcelLine.order_line_id == OrderLine.id))
    .outerjoin(Item, Item.id == OrderLine.item_id)
    # A title that was taken out of the order under way keeps its line, with no copies.
    .where(Parcel.id.in_(bindparam("ids", expanding=True)), OrderLine.is_service.is_(False),
           (OrderLine.units_wanted > 0) | (ParcelLine.units > 0))
    .order_by(OrderLine.position)
)


def find_parcels(session: Session, parcel_ids: Sequence[int]) -> list[Any]:
    """The parcels in the given order; missing ones are left out."""
    found = {row.id: row for row in session.execute(_PARCELS, {"ids": list(parcel_ids)})}
    return [found[each] for each in parcel_ids if each in found]


def find_parcel_lines(session: Session, parcel_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Every line of each parcel's order, with the units in this parcel, by parcel."""
    lines: dict[int, list[Any]] = {each: [] for each in parcel_ids}
    for row in session.execute(_LINES, {"ids": list(parcel_ids)}):
        lines[row.parcel_id].append(row)
    return lines


def find_manifest(session: Session, manifest_id: int) -> tuple[Any, list[Any]] | None:
    """A driver's list and its parcels as they were scanned."""
    head = session.execute(
        select(Manifest.id, Manifest.number, Manifest.opened_at, Manifest.closed_at, Manifest.driver_name,
               Carrier.name_en, Carrier.name_zh)
        .join(Carrier, Carrier.code == Manifest.carrier_code).where(Manifest.id == manifest_id)).one_or_none()
    if head is None:
        return None
    rows = session.execute(
        select(Parcel.number, Parcel.tracking_number, Parcel.weight_g, Order.number.label("order_number"),
               Order.postcode)
        .join(Order, Order.id == Parcel.order_id).where(Parcel.manifest_id == manifest_id)
        .order_by(Parcel.handed_over_at, Parcel.id)).all()
    return head, list(rows)


def find_locations(session: Session, ids: Sequence[int]) -> list[Any]:
    return _by_ids(session, ids, Location.id, Location.code, Location.aisle, Location.bay, Location.shelf)


def find_totes(session: Session, ids: Sequence[int]) -> list[Any]:
    return _by_ids(session, ids, Tote.id, Tote.code)


def find_carts(session: Session, ids: Sequence[int]) -> list[Any]:
    return _by_ids(session, ids, Cart.id, Cart.code)


def find_items(session: Session, ids: Sequence[int]) -> list[Any]:
    return _by_ids(session, ids, Item.id, Item.title, Item.authors, Item.isbn13, Item.edition, Item.volume,
                   Item.binding, Item.price_minor, Item.currency)


def find_people(session: Session, ids: Sequence[int]) -> list[Any]:
    """People who may sign in; the badge text is a secret, so only papers.badges asks for it."""
    found = _by_ids(session, ids, Person.id, Person.name, Person.role, Person.badge, Person.is_active)
    return [row for row in found if row.is_active]


def _by_ids(session: Session, ids: Sequence[int], *columns: Any) -> list[Any]:
    found = {row.id: row for row in session.execute(select(*columns).where(columns[0].in_(ids)))}
    return [found[each] for each in ids if each in found]


# --- The papers desk -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A thing whose label can be printed, and how often it was."""

    id: int
    name: str
    about: str
    prints: int


@dataclass(frozen=True)
class PrintedPaper:
    at: datetime
    paper: str
    subject_id: int
    copy: int
    reason: str
    person: str


def list_choices(session: Session, paper: str, text: str) -> list[Choice]:
    """Things of one kind whose name begins with `text`, in the order in which they stand."""
    columns: dict[str, tuple[Any, Any, Any, Any, Any]] = {
        "location": (Location.id, Location.code, Location.zone, Location.sequence, Location.kind == stock.SHELF),
        "tote": (Tote.id, Tote.code, Tote.state, Tote.code, Tote.id > 0),
        "cart": (Cart.id, Cart.code, Cart.code, Cart.code, Cart.id > 0),
        "item": (Item.id, Item.title, func.coalesce(Item.isbn13, Item.sku), Item.id, Item.id > 0),
        "badge": (Person.id, Person.name, Person.role, Person.name,
                  Person.is_active & (Person.badge != SYSTEM_BADGE)),
    }
    number, name, about, order, is_shown = columns[paper]
    prints = (select(func.count()).where(PrintJob.paper == paper, PrintJob.subject_id == number)
              .correlate(number.class_).scalar_subquery())
    found = select(number.label("id"), name.label("name"), about.label("about"), prints.label("prints")).where(is_shown)
    if text:
        found = found.where(name.istartswith(text, autoescape=True))
    return [Choice(**row)
            for row in session.execute(found.order_by(order, number).limit(MOST_CHOICES)).mappings()]


def list_printed(session: Session, limit: int = 12) -> list[PrintedPaper]:
    """The newest prints: who, what, which copy, why."""
    rows = session.execute(
        select(PrintJob.at, PrintJob.paper, PrintJob.subject_id, PrintJob.copy, PrintJob.reason,
               Person.name.label("person"))
        .join(Person, Person.id == PrintJob.person_id).order_by(PrintJob.id.desc()).limit(limit))
    return [PrintedPaper(**row) for row in rows.mappings()]


def find_job(session: Session, job_id: int) -> tuple[str, int, int] | None:
    """Paper, subject and copy of one print."""
    row = session.execute(
        select(PrintJob.paper, PrintJob.subject_id, PrintJob.copy).where(PrintJob.id == job_id)).one_or_none()
    return (row.paper, row.subject_id, row.copy) if row else None
