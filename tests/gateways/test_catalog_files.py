"""Catalogue, stock and layout files: each good row loads, each bad one is named by record number and
reason.
"""

import ast
import io
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tests.shared_data import needs_shared, shared, shared_rows
from warehouse import i18n
from warehouse.domain.catalog import first_of_each, internal_sku, packing_class_of
from warehouse.gateways.catalog_files.layout_sheet import read_layout
from warehouse.gateways.catalog_files.sheet import read_items
from warehouse.gateways.catalog_files.stock_sheet import read_stock
from warehouse.gateways.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
CHINESE = "ISBN,书名,作者,出版社,定价,装帧,重量(g)\n9787536692930,三体,刘慈欣,重庆出版社,23.00元,平装,340\n"


def workbook(*rows, more=()):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for sheet_rows in more:
        sheet = book.create_sheet()
        for row in sheet_rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def items(text, encoding="utf-8"):
    return read_items("books.csv", text.encode(encoding))


def problems(read):
    return [(problem.row, problem.code) for problem in read]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_read_in_the_encodings_that_shops_send(encoding):
    file = items(CHINESE, encoding)

    assert not file.problems
    (book,) = file.records
    assert (book.row, book.sku, book.isbn13, book.title) == (2, "9787536692930", "9787536692930", "三体")
    assert (book.price_minor, book.currency, book.price_text) == (2300, "CNY", "23.00元")
    assert (book.binding, book.weight_g, book.packing_class, book.volumes) == ("平装", 340, "plain", 1)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_comma_tab_and_semicolon_part_the_cells(delimiter):
    file = items(f"isbn{delimiter}title{delimiter}authors\n9787536692930{delimiter}Three{delimiter}Liu\n")

    assert [(book.title, book.authors) for book in file.records] == [("Three", "Liu")]


def test_a_workbook_gives_whole_numbers_dates_and_its_own_row_numbers():
    file = read_items("books.xlsx", workbook(
        ["ISBN", "书名", "定价", "币种", "出版日期"],
        [9787536692930, 1984, 23.5, "CNY", date(2008, 1, 1)],
        [],
        ["9787536692931", "wrong", None, None, None],
    ))

    (book,) = file.records
    assert (book.isbn13, book.title) == ("9787536692930", "1984")
    assert (book.price_minor, book.published) == (2350, "2008-01-01")
    assert problems(file.problems) == [(4, "wrong_check_digit")]


def test_a_number_beyond_what_a_workbook_can_hold_is_not_trusted():
    file = read_items("books.xlsx", workbook(["ISBN", "title"], [978753669293051999, "add-on run together"]))

    assert problems(file.problems) == [(2, "digits_lost")]


def test_further_sheets_are_named_not_forgotten():
    file = read_items("books.xlsx", workbook(["title"], ["One"], more=[[["title"], ["Two"]]]))

    assert [book.title for book in file.records] == ["One"]
    assert problems(file.problems) == [(1, "more_sheets")]


def test_a_stray_cell_far_outside_the_table_does_not_bring_the_program_down():
    book = Workbook()
    book.active.append(["title"])
    book.active["XFD1048576"] = "stray"
    content = io.BytesIO()
    book.save(content)

    assert problems(read_items("books.xlsx", content.getvalue()).problems) == [(1, "workbook_too_large")]


def test_row_numbers_count_records_and_a_quoted_line_break_starts_none():
    file = items('isbn,title\n9787536692930,"San\nTi"\n\n9787536692931,x\n9787536693968,y\n')

    assert [(book.row, book.title) for book in file.records] == [(2, "San Ti"), (4, "y")]
    assert problems(file.problems) == [(3, "wrong_check_digit")]


def test_each_bad_row_is_named_and_the_rest_loads():
    file = items(
        "isbn13,isbn10,title\n"
        "9787536692930,,good\n"
        ",,\n"
        ",,  \n"
        "9787536692931,,wrong digit\n"
        "9.78753E+12,,lost\n"
        "9.78753E+12,7536692935,found in the other\n"
        "9787536692930,7536693966,two books\n"
        "9787536693968,\n"
        "9787536693968,,a,b\n"
        "9787229030933,,also good\n"
    )

    assert [book.title for book in file.records] == ["good", "found in the other", "also good"]
    assert file.records[1].isbn13 == "9787536692930"
    assert file.records[1].notes == ("isbn_from_other_column",)
    assert problems(file.problems) == [
        (5, "wrong_check_digit"), (6, "digits_lost"), (8, "isbns_differ"), (9, "no_title"),
        (10, "too_many_cells"),
    ]
    assert file.problems[0].facts == {"text": "9787536692931"}


def test_an_open_quotation_mark_is_named_with_the_lines_it_swallowed():
    file = items('isbn,title\n9787536692930,good\n9787536693968,"open\n9787229030933,lost\n')

    assert [book.title for book in file.records] == ["good"]
    assert problems(file.problems) == [(3, "broken_quotes")]
    assert (file.problems[0].facts["line"], file.problems[0].facts["last_line"]) == (3, 4)


def test_a_letter_behind_a_quotation_mark_costs_one_row_only():
    file = items('isbn,title\n9787536692930,"a"b\n9787536693968,good\n')

    assert [book.title for book in file.records] == ["good"]
    assert problems(file.problems) == [(2, "broken_quotes")]


@pytest.mark.parametrize(("content", "code"), [
    (b"", "empty_file"),
    (b" \r\n", "empty_file"),
    (b"\xff\xff\xff,a\n", "unknown_encoding"),
    (b"\x89PNG\x00\x00", "not_a_table"),
    (b"PK\x03\x04 no workbook", "broken_workbook"),
    (b"PK\x03\x04" + bytes(100), "broken_workbook"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "other_workbook"),
    (b"a,b\n1,2\n", "missing_columns"),
])
def test_a_file_that_is_no_catalogue_is_refused_in_words(content, code):
    file = read_items("strange.csv", content)

    assert not file.records
    assert problems(file.problems) == [(1, code)]


def test_things_without_isbn_get_their_own_sku_or_an_internal_one_that_stays():
    text = "isbn,sku,title,authors\n,MUG-1,Mug,\n,,River Town,\n,9787536692930,三体,刘慈欣\n10109.1234,,旧书,\n"
    mug, town, book, old = items(text).records

    assert (mug.sku, mug.isbn13) == ("MUG-1", None)
    assert town.sku == internal_sku("River  town", "", "") == items(text).records[1].sku
    assert town.notes == ("internal_sku",)
    assert (book.sku, book.isbn13) == ("9787536692930", "9787536692930")
    assert (old.sku, old.notes) == ("10109.1234", ("unified_book_number",))
    assert internal_sku("River Town", "Hessler", "") != town.sku


def test_one_isbn_may_stand_for_two_items_with_their_own_skus():
    file = items("isbn,sku,title\n9787536692930,A-1,上册\n9787536692930,A-2,下册\n")

    assert first_of_each(file.records) == (file.records, [])


def test_other_codes_are_kept_as_a_scanner_reads_them():
    (book,) = items("isbn13,isbn10,条码,title\n73999140774,1557830061,INT-7;006000291455,Life\n").records

    assert book.isbn13 == "9781557830067"
    assert book.other_codes == ("0073999140774", "INT-7", "0006000291455")


def test_measures_are_taken_in_their_unit_or_left_out():
    text = (
        "title,weight,重量(kg),长(cm),width_mm,height_mm,包装类别,册数\n"
        "a,350g,,21,148,20,易碎,\n"
        "b,0.35,,,,,,\n"
        "c,,0.35,,,x,box,many\n"
        "d,0.35kg,,,,,套装,3\n"
    )
    a, b, c, d = items(text).records

    assert (a.weight_g, a.length_mm, a.width_mm, a.height_mm) == (350, 210, 148, 20)
    assert a.packing_class == "fragile"
    assert (b.weight_g, "weight_unreadable" in b.notes) == (None, True)
    assert (c.weight_g, c.height_mm, c.packing_class) == (350, None, "plain")
    assert {"size_unreadable", "packing_unknown", "volumes_unreadable"} <= set(c.notes)
    assert (d.weight_g, d.volumes, d.packing_class) == (350, 3, "set")


def test_a_volume_of_a_series_is_one_volume_and_a_set_in_the_title_is_several():
    single, boxed = items("title,volume,volumes\n三体Ⅱ,2,3\n鹿鼎记（全五册）,,\n").records

    assert (single.volume, single.volumes, single.packing_class) == ("2", 1, "plain")
    assert (boxed.volumes, boxed.packing_class) == (5, "set")


@pytest.mark.parametrize(("binding", "title", "volumes", "packing"), [
    ("精装", "x", 1, "hardcover"), ("Hardcover", "x", 1, "hardcover"), ("软精装", "x", 1, "plain"),
    ("平装", "x", 1, "plain"), ("", "x", 1, "plain"), ("平装(无盘)", "x", 1, "plain"),
    ("平装，附光盘", "x", 1, "fragile"),
    ("盒装", "x", 1, "set"), ("", "Box Set", 1, "set"), ("精装", "x", 3, "set"), ("Vinyl", "x", 1, "fragile"),
])
def test_the_packing_class_follows_binding_and_volumes(binding, title, volumes, packing):
    assert packing_class_of(binding, title, volumes) == packing


def test_a_record_in_one_cell_is_taken_apart():
    (book,) = items(
        'id,书名,基本信息\n1,挪威的森林,"\n 作者\n:\n\n [日] 村上春树\n 出版社:\n 上海译文\n 译者:\n 林少华\n 出版年: 2001-2\n'
        ' 定价: 18.80元\n 装帧: 平装\n ISBN: 9787532725694\n"\n'
    ).records

    assert (book.authors, book.publisher, book.isbn13) == ("[日] 村上春树", "上海译文", "9787532725694")
    assert (book.published, book.price_minor, book.binding) == ("2001-2", 1880, "平装")


def test_a_repeated_item_is_left_out_if_the_same_and_named_if_not():
    file = items(
        "isbn,title,authors\n9787536692930,三体,刘慈欣\n9787536692930,三体,刘慈欣\n"
        "9787536692930,别的书,刘慈欣\n9787536692930,三体,别人\n"
    )
    kept, named = first_of_each(file.records, "books.csv")

    assert [book.row for book in kept] == [2]
    assert problems(named) == [(4, "same_isbn_other_title"), (5, "repeated_row_differs")]
    assert named[0].facts["first_title"] == "三体"


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: f"title,isbn\n{text}".encode("utf-8", "replace")),
))
def test_no_file_crashes_the_reader(content):
    for read in (read_items, read_stock, read_layout, read_table):
        read("any", content)


def test_every_problem_and_note_has_its_sentence():
    """Problems are codes in Python, sentences in the locale: none may be missing, none may lack a fact."""
    not_in_a_call = (
        r"(upc_)?leading_zero_restored|isbn_from_other_column|trade_number|other_workbook|broken_workbook"
    )
    sources = [
        ROOT / "warehouse/gateways/tables.py",
        ROOT / "warehouse/gateways/workbooks.py",
        ROOT / "warehouse/domain/isbn_cells.py",
        ROOT / "warehouse/domain/price_cells.py",
        *(ROOT / "warehouse/gateways/catalog_files").glob("*sheet.py"),
    ]
    said = {"same_isbn_other_title", "repeated_row_differs", "wrong_check_digit", "filler", "cut",
            "two_codes", "too_short", "too_long", "wrong_length"}
    for source in sources:
        text = source.read_text(encoding="utf-8")
        said |= set(re.findall(r'(?:refuse|bad|_BadRow|WorkbookRefused)\(\s*"([a-z_]+)"', text))
        said |= set(re.findall(r'RowProblem\(row, "([a-z_]+)"', text))
        said |= set(re.findall(r'(?:problem|note)="([a-z_]+)"', text))
        said |= set(re.findall(r'notes\.append\("([a-z_]+)"', text))
        said |= {node.value for node in ast.walk(ast.parse(text))
                 if isinstance(node, ast.Constant) and isinstance(node.value, str)
                 and re.fullmatch(not_in_a_call, node.value)}

    assert len(said) > 35
    assert {code for code in said if not i18n.has_sentence(f"imports.{code}")} == set()


# --- Real files, where they are present


def real(*parts):
    return shared(*parts).read_bytes()


@needs_shared("catalogue", "books.csv")
def test_every_row_of_a_large_real_catalogue_loads():
    file = read_items("books.csv", real("catalogue", "books.csv"))
    rows = shared_rows("catalogue", "books.csv")

    assert not file.problems
    assert [book.isbn13 for book in file.records] == [row["isbn13"] for row in rows]
    assert [book.row for book in file.records] == list(range(2, len(rows) + 2))
    assert sum(book.currency != row["currency"] for book, row in zip(file.records, rows, strict=True)) == 3
    assert first_of_each(file.records)[1] == []


@needs_shared("catalogue", "awkward.csv")
def test_the_awkward_catalogue_ends_as_expected():
    file = read_items("awkward.csv", real("catalogue", "awkward.csv"))
    rows = dict(enumerate(shared_rows("catalogue", "awkward.csv"), start=2))
    kept, named = first_of_each(file.records, "awkward.csv")

    refused = ("isbn10_wrong", "isbn13_scientific", "isbn_excel_scientific", "isbn_letter_o")
    wanted = {number for number, row in rows.items() if row["issue"].startswith(refused)}
    assert {problem.row for problem in file.problems} == wanted
    assert len(file.records) + len(file.problems) == len(rows) == 139
    upcs = [book for book in file.records if rows[book.row]["issue"] == "upc_in_isbn13_field"]
    assert all(book.other_codes == (rows[book.row]["raw_isbn"].zfill(13),) for book in upcs)
    assert all(book.sku.startswith("N-") for book in file.records if not book.isbn13)
    sets = [book for book in file.records if rows[book.row]["issue"] == "set_under_one_isbn"]
    assert all(book.packing_class == "set" and book.volumes > 1 for book in sets)
    # Of each pair with one ISBN and two titles the first is kept and the second shown to a person.
    several = [n for n, row in rows.items() if row["issue"] == "one_isbn_several_titles"]
    shown = {problem.row for problem in named if problem.code == "same_isbn_other_title"}
    assert {n for n in several[1::2] if n <= several[11]} <= shown
    assert not {book.row for book in kept} & {problem.row for problem in named}


@needs_shared("catalogue", "books_cn_200_gb18030.csv")
@pytest.mark.parametrize(("name", "records", "refused"), [
    ("books_cn_200_gb18030.csv", 200, 0), ("raw_douban_a_400.csv", 400, 0), ("raw_douban_b_120.csv", 120, 0),
    ("raw_goodbooks_1000.csv", 993, 7),
])
def test_the_raw_files_of_others_load_with_their_own_columns(name, records, refused):
    file = read_items(name, real("catalogue", name))

    assert (len(file.records), len(file.problems)) == (records, refused)
    assert all(book.title and book.authors for book in file.records[:50])
