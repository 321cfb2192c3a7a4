"""Coming in: badge and PIN, name and PIN, a wrong PIN, and the language of whoever stands before the tablet."""

import pytest

from tests.browser.keys import scan_keys
from tests.browser.shop import CHINESE, ENGLISH, LANDSCAPE, PORTRAIT, visit


def type_pin(page, pin):
    for digit in pin:
        page.locator(f"[data-key='{digit}']").click()


def test_a_badge_and_six_taps_open_the_home_screen(visitor):
    visitor.look("login-1")
    badge = visitor.shop.badges["picker"]
    scan_keys(visitor.page, badge.badge)
    visitor.page.locator("input[name=badge]").wait_for(state="attached")
    visitor.look("login-2-badge-read")
    type_pin(visitor.page, badge.pin)
    visitor.page.wait_for_url(visitor.shop.url + "/")
    visitor.look("home-picker")

    assert visitor.page.locator(".me").get_attribute("aria-label").count(badge.name) == 1


def test_without_a_badge_a_name_and_the_pin_do(visitor):
    badge = visitor.shop.badges["packer"]
    visitor.page.locator(f".names label:has-text('{badge.name}')").click()
    type_pin(visitor.page, "000000")
    visitor.page.locator("[data-say]").first.wait_for()
    visitor.look("login-3-wrong-pin")
    type_pin(visitor.page, badge.pin)
    visitor.page.wait_for_url(visitor.shop.url + "/")

    visitor.look("home-packer")


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-CN", CHINESE), ("zh-TW", CHINESE), ("en-US", ENGLISH), ("fr-FR", ENGLISH)]
)
def test_a_browser_is_greeted_in_its_language(open_shop, new_tablet, locale, language):
    page = new_tablet(locale=locale).new_page()
    page.goto(f"{open_shop.url}/login")

    assert page.locator("html").get_attribute("lang") == language


def test_the_language_can_be_changed_at_the_door_and_inside(open_shop, new_tablet):
    visitor = visit(open_shop, new_tablet, (ENGLISH, PORTRAIT))
    visitor.page.locator(".languages [value='zh-Hans']").click()
    visitor.page.wait_for_selector(f"html[lang='{CHINESE}']")
    visitor.sign_in("manager")
    assert visitor.page.locator("html").get_attribute("lang") == ENGLISH  # Her own choice counts inside.

    visitor.open("/me")
    visitor.page.locator("[name=language][value='zh-Hans']").click()
    visitor.page.wait_for_selector(f"html[lang='{CHINESE}']")


def test_the_page_one_wanted_opens_after_signing_in(open_shop, new_tablet):
    visitor = visit(open_shop, new_tablet, (ENGLISH, LANDSCAPE))
    visitor.open("/pick/")
    visitor.sign_in("picker")

    assert visitor.page.url == f"{open_shop.url}/pick/"
