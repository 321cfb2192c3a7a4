"""Where incidents come from and whether they become fewer (EXC-1, KPI-1): by what, and over which stretches of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.domain import accuracy

DAY, WEEK, MONTH = "day", accuracy.WEEK, accuracy.MONTH
SPANS = (DAY, WEEK, MONTH)
DAYS = 14
KIND, CAUSE, STAGE, PUBLISHER, CARRIER, LOCATION = "kind", "cause", "stage", "publisher", "carrier", "location"
GROUPS = (KIND, CAUSE, STAGE, PUBLISHER, CARRIER, LOCATION)


@dataclass(frozen=True)
class Figure:
    """Incidents, and the copies that they were about."""

    incidents: int = 0
    units: int = 0

    def __add__(self, other: "Figure") -> "Figure":
        return Figure(self.incidents + other.incidents, self.units + other.units)


@dataclass(frozen=True)
class Group:
    """All incidents of one kind, cause, carrier …, in all and by the place of each period. Nameless: nobody said."""

    name: str
    total: Figure
    periods: Mapping[int, Figure]


def periods(span: str, today: date) -> list[date]:
    """The first day of each of the last 14 days, 12 weeks or 12 months, the present one last."""
    if span == DAY:
        return [today - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    return accuracy.periods(span, today)
