"""Goods in: what each scan of a parcel means, and in what a delivery differs from its papers."""

import pytest

from warehouse.domain import receiving as rules
from warehouse.domain.codes import INVALID, LOCATION, TOTE, Thing
from warehouse.domain.receiving import Line, answered, differences, judge_item, missing_parcels

NOTHING_ASKED = frozenset()


def line(seen=0, most=5, due=None, **more):
    return Line(1, "Dune", seen, (most or 0) if due is None else due, most, **more)


def judge(book, units=1, *, is_blind=False, done=NOTHING_ASKED, in_parcel=0):
    return judge_item(book, units, in_parcel=in_parcel, is_blind=is_blind, done=done)


def test_up_to_what_the_papers_say_a_copy_is_counted_without_a_word():
    verdict = judge(line(seen=4), in_parcel=2)

    assert (verdict.code, verdict.facts["n"]) == ("receiving.taken", 3)


def test_one_more_than_the_papers_say_is_asked_once_and_then_taken():
    asked = judge(line(seen=4), 3)
    taken = judge(line(seen=4), 3, done=answered(set(), asked.code))

    assert (asked.code, asked.sound, asked.facts["n"]) == ("receiving.over", "warn", 2)
    assert (taken.code, taken.facts["over"]) == ("receiving.taken_over", 2)
    assert judge(line(seen=7), done=answered({taken.code}, "")).accepted


def test_a_title_that_no_paper_names_is_asked_for():
    asked = judge(line(most=None))

    assert asked.code == "receiving.not_on_order"
    assert judge(line(most=None), done=answered(set(), asked.code)).code == "receiving.taken_extra"


def test_who_counts_blind_is_never_asked_about_numbers():
    assert judge(line(seen=9), is_blind=True).code == "receiving.taken"
    assert judge(line(most=None), is_blind=True).code == "receiving.taken"


def test_a_set_is_asked_for_its_volumes_first_and_blind_as_well():
    boxed = line(volumes=4)

    asked = judge(boxed, is_blind=True)

    assert (asked.code, asked.facts["volumes"]) == ("receiving.check_set", 4)
    assert judge(boxed, is_blind=True, done=answered(set(), asked.code)).accepted
    assert judge(boxed, done=answered({"receiving.taken"}, "")).accepted


def test_the_volumes_of_a_set_do_not_answer_for_a_copy_too_many():
    verdict = judge(line(seen=5, volumes=4), done=answered({"receiving.check_set"}, "receiving.check_set"))

    assert verdict.code == "receiving.over"


def test_a_set_that_was_only_asked_for_is_asked_again_after_another_book():
    assert judge(line(volumes=4), done=answered({"receiving.check_set"}, "")).code == "receiving.check_set"


@pytest.mark.parametrize(("text", "is_second", "code"), [
    ("9787536692930", False, "receiving.unknown_title"), ("9787536692930", True, "receiving.drafted"),
    ("40170725", True, "receiving.drafted"), ("HELLO", True, "receiving.unknown_code"),
    ("12345678901231", True, "receiving.unknown_code"), ("I0000009X", True, "receiving.unknown_code"),
])
def test_only_the_number_of_a_trade_item_becomes_a_draft_and_only_the_second_time(text, is_second, code):
    assert rules.judge_unknown(text, 1, is_second=is_second).code == code


def test_other_codes_are_named():
    assert rules.judge_other(Thing(LOCATION, (1,), "B-07-3")).code == "receiving.is_location"
    assert rules.judge_other(Thing(TOTE, (1,), "T-01")).facts["name"] == "T-01"
    assert rules.judge_other(Thing(INVALID)).code == "scan.unreadable"


@pytest.mark.parametrize(("units", "good", "free", "code"), [
    (1, 0, 0, "receiving.scan_first"), (3, 2, 2, "receiving.too_many_bad"), (2, 2, 1, "receiving.gone"),
    (2, 2, 2, "receiving.bad"),
])
def test_only_what_was_counted_here_and_still_stands_here_can_be_bad(units, good, free, code):
    assert rules.judge_bad("Dune", units, good=good, free=free).code == code


@pytest.mark.parametrize(("book", "kind", "units"), [
    (line(seen=7), "over", 2), (line(seen=3), "short", 2), (line(seen=2, most=None), "not_ordered", 2),
    (line(seen=2, most=None, is_draft=True), "unknown_title", 2),
    # Of the order, but not announced this time: not missing, and over only beyond what is open.
    (line(seen=6, most=5, due=0), "over", 1),
])
def test_each_title_differs_in_one_way(book, kind, units):
    assert [(each.kind, each.units) for each in differences([book], has_papers=True)] == [(kind, units)]


def test_what_is_as_announced_is_no_difference():
    books = [line(seen=5), line(seen=0, most=5, due=0), line(seen=0, most=None), line(seen=5, is_draft=True)]

    assert differences(books, has_papers=True) == []


def test_without_papers_only_an_unknown_title_is_a_difference():
    found = differences([line(seen=2, most=None), line(seen=1, most=None, is_draft=True)], has_papers=False)

    assert [each.kind for each in found] == ["unknown_title"]


def test_parcels_are_missing_that_were_announced_or_begun_and_not_counted():
    assert missing_parcels(3, ["counted"]) == 2
    assert missing_parcels(None, ["counted", "waiting"]) == 1
    assert missing_parcels(1, ["counted", "counted"]) == 0


def test_who_has_a_parcel_changes_and_a_counted_one_stays_so():
    assert rules.PARCEL_FLOW.verbs(rules.OPEN) == ("give_back", "take_over", "close")
    assert rules.PARCEL_FLOW.verbs(rules.COUNTED) == ()
    assert rules.DELIVERY_FLOW.verbs(rules.CLOSED) == ()
