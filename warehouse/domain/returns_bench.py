"""The returns bench: how a scan of a returned copy is judged, what its grade means for the customer and where it goes
(RET-1).

Each copy is scanned, graded and given a place before the next one: what is asked for follows from what is done, so a
reload loses nothing. Nothing goes back to a shelf from here: what may be sold again goes to goods in and is put away by
scan like everything that came.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.packing import HANDED_OVER, IN_TRANSIT, LOST
from warehouse.domain.return_policy import is_good_enough
from warehouse.domain.returns import (
    ACCEPTED,
    AS_SENT,
    CARRIER,
    DISPOSITIONS,
    GRADES,
    JUDGED,
    NOT_OURS,
    PENDING,
    QUARANTINE,
    RECEIVED,
    REJECTED,
    RESTOCK,
    SCRAP,
    SEND_BACK,
    SETTLED,
    USED,
)
from warehouse.domain.scans import DONE, OK, WARN, Verdict, accept, refuse

STEP_OPEN, STEP_SCAN, STEP_GRADE, STEP_PLACE, STEP_LABEL, STEP_THEIRS, STEP_DONE = (
    "open", "scan", "grade", "place", "label", "theirs", "done")

# A copy of these grades is sold as used, at so many per cent of the price of a new one.
USED_PERCENT = {"very_good": 70, "good": 55, "acceptable": 40}
# As it left us; very good is a torn wrapper.
SOLD_AS_NEW = ("as_new", "very_good")
# What is an incident with a picture.
BAD_GRADES = ("missing_insert", "damaged", "misprint", "missing_pages")
INCIDENT_OF = {"missing_insert": "damaged", "damaged": "damaged", "misprint": "misprint",
               "missing_pages": "missing_pages"}
# Where the desk approved a return that no policy speaks of.
WORST_WITHOUT_POLICY = "very_good"
# Whoever scraps a copy of more than this, in minor units of its price, asks a lead.
SCRAP_LIMIT_MINOR = 10_000
OVERRIDE_REASONS = ("goodwill", "our_mistake", "checked")

# At which steps a button stands on the screen, and what it may say after its colon.
_WORKING = (STEP_SCAN, STEP_GRADE, STEP_PLACE, STEP_LABEL)
BUTTONS = {
    "open": (STEP_OPEN,), "take_over": (STEP_THEIRS,), "grade": (STEP_GRADE,), "to": (STEP_PLACE,),
    "accept": (STEP_PLACE, STEP_SCAN), "reject": (STEP_PLACE, STEP_SCAN), "undo": _WORKING, "aside": (STEP_SCAN,),
    "close": (STEP_SCAN,), "send_back": (STEP_SCAN, STEP_DONE),
}
SAID = {"grade": GRADES, "to": DISPOSITIONS, "accept": OVERRIDE_REASONS, "reject": OVERRIDE_REASONS,
        "close": ("", "missing")}

ASK_FOREIGN, TOO_MANY = "returns_bench.ask_foreign", "returns_bench.too_many"


# What a box with our own label may be, where no carrier has said that it arrived.
NEVER_DELIVERED, FROM_CUSTOMER = 1, 2
CHOICES = {NEVER_DELIVERED: "never_delivered", FROM_CUSTOMER: "from_customer"}
# What the label of a return that the bench is done with may stand on, where its customer still has copies.
DONE_WITH, NEXT_BOX = 1, 2
CHOICES_WHEN_DONE = {DONE_WITH: "done_with", NEXT_BOX: "next"}


@dataclass(frozen=True)
class Unit:
    """One copy that was scanned out of the parcel. `has_left` the returns place (RETURNS)."""

    id: int
    item_id: int
    title: str
    received_as: str
    acceptance: str
    grade: str = ""
    disposition: str = ""
    into_item_id: int | None = None
    has_left: bool = False

    @property
    def asks(self) -> str:
        """The step it waits for at the bench; empty where it waits for the desk, for the customer's parcel, or for
        nothing."""
        if self.has_left or self.received_as == NOT_OURS:
            return ""
        if not self.grade:
            return STEP_GRADE
        if self.acceptance == PENDING:
            return ""
        if not self.disposition:
            return STEP_PLACE
        return STEP_LABEL if self.disposition == USED else ""


@dataclass(frozen=True)
class Line:
    """Copies of one order line: asked back in this return, come in this return, and still with the customer by all that
    was sent and came back, whatever was asked."""

    order_line_id: int
    item_id: int
    title: str
    asked: int
    received: int
    with_customer: int


def may_be_undelivered(parcel_state: str) -> bool:
    """Whether a parcel of ours that stands here may have come back from the carrier unopened."""
    return parcel_state in (HANDED_OVER, IN_TRANSIT, LOST)


def judge_box(thing: Thing) -> Verdict:
    """Something on the box that names no order, parcel or return."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if thing.kind == codes.UNKNOWN:
        return refuse("returns_bench.unknown_box", WARN, text=thing.text)
    return refuse("returns_bench.scan_box", WARN, name=thing.name or thing.text)


def step_of(state: str, units: Sequence[Unit], *, is_mine: bool) -> tuple[str, Unit | None]:
    """What is asked for now, and of which copy. A parcel on the bench belongs to one person; a copy that the desk
    decided about afterwards to whoever stands there."""
    if state not in (RECEIVED, JUDGED, SETTLED):
        return STEP_OPEN, None
    if state == RECEIVED and not is_mine:
        return STEP_THEIRS, None
    waiting = next((unit for unit in units if unit.asks), None)
    if waiting is not None:
        return waiting.asks, waiting
    return (STEP_SCAN if state == RECEIVED else STEP_DONE), None


def judge_item(lines: Sequence[Line], title: str, *, has_order: bool, is_second: bool) -> Verdict:
    """A book whose item is known; `lines` are those of the order that have it. One more than was sent is refused. A
    title that the order never had is taken in by its second scan: we may have sent it by mistake. Facts name the
    `line` it counts on."""
    if not has_order:
        return accept("returns_bench.taken_unknown", "take", title=title, line=None)
    if not lines:
        if not is_second:
            return refuse(ASK_FOREIGN, WARN, title=title)
        return accept("returns_bench.wrong_item", "take", WARN, title=title, line=None)
    # First what was asked for, so that a copy of two lines counts where it is waited for.
    ours = sorted(lines, key=lambda line: line.received >= line.asked)
    line = next((each for each in ours if each.with_customer > 0), None)
    if line is None:
        return refuse(TOO_MANY, title=title)
    facts = {"title": title, "line": line.order_line_id, "n": line.received + 1, "asked": line.asked}
    if line.received >= line.asked > 0:
        return accept("returns_bench.taken_more", "take", WARN, **facts)
    return accept("returns_bench.taken", "take", OK, **facts)


def judge_other(thing: Thing, step: str, person: str) -> Verdict:
    """A code that is no book's, or a book while something else is asked for; `person` has the parcel."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if step != STEP_SCAN:
        return refuse(f"returns_bench.not_now_{step}", WARN, person=person)
    if thing.kind == codes.UNKNOWN:
        return refuse("returns_bench.unknown_code", text=thing.text)
    return refuse("returns_bench.scan_book", WARN, name=thing.name or thing.text)


def acceptance_of(grade: str, worst_grade: str, *, received_as: str, source: str, is_approved: bool) -> str:
    """What we say to a copy of this grade. What came as another title, or before anybody decided, waits for the
    desk. What the carrier brought back never was with the customer."""
    if received_as != AS_SENT:
        return REJECTED if received_as == NOT_OURS else PENDING
    if source == CARRIER:
        return ACCEPTED
    if not is_approved:
        return PENDING
    return ACCEPTED if is_good_enough(grade, worst_grade) else REJECTED


def places_for(grade: str, acceptance: str) -> tuple[str, ...]:
    """Where a copy may go, the proposed place first. What is not accepted is the customer's: it goes back and nowhere
    else."""
    if acceptance == PENDING:
        return ()
    if acceptance == REJECTED:
        return (SEND_BACK,)
    places = {RESTOCK: grade in SOLD_AS_NEW, USED: grade in USED_PERCENT, QUARANTINE: True, SCRAP: True}
    allowed = [place for place, may in places.items() if may]
    proposed = RESTOCK if grade == GRADES[0] else USED if grade in USED_PERCENT else QUARANTINE
    return (proposed, *(place for place in allowed if place != proposed))


def judge_place(
    grade: str, acceptance: str, place: str, *, title: str, price_minor: int | None, may_override: bool,
) -> Verdict:
    """Where the person sends the copy. A dear one, or one of unknown price, is scrapped by a lead alone."""
    if place not in places_for(grade, acceptance):
        return refuse("returns_bench.not_there", WARN)
    if place == SCRAP and not may_override and (price_minor is None or price_minor > SCRAP_LIMIT_MINOR):
        return refuse("returns_bench.ask_lead", WARN, title=title)
    if place == USED:
        return accept("returns_bench.label_it", "label", OK, title=title)
    return accept(f"returns_bench.to_{place}", "place", OK, title=title)


def new_sku(sku: str) -> str:
    """The SKU of the new title that used copies of this SKU are of; itself where it is no used one's."""
    root, _, grade = sku.rpartition("-U-")
    return root if root and grade in USED_PERCENT else sku


def used_sku(sku: str, grade: str) -> str:
    """What used copies in this grade are sold under: of a used copy that came back, too."""
    return f"{new_sku(sku)}-U-{grade}"


def used_price(price_minor: int | None, grade: str) -> int | None:
    """What a used copy of this grade costs, in minor units, rounded down to whole tenths of the unit; None where the
    price of a new one is not known."""
    if price_minor is None:
        return None
    price = price_minor * USED_PERCENT[grade] // 100
    return max(price - price % 10, min(price_minor, 10))


def missing(lines: Sequence[Line]) -> list[Line]:
    """Lines of which copies were asked back, or were in our own parcel, and did not come."""
    return [line for line in lines if line.asked > line.received]


def judge_close(lines: Sequence[Line], units: Sequence[Unit], *, is_confirmed: bool) -> Verdict:
    """Nothing more is in the box. What should have been in it is named first, and closed by a second press."""
    lacking = missing(lines)
    if not is_confirmed and not units:
        return refuse("returns_bench.nothing_in_it", WARN)
    if not is_confirmed and lacking:
        return refuse("returns_bench.not_all_came", WARN, n=sum(line.asked - line.received for line in lacking),
                      title=lacking[0].title)
    return accept("returns_bench.closed", "close", DONE, n=len(units))
