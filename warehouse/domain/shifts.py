"""Working time (ORD-4): on which hours and days people work, and what a limit in working minutes comes to.

Hours are local, moments are UTC. A shift is as long as the clock on the wall makes it: on the night when the hour is
set forward, one that runs through it is an hour shorter, and nothing is counted twice when it is set back.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from warehouse.errors import Invalid

WEEKDAYS = range(7)
FIRST_OPENS, FIRST_CLOSES = "08:00", "22:00"
DAY_MINUTES = 24 * 60
MOST_SHIFTS_A_DAY = 4
# Nobody plans further ahead than this; a calendar without hours is met where every day in it is a day off.
HORIZON_DAYS = 400
_CLOCK = re.compile(r"([01]?\d|2[0-4])[:.]?([0-5]\d)")
_BETWEEN_SHIFTS, _FROM_TO = re.compile(r"[,，;；、]"), re.compile(r"\s*[-–—~至到]\s*")
_MINUTE = timedelta(minutes=1)

Span = tuple[int, int]


@dataclass(frozen=True)
class Calendar:
    """`hours` of each weekday (0 Monday) as spans of minutes since midnight, in order and without overlap; `days_off`
    are local days on which nobody works and no truck comes. Where no hour is worked within `HORIZON_DAYS`, limits run
    by the clock: a limit that never ends would hide what is late."""

    time_zone: str
    hours: Mapping[int, tuple[Span, ...]]
    days_off: frozenset[date] = frozenset()
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", ZoneInfo(self.time_zone))

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)

    def is_working_day(self, day: date) -> bool:
        return day not in self.days_off and bool(self.hours.get(day.weekday()))

    def working_day_from(self, day: date) -> date:
        """This day, or the next on which somebody works; this day itself where there is none."""
        days = (day + timedelta(days=n) for n in range(HORIZON_DAYS))
        return next((each for each in days if self.is_working_day(each)), day)

    def moment(self, day: date, hour: time) -> datetime:
        """An hour of a local day."""
        return datetime.combine(day, hour, self._zone).astimezone(UTC)

    def end_of_day(self, day: date) -> datetime:
        return end_of_day(day, self._zone)

    def is_open(self, at: datetime) -> bool:
        """Whether people work at this moment; the moment of closing is past it."""
        return any(opens <= at < closes for opens, closes in self._shifts_of(self.local(at).date()))

    def add_minutes(self, at: datetime, minutes: int) -> datetime:
        """The moment by which so many minutes were worked after `at`. Zero is `at` itself."""
        left = timedelta(minutes=max(minutes, 0))
        if not left:
            return at
        for opens, closes in self._shifts_from(at):
            begins = max(opens, at)
            if closes - begins >= left:
                return begins + left
            left -= max(closes - begins, timedelta())
        return at + timedelta(minutes=minutes)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole minutes worked between two moments; below zero where `end` lies before `start`."""
        if end < start:
            return -self.minutes_between(end, start)
        worked = timedelta()
        for opens, closes in self._shifts_from(start):
            if opens >= end:
                return worked // _MINUTE
            worked += max(min(closes, end) - max(opens, start), timedelta())
        return (end - start) // _MINUTE

    def _shifts_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Shifts that end after `at`, as far as the next that is worked is within the horizon of the one before."""
        day, idle = self.local(at).date() - timedelta(days=1), 0
        while idle < HORIZON_DAYS:
            shifts = [shift for shift in self._shifts_of(day) if shift[1] > at]
            yield from shifts
            idle = 0 if shifts else idle + 1
            day += timedelta(days=1)

    def _shifts_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        if day in self.days_off:
            return ()
        return _moments(self.time_zone, day, self.hours.get(day.weekday(), ()))


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a local day: what is promised for a day may come until then."""
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def _moments(time_zone: str, day: date, spans: tuple[Span, ...]) -> tuple[tuple[datetime, datetime], ...]:
    zone, midnight = ZoneInfo(time_zone), datetime.combine(day, time())

    def moment(minutes: int) -> datetime:
        return (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(UTC)

    # A shift inside the hour that is left out is not worked.
    found = ((moment(opens), moment(closes)) for opens, closes in spans)
    return tuple((opens, closes) for opens, closes in found if opens < closes)


def minute_of_day(text: str) -> int:
    """Minutes since midnight of "8:00", "0800" or "24:00". Refused: anything else."""
    match = _CLOCK.fullmatch(text.strip())
    minutes = 60 * int(match[1]) + int(match[2]) if match else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise Invalid("delays.no_such_hour", text=text.strip()[:10])
    return minutes


def clock_text(minutes: int) -> str:
    """"08:00"; sorts as text in the order of the day."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def read_hours(text: str) -> list[tuple[str, str]]:
    """(opens, closes) of each shift in "08:00–12:00, 13:00–18:00"; none in an empty text. Refused: a part that is no
    pair."""
    found = []
    for part in filter(None, (each.strip() for each in _BETWEEN_SHIFTS.split(text))):
        pair = _FROM_TO.split(part)
        if len(pair) != 2:
            raise Invalid("delays.no_such_hours", text=part[:20])
        found.append((pair[0], pair[1]))
    return found


def say_hours(spans: Iterable[Span]) -> str:
    """As `read_hours` reads them."""
    return ", ".join(f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in spans)


def read_day(text: str) -> date:
    """A day written 2026-03-04. Refused: what is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("delays.no_such_day", text=text.strip()[:20]) from None


def plan_week(wanted: Iterable[tuple[int, str, str]]) -> dict[int, tuple[Span, ...]]:
    """The hours of a week from (weekday, opens, closes). Refused: hours that end before they begin (a night shift is
    two: until 24:00 and from 00:00), that overlap, more than four on one day, and a week in which nobody works."""
    week: dict[int, list[Span]] = {}
    for weekday, opens, closes in wanted:
        span = minute_of_day(opens), minute_of_day(closes)
        if span[0] >= span[1]:
            raise Invalid("delays.ends_before_it_begins", day=weekday + 1, opens=opens.strip(), closes=closes.strip())
        week.setdefault(weekday, []).append(span)
    for weekday, spans in week.items():
        _refuse_overlap(weekday, sorted(spans))
    if not week:
        raise Invalid("delays.nobody_works")
    return {weekday: tuple(sorted(spans)) for weekday, spans in sorted(week.items())}


def _refuse_overlap(weekday: int, spans: Sequence[Span]) -> None:
    if len(spans) > MOST_SHIFTS_A_DAY:
        raise Invalid("delays.too_many_shifts", day=weekday + 1, most=MOST_SHIFTS_A_DAY)
    starts = [opens for opens, _ in spans]
    for place, (_, closes) in enumerate(spans, start=1):
        if bisect_right(starts, closes - 1) > place:
            raise Invalid("delays.shifts_overlap", day=weekday + 1, opens=clock_text(spans[place][0]))
