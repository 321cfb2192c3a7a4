"""Goods in over HTTP: from the list to a closed delivery, pictures of bad copies, no number for who counts blind."""

from io import BytesIO

import pytest
from PIL import Image

from tests.builders import an_item
from tests.receiving_builders import (
    Counter,
    a_notice,
    a_purchase,
    a_supplier,
    close_delivery,
    delivery_state,
    line_of,
)
from tests.web.conftest import JSON

DUE = ('"due"', '"most"', '"seen"', "units_announced", "units_ordered", '"is_extra"')


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def delivery(db, actor, dune):
    return a_notice(db, actor, {dune: 47}, parcels=2)


@pytest.fixture
def picker(tablet):
    tablet.sign_in("picker", name="Wang Xiaoyu")
    return tablet


def a_photo(size=(40, 30)):
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG")
    return BytesIO(out.getvalue()), "photo.jpg"


def open_parcel(tablet, delivery):
    return tablet.post(f"/receive/{delivery}/parcel", **JSON).json["parcel_id"]


def press(tablet, parcel, command, **more):
    step = tablet.get(f"/receive/parcel/{parcel}", **JSON).json["task"]["step_id"]
    return tablet.scan(f"/receive/parcel/{parcel}/scan", command, step=step, **more)


def test_from_the_list_to_a_closed_delivery(db, picker, delivery, dune):
    assert "Mint House" in picker.get("/receive/").text
    assert picker.get("/receive/", **JSON).json["deliveries"][0]["state"] == "announced"
    opened = picker.post(f"/receive/{delivery}/parcel")
    assert opened.status_code == 303
    parcel = open_parcel(picker, delivery)

    taken = picker.scan(f"/receive/parcel/{parcel}/scan", dune.isbn, units=47)
    assert picker.get(f"/receive/parcel/{parcel}").status_code == 200
    closed = press(picker, parcel, "#close")

    assert (taken.json["code"], closed.json["go"]) == ("receiving.taken", f"/receive/{delivery}")
    assert picker.post(f"/receive/{delivery}/close", **JSON).json["code"] == "receiving.parcels_missing"
    assert picker.post(f"/receive/{delivery}/close", {"confirm": "yes"}).status_code == 303
    assert delivery_state(db, delivery) == "closed"
    assert picker.get(f"/receive/{delivery}").status_code == 200


def test_the_volumes_of_a_set_that_are_still_to_come_are_told_apart(db, actor, picker):
    volumes = [an_item(db, "Three Kingdoms", isbn=isbn, volume=volume)
               for isbn, volume in (("9787020008728", "1"), ("9787020008735", "2"))]
    delivery = a_notice(db, actor, dict.fromkeys(volumes, 3))
    parcel = open_parcel(picker, delivery)

    for page in (picker.get(f"/receive/{delivery}").text, picker.get(f"/receive/parcel/{parcel}").text):
        assert ("Three Kingdoms · 1" in page, "Three Kingdoms · 2" in page) == (True, True)


def test_a_scan_is_answered_as_part_of_the_screen(picker, delivery, dune):
    parcel = open_parcel(picker, delivery)

    body = {"scan_id": "11111111-1111-4111-8111-111111111111", "raw": dune.isbn}
    answer = picker.post(f"/receive/parcel/{parcel}/scan", body, **{"X-Scan": "1"})

    assert 'data-code="receiving.taken"' in answer.text
    assert "<html" not in answer.text
    assert "Dune" in picker.get(f"/receive/parcel/{parcel}").text


def test_the_title_that_is_asked_about_is_on_the_screen(db, actor, picker, dune):
    boxed = an_item(db, "红楼梦", isbn="9787020002207", volumes=4)
    delivery = a_notice(db, actor, {dune: 1}, is_blind=True)
    parcel = open_parcel(picker, delivery)
    picker.scan(f"/receive/parcel/{parcel}/scan", dune.isbn)

    body = {"scan_id": "11111111-1111-4111-8111-111111111111", "raw": boxed.isbn}
    answer = picker.post(f"/receive/parcel/{parcel}/scan", body, **{"X-Scan": "1"})

    assert answer.status_code == 200
    assert 'data-code="receiving.check_set"' in answer.text
    assert "set of 4" in answer.text


def test_a_delivery_without_notice_is_opened_for_a_supplier_or_an_order(db, actor, picker, dune):
    supplier, order = a_supplier(db, "Old Mill"), a_purchase(db, actor, {dune: 2})

    blind = picker.post("/receive/new", {"of": f"supplier:{supplier}"}, **JSON).json["delivery_id"]
    ordered = picker.post("/receive/new", {"of": f"order:{order}"}, **JSON).json["delivery_id"]

    assert picker.get(f"/receive/{blind}", **JSON).json["is_blind"] is True
    assert picker.get(f"/receive/{ordered}", **JSON).json["is_blind"] is False
    assert "Old Mill" in picker.get(f"/receive/{blind}").text
    for wrong in ("", "order:99", "shelf:1", "order:x", "supplier:99999999999999"):
        assert picker.post("/receive/new", {"of": wrong}, **JSON).status_code == 404


def test_who_counts_blind_is_shown_no_number_on_any_page_or_answer(db, actor, picker, dune):
    emma = an_item(db, "Emma", isbn="9780141439587")
    order = a_purchase(db, actor, {dune: 84711, emma: 84711})
    delivery = a_notice(db, actor, {dune: 84711, emma: 84711}, order_id=order, is_blind=True, parcels=1)
    parcel = open_parcel(picker, delivery)
    address = f"/receive/parcel/{parcel}"

    answers = [
        picker.get("/receive/", **JSON), picker.get("/receive/"), picker.get(f"/receive/{delivery}", **JSON),
        picker.get(f"/receive/{delivery}"), picker.get(address, **JSON), picker.get(address),
        picker.scan(f"{address}/scan", dune.isbn), picker.scan(f"{address}/scan", dune.isbn, units=60),
        picker.get(address, **JSON), picker.get(address), press(picker, parcel, "#close"),
        picker.get(f"/receive/{delivery}", **JSON), picker.get(f"/receive/{delivery}"),
        picker.post(f"/receive/{delivery}/close", **JSON), picker.get(f"/receive/{delivery}", **JSON),
    ]

    for answer in answers:
        text = answer.text
        assert answer.status_code in (200, 303), text
        assert not any(word in text for word in DUE), text
        assert "84711" not in text
        assert "Emma" not in text
    assert answers[2].json["differences"] is None
    assert answers[-1].json["differences"] is None


def test_purchasing_sees_what_differs_even_of_a_blind_count(db, actor, tablet, dune):
    delivery = a_notice(db, actor, {dune: 5}, is_blind=True)
    Counter(db, actor, delivery).count(dune, 7)
    tablet.sign_in("purchasing")

    assert tablet.get(f"/receive/{delivery}", **JSON).json["differences"] == [
        {"kind": "over", "item_id": dune.id, "title": "Dune", "units": 2, "volume": ""}]


def test_against_the_order_the_page_shows_what_differs(picker, delivery):
    text = picker.get(f"/receive/{delivery}").text

    assert "47 to come" in text


def test_only_purchasing_cancels_what_will_not_come(db, tablet, other_tablet, delivery):
    tablet.sign_in("picker")
    other_tablet.sign_in("purchasing")

    assert tablet.post(f"/receive/{delivery}/cancel", **JSON).status_code == 403
    assert other_tablet.post(f"/receive/{delivery}/cancel").status_code == 303
    assert delivery_state(db, delivery) == "cancelled"


def test_who_may_not_receive_is_turned_away(tablet, delivery):
    tablet.sign_in("finance")

    for address in ("/receive/", f"/receive/{delivery}"):
        assert tablet.get(address, **JSON).status_code == 403


def test_what_is_not_there_is_not_found(picker):
    for address in ("/receive/99", "/receive/parcel/99", "/receive/photo/99.jpg"):
        assert picker.get(address, **JSON).status_code == 404


# --- Pictures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def bad_copy(picker, delivery, dune):
    """(parcel, incident) of a copy that came damaged."""
    parcel = open_parcel(picker, delivery)
    picker.scan(f"/receive/parcel/{parcel}/scan", dune.isbn)
    return parcel, press(picker, parcel, "#bad:damaged").json["task"]["incident_id"]


def test_a_picture_of_a_bad_copy_is_kept_and_shown(db, picker, delivery, dune, bad_copy):
    parcel, incident = bad_copy
    assert 'capture="environment"' in picker.get(f"/receive/parcel/{parcel}").text

    part = picker.post(f"/receive/incident/{incident}/photo", {"photo": a_photo((3000, 2000)), "parcel": parcel},
                       **{"HX-Request": "true"})
    photo, = picker.get(f"/receive/parcel/{parcel}", **JSON).json["task"]["photos"]
    shown = picker.get(f"/receive/photo/{photo}.jpg")

    assert f"/receive/photo/{photo}.jpg" in part.text
    assert "<html" not in part.text
    assert shown.mimetype == "image/jpeg"
    assert Image.open(BytesIO(shown.data)).size == (1600, 1067)
    assert line_of(db, delivery, dune) == (0, 1)


def test_what_is_no_picture_is_refused_in_words(picker, bad_copy):
    _, incident = bad_copy
    address = f"/receive/incident/{incident}/photo"

    for form in ({"photo": (BytesIO(b"GIF89a nothing"), "a.jpg")}, {}):
        answer = picker.post(address, form, **JSON)
        assert (answer.status_code, answer.json["code"]) == (422, "photos.no_picture")
    assert picker.post("/receive/incident/99/photo", {"photo": a_photo()}, **JSON).status_code == 404


def test_who_follows_incidents_sees_a_picture_and_only_who_receives_adds_one(other_tablet, picker, bad_copy):
    _, incident = bad_copy
    photo = picker.post(f"/receive/incident/{incident}/photo", {"photo": a_photo()}, **JSON).json["photo"]
    other_tablet.sign_in("service")

    assert other_tablet.get(f"/receive/photo/{photo}.jpg", **JSON).status_code == 200
    assert other_tablet.post(f"/receive/incident/{incident}/photo", {"photo": a_photo()}, **JSON).status_code == 403


# --- Labels ----------------------------------------------------------------------------------------------------------


def test_labels_of_the_title_counted_last_are_printed_in_any_number(tablet, delivery, dune):
    tablet.sign_in("packer")
    parcel = open_parcel(tablet, delivery)
    tablet.scan(f"/receive/parcel/{parcel}/scan", dune.isbn, units=12)
    assert 'name="copies"' in tablet.get(f"/receive/parcel/{parcel}").text

    form = {"paper": "item", "ids": str(dune.id), "layout": "roll", "copies": "12", "reason": "Goods in"}
    printed = tablet.post("/papers/print", form)
    again = tablet.post("/papers/print", form)

    assert "copies=12" in printed.location
    assert again.status_code == 303
    pdf = tablet.client.get(printed.location)
    assert (pdf.mimetype, pdf.data.count(b"/Type /Page\n")) == ("application/pdf", 12)


def test_who_may_not_print_sees_no_labels_button(picker, delivery, dune):
    parcel = open_parcel(picker, delivery)
    picker.scan(f"/receive/parcel/{parcel}/scan", dune.isbn)

    assert 'name="copies"' not in picker.get(f"/receive/parcel/{parcel}").text


def test_no_more_labels_at_once_than_a_sheet_pile_holds(tablet, dune):
    tablet.sign_in("packer")

    for copies in (0, 501):
        assert tablet.get(f"/papers/items.pdf?ids={dune.id}&copies={copies}", **JSON).status_code == 422
    form = {"paper": "item", "ids": str(dune.id), "copies": "900"}
    assert tablet.post("/papers/print", form, **JSON).status_code == 422


def test_an_announced_delivery_closed_by_others_is_drawn_as_over(db, actor, picker, delivery, dune):
    counter = Counter(db, actor, delivery)
    counter.close()
    close_delivery(db, actor, delivery, is_confirmed=True)

    page = picker.get(f"/receive/{delivery}").text

    assert "This delivery is over" in page
    assert picker.post(f"/receive/{delivery}/parcel", **JSON).status_code == 409
    assert picker.get(f"/receive/parcel/{counter.parcel_id}").status_code == 200


def test_who_counts_blind_learns_nowhere_what_was_ordered(db, actor, tablet, other_tablet, dune):
    order = a_purchase(db, actor, {dune: 4711})
    delivery = a_notice(db, actor, {dune: 4711}, order_id=order, is_blind=True)
    tablet.sign_in("picker")
    card = f"/stock/item/{dune.id}"
    assert tablet.get(card, **JSON).json["on_order"] == 4711
    parcel = open_parcel(tablet, delivery)

    for page in (card, "/stock/", "/stock/export"):
        refused = tablet.get(page, **JSON)
        assert (refused.status_code, refused.json["code"]) == (409, "receiving.blind_now")
    assert "4711" not in tablet.get(card).text

    # Who orders knows it anyway; and whoever has finished is free again.
    other_tablet.sign_in("purchasing", name="Qian Min")
    open_parcel(other_tablet, delivery)
    assert other_tablet.get(card, **JSON).status_code == 200
    press(tablet, parcel, "#close")
    assert tablet.get(card, **JSON).status_code == 200
