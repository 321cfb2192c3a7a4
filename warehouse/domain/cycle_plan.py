"""Which shelves are counted today (STK-3): each title on each shelf in the turn of its class, the less trusted sooner.

What is counted is a whole shelf: the way there costs more than the titles beside the one that is due.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from warehouse.domain.abc import CLASSES, A

INTERVAL_DAYS = {"A": 30, "B": 90, "C": 365}
# Under this share of right lines in the last counts an item or shelf is not trusted: it is counted as class A is, and
# sooner still, until a count finds it right.
TRUSTED_PERCENT, DISTRUSTED_DAYS = 95, 14
SHELVES_A_DAY = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """One title on one shelf. `sequence` is the shelf's place in the walk; `was_right` is what its last count found,
    None where it had none or one that was thrown out."""

    item_id: int
    location_id: int
    sequence: int
    abc: str
    counted_at: datetime | None
    was_right: bool | None


@dataclass(frozen=True, slots=True)
class Turn:
    """When a title on its shelf is due: `since` is None where it was never counted. `group` is its class, A where it
    is not trusted."""

    group: str
    since: datetime | None
    days: int

    def is_due(self, at: datetime) -> bool:
        return self.since is None or at - self.since >= timedelta(days=self.days)


def turns(standings: Sequence[Standing]) -> list[Turn]:
    """The turn of each, in their order."""
    items, shelves = _distrusted(standings, by_shelf=False), _distrusted(standings, by_shelf=True)
    return [
        Turn(A, each.counted_at, DISTRUSTED_DAYS) if each.item_id in items or each.location_id in shelves
        else Turn(each.abc, each.counted_at, INTERVAL_DAYS[each.abc])
        for each in standings]


def choose(standings: Sequence[Standing], at: datetime, most: int = SHELVES_A_DAY) -> list[int]:
    """At most `most` shelves, in the order of the walk. Class A comes before B and C; in a class what was never counted
    before what was counted longest ago; among equals the beginning of the walk."""
    first: dict[int, tuple[str, float, int, int]] = {}
    for each, turn in zip(standings, turns(standings), strict=True):
        if turn.is_due(at):
            age = turn.since.timestamp() if turn.since else 0.0
            rank = turn.group, age, each.sequence, each.location_id
            first[each.location_id] = min(rank, first.get(each.location_id, rank))
    chosen = sorted(first.values())[:most]
    return [location_id for *_, location_id in sorted(chosen, key=lambda rank: rank[2:])]


def due_by_class(standings: Sequence[Standing], at: datetime) -> dict[str, tuple[int, int, int]]:
    """(all, due, never counted) titles on shelves by class; what was never counted is due."""
    found = {name: [0, 0, 0] for name in CLASSES}
    for each, turn in zip(standings, turns(standings), strict=True):
        own = found[each.abc]
        own[0] += 1
        own[1] += turn.is_due(at)
        own[2] += turn.since is None
    return {name: (total, due, never) for name, (total, due, never) in found.items()}


def _distrusted(standings: Iterable[Standing], *, by_shelf: bool) -> set[int]:
    """Items (or shelves) of whose last counts less than 95 % were right."""
    counts: Mapping[int, list[int]] = defaultdict(lambda: [0, 0])
    for each in standings:
        if each.was_right is not None:
            own = counts[each.location_id if by_shelf else each.item_id]
            own[0] += each.was_right
            own[1] += 1
    return {key for key, (right, counted) in counts.items() if 100 * right < TRUSTED_PERCENT * counted}
