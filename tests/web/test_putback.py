"""Put-back over HTTP: the list opens what is scanned, and the same answer comes as page and as JSON."""

import pytest

from tests.builders import a_tote, an_item, an_order, stock_at, units_at
from tests.floor import Picker, release
from tests.web.conftest import JSON
from warehouse.services.cancellation import cancel_order


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def tote(db, actor, picker, dune):
    """T-01 with two copies of a cancelled order."""
    tote = a_tote(db, "T-01")
    stock_at(db, "B-07-3", dune, units=2)
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()
    db.write(cancel_order, actor, order.id, "Changed their mind")
    return tote


def test_a_scanned_tote_of_the_list_is_opened(tablet, tote):
    tablet.sign_in("picker")

    assert "T-01" in tablet.get("/putback/").text
    assert tablet.scan("/putback/scan", tote.label).json["go"] == f"/putback/{tote.place.id}"


def test_home_opens_the_tote_of_a_cancelled_order_as_put_back(tablet, tote):
    tablet.sign_in("picker")

    answer = tablet.scan("/home/scan", tote.label).json

    assert (answer["code"], answer["go"]) == ("home.opens_put_back", f"/putback/{tote.place.id}")


def test_the_list_stays_when_something_else_is_scanned(tablet, tote, dune):
    tablet.sign_in("picker")

    answer = tablet.post("/putback/scan", {"scan_id": "11111111-1111-4111-8111-111111111111", "raw": dune.isbn},
                         **{"X-Scan": "1"})

    assert "T-01" in answer.text
    assert 'data-code="putback.scan_tote"' in answer.text


def test_book_and_shelf_bring_it_back(tablet, db, tote, dune):
    tablet.sign_in("picker")
    address = f"/putback/{tote.place.id}"
    shelf = stock_at(db, "B-07-3", an_item(db, "Walden", isbn="9780691096124"))
    assert "B" in tablet.get(address).text

    taken = tablet.scan(f"{address}/scan", dune.isbn, units=2)
    put = tablet.scan(f"{address}/scan", shelf.label)

    assert (taken.json["code"], put.json["code"]) == ("putback.taken", "putback.all_back")
    assert put.json["task"]["step"] == "done"
    assert units_at(db, "B-07-3", dune) == (2, 0)
    assert "/putback/" in tablet.get(address).text


def test_a_place_that_is_no_tote_is_not_found(tablet, db, tote):
    tablet.sign_in("picker")
    shelf = stock_at(db, "C-01-1", an_item(db, "Walden", isbn="9780691096124"))

    assert tablet.get(f"/putback/{shelf.id}", **JSON).status_code == 404


def test_who_may_not_put_back_is_turned_away(tablet, tote):
    tablet.sign_in("finance")

    assert tablet.get("/putback/", **JSON).status_code == 403


def test_service_cancels_a_picked_order_on_its_page(tablet, db, actor, picker, dune):
    stock_at(db, "B-07-3", dune, units=2)
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[a_tote(db, "T-01")]).go_on()
    tablet.sign_in("service")

    assert tablet.post(f"/orders/{order.id}/cancel", {"reason": "Wrong address"}).status_code in (200, 303)
    again = tablet.post(f"/orders/{order.id}/cancel", {"reason": "Wrong address"}, **JSON)
    assert (again.status_code, again.json["code"]) == (409, "cancellation.already")
