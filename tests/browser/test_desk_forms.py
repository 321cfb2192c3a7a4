"""A desk form that is refused says so above it and keeps what was typed."""

import re

from tests.browser.shop import ENGLISH, LANDSCAPE, visit

TYPED = "9787536692930 9787000000018"


def test_a_refused_form_keeps_what_was_typed_and_a_mended_one_goes_through(open_shop, new_tablet):
    visitor = visit(open_shop, new_tablet, (ENGLISH, LANDSCAPE))
    visitor.sign_in("manager")
    visitor.open("/stocktakes/new?kind=list")
    page = visitor.page
    page.locator("textarea[name=codes]").fill(TYPED)

    page.locator("form[data-keep] button[type=submit]").click()

    page.locator("#notice .notice").wait_for()
    assert "9787000000018" in page.locator("#notice").inner_text()
    assert page.locator("textarea[name=codes]").input_value() == TYPED
    visitor.look("refused-form")
    page.locator("textarea[name=codes]").fill(TYPED.split(maxsplit=1)[0])
    page.locator("form[data-keep] button[type=submit]").click()
    page.wait_for_url(re.compile(r"/stocktakes/\d+$"))


def test_a_form_without_network_keeps_what_was_typed(open_shop, new_tablet):
    visitor = visit(open_shop, new_tablet, (ENGLISH, LANDSCAPE))
    visitor.sign_in("manager")
    visitor.open("/purchasing/new")
    page = visitor.page
    page.locator("input[name=supplier]").fill("Harbour Book Wholesale")
    page.locator("input[name=number]").fill("PO-1")
    page.context.set_offline(offline=True)

    page.locator("form[data-keep] button[type=submit]").click()

    page.locator("[data-notice=offline]").wait_for()
    assert page.locator("input[name=number]").input_value() == "PO-1"
    page.context.set_offline(offline=False)
    page.locator("form[data-keep] button[type=submit]").click()
    page.wait_for_url(re.compile(r"/purchasing/orders/\d+"))
