"""A pick run by scans: shelf, copies, tote; what is wrong is refused, kept, and changes nothing."""

import uuid

import pytest

from tests.builders import (
    a_cart, a_person, a_tote, an_item, an_order, as_actor, moves_of, order_state, stock_at, units_at,
)
from warehouse.domain.scans import ScanIn
from warehouse.errors import Conflict, Invalid
from warehouse.services import picking, picking_commands, picking_orders, waves
from warehouse.services.picking_look import look


class Walk:
    """One picker on one run."""

    def __init__(self, db, actor, run_id):
        self.db, self.actor, self.run_id = db, actor, run_id
        self.task = None

    def scan(self, raw, **more):
        scanned = ScanIn(more.pop("scan_id", str(uuid.uuid4())), raw, **more)
        use_case = picking_commands.command if raw.startswith("#") else picking.scan
        answer = self.db.write(use_case, self.actor, self.run_id, scanned)
        self.task = answer.task
        return answer

    def press(self, command):
        return self.scan(command, step=self.task["step_id"])


def release(db, actor, *orders, slots=6, grouping="together"):
    wave = db.write(waves.open_wave, actor, actor.at)
    return db.write(waves.release, actor, wave, [order.id for order in orders], slots=slots, grouping=grouping)


def runs_of(db):
    from sqlalchemy import select
    from warehouse.models.picking import PickRun
    with db.read() as session:
        return list(session.execute(select(PickRun.id).order_by(PickRun.id)).scalars())


def started(db, picker, *, totes, cart=None):
    """The newest run, started and loaded."""
    walk = Walk(db, picker, runs_of(db)[-1])
    db.write(picking_orders.start, picker, walk.run_id)
    if cart:
        walk.scan(cart.label)
    for tote in totes:
        walk.scan(tote.label)
    return walk


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587")


@pytest.fixture
def tote(db):
    return a_tote(db, "T-01")


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

    with pytest.raises(Invalid, match="scan.key_reused"):
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


def test_a_second_stop_at_the_same_shelf_needs_no_second_shelf_scan(db, actor, picker, dune, emma, tote):
    shelf = stock_at(db, "B-07-3", dune)
    stock_at(db, shelf, emma)
    release(db, actor, an_order(db, {dune: 1, emma: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    assert walk.scan(dune.isbn).task["step"] == "item"
    assert walk.scan(emma.isbn).task["state"] == "done"


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

    with pytest.raises(Conflict, match="scan.stale_step"):
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

    with pytest.raises(Conflict, match="picking.run_taken"):
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
