"""What waits to be labelled and loaded, and the trucks of the day. Looks only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from warehouse.domain import packing, shipping
from warehouse.models.orders import Order
from warehouse.models.packing import Carton, Parcel
from warehouse.models.shipping import Carrier, Manifest

MOST_PARCELS = 200
MOST_LISTS = 20
_STOPPED = ("cancelled", "held")


@dataclass(frozen=True)
class WaitingParcel:
    id: int
    number: str
    code: str
    order_number: str
    order_state: str
    state: str
    due_at: datetime
    carrier_code: str
    carrier_en: str
    carrier_zh: str
    lane: str
    carton: str
    weight_g: int | None
    has_label: bool

    @property
    def is_stopped(self) -> bool:
        return self.order_state in _STOPPED


@dataclass(frozen=True)
class Truck:
    """One carrier today. `manifest_id` is its open list, if there is one."""

    code: str
    name_en: str
    name_zh: str
    lane: str
    cut_off: str
    manifest_id: int | None
    number: str
    loaded: int
    labelled: int
    unlabelled: int


@dataclass(frozen=True)
class SignedList:
    id: int
    number: str
    carrier_en: str
    carrier_zh: str
    driver: str
    closed_at: datetime
    parcels: int


def list_waiting(session: Session) -> list[WaitingParcel]:
    """Closed and labelled parcels, the earliest cut-off first, then by carrier."""
    rows = session.execute(
        select(
            Parcel.id, Parcel.number, func.coalesce(Parcel.tracking_number, Parcel.number).label("code"),
            Order.number.label("order_number"), Order.state.label("order_state"), Parcel.state, Order.due_at,
            Carrier.code.label("carrier_code"), Carrier.name_en.label("carrier_en"),
            Carrier.name_zh.label("carrier_zh"), Carrier.lane, func.coalesce(Carton.code, "").label("carton"),
            Parcel.weight_g, Parcel.label_made_at.is_not(None).label("has_label"),
        )
        .join(Order, Order.id == Parcel.order_id).join(Carrier, Carrier.code == Parcel.carrier_code)
        .outerjoin(Carton, Carton.id == Parcel.carton_id)
        # By the index of lists: what is on none is the house of today, however long the history is.
        .where(Parcel.manifest_id.is_(None), Parcel.state.in_((packing.CLOSED, packing.LABELLED)))
        # What still needs a hand stands before what only waits for its truck.
        .order_by(case((Parcel.state == packing.CLOSED, 0), else_=1), Order.due_at, Carrier.code, Parcel.id)
        .limit(MOST_PARCELS))
    return [WaitingParcel(**row) for row in rows.mappings()]


def list_trucks(session: Session) -> list[Truck]:
    """Every carrier with its open list and what stands in the house for it, the earliest truck first."""
    is_waiting = and_(Parcel.carrier_code == Carrier.code, Parcel.order_id == Order.id, Order.state.not_in(_STOPPED))
    loaded = select(func.count()).where(Parcel.manifest_id == Manifest.id).correlate(Manifest).scalar_subquery()

    def standing(state: str) -> object:
        return (select(func.count()).select_from(Parcel).join(Order, Order.id == Parcel.order_id)
                .where(is_waiting, Parcel.manifest_id.is_(None), Parcel.state == state)
                .correlate(Carrier).scalar_subquery())

    rows = session.execute(
        select(
            Carrier.code, Carrier.name_en, Carrier.name_zh, Carrier.lane, Carrier.cut_off,
            Manifest.id.label("manifest_id"), func.coalesce(Manifest.number, "").label("number"),
            loaded.label("loaded"), standing(packing.LABELLED).label("labelled"),  # type: ignore[attr-defined]
            standing(packing.CLOSED).label("unlabelled"),  # type: ignore[attr-defined]
        )
        .outerjoin(Manifest, and_(Manifest.carrier_code == Carrier.code, Manifest.state == shipping.LOADING))
        .order_by(Carrier.cut_off, Carrier.code))
    return [Truck(**row) for row in rows.mappings()]


def list_signed(session: Session) -> list[SignedList]:
    """The newest closed lists, to print them again."""
    count = select(func.count()).where(Parcel.manifest_id == Manifest.id).correlate(Manifest).scalar_subquery()
    rows = session.execute(
        select(Manifest.id, Manifest.number, Carrier.name_en.label("carrier_en"),
               Carrier.name_zh.label("carrier_zh"), Manifest.driver_name.label("driver"), Manifest.closed_at,
               count.label("parcels"))
        .join(Carrier, Carrier.code == Manifest.carrier_code)
        .where(Manifest.state == shipping.SIGNED).order_by(Manifest.id.desc()).limit(MOST_LISTS))
    return [SignedList(**row) for row in rows.mappings()]
