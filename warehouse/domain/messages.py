"""What a customer must hear: the life of a message and of a text, what it can be about, how soon it must be told, and
when a mail is tried again (EXC-3, SHP-3)."""

from dataclasses import dataclass
from datetime import timedelta

from warehouse.domain.flow import Flow
from warehouse.domain.orders import CALLED_OFF, DELIVERED, DISPATCHED, RETURNED

WANTED, QUEUED, SENT, TOLD, DROPPED, FAILED = "wanted", "queued", "sent", "told", "dropped", "failed"
MESSAGE_FLOW = Flow("message", start=WANTED, steps={
    (WANTED, "queue"): QUEUED,
    (QUEUED, "send"): SENT,
    # Refused for good, or after the last try: a person looks at the address or calls.
    (QUEUED, "fail"): FAILED,
    (FAILED, "queue"): QUEUED,
    # Before it was sent.
    (QUEUED, "take_back"): WANTED,
    # By phone.
    (WANTED, "tell"): TOLD,
    (FAILED, "tell"): TOLD,
    # Need not be told, with a reason.
    (WANTED, "drop"): DROPPED,
    (FAILED, "drop"): DROPPED,
})
# A person must do something.
TO_TELL = (WANTED, FAILED)

DRAFT, REVIEWED, RETIRED = "draft", "reviewed", "retired"
TEMPLATE_FLOW = Flow("message_template", start=DRAFT, steps={
    (DRAFT, "review"): REVIEWED,
    (DRAFT, "discard"): RETIRED,
    # A later version was reviewed.
    (REVIEWED, "retire"): RETIRED,
})

EMAIL, PHONE = "email", "phone"
# Waits between tries. After the last one a person must look.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
# Whoever takes a mail in hand has this long; after that another process may take it.
IN_HAND = timedelta(minutes=10)


@dataclass(frozen=True)
class Topic:
    """`hours` until it must be told; `facts` are what its text may name beside order, name and link. `sends_itself`:
    what its first text is set to. `needs_care`: each is read by a person before it goes, never several at once.
    `ends`: states of the order in which it is out of date: it would tell the customer what is no longer so."""

    hours: int
    facts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    sends_itself: bool = False
    needs_care: bool = False


_OFF, _THERE = (CALLED_OFF,), (DELIVERED, RETURNED)
_GONE = (DISPATCHED, *_THERE, *_OFF)

# Facts: `carrier` is a carrier's code, `expected` a local day YYYY-MM-DD or an ISO moment, `amount` minor units of
# `currency`, `n` units, `reason` a code of `messages.reason_…` or plain words; all others are texts.
TOPICS = {
    "dispatched": Topic(4, ("carrier", "tracking", "expected"), ends=_THERE, sends_itself=True),
    "delayed": Topic(4, ("expected",), ends=_GONE),
    "short_wait": Topic(4, ("title", "n"), ends=_GONE),
    "short_part": Topic(4, ("title", "n"), ends=_OFF),
    "line_cancelled": Topic(4, ("title", "n"), ends=_OFF),
    "ask_address": Topic(4, ends=_GONE, needs_care=True),
    "ask_choice": Topic(4, ("title", "n"), ends=_GONE, needs_care=True),
    "changed": Topic(24, ends=_OFF),
    "cancelled": Topic(4, ("reason",)),
    "replaced": Topic(4, ("title", "n")),
    "parcel_late": Topic(4, ("carrier", "tracking", "expected"), ends=_THERE),
    "parcel_lost": Topic(4, ("carrier", "tracking"), ends=_THERE, needs_care=True),
    "parcel_damaged": Topic(4, ("carrier", "tracking"), needs_care=True),
    "return_approved": Topic(8, ("number",), sends_itself=True),
    "return_refused": Topic(8, ("number", "reason"), needs_care=True),
    "return_received": Topic(24, ("number",), sends_itself=True),
    "return_settled": Topic(24, ("number",)),
    "exchange_sent": Topic(24, ("number", "title"), sends_itself=True),
    "refund_approved": Topic(24, ("amount", "currency")),
    "refund_paid": Topic(24, ("amount", "currency"), sends_itself=True),
    "question": Topic(8, needs_care=True),
    "complaint": Topic(4, needs_care=True),
}


def is_out_of_date(why: str, order_state: str, *, is_of_return: bool = False) -> bool:
    """Whether a message has nothing to say any more, as its order stands. What a return is about goes on without it:
    a parcel that came back asks for another address although its order has left."""
    return not is_of_return and order_state in TOPICS[why].ends


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after try number `tries` has failed for now; None where it was the last."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None
