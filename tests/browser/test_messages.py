"""The desk tells customers: what happened beside the letter, several at once, by phone; a text is changed by one person
and used once another has reviewed it. What is sent arrives at a real mail server."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.mail_server import a_mail_server
from warehouse import jobs
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.services import incidents, messages
from warehouse.services.orders_import import seal_place

WORDS = "Es kommt am Freitag / 周五送达"


@pytest.fixture
def post_box(open_shop):
    """The shop has a mail server, and customers have e-mail addresses."""
    with a_mail_server() as box:
        old = open_shop.app.extensions["warehouse.config"]
        open_shop.app.extensions["warehouse.config"] = replace(
            old, smtp_host="127.0.0.1", smtp_port=box.port, smtp_tls="off", mail_from="books@shop.example",
            public_url="https://books.example")
        yield box


def with_address(shop, order_id):
    """Give the order's recipient an e-mail address, as an import would have."""
    def mend(session):
        order = session.get_one(Order, order_id)
        vault, place = session.info["vault"], seal_place(order.channel, order.source_number)
        order.recipient = vault.seal({**vault.unseal(order.recipient, place), "email": f"buyer{order_id}@example.com"},
                                     place)

    shop.database.write(mend)


def wanted(shop, why, order_id, key, **facts):
    with_address(shop, order_id)
    return shop.database.write(messages.want, shop.actor("manager"), order_id, why, key=key, **facts)


def minute(shop):
    return jobs.run_minute(jobs.Minute(shop.app.extensions["warehouse.config"], shop.database))


def states(shop, *ids):
    with shop.database.read() as session:
        found = dict(session.execute(select(Message.id, Message.state)).all())
    return [found[one] for one in ids]


def test_a_customer_is_told_by_letter_and_another_by_phone(visitor, post_box):
    shop, page = visitor.shop, visitor.page
    # What is short is told while its order is in the house, a late parcel when it has left.
    (first, third, fourth), second = shop.orders("confirmed", "released", "picked")[:3], shop.orders("dispatched")[0]
    incident_id = shop.database.write(
        incidents.report, shop.actor("manager"), "short", "pick", units=2, order_id=first)
    short = shop.database.write(
        messages.want, shop.actor("manager"), first, "short_wait", key="1", incident_id=incident_id, title="三体", n=2)
    with_address(shop, first)
    late = wanted(shop, "parcel_late", second, "2", carrier="SF", tracking="SF1234567890123", expected="2026-03-09")
    changed = wanted(shop, "changed", third, "3")
    complaint = wanted(shop, "complaint", fourth, "4")
    visitor.sign_in("service")

    visitor.open("/messages/")
    visitor.look("messages-queue")
    page.locator(f"a[href='/messages/{short}']").click()
    page.wait_for_url(f"**/messages/{short}")
    visitor.look("messages-letter")
    body = page.locator("textarea[name=body]")
    assert "{name}" in body.input_value() and "三体" in body.input_value()
    body.fill(f"{{name}}\n\n{WORDS}")
    page.locator("form[data-keep] .btn.main").click()
    page.wait_for_url("**/messages/")
    assert states(shop, short) == ["queued"]
    minute(shop)
    arrived = [letter for letter in post_box.read if WORDS in letter.get_content()]
    assert len(arrived) == 1 and "{name}" not in arrived[0].get_content()

    for one in (late, changed):
        page.locator(f"input[name=message][value='{one}']").check()
    visitor.look("messages-chosen")
    page.locator("form.queue .btn.main").click()
    page.wait_for_url("**/messages/?went=2*")
    visitor.look("messages-went")
    assert states(shop, late, changed, complaint) == ["queued", "queued", "wanted"]

    visitor.open(f"/messages/{late}")
    visitor.look("messages-queued")
    visitor.open(f"/messages/{complaint}")
    page.locator("form[data-keep] .btn.main").click()
    page.locator("#notice .notice").wait_for()
    assert "{answer}" in page.locator("#notice").inner_text()
    page.locator("#phone button").first.click()
    page.wait_for_url(f"**/messages/{complaint}/phone#phone")
    page.locator("#phone a[href^='tel:']").wait_for()
    visitor.look("messages-phone")
    page.locator("textarea[name=note]").fill("OK")
    page.locator("#phone form[data-keep] button").click()
    page.wait_for_url("**/messages/")
    assert states(shop, complaint) == ["told"]
    visitor.open("/messages/?shown=done")
    visitor.look("messages-done")
    visitor.open(f"/messages/{short}")
    visitor.look("messages-sent")


def test_a_text_is_changed_by_one_and_used_once_another_has_reviewed_it(visitor, post_box):
    page = visitor.page
    visitor.sign_in("service")
    visitor.open("/messages/templates")
    visitor.look("texts")
    page.locator("a[href='/messages/templates/delayed/zh-Hans']").click()
    page.wait_for_url("**/messages/templates/delayed/zh-Hans")
    body = page.locator("textarea[name=body]")

    body.fill("{amount}")
    page.locator("form[data-keep] .btn.main").click()
    page.locator("#notice .notice").wait_for()
    assert body.input_value() == "{amount}"
    body.fill("{name} 您好！\n\n预计 {expected} 发货。\n{link}")
    page.locator("[hx-post]").click()
    page.locator("#sample .pre", has_text="预计 3 月 9 日 发货。").wait_for()
    visitor.look("text-preview")
    page.locator("form[data-keep] .btn.main").click()
    page.locator(".draft").wait_for()
    visitor.look("text-draft")
    assert page.locator(".draft .btn.main").count() == 0

    visitor.hand_over("manager")
    visitor.open("/messages/templates/delayed/zh-Hans")
    visitor.look("text-review")
    page.locator(".draft .btn.main").click()
    page.wait_for_url("**/messages/templates")
    page.locator("a[href='/messages/templates/delayed/zh-Hans']").click()
    page.locator("details.version").first.wait_for()
    assert page.locator("textarea[name=body]").input_value().startswith("{name} 您好！\n\n预计")
    assert page.locator(".draft").count() == 0


def test_a_shop_without_a_mail_server_is_told_to_call(visitor):
    shop = visitor.shop
    message_id = wanted(shop, "changed", shop.orders("confirmed")[0], "1")
    visitor.sign_in("service")
    visitor.open("/messages/")
    visitor.look("messages-no-mail")
    assert visitor.page.locator(".no-mail").is_visible()
    visitor.open(f"/messages/{message_id}")
    assert visitor.page.locator(".letter .btn.main").count() == 0
