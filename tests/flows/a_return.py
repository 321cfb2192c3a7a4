"""A customer sends an order back in two parcels: one copy is sold again as new, one as used under its own label, one
comes later; the money takes the way of four eyes, and the order is returned only when all of it came back."""

import pytest
from sqlalchemy import select

from tests import builders
from tests.flows.an_order_file import GOOD, sheet, upload
from tests.flows.crew import Refused, label
from tests.flows.homecoming import (
    Bench,
    Customer,
    brought_back,
    lies,
    put_away,
    refund_of,
    refusal,
    send_out,
    told,
)
from warehouse.models.orders import Order

THREE_BODY, DUNE = "9787536692930", "9780441172696"
USED = f"{THREE_BODY}-U-very_good"


@pytest.fixture
def items(shop):
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    builders.a_shelf(shop.db, "C-01-1")
    return [builders.an_item(shop.db, title, isbn=isbn, weight_g=300, price_minor=2300, currency="CNY")
            for title, isbn in (("三体", THREE_BODY), ("Dune Messiah", DUNE))]


@pytest.fixture
def order(shop, items):
    """Two copies of one title and one of another, 23.00 each and 6.00 of postage; all of it is with the customer."""
    for place, item, units in zip(("A-01-1", "B-01-1"), items, (4, 2), strict=True):
        builders.stock_at(shop.db, place, item, units)
    made = builders.an_order(shop.db, dict(zip(items, (2, 1), strict=True)), total_minor=7500, shipping_minor=600)
    send_out(shop.person("manager", "Lin Yue"), shop.person("packer"), made.id, "T-01")
    return made


def money_of(shop, order):
    """(state of the order, what it gives back)."""
    with shop.db.read() as session:
        return tuple(session.execute(select(Order.state, Order.refunded_minor).where(Order.id == order.id)).one())


def announced(shop, order):
    (row,) = shop.person("service", "Su Min").get("/returns/", q=order.number, state="approved")["rows"]
    return row


def both_copies_back(shop, order, hand):
    """Asked on the customer's page, taken in: one as new, one as used under its label; the label of the used item."""
    Customer(shop, order).ask_back({order.line_ids[0]: 2})
    asked = announced(shop, order)
    assert (asked["asked"], asked["source"]) == (2, "customer")
    bench = Bench(hand, asked["number"])
    assert bench.take(THREE_BODY, "as_new", "restock")["has_left"]
    copy = bench.take(THREE_BODY, "very_good", "used")
    assert bench.scan(THREE_BODY)["code"] == "returns_bench.other_label", "the ISBN is that of a new copy"
    used = label("item", copy["into"]["item_id"])
    assert bench.scan(used)["code"] == "returns_bench.to_used"
    assert bench.close() == "settled"
    return used


def pay_by_four_eyes(shop, order, amount):
    """Finance approves what the settlement asked for and pays it, once."""
    finance = shop.person("finance", "Gu Ping")
    row = refund_of(finance, order)
    assert (row["state"], row["amount_minor"]) == ("requested", amount)
    path = f"/refunds/{row['id']}"
    assert refusal(finance.post, f"{path}/pay", reference="B-1") == "flow.illegal_step"
    finance.post(f"{path}/approve")
    finance.post(f"{path}/pay", reference="BANK-77")
    assert refusal(finance.post, f"{path}/pay", reference="BANK-78") == "flow.illegal_step"
    assert (refund_of(finance, order)["state"], refund_of(finance, order)["reference"]) == ("paid", "BANK-77")


def test_one_copy_is_sold_as_new_one_as_used_and_the_money_goes_by_four_eyes(shop, items, order):
    hand, service = shop.person("packer"), shop.person("service", "Su Min")
    used = both_copies_back(shop, order, hand)
    assert told(shop, order)[-3:] == ["return_approved", "return_received", "return_settled"]
    assert lies(shop) == {(THREE_BODY, "A-01-1"): 2, (THREE_BODY, "RECEIVING"): 1, (USED, "RECEIVING"): 1,
                          (DUNE, "B-01-1"): 1}
    assert brought_back(shop, items[0]) == [
        ("return", "CUSTOMER", "RETURNS"), ("transfer", "RETURNS", "RECEIVING"),
        ("return", "CUSTOMER", "RETURNS"), ("convert", "RETURNS", "CONVERTED")]

    # Nothing is for sale before it lies on a shelf.
    assert service.get(f"/stock/item/{items[0].id}")["available"] == 2
    assert (put_away(hand, THREE_BODY), put_away(hand, used)) == ("A-01-1", "C-01-1"), "look-alikes apart"
    assert service.get(f"/stock/item/{items[0].id}")["available"] == 3
    sell_the_used_copy(shop, hand, used)

    assert money_of(shop, order) == ("dispatched", 4600)
    pay_by_four_eyes(shop, order, 4600)
    assert told(shop, order)[-2:] == ["refund_approved", "refund_paid"]
    assert Customer(shop, order).page()["lines"][0]["returned"] == 2
    tell_all(service, order)


def sell_the_used_copy(shop, hand, used):
    """A shop sells it by its SKU; the ISBN of a new copy does not do for it."""
    desk = shop.person("manager", "Lin Yue")
    report = upload(desk, used=sheet({**GOOD, "sku_or_isbn": USED, "price": "16.10"}))
    assert (report["created"], report["held"]) == (1, 0)
    (row,) = desk.get("/orders/", q="K1")["rows"]
    (run,) = shop.release(desk, builders.AnOrder(row["id"], row["number"], "K1", ()), grouping="by_order")
    task = hand.walk(run, hand.load(run, ["T-02"]), scans=1)
    assert hand.scan(f"/pick/{run}/scan", THREE_BODY)["outcome"] == "refused"
    hand.walk(run, task)
    hand.send_off(hand.pack(row["id"], "T-02"))
    assert desk.get(f"/orders/{row['id']}")["order"]["state"] == "dispatched"
    assert not [place for sku, place in lies(shop) if sku == USED]
    assert hand.scan("/transfers/scan", used)["outcome"] == "refused", "it is gone"


def tell_all(service, order):
    """Service calls the customer; then nothing waits to be told."""
    while rows := [row for row in service.get("/messages/")["rows"] if row["order_id"] == order.id]:
        service.post(f"/messages/{rows[0]['id']}/told", note="told all of it by phone")


def test_the_order_is_returned_when_its_last_copy_came_and_postage_follows_the_rule(shop, items, order):
    hand, customer = shop.person("packer"), Customer(shop, order)
    both_copies_back(shop, order, hand)
    assert money_of(shop, order) == ("dispatched", 4600)
    assert refusal(customer.ask_back, {order.line_ids[0]: 1}) == "returns.more_than_shipped"

    # Late is the shop's fault: with the last copy the postage goes back, too.
    customer.ask_back({order.line_ids[1]: 1}, reason="late")
    bench = Bench(hand, announced(shop, order)["number"])
    bench.take(DUNE, "as_new", "restock")
    assert bench.close() == "settled"
    assert money_of(shop, order) == ("returned", 7500)
    assert customer.page()["progress"]["word"] == "returned"
    finance = shop.person("finance", "Gu Ping")
    assert sorted(row["amount_minor"] for row in finance.get("/refunds/")["rows"]) == [2900, 4600]
    assert brought_back(shop, items[1]) == [("return", "CUSTOMER", "RETURNS"), ("transfer", "RETURNS", "RECEIVING")]


def test_what_is_not_good_enough_goes_back_to_the_customer_and_is_not_paid(shop, items, order):
    hand, customer = shop.person("packer"), Customer(shop, order)
    customer.ask_back({order.line_ids[0]: 2})
    bench = Bench(hand, announced(shop, order)["number"])
    bench.take(THREE_BODY, "as_new", "restock")
    copy = bench.take(THREE_BODY, "damaged")
    assert (copy["acceptance"], copy["places"]) == ("rejected", ["send_back"])
    assert bench.press("#to:restock")["code"] == "returns_bench.not_there"
    bench.press("#to:send_back")
    assert bench.close() == "settled"
    assert money_of(shop, order) == ("dispatched", 2300)
    assert lies(shop)[THREE_BODY, "RETURNS"] == 1
    assert bench.press("#send_back")["code"] == "returns_bench.sent_back"
    assert bench.press("#send_back")["outcome"] == "refused"
    assert (THREE_BODY, "RETURNS") not in lies(shop)
    assert builders.moves_of(shop.db, items[0])[-1] == ("send_back", 1, "RETURNS", "CUSTOMER")


def test_nobody_pays_alone_not_even_a_manager(shop, items, order):
    manager, other = shop.person("manager", "Lin Yue"), shop.person("manager", "He Qing")
    Customer(shop, order).ask_back({order.line_ids[1]: 1})
    bench = Bench(manager, announced(shop, order)["number"])
    bench.take(DUNE, "as_new", "restock")
    assert bench.close() == "settled"
    row = refund_of(manager, order)
    with pytest.raises(Refused, match="four_eyes"):
        manager.post(f"/refunds/{row['id']}/approve")
    other.post(f"/refunds/{row['id']}/approve")
    manager.post(f"/refunds/{row['id']}/pay", reference="BANK-9")
    assert money_of(shop, order) == ("dispatched", 2300)


def test_a_refund_that_finance_refused_frees_the_amount_and_the_order_stays_as_it_is(shop, items, order):
    finance = shop.person("finance", "Gu Ping")
    both_copies_back(shop, order, shop.person("packer"))
    row = refund_of(finance, order)
    finance.post(f"/refunds/{row['id']}/refuse", reason="paid by voucher, ask the desk")
    assert money_of(shop, order) == ("dispatched", 0)
    assert refund_of(finance, order)["state"] == "refused"
