"""The customer's page (ORD-8): how far an order is in plain words, what a customer can report, and how often."""

from dataclasses import dataclass

from warehouse.domain import orders, returns

# The line of progress: where an order stands on it, by its state. A cancelled order has none.
ORDERED, PREPARED, PACKED, ON_ITS_WAY, ARRIVED = "ordered", "prepared", "packed", "on_its_way", "arrived"
STEPS = (ORDERED, PREPARED, PACKED, ON_ITS_WAY, ARRIVED)
_STEP_OF = {
    orders.RECEIVED: ORDERED, orders.HELD: ORDERED, orders.CONFIRMED: ORDERED,
    orders.RELEASED: PREPARED, orders.PICKING: PREPARED, orders.PICKED: PREPARED, orders.PACKING: PREPARED,
    orders.PACKED: PACKED, orders.DISPATCHED: ON_ITS_WAY, orders.DELIVERED: ARRIVED, orders.RETURNED: ARRIVED,
}


@dataclass(frozen=True)
class Progress:
    """How many of `STEPS` are reached, and the word for it: a sentence `customer.state_…`."""

    reached: int
    word: str


def progress_of(state: str, *, is_merged: bool = False, is_part: bool = False) -> Progress:
    """`is_part`: some of it is on its way while the rest still stands in the house."""
    if state == orders.CALLED_OFF:
        return Progress(0, "merged" if is_merged else "cancelled")
    reached = STEPS.index(_STEP_OF[state]) + 1
    if state == orders.HELD:
        return Progress(reached, "held")
    if is_part and state in orders.BEFORE_DISPATCH:
        return Progress(reached, "part")
    return Progress(reached, "returned" if state == orders.RETURNED else STEPS[reached - 1])


@dataclass(frozen=True)
class Problem:
    """What a customer may say is wrong: the kind of incident that it opens, whether it is about copies, whether it
    needs words, and whether only what has left can have it."""

    incident: str
    is_about_copies: bool = False
    needs_words: bool = False
    after_dispatch: bool = True


PROBLEMS = {
    "not_arrived": Problem("delayed"),
    "damaged": Problem("damaged", is_about_copies=True),
    "wrong_book": Problem("wrong_item", is_about_copies=True),
    "misprint": Problem("misprint", is_about_copies=True),
    "missing_pages": Problem("missing_pages", is_about_copies=True),
    "copies_missing": Problem("complaint", is_about_copies=True),
    "address": Problem("address", needs_words=True, after_dispatch=False),
    "question": Problem("question", needs_words=True, after_dispatch=False),
    "other": Problem("complaint", needs_words=True, after_dispatch=False),
}
# What a picture sent with a return is kept with.
PROBLEM_OF_RETURN = {
    returns.DAMAGED_IN_TRANSIT: "damaged", returns.WRONG_BOOK_SENT: "wrong_book", returns.MISPRINT: "misprint",
}
# Customers ask for these; a repair is agreed with the desk.
WANTS = (returns.RETURN, returns.EXCHANGE)

WORDS_LENGTH = 1000
KEY_LENGTH = 22
# Of one order in a day: more is no report, and whoever has more to say calls.
MOST_A_DAY = 6


def topic_of(incident_kind: str) -> str:
    """What the customer is to be answered: a topic of `domain.messages`."""
    return "question" if incident_kind == "question" else "complaint"


def problems_for(*, has_left: bool) -> tuple[str, ...]:
    """What can be reported of an order of which something has left, or nothing yet."""
    return tuple(name for name, problem in PROBLEMS.items() if has_left or not problem.after_dispatch)
