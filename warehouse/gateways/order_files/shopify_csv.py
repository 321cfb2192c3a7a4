"""Shopify's order export: one row a line, the order's own fields on its first row only.

Rows of one order may stand apart, and a block may stand in the file twice. Files put together from several
exports hold blocks in other encodings; each block is read by itself then, or held by name.
"""

import csv
import io
import re
from dataclasses import dataclass, field

from warehouse.domain import orders
from warehouse.domain.orders import Flaw, OrderDraft, Recipient
from warehouse.gateways.order_files.rows import (
    Goods,
    Reading,
    Repeat,
    read_moment,
    read_money,
    tidy,
    unquoted,
)

KIND = "shopify_csv"
Row = dict[str, str]
_PAID = {"paid", "partially_refunded", "partially_paid", "authorized"}
# GBK as people's names and addresses use it: both bytes of a character above 0xA0.
_GBK_TEXT = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xf7][\xa1-\xfe])*")
# Western letters stand alone between ASCII ones.
_LONE_LETTERS = re.compile(rb"(?:[\x00-\x7f]|(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff]))*")


def fits(head: str) -> bool:
    return "Lineitem quantity" in head and "Financial Status" in head


@dataclass
class Block:
    """One order's rows as they were found; `heads` > 1 only inside `read`."""

    rows: list[tuple[int, Row]] = field(default_factory=list)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(number for number, _ in self.rows)

    def body(self) -> list[Row]:
        return [row for _, row in self.rows]


def read(file: str, data: bytes, time_zone: str) -> Reading:
    """All orders of the file, the first block of each; a second block is a repeat or a flaw."""
    try:
        records = _records(data)
    except csv.Error:
        return Reading(file, KIND, flaws=(Flaw("broken_csv"),))
    blocks: dict[str, list[Block]] = {}
    for number, row in records:
        name = row.get("Name", "").strip()
        found = blocks.setdefault(name, [])
        if row.get("Financial Status") or not found:
            found.append(Block())
        found[-1].rows.append((number, row))
    drafts, repeats = [], []
    for name, (first, *others) in blocks.items():
        flaws: list[Flaw] = []
        for other in others:
            if other.body() == first.body():
                repeats.append(Repeat(name, other.numbers))
            else:
                flaws.append(Flaw("duplicate_changed", first.numbers + other.numbers))
        drafts.append(_draft(name, first, flaws, time_zone))
    return Reading(file, KIND, tuple(drafts), tuple(repeats))


def _draft(name: str, block: Block, flaws: list[Flaw], time_zone: str) -> OrderDraft:
    head, goods = block.rows[0][1], Goods()
    flaws = [*_encoding_flaws(block), *flaws]
    for number, row in block.rows:
        status = row.get("Lineitem fulfillment status", "")
        goods.add(
            number, row.get("Lineitem sku", ""), row.get("Lineitem name", ""),
            units_text=row.get("Lineitem quantity", ""), price_text=row.get("Lineitem price", ""),
            is_service=row.get("Lineitem requires shipping", "").lower() == "false",
            is_shipped=status == "fulfilled",
        )
    placed_at = read_moment(head.get("Created at", ""), time_zone)
    if placed_at is None:
        flaws.append(Flaw("impossible_date", block.numbers[:1], {"text": head.get("Created at", "")[:40]}))
    money = {
        key: read_money(head.get(key) or "0") for key in ("Total", "Shipping", "Taxes", "Discount Amount")
    }
    shipping, taxes, discount = (money[key] or 0 for key in ("Shipping", "Taxes", "Discount Amount"))
    if money["Total"] is None:
        flaws.append(Flaw("price_not_a_number", block.numbers[:1], {"text": head.get("Total", "")[:40]}))
    return OrderDraft(
        channel="shopify", source_number=name, rows=block.numbers, placed_at=placed_at,
        standing=_standing(head), payment=orders.PAID if head["Financial Status"] in _PAID else orders.UNPAID,
        currency=head.get("Currency", ""), total_minor=money["Total"] or 0, shipping_minor=shipping,
        total_expected_minor=goods.sum_minor - discount + shipping + taxes,
        service=head.get("Shipping Method", ""), recipient=_recipient(head), lines=tuple(goods.lines),
        flaws=(*flaws, *goods.flaws), buyer_remark=head.get("Notes", ""),
    )


def _standing(head: Row) -> str:
    if head.get("Cancelled at") or head["Financial Status"] == "voided":
        return orders.CANCELLED
    if head["Financial Status"] == "refunded":
        return orders.REFUNDED
    return orders.FULFILLED if head.get("Fulfillment Status") == "fulfilled" else orders.OPEN


def _recipient(head: Row) -> Recipient:
    def of(part: str) -> str:
        return head.get(f"Shipping {part}", "")

    return Recipient(
        name=of("Name"), phone=unquoted(of("Phone") or head.get("Phone", "")), email=head.get("Email", ""),
        company=of("Company"), street=tidy([of("Address1") or of("Street"), of("Address2")]), city=of("City"),
        province=of("Province Name") or of("Province"), postcode=of("Zip").removeprefix("'"),
        country=of("Country").strip().upper(),
    )


# --- Encodings: the whole file, else block by block
# ------------------------------------------------------------------


def _records(data: bytes) -> list[tuple[int, Row]]:
    """Records with their number (header = 1). A file that is not UTF-8 keeps its bytes as Latin-1 until its
    blocks are known: every byte has one character there, and none of them is a comma, a quote or a line
    end."""
    try:
        text, is_mixed = data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        text, is_mixed = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1"), True
    rows = list(enumerate(csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True), start=2))
    for _, row in rows:
        row.pop(None, None)
    if not is_mixed:
        return rows
    by_name: dict[str, list[Row]] = {}
    for _, row in rows:
        by_name.setdefault(row["Name"], []).append(row)
    for block in by_name.values():
        _decode_block(block)
    return rows


def _decode_block(block: list[Row]) -> None:
    """Put the right text in place of the bytes, and say which encoding it was under the key `_encoding`."""
    cells = [cell.encode("latin-1") for row in block for cell in row.values()]
    encoding = _encoding_of(cells)
    for row in block:
        for key, cell in row.items():
            row[key] = _text(cell.encode("latin-1"), encoding)
        row["_encoding"] = encoding


def _encoding_of(cells: list[bytes]) -> str:
    odd = [cell for cell in cells if not _is_utf8(cell)]
    if not odd:
        return "utf-8"
    if all(_GBK_TEXT.fullmatch(cell) for cell in cells):
        return "gb18030"
    if all(_LONE_LETTERS.fullmatch(cell) and _letters_only(cell) for cell in odd):
        return "cp1252"
    return "unknown"


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _letters_only(cell: bytes) -> bool:
    text = cell.decode("cp1252", errors="replace")
    return all(char.isalpha() or char in "‘’“”–—£€" for char in text if not char.isascii())


def _text(cell: bytes, encoding: str) -> str:
    if encoding != "gb18030" and _is_utf8(cell):
        return cell.decode("utf-8")
    return cell.decode("utf-8" if encoding == "unknown" else encoding, errors="replace")


def _encoding_flaws(block: Block) -> list[Flaw]:
    encoding = block.rows[0][1].get("_encoding", "utf-8")
    if encoding == "utf-8":
        return []
    if encoding == "unknown":
        return [Flaw("unreadable_text", block.numbers)]
    name = {"cp1252": "Windows-1252", "gb18030": "GBK"}[encoding]
    return [Flaw("other_encoding", block.numbers, {"encoding": name})]
