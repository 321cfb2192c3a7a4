"""What becomes of a counted difference (STK-3): matched, posted, counted again by another, approved, or decided by
the lead. Differences are units of one title on one shelf, counted less books, all conditions together."""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.domain import counting

MOST_ROUNDS = 3
NOTE_LIMIT = 300

# States of a result that still want somebody.
UNDECIDED = (counting.RECOUNT, counting.LEAD, counting.APPROVAL)
# Codes that nobody knew: what the desk made of them.
ASSIGNED, DISMISSED = "assigned", "dismissed"
# A count of a title whose difference was settled before it came in.
SETTLED_BEFORE = "settled_before"


@dataclass(frozen=True)
class Tolerances:
    """A first difference is posted at once when it is within `units` and its value within `minor`; a confirmed one
    worth more than `approval_minor` waits for approval. Money in minor units of the item's own currency."""

    units: int = 1
    minor: int = 5_000
    approval_minor: int = 20_000


USUAL = Tolerances()


def judge(differences: Sequence[int], value_minor: int, tolerances: Tolerances, *, needs_recount: bool = False) -> str:
    """The verb of `counting.RESULT_FLOW` after the last of `differences`, the oldest first, all as of now.

    No difference closes it: the counter and the books agree. Two equal ones confirm each other. `needs_recount`
    where the first count is not to be trusted alone, however small the difference."""
    last = differences[-1]
    if last == 0:
        return "match"
    if last in differences[:-1]:
        return confirmed(value_minor, tolerances)
    if len(differences) == 1 and not needs_recount and is_small(last, value_minor, tolerances):
        return "post"
    return "recount" if len(differences) < MOST_ROUNDS else "ask_lead"


def is_small(units: int, value_minor: int, tolerances: Tolerances) -> bool:
    """Within tolerance both by units and by value."""
    return abs(units) <= tolerances.units and abs(value_minor) <= tolerances.minor


def confirmed(value_minor: int, tolerances: Tolerances) -> str:
    """What follows once the number is certain."""
    return "ask_approval" if abs(value_minor) > tolerances.approval_minor else "post"


@dataclass(frozen=True)
class Standing:
    """What a shelf has of a title now: good units that nobody holds, good units held for orders, damaged ones."""

    free: int
    reserved: int
    damaged: int


@dataclass(frozen=True)
class Posting:
    """How a difference is posted. `found_*` come in from lost-and-found, `lost_*` go out to it, `regraded` good units
    turn out damaged where they lie, `take_back` is how many promises to orders must be taken back first."""

    found_good: int = 0
    found_damaged: int = 0
    lost_good: int = 0
    lost_damaged: int = 0
    regraded: int = 0
    take_back: int = 0

    @property
    def units(self) -> int:
        return self.found_good + self.found_damaged - self.lost_good - self.lost_damaged

    @property
    def is_nothing(self) -> bool:
        return not (self.units or self.regraded)


def plan_posting(units: int, more_damaged: int, now: Standing) -> Posting:
    """Post `units` on a shelf of which `more_damaged` copies are damaged beyond what the books say; negative where
    the counter saw fewer damaged ones.

    A loss takes free copies first, then damaged ones that were not seen, then what is promised to orders, and those
    that were seen to be damaged last: they can keep no promise. Never more than there is."""
    not_seen = min(now.damaged, max(0, -more_damaged))
    more_damaged = max(0, more_damaged)
    if units >= 0:
        found_damaged = min(units, more_damaged)
        found_good = units - found_damaged
        regraded = min(more_damaged - found_damaged, now.free + now.reserved + found_good)
        return Posting(found_good, found_damaged, regraded=regraded,
                       take_back=max(0, regraded - now.free - found_good))
    lost = min(-units, now.free + now.damaged + now.reserved)
    from_free = min(lost, now.free)
    from_not_seen = min(lost - from_free, not_seen)
    lost_good = from_free + min(lost - from_free - from_not_seen, now.reserved)
    from_damaged = lost - lost_good
    regraded = min(more_damaged, now.free + now.reserved - lost_good)
    return Posting(lost_good=lost_good, lost_damaged=from_damaged, regraded=regraded,
                   take_back=max(0, lost_good + regraded - now.free))


@dataclass(frozen=True)
class Tally:
    """What a session found: lines counted and lines without difference, units and value on record, and the sums of
    all differences without their signs."""

    lines: int
    lines_right: int
    units: int
    units_off: int
    value_minor: int
    value_off_minor: int

    @property
    def by_lines(self) -> float | None:
        return share(self.lines_right, self.lines)

    @property
    def by_units(self) -> float | None:
        return share(self.units - self.units_off, self.units)

    @property
    def by_value(self) -> float | None:
        return share(self.value_minor - self.value_off_minor, self.value_minor)


def share(right: int, total: int) -> float | None:
    """Accuracy between 0 and 1; none where nothing was there to be right about."""
    return max(0.0, right / total) if total else None
