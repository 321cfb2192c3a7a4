"""Orders on screens: the list, and one order with all that happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, literal_column, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from warehouse.domain.isbn_cells import read_isbn_cell
from warehouse.domain.orders import BEFORE_DISPATCH
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.people import Person
from warehouse.models.returns import CustomerReturn, Refund
from warehouse.models.stock import Location, StockMove
from warehouse.queries.orders_lines import HoldView, LineView, holds_of, lines_of
from warehouse.vault import Vault

ORDER, LINE, HOLD, ITEM = Order.__table__, OrderLine.__table__, Hold.__table__, Item.__table__
PAGE = 50
PHONE_DIGITS = 7
MOST_EVENTS, MOST_THINGS = 200, 40


@dataclass(frozen=True)
class OrderRow:
    """One line of the list. `recipient` is masked."""

    id: int
    number: str
    channel: str
    source_number: str
    state: str
    placed_at: datetime
    due_at: datetime
    recipient: str
    city: str
    country: str
    carrier_code: str
    units: int
    lines: int


@dataclass(frozen=True)
class OrderList:
    """A page of the list; `next_before` is where the next one begins, if there is more. `counts` by state and
    `channels` are of orders not yet dispatched."""

    rows: list[OrderRow]
    next_before: int | None
    counts: dict[str, int]
    channels: list[str]


ORDER_ROW = select(
    ORDER.c.id, ORDER.c.number, ORDER.c.channel, ORDER.c.source_number, ORDER.c.state, ORDER.c.placed_at,
    ORDER.c.due_at, ORDER.c.recipient_masked, ORDER.c.city, ORDER.c.country, ORDER.c.carrier_code,
    ORDER.c.units_wanted, ORDER.c.lines_count,
)


def list_orders(
    session: Session, *, state: str = "", channel: str = "", late_at: datetime | None = None, text: str = "",
    before: int | None = None,
) -> OrderList:
    """The newest first; with `state` the one due last first, as the index has them. `late_at`: only orders
    that should have left by then. `text`: an order's number (ours or the shop's), an ISBN, or a phone number,
    which is only met whole. `before` is the last order of the page before."""
    wanted: list[ColumnElement[bool]] = []
    turn: tuple[Any, ...] = (ORDER.c.id,)
    if state:
        wanted.append(ORDER.c.state == state)
        turn = (ORDER.c.due_at, ORDER.c.id)
    if channel:
        wanted.append(ORDER.c.channel == channel)
    if late_at:
        wanted += [ORDER.c.due_at < late_at, ORDER.c.state.in_(BEFORE_DISPATCH)]
    if text.strip():
        wanted.append(_found(session, text.strip()))
    if before:
        last = session.execute(select(*turn).where(ORDER.c.id == before)).one_or_none()
        if last is not None:
            wanted.append(tuple_(*turn) < tuple_(*(literal(value, column.type)
                                                   for value, column in zip(last, turn, strict=True))))
    newest = ORDER_ROW.where(*wanted).order_by(*(column.desc() for column in turn)).limit(PAGE + 1)
    found: Sequence[Any] = session.execute(newest).all()
    rows = [OrderRow(*row) for row in found]
    counts = session.execute(
        select(ORDER.c.state, ORDER.c.channel, func.count()).where(ORDER.c.state.in_(BEFORE_DISPATCH))
        .group_by(ORDER.c.state, ORDER.c.channel)
    ).all()
    of_state: dict[str, int] = {}
    for row in counts:
        of_state[row[0]] = of_state.get(row[0], 0) + row[2]
    next_before = rows[PAGE - 1].id if len(rows) > PAGE else None
    return OrderList(
        rows[:PAGE], next_before, of_state, sorted({row[1] for row in counts} | {channel} - {""})
    )


def _found(session: Session, text: str) -> ColumnElement[bool]:
    """By number, by phone (its blind index), by the code of a book in it."""
    vault: Vault = session.info["vault"]
    ways: list[ColumnElement[bool]] = [
        ORDER.c.number == text.upper(),
        ORDER.c.source_number.in_((text, f"#{text}")),
    ]
    if sum(char.isdigit() for char in text) >= PHONE_DIGITS:
        ways.append(ORDER.c.phone_index == vault.phone_index(text))
    if items := items_named(session, text):
        ways.append(ORDER.c.id.in_(select(LINE.c.order_id).where(LINE.c.item_id.in_(items))))
    return or_(*ways)


def items_named(session: Session, text: str) -> list[int]:
    """The items that a typed code names: ISBN in any notation, trade number, own label or SKU."""
    cell = read_isbn_cell(text)
    code = cell.isbn13 or (cell.upc.zfill(13) if cell.upc else cell.sku) or text.strip()
    return list(
        session.execute(
            select(ItemCode.item_id)
            .where(ItemCode.code == code)
            .union(select(ITEM.c.id).where(ITEM.c.sku == code))
        ).scalars()
    )


# --- One order
# -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """One thing that happened: an act, units moved, a parcel closed or handed over."""

    at: datetime
    verb: str
    person: str
    reason: str
    units: int = 0
    title: str = ""
    source: str = ""
    target: str = ""


@dataclass(frozen=True)
class ParcelView:
    id: int
    number: str
    state: str
    weight_g: int | None
    carrier_code: str
    tracking_number: str
    closed_at: datetime | None
    handed_over_at: datetime | None


@dataclass(frozen=True)
class Related:
    """An order that this one came out of or went into (`how`: origin, into) or that came out of it or went into it
    (replacement, exchange, split, merged)."""

    id: int
    number: str
    state: str
    how: str


@dataclass(frozen=True)
class Thing:
    """What hangs on an order: an incident, a return, a refund or a message. `what` is its number, kind or topic."""

    kind: str
    id: int
    what: str
    state: str
    at: datetime


@dataclass(frozen=True)
class OrderPage:
    """One order; who gets it is masked. `events` oldest first, `things` newest first."""

    order: dict[str, Any]
    lines: list[LineView]
    holds: list[HoldView]
    parcels: list[ParcelView]
    events: list[Event]
    related: list[Related]
    things: list[Thing]


_NOT_SHOWN = {"recipient", "recipient_original", "phone_index", "content_hash"}


def order_page(session: Session, order_id: int) -> OrderPage | None:
    """Everything about one order but its personal data, or None where there is no such order."""
    row = session.execute(select(ORDER).where(ORDER.c.id == order_id)).mappings().one_or_none()
    if row is None:
        return None
    order = {name: value for name, value in row.items() if name not in _NOT_SHOWN}
    order["is_mended"] = row["recipient_original"] is not None
    holds = holds_of(session, [order_id]).get(order_id, [])
    parcels = [
        ParcelView(*found)
        for found in session.execute(
            select(
                Parcel.id,
                func.coalesce(Parcel.number, Location.code),
                Parcel.state,
                Parcel.weight_g,
                Parcel.carrier_code,
                func.coalesce(Parcel.tracking_number, ""),
                Parcel.closed_at,
                Parcel.handed_over_at,
            )
            .join(Location, Location.id == Parcel.location_id).where(Parcel.order_id == order_id)
            .order_by(Parcel.position)
        )
    ]
    lines = lines_of(session, [order_id]).get(order_id, [])
    return OrderPage(order, lines, holds, parcels, _events(session, order, parcels), _related(session, row),
                     _things(session, order_id))


def _things(session: Session, order_id: int) -> list[Thing]:
    of = (
        ("incident", Incident, Incident.kind, Incident.at),
        ("return", CustomerReturn, CustomerReturn.number, CustomerReturn.requested_at),
        ("refund", Refund, Refund.number, Refund.requested_at),
        ("message", Message, Message.why, Message.wanted_at),
    )
    rows: Any = session.execute(union_all(*(
        select(literal(kind), table.id, what, table.state, at.label("at")).where(table.order_id == order_id)
        for kind, table, what, at in of)).order_by(literal_column("at").desc()).limit(MOST_THINGS))
    return [Thing(*row) for row in rows]


def _related(session: Session, order: Any) -> list[Related]:
    found = []
    for row in session.execute(
        select(ORDER.c.id, ORDER.c.number, ORDER.c.state, ORDER.c.origin_id, ORDER.c.origin_kind,
               ORDER.c.merged_into_id)
        .where(or_(ORDER.c.id.in_([order["origin_id"], order["merged_into_id"]]), ORDER.c.origin_id == order["id"],
                   ORDER.c.merged_into_id == order["id"]))
        .order_by(ORDER.c.id)
    ):
        if row.id in (order["origin_id"], order["merged_into_id"]):
            how = "origin" if row.id == order["origin_id"] else "into"
        else:
            how = "merged" if row.merged_into_id == order["id"] else row.origin_kind
        found.append(Related(row.id, row.number, row.state, how))
    return found


def _events(session: Session, order: dict[str, Any], parcels: list[ParcelView]) -> list[Event]:
    """One time line of acts, moves and parcels."""
    acts = session.execute(
        select(Action.at, Action.verb, func.coalesce(Person.name, ""), Action.reason)
        .join(Person, Person.id == Action.person_id, isouter=True)
        .where(Action.subject == "order", Action.subject_id == order["id"])
        .order_by(Action.id)
        .limit(MOST_EVENTS)
    )
    source, target = Location.__table__.alias("source"), Location.__table__.alias("target")
    moves = session.execute(
        select(
            StockMove.at,
            StockMove.reason,
            Person.name,
            StockMove.units,
            ITEM.c.title,
            source.c.code,
            target.c.code,
        )
        .join(LINE, LINE.c.id == StockMove.order_line_id)
        .join(Person, Person.id == StockMove.person_id)
        .join(ITEM, ITEM.c.id == StockMove.item_id)
        .join(source, source.c.id == StockMove.source_id)
        .join(target, target.c.id == StockMove.target_id)
        .where(LINE.c.order_id == order["id"])
        .order_by(StockMove.id)
        .limit(MOST_EVENTS)
    )
    events = [Event(order["placed_at"], "placed", "", ""), Event(order["received_at"], "received", "", "")]
    events += [Event(*row) for row in acts]
    events += [Event(at, f"move_{reason}", person, "", units, title, code, to)
               for at, reason, person, units, title, code, to in moves]
    for parcel in parcels:
        events += [
            Event(at, verb, "", "", title=parcel.number)
            for at, verb in ((parcel.closed_at, "parcel_closed"), (parcel.handed_over_at, "handed_over"))
            if at
        ]
    return sorted(events, key=lambda event: event.at)
