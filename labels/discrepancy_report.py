"""What was wrong with a delivery, for the supplier (REC-2). A4."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from labels import captions
from labels.page import A4_MM, GREY, PALE, Page, sheets_of

_EDGE_MM = 14.0
_ROW_MM = 11.0
_FIRST_TABLE_MM, _NEXT_TABLE_MM = 72.0, 26.0
_HEADS_MM = 8.0
_FOOT_MM = 10.0
_SIGNATURES_MM = 44.0
# Column: left end in mm from the edge, width in mm, caption, right-aligned.
_COLUMNS = (
    (0.0, 9.0, "row", True),
    (13.0, 25.0, "what_was_wrong", False),
    (40.0, 76.0, "item", False),
    (117.0, 17.0, "announced", True),
    (135.0, 16.0, "came", True),
    (152.0, 15.0, "difference", True),
    (168.0, 14.0, "photos", True),
)


@dataclass(frozen=True)
class ReportRow:
    """One thing that was wrong. `difference` is in copies, with its sign; `announced` is empty where nobody announced
    the title; `note` stands under the title beside the ISBN."""

    kind: str
    title: str
    isbn: str
    announced: str
    came: int
    difference: str
    photos: int
    note: str = ""


@dataclass(frozen=True)
class DiscrepancyReport:
    """One closed delivery. `facts` are (caption, words) of its head: order, notice, copies …"""

    lang: str
    number: str
    on: date
    supplier: str
    warehouse: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[ReportRow, ...]


def to_pdf(report: DiscrepancyReport) -> bytes:
    """The report; one without rows says that the delivery was as announced."""
    page = Page(A4_MM, title=f"{captions.caption(report.lang, 'discrepancy_report')} {report.number}", lang=report.lang)
    sheets = sheets_of(report.rows, tops_mm=(_FIRST_TABLE_MM + _HEADS_MM, _NEXT_TABLE_MM + _HEADS_MM),
                       bottom_mm=A4_MM[1] - _FOOT_MM - 5, row_mm=_ROW_MM, end_mm=_SIGNATURES_MM)
    first = 1
    for i, rows in enumerate(sheets):
        if i:
            page.new_page()
        y = _head(page, report) if i == 0 else _next_head(page, report)
        y = _table(page, report.lang, rows, y, first)
        first += len(rows)
        if i == len(sheets) - 1:
            _end(page, report, y)
        words = captions.caption(report.lang, "page", page=i + 1, pages=len(sheets))
        page.write(A4_MM[0] - _EDGE_MM, A4_MM[1] - _FOOT_MM, words, 8.5, align="right", grey=GREY)
        page.fit(_EDGE_MM, A4_MM[1] - _FOOT_MM, report.warehouse, 8.5, 120, grey=GREY)
    return page.to_bytes()


def _head(page: Page, report: DiscrepancyReport) -> float:
    left, right = _EDGE_MM, A4_MM[0] - _EDGE_MM
    page.fit(left, 22, captions.caption(report.lang, "discrepancy_report"), 18, 110, bold=True)
    page.fit(right, 22, report.number, 14, 60, bold=True, align="right")
    page.fit(right, 28, captions.day(report.lang, report.on), 10, 60, align="right", grey=GREY)
    page.fit(left, 31, f"{captions.caption(report.lang, 'supplier')}: {report.supplier}", 12, 120, bold=True)
    page.fit(left, 37, f"{captions.caption(report.lang, 'warehouse')}: {report.warehouse}", 10, 180, grey=GREY)
    for i, (caption, words) in enumerate(report.facts):
        x, y = left + (i % 3) * 62, 46 + (i // 3) * 11
        page.fit(x, y, captions.caption(report.lang, caption), 8.5, 58, grey=GREY)
        page.fit(x, y + 5, words, 11, 58)
    return _FIRST_TABLE_MM


def _next_head(page: Page, report: DiscrepancyReport) -> float:
    page.fit(_EDGE_MM, 18, f"{report.supplier} · {report.number}", 11, 130, bold=True)
    page.fit(A4_MM[0] - _EDGE_MM, 18, captions.day(report.lang, report.on), 10, 45, align="right")
    return _NEXT_TABLE_MM


def _table(page: Page, lang: str, rows: Sequence[ReportRow], y: float, first: int) -> float:
    width = A4_MM[0] - 2 * _EDGE_MM
    _cells(page, y + 4, tuple(captions.caption(lang, word) for _, _, word, _ in _COLUMNS), 8.5, grey=GREY)
    y += 6
    page.rule(_EDGE_MM, y, width, pt=1)
    for i, row in enumerate(rows):
        photos = str(row.photos) if row.photos else ""
        words = (str(first + i), row.kind, row.title, row.announced, str(row.came), row.difference, photos)
        _cells(page, y + 4.8, words, 10, grey=0.0)
        x, wide = _COLUMNS[2][0], _COLUMNS[2][1]
        page.fit(_EDGE_MM + x, y + 9, " · ".join(filter(None, (row.isbn, row.note))), 8, wide, grey=GREY)
        y += _ROW_MM
        page.rule(_EDGE_MM, y, width, pt=0.3, grey=PALE)
    return y


def _cells(page: Page, y: float, words: tuple[str, ...], size_pt: float, *, grey: float) -> None:
    for (x, width, _, is_right), word in zip(_COLUMNS, words, strict=True):
        at = _EDGE_MM + x + (width if is_right else 0)
        page.fit(at, y, word, size_pt, width, align="right" if is_right else "left", grey=grey)


def _end(page: Page, report: DiscrepancyReport, y: float) -> None:
    width = A4_MM[0] - 2 * _EDGE_MM
    if not report.rows:
        page.fit(_EDGE_MM, y + 8, captions.caption(report.lang, "no_discrepancy"), 12, width)
    elif any(row.photos for row in report.rows):
        page.fit(_EDGE_MM, y + 6, captions.caption(report.lang, "photos_on_request"), 9, width, grey=GREY)
    line_y = A4_MM[1] - _FOOT_MM - 16
    half = (width - 12) / 2
    for x, word in ((_EDGE_MM, "warehouse_signature"), (_EDGE_MM + half + 12, "supplier_signature")):
        page.rule(x, line_y, half, pt=0.8)
        page.write(x, line_y + 4.5, captions.caption(report.lang, word), 8.5, grey=GREY)
