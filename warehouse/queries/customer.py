"""One order as its customer may see it (ORD-8): no address, no phone, no prices; of the name what the mask leaves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.domain import customer as rules
from warehouse.domain.packing import CLOSED, LABELLED, OPEN, VOID
from warehouse.domain.return_policy import WHYS
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.returns import CustomerReturn, ReturnLine, ReturnPolicy
from warehouse.models.shipping import Carrier, TrackingEvent

AT_HOME = (OPEN, CLOSED, LABELLED)


@dataclass(frozen=True)
class Line:
    """A title of the order."""

    id: int
    title: str
    volume: str
    authors: str
    units: int
    sent: int
    returned: int


@dataclass(frozen=True)
class Inside:
    """Copies of a title in one parcel."""

    title: str
    units: int


@dataclass(frozen=True)
class Box:
    """A parcel that has left; `event` is the last thing that the carrier said."""

    id: int
    state: str
    carrier_en: str
    carrier_zh: str
    number: str
    left_at: datetime | None
    expected_by: datetime | None
    delivered_at: datetime | None
    event: str
    event_at: datetime | None
    inside: tuple[Inside, ...] = ()


@dataclass(frozen=True)
class Return:
    """What the customer asked to send back, and what was said to it: `why` is a code of `return_policy.WHYS`, empty
    where a person decided: their words are for the house."""

    id: int
    number: str
    kind: str
    state: str
    why: str
    days: int
    requested_at: datetime
    copies: int
    titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A problem or question that was put down for this order by its customer."""

    id: int
    kind: str
    state: str
    at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class Follow:
    """An order made out of this one, with its own page where it has one."""

    number: str
    kind: str
    state: str
    link: str


@dataclass(frozen=True)
class CustomerPage:
    id: int
    number: str
    name: str
    language: str
    state: str
    placed_at: datetime
    promised_at: datetime | None
    progress: rules.Progress
    lines: tuple[Line, ...] = ()
    boxes: tuple[Box, ...] = ()
    returns: tuple[Return, ...] = ()
    reports: tuple[Report, ...] = ()
    follows: tuple[Follow, ...] = field(default=())

    @property
    def has_left(self) -> bool:
        return bool(self.boxes)


def find_page(session: Session, link: str) -> CustomerPage | None:
    """The page behind a link, or None where there is none."""
    order = session.execute(
        select(Order.id, Order.number, Order.recipient_masked, Order.language, Order.state, Order.placed_at,
               Order.promised_at, Order.merged_into_id).where(Order.link == link)).one_or_none()
    if order is None:
        return None
    boxes = _boxes(session, order.id)
    left = tuple(box for box in boxes if box.state not in AT_HOME)
    progress = rules.progress_of(order.state, is_merged=order.merged_into_id is not None, is_part=bool(left))
    return CustomerPage(
        order.id, order.number or "", order.recipient_masked, order.language, order.state, order.placed_at,
        order.promised_at, progress, _lines(session, order.id), left, _returns(session, order.id),
        _reports(session, order.id), _follows(session, order.id))


def _lines(session: Session, order_id: int) -> tuple[Line, ...]:
    rows = session.execute(
        select(OrderLine.id, func.coalesce(Item.title, OrderLine.title_text), func.coalesce(Item.volume, ""),
               func.coalesce(Item.authors, ""), OrderLine.units_wanted - OrderLine.units_cancelled,
               OrderLine.units_dispatched, OrderLine.units_returned)
        .outerjoin(Item, Item.id == OrderLine.item_id)
        .where(OrderLine.order_id == order_id, OrderLine.is_service.is_(False), OrderLine.units_wanted > 0)
        .order_by(OrderLine.position))
    return tuple(Line(*row) for row in rows)


def _boxes(session: Session, order_id: int) -> tuple[Box, ...]:
    rows = session.execute(
        select(Parcel.id, Parcel.state, Carrier.name_en, Carrier.name_zh,
               func.coalesce(Parcel.tracking_number, Parcel.number, ""), Parcel.handed_over_at, Parcel.expected_by,
               Parcel.delivered_at)
        .join(Carrier, Carrier.code == Parcel.carrier_code)
        .where(Parcel.order_id == order_id, Parcel.state != VOID).order_by(Parcel.position)).all()
    events = _last_events(session, [row.id for row in rows])
    inside = _inside(session, [row.id for row in rows])
    return tuple(Box(*row, *events.get(row.id, ("", None)), inside=tuple(inside.get(row.id, ()))) for row in rows)


def _last_events(session: Session, parcel_ids: list[int]) -> dict[int, tuple[str, datetime | None]]:
    latest = (
        select(TrackingEvent.parcel_id, TrackingEvent.kind, TrackingEvent.at, func.row_number().over(
            partition_by=TrackingEvent.parcel_id, order_by=(TrackingEvent.at.desc(), TrackingEvent.id.desc())
        ).label("place")).where(TrackingEvent.parcel_id.in_(parcel_ids)).subquery())
    rows = session.execute(select(latest.c.parcel_id, latest.c.kind, latest.c.at).where(latest.c.place == 1))
    return {row.parcel_id: (row.kind, row.at) for row in rows}


def _inside(session: Session, parcel_ids: list[int]) -> dict[int, list[Inside]]:
    found: dict[int, list[Inside]] = {}
    for parcel_id, title, units in session.execute(
            select(ParcelLine.parcel_id, func.coalesce(Item.title, OrderLine.title_text), ParcelLine.units)
            .join(OrderLine, OrderLine.id == ParcelLine.order_line_id)
            .outerjoin(Item, Item.id == OrderLine.item_id)
            .where(ParcelLine.parcel_id.in_(parcel_ids), ParcelLine.units > 0).order_by(OrderLine.position)):
        found.setdefault(parcel_id, []).append(Inside(title, units))
    return found


def _returns(session: Session, order_id: int) -> tuple[Return, ...]:
    rows = session.execute(
        select(CustomerReturn.id, func.coalesce(CustomerReturn.number, "").label("number"), CustomerReturn.kind,
               CustomerReturn.state, CustomerReturn.decision_reason,
               func.coalesce(ReturnPolicy.days, 0).label("days"), CustomerReturn.requested_at)
        .outerjoin(ReturnPolicy, ReturnPolicy.id == CustomerReturn.policy_id)
        .where(CustomerReturn.order_id == order_id).order_by(CustomerReturn.id.desc())).all()
    lines: dict[int, list[tuple[str, int]]] = {}
    for return_id, title, units in session.execute(
            select(ReturnLine.return_id, Item.title, ReturnLine.units).join(Item, Item.id == ReturnLine.item_id)
            .where(ReturnLine.return_id.in_([row.id for row in rows])).order_by(ReturnLine.id)):
        lines.setdefault(return_id, []).append((title, units))
    return tuple(
        Return(row.id, row.number, row.kind, row.state, row.decision_reason if row.decision_reason in WHYS else "",
               row.days, row.requested_at, copies=sum(units for _, units in lines.get(row.id, ())),
               titles=_titles(lines.get(row.id, ()))) for row in rows)


def _titles(lines: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(title for title, _ in lines)


def _reports(session: Session, order_id: int) -> tuple[Report, ...]:
    """Only what came from the customer: what we found ourselves is told by the desk."""
    rows = session.execute(
        select(Incident.id, Incident.kind, Incident.state, Incident.at, Incident.due_at)
        .where(Incident.order_id == order_id, Incident.stage == "customer").order_by(Incident.id.desc()))
    return tuple(Report(*row) for row in rows)


def _follows(session: Session, order_id: int) -> tuple[Follow, ...]:
    rows = session.execute(
        select(Order.number, Order.origin_kind, Order.state, func.coalesce(Order.link, ""))
        .where(Order.origin_id == order_id).order_by(Order.id))
    return tuple(Follow(row[0] or "", *row[1:]) for row in rows)
