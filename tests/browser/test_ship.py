"""The end of the bench and the dock by scanner: label, proof on the box, the driver's list."""

import pytest

from tests.browser.shop import label


@pytest.fixture
def parcel(visitor):
    """A weighed parcel without label, and its packer."""
    visitor.sign_in("packer")
    return visitor.shop.parcels("closed")[0]


@pytest.fixture
def task(visitor, parcel):
    return lambda: visitor.shop.ship_task(parcel)


def print_papers(visitor, parcel):
    """The page makes the label by itself; both papers are printed."""
    visitor.open(f"/ship/{parcel}")
    visitor.page.wait_for_selector("img.label")
    for code in ("#printed:slip", "#printed:label"):
        visitor.press(code)


def test_the_label_is_proven_on_its_own_box(visitor, parcel, task):
    visitor.open("/ship/")
    visitor.look("ship-1-list")
    visitor.open(f"/ship/{parcel}")
    visitor.page.wait_for_selector("img.label")
    visitor.look("ship-2-label-made")
    for code in ("#printed:slip", "#printed:label"):
        visitor.press(code)
    assert task()["step"] == "scan"
    visitor.look("ship-3-printed")

    other = next(each for each in visitor.shop.parcels("labelled") if each != parcel)
    visitor.scan(label("parcel", other))
    assert visitor.outcome()[:2] == ("refused", "error")
    assert task()["state"] == "closed"
    visitor.look("ship-4-wrong-parcel")
    visitor.scan(label("parcel", parcel))
    assert visitor.outcome()[0] == "accepted"
    assert task()["state"] == "labelled"
    visitor.look("ship-5-done")
    visitor.page.locator("[data-open-sheet='#problem']").click()
    visitor.look("ship-6-problem")


def test_parcels_go_onto_the_list_of_their_truck_and_the_driver_signs(visitor, parcel, task):
    ready = visitor.shop.parcels("labelled")[0]
    print_papers(visitor, parcel)
    visitor.scan(label("parcel", parcel))
    visitor.open("/dock/")
    visitor.look("dock-1-trucks")
    carrier = visitor.shop.carrier_of(ready)
    with visitor.page.expect_navigation():
        visitor.page.locator(f"form:has([name=carrier][value='{carrier}']) button").click()
    visitor.look("dock-2-empty")
    if visitor.shop.carrier_of(parcel) != carrier:
        visitor.scan(label("parcel", parcel))
        assert visitor.outcome()[:2] == ("refused", "error")
        visitor.look("dock-3-other-carrier")
    visitor.scan(label("parcel", ready))
    assert visitor.outcome()[0] == "accepted"
    visitor.look("dock-4-loaded")

    visitor.page.locator("[data-open-sheet='#sign']").click()
    visitor.page.locator("#driver").fill("陈师傅")
    visitor.look("dock-5-sign")
    before = visitor.answer_id()
    visitor.page.locator("#sign .btn.main").click()
    visitor.answered_after(before)
    visitor.look("dock-6-signed")

    assert ready in visitor.shop.parcels("handed_over")
