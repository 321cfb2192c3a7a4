"""Counts from a file: every bad row named, the rest settled, and the sample count gives exactly what it should."""

import pytest

from tests.builders import a_place, an_item, stock_at, units_at
from tests.shared_data import needs_shared, shared, shared_rows
from tests.stocktakes_builders import open_tasks, result_of
from warehouse import imports_counts, imports_stock
from warehouse.queries import stocktakes as queries
from warehouse.services import counting_import, counting_sessions, stocktakes


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", price_minor=3_000)


@pytest.fixture
def shelf(db, dune):
    return stock_at(db, "A-01-1", dune, 6)


def bring(db, actor, rows, name="counts.csv"):
    return imports_counts.import_counts(
        db.write, actor, [(name, "\n".join(["location,isbn13,counted,condition", *rows]).encode())])


def test_a_file_is_a_stocktake_of_its_rows(db, actor, dune, shelf):
    emma = an_item(db, "Emma", isbn="9780141439587")
    stock_at(db, shelf, emma, 2)

    report = bring(db, actor, ["A-01-1,9780441013593,5", "A-01-1,9780141439587,6"])

    session_id, = report.stocktakes
    assert (report.rows, report.created, report.rejected) == (2, 2, 0)
    assert result_of(db, session_id, shelf, dune) == ("posted", -1, -1)
    assert result_of(db, session_id, shelf, emma) == ("recount", 4, 0)
    assert open_tasks(db, session_id) == [("A-01-1", 2, [emma.id])]
    assert units_at(db, shelf, dune) == (5, 0)
    with db.read() as session:
        assert queries.find_session(session, session_id).scope == {"files": ["counts.csv"]}


def test_bad_rows_are_named_and_the_rest_is_counted(db, actor, dune, shelf):
    for _ in range(2):
        an_item(db, "Shared", isbn="9780141439587", sku=None if _ else "SHARED-1")
    a_place(db, "QUARANTINE")

    report = bring(db, actor, [
        "Z-09-9,9780441013593,1", "QUARANTINE,9780441013593,1", "A-01-1,9780306406157,1", "A-01-1,9780141439587,1",
        "A-01-1,9780441013593,6", "A-01-1,9780441013593,7", "A-01-1,9780441013593,x"])

    assert [(one["row"], one["code"]) for one in report.problems] == [
        (2, "unknown_location"), (3, "not_a_place_for_stock"), (4, "unknown_item"), (5, "shared_isbn"),
        (7, "repeated_stock_row"), (8, "quantity_unreadable")]
    assert all(one["say"] for one in report.problems)
    assert (report.rows, report.created, report.rejected) == (7, 1, 6)
    assert result_of(db, report.stocktakes[0], shelf, dune) == ("matched", 0, 0)


def test_the_same_file_again_is_counted_again_and_posts_nothing_twice(db, actor, dune, shelf):
    rows = ["A-01-1,9780441013593,5"]
    first, again = bring(db, actor, rows), bring(db, actor, rows)

    assert result_of(db, first.stocktakes[0], shelf, dune) == ("posted", -1, -1)
    assert result_of(db, again.stocktakes[0], shelf, dune) == ("matched", 0, 0)
    assert units_at(db, shelf, dune) == (5, 0)


def test_a_shelf_that_is_being_counted_is_left_to_that_count(db, actor, dune, shelf):
    db.write(counting_sessions.open_session, actor, "all", {})

    report = bring(db, actor, ["A-01-1,9780441013593,5"])

    assert [one["code"] for one in report.problems] == ["shelf_in_other_count"]
    assert units_at(db, shelf, dune) == (6, 0)


def test_a_file_whose_stocktake_is_called_off_meanwhile_goes_on_in_another(db, actor, dune, shelf, monkeypatch):
    monkeypatch.setattr(imports_counts, "LOT", 1)
    other = stock_at(db, "A-01-2", dune, 6)

    def write(use_case, *args):
        done = db.write(use_case, *args)
        if use_case is counting_import.receive_counts and args[2] is None:
            db.write(stocktakes.cancel_session, actor, done.session_id, "fire drill")
        return done

    imports_counts.import_counts(write, actor, [
        ("counts.csv", b"location,isbn13,counted\nA-01-1,9780441013593,6\nA-01-2,9780441013593,1\n")])

    with db.read() as session:
        newest, called_off = queries.list_sessions(session)
    assert (newest.state, called_off.state) == ("counting", "cancelled")
    assert open_tasks(db, newest.id) == [(other.code, 2, [dune.id])]
    assert open_tasks(db, called_off.id) == []


def test_damaged_copies_stay_damaged(db, actor, dune, shelf):
    stock_at(db, shelf, dune, 1, condition="damaged")

    report = bring(db, actor, ["A-01-1,9780441013593,7"])

    assert result_of(db, report.stocktakes[0], shelf, dune) == ("matched", 0, 0)
    assert units_at(db, shelf, dune, "damaged") == (1, 0)


def test_good_and_damaged_copies_in_two_rows_are_one_count(db, actor, dune, shelf):
    stock_at(db, shelf, dune, 1, condition="damaged")

    report = bring(db, actor, ["A-01-1,9780441013593,5,good", *["A-01-1,9780441013593,2,damaged"] * 2])

    assert (report.created, [one["code"] for one in report.problems]) == (2, ["repeated_stock_row"])
    assert result_of(db, report.stocktakes[0], shelf, dune) == ("matched", 0, 0)
    assert (units_at(db, shelf, dune), units_at(db, shelf, dune, "damaged")) == ((5, 0), (2, 0))


def sample_books():
    """A catalogue of the titles that the samples name."""
    rows = [row["isbn13"] for name in ("stock_opening.csv", "stocktake_counts.csv")
            for row in shared_rows("orders", name)]
    return "\n".join(["isbn13,title", *(f"{isbn},Book {isbn}" for isbn in dict.fromkeys(rows))]).encode()


def expected():
    return sorted((row["location"], row["isbn13"], int(row["on_record"]), int(row["counted"]), int(row["difference"]))
                  for row in shared_rows("orders", "expected_stocktake.csv"))


@needs_shared("orders", "expected_stocktake.csv")
def test_the_sample_count_differs_exactly_as_expected(db, actor):
    imports_stock.import_catalogue(db.write, actor, [("books.csv", sample_books())])
    imports_stock.import_stock(
        db.write, actor, [("stock_opening.csv", shared("orders", "stock_opening.csv").read_bytes())])

    report = imports_counts.import_counts(
        db.write, actor, [("stocktake_counts.csv", shared("orders", "stocktake_counts.csv").read_bytes())])

    assert report.problems == []
    assert report.created == len(shared_rows("orders", "stocktake_counts.csv"))
    with db.read() as session:
        found = queries.list_differences(session, report.stocktakes[0], most=None)
        stocktake = queries.find_session(session, report.stocktakes[0])
    assert sorted((each.location, each.code, each.on_record, each.counted, each.units) for each in found) == expected()
    assert stocktake.differences == len(expected())
    assert stocktake.tally.lines_right == report.created - len(expected())
