"""What a spreadsheet cell meant to be an ISBN really says. No check digit is ever repaired.

Spreadsheets drop leading zeros, turn long numbers into `9.78E+12`, add apostrophes, `="…"` and `.0`; people
add "ISBN", hyphens of every sort and full-width digits.
"""

import re
import unicodedata
from dataclasses import dataclass

from warehouse.domain.barcodes import read
from warehouse.domain.check_digits import (
    EAN13,
    GTIN14,
    ISBN10,
    UPCA,
    gs1_fits,
    is_digits,
    isbn10_fits,
    isbn10_to_13,
)
from warehouse.domain.trade_numbers import BOOK_PREFIXES, is_isbn13

# Fewer digits than this are no ISBN-10 that lost its zeros: no publisher's number begins with four of them.
SHORTEST_WITHOUT_ZEROS = 7
_PLACEHOLDERS = {"-", "--", "/", "0", "n/a", "na", "none", "null", "nan", "无", "無", "暂无", "没有"}
_FORMULA = re.compile(r'=\s*"([^"]*)"')
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]*)?[eE]\+?[0-9]{1,2}")
_FLOAT_TAIL = re.compile(r"([0-9]{7,})\.0+")
_UNIFIED_NUMBER = re.compile(r"(?:统一书号|書號|书号)?[::\s]*([0-9]{4,5})[.·・]([0-9]{1,4})")
_NAMED = re.compile(r"ISBN(?:[ -]?1[03](?=[ ::-]))?[ ::.-]*", re.IGNORECASE)
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\ufe63_]")


@dataclass(frozen=True, slots=True)
class IsbnCell:
    """At most one of `isbn13`, `upc`, `sku` is filled; all empty and no `problem`: the cell says nothing.

    `upc` is another trade number: UPC-A (12 digits), EAN-13, sheet music. `sku` is a number of the house or a
    Chinese unified book number from before 1987. `note` tells what was understood, `problem` why nothing was:
    codes of `locale/imports.toml`.
    """

    isbn13: str | None = None
    upc: str | None = None
    sku: str | None = None
    addon: str | None = None
    note: str | None = None
    problem: str | None = None


def read_isbn_cell(text: str) -> IsbnCell:
    """The ISBN-13 of a cell, or what else it holds, or why it cannot be used."""
    if len(text) == EAN13 and is_digits(text) and is_isbn13(text) and gs1_fits(text):
        return IsbnCell(isbn13=text)
    if isbn10_fits(text):
        return IsbnCell(isbn13=isbn10_to_13(text))
    plain = _unwrapped(text)
    if plain.lower() in _PLACEHOLDERS or not plain.strip("0"):
        return IsbnCell()
    if _SCIENTIFIC.fullmatch(plain):
        return IsbnCell(problem="digits_lost")
    if match := _UNIFIED_NUMBER.fullmatch(plain):
        return IsbnCell(sku=f"{match[1]}.{match[2]}", note="unified_book_number")
    named = _NAMED.match(plain)
    compact = re.sub(r"[ -]", "", plain[named.end() :] if named else plain).upper()
    if is_digits(compact) or (is_digits(compact[:-1]) and compact[-1] == "X" and len(compact) <= ISBN10):
        return _from_digits(compact)
    return _from_text(plain, compact)


def _unwrapped(text: str) -> str:
    """The cell without what spreadsheets and input methods put around it."""
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", visible)).strip()
    if match := _FORMULA.fullmatch(plain):
        plain = match[1].strip()
    plain = plain.lstrip("'‘’`").strip()
    match = _FLOAT_TAIL.fullmatch(plain)
    return match[1] if match else plain


def _from_digits(compact: str) -> IsbnCell:
    if isbn10_fits(compact):
        return IsbnCell(isbn13=isbn10_to_13(compact))
    if SHORTEST_WITHOUT_ZEROS <= len(compact) < ISBN10:
        # Only a number whose check digit fits once the zeros are back is one that lost them.
        padded = compact.zfill(ISBN10)
        if isbn10_fits(padded):
            return IsbnCell(isbn13=isbn10_to_13(padded), note="leading_zero_restored")
        return IsbnCell(problem="wrong_check_digit")
    if len(compact) in (UPCA - 1, UPCA) and not compact.startswith(BOOK_PREFIXES):
        padded = compact.zfill(UPCA)
        if gs1_fits(padded):
            return IsbnCell(
                upc=padded, note="trade_number" if padded == compact else "upc_leading_zero_restored"
            )
        return IsbnCell(problem="wrong_check_digit")
    return _from_code(compact)


def _from_code(compact: str) -> IsbnCell:
    code = read(compact)
    if not code.ok:
        return IsbnCell(problem=code.reason)
    if code.isbn13:
        return IsbnCell(isbn13=code.isbn13, addon=code.addon)
    if len(compact) == GTIN14 or code.kind == "sscc":
        return IsbnCell(problem="carton_number")
    return IsbnCell(upc=code.value, addon=code.addon, note="trade_number")


def _from_text(plain: str, compact: str) -> IsbnCell:
    if len(re.findall(r"(?<![0-9])97[89][0-9]{10}", re.sub("-", "", plain))) > 1:
        return IsbnCell(problem="two_codes")
    own = read(compact)
    if own.kind == "item":
        return IsbnCell(sku=own.value)
    letters = sum(not char.isdigit() for char in compact)
    if len(compact) in (ISBN10, EAN13) and letters <= len(compact) // 3:
        return IsbnCell(problem="letter_in_number")
    return IsbnCell(problem="not_an_isbn")
