"""What customers send back: the life of a return, why copies come back, how each is graded and where it goes, and
what the customer gets for those that were accepted (RET-1).

A return begins at `requested`. A parcel that nobody announced begins with the step `receive` and is decided later.
Money and copies of one return are counted once: `requested` and `approved` hold what was asked, later states what
came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warehouse.domain.flow import Flow

REQUESTED, APPROVED, REFUSED, WITHDRAWN, LAPSED = "requested", "approved", "refused", "withdrawn", "lapsed"
RECEIVED, JUDGED, SETTLED = "received", "judged", "settled"
RETURN_FLOW = Flow("return", start=REQUESTED, steps={
    (REQUESTED, "approve"): APPROVED,
    (REQUESTED, "refuse"): REFUSED,
    (REQUESTED, "withdraw"): WITHDRAWN,
    (APPROVED, "withdraw"): WITHDRAWN,
    # It never came.
    (APPROVED, "lapse"): LAPSED,
    # A manager knows better than the policy.
    (REFUSED, "approve"): APPROVED,
    # The parcel is on the bench, also where nobody has decided yet or nobody waits for it any more.
    (REQUESTED, "receive"): RECEIVED,
    (APPROVED, "receive"): RECEIVED,
    (REFUSED, "receive"): RECEIVED,
    (WITHDRAWN, "receive"): RECEIVED,
    (LAPSED, "receive"): RECEIVED,
    # Every copy is graded.
    (RECEIVED, "judge"): JUDGED,
    (JUDGED, "settle"): SETTLED,
})
# Of these a parcel is still expected.
EXPECTED = (REQUESTED, APPROVED)
# Of these copies are counted as asked or come; the others ask nothing of an order.
COUNTS = (REQUESTED, APPROVED, RECEIVED, JUDGED, SETTLED)

RETURN, EXCHANGE, REPAIR = "return", "exchange", "repair"
WANTS = (RETURN, EXCHANGE, REPAIR)

CHANGED_MIND, WRONG_ORDER, DUPLICATE_ORDER = "changed_mind", "wrong_order", "duplicate_order"
DAMAGED_IN_TRANSIT, WRONG_BOOK_SENT, MISPRINT, LATE, OTHER = (
    "damaged_in_transit", "wrong_book_sent", "misprint", "late", "other")
RETURN_REASONS = (CHANGED_MIND, WRONG_ORDER, DUPLICATE_ORDER, DAMAGED_IN_TRANSIT, WRONG_BOOK_SENT, MISPRINT, LATE,
                  OTHER)

# Who brought the request.
DESK, FILE, CUSTOMER, UNANNOUNCED, CARRIER = "desk", "file", "customer", "unannounced", "carrier"
SOURCES = (DESK, FILE, CUSTOMER, UNANNOUNCED, CARRIER)

# First axis: what a copy is. Second: what we say to it.
AS_SENT, WRONG_ITEM, NOT_OURS = "as_sent", "wrong_item", "not_ours"
PENDING, ACCEPTED, REJECTED = "pending", "accepted", "rejected"

# The best first.
GRADES = ("as_new", "very_good", "good", "acceptable", "missing_insert", "damaged", "misprint", "missing_pages")
# Where a copy goes from the returns place.
RESTOCK, USED, QUARANTINE, SCRAP, SEND_BACK = "restock", "used", "quarantine", "scrap", "send_back"
DISPOSITIONS = (RESTOCK, USED, QUARANTINE, SCRAP, SEND_BACK)

MOST_UNITS = 9999


@dataclass(frozen=True, slots=True)
class Asked:
    """Copies of one order line in one return: asked for, come, and gone back to the customer."""

    state: str
    units: int
    received: int = 0
    sent_back: int = 0

    @property
    def held(self) -> int:
        """Copies that this return takes from what the customer may still send: while it is open all that was asked
        or came, once it is settled what came and stayed here."""
        if self.state not in COUNTS:
            return 0
        return (self.received if self.state == SETTLED else max(self.units, self.received)) - self.sent_back


def may_come_back(dispatched: int, asked: Sequence[Asked]) -> int:
    """Copies of an order line that may still be asked back: what the customer has and no open return names. Never more
    than was sent (RET-1)."""
    return max(0, dispatched - sum(each.held for each in asked))


# --- Money -----------------------------------------------------------------------------------------------------------


def share_of(amount_minor: int, part: int, whole: int) -> int:
    """The part of an amount, rounded down to a whole cent; all of it where there is no whole to divide."""
    return amount_minor * part // whole if 0 < part < whole else (amount_minor if part else 0)


@dataclass(frozen=True, slots=True)
class Paid:
    """An order's money in minor units: goods at the prices of its lines, the total with postage, postage alone."""

    goods: int
    total: int
    postage: int


def refund_of(copies: int, paid: Paid, *, fee: int = 0, with_postage: bool = False) -> int:
    """What is given back for accepted copies that cost `copies` by their lines: less where the order as a whole was
    discounted, less the fee, and with the postage the customer paid where the shop bears it and nothing of the order is
    left with the customer. The way back is not paid here: the customer sends on the label of the shop or at their own
    cost. Never below nothing, never more than the order cost."""
    goods_paid = paid.total - paid.postage
    discounted = copies * goods_paid // paid.goods if 0 <= goods_paid < paid.goods else copies
    return max(0, min(discounted - fee + (paid.postage if with_postage else 0), paid.total))


def spread(units: int, left: Mapping[int, int]) -> dict[int, int] | None:
    """Copies of one title over the order lines that have it, the first line first; None where they are too many."""
    found: dict[int, int] = {}
    for line_id, free in left.items():
        taken = min(units, free)
        if taken:
            found[line_id] = taken
            units -= taken
    return None if units else found


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One good row of a file of returns: `rma` is the shop's number of the return, `code` an ISBN-13 or SKU.
    `reason_text` and `condition` are the sender's words: the bench decides what is true."""

    row: int
    rma: str
    order: str
    code: str
    units: int
    reason: str = OTHER
    reason_text: str = ""
    condition: str = ""
    kind: str = RETURN
