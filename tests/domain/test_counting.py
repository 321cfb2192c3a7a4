"""How a scan at a shelf under count is judged, and who may take a shelf from whom."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.counting import (
    CAUSES,
    KINDS,
    LOCK_S,
    RESULT_FLOW,
    TASK_FLOW,
    Shelf,
    judge_item,
    judge_other,
    judge_place,
    may_take_over,
)
from warehouse.errors import Conflict

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
BEFORE, HERE = Shelf(7, "B-07-3"), Shelf(7, "B-07-3", is_here=True)
COUNTED = Shelf(7, "B-07-3", is_here=True, has_counts=True)
OVER = Shelf(7, "B-07-3", is_over=True)
TITLES = Shelf(7, "B-07-3", is_here=True, asked=frozenset({1}), covers_shelf=False)


@pytest.mark.parametrize(("shelf", "place_id", "is_shelf", "code"), [
    (BEFORE, 7, True, "counting.at_shelf"),
    (Shelf(7, "B-07-3", covers_shelf=False), 7, True, "counting.at_shelf_for_titles"),
    (HERE, 7, True, "counting.here_already"),
    (BEFORE, 8, True, "counting.wrong_shelf"),
    (HERE, 8, True, "counting.wrong_shelf"),
    (COUNTED, 8, True, "counting.finish_first"),
    (COUNTED, 8, False, "counting.not_a_shelf"),
    (OVER, 7, True, "counting.over"),
    (OVER, 8, True, "counting.over"),
])
def test_a_place_begins_the_count_or_is_named(shelf, place_id, is_shelf, code):
    verdict = judge_place(shelf, place_id, "scanned", is_shelf=is_shelf)

    assert verdict.code == code
    assert verdict.accepted == code.startswith("counting.at_shelf")


@pytest.mark.parametrize(("shelf", "item_id", "units", "code"), [
    (HERE, 1, 1, None),
    (HERE, 1, 9999, None),
    (TITLES, 1, 1, None),
    (TITLES, 2, 1, "counting.not_asked"),
    (HERE, 1, 0, "counting.none_typed"),
    (BEFORE, 1, 1, "counting.shelf_first"),
    (OVER, 1, 1, "counting.over"),
])
def test_a_book_is_counted_at_its_shelf(shelf, item_id, units, code):
    wrong = judge_item(shelf, item_id, "Dune", units)

    assert (wrong.code if wrong else None) == code


@pytest.mark.parametrize(("shelf", "kind", "code"), [
    (HERE, codes.UNKNOWN, "counting.unknown_kept"),
    (HERE, codes.INVALID, "scan.unreadable"),
    (HERE, codes.TOTE, "counting.scan_book"),
    (BEFORE, codes.UNKNOWN, "counting.shelf_first"),
    (OVER, codes.UNKNOWN, "counting.over"),
])
def test_other_codes_are_refused_and_only_unknown_ones_kept(shelf, kind, code):
    verdict = judge_other(shelf, Thing(kind, (3,), "T-01", "T-01"))

    assert (verdict.code, verdict.accepted) == (code, code == "counting.unknown_kept")


@pytest.mark.parametrize(("silent_s", "is_lead", "may"), [
    (0, False, False), (LOCK_S, False, False), (LOCK_S + 1, False, True), (0, True, True),
])
def test_a_shelf_is_taken_over_when_its_tablet_is_silent_or_by_a_lead(silent_s, is_lead, may):
    assert may_take_over(AT - timedelta(seconds=silent_s), AT, is_lead=is_lead) is may


def test_a_counted_shelf_stays_counted():
    with pytest.raises(Conflict):
        TASK_FLOW.step("counted", "take_over")
    assert TASK_FLOW.verbs("counted") == ()


def test_only_what_waits_for_approval_is_approved():
    assert [state for state in RESULT_FLOW.states() if RESULT_FLOW.may(state, "approve")] == ["approval"]


def test_kinds_and_causes_are_told_once():
    assert len(set(KINDS)) == len(KINDS)
    assert len(set(CAUSES)) == len(CAUSES)
