"""Shelf names and the records of layout and stock files."""

import re
from dataclasses import dataclass

KINDS = {
    "shelf": "shelf",
    "货架": "shelf",
    "货位": "shelf",
    "库位": "shelf",
    "拣货位": "shelf",
    "staging": "staging",
    "暂存": "staging",
    "暂存区": "staging",
    "集货区": "staging",
    "bench": "bench",
    "packing": "bench",
    "打包台": "bench",
    "包装台": "bench",
    "quarantine": "quarantine",
    "隔离": "quarantine",
    "隔离区": "quarantine",
    "残次区": "quarantine",
    "reserve": "shelf",
    "备货位": "shelf",
    "储备位": "shelf",
    "存储位": "shelf",
    "receiving": "receiving",
    "收货": "receiving",
    "收货区": "receiving",
}
# Kinds of shelf that hold what pick faces are filled from.
RESERVE_KINDS = frozenset({"reserve", "备货位", "储备位", "存储位"})
LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class LocationRecord:
    """One place of a layout file. `sequence` is None where the file has no walking order, `is_reserve` where it does
    not say what the shelf is for."""

    row: int
    code: str
    kind: str = "shelf"
    aisle: str = ""
    bay: str = ""
    shelf: str = ""
    zone: str = ""
    sequence: int | None = None
    x_mm: int | None = None
    y_mm: int | None = None
    max_units: int | None = None
    is_reserve: bool | None = None


@dataclass(frozen=True, slots=True)
class StockRecord:
    """Units of one item in one condition at one place. Just one of `isbn13` and `sku` may be empty."""

    row: int
    location: str
    isbn13: str | None
    sku: str | None
    quantity: int
    condition: str = "good"


@dataclass(frozen=True, slots=True)
class HomeRecord:
    """The fixed shelf of one item, with the least and the most units of it there, or neither. Just one of `isbn13`
    and `sku` may be empty."""

    row: int
    location: str
    isbn13: str | None
    sku: str | None
    min_units: int | None = None
    max_units: int | None = None


def clean_location(text: str) -> str:
    """A shelf name as it is looked up: no blanks, capital letters, one sort of hyphen. Empty: no usable
    name.
    """
    code = re.sub("[\u2010-\u2015\u2212\uff0d_]", "-", re.sub(r"\s+", "", text)).upper()
    usable = len(code) <= LONGEST_CODE and code.isprintable()
    return code if usable else ""


def location_parts(code: str) -> tuple[str, str, str]:
    """(aisle, bay, shelf) of a name with dashes: the first part, what is between, the last. `A-01-2` is
    aisle A, bay 01, shelf 2; `C-02-22-3` aisle C, bay 02-22, shelf 3. A name without dashes is its own
    aisle.
    """
    aisle, *between = code.split("-")
    shelf = between.pop() if len(between) > 1 else ""
    return aisle, "-".join(between), shelf


def walking_key(code: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts names as people walk: numbers by value, so A-2 comes before A-10."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", code)
    return tuple((0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in pieces)
