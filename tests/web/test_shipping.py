"""Ship and dock over HTTP: pages draw, scans answer in HTML and JSON, and only packers may."""

import pytest

from tests import shipping_day as day
from tests.builders import an_item, an_order
from warehouse.domain.own_labels import make_label
from warehouse.services import shipping


@pytest.fixture
def parcel(db, actor):
    dune = an_item(db, "Dune", isbn="9780441013593", weight_g=340)
    parcel = day.packed(db, actor, an_order(db, {dune: 1}, carrier_code="YTO"), {dune: 1})
    # The label that was made when the order was packed is waste.
    db.write(shipping.void_label, actor, parcel, reason="torn")
    return parcel


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_parcel_goes_from_label_to_signed_list(tablet, parcel, language):
    tablet.sign_in("packer", language=language)
    assert make_label("parcel", parcel) in tablet.get("/ship/").text
    page = tablet.get(f"/ship/{parcel}")
    assert page.status_code == 200 and 'data-first-scan="#label"' in page.text
    address = f"/ship/{parcel}/scan"
    assert tablet.scan(address, "#label").json["task"]["step"] == "print"
    tablet.scan(address, "#printed")
    page = tablet.get(f"/ship/{parcel}").text
    assert f"/papers/label/{parcel}.svg" in page and "#reprint:jam" in page and "data-first-scan" not in page
    code = tablet.scan(address, "X-99").json["task"]["code"]
    assert tablet.scan(address, code).json["code"] == "shipping.label_right"

    opened = tablet.post("/dock/open", {"carrier": "YTO"})
    assert opened.status_code == 303
    dock = opened.headers["Location"]
    assert code in tablet.get(dock).text
    assert tablet.scan(f"{dock}/scan", code).json["task"]["count"] == 1
    assert tablet.scan(f"{dock}/scan", "#close:Wang Lei").json["code"] == "shipping.list_closed"
    assert "Wang Lei" in tablet.get("/dock/").text
    assert "/papers/print" in tablet.get(dock).text


def test_a_scan_from_the_page_gets_the_part_of_the_page(tablet, parcel):
    import uuid
    tablet.sign_in("packer")
    form = {"scan_id": str(uuid.uuid4()), "raw": "#label", "step": ""}
    answer = tablet.post(f"/ship/{parcel}/scan", form, **{"X-Scan": "1"})
    assert answer.status_code == 200
    assert 'id="task"' in answer.text and "<html" not in answer.text


def test_looking_at_a_parcel_writes_nothing(tablet, parcel, db):
    tablet.sign_in("packer")
    before = tablet.get(f"/ship/{parcel}", Accept="application/json").json["task"]
    after = tablet.get(f"/ship/{parcel}", Accept="application/json").json["task"]
    assert before == after and before["has_label"] is False


def test_a_picker_may_not_ship_and_unknown_things_are_404(tablet, other_tablet, parcel):
    tablet.sign_in("picker")
    assert tablet.get("/ship/").status_code == tablet.get("/dock/").status_code == 403
    assert tablet.scan(f"/ship/{parcel}/scan", "#label").status_code == 403
    other_tablet.sign_in("packer")
    assert other_tablet.get("/ship/999").status_code == other_tablet.get("/dock/999").status_code == 404
    assert other_tablet.post("/dock/open", {"carrier": "NONE"}).status_code == 404
    assert other_tablet.scan(f"/ship/{parcel}/scan", "#fly").status_code == 409


def test_a_cancelled_orders_parcel_says_stop_on_its_page(tablet, parcel, db):
    from sqlalchemy import update

    from warehouse.models.orders import Order
    db.write(lambda session: session.execute(update(Order).values(state="cancelled")))
    tablet.sign_in("packer")
    page = tablet.get(f"/ship/{parcel}").text
    assert "STOP" in page and "data-first-scan" not in page
