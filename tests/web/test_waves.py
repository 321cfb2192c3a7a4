"""The release screen: groups by truck and carrier, released by form or by JSON, and what came of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import a_tote, an_item, an_order, order_state, stock_at
from tests.floor import Picker, pack
from tests.floor import release as at_the_shelves
from tests.statements import count_statements
from tests.web.conftest import JSON
from warehouse import clock as warehouse_clock
from warehouse.models.picking import PickRun


@pytest.fixture
def dune(db):
    item = an_item(db, "Dune", isbn="9780441013593")
    stock_at(db, "B-07-3", item, units=20)
    return item


@pytest.fixture
def emma(db):
    item = an_item(db, "Emma", isbn="9780141439587")
    stock_at(db, "B-08-3", item, units=20)
    return item


@pytest.fixture
def desk(tablet):
    tablet.sign_in("operations")
    return tablet


def release(desk, **body):
    return desk.client.post("/waves/release", json=body, headers={**JSON, "X-CSRFToken": desk.csrf})


def run_kinds(db):
    with db.read() as session:
        return list(session.execute(select(PickRun.kind).order_by(PickRun.id)).scalars())


def test_confirmed_orders_stand_in_groups_by_truck_and_carrier(desk, db, dune, emma):
    now = warehouse_clock.now()
    for lines, due, carrier in (({dune: 2}, 8, "SF"), ({dune: 1, emma: 1}, 8, "SF"), ({emma: 1}, 8, "YTO"),
                                ({emma: 3}, -1, "SF")):
        an_order(db, lines, due_at=now + timedelta(hours=due), carrier_code=carrier)
    an_order(db, {dune: 1}, state="held")

    groups = desk.get("/waves/", **JSON).json["groups"]

    assert [(group["carrier_code"], group["orders"], group["singles"], group["units"], group["late"])
            for group in groups] == [("SF", 1, 1, 3, 1), ("SF", 2, 1, 4, 0), ("YTO", 1, 1, 1, 0)]


def test_everything_together_makes_one_run_of_singles_and_carts_of_the_rest(desk, db, dune, emma):
    for lines in ({dune: 1}, {dune: 1}, {dune: 1, emma: 1}, {dune: 1, emma: 1}, {dune: 1, emma: 1}):
        an_order(db, lines)

    answer = release(desk, all=True, slots=2)

    assert answer.status_code == 200
    assert {name: answer.json[name] for name in ("orders", "waiting", "runs", "units")} == {
        "orders": 5, "waiting": 0, "runs": 3, "units": 8}
    assert run_kinds(db) == ["single", "batch", "order"]


def test_by_order_makes_a_run_for_each(desk, db, dune):
    orders = [an_order(db, {dune: 1}) for _ in range(3)]

    answer = release(desk, order_ids=[order.id for order in orders[:2]], grouping="by_order")

    assert answer.json["runs"] == 2
    assert [order_state(db, order) for order in orders] == ["released", "released", "confirmed"]


def test_what_waits_for_stock_is_told_by_number(desk, db, dune):
    order = an_order(db, {dune: 50})

    answer = release(desk, all=True)

    assert (answer.json["orders"], answer.json["waiting"]) == (0, 1)
    assert answer.json["waiting_orders"] == [{"id": order.id, "number": order.number}]


def test_each_truck_is_a_wave_and_what_is_late_goes_together(desk, db, dune):
    now = warehouse_clock.now()
    for due in (-30, -2, 4, 8):
        an_order(db, {dune: 1}, due_at=now + timedelta(hours=due))

    answer = release(desk, all=True)

    assert [wave["orders"] for wave in answer.json["waves"]] == [2, 1, 1]


def test_a_long_release_goes_in_several_transactions_and_loses_nobody(desk, db, dune):
    stock_at(db, "B-07-4", dune, units=300)
    orders = [an_order(db, {dune: 1}) for _ in range(125)]

    answer = release(desk, all=True)

    assert answer.json["orders"] == 125
    assert {order_state(db, order) for order in orders} == {"released"}


def test_the_form_leads_back_to_the_screen_with_what_it_did(desk, db, dune):
    an_order(db, {dune: 1})
    key = desk.get("/waves/", **JSON).json["groups"]
    assert 'type="checkbox"' in desk.get("/waves/").text
    moment = round((warehouse_clock.now() + timedelta(hours=8)).timestamp() * 1000)
    assert len(key) == 1

    answer = desk.post("/waves/release", {"group": f"SF:{moment}", "grouping": "together", "slots": "6"})

    assert answer.status_code == 303
    page = desk.get(answer.location)
    assert "Released · orders 1 · runs 1" in page.text
    assert "/papers/slip.pdf" not in desk.get("/waves/1").text
    assert desk.get("/waves/99").status_code == 404


def test_slips_of_a_wave_are_printed_once_its_parcels_are_packed(desk, db, actor, picker, packer, dune):
    order = an_order(db, {dune: 1})
    run, = at_the_shelves(db, actor, order)
    Picker(db, picker, run, totes=[a_tote(db)]).go_on()
    pack(db, packer, order, weight_g=300)

    assert "/papers/slip.pdf?ids=1" in desk.get("/waves/1").text
    assert desk.get("/papers/slip.pdf?ids=1").mimetype == "application/pdf"


def test_nothing_chosen_is_refused(desk, db, dune):
    an_order(db, {dune: 1})

    assert release(desk, order_ids=[]).json["code"] == "waves.nothing_chosen"
    assert release(desk, all=True, grouping="wild").json["code"] == "waves.unknown_grouping"
    assert release(desk, order_ids=["x"]).status_code == 422


def test_a_picker_may_not_release(tablet, db, dune):
    tablet.sign_in("picker")

    assert release(tablet, all=True).status_code == 403


def test_the_screen_asks_the_same_number_of_statements_whatever_waits(desk, db, dune):
    an_order(db, {dune: 1})
    desk.get("/waves/")
    with count_statements(db) as few:
        desk.get("/waves/")
    for _ in range(10):
        an_order(db, {dune: 1})
    release(desk, all=True, grouping="by_order")
    with count_statements(db) as many:
        desk.get("/waves/")

    assert len(many) == len(few)
