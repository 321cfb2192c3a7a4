"""The returns bench: what a scanned copy is, what its grade means for the customer, and where it may go."""

import itertools

import pytest

from warehouse.domain import codes, returns
from warehouse.domain import returns_bench as rules
from warehouse.domain.codes import Thing
from warehouse.domain.packing import PARCEL_FLOW
from warehouse.domain.returns_bench import Line, Unit


def line(number=1, *, asked=0, received=0, with_customer=1):
    return Line(number, 7, "Dune", asked, received, with_customer)


def unit(**more):
    return Unit(**{"id": 1, "item_id": 7, "title": "Dune", "received_as": "as_sent", "acceptance": "pending", **more})


def judge(*lines, has_order=True, is_second=False):
    return rules.judge_item(lines, "Dune", has_order=has_order, is_second=is_second)


def test_a_copy_counts_on_the_line_that_waits_for_it():
    verdict = judge(line(1, asked=1, received=1), line(2, asked=1))
    assert (verdict.code, verdict.facts["line"]) == ("returns_bench.taken", 2)


def test_more_than_was_asked_is_told_and_more_than_was_sent_refused():
    assert judge(line(asked=1, received=1)).code == "returns_bench.taken_more"
    refused = judge(line(asked=2, received=1, with_customer=0))
    assert (refused.code, refused.sound, refused.accepted) == (rules.TOO_MANY, "error", False)


def test_a_title_that_the_order_never_had_is_asked_for_once():
    assert judge().code == rules.ASK_FOREIGN
    assert judge(is_second=True).code == "returns_bench.wrong_item"
    assert judge(has_order=False).code == "returns_bench.taken_unknown"


def test_the_step_follows_from_the_first_copy_that_asks_for_something():
    graded = {"grade": "good", "acceptance": "accepted"}
    told = [
        (unit(), "grade"), (unit(**graded), "place"), (unit(**graded, disposition="used"), "label"),
        (unit(**graded, disposition="used", has_left=True), ""), (unit(grade="good"), ""),
        (unit(grade="good", acceptance="rejected"), "place"),
        (unit(grade="good", acceptance="rejected", disposition="send_back"), ""), (unit(received_as="not_ours"), ""),
    ]
    assert [each.asks for each, _ in told] == [asks for _, asks in told]
    assert rules.step_of("received", (unit(), unit(id=2)), is_mine=True)[1].id == 1


@pytest.mark.parametrize("state, is_mine, step", [
    ("approved", True, "open"), ("refused", False, "open"), ("received", False, "theirs"), ("received", True, "scan"),
    ("judged", False, "done"), ("settled", True, "done"),
])
def test_the_step_of_a_parcel_without_a_copy_in_hand(state, is_mine, step):
    assert rules.step_of(state, (), is_mine=is_mine) == (step, None)


def test_what_the_desk_decided_is_finished_by_whoever_stands_there():
    decided = unit(grade="good", acceptance="accepted")
    assert rules.step_of("settled", (decided,), is_mine=False) == ("place", decided)


@pytest.mark.parametrize("grade, source, is_approved, received_as, said", [
    ("very_good", "desk", True, "as_sent", "accepted"), ("good", "desk", True, "as_sent", "rejected"),
    ("as_new", "unannounced", False, "as_sent", "pending"), ("missing_pages", "carrier", False, "as_sent", "accepted"),
    ("as_new", "desk", True, "wrong_item", "pending"), ("as_new", "carrier", True, "not_ours", "rejected"),
])
def test_what_is_said_to_a_copy(grade, source, is_approved, received_as, said):
    assert rules.acceptance_of(
        grade, "very_good", received_as=received_as, source=source, is_approved=is_approved) == said


def test_only_what_is_as_new_or_nearly_is_sold_as_new_and_only_readable_copies_as_used():
    allowed = {grade: set(rules.places_for(grade, "accepted")) for grade in returns.GRADES}
    assert {grade for grade in allowed if "restock" in allowed[grade]} == {"as_new", "very_good"}
    assert {grade for grade in allowed if "used" in allowed[grade]} == {"very_good", "good", "acceptable"}
    assert [rules.places_for(grade, "accepted")[0] for grade in returns.GRADES] == [
        "restock", "used", "used", "used", "quarantine", "quarantine", "quarantine", "quarantine"]


def test_a_rejected_copy_is_the_customers_and_a_pending_one_stays():
    for grade in returns.GRADES:
        assert rules.places_for(grade, "rejected") == ("send_back",)
        assert rules.places_for(grade, "pending") == ()


def place(where, grade="damaged", price_minor=100, *, may_override=False):
    return rules.judge_place(grade, "accepted", where, title="Dune", price_minor=price_minor, may_override=may_override)


def test_every_place_is_judged_as_it_is_offered():
    for grade, acceptance, where in itertools.product(returns.GRADES, ("accepted", "rejected"), returns.DISPOSITIONS):
        verdict = rules.judge_place(grade, acceptance, where, title="", price_minor=0, may_override=True)
        assert verdict.accepted == (where in rules.places_for(grade, acceptance))


def test_a_dear_copy_or_one_without_a_price_is_scrapped_by_a_lead():
    assert place("scrap", price_minor=rules.SCRAP_LIMIT_MINOR).accepted
    for price in (rules.SCRAP_LIMIT_MINOR + 1, None):
        assert place("scrap", price_minor=price).code == "returns_bench.ask_lead"
        assert place("scrap", price_minor=price, may_override=True).accepted


@pytest.mark.parametrize("new, grade, used", [
    (8990, "very_good", 6290), (8990, "good", 4940), (8990, "acceptable", 3590), (10, "acceptable", 10),
    (5, "good", 5), (None, "good", None),
])
def test_what_a_used_copy_costs(new, grade, used):
    assert rules.used_price(new, grade) == used


def test_a_box_is_closed_by_one_press_when_all_came_and_by_two_when_not():
    came, lacking = line(asked=1, received=1), line(2, asked=3, received=1)
    assert rules.judge_close([came], [unit()], is_confirmed=False).accepted
    verdict = rules.judge_close([came, lacking], [unit()], is_confirmed=False)
    assert (verdict.code, verdict.facts["n"]) == ("returns_bench.not_all_came", 2)
    assert rules.judge_close([came, lacking], [unit()], is_confirmed=True).accepted
    assert rules.judge_close([], [], is_confirmed=False).code == "returns_bench.nothing_in_it"


def test_a_code_that_is_no_book_is_named():
    assert rules.judge_other(Thing(codes.TOTE, (1,), "T-01"), "scan", "").code == "returns_bench.scan_book"
    assert rules.judge_other(Thing(codes.UNKNOWN, text="123"), "scan", "").code == "returns_bench.unknown_code"
    assert rules.judge_other(Thing(codes.ITEM, (1,), "Dune"), "grade", "").code == "returns_bench.not_now_grade"
    assert rules.judge_other(Thing(codes.INVALID), "place", "").code == "scan.unreadable"
    assert rules.judge_box(Thing(codes.INVALID)).code == "scan.unreadable"
    assert rules.judge_box(Thing(codes.UNKNOWN, text="X")).code == "returns_bench.unknown_box"


def test_a_parcel_that_may_have_come_back_unopened_can_be_returned():
    states = [state for state in PARCEL_FLOW.states() if rules.may_be_undelivered(state)]
    assert states == ["handed_over", "in_transit", "lost"]
    assert all(PARCEL_FLOW.may(state, "return") for state in states)
