"""Put-away, moving and replenishing over HTTP: the same answer as page and as JSON, and only for whom it is."""

import pytest

from tests.builders import a_shelf, an_item, an_order, moves_of, stock_at, units_at
from tests.transfers_builders import a_home, as_draft, as_reserve, received, task_ids
from tests.web.conftest import JSON
from warehouse.services.replenishment import plan_replenishment

SCAN = "/transfers/scan"


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", authors="Frank Herbert", volume="1", edition="2")


@pytest.fixture
def planned(db, actor, dune):
    """One replenishment of Dune, R-01-1 to A-01-1, for an order."""
    a_home(db, dune, a_shelf(db, "A-01-1"), 5, 20)
    as_reserve(db, stock_at(db, "R-01-1", dune, 30))
    an_order(db, {dune: 2})
    db.write(plan_replenishment, actor)
    return task_ids(db)[0]


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_from_goods_in_to_the_shelf_on_the_screen(tablet, db, dune, language):
    received(db, dune, 2)
    as_draft(db, an_item(db, "Emma", isbn="9780141439587"))
    shelf = a_shelf(db, "B-07-3")
    tablet.sign_in("picker", language=language)

    assert "Dune" in tablet.get("/transfers/").text
    taken = tablet.post(SCAN, {"scan_id": "11111111-1111-4111-8111-111111111111", "raw": dune.isbn}, **{"X-Scan": "1"})
    assert 'data-code="transfers.taken"' in taken.text
    assert 'data-virtual-scan="#all"' in taken.text
    assert "B-07-3" in tablet.get("/transfers/").text or ">07<" in tablet.get("/transfers/").text
    put = tablet.scan(SCAN, shelf.label)

    assert (put.json["code"], put.json["task"]["units_waiting"]) == ("transfers.put", 1)
    assert moves_of(db, dune)[-1] == ("put_away", 1, "RECEIVING", "B-07-3")


def test_where_no_shelf_has_room_the_screen_asks_for_any(tablet, db, dune):
    received(db, dune, 2)
    tablet.sign_in("picker")
    taken = tablet.post(SCAN, {"scan_id": "11111111-1111-4111-8111-111111111112", "raw": dune.isbn}, **{"X-Scan": "1"})

    assert (taken.status_code, 'data-code="transfers.taken"' in taken.text) == (200, True)
    assert "Any free shelf" in tablet.get("/transfers/").text


def test_a_replenishment_from_the_list_to_the_pick_face(tablet, db, dune, planned):
    tablet.sign_in("picker")
    page = tablet.get("/transfers/replenish")
    assert f"#replenish:{planned}" in page.text

    step = tablet.get("/transfers/", **JSON).json["task"]["step_id"]
    assert tablet.scan(SCAN, f"#replenish:{planned}", step=step).json["task"]["source"]["code"] == "R-01-1"
    assert "#leave" in tablet.get("/transfers/").text
    tablet.scan(SCAN, dune.isbn, units=20)
    done = tablet.scan(SCAN, a_shelf(db, "A-01-1").label)

    assert done.json["code"] == "transfers.replenished"
    assert units_at(db, "A-01-1", dune) == (20, 0)


def test_who_replenishes_is_asked_to_take_a_task_and_stays_with_the_list(tablet, db, actor, dune):
    emma = an_item(db, "Emma", isbn="9780141439587")
    for number, book in enumerate((dune, emma), start=1):
        a_home(db, book, a_shelf(db, f"A-01-{number}"), 5, 20)
        as_reserve(db, stock_at(db, f"R-01-{number}", book, 30))
    db.write(plan_replenishment, actor)
    tablet.sign_in("picker")
    assert "Take a task from the list" in tablet.get("/transfers/replenish").text
    assert "Take a task from the list" not in tablet.get("/transfers/").text

    step = tablet.get("/transfers/", **JSON).json["task"]["step_id"]
    tablet.scan(SCAN, f"#replenish:{task_ids(db)[0]}", step=step)
    tablet.scan(SCAN, dune.isbn, units=20)
    form = {"scan_id": "11111111-1111-4111-8111-111111111113", "raw": a_shelf(db, "A-01-1").label}
    done = tablet.post(SCAN, form, **{"X-Scan": "1"}).text

    assert 'data-code="transfers.replenished"' in done
    assert "Take a task from the list" in done


def test_damaged_copies_in_hand_and_the_button_of_the_lead(tablet, db, dune):
    shelf = stock_at(db, "B-07-3", dune, 2)
    quarantine = stock_at(db, "A-01-1", dune, 1, condition="damaged")
    tablet.sign_in("picker")
    tablet.scan(SCAN, shelf.label)
    tablet.scan(SCAN, dune.isbn)

    step = tablet.get("/transfers/", **JSON).json["task"]["step_id"]
    assert tablet.scan(SCAN, "#condition:damaged", step=step).json["code"] == "transfers.to_quarantine"
    tablet.scan(SCAN, quarantine.label)
    tablet.scan(SCAN, dune.isbn)
    step = tablet.get("/transfers/", **JSON).json["task"]["step_id"]
    refused = tablet.scan(SCAN, "#condition:good", step=step)
    assert (refused.status_code, refused.json["code"]) == (403, "errors.not_allowed")
    assert "#condition:good" not in tablet.get("/transfers/").text


def test_a_button_of_an_old_screen_is_refused(tablet, db, dune):
    received(db, dune, 2)
    tablet.sign_in("picker")
    tablet.scan(SCAN, dune.isbn)

    assert tablet.scan(SCAN, "#all", step="start:0:0:0:g:0").status_code == 409


def test_a_shared_code_asks_on_the_screen(tablet, db):
    for part in ("上", "下"):
        received(db, an_item(db, f"红楼梦 {part}", isbn="9787020002207", sku=f"HLM-{part}", volume=part))
    tablet.sign_in("picker")

    asked = tablet.post(SCAN, {"scan_id": "11111111-1111-4111-8111-111111111111", "raw": "9787020002207"},
                        **{"X-Scan": "1"})

    assert asked.text.count("data-choice=") == 2


def test_planners_see_the_list_and_plan_now(tablet, db, actor, dune):
    a_home(db, dune, a_shelf(db, "A-01-1"), 5, 20)
    as_reserve(db, stock_at(db, "R-01-1", dune, 30))
    tablet.sign_in("operations")

    assert tablet.post("/transfers/plan", **JSON).json == {"made": 1, "changed": 0, "cancelled": 0, "kept": 0}
    again = tablet.post("/transfers/plan")
    assert again.status_code == 303
    page = tablet.get(again.headers["Location"]).text
    assert "R-01-1" in page and "Dune" in page and "0 new" in page
    [task] = tablet.get("/transfers/replenishments", **JSON).json["replenishments"]
    assert (task["source"], task["target"], task["units"], task["why"]) == ("R-01-1", "A-01-1", 20, "min")
    for odd in ("x,1", "0", "1,2,3,4", ""):
        assert tablet.get(f"/transfers/replenishments?planned={odd}").status_code == 200


def test_who_may_not_is_turned_away(tablet, db):
    tablet.sign_in("picker")
    assert tablet.post("/transfers/plan", **JSON).status_code == 403
    assert tablet.get("/transfers/replenishments", **JSON).status_code == 200


def test_service_neither_moves_nor_plans(tablet):
    tablet.sign_in("service")

    assert [tablet.get(path, **JSON).status_code for path in (
        "/transfers/", "/transfers/replenish", "/transfers/replenishments")] == [403, 403, 403]


def test_home_leads_to_both_doors_with_what_waits(tablet, db, dune, planned):
    received(db, dune, 3)
    tablet.sign_in("picker")

    doors = {door["name"]: (door["address"], door["count"]) for door in tablet.get("/", **JSON).json["doors"]}

    assert doors["putaway"] == ("/transfers/", 3)
    assert doors["replenish"] == ("/transfers/replenish", 1)


def test_two_people_at_two_tablets_do_not_share_hands(tablet, other_tablet, db, dune):
    received(db, dune, 1)
    tablet.sign_in("picker")
    other_tablet.sign_in("packer")
    tablet.scan(SCAN, dune.isbn)

    assert other_tablet.scan(SCAN, dune.isbn).json["code"] == "transfers.in_other_hands"
