"""The service desk, the emergency stop and the customer's page on real screens: a problem told on a phone without any
script is a case at the desk, and a stop stands on every screen of the work."""

import pytest
from sqlalchemy import select

from tests.browser.screen_checks import assert_screen_is_fit
from tests.browser.shop import CHINESE, CROSSED, ENGLISH, LANDSCAPE, PICTURES, TOLD, name_of, visit
from warehouse.models.incidents import Incident
from warehouse.models.orders import Order
from warehouse.services import customer

PHONE, SMALL_PHONE, TABLET = (
    {"width": 390, "height": 844}, {"width": 360, "height": 740}, {"width": 800, "height": 1280})


def number_of(shop, order_id):
    with shop.database.read() as session:
        return session.get_one(Order, order_id).number


def complained(shop):
    """The order whose customer has written."""
    with shop.database.read() as session:
        return session.execute(select(Incident.order_id).where(
            Incident.stage == "customer", Incident.order_id.is_not(None)).order_by(Incident.id)).scalars().first()


@pytest.mark.parametrize("told", [*TOLD, *CROSSED], ids=name_of)
def test_the_desk_and_its_stops_are_fit(open_shop, new_tablet, told):
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    order = complained(open_shop)
    open_shop.database.write(customer.link_of, order)
    pages = {
        "service": "/service/", "service-number": f"/service/?q={number_of(open_shop, order)}",
        "service-title": "/service/?q=三体", "service-nothing": "/service/?q=nobody at all",
        "service-order": f"/service/order/{order}",
        "service-parcels": f"/service/order/{order}?show=parcel&turn=oldest", "pauses-none": "/pauses/",
    }
    found = []
    for name, address in pages.items():
        assert visitor.page.goto(open_shop.url + address).status == 200
        found += visitor.faults(f"page-{name}", layout_alone=told in CROSSED)

    assert found == []


@pytest.mark.parametrize("told", TOLD, ids=name_of)
def test_a_stop_is_begun_and_stands_on_the_screens_of_the_work(open_shop, new_tablet, told):
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    visitor.open("/pauses/")
    page = visitor.page
    page.locator("label.pick:has([value=dispatch])").click()
    page.locator("label.pick:has([value=carrier])").click()
    page.locator("select[name=carrier_code]").select_option("SF")
    page.locator("input[name=reason]").fill("Strike at the carrier, trucks stay in their yard until tomorrow morning")
    visitor.look("pauses-typed")
    page.locator("button.danger").click()
    page.locator(".stops li").wait_for()

    found = visitor.faults("pauses-open")
    for name, address in {"home": "/", "picks": "/pick/", "bench": "/pack/", "dock": "/dock/", "release": "/waves/",
                          "board": "/board/"}.items():
        visitor.open(address)
        assert "Strike at the carrier" in page.locator(".pauses").inner_text()
        found += visitor.faults(f"paused-{name}")
    assert found == []

    visitor.open("/pauses/")
    page.locator(".stops form button").click()
    page.locator(".stops").wait_for(state="detached")
    visitor.open("/")
    assert page.locator(".pauses").count() == 0


def test_a_case_is_opened_in_two_taps_and_a_text_and_a_refused_one_keeps_what_was_typed(open_shop, new_tablet):
    visitor = visit(open_shop, new_tablet, (ENGLISH, LANDSCAPE))
    visitor.sign_in("manager")
    order = open_shop.orders("dispatched")[0]
    visitor.open(f"/service/order/{order}")
    page = visitor.page
    page.locator("label.pick:has([value=question])").click()
    page.locator("textarea[name=words]").fill("   ")
    page.locator("#case button[type=submit]").click()
    page.locator("#notice .notice").wait_for()
    page.locator("textarea[name=words]").fill("May it be wrapped as a gift?")
    page.locator("#case button[type=submit]").click()

    page.locator(".opened").wait_for()
    assert "Question" in page.locator(".line-card").inner_text()
    assert "wrapped" not in page.content()
    visitor.look("service-case")


# --- The customer's page


def open_as_customer(shop, new_tablet, order, *, size=PHONE, language=CHINESE, script=False):
    """A phone that never was here, its browser without scripts."""
    link = shop.database.write(customer.link_of, order)
    phone = new_tablet(viewport=size, java_script_enabled=script).new_page()
    phone.goto(f"{shop.url}/o/{link}?lang={language}")
    return phone


def keep(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", caret="initial", full_page=True)


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE, TABLET, LANDSCAPE], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_the_customers_page_is_fit_on_every_phone(open_shop, new_tablet, size, language):
    orders = {"complained": complained(open_shop), "sent": open_shop.orders("dispatched")[-1],
              "waiting": open_shop.orders("confirmed")[0]}
    for name, order in orders.items():
        page = open_as_customer(open_shop, new_tablet, order, size=size, language=language, script=True)
        for details in page.locator("details").all():
            details.locator("summary").click()
        keep(page, f"customer-{name}.{language[:2]}.{size['width']}")
        assert_screen_is_fit(page)


def test_a_problem_told_on_a_phone_without_scripts_is_a_case_at_the_desk(open_shop, new_tablet):
    order = open_shop.orders("dispatched")[-1]
    phone = open_as_customer(open_shop, new_tablet, order, language=ENGLISH)
    phone.locator("#problem summary").click()
    phone.locator("#problem .tick:has([value=damaged])").click()
    phone.locator("#problem textarea").fill("The corner is bent")
    phone.locator("#problem button").click()
    phone.locator(".wrong").wait_for()
    assert phone.locator("#problem textarea").input_value() == "The corner is bent"
    phone.locator("#problem select[name=line_id]").select_option(index=1)
    phone.locator("#problem button").click()
    phone.locator(".thanks").wait_for()
    assert "Damaged copy" in phone.content()

    visitor = visit(open_shop, new_tablet, (ENGLISH, LANDSCAPE))
    visitor.sign_in("manager")
    visitor.open(f"/service/?q={number_of(open_shop, order)}")
    visitor.follow(".results .hit", f"**/service/order/{order}")
    told = visitor.page.locator(".line-card").inner_text()
    assert "Damaged" in told and "corner is bent" not in visitor.page.content()


def test_a_return_is_asked_on_a_phone_and_its_verdict_is_read_there(open_shop, new_tablet):
    order = open_shop.orders("dispatched")[-1]
    phone = open_as_customer(open_shop, new_tablet, order, size=SMALL_PHONE)
    phone.locator("#return summary").click()
    phone.locator("#return .units select").first.select_option("1")
    phone.locator("#return .tick:has([value=return])").click()
    phone.locator("#return select[name=reason]").select_option("changed_mind")
    phone.locator("#return button").click()
    phone.locator(".thanks").wait_for()
    assert "已同意，请寄回" in phone.content()
    keep(phone, "customer-return.zh.360")


def test_a_wrong_link_says_so_and_no_more(open_shop, new_tablet):
    page = new_tablet(viewport=PHONE, locale="en-GB").new_page()
    answer = page.goto(f"{open_shop.url}/o/nothing-of-the-kind")
    assert answer.status == 404
    keep(page, "customer-closed.en.390")
    assert_screen_is_fit(page)
