"""What becomes of a difference, in plain numbers."""

import pytest

from warehouse.domain.stocktakes import Posting, Standing, Tally, Tolerances, judge, plan_posting

ALLOWED = Tolerances(units=1, minor=5_000, approval_minor=20_000)


@pytest.mark.parametrize(("differences", "value", "verb"), [
    ([0], 0, "match"),
    ([-1], -5_000, "post"),
    ([-1], -5_001, "recount"),
    ([2], 100, "recount"),
    ([-3, -3], -6_000, "post"),
    ([-3, -3], -20_001, "ask_approval"),
    ([-3, -3], -20_000, "post"),
    ([-3, -1], -2_000, "recount"),
    ([-3, 0], 0, "match"),
    ([-3, -1, -3], -6_000, "post"),
    ([-3, -1, -1], -30_000, "ask_approval"),
    ([-3, -1, -2], -4_000, "ask_lead"),
    ([-3, -1, 0], 0, "match"),
])
def test_a_difference_is_posted_counted_again_or_shown_to_the_lead(differences, value, verb):
    assert judge(differences, value, ALLOWED) == verb


def test_a_count_that_is_not_to_be_trusted_alone_is_never_posted_at_once():
    assert judge([1], 100, ALLOWED, needs_recount=True) == "recount"
    assert judge([1, 1], 100, ALLOWED, needs_recount=True) == "post"


@pytest.mark.parametrize(("units", "more_damaged", "now", "posting"), [
    (2, 0, Standing(0, 0, 0), Posting(found_good=2)),
    (2, 1, Standing(4, 0, 0), Posting(found_good=1, found_damaged=1)),
    (1, 3, Standing(4, 0, 0), Posting(found_damaged=1, regraded=2)),
    (0, 2, Standing(1, 3, 0), Posting(regraded=2, take_back=1)),
    (0, 5, Standing(1, 1, 0), Posting(regraded=2, take_back=1)),
    (0, -2, Standing(1, 1, 3), Posting()),
    (-2, 0, Standing(5, 0, 1), Posting(lost_good=2)),
    (-3, -1, Standing(1, 4, 1), Posting(lost_good=2, lost_damaged=1, take_back=1)),
    (-3, 0, Standing(1, 4, 1), Posting(lost_good=3, take_back=2)),
    (-4, 0, Standing(1, 1, 1), Posting(lost_good=2, lost_damaged=1, take_back=1)),
    (-1, 1, Standing(5, 0, 0), Posting(lost_good=1, regraded=1)),
])
def test_free_copies_go_first_then_damaged_ones_not_seen_then_what_is_promised(units, more_damaged, now, posting):
    assert plan_posting(units, more_damaged, now) == posting


def test_accuracy_is_told_by_lines_units_and_value_and_not_at_all_of_nothing():
    tally = Tally(lines=4, lines_right=3, units=20, units_off=1, value_minor=100_00, value_off_minor=25_00)

    assert (tally.by_lines, tally.by_units, tally.by_value) == (0.75, 0.95, 0.75)
    assert Tally(0, 0, 0, 0, 0, 0).by_lines is None
    assert Tally(1, 0, 1, 4, 100, 400).by_units == 0.0
