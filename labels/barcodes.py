"""Code 128, EAN-13 and QR as rectangles on whole printer dots. Refuses what would not scan; repairs nothing.

One drawing serves 203 and 300 dpi: a module is at least 3 dots of 203 dpi (0.375 mm), which is 4.4 dots of
300 dpi. Quiet zones are counted in modules. Bar patterns come from python-barcode and segno; the choice of
Code 128 sets is ours, because python-barcode 0.16.1 prints wrong bars for data that start with 99.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import segno
from barcode.charsets import code128 as patterns
from barcode.ean import EuropeanArticleNumber13

from labels.page import DOT_MM, Box, Page, snapped_mm

FEWEST_DOTS = 3
MOST_DOTS = 4
_START_B, _START_C = 104, 105
_TO_C, _TO_B = 99, 100
_FEWEST_DIGITS_FOR_C = 4
_QUIET_CODE128 = (10, 10)
_QUIET_EAN13 = (11, 7)
_QUIET_QR = 4
_MOST_DOTS_QR = 8


class BarcodeRefused(ValueError):
    """This text cannot be a barcode. `reason`: empty, character, check_digit, not_13_digits, too_small."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text!r}")
        self.reason = reason
        self.text = text


@dataclass(frozen=True)
class Bars:
    """A linear symbol: `modules` of 1 (bar) and 0 (space), quiet modules left and right of them."""

    modules: str
    quiet: tuple[int, int]

    @property
    def width_modules(self) -> int:
        """Whole width, quiet zones included."""
        return len(self.modules) + sum(self.quiet)


def _digits_from(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end].isdigit():
        end += 1
    return end - at


def _code128_values(text: str) -> list[int]:
    """Symbol values without check: set C for four digits or more in a row (two at the whole), else set B."""
    in_c = _digits_from(text, 0) >= _FEWEST_DIGITS_FOR_C or (text.isdigit() and len(text) == 2)
    values = [_START_C if in_c else _START_B]
    at = 0
    while at < len(text):
        digits = _digits_from(text, at)
        if in_c and digits >= 2:
            values.append(int(text[at : at + 2]))
            at += 2
        elif in_c:
            values.append(_TO_B)
            in_c = False
        elif digits >= _FEWEST_DIGITS_FOR_C and digits % 2 == 0:
            values.append(_TO_C)
            in_c = True
        else:
            values.append(ord(text[at]) - 32)
            at += 1
    return values


@lru_cache(maxsize=1024)
def code128(text: str) -> Bars:
    """Code 128 of printable ASCII. Refused: empty text and any other character."""
    if not text:
        raise BarcodeRefused("empty", text)
    if not (text.isascii() and text.isprintable()):
        raise BarcodeRefused("character", text)
    values = _code128_values(text)
    check = (values[0] + sum(i * value for i, value in enumerate(values))) % 103
    modules = "".join(patterns.CODES[value] for value in (*values, check)) + patterns.STOP + "11"
    return Bars(modules, _QUIET_CODE128)


def is_ean13(digits: str) -> bool:
    """True for 13 ASCII digits whose last is the right check digit."""
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        return False
    weighed = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits[:12]))
    return (10 - weighed % 10) % 10 == int(digits[12])


@lru_cache(maxsize=1024)
def ean13(digits: str) -> Bars:
    """EAN-13 of an ISBN or GTIN with all 13 digits. A wrong check digit is refused, never repaired."""
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        raise BarcodeRefused("not_13_digits", digits)
    if not is_ean13(digits):
        raise BarcodeRefused("check_digit", digits)
    return Bars(EuropeanArticleNumber13(digits).build()[0], _QUIET_EAN13)


def dots_for(width_modules: int, width_mm: float) -> int:
    """Dots a module may have so that the symbol fits; 0 if even the fewest that scan reliably do not fit."""
    # One dot is kept in hand: the origin is moved onto the dot grid.
    dots = min(MOST_DOTS, int((width_mm / DOT_MM - 1) // width_modules))
    return dots if dots >= FEWEST_DOTS else 0


def _bar_boxes(bars: Bars, x_mm: float, y_mm: float, height_mm: float, module_mm: float) -> Iterator[Box]:
    at = 0
    modules = bars.modules
    while at < len(modules):
        end = at
        while end < len(modules) and modules[end] == modules[at]:
            end += 1
        if modules[at] == "1":
            yield x_mm + at * module_mm, y_mm, (end - at) * module_mm, height_mm
        at = end


def draw_bars(page: Page, bars: Bars, box_mm: Box, *, align: str = "centre") -> None:
    """Draw a linear symbol in the middle of the box. Refused: too small a box.

    With align "right" its last bar is at the right end: the paper beyond must be empty for ten modules.
    """
    x, y, width, height = box_mm
    dots = dots_for(bars.width_modules, width)
    if not dots:
        raise BarcodeRefused("too_small", bars.modules)
    module_mm = dots * DOT_MM
    spare = width - bars.width_modules * module_mm
    left = x + spare / 2 + bars.quiet[0] * module_mm
    if align == "right":
        left = x + width - len(bars.modules) * module_mm
    page.bars(_bar_boxes(bars, snapped_mm(left), snapped_mm(y), snapped_mm(height), module_mm))


@lru_cache(maxsize=1024)
def qr(text: str) -> tuple[bytes, ...]:
    """Rows of a QR symbol, error correction M, one byte a module, without quiet zone."""
    if not text:
        raise BarcodeRefused("empty", text)
    # One mask for all: every mask can be read, and trying all eight took half the time of a shipping label.
    symbol = segno.make(text, error="m", micro=False, boost_error=False, mask=0)
    return tuple(bytes(row) for row in symbol.matrix)


def draw_qr(page: Page, text: str, x_mm: float, y_mm: float, side_mm: float) -> None:
    """Draw a QR in the middle of a square that includes its quiet zone. Refused: too small a square."""
    rows = qr(text)
    dots = min(_MOST_DOTS_QR, int(side_mm / DOT_MM - 1) // (len(rows) + 2 * _QUIET_QR))
    if dots < FEWEST_DOTS:
        raise BarcodeRefused("too_small", text)
    module_mm = dots * DOT_MM
    side = len(rows) * module_mm
    left, top = snapped_mm(x_mm + (side_mm - side) / 2), snapped_mm(y_mm + (side_mm - side) / 2)
    page.bars(
        (left + at * module_mm, top + r * module_mm, count * module_mm, module_mm)
        for r, row in enumerate(rows)
        for at, count in _dark_stretches(row)
    )


def _dark_stretches(row: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(row):
        end = at
        while end < len(row) and row[end] == row[at]:
            end += 1
        if row[at]:
            yield at, end - at
        at = end


def draw_code(page: Page, text: str, box_mm: Box, *, align: str = "centre") -> None:
    """Code 128 where it fits at modules that scan, else a QR of it: a long number holds up no paper."""
    x, y, width, height = box_mm
    bars = code128(text)
    if dots_for(bars.width_modules, width):
        draw_bars(page, bars, box_mm, align=align)
        return
    side = min(width, height)
    left = x + width - side if align == "right" else x + (width - side) / 2
    draw_qr(page, text, left, y + (height - side) / 2, side)
