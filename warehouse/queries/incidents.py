"""Incidents for whoever handles them: the list, and everything of one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain.incidents import LEAD, OPEN, OWNERS, SETTLED, is_left_to_bench
from warehouse.domain.people import RIGHTS, Actor
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.people import Device, Person
from warehouse.models.receiving import Delivery
from warehouse.models.returns import CustomerReturn, Refund
from warehouse.models.stock import Location

SHOWN = 100
ALL, TEAM, MINE = "all", "team", "mine"
WHOSE = (TEAM, MINE, ALL)
_BLAMED, _OWNER, _SETTLER = aliased(Person), aliased(Person), aliased(Person)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for. `whose`: of their team, their own, or all; `text` in numbers, titles, codes, notes."""

    kind: str = ""
    stage: str = ""
    whose: str = ALL
    text: str = ""
    state: str = OPEN


@dataclass(frozen=True)
class IncidentRow:
    """One incident with what it is about."""

    id: int
    kind: str
    stage: str
    state: str
    at: datetime
    units: int
    title: str
    isbn13: str
    location: str
    order_id: int | None
    order_number: str
    order_state: str
    person: str
    blamed: str
    owner_role: str
    owner: str
    due_at: datetime | None
    next_step: str
    cause: str
    escalated_at: datetime | None
    outcome: str
    note: str
    is_left_to_bench: bool
    photos: tuple[int, ...] = ()


@dataclass(frozen=True)
class Incidents:
    """The first `SHOWN` of those asked for, what is due first before the rest, and how many there are of each (kind,
    stage) of the same owner and state."""

    rows: list[IncidentRow]
    counts: dict[tuple[str, str], int]

    @property
    def kinds(self) -> list[str]:
        return sorted({kind for kind, _ in self.counts})

    @property
    def stages(self) -> list[str]:
        return sorted({stage for _, stage in self.counts})

    def total(self, kind: str = "", stage: str = "") -> int:
        return sum(n for (each, where), n in self.counts.items() if kind in {"", each} and stage in {"", where})


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    at: datetime
    person: str
    verb: str
    reason: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """Something that the incident leads to: `kind` order, parcel, return, delivery, refund, message."""

    kind: str
    id: int
    number: str
    state: str


@dataclass(frozen=True)
class IncidentPage:
    """Everything of one incident. `things` are what it is about, `made` what came of it."""

    row: IncidentRow
    item_id: int | None
    currency: str
    total_minor: int
    refunded_minor: int
    device: str
    parcel: str
    carrier: str
    tracking: str
    has_words: bool
    settled_at: datetime | None
    settled_by: str
    owner_id: int | None
    entries: list[Entry]
    things: list[Thing]
    made: list[Thing]
    done: frozenset[str]


@dataclass(frozen=True)
class Handler:
    """Somebody who may have an incident."""

    id: int
    name: str
    role: str


_ROW: Any = (
    select(
        Incident.id, Incident.kind, Incident.stage, Incident.state, Incident.at, Incident.units,
        func.coalesce(Item.title, "").label("title"), func.coalesce(Item.isbn13, "").label("isbn13"),
        func.coalesce(Location.code, "").label("location"), Incident.order_id,
        func.coalesce(Order.number, "").label("order_number"), func.coalesce(Order.state, "").label("order_state"),
        Person.name.label("person"), func.coalesce(_BLAMED.name, "").label("blamed"), Incident.owner_role,
        func.coalesce(_OWNER.name, "").label("owner"), Incident.due_at, Incident.next_step, Incident.cause,
        Incident.escalated_at, Incident.outcome, Incident.note)
    .select_from(Incident)
    .outerjoin(Item, Item.id == Incident.item_id).outerjoin(Location, Location.id == Incident.location_id)
    .outerjoin(Order, Order.id == Incident.order_id).outerjoin(Parcel, Parcel.id == Incident.parcel_id)
    .join(Person, Person.id == Incident.person_id).outerjoin(_BLAMED, _BLAMED.id == Incident.blamed_id)
    .outerjoin(_OWNER, _OWNER.id == Incident.owner_id)
)


def list_incidents(session: Session, actor: Actor, wanted: Wanted) -> Incidents:
    """What is due first comes first; of those settled the newest."""
    narrowed = [Incident.state == wanted.state, *_owned(actor, wanted.whose)]
    counted = session.execute(
        select(Incident.kind, Incident.stage, func.count()).where(*narrowed).group_by(Incident.kind, Incident.stage))
    query = _ROW.where(*narrowed, *_found(wanted.text)).limit(SHOWN)
    if wanted.kind:
        query = query.where(Incident.kind == wanted.kind)
    if wanted.stage:
        query = query.where(Incident.stage == wanted.stage)
    order = ((Incident.settled_at.desc(), Incident.id.desc()) if wanted.state == SETTLED
             else (func.coalesce(Incident.due_at, Incident.at), Incident.id))
    rows = [_row(row) for row in session.execute(query.order_by(*order)).mappings()]
    photos = list_photos(session, [row.id for row in rows])
    return Incidents([replace(row, photos=photos.get(row.id, ())) for row in rows],
                     {(row[0], row[1]): row[2] for row in counted})


def _owned(actor: Actor, whose: str) -> list[ColumnElement[bool]]:
    if whose == MINE:
        return [Incident.owner_id == actor.person_id]
    if whose == TEAM:
        return [Incident.owner_role == actor.role]
    return []


def _found(text: str) -> list[ColumnElement[bool]]:
    """Every word must stand somewhere."""
    places = (Order.number, Order.source_number, Parcel.number, Parcel.tracking_number, Item.title, Item.isbn13,
              Item.sku, Location.code, Incident.note)
    found = []
    for word in text.split():
        hits = [place.icontains(word, autoescape=True) for place in places]
        number = word.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) < 10:
            hits.append(Incident.id == int(number))
        found.append(or_(*hits))
    return found


def _row(row: RowMapping) -> IncidentRow:
    known = {each.name: row[each.name] for each in fields(IncidentRow) if each.name in row}
    is_left = is_left_to_bench(row["stage"], row["kind"], row["outcome"], row["order_state"])
    return IncidentRow(**known, is_left_to_bench=is_left)


def get_page(session: Session, incident_id: int) -> IncidentPage | None:
    """Everything of one incident; None where there is no such one."""
    found = session.execute(
        _ROW.outerjoin(Device, Device.id == Incident.device_id)
        .outerjoin(_SETTLER, _SETTLER.id == Incident.settled_by)
        .outerjoin(Delivery, Delivery.id == Incident.delivery_id)
        .outerjoin(CustomerReturn, CustomerReturn.id == Incident.return_id)
        .add_columns(
            Incident.item_id, Incident.owner_id, Incident.settled_at, Device.name.label("device"), Order.currency,
            Order.total_minor, Order.refunded_minor, Incident.customer_text.is_not(None).label("has_words"),
            _SETTLER.name.label("settler"), Parcel.id.label("parcel_id"), Parcel.number.label("parcel"),
            Parcel.state.label("parcel_state"), Parcel.carrier_code, Parcel.tracking_number,
            Delivery.id.label("delivery_id"), Delivery.number.label("delivery"),
            Delivery.state.label("delivery_state"), CustomerReturn.id.label("return_id"),
            CustomerReturn.number.label("return_number"), CustomerReturn.state.label("return_state"))
        .where(Incident.id == incident_id)).mappings().one_or_none()
    if found is None:
        return None
    row = SimpleNamespace(**found)
    photos = list_photos(session, [incident_id]).get(incident_id, ())
    entries = list_entries(session, incident_id)
    about = (("order", row.order_id, row.order_number, row.order_state),
             ("parcel", row.parcel_id, row.parcel, row.parcel_state),
             ("return", row.return_id, row.return_number, row.return_state),
             ("delivery", row.delivery_id, row.delivery, row.delivery_state))
    return IncidentPage(
        row=replace(_row(found), photos=photos), item_id=row.item_id, currency=row.currency or "",
        total_minor=row.total_minor or 0, refunded_minor=row.refunded_minor or 0, device=row.device or "",
        parcel=row.parcel or "", carrier=row.carrier_code or "", tracking=row.tracking_number or "",
        has_words=bool(row.has_words),
        settled_at=row.settled_at, settled_by=row.settler or "", owner_id=row.owner_id, entries=entries,
        things=[Thing(kind, thing_id, number or f"#{thing_id}", state) for kind, thing_id, number, state in about
                if thing_id is not None],
        made=_made(session, incident_id, entries), done=frozenset(
            effect for each in entries if each.verb == "settle" for effect in each.facts.get("effects", ())))


def list_entries(session: Session, incident_id: int) -> list[Entry]:
    """The log, the oldest first."""
    return [Entry(row.at, row.name or "", row.verb, row.reason, row.facts) for row in session.execute(
        select(Action.at, Person.name, Action.verb, Action.reason, Action.facts)
        .outerjoin(Person, Person.id == Action.person_id)
        .where(Action.subject == "incident", Action.subject_id == incident_id).order_by(Action.id))]


def _made(session: Session, incident_id: int, entries: Sequence[Entry]) -> list[Thing]:
    """Orders, refunds and messages that came of it."""
    new_orders = [each.facts["new_order"] for each in entries if "new_order" in each.facts]
    found = [Thing("order", row.id, row.number, row.state) for row in session.execute(
        select(Order.id, Order.number, Order.state).where(Order.id.in_(new_orders)).order_by(Order.id))]
    found += [Thing("refund", row.id, row.number, row.state) for row in session.execute(
        select(Refund.id, Refund.number, Refund.state).where(Refund.incident_id == incident_id))]
    found += [Thing("message", row.id, row.why, row.state) for row in session.execute(
        select(Message.id, Message.why, Message.state).where(Message.incident_id == incident_id).order_by(Message.id))]
    return found


def list_handlers(session: Session) -> list[Handler]:
    """Everybody who may have an incident, by team."""
    roles = [role for role, rights in RIGHTS.items() if "handle_incident" in rights]
    assert set(roles) == set(OWNERS), LEAD
    return [Handler(row.id, row.name, row.role) for row in session.execute(
        select(Person.id, Person.name, Person.role).where(Person.role.in_(roles), Person.is_active)
        .order_by(Person.role, Person.name))]


def list_photos(session: Session, incident_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The ids of the pictures of these incidents, by incident, in the order in which they were taken."""
    found: dict[int, tuple[int, ...]] = {}
    for row in session.execute(
            select(Photo.id, Photo.incident_id).where(Photo.incident_id.in_(incident_ids)).order_by(Photo.id)):
        found[row.incident_id] = (*found.get(row.incident_id, ()), row.id)
    return found
