"""Moving units between our own places by scan: how each scan is judged (REC-2, STK-1).

One person has copies of one title from one place in hand. The ledger has them at that place until the scan of a shelf
puts them down; what is asked for follows from what is in hand, so a reload or a dead tablet loses nothing.
"""

from dataclasses import dataclass

from warehouse.domain import codes, stock
from warehouse.domain.codes import Thing
from warehouse.domain.scans import DONE, OK, WARN, Verdict, accept, refuse

STEP_START, STEP_ITEM, STEP_SHELF = "start", "item", "shelf"
# What one may take out of: a parcel belongs to its order.
SOURCES = frozenset({stock.SHELF, stock.TOTE, stock.QUARANTINE, stock.STAGING})

# Whoever holds something for so long went home: the ledger has it at its source, and there it is free again.
LONGEST_HOLD_HOURS = 12

FULL, LOOK_ALIKE = "transfers.full", "transfers.look_alike"


@dataclass(frozen=True)
class Spot:
    """A place as people call it."""

    id: int
    code: str
    kind: str


@dataclass(frozen=True)
class Bringing:
    """The replenishment that a person works on: `units_left` are still to be brought to the target."""

    id: int
    item_id: int
    title: str
    target_id: int
    target: str
    units_left: int


@dataclass(frozen=True)
class Hand:
    """What one person has in hand, and where from. Nothing at all: no source. `item_id` goes with `units` > 0."""

    source: Spot | None = None
    item_id: int | None = None
    title: str = ""
    condition: str = stock.GOOD
    units: int = 0
    task: Bringing | None = None

    @property
    def step(self) -> str:
        """What is asked for now."""
        if self.units:
            return STEP_SHELF
        return STEP_ITEM if self.source else STEP_START


@dataclass(frozen=True)
class Lying:
    """One title in one condition at the source. `free` is what this person may have in hand of it in all;
    `promised` belongs to orders, `elsewhere` is in the hands of others."""

    item_id: int
    title: str
    condition: str
    free: int
    promised: int = 0
    elsewhere: int = 0
    is_draft: bool = False


@dataclass(frozen=True)
class Target:
    """Where the copies in hand are to go. `alike` is the title of another book there that is easily taken for this
    one, `most_units` the shelf's limit where these copies would go beyond it; `warned` is the code of the warning
    that the scan before, of this same place with this title, was answered with."""

    spot: Spot
    alike: str = ""
    most_units: int | None = None
    warned: str = ""


def judge_source(hand: Hand, spot: Spot) -> Verdict:
    """A place, with empty hands: from here copies are taken next."""
    if hand.task and hand.source:
        if spot.id == hand.source.id:
            return accept("transfers.at_source", "source", location=spot.code)
        return refuse("transfers.wrong_source", wanted=hand.source.code)
    if spot.kind not in SOURCES:
        return refuse("transfers.not_a_source", WARN, location=spot.code)
    return accept("transfers.source", "source", location=spot.code)


def judge_item(hand: Hand, lying: Lying, units: int) -> Verdict:
    """A book at the source. `units` is more than 1 only from the number pad."""
    assert hand.source
    if hand.task and lying.item_id != hand.task.item_id:
        return refuse("transfers.wrong_item", title=lying.title, wanted=hand.task.title)
    if hand.units and lying.item_id != hand.item_id:
        return refuse("transfers.other_in_hand", WARN, title=hand.title)
    if lying.is_draft:
        return refuse("transfers.draft", WARN, title=lying.title)
    if hand.task and hand.units + units > hand.task.units_left:
        return refuse("transfers.more_than_asked", WARN, n=hand.task.units_left, title=lying.title)
    over = hand.units + units - lying.free
    if over > 0 and lying.promised:
        return refuse("transfers.promised", WARN, n=lying.promised, free=lying.free, location=hand.source.code)
    if over > 0 and lying.elsewhere:
        return refuse("transfers.in_other_hands", WARN, n=lying.elsewhere, free=lying.free)
    if over > 0 and not lying.free:
        return refuse("transfers.not_here", title=lying.title, location=hand.source.code)
    if over > 0:
        return refuse("transfers.too_many", WARN, n=over, title=lying.title, location=hand.source.code)
    return accept("transfers.taken", "take", title=lying.title, n=hand.units + units)


def judge_target(hand: Hand, target: Target, *, free: int) -> Verdict:
    """A place, with copies in hand. `free` is what the source still has of them: orders may have been promised some
    since they were taken. A full shelf and a look-alike on it are warned of; the second scan of it confirms."""
    assert hand.source
    spot, facts = target.spot, {"location": target.spot.code}
    if spot.id == hand.source.id:
        return refuse("transfers.same_place", WARN, **facts)
    if hand.task and spot.id != hand.task.target_id:
        return refuse("transfers.wrong_target", wanted=hand.task.target, **facts)
    if hand.condition != stock.GOOD and spot.kind != stock.QUARANTINE:
        return refuse("transfers.damaged_to_shelf", **facts)
    if hand.condition == stock.GOOD and spot.kind != stock.SHELF:
        return refuse("transfers.not_a_shelf", WARN, **facts)
    if free < hand.units:
        return refuse("transfers.promised_meanwhile", WARN, n=hand.units - free, title=hand.title)
    if target.most_units is not None and target.warned not in (FULL, LOOK_ALIKE):
        return refuse(FULL, WARN, most=target.most_units, **facts)
    if target.alike and target.warned != LOOK_ALIKE:
        return refuse(LOOK_ALIKE, WARN, title=target.alike, **facts)
    is_last = hand.task is not None and hand.units == hand.task.units_left
    return accept("transfers.replenished" if is_last else "transfers.put", "put", DONE if is_last else OK,
                  n=hand.units, title=hand.title, **facts)


def judge_other(hand: Hand, thing: Thing) -> Verdict:
    """A code that is neither a book nor a place."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if thing.kind == codes.UNKNOWN:
        return refuse("transfers.unknown_code", text=thing.text)
    return refuse(f"transfers.scan_{hand.step}", WARN)


def reason_of(hand: Hand) -> str:
    """Why the move is written: out of goods in, for a pick face, or just to another place."""
    assert hand.source
    if hand.task:
        return stock.REPLENISH
    return stock.PUT_AWAY if hand.source.kind == stock.STAGING else stock.TRANSFER
