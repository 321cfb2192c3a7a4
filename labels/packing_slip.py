"""The paper in the box: packing slip, or with sender and signature the dispatch note (PAK-3). A5 or A4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from labels import barcodes, captions, text
from labels.page import GREY, PALE, PAPER_MM, PT_PER_MM, Page, line_height_mm

_EDGE_MM = 10.0
_COUNT_MM, _PRICE_MM = 15.0, 24.0
_BARS_MM = (66.0, 13.0)
_FOOT_MM = 9.0
_FIRST_TABLE_MM, _NEXT_TABLE_MM = 47.0, 20.0
_TITLE_PT, _ABOUT_PT, _NOTE_PT = 9.5, 7.5, 8.0
_TITLE_LINES, _ABOUT_LINES, _NOTE_LINES = 4, 2, 2
_ROW_PAD_MM = 2.2
_SENDER_MM, _SIGNATURE_MM = 8.0, 20.0


@dataclass(frozen=True)
class SlipLine:
    """One title of the order. `price` is written with its currency; `note` says why copies are missing."""

    title: str
    ordered_units: int
    parcel_units: int
    author: str = ""
    isbn: str = ""
    edition: str = ""
    note: str = ""
    price: str = ""


@dataclass(frozen=True)
class PackingSlip:
    """What lies in one parcel. `order_code` is our own label text in the bars. `recipient` is already masked.

    `is_gift` leaves out every price and the total, whatever the lines carry. `is_dispatch_note` adds the
    sender and a line to sign. `parcel_count` 0: not yet known.
    """

    lang: str
    shop_name: str
    order_number: str
    order_code: str
    recipient: str
    on: date
    lines: tuple[SlipLine, ...]
    parcel_number: int = 1
    parcel_count: int = 1
    packed_by: str = ""
    total: str = ""
    is_gift: bool = False
    gift_message: str = ""
    remarks: str = ""
    is_dispatch_note: bool = False
    sender: str = ""
    paper: str = "A5"

    @property
    def shows_prices(self) -> bool:
        """True if any price may be printed."""
        return not self.is_gift and any(line.price for line in self.lines)


@dataclass(frozen=True)
class _Row:
    line: SlipLine
    title: list[str]
    about: list[str]
    note: list[str]

    @property
    def height_mm(self) -> float:
        return _ROW_PAD_MM + sum(
            len(words) * line_height_mm(size)
            for words, size in ((self.title, _TITLE_PT), (self.about, _ABOUT_PT), (self.note, _NOTE_PT))
        )


@dataclass(frozen=True)
class _Tail:
    """What stands below the table: headed paragraphs, perhaps the line to sign."""

    parts: tuple[tuple[str, list[str]], ...]
    height_mm: float


def to_pdf(slips: PackingSlip | Iterable[PackingSlip]) -> bytes:
    """Slips in the given order, each from a new page on. Refused: none at all, a paper but A4 or A5."""
    batch = [slips] if isinstance(slips, PackingSlip) else list(slips)
    if not batch:
        raise ValueError("no slips to print")
    page = Page(PAPER_MM[batch[0].paper], title=_heading(batch[0]), lang=batch[0].lang)
    for i, slip in enumerate(batch):
        if i:
            page.new_page(PAPER_MM[slip.paper])
        _draw(page, slip)
    return page.to_bytes()


def _heading(slip: PackingSlip) -> str:
    return captions.caption(slip.lang, "dispatch_note" if slip.is_dispatch_note else "packing_slip")


def _draw(page: Page, slip: PackingSlip) -> None:
    width = page.width_mm - 2 * _EDGE_MM
    words_mm = width - 2 * _COUNT_MM - (_PRICE_MM if slip.shows_prices else 0)
    rows = [_row(line, words_mm - 2) for line in slip.lines]
    tail = _tail(slip, width)
    sheets = _sheets(slip, rows, tail, page.height_mm - _EDGE_MM - _FOOT_MM)
    for i, sheet in enumerate(sheets):
        if i:
            page.new_page()
        y = _head(page, slip) if i == 0 else _next_head(page, slip)
        y = _table(page, slip, sheet, y, words_mm)
        if i == len(sheets) - 1:
            _draw_tail(page, slip, tail, y)
        _foot(page, slip, i + 1, len(sheets))


def _row(line: SlipLine, width_mm: float) -> _Row:
    about = " · ".join(
        part for part in (line.author, line.edition, f"ISBN {line.isbn}" if line.isbn else "") if part
    )
    return _Row(
        line,
        _lines(line.title, width_mm, _TITLE_PT, most=_TITLE_LINES, bold=True),
        _lines(about, width_mm, _ABOUT_PT, most=_ABOUT_LINES),
        _lines(line.note, width_mm, _NOTE_PT, most=_NOTE_LINES),
    )


def _lines(words: str, width_mm: float, size_pt: float, *, most: int, bold: bool = False) -> list[str]:
    """Lines at exactly this size; what is longer is cut with an ellipsis."""
    return text.fit(words, width_mm * PT_PER_MM, size_pt, lines=most, smallest_pt=size_pt, bold=bold)[0]


def _tail(slip: PackingSlip, width_mm: float) -> _Tail:
    wanted = (("gift_for_you", slip.gift_message, 14), ("remarks", slip.remarks, 8))
    parts = tuple(
        (captions.caption(slip.lang, code), _lines(words, width_mm - 8, 10, most=most))
        for code, words, most in wanted
        if words
    )
    height = 8.0 + sum(line_height_mm(8) + len(words) * line_height_mm(10) + 6 for _, words in parts)
    return _Tail(parts, height + (_SIGNATURE_MM if slip.is_dispatch_note else 0))


def _sheets(slip: PackingSlip, rows: Sequence[_Row], tail: _Tail, bottom_mm: float) -> list[list[_Row]]:
    """Rows of each sheet. The last sheet keeps room for what stands below the table, alone if it must."""
    sheets: list[list[_Row]] = [[]]
    y = _FIRST_TABLE_MM + (_SENDER_MM if slip.is_dispatch_note and slip.sender else 0) + 7
    for row in rows:
        if y + row.height_mm > bottom_mm:
            sheets.append([])
            y = _NEXT_TABLE_MM + 7
        sheets[-1].append(row)
        y += row.height_mm
    if y + tail.height_mm > bottom_mm and sheets[-1]:
        sheets.append([])
    return sheets


def _head(page: Page, slip: PackingSlip) -> float:
    left, right = _EDGE_MM, page.width_mm - _EDGE_MM
    width = right - left
    page.fit(left, 16, slip.shop_name, 15, width * 0.58, bold=True, smallest_pt=8)
    page.fit(right, 16, _heading(slip), 15, width * 0.38, align="right")
    page.rule(left, 19.5, width, pt=1.2)
    bars, height = _BARS_MM
    barcodes.draw_code(page, slip.order_code, (right - bars, 22, bars, height), align="right")
    page.fit(right, 22 + height + 3.6, slip.order_code, 8, bars, align="right", grey=GREY)
    words_mm = width - bars - 2
    page.write(left, 25, captions.caption(slip.lang, "order"), 8, grey=GREY)
    page.fit(left, 31.2, slip.order_number, 15, words_mm, bold=True, smallest_pt=7)
    page.fit(left, 36.8, f"{captions.caption(slip.lang, 'to')} {slip.recipient}", 9.5, words_mm)
    page.fit(left, 41.6, captions.day(slip.lang, slip.on), 9.5, words_mm, grey=GREY)
    if not (slip.is_dispatch_note and slip.sender):
        return _FIRST_TABLE_MM
    words = f"{captions.caption(slip.lang, 'sender')} {slip.sender}"
    page.paragraph(left, 43.6, words, 8.5, width, lines=2, smallest_pt=6)
    return _FIRST_TABLE_MM + _SENDER_MM


def _next_head(page: Page, slip: PackingSlip) -> float:
    left, width = _EDGE_MM, page.width_mm - 2 * _EDGE_MM
    words = f"{captions.caption(slip.lang, 'order')} {slip.order_number}"
    page.fit(left, 14.5, slip.shop_name, 10, width * 0.5, bold=True)
    page.fit(left + width, 14.5, words, 10, width * 0.46, align="right")
    page.rule(left, 17, width, pt=1.2)
    return _NEXT_TABLE_MM


def _table(page: Page, slip: PackingSlip, rows: Sequence[_Row], y: float, words_mm: float) -> float:
    if not rows:
        return y
    left, width = _EDGE_MM, page.width_mm - 2 * _EDGE_MM
    ordered, here = left + words_mm + _COUNT_MM - 2, left + words_mm + 2 * _COUNT_MM - 2
    for x, word, align in ((left, "item", "left"), (ordered, "ordered", "right"), (here, "here", "right")):
        page.write(x, y + 4, captions.caption(slip.lang, word), 8, grey=GREY, align=align)
    if slip.shows_prices:
        page.write(left + width, y + 4, captions.caption(slip.lang, "price"), 8, grey=GREY, align="right")
    y += 6
    page.rule(left, y, width, pt=0.8)
    for row in rows:
        top = y + _ROW_PAD_MM / 2
        below = page.stack(left, top, row.title, _TITLE_PT, bold=True)
        below = page.stack(left, below, row.about, _ABOUT_PT, grey=GREY)
        page.stack(left, below, row.note, _NOTE_PT, bold=True)
        line = row.line
        page.write(ordered, top + 4, str(line.ordered_units), 10, align="right", grey=GREY)
        if line.parcel_units != line.ordered_units:
            # A short or split line must not be missed by a reader in a hurry.
            page.area(here - 8.5, top + 0.1, 10.5, 5.4)
            page.write(here, top + 4, str(line.parcel_units), 11, bold=True, grey=1.0, align="right")
        else:
            page.write(here, top + 4, str(line.parcel_units), 11, bold=True, align="right")
        if slip.shows_prices:
            page.fit(left + width, top + 4, line.price, 9, _PRICE_MM - 2, align="right")
        y += row.height_mm
        page.rule(left, y, width, pt=0.3, grey=PALE)
    return y


def _draw_tail(page: Page, slip: PackingSlip, tail: _Tail, y: float) -> None:
    left, width = _EDGE_MM, page.width_mm - 2 * _EDGE_MM
    units = sum(line.parcel_units for line in slip.lines)
    words = captions.caption(slip.lang, "copy_in_parcel" if units == 1 else "copies_in_parcel", units=units)
    page.fit(left, y + 5.6, words, 9.5, width * 0.6, bold=True)
    if slip.total and not slip.is_gift:
        total = f"{captions.caption(slip.lang, 'total')} {slip.total}"
        page.fit(left + width, y + 5.6, total, 11, width * 0.38, bold=True, align="right")
    y += 9
    for heading, lines in tail.parts:
        height = line_height_mm(8) + len(lines) * line_height_mm(10) + 3.5
        page.frame(left, y, width, height, pt=0.8, radius_mm=1.5)
        below = page.stack(left + 4, y + 1.2, [heading], 8, grey=GREY)
        page.stack(left + 4, below, lines, 10)
        y += height + 2.5
    if slip.is_dispatch_note:
        line_y = page.height_mm - _EDGE_MM - _FOOT_MM - 1
        page.rule(left + width * 0.4, line_y, width * 0.6, pt=0.6)
        page.write(left, line_y, captions.caption(slip.lang, "receiver_signature"), 8, grey=GREY)


def _foot(page: Page, slip: PackingSlip, number: int, count: int) -> None:
    left, width = _EDGE_MM, page.width_mm - 2 * _EDGE_MM
    y = page.height_mm - _EDGE_MM
    page.rule(left, y - 5, width, pt=0.5)
    parts = [captions.parcel(slip.lang, slip.parcel_number, slip.parcel_count)]
    if slip.packed_by:
        parts.append(f"{captions.caption(slip.lang, 'packed_by')} {slip.packed_by}")
    page.fit(left, y, " · ".join(parts), 8.5, width * 0.7)
    words = captions.caption(slip.lang, "page", page=number, pages=count)
    page.write(left + width, y, words, 8.5, align="right", grey=GREY)
