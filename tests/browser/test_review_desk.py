"""Held orders are decided at the desk by one press each, and the desk changes an order that the packer has open."""

import re

import pytest
from sqlalchemy import select

from tests.builders import an_order
from warehouse import clock
from warehouse.models.catalog import Item
from warehouse.models.orders import Hold, Order, OrderLine


@pytest.fixture
def doubts(open_shop):
    """An order twice, a remark that wishes for another title, and one without a whole address."""
    database = open_shop.database
    with database.read() as session:
        books = session.execute(
            select(Item).where(Item.volumes == 1, Item.isbn13.is_not(None)).order_by(Item.id).limit(6)).scalars().all()
    first, second, wished = books[0], books[1], max(books[2:], key=lambda book: len(book.title))
    when = {"placed_at": clock.now(), "due_at": clock.now(), "received_at": clock.now(), "total_minor": 4600}
    an_order(database, {as_built(first): 2}, source_number="D-1", **when)
    orders = {
        "possible_duplicate": an_order(database, {as_built(first): 2}, source_number="D-2", state="held", **when),
        "remark_contradicts": an_order(
            database, {as_built(second): 1}, source_number="D-3", state="held",
            buyer_remark=f"拍错了，请发 {wished.title}，谢谢", **when),
        "missing_address": an_order(
            database, {as_built(second): 1}, source_number="D-4", state="held",
            recipient={"street": "", "phone": "19900007777"}, **when),
        "not_paid": an_order(database, {as_built(first): 1}, source_number="D-5", state="held", payment="unpaid",
                             **when),
    }
    facts = {"possible_duplicate": {"others": "D-1"}, "remark_contradicts": {"word": wished.title}}
    for reason, order in orders.items():
        database.write(lambda session, why=reason, found=order: session.add(
            Hold(order_id=found.id, reason=why, facts=facts.get(why, {}), opened_at=clock.now())))
    return orders, wished


def as_built(book):
    """A book of the shop as the builders of orders take it."""
    book.isbn = book.isbn13
    return book


def state_of(shop, order):
    with shop.database.read() as session:
        return session.execute(select(Order.state).where(Order.id == order.id)).scalar_one()


def test_each_doubt_is_shown_with_its_evidence_and_answered_by_one_press(visitor, doubts):
    orders, wished = doubts
    visitor.sign_in("service")
    page = visitor.page
    visitor.open("/orders/review")
    visitor.look("review-1-all")

    visitor.open("/orders/review?reason=possible_duplicate")
    twins = page.locator(f"#order-{orders['possible_duplicate'].id} .twins")
    assert "D-1" in twins.inner_text()
    visitor.look("review-2-duplicate")
    card = page.locator(f"#order-{orders['possible_duplicate'].id}")
    card.locator("button[value=both]").click()
    card.wait_for(state="detached")
    assert state_of(visitor.shop, orders["possible_duplicate"]) == "confirmed"

    visitor.open("/orders/review?reason=remark_contradicts")
    card = page.locator(f"#order-{orders['remark_contradicts'].id}")
    assert card.locator("mark").inner_text() == wished.title
    visitor.look("review-3-remark")
    card.locator(f"button[value='item:{wished.id}']").click()
    card.wait_for(state="detached")
    with visitor.shop.database.read() as session:
        line = session.get(OrderLine, orders["remark_contradicts"].line_ids[0])
        assert (line.item_id, line.item_original_id is not None) == (wished.id, True)

    visitor.open("/orders/review?reason=not_paid")
    card = page.locator(f"#order-{orders['not_paid'].id}")
    card.locator("input[name=reason]").fill("   ")
    card.locator("button[value=paid]").click()
    page.locator("#notice .notice").wait_for()
    visitor.look("review-4-proof-wanted")
    card.locator("input[name=reason]").fill("transfer 20260304-17")
    card.locator("button[value=paid]").click()
    card.wait_for(state="detached")

    visitor.open("/orders/review?reason=missing_address")
    visitor.look("review-5-address")
    page.locator(f"#order-{orders['missing_address'].id} button[value=ask]").click()
    page.locator(".review-card").first.wait_for()
    assert state_of(visitor.shop, orders["missing_address"]) == "held"


def test_the_desk_changes_an_order_that_the_packer_has_open(visitor):
    visitor.sign_in("manager")
    shop, page = visitor.shop, visitor.page
    order = next(order for order in shop.orders("picked", "packing")
                 if shop.pack_task(order, "manager")["units_due"] > 1 and shop.pack_task(order, "manager")["may_pack"])
    for line in shop.pack_task(order, "manager")["lines"]:
        if line["volumes"] == 1:
            break
    visitor.open(f"/pack/{order}")
    visitor.scan(f"{line['isbn13'] or line['sku']}")
    assert visitor.outcome()[0] == "accepted"

    desk = page.context.new_page()
    desk.goto(f"{shop.url}/orders/{order}")
    row = desk.locator(f"form[action$='/lines/{line['id']}/units']")
    row.locator("xpath=ancestor::details").locator("summary").click()
    row.locator("input[name=units]").fill("0")
    row.locator("input[name=reason]").fill("She has it already")
    row.locator("button").click()
    desk.wait_for_function("() => document.querySelector('.order-lines .gone')")
    visitor.page = desk
    visitor.look("change-1-page")
    visitor.page = page

    visitor.open(f"/pack/{order}")
    assert "She has it already" in page.locator(".gift").inner_text()
    visitor.look("change-2-take-out")
    visitor.scan(f"{line['isbn13'] or line['sku']}")
    assert visitor.outcome() == ("accepted", "ok", "packing.taken_out")
    visitor.look("change-3-taken-out")
    desk.close()


def test_an_order_is_split_and_stopped_on_its_page(visitor):
    visitor.sign_in("service")
    shop, page = visitor.shop, visitor.page
    order = next(order for order in shop.orders("confirmed", "released") if many_units(shop, order))
    visitor.open(f"/orders/{order}")
    form = page.locator(f"form[action='/orders/{order}/split']")
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("input[name=units]").first.fill("1")
    form.locator("input[name=reason]").fill("Sends one to school")
    visitor.look("split-1-form")
    form.locator("button").click()
    page.wait_for_url(re.compile(rf"/orders/(?!{order}$)\d+$"))
    assert page.locator(".link").count() == 1
    visitor.look("split-2-made")


def many_units(shop, order_id):
    with shop.database.read() as session:
        return session.get(Order, order_id).units_wanted > 1
