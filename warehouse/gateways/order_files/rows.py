"""What all order files have in common: text to whole numbers, money, moments and goods lines, each fault
named."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from warehouse.domain.isbn_cells import read_isbn_cell
from warehouse.domain.orders import Flaw, LineDraft, OrderDraft

_WHOLE = re.compile(r"[+-]?[0-9]+(\.0+)?")
_MONEY = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_TIMES = re.compile(r"(.+)\*([1-9][0-9]?)")
_ISBN_LENGTHS = (10, 13)


@dataclass(frozen=True)
class Repeat:
    """A block that stands in the file a second time, word for word."""

    source_number: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """What one file (or pair of files) holds. `flaws` concern the file as a whole: nothing of it was read
    then."""

    file: str
    kind: str
    drafts: tuple[OrderDraft, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass
class Goods:
    """The lines of one order as they are read, their flaws, and what they add up to."""

    lines: list[LineDraft] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    sum_minor: int = 0
    rows_read: int = 0

    def add(
        self,
        row: int,
        code_text: str,
        title: str,
        *,
        units_text: str,
        price_text: str,
        is_service: bool = False,
        is_shipped: bool = False,
        units_shipped: int = 0,
    ) -> None:
        """One row. Bundles are opened: `ISBN*2` is two copies a piece, `ISBN+ISBN` one of each."""
        self.rows_read += 1
        pieces, price = self._units(row, units_text), self._price(row, price_text, is_service=is_service)
        self.sum_minor += pieces * price
        parts = [("", 1, False)] if is_service else self._codes(row, code_text)
        copies = sum(each for _, each, _ in parts)
        for code, each, is_other in parts:
            units = pieces * each
            self.lines.append(LineDraft(
                row=row, code_text=code_text.strip() if is_service else code_text, code=code, title=title,
                units=units, price_minor=price // copies, is_service=is_service,
                units_shipped=units if is_shipped else units_shipped * each, is_other_notation=is_other,
                is_bundle=copies > 1, place=self.rows_read,
            ))

    def _units(self, row: int, text: str) -> int:
        plain = unicodedata.normalize("NFKC", text).strip()
        if not _WHOLE.fullmatch(plain):
            self.flaws.append(Flaw("quantity_not_a_whole_number", (row,), {"text": text[:40]}))
            return 0
        units = int(plain.split(".")[0])
        if units <= 0:
            code = "quantity_zero" if units == 0 else "quantity_negative"
            self.flaws.append(Flaw(code, (row,), {"text": text[:40]}))
        return units

    def _price(self, row: int, text: str, *, is_service: bool) -> int:
        minor = read_money(text)
        if minor is None:
            self.flaws.append(Flaw("price_not_a_number", (row,), {"text": text[:40]}))
            return 0
        if minor < 0 and not is_service:
            self.flaws.append(Flaw("negative_price", (row,), {"text": text[:40]}))
        return minor

    def _codes(self, row: int, text: str) -> list[tuple[str, int, bool]]:
        """(code, copies a piece, written another way) for each title that the text names."""
        plain = unicodedata.normalize("NFKC", text).strip()
        if "+" in plain or "*" in plain:
            opened = [_bundle_part(part) for part in plain.split("+")]
            if all(isbn for isbn, _ in opened):
                return [(isbn, each, False) for isbn, each in opened]
        cell = read_isbn_cell(text)
        if cell.isbn13:
            return [(cell.isbn13, 1, text != cell.isbn13)]
        if cell.upc:
            return [(cell.upc.zfill(13), 1, False)]
        if not plain:
            self.flaws.append(Flaw("empty_sku", (row,)))
        elif cell.problem == "digits_lost":
            self.flaws.append(Flaw("isbn_lost_in_spreadsheet", (row,), {"text": plain[:40]}))
        elif cell.problem == "wrong_check_digit" and len(re.sub(r"[ -]", "", plain)) in _ISBN_LENGTHS:
            self.flaws.append(Flaw("bad_isbn_check_digit", (row,), {"text": plain[:40]}))
        else:
            return [(cell.sku or plain, 1, False)]
        return [("", 1, False)]


def _bundle_part(part: str) -> tuple[str, int]:
    times = _TIMES.fullmatch(part.strip())
    isbn = read_isbn_cell(times[1] if times else part).isbn13 or ""
    return isbn, int(times[2]) if times else 1


def read_money(text: str) -> int | None:
    """Minor units (pence, fen), or None where it is no number with a decimal point. A comma is never guessed
    at."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _MONEY.fullmatch(plain):
        return None
    try:
        return int((Decimal(plain) * 100).to_integral_value())
    except InvalidOperation:
        return None


def read_moment(text: str, time_zone: str) -> datetime | None:
    """The moment in UTC, or None for a day or an hour that does not exist. Without an offset it is local."""
    plain = re.sub(r" (?=[+-][0-9]{2}:?[0-9]{2}$)", "", text.strip()).replace("/", "-")
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)


def decode(data: bytes) -> str | None:
    """Text by byte-order mark, else strict UTF-8, else strict GB18030; None where neither fits."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _strictly(data, encoding)
    return _strictly(data, "utf-8") or _strictly(data, "gb18030")


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def unquoted(text: str) -> str:
    """A cell without what keeps spreadsheets from eating digits: `="…"` and a leading apostrophe."""
    plain = text.strip()
    if plain.startswith('="') and plain.endswith('"'):
        plain = plain[2:-1]
    return plain.removeprefix("'")


def tidy(parts: Sequence[str | None]) -> str:
    """Address parts in one line."""
    return ", ".join(part.strip() for part in parts if part and part.strip())
