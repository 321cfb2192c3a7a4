"""How well books and shelves agree, from what counts found (KPI-1, STK-3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK, MONTH = "week", "month"
SPANS = (WEEK, MONTH)
PERIODS = 12


@dataclass(frozen=True)
class Worth:
    """Money in minor units of one currency: of the books (at the price of today), of all differences without their
    sign, and of the differences as they stand, losses negative."""

    value: int
    off: int
    net: int

    @property
    def percent(self) -> float | None:
        return share(self.value - self.off, self.value)


@dataclass(frozen=True)
class Score:
    """What counts found in one group. A line is one title on one shelf, `right` where nothing differed; `units` is
    what the books said, `units_off` what was too many or too few, without its sign."""

    lines: int
    right: int
    units: int
    units_off: int
    worth: Mapping[str, Worth] = field(default_factory=dict)

    @property
    def lines_percent(self) -> float | None:
        return share(self.right, self.lines)

    @property
    def units_percent(self) -> float | None:
        return share(self.units - self.units_off, self.units)


NOTHING = Score(0, 0, 0, 0)


def share(part: int, whole: int) -> float | None:
    """Percent, never below 0; None where there is nothing to have a share of."""
    return max(0.0, round(100 * part / whole, 2)) if whole else None


def periods(span: str, today: date) -> list[date]:
    """The first day of each of the last twelve weeks (from Monday) or months, the present one last."""
    if span == WEEK:
        monday = today - timedelta(days=today.weekday())
        return [monday - timedelta(weeks=n) for n in range(PERIODS - 1, -1, -1)]
    month = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(month - PERIODS + 1, month + 1)]


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a local day begins."""
    return datetime.combine(day, time(), zone)
