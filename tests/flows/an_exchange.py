"""A customer wants another title in place of the one that came: the desk asks for it, the bench takes the copy in, and
an order of its own fetches the other. Both orders know each other, and nothing is paid back beside it."""

import pytest
from sqlalchemy import select

from tests import builders
from tests.flows.homecoming import Bench, Customer, lies, refund_of, refusal, send_out, told
from warehouse.models.orders import Order, OrderLine

EMMA, DUNE, MESSIAH = "9780141439587", "9780441013593", "9780441172696"


@pytest.fixture
def items(shop):
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    stocked = (("A-01-1", EMMA, "Emma", 2), ("B-01-1", DUNE, "Dune", 2), ("D-01-1", MESSIAH, "Dune Messiah", 3))
    return [shop.stock(*each)[0] for each in stocked]


@pytest.fixture
def order(shop, items):
    """Emma and two of Dune, 23.00 each, with the customer, who meant Dune Messiah."""
    made = builders.an_order(shop.db, {items[0]: 1, items[1]: 2}, total_minor=6900)
    send_out(shop.person("manager", "Lin Yue"), shop.person("packer"), made.id, "T-01")
    return made


def asked_for(service, order, line, units, wanted, **more):
    """At the desk, with the customer on the phone; the return's page."""
    made = service.post("/returns/new", order=order.number, kind="exchange", reason="wrong_order",
                        **{f"units_{line}": str(units), f"wanted_{line}": wanted}, **more)
    return service.get(f"/returns/{made['return_id']}")["page"]


def test_the_other_title_goes_out_in_an_order_of_its_own_that_keeps_the_link(shop, items, order):
    service, hand, desk = shop.person("service", "Su Min"), shop.person("packer"), shop.person("manager", "Lin Yue")
    asked = asked_for(service, order, order.line_ids[1], 2, MESSIAH)
    assert (asked["facts"]["state"], asked["lines"][0]["wanted"]) == ("approved", "Dune Messiah")
    assert asked["exchange"] is None, "nothing goes before the copies are here"
    bench = Bench(hand, asked["facts"]["number"])
    for _ in range(2):
        bench.take(DUNE, "as_new", "restock")
    assert bench.close() == "settled"

    exchange = service.get(f"/returns/{asked['facts']['id']}")["page"]["exchange"]
    assert exchange["state"] == "confirmed"
    for one, other in ((order.id, exchange["id"]), (exchange["id"], order.id)):
        assert [each["id"] for each in service.get(f"/service/order/{one}")["order"]["related"]] == [other]
    (seen,) = Customer(shop, order).page()["follows"]
    assert seen["number"] == exchange["number"]
    assert money_of(shop, order.id) == (6900, 0)
    assert money_of(shop, exchange["id"]) == (0, 0)
    assert shop.person("finance", "Gu Ping").get("/refunds/")["rows"] == []

    send_out(desk, hand, exchange["id"], "T-02")
    assert desk.get(f"/orders/{exchange['id']}")["order"]["state"] == "dispatched"
    assert lies(shop) == {(EMMA, "A-01-1"): 1, (DUNE, "RECEIVING"): 2, (MESSIAH, "D-01-1"): 1}
    assert told(shop, order)[-1] == "exchange_sent"
    assert builders.order_state(shop.db, order) == "dispatched", "Emma is still theirs"


def money_of(shop, order_id):
    """(what it cost, what of that is given back)."""
    with shop.db.read() as session:
        return tuple(session.execute(
            select(Order.total_minor, Order.refunded_minor).where(Order.id == order_id)).one())


def lines_of(shop, order_id):
    with shop.db.read() as session:
        return session.execute(
            select(OrderLine.id, OrderLine.title_text, OrderLine.units_wanted)
            .where(OrderLine.order_id == order_id)).all()


def test_only_what_came_and_is_good_enough_is_exchanged(shop, items, order):
    service, hand = shop.person("service", "Su Min"), shop.person("packer")
    asked = asked_for(service, order, order.line_ids[1], 2, MESSIAH)
    bench = Bench(hand, asked["facts"]["number"])
    bench.take(DUNE, "as_new", "restock")
    assert bench.press("#close")["code"] == "returns_bench.not_all_came"
    assert bench.close(missing=True) == "settled"
    exchange = service.get(f"/returns/{asked['facts']['id']}")["page"]["exchange"]
    (line,) = lines_of(shop, exchange["id"])
    assert (line.title_text, line.units_wanted) == ("Dune Messiah", 1)
    (missing,) = shop.person("manager", "Lin Yue").get("/incidents/", kind="missing")["incidents"]
    assert (missing["units"], missing["stage"]) == (1, "return")
    # The copy that did not come may still be sent.
    assert refusal(asked_for, service, order, order.line_ids[1], 2, MESSIAH) == "returns.more_than_shipped"
    assert asked_for(service, order, order.line_ids[1], 1, MESSIAH)["facts"]["state"] == "approved"


def test_what_is_asked_for_instead_is_one_known_title_of_an_exchange(shop, items, order):
    service, line = shop.person("service", "Su Min"), order.line_ids[1]
    assert refusal(asked_for, service, order, line, 1, "9780000000002") == "returns.which_title"
    assert refusal(service.post, "/returns/new", order=order.number, kind="return", reason="late",
                   **{f"units_{line}": "1", f"wanted_{line}": MESSIAH}) == "returns.other_title_is_exchange"
    assert service.get("/returns/")["rows"] == []


def test_the_title_that_came_in_exchange_comes_back_too_and_the_first_order_pays(shop, items, order):
    """They like the other title no better: what they paid is given back, once, by the order that was paid."""
    service, hand, desk = shop.person("service", "Su Min"), shop.person("packer"), shop.person("manager", "Lin Yue")
    asked = asked_for(service, order, order.line_ids[1], 1, MESSIAH)
    bench = Bench(hand, asked["facts"]["number"])
    bench.take(DUNE, "as_new", "restock")
    bench.close()
    exchange = service.get(f"/returns/{asked['facts']['id']}")["page"]["exchange"]
    send_out(desk, hand, exchange["id"], "T-02")

    (line,) = lines_of(shop, exchange["id"])
    made = service.post("/returns/new", order=exchange["number"], kind="return", reason="changed_mind",
                        **{f"units_{line.id}": "1"})
    back = Bench(hand, service.get(f"/returns/{made['return_id']}")["page"]["facts"]["number"])
    back.take(MESSIAH, "as_new", "restock")
    assert back.close() == "settled"
    assert (money_of(shop, order.id), money_of(shop, exchange["id"])) == ((6900, 2300), (0, 0))
    assert desk.get(f"/orders/{exchange['id']}")["order"]["state"] == "returned"
    # Of the two orders no more goes back than was paid for what is still with the customer.
    assert builders.order_state(shop.db, order) == "dispatched"
    assert refund_of(shop.person("finance", "Gu Ping"), order)["amount_minor"] == 2300
