"""Figures of stock without a database: days of a zone whose clocks change, levels told backwards, cover."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from warehouse.domain import stock_figures as rules


def test_the_last_day_begins_at_the_shops_midnight():
    starts = rules.day_starts(datetime(2026, 3, 4, 20, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"), days=2)

    # It is the fifth already in Shanghai.
    assert [start.isoformat() for start in starts] == ["2026-03-04T00:00:00+08:00", "2026-03-05T00:00:00+08:00"]


def test_a_day_on_which_the_clocks_change_has_23_or_25_hours():
    london = ZoneInfo("Europe/London")
    for now, hours in ((datetime(2026, 3, 30, 12, tzinfo=UTC), 23), (datetime(2026, 10, 26, 12, tzinfo=UTC), 25)):
        first, second = (start.astimezone(UTC) for start in rules.day_starts(now, london, days=2))

        assert second - first == timedelta(hours=hours)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=120), st.integers(0, 500))
def test_levels_are_what_the_days_add_up_to(nets, before):
    """`before` units lay there when the first day began."""
    running, wanted = before, []
    for net in nets:
        running += net
        wanted.append(running)

    assert rules.levels(running, dict(enumerate(nets)), len(nets)) == wanted


def test_a_day_without_moves_keeps_its_level():
    assert rules.levels(5, {1: 2}, days=4) == [3, 5, 5, 5]


def test_cover_is_whole_days_at_the_pace_of_thirty_and_nothing_where_none_sold():
    assert rules.cover_days(10, 30) == 10
    assert rules.cover_days(10, 31) == 9
    assert rules.cover_days(0, 3) == 0
    assert rules.cover_days(10, 0) is None


def test_a_pareto_line_ends_at_the_whole():
    assert rules.cumulated([6, 3, 1]) == [60, 90, 100]
    assert rules.cumulated([]) == []
    assert rules.cumulated([0]) == [0]
