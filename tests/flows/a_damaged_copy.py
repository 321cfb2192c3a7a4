"""A copy is found damaged: at the shelf, at the bench, and once more after the parcel was opened at the customer's,
each time from the report to the settled end at the desk. Copies, orders and messages are where they should be, and
nothing is given twice."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from tests import builders
from tests.flows.crew import Refused
from warehouse import clock
from warehouse.models.messages import Message
from warehouse.services import incidents, setup

DUNE = "9780441172696"


@pytest.fixture
def story(shop):
    """Two copies of Dune Messiah of four, ordered, picked into T-01 and on the bench: (item, order, packer,
    manager)."""
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


def a_photo():
    """As a camera takes it: it says where it was taken."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (30.0, 16.0, 12.0)}
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "maroon").save(file, "JPEG", exif=exif)
    return file.getvalue()


def to_the_book(hand, run, task):
    """As far as the next book that is asked for."""
    while task["step"] != "item":
        task = hand.fetch(f"/pick/{run}/scan", task)
    return task


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


def is_torn_at_both_shelves(shop, packer, run):
    """Problem, damaged: the other shelf is asked for it; but there the copy is torn too. The first incident."""
    path = f"/pick/{run}/scan"
    task = to_the_book(packer, run, packer.load(run, ["T-01"]))
    answer = packer.scan(path, "#damaged", step=task["step_id"])
    assert answer["code"] == "picking.short_elsewhere"
    torn = answer["facts"]["incident_id"]
    packer.upload(f"/incidents/{torn}/more/photo", "photo", "torn.jpg", a_photo())
    task = packer.must(path, DUNE)
    assert messages(shop) == []
    # The one there is torn too: now it is short, and the customer hears of it.
    task = to_the_book(packer, run, task)
    assert task["stop"]["location"] == "C-01-1"
    answer = packer.scan(path, "#damaged", step=task["step_id"])
    assert (answer["code"], messages(shop)) == ("picking.short", ["short_part"])
    return torn


def test_at_the_shelf_it_is_two_taps_and_what_nobody_settles_in_time_goes_up(shop, clock):
    dune = builders.an_item(shop.db, "Dune Messiah", isbn=DUNE, weight_g=300, price_minor=30_000, currency="CNY")
    for place, units in (("B-01-1", 2), ("C-01-1", 1)):
        builders.stock_at(shop.db, place, dune, units)
    builders.a_tote(shop.db, "T-01")
    order = builders.an_order(shop.db, {dune: 2}, when_short="part", total_minor=4_600)
    packer, manager, service = (
        shop.person(role, name) for role, name in (("packer", "Ada"), ("manager", "Lin Yue"), ("service", "Su Min")))
    (run,) = shop.release(manager, order, grouping="by_order")
    torn = is_torn_at_both_shelves(shop, packer, run)
    assert builders.units_at(shop.db, "QUARANTINE", dune, "damaged") == (2, 0)
    packer.send_off(packer.pack(order.id, "T-01"))

    # Both have an owner and a next step; the picture says nothing of where it was taken.
    found = manager.get("/incidents/")["incidents"]
    assert {(each["owner_role"], each["next_step"], each["stage"]) for each in found} == {
        ("operations", "write_off", "pick")}
    (photo,) = manager.get(f"/incidents/{torn}")["incident"]["row"]["photos"]
    _, jpeg = manager.ask("GET", f"/receive/photo/{photo}.jpg")
    assert jpeg[:2] == b"\xff\xd8" and not Image.open(io.BytesIO(jpeg)).getexif()

    # Service may not write off what is so dear: it passes it up, and the manager does.
    page = f"/incidents/{torn}"
    with pytest.raises(Refused, match="beyond_authority"):
        service.post(f"{page}/settle", outcome="confirmed", copies="scrap")
    service.post(f"{page}/escalate", reason="300.00 is more than mine to give")
    manager.post(f"{page}/settle", outcome="confirmed", copies="scrap", units=1, note="torn")

    # The other one waits for nobody longer than its kind may: the clock passes it up.
    other = next(each["id"] for each in found if each["id"] != torn)
    assert shop.minute()["incidents gone up"] == 0
    clock.forward(days=7)
    assert [shop.minute()["incidents gone up"] for _ in range(2)] == [1, 0]
    manager.sign_in()
    late = manager.get(f"/incidents/{other}")["incident"]
    assert late["row"]["owner_role"] == "manager"
    assert [(entry["verb"], entry["facts"]["overdue"]) for entry in late["entries"]] == [("escalate", True)]
    manager.post(f"/incidents/{other}/settle", outcome="confirmed", copies="scrap", units=1, amount="23.00")

    assert [each["kind"] for each in manager.get(f"/incidents/{other}")["incident"]["made"]] == ["refund", "message"]
    assert [builders.units_at(shop.db, place, dune, condition) for place, condition in (
        ("B-01-1", "good"), ("C-01-1", "good"), ("QUARANTINE", "damaged"))] == [(0, 0)] * 3
    assert [move for move in builders.moves_of(shop.db, dune) if move[0] == "write_off"] == [
        ("write_off", 1, "QUARANTINE", "SCRAP")] * 2
    trends = manager.get("/incidents/trends/", by="week")["groups"]
    assert {group["name"]: group["total"]["units"] for group in trends["kind"]} == {"damaged": 2, "delayed": 1}
    assert {"B-01-1", "C-01-1"} <= {group["name"] for group in trends["location"]}
