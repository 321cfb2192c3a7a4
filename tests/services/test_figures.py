"""The night's reckoning: what each item sold and how often it was picked, from the ledger alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import an_item, stock_at
from tests.figures_builders import sold
from warehouse import clock as warehouse_clock
from warehouse.domain.people import Actor
from warehouse.models.catalog import ItemFigure
from warehouse.services import figures


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", price_minor=2500, currency="GBP")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", price_minor=900, currency="GBP")


def figure(db, item):
    with db.read() as session:
        return session.execute(select(ItemFigure.__table__).where(ItemFigure.item_id == item.id)).one()


def later(actor, **time):
    return Actor(**{**vars(actor), "at": warehouse_clock.now() + timedelta(**time)})


def test_units_sold_are_counted_in_thirty_ninety_and_three_hundred_and_sixty_five_days(db, actor, dune):
    shelf = stock_at(db, "A-01-1", dune, 100)
    for units, days in ((1, 2), (2, 40), (4, 200), (8, 400)):
        sold(db, shelf, dune, units, days_ago=days)

    db.write(figures.reckon, actor)

    row = figure(db, dune)
    assert (row.sold_30, row.sold_90, row.sold_365) == (1, 3, 7)
    assert row.value_90_minor == 3 * 2500
    assert row.picks_90 == 2
    assert row.last_sold_at == actor.at - timedelta(days=2)
    assert row.first_moved_at == actor.at - timedelta(days=400)
    assert row.reckoned_at == actor.at


def test_an_item_that_never_moved_has_figures_too(db, actor, dune, emma):
    sold(db, stock_at(db, "A-01-1", dune, 5), dune, 1, days_ago=1)

    assert db.write(figures.reckon, actor) == 2

    row = figure(db, emma)
    assert (row.abc, row.sold_365, row.picks_90, row.value_90_minor) == ("C", 0, 0, 0)
    assert (row.last_sold_at, row.first_moved_at) == (None, None)


def test_what_sold_best_is_a_and_the_rest_follows_by_value(db, actor, dune, emma):
    sold(db, stock_at(db, "A-01-1", dune, 90), dune, 30, days_ago=3)
    sold(db, stock_at(db, "A-01-2", emma, 90), emma, 1, days_ago=3)

    db.write(figures.reckon, actor)

    assert (figure(db, dune).abc, figure(db, emma).abc) == ("A", "C")


def test_reckoned_again_later_the_figures_are_new_and_not_added(db, actor, dune):
    sold(db, stock_at(db, "A-01-1", dune, 9), dune, 3, days_ago=20)
    db.write(figures.reckon, actor)
    db.write(figures.reckon, actor)
    assert figure(db, dune).sold_30 == 3

    db.write(figures.reckon, later(actor, days=20))

    row = figure(db, dune)
    assert (row.sold_30, row.sold_90, row.abc) == (0, 3, "A")


def test_an_item_without_a_price_has_no_value_but_is_counted(db, actor):
    gift = an_item(db, "Bookmark", isbn=None)
    sold(db, stock_at(db, "A-01-1", gift, 9), gift, 3, days_ago=1)

    db.write(figures.reckon, actor)

    assert (figure(db, gift).sold_90, figure(db, gift).value_90_minor, figure(db, gift).abc) == (3, 0, "C")


def test_figures_are_written_in_lots_between_which_others_may_write(db, actor, dune, emma, monkeypatch):
    monkeypatch.setattr(figures, "LOT", 1)
    with db.read() as session:
        found = figures.look(session, actor.at)

    for lot in figures.lots(found):
        db.write(figures.keep, actor, lot)

    assert [len(lot) for lot in figures.lots(found)] == [1, 1]
    assert figure(db, dune).reckoned_at == figure(db, emma).reckoned_at == actor.at
