"""Release: whole orders, concrete shelves, no unit twice."""

from tests.builders import an_order, order_state, stock_at, units_at
from tests.walk import release


def test_no_two_orders_get_the_same_unit_and_a_waiting_order_reserves_nothing(db, actor, dune, emma):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    stock_at(db, "B-08-3", emma, units=1)
    first, second = an_order(db, {dune: 1}), an_order(db, {dune: 1, emma: 1}, when_short="wait")

    done = release(db, actor, first, second)

    assert (done.orders, done.waiting, done.units) == (1, 1, 1)
    assert (order_state(db, first), order_state(db, second)) == ("released", "held")
    assert units_at(db, shelf, dune) == (1, 1)
    assert units_at(db, "B-08-3", emma) == (1, 0)


def test_damaged_units_are_never_reserved(db, actor, dune):
    stock_at(db, "B-07-3", dune, units=5, condition="damaged")
    order = an_order(db, {dune: 1}, when_short="part")

    assert release(db, actor, order).waiting == 1
