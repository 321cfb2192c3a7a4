"""The watch: silent and overdue parcels open an incident once, and customers hear of a promise that cannot be kept."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests import shipping_day as day
from tests.builders import an_item, an_order
from warehouse.domain.tracking import Event
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.services import delays, incidents_work, shifts, tracking


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=340)


@pytest.fixture
def order(db, dune):
    return an_order(db, {dune: 1}, carrier_code="SF")


@pytest.fixture
def parcel(db, actor, order, dune):
    """With SF since Wednesday morning: silent after 24 hours, expected by the end of Friday."""
    parcel = day.packed(db, actor, order, {dune: 1})
    assert day.dock_station(db, actor).scan(day.labelled(db, actor, parcel)).outcome == "accepted"
    return parcel


def later(actor, clock, **time):
    return as_at(actor, clock.forward(**time))


def incidents(db):
    with db.read() as session:
        return [tuple(row) for row in session.execute(
            select(Incident.kind, Incident.stage, Incident.parcel_id, Incident.note).order_by(Incident.id))]


def wanted(db):
    with db.read() as session:
        return [tuple(row) for row in session.execute(select(Message.why, Message.facts).order_by(Message.id))]


def test_a_parcel_is_expected_by_the_end_of_the_carriers_last_day(db, parcel):
    assert day.row_of(db, parcel).expected_by == datetime(2026, 3, 6, 15, 59, 59, tzinfo=UTC)


def test_a_silent_parcel_opens_one_incident_after_its_carriers_hours(db, actor, clock, parcel):
    assert db.write(delays.look_around, later(actor, clock, hours=23)) == 0
    assert db.write(delays.look_around, later(actor, clock, hours=1)) == 1
    assert db.write(delays.look_around, later(actor, clock, minutes=1)) == 0
    assert incidents(db) == [("delayed", "carrier", parcel,
                              "No word of the carrier within 24 h of hand-over / 交接后 24 小时内无物流信息")]
    # The carrier is asked first; the customer waits for nothing yet.
    assert wanted(db) == []


def test_a_parcel_that_has_spoken_is_not_silent(db, actor, clock, parcel):
    tell(db, actor, parcel, "accepted", 2)
    assert db.write(delays.look_around, later(actor, clock, hours=30)) == 0


def test_a_parcel_past_its_day_opens_an_incident_and_its_customer_must_hear(db, actor, clock, parcel):
    tell(db, actor, parcel, "in_transit", 2)
    assert db.write(delays.look_around, later(actor, clock, days=2)) == 0
    friday_midnight = later(actor, clock, hours=14)
    assert db.write(delays.look_around, friday_midnight) == 1
    assert db.write(delays.look_around, later(actor, clock, days=1)) == 0
    assert incidents(db) == [("delayed", "carrier", parcel, "Not delivered by 2026-03-06 / 2026-03-06 前未送达")]
    assert [why for why, _ in wanted(db)] == ["parcel_late"]


def test_a_silent_parcel_past_its_day_is_told_of_once_more(db, actor, clock, parcel):
    db.write(delays.look_around, later(actor, clock, days=1))
    db.write(delays.look_around, later(actor, clock, days=2))
    assert db.write(delays.look_around, later(actor, clock, hours=1)) == 0
    assert [kind for kind, *_ in incidents(db)] == ["delayed", "delayed"]
    assert [why for why, _ in wanted(db)] == ["parcel_late"]


def ends(db):
    with db.read() as session:
        return session.execute(select(Incident.state, Incident.outcome).order_by(Incident.id)).all()


def test_a_silent_parcel_that_is_heard_of_in_time_needs_nobody_any_more(db, actor, clock, parcel):
    db.write(delays.look_around, later(actor, clock, hours=25))
    tell(db, as_at(actor, clock.moment), parcel, "in_transit", 0)
    assert ends(db) == [("settled", "mended")]


@pytest.mark.parametrize(("kind", "state"), [("in_transit", "open"), ("delivered", "settled")])
def test_a_parcel_past_its_day_is_over_only_when_it_arrives(db, actor, clock, parcel, kind, state):
    db.write(delays.look_around, later(actor, clock, days=4))
    tell(db, as_at(actor, clock.moment), parcel, kind, 0)
    assert {each for each, _ in ends(db)} == {state}


def test_what_a_person_has_in_hand_is_theirs_to_end(db, actor, clock, parcel):
    now = later(actor, clock, hours=25)
    db.write(delays.look_around, now)
    with db.read() as session:
        incident = session.execute(select(Incident.id)).scalar_one()
    db.write(incidents_work.take, now, incident)
    tell(db, now, parcel, "delivered", 0)
    assert [state for state, _ in ends(db)] == ["open"]


def test_bad_news_of_a_silent_parcel_ends_nothing(db, actor, clock, parcel):
    db.write(delays.look_around, later(actor, clock, hours=25))
    tell(db, as_at(actor, clock.moment), parcel, "failed_attempt", 0)
    assert [state for state, _ in ends(db)] == ["open"]


def test_a_delivered_parcel_is_left_alone(db, actor, clock, parcel):
    tell(db, actor, parcel, "delivered", 20)
    assert db.write(delays.look_around, later(actor, clock, days=5)) == 0


def test_looking_around_has_something_to_do_exactly_when_there_is_news(db, actor, clock, parcel, dune):
    def news():
        with db.read() as session:
            return delays.is_there_news(session, clock.moment)

    seen = []
    for hours in (23, 1, 1, 60, 1):
        now = later(actor, clock, hours=hours)
        seen.append((news(), db.write(delays.look_around, now), news()))
    assert seen == [(False, 0, False), (True, 1, False), (False, 0, False), (True, 1, False), (False, 0, False)]

    an_order(db, {dune: 1}, promised_at=clock.moment, due_at=clock.moment - timedelta(days=2))
    assert (news(), db.write(delays.look_around, later(actor, clock, minutes=1)), news()) == (True, 1, False)


def test_a_carrier_that_never_tells_is_not_watched(db, actor, clock, parcel):
    db.write(shifts.set_carrier, actor, "SF", cut_off="19:00", transit_days=2, first_event_hours=0)
    assert db.write(delays.look_around, later(actor, clock, days=5)) == 0


def tell(db, actor, parcel, kind, hours):
    number = day.row_of(db, parcel).tracking_number
    event = Event(2, number, kind, actor.at + timedelta(hours=hours))
    db.write(tracking.receive, as_at(actor, event.at), [event], source=tracking.FILE)


def as_at(actor, at):
    return actor.__class__(**{**vars(actor), "at": at})


# --- Promises --------------------------------------------------------------------------------------------------------


def promised(db, dune, actor, **fields):
    """Due for today's truck at 19:00 and promised for Friday."""
    return an_order(db, {dune: 1}, **{
        "carrier_code": "SF", "due_at": datetime(2026, 3, 4, 11, tzinfo=UTC),
        "promised_at": datetime(2026, 3, 6, 15, 59, 59, tzinfo=UTC), **fields})


def test_a_promise_that_the_next_truck_cannot_keep_is_told_once(db, actor, clock, dune):
    promised(db, dune, actor)
    assert db.write(delays.look_around, later(actor, clock, hours=8)) == 0
    # Seven in the evening and past: the truck of tomorrow arrives on Saturday.
    assert db.write(delays.look_around, later(actor, clock, hours=2)) == 1
    assert db.write(delays.look_around, later(actor, clock, hours=20)) == 0
    assert wanted(db) == [("delayed", {"expected": "2026-03-07T15:59:59+00:00"})]


@pytest.mark.parametrize("fields", [
    {"state": "dispatched"}, {"state": "cancelled"}, {"payment": "unpaid"}, {"promised_at": None},
    {"promised_at": datetime(2026, 3, 9, tzinfo=UTC)},
])
def test_nobody_hears_of_an_order_that_is_gone_unpaid_or_promised_for_later(db, actor, clock, dune, fields):
    promised(db, dune, actor, **fields)
    assert db.write(delays.look_around, later(actor, clock, hours=12)) == 0


def test_a_held_order_is_told_of_too(db, actor, clock, dune):
    promised(db, dune, actor, state="held")
    assert db.write(delays.look_around, later(actor, clock, hours=12)) == 1
