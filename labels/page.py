"""Paper in millimetres from its top left corner, on which words, lines and bars are drawn; then the PDF.

The only place that touches the reportlab canvas. Same calls, same bytes (`invariant`).
"""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import TypeVar

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from labels import text

A4_MM = (210.0, 297.0)
A5_MM = (148.0, 210.0)
SHIPPING_MM = (100.0, 150.0)
PAPER_MM = {"A4": A4_MM, "A5": A5_MM}

Box = tuple[float, float, float, float]  # x, y, width, height in mm
# Binary streams: text-encoding them cost more time than compressing, and a quarter more bytes.
rl_config.useA85 = 0

PT_PER_MM = 72 / 25.4
DOT_MM = 0.125  # a 203 dpi label printer sets 8 dots a millimetre
# Renderers widen a bar that ends exactly on a dot by one dot (measured), so each side is drawn in a little.
_INSET_MM = DOT_MM * 0.1
_LEADING = 1.32
# Middle of the figures and hanzi above the baseline, in parts of the size: to centre a line in a box.
_HALF_HEIGHT = 0.36

Row = TypeVar("Row")

BLACK, WHITE, GREY, PALE = 0.0, 1.0, 0.35, 0.72


def line_height_mm(size_pt: float) -> float:
    """Distance from line to line of text of that size."""
    return size_pt * _LEADING / PT_PER_MM


def snapped_mm(value_mm: float) -> float:
    """The nearest whole dot of a 203 dpi printer."""
    return round(value_mm / DOT_MM) * DOT_MM


def sheets_of(
    rows: Sequence[Row], *, tops_mm: tuple[float, float], bottom_mm: float, row_mm: float, end_mm: float
) -> list[Sequence[Row]]:
    """The rows of each sheet of a table. `tops_mm`: where it begins on the first and on every later one. The last
    sheet has room for what stands below the table, `end_mm` high, and never that alone: one row stands above it."""
    sheets: list[Sequence[Row]] = []
    at, (top, later) = 0, tops_mm
    while True:
        room, room_with_end = int((bottom_mm - top) / row_mm), int((bottom_mm - end_mm - top) / row_mm)
        if len(rows) - at <= room_with_end:
            sheets.append(rows[at:])
            return sheets
        taken = max(1, min(room, len(rows) - at - 1))
        sheets.append(rows[at : at + taken])
        at, top = at + taken, later


class Page:
    """A document being drawn. `new_page` begins the next sheet; sizes may differ from sheet to sheet."""

    def __init__(self, size_mm: tuple[float, float], *, title: str, lang: str) -> None:
        self._file = BytesIO()
        text.face(text.HANZI)
        # An embedded font to begin with: reportlab else names Helvetica, not embedded, on every page.
        self._canvas = Canvas(self._file, invariant=1, lang=lang, initialFontName=text.HANZI)
        self._canvas.setTitle(text.clean(title))
        # A label scaled to "fit the page" is a label whose bars no longer stand on whole dots.
        self._canvas.setViewerPreference("PrintScaling", "None")
        self._start(size_mm)

    def _start(self, size_mm: tuple[float, float]) -> None:
        self.width_mm, self.height_mm = size_mm
        self._filling: float | None = None
        self._canvas.setPageSize((self.width_mm * PT_PER_MM, self.height_mm * PT_PER_MM))

    def new_page(self, size_mm: tuple[float, float] | None = None) -> None:
        """End this sheet, begin the next (of the same size if none is given)."""
        self._canvas.showPage()
        self._start(size_mm or (self.width_mm, self.height_mm))

    def to_bytes(self) -> bytes:
        """The finished PDF."""
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()

    def _fill(self, grey: float) -> None:
        """Set the fill only where it changes: numbers written to the page are most of what a slip costs."""
        if grey != self._filling:
            self._canvas.setFillGray(grey)
            self._filling = grey

    def _x(self, x_mm: float) -> float:
        return x_mm * PT_PER_MM

    def _y(self, y_mm: float) -> float:
        return (self.height_mm - y_mm) * PT_PER_MM

    # Lines and areas

    def rule(
        self, x_mm: float, y_mm: float, width_mm: float, *, pt: float = 0.5, grey: float = BLACK
    ) -> None:
        """A horizontal line."""
        self._canvas.setLineWidth(pt)
        self._canvas.setStrokeGray(grey)
        self._canvas.line(self._x(x_mm), self._y(y_mm), self._x(x_mm + width_mm), self._y(y_mm))

    def upright(self, x_mm: float, y_mm: float, height_mm: float, *, pt: float = 0.5) -> None:
        """A vertical line, downwards."""
        self._canvas.setLineWidth(pt)
        self._canvas.setStrokeGray(BLACK)
        self._canvas.line(self._x(x_mm), self._y(y_mm), self._x(x_mm), self._y(y_mm + height_mm))

    def area(
        self, x_mm: float, y_mm: float, width_mm: float, height_mm: float, *, grey: float = BLACK
    ) -> None:
        """A filled rectangle."""
        self._fill(grey)
        box = (self._x(x_mm), self._y(y_mm + height_mm), width_mm * PT_PER_MM, height_mm * PT_PER_MM)
        self._canvas.rect(*box, stroke=0, fill=1)

    def frame(
        self, x_mm: float, y_mm: float, width_mm: float, height_mm: float, *, pt: float = 0.5,
        grey: float = BLACK, radius_mm: float = 0.0,
    ) -> None:  # fmt: skip
        """An empty rectangle, its corners round if a radius is given."""
        self._canvas.setLineWidth(pt)
        self._canvas.setStrokeGray(grey)
        box = (self._x(x_mm), self._y(y_mm + height_mm), width_mm * PT_PER_MM, height_mm * PT_PER_MM)
        self._canvas.roundRect(*box, radius_mm * PT_PER_MM, stroke=1, fill=0)

    def bars(self, boxes_mm: Iterable[Box]) -> None:
        """Black rectangles (x, y, width, height) of a barcode as one path, each drawn in a little."""
        self._fill(BLACK)
        trim = 2 * _INSET_MM
        # Written out here: a QR has 200 rectangles, and reportlab's number format took half of the time.
        operators = [
            f"{self._x(x + _INSET_MM):.4f} {self._y(y + height - _INSET_MM):.4f}"
            f" {(width - trim) * PT_PER_MM:.4f} {(height - trim) * PT_PER_MM:.4f} re"
            for x, y, width, height in boxes_mm
        ]
        self._canvas.drawPath(PDFPathObject(operators), stroke=0, fill=1)

    # Words

    def write(
        self, x_mm: float, y_mm: float, line: str, size_pt: float, *,
        bold: bool = False, grey: float = BLACK, align: str = "left",
    ) -> None:  # fmt: skip
        """One line; y is its baseline, x its left end, middle or right end. Nothing is cut: fit it before."""
        line = text.clean(line)
        x = self._x(x_mm)
        if align != "left":
            width = text.width_em(line, bold) * size_pt
            x -= width if align == "right" else width / 2
        y = self._y(y_mm)
        self._fill(grey)
        for run in text.runs(line, bold):
            width = text.run_width_pt(run, size_pt)
            if run.is_code:
                self._code(run, x, y, width, size_pt)
            else:
                self._canvas.setFont(run.font, size_pt)
                self._canvas.drawString(x, y, run.chars)
            x += width

    def _code(self, run: text.Run, x: float, y: float, width: float, size_pt: float) -> None:
        """The number of a character that no font has, in a thin frame."""
        self._canvas.setFont(run.font, text.code_size_pt(size_pt))
        self._canvas.drawString(x + size_pt * 0.1, y + size_pt * 0.14, run.chars)
        self._canvas.setLineWidth(0.4)
        self._canvas.setStrokeGray(BLACK)
        self._canvas.rect(x + size_pt * 0.04, y, width - size_pt * 0.08, size_pt * 0.72, stroke=1, fill=0)

    def fit(
        self, x_mm: float, y_mm: float, line: str, size_pt: float, width_mm: float, *,
        bold: bool = False, grey: float = BLACK, align: str = "left", smallest_pt: float = 6.0,
    ) -> None:  # fmt: skip
        """One line set smaller until it fits the width, at last cut with an ellipsis. y is the baseline."""
        lines, size = text.fit(line, width_mm * PT_PER_MM, size_pt, smallest_pt=smallest_pt, bold=bold)
        for fitted in lines:
            self.write(x_mm, y_mm, fitted, size, bold=bold, grey=grey, align=align)

    def centre_in(
        self, box_mm: Box, line: str, size_pt: float, *,
        bold: bool = True, grey: float = BLACK, smallest_pt: float = 6.0,
    ) -> None:  # fmt: skip
        """One line in the middle of a box (x, y, width, height)."""
        x, y, width, height = box_mm
        lines, size = text.fit(line, (width - 1) * PT_PER_MM, size_pt, smallest_pt=smallest_pt, bold=bold)
        baseline = y + height / 2 + size * _HALF_HEIGHT / PT_PER_MM
        for fitted in lines:
            self.write(x + width / 2, baseline, fitted, size, bold=bold, grey=grey, align="centre")

    def paragraph(
        self, x_mm: float, y_mm: float, words: str, size_pt: float, width_mm: float, *,
        lines: int, bold: bool = False, grey: float = BLACK, smallest_pt: float = 6.0,
    ) -> float:  # fmt: skip
        """Words wrapped into at most so many lines from y (top) downwards; gives the y below them."""
        wrapped, size = text.fit(
            words, width_mm * PT_PER_MM, size_pt, lines=lines, smallest_pt=smallest_pt, bold=bold
        )
        return self.stack(x_mm, y_mm, wrapped, size, bold=bold, grey=grey)

    def stack(
        self, x_mm: float, y_mm: float, lines: Sequence[str], size_pt: float, *,
        bold: bool = False, grey: float = BLACK,
    ) -> float:  # fmt: skip
        """Lines already wrapped, one below the other from y (top); gives the y below them."""
        step = line_height_mm(size_pt)
        for i, line in enumerate(lines):
            self.write(x_mm, y_mm + i * step + size_pt / PT_PER_MM, line, size_pt, bold=bold, grey=grey)
        return y_mm + len(lines) * step
