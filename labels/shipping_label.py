"""The 100 × 150 mm label on the parcel (PAK-3). Names and phones arrive already masked (GB/T 41833)."""

from collections.abc import Iterable
from dataclasses import dataclass

from labels import barcodes, captions
from labels.page import PT_PER_MM, SHIPPING_MM, WHITE, Box, Page, line_height_mm
from labels.text import wrap

_EDGE_MM = 3.0
_INNER_MM = SHIPPING_MM[0] - 2 * _EDGE_MM
_PAD_MM = 3.0
_TEXT_MM = _INNER_MM - 2 * _PAD_MM
# Tops of the fields from above; each ends where the next begins.
_TOP, _BARS, _TO, _FROM, _BOTTOM = _EDGE_MM, 22.0, 62.0, 104.0, 147.0
_NAME_PT = 15.0
_QR_MM, _COD_MM = 29.0, 9.0


@dataclass(frozen=True)
class ShippingLabel:
    """One parcel's label. `code`: tracking number, or our parcel number where the carrier gave none.

    `recipient`, `phone`, `address_lines` are drawn as they are: the caller has masked them. `cod` is an
    amount written with its currency, empty for none. `parcel_code` is in the QR, scanned at hand-over.
    """

    lang: str
    carrier: str
    code: str
    recipient: str
    address_lines: tuple[str, ...]
    order_number: str
    parcel_code: str
    sender: str
    service: str = ""
    lane: str = ""
    phone: str = ""
    postcode: str = ""
    parcel_number: int = 1
    parcel_count: int = 1
    weight_g: int = 0
    cod: str = ""


def to_pdf(labels: ShippingLabel | Iterable[ShippingLabel]) -> bytes:
    """One page a label, in the given order. Refused: no label at all, a number that is no printable ASCII."""
    batch = [labels] if isinstance(labels, ShippingLabel) else list(labels)
    if not batch:
        raise ValueError("no labels to print")
    page = Page(SHIPPING_MM, title=captions.caption(batch[0].lang, "shipping_label"), lang=batch[0].lang)
    for i, label in enumerate(batch):
        if i:
            page.new_page()
        _draw(page, label)
    return page.to_bytes()


def _draw(page: Page, label: ShippingLabel) -> None:
    page.frame(_EDGE_MM, _EDGE_MM, _INNER_MM, SHIPPING_MM[1] - 2 * _EDGE_MM, pt=1.4, radius_mm=1.5)
    for y in (_BARS, _TO, _FROM):
        page.rule(_EDGE_MM, y, _INNER_MM, pt=1.4)
    _carrier(page, label)
    _code(page, label)
    _recipient(page, label)
    _sender(page, label)


def _carrier(page: Page, label: ShippingLabel) -> None:
    left, right = _EDGE_MM + _PAD_MM, _EDGE_MM + _INNER_MM - _PAD_MM
    carrier_mm = 44.0 if label.lane else _TEXT_MM
    if label.service:
        page.fit(left, _TOP + 9.5, label.carrier, 20, carrier_mm, bold=True, smallest_pt=9)
        page.fit(left, _TOP + 16, label.service, 11, carrier_mm)
    else:
        page.fit(left, _TOP + 12.2, label.carrier, 22, carrier_mm, bold=True, smallest_pt=9)
    if label.lane:
        page.fit(right, _TOP + 13.4, label.lane, 34, _TEXT_MM - carrier_mm - 3, bold=True, align="right")


def _code(page: Page, label: ShippingLabel) -> None:
    barcodes.draw_code(page, label.code, (_EDGE_MM + 0.5, _BARS + 3, _INNER_MM - 1, 29))
    page.fit(SHIPPING_MM[0] / 2, _TO - 2.4, _in_groups(label.code), 14, _TEXT_MM, align="centre")


def _in_groups(code: str) -> str:
    """A long number in fours, as people read it out: letters first, then the figures."""
    head = len(code) - len(code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    tail = code[head:]
    if len(code) <= 8 or not tail.isdigit():
        return code
    # A last group of one or two figures is read together with the one before.
    starts = range(0, max(len(tail) - 2, 1), 4)
    fours = [tail[start : start + 4] for start in starts[:-1]] + [tail[starts[-1] :]]
    return " ".join([code[:head], *fours] if head else fours)


def _recipient(page: Page, label: ShippingLabel) -> None:
    left, words_mm = _EDGE_MM + _PAD_MM + 10, _TEXT_MM - 10
    _caption_box(page, captions.caption(label.lang, "to"), _TO + 3)
    name = f"{label.recipient} {label.phone}"
    fits_one_line = len(wrap(name, words_mm * PT_PER_MM, _NAME_PT, bold=True)) == 1
    y = _TO + 2.4
    for part in (name,) if fits_one_line else (label.recipient, label.phone):
        y = page.paragraph(left, y, part, _NAME_PT, words_mm, lines=1, bold=True, smallest_pt=9)
    y += 1
    postcode_mm = 8.0 if label.postcode else 0.0
    _address(page, label.address_lines, (left, y, words_mm, _FROM - postcode_mm - y))
    if label.postcode:
        page.fit(left, _FROM - 2.6, label.postcode, 17, words_mm, bold=True)


def _address(page: Page, address_lines: tuple[str, ...], box_mm: Box) -> None:
    """All lines at the largest size that fits the box; at the smallest they are run together."""
    x, y, width, height = box_mm
    size, smallest = 13.0, 6.5
    while size >= smallest:
        wrapped = [part for line in address_lines for part in wrap(line, width * PT_PER_MM, size)]
        if len(wrapped) * line_height_mm(size) <= height:
            page.stack(x, y, wrapped, size)
            return
        size -= 0.5
    rows = int(height / line_height_mm(smallest))
    page.paragraph(x, y, ", ".join(address_lines), smallest, width, lines=rows, smallest_pt=smallest)


def _caption_box(page: Page, word: str, y_mm: float) -> None:
    page.area(_EDGE_MM + _PAD_MM, y_mm, 8, 6.4)
    page.centre_in((_EDGE_MM + _PAD_MM, y_mm, 8, 6.4), word, 11, grey=WHITE)


def _sender(page: Page, label: ShippingLabel) -> None:
    side = _QR_MM if label.cod else _QR_MM + 6
    left, words_mm = _EDGE_MM + _PAD_MM, _TEXT_MM - side - 1
    qr_left = _EDGE_MM + _INNER_MM - side - 0.5
    barcodes.draw_qr(page, label.parcel_code, qr_left, _FROM + 0.5, side)
    page.fit(qr_left + side / 2, _FROM + side + 2.6, label.parcel_code, 9, side, align="centre")
    sender = f"{captions.caption(label.lang, 'from')} {label.sender}"
    y = page.paragraph(left, _FROM + 2, sender, 11, words_mm, lines=2, smallest_pt=7) + 1
    order = f"{captions.caption(label.lang, 'order')} {label.order_number}"
    page.paragraph(left, y, order, 11, words_mm, lines=1, smallest_pt=7)
    parts = [captions.parcel(label.lang, label.parcel_number, label.parcel_count)]
    if label.weight_g:
        parts.append(captions.kilograms(label.weight_g))
    page.fit(left, _FROM + 25, " · ".join(parts), 13, words_mm, bold=True)
    if label.cod:
        band = (_EDGE_MM + 1, _BOTTOM - _COD_MM - 1, _INNER_MM - 2, _COD_MM)
        page.area(*band)
        page.centre_in(band, f"{captions.caption(label.lang, 'cod')} {label.cod}", 16, grey=WHITE)
