"""The emergency stop (SEC-3): what it keeps back, by name, and that it ends by a person."""

import threading

import pytest
from sqlalchemy import select

from tests import shipping_day as day
from tests.builders import an_order, order_state, stock_at, units_at
from tests.packers import at_bench
from tests.statements import count_statements
from tests.walk import release
from warehouse.domain.pauses import DISPATCH, RELEASE
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.journal import Action
from warehouse.models.orders import Order
from warehouse.models.shipping import Pause
from warehouse.queries import pauses as queries
from warehouse.services import orders_change, pauses, shipping, waves


def stop(db, actor, what, reason="Recall of the second printing", **scope):
    return db.write(pauses.begin, actor, what, reason, **scope)


def kept_back(db):
    with db.read() as session:
        return [(order.number, order.reason) for order in queries.orders_kept_back(session)]


# --- Release


def test_a_stop_for_all_releases_nothing_and_names_what_waits(db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    order = an_order(db, {dune: 1})
    stop(db, actor, RELEASE, "Fire alarm")

    done = release(db, actor, order)

    assert (done.orders, done.waiting, done.paused) == (0, 0, (order.id,))
    assert order_state(db, order) == "confirmed"
    assert units_at(db, shelf, dune) == (2, 0)
    assert kept_back(db) == [(order.number, "Fire alarm")]


def test_a_stop_for_a_carrier_keeps_back_only_its_orders(db, actor, dune):
    stock_at(db, "B-07-3", dune, units=2)
    stopped, free = an_order(db, {dune: 1}, carrier_code="YTO"), an_order(db, {dune: 1})
    stop(db, actor, RELEASE, carrier_code="YTO")

    done = release(db, actor, stopped, free)

    assert (done.orders, done.paused) == (1, (stopped.id,))
    assert (order_state(db, stopped), order_state(db, free)) == ("confirmed", "released")


def test_a_stop_for_a_title_keeps_back_every_order_that_still_wants_it(db, actor, dune, emma):
    stock_at(db, "B-07-3", dune, units=3)
    stock_at(db, "B-08-3", emma, units=3)
    mixed, other, without = an_order(db, {dune: 1, emma: 1}), an_order(db, {emma: 1}), an_order(db, {dune: 1, emma: 1})
    db.write(lambda session: session.execute(
        select(Order).where(Order.id == without.id)).scalar_one() and session.connection().exec_driver_sql(
        f"UPDATE order_line SET units_cancelled = 1 WHERE id = {without.line_ids[0]}"))
    stop(db, actor, RELEASE, item_id=dune.id)

    done = release(db, actor, mixed, other, without)

    assert (done.orders, done.paused) == (2, (mixed.id,))
    assert [number for number, _ in kept_back(db)] == [mixed.number]


def test_an_ended_stop_lets_the_same_orders_go(db, actor, dune):
    stock_at(db, "B-07-3", dune)
    order = an_order(db, {dune: 1})
    pause = stop(db, actor, RELEASE)
    assert release(db, actor, order).orders == 0

    db.write(pauses.end, actor, pause)

    assert release(db, actor, order).orders == 1
    assert kept_back(db) == []


def test_a_stop_of_dispatch_does_not_hinder_release(db, actor, dune):
    stock_at(db, "B-07-3", dune)
    order = an_order(db, {dune: 1})
    stop(db, actor, DISPATCH)
    assert release(db, actor, order).orders == 1


def test_no_copy_is_fetched_past_a_stop_for_an_order_that_is_under_way(db, actor, picker, packer, dune, emma):
    bench, order, _ = at_bench(db, actor, picker, packer, {dune: 1, emma: 1}, spare=2)
    bench.press(f"#damaged:{order.line_ids[0]}")
    pause = stop(db, actor, RELEASE, "Recall", item_id=dune.id)

    with pytest.raises(Conflict, match=r"pauses\.no_more_copies.*Recall"):
        bench.press("#replace")
    with pytest.raises(Conflict, match=r"pauses\.no_more_copies"):
        db.write(orders_change.change_units, actor, order.line_ids[0], 2, "One for a friend")

    db.write(pauses.end, actor, pause)
    assert bench.press("#replace").code == "packing.decided_replace"
    stop(db, actor, RELEASE, "Recall", item_id=dune.id)
    db.write(orders_change.change_units, actor, order.line_ids[1], 2, "The stop is for another title")


# --- Dock and label


@pytest.fixture
def order(db, dune, emma):
    return an_order(db, {dune: 1, emma: 1})


@pytest.fixture
def parcel(db, actor, order, dune, emma):
    return day.packed(db, actor, order, {dune: 1, emma: 1}, weight_g=800)


@pytest.mark.parametrize("scope", ["all", "carrier", "item"])
def test_the_dock_refuses_a_stopped_parcel_by_its_reason_and_nothing_leaves(db, actor, parcel, order, dune, scope):
    code = day.labelled(db, actor, parcel)
    dock = day.dock_station(db, actor)
    scopes = {"all": {}, "carrier": {"carrier_code": "SF"}, "item": {"item_id": dune.id}}
    pause = stop(db, actor, DISPATCH, **scopes[scope])

    answer = dock.scan(code)

    assert (answer.outcome, answer.code) == ("refused", "shipping.paused")
    assert "Recall of the second printing" in answer.say and code in answer.say
    assert day.row_of(db, parcel).state == "labelled" and order_state(db, order) == "packed"

    db.write(pauses.end, actor, pause)
    assert dock.scan(code).code == "shipping.handed_over"
    assert order_state(db, order) == "dispatched"


@pytest.mark.parametrize("scope", [{"carrier_code": "YTO"}, {"item_id": 0}])
def test_the_dock_lets_parcels_go_that_the_stop_does_not_mean(db, actor, parcel, walden, scope):
    code = day.labelled(db, actor, parcel)
    stop(db, actor, DISPATCH, **({"item_id": walden.id} if "item_id" in scope else scope))
    assert day.dock_station(db, actor).scan(code).code == "shipping.handed_over"


def test_a_stop_of_release_does_not_hinder_the_dock(db, actor, parcel):
    code = day.labelled(db, actor, parcel)
    stop(db, actor, RELEASE)
    assert day.dock_station(db, actor).scan(code).code == "shipping.handed_over"


def test_what_is_on_the_truck_already_stays_there(db, actor, parcel):
    code = day.labelled(db, actor, parcel)
    dock = day.dock_station(db, actor)
    dock.scan(code)
    stop(db, actor, DISPATCH)

    assert dock.scan("#close:Wang").code == "shipping.list_closed"
    assert day.row_of(db, parcel).state == "handed_over"


def test_no_new_label_is_made_while_dispatch_is_stopped_and_a_made_one_may_be_stuck_on(db, actor, parcel, order):
    station = day.ship_station(db, actor, parcel)
    station.press("#label")
    db.write(shipping.void_label, actor, parcel, reason="smudged")
    pause = stop(db, actor, DISPATCH)
    assert station.press("#label").code == "shipping.paused"
    with pytest.raises(Conflict, match=r"shipping\.paused"):
        db.write(shipping.make_label, actor, parcel)
    assert day.row_of(db, parcel).label_made_at is None

    db.write(pauses.end, actor, pause)
    station.press("#label")
    station.press("#printed")
    stop(db, actor, DISPATCH)
    assert station.scan(station.task["code"]).code == "shipping.label_right"


def test_a_recalled_title_can_be_taken_out_of_its_box_while_dispatch_is_stopped(db, actor, parcel, dune):
    day.labelled(db, actor, parcel)
    stop(db, actor, DISPATCH, item_id=dune.id)
    station = day.ship_station(db, actor, parcel)
    with db.read() as session:
        step = shipping.look(session, parcel, "en").step_id
    assert station.press("#reopen:recall", step).code == "shipping.reopened"


def test_the_dock_asks_for_stops_within_the_statements_it_had(db, actor, parcel):
    code = day.labelled(db, actor, parcel)
    dock = day.dock_station(db, actor)
    stop(db, actor, DISPATCH)
    with count_statements(db) as refused:
        dock.scan(code)
    assert len(refused) <= 4


# --- Begin and end


def test_a_stop_wants_a_reason_and_something_to_stop(db, actor, dune):
    for what, reason, scope, code in (
        (RELEASE, "  ", {}, "pauses.reason_needed"), ("lunch", "x", {}, "pauses.choose_what"),
        (RELEASE, "x", {"carrier_code": "SF", "item_id": dune.id}, "pauses.choose_what"),
        (RELEASE, "x", {"carrier_code": "NONE"}, "pauses.no_such_carrier"),
        (DISPATCH, "x", {"item_id": 999999}, "pauses.no_such_item"),
    ):
        with pytest.raises((Invalid, NotFound)) as refused:
            stop(db, actor, what, reason, **scope)
        assert refused.value.code == code
    with db.read() as session:
        assert pauses.open_pauses(session) == ()


def test_both_ends_are_journalled_with_who_and_why(db, actor):
    pause = stop(db, actor, DISPATCH, "Trucks are out", carrier_code="SF")
    with db.read() as session:
        found, = pauses.open_pauses(session)
    assert (found.scope, found.carrier_en != "", found.began_by, found.reason) == (
        "carrier", True, actor.name, "Trucks are out")

    db.write(pauses.end, actor, pause, "Trucks are back")

    with db.read() as session:
        acts = session.execute(select(Action.verb, Action.reason, Action.person_id).where(
            Action.subject == "pause", Action.subject_id == pause).order_by(Action.id)).all()
        past, = queries.list_past(session)
    assert [tuple(act) for act in acts] == [("begin", "Trucks are out", actor.person_id),
                                            ("end", "Trucks are back", actor.person_id)]
    assert (past.ended_by, past.scope) == (actor.name, "carrier")


def test_the_second_person_who_ends_a_stop_is_told(db, actor):
    pause = stop(db, actor, RELEASE)
    db.write(pauses.end, actor, pause)
    with pytest.raises(Conflict, match="ended_already"):
        db.write(pauses.end, actor, pause)
    with pytest.raises(NotFound):
        db.write(pauses.end, actor, 999999)


def test_the_same_stop_pressed_by_many_at_once_is_one(db, actor):
    outcomes = []

    def press():
        try:
            outcomes.append(stop(db, actor, DISPATCH, carrier_code="SF"))
        except Conflict as refused:
            outcomes.append(refused.code)

    hands = [threading.Thread(target=press) for _ in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert outcomes.count("pauses.open_already") == 5
    with db.read() as session:
        assert len(session.execute(select(Pause.id)).all()) == 1


def test_a_release_in_lots_keeps_back_in_each(db, actor, dune, emma):
    stock_at(db, "B-07-3", dune, units=2)
    stock_at(db, "B-08-3", emma, units=2)
    orders = [an_order(db, {dune: 1}), an_order(db, {emma: 1}), an_order(db, {dune: 1})]
    stop(db, actor, RELEASE, item_id=emma.id)
    wave = db.write(waves.open_wave, actor, actor.at)
    done = [db.write(waves.release, actor, wave, [order.id]) for order in orders]
    assert [part.paused for part in done] == [(), (orders[1].id,), ()]
