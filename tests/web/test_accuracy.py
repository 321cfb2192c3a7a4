"""The page of stock accuracy, its JSON and its CSV."""

import csv
import io

import pytest

from tests.builders import an_item, stock_at
from tests.figures_builders import counted
from tests.web.conftest import JSON


@pytest.fixture
def counts(db, actor):
    """Two lines counted yesterday, one of them wrong; a third title that nobody ever counted."""
    dune = an_item(db, "Dune", isbn="9780441013593", price_minor=1000, currency="GBP")
    emma = an_item(db, "Emma", isbn="9780141439587", price_minor=1000, currency="CNY")
    shelf = stock_at(db, "A-01-1", dune, 5)
    stock_at(db, shelf, emma, 5)
    stock_at(db, "A-01-2", emma, 5)
    counted(db, actor, shelf, dune, days_ago=1)
    counted(db, actor, shelf, emma, days_ago=1, units=-1, cause="misplaced")


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Stock accuracy", "50.0\N{NO-BREAK SPACE}%", "Why they differed", "1 of 2 lines")),
    ("zh-Hans", ("库存准确率", "50.0\N{NO-BREAK SPACE}%", "差异原因", "2 行中 1 行"))])
def test_the_page_tells_accuracy_causes_and_what_is_due(tablet, counts, language, words):
    tablet.sign_in("operations", language=language)

    page = tablet.get("/accuracy/").text

    for word in (*words, "Lin Yue"):
        assert word in page
    for worth in ("GBP 100.0 %", "CNY 80.0 %"):
        assert worth.replace(" ", "\N{NO-BREAK SPACE}") in page
    assert 'style="' not in page
    assert "None" not in page


def test_by_month_and_by_anything_else(tablet, counts):
    tablet.sign_in("finance")

    assert tablet.get("/accuracy/?by=month", **JSON).json["by"] == "month"
    assert tablet.get("/accuracy/?by=fortnight", **JSON).json["by"] == "week"
    assert "2025-04" in tablet.get("/accuracy/?by=month").text


def test_a_shop_that_never_counted_has_a_page_too(tablet):
    tablet.sign_in("manager")

    assert "Nothing was counted" in tablet.get("/accuracy/").text


def test_the_same_figures_as_json(tablet, counts):
    tablet.sign_in("manager")

    found = tablet.get("/accuracy/", **JSON).json

    assert (found["total"]["lines"], found["total"]["right"]) == (2, 1)
    assert found["total"]["worth"]["CNY"] == {"value": 5000, "off": 1000, "net": -1000}
    assert found["causes"] == [{"name": "misplaced", "lines": 1, "units": 1}]
    assert found["due"]["C"] == [3, 1, 1]
    assert len(found["periods"]) == 12


def test_a_spreadsheet_gets_a_row_for_each_group_and_currency(tablet, counts):
    tablet.sign_in("finance")

    answer = tablet.get("/accuracy/export?by=month")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="accuracy-month-2026-03-04.csv"'
    assert rows[0][:4] == ["Group", "Name", "Lines", "Without difference"]
    assert ["zone", "A", "2", "1", "50.0", "10", "1", "90.0", "CNY", "5000", "1000", "-1000", "80.0"] in rows
    assert ["zone", "A", "2", "1", "50.0", "10", "1", "90.0", "GBP", "5000", "0", "0", "100.0"] in rows
    assert sum(row[0] == "month" for row in rows) == 13


@pytest.mark.parametrize("role", ["picker", "packer", "service"])
def test_who_counts_does_not_see_differences(tablet, counts, role):
    tablet.sign_in(role)

    assert tablet.get("/accuracy/", **JSON).status_code == 403
    assert tablet.get("/accuracy/export", **JSON).status_code == 403
