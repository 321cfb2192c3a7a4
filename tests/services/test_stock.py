"""The ledger: units only move, never below zero, never what is another's."""

import threading

import pytest
from sqlalchemy import insert, select

from tests.builders import a_place, a_shelf, a_tote, an_item, an_order, moves_of, stock_at, units_at
from warehouse.domain import stock as rules
from warehouse.errors import NotEnoughStock
from warehouse.models.stock import Reservation
from warehouse.services import stock


def test_a_move_takes_from_one_place_and_puts_into_the_other(db, actor):
    book, tote = an_item(db), a_tote(db)
    shelf = stock_at(db, "B-07-3", book, units=5)

    db.write(stock.move, actor, book.id, 2, source=shelf.place, target=tote.place, cause=stock.Cause(rules.PICK))

    assert units_at(db, shelf, book) == (3, 0)
    assert units_at(db, "T-01", book) == (2, 0)
    assert moves_of(db, book) == [("opening", 5, "SUPPLIER", "B-07-3"), ("pick", 2, "B-07-3", "T-01")]
