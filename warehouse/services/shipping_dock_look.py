"""A driver's list as it stands, and the picture of it for tablet and JSON. Writes nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse import i18n
from warehouse.domain import packing, shipping
from warehouse.domain.people import Actor
from warehouse.errors import NotFound
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.shipping import Carrier, Manifest
from warehouse.models.stock import Location
from warehouse.services.shipping_look import select_box

DOCK = "dock"
MOST_SHOWN = 20

_LIST_FIELDS = ("id", "number", "state", "carrier_code", "opened_at", "closed_at", "driver_name")
_TRUCK_FIELDS = ("name_en", "name_zh", "lane", "cut_off", "transit_days")
_TRUCK = aliased(Carrier)
# A list with its carrier, and the scan if it was answered before.
LIST_COLUMNS = (
    *(getattr(Manifest, name).label(f"list_{name}") for name in _LIST_FIELDS),
    *(getattr(_TRUCK, name).label(f"list_{name}") for name in _TRUCK_FIELDS),
    Scan.answer, Scan.body_hash,
)
_MANIFEST = (
    select(*LIST_COLUMNS)
    .join(_TRUCK, _TRUCK.code == Manifest.carrier_code)
    .outerjoin(Scan, Scan.scan_id == bindparam("scan_id"))
    .where(Manifest.id == bindparam("manifest_id"))
)
_MANIFEST_LOCKED = _MANIFEST.with_for_update(of=Manifest)
_CUSTOMER = select(Location.id).where(Location.code == "CUSTOMER").scalar_subquery().label("customer_id")
# The parcel with this number, own or the carrier's, a row for each line in it; and the list that it is scanned onto.
_SCANNED = (
    select_box(_CUSTOMER, ParcelLine.order_line_id, ParcelLine.units.label("load_units"), OrderLine.item_id,
               Parcel.weight_g, *LIST_COLUMNS)
    .join(Manifest, Manifest.id == bindparam("manifest_id"))
    .join(_TRUCK, _TRUCK.code == Manifest.carrier_code)
    .outerjoin(Scan, Scan.scan_id == bindparam("scan_id"))
    .outerjoin(ParcelLine, (ParcelLine.parcel_id == Parcel.id) & (ParcelLine.units > 0))
    .outerjoin(OrderLine, OrderLine.id == ParcelLine.order_line_id)
    .where(or_(Parcel.number == bindparam("code"), Parcel.tracking_number == bindparam("code")))
    .order_by(Parcel.id, ParcelLine.order_line_id)
    .with_for_update(of=(Order, Parcel, Manifest))
)

_ON_IT, _LABELLED, _CLOSED = "on_it", "labelled", "closed"
_GROUP = case((Parcel.manifest_id == bindparam("manifest_id"), _ON_IT),
              (Parcel.state == packing.LABELLED, _LABELLED), else_=_CLOSED)
_IS_WAITING: ColumnElement[bool] = and_(
    Parcel.state.in_((packing.CLOSED, packing.LABELLED)), Order.state.not_in(("cancelled", "held")))
# What is on this list, and what of this carrier still stands in the house: counted, and the first of each.
_EACH = (
    select(Parcel.id, Parcel.number, Parcel.tracking_number, Parcel.weight_g, Parcel.handed_over_at,
           Order.number.label("order_number"), _GROUP.label("kind"),
           func.count().over(partition_by=_GROUP).label("n"),
           func.sum(Parcel.weight_g).over(partition_by=_GROUP).label("total_g"),
           func.row_number().over(
               partition_by=_GROUP, order_by=(Parcel.handed_over_at.desc(), Order.due_at, Parcel.id)).label("place"))
    .join(Order, Order.id == Parcel.order_id)
    .where(or_(Parcel.manifest_id == bindparam("manifest_id"),
               and_(Parcel.carrier_code == bindparam("carrier"), Parcel.manifest_id.is_(None), _IS_WAITING)))
    .subquery()
)
# One more than is shown: it moves up when the one before it is handed over.
_PARCELS = select(_EACH).where(_EACH.c.place <= MOST_SHOWN + 1).order_by(_EACH.c.kind, _EACH.c.place)


@dataclass(frozen=True)
class _Standing:
    """A parcel on the list, or one that still stands in the house for this truck."""

    id: int
    number: str
    tracking_number: str | None
    order_number: str
    weight_g: int | None
    handed_over_at: datetime | None


@dataclass(frozen=True)
class _Group:
    """Parcels of one kind: how many there are, what they weigh, and the first of them."""

    count: int = 0
    weight_g: int = 0
    first: tuple[_Standing, ...] = ()


@dataclass(frozen=True)
class DockList:
    """A driver's list, with its carrier."""

    id: int
    number: str
    state: str
    carrier_code: str
    opened_at: datetime
    closed_at: datetime | None
    driver_name: str
    name_en: str
    name_zh: str
    lane: str
    cut_off: str
    transit_days: int
    answer: str | None
    body_hash: str | None


@dataclass(frozen=True)
class DockNow:
    """A driver's list with what is on it and what is still missing for this truck."""

    row: DockList
    on_it: _Group = _Group()
    labelled: _Group = _Group()
    closed: _Group = _Group()

    @property
    def id(self) -> int:
        return self.row.id

    def carrier(self, lang: str) -> str:
        return self.row.name_zh if lang == i18n.CHINESE else self.row.name_en


def look_at_dock(session: Session, manifest_id: int, *, scan_id: str = "", lock: bool = False) -> DockNow:
    """The list; `lock` takes its row, so that one list is scanned in order."""
    row = session.connection().execute(
        _MANIFEST_LOCKED if lock else _MANIFEST, {"manifest_id": manifest_id, "scan_id": scan_id},
    ).mappings().one_or_none()
    if row is None:
        raise NotFound("shipping.no_such_manifest", manifest=manifest_id)
    return _dock_now(row)


def look_for_parcel(
    session: Session, manifest_id: int, code: str, scan_id: str
) -> tuple[DockNow, list[RowMapping]] | None:
    """The list and the parcels with this number, a row for each line in them, all locked; None where there is none."""
    found = session.connection().execute(
        _SCANNED, {"manifest_id": manifest_id, "code": code, "scan_id": scan_id}).mappings().all()
    return (_dock_now(found[0]), list(found)) if found else None


def _dock_now(row: RowMapping) -> DockNow:
    return DockNow(DockList(
        **{name: row[f"list_{name}"] for name in (*_LIST_FIELDS, *_TRUCK_FIELDS)},
        answer=row["answer"], body_hash=row["body_hash"]))


def with_parcels(session: Session, now: DockNow) -> DockNow:
    """The list with its parcels, read after what was written."""
    groups: dict[str, _Group] = {}
    for row in session.connection().execute(_PARCELS, {"manifest_id": now.id, "carrier": now.row.carrier_code}):
        before = groups.get(row.kind, _Group(row.n, row.total_g or 0))
        one = _Standing(
            row.id, row.number, row.tracking_number, row.order_number, row.weight_g, row.handed_over_at)
        groups[row.kind] = replace(before, first=(*before.first, one))
    return DockNow(now.row, **groups)


def with_handed_over(now: DockNow, parcel: RowMapping, at: datetime) -> DockNow:
    """The list as it will stand with one parcel more, without asking the database again."""
    weight_g = parcel["weight_g"] or 0
    left = _Standing(parcel["id"], parcel["number"], parcel["tracking_number"], parcel["order_number"],
                     parcel["weight_g"], at)
    return replace(
        now,
        on_it=_Group(now.on_it.count + 1, now.on_it.weight_g + weight_g, (left, *now.on_it.first)),
        labelled=_Group(now.labelled.count - 1, now.labelled.weight_g - weight_g,
                        tuple(each for each in now.labelled.first if each.id != left.id)))


def draw_dock(now: DockNow, actor: Actor) -> dict[str, Any]:
    """The list as screen and JSON show it: the newest on top, then what is missing."""
    row = now.row
    is_open = row.state == shipping.LOADING
    return {
        "area": DOCK, "manifest_id": now.id, "number": row.number, "state": row.state, "is_open": is_open,
        "step": "scan" if is_open else "done", "step_id": f"{now.id}:{row.state}", "carrier_code": row.carrier_code,
        "carrier": now.carrier(actor.language), "lane": row.lane, "cut_off": row.cut_off,
        "driver": row.driver_name, "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "count": now.on_it.count, "weight_g": now.on_it.weight_g, "parcels": _draw_first(now.on_it),
        "labelled": _draw_first(now.labelled), "labelled_count": now.labelled.count,
        "unlabelled": _draw_first(now.closed), "unlabelled_count": now.closed.count,
        "cue": i18n.say(actor.language, "shipping.cue_dock" if is_open else "shipping.cue_signed",
                        carrier=now.carrier(actor.language)),
    }


def _draw_first(group: _Group) -> list[dict[str, Any]]:
    return [{
        "id": each.id, "number": each.number, "code": each.tracking_number or each.number,
        "order_number": each.order_number, "weight_g": each.weight_g,
        "at": each.handed_over_at.isoformat() if each.handed_over_at else None,
    } for each in group.first[:MOST_SHOWN]]
