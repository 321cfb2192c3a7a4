"""When people work (ORD-4): the calendar that every clock counts by."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain.clocks import CarrierTimes, Clocks
from warehouse.domain.shifts import Calendar, Span, minute_of_day
from warehouse.models.shipping import Carrier, DayOff, Shift


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
