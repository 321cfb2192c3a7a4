"""The returns bench over HTTP: a scan opens the box, buttons and pictures come back as the screen, and only those who
take returns may in."""

from io import BytesIO

import pytest
from PIL import Image

from tests.builders import an_item, units_at
from tests.returns_builders import a_sent_order
from warehouse.domain.own_labels import make_label
from warehouse.services import returns


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=500, length_mm=210, width_mm=140, height_mm=30)


@pytest.fixture
def sent(db, actor, dune):
    return a_sent_order(db, actor, {dune: 2})


@pytest.fixture
def asked(db, actor, sent):
    return db.write(returns.request, actor, sent.id, "return", "misprint", [(sent.line_ids[0], 2, None)],
                    source="desk")


def press(tablet, asked, command):
    task = tablet.get(f"/returned/{asked}", **JSON).json["task"]
    return tablet.scan(f"/returned/{asked}/scan", command, step=task["step_id"])


JSON = {"Accept": "application/json"}


def test_the_list_shows_what_is_expected_and_a_scan_opens_it(tablet, asked):
    tablet.sign_in("packer")

    label = make_label("return", asked)
    assert label not in tablet.get("/returned/").text  # It waits for a picture, so for the desk.
    assert tablet.scan("/returned/scan", label).json["go"] == f"/returned/{asked}"
    assert label in tablet.get("/returned/").text


def test_home_opens_a_return_by_its_label(tablet, asked):
    tablet.sign_in("packer")

    answer = tablet.scan("/home/scan", make_label("return", asked)).json

    assert (answer["code"], answer["go"]) == ("home.opens_return", f"/returned/{asked}")


def test_scan_grade_and_place_over_http(tablet, db, sent, asked, dune):
    tablet.sign_in("packer")
    assert press(tablet, asked, "#open").json["code"] == "returns_bench.opened"

    assert tablet.scan(f"/returned/{asked}/scan", dune.isbn).json["code"] == "returns_bench.taken"
    page = tablet.get(f"/returned/{asked}").text
    assert all(f"#grade:{grade}" in page for grade in ("as_new", "missing_pages"))
    assert press(tablet, asked, "#grade:as_new").json["code"] == "returns_bench.graded_pending"
    assert units_at(db, "RETURNS", dune) == (1, 0)


def test_a_picture_of_a_bad_copy_is_kept_with_its_incident(tablet, asked, dune):
    tablet.sign_in("packer")
    press(tablet, asked, "#open")
    tablet.scan(f"/returned/{asked}/scan", dune.isbn)
    task = press(tablet, asked, "#grade:missing_pages").json["task"]
    picture = BytesIO()
    Image.new("RGB", (300, 200), "brown").save(picture, "JPEG")
    picture.seek(0)

    answer = tablet.post(f"/returned/copy/{task['present']['unit_id']}/photo",
                         {"return": str(asked), "photo": (picture, "page.jpg")})

    assert answer.status_code == 200
    assert "/receive/photo/" in answer.text


@pytest.mark.parametrize("role", ["picker", "finance", "service"])
def test_who_does_not_take_returns_stays_outside(tablet, asked, role):
    tablet.sign_in(role)

    assert tablet.get("/returned/").status_code == 403
    assert tablet.scan("/returned/scan", make_label("return", asked)).status_code == 403


def test_a_return_that_is_not_there_is_not_found(tablet):
    tablet.sign_in("packer")

    assert tablet.get("/returned/999").status_code == 404
