"""Packing: the life of a parcel, and how a scan at the bench is judged (PAK-1).

The packer scans the tote, then each book. What is right is counted into the open parcel at once; what is wrong
counts nothing and stays loud. Weighing closes the parcel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.flow import Flow
from warehouse.domain.orders import HELD, PACKED, PACKING, PICKED
from warehouse.domain.scans import CHOOSE, DONE, OK, WARN, Verdict, accept, refuse

OPEN, CLOSED, LABELLED, HANDED_OVER, IN_TRANSIT, DELIVERED, LOST, RETURNED, VOID = (
    "open", "closed", "labelled", "handed_over", "in_transit", "delivered", "lost", "returned", "void"
)
PARCEL_FLOW = Flow("parcel", start=OPEN, steps={
    (OPEN, "close"): CLOSED,
    (CLOSED, "label"): LABELLED,
    (CLOSED, "reopen"): OPEN,
    (LABELLED, "reopen"): OPEN,
    (LABELLED, "hand_over"): HANDED_OVER,
    (HANDED_OVER, "take_back"): LABELLED,
    # What the carrier tells afterwards; some tell the end alone.
    (HANDED_OVER, "depart"): IN_TRANSIT,
    **{(state, verb): target for state in (HANDED_OVER, IN_TRANSIT)
       for verb, target in (("deliver", DELIVERED), ("lose", LOST), ("return", RETURNED))},
    (LOST, "find"): IN_TRANSIT,
    (LOST, "deliver"): DELIVERED,
    (LOST, "return"): RETURNED,
    (DELIVERED, "return"): RETURNED,
    (OPEN, "void"): VOID,
    (CLOSED, "void"): VOID,
    (LABELLED, "void"): VOID,
})

STEP_START, STEP_SCAN, STEP_DECIDE, STEP_OUT, STEP_READ, STEP_WEIGH, STEP_STOP = (
    "start", "scan", "decide", "out", "read", "weigh", "stop"
)
DAMAGED, MISPRINT, MISSING_PAGES, MISSING = "damaged", "misprint", "missing_pages", "missing"
# Why a copy that was picked cannot be packed.
LOSSES = (DAMAGED, MISPRINT, MISSING_PAGES, MISSING)
HOLD, PART, REPLACE = "hold", "part", "replace"

# A scale and paper, tape and filling: what may differ before somebody looks into the box again (PAK-2).
TOLERANCE_PERCENT, TOLERANCE_G = 5, 30
HEAVIEST_PARCEL_G = 99_999
OVERRIDE_REASONS = ("packaging", "catalogue", "checked")


@dataclass(frozen=True)
class PackLine:
    """One line at the bench. `units_due` is what was picked and not lost since."""

    id: int
    item_id: int
    title: str
    volumes: int
    units_due: int
    units_packed: int
    units_short: int
    packing_class: str = "plain"
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    is_match: bool = False

    @property
    def units_left(self) -> int:
        return self.units_due - self.units_packed


@dataclass(frozen=True)
class Bench:
    """An order on the bench as the rules see it."""

    number: str
    state: str
    packer_id: int | None
    packer: str
    lines: tuple[PackLine, ...]
    undecided: int
    must_read: bool
    open_parcels: int
    # Copies in an open box that the customer no longer gets (ORD-7).
    units_out: int = 0

    @property
    def units_due(self) -> int:
        return sum(line.units_due for line in self.lines)

    @property
    def units_packed(self) -> int:
        return sum(line.units_packed for line in self.lines)

    @property
    def units_left(self) -> int:
        return self.units_due - self.units_packed

    @property
    def step(self) -> str:
        """What is asked for now; it follows from what is done, so a reload loses nothing."""
        if self.state == PICKED:
            return STEP_START
        if self.state != PACKING:
            return STEP_STOP
        if self.undecided:
            return STEP_DECIDE
        if self.units_out:
            return STEP_OUT
        if self.units_left:
            return STEP_SCAN
        return STEP_READ if self.must_read else STEP_WEIGH


def refuse_state(bench: Bench, person_id: int) -> Verdict | None:
    """Why nothing may be packed here, named; None where packing may go on."""
    if bench.state == "cancelled":
        return refuse("packing.order_cancelled", order=bench.number)
    if bench.state == HELD:
        return refuse("packing.order_held", order=bench.number)
    if bench.state == PACKED:
        return refuse("packing.order_packed", WARN, order=bench.number)
    if bench.state not in (PICKED, PACKING):
        return refuse("packing.order_not_picked", order=bench.number)
    if bench.state == PACKING and bench.packer_id not in (None, person_id):
        return refuse("packing.not_yours", person=bench.packer)
    return None


def judge_item(
    lines: Sequence[PackLine], item_id: int, title: str, units: int = 1, *, is_confirmed: bool = False,
) -> Verdict:
    """The verdict on a book whose item is known. `units` is more than 1 only from the number pad; `is_confirmed`
    says that a set was confirmed to be whole. Facts name the `line` it counts on."""
    ours = [line for line in lines if line.item_id == item_id]
    if not ours:
        return refuse("packing.wrong_item", title=title, item=item_id)
    line = next((each for each in ours if each.units_left), None)
    if line is None:
        return refuse("packing.too_many", WARN, n=units, title=title)
    if units > line.units_left:
        return refuse("packing.too_many", WARN, n=units - line.units_left, title=title)
    if line.volumes > 1 and not is_confirmed:
        return Verdict(CHOOSE, "packing.confirm_set", WARN, facts={"n": line.volumes, "title": title})
    left = sum(each.units_left for each in lines) - units
    facts = {"title": title, "packed": line.units_packed + units, "due": line.units_due, "line": line.id}
    if left == 0:
        return accept("packing.all_packed", "pack", DONE, **facts)
    return accept("packing.packed", "pack", OK, **facts)


def judge_other(thing: Thing) -> Verdict:
    """A code at the bench that is no book."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if thing.kind == codes.UNKNOWN:
        return refuse("packing.unknown_code", text=thing.text)
    return refuse(f"packing.scan_book_not_{thing.kind}", WARN, name=thing.name)


def refuse_close(bench: Bench) -> Verdict | None:
    """What is still missing before a parcel may be closed; None where nothing is."""
    if bench.undecided:
        return refuse("packing.decide_first", WARN)
    if bench.units_out:
        return refuse("packing.take_out_first", WARN, n=bench.units_out)
    if bench.units_left:
        return refuse("packing.more_to_pack", WARN, n=bench.units_left)
    if bench.must_read:
        return refuse("packing.read_first", WARN)
    if not bench.open_parcels or not bench.units_packed:
        return refuse("packing.nothing_packed", WARN)
    return None


def expected_weight_g(units: Sequence[tuple[int, int | None]], tare_g: int | None) -> int | None:
    """Grams the scale should show: (units, grams each) and the box; None where one weight is not known."""
    if tare_g is None or any(weight is None for _, weight in units):
        return None
    return tare_g + sum(n * (weight or 0) for n, weight in units)


def is_within(weight_g: int, expected_g: int | None, percent: int, grams: int) -> bool:
    """Whether a weight may be right: off by no more than `percent` of what is expected or `grams`, the larger."""
    if expected_g is None:
        return True
    return abs(weight_g - expected_g) <= max(grams, expected_g * percent / 100)
