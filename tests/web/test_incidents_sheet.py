"""The problem sheet over HTTP: a report without a task, what is added to it, and who may."""

import io
import uuid

import pytest
from PIL import Image
from sqlalchemy import select

from tests.builders import an_item, stock_at
from warehouse.domain.problems import SCREENS, write
from warehouse.models.incidents import Incident, Photo

PART = {"HX-Request": "true"}


def jpeg():
    body = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(body, "JPEG")
    return io.BytesIO(body.getvalue())


def report(tablet, raw, **more):
    return tablet.scan("/incidents/report", raw, **more)


@pytest.fixture
def packer(tablet):
    tablet.sign_in("packer")
    return tablet


@pytest.fixture
def told(packer):
    """A report of the packer's; its id."""
    return report(packer, write("damaged", "dock")).json["facts"]["incident_id"]


def rows(db, *columns):
    with db.read() as session:
        return [tuple(row) for row in session.execute(select(*columns))]


def test_a_report_is_answered_with_its_incident_and_what_may_be_added(db, packer):
    page = packer.post("/incidents/report", {"scan_id": str(uuid.uuid4()), "raw": write("damaged", "dock")},
                       **{"X-Scan": "1"})

    (incident_id,), = rows(db, Incident.id)
    assert page.status_code == 200
    assert "Reported: Damaged. Go on working" in page.text
    assert f"/incidents/{incident_id}/more/photo" in page.text
    assert f"/incidents/{incident_id}/more" in page.text


def test_the_same_report_twice_is_answered_the_same(db, packer):
    scan_id = str(uuid.uuid4())

    first, again = (report(packer, write("call_lead", "dock"), scan_id=scan_id) for _ in range(2))

    assert first.data == again.data
    assert len(rows(db, Incident.id)) == 1


def test_a_report_without_an_id_of_its_own_is_refused(db, packer):
    assert packer.post("/incidents/report", {"raw": write("call_lead", "dock")}).status_code == 422
    assert rows(db, Incident.id) == []


def test_photo_cause_number_and_note_are_added(db, packer, told):
    kept = packer.post(f"/incidents/{told}/more/photo", {"photo": (jpeg(), "a.jpg")}, **PART)
    more = packer.post(f"/incidents/{told}/more", {"cause": "carrier", "units": "2", "note": "wet"}, **PART)

    assert "Kept · one more" in kept.text
    assert 'value="carrier" checked' in more.text
    assert rows(db, Incident.units, Incident.cause) == [(2, "carrier")]
    assert rows(db, Photo.incident_id, Photo.width, Photo.height) == [(told, 40, 30)]


def test_what_is_no_picture_or_says_nothing_is_refused_in_words(db, packer, told):
    no_picture = packer.post(f"/incidents/{told}/more/photo", {"photo": (io.BytesIO(b"no"), "a.jpg")}, **PART)
    nothing = packer.post(f"/incidents/{told}/more", {"note": " "}, **PART)

    assert (no_picture.status_code, nothing.status_code) == (422, 422)
    assert "Choose a cause or write a note" in nothing.text
    assert rows(db, Photo.id) == []


def test_a_report_is_its_reporters_own_and_the_desks(packer, other_tablet, told):
    other_tablet.sign_in("picker", name="Ada")

    assert other_tablet.get(f"/incidents/{told}/more", **PART).status_code == 403
    assert other_tablet.post(f"/incidents/{told}/more", {"note": "x"}, **PART).status_code == 403
    assert other_tablet.post(f"/incidents/{told}/more/photo", {"photo": (jpeg(), "a.jpg")}, **PART).status_code == 403
    assert f"/incidents/{told}/" not in other_tablet.get("/incidents/mine", **PART).text
    assert f"/incidents/{told}/" in packer.get("/incidents/mine", **PART).text
    other_tablet.sign_in("service", name="Mei")
    assert other_tablet.get(f"/incidents/{told}/more", **PART).status_code == 200
    assert other_tablet.get("/incidents/4711/more", **PART).status_code == 404


@pytest.mark.parametrize(("address", "screen"), [("/", "home"), ("/dock/", "trucks"), ("/transfers/", "move")])
def test_the_sheet_of_a_screen_has_its_tiles(packer, address, screen):
    text = packer.get(address).text

    for tile in SCREENS[screen].tiles:
        assert tile.command in text
        assert not tile.kind or f"#problem:{tile.kind}:0:@{SCREENS[screen].stage}" in text


def test_what_a_report_is_about_comes_from_the_screen(db, packer):
    dune = an_item(db, "Dune", isbn="9780441013593")
    shelf = stock_at(db, "B-07-3", dune)

    answer = report(packer, write("misprint", "shelf", item=dune.id, location=shelf.id)).json

    assert answer["say"] == "Reported: Misprint · Dune. Go on working"
    assert rows(db, Incident.item_id, Incident.location_id, Incident.units) == [(dune.id, shelf.id, 1)]
