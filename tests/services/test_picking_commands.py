"""What is wrong at the shelf, and what can be pressed instead of scanned."""

import pytest

from tests.builders import a_person, a_tote, an_order, as_actor, order_state, stock_at, units_at
from tests.walk import Walk, release, started
from warehouse.errors import Conflict
from warehouse.services import picking_orders
from warehouse.services.picking_look import look


def test_nothing_here_sends_to_another_shelf_of_the_same_walk(db, actor, picker, dune, tote):
    empty = stock_at(db, "B-07-3", dune, units=2)
    full = stock_at(db, "C-01-1", dune, units=5)
    order = an_order(db, {dune: 2})
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(empty.label)

    answer = walk.press("#short:nothing_here")

    assert (answer.code, answer.task["stop"]["location"]) == ("picking.short_elsewhere", "C-01-1")
    assert units_at(db, empty, dune) == (0, 0)
    walk.scan(full.label)
    walk.scan(dune.isbn)
    walk.scan(dune.isbn)
    assert order_state(db, order) == "picked"


@pytest.mark.parametrize(("when_short", "state"), [("part", "picked"), ("cancel", "picked"), ("wait", "held")])
def test_what_is_nowhere_follows_the_orders_choice(db, actor, picker, dune, tote, when_short, state):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    order = an_order(db, {dune: 2}, when_short=when_short)
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)
    walk.scan(dune.isbn)

    answer = walk.press("#short:not_enough")

    assert (answer.code, answer.facts["n"]) == ("picking.short", 1)
    assert order_state(db, order) == state
    assert answer.task["state"] == "done"


def test_an_order_of_which_nothing_is_found_waits_for_a_person(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    order = an_order(db, {dune: 1}, when_short="part")
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    walk.press("#short:nothing_here")

    assert order_state(db, order) == "held"


def test_a_damaged_copy_goes_to_quarantine_and_another_is_fetched(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    stock_at(db, "C-01-1", dune, units=1)
    order = an_order(db, {dune: 1})
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    answer = walk.press("#damaged")

    assert answer.task["stop"]["location"] == "C-01-1"
    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)


def test_later_comes_again_at_the_end_and_not_for_the_last_stop(db, actor, picker, dune, emma, tote):
    first = stock_at(db, "A-01-1", dune)
    second = stock_at(db, "B-01-1", emma)
    release(db, actor, an_order(db, {dune: 1, emma: 1}))
    walk = started(db, picker, totes=[tote])

    assert walk.press("#later").task["stop"]["location"] == "B-01-1"
    walk.scan(second.label)
    assert walk.scan(emma.isbn).task["stop"]["location"] == "A-01-1"
    assert walk.press("#later").code == "picking.last_stop"
    walk.scan(first.label)
    assert walk.scan(dune.isbn).task["state"] == "done"


def test_a_second_press_of_a_problem_button_does_not_hit_the_next_stop(db, actor, picker, dune, emma, tote):
    stock_at(db, "A-01-1", dune)
    stock_at(db, "B-01-1", emma)
    release(db, actor, an_order(db, {dune: 1, emma: 1}, when_short="part"))
    walk = started(db, picker, totes=[tote])
    step = walk.task["step_id"]
    walk.scan("#short:nothing_here", step=step)

    with pytest.raises(Conflict, match=r"scan\.stale_step"):
        walk.scan("#short:nothing_here", step=step)


def test_undo_takes_back_the_last_copy_even_when_the_order_was_picked(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    order = an_order(db, {dune: 2})
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)
    walk.scan(dune.isbn)
    walk.scan(dune.isbn)

    answer = walk.press("#undo")

    assert (answer.code, answer.task["step"], answer.task["stop"]["units_left"]) == ("picking.undone", "item", 1)
    assert units_at(db, shelf, dune) == (1, 1)
    assert order_state(db, order) == "picking"
    walk.press("#undo")
    assert walk.press("#undo").code == "picking.nothing_to_undo"
    walk.scan(dune.isbn)
    walk.scan(dune.isbn)
    assert order_state(db, order) == "picked"


def test_undo_gives_each_stop_its_own_reservation_back(db, actor, picker, dune, tote):
    """Two stops of one line at one shelf, made by damage on the way: the second is not to lose its copy."""
    first = stock_at(db, "A-01-1", dune, units=3)
    second = stock_at(db, "B-01-1", dune, units=1)
    order = an_order(db, {dune: 2}, when_short="part")
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    where = {"A-01-1": first, "B-01-1": second}
    walk.scan(where[walk.task["stop"]["location"]].label)
    walk.scan(dune.isbn)
    while walk.task["state"] == "started" and walk.task["stop"]["location"] == "A-01-1":
        walk.press("#damaged")
    if walk.task["state"] == "started":
        walk.scan(where[walk.task["stop"]["location"]].label)
        walk.press("#damaged")
    walk.press("#undo")
    while walk.task["state"] == "started":
        stop = walk.task["stop"]
        walk.scan(where[stop["location"]].label if walk.task["step"] == "shelf" else dune.isbn)

    assert order_state(db, order) in ("picked", "held")


def test_an_unscannable_book_counts_by_its_last_four_digits(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune)
    release(db, actor, an_order(db, {dune: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    assert walk.press("#last4:3590").code == "picking.wrong_last_four"
    assert walk.press("#last4:3593").task["state"] == "done"


def test_a_full_tote_is_replaced_and_stays_with_its_order(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    release(db, actor, an_order(db, {dune: 2}))
    walk = started(db, picker, totes=[tote])
    fresh = a_tote(db, "T-09")
    walk.scan(shelf.label)
    walk.scan(dune.isbn)

    assert walk.press("#tote_full").task["step"] == "change"
    assert walk.scan(tote.label).code == "picking.tote_already_here"
    assert walk.scan(fresh.label).task["step"] == "item"
    walk.scan(dune.isbn)
    assert units_at(db, tote.place.id, dune) == (1, 0)
    assert units_at(db, fresh.place.id, dune) == (1, 0)


def test_another_picker_is_refused_until_they_take_over(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune)
    order = an_order(db, {dune: 1})
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)
    other = as_actor(a_person(db, "Ada", "picker"))
    second = Walk(db, other, walk.run_id)

    with pytest.raises(Conflict, match=r"picking\.run_taken"):
        db.write(picking_orders.start, other, walk.run_id)
    assert second.scan(dune.isbn).code == "picking.not_yours"
    db.write(picking_orders.take_over, other, walk.run_id)
    assert second.scan(dune.isbn).code == "picking.stop_done"
    assert walk.scan(dune.isbn).code == "picking.not_yours"


def test_a_tote_in_use_is_refused(db, actor, picker, dune, tote):
    stock_at(db, "B-07-3", dune, units=2)
    release(db, actor, an_order(db, {dune: 1}))
    started(db, picker, totes=[tote])
    release(db, actor, an_order(db, {dune: 1}))

    walk = started(db, picker, totes=[tote])

    with db.read() as session:
        assert look(session, walk.run_id).state == "binding"
    assert walk.scan(tote.label).code == "picking.tote_in_use"
