"""Shelves and first units, as files tell them: opened once, never twice, never on a shelf that is not there."""

from dataclasses import replace

from sqlalchemy import select

from tests.builders import a_shelf, a_tote, an_item, moves_of, stock_at, units_at
from warehouse.domain.layout import LocationRecord, StockRecord
from warehouse.models.stock import Location
from warehouse.services import stock_import

ISBN = "9787536692930"
ROW = StockRecord(2, "B-07-3", ISBN, None, 12)


def open_stock(db, actor, *records):
    merged = db.write(stock_import.open_stock, actor, records)
    return merged.created, merged.unchanged, [problem.code for problem in merged.problems]


def merge_layout(db, *codes, **fields):
    records = [LocationRecord(row, code, **fields) for row, code in enumerate(codes, start=2)]
    merged = db.write(stock_import.merge_layout, records)
    return merged.created, merged.updated, merged.unchanged, [problem.code for problem in merged.problems]


def walk(db):
    with db.read() as session:
        return list(session.execute(
            select(Location.code).where(Location.kind == "shelf").order_by(Location.sequence)).scalars())


# --- Layout ----------------------------------------------------------------------------------------------------------


def test_shelves_without_an_order_are_walked_by_name_with_numbers_by_value(db):
    assert merge_layout(db, "B-10-1", "A-2-1", "B-9-1", "A-10-1") == (4, 0, 0, [])

    assert walk(db) == ["A-2-1", "A-10-1", "B-9-1", "B-10-1"]


def test_shelves_that_come_later_are_put_between_the_old_ones(db):
    merge_layout(db, "A-1-1", "A-3-1")

    assert merge_layout(db, "A-2-1") == (1, 0, 0, [])

    assert walk(db) == ["A-1-1", "A-2-1", "A-3-1"]


def test_an_order_that_a_file_told_is_never_overturned_by_names(db):
    told = [LocationRecord(2, "A-1-1", sequence=20), LocationRecord(3, "A-3-1", sequence=10)]
    db.write(stock_import.merge_layout, told)

    merge_layout(db, "A-2-1")

    assert [code for code in walk(db) if code != "A-2-1"] == ["A-3-1", "A-1-1"]


def test_the_same_layout_again_changes_nothing_and_another_zone_is_news(db):
    merge_layout(db, "A-1-1", "A-2-1", zone="zh")

    assert merge_layout(db, "A-1-1", "A-2-1", zone="zh") == (0, 0, 2, [])
    assert merge_layout(db, "A-1-1", "A-2-1", zone="en") == (0, 2, 0, [])
    assert merge_layout(db, "A-1-1", "A-2-1") == (0, 0, 2, [])


def test_a_shelf_cannot_take_the_name_of_a_tote_or_of_a_fixed_place(db):
    a_tote(db, "T-01")

    assert merge_layout(db, "T-01", "CUSTOMER", "A-1-1") == (1, 0, 0, ["location_has_other_use"] * 2)


def test_a_bench_is_a_place_of_passage_to_the_ledger(db):
    merge_layout(db, "BENCH-1", kind="bench")

    with db.read() as session:
        assert session.execute(select(Location.kind).where(Location.code == "BENCH-1")).scalar() == "staging"
    assert merge_layout(db, "BENCH-1", kind="bench") == (0, 0, 1, [])


# --- Opening stock ---------------------------------------------------------------------------------------------------


def test_opening_stock_is_a_move_from_the_supplier(db, actor):
    book, shelf = an_item(db, isbn=ISBN), a_shelf(db, "B-07-3")

    assert open_stock(db, actor, ROW) == (1, 0, [])

    assert units_at(db, shelf, book) == (12, 0)
    assert moves_of(db, book) == [("opening", 12, "SUPPLIER", "B-07-3")]


def test_the_same_opening_again_changes_nothing_and_another_number_is_for_a_count(db, actor):
    book, shelf = an_item(db, isbn=ISBN), a_shelf(db, "B-07-3")
    open_stock(db, actor, ROW)

    assert open_stock(db, actor, ROW) == (0, 1, [])
    merged = db.write(stock_import.open_stock, actor, [replace(ROW, quantity=9)])

    [problem] = merged.problems
    assert (problem.code, problem.facts["first_units"], problem.facts["units"]) == ("opening_differs", 12, 9)
    assert units_at(db, shelf, book) == (12, 0)


def test_damaged_copies_are_kept_apart_from_the_good_ones(db, actor):
    book, shelf = an_item(db, isbn=ISBN), a_shelf(db, "B-07-3")

    assert open_stock(db, actor, ROW, replace(ROW, row=3, quantity=2, condition="damaged")) == (2, 0, [])

    assert units_at(db, shelf, book) == (12, 0)
    assert units_at(db, shelf, book, "damaged") == (2, 0)


def test_a_shelf_or_item_that_is_not_there_rejects_the_row_alone(db, actor):
    an_item(db, isbn=ISBN)
    a_shelf(db, "B-07-3")

    answer = open_stock(db, actor, replace(ROW, location="Z-99-9"), replace(ROW, isbn13="9787536693968"),
                        replace(ROW, isbn13=None, sku="MUG"), replace(ROW, location="CUSTOMER"), ROW)

    assert answer == (1, 0, ["unknown_location", "unknown_item", "unknown_item", "not_a_place_for_stock"])


def test_an_isbn_of_two_items_needs_the_sku(db, actor):
    first, second = an_item(db, isbn=ISBN), an_item(db, "三体（典藏版）", isbn=ISBN, sku="SF-001")
    shelf = a_shelf(db, "B-07-3")

    assert open_stock(db, actor, ROW) == (0, 0, ["shared_isbn"])
    assert open_stock(db, actor, replace(ROW, sku="SF-001")) == (1, 0, [])

    assert (units_at(db, shelf, first), units_at(db, shelf, second)) == ((0, 0), (12, 0))


def test_a_upc_of_twelve_digits_finds_the_item_that_is_kept_under_thirteen(db, actor):
    an_item(db, "Wild Plants", isbn=None, sku="N-1", codes=("0635517047547",))
    a_shelf(db, "B-07-3")

    assert open_stock(db, actor, replace(ROW, isbn13=None, sku="635517047547")) == (1, 0, [])


def test_two_rows_that_name_one_item_differently_are_not_added_up(db, actor):
    book, shelf = an_item(db, isbn=ISBN, sku="SF-001"), a_shelf(db, "B-07-3")

    assert open_stock(db, actor, ROW, replace(ROW, isbn13=None, sku="SF-001")) == (1, 1, [])
    assert units_at(db, shelf, book) == (12, 0)


def test_an_empty_shelf_row_opens_nothing(db, actor):
    book = an_item(db, isbn=ISBN)
    a_shelf(db, "B-07-3")

    assert open_stock(db, actor, replace(ROW, quantity=0)) == (0, 1, [])
    assert moves_of(db, book) == []


def test_a_second_row_for_the_same_shelf_and_item_is_named_with_the_first():
    kept, [problem] = stock_import.first_of_each_place([ROW, replace(ROW, row=5, quantity=3)])

    assert kept == [ROW]
    assert (problem.row, problem.code, problem.facts["first_row"]) == (5, "repeated_stock_row", 2)


def test_stock_elsewhere_does_not_count_as_opened_here(db, actor):
    book = an_item(db, isbn=ISBN)
    stock_at(db, "A-01-1", book, units=5)
    shelf = a_shelf(db, "B-07-3")

    assert open_stock(db, actor, ROW) == (1, 0, [])
    assert units_at(db, shelf, book) == (12, 0)
