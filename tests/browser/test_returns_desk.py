"""A return from the desk to the bank: asked and decided by customer service, paid by finance, at the keyboard."""

import re

import pytest

from tests import builders
from tests.browser.shop import CROSSED, TOLD, name_of, visit
from tests.returns_builders import a_sent_order, brought_in
from warehouse.models.returns import CustomerReturn
from warehouse.services import returns


@pytest.fixture
def told_order(open_shop):
    """An order of two titles that is with its customer, and the people of the house."""
    db = open_shop.database
    lead, packer = (builders.as_actor(builders.a_person(db, name, role)) for name, role in (
        ("He Ping", "manager"), ("Tom Reed", "packer")))
    books = [
        builders.an_item(db, "万历十五年", isbn="9787108006721", authors="黄仁宇", publisher="三联书店", weight_g=420),
        builders.an_item(db, "The Left Hand of Darkness", isbn="9780441478125", publisher="Ace", weight_g=210)]
    order = a_sent_order(db, lead, {books[0]: 2, books[1]: 1}, price_minor=3950, source_number="TB-7788")
    return db, order, books, lead, packer


def ask(db, lead, order, line, reason, kind="return"):
    return db.write(returns.request, lead, order.id, kind, reason, [(order.line_ids[line], 1, None)], source="desk")


@pytest.mark.parametrize("told", TOLD, ids=name_of)
def test_a_return_is_asked_decided_and_paid_at_the_desk(open_shop, new_tablet, told_order, told):
    db, order, books, _lead, packer = told_order
    desk = visit(open_shop, new_tablet, told)
    desk.sign_in("service")
    page = desk.page
    desk.open("/returns/")
    page.locator("a.btn.main").click()
    page.locator("main input[name=order]").fill("TB-7788")
    page.keyboard.press("Enter")
    page.locator(f"input[name=units_{order.line_ids[0]}]").fill("2")
    page.locator("select[name=reason]").select_option("other")
    desk.look("return-new")
    page.locator("main form[method=post] button.main").click()
    page.wait_for_url(re.compile(r"/returns/\d+$"))
    desk.look("return-to-decide")
    page.locator("form[action$=approve] input[name=reason]").fill("老客户 OK")
    page.keyboard.press("Enter")
    page.locator(".chip:has-text('已同意'), .chip:has-text('Approved')").wait_for()
    return_id = int(page.url.rpartition("/")[2])

    with db.read() as session:
        number = session.get_one(CustomerReturn, return_id).number
    brought_in(db, packer, number, [(books[0], "as_new"), (books[0], "damaged")])
    desk.open(f"/returns/{return_id}")
    desk.look("return-settled")
    unasked = brought_in(db, packer, order.number, [(books[1], "very_good")])
    desk.open("/returns/")
    desk.look("returns-list")
    desk.open(f"/returns/{unasked}")
    desk.look("return-unasked")

    bank = visit(open_shop, new_tablet, told)
    bank.sign_in("finance")
    bank.open("/refunds/")
    bank.look("refunds")
    bank.page.locator("form[action$=approve] button").first.click()
    bank.page.locator("input[name=reference]").fill("ALI-2026-0001")
    bank.look("refunds-to-pay")
    bank.page.keyboard.press("Enter")
    bank.page.locator("text=ALI-2026-0001").wait_for()


@pytest.mark.parametrize("told", [*TOLD, *CROSSED], ids=name_of)
def test_every_page_of_returns_is_fit(open_shop, new_tablet, told_order, told):
    db, order, books, lead, packer = told_order
    made = ask(db, lead, order, 0, "changed_mind")
    with db.read() as session:
        number = session.get_one(CustomerReturn, made).number
    brought_in(db, packer, number, [(books[0], "as_new")])
    ask(db, lead, order, 1, "damaged_in_transit")
    desk = visit(open_shop, new_tablet, told)
    desk.sign_in("manager")
    found = []
    for name, address in {
        "returns": "/returns/", "returns-waiting": "/returns/?waits=1", "returns-none": "/returns/?q=qqq",
        "return": f"/returns/{made}", "return-new-order": "/returns/new", "return-policy": "/returns/policy",
        "return-import": "/returns/import", "return-figures": "/returns/figures/", "refund-list": "/refunds/",
    }.items():
        assert desk.page.goto(open_shop.url + address).status == 200, address
        found += desk.faults(f"page-{name}", layout_alone=told in CROSSED)
    assert found == []
