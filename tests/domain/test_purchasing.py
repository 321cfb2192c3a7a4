"""Rules of purchase orders."""

from datetime import date

import pytest

from warehouse.domain import purchasing as rules
from warehouse.errors import Conflict


def test_the_rest_is_here_only_when_no_line_waits_for_copies():
    assert rules.verb_of([rules.LineStand(3, 3), rules.LineStand(2, 5)]) == "receive_rest"
    assert rules.verb_of([rules.LineStand(3, 9), rules.LineStand(2, 1)]) == "receive_part"


def test_too_many_of_one_title_do_not_make_less_than_nothing_outstanding():
    assert rules.LineStand(2, 5).outstanding == 0


@pytest.mark.parametrize("state", [rules.RECEIVED, rules.CLOSED])
def test_an_order_that_is_over_takes_nothing_more(state):
    for verb in ("receive_part", "receive_rest", "close"):
        with pytest.raises(Conflict):
            rules.PURCHASE_FLOW.step(state, verb)


@pytest.mark.parametrize(("state", "received", "units", "why"), [
    (rules.OPEN, 0, 1, ""), (rules.PART, 4, 4, ""), (rules.PART, 4, 3, "below_received"),
    (rules.RECEIVED, 4, 9, "purchase_over"), (rules.CLOSED, 0, 9, "purchase_over"),
])
def test_a_line_is_changed_while_it_is_waited_for_and_never_below_what_came(state, received, units, why):
    assert rules.why_not_changed(state, received=received, units=units) == why


def test_an_order_is_late_from_the_day_after_it_was_expected():
    today = date(2026, 3, 2)

    assert rules.is_late(rules.OPEN, "2026-03-01", today)
    assert not rules.is_late(rules.OPEN, "2026-03-02", today)
    assert not rules.is_late(rules.RECEIVED, "2026-03-01", today)
    assert not rules.is_late(rules.OPEN, "", today)


def test_one_firm_is_not_two_because_of_a_space_or_a_capital():
    assert rules.plain_name("  Harbour  Books ") == rules.plain_name("harbour books")
