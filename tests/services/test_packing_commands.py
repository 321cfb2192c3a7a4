"""What a packer presses: undo, second box, carton, note, weight."""


import pytest

from tests.builders import (
    an_item,
    order_state,
    units_at,
)
from tests.packers import at_bench, line_counts, proves, rows
from warehouse.errors import Conflict
from warehouse.models.journal import Action
from warehouse.models.orders import Order

# --- Commands -------------------------------------------------------------------------------------


def test_undo_takes_the_last_book_out_again(db, picked, dune, emma):
    bench, _, tote = picked
    bench.scan(dune.isbn)
    bench.scan(emma.isbn)

    assert bench.press("#undo").code == "packing.undone"
    assert units_at(db, tote.place.id, emma) == (1, 0)
    assert bench.press("#undo").task["units_packed"] == 0
    assert bench.press("#undo").code == "packing.nothing_to_undo"
    assert line_counts(db) == [[2, 2, 0, 0, 2, 0], [1, 1, 0, 0, 1, 0]]
    for raw in (dune.isbn, dune.isbn, emma.isbn):
        bench.scan(raw)
    assert bench.task["step"] == "weigh"
    assert proves(db) == []


def test_a_command_from_an_old_screen_or_without_name_is_refused(db, picked, dune):
    bench, _, _ = picked
    bench.scan(dune.isbn)
    old = bench.task["step_id"]
    bench.scan(dune.isbn)

    with pytest.raises(Conflict, match="stale_step"):
        bench.scan("#undo", step=old)
    with pytest.raises(Conflict, match="unknown_command"):
        bench.press("#dance")
    assert bench.task["units_packed"] == 2


def test_a_second_parcel_takes_what_is_scanned_after_it_and_both_are_weighed(db, picked, dune, emma):
    bench, order, _ = picked

    assert bench.press("#new_parcel").code == "packing.no_new_parcel"
    bench.scan(dune.isbn)
    bench.scan(dune.isbn)
    assert bench.press("#new_parcel").facts["position"] == 2
    answer = bench.scan(emma.isbn)
    first, second = answer.task["parcels"]
    assert (first["units"], second["units"]) == (2, 1)
    answer = bench.press(f"#weight:{first['expected_weight_g']}")
    assert (answer.code, answer.go) == ("packing.parcel_closed", None)
    answer = bench.press(f"#weight:{second['expected_weight_g']}")

    assert (answer.code, answer.go) == ("packing.order_done", f"/ship/{first['id']}")
    assert order_state(db, order) == "packed"
    assert proves(db) == []


def test_another_carton_changes_the_expected_weight(db, picked, dune):
    bench, _, _ = picked
    box = next(each for each in bench.task["cartons"] if each["code"] == "BOX-2")

    answer = bench.press(f"#carton:{box['id']}")

    assert (answer.code, answer.task["box"]["code"]) == ("packing.carton_chosen", "BOX-2")
    assert answer.task["parcels"][0]["expected_weight_g"] == 2 * 500 + 300 + 380
    assert bench.press("#carton:999").code == "packing.no_such_carton"


def test_a_remark_is_read_before_the_box_is_closed(db, actor, picker, packer, emma):
    bench, _, _ = at_bench(db, actor, picker, packer, {emma: 1}, gift_note="生日快乐", must_acknowledge=True)
    bench.scan(emma.isbn)

    assert bench.task["step"] == "read"
    assert bench.press("#weight:320").code == "packing.read_first"
    assert bench.press("#ack").task["step"] == "weigh"
    assert rows(db, Order.acknowledged_by) == [(packer.person_id,)]
    assert bench.press("#weight:320").code == "packing.order_done"


def test_the_box_is_not_closed_while_books_are_missing(db, picked, dune):
    bench, order, _ = picked
    bench.scan(dune.isbn)

    assert bench.press("#close").facts == {"n": 2}
    assert bench.press("#weight:1000").code == "packing.more_to_pack"
    assert order_state(db, order) == "packing"


@pytest.mark.parametrize("text", ["", "0", "-5", "1.5", "１５", "100000", "abc"])
def test_a_weight_that_is_none_is_refused(db, actor, picker, packer, emma, text):
    bench, _, _ = at_bench(db, actor, picker, packer, {emma: 1})
    bench.scan(emma.isbn)

    assert bench.press(f"#weight:{text}").code == "packing.weight_wrong"


def test_a_weight_off_the_expected_one_is_refused_until_it_is_overridden(db, actor, picker, packer, emma):
    bench, _order, _ = at_bench(db, actor, picker, packer, {emma: 1})
    bench.scan(emma.isbn)

    answer = bench.press("#weight:620")
    assert (answer.code, answer.facts) == ("packing.weight_off", {"weight": 620, "expected": 318})
    assert bench.press("#weight:620").code == "packing.weight_off"
    assert bench.press("#weight_override:620:whim").code == "packing.reason_wanted"
    assert bench.press("#weight_override:620:packaging").code == "packing.order_done"
    assert ("override", "packaging", {"weight_g": 620, "expected_g": 318}) in rows(
        db, Action.verb, Action.reason, Action.facts)


def test_an_unknown_item_weight_means_no_check_and_says_so(db, actor, picker, packer):
    book = an_item(db, "Persuasion", isbn="9780141439686")
    bench, _, _ = at_bench(db, actor, picker, packer, {book: 1})
    bench.scan(book.isbn)

    assert bench.press("#weight:777").code == "packing.order_done_unweighed"
