"""The late list tells what the rows tell, by the same number of statements however long the history."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from tests.builders import a_tote, an_item, an_order, stock_at
from tests.floor import Picker, release
from tests.statements import count_statements
from warehouse.domain.clocks import USUAL_MINUTES, VERDICTS, judge, minutes_left
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.queries.delays import look, measure
from warehouse.services import shifts


@pytest.fixture
def dune(db):
    item = an_item(db, "Dune", isbn="9780441013593")
    stock_at(db, "B-07-3", item, units=30)
    return item


def late(db, clock, **narrowed):
    with db.read() as session:
        return look(session, clock.moment, shifts.calendar(session), **narrowed)


def numbers(found):
    return [row.number for row in found.rows]


def past(db, item, clock, count, **minutes):
    """Orders dispatched within the last hours, whose steps took so many minutes."""
    steps = {"confirm": 0, "release": 10, "pick": 10, "pack": 10, "ship": 10, **minutes}
    for n in range(count):
        at = clock.moment - timedelta(minutes=sum(steps.values()) - 20 + n % 3)
        moments = {"received_at": at}
        for step, name in zip(steps, ("confirmed_at", "released_at", "picked_at", "packed_at", "dispatched_at"),
                              strict=True):
            at += timedelta(minutes=steps[step])
            moments[name] = at
        an_order(db, {item: 1}, state="dispatched", **moments)


def test_an_order_is_judged_by_what_is_left_to_do_for_it(db, clock, dune):
    half_an_hour = clock.moment + timedelta(minutes=30)
    packed = an_order(db, {dune: 1}, due_at=half_an_hour, state="packed")
    confirmed = an_order(db, {dune: 1}, due_at=half_an_hour, state="confirmed")
    found = late(db, clock)
    assert numbers(found) == [confirmed.number]
    assert (found.rows[0].verdict, found.rows[0].clock) == ("at_risk", "truck")
    assert found.rows[0].ready_at == clock.moment + timedelta(minutes=minutes_left("confirmed", {}))
    assert numbers(late(db, clock, verdicts=("in_time",))) == [packed.number]


@pytest.mark.parametrize("left", [-1, 0, 19, 20, 21, 500])
def test_the_list_judges_as_the_rule_does(db, clock, dune, left):
    limit = clock.moment + timedelta(minutes=left)
    an_order(db, {dune: 1}, due_at=limit, state="packed")
    ready = clock.moment + timedelta(minutes=USUAL_MINUTES["ship"])
    assert late(db, clock).counts == dict.fromkeys(VERDICTS, 0) | {judge(limit, clock.moment, ready): 1}


def test_what_is_to_be_confirmed_has_its_own_clock_until_it_is(db, clock, dune):
    tonight, soon = clock.moment + timedelta(hours=9), clock.moment + timedelta(minutes=10)
    held = an_order(db, {dune: 1}, state="held", due_at=tonight, confirm_by=soon)
    an_order(db, {dune: 1}, state="held", due_at=tonight, confirm_by=soon, confirmed_at=clock.moment)
    an_order(db, {dune: 1}, state="confirmed", due_at=tonight, confirm_by=soon)
    (row,) = late(db, clock).rows
    assert (row.number, row.clock, row.limit, row.verdict) == (held.number, "confirm", soon, "at_risk")


def test_an_order_that_will_miss_its_truck_is_told_though_it_can_still_be_confirmed_in_time(db, clock, dune):
    confirm, truck = clock.moment + timedelta(minutes=90), clock.moment + timedelta(minutes=100)
    an_order(db, {dune: 1}, state="held", due_at=truck, confirm_by=confirm)
    (row,) = late(db, clock).rows
    assert (row.clock, row.limit, row.verdict) == ("truck", truck, "at_risk")
    assert row.ready_at == clock.moment + timedelta(minutes=minutes_left("held", {}))


def test_what_waits_for_its_customers_money_is_not_late(db, clock, dune):
    past_hour = clock.moment - timedelta(hours=1)
    an_order(db, {dune: 1}, state="held", payment="unpaid", due_at=past_hour, confirm_by=past_hour)
    cod = an_order(db, {dune: 1}, state="held", payment="cod", due_at=past_hour)
    found = late(db, clock)
    assert (numbers(found), sum(found.counts.values())) == ([cod.number], 1)


def test_of_two_clocks_that_are_both_past_the_sooner_is_shown(db, clock, dune):
    hours = [clock.moment - timedelta(hours=n) for n in (3, 2)]
    an_order(db, {dune: 1}, state="held", confirm_by=hours[0], due_at=hours[1])
    an_order(db, {dune: 1}, state="held", confirm_by=hours[1], due_at=hours[0])
    assert {(row.clock, row.limit, row.verdict) for row in late(db, clock).rows} == {
        ("confirm", hours[0], "late"), ("truck", hours[0], "late")}


def test_a_house_that_packs_long_before_the_truck_is_not_warned_of_every_order(db, clock, dune):
    past(db, dune, clock, 20, release=200, ship=240)
    an_order(db, {dune: 1}, due_at=clock.moment + timedelta(minutes=60), state="packed")
    an_order(db, {dune: 1}, due_at=clock.moment + timedelta(minutes=110), state="confirmed")
    assert late(db, clock).counts == dict.fromkeys(VERDICTS, 0) | {"in_time": 2}


def test_what_can_still_be_saved_stands_first_and_the_soonest_of_it(db, clock, dune):
    late_by_an_hour = an_order(db, {dune: 1}, due_at=clock.moment - timedelta(hours=1))
    later = an_order(db, {dune: 1}, due_at=clock.moment + timedelta(minutes=40))
    sooner = an_order(db, {dune: 1}, due_at=clock.moment + timedelta(minutes=20))
    assert numbers(late(db, clock)) == [sooner.number, later.number, late_by_an_hour.number]


def test_orders_are_counted_by_carrier_and_stage_and_narrowed_by_both(db, clock, dune):
    soon = clock.moment + timedelta(minutes=5)
    an_order(db, {dune: 1}, due_at=soon, carrier_code="SF", state="picked")
    yto = an_order(db, {dune: 1}, due_at=soon, carrier_code="YTO", state="confirmed")
    found = late(db, clock, carrier_code="YTO", state="confirmed")
    assert numbers(found) == [yto.number]
    assert [(each.name, each.at_risk) for each in found.carriers] == [("SF", 1), ("YTO", 1)]
    assert [(each.name, each.at_risk) for each in found.states] == [("confirmed", 1), ("picked", 1)]


def test_it_says_who_has_the_order_and_why_it_waits(db, actor, picker, packer, clock, dune):
    soon = clock.moment + timedelta(minutes=5)
    run = release(db, actor, an_order(db, {dune: 1}, due_at=soon))[0]
    Picker(db, picker, run, totes=[a_tote(db)])
    an_order(db, {dune: 1}, due_at=soon, state="packing", packer_id=packer.person_id)
    held = an_order(db, {dune: 1}, due_at=soon, state="held")
    db.write(lambda session: session.execute(insert(Hold.__table__), [
        {"order_id": held.id, "reason": reason, "facts": {}, "opened_at": clock.moment, "decision_reason": ""}
        for reason in ("not_paid", "short")]))
    db.write(lambda session: session.execute(
        update(OrderLine).where(OrderLine.order_id == held.id).values(units_short=1)))
    found = {row.state: row for row in late(db, clock).rows}
    assert found["picking"].person == picker.name
    assert found["packing"].person == packer.name
    assert (found["held"].person, found["held"].why, found["held"].short) == ("", ("not_paid", "short"), 1)


def test_the_pace_is_measured_on_twenty_orders_and_usual_before(db, clock, dune):
    past(db, dune, clock, 19, pick=90)
    assert measured(db, clock) == {}
    past(db, dune, clock, 1, pick=90)
    assert measured(db, clock) == {"pick": 90, "pack": 10}
    assert [(each.step, each.is_measured) for each in late(db, clock).pace] == [
        ("confirm", False), ("release", False), ("pick", True), ("pack", True), ("ship", False)]


def test_a_house_that_works_slower_warns_earlier(db, clock, dune):
    an_order(db, {dune: 1}, due_at=clock.moment + timedelta(minutes=130))
    assert late(db, clock).counts["at_risk"] == 0
    past(db, dune, clock, 20, pick=110)
    assert late(db, clock).counts["at_risk"] == 1


def test_the_pace_of_more_than_two_weeks_ago_is_forgotten(db, clock, dune):
    past(db, dune, clock, 20)
    db.write(lambda session: session.execute(update(Order).values(dispatched_at=clock.moment - timedelta(days=15))))
    assert measured(db, clock) == {}


def measured(db, clock):
    with db.read() as session:
        return measure(session, clock.moment, shifts.calendar(session))


def test_the_list_costs_the_same_however_many_orders_wait(db, clock, dune):
    def cost():
        with count_statements(db) as seen:
            late(db, clock)
        return len(seen)

    an_order(db, {dune: 1}, due_at=clock.moment)
    few = cost()
    for _ in range(30):
        an_order(db, {dune: 1}, due_at=clock.moment)
    assert cost() == few <= 9
