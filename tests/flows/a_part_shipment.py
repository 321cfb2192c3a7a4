"""Not every copy is there: at the shelf, at the bench, or only later. What can go goes, and the books say
what did."""

import pytest

from tests import builders
from tests.floor import counters

THREE_BODY, DUNE, OTHER = "9787536692930", "9780441172696", "9787020035847"


@pytest.fixture
def desk(shop):
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    return shop.person("manager", "Lin Yue")


@pytest.fixture
def items(shop):
    """Four copies on one shelf with two more on another, and two of a second title."""
    first, _ = shop.stock("A-01-1", THREE_BODY, "三体", 4)
    builders.stock_at(shop.db, "C-01-1", first, 2)
    return first, shop.stock("B-01-1", DUNE, "Dune Messiah", 2)[0]


def picked(shop, desk, hand, order):
    """The order in tote T-01."""
    (run,) = shop.release(desk, order, grouping="by_order")
    hand.walk(run, hand.load(run, ["T-01"]))


def test_what_is_short_at_release_waits_until_the_customer_takes_a_part(shop, desk, items):
    order = builders.an_order(shop.db, dict(zip(items, (1, 3), strict=True)))
    assert desk.post("/waves/release", order_ids=[order.id])["waiting"] == 1
    assert builders.order_state(shop.db, order) == "held"
    desk.post(f"/orders/{order.id}/when-short", when_short="part", reason="asked the customer")
    hand = shop.person("packer")
    picked(shop, desk, hand, order)
    hand.send_off(hand.pack(order.id, "T-01"))
    assert builders.order_state(shop.db, order) == "dispatched"
    assert counters(shop.db, order) == [(1, 1, 0, 0, 1, 1), (3, 2, 1, 0, 2, 2)]


def test_an_empty_shelf_sends_the_picker_to_the_next_one_that_has_it(shop, desk, items):
    order = builders.an_order(shop.db, {items[0]: 2, items[1]: 1}, when_short="part")
    hand = shop.person("packer")
    (run,) = shop.release(desk, order, grouping="by_order")
    task = hand.load(run, ["T-01"])
    while task["stop"]["isbn13"] != THREE_BODY or task["step"] != "item":
        task = hand.fetch(f"/pick/{run}/scan", task)
    first = task["stop"]["location"]
    answer = hand.scan(f"/pick/{run}/scan", "#short:nothing_here", step=task["step_id"])
    assert answer["code"] == "picking.short_elsewhere"
    hand.walk(run, answer["task"])
    assert builders.units_at(shop.db, first, items[0]) == (0, 0)
    hand.send_off(hand.pack(order.id, "T-01"))
    assert counters(shop.db, order) == [(2, 2, 0, 0, 2, 2), (1, 1, 0, 0, 1, 1)]


def test_found_nowhere_and_the_customer_waits_the_desk_sends_what_is_there(shop, desk, items):
    order = builders.an_order(shop.db, dict(zip(items, (1, 2), strict=True)))
    hand = shop.person("packer")
    (run,) = shop.release(desk, order, grouping="by_order")
    task = hand.load(run, ["T-01"])
    while task["stop"]["isbn13"] != DUNE or task["step"] != "item":
        task = hand.fetch(f"/pick/{run}/scan", task)
    answer = hand.scan(f"/pick/{run}/scan", "#short:not_enough", step=task["step_id"])
    assert (answer["code"], answer["facts"]["n"]) == ("picking.short", 2)
    hand.walk(run, answer["task"])
    assert builders.order_state(shop.db, order) == "held"
    (held,) = desk.get("/orders/review")["orders"]
    assert held["holds"][0]["reason"] == "short_at_pick"
    desk.post(f"/orders/holds/{held['holds'][0]['id']}/lift", reason="the customer takes a part")
    hand.send_off(hand.pack(order.id, "T-01"))
    assert builders.order_state(shop.db, order) == "dispatched"
    assert counters(shop.db, order) == [(1, 1, 0, 0, 1, 1), (2, 0, 2, 0, 0, 0)]


def test_a_copy_damaged_at_the_bench_is_fetched_again_and_the_box_is_finished(shop, desk, items):
    order = builders.an_order(shop.db, {items[0]: 2})
    hand = shop.person("packer")
    picked(shop, desk, hand, order)
    path = f"/pack/{order.id}/scan"
    hand.must(path, "T-01")
    task = hand.must(path, THREE_BODY)
    task = hand.must(path, f"#damaged:{task['lines'][0]['id']}", step=task["step_id"])
    task = hand.must(path, "#replace", step=task["step_id"])
    assert task["state"] == "picking"
    (run,) = [each["id"] for each in hand.get("/pick/")["runs"]]
    hand.walk(run, hand.load(run, ["T-02"]))
    hand.send_off(hand.pack(order.id, "T-02"))
    assert builders.order_state(shop.db, order) == "dispatched"
    assert counters(shop.db, order) == [(2, 2, 0, 0, 2, 2)]
    assert builders.units_at(shop.db, "QUARANTINE", items[0], "damaged") == (1, 0)
    assert {tote["state"] for tote in desk.get("/equipment/")["totes"]} == {"free"}


def test_an_order_in_two_boxes_leaves_with_the_second_one(shop, desk, items):
    order = builders.an_order(shop.db, dict(zip(items, (2, 2), strict=True)))
    hand = shop.person("packer")
    picked(shop, desk, hand, order)
    path = f"/pack/{order.id}/scan"
    hand.must(path, "T-01")
    task = hand.must(path, THREE_BODY, units=2)
    hand.must(path, "#new_parcel", step=task["step_id"])
    task = hand.must(path, DUNE, units=2)
    assert [parcel["units"] for parcel in task["parcels"]] == [2, 2]
    task = hand.pack_on(order.id, task)
    first, second = (hand.ship(parcel["id"]) for parcel in task["parcels"])
    hand.hand_over(first["code"], task["carrier"])
    assert builders.order_state(shop.db, order) == "packed"
    hand.hand_over(second["code"], task["carrier"])
    assert builders.order_state(shop.db, order) == "dispatched"
    assert counters(shop.db, order) == [(2, 2, 0, 0, 2, 2), (2, 2, 0, 0, 2, 2)]


def test_a_copy_missing_at_the_bench_may_be_left_out(shop, desk, items):
    order = builders.an_order(shop.db, dict(zip(items, (1, 1), strict=True)))
    hand = shop.person("packer")
    picked(shop, desk, hand, order)
    path = f"/pack/{order.id}/scan"
    task = hand.must(path, "T-01")
    line = next(each for each in task["lines"] if each["isbn13"] == DUNE)
    task = hand.must(path, f"#missing:{line['id']}", step=task["step_id"])
    assert task["step"] == "decide"
    task = hand.must(path, "#part", step=task["step_id"])
    hand.send_off(hand.pack_on(order.id, task))
    assert builders.order_state(shop.db, order) == "dispatched"
    assert counters(shop.db, order) == [(1, 1, 0, 0, 1, 1), (1, 0, 1, 0, 0, 0)]
