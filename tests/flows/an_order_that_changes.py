"""The desk changes an order that is already on the floor. Whoever holds it is told at the next scan, what is no longer
wanted goes back to a shelf by scan, a label that is no longer right is void, and what leaves is what was asked for
last."""

import pytest
from sqlalchemy import func, select

from tests import builders
from tests.flows.a_cancelled_order import bring_to, put_everything_back
from tests.flows.crew import Refused
from warehouse.models.catalog import Item
from warehouse.models.messages import Message
from warehouse.models.orders import OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.stock import Location, StockBalance

THREE_BODY, DUNE, WALDEN = "9787536692930", "9780441172696", "9780691096124"
OPENING = {THREE_BODY: 9, DUNE: 5, WALDEN: 4}
WHY = "asked by phone"


@pytest.fixture
def order(shop):
    """Two copies of 三体 and one Dune; four of Walden lie beside."""
    shop.items = [shop.stock(*each)[0] for each in (
        ("A-01-1", THREE_BODY, "三体", 9), ("B-01-1", DUNE, "Dune Messiah", 5), ("C-01-1", WALDEN, "Walden", 4))]
    for number in range(1, 5):
        builders.a_tote(shop.db, f"T-0{number}")
    return builders.an_order(shop.db, dict(zip(shop.items, (2, 1), strict=False)), total_minor=6_900)


@pytest.fixture
def desk(shop):
    return shop.person("manager", "Lin Yue")


@pytest.fixture
def hand(shop):
    return shop.person("packer")


# --- What everybody does ---------------------------------------------------------------------------------------------


def page(desk, order_id):
    return desk.get(f"/orders/{order_id}")


def finish(desk, hand, *order_ids):
    """Whoever has these orders does what the screens ask for, until they have left and nothing waits to be put back."""
    for _ in range(12):
        states = {order_id: page(desk, order_id)["order"]["state"] for order_id in order_ids}
        if waiting := [order_id for order_id, state in states.items() if state == "confirmed"]:
            desk.post("/waves/release", order_ids=waiting, grouping="by_order")
        elif {"released", "picking"} & set(states.values()):
            walk_all(desk, hand)
        elif not set(states.values()) & {"picked", "packing", "packed"}:
            break
        for order_id, state in states.items():
            if state in ("picked", "packing"):
                check_out(desk, hand, order_id)
            elif state == "packed":
                load(hand, order_id)
    put_everything_back(hand)
    return [page(desk, order_id)["order"]["state"] for order_id in order_ids]


def walk_all(desk, hand):
    for run in hand.get("/pick/")["runs"]:
        is_new = run["state"] == "planned"
        task = hand.load(run["id"], free_totes(desk)) if is_new else hand.get(f"/pick/{run['id']}")["task"]
        hand.walk(run["id"], task)


def free_totes(desk):
    return [tote["code"] for tote in desk.get("/equipment/")["totes"] if tote["state"] == "free"]


def check_out(desk, hand, order_id):
    """Out of the box what is no longer wanted, in what is, as the screen says."""
    path, task = f"/pack/{order_id}/scan", hand.get(f"/pack/{order_id}")["task"]
    while task["state"] in ("picked", "packing"):
        if task["step"] == "start":
            task = hand.must(path, task["totes"][0])
        elif task["step"] == "out" and not task["totes"]:
            task = hand.must(path, free_totes(desk)[0])
        elif task["step"] == "out":
            task = hand.must(path, next(line["isbn13"] for line in task["lines"] if line["units_out"]))
        elif task["step"] == "scan":
            task = hand.check(path, task)
        elif task["step"] == "read":
            task = hand.must(path, "#ack", step=task["step_id"])
        else:
            task = hand.weigh(path, task)
    return task


def load(hand, order_id):
    task = hand.get(f"/pack/{order_id}")["task"]
    for parcel in task["parcels"]:
        is_labelled = parcel["state"] == "labelled"
        shipped = hand.get(f"/ship/{parcel['id']}")["task"] if is_labelled else hand.ship(parcel["id"])
        hand.hand_over(shipped["code"], task["carrier"])


def sent(shop, order_id):
    """Copies by ISBN in the boxes that the driver has."""
    with shop.db.read() as session:
        rows = session.execute(
            select(Item.isbn13, func.sum(ParcelLine.units)).join(OrderLine, OrderLine.id == ParcelLine.order_line_id)
            .join(Item, Item.id == OrderLine.item_id).join(Parcel, Parcel.id == ParcelLine.parcel_id)
            .where(Parcel.order_id == order_id, Parcel.state == "handed_over").group_by(Item.isbn13))
        return {isbn: int(units) for isbn, units in rows}


def nothing_is_lost(shop, *order_ids):
    """Every copy of the morning lies on a shelf, free, or is with the driver."""
    with shop.db.read() as session:
        rows = session.execute(
            select(Item.isbn13, func.sum(StockBalance.on_hand), func.sum(StockBalance.reserved))
            .join(Item, Item.id == StockBalance.item_id).join(Location, Location.id == StockBalance.location_id)
            .where(Location.kind == "shelf").group_by(Item.isbn13))
        shelves = {isbn: (int(units), int(reserved)) for isbn, units, reserved in rows}
    gone = [sent(shop, order_id) for order_id in order_ids]
    assert shelves == {isbn: (units - sum(each.get(isbn, 0) for each in gone), 0) for isbn, units in OPENING.items()}


def told(shop, order_id):
    with shop.db.read() as session:
        return list(session.execute(
            select(Message.why).where(Message.order_id == order_id, Message.why != "dispatched").order_by(Message.id)
        ).scalars())


# --- Stories ---------------------------------------------------------------------------------------------------------


def test_another_address_after_the_label_is_on_the_box_ends_in_another_label(shop, desk, hand, order):
    bring_to("labelled", shop, desk, hand, order)
    (parcel,) = hand.get(f"/pack/{order.id}")["task"]["parcels"]
    old = hand.get(f"/ship/{parcel['id']}")["task"]["code"]

    desk.post(f"/orders/{order.id}/address", street="南山路 5 号", reason=WHY)

    manifest = hand.post("/dock/open", carrier="SF")["task"]["manifest_id"]
    refused = hand.scan(f"/dock/{manifest}/scan", old)
    assert refused["outcome"] == "refused", refused
    assert hand.get(f"/pack/{order.id}")["task"]["changed"] == WHY
    hand.lists["SF"] = manifest
    assert finish(desk, hand, order.id) == ["dispatched"]
    mended = page(desk, order.id)["mended"]
    assert [(part["name"], part["was"], part["now"]) for part in mended] == [
        ("street", "文三路桂花弄 ** 号 * 幢 *** 室", "南山路 * 号")]
    assert desk.post(f"/orders/{order.id}/recipient")["recipient"]["street"] == "南山路 5 号"
    assert (sent(shop, order.id), told(shop, order.id)) == ({THREE_BODY: 2, DUNE: 1}, ["changed"])
    nothing_is_lost(shop, order.id)


@pytest.mark.parametrize(("stage", "back"), [("picking", 0), ("picked", 1), ("packing", 1), ("labelled", 1)])
def test_one_copy_less_goes_back_to_its_shelf_by_scan(shop, desk, hand, order, stage, back):
    bring_to(stage, shop, desk, hand, order)
    desk.post(f"/orders/lines/{order.line_ids[0]}/units", units=1, reason=WHY)
    if stage in ("packing", "labelled"):
        check_out(desk, hand, order.id)
    assert put_everything_back(hand) == back
    assert finish(desk, hand, order.id) == ["dispatched"]
    assert sent(shop, order.id) == {THREE_BODY: 1, DUNE: 1}
    nothing_is_lost(shop, order.id)


def test_two_more_copies_of_a_packed_order_are_fetched_and_leave_with_the_others(shop, desk, hand, order):
    bring_to("packed", shop, desk, hand, order)
    desk.post(f"/orders/lines/{order.line_ids[1]}/units", units=3, reason=WHY)
    assert page(desk, order.id)["order"]["state"] == "picking"
    assert finish(desk, hand, order.id) == ["dispatched"]
    assert sent(shop, order.id) == {THREE_BODY: 2, DUNE: 3}
    nothing_is_lost(shop, order.id)


def test_more_than_the_shelves_have_is_refused_by_name_and_the_box_stays_closed(shop, desk, hand, order):
    bring_to("packed", shop, desk, hand, order)
    with pytest.raises(Refused, match="not_enough_free"):
        desk.post(f"/orders/lines/{order.line_ids[1]}/units", units=6, reason=WHY)
    assert finish(desk, hand, order.id) == ["dispatched"]
    assert sent(shop, order.id) == {THREE_BODY: 2, DUNE: 1}
    nothing_is_lost(shop, order.id)


def test_another_title_under_the_packers_hands_is_told_at_the_next_scan(shop, desk, hand, order):
    bring_to("picked", shop, desk, hand, order)
    path = f"/pack/{order.id}/scan"
    hand.must(path, "T-01")
    hand.must(path, DUNE)

    desk.post(f"/orders/lines/{order.line_ids[1]}/item", code=WALDEN, reason=WHY)

    # Walden is still on its shelf: whoever is at the bench is told so, and why, and counts nothing meanwhile.
    answer = hand.scan(path, THREE_BODY)
    assert (answer["code"], answer["task"]["changed"]) == ("packing.order_not_picked", WHY)
    walk_all(desk, hand)
    answer = hand.scan(path, DUNE)
    assert (answer["code"], answer["task"]["units_out"]) == ("packing.taken_out", 0)
    assert finish(desk, hand, order.id) == ["dispatched"]
    assert sent(shop, order.id) == {THREE_BODY: 2, WALDEN: 1}
    lines = page(desk, order.id)["lines"]
    shown = [(line["original_title"], line["title"]) for line in lines if line["original_title"]]
    assert shown == [("Dune Messiah", "Walden")]
    nothing_is_lost(shop, order.id)


def test_a_button_of_the_screen_from_before_the_change_does_nothing(shop, desk, hand, order):
    bring_to("picked", shop, desk, hand, order)
    path = f"/pack/{order.id}/scan"
    hand.must(path, "T-01")
    hand.must(path, THREE_BODY, units=2)
    task = hand.must(path, DUNE)
    assert task["step"] == "weigh"

    desk.post(f"/orders/{order.id}/address", street="南山路 5 号", reason=WHY)

    with pytest.raises(Refused, match="stale_step") as stale:
        hand.weigh(path, task)
    assert stale.value.status == 409
    task = hand.get(f"/pack/{order.id}")["task"]
    assert (task["step"], task["changed"]) == ("read", WHY)
    assert finish(desk, hand, order.id) == ["dispatched"]
    nothing_is_lost(shop, order.id)


@pytest.mark.parametrize("stage", ["released", "picking", "packing", "labelled"])
def test_a_stopped_order_waits_where_it_lies_and_goes_on_when_it_may(shop, desk, hand, order, stage):
    bring_to(stage, shop, desk, hand, order)
    desk.post(f"/orders/{order.id}/hold", reason="the customer will call")
    assert page(desk, order.id)["order"]["state"] == "held"
    if stage == "packing":
        assert hand.scan(f"/pack/{order.id}/scan", THREE_BODY)["code"] == "packing.order_held"
    if stage == "labelled":
        (parcel,) = hand.get(f"/pack/{order.id}")["task"]["parcels"]
        code = hand.get(f"/ship/{parcel['id']}")["task"]["code"]
        hand.lists["SF"] = hand.post("/dock/open", carrier="SF")["task"]["manifest_id"]
        assert hand.scan(f"/dock/{hand.lists['SF']}/scan", code)["outcome"] == "refused"

    (hold,) = [hold for hold in page(desk, order.id)["holds"] if not hold["lifted_at"]]
    desk.post(f"/orders/holds/{hold['id']}/decide", do="go_on", reason="she called")

    assert finish(desk, hand, order.id) == ["dispatched"]
    assert sent(shop, order.id) == {THREE_BODY: 2, DUNE: 1}
    nothing_is_lost(shop, order.id)


@pytest.mark.parametrize("stage", ["picking", "labelled"])
def test_another_order_of_the_same_buyer_goes_along_in_one_parcel(shop, desk, hand, order, stage):
    bring_to(stage, shop, desk, hand, order)
    other = builders.an_order(shop.db, {shop.items[2]: 2}, total_minor=4_600)
    desk.post(f"/orders/{order.id}/merge", number=other.number, reason=WHY)

    assert finish(desk, hand, order.id) == ["dispatched"]

    assert sent(shop, order.id) == {THREE_BODY: 2, DUNE: 1, WALDEN: 2}
    gone = page(desk, other.id)
    assert (gone["order"]["state"], [each["id"] for each in gone["related"]]) == ("cancelled", [order.id])
    assert (page(desk, order.id)["order"]["total_minor"], gone["order"]["total_minor"]) == (11_500, 0)
    nothing_is_lost(shop, order.id, other.id)


def test_an_order_of_somebody_else_is_not_merged(shop, desk, hand, order):
    other = builders.an_order(shop.db, {shop.items[2]: 1}, recipient={"phone": "19900009999"})
    with pytest.raises(Refused, match="merge_recipient"):
        desk.post(f"/orders/{order.id}/merge", number=other.number, reason=WHY)
    assert finish(desk, hand, order.id, other.id) == ["dispatched", "dispatched"]
    nothing_is_lost(shop, order.id, other.id)


@pytest.mark.parametrize("stage", ["picking", "picked", "labelled"])
def test_an_order_split_in_two_leaves_as_two_to_the_same_recipient(shop, desk, hand, order, stage):
    bring_to(stage, shop, desk, hand, order)
    made = desk.post(f"/orders/{order.id}/split", line=[str(order.line_ids[0])], units=["1"], reason=WHY)["order_id"]

    # Whoever is at the bench is told first: the copy of the other order comes out of this box.
    assert finish(desk, hand, order.id) == ["dispatched"]
    assert finish(desk, hand, made) == ["dispatched"]

    assert (sent(shop, order.id), sent(shop, made)) == ({THREE_BODY: 1, DUNE: 1}, {THREE_BODY: 1})
    first, second = page(desk, order.id), page(desk, made)
    assert ([each["id"] for each in first["related"]], [each["how"] for each in second["related"]]) == (
        [made], ["origin"])
    assert (first["order"]["total_minor"], second["order"]["total_minor"]) == (4_600, 2_300)
    to = [desk.post(f"/orders/{each}/recipient")["recipient"] for each in (order.id, made)]
    assert to[0] == to[1]
    nothing_is_lost(shop, order.id, made)
