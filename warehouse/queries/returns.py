"""Returns for the desk: the list with what waits for a decision, everything of one, rules and past files (RET-1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from warehouse.domain import returns as rules
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.journal import Action
from warehouse.models.orders import ImportRun, Order, OrderLine
from warehouse.models.people import Person
from warehouse.models.returns import CustomerReturn, Refund, ReturnLine, ReturnPolicy, ReturnUnit

SHOWN = 50
DECIDE_WITHIN = timedelta(hours=24)
# A return that ended as far as the bench goes and is still not settled waits for the desk.
_WAITS = CustomerReturn.state.in_((rules.REQUESTED, rules.JUDGED))
_NEW, _WANTED = aliased(Order), aliased(Item)


@dataclass(frozen=True)
class ReturnRow:
    """One line of the list. `recipient` is masked; `is_late`: it waits for a decision for longer than a day."""

    id: int
    number: str
    shop_number: str
    order_id: int | None
    order_number: str
    recipient: str
    state: str
    kind: str
    reason: str
    source: str
    requested_at: datetime
    asked: int
    received: int
    waits: bool
    is_late: bool


@dataclass(frozen=True)
class Returns:
    """A page of the list; `next_before` is where the next one begins, if there is more."""

    rows: list[ReturnRow]
    next_before: int | None
    counts: dict[str, int]
    waiting: int
    late: int


def list_returns(
    session: Session, now: datetime, *, state: str = "", waiting: bool = False, text: str = "",
    before: int | None = None,
) -> Returns:
    """The newest first; what waits, the oldest first. `text`: a number of the return, its order or its parcel."""
    late_before = now - DECIDE_WITHIN
    since = func.coalesce(CustomerReturn.received_at, CustomerReturn.requested_at)
    wanted: list[ColumnElement[bool]] = [CustomerReturn.state == state] if state else []
    if waiting:
        wanted.append(_WAITS)
    if text.strip():
        wanted.append(_named(text.strip()))
    turn = (CustomerReturn.requested_at, CustomerReturn.id)
    if before and (last := session.execute(select(*turn).where(CustomerReturn.id == before)).one_or_none()):
        here, there = tuple_(*turn), tuple_(*(literal(value, column.type)
                                              for value, column in zip(last, turn, strict=True)))
        wanted.append(here > there if waiting else here < there)
    units = (
        select(ReturnLine.return_id, func.sum(ReturnLine.units).label("asked"),
               func.sum(ReturnLine.units_received).label("received")).group_by(ReturnLine.return_id).subquery())
    found: Sequence[Any] = session.execute(
        select(
            CustomerReturn.id, func.coalesce(CustomerReturn.number, ""), func.coalesce(CustomerReturn.shop_number, ""),
            CustomerReturn.order_id, func.coalesce(Order.number, ""), func.coalesce(Order.recipient_masked, ""),
            CustomerReturn.state, CustomerReturn.kind, CustomerReturn.reason, CustomerReturn.source,
            CustomerReturn.requested_at, func.coalesce(units.c.asked, 0), func.coalesce(units.c.received, 0),
            _WAITS, and_(_WAITS, since < late_before))
        .join(Order, Order.id == CustomerReturn.order_id, isouter=True)
        .join(units, units.c.return_id == CustomerReturn.id, isouter=True)
        .where(*wanted).order_by(*(column if waiting else column.desc() for column in turn)).limit(SHOWN + 1)).all()
    rows = [ReturnRow(*row) for row in found]
    counts = {row[0]: row[1] for row in session.execute(
        select(CustomerReturn.state, func.count()).group_by(CustomerReturn.state))}
    late = session.execute(select(func.count()).select_from(CustomerReturn).where(_WAITS, since < late_before))
    return Returns(rows[:SHOWN], rows[SHOWN - 1].id if len(rows) > SHOWN else None, counts,
                   counts.get(rules.REQUESTED, 0) + counts.get(rules.JUDGED, 0), late.scalar_one())


def _named(text: str) -> ColumnElement[bool]:
    return or_(
        CustomerReturn.number == text.upper(), CustomerReturn.shop_number == text,
        CustomerReturn.tracking_number == "".join(text.split()).upper(), Order.number == text.upper(),
        Order.source_number.in_((text, f"#{text}")))


# --- One return ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineView:
    """A title of a return. Without an order line the order never had it."""

    id: int
    order_line_id: int | None
    item_id: int
    title: str
    isbn: str
    price_minor: int
    asked: int
    received: int
    accepted: int
    wanted: str


@dataclass(frozen=True)
class UnitView:
    """One copy on the bench."""

    id: int
    title: str
    received_as: str
    acceptance: str
    grade: str
    disposition: str
    at: datetime
    person: str
    incident_id: int | None
    has_left: bool
    photos: tuple[int, ...] = ()


@dataclass(frozen=True)
class RefundView:
    id: int
    number: str
    state: str
    amount_minor: int


@dataclass(frozen=True)
class Event:
    at: datetime
    verb: str
    person: str
    reason: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class ReturnPage:
    """Everything of one return but what the customer wrote. `facts` are its row; `policy` the rule it was judged by."""

    facts: dict[str, Any]
    order: dict[str, Any] | None
    policy: dict[str, Any] | None
    lines: list[LineView]
    units: list[UnitView]
    refund: RefundView | None
    exchange: dict[str, Any] | None
    events: list[Event]
    photos: list[int]

    @property
    def waits(self) -> bool:
        return self.facts["state"] in (rules.REQUESTED, rules.JUDGED)

    @property
    def condition(self) -> str:
        """What the sender said of the copies."""
        said = next((event for event in self.events if event.verb == "ask_return"), None)
        return str(said.facts.get("condition", "")) if said else ""


def return_page(session: Session, return_id: int) -> ReturnPage | None:
    row = session.execute(
        select(CustomerReturn.__table__).where(CustomerReturn.id == return_id)).mappings().one_or_none()
    if row is None:
        return None
    facts = {name: value for name, value in row.items() if name != "words"} | {"has_words": row["words"] is not None}
    order = session.execute(
        select(Order.id, Order.number, Order.source_number, Order.channel, Order.state, Order.recipient_masked,
               Order.currency, Order.total_minor, Order.refunded_minor, Order.dispatched_at, Order.delivered_at)
        .where(Order.id == row["order_id"])).mappings().one_or_none()
    policy = session.execute(
        select(ReturnPolicy.__table__).where(ReturnPolicy.id == row["policy_id"])).mappings().one_or_none()
    refund: Any = session.execute(
        select(Refund.id, Refund.number, Refund.state, Refund.amount_minor).where(Refund.return_id == return_id)
    ).one_or_none()
    exchange = session.execute(select(_NEW.id, _NEW.number, _NEW.state).where(
        _NEW.id == row["exchange_order_id"])).mappings().one_or_none()
    photos = session.execute(select(Photo.id).join(Incident, Incident.id == Photo.incident_id).where(or_(
        Incident.return_id == return_id,
        and_(Incident.order_id == row["order_id"], Incident.return_id.is_(None), Incident.stage == "customer")))
        .order_by(Photo.id)).scalars()
    return ReturnPage(
        facts, dict(order) if order else None, dict(policy) if policy else None, _lines(session, return_id),
        _units(session, return_id), RefundView(*refund) if refund else None, dict(exchange) if exchange else None,
        _events(session, return_id), list(photos))


def _lines(session: Session, return_id: int) -> list[LineView]:
    rows: Sequence[Any] = session.execute(
        select(ReturnLine.id, ReturnLine.order_line_id, ReturnLine.item_id,
               Item.title, func.coalesce(Item.isbn13, Item.sku),
               func.coalesce(OrderLine.price_minor, 0), ReturnLine.units, ReturnLine.units_received,
               ReturnLine.units_accepted, func.coalesce(_WANTED.title, ""))
        .join(Item, Item.id == ReturnLine.item_id)
        .join(OrderLine, OrderLine.id == ReturnLine.order_line_id, isouter=True)
        .join(_WANTED, _WANTED.id == ReturnLine.wanted_item_id, isouter=True)
        .where(ReturnLine.return_id == return_id).order_by(ReturnLine.id)).all()
    return [LineView(*row) for row in rows]


def _units(session: Session, return_id: int) -> list[UnitView]:
    photos: dict[int, list[int]] = {}
    for photo_id, incident_id in session.execute(
            select(Photo.id, Photo.incident_id).join(ReturnUnit, ReturnUnit.incident_id == Photo.incident_id)
            .where(ReturnUnit.return_id == return_id).order_by(Photo.id)):
        photos.setdefault(incident_id, []).append(photo_id)
    rows: Sequence[Any] = session.execute(
        select(ReturnUnit.id, Item.title, ReturnUnit.received_as, ReturnUnit.acceptance, ReturnUnit.grade,
               ReturnUnit.disposition, ReturnUnit.at, Person.name.label("person"), ReturnUnit.incident_id,
               ReturnUnit.left_at.is_not(None).label("has_left"))
        .join(Item, Item.id == ReturnUnit.item_id).join(Person, Person.id == ReturnUnit.person_id)
        .where(ReturnUnit.return_id == return_id).order_by(ReturnUnit.id)).mappings().all()
    return [UnitView(**row, photos=tuple(photos.get(row["incident_id"], ()))) for row in rows]


def _events(session: Session, return_id: int) -> list[Event]:
    rows: Sequence[Any] = session.execute(
        select(Action.at, Action.verb, func.coalesce(Person.name, ""), Action.reason, Action.facts)
        .join(Person, Person.id == Action.person_id, isouter=True)
        .where(Action.subject == "return", Action.subject_id == return_id).order_by(Action.id)).all()
    return [Event(*row) for row in rows]


# --- A new one, the rules, the files ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderToReturn:
    """An order with its lines as somebody asks for a return of it."""

    id: int
    number: str
    source_number: str
    state: str
    recipient: str
    lines: list[dict[str, Any]]


def order_to_return(session: Session, order_id: int) -> OrderToReturn | None:
    order: Any = session.execute(select(
        Order.id, Order.number, Order.source_number, Order.state, Order.recipient_masked.label("recipient"))
        .where(Order.id == order_id)).mappings().one_or_none()
    if order is None:
        return None
    lines = session.execute(
        select(OrderLine.id, OrderLine.title_text, Item.title, Item.isbn13, Item.sku, OrderLine.price_minor,
               OrderLine.units_dispatched)
        .join(Item, Item.id == OrderLine.item_id).where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)).mappings()
    return OrderToReturn(**order, lines=[dict(line) for line in lines])


def policies(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every version of each reason's rule with who made it, the one that holds first."""
    found: dict[str, list[dict[str, Any]]] = {reason: [] for reason in rules.RETURN_REASONS}
    for row in session.execute(
            select(ReturnPolicy.__table__, Person.name.label("person"))
            .join(Person, Person.id == ReturnPolicy.person_id).order_by(ReturnPolicy.version.desc())).mappings():
        found[row["reason"]].append(dict(row))
    return found


def past_imports(session: Session, *, most: int = 10) -> list[dict[str, Any]]:
    """The latest files of returns with their reports."""
    return [dict(row) for row in session.execute(
        select(ImportRun.id, ImportRun.at, ImportRun.file_names, Person.name.label("person"), ImportRun.report)
        .join(Person, Person.id == ImportRun.person_id).where(ImportRun.kind == "returns")
        .order_by(ImportRun.id.desc()).limit(most)).mappings()]
