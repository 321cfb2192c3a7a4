"""Lists as files: read back as they were, and never executed by a spreadsheet."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from warehouse.gateways import exports
from warehouse.gateways.tables import read_table

HEADER = ["书名", "units"]
FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.mark.parametrize("write", [exports.to_csv, lambda header, rows: exports.to_xlsx(header, rows, "清单")])
def test_a_list_is_read_back_as_it_was_written(write):
    rows = [["三体", 12], ["He said “no”, then\nleft", -3], ["", 0]]

    table = read_table("list", write(HEADER, rows))

    assert table.header == HEADER
    assert [cells for _, cells in table.rows] == [["三体", "12"], ["He said “no”, then\nleft", "-3"], ["", "0"]]


@pytest.mark.parametrize("text", [FORMULA, "+1+1", "-2", "@SUM(A1)", "\t=1", "＝1", "|calc"])
def test_a_text_that_begins_like_a_formula_is_text_in_a_csv_file(text):
    second_line = exports.to_csv(["x"], [[text]]).decode("utf-8-sig").split("\r\n", 1)[1]

    assert second_line.lstrip('"').startswith("'")


def test_a_text_that_begins_like_a_formula_is_text_in_a_workbook():
    sheet = load_workbook(io.BytesIO(exports.to_xlsx([FORMULA], [[FORMULA], ["plain"], [-2]], "x"))).active

    assert [(cell.data_type, cell.value, cell.quotePrefix) for cell in sheet["A"]] == [
        ("s", FORMULA, True), ("s", FORMULA, True), ("s", "plain", False), ("n", -2, False)]


def test_the_sheet_takes_any_title_and_a_cell_any_letter_that_a_file_can_hold():
    packed = exports.to_xlsx(["a"], [["bell\x07 and half\ud83d"], [date(2026, 3, 1)], [None]], "差异:报告/[2026]" * 9)

    sheet = load_workbook(io.BytesIO(packed)).active

    assert len(sheet.title) <= 31
    assert sheet["A2"].value == "bell and half"
    assert str(sheet["A3"].value).startswith("2026-03-01")


def test_an_empty_list_still_has_its_header():
    assert exports.to_csv(["a", "b"], []) == b"\xef\xbb\xbfa,b\r\n"
    assert load_workbook(io.BytesIO(exports.to_xlsx(["a"], [], ""))).active["A1"].value == "a"
