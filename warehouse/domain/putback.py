"""Putting back what a cancelled order left in a tote or parcel: how each scan is judged (ORD-7).

The book is taken in hand by its scan, one title at a time; the shelf scan puts it there. What is asked for follows
from what is in hand, so a reload loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.scans import DONE, OK, WARN, Verdict, accept, refuse

STEP_ITEM, STEP_SHELF, STEP_DONE = "item", "shelf", "done"


@dataclass(frozen=True)
class Waiting:
    """One title in the tote: `units_left` to take in hand, `in_hand` already taken."""

    item_id: int
    title: str
    units_left: int
    in_hand: int


def step_of(waiting: Sequence[Waiting]) -> str:
    """What is asked for now."""
    if any(each.in_hand for each in waiting):
        return STEP_SHELF
    return STEP_ITEM if any(each.units_left for each in waiting) else STEP_DONE


def judge_item(waiting: Sequence[Waiting], item_id: int, title: str, units: int) -> Verdict:
    """A book whose item is known. `units` is more than 1 only from the number pad."""
    ours = next((each for each in waiting if each.item_id == item_id), None)
    if ours is None:
        return refuse("putback.wrong_item", title=title)
    other = next((each for each in waiting if each.in_hand and each.item_id != item_id), None)
    if other is not None:
        return refuse("putback.other_in_hand", WARN, title=other.title)
    if units > ours.units_left:
        return refuse("putback.too_many", WARN, n=units - ours.units_left, title=ours.title)
    return accept("putback.taken", "take", title=ours.title, n=ours.in_hand + units)


def judge_shelf(
    waiting: Sequence[Waiting], location: str, *, is_shelf: bool, look_alike: str = "", is_confirmed: bool = False,
) -> Verdict:
    """A place. `look_alike` is the title of another book there that is easily taken for the one in hand; a second
    scan of the shelf confirms it."""
    held = next((each for each in waiting if each.in_hand), None)
    if held is None:
        return refuse("putback.take_first", WARN, location=location)
    if not is_shelf:
        return refuse("putback.not_a_shelf", WARN, location=location)
    if look_alike and not is_confirmed:
        return refuse("putback.look_alike", WARN, title=look_alike, location=location)
    is_last = not any(each.units_left for each in waiting)
    return accept("putback.all_back" if is_last else "putback.put_away", "put", DONE if is_last else OK,
                  n=held.in_hand, title=held.title, location=location)


def judge_other(waiting: Sequence[Waiting], thing: Thing) -> Verdict:
    """A code that is neither a book nor a place."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if thing.kind == codes.UNKNOWN:
        return refuse("putback.unknown_code", text=thing.text)
    return refuse(f"putback.scan_{'shelf' if step_of(waiting) == STEP_SHELF else 'book'}", WARN)
