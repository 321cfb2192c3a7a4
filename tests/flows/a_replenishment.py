"""Orders want more than the pick face holds: what is missing is brought from the reserve by two people, a shelf that
holds less than the books say is passed over, and the orders are picked from the face alone."""

import pytest

from tests import builders
from tests.flows.crew import Refused
from tests.transfers_builders import a_home, as_reserve

DUNE, EMMA = "9780441172696", "9780141439587"
FACE, NEAR, FAR = "A-01-1", "R-01-1", "R-02-1"


@pytest.fixture
def items(shop):
    """Two copies of Dune on their face, which should have 4 to 10; five and twenty more in reserve. Emma has enough."""
    dune, face = shop.stock(FACE, DUNE, "Dune", 2)
    a_home(shop.db, dune, face, 4, 10)
    as_reserve(shop.db, builders.stock_at(shop.db, NEAR, dune, 5), builders.stock_at(shop.db, FAR, dune, 20))
    emma, shelf = shop.stock("A-01-2", EMMA, "Emma", 9)
    a_home(shop.db, emma, shelf, 4, 10)
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    return dune, emma


@pytest.fixture
def desk(shop):
    return shop.person("manager", "Lin Yue")


@pytest.fixture
def first(shop):
    return shop.person("picker", "Wang Xiaoyu")


@pytest.fixture
def second(shop):
    return shop.person("packer", "Jamie Porter")


def plan(desk):
    planned = desk.post("/transfers/plan")
    return planned["made"], planned["changed"], planned["cancelled"]


def waiting(desk):
    """{source: (target, copies, why)} of what is to be brought."""
    return {each["source"]: (each["target"], each["units"], each["why"])
            for each in desk.get("/transfers/replenishments")["replenishments"]}


def press(person, command):
    step = person.get("/transfers/")["task"]["step_id"]
    return person.scan("/transfers/scan", command, step=step)


def take_task(person, source):
    """The task that begins at this shelf, by its button; the answer."""
    task = next(each for each in person.get("/transfers/replenish")["task"]["tasks"] if each["source"] == source)
    return press(person, f"#replenish:{task['id']}")


def bring(person, units):
    """From where the task begins to where it ends; the answer to the last scan."""
    task = person.get("/transfers/")["task"]
    person.must("/transfers/scan", task["source"]["code"])
    person.must("/transfers/scan", DUNE, **({"units": units} if units > 1 else {}))
    return person.scan("/transfers/scan", task["task"]["target"]["code"])


def test_orders_are_picked_from_a_face_that_two_people_filled(shop, desk, items, first, second):
    for person in (first, second):
        person.faults.repeated = 1.0
    assert plan(desk) == (2, 0, 0)
    assert waiting(desk) == {NEAR: (FACE, 5, "min"), FAR: (FACE, 3, "min")}
    orders = [builders.an_order(shop.db, {items[0]: 6}), builders.an_order(shop.db, {items[0]: 8})]
    assert plan(desk) == (0, 2, 0)
    assert waiting(desk) == {NEAR: (FACE, 5, "orders"), FAR: (FACE, 7, "orders")}

    assert take_task(first, NEAR)["outcome"] == "accepted"
    assert NEAR not in {each["source"] for each in second.get("/transfers/")["task"]["tasks"]}
    take_task(second, FAR)
    assert bring(first, 5)["code"] == "transfers.replenished"
    assert bring(second, 4)["code"] == "transfers.put"
    assert builders.units_at(shop.db, FACE, items[0]) == (11, 0)
    assert bring(second, 3)["code"] == "transfers.replenished"
    assert builders.units_at(shop.db, FACE, items[0]) == (14, 0)
    assert plan(desk) == (0, 0, 0)

    runs = shop.release(desk, *orders, grouping="by_order")
    for run, tote in zip(runs, ("T-01", "T-02"), strict=True):
        second.walk(run, second.load(run, [tote]))
    assert {place for place, _ in second.log.taken} == {FACE}
    assert builders.units_at(shop.db, FACE, items[0]) == (0, 0)
    assert {builders.order_state(shop.db, order) for order in orders} == {"picked"}
    plan(desk)
    assert waiting(desk) == {FAR: (FACE, 10, "min")}


def test_a_reserve_that_holds_less_than_the_books_say_is_passed_over_and_counted(shop, desk, items, first):
    plan(desk)
    take_task(first, NEAR)
    task = first.get("/transfers/")["task"]
    first.must("/transfers/scan", task["source"]["code"])
    answer = press(first, "#short")
    assert (answer["outcome"], answer["code"]) == ("accepted", "transfers.short")
    assert answer["task"]["source"]["code"] == FAR
    assert bring(first, 8)["code"] == "transfers.replenished"
    assert builders.units_at(shop.db, FACE, items[0]) == (10, 0)

    (incident,) = [each for each in desk.get("/incidents/")["incidents"] if each["kind"] == "missing"]
    assert incident["units"] == 5
    shelf = first.scan("/count/scan", NEAR)
    assert shelf["outcome"] == "accepted", shelf
    counted = first.get(shelf["go"])["task"]
    done = first.must(f"{shelf['go']}/scan", "#empty", step=counted["step_id"])
    assert done["state"] == "counted"
    again = desk.scan("/count/scan", NEAR)
    counted = desk.get(again["go"])["task"]
    desk.must(f"{again['go']}/scan", "#empty", step=counted["step_id"])
    assert builders.units_at(shop.db, NEAR, items[0]) == (0, 0)


def test_two_who_tap_the_same_task_do_not_both_get_it(desk, items, first, second):
    plan(desk)
    first_seen, second_seen = (person.get("/transfers/replenish")["task"] for person in (first, second))
    command = f"#replenish:{first_seen['tasks'][0]['id']}"
    first.must("/transfers/scan", command, step=first_seen["step_id"])
    late = second.scan("/transfers/scan", command, step=second_seen["step_id"])
    assert (late["outcome"], late["code"]) == ("refused", "transfers.task_gone")


def test_a_need_that_is_gone_is_brought_by_nobody_and_an_old_screen_acts_on_nothing(shop, desk, items, first):
    plan(desk)
    step = first.get("/transfers/replenish")["task"]["step_id"]
    first.must("/transfers/scan", NEAR)
    with pytest.raises(Refused, match=r"scan\.stale_step"):
        first.scan("/transfers/scan", "#replenish:1", step=step)
    first.must("/transfers/scan", DUNE, units=5)
    first.must("/transfers/scan", FACE)
    press(first, "#leave")
    assert plan(desk)[2] == 1
    assert waiting(desk) == {FAR: (FACE, 3, "min")}
    assert builders.units_at(shop.db, FACE, items[0]) == (7, 0)
