"""Rules of the bench: which book counts, what is missing before the box is closed, which box, which weight."""

import pytest

from warehouse.domain import cartons, look_alikes, packing
from warehouse.domain.cartons import Carton, Content
from warehouse.domain.codes import BADGE, CART, INVALID, LOCATION, MANIFEST, PARCEL, UNKNOWN, Thing
from warehouse.domain.packing import Bench, PackLine
from warehouse.errors import Conflict


def a_line(line_id=1, item_id=10, title="Dune", volumes=1, due=2, packed=0, short=0):
    return PackLine(line_id, item_id, title, volumes, due, packed, short)


def a_bench(*lines, state="packing", packer=7, undecided=0, must_read=False, open_parcels=1):
    return Bench("O00000010", state, packer, "Jamie", lines or (a_line(),), undecided, must_read, open_parcels)


def test_a_wanted_book_counts_on_its_line():
    verdict = packing.judge_item([a_line(packed=0), a_line(2, 11, "Emma")], 10, "Dune")

    assert (verdict.code, verdict.facts["line"], verdict.facts["packed"]) == ("packing.packed", 1, 1)


def test_the_last_book_of_the_order_sounds_different():
    verdict = packing.judge_item([a_line(packed=1), a_line(2, 11, "Emma", packed=2)], 10, "Dune")

    assert (verdict.code, verdict.sound) == ("packing.all_packed", "done")


def test_one_copy_too_many_is_refused_and_says_how_many_go_back():
    verdict = packing.judge_item([a_line(packed=2)], 10, "Dune")

    assert (verdict.outcome, verdict.code, verdict.sound, verdict.facts["n"]) == (
        "refused", "packing.too_many", "warn", 1)


def test_more_from_the_number_pad_than_are_open_is_refused():
    verdict = packing.judge_item([a_line(due=3, packed=1)], 10, "Dune", 5)

    assert (verdict.code, verdict.facts["n"]) == ("packing.too_many", 3)


def test_the_same_item_on_two_lines_fills_the_first_open_one():
    verdict = packing.judge_item([a_line(1, due=1, packed=1), a_line(2, due=1)], 10, "Dune")

    assert verdict.facts["line"] == 2


def test_a_book_of_no_line_is_wrong_and_loud():
    verdict = packing.judge_item([a_line()], 99, "Emma")

    assert (verdict.outcome, verdict.code, verdict.sound) == ("refused", "packing.wrong_item", "error")


def test_a_set_counts_only_when_it_was_confirmed_to_be_whole():
    lines = [a_line(volumes=3)]

    assert packing.judge_item(lines, 10, "三体").outcome == "choose"
    assert packing.judge_item(lines, 10, "三体", is_confirmed=True).accepted


@pytest.mark.parametrize("kind", [LOCATION, CART, PARCEL, MANIFEST, BADGE])
def test_every_other_kind_of_code_is_named(kind):
    assert packing.judge_other(Thing(kind, (1,), "X")).code == f"packing.scan_book_not_{kind}"


def test_a_damaged_read_and_an_unknown_code_are_told_apart():
    assert packing.judge_other(Thing(INVALID, text="97")).code == "scan.unreadable"
    assert packing.judge_other(Thing(UNKNOWN, text="HELLO")).code == "packing.unknown_code"


@pytest.mark.parametrize(("state", "code"), [
    ("cancelled", "packing.order_cancelled"), ("held", "packing.order_held"), ("packed", "packing.order_packed"),
    ("picking", "packing.order_not_picked"), ("dispatched", "packing.order_not_picked"),
])
def test_an_order_that_may_not_be_packed_is_refused_by_name(state, code):
    verdict = packing.refuse_state(a_bench(state=state), 7)

    assert (verdict.code, verdict.facts["order"]) == (code, "O00000010")


def test_another_packers_order_is_refused_and_a_picked_one_is_anybodys():
    assert packing.refuse_state(a_bench(), 8).code == "packing.not_yours"
    assert packing.refuse_state(a_bench(), 7) is None
    assert packing.refuse_state(a_bench(state="picked"), 8) is None


@pytest.mark.parametrize(("bench", "step", "code"), [
    (a_bench(a_line(packed=1)), "scan", "packing.more_to_pack"),
    (a_bench(a_line(packed=2), undecided=1), "decide", "packing.decide_first"),
    (a_bench(a_line(packed=2), must_read=True), "read", "packing.read_first"),
    (a_bench(a_line(due=0)), "weigh", "packing.nothing_packed"),
    (a_bench(state="picked"), "start", "packing.more_to_pack"),
])
def test_what_is_missing_before_closing_is_said(bench, step, code):
    assert (bench.step, packing.refuse_close(bench).code) == (step, code)


def test_nothing_is_missing_when_all_is_in():
    bench = a_bench(a_line(packed=2))

    assert (bench.step, packing.refuse_close(bench)) == ("weigh", None)


def test_the_scale_should_show_books_and_box():
    assert packing.expected_weight_g([(2, 340), (1, 500)], 110) == 1290
    assert packing.expected_weight_g([(2, 340), (1, None)], 110) is None


@pytest.mark.parametrize(("weight", "expected", "is_fine"), [
    (1000, 1000, True), (1050, 1000, True), (1051, 1000, False), (130, 100, True), (131, 100, False),
    (70, 100, True), (5, None, True),
])
def test_a_weight_may_be_off_by_five_per_cent_or_thirty_grams(weight, expected, is_fine):
    assert packing.is_within(weight, expected, packing.TOLERANCE_PERCENT, packing.TOLERANCE_G) is is_fine


def test_a_parcel_that_was_handed_over_is_not_opened_again():
    with pytest.raises(Conflict):
        packing.PARCEL_FLOW.step("handed_over", "reopen")


# --- Cartons ---------------------------------------------------------------------------------------------------------

RACK = [Carton(plan.code, plan.length_mm, plan.width_mm, plan.height_mm, plan.tare_g, number)
        for number, plan in enumerate(cartons.CARTONS, start=1)]


@pytest.mark.parametrize(("contents", "code", "hint"), [
    ([Content(1, (210, 148, 20))], "BAG-1", ""),
    ([Content(3, (210, 148, 20))], "MAILER-1", ""),
    ([Content(1, (290, 210, 25))], "MAILER-2", ""),
    ([Content(90, (210, 148, 25))], "BOX-2", "too_full"),
    ([Content(1, (None, None, None))], "BAG-1", "size_unknown"),
])
def test_the_smallest_carton_that_takes_it_is_chosen(contents, code, hint):
    choice = cartons.choose_carton(contents, RACK)

    assert (choice.carton.code, choice.hint) == (code, hint)


def test_an_empty_rack_proposes_nothing():
    assert cartons.choose_carton([Content(1, (210, 148, 20))], []) is None


# --- Look-alikes -----------------------------------------------------------------------------------------------------

THREE_BODY = {"title": "三体", "authors": "刘慈欣", "isbn13": "9787536692930", "volume": "1"}
DARK_FOREST = {"title": "三体II 黑暗森林", "authors": "刘慈欣", "isbn13": "9787536693968", "volume": "2"}
EMMA = {"title": "Emma", "authors": "Jane Austen", "isbn13": "9780141439587", "binding": "Paperback"}


@pytest.mark.parametrize(("got", "wanted", "word"), [
    (DARK_FOREST, THREE_BODY, "volume"),
    ({**THREE_BODY, "volume": ""}, THREE_BODY, "volume"),
    ({**EMMA, "binding": "Hardcover"}, EMMA, "binding"),
    ({**EMMA, "edition": "2nd"}, {**EMMA, "edition": "3rd"}, "edition"),
    (EMMA, THREE_BODY, "title"),
    ({**EMMA, "title": "Emma and I"}, EMMA, "title"),
])
def test_the_difference_is_one_word(got, wanted, word):
    assert look_alikes.difference(got, wanted) == word


def test_the_book_that_was_meant_is_the_one_most_alike():
    assert look_alikes.most_alike(DARK_FOREST, [EMMA, THREE_BODY]) is THREE_BODY
    assert look_alikes.most_alike(DARK_FOREST, []) is None
