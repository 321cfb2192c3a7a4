"""Accuracy as shares, and the weeks and months that it is told for."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from warehouse.domain.accuracy import NOTHING, Score, Worth, begins, periods


def test_accuracy_is_the_share_of_lines_units_and_value_that_were_right():
    score = Score(8, 6, 200, 3, {"GBP": Worth(100_000, 250, -150)})

    assert (score.lines_percent, score.units_percent, score.worth["GBP"].percent) == (75.0, 98.5, 99.75)


def test_nothing_counted_has_no_accuracy_and_none_is_below_zero():
    assert (NOTHING.lines_percent, NOTHING.units_percent) == (None, None)
    assert Score(1, 0, 2, 5).units_percent == 0.0
    assert Score(1, 0, 0, 5).units_percent is None


def test_weeks_begin_on_monday_and_the_present_one_is_last():
    weeks = periods("week", date(2026, 3, 4))

    assert (len(weeks), weeks[0], weeks[-1]) == (12, date(2025, 12, 15), date(2026, 3, 2))
    assert {week.weekday() for week in weeks} == {0}


def test_months_go_back_over_the_turn_of_the_year():
    months = periods("month", date(2026, 3, 31))

    assert (months[0], months[9], months[-1]) == (date(2025, 4, 1), date(2026, 1, 1), date(2026, 3, 1))


def test_a_day_begins_by_the_shops_own_clock():
    assert begins(date(2026, 3, 2), ZoneInfo("Asia/Shanghai")) == datetime(2026, 3, 1, 16, tzinfo=UTC)
