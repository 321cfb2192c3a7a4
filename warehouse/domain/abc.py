"""Which titles matter most: classes by value sold and by picks (STK-2). A is counted often, C seldom."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

A, B, C = "A", "B", "C"
CLASSES = (A, B, C)

# Shares of the value sold in 90 days, cumulated from the best seller down.
A_PERCENT, B_PERCENT = 80, 95
# Who is picked this often is walked to this often, cheap or not: shares of all items, by picks.
TOP_PICKED_PERCENT, OFTEN_PICKED_PERCENT = 1, 5


@dataclass(frozen=True)
class Moving:
    """What one item did in 90 days: `value_minor` is in minor units of `currency`, `picks` counts pick moves."""

    item_id: int
    currency: str
    value_minor: int
    picks: int


def classify(items: Sequence[Moving]) -> dict[int, str]:
    """The class of each item. By value: A while what sold better makes less than 80 % of all, then B up to 95 %, then
    C; what sold nothing is C. Money of two currencies cannot be added, so each is cut for itself. By picks: the top
    5 % of all items are at least B, the top 1 % A."""
    classes = dict.fromkeys((each.item_id for each in items), C)
    for sold in _by_currency(items):
        classes.update(_by_value(sold))
    often = sorted((each for each in items if each.picks), key=lambda each: (-each.picks, each.item_id))
    for each in often[:len(items) * OFTEN_PICKED_PERCENT // 100]:
        classes[each.item_id] = min(classes[each.item_id], B)
    for each in often[:len(items) * TOP_PICKED_PERCENT // 100]:
        classes[each.item_id] = A
    return classes


def _by_currency(items: Sequence[Moving]) -> list[list[Moving]]:
    found: dict[str, list[Moving]] = defaultdict(list)
    for each in items:
        if each.value_minor:
            found[each.currency].append(each)
    return list(found.values())


def _by_value(sold: list[Moving]) -> dict[int, str]:
    total, before, classes = sum(each.value_minor for each in sold), 0, {}
    for each in sorted(sold, key=lambda each: (-each.value_minor, each.item_id)):
        is_a, is_b = 100 * before < A_PERCENT * total, 100 * before < B_PERCENT * total
        classes[each.item_id] = A if is_a else B if is_b else C
        before += each.value_minor
    return classes
