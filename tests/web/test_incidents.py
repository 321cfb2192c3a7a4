"""The list of incidents: seen by those who lead, settled by the manager alone."""

from tests.builders import an_item, an_order
from tests.web.conftest import JSON
from warehouse.services import incidents, photos


def test_the_manager_settles_and_the_list_is_empty(tablet, db, actor):
    dune = an_item(db, "Dune", isbn="9780441013593")
    order = an_order(db, {dune: 1})
    incident = db.write(incidents.report, actor, "short", "pick", units=1, item_id=dune.id, order_id=order.id)
    tablet.sign_in("manager")
    page = tablet.get("/incidents/?kind=short").text
    assert "Dune" in page
    assert order.number in page

    answer = tablet.post(f"/incidents/{incident}/settle", {"outcome": "found", "note": "behind"})

    assert answer.status_code == 303
    assert tablet.get("/incidents/", **JSON).json["total"] == 0


def test_operations_sees_but_does_not_settle(tablet, db, actor):
    incident = db.write(incidents.report, actor, "call_lead", "pick", units=0)
    tablet.sign_in("operations")

    assert tablet.get("/incidents/", **JSON).json["incidents"][0]["kind"] == "call_lead"
    assert "/settle" not in tablet.get("/incidents/").text
    assert tablet.post(f"/incidents/{incident}/settle", {"outcome": "found"}, **JSON).status_code == 403


def test_the_pictures_of_an_incident_are_in_the_list(tablet, db, actor):
    incident = db.write(incidents.report, actor, "damaged", "receive", units=1)
    first, second = (db.write(photos.keep_photo, actor, incident, b"jpeg", 40, 30) for _ in range(2))
    other = db.write(incidents.report, actor, "call_lead", "pick", units=0)
    tablet.sign_in("operations")

    page = tablet.get("/incidents/").text
    assert (f"/receive/photo/{first}.jpg" in page, f"/receive/photo/{second}.jpg" in page) == (True, True)
    listed = {row["id"]: row["photos"] for row in tablet.get("/incidents/", **JSON).json["incidents"]}
    assert listed == {incident: [first, second], other: []}
    assert tablet.get(f"/receive/photo/{first}.jpg").data == b"jpeg"
