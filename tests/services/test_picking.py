"""A pick run by scans: shelf, copies, tote; what is wrong is refused, kept, and changes nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import (
    a_cart,
    a_tote,
    an_item,
    an_order,
    moves_of,
    order_state,
    stock_at,
    units_at,
)
from tests.walk import Walk, release, runs_of, started
from warehouse.errors import Invalid
from warehouse.services import picking_orders


def test_shelf_copies_and_the_order_is_picked(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    order = an_order(db, {dune: 2})
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])

    assert units_at(db, shelf, dune) == (3, 2)
    assert walk.scan(shelf.label).code == "picking.shelf_right"
    assert walk.scan(dune.isbn).code == "picking.taken"
    answer = walk.scan(dune.isbn)

    assert (answer.code, answer.sound, answer.task["step"]) == ("picking.stop_done", "done", "done")
    assert units_at(db, shelf, dune) == (1, 0)
    assert units_at(db, tote.place.id, dune) == (2, 0)
    assert order_state(db, order) == "picked"


def test_a_batch_asks_for_cart_and_totes_and_each_stop_for_its_tote(db, actor, picker, dune, emma):
    first, second = a_tote(db, "T-01"), a_tote(db, "T-02")
    cart = a_cart(db)
    shelf = stock_at(db, "A-01-1", dune, units=5)
    other = stock_at(db, "A-02-1", emma, units=5)
    orders = [an_order(db, {dune: 1, emma: 1}), an_order(db, {dune: 2, emma: 1})]
    release(db, actor, *orders)
    walk = Walk(db, picker, runs_of(db)[-1])
    db.write(picking_orders.start, picker, walk.run_id)

    assert walk.scan(first.label).code == "picking.scan_cart"
    assert walk.scan(cart.label).task["step"] == "bind"
    assert walk.scan(first.label).task["slot"] == 2
    assert walk.scan(first.label).code == "picking.tote_already_here"
    assert walk.scan(second.label).task["step"] == "shelf"
    walk.scan(shelf.label)
    assert walk.scan(dune.isbn).task["step"] == "tote"
    assert walk.scan(second.label).code == "picking.wrong_tote"
    assert walk.scan(first.label).code == "picking.placed"
    walk.scan(dune.isbn)
    assert walk.scan(second.label).code == "picking.more_to_take"
    walk.scan(dune.isbn)
    walk.scan(second.label)
    walk.scan(other.label)
    for tote in (first, second):
        walk.scan(emma.isbn)
        answer = walk.scan(tote.label)

    assert answer.task["state"] == "done"
    assert [order_state(db, order) for order in orders] == ["picked", "picked"]
    assert units_at(db, first.place.id, dune) == (1, 0)
    assert units_at(db, second.place.id, dune) == (2, 0)


@pytest.mark.parametrize("wrong", ["other shelf", "book first", "tote", "nonsense", "cut"])
def test_at_the_shelf_step_anything_but_the_shelf_is_refused_and_moves_nothing(db, actor, picker, dune, tote, wrong):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    other = stock_at(db, "C-01-1", dune, units=1)
    release(db, actor, an_order(db, {dune: 2}))
    walk = started(db, picker, totes=[tote])

    raw, code = {
        "other shelf": (other.label, "picking.wrong_shelf"), "book first": (dune.isbn, "picking.scan_shelf_first"),
        "tote": (tote.label, "picking.scan_shelf_not_tote"), "nonsense": ("HELLO-1", "picking.unknown_code"),
        "cut": ("97804410135", "scan.unreadable"),
    }[wrong]
    answer = walk.scan(raw)

    assert (answer.outcome, answer.code) == ("refused", code)
    assert units_at(db, shelf, dune) == (3, 2)
    assert len(moves_of(db, dune)) == 2  # The two openings.


def test_the_wrong_book_is_named(db, actor, picker, dune, emma, tote):
    shelf = stock_at(db, "B-07-3", dune)
    stock_at(db, "B-07-4", emma)
    release(db, actor, an_order(db, {dune: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    answer = walk.scan(emma.isbn)

    assert (answer.code, answer.sound, answer.facts["title"]) == ("picking.wrong_item", "error", "Emma")


def test_the_same_scan_again_gives_the_same_answer_and_does_nothing(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    release(db, actor, an_order(db, {dune: 3}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    first = walk.scan(dune.isbn, scan_id="11111111-1111-4111-8111-111111111111")
    walk.scan(dune.isbn)
    again = walk.scan(dune.isbn, scan_id="11111111-1111-4111-8111-111111111111")

    assert again == first
    assert units_at(db, tote.place.id, dune) == (2, 0)


def test_a_scan_id_with_another_body_is_refused(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    release(db, actor, an_order(db, {dune: 3}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label, scan_id="11111111-1111-4111-8111-111111111111")

    with pytest.raises(Invalid, match=r"scan\.key_reused"):
        walk.scan(dune.isbn, scan_id="11111111-1111-4111-8111-111111111111")


def test_one_copy_too_many_is_refused(db, actor, picker, dune, emma):
    totes = [a_tote(db, "T-01"), a_tote(db, "T-02")]
    shelf = stock_at(db, "B-07-3", dune, units=9)
    stock_at(db, "B-08-3", emma, units=9)
    release(db, actor, an_order(db, {dune: 1, emma: 1}), an_order(db, {dune: 1, emma: 1}))
    walk = started(db, picker, totes=totes, cart=a_cart(db))
    walk.scan(shelf.label)
    walk.scan(dune.isbn)

    answer = walk.scan(dune.isbn)

    assert (answer.code, answer.facts["n"], answer.sound) == ("picking.too_many", 1, "warn")


def test_the_number_pad_takes_several_and_never_more_than_wanted(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=9)
    release(db, actor, an_order(db, {dune: 5}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    assert walk.scan(dune.isbn, units=6).code == "picking.too_many"
    assert walk.scan(dune.isbn, units=5).code == "picking.stop_done"
    assert units_at(db, tote.place.id, dune) == (5, 0)


def test_a_code_shared_by_two_items_on_the_shelf_asks_which(db, actor, picker, tote):
    upper = an_item(db, "红楼梦（上）", isbn="9787020002207", sku="HLM-1", volume="1")
    lower = an_item(db, "红楼梦（下）", isbn="9787020002207", sku="HLM-2", volume="2")
    shelf = stock_at(db, "B-07-3", upper)
    stock_at(db, shelf, lower)
    release(db, actor, an_order(db, {upper: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    asked = walk.scan("9787020002207")
    wrong = walk.scan("9787020002207", choice=lower.id)
    right = walk.scan("9787020002207", choice=upper.id)

    assert (asked.outcome, [option["sku"] for option in asked.options]) == ("choose", ["HLM-1", "HLM-2"])
    assert wrong.code == "picking.wrong_item"
    assert right.outcome == "accepted"


def test_a_set_counts_only_when_it_was_scanned_twice(db, actor, picker, tote):
    pots = an_item(db, "Harry Potter Box", volumes=7, packing_class="set")
    shelf = stock_at(db, "B-07-3", pots)
    release(db, actor, an_order(db, {pots: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    assert walk.scan(pots.isbn).code == "picking.confirm_set"
    assert walk.scan(pots.isbn).code == "picking.stop_done"


def test_somebody_elses_refused_scan_does_not_undo_a_half_confirmed_set(db, actor, picker, tote):
    pots = an_item(db, "Harry Potter Box", volumes=7, packing_class="set")
    shelf = stock_at(db, "B-07-3", pots)
    release(db, actor, an_order(db, {pots: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)
    walk.scan(pots.isbn)

    assert Walk(db, actor, walk.run_id).scan(pots.isbn).code == "picking.not_yours"
    assert walk.scan(pots.isbn).code == "picking.stop_done"


def test_a_second_stop_at_the_same_shelf_needs_no_second_shelf_scan(db, actor, picker, dune, emma, tote):
    shelf = stock_at(db, "B-07-3", dune)
    stock_at(db, shelf, emma)
    release(db, actor, an_order(db, {dune: 1, emma: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    assert walk.scan(dune.isbn).task["step"] == "item"
    assert walk.scan(emma.isbn).task["state"] == "done"


def test_two_scans_of_the_last_copy_at_once_take_it_once(db, actor, picker, dune, tote):
    """Sent by two requests at the same moment: one is counted, the other hears how things stand then."""
    shelf = stock_at(db, "B-07-3", dune, units=5)
    release(db, actor, an_order(db, {dune: 2}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)
    walk.scan(dune.isbn)
    gate = threading.Barrier(2)

    def at_once():
        gate.wait()
        return walk.scan(dune.isbn).code

    with ThreadPoolExecutor(2) as both:
        codes = {attempt.result() for attempt in [both.submit(at_once), both.submit(at_once)]}

    assert codes == {"picking.stop_done", "picking.run_is_done"}
    assert units_at(db, tote.place.id, dune) == (2, 0)
