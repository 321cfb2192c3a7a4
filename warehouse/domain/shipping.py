"""Shipping: how a label is made and proven, and how a scan at the dock is judged (SHP-2).

The label is made once, stuck on, and scanned: that scan proves that label and box belong together. At the dock
each parcel is scanned onto the carrier's list, which the driver signs.
"""

import re
from dataclasses import dataclass

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.flow import Flow
from warehouse.domain.orders import CALLED_OFF, HELD
from warehouse.domain.packing import CLOSED, HANDED_OVER, LABELLED, OPEN, PARCEL_FLOW
from warehouse.domain.scans import DONE, OK, WARN, Verdict, accept, refuse

LOADING, SIGNED = "open", "closed"
MANIFEST_FLOW = Flow("manifest", start=LOADING, steps={(LOADING, "close"): SIGNED})

STEP_LABEL, STEP_PRINT, STEP_TRACKING, STEP_SCAN, STEP_DONE, STEP_STOP = (
    "label", "print", "tracking", "scan", "done", "stop"
)
REASON_LENGTH = 200
TRACKING_LENGTH = 24
_TRACKING = re.compile(r"[A-Z0-9][A-Z0-9-]{5,23}")


@dataclass(frozen=True)
class Box:
    """A packed parcel as the rules see it. `units_left` is what its order still has to check; `paused` why dispatch
    stands still for it, if it does (SEC-3)."""

    number: str
    state: str
    order_number: str
    order_state: str
    carrier_code: str
    carrier: str
    lane: str
    tracking_pattern: str
    tracking_number: str
    units: int
    units_left: int
    has_label: bool
    label_prints: int
    asks_tracking: bool = False
    manifest_id: int | None = None
    manifest: str = ""
    paused: str = ""

    @property
    def code(self) -> str:
        """What the bars of the label say."""
        return self.tracking_number or self.number

    @property
    def step(self) -> str:
        """What is asked for now; it follows from what is done, so a reload loses nothing."""
        if self.state not in (CLOSED, LABELLED) or refuse_order(self) is not None:
            return STEP_DONE if self.state not in (OPEN, CLOSED, LABELLED) else STEP_STOP
        if self.state == LABELLED:
            return STEP_DONE
        if not self.has_label:
            return STEP_LABEL
        if self.asks_tracking:
            return STEP_TRACKING
        return STEP_SCAN if self.label_prints else STEP_PRINT


def refuse_order(box: Box) -> Verdict | None:
    """Why nothing of this order may leave, named; None where it may."""
    if box.order_state == CALLED_OFF:
        return refuse("shipping.order_cancelled", order=box.order_number)
    if box.order_state == HELD:
        return refuse("shipping.order_held", order=box.order_number)
    return None


def refuse_label(box: Box) -> Verdict | None:
    """Why there is no label yet: a label exists only for a closed parcel of which every unit was checked."""
    if stopped := refuse_order(box):
        return stopped
    if box.state == OPEN:
        return refuse("shipping.not_closed", WARN, parcel=box.number)
    if box.state not in (CLOSED, LABELLED):
        return refuse("shipping.gone", WARN, parcel=box.number)
    if box.units_left:
        return refuse("shipping.not_checked", n=box.units_left)
    if not box.units:
        return refuse("shipping.nothing_inside", parcel=box.number)
    # One that is made already may still be stuck on: it is at the dock that the parcel stays.
    if box.paused and not box.has_label:
        return refuse("shipping.paused", parcel=box.number, reason=box.paused)
    return None


def judge_label(box: Box, thing: Thing, parcel_id: int) -> Verdict:
    """The scan of a label on the box. Only this parcel's own label, or its tracking number, proves it; when it is
    proven, the next parcel's label opens that one."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if stopped := refuse_order(box):
        return stopped
    if thing.kind == codes.PARCEL and thing.id != parcel_id and box.step == STEP_DONE:
        return accept("shipping.next_opened", "go", parcel=thing.name)
    if thing.kind == codes.PARCEL and thing.id != parcel_id:
        return refuse("shipping.other_label", parcel=thing.name, wanted=box.code)
    if thing.kind != codes.PARCEL:
        if thing.kind == codes.UNKNOWN:
            return refuse("shipping.unknown_label", text=thing.text)
        return refuse("shipping.scan_the_label", WARN)
    if box.state == LABELLED:
        return refuse("shipping.label_on_already", WARN, lane=box.lane)
    if missing := refuse_label(box):
        return missing
    if not box.has_label:
        return refuse("shipping.no_label_yet", WARN)
    return accept("shipping.label_right", "label", DONE, lane=box.lane)


def tracking_of(text: str) -> str:
    """A tracking number as it is kept: capitals, without blanks."""
    return re.sub(r"\s", "", text).upper()


def judge_tracking(box: Box, text: str, taken_by: str) -> Verdict:
    """A carrier's number for this parcel; `taken_by` names another parcel that has it already."""
    if taken_by:
        return refuse("shipping.tracking_taken", number=text, parcel=taken_by)
    pattern = box.tracking_pattern
    if not (re.fullmatch(pattern, text) if pattern else _TRACKING.fullmatch(text)):
        return refuse("shipping.tracking_form", number=text[:TRACKING_LENGTH], carrier=box.carrier)
    return accept("shipping.tracking_kept", "tracking", number=text)


def judge_hand_over(box: Box | None, thing: Thing, manifest_id: int, carrier_code: str, carrier: str) -> Verdict:
    """A scan at the dock. Everything that must not get onto this truck is refused by name."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if box is None:
        if thing.kind == codes.UNKNOWN:
            return refuse("shipping.unknown_parcel", text=thing.text)
        return refuse("shipping.scan_a_parcel", WARN, name=thing.name)
    if stopped := refuse_order(box):
        return stopped
    if box.manifest_id == manifest_id:
        return refuse("shipping.on_this_list", WARN, parcel=box.code)
    if box.state == HANDED_OVER or (not PARCEL_FLOW.may(box.state, "hand_over") and box.state not in (OPEN, CLOSED)):
        return refuse("shipping.left_already", parcel=box.code, manifest=box.manifest)
    if box.carrier_code != carrier_code:
        return refuse("shipping.wrong_carrier", parcel=box.code, carrier=box.carrier, wanted=carrier, lane=box.lane)
    if box.state != LABELLED:
        return refuse("shipping.not_labelled", parcel=box.code)
    if box.paused:
        return refuse("shipping.paused", parcel=box.code, reason=box.paused)
    return accept("shipping.handed_over", "hand_over", OK, parcel=box.code)


def weight_band_g(expected_g: int | None, percent: int, grams: int) -> tuple[int, int] | None:
    """The lightest and heaviest weight that fits; None where the expected one is not known."""
    if expected_g is None:
        return None
    room = max(grams, round(expected_g * percent / 100))
    return max(0, expected_g - room), expected_g + room
