"""What cells of a catalogue file say: ISBN, price, title, number of volumes."""

import pytest

from tests.shared_data import needs_shared, shared_rows
from warehouse.domain.isbn_cells import IsbnCell, read_isbn_cell
from warehouse.domain.price_cells import Price, read_price_cell
from warehouse.domain.titles import clean_title, is_boxed_set, set_size

AWKWARD = shared_rows("catalogue", "awkward.csv")


def awkward(*issues):
    return [row for row in AWKWARD if row["issue"] in issues]


def each_of(*issues):
    rows = awkward(*issues)
    return pytest.mark.parametrize("row", rows, ids=[row["case_id"] for row in rows])


@pytest.mark.parametrize(("cell", "isbn13", "note", "addon"), [
    ("9787512203495", "9787512203495", None, None),
    ("'9787512203495", "9787512203495", None, None),
    ('="9787512203495"', "9787512203495", None, None),
    ("9787512203495.0", "9787512203495", None, None),
    (" 978 7 512203495\xa0", "9787512203495", None, None),
    ("978\u200b7512203495", "9787512203495", None, None),
    ("978‑7‑512203495", "9787512203495", None, None),
    ("９７８７５１２２０３４９５", "9787512203495", None, None),
    ("ISBN-13: 978-7512203495", "9787512203495", None, None),
    ("ISBN：978-7512203495", "9787512203495", None, None),
    ("ISBN 978-7-5122-0349-5", "9787512203495", None, None),
    ("9787512203495 51999", "9787512203495", None, "51999"),
    ("076534629x", "9780765346292", None, None),
    ("316734950", "9780316734950", "leading_zero_restored", None),
    ("60555955", "9780060555955", "leading_zero_restored", None),
    ("31610969x", "9780316109697", "leading_zero_restored", None),
])
def test_an_isbn_is_found_in_what_spreadsheets_make_of_it(cell, isbn13, note, addon):
    assert read_isbn_cell(cell) == IsbnCell(isbn13=isbn13, note=note, addon=addon)


@pytest.mark.parametrize(("cell", "problem"), [
    ("9787512203496", "wrong_check_digit"),
    ("9380658674", "wrong_check_digit"),
    ("316734951", "wrong_check_digit"),
    ("73999140775", "wrong_check_digit"),
    ("9.78751E+12", "digits_lost"),
    ("9.78817621078e+12", "digits_lost"),
    ("97875122O3495", "letter_in_number"),
    ("978751220349", "cut"),
    ("29783464603523", "carton_number"),
    ("9787512203495; 9787536692930", "two_codes"),
    ("three bodies", "not_an_isbn"),
])
def test_a_cell_that_cannot_be_trusted_is_a_problem_and_never_repaired(cell, problem):
    assert read_isbn_cell(cell) == IsbnCell(problem=problem)


@pytest.mark.parametrize("cell", ["", "  ", "-", "NULL", "n/a", "无", "0", "\ufeff"])
def test_an_empty_cell_says_nothing(cell):
    assert read_isbn_cell(cell) == IsbnCell()


@pytest.mark.parametrize(("cell", "filled"), [
    ("635517047547", {"upc": "635517047547", "note": "trade_number"}),
    ("73999140774", {"upc": "073999140774", "note": "upc_leading_zero_restored"}),
    ("9421023610112", {"upc": "9421023610112", "note": "trade_number"}),
    ("979-0-3217-6543-6", {"upc": "9790321765436", "note": "trade_number"}),
    ("10109·1234", {"sku": "10109.1234", "note": "unified_book_number"}),
    ("统一书号：10109.1234", {"sku": "10109.1234", "note": "unified_book_number"}),
])
def test_other_numbers_are_kept_as_what_they_are(cell, filled):
    assert read_isbn_cell(cell) == IsbnCell(**filled)


@pytest.mark.parametrize(("cell", "isbn13", "price"), [
    ("29.00元", None, Price(2900, "CNY")),
    ("CNY 45.00", None, Price(4500, "CNY")),
    ("￥３９．８０元", None, Price(3980, "CNY")),
    ("CNY 48.00（全二册）", None, Price(4800, "CNY")),
    ("（全二册）48元", None, Price(4800, "CNY")),
    ("35.00元（有2013年10月4印本）", None, Price(3500, "CNY")),
    ("1,280.00元", None, Price(128000, "CNY")),
    ("28.0元/30.0元", None, Price(2800, "CNY")),
    ("18.00", "9787020038893", Price(1800, "CNY")),
    ("NT$280", None, Price(28000, "TWD")),
    ("NTD800元", None, Price(80000, "TWD")),
    ("新台币240元", None, Price(24000, "TWD")),
    ("臺幣240圓", None, Price(24000, "TWD")),
    ("280 NT", None, Price(28000, "TWD")),
    ("NT.280", None, Price(28000, "TWD")),
    ("HK$40.00", None, Price(4000, "HKD")),
    ("港币40元", None, Price(4000, "HKD")),
    ("7.99美元", None, Price(799, "USD")),
    ("1200円（税込）", None, Price(1200, "JPY")),
    ("900 （税込）", None, Price(900, "JPY")),
    ("¥650 （本体 ： ¥619）", "9784863491298", Price(650, "JPY")),
    ("¥650", "9784863491298", Price(650, "JPY")),
    ("¥650", "9787020038893", Price(65000, "CNY")),
    ("", None, Price()),
    ("38.00", None, Price(problem="price_currency_unknown")),
    ("280", "9789571351032", Price(problem="price_currency_unknown")),
    ("280元", "9789571351032", Price(problem="price_currency_unknown")),
    ("¥650", None, Price(problem="price_currency_unknown")),
    ("$19.99", None, Price(problem="price_currency_unknown")),
    ("12,50元", None, Price(problem="price_unreadable")),
    ("-5元", None, Price(problem="price_unreadable")),
    ("JPY 4.10", None, Price(problem="price_unreadable")),
    ("赠品", None, Price(problem="price_unreadable")),
])
def test_a_price_is_its_first_amount_in_the_currency_it_names(cell, isbn13, price):
    assert read_price_cell(cell, isbn13=isbn13) == price


def test_the_currency_column_fills_what_the_price_leaves_open_and_loses_against_a_mark():
    assert read_price_cell("280", currency="TWD") == Price(28000, "TWD")
    assert read_price_cell("280元", isbn13="9789571351032", currency="CNY") == Price(28000, "CNY")
    assert read_price_cell("NT$280", currency="CNY") == Price(28000, "TWD", problem="currency_disagrees")


@pytest.mark.parametrize(("title", "cleaned"), [
    ("我喜欢这个&#34;功利&#34;的世界", '我喜欢这个"功利"的世界'),
    ("150cm Life 2 &amp; 3", "150cm Life 2 & 3"),
    ("Q&A&not so", "Q&A&not so"),
    ("迎男而上\n", "迎男而上"),
    ("迎男\r\n而上", "迎男 而上"),
    ("\t 迎男而上  ", "迎男而上"),
    ("\u202e迎男而上", "迎男而上"),
    ("迎男而上 📚🐼👩‍🚀", "迎男而上 📚🐼👩‍🚀"),
    ("ظل الأفعى", "ظل الأفعى"),
    ("𠮷野家与㐂乐：𬎆𫖯𬭎传", "𠮷野家与㐂乐：𬎆𫖯𬭎传"),
    ("NULL", "NULL"),
    ("1984", "1984"),
    ('=HYPERLINK("http://example.invalid","x")', '=HYPERLINK("http://example.invalid","x")'),
    ("The Hobbit  or There", "The Hobbit  or There"),
])
def test_a_title_is_cleaned_of_what_is_no_text_and_otherwise_left_alone(title, cleaned):
    assert clean_title(title) == cleaned


@pytest.mark.parametrize(("title", "volumes"), [
    ("鹿鼎记（全五册）", 5), ("资治通鉴（全二十冊）", 20), ("天行健（全4册）", 4), ("斗罗大陆（全14卷）", 14),
    ("后宫·甄嬛传（套装共6册）", 6), ("流水迢迢（全两册）", 2), ("平凡的世界（全三部）", 3), ("共12册", 12),
    ("悲惨世界（上中下）", 3), ("多情剑客无情剑(上、中、下)", 3), ("帝王业（上下）", 2), ("上下册套装", 2),
    ("尼罗河女儿（第2部上下）", 2),
    ("Divergent Series Complete Box Set (Divergent, #1-3)", 3), ("Artemis Fowl Boxed Set, Bks 1-5", 5),
    ("The Annotated Sherlock Holmes (2 Volume Set)", 2), ("Box set of three", 3),
    ("J.R.R. Tolkien 4-Book Boxed Set: The Hobbit and The Lord of the Rings", 4),
    ("上下五千年", None), ("全球通史（第7版 上册）", None), ("金庸全集", None), ("王小波全集（第三卷）", None),
    ("全职高手5·王牌对决", None), ("To Sail Beyond the Sunset", None), ("The Oresteia (#1-3)", None),
    ("Deep Down Dark: 33 Men and the Miracle That Set Them Free", None),
    ("Harry Potter Schoolbooks Box Set", None),
    ("（全一册）", None),
])
def test_the_number_of_volumes_is_read_from_the_title(title, volumes):
    assert set_size(title) == volumes


def test_a_box_of_unknown_size_is_still_a_set():
    assert is_boxed_set("Harry Potter Schoolbooks Box Set")
    assert is_boxed_set("盒装")
    assert not is_boxed_set("平装")


@needs_shared("catalogue", "awkward.csv")
@each_of("isbn10_lost_leading_zero", "isbn10_check_x", "isbn_full_width_digits", "isbn_zero_width_space",
         "isbn_non_breaking_hyphen", "isbn_leading_apostrophe", "isbn_excel_formula",
         "isbn_trailing_dot_zero", "isbn_prefixed", "isbn_with_addon")
def test_awkward_isbns_are_understood(row):
    cell = read_isbn_cell(row["raw_isbn"])

    assert cell.isbn13 and cell.isbn13 in row["expected"]
    assert cell.problem is None
    assert (cell.note == "leading_zero_restored") is (row["issue"] == "isbn10_lost_leading_zero")
    assert cell.addon == ("51999" if row["issue"] == "isbn_with_addon" else None)


@needs_shared("catalogue", "awkward.csv")
@each_of("isbn10_wrong_check_digit", "isbn13_scientific_notation", "isbn_excel_scientific", "isbn_letter_o")
def test_awkward_isbns_that_cannot_be_known_are_refused(row):
    wanted = {"isbn10_wrong_check_digit": "wrong_check_digit", "isbn_letter_o": "letter_in_number"}

    assert read_isbn_cell(row["raw_isbn"]) == IsbnCell(problem=wanted.get(row["issue"], "digits_lost"))


@needs_shared("catalogue", "awkward.csv")
@each_of("upc_in_isbn13_field")
def test_a_upc_in_the_isbn_field_is_a_second_code(row):
    cell = read_isbn_cell(row["raw_isbn"])

    assert (cell.upc, cell.isbn13, cell.problem) == (row["raw_isbn"].zfill(12), None, None)


@needs_shared("catalogue", "awkward.csv")
@each_of("no_isbn")
def test_no_isbn_is_no_problem(row):
    assert read_isbn_cell(row["raw_isbn"]) == IsbnCell()


@needs_shared("catalogue", "awkward.csv")
@each_of("set_under_one_isbn")
def test_the_size_of_an_awkward_set_is_known(row):
    assert set_size(row["title"]) in (3, 4, 5, 6, 14)


@needs_shared("catalogue", "awkward.csv")
@each_of("price_in_other_currency", "price_with_remark", "price_full_width")
def test_an_awkward_price_is_never_yuan_by_mistake_nor_a_heap_of_digits(row):
    price = read_price_cell(row["price_raw"], isbn13=read_isbn_cell(row["raw_isbn"]).isbn13)

    assert price.amount_minor in (None, 18000, 3000, 26000, 80000, 4000, 29900, 4800, 650, 3500, 900, 3980)
    assert (price.amount_minor is None) is (price.problem == "price_currency_unknown")
    if row["issue"] == "price_in_other_currency":
        assert price.currency in ("TWD", "HKD")


@needs_shared("catalogue", "awkward.csv")
@each_of("html_entity_in_title")
def test_an_awkward_entity_is_shown_as_its_character(row):
    assert clean_title(row["title"]) == row["expected"].removeprefix("shown as ")


@needs_shared("catalogue", "awkward.csv")
@each_of("title_looks_like_number", "very_long_title", "rtl_title", "double_quotes_in_title",
         "full_width_punctuation", "japanese_title", "title_emoji", "title_formula", "title_rare_hanzi",
         "title_null_word")
def test_an_awkward_title_is_stored_unchanged(row):
    assert clean_title(row["title"]) == row["title"]


@needs_shared("catalogue", "awkward.csv")
@each_of("title_newline", "title_tab_and_spaces", "title_rtl_override")
def test_an_awkward_title_loses_only_its_frame(row):
    assert clean_title(row["title"]) == "迎男而上"


@needs_shared("catalogue", "awkward.csv")
def test_every_awkward_issue_is_looked_at():
    looked_at_as_rows = {"one_isbn_several_titles", "pages_not_a_number"}  # in test_catalog_files.py
    here = {
        "isbn10_lost_leading_zero", "isbn10_check_x", "isbn_full_width_digits", "isbn_zero_width_space",
        "isbn_non_breaking_hyphen", "isbn_leading_apostrophe", "isbn_excel_formula", "isbn_trailing_dot_zero",
        "isbn_prefixed", "isbn_with_addon", "isbn10_wrong_check_digit", "isbn13_scientific_notation",
        "isbn_excel_scientific", "isbn_letter_o", "upc_in_isbn13_field", "no_isbn", "set_under_one_isbn",
        "price_in_other_currency", "price_with_remark", "price_full_width", "html_entity_in_title",
        "title_looks_like_number", "very_long_title", "rtl_title", "double_quotes_in_title",
        "full_width_punctuation", "japanese_title", "title_emoji", "title_formula", "title_rare_hanzi",
        "title_null_word", "title_newline", "title_tab_and_spaces", "title_rtl_override",
    }

    assert {row["issue"] for row in AWKWARD} == here | looked_at_as_rows
