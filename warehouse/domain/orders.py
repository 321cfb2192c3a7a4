"""A sales order: its life as one table, and what an order file says about it before anyone has judged it
(ORD-1)."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from warehouse.domain.flow import Flow

RECEIVED, HELD, CONFIRMED, RELEASED = "received", "held", "confirmed", "released"
PICKING, PICKED, PACKING, PACKED = "picking", "picked", "packing", "packed"
DISPATCHED, DELIVERED, RETURNED, CALLED_OFF = "dispatched", "delivered", "returned", "cancelled"
BEFORE_DISPATCH = (RECEIVED, HELD, CONFIRMED, RELEASED, PICKING, PICKED, PACKING, PACKED)

ORDER_FLOW = Flow("order", start=RECEIVED, steps={
    (RECEIVED, "hold"): HELD,
    (RECEIVED, "confirm"): CONFIRMED,
    (HELD, "lift"): RECEIVED,
    (CONFIRMED, "hold"): HELD,
    (CONFIRMED, "release"): RELEASED,
    (RELEASED, "unrelease"): CONFIRMED,
    # Nothing of it was taken and nothing is left to walk to: it waits for a release like a new one.
    (PICKING, "unrelease"): CONFIRMED,
    (RELEASED, "start_pick"): PICKING,
    (PICKING, "finish_pick"): PICKED,
    (PICKED, "pick_more"): PICKING,
    (PICKED, "start_pack"): PACKING,
    # Another copy is fetched for one that was lost at the bench.
    (PACKING, "pick_more"): PICKING,
    (PACKING, "finish_pack"): PACKED,
    (PACKED, "reopen"): PACKING,
    (PACKED, "dispatch"): DISPATCHED,
    (DISPATCHED, "deliver"): DELIVERED,
    (DISPATCHED, "return"): RETURNED,
    (DELIVERED, "return"): RETURNED,
    # Held under way: shelves are let go, what was picked goes on to the bench when the hold is lifted, and what is
    # packed and closed already stays so.
    (RELEASED, "hold"): HELD,
    (PICKING, "hold"): HELD,
    (PICKED, "hold"): HELD,
    (PACKING, "hold"): HELD,
    (PACKED, "hold"): HELD,
    (HELD, "resume"): PICKED,
    (HELD, "resume_packed"): PACKED,
    **{(state, "cancel"): CALLED_OFF for state in BEFORE_DISPATCH},
})
# What the desk can do to an order under way that the floor must know of: slips and labels from before are void (ORD-7).
CHANGES = ("change_units", "cancel_units", "add_line", "choose_item", "mend_address", "merge", "split")
# Lines and address may still be changed at the desk: nothing is reserved yet.
STILL_OPEN = (RECEIVED, HELD, CONFIRMED)

# How an order stands in its shop. Only an open one is worked on.
OPEN, CANCELLED, CLOSED, REFUNDED, FULFILLED = "open", "cancelled", "closed", "refunded", "already_fulfilled"
PAID, UNPAID, CASH_ON_DELIVERY = "paid", "unpaid", "cod"


# What of a recipient the desk shows and mends.
ADDRESS_FIELDS = ("name", "phone", "company", "street", "district", "city", "province", "postcode", "country")


@dataclass(frozen=True, repr=False)
class Recipient:
    """Who gets the parcel, as the shop wrote it. Has no repr: it must not end in a log."""

    name: str = ""
    phone: str = ""
    email: str = ""
    company: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    province: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True)
class Flaw:
    """Something wrong or odd in the file: a code of `domain/review`, the rows, facts for the sentence. Facts
    are never personal data: they are kept in the report of the import."""

    code: str
    rows: tuple[int, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LineDraft:
    """One title of one row. `units` as the file writes them, also where that makes no sense (0, -1). `code`
    is what the line's text was read as: an ISBN-13, a 13-digit GTIN or a SKU; empty where nothing was."""

    row: int
    code_text: str
    code: str
    title: str
    units: int
    price_minor: int
    is_service: bool = False
    units_shipped: int = 0
    is_other_notation: bool = False
    is_bundle: bool = False
    # Which line of its row: JSON files have several lines in one order, bundles several titles in one line.
    place: int = 0

    @property
    def units_open(self) -> int:
        return max(0, self.units - self.units_shipped)


@dataclass(frozen=True)
class OrderDraft:
    """One order as read from a file. `placed_at` is None where the file names an impossible day (a flaw says
    so). `units_declared` is the shop's own count, for an order that came without lines."""

    channel: str
    source_number: str
    rows: tuple[int, ...]
    placed_at: datetime | None
    standing: str
    payment: str
    currency: str
    total_minor: int
    shipping_minor: int
    service: str
    recipient: Recipient
    lines: tuple[LineDraft, ...]
    flaws: tuple[Flaw, ...] = ()
    cod_minor: int = 0
    # None: the file names no total of its own to compare with.
    total_expected_minor: int | None = None
    buyer_remark: str = ""
    staff_remark: str = ""
    gift_note: str = ""
    when_short: str = "wait"
    carrier_code: str = ""
    units_declared: int = 0

    @property
    def goods(self) -> tuple[LineDraft, ...]:
        return tuple(line for line in self.lines if not line.is_service)

    @property
    def open_lines(self) -> tuple[LineDraft, ...]:
        """What is still to be sent, postage lines included."""
        return tuple(line for line in self.lines if line.units_open > 0)

    @property
    def content_hash(self) -> str:
        """The same for the same order from another file of the same shop; another one where lines, address or
        payment changed. Remarks and what was shipped meanwhile do not count."""
        who = self.recipient
        body = [
            [[line.code, line.units] for line in self.goods], self.payment,
            who.name, who.street, who.city, who.postcode, who.country,
        ]
        return hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Receipt:
    """What became of one draft: `outcome` is created, known, changed, rejected or skipped; `flaws` all that
    is to be told about it."""

    draft: OrderDraft
    outcome: str
    cls: str
    kind: str
    is_held: bool
    flaws: tuple[Flaw, ...]
