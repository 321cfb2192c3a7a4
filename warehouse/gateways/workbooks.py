"""XLSX files to rows of text, guarded: a cell far out in an otherwise small file makes the parser ask for half a
terabyte and abort the whole process, so the file is measured before it is opened.
"""

import io
import math
import re
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

MOST_CELLS = 10_000_000
MOST_BYTES_UNPACKED = 400_000_000
# A float holds no more whole digits than this: beyond it the spreadsheet has lost some.
_EXACT_FLOAT = 10**15
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ROW_NUMBER = re.compile(rb'[^>]*?\sr="([0-9]{1,7})"')
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLACE = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')


class WorkbookRefused(Exception):
    """The file is no workbook that can be read; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_workbook(content: bytes) -> bool:
    """Whether this is a workbook of any sort, readable here or not."""
    return content.startswith((_ZIP, _OLD))


def read_sheets(content: bytes) -> list[list[list[str]]]:
    """The rows of every filled sheet, from the sheet's first row on. Refuses old XLS, ODS and what is too large."""
    _measure(content)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [book.get_sheet_by_name(title).to_python(skip_empty_area=False) for title in book.sheet_names]
    except (python_calamine.CalamineError, OSError, ValueError) as fault:
        raise WorkbookRefused("broken_workbook") from fault
    as_text = [[[_text(cell) for cell in row] for row in rows] for rows in sheets]
    return [rows for rows in as_text if any(cell for row in rows for cell in row)]


def _measure(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if "xl/workbook.xml" not in packed.namelist():
                raise WorkbookRefused("other_workbook")
            if sum(part.file_size for part in parts) > MOST_BYTES_UNPACKED:
                raise WorkbookRefused("workbook_too_large")
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and _cells(packed.read(part)) > MOST_CELLS:
                    raise WorkbookRefused("workbook_too_large")
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError) as fault:
        code = "other_workbook" if content.startswith(_OLD) else "broken_workbook"
        raise WorkbookRefused(code) from fault


def _cells(sheet: bytes) -> int:
    """Cells between the first and the farthest: places are named (`r="B7"`), or counted along the row."""
    width = height = 0
    for place, row in enumerate(_ROW.split(sheet)[1:], start=1):
        numbered = _ROW_NUMBER.match(row)
        named = [(_column_number(letters), int(number)) for letters, number in _PLACE.findall(row)[-1:]]
        width = max(width, len(_CELL.findall(row)), *(column for column, _ in named))
        height = max(height, place, int(numbered[1]) if numbered else 0, *(number for _, number in named))
    return width * height


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _text(cell: Any) -> str:
    """A cell as a person sees it: whole numbers without `.0`, dates as ISO, no digit that the float has lost."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if not math.isfinite(cell) or abs(cell) >= _EXACT_FLOAT:
            return f"{cell:.12E}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return str(cell) if isinstance(cell, date | time | timedelta | int) else ""
