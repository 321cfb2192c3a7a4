"""The buyer's desk in the browser: orders by scan and by file, notices, reports, drafts, and who may see them."""

import io

import pytest
from openpyxl import load_workbook

from tests import purchasing_builders as goods
from tests.builders import an_item, as_actor

JSON = {"Accept": "application/json"}
FORMULA = "=1+1 Odyssey"


@pytest.fixture
def desk(tablet):
    tablet.sign_in("purchasing", name="Qian Min")
    return tablet


@pytest.fixture
def buyer(desk):
    return as_actor(desk.person)


@pytest.fixture
def odyssey(db):
    return an_item(db, FORMULA, isbn="9780140449136")


@pytest.fixture
def closed(db, buyer, odyssey):
    """A delivery of three where two came, one of them damaged; its order."""
    order_id = goods.an_order(db, buyer, {odyssey: 3})
    delivery = goods.a_delivery(db, buyer, {odyssey: 3}, order_id=order_id, notice="SH-1")
    goods.counted(db, buyer, delivery, {odyssey: 1}, {odyssey: 1})
    goods.an_incident(db, buyer, delivery, "short", odyssey, 1)
    goods.an_incident(db, buyer, delivery, "damaged", odyssey, 1, note="corner", photos=2)
    return delivery, order_id


def new_order(desk, number="PO-1"):
    made = desk.post("/purchasing/new", {"supplier": "Harbour Books", "number": number, "expected_on": "2026-03-01"})
    assert made.status_code == 303
    return int(made.headers["Location"].split("/")[3])


def test_an_order_is_made_at_the_desk_scanned_and_announced_by_one_button(desk, db, odyssey):
    order_id = new_order(desk)
    page = desk.get(f"/purchasing/orders/{order_id}/lines").get_data(as_text=True)
    assert f'data-scan-url="/purchasing/orders/{order_id}/scan"' in page

    first = desk.scan(f"/purchasing/orders/{order_id}/scan", odyssey.isbn).json
    more = desk.scan(f"/purchasing/orders/{order_id}/scan", odyssey.isbn, units=4).json

    assert (first["outcome"], more["facts"]["now"]) == ("accepted", 5)
    announced = desk.post(f"/purchasing/orders/{order_id}/notices", {"notice": "SH-9", "parcels": "2"})
    assert announced.status_code == 303
    assert goods.deliveries(db) == [("announced", "SH-9", 2, 2, {odyssey.id: (5, 0, 0)})]
    again = desk.post(f"/purchasing/orders/{order_id}/notices", {}, **JSON)
    assert (again.status_code, again.json["code"]) == (409, "purchasing.nothing_outstanding")


def test_a_scan_comes_back_as_the_part_that_is_swapped_in(desk, odyssey):
    order_id = new_order(desk)

    part = desk.post(f"/purchasing/orders/{order_id}/scan", {
        "scan_id": "0b6f2f7e-0000-4000-8000-000000000001", "raw": odyssey.isbn, "step": "x"}, **{"X-Scan": "1"})

    html = part.get_data(as_text=True)
    assert html.lstrip().startswith('<div id="task"') and 'data-outcome="accepted"' in html


def test_a_typed_code_adds_a_line_and_a_title_makes_a_draft_of_an_unknown_one(desk, db, odyssey):
    order_id = new_order(desk)
    lines = f"/purchasing/orders/{order_id}/lines"

    assert desk.post(lines, {"code": "978-0-14-044913-6", "units": "2"}).status_code == 303
    unknown = desk.post(lines, {"code": "9787000000018", "units": "1"}, **JSON)
    misspelt = desk.post(lines, {"code": "9787000000019", "units": "1", "title": "x"}, **JSON)
    assert desk.post(lines, {"code": "9787000000018", "units": "1", "title": "新书", "back": "lines"}).headers[
        "Location"] == lines

    assert (unknown.json["code"], misspelt.json["code"]) == (
        "purchasing.title_of_unknown", "purchasing.code_unreadable")
    assert sorted(goods.order_of(db, order_id)[1].values()) == [1, 2]
    [draft] = desk.get("/purchasing/drafts", **JSON).json["drafts"]
    assert (draft["title"], draft["orders"]) == ("新书", [[order_id, "PO-1"]])


def test_lines_day_and_end_of_an_order_are_changed_on_its_page(desk, db, odyssey):
    order_id = new_order(desk)
    where = f"/purchasing/orders/{order_id}"
    desk.scan(f"{where}/scan", odyssey.isbn)

    assert desk.post(f"{where}/units", {"item_id": str(odyssey.id), "units": "7"}).status_code == 303
    assert desk.post(f"{where}/day", {"expected_on": "2026-04-01"}).status_code == 303
    assert desk.post(f"{where}/day", {"expected_on": "1 April"}).status_code == 422
    assert desk.post(f"{where}/close", {"reason": " "}).status_code == 422
    assert desk.post(f"{where}/close", {"reason": "out of print"}).status_code == 303

    assert goods.order_of(db, order_id) == ("closed", {odyssey.id: 7}, "2026-04-01")
    assert desk.scan(f"{where}/scan", odyssey.isbn).json["code"] == "purchasing.order_over"
    assert "out of print" not in desk.get(where).get_data(as_text=True)


def test_the_list_tells_what_is_late_and_outstanding(desk, db, buyer, closed):
    new_order(desk, "PO-2")

    late = desk.get("/purchasing/?late=1", **JSON).json
    first = desk.get("/purchasing/?q=po-1", **JSON).json["rows"]

    assert [row["number"] for row in late["rows"]] == ["PO-2"] and late["late"] == 1
    assert [(row["state"], row["ordered"], row["received"], row["outstanding"]) for row in first] == [
        ("part", 3, 2, 1)]


def test_every_page_is_drawn_in_both_languages(desk, db, buyer, closed, other_tablet):
    delivery, order_id = closed
    goods.counted(db, buyer, goods.a_delivery(db, buyer, {}), {goods.a_draft(db, buyer): 2}, close=False)
    other_tablet.sign_in("purchasing", language="zh-Hans")
    for tablet, title in ((desk, "Purchases"), (other_tablet, "采购")):
        for address in ("", "new", f"orders/{order_id}", f"orders/{order_id}/lines", "suppliers", "deliveries",
                        f"deliveries/{delivery}", "drafts", "drafts?item=2&q=Odyssey", "import", "?state=part"):
            answer = tablet.get(f"/purchasing/{address}")
            assert answer.status_code == 200, address
        assert f"<h1>{title}</h1>" in tablet.get("/purchasing/").get_data(as_text=True)


def test_the_report_of_a_closed_delivery_is_a_pdf_and_two_tables_that_execute_nothing(desk, closed):
    delivery, _ = closed

    pdf = desk.get(f"/purchasing/deliveries/{delivery}/report.pdf?lang=zh-Hans")
    csv = desk.get(f"/purchasing/deliveries/{delivery}/report.csv").data.decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(desk.get(f"/purchasing/deliveries/{delivery}/report.xlsx").data)).active

    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert f"'{FORMULA}" in csv and "Damaged" in csv
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [(row[3], row[4], row[6], row[7], row[8], row[9]) for row in rows] == [
        ("Short", FORMULA, 3, 2, -1, 0), ("Damaged", FORMULA, 3, 2, 1, 2)]
    assert sheet["E2"].data_type == "s"


def test_the_pictures_of_bad_copies_are_on_the_page_of_the_delivery(desk, closed):
    page = desk.get(f"/purchasing/deliveries/{closed[0]}").get_data(as_text=True)

    assert page.count('<img src="/receive/photo/') == 2


def test_a_delivery_that_is_not_closed_has_no_report(desk, db, buyer, odyssey):
    delivery = goods.a_delivery(db, buyer, {odyssey: 1})

    assert desk.get(f"/purchasing/deliveries/{delivery}/report.pdf", **JSON).status_code == 409
    assert desk.get("/purchasing/deliveries/99/report.csv", **JSON).status_code == 404


def test_suppliers_have_their_record(desk, db, buyer, closed, clock):
    new_order(desk, "PO-2")

    [one] = desk.get("/purchasing/suppliers", **JSON).json["suppliers"]

    assert (one["name"], one["orders"], one["waited_for"], one["late"], one["deliveries"], one["wrong_deliveries"],
            one["units"], one["wrong_units"]) == ("Harbour Books", 2, 2, 1, 1, 1, 2, 2)


def test_files_are_uploaded_and_reported_on_the_page(desk, db, odyssey):
    def upload(kind, text, **headers):
        form = {"kind": kind, "files": [(io.BytesIO(text.encode()), "a.csv")]}
        return desk.client.post("/purchasing/import", data=form, content_type="multipart/form-data",
                                headers={"X-CSRFToken": desk.csrf, **headers})

    orders = upload("purchases", "supplier,po,isbn,units\nA,1,9780140449136,2\nA,1,9780140449137,2\n")
    notices = upload("notices", "supplier,asn,po,isbn,units\nA,S,1,9780140449136,2\n", **JSON)

    assert "1 of 2 rows new" in orders.get_data(as_text=True) and "check digit" in orders.get_data(as_text=True)
    assert notices.json["created"] == 1
    assert upload("other", "x").status_code == 422
    assert desk.post("/purchasing/import", {"kind": "purchases"}).status_code == 422


def test_a_draft_is_listed_or_merged_from_its_page(desk, db, buyer, odyssey):
    first, second = goods.a_draft(db, buyer), goods.a_draft(db, buyer, "9787000000025")
    choices = desk.get(f"/purchasing/drafts?item={second.id}&q=odys", **JSON).json["choices"]

    assert desk.post(f"/purchasing/drafts/{first.id}/list", {"title": " "}).status_code == 422
    assert desk.post(f"/purchasing/drafts/{first.id}/list",
                     {"title": "三体", "price": "abc", "currency": "CNY"}).status_code == 422
    assert desk.post(f"/purchasing/drafts/{first.id}/list",
                     {"title": "三体", "price": "23.00", "currency": "CNY"}).status_code == 303
    assert desk.post(f"/purchasing/drafts/{second.id}/merge", {}).status_code == 422
    assert desk.post(f"/purchasing/drafts/{second.id}/merge", {"into_id": str(odyssey.id)}).status_code == 303

    assert [choice["id"] for choice in choices] == [odyssey.id]
    assert desk.get("/purchasing/drafts", **JSON).json["drafts"] == []


def test_who_may_not_buy_sees_no_purchase(tablet, db, actor, odyssey):
    order_id = goods.an_order(db, actor, {odyssey: 1})
    tablet.sign_in("picker")

    for address in ("", "new", f"orders/{order_id}", "suppliers", "deliveries", "drafts", "import"):
        assert tablet.get(f"/purchasing/{address}").status_code == 403
    assert tablet.post(f"/purchasing/orders/{order_id}/close", {"reason": "x"}).status_code == 403
    assert tablet.scan(f"/purchasing/orders/{order_id}/scan", odyssey.isbn).status_code == 403


def test_what_is_not_there_is_said_so(desk):
    for address in ("orders/99", "orders/99/lines", "deliveries/99"):
        assert desk.get(f"/purchasing/{address}").status_code == 404
    assert desk.post("/purchasing/orders/99/day", {}).status_code == 404
