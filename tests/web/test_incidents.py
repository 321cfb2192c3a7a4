"""The incident desk: who sees, handles and settles what, and the figures beside it."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from tests.builders import a_person, an_item, an_order, as_actor, stock_at, units_at
from tests.web.conftest import JSON
from warehouse.services import incidents, photos


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", publisher="Ace", price_minor=2_300, currency="CNY")


def report(db, actor, kind="damaged", stage="shelf", **more):
    return db.write(incidents.report, actor, kind, stage, **{"units": 1, **more})


def test_the_manager_settles_and_the_list_is_empty(tablet, db, actor, dune):
    order = an_order(db, {dune: 1})
    incident = report(db, actor, "short", "pick", item_id=dune.id, order_id=order.id)
    tablet.sign_in("manager")
    page = tablet.get("/incidents/?kind=short").text
    assert "Dune" in page
    assert order.number in page

    answer = tablet.post(f"/incidents/{incident}/settle", {"outcome": "found", "note": "behind"})

    assert answer.status_code == 303
    assert answer.location.endswith(f"/incidents/{incident}")
    assert tablet.get("/incidents/", **JSON).json["total"] == 0
    assert tablet.get("/incidents/?state=settled", **JSON).json["incidents"][0]["outcome"] == "found"


@pytest.mark.parametrize(("role", "sees", "handles"), [
    ("picker", 403, 403), ("finance", 200, 403), ("service", 200, 303), ("operations", 200, 303),
    ("purchasing", 200, 303), ("manager", 200, 303)])
def test_each_role_sees_and_handles_what_it_may(tablet, db, actor, dune, role, sees, handles):
    incident = report(db, actor, item_id=dune.id)
    tablet.sign_in(role)

    assert tablet.get("/incidents/").status_code == sees
    assert tablet.get(f"/incidents/{incident}").status_code == sees
    assert tablet.get("/incidents/trends/").status_code == sees
    for act, form in (("take", {}), ("note", {"note": "seen"}), ("plan", {"step": "recount"}),
                      ("settle", {"outcome": "confirmed"})):
        assert tablet.post(f"/incidents/{incident}/{act}", form).status_code == handles, act


def test_copies_are_scrapped_from_the_page_with_what_the_form_sends(tablet, db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    incident = report(db, actor, item_id=dune.id, location_id=shelf.id, units=2)
    tablet.sign_in("operations")
    page = tablet.get(f"/incidents/{incident}").text
    assert 'value="scrap"' in page
    assert 'name="copies" value="found"' not in page

    answer = tablet.post(f"/incidents/{incident}/settle", {
        "copies": "scrap", "order": "", "units": "2", "place": "", "outcome": "confirmed", "note": "wet"})

    assert answer.status_code == 303
    assert units_at(db, shelf, dune) == (1, 0)
    page = tablet.get(f"/incidents/{incident}").text
    assert "B-07-3 → SCRAP" in page
    assert "Scrap" in page


@pytest.mark.parametrize(("form", "code"), [
    ({"outcome": ""}, "incidents.choose_outcome"),
    ({"outcome": "confirmed", "amount": "12,345"}, "common.amount_wrong"),
    ({"outcome": "confirmed", "amount": "12.50"}, "incidents.no_order_behind"),
    ({"outcome": "confirmed", "copies": "scrap", "place": "NOWHERE"}, "incidents.no_such_place"),
    ({"outcome": "confirmed", "units": "many"}, "common.number_wrong")])
def test_bad_input_is_refused_with_a_sentence_and_nothing_is_settled(tablet, db, actor, dune, form, code):
    incident = report(db, actor, item_id=dune.id)
    tablet.sign_in("manager")

    answer = tablet.post(f"/incidents/{incident}/settle", form, **JSON)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert answer.json["say"]
    assert tablet.get("/incidents/", **JSON).json["total"] == 1


def test_what_exceeds_the_team_is_said_and_passed_up_in_one_step(tablet, db, actor):
    dear = an_item(db, "Folio", isbn="9780226519357", price_minor=60_000, currency="CNY")
    shelf = stock_at(db, "B-07-3", dear, units=1)
    incident = report(db, actor, item_id=dear.id, location_id=shelf.id)
    tablet.sign_in("service")

    answer = tablet.post(f"/incidents/{incident}/settle", {"outcome": "scrap"}, **JSON)
    assert (answer.status_code, answer.json["code"]) == (403, "incidents.beyond_authority")
    assert tablet.post(f"/incidents/{incident}/escalate", {"reason": "a dear one"}).status_code == 303

    page = tablet.get(f"/incidents/{incident}").text
    assert "/settle" not in page
    assert "With the lead" in page
    assert "a dear one" in page


def test_owner_next_step_and_time_are_set_on_the_page(tablet, db, actor, dune):
    incident = report(db, actor, item_id=dune.id)
    other = a_person(db, "Su Min", "service")
    tablet.sign_in("operations")

    tablet.post(f"/incidents/{incident}/plan", {"step": "contact_supplier", "due": "2026-03-05T16:00"})
    tablet.post(f"/incidents/{incident}/hand-over", {"to": str(other.id), "reason": "her customer"})

    row = tablet.get(f"/incidents/{incident}", **JSON).json["incident"]
    assert (row["row"]["next_step"], row["row"]["due_at"]) == ("contact_supplier", "2026-03-05T08:00:00+00:00")
    assert (row["row"]["owner_role"], row["row"]["owner"]) == ("service", "Su Min")
    assert [entry["verb"] for entry in row["entries"]] == ["plan", "hand_over"]
    answer = tablet.post(f"/incidents/{incident}/plan", {"step": "wait", "due": "tomorrow"}, **JSON)
    assert (answer.status_code, answer.json["code"]) == (422, "incidents.due_wrong")


def test_the_list_is_narrowed_to_the_team_to_oneself_and_by_words(tablet, db, actor, dune):
    mine = report(db, actor, item_id=dune.id)
    complaint = report(db, actor, "complaint", "customer", units=0, note="torn cover")
    tablet.sign_in("operations")
    tablet.post(f"/incidents/{mine}/take")

    def listed(query):
        return [row["id"] for row in tablet.get(f"/incidents/?{query}", **JSON).json["incidents"]]

    assert listed("whose=team") == [mine]
    assert listed("whose=mine") == [mine]
    assert sorted(listed("")) == [mine, complaint]
    assert listed("text=torn") == [complaint]
    assert listed("text=9780441013593") == [mine]
    assert listed(f"text=%23{complaint}") == [complaint]
    assert listed("text=%25") == []


def test_what_is_due_first_stands_first(tablet, db, actor, dune):
    slow = report(db, actor, "unscannable", "pick", item_id=dune.id)
    quick = report(db, actor, "call_lead", "pick")
    tablet.sign_in("operations")

    assert [row["id"] for row in tablet.get("/incidents/", **JSON).json["incidents"]] == [quick, slow]


def test_the_pictures_of_an_incident_are_in_the_list_and_on_its_page(tablet, db, actor):
    incident = report(db, actor, "damaged", "receive")
    first, second = (db.write(photos.keep_photo, actor, incident, b"jpeg", 40, 30) for _ in range(2))
    other = report(db, actor, "call_lead", "pick", units=0)
    tablet.sign_in("operations")

    page, one = tablet.get("/incidents/").text, tablet.get(f"/incidents/{incident}").text
    for photo in (first, second):
        assert f"/receive/photo/{photo}.jpg" in page
        assert f"/receive/photo/{photo}.jpg" in one
    listed = {row["id"]: row["photos"] for row in tablet.get("/incidents/", **JSON).json["incidents"]}
    assert listed == {incident: [first, second], other: []}
    assert tablet.get(f"/receive/photo/{first}.jpg").data == b"jpeg"


def test_what_the_customer_wrote_is_sealed_and_opening_it_is_kept(tablet, db, actor):
    incident = report(db, actor, "complaint", "customer", units=0, customer_text="封面撕破了，很失望")
    tablet.sign_in("purchasing")
    assert "很失望" not in tablet.get(f"/incidents/{incident}").text
    assert tablet.post(f"/incidents/{incident}/words").status_code == 403
    tablet.sign_in("service")

    answer = tablet.post(f"/incidents/{incident}/words")

    assert "封面撕破了，很失望" in answer.text
    log = tablet.get(f"/incidents/{incident}", **JSON).json["incident"]["entries"]
    assert [(entry["verb"], entry["person"]) for entry in log] == [("open_personal", tablet.person.name)]


def test_what_is_not_there_is_said(tablet):
    tablet.sign_in("manager")

    assert tablet.get("/incidents/99").status_code == 404
    answer = tablet.post("/incidents/99/settle", {"outcome": "found"}, **JSON)
    assert (answer.status_code, answer.json["code"]) == (404, "incidents.no_such_incident")


def test_a_settled_one_is_opened_again_with_a_reason(tablet, db, actor):
    incident = report(db, actor, "call_lead", "pick")
    tablet.sign_in("operations")
    tablet.post(f"/incidents/{incident}/settle", {"outcome": "mended"})

    assert tablet.post(f"/incidents/{incident}/reopen", {"reason": ""}, **JSON).status_code == 422
    assert tablet.post(f"/incidents/{incident}/reopen", {"reason": "it came again"}).status_code == 303
    assert tablet.get(f"/incidents/{incident}", **JSON).json["incident"]["row"]["state"] == "open"


# --- Trends ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def past(db, actor, clock, dune):
    """Two damaged Dunes and one short, a month ago and today; a mistake; a parcel of SF that is lost."""
    evil = an_item(db, "=HYPERLINK(1)", isbn="9780141439587", publisher='=cmd|"/c calc"!A1')
    shelf, order = stock_at(db, "B-07-3", dune, units=9), an_order(db, {dune: 1})
    long_ago = as_actor(a_person(db, "Old", "picker"))
    report(db, replace(long_ago, at=long_ago.at - timedelta(days=31)), item_id=dune.id, location_id=shelf.id, units=2,
           cause="storage")
    report(db, actor, item_id=evil.id, location_id=shelf.id)
    report(db, actor, "lost", "carrier", units=0, order_id=order.id)
    mistake = report(db, actor, "short", "pick", item_id=dune.id)
    db.write(incidents.close, actor, mistake, "mistake")


def test_trends_count_by_kind_cause_step_publisher_carrier_and_place(tablet, past):
    tablet.sign_in("finance")

    found = tablet.get("/incidents/trends/?by=week", **JSON).json["groups"]

    def counted(by):
        return {group["name"]: (group["total"]["incidents"], group["total"]["units"]) for group in found[by]}

    assert counted("kind") == {"damaged": (2, 3), "lost": (1, 0)}
    assert counted("cause") == {"storage": (1, 2), "": (2, 1)}
    assert counted("stage") == {"shelf": (2, 3), "carrier": (1, 0)}
    assert counted("publisher")["Ace"] == (1, 2)
    assert counted("carrier") == {"SF": (1, 0), "": (2, 3)}
    assert counted("location") == {"B-07-3": (2, 3), "": (1, 0)}


def test_trends_of_days_leave_out_what_is_older_and_draw_each_period(tablet, past):
    tablet.sign_in("operations")

    assert {group["name"]: group["total"]["incidents"] for group in tablet.get(
        "/incidents/trends/?by=day", **JSON).json["groups"]["kind"]} == {"damaged": 1, "lost": 1}
    page = tablet.get("/incidents/trends/?by=month&kind=damaged").text
    assert page.count('class="col-on"') >= 2
    assert "B-07-3" in page


def test_the_files_say_the_same_and_no_spreadsheet_runs_them(tablet, past):
    tablet.sign_in("operations")

    text = tablet.get("/incidents/trends/export.csv?by=month").data.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(tablet.get("/incidents/trends/export.xlsx?by=month").data))

    rows = list(csv.reader(io.StringIO(text)))
    assert ["Kind", "Damaged", "2026-02", "1", "2"] in rows
    assert sum(int(row[3]) for row in rows[1:] if row[0] == "Kind") == 3
    assert any(row[1].startswith("'=cmd") for row in rows)
    assert len(book.sheetnames) == 6
    cells = [cell for row in book["Publisher"].iter_rows() for cell in row]
    assert any(str(cell.value).startswith("=cmd") for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)
