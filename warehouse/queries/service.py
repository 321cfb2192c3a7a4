"""The service desk: one box that finds orders by whatever a customer can say, what waits there, and one order at a
glance (ORD-8, EXC-3). Shows masked names only; phone and name are met by keyed hashes, so only whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain.incidents import CUSTOMER, OPEN
from warehouse.domain.messages import FAILED, WANTED
from warehouse.domain.orders import BEFORE_DISPATCH
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.returns import CustomerReturn, Refund
from warehouse.queries.orders import ORDER_ROW, PHONE_DIGITS, OrderRow, items_named
from warehouse.vault import Vault

ORDER = Order.__table__
PAGE = 25
# Of orders that one number, phone or name answers to, the newest; a shop's own address orders more.
MOST_EXACT = 500
MOST_TITLES = 40
SHORTEST_TITLE = 2
CASES_SHOWN = 12


@dataclass(frozen=True)
class FoundReturn:
    id: int
    number: str
    state: str
    order_id: int | None
    order_number: str


@dataclass(frozen=True)
class FoundIncident:
    id: int
    kind: str
    state: str
    order_id: int | None
    order_number: str


@dataclass(frozen=True)
class Results:
    """What answers to a text. `ways` says how: number, phone, name, parcel, return, incident, title. `titles` are the
    books that it names. `next_before` is where the next page begins."""

    orders: tuple[OrderRow, ...] = ()
    next_before: int | None = None
    ways: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    returns: tuple[FoundReturn, ...] = ()
    incidents: tuple[FoundIncident, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.orders or self.returns or self.incidents)


def search(session: Session, text: str, *, before: int | None = None) -> Results:
    """The newest orders first. What is exact (a number, a phone, a whole name) is taken before titles."""
    text = text.strip()
    if not text:
        return Results()
    ways = {way: ids for way, wanted in _exact(session, text).items() if (ids := _ids(session, wanted))}
    returns, incidents = _returns(session, text), _incidents(session, text)
    titles: tuple[str, ...] = ()
    if ways or returns or incidents:
        known = {found.order_id for found in returns if found.order_id}
        known |= {found.order_id for found in incidents if found.order_id}
        ids = sorted(known.union(*ways.values()), reverse=True)
        page = [order_id for order_id in ids if before is None or order_id < before][: PAGE + 1]
    else:
        items = _items(session, text)
        titles = tuple(items.values())
        page = _orders_with(session, list(items), before) if items else []
        ways = {"title": page} if page else {}
    names = (*ways, *(["return"] if returns else []), *(["incident"] if incidents else []))
    return Results(_rows(session, page[:PAGE]), page[PAGE - 1] if len(page) > PAGE else None, names, titles, returns,
                   incidents)


def _exact(session: Session, text: str) -> dict[str, Select[Any]]:
    vault: Vault = session.info["vault"]
    upper = text.upper()
    parcels = select(Parcel.order_id).where(or_(Parcel.tracking_number == upper, Parcel.number == upper))
    ways = {
        "number": select(Order.id).where(or_(Order.number == upper, Order.source_number.in_((text, f"#{text}")))),
        "parcel": parcels,
    }
    if sum(char.isdigit() for char in text) >= PHONE_DIGITS:
        ways["phone"] = select(Order.id).where(Order.phone_index == vault.phone_index(text))
    if name := vault.name_index(text):
        ways["name"] = select(Order.id).where(Order.name_index == name)
    return ways


def _ids(session: Session, wanted: Select[Any]) -> list[int]:
    column = wanted.selected_columns[0]
    return list(session.execute(wanted.order_by(column.desc()).limit(MOST_EXACT)).scalars())


def _items(session: Session, text: str) -> dict[int, str]:
    """Books that a code names, else those with the text in their title."""
    named = items_named(session, text)
    like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    wanted = Item.id.in_(named) if named else Item.title.ilike(like, escape="\\")
    if not named and len(text) < SHORTEST_TITLE:
        return {}
    rows = session.execute(select(Item.id, Item.title).where(wanted).order_by(Item.title, Item.id).limit(MOST_TITLES))
    return {row.id: row.title for row in rows}


def _orders_with(session: Session, item_ids: Sequence[int], before: int | None) -> list[int]:
    wanted = select(OrderLine.order_id).where(OrderLine.item_id.in_(item_ids)).distinct()
    if before is not None:
        wanted = wanted.where(OrderLine.order_id < before)
    return list(session.execute(wanted.order_by(OrderLine.order_id.desc()).limit(PAGE + 1)).scalars())


def _rows(session: Session, order_ids: Sequence[int]) -> tuple[OrderRow, ...]:
    rows: Sequence[Any] = session.execute(
        ORDER_ROW.where(ORDER.c.id.in_(order_ids)).order_by(ORDER.c.id.desc())).all()
    return tuple(OrderRow(*row) for row in rows)


def _returns(session: Session, text: str) -> tuple[FoundReturn, ...]:
    rows = session.execute(
        select(CustomerReturn.id, CustomerReturn.number, CustomerReturn.state, CustomerReturn.order_id, Order.number)
        .outerjoin(Order, Order.id == CustomerReturn.order_id)
        .where(or_(CustomerReturn.number == text.upper(), CustomerReturn.shop_number == text,
                   CustomerReturn.tracking_number == text.upper()))
        .order_by(CustomerReturn.id.desc()).limit(PAGE))
    return tuple(FoundReturn(row[0], row[1] or "", row[2], row[3], row[4] or "") for row in rows)


def _incidents(session: Session, text: str) -> tuple[FoundIncident, ...]:
    """By "#12", as the desk writes its number."""
    if not (text.startswith("#") and text[1:].isdecimal() and len(text) < len(str(2**31))):
        return ()
    row = session.execute(
        select(Incident.id, Incident.kind, Incident.state, Incident.order_id, Order.number)
        .outerjoin(Order, Order.id == Incident.order_id).where(Incident.id == int(text[1:]))).one_or_none()
    return (FoundIncident(*row[:4], row[4] or ""),) if row else ()


# --- What waits ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A complaint, a question or another report of a customer that is open."""

    id: int
    kind: str
    at: datetime
    due_at: datetime | None
    owner: str
    order_id: int | None
    order_number: str
    name: str


@dataclass(frozen=True)
class Waiting:
    """What waits at the desk: counts, and the open cases that are due first."""

    messages: int
    messages_late: int
    cases_count: int
    late: int
    returns: int
    held: int
    cases: tuple[Case, ...]


def look_at_desk(session: Session, now: datetime) -> Waiting:
    to_tell = select(func.count()).select_from(Message).where(Message.state.in_((WANTED, FAILED)))
    of_customers = (Incident.stage == CUSTOMER, Incident.state == OPEN)
    counts = session.execute(select(
        to_tell.scalar_subquery(), to_tell.where(Message.due_at < now).scalar_subquery(),
        select(func.count()).select_from(Incident).where(*of_customers).scalar_subquery(),
        select(func.count()).select_from(Order)
        .where(Order.state.in_(BEFORE_DISPATCH), Order.due_at < now).scalar_subquery(),
        select(func.count()).select_from(CustomerReturn).where(CustomerReturn.state == "requested").scalar_subquery(),
        select(func.count()).select_from(Order).where(Order.state == "held").scalar_subquery(),
    )).one()
    rows = session.execute(
        select(Incident.id, Incident.kind, Incident.at, Incident.due_at, Incident.owner_role, Incident.order_id,
               func.coalesce(Order.number, ""), func.coalesce(Order.recipient_masked, ""))
        .outerjoin(Order, Order.id == Incident.order_id).where(*of_customers)
        .order_by(Incident.due_at, Incident.id).limit(CASES_SHOWN))
    return Waiting(*counts, cases=tuple(Case(*row) for row in rows))


# --- One order -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Related:
    """Another order that belongs to this one. `kind`: origin, merged_into, or what was made out of this one
    (replacement, exchange, split)."""

    id: int
    number: str
    kind: str
    state: str


@dataclass(frozen=True)
class ServiceOrder:
    """An order as the desk sees it; who gets it is masked."""

    id: int
    number: str
    channel: str
    source_number: str
    state: str
    recipient: str
    city: str
    country: str
    language: str
    placed_at: datetime
    due_at: datetime
    promised_at: datetime | None
    dispatched_at: datetime | None
    carrier_code: str
    currency: str
    total_minor: int
    refunded_minor: int
    link: str | None
    holds: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    open_cases: tuple[FoundIncident, ...] = ()
    returns: tuple[FoundReturn, ...] = ()
    refunds_open: int = 0
    messages_open: int = 0


_SEEN = ("id", "number", "channel", "source_number", "state", "recipient_masked", "city", "country", "language",
         "placed_at", "due_at", "promised_at", "dispatched_at", "carrier_code", "currency", "total_minor",
         "refunded_minor", "link")


def find_order(session: Session, order_id: int) -> ServiceOrder | None:
    row = session.execute(
        select(*(getattr(Order, name) for name in _SEEN), Order.origin_id, Order.merged_into_id)
        .where(Order.id == order_id)).one_or_none()
    if row is None:
        return None
    number = row.number or ""
    holds = session.execute(select(Hold.reason).where(Hold.order_id == order_id, Hold.lifted_at.is_(None))
                            .order_by(Hold.id)).scalars()
    cases = session.execute(
        select(Incident.id, Incident.kind, Incident.state).where(
            Incident.order_id == order_id, Incident.state == OPEN).order_by(Incident.id))
    returns = session.execute(
        select(CustomerReturn.id, CustomerReturn.number, CustomerReturn.state)
        .where(CustomerReturn.order_id == order_id).order_by(CustomerReturn.id))
    refunds, messages = session.execute(select(
        select(func.count()).select_from(Refund).where(
            Refund.order_id == order_id, Refund.state.in_(("requested", "approved"))).scalar_subquery(),
        select(func.count()).select_from(Message).where(
            Message.order_id == order_id, Message.state.in_((WANTED, FAILED))).scalar_subquery())).one()
    seen = {name.removesuffix("_masked"): getattr(row, name) for name in _SEEN}
    return ServiceOrder(
        **seen, holds=tuple(holds), related=_related(session, order_id, row.origin_id, row.merged_into_id),
        open_cases=tuple(FoundIncident(*case, order_id, number) for case in cases),
        returns=tuple(FoundReturn(one.id, one.number or "", one.state, order_id, number) for one in returns),
        refunds_open=refunds, messages_open=messages)


def _related(
    session: Session, order_id: int, origin_id: int | None, merged_into_id: int | None
) -> tuple[Related, ...]:
    """Where it came from or went into, and what was made out of it."""
    rows = session.execute(
        select(Order.id, Order.number, Order.origin_kind, Order.state)
        .where(or_(Order.id.in_((origin_id or 0, merged_into_id or 0)), Order.origin_id == order_id))
        .order_by(Order.id))
    kinds = {origin_id: "origin", merged_into_id: "merged_into"}
    return tuple(Related(row.id, row.number or "", kinds.get(row.id, row.origin_kind), row.state) for row in rows)
