"""Lists of stock from hand-made ledgers: what is low, how it turns over, what is slow and what is dead."""

from datetime import timedelta

import pytest

from tests.builders import a_place, a_shelf, an_item, an_order, stock_at
from tests.figures_builders import sold
from tests.floor import release
from tests.stock_builders import a_home, ordered
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.queries import stock_lists as lists
from warehouse.services import figures, setup, stock

ISBNS = iter(f"978{n:010}" for n in range(10**6))


@pytest.fixture
def book(db):
    """Makes a book that costs 10.00 GBP."""
    return lambda title, **fields: an_item(db, title, isbn=next(ISBNS), **{
        "price_minor": 1000, "currency": "GBP", **fields})


def came(db, actor, item, units, *, days_ago, shelf="A-01-1"):
    """Units of an item on a shelf since some days ago."""
    place = a_shelf(db, shelf)

    def go(session):
        then = Actor(**{**vars(setup.system_actor(session, actor.at)), "at": actor.at - timedelta(days=days_ago)})
        stock.move(session, then, item.id, units, source=stock.fixed_place(session, "SUPPLIER"), target=place.place,
                   cause=stock.Cause(ledger.OPENING))

    db.write(go)
    return place


def listed(db, actor, kind, **wanted):
    with db.read() as session:
        return lists.list_stock(session, lists.Wanted(kind, **wanted), actor.at)


def titles(found):
    return [row.title for row in found.rows]


# --- Low -------------------------------------------------------------------------------------------------------------


def test_low_is_what_has_less_than_it_sells_in_fourteen_days(db, actor, book):
    low, enough = book("Low"), book("Enough")
    for item, left in ((low, 13), (enough, 14)):
        sold(db, came(db, actor, item, 30 + left, days_ago=100), item, 30, days_ago=3)
    db.write(figures.reckon, actor)

    row, = listed(db, actor, "low").rows

    assert (row.title, row.available, row.least, row.missing, row.cover_days) == ("Low", 13, 14, 1, 13)
    assert row.value_minor == 13 * 1000


def test_the_least_of_the_home_goes_before_the_sales(db, actor, book):
    face, calm = book("Face"), book("Calm")
    shelf = came(db, actor, face, 4, days_ago=5)
    a_home(db, face, shelf, least=5, most=9)
    sold(db, came(db, actor, calm, 31, days_ago=100, shelf="A-01-2"), calm, 30, days_ago=3)
    a_home(db, calm, shelf, least=1, most=9)
    db.write(figures.reckon, actor)

    assert titles(listed(db, actor, "low")) == ["Face"]


def test_what_is_reserved_damaged_or_not_put_away_is_not_available(db, actor, book):
    item = book("Promised")
    shelf = came(db, actor, item, 6, days_ago=5)
    stock_at(db, shelf, item, 3, condition=ledger.DAMAGED)
    stock_at(db, a_place(db, "RECEIVING"), item, 4)
    a_home(db, item, shelf, least=6, most=9)
    release(db, actor, an_order(db, {item: 2}))

    row, = listed(db, actor, "low").rows

    assert (row.on_hand, row.available, row.missing) == (13, 4, 2)


def test_what_is_on_order_is_told_and_may_be_left_out(db, actor, book):
    some, all_of_it = book("Some ordered"), book("All ordered")
    for item, units, number in ((some, 3, "P1"), (all_of_it, 5, "P2")):
        a_home(db, item, came(db, actor, item, 1, days_ago=5), least=6, most=9)
        ordered(db, actor, number, item, units)

    both = listed(db, actor, "low", sort="title")

    assert [(row.title, row.on_order, row.missing) for row in both.rows] == [
        ("All ordered", 5, 0), ("Some ordered", 3, 2)]
    assert titles(listed(db, actor, "low", not_ordered=True)) == ["Some ordered"]
    assert [(bar.name, bar.amount) for bar in both.bars] == [("", 2)]


def test_nothing_at_all_in_the_house_is_low_where_it_sells(db, actor, book):
    item = book("Sold out")
    sold(db, came(db, actor, item, 3, days_ago=100), item, 3, days_ago=2)
    db.write(figures.reckon, actor)

    row, = listed(db, actor, "low").rows

    assert (row.on_hand, row.available, row.least, row.cover_days) == (0, 0, 2, 0)


# --- Turnover --------------------------------------------------------------------------------------------------------


def test_turnover_is_units_sold_over_the_average_of_the_year(db, actor, book):
    """100 lay here for 300 days, 50 for the 65 since; 50 were sold: 50 / (33250 / 365)."""
    item = book("Steady")
    sold(db, came(db, actor, item, 100, days_ago=500), item, 50, days_ago=65)
    db.write(figures.reckon, actor)

    row, = listed(db, actor, "turnover").rows

    assert row.turnover == pytest.approx(50 / ((100 * 300 + 50 * 65) / 365))


def test_what_came_within_the_year_is_judged_by_the_days_since(db, actor, book):
    """20 for 10 days, then 10 for 10 days: 15 on average, 10 sold."""
    item = book("New")
    sold(db, came(db, actor, item, 20, days_ago=20), item, 10, days_ago=10)
    db.write(figures.reckon, actor)

    row, = listed(db, actor, "turnover").rows

    assert row.turnover == pytest.approx(10 / 15)


def test_bars_count_the_titles_of_each_band(db, actor, book):
    for title, units, gone in (("Still", 10, 0), ("Fast", 100, 99)):
        item = book(title)
        shelf = came(db, actor, item, units, days_ago=400)
        if gone:
            sold(db, shelf, item, gone, days_ago=300)
    db.write(figures.reckon, actor)

    bars = {bar.name: bar.amount for bar in listed(db, actor, "turnover", text="Fast").bars}

    assert bars == {"0": 0, "1": 0, "2": 0, "4": 1, "8": 0}


# --- Slow and dead ---------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf_warmers(db, actor, book):
    """One of each age; the newcomer has not had the time to sell."""
    for title, age, last_sale in (("Fresh sale", 400, 10), ("Slow", 400, 91), ("Dead", 500, 366),
                                  ("Never sold", 500, None), ("Newcomer", 30, None), ("Sold out", 500, 400)):
        item = book(title, publisher=title.split(maxsplit=1)[0])
        units = 5
        place = came(db, actor, item, units, days_ago=age)
        if last_sale:
            sold(db, place, item, units if title == "Sold out" else 1, days_ago=last_sale)
    db.write(figures.reckon, actor)


def test_slow_is_in_stock_and_unsold_for_ninety_days(db, actor, shelf_warmers):
    assert titles(listed(db, actor, "slow", sort="title")) == ["Dead", "Never sold", "Slow"]


def test_dead_is_in_stock_and_unsold_for_a_year(db, actor, shelf_warmers):
    found = listed(db, actor, "dead", sort="title")

    assert titles(found) == ["Dead", "Never sold"]
    assert found.values == {"GBP": 9000}
    assert [(bar.name, bar.amount) for bar in found.bars] == [("Never", 5000), ("Dead", 4000)]
    assert found.reckoned_at == actor.at


# --- Narrowing, order, pages -----------------------------------------------------------------------------------------


def test_a_list_is_narrowed_by_words_codes_and_class(db, actor, shelf_warmers):
    assert titles(listed(db, actor, "slow", text="never")) == ["Never sold"]
    assert titles(listed(db, actor, "slow", text="100%")) == []
    isbn = listed(db, actor, "slow", text="Slow").rows[0].isbn13
    assert titles(listed(db, actor, "slow", text=isbn)) == ["Slow"]
    assert titles(listed(db, actor, "slow", abc="A")) == []
    assert len(titles(listed(db, actor, "slow", abc="C"))) == 3


def test_a_list_is_sorted_by_any_of_its_columns_and_what_has_none_comes_last(db, actor, shelf_warmers):
    for sort in lists.SORTS:
        assert len(titles(listed(db, actor, "slow", sort=sort))) == 3
    assert titles(listed(db, actor, "slow", sort="last_sold_at")) == ["Dead", "Slow", "Never sold"]
    assert titles(listed(db, actor, "slow", sort="-last_sold_at")) == ["Slow", "Dead", "Never sold"]
    assert titles(listed(db, actor, "slow", sort="id; DROP TABLE item")) == titles(listed(db, actor, "slow"))


def test_pages_hold_every_title_once(db, actor, book, monkeypatch, shelf_warmers):
    monkeypatch.setattr(lists, "PAGE", 2)

    pages = [listed(db, actor, "slow", sort="on_hand", page=page) for page in (1, 2, 3)]

    assert sorted(title for page in pages for title in titles(page)) == ["Dead", "Never sold", "Slow"]
    assert {page.total for page in pages} == {3}


def test_a_sheet_has_what_the_pages_have(db, actor, shelf_warmers):
    wanted = lists.Wanted("slow", sort="-title")
    with db.read() as session:
        rows = lists.export_stock(session, wanted, actor.at)

    assert rows == listed(db, actor, "slow", sort="-title").rows


def test_the_smaller_publishers_are_one_bar_together(db, actor, book, monkeypatch, shelf_warmers):
    monkeypatch.setattr(lists, "BARS", 1)

    bars = listed(db, actor, "slow").bars

    assert [(bar.name, bar.amount, bar.is_rest) for bar in bars] == [("Never", 5000, False), ("", 8000, True)]


def test_before_the_first_night_a_list_says_so(db, actor, book):
    came(db, actor, book("Unknown"), 3, days_ago=500)

    found = listed(db, actor, "dead")

    assert (found.rows, found.reckoned_at) == ([], None)
