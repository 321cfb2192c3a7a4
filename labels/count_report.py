"""The report of a stocktake for the auditors: figures, counters, every line, signatures. A4 across."""

from collections.abc import Sequence
from dataclasses import dataclass

from labels import captions
from labels.page import A4_MM, GREY, PALE, Page, sheets_of

_WIDTH_MM, _HEIGHT_MM = A4_MM[1], A4_MM[0]
_EDGE_MM = 12.0
_ROW_MM = 6.2
_HEADS_MM = 8.0
_FOOT_MM = 9.0
_SIGNATURES_MM = 30.0
_NEXT_TABLE_MM = 24.0
# Column: left end in mm from the edge, width in mm, right-aligned.
_COLUMNS = (
    (0.0, 22.0, False), (24.0, 62.0, False), (88.0, 30.0, False), (119.0, 12.0, True), (133.0, 58.0, False),
    (191.0, 12.0, True), (205.0, 22.0, True), (230.0, 43.0, False),
)


@dataclass(frozen=True)
class ReportLine:
    """One title on one shelf, in words: `counts` are the rounds with their counters, `decision` state, cause, approver
    and the moves that came of it."""

    shelf: str
    title: str
    code: str
    on_record: str
    counts: str
    difference: str
    value: str
    decision: str
    differs: bool = False


@dataclass(frozen=True)
class CountReport:
    """One stocktake. `facts` are (name, words) pairs for the head, `counters` one line of words each, `headings` name
    the columns of a line in its order, `signatures` whose hands are wanted."""

    lang: str
    title: str
    number: str
    facts: tuple[tuple[str, str], ...]
    counters: tuple[str, ...]
    counters_title: str
    headings: tuple[str, ...]
    lines: tuple[ReportLine, ...]
    signatures: tuple[str, ...]
    warehouse: str = ""


def to_pdf(report: CountReport) -> bytes:
    """The report; lines run on over as many pages as they need."""
    page = Page((_WIDTH_MM, _HEIGHT_MM), title=f"{report.title} {report.number}", lang=report.lang)
    y = _head(page, report)
    sheets = sheets_of(report.lines, tops_mm=(y + _HEADS_MM, _NEXT_TABLE_MM + _HEADS_MM),
                       bottom_mm=_HEIGHT_MM - _FOOT_MM - 5, row_mm=_ROW_MM, end_mm=_SIGNATURES_MM)
    for i, lines in enumerate(sheets):
        if i:
            page.new_page()
            page.fit(_EDGE_MM, 16, f"{report.title} · {report.number}", 11, 160, bold=True)
            y = _NEXT_TABLE_MM
        _table(page, report.headings, lines, y)
        if i == len(sheets) - 1:
            _signatures(page, report.signatures)
        words = captions.caption(report.lang, "page", page=i + 1, pages=len(sheets))
        page.write(_WIDTH_MM - _EDGE_MM, _HEIGHT_MM - _FOOT_MM, words, 8.5, align="right", grey=GREY)
        page.fit(_EDGE_MM, _HEIGHT_MM - _FOOT_MM, report.warehouse, 8.5, 160, grey=GREY)
    return page.to_bytes()


def _head(page: Page, report: CountReport) -> float:
    """Title, facts in two columns, counters; where the table begins."""
    page.fit(_EDGE_MM, 20, report.title, 18, 120, bold=True)
    page.fit(_WIDTH_MM - _EDGE_MM, 20, report.number, 16, 100, bold=True, align="right")
    half = (_WIDTH_MM - 2 * _EDGE_MM) / 2
    y = 29.0
    for i, (name, words) in enumerate(report.facts):
        x = _EDGE_MM + half * (i % 2)
        page.fit(x, y, name, 9, 46, grey=GREY)
        page.fit(x + 48, y, words, 9.5, half - 52)
        y += 5.4 * (i % 2)
    y += 5.4 * (len(report.facts) % 2)
    if report.counters:
        page.fit(_EDGE_MM, y + 2, report.counters_title, 9, 46, grey=GREY)
        y = page.paragraph(_EDGE_MM + 48, y - 1.2, " · ".join(report.counters), 9.5, _WIDTH_MM - 2 * _EDGE_MM - 48,
                           lines=4)
    return y + 5


def _table(page: Page, headings: Sequence[str], lines: Sequence[ReportLine], y: float) -> None:
    width = _WIDTH_MM - 2 * _EDGE_MM
    _cells(page, y + 4, headings, 8.5, grey=GREY)
    y += 6
    page.rule(_EDGE_MM, y, width, pt=1)
    for line in lines:
        _cells(page, y + 4.3, (line.shelf, line.title, line.code, line.on_record, line.counts, line.difference,
                               line.value, line.decision), 9, bold=line.differs)
        y += _ROW_MM
        page.rule(_EDGE_MM, y, width, pt=0.3, grey=PALE)


def _cells(
    page: Page, y: float, words: Sequence[str], size_pt: float, *, grey: float = 0.0, bold: bool = False,
) -> None:
    for (x, width, is_right), word in zip(_COLUMNS, words, strict=True):
        at = _EDGE_MM + x + (width if is_right else 0)
        page.fit(at, y, word, size_pt, width, align="right" if is_right else "left", grey=grey, bold=bold)


def _signatures(page: Page, names: Sequence[str]) -> None:
    y = _HEIGHT_MM - _FOOT_MM - 13
    each = (_WIDTH_MM - 2 * _EDGE_MM + 10) / max(1, len(names))
    for i, name in enumerate(names):
        page.rule(_EDGE_MM + i * each, y, each - 10, pt=0.8)
        page.fit(_EDGE_MM + i * each, y + 4.5, name, 8.5, each - 10, grey=GREY)
