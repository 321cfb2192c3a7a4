"""Home: what is next, the nine doors, "scan anything", find."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests import builders
from warehouse import clock
from warehouse.domain.layout import HomeRecord
from warehouse.models.journal import Scan
from warehouse.services import transfers_homes, waves

JSON = {"Accept": "application/json"}


@pytest.fixture
def book(db):
    return builders.an_item(db)


@pytest.fixture
def shelf(db, book):
    shelf = builders.a_shelf(db)
    builders.stock_at(db, shelf, book, 5)
    return shelf


def home(tablet):
    return tablet.get("/", **JSON).json


def release(db, actor, *orders):
    wave = db.write(waves.open_wave, actor, clock.now() + timedelta(hours=2))
    db.write(waves.release, actor, wave, [order.id for order in orders])


def scans(db):
    with db.read() as session:
        return session.execute(select(Scan.task, Scan.outcome, Scan.kind)).all()


def test_the_nine_doors_keep_their_places_for_every_role(tablet, other_tablet):
    tablet.sign_in("picker")
    other_tablet.sign_in("manager", name="Lin Yue")
    names = ["pick", "pack", "ship", "receive", "putaway", "replenish", "putback", "returns", "count"]
    assert [door["name"] for door in home(tablet)["doors"]] == names
    assert [door["name"] for door in home(other_tablet)["doors"]] == names
    closed = {door["name"]: (door["address"], door["count"]) for door in home(tablet)["doors"]}
    assert closed["pack"] == closed["ship"] == ("", None)


def test_the_desk_says_how_many_titles_are_low(tablet, db, actor, book, shelf):
    tablet.sign_in("manager")

    def low():
        return {desk["name"]: desk["count"] for desk in tablet.client.get("/desk", headers=JSON).json["desks"]}["stock"]

    assert low() is None
    db.write(transfers_homes.merge_homes, actor, [HomeRecord(2, shelf.code, book.isbn, None, 500, 600)])
    assert low() == 1


def test_the_desk_says_as_many_late_orders_as_the_list(tablet, db, book):
    early, late = clock.now() + timedelta(hours=5), clock.now() - timedelta(minutes=5)
    builders.an_order(db, {book: 1}, state="held", due_at=early, confirm_by=late)
    builders.an_order(db, {book: 1}, state="confirmed", due_at=late, confirm_by=late)
    builders.an_order(db, {book: 1}, state="confirmed", due_at=early, confirm_by=late)
    builders.an_order(db, {book: 1}, state="held", due_at=late, payment="unpaid")
    tablet.sign_in("manager")

    doors = {desk["name"]: desk["count"] for desk in tablet.client.get("/desk", headers=JSON).json["desks"]}
    assert doors["delays"] == tablet.get("/delays/", **JSON).json["counts"]["late"] == 2


def test_the_desk_lists_each_page_that_this_person_may_open(tablet, other_tablet):
    tablet.sign_in("manager")
    pages = [desk["name"] for desk in tablet.client.get("/desk", headers=JSON).json["desks"]]
    assert pages[:3] == ["orders", "review", "waves"]
    other_tablet.sign_in("purchasing", name="Chen Li")
    buyers = [desk["name"] for desk in other_tablet.client.get("/desk", headers=JSON).json["desks"]]
    assert buyers[:1] == ["orders"] and {"purchasing", "board"} <= set(buyers)
    assert "people" not in buyers


def test_finance_finds_no_people_at_the_desk(other_tablet):
    other_tablet.sign_in("finance", name="Anna")
    assert "people" not in [desk["name"] for desk in other_tablet.client.get("/desk", headers=JSON).json["desks"]]


def test_counts_and_next_job_come_from_released_orders(db, tablet, actor, book, shelf):
    tablet.sign_in("picker")
    assert home(tablet)["job"] is None
    builders.an_order(db, {book: 1}, state="held")
    release(db, actor, builders.an_order(db, {book: 2}))
    seen = home(tablet)
    assert {door["name"]: door["count"] for door in seen["doors"]}["pick"] == 1
    assert (seen["job"]["kind"], seen["job"]["units"], seen["job"]["place"]) == ("pick", 2, "B")
    assert [found["title"] for found in seen["job"]["books"]] == ["三体"]


def test_a_packer_is_sent_to_the_order_that_is_due_first(db, tablet, book):
    tablet.sign_in("packer")
    builders.an_order(db, {book: 1}, state="picked", due_at=clock.now() + timedelta(hours=3))
    urgent = builders.an_order(db, {book: 1}, state="picked", due_at=clock.now() + timedelta(hours=1))
    seen = home(tablet)
    assert (seen["job"]["kind"], seen["job"]["id"]) == ("pack", urgent.id)
    assert {door["name"]: door["count"] for door in seen["doors"]}["pack"] == 2


def test_a_shelf_and_a_book_open_what_is_known_of_them(db, tablet, book, shelf):
    tablet.sign_in("picker")
    assert tablet.scan("/home/scan", shelf.label).json["go"] == f"/find/location/{shelf.id}"
    assert tablet.scan("/home/scan", book.isbn).json["go"] == f"/stock/item/{book.id}"
    place = tablet.get(f"/find/location/{shelf.id}", **JSON).json["results"]["spots"][0]
    assert [(lying["title"], lying["on_hand"]) for lying in place["items"]] == [("三体", 5)]
    found = tablet.get(f"/find/item/{book.id}", **JSON).json["results"]["items"][0]
    assert [(shelf["code"], shelf["on_hand"]) for shelf in found["shelves"]] == [("B-07-3", 5)]
    assert [row.outcome for row in scans(db)] == ["accepted", "accepted"]


def test_the_page_of_a_book_tells_price_weight_size_and_packing_class(db, tablet):
    chest = builders.an_item(
        db, "Seven books in a chest", packing_class="set", weight_g=6200, price_minor=15000, currency="GBP",
        length_mm=380, width_mm=265, height_mm=190, published="2007", description="A chest of painted tin")
    tablet.sign_in("picker", language="zh-Hans")
    page = tablet.get(f"/find/item/{chest.id}").text
    for words in ("2007", "150.00 GBP", "6200 g", "380 × 265 × 190 mm", "套装，不拆", "A chest of painted tin"):
        assert words in page


def test_a_code_of_two_items_opens_both(db, tablet):
    tablet.sign_in("picker")
    for title in ("Dune", "Dune, film edition"):
        builders.an_item(db, title, isbn="9780441013593", sku=title)
    assert tablet.scan("/home/scan", "9780441013593").json["go"] == "/find?q=9780441013593"
    assert len(tablet.get("/find?q=9780441013593", **JSON).json["results"]["items"]) == 2


def test_what_nobody_knows_is_refused_loudly_and_kept(db, tablet):
    tablet.sign_in("picker")
    for raw, code in (("9780141439518", "home.unknown_code"), ("978014143951", "home.invalid_code")):
        answer = tablet.scan("/home/scan", raw).json
        assert (answer["outcome"], answer["code"], answer["sound"]) == ("refused", code, "error")
    free = builders.a_tote(db)
    assert tablet.scan("/home/scan", "T-01").json["code"] == "home.tote_free"
    assert free and [row.outcome for row in scans(db)] == ["refused"] * 3


def test_the_same_scan_again_has_the_same_answer_and_one_row(db, tablet, book):
    tablet.sign_in("picker")
    scan_id = "7d4e1c1e-0a1b-4c2d-8e3f-123456789abc"
    first, second = (tablet.scan("/home/scan", book.isbn, scan_id=scan_id) for _ in range(2))
    assert first.data == second.data
    with db.read() as session:
        assert session.execute(select(func.count()).select_from(Scan)).scalar_one() == 1
    other = tablet.scan("/home/scan", "9780441013593", scan_id=scan_id)
    assert (other.status_code, other.json["code"]) == (422, "scan.key_reused")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"scan_id": "7"}, "scan.id_wanted"),
        ({"raw": ""}, "scan.raw_length"),
        ({"raw": "x" * 513}, "scan.raw_length"),
        ({"step": "s" * 41}, "scan.step_length"),
        ({"units": "2.5"}, "scan.units_wrong"),
        ({"units": True}, "scan.units_wrong"),
        ({"choice": "first"}, "scan.choice_wrong"),
    ],
)
def test_what_no_tablet_sends_is_refused(tablet, body, code):
    tablet.sign_in("picker")
    sent = {"raw": "9780441013593", "scan_id": "7d4e1c1e-0a1b-4c2d-8e3f-123456789abc", **body}
    answer = tablet.scan("/home/scan", sent.pop("raw"), **sent)
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_a_late_scan_of_somebody_who_was_never_at_this_tablet_is_refused(tablet, book):
    tablet.sign_in("picker")
    answer = tablet.scan("/home/scan", book.isbn, made_by="999999")
    assert (answer.status_code, answer.json["code"]) == (409, "scan.made_by_other")


def test_a_scan_that_waited_while_the_next_person_signed_in_is_its_makers(db, tablet, book):
    tablet.sign_in("picker", name="Chen Wei", language="en")
    maker = tablet.person
    tablet.sign_in("packer", name="王小雨", language="zh-Hans")

    answer = tablet.scan("/home/scan", book.isbn, made_by=str(maker.id))

    assert answer.status_code == 200
    with db.read() as session:
        assert session.execute(select(Scan.person_id)).scalar_one() == maker.id


def test_the_scan_queue_gets_the_part_and_where_to_go(tablet, book):
    tablet.sign_in("picker")
    form = {
        "scan_id": "7d4e1c1e-0a1b-4c2d-8e3f-123456789abc",
        "raw": book.isbn,
        "step": "home",
        "qty": "",
        "choice": "",
    }
    answer = tablet.post("/home/scan", form, **{"X-Scan": "1", "Accept": "text/html"})
    page = answer.get_data(as_text=True)
    assert answer.headers["X-Go"] == f"/stock/item/{book.id}"
    assert page.lstrip().startswith('<div id="task" class="screen home-screen" data-scan-url="/home/scan"')
    assert 'data-sound="ok"' in page and f'data-answer-id="{form["scan_id"]}"' in page and "<html" not in page


def test_a_refused_scan_from_a_page_without_a_task_leaves_the_page_alone(tablet):
    tablet.sign_in("picker")
    form = {"scan_id": "7d4e1c1e-0a1b-4c2d-8e3f-123456789abc", "raw": "9780141439518", "step": "elsewhere"}
    answer = tablet.post("/home/scan", form, **{"X-Scan": "1", "Accept": "text/html"})
    assert answer.status_code == 422 and b'id="task"' not in answer.data and b"data-say" in answer.data


def test_find_knows_titles_authors_codes_places_and_orders(db, tablet, other_tablet, book, shelf):
    order = builders.an_order(db, {book: 1})
    tablet.sign_in("service")
    other_tablet.sign_in("picker", name="Anna")

    def found(text, tablet=tablet):
        results = tablet.client.get("/find", query_string={"q": text}, headers=JSON).json["results"]
        return {kind: len(things) for kind, things in results.items() if isinstance(things, list) and things}

    assert found("三") == found(book.isbn) == found("978-7-5366-9293-0") == found(book.sku) == {"items": 1}
    assert found("b-07-3") == {"spots": 1}
    assert found(order.number) == found(order.source_number) == {"orders": 1}
    assert found(order.number, other_tablet) == {}
    assert found("%") == found("_") == {}


def test_an_address_with_a_zero_byte_is_no_fault_of_ours(tablet):
    tablet.sign_in("manager")
    for address in ("/find", "/orders/"):
        assert tablet.client.get(address, query_string={"q": "a\0b"}, headers=JSON).status_code == 400


@pytest.mark.parametrize(("language", "words"), [("en", "Scan anything to begin"), ("zh-Hans", "扫任意条码即可开始")])
def test_each_person_sees_home_in_their_own_language(tablet, language, words):
    tablet.sign_in("picker", language=language)
    page = tablet.get("/").get_data(as_text=True)
    assert words in page and f'<html lang="{language}"' in page


def test_a_person_may_change_the_language_for_themselves(tablet):
    tablet.sign_in("picker")
    assert tablet.post("/language", {"language": "zh-Hans"}).status_code == 303
    assert "惯用手" in tablet.get("/me").get_data(as_text=True)
    assert tablet.post("/language", {"language": "xx"}, **JSON).status_code == 422


def test_titles_are_text_and_never_markup(db, tablet):
    builders.an_item(db, "<script>alert(1)</script>", isbn="9780441013593")
    tablet.sign_in("picker")
    page = tablet.get("/find?q=script").get_data(as_text=True)
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
