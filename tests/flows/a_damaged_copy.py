"""A copy is found damaged: from the report at the bench to the settled end at the desk, and once more after the parcel
was opened at the customer's. Copies, orders and messages are where they should be, and nothing is given twice."""

import pytest
from sqlalchemy import select

from tests import builders
from tests.flows.crew import Refused
from warehouse import clock
from warehouse.models.messages import Message
from warehouse.services import incidents, setup

DUNE = "9780441172696"


@pytest.fixture
def story(shop):
    """Two copies of Dune Messiah of four, ordered, picked into T-01 and on the bench: (item, order, packer, manager)."""
    item, _ = shop.stock("B-01-1", DUNE, "Dune Messiah", 4)
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    order = builders.an_order(shop.db, {item: 2}, total_minor=4_600)
    packer, manager = shop.person("packer"), shop.person("manager", "Lin Yue")
    fetch(shop, manager, packer, order, "T-01")
    packer.must(f"/pack/{order.id}/scan", "T-01")
    return item, order, packer, manager


def fetch(shop, manager, packer, order, tote):
    (run,) = shop.release(manager, order, grouping="by_order")
    packer.walk(run, packer.load(run, [tote]))


def report_damaged(packer, order):
    path = f"/pack/{order.id}/scan"
    task = packer.get(f"/pack/{order.id}")["task"]
    return packer.must(path, f"#damaged:{order.line_ids[0]}", step=task["step_id"])


def call_in(session, order, item):
    """The customer is on the phone: what they opened is damaged."""
    return incidents.report(
        session, setup.system_actor(session, clock.now()), "damaged", "customer", units=1, item_id=item.id,
        order_id=order.id, order_line_id=order.line_ids[0])


def messages(shop):
    with shop.db.read() as session:
        return sorted(session.execute(select(Message.why)).scalars())


def test_the_desk_fetches_another_and_scraps_the_torn_one(shop, story):
    item, order, packer, manager = story
    task = report_damaged(packer, order)
    (incident,) = manager.get("/incidents/")["incidents"]
    page = f"/incidents/{incident['id']}"
    with pytest.raises(Refused, match="decide_at_bench"):
        manager.post(f"{page}/settle", outcome="confirmed", copies="scrap")
    packer.must(f"/pack/{order.id}/scan", "#hold", step=task["step_id"])

    manager.post(f"{page}/take")
    manager.post(f"{page}/note", note="spine is broken")
    manager.post(f"{page}/settle", outcome="confirmed", copies="scrap", order="replacement", note="spine is broken")

    (run,) = [run["id"] for run in manager.get("/pick/")["runs"] if run["state"] == "planned"]
    packer.walk(run, packer.load(run, ["T-02"]))
    packer.must(f"/pack/{order.id}/scan", "T-02")
    packer.send_off(packer.pack_on(order.id, packer.get(f"/pack/{order.id}")["task"]))
    assert builders.order_state(shop.db, order) == "dispatched"
    assert builders.units_at(shop.db, "B-01-1", item) == (1, 0)
    assert builders.units_at(shop.db, "QUARANTINE", item, "damaged") == (0, 0)
    assert ("write_off", 1, "QUARANTINE", "SCRAP") in builders.moves_of(shop.db, item)
    log = [(entry["verb"], entry["person"]) for entry in manager.get(page)["incident"]["entries"]]
    assert log == [("take", "Lin Yue"), ("note", "Lin Yue"), ("settle", "Lin Yue")]


def test_damaged_at_the_customers_it_is_replaced_once_and_beyond_the_limit_it_goes_up(shop, story):
    item, order, packer, manager = story
    packer.send_off(packer.pack_on(order.id, packer.get(f"/pack/{order.id}")["task"]))
    service = shop.person("service", "Su Min")
    incident = shop.db.write(call_in, order, item)
    page = f"/incidents/{incident}"

    with pytest.raises(Refused, match="more_than_paid"):
        service.post(f"{page}/settle", outcome="confirmed", amount="46.01")
    with pytest.raises(Refused, match="one_way_for_order"):
        service.post(f"{page}/settle", outcome="confirmed", order="replacement", amount="23.00")
    service.post(f"{page}/settle", outcome="confirmed", order="replacement", units=1)

    (made,) = [each for each in service.get(page)["incident"]["made"] if each["kind"] == "order"]
    service.post(f"{page}/reopen", reason="they want a third one")
    with pytest.raises(Refused, match="done_already"):
        service.post(f"{page}/settle", outcome="confirmed", order="replacement", units=1)
    service.post(f"{page}/escalate", reason="they insist")
    with pytest.raises(Refused, match="with_the_lead"):
        service.post(f"{page}/settle", outcome="told")
    manager.post(f"{page}/settle", outcome="told", note="one was sent, one is not")

    manager.post("/waves/release", order_ids=[made["id"]], grouping="by_order")
    (run,) = [run["id"] for run in manager.get("/pick/")["runs"]]
    packer.walk(run, packer.load(run, ["T-02"]))
    packer.send_off(packer.pack(made["id"], "T-02"))
    assert builders.units_at(shop.db, "B-01-1", item) == (1, 0)
    assert messages(shop).count("replaced") == 1
