"""Incidents: what can go wrong where, who must act until when, and how one may end (EXC-1, EXC-2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from warehouse.domain.flow import Flow
from warehouse.domain.orders import BEFORE_DISPATCH, CALLED_OFF, HELD
from warehouse.domain.stock import INSIDE, LOST_FOUND
from warehouse.domain.stock import QUARANTINE as STOCK_QUARANTINE

OPEN, SETTLED = "open", "settled"
INCIDENT_FLOW = Flow("incident", start=OPEN, steps={
    (OPEN, "settle"): SETTLED,
    # Settled too early, with a reason: what was moved and changed stays.
    (SETTLED, "reopen"): OPEN,
})

# Where it was found.
RECEIVE, SHELF, PICK, PACK, PUT_BACK, DOCK, CARRIER, RETURN, CUSTOMER = (
    "receive", "shelf", "pick", "pack", "put_back", "dock", "carrier", "return", "customer")
STAGES = (RECEIVE, SHELF, PICK, PACK, PUT_BACK, DOCK, CARRIER, RETURN, CUSTOMER)
# Where somebody holds the copy in hand.
IN_HAND = frozenset({RECEIVE, SHELF, PICK, PACK, PUT_BACK, RETURN})

# What is to be done next.
NEXT_STEPS = ("look", "contact_carrier", "contact_customer", "contact_supplier", "replace", "refund", "write_off",
              "recount", "put_back", "relabel", "wait")
# Who an incident can be given to: roles that may handle one.
OWNERS = ("service", "operations", "purchasing", "manager")
LEAD = "manager"

# --- How one ends ----------------------------------------------------------------------------------------------------

CONFIRMED, MISTAKE, MENDED, TOLD = "confirmed", "mistake", "mended", "told"
PLAIN = (CONFIRMED, MENDED, TOLD, MISTAKE)
FOUND, BACK_TO_SHELF, QUARANTINE, SCRAP, LOST = "found", "back_to_shelf", "quarantine", "scrap", "lost"
FOR_COPIES = (FOUND, BACK_TO_SHELF, QUARANTINE, SCRAP, LOST)
HOLD, PART, REPLACEMENT, CANCEL_LINE, REFUND = "hold", "part", "replacement", "cancel_line", "refund"
FOR_ORDER = (HOLD, PART, REPLACEMENT, CANCEL_LINE, REFUND)
OUTCOMES = (*PLAIN, *FOR_COPIES, *FOR_ORDER)
# Of these an incident has one at most, ever: a second one would send or pay the same copies twice.
ONCE = frozenset({REPLACEMENT, CANCEL_LINE, REFUND})
# These cost what the copies are worth; a refund costs its amount.
COSTS_COPIES = frozenset({SCRAP, LOST, REPLACEMENT, CANCEL_LINE})

_BAD_COPY = frozenset({BACK_TO_SHELF, QUARANTINE, SCRAP})
_GONE_COPY = frozenset({FOUND, LOST})
_ORDER = frozenset(FOR_ORDER)
_AFTER_DISPATCH = frozenset({REPLACEMENT, REFUND})
_OUTSIDE = frozenset({CARRIER, CUSTOMER})

# --- What can go wrong -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Duty:
    """Who must act, within how many hours of work, and what first."""

    owner: str
    hours: int
    step: str


@dataclass(frozen=True)
class Kind:
    """One thing that goes wrong: where it can be found, whose it is (`at` where a stage is another's), why it may have
    happened, and what may come out beside the plain outcomes."""

    stages: frozenset[str]
    duty: Duty
    causes: tuple[str, ...]
    outcomes: frozenset[str] = frozenset()
    at: Mapping[str, Duty] = field(default_factory=dict)


_SUPPLIER = Duty("purchasing", 24, "contact_supplier")
_TELL = Duty("service", 4, "contact_customer")
_BOOKS = ("misplaced", "miscounted", "not_booked", "theft")
_HARM = ("handling", "storage", "packaging", "carrier", "supplier")
_PRINT = ("publisher", "supplier")
_MIX_UP = ("look_alike", "mislabelled", "mixed_shelf", "handling", "supplier")

KINDS: dict[str, Kind] = {
    "short": Kind(frozenset({RECEIVE, SHELF, PICK, PACK}), Duty("operations", 8, "recount"), (*_BOOKS, "supplier"),
                  _GONE_COPY | _ORDER, {RECEIVE: _SUPPLIER}),
    "missing": Kind(frozenset({SHELF, PICK, PACK, PUT_BACK, RETURN}), Duty("operations", 8, "recount"),
                    (*_BOOKS, "handling"), _GONE_COPY | _ORDER),
    "count_difference": Kind(frozenset({SHELF, PICK}), Duty("operations", 8, "recount"), _BOOKS, _GONE_COPY | _ORDER),
    "damaged": Kind(IN_HAND | {DOCK, CARRIER, CUSTOMER}, Duty("operations", 16, "write_off"), _HARM,
                    _BAD_COPY | _ORDER, {RECEIVE: _SUPPLIER, CARRIER: _TELL, CUSTOMER: _TELL}),
    "misprint": Kind(IN_HAND | {CUSTOMER}, _SUPPLIER, _PRINT, _BAD_COPY | _ORDER, {CUSTOMER: _TELL}),
    "missing_pages": Kind(IN_HAND | {CUSTOMER}, _SUPPLIER, _PRINT, _BAD_COPY | _ORDER, {CUSTOMER: _TELL}),
    "wrong_edition": Kind(IN_HAND | {CUSTOMER}, _SUPPLIER, (*_MIX_UP, "shop_file"), _BAD_COPY | _ORDER,
                          {CUSTOMER: _TELL}),
    "wrong_item": Kind(IN_HAND | {DOCK, CUSTOMER}, Duty("operations", 8, "put_back"), _MIX_UP, _BAD_COPY | _ORDER,
                       {CUSTOMER: _TELL}),
    "wrong_location": Kind(frozenset({SHELF, PICK, PUT_BACK}), Duty("operations", 16, "put_back"),
                           ("misplaced", "mislabelled", "handling"), frozenset({BACK_TO_SHELF})),
    "unscannable": Kind(IN_HAND | {DOCK}, Duty("operations", 16, "relabel"),
                        ("no_barcode", "mislabelled", "publisher", "equipment"), frozenset({QUARANTINE})),
    "over": Kind(IN_HAND, Duty("operations", 16, "recount"), ("miscounted", "not_booked", "supplier", "handling"),
                 frozenset({FOUND}), {RECEIVE: _SUPPLIER}),
    "found": Kind(frozenset({SHELF, PICK, PACK, PUT_BACK}), Duty("operations", 16, "put_back"), _BOOKS,
                  frozenset({FOUND})),
    "not_ordered": Kind(frozenset({RECEIVE}), _SUPPLIER, ("supplier", "not_booked")),
    "unknown_title": Kind(frozenset({RECEIVE}), _SUPPLIER, ("supplier", "not_booked")),
    "label": Kind(frozenset({PACK, DOCK, CARRIER}), Duty("operations", 4, "relabel"),
                  ("equipment", "carrier", "handling"), frozenset({HOLD})),
    "address": Kind(frozenset({PACK, DOCK, CARRIER, CUSTOMER}), _TELL, ("customer", "shop_file", "carrier"), _ORDER),
    "delayed": Kind(frozenset({PICK, PACK, DOCK, CARRIER, CUSTOMER}), Duty("service", 8, "contact_carrier"),
                    ("backlog", "no_stock", "carrier", "weather", "address"), _ORDER),
    "lost": Kind(frozenset({DOCK, CARRIER, RETURN, CUSTOMER}), Duty("service", 8, "contact_carrier"),
                 ("carrier", "theft", "address", "handling"), frozenset({FOUND}) | _AFTER_DISPATCH),
    "complaint": Kind(frozenset({CUSTOMER}), _TELL,
                      ("handling", "packaging", "carrier", "backlog", "publisher", "shop_file"), _ORDER),
    "question": Kind(frozenset({CUSTOMER}), Duty("service", 8, "contact_customer"), ("customer", "shop_file"),
                     frozenset({HOLD, CANCEL_LINE, REFUND})),
    "call_lead": Kind(IN_HAND | {DOCK}, Duty("operations", 1, "look"), (*_BOOKS, *_HARM, "equipment"),
                      _BAD_COPY | _GONE_COPY | _ORDER),
}
UNKNOWN_CAUSE = "unknown"
CAUSES = (*sorted({cause for kind in KINDS.values() for cause in kind.causes}), UNKNOWN_CAUSE)

# Minutes come often: what is left over goes up with the next one.
ESCALATED_AT_ONCE = 200

# What was found at a shelf that says that books and shelf may differ: it is counted (STK-3).
ASKS_FOR_COUNT = frozenset({"short", "missing", "wrong_item", "wrong_location", "found", "over"})


def kinds_at(stage: str) -> tuple[str, ...]:
    """What can go wrong there, the commonest first."""
    return tuple(name for name, kind in KINDS.items() if stage in kind.stages)


def duty_of(kind: str, stage: str) -> Duty:
    return KINDS[kind].at.get(stage, KINDS[kind].duty)


def causes_of(kind: str) -> tuple[str, ...]:
    return (*KINDS[kind].causes, UNKNOWN_CAUSE)


# Kinds whose report moves copies in the same way, so that one may be called the other afterwards.
_ALIKE = (frozenset({"damaged", "misprint", "missing_pages", "wrong_edition"}),
          frozenset({"short", "missing", "count_difference"}))


def may_become(kind: str, other: str, stage: str, *, is_booked: bool) -> bool:
    """Whether an incident may be called another kind. What its report moved in the books stays, so it must be one that
    moves the same; and a copy that an order line lost between shelf and parcel stays what the line counts it as."""
    if stage in {PACK, PUT_BACK} and {kind, other} & set(DECIDED_AT_BENCH):
        return False
    return not is_booked or any({kind, other} <= alike for alike in _ALIKE)


# --- How it is settled -----------------------------------------------------------------------------------------------

# What each team may decide alone, in minor units of the currency of price or refund; what costs more, or has no price
# in one of these, goes up to the lead. Of the lead nothing is asked.
LIMITS: dict[str, dict[str, int]] = {
    "service": {"CNY": 20_000, "HKD": 20_000, "TWD": 90_000, "USD": 3_000, "EUR": 3_000, "GBP": 2_500, "JPY": 4_500},
    "operations": {
        "CNY": 100_000, "HKD": 100_000, "TWD": 450_000, "USD": 15_000, "EUR": 15_000, "GBP": 12_500, "JPY": 22_500},
    "purchasing": {
        "CNY": 100_000, "HKD": 100_000, "TWD": 450_000, "USD": 15_000, "EUR": 15_000, "GBP": 12_500, "JPY": 22_500},
}


def may_decide(role: str, cost_minor: int | None, currency: str) -> bool:
    """Whether a team's own people may settle at this cost. `None`: nobody knows what the copies are worth."""
    if role == LEAD or cost_minor == 0:
        return True
    most = LIMITS.get(role, {}).get(currency)
    return most is not None and cost_minor is not None and cost_minor <= most


def settlement_flaw(outcome: str, also: Collection[str]) -> str | None:
    """What is wrong with doing all of this at once; a code, or None. The copies end in one place, the order takes one
    way, and who gets other copies gets no money for them."""
    wishes = {outcome, *also}
    if not wishes <= set(OUTCOMES):
        return "choose_outcome"
    if len(wishes & set(FOR_COPIES)) > 1:
        return "one_place_for_copies"
    if len(wishes & set(FOR_ORDER) - {REFUND}) > 1 or {REFUND, REPLACEMENT} <= wishes:
        return "one_way_for_order"
    if outcome == MISTAKE and wishes - {MISTAKE, BACK_TO_SHELF, FOUND}:
        return "mistake_changes_nothing"
    return None


def ways_for_copies(kind: str, stage: str, lie_in: Collection[str], *, is_title_known: bool = True) -> tuple[str, ...]:
    """What may become of the copies; `lie_in` are the kinds of place where they are known to lie. Those that left the
    house are judged at the returns bench once they are back, and what never came in cannot be lost here: others of the
    same title would be booked out for them."""
    possible = KINDS[kind].outcomes & set(FOR_COPIES)
    if stage in _OUTSIDE or not is_title_known:
        possible &= {FOUND}
    if stage in {RECEIVE, RETURN}:
        possible -= {LOST}
    if lie_in and not INSIDE & set(lie_in):
        # Booked out: they come back as found, or stay where they were booked to.
        possible &= {FOUND, LOST} if LOST_FOUND in lie_in else {SCRAP}
    if lie_in and LOST_FOUND not in lie_in:
        possible -= {FOUND}
    if lie_in and STOCK_QUARANTINE not in lie_in:
        possible -= {BACK_TO_SHELF}
    return tuple(each for each in FOR_COPIES if each in possible)


def ways_for_order(kind: str, order_state: str | None, done: Collection[str] = ()) -> tuple[str, ...]:
    """What may be done with the order behind it as it stands; `done` are effects that it had already."""
    if order_state is None or order_state == CALLED_OFF:
        return ()
    possible = (KINDS[kind].outcomes & set(FOR_ORDER)) - (set(done) & ONCE)
    if order_state not in BEFORE_DISPATCH:
        possible &= _AFTER_DISPATCH
    elif order_state == HELD:
        possible -= {HOLD}
    return tuple(each for each in FOR_ORDER if each in possible)


def topic_of(kind: str, effect: str) -> str | None:
    """What the customer must hear of an effect on their order; None where its own services tell it, or nothing."""
    if effect == HOLD:
        return "ask_address" if kind == "address" else "short_wait" if kind in _COPIES_LACK else None
    return {REPLACEMENT: "replaced", PART: "short_part"}.get(effect)


# Copies that the order will not get at once.
_COPIES_LACK = frozenset({"short", "missing", "count_difference", "damaged", "misprint", "missing_pages",
                          "wrong_edition", "wrong_item"})
PARCEL_TOPICS = {"lost": "parcel_lost", "damaged": "parcel_damaged"}


# Where units of an order are lost at the bench, the packer says first whether it waits, goes without, or gets others.
BENCH = PACK
DECIDED_AT_BENCH = ("damaged", "misprint", "missing_pages", "missing")


def is_left_to_bench(stage: str, kind: str, outcome: str, order_state: str | None) -> bool:
    """The order behind it is still being packed and waits for that decision."""
    return stage == BENCH and kind in DECIDED_AT_BENCH and not outcome and order_state == "packing"
