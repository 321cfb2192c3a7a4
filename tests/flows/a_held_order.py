"""A morning at the review desk: one file of orders, each with a doubt of its own. The desk shows why, answers each by
one press, keeps what the file said, and what may go goes out of the house that day."""

import pytest
from sqlalchemy import select

from tests import builders
from tests.flows.an_order_file import GOOD, found, sheet, upload
from tests.flows.an_order_that_changes import finish
from warehouse.models.messages import Message
from warehouse.models.orders import Order

THREE_BODY, DUNE, ALIVE, TWICE = "9787536692930", "9780441172696", "9787506365437", "9787020002207"
# Ordered before: enough lines to know what is usual.
USUAL_LINES = 60


@pytest.fixture
def desk(shop):
    """A shelf each of 三体 and Dune; 活着 is not known yet, and one code stands for two editions."""
    priced = {"price_minor": 2_300, "currency": "CNY", "weight_g": 300}
    shop.three = builders.an_item(shop.db, "三体", isbn=THREE_BODY, **priced)
    shop.dune = builders.an_item(shop.db, "Dune Messiah", isbn=DUNE, **priced)
    shop.editions = [builders.an_item(shop.db, f"平凡的世界 {part}", isbn=None, codes=(TWICE,), **priced)
                     for part in ("全集", "普及本")]
    for place, item in zip(("A-01-1", "B-01-1", "C-01-1", "C-01-2"), (shop.three, shop.dune, *shop.editions),
                           strict=True):
        builders.stock_at(shop.db, place, item, 90)
    for number in range(1, 20):
        builders.a_tote(shop.db, f"T-{number:02}")
    return shop.person("manager", "Lin Yue")


def row(number, **fields):
    """One more order of somebody else."""
    return {**GOOD, "order": number, "phone": f"1990001{int(number[1:]):04}", **fields}


def holds(desk, number):
    return [hold for hold in desk.get(f"/orders/{found(desk, number)['id']}")["holds"] if not hold["lifted_at"]]


def on_desk(desk, number):
    """What the review desk shows of an order."""
    return next(each for each in desk.get("/orders/review")["orders"] if each["row"]["source_number"] == number)


def press(desk, number, reason, do, words=""):
    (hold,) = [hold for hold in holds(desk, number) if hold["reason"] == reason]
    desk.post(f"/orders/holds/{hold['id']}/decide", do=do, reason=words)
    return found(desk, number)["state"]


def decisions(desk, number):
    """How each hold of an order was answered, and with which words."""
    return {hold["reason"]: (hold["decision"], hold["decision_reason"])
            for hold in desk.get(f"/orders/{found(desk, number)['id']}")["holds"]}


def test_a_file_of_doubts_is_decided_by_one_press_each_and_sent(shop, desk):
    for _ in range(USUAL_LINES):
        builders.an_order(shop.db, {shop.three: 1}, state="cancelled")
    report = upload(desk, day=sheet(
        row("K1"), row("K2", paid="no"), row("K3", price="1.00"), row("K4", paid="no", cod_amount="2500.00"),
        row("K5", quantity="40"), row("K6", sku_or_isbn=ALIVE), row("K7", sku_or_isbn=TWICE),
        row("K8", recipient="周**", phone="199****1001"), row("K9", address="")))
    assert (report["created"], report["held"]) == (9, 8)
    assert {number: [hold["reason"] for hold in holds(desk, number)] for number in
            ("K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9")} == {
        "K2": ["not_paid"], "K3": ["odd_price"], "K4": ["cod_above_limit"], "K5": ["odd_quantity"],
        "K6": ["unknown_isbn"], "K7": ["which_item"], "K8": ["masked_address"], "K9": ["missing_address"]}

    assert press(desk, "K2", "not_paid", "paid", "transfer 17") == "confirmed"
    assert press(desk, "K3", "odd_price", "right", "a sale") == "confirmed"
    assert press(desk, "K4", "cod_above_limit", "right") == "confirmed"
    assert press(desk, "K5", "odd_quantity", "cancel", "slip of the keys") == "cancelled"
    alive = builders.an_item(shop.db, "活着", isbn=ALIVE, weight_g=300)
    builders.stock_at(shop.db, "D-01-1", alive, 2)
    assert press(desk, "K6", "unknown_isbn", "recheck") == "confirmed"
    (line,) = desk.get(f"/orders/{found(desk, 'K7')['id']}")["lines"]
    desk.post(f"/orders/lines/{line['id']}/item", item_id=shop.editions[1].id, reason="the cheap one")
    for number, recipient in (("K8", {"name": "周予安", "phone": "19900011008"}), ("K9", {})):
        assert press(desk, number, holds(desk, number)[0]["reason"], "ask") == "held"
        desk.post(f"/orders/{found(desk, number)['id']}/address", street="文三路 20 号", reason="by phone", **recipient)

    numbers = ("K1", "K2", "K3", "K4", "K6", "K7", "K8", "K9")
    assert {found(desk, number)["state"] for number in numbers} == {"confirmed"}
    assert decisions(desk, "K2") == {"not_paid": ("mended", "transfer 17")}
    assert decisions(desk, "K3") == {"odd_price": ("lifted", "a sale")}
    assert decisions(desk, "K8") == {"masked_address": ("mended", "by phone")}
    packer = shop.person("packer")
    assert set(finish(desk, packer, *(found(desk, number)["id"] for number in numbers))) == {"dispatched"}
    assert [builders.units_at(shop.db, place, item)[0] for place, item in (
        ("A-01-1", shop.three), ("C-01-2", shop.editions[1]), ("D-01-1", alive))] == [84, 89, 1]
    assert desk.get("/orders/review")["total"] == 0


def test_what_the_customer_was_asked_and_is_answered_meanwhile_is_not_asked_any_more(shop, desk):
    upload(desk, day=sheet(row("K1", address="")))
    press(desk, "K1", "missing_address", "ask")
    with shop.db.read() as session:
        assert session.execute(select(Message.why, Message.state)).one() == ("ask_address", "wanted")
    cancelled = found(desk, "K1")["id"]
    desk.post(f"/orders/{cancelled}/cancel", reason="they bought it elsewhere")
    assert shop.minute()["letters out of date"] == 1
    with shop.db.read() as session:
        rows = session.execute(select(Message.why, Message.state, Message.done_note).order_by(Message.id)).all()
    assert [tuple(each) for each in rows] == [
        ("ask_address", "dropped", "order_cancelled"), ("cancelled", "wanted", "")]
    desk.headers["Accept"] = "text/html"
    _, page = desk.ask("GET", f"/service/order/{cancelled}")
    assert b"the order was cancelled meanwhile" in page and b"order_cancelled" not in page


def test_a_remark_that_wants_another_title_is_shown_with_it_and_answered_by_one_press(shop, desk):
    upload(desk, day=sheet(row("K1", buyer_remark="拍错了，请发 Dune Messiah，谢谢")))
    evidence = on_desk(desk, "K1")["evidence"]
    assert [each["title"] for each in evidence["named"]] == ["Dune Messiah"]
    assert [text for text, is_word in evidence["marked"] if is_word] == ["拍错"]

    assert press(desk, "K1", "remark_contradicts", f"item:{shop.dune.id}") == "confirmed"

    order_id = found(desk, "K1")["id"]
    (line,) = desk.get(f"/orders/{order_id}")["lines"]
    assert (line["title"], line["original_title"]) == ("Dune Messiah", "三体")
    finish(desk, shop.person("packer"), order_id)
    assert [builders.units_at(shop.db, place, item) for place, item in (
        ("A-01-1", shop.three), ("B-01-1", shop.dune))] == [(90, 0), (89, 0)]


@pytest.mark.parametrize(("do", "left"), [("both", 88), ("merge", 88), ("cancel", 89)])
def test_an_order_that_came_twice_stands_beside_its_twin(shop, desk, do, left):
    first, again = row("K1"), row("K2", phone=row("K1")["phone"])
    upload(desk, day=sheet(first))
    upload(desk, later=sheet(again))
    (twin,) = on_desk(desk, "K2")["evidence"]["twins"]
    assert (twin["source_number"], twin["differs"]) == ("K1", [])
    one, two = found(desk, "K1")["id"], found(desk, "K2")["id"]

    press(desk, "K2", "possible_duplicate", f"merge:{one}" if do == "merge" else do, "looked at both")

    finish(desk, shop.person("packer"), one, two)
    states = {"both": ("dispatched", "dispatched")}.get(do, ("dispatched", "cancelled"))
    assert (found(desk, "K1")["state"], found(desk, "K2")["state"]) == states
    with shop.db.read() as session:
        assert session.get(Order, two).merged_into_id == (one if do == "merge" else None)
    assert builders.units_at(shop.db, "A-01-1", shop.three) == (left, 0)


def test_nobody_decides_twice_and_only_what_fits(shop, desk):
    upload(desk, day=sheet(row("K1", paid="no"), row("K2", address="")))
    (unpaid,), (nowhere,) = holds(desk, "K1"), holds(desk, "K2")
    for hold, do, words, code in (
        (unpaid, "paid", " ", "proof_needed"), (unpaid, "both", "x", "no_such_decision"),
        (nowhere, "right", "x", "no_such_decision"),
    ):
        with pytest.raises(AssertionError, match=code):
            desk.post(f"/orders/holds/{hold['id']}/decide", do=do, reason=words)
    with pytest.raises(AssertionError, match="must_be_mended"):
        desk.post(f"/orders/holds/{nowhere['id']}/lift", reason="will do")
    assert press(desk, "K1", "not_paid", "paid", "transfer 17") == "confirmed"
    with pytest.raises(AssertionError, match="hold_closed"):
        desk.post(f"/orders/holds/{unpaid['id']}/decide", do="paid", reason="transfer 18")
    assert decisions(desk, "K1") == {"not_paid": ("mended", "transfer 17")}
