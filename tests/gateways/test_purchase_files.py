"""Purchase orders and delivery notices as suppliers and buyers write them."""

from warehouse.domain.purchasing import NoticeRow, PurchaseRow, groups_of
from warehouse.gateways import exports
from warehouse.gateways.purchase_files import read_notices, read_purchases

ENGLISH = """supplier,order number,isbn,quantity,price,currency,expected
Harbour Books,PO-7,978-0-14-044913-6,12,£8.99,,2026-03-09
Harbour Books,PO-7,9780140283334,3,8.99,GBP,2026/3/9
"""
CHINESE = """供应商,采购单号,书号,书名,订购数量,单价,预计到货日期
华东图书,CG-18,9787536692930,三体,20,13.80,2026年3月9日
"""


def file(text, encoding="utf-8"):
    return "orders.csv", text.encode(encoding)


def codes(problems):
    return [(problem.row, problem.code) for problem in problems]


def test_an_english_and_a_chinese_order_file_are_read_by_their_headers():
    rows, problems = read_purchases(*file(ENGLISH))
    chinese, more = read_purchases(*file(CHINESE, "gb18030"))

    assert problems == more == []
    assert rows == [
        PurchaseRow(2, "Harbour Books", "PO-7", "9780140449136", None, 12, "", 899, "GBP", "2026-03-09"),
        PurchaseRow(3, "Harbour Books", "PO-7", "9780140283334", None, 3, "", 899, "GBP", "2026-03-09")]
    assert chinese == [
        PurchaseRow(2, "华东图书", "CG-18", "9787536692930", None, 20, "三体", 1380, "CNY", "2026-03-09")]


def test_a_workbook_is_read_like_a_csv_file():
    packed = exports.to_xlsx(["supplier", "PO", "sku", "qty"], [["Harbour Books", 4711, "HLM-1", 5]], "orders")

    rows, problems = read_purchases("orders.xlsx", packed)

    assert (problems, rows) == ([], [PurchaseRow(2, "Harbour Books", "4711", None, "HLM-1", 5)])


def test_each_bad_cell_is_a_problem_of_its_row_and_the_others_load():
    head = "supplier,order number,isbn,units,price,expected\n"
    bad = (",PO-1,9780140449136,1,,\n" "A,,9780140449136,1,,\n" "A,PO-1,9780140449137,1,,\n" "A,PO-1,,1,,\n"
           "A,PO-1,9780140449136,0,,\n" "A,PO-1,9780140449136,1.5,,\n" "A,PO-1,9780140449136,1,many,\n"
           "A,PO-1,9780140449136,1,,03/04/2026\n" f"A,{'9' * 70},9780140449136,1,,\n")

    rows, problems = read_purchases(*file(head + bad + "A,PO-1,9780140449136,1,,\n"))

    assert [row.row for row in rows] == [11]
    assert codes(problems) == [
        (2, "no_supplier"), (3, "no_order_number"), (4, "wrong_check_digit"), (5, "no_item"),
        (6, "units_unreadable"), (7, "units_unreadable"), (8, "purchase_price_unreadable"), (9, "day_unreadable"),
        (10, "number_too_long")]


def test_a_price_whose_currency_cannot_be_told_is_left_out_and_noted():
    [row], _ = read_purchases(*file("supplier,po,isbn,units,price\nA,PO-1,9780140449136,1,8.99\n"))

    assert (row.price_minor, row.note) == (None, "purchase_price_left_out")


def test_a_file_without_a_needed_column_says_which():
    rows, [problem] = read_purchases(*file("supplier,isbn,units\nA,9780140449136,1\n"))

    assert (rows, problem.row, problem.code, problem.facts) == ([], 1, "missing_columns", {"columns": "number"})


def test_a_notice_is_read_with_its_order_and_boxes():
    text = ("到货通知单号,采购单号,供应商,箱号,书号,发货数量\n"
            "SH-5,CG-18,华东图书,1,9787536692930,10\nSH-5,CG-18,华东图书,2,9787536692930,10\n")

    rows, problems = read_notices(*file(text))

    assert problems == []
    assert rows == [NoticeRow(2, "华东图书", "SH-5", "9787536692930", None, 10, "", "CG-18", "1"),
                    NoticeRow(3, "华东图书", "SH-5", "9787536692930", None, 10, "", "CG-18", "2")]


def test_rows_of_one_order_stand_together_and_a_second_row_of_one_book_is_a_problem():
    rows, _ = read_purchases(*file("supplier,po,isbn,units\nA,1,9780140449136,1\nB,1,9780140449136,2\n"
                                   " a ,1,9780140283334,3\nA,1,9780140449136,1\n"))

    groups, problems = groups_of(rows)

    assert [[row.row for row in group] for group in groups] == [[2, 4], [3]]
    assert codes(problems) == [(5, "repeated_purchase_row")]
    assert problems[0].facts == {"item": "9780140449136", "first_row": 2}


def test_one_book_in_two_boxes_of_a_notice_is_no_repeat():
    rows, _ = read_notices(*file("supplier,asn,box,isbn,units\nA,1,1,9780140449136,1\nA,1,2,9780140449136,1\n"
                                 "A,1,2,9780140449136,1\n"))

    groups, problems = groups_of(rows)

    assert ([len(group) for group in groups], codes(problems)) == ([2], [(4, "repeated_purchase_row")])
