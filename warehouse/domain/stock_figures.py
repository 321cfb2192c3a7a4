"""Figures of stock: how the level went day by day, and what counts as low, slow and dead (STK-2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

LEVEL_DAYS = 90
# Without a least of its own, an item is low when what is free lasts fewer days than this at the pace of the last 30.
LOW_COVER_DAYS = 14
SLOW_DAYS, DEAD_DAYS = 90, 365

LOW, TURNOVER, SLOW, DEAD = "low", "turnover", "slow", "dead"
KINDS = (LOW, TURNOVER, SLOW, DEAD)

# How often the average stock of a year was sold, for the bars: the lower end of each band.
TURNOVER_BANDS = (0, 1, 2, 4, 8)


def day_starts(now: datetime, zone: ZoneInfo, days: int = LEVEL_DAYS) -> list[datetime]:
    """The local midnights that begin the last `days` days, today's the last. A day may have 23 or 25 hours."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # Clock arithmetic within one zone: the day before at midnight, whatever the clocks did that night.
    return [today - timedelta(days=back) for back in range(days - 1, -1, -1)]


def levels(units_now: int, nets: Mapping[int, int], days: int = LEVEL_DAYS) -> list[int]:
    """Units in the house at the end of each day, today's the present one, told backwards from it. `nets` is what came
    in less what went out, by the number of the day; a day without is a day when nothing did."""
    later = accumulate((nets.get(day, 0) for day in range(days - 1, 0, -1)), initial=0)
    return [units_now - came for came in later][::-1]


def cover_days(units: int, sold_30: int) -> int | None:
    """Whole days that `units` last at the pace of the last 30 days; None where nothing sold."""
    return max(units, 0) * 30 // sold_30 if sold_30 else None


def cumulated(amounts: Sequence[int]) -> list[int]:
    """Per cent of the whole that each amount makes together with those before it: the line of a Pareto chart."""
    whole = sum(amounts)
    return [100 * sofar // whole if whole else 0 for sofar in accumulate(amounts)]
