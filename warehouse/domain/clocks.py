"""The clocks of an order (ORD-4): until when it must be confirmed, be ready for the truck, and be with the customer;
and which of its clocks it will not keep if nothing is done.

Confirming is our own limit and counts in working minutes; trucks come on days on which somebody works; a carrier drives
on every day, so transit is counted in plain days, unless the service that was sold names business days.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from warehouse.domain.orders import CONFIRMED, HELD, PACKED, PACKING, PICKED, PICKING, RECEIVED, RELEASED
from warehouse.domain.shifts import Calendar, end_of_day

LATE, AT_RISK, IN_TIME = "late", "at_risk", "in_time"
VERDICTS = (LATE, AT_RISK, IN_TIME)
CONFIRM, TRUCK = "confirm", "truck"

# What is still to be done, step by step, and what each takes in working minutes where too few orders were measured.
STEPS = ("confirm", "release", "pick", "pack", "ship")
USUAL_MINUTES = {"confirm": 30, "release": 20, "pick": 40, "pack": 20, "ship": 20}
# Under this a median says more about chance than about the house.
LEAST_MEASURED = 20
MEASURED_DAYS = 14
_FIRST_STEP = {
    RECEIVED: "confirm", HELD: "confirm", CONFIRMED: "release", RELEASED: "pick", PICKING: "pick", PICKED: "pack",
    PACKING: "pack", PACKED: "ship",
}

LONGEST_TRANSIT_DAYS = 60
_NAMED_DAYS = (
    (re.compile(r"当日达|same[ -]?day"), 0),
    (re.compile(r"次日|隔夜|next[ -]?day|overnight"), 1),
    (re.compile(r"隔日"), 2),
)
_DAYS = re.compile(
    r"(?:(\d{1,2})\s*(?:[-–~]|to|至|到)\s*)?(\d{1,2})\s*[- ]?(?:个)?\s*(business |working |work |工作)?(?:days?\b|日|天)")
_HOURS = re.compile(r"(\d{2})\s*(?:hours?\b|hrs?\b|h\b|小时)")
_WEEKEND = frozenset({5, 6})


@dataclass(frozen=True)
class CarrierTimes:
    """`cut_off` "17:00" local; a parcel has its first event within `first_event_hours` and arrives within
    `transit_days`."""

    cut_off: str
    transit_days: int
    first_event_hours: int


@dataclass(frozen=True)
class OrderTimes:
    """The three limits of one order."""

    confirm_by: datetime
    due_at: datetime
    promised_at: datetime


@dataclass(frozen=True)
class Clocks:
    """What the clocks of this house run by. `confirm_minutes`: working minutes within which an order is confirmed."""

    calendar: Calendar
    carriers: Mapping[str, CarrierTimes]
    confirm_minutes: int

    def times_of(
        self, placed_at: datetime, received_at: datetime, carrier_code: str, service: str = ""
    ) -> OrderTimes:
        """The limits of an order of a carrier; `service` is what the shop sold, and may name its own days."""
        carrier = self.carriers[carrier_code]
        due = due_at(placed_at, carrier.cut_off, self.calendar)
        return OrderTimes(self.calendar.add_minutes(received_at, self.confirm_minutes), due,
                          self.arrival(due, carrier_code, service))

    def next_truck(self, carrier_code: str, ready_at: datetime) -> datetime:
        """The truck that takes what is ready at this moment."""
        return due_at(ready_at, self.carriers[carrier_code].cut_off, self.calendar)

    def arrival(self, sent_at: datetime, carrier_code: str, service: str = "") -> datetime:
        """The last second of the day on which a parcel sent then should be with the customer."""
        day = arrival_day(self.calendar.local(sent_at).date(), self.carriers[carrier_code].transit_days, service)
        return self.calendar.end_of_day(day)


def due_at(placed_at: datetime, cut_off: str, calendar: Calendar) -> datetime:
    """The carrier's cut-off of the day of placing, or of the next day where that had passed; on days on which nobody
    works no truck comes."""
    hour = time.fromisoformat(cut_off)
    day = calendar.working_day_from(calendar.local(placed_at).date())
    leaves = calendar.moment(day, hour)
    if placed_at <= leaves:
        return leaves
    return calendar.moment(calendar.working_day_from(day + timedelta(days=1)), hour)


def expected_by(sent_at: datetime, transit_days: int, time_zone: str) -> datetime:
    """The last second of the local day on which a parcel sent then should arrive."""
    zone = ZoneInfo(time_zone)
    return end_of_day(sent_at.astimezone(zone).date() + timedelta(days=transit_days), zone)


def arrival_day(sent_on: date, transit_days: int, service: str = "") -> date:
    """The day of arrival: after the days that the service names ("次日达", "3-5 business days": the longest), else after
    the carrier's own. Business days leave Saturday and Sunday out."""
    days, is_business = _days_named(service.lower())
    if days is None:
        return sent_on + timedelta(days=transit_days)
    day = sent_on
    while days:
        day += timedelta(days=1)
        days -= not (is_business and day.weekday() in _WEEKEND)
    return day


@lru_cache(maxsize=1024)
def _days_named(service: str) -> tuple[int | None, bool]:
    for pattern, days in _NAMED_DAYS:
        if pattern.search(service):
            return days, False
    if found := _DAYS.search(service):
        days = int(found[2])
        return (days, bool(found[3])) if days <= LONGEST_TRANSIT_DAYS else (None, False)
    if found := _HOURS.search(service):
        return -(-int(found[1]) // 24), False
    return None, False


# --- Late before it is late ------------------------------------------------------------------------------------------


def minutes_left(state: str, measured: Mapping[str, int]) -> int:
    """Working minutes that an order of this state still takes to the truck, as `measured` says, else as usual."""
    steps = STEPS[STEPS.index(_FIRST_STEP[state]):]
    return sum(measured.get(step, USUAL_MINUTES[step]) for step in steps)


def minutes_to_confirm(measured: Mapping[str, int]) -> int:
    return measured.get("confirm", USUAL_MINUTES["confirm"])


def judge(limit: datetime, now: datetime, ready_at: datetime) -> str:
    """Late: the limit has passed. At risk: what is still to be done, done at the usual pace from now on, would be ready
    after it."""
    if limit < now:
        return LATE
    return AT_RISK if ready_at > limit else IN_TIME
