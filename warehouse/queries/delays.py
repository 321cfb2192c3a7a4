"""Late before it is late (ORD-4): every order in the house with its nearest clock, what is still to be done for it, who
has it, and why it waits. A constant number of statements, each held to open or to recent orders by an index.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import clocks as rules
from warehouse.domain import picking
from warehouse.domain.clocks import AT_RISK, IN_TIME, LATE, LEAST_MEASURED, MEASURED_DAYS, VERDICTS
from warehouse.domain.orders import BEFORE_DISPATCH, HELD, PACKING, PICKING, RECEIVED, RELEASED, UNPAID
from warehouse.domain.shifts import Calendar, say_hours
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.shipping import Carrier, DayOff

SHOWN = 100
# The newest of the measured days: enough for a median, and few enough to reckon anew for each look.
MEASURED_ORDERS = 600
# What people work on. Until its release an order waits for a wave that somebody chose, and once packed for the hour of
# the truck: measured, that waiting would call every order at risk that is packed in good time.
_STEPS = (("confirm", "received_at", "confirmed_at"), ("pick", "released_at", "picked_at"),
          ("pack", "picked_at", "packed_at"))


@dataclass(frozen=True)
class Row:
    """An order with its nearest clock. `clock` is confirm or truck; `ready_at` when it is ready at the usual pace.
    `person` has it in hand, empty where nobody has; `why` are the reasons of its holds; `short` units are missing."""

    id: int
    number: str
    state: str
    carrier_code: str
    verdict: str
    clock: str
    limit: datetime
    ready_at: datetime
    promised_at: datetime | None
    lines: int
    units: int
    person: str
    why: tuple[str, ...]
    short: int


@dataclass(frozen=True)
class Group:
    """Orders of one carrier or one state by verdict."""

    name: str
    late: int
    at_risk: int
    in_time: int


@dataclass(frozen=True)
class Pace:
    """Working minutes that a step takes; `is_measured` on the house's own orders, else as usual."""

    step: str
    minutes: int
    is_measured: bool


@dataclass(frozen=True)
class Late:
    """The list at one moment; `counts` by verdict, of all orders in the house."""

    at: datetime
    counts: dict[str, int]
    carriers: list[Group]
    states: list[Group]
    pace: list[Pace]
    rows: list[Row]
    is_open: bool


def look(
    session: Session, now: datetime, calendar: Calendar, *, verdicts: Sequence[str] = (AT_RISK, LATE),
    carrier_code: str = "", state: str = "",
) -> Late:
    """Orders of these verdicts, those first that can still be saved, then those that are late; at most `SHOWN`."""
    measured = measure(session, now, calendar)
    ready = {each: calendar.add_minutes(now, rules.minutes_left(each, measured)) for each in BEFORE_DISPATCH}
    confirmed = calendar.add_minutes(now, rules.minutes_to_confirm(measured))
    judged = _judged(now, ready, confirmed)
    carriers, states, counts = _counts(session, judged.verdict)
    wanted = [judged.verdict.in_(verdicts), *([Order.carrier_code == carrier_code] if carrier_code else []),
              *([Order.state == state] if state else [])]
    return Late(
        at=now, counts=counts, carriers=carriers, states=states,
        pace=[Pace(step, measured.get(step, rules.USUAL_MINUTES[step]), step in measured) for step in rules.STEPS],
        rows=_rows(session, judged, wanted, ready, confirmed), is_open=calendar.is_open(now))


def measure(session: Session, now: datetime, calendar: Calendar) -> dict[str, int]:
    """The median of each step of work in working minutes over the orders dispatched lately, where there are enough.
    Confirming is measured on those that waited for a person."""
    rows = session.execute(
        select(Order.received_at, Order.confirmed_at, Order.released_at, Order.picked_at, Order.packed_at)
        .where(Order.dispatched_at >= now - timedelta(days=MEASURED_DAYS))
        .order_by(Order.dispatched_at.desc()).limit(MEASURED_ORDERS)).all()
    taken: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for step, begins, ends in _STEPS:
            start, end = getattr(row, begins), getattr(row, ends)
            if start and end and (start < end or (start == end and step != "confirm")):
                taken[step].append(calendar.minutes_between(start, end))
    return {step: round(median(found)) for step, found in taken.items() if len(found) >= LEAST_MEASURED}


# Whose money has not come waits for its customer: its clocks begin then.
_IN_HOUSE: tuple[ColumnElement[bool], ...] = (Order.state.in_(BEFORE_DISPATCH), Order.payment != UNPAID)
_TO_CONFIRM: ColumnElement[bool] = and_(
    Order.state.in_((RECEIVED, HELD)), Order.confirmed_at.is_(None), Order.confirm_by.is_not(None))


def is_late(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The orders that the list calls late at this moment, where only their number is wanted."""
    return (*_IN_HOUSE, or_(Order.due_at < now, and_(_TO_CONFIRM, Order.confirm_by < now)))


@dataclass(frozen=True)
class _Judged:
    """`domain.clocks.judge` for all orders at once, by both of their clocks: the worse verdict counts, and of two that
    are equally bad the sooner clock is shown."""

    verdict: ColumnElement[str]
    is_confirm: ColumnElement[bool]
    limit: ColumnElement[datetime]


def _judged(now: datetime, ready: dict[str, datetime], confirmed: datetime) -> _Judged:
    by_truck = case(
        (Order.due_at < now, 0),
        (or_(*(and_(Order.state == state, Order.due_at < at) for state, at in ready.items())), 1), else_=2)
    to_confirm = case(
        (~_TO_CONFIRM, 3), (Order.confirm_by < now, 0), (Order.confirm_by < confirmed, 1), else_=2)
    is_confirm = or_(to_confirm < by_truck, and_(to_confirm == by_truck, Order.confirm_by < Order.due_at))
    verdict = case((or_(to_confirm == 0, by_truck == 0), LATE), (or_(to_confirm == 1, by_truck == 1), AT_RISK),
                   else_=IN_TIME)
    return _Judged(verdict, is_confirm, case((is_confirm, Order.confirm_by), else_=Order.due_at))


def _counts(session: Session, verdict: ColumnElement[str]) -> tuple[list[Group], list[Group], dict[str, int]]:
    judged = select(Order.carrier_code, Order.state, verdict.label("verdict")).where(
        *_IN_HOUSE).subquery()
    carriers: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(VERDICTS, 0))
    states: dict[str, dict[str, int]] = {state: dict.fromkeys(VERDICTS, 0) for state in BEFORE_DISPATCH}
    counts = dict.fromkeys(VERDICTS, 0)
    for carrier, state, name, n in session.execute(
            select(judged.c.carrier_code, judged.c.state, judged.c.verdict, func.count())
            .group_by(judged.c.carrier_code, judged.c.state, judged.c.verdict)):
        carriers[carrier][name] += n
        states[state][name] += n
        counts[name] += n
    return (
        [Group(name, **found) for name, found in sorted(carriers.items())],
        [Group(name, **found) for name, found in states.items() if any(found.values())], counts)


def _rows(
    session: Session, judged: _Judged, wanted: Sequence[ColumnElement[bool]], ready: dict[str, datetime],
    confirmed: datetime,
) -> list[Row]:
    rank = case((judged.verdict == AT_RISK, 0), (judged.verdict == LATE, 1), else_=2)
    found = session.execute(
        select(Order.id, Order.number, Order.state, Order.carrier_code, judged.verdict, judged.is_confirm, judged.limit,
               Order.promised_at, Order.lines_count, Order.units_wanted, Order.packer_id)
        .where(*_IN_HOUSE, *wanted).order_by(rank, judged.limit, Order.id).limit(SHOWN)).all()
    ids = [row[0] for row in found]
    # Picked whole, an order lies in its tote while its picker walks on for others.
    pickers = _pickers(session, [row[0] for row in found if row[2] in {RELEASED, PICKING}])
    holds, short = _holds(session, ids), _short(session, ids)
    packers = _names(session, {row[10] for row in found if row[10] and row[2] == PACKING})
    return [
        Row(order_id, number or "", state, carrier, verdict, rules.CONFIRM if is_confirm else rules.TRUCK, limit,
            confirmed if is_confirm else ready[state], promised_at, lines, units,
            pickers.get(order_id) or packers.get(packer if state == PACKING else None, ""), holds.get(order_id, ()),
            short.get(order_id, 0))
        for order_id, number, state, carrier, verdict, is_confirm, limit, promised_at, lines, units, packer in found]


def _pickers(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        select(PickStop.order_id, func.max(Person.name)).join(PickRun, PickRun.id == PickStop.run_id)
        .join(Person, Person.id == PickRun.person_id)
        .where(PickStop.order_id.in_(ids), PickRun.state.in_((picking.BINDING, picking.STARTED)))
        .group_by(PickStop.order_id))
    return {row[0]: row[1] for row in rows}


def _names(session: Session, ids: set[int | None]) -> dict[int | None, str]:
    return {row[0]: row[1] for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))}


def _holds(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for order_id, reason in session.execute(
            select(Hold.order_id, Hold.reason).where(Hold.order_id.in_(ids), Hold.lifted_at.is_(None))
            .order_by(Hold.id)):
        if reason not in found[order_id]:
            found[order_id] = (*found[order_id], reason)
    return found


def _short(session: Session, ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(OrderLine.order_id, func.sum(OrderLine.units_short)).where(
            OrderLine.order_id.in_(ids), OrderLine.units_short > 0).group_by(OrderLine.order_id))
    return {row[0]: int(row[1]) for row in rows}


# --- What is planned -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CarrierRow:
    """A carrier with its times."""

    code: str
    name_en: str
    name_zh: str
    cut_off: str
    transit_days: int
    first_event_hours: int
    has_secret: bool


@dataclass(frozen=True)
class DayRow:
    """A day off."""

    day: str
    name: str


@dataclass(frozen=True)
class Plan:
    """The hours of each weekday as text, days off from today on, and carriers."""

    week: list[str]
    days_off: list[DayRow]
    carriers: list[CarrierRow]


def look_at_plan(session: Session, calendar: Calendar, now: datetime) -> Plan:
    today = calendar.local(now).date().isoformat()
    days = session.execute(select(DayOff.day, DayOff.name).where(DayOff.day >= today).order_by(DayOff.day))
    carriers = session.execute(
        select(Carrier.code, Carrier.name_en, Carrier.name_zh, Carrier.cut_off, Carrier.transit_days,
               Carrier.first_event_hours, Carrier.webhook_secret.is_not(None)).order_by(Carrier.lane, Carrier.code))
    return Plan([say_hours(calendar.hours.get(weekday, ())) for weekday in range(7)], [DayRow(*row) for row in days],
                [CarrierRow(*row) for row in carriers])
