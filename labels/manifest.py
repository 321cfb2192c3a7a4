"""The list that goes with the parcels of one pick-up, signed by driver and warehouse (SHP-2). A4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from labels import barcodes, captions
from labels.page import A4_MM, GREY, PALE, Page, sheets_of

_EDGE_MM = 14.0
_ROW_MM = 6.4
_FIRST_TABLE_MM, _NEXT_TABLE_MM = 56.0, 26.0
_HEADS_MM = 8.0
_FOOT_MM = 10.0
_SIGNATURES_MM = 46.0
# Column: left end in mm from the edge, width in mm, caption, right-aligned.
_COLUMNS = (
    (0.0, 12.0, "row", True),
    (17.0, 58.0, "parcel", False),
    (78.0, 48.0, "order", False),
    (128.0, 28.0, "postcode_area", False),
    (156.0, 26.0, "weight", True),
)


@dataclass(frozen=True)
class ManifestRow:
    """One parcel handed over, by its tracking or own number; the area is the first part of its postcode."""

    parcel_number: str
    order_number: str
    weight_g: int
    postcode_area: str = ""


@dataclass(frozen=True)
class Manifest:
    """One hand-over to one carrier. `code` is our own label text in the bars."""

    lang: str
    carrier: str
    number: str
    code: str
    on: date
    rows: tuple[ManifestRow, ...]
    warehouse: str = ""


def to_pdf(manifests: Manifest | Iterable[Manifest]) -> bytes:
    """Manifests in the given order, each from a new page on, even without parcels. Refused: none at all."""
    batch = [manifests] if isinstance(manifests, Manifest) else list(manifests)
    if not batch:
        raise ValueError("no manifests to print")
    page = Page(A4_MM, title=captions.caption(batch[0].lang, "manifest"), lang=batch[0].lang)
    for i, manifest in enumerate(batch):
        if i:
            page.new_page()
        _draw(page, manifest)
    return page.to_bytes()


def _draw(page: Page, manifest: Manifest) -> None:
    sheets = sheets_of(manifest.rows, tops_mm=(_FIRST_TABLE_MM + _HEADS_MM, _NEXT_TABLE_MM + _HEADS_MM),
                       bottom_mm=A4_MM[1] - _FOOT_MM - 5, row_mm=_ROW_MM, end_mm=_SIGNATURES_MM)
    first = 1
    for i, rows in enumerate(sheets):
        if i:
            page.new_page()
        y = _head(page, manifest) if i == 0 else _next_head(page, manifest)
        y = _table(page, manifest.lang, rows, y, first)
        first += len(rows)
        if i == len(sheets) - 1:
            _totals_and_signatures(page, manifest, y)
        words = captions.caption(manifest.lang, "page", page=i + 1, pages=len(sheets))
        page.write(A4_MM[0] - _EDGE_MM, A4_MM[1] - _FOOT_MM, words, 8.5, align="right", grey=GREY)
        page.fit(_EDGE_MM, A4_MM[1] - _FOOT_MM, manifest.warehouse, 8.5, 120, grey=GREY)


def _head(page: Page, manifest: Manifest) -> float:
    left, right = _EDGE_MM, A4_MM[0] - _EDGE_MM
    page.fit(left, 22, captions.caption(manifest.lang, "manifest"), 18, 90, bold=True)
    page.fit(left, 31, manifest.carrier, 16, 90, bold=True, smallest_pt=8)
    page.fit(left, 38, manifest.number, 12, 90)
    page.fit(left, 44, captions.day(manifest.lang, manifest.on), 10, 90, grey=GREY)
    page.fit(left, 49.5, manifest.warehouse, 10, 90, grey=GREY)
    barcodes.draw_code(page, manifest.code, (right - 84, 15, 84, 18), align="right")
    page.fit(right, 37.4, manifest.code, 9, 84, align="right", grey=GREY)
    page.fit(right, 46, _total(manifest), 12, 84, bold=True, align="right")
    return _FIRST_TABLE_MM


def _next_head(page: Page, manifest: Manifest) -> float:
    page.fit(_EDGE_MM, 18, f"{manifest.carrier} · {manifest.number}", 11, 130, bold=True)
    page.fit(A4_MM[0] - _EDGE_MM, 18, captions.day(manifest.lang, manifest.on), 10, 45, align="right")
    return _NEXT_TABLE_MM


def _total(manifest: Manifest) -> str:
    weight = captions.kilograms(sum(row.weight_g for row in manifest.rows))
    count = len(manifest.rows)
    code = "parcel_total" if count == 1 else "parcels_total"
    return captions.caption(manifest.lang, code, count=count, weight=weight)


def _table(page: Page, lang: str, rows: Sequence[ManifestRow], y: float, first: int) -> float:
    width = A4_MM[0] - 2 * _EDGE_MM
    _cells(page, y + 4, tuple(captions.caption(lang, word) for _, _, word, _ in _COLUMNS), 8.5, grey=GREY)
    y += 6
    page.rule(_EDGE_MM, y, width, pt=1)
    for i, row in enumerate(rows):
        weight = captions.kilograms(row.weight_g)
        words = (str(first + i), row.parcel_number, row.order_number, row.postcode_area, weight)
        _cells(page, y + 4.5, words, 9.5, grey=0.0)
        y += _ROW_MM
        page.rule(_EDGE_MM, y, width, pt=0.3, grey=PALE)
    return y


def _cells(page: Page, y: float, words: tuple[str, ...], size_pt: float, *, grey: float) -> None:
    for (x, width, _, is_right), word in zip(_COLUMNS, words, strict=True):
        at = _EDGE_MM + x + (width if is_right else 0)
        page.fit(at, y, word, size_pt, width, align="right" if is_right else "left", grey=grey)


def _totals_and_signatures(page: Page, manifest: Manifest, y: float) -> None:
    width = A4_MM[0] - 2 * _EDGE_MM
    page.rule(_EDGE_MM, y, width, pt=1)
    page.write(_EDGE_MM, y + 6, captions.caption(manifest.lang, "total"), 10, bold=True)
    page.fit(_EDGE_MM + width, y + 6, _total(manifest), 12, width * 0.7, bold=True, align="right")
    line_y = A4_MM[1] - _FOOT_MM - 16
    half = (width - 12) / 2
    for x, word in ((_EDGE_MM, "driver_signature"), (_EDGE_MM + half + 12, "warehouse_signature")):
        page.rule(x, line_y, half, pt=0.8)
        page.write(x, line_y + 4.5, captions.caption(manifest.lang, word), 8.5, grey=GREY)
