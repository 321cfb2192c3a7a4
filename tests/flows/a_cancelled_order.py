"""A customer calls an order off, however far it is: what is in totes and boxes is scanned back to a shelf,
and in the end everything lies where it lay in the morning."""

import pytest

from tests import builders
from tests.flows.crew import Refused

THREE_BODY, DUNE = "9787536692930", "9780441172696"
OPENING = {"A-01-1": 9, "B-01-1": 5}


@pytest.fixture
def order(shop):
    """Three copies of two titles, for a tote of its own."""
    shop.items = [shop.stock("A-01-1", THREE_BODY, "三体", 9)[0],
                  shop.stock("B-01-1", DUNE, "Dune Messiah", 5)[0]]
    builders.a_tote(shop.db, "T-01")
    return builders.an_order(shop.db, dict(zip(shop.items, (2, 1), strict=True)))


@pytest.fixture
def desk(shop):
    return shop.person("manager", "Lin Yue")


def bring_to(state, shop, desk, hand, order):
    """The order as far as `state`, by the scans that lead there."""
    if state == "confirmed":
        return
    (run,) = shop.release(desk, order, grouping="by_order")
    if state == "released":
        return
    task = hand.walk(run, hand.load(run, ["T-01"]), scans=2 if state == "picking" else 99)
    if state in ("picking", "picked"):
        assert task["units_taken"] == (1 if state == "picking" else 3)
        return
    if state == "packing":
        hand.must(f"/pack/{order.id}/scan", "T-01")
        hand.must(f"/pack/{order.id}/scan", THREE_BODY)
        return
    task = hand.pack(order.id, "T-01")
    if state == "labelled":
        hand.ship(task["parcels"][0]["id"])


def put_everything_back(hand):
    """Open each tote and box that waits, and scan every book from it to the shelf that is named; units."""
    units = 0
    while sources := hand.get("/putback/")["sources"]:
        page = f"/putback/{sources[0]['id']}"
        if sources[0]["kind"] == "tote":  # A box that was never closed has no label to scan: it is tapped.
            assert hand.scan("/putback/scan", sources[0]["code"])["go"] == page
        path, task = f"{page}/scan", hand.get(page)["task"]
        while task["step"] != "done":
            present = task["present"]
            task = hand.must(path, present["isbn13"] if task["step"] == "item" else present["home"]["code"])
        units += task["units_done"]
    return units


@pytest.mark.parametrize(("state", "units"), [
    ("confirmed", 0), ("released", 0), ("picking", 1), ("picked", 3), ("packing", 3), ("packed", 3),
    ("labelled", 3),
])
def test_called_off_anywhere_before_it_leaves_all_copies_come_back_to_their_shelves(
    shop, desk, order, state, units,
):
    hand = shop.person("packer")
    bring_to(state, shop, desk, hand, order)
    assert builders.order_state(shop.db, order) == ("packed" if state == "labelled" else state)
    desk.post(f"/orders/{order.id}/cancel", reason="changed their mind")
    assert builders.order_state(shop.db, order) == "cancelled"
    assert put_everything_back(hand) == units
    for item, (place, wanted) in zip(shop.items, OPENING.items(), strict=True):
        assert builders.units_at(shop.db, place, item) == (wanted, 0)
    assert desk.get("/equipment/")["totes"][0]["state"] == "free"
    assert hand.get("/putback/")["sources"] == []


def test_nobody_goes_on_with_an_order_that_was_called_off(shop, desk, order):
    hand = shop.person("packer")
    bring_to("labelled", shop, desk, hand, order)
    desk.post(f"/orders/{order.id}/cancel", reason="changed their mind")
    assert hand.scan(f"/pack/{order.id}/scan", THREE_BODY)["code"] == "packing.order_cancelled"
    manifest = hand.post("/dock/open", carrier="SF")["task"]["manifest_id"]
    (box,) = hand.get("/putback/")["sources"]
    stopped = hand.scan(f"/dock/{manifest}/scan", box["code"])
    assert (stopped["outcome"], stopped["code"]) == ("refused", "shipping.order_cancelled")


def test_what_the_driver_has_cannot_be_called_off(shop, desk, order):
    hand = shop.person("packer")
    bring_to("picked", shop, desk, hand, order)
    hand.send_off(hand.pack(order.id, "T-01"))
    with pytest.raises(Refused, match="cancellation"):
        desk.post(f"/orders/{order.id}/cancel", reason="too late")
    assert builders.order_state(shop.db, order) == "dispatched"


def test_a_picker_under_way_goes_on_with_the_other_orders_of_the_cart(shop, desk, order):
    other = builders.an_order(shop.db, dict.fromkeys(shop.items, 1))
    builders.a_cart(shop.db, "C-01", slots=2)
    builders.a_tote(shop.db, "T-02")
    hand = shop.person("packer", cart="C-01")
    (run,) = shop.release(desk, order, other)
    task = hand.walk(run, hand.load(run, ["T-01", "T-02"]), scans=3)
    desk.post(f"/orders/{order.id}/cancel", reason="changed their mind")
    hand.walk(run, hand.get(f"/pick/{run}")["task"])
    assert builders.order_state(shop.db, other) == "picked"
    assert put_everything_back(hand) == task["units_taken"]
