"""Purchase orders and delivery notices: the life of an order, the rows of their files, and what a changed number
means (REC-1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from warehouse.domain import codes
from warehouse.domain.catalog import RowProblem
from warehouse.domain.codes import Thing
from warehouse.domain.flow import Flow
from warehouse.domain.scans import WARN, Verdict, refuse

OPEN, PART, RECEIVED, CLOSED = "open", "part", "received", "closed"
# `close` ends an order of which no more is expected.
PURCHASE_FLOW = Flow("purchase_order", start=OPEN, steps={
    (OPEN, "receive_part"): PART, (OPEN, "receive_rest"): RECEIVED, (OPEN, "close"): CLOSED,
    (PART, "receive_part"): PART, (PART, "receive_rest"): RECEIVED, (PART, "close"): CLOSED,
})
# Of these more is expected, so their lines may still change.
WAITED_FOR = (OPEN, PART)

# What a delivery can differ in from what was ordered or announced, and how copies can be bad: kinds of incident.
OVER, SHORT, NOT_ORDERED, UNKNOWN_TITLE = "over", "short", "not_ordered", "unknown_title"
DAMAGED, MISPRINT, MISSING_PAGES, WRONG_EDITION = "damaged", "misprint", "missing_pages", "wrong_edition"
# Copies that nobody wanted.
OVERS = (OVER, NOT_ORDERED, UNKNOWN_TITLE)
DISCREPANCIES = (SHORT, OVER, NOT_ORDERED, UNKNOWN_TITLE, DAMAGED, MISPRINT, MISSING_PAGES,
                 WRONG_EDITION)

# Whether an item has its facts (CAT-3): a draft is not put away.
DRAFT, LISTED = "draft", "listed"

MOST_UNITS = 1_000_000
LONGEST_NUMBER, LONGEST_NAME = 60, 120


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """One good row of a purchase file. At least one of `isbn13` and `sku` is filled; `title` serves only to make a
    draft of a book that the catalogue does not have. `expected_on` is YYYY-MM-DD or empty; `note` is the code of what
    was left out while the row still loads."""

    row: int
    supplier: str
    number: str
    isbn13: str | None
    sku: str | None
    units: int
    title: str = ""
    price_minor: int | None = None
    currency: str | None = None
    expected_on: str = ""
    note: str = ""

    @property
    def group(self) -> tuple[str, str]:
        """Rows with the same are one order."""
        return plain_name(self.supplier), self.number

    @property
    def line(self) -> tuple[str | None, ...]:
        """Rows of one order with the same say one thing twice."""
        return self.sku, self.isbn13


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One good row of a delivery notice (ASN). `order_number` and `parcel` may be empty, `title` serves as in a
    purchase file. A notice that names two orders announces two deliveries."""

    row: int
    supplier: str
    number: str
    isbn13: str | None
    sku: str | None
    units: int
    title: str = ""
    order_number: str = ""
    parcel: str = ""
    note: str = ""

    @property
    def group(self) -> tuple[str, str, str]:
        return plain_name(self.supplier), self.number, self.order_number

    @property
    def line(self) -> tuple[str | None, ...]:
        return self.sku, self.isbn13, self.parcel


Row = TypeVar("Row", PurchaseRow, NoticeRow)


def groups_of(rows: Iterable[Row]) -> tuple[list[list[Row]], list[RowProblem]]:
    """The rows of each order or notice together, in the file's order. A second row for the same thing is a problem:
    nobody can tell whether it repeats the first or adds to it."""
    groups: dict[tuple[str, ...], dict[tuple[str | None, ...], Row]] = {}
    problems = []
    for row in rows:
        first = groups.setdefault(row.group, {}).setdefault(row.line, row)
        if first is not row:
            problems.append(RowProblem(row.row, "repeated_purchase_row",
                                       {"item": row.sku or row.isbn13, "first_row": first.row}))
    return [list(group.values()) for group in groups.values()], problems


@dataclass(frozen=True)
class LineStand:
    """Units of one line of a purchase order: what was ordered, and what deliveries brought of it, good and bad."""

    ordered: int
    received: int

    @property
    def outstanding(self) -> int:
        """Units still to come; more than was ordered does not make another line's copies arrive."""
        return max(0, self.ordered - self.received)


def verb_of(lines: Iterable[LineStand]) -> str:
    """What a delivery did to its order: the rest is here, or a part. Every line counts for itself."""
    return "receive_part" if any(line.outstanding for line in lines) else "receive_rest"


def why_not_changed(state: str, *, received: int, units: int) -> str:
    """Why a line may not be changed to `units`: the code of a row problem, empty where it may be."""
    if state not in WAITED_FOR:
        return "purchase_over"
    return "below_received" if units < received else ""


def judge_other(state: str, number: str, thing: Thing) -> Verdict:
    """A scan on an order's page that is no known book. `number` is the order's."""
    if state not in WAITED_FOR:
        return refuse("purchasing.order_over", WARN, number=number)
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if thing.kind == codes.UNKNOWN:
        return refuse("purchasing.unknown_code", text=thing.text)
    return refuse("purchasing.scan_a_book", WARN, name=thing.name or thing.text)


def is_late(state: str, expected_on: str, today: date) -> bool:
    """Whether something that is waited for should have come before today. A day that nobody named is never late."""
    return state in WAITED_FOR and bool(expected_on) and expected_on < today.isoformat()


def plain_name(name: str) -> str:
    """A supplier's name as it is compared: one firm is not two because of a space or a capital."""
    return " ".join(name.split()).casefold()
