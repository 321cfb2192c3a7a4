"""The desk's decisions and changes as requests: one press, kept words, refusals in words."""

import pytest
from sqlalchemy import select

from tests.builders import an_item, an_order, order_state
from tests.stages import at_stage
from warehouse import clock
from warehouse.models.messages import Message
from warehouse.models.orders import Hold, Order, OrderLine

JSON = {"Accept": "application/json"}


@pytest.fixture
def desk(tablet):
    tablet.sign_in("service")
    return tablet


def held(db, order, reason, **facts):
    def add(session):
        hold = Hold(order_id=order.id, reason=reason, facts=facts, opened_at=clock.now())
        session.add(hold)
        session.flush()
        return hold.id

    return db.write(add)


def press(desk, hold_id, do, reason=""):
    return desk.post(f"/orders/holds/{hold_id}/decide", {"do": do, "reason": reason, "back": "review"})


def decision(db, hold_id):
    with db.read() as session:
        hold = session.get(Hold, hold_id)
        return hold.decision, hold.decision_reason


def test_one_press_answers_a_hold_and_the_press_itself_is_the_reason(desk, db):
    order = an_order(db, {an_item(db): 1}, state="held")
    hold = held(db, order, "odd_quantity", n=40, usual=1.2, title="三体")
    assert "40 copies" in desk.get("/orders/review").get_data(as_text=True)

    assert press(desk, hold, "right").headers["Location"] == "/orders/review"

    assert (order_state(db, order), decision(db, hold)) == ("confirmed", ("lifted", "checked, right as it is"))
    assert press(desk, hold, "right").status_code == 409


@pytest.mark.parametrize("do", ["paid", "item:1", "nonsense", "item:", "right:3", ""])
def test_an_answer_that_does_not_fit_the_hold_is_refused(desk, db, do):
    order = an_order(db, {an_item(db): 1}, state="held")
    assert press(desk, held(db, order, "odd_price"), do).status_code == 422
    assert order_state(db, order) == "held"


def test_a_payment_needs_its_proof_and_then_the_order_is_paid(desk, db):
    order = an_order(db, {an_item(db): 1}, state="held", payment="unpaid")
    hold = held(db, order, "not_paid")
    assert press(desk, hold, "paid").status_code == 422
    assert press(desk, hold, "paid", "transfer 17").status_code == 303
    with db.read() as session:
        assert session.get(Order, order.id).payment == "paid"
    assert (order_state(db, order), decision(db, hold)) == ("confirmed", ("mended", "transfer 17"))


def test_the_remark_offers_the_title_that_it_names_and_one_press_changes_to_it(desk, db):
    wished = an_item(db, "平凡的世界", isbn="9787530212004")
    order = an_order(db, {an_item(db): 2}, state="held", buyer_remark="拍错了，请发平凡的世界")
    hold = held(db, order, "remark_contradicts", word="平凡的世界")
    page = desk.get("/orders/review").get_data(as_text=True)
    assert "<mark>平凡的世界</mark>" in page
    assert f'value="item:{wished.id}"' in page

    assert press(desk, hold, f"item:{wished.id}").status_code == 303

    with db.read() as session:
        line = session.get(OrderLine, order.line_ids[0])
        assert (line.item_id, line.title_text, line.units_wanted) == (wished.id, "平凡的世界", 2)
        assert line.item_original_id is not None
    assert order_state(db, order) == "confirmed"


def test_a_duplicate_stands_beside_its_twin_with_differences_marked_and_is_merged_by_one_press(desk, db):
    item = an_item(db)
    twin = an_order(db, {item: 3}, source_number="S-1")
    order = an_order(db, {item: 2}, source_number="S-2", state="held", total_minor=4600)
    hold = held(db, order, "possible_duplicate", others="S-1")
    page = desk.get("/orders/review").get_data(as_text=True)
    assert twin.number in page
    assert page.count('class="differs"') == 1

    assert press(desk, hold, f"merge:{twin.id}").status_code == 303

    assert (order_state(db, order), order_state(db, twin)) == ("cancelled", "confirmed")
    with db.read() as session:
        assert session.get(Order, twin.id).units_wanted == 5
    assert f"/orders/{order.id}" in desk.get(f"/orders/{twin.id}").get_data(as_text=True)


def test_the_flawed_part_of_an_address_is_named_and_nothing_of_it_shown(desk, db):
    order = an_order(db, {an_item(db): 1}, state="held", recipient={"street": "", "phone": "199****1001"})
    held(db, order, "missing_address")
    page = desk.get("/orders/review").get_data(as_text=True)
    assert "part-missing" in page and "part-masked" in page
    assert "周予安" not in page and "199****" not in page


def test_a_customer_is_asked_once_and_the_order_stays_held(desk, db):
    order = an_order(db, {an_item(db): 1}, state="held")
    hold = held(db, order, "missing_address")
    assert press(desk, hold, "ask").status_code == 303
    assert press(desk, hold, "ask").status_code == 409
    with db.read() as session:
        told = session.execute(select(Message.why).where(Message.order_id == order.id)).scalars().all()
    assert told == ["ask_address"]
    assert order_state(db, order) == "held"


def test_many_alike_are_answered_at_once_each_for_itself(desk, db):
    unknown = "9787530212004"
    item = an_item(db)
    orders = [an_order(db, {item: 1}, state="held") for _ in range(3)]
    for order, code in zip(orders, (unknown, unknown, "9787000000018"), strict=True):
        db.write(lambda session, line=order.line_ids[0], text=code: session.execute(
            OrderLine.__table__.update().where(OrderLine.id == line).values(item_id=None, code_text=text)))
        held(db, order, "unknown_isbn", code_text=code)
    an_item(db, "平凡的世界", isbn=unknown)

    answer = desk.post("/orders/review/many", {"why": "unknown_isbn", "do": "recheck"}, **JSON)

    assert answer.json == {"done": 2, "left": 1}
    assert [order_state(db, order) for order in orders] == ["confirmed", "confirmed", "held"]
    assert desk.post("/orders/review/many", {"why": "unknown_isbn", "do": "cancel"}).status_code == 422
    assert desk.post("/orders/review/many", {"why": "not_paid", "do": "paid"}).status_code == 422


@pytest.fixture
def packed(db, actor, picker, packer):
    return at_stage(db, actor, picker, packer, "packed")


def test_an_order_under_way_changes_on_its_page(desk, db, packed):
    order = packed.order.id
    page = desk.get(f"/orders/{order}").get_data(as_text=True)
    assert f"/orders/lines/{packed.line()}/units" in page
    assert desk.post(f"/orders/lines/{packed.line()}/units", {"units": "1", "reason": "too many"}).status_code == 303
    assert desk.post(f"/orders/{order}/address", {"street": "南山路 5 号", "reason": "moved"}).status_code == 303
    assert desk.post(f"/orders/{order}/remark", {"remark": "Wrap it", "important": "1"}).status_code == 303
    assert desk.post(f"/orders/{order}/hold", {"reason": "calls back"}).status_code == 303
    page = desk.get(f"/orders/{order}").get_data(as_text=True)
    assert "Wrap it" in page and "ordered: 3" in page
    opened = desk.post(f"/orders/{order}/recipient").get_data(as_text=True)
    assert "in the file: 文三路桂花弄" in opened and "南山路 5 号" in opened


def test_a_mended_address_stands_beside_the_original_both_masked_until_somebody_opens_it(desk, db):
    order = an_order(db, {an_item(db): 1}, state="held", recipient={"street": ""})
    hold = held(db, order, "missing_address")
    held(db, order, "odd_price", price="1.00", listed="23.00", currency="CNY", title="三体")
    new = {"name": "周予宁", "phone": "13800138000", "street": "南山路 5 号 3 幢 402 室", "reason": "asked by phone"}
    assert desk.post(f"/orders/{order.id}/address", new).status_code == 303
    assert decision(db, hold)[0] == "mended"

    pages = [desk.get(path).get_data(as_text=True) for path in ("/orders/review", f"/orders/{order.id}")]

    for page in pages:
        table = page[page.index('<table class="mended"'):page.index("</table>")]
        assert "南山路 * 号 * 幢 *** 室" in table and "周**" in table and "–" in table
        assert table.count("<tr>") == 4  # A head, and the name, phone and street: what did not change is not repeated.
        assert not [plain for plain in ("周予", "13800138000", "19900001001", "402") if plain in page]
    mended = desk.get(f"/orders/{order.id}", **JSON).json["mended"]
    assert [(part["name"], part["was"]) for part in mended] == [
        ("name", "周**"), ("phone", "199******01"), ("street", "")]
    opened = desk.post(f"/orders/{order.id}/recipient", **JSON).json
    assert (opened["original"]["name"], opened["recipient"]["name"]) == ("周予安", "周予宁")


def test_an_address_that_nobody_mended_stands_alone(desk, db):
    order = an_order(db, {an_item(db): 1})
    assert 'class="mended"' not in desk.get(f"/orders/{order.id}").get_data(as_text=True)
    assert desk.post(f"/orders/{order.id}/recipient", **JSON).json["original"] is None


def test_a_refusal_says_what_to_do_instead(desk, db, packed):
    answer = desk.post(f"/orders/lines/{packed.line()}/units", {"units": "900", "reason": "many"})
    assert answer.status_code == 409
    assert "Take fewer" in answer.get_data(as_text=True)
    assert desk.post(f"/orders/{packed.order.id}/merge", {"number": "nobody", "reason": "x"}).status_code == 422
    assert desk.post(f"/orders/{packed.order.id}/split", {"line": "x", "units": "1", "reason": "x"}).status_code == 422


def test_two_orders_become_one_by_number_and_part_of_one_another(desk, db):
    first, second = an_item(db), an_item(db, "活着", isbn="9787532125944")
    keeps, goes = an_order(db, {first: 2}), an_order(db, {second: 1})
    number = {"number": goes.number.lower(), "reason": "one box"}
    assert desk.post(f"/orders/{keeps.id}/merge", number).status_code == 303
    assert order_state(db, goes) == "cancelled"
    made = desk.post(f"/orders/{keeps.id}/split", {"line": str(keeps.line_ids[0]), "units": "1", "reason": "two"})
    assert made.status_code == 303
    with db.read() as session:
        part = session.execute(select(Order).where(Order.origin_id == keeps.id)).scalar_one()
    assert made.headers["Location"] == f"/orders/{part.id}"


@pytest.mark.parametrize("address", ["/orders/holds/1/decide", "/orders/1/split", "/orders/1/merge", "/orders/1/remark",
                                     "/orders/review/many", "/orders/lines/1/units"])
def test_who_may_not_review_changes_nothing(tablet, address):
    tablet.sign_in("picker")
    assert tablet.post(address, {"reason": "x"}).status_code == 403
