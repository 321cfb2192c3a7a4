"""Stops begun and ended at the desk, and the banner on the screens of the work."""

import pytest
from sqlalchemy import select

from tests.builders import an_item, an_order, order_state, stock_at
from tests.web.conftest import JSON, Browser
from warehouse import i18n
from warehouse.models.shipping import Pause


@pytest.fixture
def manager(tablet):
    tablet.sign_in("manager")
    return tablet


@pytest.fixture
def dune(db):
    item = an_item(db, "Dune", isbn="9780441013593")
    stock_at(db, "B-07-3", item, units=5)
    return item


def begin(desk, **form):
    return desk.post("/pauses/", {"what": "dispatch", "scope": "all", "reason": "Flood at gate 2", **form})


def test_a_manager_stops_both_for_one_title_and_lets_it_go_on(manager, db, dune):
    answer = begin(
        manager, what=["release", "dispatch"], scope="item", code="978-0-441-01359-3", reason="<b>Recall</b>")
    assert answer.status_code == 303
    page = manager.get("/pauses/").get_data(as_text=True)
    assert "Release of orders with “Dune” is stopped" in page and "Dispatch of “Dune” is stopped" in page
    assert "<b>Recall" not in page and "&lt;b&gt;Recall" in page

    for pause in manager.get("/pauses/", **JSON).json["open"]:
        assert manager.post(f"/pauses/{pause['id']}/end", {"note": "checked"}).status_code == 303
    found = manager.get("/pauses/", **JSON).json
    assert found["open"] == [] and len(found["past"]) == 2


@pytest.mark.parametrize(("form", "code"), [
    ({"reason": " "}, "pauses.reason_needed"), ({"what": ""}, "pauses.choose_what"),
    ({"scope": "carrier"}, "pauses.choose_what"), ({"scope": "item", "code": "nonsense"}, "pauses.no_such_item"),
    ({"scope": "carrier", "carrier_code": "X"}, "pauses.no_such_carrier"),
    ({"scope": "everyone"}, "pauses.choose_what"),
])
def test_what_cannot_be_stopped_is_said_and_nothing_is_kept(manager, db, dune, form, code):
    answer = manager.post("/pauses/", {"what": "dispatch", "scope": "all", "reason": "Flood", **form}, **JSON)
    assert answer.json["code"] == code and 400 <= answer.status_code < 500
    with db.read() as session:
        assert session.execute(select(Pause.id)).all() == []


def test_one_of_two_that_is_open_already_stops_neither(manager, db):
    begin(manager)
    assert begin(manager, what=["release", "dispatch"]).status_code == 409
    with db.read() as session:
        assert session.execute(select(Pause.what)).scalars().all() == ["dispatch"]


@pytest.mark.parametrize("role", ["service", "operations", "purchasing", "finance"])
def test_those_who_lead_see_stops_and_cannot_begin_one(tablet, db, role):
    tablet.sign_in(role)
    assert tablet.get("/pauses/").status_code == 200
    assert begin(tablet).status_code == 403


@pytest.mark.parametrize(("role", "address"), [
    ("picker", "/"), ("picker", "/pick/"), ("packer", "/pack/"), ("packer", "/dock/"), ("operations", "/waves/"),
    ("operations", "/board/"),
])
def test_the_screens_of_the_work_say_what_is_stopped_in_both_languages(app, db, manager, role, address):
    begin(manager)
    for language, words in (("en", "Dispatch is stopped"), ("zh-Hans", "发货已暂停")):
        other = Browser(app, db)
        other.sign_in(role, name=f"{role} {language}", language=language)
        page = other.get(address)
        assert page.status_code == 200
        text = page.get_data(as_text=True)
        assert words in text and "Flood at gate 2" in text
        assert words == i18n.say(language, "pauses.says_dispatch_all", name="")


def test_without_a_stop_no_screen_speaks_of_one(tablet, db):
    tablet.sign_in("picker")
    assert 'class="pauses"' not in tablet.get("/").get_data(as_text=True)


def test_the_release_screen_skips_stopped_orders_names_them_and_refuses_where_nothing_is_left(manager, db, dune):
    emma = an_item(db, "Emma", isbn="9780141439587")
    stock_at(db, "B-08-3", emma)
    stopped, free = an_order(db, {dune: 1}), an_order(db, {emma: 1})
    begin(manager, what="release", scope="item", code="9780441013593", reason="Recall")
    page = manager.get("/waves/").get_data(as_text=True)
    assert "1 confirmed order stays here" in page and stopped.number in page

    made = manager.client.post("/waves/release", json={"all": True}, headers={**JSON, "X-CSRFToken": manager.csrf}).json

    assert (made["orders"], [order["number"] for order in made["paused_orders"]]) == (1, [stopped.number])
    assert (order_state(db, stopped), order_state(db, free)) == ("confirmed", "released")
    again = manager.post("/waves/release", {"all": "1"}, **JSON)
    assert (again.status_code, again.json["code"]) == (409, "pauses.all_kept")
    assert again.json["facts"] == {"reason": "Recall"}
