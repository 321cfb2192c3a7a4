"""Finance's list in the browser: approved by another, paid with a reference, exported as harmless text."""

import io
import re

import pytest
from openpyxl import load_workbook

from tests.builders import a_person, an_item, an_order, as_actor
from tests.returns_builders import refund_rows, refunded
from warehouse.services import refunds

JSON = {"Accept": "application/json"}


@pytest.fixture
def order(db):
    return an_order(db, {an_item(db, "Dune", isbn="9780441013593"): 1}, state="dispatched", total_minor=5000)


@pytest.fixture
def refund(db, order):
    desk = as_actor(a_person(db, "Lin Fang", "service"))
    return db.write(refunds.ask, desk, order.id, 1250, "=cmd()")


@pytest.fixture
def finance(tablet):
    tablet.sign_in("finance", name="Zhao Min")
    return tablet


def test_a_refund_is_approved_and_paid_on_the_list(finance, db, order, refund):
    page = finance.get("/refunds/").get_data(as_text=True)
    assert "12.50 CNY" in page
    assert finance.post(f"/refunds/{refund}/approve", {"state": "requested"}).headers["Location"] == (
        "/refunds/?state=requested")
    assert "Mark as paid" in finance.get("/refunds/?state=approved").get_data(as_text=True)
    assert finance.post(f"/refunds/{refund}/pay", {"reference": ""}, **JSON).json["code"] == "refunds.reference_wanted"
    assert finance.post(f"/refunds/{refund}/pay", {"reference": "ALI-1"}).status_code == 303
    assert refund_rows(db, order)[0].state == "paid"
    assert "ALI-1" in finance.get("/refunds/?q=ALI-1").get_data(as_text=True)


def test_a_refund_is_refused_with_a_reason_and_a_second_press_says_so(finance, db, order, refund):
    assert finance.post(f"/refunds/{refund}/refuse", {"reason": " "}, **JSON).status_code == 422
    assert finance.post(f"/refunds/{refund}/refuse", {"reason": "no proof"}, **JSON).status_code == 200
    assert finance.post(f"/refunds/{refund}/refuse", {"reason": "no proof"}, **JSON).status_code == 409
    assert refunded(db, order) == (0, 0)


def test_a_manager_who_asked_is_told_that_another_decides(tablet, db, order):
    tablet.sign_in("manager", name="Lin Yue")
    mine = db.write(refunds.ask, as_actor(tablet.person), order.id, 100, "goodwill")
    assert "somebody else approves it" in tablet.get("/refunds/").get_data(as_text=True)
    assert tablet.post(f"/refunds/{mine}/approve", {}, **JSON).status_code == 403


def test_the_list_comes_as_sheets_in_which_nothing_is_a_formula(finance, refund):
    csv = finance.get("/refunds/export?as=csv").get_data().decode("utf-8-sig")
    assert "'=cmd()" in csv
    book = load_workbook(io.BytesIO(finance.get("/refunds/export?as=xlsx").get_data()))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert 12.5 in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}
    assert finance.get("/refunds/export?as=doc", **JSON).status_code == 422


@pytest.mark.parametrize("role", ["picker", "packer", "service", "operations", "purchasing"])
def test_only_finance_and_managers_see_and_decide(tablet, db, order, refund, role):
    tablet.sign_in(role)
    assert tablet.get("/refunds/", **JSON).status_code == 403
    assert tablet.post(f"/refunds/{refund}/approve", {}, **JSON).status_code == 403
    assert refund_rows(db, order)[0].state == "requested"


def test_the_desk_asks_for_a_refund_by_hand_and_a_second_press_is_the_same(finance, other_tablet, db, order):
    other_tablet.sign_in("service", name="Lin Fang")
    page = other_tablet.get(f"/service/order/{order.id}").get_data(as_text=True)
    assert "50.00 CNY of what was paid is left." in page
    form = {"amount": "4,50", "reason": "late gift", "key": re.search(r'name="key" value="([^"]+)"', page)[1]}
    asked = [other_tablet.post(f"/refunds/ask/{order.id}", form) for _ in range(2)]
    assert [answer.headers["Location"] for answer in asked] == [f"/service/order/{order.id}"] * 2
    assert [(row.amount_minor, row.reason, row.state) for row in refund_rows(db, order)] == [
        (450, "late gift", "requested")]
    assert refunded(db, order) == (450, 450)
    assert finance.post(f"/refunds/ask/{order.id}", form).status_code == 403
    for wrong, code in (("", "refunds.amount_wanted"), ("much", "common.amount_wrong"),
                        ("45.51", "refunds.more_than_paid")):
        again = {**form, "amount": wrong, "key": "another"}
        assert other_tablet.post(f"/refunds/ask/{order.id}", again, **JSON).json["code"] == code
    assert other_tablet.post("/refunds/ask/999", form, **JSON).status_code == 404


def test_yen_are_asked_back_in_whole_ones(tablet, db):
    order = an_order(db, {an_item(db, "Dune", isbn="9780441013593"): 1}, state="dispatched", total_minor=5000,
                     currency="JPY")
    tablet.sign_in("service")
    assert "5000 JPY of what was paid is left." in tablet.get(f"/service/order/{order.id}").get_data(as_text=True)
    form = {"amount": "450", "currency": "JPY", "reason": "late gift", "key": "a key of the form"}
    broken = tablet.post(f"/refunds/ask/{order.id}", {**form, "amount": "4.50"}, **JSON)
    assert broken.json["code"] == "common.amount_wrong"
    tablet.post(f"/refunds/ask/{order.id}", form)
    assert [row.amount_minor for row in refund_rows(db, order)] == [450]

