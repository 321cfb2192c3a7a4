"""Tables from files: CSV in the encodings that shops send and XLSX, to rows of text with record
numbers.

Recognised by content, never by name. A file that cannot be read is one problem, not an exception.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from warehouse.domain.catalog import RowProblem
from warehouse.gateways.workbooks import WorkbookRefused, is_workbook, read_sheets

HEADER_ROW = 1
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LONGEST_CELL = 1_000_000


@dataclass
class Table:
    """`rows` are (record number, cells); the header is record 1 and stands in `header`. `problems` are
    records that are no rows of this table.
    """

    name: str
    header: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    encoding: str = ""

    def columns(self, names: Mapping[str, str]) -> list[tuple[int, str]]:
        """(place, field) for each header that `names` knows under its plain form. See `plain_header`."""
        places = ((place, names.get(plain_header(title))) for place, title in enumerate(self.header))
        return [(place, known) for place, known in places if known]

    def records(self, names: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row as {field: text} of its filled cells; of two columns for one field the first filled one
        wins.
        """
        columns = self.columns(names)[::-1]
        for number, cells in self.rows:
            width = len(cells)
            yield number, {name: cells[place] for place, name in columns if place < width and cells[place]}

    def refuse(self, code: str, row: int = HEADER_ROW, **facts: Any) -> None:
        self.problems.append(RowProblem(row, code, facts, self.name))


def plain_header(title: str) -> str:
    """A header as it is compared: no blanks, no underscores, small letters, half-width."""
    return re.sub(r"[\s_\-'\"]", "", unicodedata.normalize("NFKC", title)).lower()


def read_table(name: str, content: bytes) -> Table:
    """The first table of a file. Encoding: byte mark, then strict UTF-8, then strict GB18030, else refused:
    short Chinese files cannot be guessed by statistics (three lines of GB18030 were taken for Korean).
    """
    table = Table(name)
    if not content.strip():
        table.refuse("empty_file")
    elif is_workbook(content):
        _read_workbook(table, content)
    else:
        _read_csv(table, content)
    if not table.problems and not table.header:
        table.refuse("empty_file")
    return table


def _read_csv(table: Table, content: bytes) -> None:
    text = _decoded(table, content)
    if text is None:
        return
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    previous_limit = csv.field_size_limit(_LONGEST_CELL)
    number = 0
    try:
        while True:
            begun_at = lines.line_num + 1
            try:
                cells = next(lines)
            except StopIteration:
                break
            except csv.Error:
                # The reader goes on with the next line; an unclosed quote has swallowed all up to the end.
                number += 1
                table.refuse("broken_quotes", row=number, line=begun_at, last_line=lines.line_num)
                continue
            if cells:
                number += 1
                _add(table, number, cells)
    finally:
        csv.field_size_limit(previous_limit)


def _add(table: Table, number: int, cells: list[str]) -> None:
    if not table.header:
        table.header = [cell.strip() for cell in cells]
    elif len(cells) > len(table.header) and any(cell.strip() for cell in cells[len(table.header) :]):
        table.refuse("too_many_cells", row=number, n=len(cells), wanted=len(table.header))
    elif any(cell and not cell.isspace() for cell in cells):
        table.rows.append((number, cells))


def _decoded(table: Table, content: bytes) -> str | None:
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        table.encoding = encoding
        return text
    table.refuse("not_a_table" if b"\x00" in content and not marked else "unknown_encoding")
    return None


def _delimiter(text: str) -> str:
    """Comma, tab or semicolon: whichever the header has most of, outside quotes."""
    header = text.lstrip("\r\n").split("\n", 1)[0]
    found = Counter(re.sub(r'"[^"]*"', "", header))
    return max(",\t;", key=lambda mark: found[mark])


def _read_workbook(table: Table, content: bytes) -> None:
    try:
        sheets = read_sheets(content)
    except WorkbookRefused as refusal:
        table.refuse(refusal.code)
        return
    table.encoding = "workbook"
    for number, cells in enumerate(sheets[0] if sheets else [], start=1):
        if any(cells):
            _add(table, number, cells)
    if len(sheets) > 1:
        table.refuse("more_sheets", n=len(sheets))
