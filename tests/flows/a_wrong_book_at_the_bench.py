"""A look-alike lies in the tote: the bench says so loudly, counts nothing, and knows whose mistake it was."""

import pytest
from sqlalchemy import select

from tests import builders
from warehouse.models.incidents import Incident

VOLUME_1, VOLUME_2, OTHER = "9787536692930", "9787229030933", "9780441172696"


@pytest.fixture
def bench(shop):
    """An order for volume 1 in tote T-01, another for volume 2 in T-02, and a third for two titles; (packer,
    orders)."""
    first, _ = shop.stock("A-01-1", VOLUME_1, "三体", 9)
    second, _ = shop.stock("A-01-2", VOLUME_2, "三体Ⅱ：黑暗森林", 9)
    orders = [builders.an_order(shop.db, {first: 2}), builders.an_order(shop.db, {second: 1})]
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    packer = shop.person("packer")
    runs = shop.release(shop.person("manager", "Lin Yue"), *orders, grouping="by_order")
    for run, tote in zip(runs, ("T-01", "T-02"), strict=True):
        packer.walk(run, packer.load(run, [tote]))
    return packer, orders


def test_the_wrong_volume_is_named_and_counts_nothing_until_the_right_one_comes(shop, bench):
    packer, (order, other) = bench
    path = f"/pack/{order.id}/scan"
    packer.must(path, "T-01")
    wrong = packer.scan(path, VOLUME_2)
    assert (wrong["outcome"], wrong["code"], wrong["sound"]) == ("refused", "packing.wrong_item", "error")
    alarm = wrong["task"]["alarm"]
    assert (alarm["got"]["isbn13"], alarm["wanted"]["isbn13"]) == (VOLUME_2, VOLUME_1)
    assert alarm["belongs"]["order_number"] == other.number
    assert wrong["task"]["units_packed"] == 0
    assert packer.get(f"/pack/{order.id}")["task"]["alarm"] == alarm, "a reload keeps the alarm"
    assert packer.scan(path, "HELLO-1")["task"]["alarm"], "another wrong scan does not silence it"
    task = packer.must(path, VOLUME_1)
    assert (task["units_packed"], task["alarm"]) == (1, None)


def test_put_aside_it_is_a_mistake_of_whoever_picked_and_the_order_still_goes(shop, bench):
    packer, (order, _) = bench
    path = f"/pack/{order.id}/scan"
    packer.must(path, "T-01")
    task = packer.scan(path, VOLUME_2)["task"]
    packer.must(path, "#put_aside", step=task["step_id"])
    with shop.db.read() as session:
        (found,) = session.execute(select(Incident.kind, Incident.blamed_id, Incident.order_id)).all()
    assert tuple(found) == ("wrong_item", packer.id, order.id)
    task = packer.pack_on(order.id, packer.get(f"/pack/{order.id}")["task"])
    packer.send_off(task)
    assert builders.order_state(shop.db, order) == "dispatched"


def test_one_copy_too_many_and_a_foreign_tote_are_refused_by_name(bench):
    packer, (order, other) = bench
    path = f"/pack/{other.id}/scan"
    packer.must(path, "T-02")
    assert packer.scan(path, "T-01")["code"] == "packing.other_tote"
    packer.must(path, VOLUME_2)
    extra = packer.scan(path, VOLUME_2)
    assert (extra["outcome"], extra["code"]) == ("refused", "packing.too_many")
    assert extra["task"]["units_packed"] == 1
    assert packer.scan(f"/pack/{order.id}/scan", OTHER)["code"] == "packing.unknown_code"


def test_a_weight_that_cannot_be_right_keeps_the_box_open(bench):
    packer, (order, _) = bench
    path = f"/pack/{order.id}/scan"
    packer.must(path, "T-01")
    task = packer.must(path, VOLUME_1, units=2)
    off = packer.scan(path, "#weight:2500", step=task["step_id"])
    assert (off["outcome"], off["code"], off["task"]["state"]) == ("refused", "packing.weight_off", "packing")
    assert packer.weigh(path, off["task"])["state"] == "packed"


def test_the_label_of_another_parcel_does_not_prove_this_box(bench):
    packer, (order, other) = bench
    packed = [packer.pack(order.id, "T-01"), packer.pack(other.id, "T-02")]
    boxes = [task["parcels"][0]["id"] for task in packed]
    tasks = [packer.must(f"/ship/{box}/scan", "#label") for box in boxes]
    packer.must(f"/ship/{boxes[0]}/scan", "#printed", step=tasks[0]["step_id"])
    wrong = packer.scan(f"/ship/{boxes[0]}/scan", tasks[1]["code"])
    assert (wrong["outcome"], wrong["code"]) == ("refused", "shipping.other_label")
    assert packer.must(f"/ship/{boxes[0]}/scan", tasks[0]["code"])["state"] == "labelled"
