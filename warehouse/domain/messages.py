"""What a customer must hear: the life of a message, what it can be about, and how soon it must be told (EXC-3)."""

from dataclasses import dataclass

from warehouse.domain.flow import Flow

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


@dataclass(frozen=True)
class Topic:
    """`hours` until it must be told; `facts` are what its text may name beside order, name and link."""

    hours: int
    facts: tuple[str, ...] = ()


TOPICS = {
    "dispatched": Topic(4, ("carrier", "tracking", "expected")),
    "delayed": Topic(4, ("expected",)),
    "short_wait": Topic(4, ("title", "n")),
    "short_part": Topic(4, ("title", "n")),
    "line_cancelled": Topic(4, ("title", "n")),
    "ask_address": Topic(4),
    "ask_choice": Topic(4, ("title", "n")),
    "changed": Topic(24),
    "cancelled": Topic(4, ("reason",)),
    "replaced": Topic(4, ("title", "n")),
    "parcel_late": Topic(4, ("carrier", "tracking", "expected")),
    "parcel_lost": Topic(4, ("carrier", "tracking")),
    "parcel_damaged": Topic(4, ("carrier", "tracking")),
    "return_approved": Topic(8, ("number",)),
    "return_refused": Topic(8, ("number", "reason")),
    "return_received": Topic(24, ("number",)),
    "return_settled": Topic(24, ("number",)),
    "exchange_sent": Topic(24, ("number", "title")),
    "refund_approved": Topic(24, ("amount", "currency")),
    "refund_paid": Topic(24, ("amount", "currency")),
    "question": Topic(8),
    "complaint": Topic(4),
}
