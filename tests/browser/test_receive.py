"""A delivery comes in: its parcel is counted by scan, a bad copy gets a picture, and a good one goes to its shelf."""

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from tests.browser.shop import label
from warehouse.models.receiving import Delivery
from warehouse.models.stock import Location, StockBalance
from warehouse.services import receiving_look, transfers_look

UNKNOWN = "9786699999993"


@pytest.fixture
def delivery(visitor):
    """One that is announced and that nobody counts yet."""
    visitor.sign_in("packer")
    with visitor.shop.database.read() as session:
        return session.execute(select(Delivery.id).where(Delivery.state == "announced").limit(1)).scalar_one()


def parcel_task(visitor):
    parcel = int(visitor.page.url.rpartition("/")[2])
    with visitor.shop.database.read() as session:
        now = receiving_look.look(session, parcel)
        return receiving_look.draw(session, now, visitor.shop.actor("packer"))


def transfer_task(visitor):
    actor = visitor.shop.actor("packer")
    with visitor.shop.database.read() as session:
        return transfers_look.draw(transfers_look.look(session, actor.person_id), actor)


def units_on(visitor, location_id, item_id):
    with visitor.shop.database.read() as session:
        return session.execute(select(func.coalesce(func.sum(StockBalance.on_hand), 0)).where(
            StockBalance.location_id == location_id, StockBalance.item_id == item_id)).scalar_one()


def receiving_place(visitor):
    with visitor.shop.database.read() as session:
        return session.execute(select(Location.id).where(Location.code == "RECEIVING")).scalar_one()


def a_photo():
    out = BytesIO()
    Image.new("RGB", (2400, 1800), "brown").save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def go_by(visitor, button, address):
    visitor.page.locator(button).click()
    visitor.page.wait_for_url(address)
    visitor.page.wait_for_function("() => window.tablet?.sender")


def test_a_parcel_is_counted_and_a_copy_goes_to_its_shelf(visitor, delivery):
    visitor.open("/receive/")
    visitor.look("receive-1-list")
    go_by(visitor, f"a[href='/receive/{delivery}']", f"**/receive/{delivery}")
    visitor.look("receive-2-delivery")
    go_by(visitor, "form[action$='/parcel'] button", "**/receive/parcel/*")
    visitor.look("receive-3-parcel")

    book = parcel_task(visitor)["lines"][0]
    code, place = label("item", book["item_id"]), receiving_place(visitor)
    for _ in range(2):
        visitor.scan(code)
        assert visitor.outcome() == ("accepted", "ok", "receiving.taken")
    visitor.scan(UNKNOWN)
    assert visitor.outcome() == ("refused", "warn", "receiving.unknown_title")
    visitor.look("receive-4-unknown")
    visitor.scan(UNKNOWN)
    assert visitor.outcome()[2] == "receiving.drafted"
    visitor.scan(code)
    visitor.page.locator("[data-open-sheet='#how-many']").first.click()
    visitor.look("receive-5-bad")
    visitor.press("#bad:damaged")
    visitor.page.locator("input[type=file]").set_input_files(a_photo())
    visitor.page.locator(".photo img").wait_for()
    visitor.look("receive-6-photo")
    assert len(parcel_task(visitor)["photos"]) == 1

    go_by(visitor, "[data-virtual-scan='#close']", f"**/receive/{delivery}")
    visitor.look("receive-7-counted")
    assert units_on(visitor, place, book["item_id"]) == 2

    visitor.open("/transfers/")
    visitor.scan(code)
    shelf = transfer_task(visitor)["suggestions"][0]
    before = units_on(visitor, shelf["id"], book["item_id"])
    visitor.look("receive-8-in-hand")
    visitor.scan(label("location", shelf["id"]))
    assert visitor.outcome()[0] == "accepted"
    assert units_on(visitor, shelf["id"], book["item_id"]) == before + 1
    assert units_on(visitor, place, book["item_id"]) == 1
