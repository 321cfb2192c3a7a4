"""Picking: the lives of runs, stops and totes, and how a scan at the shelf is judged (PIC-3).

The picker scans the shelf, then each copy, then the tote. Which of these is asked for follows from what is
done already, so a crash or a reload loses nothing: there is no step to remember.
"""

from dataclasses import dataclass

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.flow import Flow
from warehouse.domain.scans import DONE, OK, WARN, Verdict, accept, refuse

PLANNED, BINDING, STARTED, RUN_DONE, RUN_DROPPED = "planned", "binding", "started", "done", "dropped"
RUN_FLOW = Flow("pick_run", start=PLANNED, steps={
    (PLANNED, "start"): BINDING,
    (BINDING, "bind"): STARTED,
    (STARTED, "finish"): RUN_DONE,
    (STARTED, "reopen"): STARTED,
    (RUN_DONE, "reopen"): STARTED,
    (PLANNED, "drop"): RUN_DROPPED,
    (BINDING, "drop"): RUN_DROPPED,
})

OPEN, TAKEN, SHORT, SKIPPED, STOP_DROPPED = "open", "taken", "short", "skipped", "dropped"
STOP_FLOW = Flow("pick_stop", start=OPEN, steps={
    (OPEN, "take"): TAKEN,
    (OPEN, "short"): SHORT,
    (OPEN, "skip"): SKIPPED,
    (OPEN, "drop"): STOP_DROPPED,
    (SKIPPED, "come_back"): OPEN,
    (SKIPPED, "drop"): STOP_DROPPED,
    (TAKEN, "undo"): OPEN,
})

FREE, BOUND, AT_BENCH = "free", "bound", "at_bench"
TOTE_FLOW = Flow("tote", start=FREE, steps={
    (FREE, "bind"): BOUND,
    (BOUND, "arrive"): AT_BENCH,
    (AT_BENCH, "empty"): FREE,
    (BOUND, "empty"): FREE,
})

SINGLE, BATCH, ONE_ORDER = "single", "batch", "order"
STEP_CART, STEP_BIND, STEP_SHELF, STEP_ITEM, STEP_TOTE, STEP_CHANGE, STEP_DONE = (
    "cart", "bind", "shelf", "item", "tote", "change", "done"
)


@dataclass(frozen=True)
class Wanted:
    """What the stop asks for now. `needs_tote` where a cart carries more than one: then the tote is scanned too."""

    location_id: int
    location_code: str
    item_id: int
    title: str
    tote_id: int | None
    slot: int
    units_due: int
    units_taken: int
    units_short: int
    needs_tote: bool
    is_at_shelf: bool
    volumes: int = 1

    @property
    def units_left(self) -> int:
        return self.units_due - self.units_taken - self.units_short

    @property
    def step(self) -> str:
        if self.units_left == 0:
            return STEP_TOTE
        return STEP_ITEM if self.is_at_shelf else STEP_SHELF


def judge(wanted: Wanted, thing: Thing, units: int = 1, *, is_confirmed: bool = False) -> Verdict:
    """The verdict on one scan at this stop. `units` is more than 1 only from the number pad; `is_confirmed`
    says that a set was confirmed to be whole. The most specific refusal wins."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if thing.kind == codes.ITEM:
        return _judge_item(wanted, thing, units, is_confirmed=is_confirmed)
    if thing.kind == codes.LOCATION:
        return _judge_location(wanted, thing)
    if thing.kind == codes.TOTE:
        return _judge_tote(wanted, thing)
    if thing.kind == codes.UNKNOWN:
        return refuse("picking.unknown_code", text=thing.text)
    return refuse(f"picking.scan_{wanted.step}_not_{thing.kind}", WARN)


def _judge_location(wanted: Wanted, thing: Thing) -> Verdict:
    is_right = thing.id == wanted.location_id
    if wanted.step == STEP_SHELF:
        if is_right:
            return accept("picking.shelf_right", "arrive", location=thing.name)
        return refuse("picking.wrong_shelf", location=thing.name, wanted=wanted.location_code)
    if is_right and wanted.step == STEP_ITEM:
        return accept("picking.shelf_right", "arrive", location=thing.name)
    return refuse(f"picking.scan_{wanted.step}_not_location", WARN, location=thing.name)


def _judge_item(wanted: Wanted, thing: Thing, units: int, *, is_confirmed: bool) -> Verdict:
    if wanted.item_id not in thing.ids:
        return refuse("picking.wrong_item", title=thing.name, wanted=wanted.title)
    if wanted.step == STEP_SHELF:
        return refuse("picking.scan_shelf_first", WARN, wanted=wanted.location_code)
    if units > wanted.units_left:
        return refuse("picking.too_many", WARN, n=units - wanted.units_left, title=wanted.title)
    if wanted.volumes > 1 and not is_confirmed:
        return Verdict("choose", "picking.confirm_set", WARN, facts={"n": wanted.volumes, "title": wanted.title})
    taken = wanted.units_taken + units
    if units < wanted.units_left:
        due = wanted.units_due - wanted.units_short
        return accept("picking.taken", "take", title=wanted.title, taken=taken, due=due)
    if wanted.needs_tote:
        return accept("picking.taken_all", "take", title=wanted.title, slot=wanted.slot)
    return accept("picking.stop_done", "close", DONE, title=wanted.title)


def _judge_tote(wanted: Wanted, thing: Thing) -> Verdict:
    if wanted.step == STEP_SHELF:
        return refuse("picking.scan_shelf_not_tote", WARN)
    if wanted.step == STEP_ITEM:
        return refuse("picking.more_to_take", WARN, n=wanted.units_left, title=wanted.title)
    if thing.id == wanted.tote_id:
        return accept("picking.placed", "place", DONE, slot=wanted.slot)
    return refuse("picking.wrong_tote", tote=thing.name, slot=wanted.slot)


def judge_binding(thing: Thing, *, needs_cart: bool, slot: int, tote_state: str | None, is_ours: bool) -> Verdict:
    """A scan while the cart is loaded: the cart first, then a free tote for each slot."""
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if needs_cart:
        return accept("picking.cart_bound", "cart", cart=thing.name) if thing.kind == codes.CART else refuse(
            "picking.scan_cart", WARN)
    if thing.kind != codes.TOTE:
        return refuse("picking.scan_tote", WARN, slot=slot)
    if is_ours:
        return refuse("picking.tote_already_here", WARN, tote=thing.name)
    if tote_state != FREE:
        return refuse("picking.tote_in_use", tote=thing.name)
    return accept("picking.tote_bound", "tote", OK, tote=thing.name, slot=slot)
