"""The clocks of an order: until when it is confirmed, on the truck and with the customer, and what will be late."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared_data import needs_shared, shared_rows
from warehouse.domain.clocks import (
    AT_RISK,
    IN_TIME,
    LATE,
    STEPS,
    USUAL_MINUTES,
    CarrierTimes,
    Clocks,
    arrival_day,
    due_at,
    expected_by,
    judge,
    minutes_left,
)
from warehouse.domain.orders import BEFORE_DISPATCH
from warehouse.domain.shifts import Calendar, end_of_day

SHANGHAI = "Asia/Shanghai"
EVERY_DAY = Calendar(SHANGHAI, dict.fromkeys(range(7), ((480, 1320),)))
WEEKDAYS = Calendar(SHANGHAI, dict.fromkeys(range(5), ((480, 1320),)), frozenset({date(2026, 3, 9)}))
MORNING, EVENING = datetime(2026, 3, 4, 2, tzinfo=UTC), datetime(2026, 3, 4, 11, tzinfo=UTC)
CARRIERS = {"SF": CarrierTimes("18:00", 2, 24), "INTL": CarrierTimes("16:00", 12, 48)}


def test_an_order_is_due_at_the_cut_off_of_its_day_or_of_the_next():
    assert due_at(MORNING, "18:00", EVERY_DAY) == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert due_at(EVENING, "18:00", EVERY_DAY) == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert due_at(datetime(2026, 3, 4, 10, tzinfo=UTC), "18:00", EVERY_DAY) == datetime(2026, 3, 4, 10, tzinfo=UTC)


def test_no_truck_comes_on_a_day_on_which_nobody_works():
    friday_evening = datetime(2026, 3, 6, 11, tzinfo=UTC)
    # Saturday and Sunday are not worked, Monday the 9th is a day off.
    assert due_at(friday_evening, "18:00", WEEKDAYS) == datetime(2026, 3, 10, 10, tzinfo=UTC)


def test_an_order_is_confirmed_within_working_minutes_and_promised_for_the_end_of_a_day():
    times = Clocks(EVERY_DAY, CARRIERS, 120).times_of(MORNING, EVENING + timedelta(hours=2), "SF")
    assert times.confirm_by == datetime(2026, 3, 5, 1, tzinfo=UTC)
    assert times.due_at == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert times.promised_at == datetime(2026, 3, 6, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("service", "days"), [
    ("", 4), ("Standard (Royal Mail 48)", 4), ("3-5 days", 5), ("2日达", 2), ("次日达", 1), ("Next Day", 1), ("当日达", 0),
    ("24h express", 1), ("72 hours", 3), ("3至5天", 5), ("express 2-day", 2), ("隔日达", 2), ("999 days", 4),
])
def test_the_days_that_a_service_names_are_its_promise(service, days):
    wednesday = date(2026, 3, 4)
    assert arrival_day(wednesday, 4, service) == wednesday + timedelta(days=days)


@pytest.mark.parametrize("service", ["2-3 business days", "3 working days", "2-3个工作日"])
def test_business_days_leave_the_weekend_out(service):
    assert arrival_day(date(2026, 3, 5), 4, service) == date(2026, 3, 10)


def test_a_parcel_is_expected_by_the_end_of_a_local_day():
    assert expected_by(MORNING, 2, SHANGHAI) == datetime(2026, 3, 6, 15, 59, 59, tzinfo=UTC)
    # The clocks go forward between hand-over and arrival.
    assert expected_by(datetime(2026, 3, 27, 12, tzinfo=UTC), 3, "Europe/London") == datetime(
        2026, 3, 30, 22, 59, 59, tzinfo=UTC)


def test_what_is_left_to_do_shrinks_with_every_step():
    left = [minutes_left(state, {}) for state in ("held", "confirmed", "released", "picked", "packed")]
    assert left == sorted(left, reverse=True)
    assert left[0] == sum(USUAL_MINUTES.values())
    assert minutes_left("picked", {"pack": 5, "pick": 500}) == 5 + USUAL_MINUTES["ship"]
    assert {state for state in BEFORE_DISPATCH if minutes_left(state, dict.fromkeys(STEPS, 1))} == set(BEFORE_DISPATCH)


@given(st.integers(-5000, 5000), st.integers(0, 5000))
def test_an_order_is_late_after_its_limit_and_at_risk_where_the_work_does_not_fit_before_it(left, work):
    verdict = judge(MORNING + timedelta(minutes=left), MORNING, MORNING + timedelta(minutes=work))
    assert verdict == (LATE if left < 0 else AT_RISK if work > left else IN_TIME)


@needs_shared("olist", "orders.csv")
def test_of_1462_real_parcels_96_came_after_the_promised_day_and_120_orders_were_handed_over_after_their_limit():
    zone = ZoneInfo("America/Sao_Paulo")
    orders, limits = shared_rows("olist", "orders.csv"), {}
    for row in shared_rows("olist", "order_items.csv"):
        limits.setdefault(row["order_id"], []).append(local(row["shipping_limit_date"], zone))
    delivered = [row for row in orders if row["order_status"] == "delivered"]
    came_late = [
        row for row in delivered
        if came_after(end_of_day(date.fromisoformat(row["order_estimated_delivery_date"][:10]), zone),
                      row["order_delivered_customer_date"], zone)]
    left_late = [row for row in orders if row["order_id"] in limits
                 and came_after(min(limits[row["order_id"]]), row["order_delivered_carrier_date"], zone)]
    assert (len(delivered), len(came_late), len(left_late)) == (1462, 96, 120)


def local(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def came_after(limit, text, zone):
    return bool(text) and judge(limit, local(text, zone), local(text, zone)) == LATE
