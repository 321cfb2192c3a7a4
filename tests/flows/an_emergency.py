"""Something is wrong and nobody may go on: a manager stops dispatch with one carrier, or release of one title. Release
desk, label and dock refuse by name, everything else goes on, and when it is over all of it leaves."""

import pytest

from tests import builders
from tests.flows.crew import Refused

THREE_BODY, DUNE = "9787536692930", "9780441172696"
STRIKE, RECALL = "SF's depot is on strike", "Recall of the second printing"


@pytest.fixture
def items(shop):
    for code in ("T-01", "T-02", "T-03"):
        builders.a_tote(shop.db, code)
    return [shop.stock("A-01-1", THREE_BODY, "三体", 6)[0], shop.stock("B-01-1", DUNE, "Dune Messiah", 4)[0]]


@pytest.fixture
def desk(shop):
    return shop.person("manager", "Lin Yue")


@pytest.fixture
def hand(shop):
    return shop.person("packer")


def pack(shop, desk, hand, order, tote):
    """The order checked into its parcel, its label made and not yet stuck on; the task."""
    (run,) = shop.release(desk, order, grouping="by_order")
    hand.walk(run, hand.load(run, [tote]))
    return hand.pack(order.id, tote)


def screen(person, path):
    """What stands on the page as a tablet shows it."""
    kept = person.headers["Accept"]
    person.headers["Accept"] = "text/html"
    status, body = person.ask("GET", path)
    person.headers["Accept"] = kept
    assert status == 200, path
    return body.decode()


def opened(desk):
    return {(pause["what"], pause["reason"]): pause["id"] for pause in desk.get("/pauses/")["open"]}


def test_dispatch_with_one_carrier_stands_still_at_label_and_dock_and_goes_on_afterwards(shop, desk, hand, items):
    labelled, packed, other = (
        builders.an_order(shop.db, {items[0]: 1}, carrier_code=carrier) for carrier in ("SF", "SF", "YTO"))
    box = hand.ship(pack(shop, desk, hand, labelled, "T-01")["parcels"][0]["id"])
    waits = pack(shop, desk, hand, packed, "T-02")["parcels"][0]["id"]
    desk.post("/pauses/", what=["dispatch"], scope="carrier", carrier_code="SF", reason=STRIKE)

    # Whoever may not stop the house cannot, and nobody stops it twice.
    with pytest.raises(Refused, match="403"):
        hand.post("/pauses/", what=["dispatch"], scope="all", reason="no mood")
    with pytest.raises(Refused, match="open_already"):
        desk.post("/pauses/", what=["dispatch"], scope="carrier", carrier_code="SF", reason="again")

    # No new label is made for the smudged one, and the finished box stays off the truck; both name the reason.
    path = f"/ship/{waits}"
    hand.must(f"{path}/scan", "#void:smudged", step=hand.get(path)["task"]["step_id"])
    manifest = hand.post("/dock/open", carrier="SF")["task"]["manifest_id"]
    for scans, raw in ((f"{path}/scan", "#label"), (f"/dock/{manifest}/scan", box["code"])):
        refused = hand.scan(scans, raw)
        assert (refused["outcome"], refused["code"]) == ("refused", "shipping.paused")
        assert STRIKE in refused["say"]
    for page in ("/", "/pick/", "/pack/", path, f"/dock/{manifest}"):
        assert STRIKE.replace("'", "&#39;") in screen(hand, page), page

    # Another carrier's parcels leave, and picking and packing for the stopped one goes on.
    hand.send_off(pack(shop, desk, hand, other, "T-03"))
    assert builders.order_state(shop.db, other) == "dispatched"

    desk.post(f"/pauses/{opened(desk)['dispatch', STRIKE]}/end", note="they drive again")
    assert STRIKE.replace("'", "&#39;") not in screen(hand, "/pack/")
    hand.lists["SF"] = manifest
    hand.hand_over(box["code"], "SF")
    hand.hand_over(hand.ship(waits)["code"], "SF")
    assert [builders.order_state(shop.db, each) for each in (labelled, packed)] == ["dispatched"] * 2
    assert builders.units_at(shop.db, "A-01-1", items[0]) == (3, 0)
    (past,) = desk.get("/pauses/")["past"]
    assert (past["reason"], past["began_by"], past["ended_by"]) == (STRIKE, "Lin Yue", "Lin Yue")


def test_release_of_one_title_keeps_back_each_order_with_it_until_it_is_over(shop, desk, hand, items):
    both = builders.an_order(shop.db, dict.fromkeys(items, 1))
    without = builders.an_order(shop.db, {items[0]: 1})
    desk.post("/pauses/", what=["release"], scope="item", code=DUNE, reason=RECALL)

    with pytest.raises(Refused, match="all_kept") as refused:
        desk.post("/waves/release", order_ids=[both.id])
    assert RECALL in str(refused.value)
    summary = desk.post("/waves/release", order_ids=[both.id, without.id], grouping="by_order")
    assert [(order["number"], order["reason"]) for order in summary["paused_orders"]] == [(both.number, RECALL)]
    assert [builders.order_state(shop.db, each) for each in (both, without)] == ["confirmed", "released"]
    assert builders.units_at(shop.db, "B-01-1", items[1]) == (4, 0)
    assert RECALL in screen(desk, "/waves/") and both.number in screen(desk, "/waves/")

    desk.post(f"/pauses/{opened(desk)['release', RECALL]}/end")
    desk.post("/waves/release", order_ids=[both.id], grouping="by_order")
    for run, tote in zip([run["id"] for run in desk.get("/pick/")["runs"]], ("T-01", "T-02"), strict=True):
        hand.walk(run, hand.load(run, [tote]))
    for waiting in hand.get("/pack/")["waiting"]:
        hand.send_off(hand.pack(waiting["order_id"], waiting["totes"][0]))
    assert [builders.order_state(shop.db, each) for each in (both, without)] == ["dispatched"] * 2
    assert [builders.units_at(shop.db, place, item) for place, item in zip(("A-01-1", "B-01-1"), items, strict=True)
            ] == [(4, 0), (3, 0)]


def test_a_stop_for_all_holds_both_ends_and_leaves_the_work_between_alone(shop, desk, hand, items):
    order, late = (builders.an_order(shop.db, {items[0]: 1}) for _ in range(2))
    (run,) = shop.release(desk, order, grouping="by_order")
    desk.post("/pauses/", what=["release", "dispatch"], scope="all", reason="Flood at gate 2")
    with pytest.raises(Refused, match="all_kept"):
        desk.post("/waves/release", order_ids=[late.id])
    hand.walk(run, hand.load(run, ["T-01"]))
    (parcel,) = hand.pack(order.id, "T-01")["parcels"]
    box = hand.ship(parcel["id"])["code"]
    manifest = hand.post("/dock/open", carrier="SF")["task"]["manifest_id"]
    assert hand.scan(f"/dock/{manifest}/scan", box)["code"] == "shipping.paused"

    for pause in opened(desk).values():
        desk.post(f"/pauses/{pause}/end")
    hand.lists["SF"] = manifest
    hand.hand_over(box, "SF")
    hand.send_off(pack(shop, desk, hand, late, "T-02"))
    assert builders.units_at(shop.db, "A-01-1", items[0]) == (4, 0)
    assert [builders.order_state(shop.db, each) for each in (order, late)] == ["dispatched"] * 2
