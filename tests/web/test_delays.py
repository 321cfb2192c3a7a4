"""Late before it is late, and the working time that clocks run by, as the desk sees and plans them."""

from datetime import timedelta

import pytest

from tests.builders import an_item, an_order
from tests.web.conftest import JSON


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


def test_the_list_shows_what_can_be_saved_then_what_is_late(tablet, db, clock, dune):
    late = an_order(db, {dune: 1}, due_at=clock.moment - timedelta(minutes=10), state="picked")
    risk = an_order(db, {dune: 1}, due_at=clock.moment + timedelta(minutes=30))
    fine = an_order(db, {dune: 1}, due_at=clock.moment + timedelta(hours=9))
    tablet.sign_in("operations")

    told = tablet.get("/delays/", **JSON).json
    assert [row["number"] for row in told["rows"]] == [risk.number, late.number]
    assert told["counts"] == {"late": 1, "at_risk": 1, "in_time": 1}
    page = tablet.get("/delays/").text
    assert risk.number in page
    assert fine.number not in page
    assert fine.number in tablet.get("/delays/?verdict=in_time").text


def test_the_list_is_for_those_who_see_the_board(tablet):
    tablet.sign_in("picker")
    assert tablet.get("/delays/").status_code == 403
    assert tablet.get("/delays/shifts").status_code == 403


def test_service_sees_the_list_and_plans_nothing(tablet):
    tablet.sign_in("service")
    assert tablet.get("/delays/").status_code == 200
    assert tablet.post("/delays/shifts/week", {"day_0": "08:00-12:00"}).status_code == 403


def test_the_week_is_planned_as_text_and_comes_back_as_it_is_kept(tablet):
    tablet.sign_in("operations")
    form = {f"day_{day}": "8:00-12:00，13:00~18:00" for day in range(5)} | {"day_5": "", "day_6": ""}
    assert tablet.post("/delays/shifts/week", form).status_code == 303
    assert tablet.get("/delays/shifts", **JSON).json["week"] == ["08:00–12:00, 13:00–18:00"] * 5 + [""] * 2
    assert 'value="08:00–12:00, 13:00–18:00"' in tablet.get("/delays/shifts").text


@pytest.mark.parametrize(("form", "words"), [
    ({"day_0": "all day"}, "“all day” is no shift"), ({"day_0": "22:00-06:00"}, "ends before it begins"),
    ({"day_0": "09:00-12:00, 11:00-14:00"}, "begins before the one before it ends"), ({}, "On no day of the week"),
    ({"day_0": "09:00-26:00"}, "is no time of day"),
])
def test_nonsense_is_refused_in_words_and_the_plan_stays(tablet, form, words):
    tablet.sign_in("operations")
    answer = tablet.post("/delays/shifts/week", form, **{"HX-Request": "true"})
    assert answer.status_code == 422
    assert words in answer.text
    assert tablet.get("/delays/shifts", **JSON).json["week"] == ["08:00–22:00"] * 7


def test_a_day_off_is_added_and_taken_away(tablet):
    tablet.sign_in("manager")
    assert tablet.post("/delays/shifts/days-off", {"day": "2026-03-09", "name": "盘点"}).status_code == 303
    assert tablet.get("/delays/shifts", **JSON).json["days_off"] == [{"day": "2026-03-09", "name": "盘点"}]
    assert tablet.post("/delays/shifts/days-off", {"day": "tomorrow"}).status_code == 422
    assert tablet.post("/delays/shifts/days-off/2026-03-09/remove").status_code == 303
    assert tablet.post("/delays/shifts/days-off/2026-03-09/remove").status_code == 404


def test_the_times_of_a_carrier_are_planned(tablet):
    tablet.sign_in("manager")
    form = {"cut_off": "20:30", "transit_days": "3", "first_event_hours": "12"}
    assert tablet.post("/delays/shifts/carriers/SF", form).status_code == 303
    (found,) = [each for each in tablet.get("/delays/shifts", **JSON).json["carriers"] if each["code"] == "SF"]
    assert (found["cut_off"], found["transit_days"], found["first_event_hours"]) == ("20:30", 3, 12)
    assert tablet.post("/delays/shifts/carriers/SF", form | {"transit_days": ""}).status_code == 422
    assert tablet.post("/delays/shifts/carriers/XX", form).status_code == 404


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
def test_both_pages_are_drawn_in_both_languages(tablet, db, clock, dune, lang):
    for n, state in enumerate(("received", "held", "confirmed", "released", "picking", "picked", "packing", "packed")):
        an_order(db, {dune: 1}, due_at=clock.moment + timedelta(minutes=n - 4), state=state)
    tablet.sign_in("manager", language=lang)
    assert tablet.get("/delays/").status_code == 200
    assert tablet.get("/delays/shifts").status_code == 200
