"""What carriers tell comes in once, whatever way and order it comes; parcels, orders and incidents follow."""

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from tests import shipping_day as day
from tests.builders import a_place, an_item, an_order, order_state
from tests.statements import count_statements
from warehouse.domain.tracking import Event
from warehouse.errors import NotFound
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.shipping import Carrier, TrackingEvent
from warehouse.services import delays, incidents, tracking
from warehouse.services.tracking import FILE, WEBHOOK, Unsigned

NUMBER = "SF1234567890123"


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=340)


@pytest.fixture
def order(db, dune):
    return an_order(db, {dune: 2}, language="zh-Hans")


@pytest.fixture
def parcel(db, actor, order, dune):
    """Handed over to SF under NUMBER."""
    return handed_over(db, actor, order, dune, NUMBER)


def handed_over(db, actor, order, item, number, tote="T-90"):
    parcel = day.packed(db, actor, order, {item: 2}, tote=tote)
    station = day.ship_station(db, actor, parcel)
    station.press("#label")
    station.press(f"#tracking:{number}")
    station.press("#printed")
    assert station.scan(station.task["code"]).code == "shipping.label_right"
    assert day.dock_station(db, actor).scan(number).outcome == "accepted"
    return parcel


def told(actor, kind, hours, number=NUMBER, **more):
    return Event(2, number, kind, actor.at + timedelta(hours=hours), **more)


def tell(db, actor, *events, source=FILE, carrier_code=None):
    return db.write(tracking.receive, actor, events, source=source, carrier_code=carrier_code)


def rows(db, *columns, where=None):
    with db.read() as session:
        return [tuple(row) for row in session.execute(
            select(*columns).where(*([where] if where is not None else [])).order_by(columns[0]))]


def test_the_first_event_sets_the_parcel_on_its_way(db, actor, parcel, order):
    taken = tell(db, actor, told(actor, "accepted", 3, place="上海"))

    assert (taken.created, taken.unchanged, taken.rejected) == (1, 0, [])
    row = day.row_of(db, parcel)
    assert (row.state, row.first_event_at, row.last_event_at) == (
        "in_transit", actor.at + timedelta(hours=3), actor.at + timedelta(hours=3))
    assert order_state(db, order) == "dispatched"
    assert rows(db, TrackingEvent.kind, TrackingEvent.source, TrackingEvent.person_id) == [
        ("accepted", "file", actor.person_id)]


def test_an_order_is_delivered_with_its_parcel(db, actor, parcel, order):
    tell(db, actor, told(actor, "delivered", 5), told(actor, "accepted", 1))

    row = day.row_of(db, parcel)
    assert (row.state, row.first_event_at, row.delivered_at) == (
        "delivered", actor.at + timedelta(hours=1), actor.at + timedelta(hours=5))
    assert rows(db, Order.state, Order.delivered_at) == [("delivered", actor.at + timedelta(hours=5))]


def test_the_same_events_again_change_nothing(db, actor, parcel):
    events = told(actor, "accepted", 1), told(actor, "lost", 4, text="遗失")
    tell(db, actor, *events)
    before = day.row_of(db, parcel), rows(db, Incident.id), rows(db, Message.key)

    again = tell(db, actor, *events, *events, source=WEBHOOK, carrier_code="SF")

    assert (again.created, again.unchanged, again.incidents) == (0, 4, 0)
    assert (day.row_of(db, parcel), rows(db, Incident.id), rows(db, Message.key)) == before


@pytest.mark.parametrize("turn", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_events_that_come_in_another_order_end_the_same(db, actor, parcel, order, turn):
    events = [told(actor, "accepted", 1), told(actor, "in_transit", 2), told(actor, "delivered", 3)]
    for place in turn:
        tell(db, actor, events[place])
    assert day.row_of(db, parcel).state == order_state(db, order) == "delivered"


@pytest.mark.parametrize(("kind", "incident", "why"), [
    ("lost", "lost", "parcel_lost"), ("damaged", "damaged", "parcel_damaged"), ("returned", "address", "parcel_late"),
    ("failed_attempt", "delayed", "parcel_late"), ("exception", "delayed", "parcel_late"),
])
def test_what_goes_wrong_opens_one_incident_and_the_customer_must_hear(db, actor, parcel, order, kind, incident, why):
    taken = tell(db, actor, told(actor, "accepted", 1), told(actor, kind, 4, text="破损，电话 13800001111"))
    tell(db, actor, told(actor, kind, 5))

    assert taken.incidents == 1
    told_of = Incident.parcel_id, Incident.order_id, Incident.units, Incident.note
    assert rows(db, Incident.kind, Incident.stage, *told_of) == [
        (incident, "carrier", parcel, order.id, 2, "破损，电话 138******11")]
    (message,) = rows(db, Message.why, Message.order_id, Message.language, Message.facts, Message.incident_id)
    assert message[:3] == (why, order.id, "zh-Hans")
    assert message[3] == {"carrier": "SF", "tracking": NUMBER,
                          "expected": day.row_of(db, parcel).expected_by.isoformat()}
    assert message[4] == rows(db, Incident.id)[0][0]


def test_what_the_carrier_says_more_stands_in_the_log_and_a_customer_of_a_silent_parcel_hears(
        db, actor, clock, parcel, order):
    silent = replace(actor, at=clock.forward(hours=25))
    assert db.write(delays.look_around, silent) == 1
    assert rows(db, Message.id) == []

    taken = tell(db, silent, told(silent, "failed_attempt", 0, text="无人"), told(silent, "exception", 1, text="滞留"))

    assert taken.incidents == 0
    log = rows(db, Action.id, Action.verb, Action.reason, where=Action.subject == "incident")
    assert [line[1:] for line in log] == [("note", "无人"), ("note", "滞留")]
    assert rows(db, Message.why, Message.incident_id) == [("parcel_late", rows(db, Incident.id)[0][0])]


@pytest.mark.parametrize(("kind", "opened"), [("failed_attempt", 1), ("lost", 0), ("damaged", 0)])
def test_after_its_incident_is_settled_a_new_delay_opens_another_and_an_old_loss_does_not(
        db, actor, parcel, order, kind, opened):
    tell(db, actor, told(actor, kind, 1))
    db.write(incidents.close, actor, rows(db, Incident.id)[0][0], "told")

    assert tell(db, actor, told(actor, kind, 4)).incidents == opened
    assert len(rows(db, Incident.id)) == 1 + opened


def test_a_lost_parcel_that_is_found_goes_on(db, actor, parcel, order):
    tell(db, actor, told(actor, "lost", 4))
    assert day.row_of(db, parcel).state == "lost"
    tell(db, actor, told(actor, "in_transit", 8))
    assert day.row_of(db, parcel).state == "in_transit"
    tell(db, actor, told(actor, "delivered", 9))
    assert order_state(db, order) == "delivered"


def test_a_failed_attempt_that_ended_well_in_the_same_message_needs_nobody(db, actor, parcel):
    taken = tell(db, actor, told(actor, "failed_attempt", 3), told(actor, "delivered", 5))
    assert (taken.incidents, rows(db, Incident.id), rows(db, Message.id)) == (0, [], [])


def test_damage_matters_even_if_the_parcel_arrives(db, actor, parcel):
    assert tell(db, actor, told(actor, "delivered", 5), told(actor, "damaged", 3)).incidents == 1


def test_an_order_of_two_parcels_is_delivered_with_the_last(db, actor, dune, order, parcel):
    second_parcel(db, parcel, "SF9999999999999")
    tell(db, actor, told(actor, "delivered", 5))
    assert order_state(db, order) == "dispatched"
    tell(db, actor, told(actor, "delivered", 6, number="SF9999999999999"))
    assert order_state(db, order) == "delivered"


def second_parcel(db, first_id, number):
    """Another parcel of the same order, handed over with it."""
    first, place = day.row_of(db, first_id), a_place(db, "SECOND", "parcel")
    values = first._asdict() | {"number": "SECOND", "position": 2, "location_id": place.id,
                                "tracking_number": number}
    del values["id"]
    db.write(lambda session: session.execute(insert(Parcel.__table__), values))


def test_a_number_that_no_parcel_has_is_listed_and_one_that_cannot_be_one_is_named(db, actor, parcel):
    taken = tell(db, actor, told(actor, "accepted", 1, number="SF0000000000000"), told(actor, "accepted", 1),
                 told(actor, "accepted", 1, number="SF?"))
    assert (taken.created, taken.unknown) == (1, ["SF0000000000000"])
    assert [(bad.code, bad.facts["number"]) for bad in taken.rejected] == [
        ("tracking_unknown_number", "SF0000000000000"), ("tracking_number_form", "SF?")]


def test_our_own_label_number_is_known_too(db, actor, parcel):
    number = day.row_of(db, parcel).number
    assert tell(db, actor, told(actor, "accepted", 1, number=number)).created == 1


def test_a_carrier_that_signs_speaks_of_its_own_parcels_alone(db, actor, parcel):
    taken = tell(db, actor, told(actor, "lost", 4), source=WEBHOOK, carrier_code="YTO")
    assert (taken.created, [bad.code for bad in taken.rejected]) == (0, ["tracking_number_form"])
    assert day.row_of(db, parcel).state == "handed_over"


def test_what_is_told_of_a_parcel_still_in_the_house_is_kept_and_opens_nothing(db, actor, order, dune):
    parcel = day.packed(db, actor, order, {dune: 2})
    day.labelled(db, actor, parcel)
    row = day.row_of(db, parcel)
    taken = tell(db, actor, told(actor, "lost", 1, number=row.tracking_number))
    assert (taken.created, taken.incidents) == (1, 0)
    assert (day.row_of(db, parcel).state, order_state(db, order)) == ("labelled", "packed")


def test_a_delivery_of_last_year_under_the_same_number_is_not_this_parcels(db, actor, parcel, order):
    taken = tell(db, actor, told(actor, "delivered", -24 * 365))
    assert [problem.code for problem in taken.rejected] == ["tracking_before_hand_over"]
    assert (day.row_of(db, parcel).state, order_state(db, order)) == ("handed_over", "dispatched")


def test_an_event_of_tomorrow_week_is_refused(db, actor, parcel):
    taken = tell(db, actor, told(actor, "delivered", 24 * 7))
    assert ([bad.code for bad in taken.rejected], taken.created) == (["tracking_from_the_future"], 0)
    assert day.row_of(db, parcel).state == "handed_over"


def test_a_hundred_events_cost_few_statements(db, actor, parcel):
    events = [told(actor, "in_transit", 0, place=f"Hub {n}") for n in range(100)]
    with count_statements(db) as seen:
        assert tell(db, actor, *events).created == 100
    assert len(seen) <= 8, seen


# --- Signed messages -------------------------------------------------------------------------------------------------


def sign(secret, timestamp, body):
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def check(db, carrier, timestamp, signature, body, now):
    with db.read() as session:
        tracking.check_signature(session, carrier, timestamp, signature, body, now)


def test_what_the_carrier_signed_just_now_is_let_in(db, actor):
    secret = db.write(tracking.set_secret, actor, "SF")
    stamp = str(int(actor.at.timestamp()))
    check(db, "SF", stamp, sign(secret, stamp, b"{}"), b"{}", actor.at)
    check(db, "SF", stamp, sign(secret, stamp, b"{}").upper(), b"{}", actor.at + timedelta(minutes=5))


@pytest.mark.parametrize("wrong", ["body", "carrier", "old", "ahead", "empty", "stamp", "nonsense"])
def test_what_it_did_not_sign_or_not_just_now_is_refused(db, actor, wrong):
    secret = db.write(tracking.set_secret, actor, "SF")
    stamp, body, carrier, now = str(int(actor.at.timestamp())), b"{}", "SF", actor.at
    signature = sign(secret, stamp, body)
    if wrong == "body":
        body = b"{ }"
    elif wrong == "carrier":
        carrier = "YTO"
    elif wrong == "old":
        now += timedelta(minutes=5, seconds=1)
    elif wrong == "ahead":
        now -= timedelta(minutes=5, seconds=1)
    elif wrong == "empty":
        signature = ""
    elif wrong == "stamp":
        stamp = str(int(stamp) + 1)
    else:
        stamp, signature = "now\u00b2", "\u00e9"
    with pytest.raises(Unsigned):
        check(db, carrier, stamp, signature, body, now)


def test_a_new_secret_ends_the_old_one_and_only_the_sealed_one_is_kept(db, actor):
    old, new = db.write(tracking.set_secret, actor, "SF"), db.write(tracking.set_secret, actor, "SF")
    stamp = str(int(actor.at.timestamp()))
    with pytest.raises(Unsigned):
        check(db, "SF", stamp, sign(old, stamp, b"{}"), b"{}", actor.at)
    check(db, "SF", stamp, sign(new, stamp, b"{}"), b"{}", actor.at)
    ((sealed,),) = rows(db, Carrier.webhook_secret, where=Carrier.code == "SF")
    assert new.encode() not in sealed
    assert [fact for _, fact in rows(db, Action.id, Action.facts)][-1] == {"carrier": "SF"}
    db.write(tracking.drop_secret, actor, "SF")
    with pytest.raises(Unsigned):
        check(db, "SF", stamp, sign(new, stamp, b"{}"), b"{}", actor.at)


def test_an_unknown_carrier_gets_no_secret(db, actor):
    with pytest.raises(NotFound):
        db.write(tracking.set_secret, actor, "DHL")
