"""Two pickers stand before the same shelf and one of them finds nothing there. The four steps, by name: the shelf is
counted, nobody is sent there twice for it, the books keep what the other was promised and not one copy more, and what
is missing is fetched elsewhere or told to its customer. Then the count finds where the books were wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import builders
from tests.floor import counters
from tests.flows.a_stocktake import count

DUNE, EMMA = "9780441172696", "9780141439587"
HERE, BEHIND = "A-01-1", "C-01-1"


@pytest.fixture
def items(shop):
    """Six Dunes on the shelf, and two Emmas."""
    for code in ("T-01", "T-02", "T-03"):
        builders.a_tote(shop.db, code)
    builders.a_cart(shop.db, "C-01", slots=2)
    dune, _ = shop.stock(HERE, DUNE, "Dune Messiah", 6)
    return dune, shop.stock("B-01-1", EMMA, "Emma", 2)[0]


@pytest.fixture
def orders(shop, items):
    """Two for the cart, which want both titles, and one that wants a Dune; each takes a part where not all is there."""
    dune, emma = items
    return [builders.an_order(shop.db, wanted, when_short="part")
            for wanted in ({dune: 2, emma: 1}, {dune: 2, emma: 1}, {dune: 1})]


def at_the_shelf(hand, run, totes):
    """The run begun and the shelf scanned: a Dune is asked for."""
    task = hand.load(run, totes)
    if task["step"] == "shelf":
        task = hand.fetch(f"/pick/{run}/scan", task)
    assert (task["step"], task["stop"]["location"], task["stop"]["isbn13"]) == ("item", HERE, DUNE)
    return task


@pytest.fixture
def two(shop, items, orders):
    """Both before the shelf: (who has the cart, its run and task), (the other, their run and task), the desk. Since
    the release three more Dunes were put away elsewhere."""
    desk = shop.person("manager", "Lin Yue")
    cart, other = shop.person("packer", "Wang Xiaoyu", cart="C-01"), shop.person("packer", "Ada Moore")
    (first,) = shop.release(desk, *orders[:2])
    (second,) = [run for run in shop.release(desk, orders[2], grouping="by_order") if run != first]
    builders.stock_at(shop.db, BEHIND, items[0], 3)
    return ((cart, first, at_the_shelf(cart, first, ["T-01", "T-02"])),
            (other, second, at_the_shelf(other, second, ["T-03"])), desk)


def gone(shop, item):
    """Copies that the books took for lost, less those that were found again."""
    moves = builders.moves_of(shop.db, item)
    return sum(units * ((target == "LOST-FOUND") - (source == "LOST-FOUND")) for _, units, source, target in moves)


def pack_all(hand, *orders):
    for order, tote in orders:
        hand.send_off(hand.pack(order.id, tote))


def test_nothing_here_by_its_four_steps_and_what_the_count_makes_good(shop, clock, items, orders, two):
    (cart, first, task), (other, second, _), desk = two
    assert builders.units_at(shop.db, HERE, items[0]) == (6, 5)

    answer = cart.scan(f"/pick/{first}/scan", "#short:nothing_here", step=task["step_id"])

    # Count: the shelf is on the list, for this title.
    counter = shop.person("manager", "Chen Wei")
    (asked,) = counter.get("/count/")["stocktakes"]
    assert (asked["kind"], asked["shelves"], asked["done"]) == ("incident", 1, 0)
    # Drop: the walk comes there no more for it.
    assert (answer["code"], answer["facts"]["n"]) == ("picking.short", 1)
    assert answer["task"]["stop"]["location"] != HERE
    # Books: what the other was promised, and not one copy more.
    assert builders.units_at(shop.db, HERE, items[0]) == (1, 1)
    assert gone(shop, items[0]) == 5
    # Fetch: the second shelf gives all it has, and one customer hears of the copy that is nowhere.
    assert builders.units_at(shop.db, BEHIND, items[0]) == (3, 3)
    (message,) = desk.get("/messages/")["rows"]
    assert (message["why"], message["facts"]["title"], message["facts"]["n"]) == ("short_part", "Dune Messiah", 1)
    found = desk.get("/incidents/")["incidents"]
    assert sorted((each["kind"], each["units"], each["outcome"]) for each in found) == [
        ("short", 2, "order_short"), ("short", 2, "other_shelf")]

    # The other one does find theirs, and the cart goes on to its end.
    other.walk(second, other.get(f"/pick/{second}")["task"])
    cart.walk(first, answer["task"])
    pack_all(cart, (orders[0], "T-01"), (orders[1], "T-02"), (orders[2], "T-03"))
    assert [builders.order_state(shop.db, order) for order in orders] == ["dispatched"] * 3
    assert sorted(counters(shop.db, order)[0] for order in orders) == [
        (1, 1, 0, 0, 1, 1), (2, 1, 1, 0, 1, 1), (2, 2, 0, 0, 2, 2)]
    assert [builders.units_at(shop.db, place, items[0]) for place in (HERE, BEHIND)] == [(0, 0), (0, 0)]

    # Five had fallen behind the shelf: the count finds them, a second one says so too, and they are for sale again.
    count(counter, HERE, (DUNE, 5))
    count(shop.person("manager", "Zhao Min"), HERE, (DUNE, 5))
    assert builders.units_at(shop.db, HERE, items[0]) == (5, 0)
    assert gone(shop, items[0]) == 0


def test_both_report_it_in_the_same_moment_and_each_loses_only_their_own(shop, items, orders, two):
    (cart, first, task), (other, second, task_of_other), _ = two
    with ThreadPoolExecutor(2) as pool:
        said = [pool.submit(hand.scan, f"/pick/{run}/scan", "#short:nothing_here", step=at["step_id"])
                for hand, run, at in ((cart, first, task), (other, second, task_of_other))]
        answers = [each.result() for each in said]
    assert {answer["outcome"] for answer in answers} == {"accepted"}

    for (hand, run, _), answer in zip(two[:2], answers, strict=True):
        hand.walk(run, answer["task"])
    dune = items[0]
    assert [builders.units_at(shop.db, place, dune) for place in (HERE, BEHIND)] == [(0, 0), (0, 0)]
    assert gone(shop, dune) == 6
    assert sum(counters(shop.db, order)[0][4] for order in orders) == 3
    assert sum(counters(shop.db, order)[0][2] for order in orders) == 2
