"""A packed parcel as it stands, and the picture of it for tablet and JSON. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse import i18n
from warehouse.domain import packing, shipping
from warehouse.domain.pauses import DISPATCH
from warehouse.domain.people import Actor
from warehouse.domain.shipping import Box
from warehouse.errors import NotFound
from warehouse.models.journal import PrintJob, Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Carton, Parcel, ParcelLine
from warehouse.models.people import Person
from warehouse.models.shipping import Carrier, Manifest, Pause
from warehouse.services import journal

SHIP = "ship"
ASKS_TRACKING = "shipping.tracking_wanted"

_LAST = aliased(Scan)
_LAST_CODE = (
    select(_LAST.code).where(
        _LAST.id == select(func.max(Scan.id)).where(
            Scan.task == SHIP, Scan.task_id == Parcel.id, Scan.outcome == "accepted")
        .correlate(Parcel).scalar_subquery())
    .correlate(Parcel).scalar_subquery()
)
_LIST = aliased(Manifest)
# Why dispatch stands still for a parcel: for all, for its carrier, or for a title that its order still wants (SEC-3).
_PAUSED = (
    select(Pause.reason).where(
        Pause.ended_at.is_(None), Pause.what == DISPATCH,
        or_(and_(Pause.carrier_code.is_(None), Pause.item_id.is_(None)), Pause.carrier_code == Parcel.carrier_code,
            exists().where(OrderLine.order_id == Parcel.order_id, OrderLine.item_id == Pause.item_id,
                           OrderLine.units_packed > OrderLine.units_dispatched).correlate(Parcel, Pause)))
    .order_by(Pause.id).limit(1).correlate(Parcel).scalar_subquery()
)


def _box_columns() -> tuple[Any, ...]:
    """What the rules want to know of a parcel, in one SELECT."""
    lines = select(func.sum(OrderLine.units_picked - OrderLine.units_packed)).where(OrderLine.order_id == Order.id)
    inside = select(func.sum(ParcelLine.units)).where(ParcelLine.parcel_id == Parcel.id)
    return (
        Parcel.id, Parcel.number, Parcel.state, Parcel.order_id, Parcel.carrier_code, Parcel.tracking_number,
        Parcel.location_id, Parcel.label_made_at, Parcel.label_prints, Parcel.manifest_id,
        Order.number.label("order_number"), Order.state.label("order_state"),
        Carrier.name_en, Carrier.name_zh, Carrier.lane, Carrier.cut_off, Carrier.tracking_pattern,
        _LIST.number.label("manifest"),
        lines.correlate(Order).scalar_subquery().label("units_left"),
        inside.correlate(Parcel).scalar_subquery().label("units"), _PAUSED.label("paused"),
    )


def select_box(*more: Any) -> Select[Any]:
    """A parcel with its order, carrier and list."""
    return (
        select(*_box_columns(), *more)
        .join(Order, Order.id == Parcel.order_id)
        .join(Carrier, Carrier.code == Parcel.carrier_code)
        .outerjoin(_LIST, _LIST.id == Parcel.manifest_id)
    )


_SLIPS = select(func.count()).where(PrintJob.paper == "slip", PrintJob.subject_id == Parcel.id)
_PARCEL = (
    select_box(
        Parcel.position, Parcel.weight_g, Parcel.expected_weight_g, Parcel.closed_at, Parcel.label_applied_at,
        Parcel.handed_over_at, Order.due_at, Order.gift_note, Person.name.label("packer"),
        Carton.code.label("carton"), _LAST_CODE.label("last_code"), Scan.answer, Scan.body_hash,
        # After the box was closed: what was printed for it is no longer right.
        journal.last_change(Parcel.closed_at).label("changed"),
        # A box that was opened again gets a new slip: only copies since it was closed count as its own.
        _SLIPS.where(PrintJob.at >= Parcel.closed_at).correlate(Parcel).scalar_subquery().label("slip_prints"),
        _SLIPS.correlate(Parcel).scalar_subquery().label("slips_ever"),
    )
    .outerjoin(Person, Person.id == Parcel.packed_by)
    .outerjoin(Carton, Carton.id == Parcel.carton_id)
    .outerjoin(Scan, Scan.scan_id == bindparam("scan_id"))
    .where(Parcel.id == bindparam("parcel_id"))
)
# The order first, as at the bench, so that two people at one order wait and never lock each other out.
_PARCEL_LOCKED = _PARCEL.with_for_update(of=(Order, Parcel))


@dataclass(frozen=True)
class ShipNow:
    """A parcel at the end of the bench: the columns of its SELECT, and how the rules see them."""

    facts: dict[str, Any]
    box: Box

    @property
    def id(self) -> int:
        return int(self.facts["id"])

    @property
    def step_id(self) -> str:
        return f"{self.id}:{self.box.step}:{self.box.label_prints}:{self.facts['slip_prints']}"

    def after(self, lang: str, **changed: Any) -> "ShipNow":
        """The parcel as it will stand, without asking the database again."""
        return _ship_now({**self.facts, **changed}, lang)


def look(session: Session, parcel_id: int, lang: str, *, scan_id: str = "", lock: bool = False) -> ShipNow:
    """The parcel, and whether this scan was answered before. `lock` takes the rows of order and parcel first."""
    row = session.execute(
        _PARCEL_LOCKED if lock else _PARCEL, {"parcel_id": parcel_id, "scan_id": scan_id}).mappings().one_or_none()
    if row is None:
        raise NotFound("shipping.no_such_parcel", parcel=parcel_id)
    return _ship_now(dict(row), lang)


def _ship_now(facts: dict[str, Any], lang: str) -> ShipNow:
    return ShipNow(facts, replace(box_of(facts, lang), asks_tracking=facts["last_code"] == ASKS_TRACKING))


def box_of(facts: Mapping[str, Any], lang: str) -> Box:
    """The columns of `select_box` as the rules see them."""
    return Box(
        number=facts["number"] or "", state=facts["state"], order_number=facts["order_number"] or "",
        order_state=facts["order_state"], carrier_code=facts["carrier_code"],
        carrier=facts["name_zh"] if lang == i18n.CHINESE else facts["name_en"], lane=facts["lane"],
        tracking_pattern=facts["tracking_pattern"], tracking_number=facts["tracking_number"] or "",
        units=facts["units"] or 0, units_left=facts["units_left"] or 0,
        has_label=facts["label_made_at"] is not None, label_prints=facts["label_prints"],
        manifest_id=facts["manifest_id"], manifest=facts["manifest"] or "", paused=facts["paused"] or "",
    )


def draw(now: ShipNow, actor: Actor) -> dict[str, Any]:
    """The four facts of a parcel that is about to leave."""
    row, box = now.facts, now.box
    stopped = shipping.refuse_label(box) if box.step in (shipping.STEP_STOP, shipping.STEP_LABEL) else None
    band = shipping.weight_band_g(row["expected_weight_g"], packing.TOLERANCE_PERCENT, packing.TOLERANCE_G)
    return {
        "area": SHIP, "parcel_id": now.id, "number": box.number, "order_id": row["order_id"],
        "order_number": box.order_number, "state": box.state, "step": box.step, "step_id": now.step_id,
        "due_at": row["due_at"].isoformat(), "position": row["position"], "carton": row["carton"], "units": box.units,
        "units_left": box.units_left, "packer": row["packer"], "closed_at": _iso(row["closed_at"]),
        "weight_g": row["weight_g"], "expected_weight_g": row["expected_weight_g"],
        "least_g": band[0] if band else None, "most_g": band[1] if band else None,
        "is_weight_right": band is None or row["weight_g"] is None or band[0] <= row["weight_g"] <= band[1],
        "has_label": box.has_label, "label_made_at": _iso(row["label_made_at"]), "label_prints": box.label_prints,
        "slip_prints": row["slip_prints"], "has_gift_note": bool(row["gift_note"]),
        "changed": row["changed"] or "", "code": box.code,
        "tracking_number": box.tracking_number, "carrier": box.carrier, "lane": box.lane, "cut_off": row["cut_off"],
        "label_applied_at": _iso(row["label_applied_at"]), "handed_over_at": _iso(row["handed_over_at"]),
        "manifest": box.manifest,
        "refusal": i18n.say(actor.language, stopped.code, **stopped.facts) if stopped else "",
        "cue": i18n.say(actor.language, f"shipping.cue_{box.step}", lane=box.lane, carrier=box.carrier),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
