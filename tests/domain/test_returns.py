"""Returns as rules: what may come back, what the policy says, what is given back."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from warehouse.domain import return_policy, returns
from warehouse.domain.refunds import REFUND_FLOW, may_decide
from warehouse.domain.return_policy import DEFAULTS, Policy, Verdict, judge
from warehouse.domain.returns import Asked, Paid, may_come_back, refund_of, share_of, spread


@pytest.mark.parametrize(("policy", "days", "kind", "has_photo", "verdict"), [
    (Policy("late", 14), 14, "return", False, Verdict("approve", "in_time")),
    (Policy("late", 14), 15, "return", True, Verdict("refuse", "too_late")),
    (Policy("late", 0), 0, "return", False, Verdict("approve", "in_time")),
    (Policy("late", 14, "refuse"), 0, "return", True, Verdict("refuse", "never_taken")),
    (Policy("late", 14, "ask"), 1, "return", False, Verdict("ask", "looked_at")),
    (Policy("late", 14, "ask"), 15, "return", False, Verdict("refuse", "too_late")),
    (Policy("late", 14, needs_photo=True), 1, "return", False, Verdict("ask", "photo_wanted")),
    (Policy("late", 14, needs_photo=True), 1, "return", True, Verdict("approve", "in_time")),
    (Policy("late", 14), 1, "repair", True, Verdict("ask", "repairs_ask")),
    (Policy("late", 14), 1, "exchange", True, Verdict("approve", "in_time")),
])
def test_the_policy_says(policy, days, kind, has_photo, verdict):
    assert judge(policy, kind=kind, days_gone=days, has_photo=has_photo) == verdict


def test_every_reason_begins_with_one_rule():
    assert tuple(sorted(policy.reason for policy in DEFAULTS)) == tuple(sorted(returns.RETURN_REASONS))
    assert {verdict for policy in DEFAULTS for verdict in (policy.decision, policy.worst_grade or "as_new")} <= {
        *return_policy.DECISIONS, *returns.GRADES}


@given(some.sampled_from(DEFAULTS), some.integers(0, 400), some.sampled_from(returns.WANTS), some.booleans())
def test_waiting_longer_never_makes_a_verdict_better(policy, days, kind, has_photo):
    worth = {"approve": 2, "ask": 1, "refuse": 0}
    now, later = (worth[judge(policy, kind=kind, days_gone=gone, has_photo=has_photo).decision]
                  for gone in (days, days + 1))
    assert later <= now


@pytest.mark.parametrize(("grade", "worst", "is_fine"), [
    ("as_new", "as_new", True), ("very_good", "as_new", False), ("good", "very_good", False),
    ("missing_pages", "", True), ("damaged", "damaged", True), ("misprint", "damaged", False)])
def test_a_copy_is_good_enough_from_the_worst_grade_up(grade, worst, is_fine):
    assert return_policy.is_good_enough(grade, worst) is is_fine


@pytest.mark.parametrize(("asked", "free"), [
    ([], 5), ([Asked("requested", 2)], 3), ([Asked("approved", 2), Asked("refused", 2)], 3),
    ([Asked("withdrawn", 5)], 5), ([Asked("lapsed", 5)], 5), ([Asked("received", 2, 3)], 2),
    ([Asked("judged", 3, 1)], 2), ([Asked("settled", 3, 1)], 4), ([Asked("settled", 3, 2, sent_back=1)], 4),
    ([Asked("settled", 5, 5)], 0)])
def test_what_may_still_come_back(asked, free):
    assert may_come_back(5, asked) == free


_ASKED = some.builds(
    lambda state, units, received, back: Asked(state, units, received, min(back, received)),
    some.sampled_from(returns.RETURN_FLOW.states()), some.integers(1, 9), some.integers(0, 9), some.integers(0, 9))


@given(some.integers(0, 20), some.lists(_ASKED, max_size=4))
def test_never_more_may_come_back_than_was_sent(dispatched, asked):
    free = may_come_back(dispatched, asked)
    assert 0 <= free <= dispatched
    assert free + sum(each.held for each in asked) >= dispatched


@pytest.mark.parametrize(("copies", "paid", "more", "due"), [
    (2000, Paid(6000, 6600, 600), {}, 2000),
    (6000, Paid(6000, 6600, 600), {"with_postage": True}, 6600),
    (2000, Paid(6000, 6600, 600), {"fee": 300}, 1700),
    (2000, Paid(6000, 6600, 600), {"fee": 2500}, 0),
    (2500, Paid(10000, 8000, 0), {}, 2000),
    (2500, Paid(10000, 8600, 600), {"with_postage": True}, 2600),
    # A tax on top of the lines, or lines without prices: the lines as they are, never more than the total.
    (2000, Paid(2000, 2400, 0), {}, 2000), (2000, Paid(0, 1500, 0), {}, 1500),
])
def test_what_is_given_back(copies, paid, more, due):
    assert refund_of(copies, paid, **more) == due


@given(some.integers(0, 10**6), some.integers(0, 10**6), some.integers(0, 10**5), some.integers(0, 10**6),
       some.booleans())
def test_never_more_is_given_back_than_was_paid(goods, discount, postage, fee, with_postage):
    paid = Paid(goods, max(0, goods - discount) + postage, postage)
    assert 0 <= refund_of(goods, paid, fee=fee, with_postage=with_postage) <= paid.total


@given(some.integers(0, 10**9), some.lists(some.integers(0, 1000), min_size=1, max_size=6))
def test_shares_never_add_up_to_more_than_the_whole(amount, parts):
    assert sum(share_of(amount, part, sum(parts)) for part in parts) <= amount


@given(some.integers(1, 30), some.dictionaries(some.integers(1, 9), some.integers(0, 9), max_size=5))
def test_copies_are_spread_over_lines_whole_or_not_at_all(units, left):
    found = spread(units, left)
    if sum(left.values()) < units:
        assert found is None
    else:
        assert sum(found.values()) == units
        assert all(0 < taken <= left[line] for line, taken in found.items())


def test_nobody_decides_about_money_they_asked_for():
    assert may_decide(1, 2)
    assert not may_decide(1, 1)
    assert not REFUND_FLOW.may("paid", "refuse")
