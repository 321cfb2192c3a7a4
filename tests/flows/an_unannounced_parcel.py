"""Parcels that nobody announced: our own that never reached the customer, a stranger's, one with a title that we never
sold to them, one with a copy too many. All of it has a place at once, and the desk decides later."""

import pytest
from sqlalchemy import select

from tests import builders
from tests.flows.homecoming import Bench, Customer, box_of, brought_back, lies, refund_of, refusal, send_out, told
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel

DUNE, EMMA = "9780441172696", "9780141439587"
NEVER_DELIVERED, FROM_CUSTOMER = 1, 2
SAME_BOX, NEXT_BOX = 1, 2


@pytest.fixture
def items(shop):
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    return [shop.stock("A-01-1", DUNE, "Dune Messiah", 5)[0], shop.stock("B-01-1", EMMA, "Emma", 3)[0]]


@pytest.fixture
def order(shop, items):
    """Two copies of Dune Messiah, 23.00 each and 5.00 of postage, with the carrier."""
    made = builders.an_order(shop.db, {items[0]: 2}, total_minor=5100, shipping_minor=500)
    send_out(shop.person("manager", "Lin Yue"), shop.person("packer"), made.id, "T-01")
    return made


def row_of(shop, column, order):
    with shop.db.read() as session:
        return session.execute(select(column).where(Order.id == order.id)).scalar_one()


def test_our_own_parcel_that_never_arrived_is_taken_in_whole_and_the_customer_is_asked(shop, items, order):
    hand, service = shop.person("packer"), shop.person("service", "Su Min")
    box = box_of(shop, order)
    asked = hand.scan("/returned/scan", box)
    assert (asked["outcome"], [option["id"] for option in asked["options"]]) == ("choose", [1, 2])
    bench = Bench(hand, box, choice=NEVER_DELIVERED)
    assert (bench.task["source"], bench.task["asked"]) == ("carrier", 2)
    for _ in range(2):
        assert bench.take(DUNE, "as_new", "restock")["acceptance"] == "accepted"
    assert bench.close() == "judged"
    with shop.db.read() as session:
        assert session.execute(select(Parcel.state).where(Parcel.order_id == order.id)).scalar_one() == "returned"
    assert "ask_address" in told(shop, order)
    assert "return_received" not in told(shop, order), "they never sent anything"
    (incident,) = service.get("/incidents/")["incidents"]
    assert (incident["kind"], incident["stage"], incident["units"]) == ("address", "carrier", 2)

    # They want their money: what never arrived is paid back whole, with the postage.
    service.post(f"/returns/{bench.return_id}/approve", reason="wants the money", kind="return", why="late")
    assert refund_of(shop.person("finance", "Gu Ping"), order)["amount_minor"] == 5100
    assert builders.order_state(shop.db, order) == "returned"
    assert brought_back(shop, items[0]) == [("return", "CUSTOMER", "RETURNS"), ("transfer", "RETURNS", "RECEIVING")] * 2
    assert refusal(Customer(shop, order).ask_back, {order.line_ids[0]: 1}, token="x") == "customer.form_is_old"
    assert hand.scan("/returned/scan", box)["code"] == "returns_bench.all_came"


def test_it_is_sent_once_more_to_the_right_address(shop, items, order):
    hand, service, desk = shop.person("packer"), shop.person("service", "Su Min"), shop.person("manager", "Lin Yue")
    bench = Bench(hand, box_of(shop, order), choice=NEVER_DELIVERED)
    for _ in range(2):
        bench.take(DUNE, "as_new", "restock")
    bench.close()
    service.post(f"/returns/{bench.return_id}/approve", reason="moved house", kind="exchange", why="other")
    page = service.get(f"/returns/{bench.return_id}")["page"]
    assert (page["facts"]["state"], page["exchange"]["state"]) == ("settled", "confirmed")
    send_out(desk, hand, page["exchange"]["id"], "T-02")
    assert lies(shop) == {(DUNE, "A-01-1"): 1, (DUNE, "RECEIVING"): 2, (EMMA, "B-01-1"): 3}
    assert row_of(shop, Order.refunded_minor, order) == 0


def test_the_customer_sent_it_unasked_and_the_desk_decides_afterwards(shop, items, order):
    hand, service = shop.person("packer"), shop.person("service", "Su Min")
    bench = Bench(hand, box_of(shop, order), choice=FROM_CUSTOMER)
    copy = bench.take(DUNE, "as_new")
    assert (copy["acceptance"], copy["places"]) == ("pending", [])
    assert bench.scan(DUNE)["outcome"] == "accepted"
    assert bench.press("#grade:damaged")["code"] == "returns_bench.graded_pending"
    assert bench.close() == "judged"
    assert lies(shop)[DUNE, "RETURNS"] == 2
    assert refusal(service.post, f"/returns/{bench.return_id}/approve", reason="") == "orders.reason_needed"
    service.post(f"/returns/{bench.return_id}/approve", reason="changed their mind", kind="return", why="changed_mind")

    # By that rule the damaged one is not taken; the bench sends both where they belong.
    page = service.get(f"/returns/{bench.return_id}")["page"]
    assert [unit["acceptance"] for unit in page["units"]] == ["accepted", "rejected"]
    assert refund_of(shop.person("finance", "Gu Ping"), order)["amount_minor"] == 2300
    assert bench.press("#to:restock")["outcome"] == "accepted"
    assert bench.press("#to:send_back")["outcome"] == "accepted"
    assert bench.press("#send_back")["code"] == "returns_bench.sent_back"
    assert (DUNE, "RETURNS") not in lies(shop)
    assert builders.order_state(shop.db, order) == "dispatched"


def test_a_stranger_s_parcel_waits_for_its_sender_and_counts_once_it_is_known(shop, items, order):
    hand, service = shop.person("packer"), shop.person("service", "Su Min")
    assert hand.scan("/returned/scan", "XX-NOBODY-1")["code"] == "returns_bench.unknown_box"
    bench = Bench(hand, "#unknown")
    assert bench.take(DUNE)["received_as"] == "wrong_item"
    assert bench.take(EMMA)["received_as"] == "wrong_item"
    assert lies(shop)[DUNE, "RETURNS"] == 1
    assert bench.scan(order.number)["code"] == "returns_bench.order_named"
    assert {copy["title"]: copy["received_as"] for copy in bench.task["copies"]} == {
        "Dune Messiah": "as_sent", "Emma": "wrong_item"}
    assert bench.close() == "judged"
    service.post(f"/returns/{bench.return_id}/approve", reason="they wrote", kind="return", why="changed_mind")

    # Emma was never theirs: the desk says what becomes of it, and nothing is paid for it.
    page = service.get(f"/returns/{bench.return_id}")["page"]
    assert page["facts"]["state"] == "judged"
    (emma,) = [unit for unit in page["units"] if unit["title"] == "Emma"]
    service.post(f"/returns/units/{emma['id']}/judge", acceptance="rejected", reason="it is their own")
    assert service.get(f"/returns/{bench.return_id}")["page"]["facts"]["state"] == "settled"
    assert refund_of(shop.person("finance", "Gu Ping"), order)["amount_minor"] == 2300
    bench.press("#to:restock")
    bench.press("#to:send_back")
    bench.press("#send_back")
    assert lies(shop) == {(DUNE, "A-01-1"): 3, (DUNE, "RECEIVING"): 1, (EMMA, "B-01-1"): 3}


def test_a_title_we_sent_by_mistake_is_taken_in_and_somebody_looks_into_it(shop, items, order):
    hand, service = shop.person("packer"), shop.person("service", "Su Min")
    customer = Customer(shop, order)
    customer.ask_back({order.line_ids[0]: 1}, reason="wrong_book_sent")
    bench = Bench(hand, customer.page()["returns"][0]["number"])
    assert bench.scan(EMMA)["code"] == "returns_bench.ask_foreign"
    assert bench.scan(EMMA)["code"] == "returns_bench.wrong_item"
    bench.press("#grade:as_new")
    assert bench.close(missing=True) == "judged"
    kinds = {each["kind"]: each["units"] for each in shop.person("manager").get("/incidents/")["incidents"]}
    assert kinds == {"wrong_item": 1, "missing": 1}
    (unit,) = service.get(f"/returns/{bench.return_id}")["page"]["units"]
    service.post(f"/returns/units/{unit['id']}/judge", acceptance="accepted", reason="our packer took the wrong one")
    bench.press("#to:restock")
    page = service.get(f"/returns/{bench.return_id}")["page"]
    assert page["facts"]["state"] == "settled"
    # It stands for the copy that we should have sent, and the customer gets what they paid for that one.
    assert page["refund"]["amount_minor"] == 2300
    assert row_of(shop, Order.refunded_minor, order) == 2300
    assert lies(shop) == {(DUNE, "A-01-1"): 3, (EMMA, "B-01-1"): 3, (EMMA, "RECEIVING"): 1}


def test_one_copy_too_many_makes_no_stock_and_no_money(shop, items, order):
    hand = shop.person("packer")
    customer = Customer(shop, order)
    customer.ask_back({order.line_ids[0]: 2})
    bench = Bench(hand, customer.page()["returns"][0]["number"])
    for _ in range(2):
        bench.take(DUNE, "as_new", "restock")
    assert bench.scan(DUNE)["code"] == "returns_bench.too_many"
    assert bench.scan(DUNE)["code"] == "returns_bench.too_many", "however often"
    assert bench.press("#aside")["code"] == "returns_bench.set_aside"
    assert bench.close() == "settled"
    (over,) = shop.person("manager", "Lin Yue").get("/incidents/")["incidents"]
    assert (over["kind"], over["stage"], over["units"]) == ("over", "return", 1)
    assert lies(shop) == {(DUNE, "A-01-1"): 3, (DUNE, "RECEIVING"): 2, (EMMA, "B-01-1"): 3}
    assert row_of(shop, Order.refunded_minor, order) == 4600
    assert bench.press("#send_back")["code"] == "returns_bench.sent_back", "the third is theirs and goes back"
    assert len(brought_back(shop, items[0])) == 4


def test_the_second_box_under_one_number_comes_when_the_first_is_settled(shop, items, order):
    hand, service, customer = shop.person("packer"), shop.person("service", "Su Min"), Customer(shop, order)
    customer.ask_back({order.line_ids[0]: 2})
    number = customer.page()["returns"][0]["number"]
    first = Bench(hand, number)
    first.take(DUNE, "as_new", "restock")
    assert first.close(missing=True) == "settled"
    assert first.scan(DUNE)["code"] == "returns_bench.not_now_done"

    asked = hand.scan("/returned/scan", number)
    assert (asked["code"], [option["id"] for option in asked["options"]]) == ("returns_bench.choose_next", [1, 2])
    assert Bench(hand, number, choice=SAME_BOX).return_id == first.return_id
    second = Bench(hand, number, choice=NEXT_BOX)
    assert second.return_id != first.return_id
    assert {Bench(hand, raw).return_id for raw in (number, order.number)} == {second.return_id}, "one box, one return"
    second.take(DUNE, "as_new")
    assert second.close() == "judged"
    service.post(f"/returns/{second.return_id}/approve", reason="the rest of it", kind="return", why="changed_mind")
    second.press("#to:restock")
    assert row_of(shop, Order.refunded_minor, order) == 4600
    assert builders.order_state(shop.db, order) == "returned"
    # Now there is no more that could come.
    assert hand.scan("/returned/scan", number)["go"] == first.page
