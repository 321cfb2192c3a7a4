"""What carriers tell: what an event is called, what it does to a parcel, and which numbers can be meant."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared_data import needs_shared, shared_lines, shared_rows
from warehouse.domain.carriers import CARRIERS
from warehouse.domain.packing import HANDED_OVER
from warehouse.domain.tracking import (
    KINDS,
    Event,
    delivered_at,
    event_key,
    flaw_of,
    is_number,
    kind_of,
    s10_fits,
    state_after,
    without_names,
)

NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)
PATTERNS = {plan.code: plan.tracking_pattern for plan in CARRIERS if plan.tracking_pattern}


def at(hours):
    return NOON + timedelta(hours=hours)


@pytest.mark.parametrize(("told", "state"), [
    ([], "handed_over"),
    (["accepted"], "in_transit"),
    (["accepted", "in_transit", "out_for_delivery", "delivered"], "delivered"),
    (["delivered"], "delivered"),
    (["failed_attempt", "exception", "damaged"], "in_transit"),
    (["accepted", "lost"], "lost"),
    (["lost", "in_transit"], "in_transit"),
    (["lost", "delivered"], "delivered"),
    (["failed_attempt", "returned"], "returned"),
    (["delivered", "in_transit"], "delivered"),
    (["delivered", "lost"], "delivered"),
    (["delivered", "returned", "in_transit"], "returned"),
])
def test_a_parcel_follows_what_its_carrier_tells(told, state):
    assert state_after(HANDED_OVER, [(kind, at(hour)) for hour, kind in enumerate(told)]) == state


events = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5).map(at)), max_size=6)


@given(events, st.randoms())
def test_the_order_in_which_events_come_makes_no_difference(told, chance):
    mixed = [*told, *told]
    chance.shuffle(mixed)
    assert state_after(HANDED_OVER, mixed) == state_after(HANDED_OVER, told)


@given(events)
def test_a_delivered_parcel_is_never_under_way_again(told):
    after = state_after(HANDED_OVER, [*told, ("delivered", at(6))])
    assert after in {"delivered", "returned"}
    assert delivered_at([*told, ("delivered", at(6))]) == min(
        (when for kind, when in told if kind == "delivered"), default=at(6))


@pytest.mark.parametrize(("words", "kind"), [
    ("delivered", "delivered"), ("Out For Delivery", "out_for_delivery"), ("FAILED-ATTEMPT", "failed_attempt"),
    ("已揽收", "accepted"), ("快件到达【杭州转运中心】", "in_transit"), ("正在派送中，请准备签收", "out_for_delivery"),
    ("快件已签收，签收人：张三，派件员：李四", "delivered"), ("退回件已签收", "returned"), ("未签收", "failed_attempt"),
    ("收件人拒收", "failed_attempt"), ("派送失败", "failed_attempt"), ("包裹破损", "damaged"), ("快件遗失", "lost"),
    ("Delivered, left with neighbour", "delivered"), ("Delivery attempt failed, nobody home", "failed_attempt"),
    ("Collected from sender", "accepted"), ("Return to sender", "returned"), ("Held at customs", "exception"),
    ("Your parcel will be delivered today", "out_for_delivery"), ("To be delivered by 18:00", "out_for_delivery"),
    ("The item could not be delivered", "failed_attempt"), ("Unable to deliver", "failed_attempt"),
    ("Returned to depot, nobody home", "failed_attempt"), ("拒收，快件退回寄件人", "returned"),
    ("无法派送", "failed_attempt"), ("签收失败", "failed_attempt"), ("快件待签收", "out_for_delivery"),
    ("预计明日送达，请注意签收", "out_for_delivery"), ("Assigned to courier", "in_transit"),
    ("Delivered to carrier facility", "in_transit"), ("Collected by driver", "accepted"),
    ("Collected from parcel shop", "delivered"), ("Picked up by customer", "delivered"), ("Collected", "accepted"),
    ("House number missing", None), ("Parcel missing", "lost"),
    ("下单成功", None), ("Shipment information received", None), ("", None),
])
def test_an_event_is_known_by_its_code_or_by_what_carriers_write(words, kind):
    assert kind_of(words) == kind


def test_who_signed_and_who_drove_is_not_kept():
    assert without_names("已签收，签收人：张三，派件员李四") == "已签收，签收人：***，派件员***"
    assert without_names("Signed by: Smith at door") == "Signed by: *** at door"
    assert without_names("Arrived at Hub") == "Arrived at Hub"


def test_an_event_that_cannot_be_meant_is_named():
    assert flaw_of(Event(2, "SF1", "accepted", at(1)), NOON) is None
    assert flaw_of(Event(2, "SF1", "accepted", at(13)), NOON) == "tracking_from_the_future"
    assert flaw_of(Event(2, "SF1", "accepted", at(-24 * 401)), NOON) == "tracking_too_old"
    assert flaw_of(Event(2, "SF1", "accepted", at(-48)), NOON, sent_at=NOON) is None
    assert flaw_of(Event(2, "SF1", "delivered", at(-24 * 365)), NOON, sent_at=NOON) == "tracking_before_hand_over"


def test_the_key_of_an_event_is_made_of_all_that_it_says():
    one = Event(2, "SF1", "accepted", NOON, "上海", "已揽收")
    assert event_key(1, one) == event_key(1, Event(9, "sf1", "accepted", NOON, "上海", "已揽收"))
    others = [event_key(2, one), event_key(1, Event(2, "SF1", "accepted", at(1), "上海", "已揽收")),
              event_key(1, Event(2, "SF1", "accepted", NOON, "", "上海已揽收"))]
    assert len({event_key(1, one), *others}) == 4


# --- Numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "fits"), [
    ("SF1234567890123", True), ("123456789012", True), ("YT1234567890123", True), ("YTO123456789012", False),
    ("SF12345", False), ("EB663049409CN", True), ("EB663049402CN", False), ("RB123456785GB", True),
    ("RB123456786GB", False), ("", False), ("SF 1234567890123", False), ("1" * 40, False),
])
def test_a_number_must_fit_a_carrier_and_its_check_digit(number, fits):
    assert is_number(number, PATTERNS) is fits


def test_a_carrier_whose_services_have_all_forms_takes_any_number_that_is_one():
    assert is_number("1Z999AA10123456784", {"INTL": ""})
    assert not is_number("1Z 999", {"INTL": ""})


@needs_shared("tracking", "numbers.jsonl")
def test_real_postal_numbers_have_the_check_digit_and_false_ones_have_not():
    numbers = [row for row in shared_lines("tracking", "numbers.jsonl")
               if re.fullmatch(r"[A-Z]{2}\d{9}[A-Z]{2}", row["number"])
               and row["courier_code"] in {"s10", "ems"}]
    assert len(numbers) > 4
    assert {row["number"]: s10_fits(row["number"]) for row in numbers} == {
        row["number"]: row["valid"] for row in numbers}


@needs_shared("tracking", "numbers.jsonl")
def test_numbers_of_our_carriers_are_taken_and_wrong_ones_are_not():
    ours = {"sf": "SF", "yto": "YTO", "ems": "EMS"}
    judged = {row["number"]: (row["valid"], is_number(row["number"], {"": PATTERNS[ours[row["courier_code"]]]}))
              for row in shared_lines("tracking", "numbers.jsonl") if row["courier_code"] in ours}
    assert len(judged) >= 8
    assert {number for number, (valid, taken) in judged.items() if valid is not taken} == set()


@needs_shared("tracking", "cn_carriers.csv")
def test_our_patterns_are_the_forms_that_other_programs_use():
    forms = {}
    for row in shared_rows("tracking", "cn_carriers.csv"):
        forms.setdefault(row["code"], set()).add(row["regex"])
    for code in ("SF", "YTO", "EMS"):
        assert all(form in PATTERNS[code] for form in forms[code]), code
