"""Tables to files: CSV and XLSX for the people who read our lists in a spreadsheet.

A title or a remark that begins like a formula must stay text: a supplier's file may have brought it. Numbers are
given as numbers, so a negative figure is no text and is left alone.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | float | date | None

# What spreadsheets take for the beginning of a formula, in half and full width, and what hides one behind it.
_STARTS_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "|", "%")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
_SHEET_NAME_LENGTH, _NARROWEST, _WIDEST = 31, 8, 60
_ASIAN = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with its mark, so that Excel shows Chinese; a text that begins like a formula gets an apostrophe, which
    our own import takes off again."""
    page = io.StringIO(newline="")
    writer = csv.writer(page)
    writer.writerows([_harmless(cell) for cell in row] for row in (header, *rows))
    return page.getvalue().encode("utf-8-sig", "replace")


def to_xlsx(header: Sequence[str], rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """One sheet named `title`, the header fixed. Text stays text: it is written as a string, never as a formula, and
    marked so that it stays one when somebody edits the cell."""
    return sheets_to_xlsx([(title, header, rows)])


def sheets_to_xlsx(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> bytes:
    """Several such sheets in one file, each as (title, header, rows)."""
    book = Workbook(write_only=True)
    for title, header, rows in sheets:
        _add_sheet(book, title, header, rows)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _add_sheet(book: Workbook, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    sheet = book.create_sheet(_NOT_IN_SHEET_NAME.sub(" ", title)[:_SHEET_NAME_LENGTH].strip() or "1")
    kept = [list(row) for row in rows]
    for place, width in enumerate(_widths(header, kept), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    head = [_text(sheet, name) for name in header]
    for cell in head:
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top", wrap_text=True)
    sheet.append(head)
    for row in kept:
        sheet.append([_text(sheet, cell) if isinstance(cell, str) else cell for cell in row])


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTS_FORMULA) else cell


def _text(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, _NOT_IN_XML.sub("", text))
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(_STARTS_FORMULA)
    return cell


def _widths(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Letters a column needs; a Chinese one takes the room of two."""
    widths = []
    for place, name in enumerate(header):
        texts = [name, *(str(row[place]) for row in rows[:500] if row[place] is not None)]
        widest = max(len(text) + len(_ASIAN.findall(text)) for text in texts)
        widths.append(min(max(widest + 2, _NARROWEST), _WIDEST))
    return widths
