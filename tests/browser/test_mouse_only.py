"""The whole job without a scanner and without a keyboard: the demo's scanner on the screen, pressed by mouse."""

import pytest

from tests.browser.shop import CHINESE, ENGLISH, LANDSCAPE, PORTRAIT, name_of, visit

SCANNER = ".screen-scanner [data-virtual-scan]"


def press_right_code(visitor):
    """The first button of the panel is what a gun would read now."""
    before = visitor.answer_id()
    visitor.page.locator(SCANNER).first.click()
    visitor.answered_after(before)


def walk(visitor, run):
    visitor.open(f"/pick/{run}")
    with visitor.page.expect_navigation():
        visitor.page.locator("main .btn.main").click()
    visitor.look("mouse-1-cart")
    while visitor.shop.pick_task(run)["state"] != "done":
        press_right_code(visitor)
    visitor.look("mouse-2-picked")


def pack(visitor, order):
    visitor.open(f"/pack/{order}")
    visitor.look("mouse-3-pack")
    while visitor.shop.pack_task(order)["units_left"]:
        press_right_code(visitor)
    if visitor.shop.pack_task(order)["step"] == "read":
        visitor.press("#ack")
    for digit in str(visitor.shop.pack_task(order)["box"]["expected_weight_g"]):
        visitor.page.locator(f"#weigh [data-key='{digit}']").click()
    visitor.page.locator("button[form=weigh]").click()
    visitor.page.wait_for_url("**/ship/*")
    visitor.page.wait_for_selector("img.label")


def ship(visitor, parcel):
    visitor.open(f"/ship/{parcel}")
    visitor.page.wait_for_selector("img.label")
    for code in ("#printed:slip", "#printed:label"):
        visitor.press(code)
    visitor.look("mouse-4-ship")
    press_right_code(visitor)
    visitor.open("/dock/")
    carrier = visitor.shop.carrier_of(parcel)
    with visitor.page.expect_navigation():
        visitor.page.locator(f"form:has([name=carrier][value='{carrier}']) button").click()
    while parcel not in visitor.shop.parcels("handed_over"):
        press_right_code(visitor)
    visitor.look("mouse-5-dock")


@pytest.mark.parametrize("told", [(ENGLISH, LANDSCAPE), (CHINESE, PORTRAIT)], ids=name_of)
def test_an_order_goes_from_shelf_to_truck_by_mouse_alone(demo_shop, new_tablet, told):
    visitor = visit(demo_shop, new_tablet, told)
    visitor.sign_in("manager")
    run = demo_shop.runs("planned", "batch")[0]

    walk(visitor, run)
    order = demo_shop.orders_of(run)[0]
    pack(visitor, order)
    parcel = demo_shop.pack_task(order, "manager")["parcels"][0]["id"]
    ship(visitor, parcel)

    assert parcel in demo_shop.parcels("handed_over")
