"""Replenishment: when a pick face is filled, with how much, and from which reserve shelves (STK-1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from warehouse.domain.flow import Flow

OPEN, TAKEN, DONE, SHORT, CANCELLED = "open", "taken", "done", "short", "cancelled"
REPLENISHMENT_FLOW = Flow("replenishment", start=OPEN, steps={
    (OPEN, "take"): TAKEN, (OPEN, "cancel"): CANCELLED, (TAKEN, "give_back"): OPEN, (TAKEN, "finish"): DONE,
    # The source had less than the books say: the rest comes from another one.
    (TAKEN, "short"): SHORT, (DONE, "undo"): TAKEN,
})
UNFINISHED = (OPEN, TAKEN)

# Why units are brought: open orders want more than the pick faces have, or the face is under its least.
FOR_ORDERS, FOR_MIN = "orders", "min"


@dataclass(frozen=True)
class Face:
    """The pick face of an item and what is on it: good units, and how many of them are reserved. `pick_free` are the
    free units on all shelves but reserve ones, `coming` those that people are bringing at this moment. `is_begun`:
    it was under its least, and filling it is on the list."""

    item_id: int
    location_id: int
    sequence: int
    on_hand: int
    reserved: int
    least: int | None
    most: int | None
    pick_free: int = 0
    coming: int = 0
    is_begun: bool = False


@dataclass(frozen=True)
class Wanted:
    """What orders that are not released yet want of an item, and when the earliest of them is due."""

    units: int
    due_at: datetime


@dataclass(frozen=True)
class Need:
    """Units that should be brought to a face. `due_at` is told where orders wait for them."""

    face: Face
    units: int
    why: str
    due_at: datetime | None


@dataclass(frozen=True)
class Reserve:
    """Free good units of an item on one reserve shelf."""

    location_id: int
    sequence: int
    free: int


def need_of(face: Face, wanted: Wanted | None) -> Need | None:
    """What to bring to a face; None where nothing is wanted. Reserved units leave it and do not count towards its
    least; they still take room, so it is filled up to its most by what lies there. Once begun it is filled whole."""
    missing = max(0, wanted.units - face.pick_free) if wanted else 0
    is_low = face.least is not None and face.on_hand - face.reserved + face.coming < face.least
    fill = max(0, (face.most or 0) - face.on_hand) if is_low or face.is_begun else 0
    units = max(missing, fill) - face.coming
    if units <= 0:
        return None
    if wanted and missing > face.coming:
        return Need(face, units, FOR_ORDERS, wanted.due_at)
    return Need(face, units, FOR_MIN, None)


def share(need: Need, reserves: Iterable[Reserve]) -> list[tuple[int, int]]:
    """(reserve shelf, units) that together bring what is needed, as far as there is any. The smallest rest first,
    because that empties shelves; among equals the nearest."""
    left, parts = need.units, []
    for source in sorted(reserves, key=lambda one: (one.free, abs(one.sequence - need.face.sequence), one.location_id)):
        units = min(left, source.free)
        if units > 0:
            parts.append((source.location_id, units))
            left -= units
    return parts
