"""Working time: what a limit in working minutes comes to, on every day of the year and in every zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.domain.shifts import Calendar, clock_text, minute_of_day, plan_week
from warehouse.errors import Invalid

MINUTE = timedelta(minutes=1)
# Wednesday, ten in the morning in Shanghai.
TEN = datetime(2026, 3, 4, 2, tzinfo=UTC)
DAY_SHIFT = ((8 * 60, 22 * 60),)
WEEK = dict.fromkeys(range(7), DAY_SHIFT)
OFFICE = dict.fromkeys(range(5), ((9 * 60, 12 * 60), (13 * 60, 18 * 60)))
ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC")


def test_minutes_are_counted_while_people_work_and_go_on_in_the_morning():
    calendar = Calendar("Asia/Shanghai", WEEK)
    assert calendar.add_minutes(TEN, 120) == TEN + timedelta(hours=2)
    evening = TEN + timedelta(hours=11)  # 21:00
    assert calendar.add_minutes(evening, 120) == datetime(2026, 3, 5, 1, tzinfo=UTC)  # 09:00
    assert calendar.minutes_between(evening, datetime(2026, 3, 5, 1, tzinfo=UTC)) == 120


def test_a_limit_begins_with_the_next_shift_where_the_house_is_closed():
    calendar = Calendar("Asia/Shanghai", OFFICE)
    saturday = datetime(2026, 3, 7, 2, tzinfo=UTC)
    assert not calendar.is_open(saturday)
    assert calendar.add_minutes(saturday, 1) == datetime(2026, 3, 9, 1, 1, tzinfo=UTC)
    assert calendar.minutes_between(saturday, saturday + timedelta(days=1)) == 0


def test_a_day_off_is_not_worked():
    calendar = Calendar("Asia/Shanghai", WEEK, frozenset({date(2026, 3, 5)}))
    assert calendar.add_minutes(TEN, 13 * 60) == datetime(2026, 3, 6, 1, tzinfo=UTC)
    assert calendar.working_day_from(date(2026, 3, 5)) == date(2026, 3, 6)
    assert not calendar.is_open(datetime(2026, 3, 5, 4, tzinfo=UTC))


def test_a_night_shift_over_midnight_is_two_spans_without_a_gap():
    calendar = Calendar("Asia/Shanghai", plan_week([(2, "22:00", "24:00"), (3, "0:00", "06:00")]))
    eleven = datetime(2026, 3, 4, 15, tzinfo=UTC)  # Wednesday 23:00
    assert calendar.is_open(eleven)
    assert calendar.is_open(eleven + timedelta(hours=1))
    assert calendar.add_minutes(eleven, 180) == eleven + timedelta(hours=3)
    assert not calendar.is_open(eleven + timedelta(hours=7))


def test_the_hour_left_out_in_spring_is_not_worked_and_the_hour_repeated_in_autumn_counts_once_more():
    night = Calendar("Europe/London", dict.fromkeys(range(7), ((0, 4 * 60),)))
    spring, autumn = datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert night.minutes_between(spring, spring + timedelta(hours=12)) == 3 * 60
    assert night.minutes_between(autumn, autumn + timedelta(hours=12)) == 5 * 60
    inside = Calendar("Europe/London", dict.fromkeys(range(7), ((70, 100),)))
    assert inside.minutes_between(spring, spring + timedelta(hours=3)) == 30


def test_where_nobody_ever_works_limits_run_by_the_clock():
    calendar = Calendar("UTC", {})
    assert calendar.add_minutes(TEN, 90) == TEN + timedelta(minutes=90)
    assert calendar.minutes_between(TEN, TEN + timedelta(days=500)) == 500 * 24 * 60
    assert calendar.working_day_from(date(2026, 3, 5)) == date(2026, 3, 5)


moments = st.integers(0, 3 * 365 * 24 * 60).map(lambda n: datetime(2025, 1, 1, tzinfo=UTC) + n * MINUTE)
spans = st.lists(st.integers(0, 96).map(lambda n: 15 * n), min_size=2, max_size=4, unique=True).map(
    lambda cuts: tuple(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)))
calendars = st.builds(
    Calendar, st.sampled_from(ZONES), st.dictionaries(st.integers(0, 6), spans, min_size=1),
    st.frozensets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=5))
minutes = st.integers(0, 5000)


@given(calendars, moments, minutes)
def test_what_is_added_is_what_lies_between(calendar, at, n):
    assert calendar.minutes_between(at, calendar.add_minutes(at, n)) == n


@given(calendars, moments, minutes, minutes)
def test_adding_twice_is_adding_the_sum(calendar, at, first, second):
    assert calendar.add_minutes(calendar.add_minutes(at, first), second) == calendar.add_minutes(at, first + second)


@given(calendars, moments, minutes, minutes)
def test_more_minutes_never_end_earlier_and_time_between_adds_up(calendar, at, first, second):
    middle, end = calendar.add_minutes(at, first), calendar.add_minutes(at, first + second)
    assert at <= middle <= end
    assert calendar.minutes_between(at, middle) + calendar.minutes_between(middle, end) == first + second
    assert calendar.minutes_between(end, at) == -(first + second)


@given(calendars, moments)
def test_a_minute_is_worked_where_the_house_is_open(calendar, at):
    assert calendar.minutes_between(at, at + MINUTE) == int(calendar.is_open(at))


# --- What a person may plan ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "minute"), [
    ("8:00", 480), ("08.30", 510), ("0800", 480), ("24:00", 1440), ("0:00", 0)])
def test_an_hour_is_read_as_people_write_it(text, minute):
    assert minute_of_day(text) == minute
    assert minute_of_day(clock_text(minute)) == minute


@pytest.mark.parametrize("text", ["", "8", "25:00", "24:01", "8:60", "eight", "-1:00"])
def test_what_is_no_hour_is_refused(text):
    with pytest.raises(Invalid) as refused:
        minute_of_day(text)
    assert refused.value.code == "delays.no_such_hour"


@pytest.mark.parametrize(("week", "code"), [
    ([], "delays.nobody_works"),
    ([(0, "18:00", "09:00")], "delays.ends_before_it_begins"),
    ([(0, "09:00", "09:00")], "delays.ends_before_it_begins"),
    ([(0, "09:00", "12:00"), (0, "11:00", "15:00")], "delays.shifts_overlap"),
    ([(0, "09:00", "18:00"), (0, "10:00", "11:00"), (0, "12:00", "13:00")], "delays.shifts_overlap"),
    ([(0, f"{n:02d}:00", f"{n:02d}:30") for n in range(5)], "delays.too_many_shifts"),
])
def test_a_week_that_makes_no_sense_is_refused_in_words(week, code):
    with pytest.raises(Invalid) as refused:
        plan_week(week)
    assert refused.value.code == code


def test_shifts_may_touch_and_are_put_in_order():
    assert plan_week([(4, "12:00", "18:00"), (4, "9:00", "12:00")]) == {4: ((540, 720), (720, 1080))}
