"""Catalogue, layout and stock files from bytes to rows and a report: everything counted, every bad row named."""

from sqlalchemy import func, select

from tests.shared_data import needs_shared, shared
from warehouse import imports_stock
from warehouse.models.catalog import Item
from warehouse.models.orders import ImportRun
from warehouse.models.stock import Location, StockBalance
from warehouse.models.transfers import ItemHome

BOOKS = """isbn13,title,author,price,currency
9787536692930,三体,刘慈欣,23.00,CNY
9787536693968,三体Ⅱ：黑暗森林,刘慈欣,32.00,CNY
9787536692931,校验位不对,某人,1.00,CNY
,没有书号的画册,某人,88.00,CNY
"""
STOCK = """location,isbn13,quantity,condition
B-07-3,9787536692930,12,good
B-07-3,9787536692930,2,damaged
A-01-2,9787536693968,9,good
A-01-2,9787020002207,9,good
A-01-2,9787536693968,x,good
"""


def csv(text, name="file.csv"):
    return name, text.encode()


def figures(report):
    assert report.rows == report.created + report.updated + report.unchanged + report.rejected
    return report.created, report.updated, report.unchanged, report.rejected


def complaints(report):
    assert all(problem["say"] for problem in report.problems)
    return [(problem["row"], problem["code"]) for problem in report.problems]


def count(db, thing, *where):
    with db.read() as session:
        return session.execute(select(func.count()).select_from(thing).where(*where)).scalar()


def test_good_rows_load_and_bad_ones_are_named_with_row_code_and_sentence(db, actor):
    report = imports_stock.import_catalogue(db.write, actor, [csv(BOOKS, "books.csv")])

    assert figures(report) == (3, 0, 0, 1)
    [problem] = report.problems
    assert (problem["file"], problem["row"], problem["code"]) == ("books.csv", 4, "wrong_check_digit")
    assert "9787536692931" in problem["say"]
    assert count(db, Item) == 3


def test_the_same_catalogue_again_changes_nothing_but_keeps_its_report(db, actor):
    for _ in range(2):
        report = imports_stock.import_catalogue(db.write, actor, [csv(BOOKS)])

    assert figures(report) == (0, 0, 3, 1)
    assert count(db, ImportRun, ImportRun.kind == "catalogue") == 2


def test_the_first_file_wins_so_that_the_same_files_again_change_nothing(db, actor):
    files = [csv("isbn13,title,publisher\n9787536692930,三体,重庆出版社\n", "one.csv"),
             csv("isbn13,title,publisher\n9787536692930,三体,Chongqing\n9787536693968,黑暗森林,\n", "two.csv"),
             csv("isbn13,title,publisher\n9787536692930,三体,重庆出版社\n9787536693968,死神永生,\n", "three.csv")]

    first = imports_stock.import_catalogue(db.write, actor, files)
    again = imports_stock.import_catalogue(db.write, actor, files)

    assert figures(first) == (2, 0, 1, 2)
    assert figures(again) == (0, 0, 3, 2)
    assert [(one["file"], one["row"], one["code"]) for one in first.problems] == [
        ("two.csv", 2, "differs_from_earlier_file"), ("three.csv", 3, "same_isbn_other_title")]


def test_a_chinese_manager_reads_the_problems_in_chinese(db):
    from tests.builders import a_person, as_actor

    reader = as_actor(a_person(db, "林悦", "manager", language="zh-Hans"))

    report = imports_stock.import_catalogue(db.write, reader, [csv(BOOKS)])

    assert "校验位不对" in report.problems[0]["say"]


def test_a_file_that_is_no_table_is_told_as_unreadable(db, actor):
    report = imports_stock.import_catalogue(db.write, actor, [("photo.jpg", b"\xff\xd8\xff\x00\x01"), csv(BOOKS)])

    assert report.unreadable == ["photo.jpg"]
    assert report.created == 3


def test_the_stock_file_makes_the_shelves_of_a_warehouse_that_has_none(db, actor):
    imports_stock.import_catalogue(db.write, actor, [csv(BOOKS)])

    report = imports_stock.import_stock(db.write, actor, [csv(STOCK)])

    assert figures(report) == (3, 0, 0, 2)
    assert complaints(report) == [(5, "unknown_item"), (6, "quantity_unreadable")]
    with db.read() as session:
        shelf = session.execute(select(Location.aisle, Location.bay, Location.shelf, Location.sequence)
                                .where(Location.code == "B-07-3")).one()
        units = session.execute(select(func.sum(StockBalance.on_hand))).scalar()
    assert (tuple(shelf), units) == (("B", "07", "3", 20), 23)


def test_once_there_are_shelves_an_unknown_one_is_a_problem(db, actor):
    imports_stock.import_catalogue(db.write, actor, [csv(BOOKS)])
    imports_stock.import_layout(db.write, actor, [csv("location\nA-01-2\n")])

    report = imports_stock.import_stock(db.write, actor, [csv(STOCK)])

    assert (2, "unknown_location") in complaints(report)
    assert report.created == 1


def test_the_same_stock_again_changes_nothing(db, actor):
    imports_stock.import_catalogue(db.write, actor, [csv(BOOKS)])
    for _ in range(2):
        report = imports_stock.import_stock(db.write, actor, [csv(STOCK)])

    assert figures(report) == (0, 0, 3, 2)


def test_progress_is_told_up_to_the_last_row(db, actor):
    told = []

    imports_stock.import_catalogue(
        db.write, actor, [csv(BOOKS)], progress=lambda done, total: told.append((done, total)))

    assert told == [(3, 3)]


@needs_shared("catalogue", "books.csv")
def test_the_large_catalogue_and_its_stock_load_whole_and_again_change_nothing(db, actor):
    books = [("books.csv", shared("catalogue", "books.csv").read_bytes())]
    stock = [("stock.csv", shared("orders", "stock_opening.csv").read_bytes())]

    assert figures(imports_stock.import_catalogue(db.write, actor, books)) == (9229, 0, 0, 0)
    assert figures(imports_stock.import_catalogue(db.write, actor, books)) == (0, 0, 9229, 0)
    assert figures(imports_stock.import_stock(db.write, actor, stock)) == (1593, 0, 0, 0)
    with db.read() as session:
        units = session.execute(select(StockBalance.condition, func.sum(StockBalance.on_hand))
                                .group_by(StockBalance.condition).order_by(StockBalance.condition)).all()
    assert sum(total for _, total in units) == 12_002
    assert [condition for condition, _ in units] == ["damaged", "good"]


@needs_shared("catalogue", "awkward.csv")
def test_each_isbn_of_the_awkward_records_ends_with_one_title_and_the_others_are_named(db, actor):
    report = imports_stock.import_catalogue(
        db.write, actor, [("awkward.csv", shared("catalogue", "awkward.csv").read_bytes())])

    assert report.rows == 139
    with db.read() as session:
        shared_isbns = session.execute(
            select(Item.isbn13).where(Item.isbn13.is_not(None)).group_by(Item.isbn13).having(func.count() > 1)).all()
    assert shared_isbns == []
    other_titles = [problem for problem in report.problems if problem["code"] == "same_isbn_other_title"]
    assert all("“" in problem["say"] for problem in other_titles)
    assert len(other_titles) >= 6


# --- Reserve shelves, limits and fixed shelves -----------------------------------------------------------------------

LAYOUT = """location,kind,max_units
A-01-1,shelf,20
A-01-2,shelf,
R-01-1,reserve,200
Q-01,quarantine,
"""
HOMES = """location,isbn,min,max
A-01-1,9787536692930,5,20
A-01-2,9787536693968,,
R-01-1,9787536693968,1,2
Q-01,9787536693968,1,2
A-99-9,9787536693968,1,2
A-01-2,9787020002207,1,2
"""


def shelves(db):
    with db.read() as session:
        rows = session.execute(select(Location.code, Location.is_reserve, Location.max_units)
                               .where(Location.kind == "shelf").order_by(Location.code))
        return [tuple(row) for row in rows]


def test_reserve_and_limits_come_with_the_layout_and_an_empty_cell_leaves_them(db, actor):
    for told in ((4, 0, 0, 0), (0, 0, 4, 0)):
        assert figures(imports_stock.import_layout(db.write, actor, [csv(LAYOUT)])) == told
    assert shelves(db) == [("A-01-1", False, 20), ("A-01-2", False, None), ("R-01-1", True, 200)]

    changed = "location,reserve,max_units\nA-01-1,,30\nR-01-1,no,\n"

    assert figures(imports_stock.import_layout(db.write, actor, [csv(changed)])) == (0, 2, 0, 0)
    assert shelves(db) == [("A-01-1", False, 30), ("A-01-2", False, None), ("R-01-1", False, 200)]


def test_fixed_shelves_load_once_and_change_when_the_file_does(db, actor):
    imports_stock.import_catalogue(db.write, actor, [csv(BOOKS)])
    imports_stock.import_layout(db.write, actor, [csv(LAYOUT)])

    report = imports_stock.import_homes(db.write, actor, [csv(HOMES)])

    assert figures(report) == (2, 0, 0, 4)
    assert complaints(report) == [(4, "repeated_home"), (5, "repeated_home"), (6, "repeated_home"), (7, "unknown_item")]
    assert figures(imports_stock.import_homes(db.write, actor, [csv(HOMES)])) == (0, 0, 2, 4)
    moved = "location,isbn,min,max\nA-01-2,9787536692930,3,9\n"
    assert figures(imports_stock.import_homes(db.write, actor, [csv(moved)])) == (0, 1, 0, 0)
    assert count(db, ItemHome, ItemHome.min_units == 3) == 1


def test_a_fixed_shelf_is_one_that_people_pick_from(db, actor):
    imports_stock.import_catalogue(db.write, actor, [csv(BOOKS)])
    imports_stock.import_layout(db.write, actor, [csv(LAYOUT)])
    for place, code in (("R-01-1", "not_a_pick_face"), ("Q-01", "not_a_pick_face"), ("A-99-9", "unknown_location")):
        report = imports_stock.import_homes(db.write, actor, [csv(f"location,isbn\n{place},9787536692930\n")])
        assert complaints(report) == [(2, code)]
