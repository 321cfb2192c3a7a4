"""An order on the bench by scans: every unit against its order; what is wrong counts nothing and stays loud."""

import json

import pytest
from sqlalchemy import update

from tests.builders import (
    a_person,
    a_tote,
    an_item,
    an_order,
    as_actor,
    moves_of,
    order_state,
    stock_at,
    units_at,
)
from tests.packers import Bench, at_bench, line_counts, pick_all, proves, rows
from tests.statements import count_statements
from warehouse.errors import Invalid
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action, Scan
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.picking import Tote
from warehouse.services.scans import to_json

MOST_STATEMENTS = 13  # And one more for who is signed in.


# --- The right books ------------------------------------------------------------------------------


def test_each_book_goes_from_tote_to_parcel_and_the_weight_closes_it(db, picked, dune, emma, packer):
    bench, order, tote = picked

    answer = bench.scan(dune.isbn)
    assert (answer.code, answer.sound, answer.task["step"]) == ("packing.packed", "ok", "scan")
    assert (order_state(db, order), rows(db, Tote.state)) == ("packing", [("at_bench",)])
    bench.scan(emma.isbn)
    answer = bench.scan(dune.isbn)
    assert (answer.code, answer.sound, answer.task["step"]) == ("packing.all_packed", "done", "weigh")
    parcel = answer.task["parcels"][0]
    answer = bench.press(f"#weight:{parcel['expected_weight_g'] + 20}")

    assert (answer.code, answer.go) == ("packing.order_done", f"/ship/{parcel['id']}")
    assert order_state(db, order) == "packed"
    assert rows(db, Parcel.state, Parcel.weight_g, Parcel.number) == [
        ("closed", parcel["expected_weight_g"] + 20, parcel["number"])]
    assert sorted(rows(db, ParcelLine.order_line_id, ParcelLine.units)) == [
        (order.line_ids[0], 2), (order.line_ids[1], 1)]
    assert units_at(db, rows(db, Parcel.location_id)[0][0], dune) == (2, 0)
    assert units_at(db, tote.place.id, dune) == (0, 0)
    assert rows(db, Tote.state, Tote.order_id, Tote.run_id) == [("free", None, None)]
    assert line_counts(db) == [[2, 2, 0, 0, 2, 2], [1, 1, 0, 0, 1, 1]]
    assert proves(db) == []


def test_the_order_s_tote_or_slip_starts_it_and_counts_nothing(db, picked):
    bench, order, tote = picked

    assert bench.task["step"] == "start"
    assert bench.scan(tote.label).code == "packing.tote_right"
    assert bench.scan(order.number).code == "packing.order_right"
    assert (order_state(db, order), bench.task["units_packed"]) == ("packing", 0)


def test_the_same_scan_id_gets_the_same_answer_byte_for_byte_and_counts_once(db, picked, dune):
    bench, _, tote = picked
    first = bench.scan(dune.isbn, scan_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")

    again = bench.scan(dune.isbn, scan_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")

    assert to_json(again) == to_json(first)
    assert json.loads(max(rows(db, Scan.id, Scan.answer))[1]) == json.loads(to_json(first))
    assert units_at(db, tote.place.id, dune) == (1, 0)
    with pytest.raises(Invalid):
        bench.scan("9780141439587", scan_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")


def test_the_answer_drawn_before_the_write_is_what_the_database_then_says(db, picked, dune, emma):
    bench, _, _ = picked

    for raw in (dune.isbn, emma.isbn, dune.isbn):
        assert bench.scan(raw).task == bench.task


def test_a_unit_scan_costs_few_statements(db, picked, dune, emma):
    bench, _, _ = picked
    bench.scan(dune.isbn)

    with count_statements(db) as seen:
        bench.scan(emma.isbn)

    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)


def test_the_number_pad_counts_several_copies_at_once(db, picked, dune):
    bench, _, _ = picked

    assert bench.scan(dune.isbn, units=3).code == "packing.too_many"
    assert bench.scan(dune.isbn, units=2).task["units_packed"] == 2


# --- The wrong ones -------------------------------------------------------------------------------


def test_a_wrong_book_raises_an_alarm_with_both_books_and_counts_nothing(db, picked, dune):
    bench, order, _ = picked
    messiah = an_item(db, "Dune Messiah", isbn="9780593098233", volume="2")

    answer = bench.scan(messiah.isbn)

    assert (answer.outcome, answer.code, answer.sound) == ("refused", "packing.wrong_item", "error")
    alarm = answer.task["alarm"]
    assert (alarm["got"]["title"], alarm["wanted"]["title"], alarm["difference"]) == ("Dune Messiah", "Dune", "volume")
    assert alarm["belongs"] is None
    assert moves_of(db, messiah) == []
    assert order_state(db, order) == "picked"


def test_the_alarm_stays_over_reload_and_other_wrong_scans_until_the_right_book(db, picked, dune):
    bench, _, _tote = picked
    other = an_item(db, "Persuasion", isbn="9780141439686")
    bench.scan(other.isbn)

    assert bench.task["alarm"]["got"]["title"] == "Persuasion"
    assert bench.scan("HELLO-1").task["alarm"]["got"]["title"] == "Persuasion"
    assert bench.scan(dune.isbn).task["alarm"] is None
    assert bench.task["alarm"] is None


def test_the_alarm_names_the_order_and_tote_that_want_the_book(db, actor, picker, packer, dune, emma):
    first, _, _ = at_bench(db, actor, picker, packer, {dune: 1})
    stock_at(db, "C-01-1", emma, units=2)
    other = an_order(db, {emma: 2})
    second_tote = a_tote(db, "T-02")
    pick_all(db, actor, picker, [other], [second_tote])

    alarm = first.scan(emma.isbn).task["alarm"]

    assert alarm["belongs"] == {"order_number": other.number, "order_id": other.id, "tote": "T-02"}


def test_a_wrong_book_that_lay_in_the_tote_is_the_pickers_mistake(db, picked, picker):
    bench, order, _ = picked
    other = an_item(db, "Persuasion", isbn="9780141439686")
    bench.scan(other.isbn)

    answer = bench.press("#put_aside")

    assert (answer.code, answer.task["alarm"]) == ("packing.put_aside", None)
    assert rows(db, Incident.kind, Incident.stage, Incident.blamed_id, Incident.item_id, Incident.order_id) == [
        ("wrong_item", "pack", picker.person_id, other.id, order.id)]
    assert bench.press("#put_aside").code == "packing.no_alarm"


def test_a_wrong_book_from_elsewhere_is_nobodys_mistake(db, picked):
    bench, _, _ = picked
    bench.scan(an_item(db, "Persuasion", isbn="9780141439686").isbn)

    assert bench.press("#not_from_tote").task["alarm"] is None
    assert rows(db, Incident.kind) == []


def test_an_extra_copy_an_unknown_code_and_a_damaged_read_count_nothing(db, picked, emma):
    bench, _, _ = picked
    bench.scan(emma.isbn)

    assert bench.scan(emma.isbn).code == "packing.too_many"
    assert bench.scan("HELLO-1").code == "packing.unknown_code"
    assert bench.scan("97804410135").code == "scan.unreadable"
    assert bench.task["units_packed"] == 1


def test_shelf_and_other_totes_and_slips_are_named(db, picked, dune):
    bench, _, _ = picked
    shelf = stock_at(db, "D-09-9", dune)
    other = an_order(db, {dune: 1})

    assert bench.scan(shelf.label).say == "That is a shelf D-09-9. Scan the book"
    assert bench.scan(a_tote(db, "T-77").label).code == "packing.other_tote"
    assert bench.scan(other.number).code == "packing.other_order"


@pytest.mark.parametrize(("state", "code"), [("cancelled", "order_cancelled"), ("held", "order_held")])
def test_a_cancelled_or_held_order_is_refused_by_name(db, picked, dune, state, code):
    bench, order, _ = picked
    db.write(lambda session: session.execute(update(Order).where(Order.id == order.id).values(state=state)))

    answer = bench.scan(dune.isbn)

    assert (answer.code, answer.sound) == (f"packing.{code}", "error")
    assert order.number in answer.say
    assert bench.task["step"] == "stop"


def test_another_packer_must_take_over(db, picked, dune, emma):
    bench, order, _ = picked
    bench.scan(dune.isbn)
    second = Bench(db, as_actor(a_person(db, "Li Na", "packer")), order.id)

    assert second.scan(emma.isbn).code == "packing.not_yours"
    assert second.press("#take_over").code == "packing.taken_over"
    assert second.scan(emma.isbn).code == "packing.packed"
    assert bench.scan(dune.isbn).code == "packing.not_yours"


# --- Codes that name several items, sets, codes that will not scan --------------------------------


@pytest.fixture
def twins(db):
    """A hardcover and a paperback with one ISBN."""
    return (an_item(db, "边城", isbn="9787020024759", sku="BC-P", binding="平装"),
            an_item(db, "边城", isbn="9787020024759", sku="BC-H", binding="精装"))


def test_two_items_with_one_code_are_chosen_between(db, actor, picker, packer, twins):
    bench, order, _ = at_bench(db, actor, picker, packer, dict.fromkeys(twins, 1))

    answer = bench.scan("9787020024759")
    assert (answer.outcome, [option["binding"] for option in answer.options]) == ("choose", ["平装", "精装"])
    answer = bench.scan("9787020024759", choice=twins[1].id)

    assert (answer.code, answer.facts["line"]) == ("packing.packed", order.line_ids[1])
    assert rows(db, Scan.choice)[-1] == (twins[1].id,)


def test_one_of_two_with_the_same_code_is_asked_once_and_the_wrong_choice_is_an_alarm(
    db, actor, picker, packer, twins
):
    bench, _, _ = at_bench(db, actor, picker, packer, {twins[0]: 2})

    assert len(bench.scan("9787020024759").options) == 2
    assert bench.scan("9787020024759", choice=twins[1].id).task["alarm"]["difference"] == "binding"
    assert bench.scan("9787020024759", choice=twins[0].id).code == "packing.packed"
    assert bench.scan("9787020024759").code == "packing.all_packed"


def test_a_set_is_confirmed_by_scanning_it_again(db, actor, picker, packer):
    trilogy = an_item(db, "三体全集", isbn="9787229042066", volumes=3, packing_class="set")
    bench, _, _ = at_bench(db, actor, picker, packer, {trilogy: 2})

    assert bench.scan(trilogy.isbn).code == "packing.confirm_set"
    assert bench.scan(trilogy.isbn).code == "packing.packed"
    assert bench.scan(trilogy.isbn).code == "packing.confirm_set"
    assert bench.scan(trilogy.isbn, choice=trilogy.id).code == "packing.all_packed"
    assert [care["name"] for care in bench.task["cares"]] == ["set"]


def test_a_set_stays_half_confirmed_while_somebody_else_is_refused_at_the_same_order(db, actor, picker, packer):
    trilogy = an_item(db, "三体全集", isbn="9787229042066", volumes=3, packing_class="set")
    bench, order, tote = at_bench(db, actor, picker, packer, {trilogy: 1})
    other = Bench(db, as_actor(a_person(db, "Chen Wei", "packer")), order.id)

    assert bench.scan(trilogy.isbn).code == "packing.confirm_set"
    bench.scan(tote.label)
    assert bench.scan(trilogy.isbn).code == "packing.confirm_set"
    assert other.scan(tote.label).code == "packing.not_yours"
    assert bench.scan(trilogy.isbn).code == "packing.all_packed"


def test_a_code_that_will_not_scan_is_counted_by_its_digits_and_kept_as_an_override(db, picked):
    bench, order, _ = picked
    line = order.line_ids[1]

    assert bench.press(f"#last4:1234:{line}").code == "packing.wrong_last_four"
    assert bench.press(f"#last4:9587:{line}").code == "packing.packed_by_digits"
    assert bench.press(f"#last4:9587:{line}").code == "packing.line_complete"
    assert rows(db, Action.verb, Action.subject_id, Action.reason) == [
        *[row for row in rows(db, Action.verb, Action.subject_id, Action.reason) if row[0] != "override"],
        ("override", line, "unscannable")]
    assert ("unscannable", "pack") in rows(db, Incident.kind, Incident.stage)
    assert proves(db) == []
