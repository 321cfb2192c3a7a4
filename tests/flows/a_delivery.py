"""Books are ordered, announced, counted by two people, put away and sold: what came is in the books, what did not is in
the supplier's report, and an order gets none of it before it lies on a shelf."""

import csv
import io

import pytest

from tests import builders
from tests.flows.crew import Refused

THREE_BODY, DUNE, EMMA, UNKNOWN = "9787536692930", "9780441172696", "9780141439587", "9786699999993"
TITLES = {THREE_BODY: "三体", DUNE: "Dune", EMMA: "Emma"}
PURCHASES = """supplier,order number,isbn,units,price,currency,expected
Harbour Books,PO-1,{THREE_BODY},12,8.99,CNY,2026-03-09
Harbour Books,PO-1,{DUNE},6,7.50,CNY,2026-03-09
Harbour Books,PO-1,{EMMA},4,6.20,CNY,2026-03-09
Harbour Books,PO-1,9780000000000,4,6.20,CNY,2026-03-09
""".format(**globals())
NOTICE = """到货通知单号,采购单号,供应商,箱号,书号,发货数量
ASN-5,PO-1,Harbour Books,1,{THREE_BODY},8
ASN-5,PO-1,Harbour Books,1,{DUNE},6
ASN-5,PO-1,Harbour Books,2,{THREE_BODY},4
ASN-5,PO-1,Harbour Books,2,{EMMA},4
""".format(**globals())


@pytest.fixture
def items(shop):
    """By ISBN: known titles without a single copy, and three shelves for them."""
    for code in ("A-01-1", "A-01-2", "B-01-1", "B-01-2"):
        builders.a_shelf(shop.db, code)
    builders.a_tote(shop.db, "T-01")
    return {isbn: builders.an_item(shop.db, title, isbn=isbn, weight_g=300) for isbn, title in TITLES.items()}


@pytest.fixture
def desk(shop):
    return shop.person("manager", "Lin Yue")


@pytest.fixture
def first(shop):
    return shop.person("picker", "Wang Xiaoyu")


@pytest.fixture
def second(shop):
    return shop.person("packer", "Jamie Porter")


@pytest.fixture
def delivery(desk, items):
    """Ordered and announced by files; the id of the delivery that is waited for."""
    ordered = bring_in(desk, "purchases", PURCHASES)
    assert (ordered["created"], [each["row"] for each in ordered["problems"]]) == (3, [5])
    assert bring_in(desk, "notices", NOTICE)["created"] == 4
    (waited_for,) = desk.get("/receive/")["deliveries"]
    assert (waited_for["state"], waited_for["parcels_announced"], waited_for["notice"]) == ("announced", 2, "ASN-5")
    return waited_for["id"]


def bring_in(desk, kind, text):
    """What a file of the buyer's did, the same file a second time nothing."""
    report, again = (desk.upload("/purchasing/import", "files", "goods.csv", text.encode(), kind=kind) for _ in "12")
    assert (again["created"], again["updated"]) == (0, 0)
    return report


def open_parcel(person, delivery):
    return person.post(f"/receive/{delivery}/parcel")["parcel_id"]


def count(person, parcel, isbn, units=1):
    """Copies of a title, by pad where there are several; what is unusual is asked and scanned again. The question."""
    path, more = f"/receive/parcel/{parcel}/scan", {"units": units} if units > 1 else {}
    answer, asked = person.scan(path, isbn, **more), ""
    if answer["outcome"] != "accepted":
        asked = answer["code"]
        answer = person.scan(path, isbn, **more)
    assert answer["outcome"] == "accepted", answer
    return asked


def press(person, parcel, command):
    task = person.get(f"/receive/parcel/{parcel}")["task"]
    return person.must(f"/receive/parcel/{parcel}/scan", command, step=task["step_id"])


def close_delivery(person, delivery, **more):
    return person.post(f"/receive/{delivery}/close", **more)["state"]


def count_all(delivery, first, second):
    """Two at once, scan by scan: one book too many, one too few, one bad, two that nobody knows."""
    for person in (first, second):
        person.faults.repeated = 1.0
    one, other = open_parcel(first, delivery), open_parcel(second, delivery)
    assert one != other
    assert count(first, one, THREE_BODY, 8) == ""
    assert count(second, other, THREE_BODY) == ""
    assert count(first, one, DUNE, 6) == ""
    assert count(second, other, THREE_BODY, 3) == ""
    assert count(first, one, DUNE) == "receiving.over"
    assert count(second, other, UNKNOWN) == "receiving.unknown_title"
    assert [count(second, other, UNKNOWN), count(second, other, EMMA, 3)] == ["", ""]
    press(second, other, "#bad:damaged")
    with pytest.raises(Refused, match=r"receiving\.parcel_open"):
        close_delivery(second, delivery)
    press(first, one, "#close")
    press(second, other, "#close")
    assert close_delivery(second, delivery) == "closed"


def differences(desk, delivery):
    """{kind: (title, copies)} as the buyer sees them."""
    page = desk.get(f"/purchasing/deliveries/{delivery}")
    return {each["kind"]: (each["isbn13"], each["units"]) for each in page["discrepancies"]}


def purchase(desk):
    (order,) = desk.get("/purchasing/")["rows"]
    return order


def put_away(person, isbn, units):
    """From goods in to the shelf that the house suggests; its code."""
    task = person.must("/transfers/scan", isbn, **({"units": units} if units > 1 else {}))
    shelf = task["suggestions"][0]["code"]
    person.must("/transfers/scan", shelf)
    return shelf


def free(desk, item):
    return desk.get(f"/stock/item/{item.id}")["available"]


def test_what_came_is_told_to_the_supplier_put_away_and_sold(shop, desk, items, delivery, first, second):
    order = builders.an_order(shop.db, {items[THREE_BODY]: 3, items[EMMA]: 1})
    assert desk.post("/waves/release", order_ids=[order.id])["waiting"] == 1
    count_all(delivery, first, second)
    assert differences(desk, delivery) == {
        "over": (DUNE, 1), "short": (EMMA, 1), "unknown_title": (UNKNOWN, 2), "damaged": (EMMA, 1)}
    check_report(desk, delivery)
    assert (purchase(desk)["state"], purchase(desk)["outstanding"]) == ("part", 1)
    desk.post(f"/orders/{order.id}/when-short", when_short="part", reason="asked the customer")
    assert desk.post("/waves/release", order_ids=[order.id])["waiting"] == 1, "nothing is sold out of goods in"

    shelves = [put_away(first, THREE_BODY, 12), put_away(second, EMMA, 2), put_away(first, DUNE, 7)]
    assert len(set(shelves)) == 3
    assert [free(desk, items[isbn]) for isbn in (THREE_BODY, DUNE, EMMA)] == [12, 7, 2]
    list_the_draft(desk, first)
    sell(shop, desk, second, order)
    assert [free(desk, items[isbn]) for isbn in (THREE_BODY, EMMA)] == [9, 1]
    assert second.get("/transfers/")["task"]["units_waiting"] == 0


def check_report(desk, delivery):
    """As a paper for the supplier and as a table; every difference is in it."""
    path = f"/purchasing/deliveries/{delivery}/report"
    status, paper = desk.ask("GET", f"{path}.pdf")
    assert (status, paper[:5]) == (200, b"%PDF-")
    status, table = desk.ask("GET", f"{path}.csv")
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert status == 200
    assert sorted((row[5], int(row[8])) for row in rows[1:]) == sorted(
        [(DUNE, 1), (EMMA, -1), (EMMA, 1), (UNKNOWN, 2)])


def list_the_draft(desk, hand):
    """A title that nobody knew waits in goods in until the buyer says what it is."""
    assert hand.scan("/transfers/scan", UNKNOWN)["code"] == "transfers.draft"
    (draft,) = desk.get("/purchasing/drafts")["drafts"]
    assert (draft["code"], draft["receiving"]) == (UNKNOWN, 2)
    desk.post(f"/purchasing/drafts/{draft['item_id']}/list", title="The Unknown Book", price="12.00", currency="CNY")
    put_away(hand, UNKNOWN, 2)


def sell(shop, desk, hand, order):
    (held,) = desk.get("/orders/review")["orders"]
    for hold in held["holds"]:
        desk.post(f"/orders/holds/{hold['id']}/lift", reason="it came")
    (run,) = shop.release(desk, order, grouping="by_order")
    hand.walk(run, hand.load(run, ["T-01"]))
    hand.send_off(hand.pack(order.id, "T-01"))
    assert builders.order_state(shop.db, order) == "dispatched"


def test_what_was_missing_comes_later_without_notice_and_the_order_is_complete(desk, delivery, first, second):
    count_all(delivery, first, second)
    order = purchase(desk)["id"]
    late = first.post("/receive/new", order=order)["delivery_id"]
    parcel = open_parcel(first, late)
    assert count(first, parcel, EMMA) == ""
    press(first, parcel, "#close")
    assert close_delivery(first, late) == "closed"
    assert differences(desk, late) == {}
    assert purchase(desk)["state"] == "received"
    with pytest.raises(Refused, match=r"receiving\.no_such_order"):
        first.post("/receive/new", order=order)


def test_a_parcel_outlives_a_restart_and_goes_to_other_hands_with_what_was_counted(shop, delivery, first, second):
    parcel = open_parcel(first, delivery)
    count(first, parcel, THREE_BODY, 5)
    before = first.get(f"/receive/parcel/{parcel}")["task"]
    shop.stop()
    shop.start()
    for person in (first, second):
        person.go_to(shop.port)
    assert first.get(f"/receive/parcel/{parcel}")["task"] == before
    assert second.scan(f"/receive/parcel/{parcel}/scan", THREE_BODY)["outcome"] == "refused"
    press(second, parcel, "#take_over")
    late = first.scan(f"/receive/parcel/{parcel}/scan", THREE_BODY)
    assert (late["outcome"], late["task"]["units"]) == ("refused", 5)
    count(second, parcel, THREE_BODY, 3)
    assert second.get(f"/receive/parcel/{parcel}")["task"]["units"] == 8


def test_two_who_reach_for_the_last_copies_in_goods_in_get_no_more_than_there_are(shop, items, delivery, first, second):
    parcel = open_parcel(first, delivery)
    count(first, parcel, DUNE, 6)
    first.must("/transfers/scan", DUNE, units=4)
    refused = second.scan("/transfers/scan", DUNE, units=3)
    assert (refused["outcome"], refused["code"]) == ("refused", "transfers.in_other_hands")
    second.must("/transfers/scan", DUNE, units=2)
    for person in (first, second):
        person.must("/transfers/scan", "A-01-1")
    assert builders.units_at(shop.db, "A-01-1", items[DUNE]) == (6, 0)
