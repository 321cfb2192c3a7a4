"""Goods in by scan: the lives of a delivery and its parcels, how each scan is judged, and in what a delivery differs
from what was ordered or announced (REC-2).

What is unusual is asked once for a title of a parcel, and the second scan of it is the answer. Who counts blind is
asked nothing that would tell a number.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.flow import Flow
from warehouse.domain.purchasing import (
    DAMAGED,
    MISPRINT,
    MISSING_PAGES,
    NOT_ORDERED,
    OVER,
    SHORT,
    UNKNOWN_TITLE,
    WRONG_EDITION,
)
from warehouse.domain.scans import WARN, Verdict, accept, refuse

ANNOUNCED, RECEIVING, CLOSED, CANCELLED = "announced", "receiving", "closed", "cancelled"
DELIVERY_FLOW = Flow("delivery", start=ANNOUNCED, steps={
    (ANNOUNCED, "start"): RECEIVING, (ANNOUNCED, "cancel"): CANCELLED, (RECEIVING, "close"): CLOSED,
    # It was opened at the door, and nothing was there.
    (RECEIVING, "close_empty"): CANCELLED,
})
# Still to be counted.
UNDER_WAY = (ANNOUNCED, RECEIVING)

WAITING, OPEN, COUNTED = "waiting", "open", "counted"
PARCEL_FLOW = Flow("delivery_parcel", start=WAITING, steps={
    (WAITING, "open"): OPEN, (OPEN, "give_back"): WAITING, (OPEN, "take_over"): OPEN, (OPEN, "close"): COUNTED,
})

BAD_KINDS = (DAMAGED, MISPRINT, MISSING_PAGES, WRONG_EDITION)

ASK_SET, ASK_OVER, ASK_EXTRA, ASK_UNKNOWN = (
    "receiving.check_set", "receiving.over", "receiving.not_on_order", "receiving.unknown_title")
TAKEN, TAKEN_OVER, TAKEN_EXTRA, DRAFTED = (
    "receiving.taken", "receiving.taken_over", "receiving.taken_extra", "receiving.drafted")
QUESTIONS = (ASK_SET, ASK_OVER, ASK_EXTRA, ASK_UNKNOWN)

# Digits of the numbers that a copy can bear: EAN-8, and EAN-13 with ISBN and UPC.
ITEM_DIGITS = (8, 13)


@dataclass(frozen=True)
class Line:
    """One title of a delivery, in units. `due` should come with it; up to `most` comes without a question, which is
    more where the order has more open than was announced. `most` is empty where no paper names the title."""

    item_id: int
    title: str
    seen: int
    due: int = 0
    most: int | None = None
    volumes: int = 1
    is_draft: bool = False
    volume: str = ""


def answered(said: Collection[str], last: str) -> frozenset[str]:
    """The questions that need not be asked again: `said` are the answers to scans of this title in this parcel,
    `last` is the one just before, empty if it was about something else."""
    found = {last} & set(QUESTIONS)
    if set(said) - {ASK_SET}:
        found.add(ASK_SET)
    if TAKEN_OVER in said:
        found.add(ASK_OVER)
    if {TAKEN_EXTRA, DRAFTED} & set(said):
        found.add(ASK_EXTRA)
    return frozenset(found)


def judge_item(line: Line, units: int, *, in_parcel: int, is_blind: bool, done: frozenset[str]) -> Verdict:
    """A book whose item is known, `in_parcel` units of it counted here before; `done` are the questions answered.
    `units` is more than 1 only from the number pad."""
    if line.volumes > 1 and ASK_SET not in done:
        return refuse(ASK_SET, WARN, title=line.title, volumes=line.volumes, units=units)
    counted: dict[str, Any] = {"title": line.title, "n": in_parcel + units}
    if is_blind or (line.most is not None and line.seen + units <= line.most):
        return accept(TAKEN, "take", **counted)
    if line.most is None:
        return accept(TAKEN_EXTRA, "take", **counted) if ASK_EXTRA in done else refuse(
            ASK_EXTRA, WARN, title=line.title, units=units)
    over = line.seen + units - line.most
    return accept(TAKEN_OVER, "take", over=over, **counted) if ASK_OVER in done else refuse(
        ASK_OVER, WARN, n=over, title=line.title, units=units)


def judge_unknown(text: str, units: int, *, is_second: bool) -> Verdict:
    """A code that no item has. Only the number of a book or another good is taken, and only the second time: a
    draft item is made for it."""
    if not (text.isascii() and text.isdigit() and len(text) in ITEM_DIGITS):
        return refuse("receiving.unknown_code", text=text)
    if not is_second:
        return refuse(ASK_UNKNOWN, WARN, text=text, units=units)
    return accept(DRAFTED, "take", text=text, n=units)


def judge_other(thing: Thing) -> Verdict:
    """A code that is no book's."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    return refuse(f"receiving.is_{thing.kind}", WARN, name=thing.name or thing.text)


def judge_bad(title: str, units: int, *, good: int, free: int) -> Verdict:
    """Units of the title counted last came bad; `good` of it are counted as good in this parcel, `free` still stand
    in receiving."""
    if not good:
        return refuse("receiving.scan_first", WARN)
    if units > good:
        return refuse("receiving.too_many_bad", WARN, n=good, title=title)
    if units > free:
        return refuse("receiving.gone", WARN, title=title)
    return accept("receiving.bad", "bad", WARN, n=units, title=title)


# --- The end of a delivery -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """What one title differs in from order or notice: a kind of incident, and units."""

    kind: str
    item_id: int
    title: str
    units: int
    volume: str = ""


def differences(lines: Sequence[Line], *, has_papers: bool) -> list[Difference]:
    """Title by title. Without a notice and an order (`has_papers`) only a title that nobody knew is one."""
    found = [(line, *_difference(line, has_papers=has_papers)) for line in lines]
    return [Difference(kind, line.item_id, line.title, units, line.volume) for line, kind, units in found if units]


def _difference(line: Line, *, has_papers: bool) -> tuple[str, int]:
    if line.most is None:
        kind = UNKNOWN_TITLE if line.is_draft else NOT_ORDERED
        return kind, line.seen if has_papers or line.is_draft else 0
    return (OVER, line.seen - line.most) if line.seen > line.most else (SHORT, max(0, line.due - line.seen))


def missing_parcels(announced: int | None, states: Sequence[str]) -> int:
    """Parcels that were announced, or made ready for, and not counted."""
    return max(announced or 0, len(states)) - sum(state == COUNTED for state in states)
