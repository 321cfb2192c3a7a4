"""Deliveries for the screens of goods in: those to be counted, one with its parcels, and what a new one may be of."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import receiving as rules
from warehouse.domain.purchasing import WAITED_FOR
from warehouse.models.incidents import Incident, Photo
from warehouse.models.people import Person
from warehouse.models.receiving import Delivery, DeliveryParcel, PurchaseOrder, Supplier


@dataclass(frozen=True)
class ParcelRow:
    """One parcel; `person` is who has it, or who counted it."""

    id: int
    position: int
    state: str
    person_id: int | None
    person: str


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery as a list shows it. No number of copies stands here: whoever counts may see it."""

    id: int
    number: str
    state: str
    supplier: str
    order_number: str
    notice: str
    is_blind: bool
    parcels_announced: int | None
    created_at: datetime
    parcels: tuple[ParcelRow, ...]

    @property
    def counted(self) -> int:
        return sum(parcel.state == rules.COUNTED for parcel in self.parcels)

    @property
    def all(self) -> int:
        return max(self.parcels_announced or 0, len(self.parcels))

    @property
    def missing(self) -> int:
        return rules.missing_parcels(self.parcels_announced, [parcel.state for parcel in self.parcels])

    @property
    def open(self) -> tuple[ParcelRow, ...]:
        return tuple(parcel for parcel in self.parcels if parcel.state == rules.OPEN)


def list_deliveries(session: Session) -> list[DeliveryRow]:
    """Announced ones and those being counted; what was begun stands first, then the oldest."""
    return _find(session, Delivery.state.in_(rules.UNDER_WAY))


def find_delivery(session: Session, delivery_id: int) -> DeliveryRow | None:
    return next(iter(_find(session, Delivery.id == delivery_id)), None)


def _find(session: Session, wanted: object) -> list[DeliveryRow]:
    heads = session.execute(
        select(Delivery.id, Delivery.number, Delivery.state, Supplier.name, PurchaseOrder.number.label("order_number"),
               Delivery.notice, Delivery.is_blind, Delivery.parcels_announced, Delivery.created_at)
        .join(Supplier, Supplier.id == Delivery.supplier_id)
        .outerjoin(PurchaseOrder, PurchaseOrder.id == Delivery.purchase_order_id)
        .where(wanted)  # type: ignore[arg-type]
        .order_by(Delivery.state != rules.RECEIVING, Delivery.id)).all()
    parcels: dict[int, list[ParcelRow]] = {head.id: [] for head in heads}
    for row in session.execute(
        select(DeliveryParcel.delivery_id, DeliveryParcel.id, DeliveryParcel.position, DeliveryParcel.state,
               DeliveryParcel.person_id, Person.name)
        .outerjoin(Person, Person.id == DeliveryParcel.person_id)
        .where(DeliveryParcel.delivery_id.in_(parcels)).order_by(DeliveryParcel.position)
    ):
        parcels[row.delivery_id].append(ParcelRow(row.id, row.position, row.state, row.person_id, row.name or ""))
    return [
        DeliveryRow(head.id, head.number, head.state, head.name, head.order_number or "", head.notice, head.is_blind,
                    head.parcels_announced, head.created_at, tuple(parcels[head.id])) for head in heads]


@dataclass(frozen=True)
class Origins:
    """What a delivery without notice may be of: (id, name) of suppliers, (id, number, supplier) of open orders."""

    suppliers: list[tuple[int, str]]
    orders: list[tuple[int, str, str]]


def list_origins(session: Session) -> Origins:
    suppliers = session.execute(select(Supplier.id, Supplier.name).order_by(Supplier.name))
    orders = session.execute(
        select(PurchaseOrder.id, PurchaseOrder.number, Supplier.name)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id).where(PurchaseOrder.state.in_(WAITED_FOR))
        .order_by(Supplier.name, PurchaseOrder.number))
    return Origins([(row.id, row.name) for row in suppliers], [(row.id, row.number, row.name) for row in orders])


# By the few deliveries that are being counted.
_BLIND_IN_HAND = select(Delivery.number).join(DeliveryParcel, DeliveryParcel.delivery_id == Delivery.id).where(
    Delivery.state == rules.RECEIVING, Delivery.is_blind,
    or_(Delivery.purchase_order_id.is_not(None), Delivery.notice != ""),
    DeliveryParcel.state == rules.OPEN, DeliveryParcel.person_id == bindparam("person")).limit(1)


def blind_in_hand(session: Session, person_id: int) -> str | None:
    """The number of a delivery that papers tell of and this person counts blind at the moment."""
    return session.execute(_BLIND_IN_HAND, {"person": person_id}).scalar()


def find_photo(session: Session, photo_id: int) -> tuple[bytes, str] | None:
    """The picture, and the stage at which what it shows was found."""
    row = session.execute(
        select(Photo.jpeg, Incident.stage).join(Incident, Incident.id == Photo.incident_id)
        .where(Photo.id == photo_id)).one_or_none()
    return (row.jpeg, row.stage) if row else None
