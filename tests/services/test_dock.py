"""The dock: parcels handed to the right driver, units leaving the house, and the order dispatched with its last
parcel."""

import uuid

import pytest
from sqlalchemy import select

from tests import shipping_day as day
from tests.builders import an_item, an_order, moves_of, order_state, units_at
from warehouse.domain.own_labels import make_label
from warehouse.errors import Conflict, NotFound
from warehouse.models.journal import Scan
from warehouse.models.orders import OrderLine
from warehouse.models.shipping import Manifest
from warehouse.queries import prove
from warehouse.queries import shipping as shipping_queries
from warehouse.services import packing, shipping_dock


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=340)


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", weight_g=260)


@pytest.fixture
def order(db, dune, emma):
    return an_order(db, {dune: 2, emma: 1})


@pytest.fixture
def parcel(db, actor, order, dune, emma):
    return day.packed(db, actor, order, {dune: 2, emma: 1})


def proven(db):
    with db.read() as session:
        return [finding for finding in prove.look(session, prove.CHECKS) if not finding.holds]


def test_a_labelled_parcel_is_handed_over_and_its_order_is_dispatched(db, actor, parcel, order, dune, emma):
    code = day.labelled(db, actor, parcel)
    dock = day.dock_station(db, actor)

    answer = dock.scan(code)

    assert (answer.outcome, answer.code, answer.task["count"]) == ("accepted", "shipping.handed_over", 1)
    row = day.row_of(db, parcel)
    assert (row.state, row.manifest_id, row.handed_over_at) == ("handed_over", dock.task_id, actor.at)
    assert order_state(db, order) == "dispatched"
    assert moves_of(db, dune)[-1] == ("dispatch", 2, f"{order.number}-1", "CUSTOMER")
    assert units_at(db, row.location_id, dune) == units_at(db, row.location_id, emma) == (0, 0)
    with db.read() as session:
        assert list(session.execute(select(OrderLine.units_dispatched).order_by(OrderLine.id)).scalars()) == [2, 1]
        assert session.execute(select(Scan.units).where(Scan.task == "dock")).scalar_one() == 3
    assert proven(db) == []


def test_the_same_hand_over_scan_again_moves_nothing_twice(db, actor, parcel, dune):
    code = day.labelled(db, actor, parcel)
    dock = day.dock_station(db, actor)
    scan_id = str(uuid.uuid4())
    assert dock.scan(code, scan_id=scan_id) == dock.scan(code, scan_id=scan_id)
    assert [move[0] for move in moves_of(db, dune)].count("dispatch") == 1
    assert dock.scan(code).code == "shipping.on_this_list"


def test_what_may_not_get_onto_this_truck_is_refused_by_name(db, actor, parcel, order, dune):
    dock = day.dock_station(db, actor, "YTO")
    station = day.ship_station(db, actor, parcel)
    station.press("#label")
    own = day.dock_station(db, actor, "SF")
    assert own.scan(make_label("parcel", parcel)).code == "shipping.not_labelled"
    code = day.labelled(db, actor, parcel)

    wrong = dock.scan(code)
    assert (wrong.code, wrong.sound) == ("shipping.wrong_carrier", "error")
    assert "SF Express" in wrong.say and "YTO Express" in wrong.say
    assert dock.scan("P0000999" + "X").outcome == "refused"
    assert dock.scan(make_label("parcel", 4711)).code == "shipping.unknown_parcel"
    assert dock.scan("SF9999999999999").code == "shipping.unknown_parcel"
    assert dock.scan(dune.isbn).code == "shipping.scan_a_parcel"
    day.set_order(db, order, state="held")
    assert own.scan(code).code == "shipping.order_held"
    day.set_order(db, order, state="cancelled")
    assert own.scan(code).code == "shipping.order_cancelled"
    day.set_order(db, order, state="packed")
    assert own.scan(code).code == "shipping.handed_over"
    assert dock.scan(code).code == "shipping.left_already"


def test_an_order_of_two_parcels_is_dispatched_with_the_second(db, actor, dune, emma):
    lines = {dune: 1, emma: 1}
    order = an_order(db, lines)
    box = day.picked(db, actor, order, lines)
    bench = day.Station(db, actor, packing.scan, order.id)
    bench.scan(box.label)
    bench.scan(dune.isbn)
    bench.press("#new_parcel")
    bench.scan(emma.isbn)
    for _ in range(2):
        bench.press("#weight_override:400:checked")
    first, second = day.parcels_of(db, order)
    dock = day.dock_station(db, actor)

    dock.scan(day.labelled(db, actor, first))
    assert order_state(db, order) == "packed"
    answer = dock.scan(day.labelled(db, actor, second))
    assert answer.task["count"] == 2
    assert order_state(db, order) == "dispatched"
    assert proven(db) == []


def test_one_open_list_a_carrier_and_a_closed_one_stays_closed(db, actor, parcel):
    dock = day.dock_station(db, actor)
    assert db.write(shipping_dock.open_manifest, actor, "SF") == dock.task_id
    assert dock.press("#close:Wang").code == "shipping.list_is_empty"
    code = day.labelled(db, actor, parcel)
    assert dock.scan("#close").code == "shipping.list_is_empty"
    dock.scan(code)
    assert dock.scan("#close:  ").code == "shipping.driver_wanted"

    answer = dock.scan("#close:Wang  Lei")

    assert (answer.code, answer.task["state"], answer.task["driver"]) == ("shipping.list_closed", "closed", "Wang Lei")
    assert answer.task["number"] == make_label("manifest", dock.task_id)
    assert dock.scan("#close:Wang Lei").code == "shipping.list_is_signed"
    assert dock.scan(code).code == "shipping.list_is_signed"
    assert db.write(shipping_dock.open_manifest, actor, "SF") != dock.task_id
    with pytest.raises(Conflict, match="unknown_command"):
        dock.scan("#open")
    with db.read() as session:
        assert session.execute(select(Manifest.state).where(Manifest.id == dock.task_id)).scalar_one() == "closed"
        assert [each.driver for each in shipping_queries.list_signed(session)] == ["Wang Lei"]


def test_the_dock_shows_what_is_still_missing_for_this_truck(db, actor, parcel, dune):
    other = day.packed(db, actor, an_order(db, {dune: 1}), {dune: 1}, tote="T-91")
    day.labelled(db, actor, parcel)
    dock = day.dock_station(db, actor)
    task = dock.scan("HELLO-1").task
    assert [each["id"] for each in task["labelled"]] == [parcel]
    assert [each["id"] for each in task["unlabelled"]] == [other]
    with db.read() as session:
        waiting = shipping_queries.list_waiting(session)
        trucks = {truck.code: truck for truck in shipping_queries.list_trucks(session)}
    assert [each.id for each in waiting] == [other, parcel]
    assert (trucks["SF"].labelled, trucks["SF"].unlabelled, trucks["SF"].manifest_id) == (1, 1, dock.task_id)
    assert (trucks["YTO"].labelled, trucks["YTO"].manifest_id) == (0, None)


def test_unknown_parcels_lists_and_carriers_are_told_so(db, actor):
    with pytest.raises(NotFound):
        day.ship_station(db, actor, 999).scan("X")
    with pytest.raises(NotFound):
        day.Station(db, actor, shipping_dock.scan, 999).scan("X")
    with pytest.raises(NotFound):
        db.write(shipping_dock.open_manifest, actor, "NONE")
