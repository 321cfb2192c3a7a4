"""One line of time for all of an order (ORD-8): a whole story, told by the real steps, stands on it as it happened."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from tests import shipping_day as day
from tests.builders import a_device, a_person, an_order, as_actor
from tests.statements import count_statements
from warehouse.models.journal import Action
from warehouse.models.shipping import TrackingEvent
from warehouse.queries.order_timeline import MOST, order_timeline
from warehouse.services import (
    customer,
    incidents,
    incidents_work,
    messages,
    orders_change,
    orders_review,
    pauses,
    refunds,
    returns,
)
from warehouse.services.customer import Said


def line_of(db, order):
    with db.read() as session:
        return order_timeline(session, order.id)


def told(db, order):
    return [(entry.group, entry.subject, entry.verb) for entry in line_of(db, order).entries]


@pytest.fixture
def order(db, dune, emma):
    return an_order(db, {dune: 2, emma: 1}, total_minor=6900)


def test_a_full_story_stands_on_the_line_in_the_order_in_which_it_happened(db, clock, actor, order, dune, emma):
    def at():
        clock.forward(minutes=7)
        return as_actor(lead)

    lead = a_person(db, "Mei Lin", "manager")
    db.write(orders_change.hold, at(), order.id, "Customer asked to wait")
    with db.read() as session:
        hold_id = session.connection().exec_driver_sql("SELECT id FROM hold").scalar_one()
    db.write(orders_review.lift, at(), hold_id, "She called again")
    db.write(orders_review.open_recipient, at(), order.id)
    parcel = day.packed(db, at(), order, {dune: 2, emma: 1}, weight_g=1300)
    code = day.labelled(db, at(), parcel)
    day.dock_station(db, at()).scan(code)
    db.write(lambda session: session.execute(insert(TrackingEvent), {
        "parcel_id": parcel, "event_key": "k", "kind": "in_transit", "at": clock.forward(hours=5), "place": "Hangzhou",
        "received_at": clock.moment, "source": "file", "person_id": lead.id}))
    clock.forward(hours=1)
    link = db.write(customer.link_of, order.id)
    reported = db.write(customer.report_problem, clock.moment, link, "damaged",
                        Said("k" * 22, line_id=order.line_ids[0], units=1))
    db.write(incidents_work.write_down, at(), reported, "Asked for a photo")
    db.write(incidents.close, at(), reported, "told", "She keeps it")
    clock.forward(minutes=1)
    asked = db.write(returns.request, at(), order.id, "return", "changed_mind", [(order.line_ids[1], 1, None)],
                     source="desk")
    db.write(refunds.ask, at(), order.id, 500, "For the corner", incident_id=reported)

    story = told(db, order)

    assert story[:2] == [("desk", "order", "placed"), ("desk", "order", "received")]
    wanted = [
        ("desk", "order", "hold"), ("desk", "hold", "lifted"), ("customer", "order", "open_personal"),
        ("desk", "run", "planned"), ("work", "run", "started"), ("work", "move", "pick"),
        ("parcel", "parcel", "opened"), ("work", "move", "pack"), ("parcel", "parcel", "closed"),
        ("parcel", "print", "label"),
        ("parcel", "parcel", "label_applied"), ("work", "move", "dispatch"), ("parcel", "order", "dispatched"),
        ("parcel", "tracking", "in_transit"), ("incident", "incident", "report"), ("customer", "message", "wanted"),
        ("incident", "incident", "note"), ("incident", "incident", "settle"), ("return", "return", "ask_return"),
        ("return", "return", "approve_return"), ("customer", "message", "wanted"), ("return", "order", "ask_refund"),
    ]
    places = [story.index(step) for step in wanted if step != ("customer", "message", "wanted")]
    assert story.count(("customer", "message", "wanted")) == 2
    times = [line_of(db, order).entries[place].at for place in places]
    assert times == sorted(times)
    for step in story:
        assert story.count(step) == {
            ("work", "move", "pick"): 2, ("work", "move", "pack"): 2, ("work", "move", "dispatch"): 2,
            ("customer", "message", "wanted"): 2,
        }.get(step, 1), step
    assert asked


def test_what_one_hand_did_in_one_go_is_one_entry_with_its_person_and_tablet(db, actor, order, dune, emma):
    hand = as_actor(a_person(db, "Wang Xiaoyu", "packer"), a_device(db, "Tablet 7"))
    day.picked(db, hand, order, {dune: 2, emma: 1})
    picks = [entry for entry in line_of(db, order).entries if entry.verb == "pick"]
    assert [(entry.units, entry.title, entry.source, entry.person, entry.device) for entry in picks] == [
        (2, "Dune", "A-01-1", "Wang Xiaoyu", "Tablet 7"), (1, "Emma", "A-01-1", "Wang Xiaoyu", "Tablet 7")]


def test_two_hands_and_two_days_are_told_apart(db, clock, actor, order, dune, emma):
    box = day.picked(db, actor, order, {dune: 2, emma: 1})
    clock.forward(hours=30)
    other = a_person(db, "Other", "packer")
    bench = day.Station(db, as_actor(other), day.packing.scan, order.id)
    bench.scan(box.label)
    bench.scan(dune.isbn)
    clock.forward(hours=1)
    bench.actor = as_actor(other)
    bench.scan(dune.isbn)
    packs = [entry for entry in line_of(db, order).entries if entry.verb == "pack"]
    assert [(entry.units, entry.person) for entry in packs] == [(1, "Other"), (1, "Other")]


def test_nothing_of_another_order_and_nothing_personal_is_on_it(db, clock, actor, order, dune, emma):
    other = an_order(db, {dune: 1})
    for one in (order, other):
        db.write(messages.want, actor, one.id, "question", key=str(one.id))
    link = db.write(customer.link_of, order.id)
    db.write(customer.report_problem, clock.moment, link, "question", Said("k" * 22, "Call me: 19900001001 周予安"))
    db.write(pauses.begin, actor, "release", "Flood")
    found = line_of(db, order)
    assert len([entry for entry in found.entries if entry.subject == "message"]) == 2
    assert "19900001001" not in repr(found) and "周予安" not in repr(found)
    with db.read() as session:
        assert order_timeline(session, 999999).entries == ()


def test_the_line_costs_the_same_number_of_statements_however_much_happened(db, clock, actor, order, dune, emma):
    with count_statements(db) as before:
        line_of(db, order)
    day.packed(db, actor, order, {dune: 2, emma: 1}, weight_g=1300)
    for n in range(20):
        db.write(messages.want, actor, order.id, "question", key=str(n))
        db.write(incidents.report, actor, "complaint", "customer", units=0, order_id=order.id)
    with count_statements(db) as after:
        found = line_of(db, order)
    assert len(after) == len(before) <= 18
    assert not found.is_cut and len(found.entries) > 40


def test_a_line_that_is_too_long_says_that_it_is_cut(db, clock, actor, order):
    db.write(lambda session: session.execute(insert(Action.__table__), [
        {"at": actor.at + timedelta(seconds=n), "person_id": actor.person_id, "verb": "hold", "subject": "order",
         "subject_id": order.id, "reason": "again", "facts": {}} for n in range(MOST + 1)]))
    found = line_of(db, order)
    assert found.is_cut and len(found.entries) <= MOST + 5
