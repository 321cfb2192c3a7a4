"""When people work (ORD-4): the calendar that every clock counts by, and what a person plans of it.

A change moves the clocks of orders that are not released yet; what a customer was promised stays as it was promised."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain.clocks import LONGEST_TRANSIT_DAYS, CarrierTimes, Clocks
from warehouse.domain.orders import STILL_OPEN
from warehouse.domain.people import Actor
from warehouse.domain.shifts import (
    DAY_MINUTES,
    HORIZON_DAYS,
    Calendar,
    Span,
    clock_text,
    minute_of_day,
    plan_week,
    say_hours,
)
from warehouse.errors import Invalid, NotFound
from warehouse.models.journal import Action
from warehouse.models.orders import Order
from warehouse.models.shipping import Carrier, DayOff, Shift
from warehouse.services import journal

ORDER = Order.__table__
NAME_LENGTH = 60
MOST_SILENT_HOURS = 240

_RETIME = update(ORDER).where(ORDER.c.id == bindparam("order"), ORDER.c.released_at.is_(None)).values(
    due_at=bindparam("due"), confirm_by=bindparam("confirm"))


def calendar(session: Session) -> Calendar:
    """The house's working time as it is planned now."""
    hours: dict[int, tuple[Span, ...]] = {}
    for weekday, opens, closes in session.execute(
            select(Shift.weekday, Shift.opens, Shift.closes).order_by(Shift.weekday, Shift.opens)):
        hours[weekday] = (*hours.get(weekday, ()), (minute_of_day(opens), minute_of_day(closes)))
    days_off = frozenset(date.fromisoformat(day) for day in session.execute(select(DayOff.day)).scalars())
    return Calendar(session.info["time_zone"], hours, days_off)


def clocks(session: Session) -> Clocks:
    """What orders are timed by: the calendar, every carrier's times, and the limit for confirming."""
    carriers = {row.code: CarrierTimes(row.cut_off, row.transit_days, row.first_event_hours) for row in session.execute(
        select(Carrier.code, Carrier.cut_off, Carrier.transit_days, Carrier.first_event_hours))}
    return Clocks(calendar(session), carriers, session.info["confirm_minutes"])


def set_week(session: Session, actor: Actor, wanted: Iterable[tuple[int, str, str]]) -> None:
    """The hours of every weekday from now on, as (weekday, opens, closes). Refused: see `domain.shifts.plan_week`."""
    week = plan_week(wanted)
    session.execute(delete(Shift))
    session.execute(insert(Shift.__table__), [
        {"weekday": weekday, "opens": clock_text(opens), "closes": clock_text(closes)}
        for weekday, spans in week.items() for opens, closes in spans])
    journal.note(session, actor, "set_week", "shift", None,
                 hours={str(weekday): say_hours(spans) for weekday, spans in week.items()})
    retime(session)


def add_day_off(session: Session, actor: Actor, day: date, name: str) -> None:
    """Nobody works on this local day. Refused in the past, further ahead than anybody plans, and twice."""
    today = calendar(session).local(actor.at).date()
    if not today <= day <= today + timedelta(days=HORIZON_DAYS):
        raise Invalid("delays.day_out_of_range", day=day.isoformat(), most=HORIZON_DAYS)
    if session.get(DayOff, day.isoformat()) is not None:
        raise Invalid("delays.day_off_already", day=day.isoformat())
    text = " ".join(name.split())[:NAME_LENGTH]
    session.execute(insert(DayOff.__table__), {"day": day.isoformat(), "name": text})
    journal.note(session, actor, "add_day_off", "shift", None, reason=text, day=day.isoformat())
    retime(session)


def remove_day_off(session: Session, actor: Actor, day: date) -> None:
    """This day is worked after all."""
    removed = session.execute(delete(DayOff).where(DayOff.day == day.isoformat()))
    if removed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("delays.no_such_day_off", day=day.isoformat())
    journal.note(session, actor, "remove_day_off", "shift", None, day=day.isoformat())
    retime(session)


def set_carrier(
    session: Session, actor: Actor, code: str, *, cut_off: str, transit_days: int, first_event_hours: int
) -> None:
    """When a carrier's truck leaves, and how soon its parcels speak and arrive. Refused: an hour that is none, and days
    or hours that no carrier takes."""
    minutes = minute_of_day(cut_off)
    if minutes == DAY_MINUTES:
        raise Invalid("delays.no_such_hour", text=cut_off.strip())
    if transit_days > LONGEST_TRANSIT_DAYS or first_event_hours > MOST_SILENT_HOURS:
        raise Invalid("delays.carrier_out_of_range", days=LONGEST_TRANSIT_DAYS, hours=MOST_SILENT_HOURS)
    times: dict[str, Any] = {
        "cut_off": clock_text(minutes), "transit_days": transit_days, "first_event_hours": first_event_hours}
    changed = session.execute(update(Carrier).where(Carrier.code == code).values(**times))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("shipping.no_such_carrier", carrier=code)
    journal.note(session, actor, "set_times", "carrier", None, carrier=code, **times)
    retime(session)


def start_clocks(session: Session, actor: Actor, order: Order) -> None:
    """An order that waited for its money, and has it now: until then there was nothing that the house could do late."""
    times = clocks(session).times_of(actor.at, actor.at, order.carrier_code, order.service)
    order.due_at, order.confirm_by, order.promised_at = times.due_at, times.confirm_by, times.promised_at


def retime(session: Session) -> int:
    """Set the clocks of orders that are not released yet by what is planned now; how many changed. They began when the
    order was placed and came in, or when its money came."""
    now = clocks(session)
    paid_at = select(func.max(Action.at)).where(
        Action.subject == "order", Action.subject_id == Order.id, Action.verb == "mark_paid").scalar_subquery()
    waiting = session.execute(
        select(Order.id, func.coalesce(paid_at, Order.placed_at).label("placed_at"),
               func.coalesce(paid_at, Order.received_at).label("received_at"), Order.carrier_code, Order.due_at,
               Order.confirm_by)
        .where(Order.state.in_(STILL_OPEN), Order.released_at.is_(None)).order_by(Order.id)).all()
    changed = []
    for row in waiting:
        times = now.times_of(row.placed_at, row.received_at, row.carrier_code)
        if (times.due_at, times.confirm_by) != (row.due_at, row.confirm_by):
            changed.append({"order": row.id, "due": times.due_at, "confirm": times.confirm_by})
    if changed:
        session.connection().execute(_RETIME, changed)
    return len(changed)
