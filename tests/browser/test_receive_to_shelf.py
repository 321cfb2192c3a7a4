"""A delivery comes in by scan: counted parcel by parcel, what is bad with its picture, what differs told to the buyer;
then every copy goes to its shelf, and only from there to an order."""

from io import BytesIO

import pytest
from PIL import Image

from tests.browser.shop import label
from tests.builders import AnItem, an_order, order_state
from tests.floor import release

THREE_BODY, ALIVE, MIRACLES, UNKNOWN = "9787536692930", "9787506365437", "9787544270878", "9786699999993"
# On the notice: so many copies of each in two parcels.
NOTICE = {THREE_BODY: 20, ALIVE: 12, MIRACLES: 10}
RECEIVING = "RECEIVING"


@pytest.fixture
def delivery(visitor):
    """One that is announced and that nobody counts yet."""
    visitor.sign_in("packer")
    return visitor.shop.deliveries("announced")[0]


@pytest.fixture
def waiting_order(visitor):
    """An order for one copy more than all shelves have free, made as often as it is asked for."""
    item_id = visitor.shop.item(MIRACLES)
    units = visitor.shop.free_units(item_id) + 1
    return lambda: an_order(visitor.shop.database, {AnItem(item_id, MIRACLES, MIRACLES, "解忧杂货店", ()): units})


def a_photo():
    out = BytesIO()
    Image.new("RGB", (2400, 1800), "brown").save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def parcel_of(visitor):
    return visitor.shop.parcel_task(int(visitor.page.url.rpartition("/")[2]))


def open_parcel(visitor):
    visitor.follow("form[action$='/parcel'] button", "**/receive/parcel/*")


def take(visitor, code, answer):
    visitor.scan(code)
    assert visitor.outcome()[2] == answer


def count_first_parcel(visitor):
    """Everything that can be odd in one parcel."""
    visitor.look("receive-3-parcel")
    for _ in range(2):
        take(visitor, THREE_BODY, "receiving.taken")
    visitor.type_number("#how-many", NOTICE[MIRACLES])
    visitor.look("receive-4-number")
    take(visitor, MIRACLES, "receiving.taken")
    visitor.look("receive-5-counted")
    take(visitor, MIRACLES, "receiving.over")
    assert visitor.outcome()[:2] == ("refused", "warn")
    visitor.look("receive-6-one-over")
    take(visitor, MIRACLES, "receiving.taken_over")
    take(visitor, UNKNOWN, "receiving.unknown_title")
    visitor.look("receive-7-unknown")
    take(visitor, UNKNOWN, "receiving.drafted")
    take(visitor, ALIVE, "receiving.taken")
    visitor.page.locator("[data-open-sheet='#how-many']").first.click()
    visitor.look("receive-8-bad")
    visitor.press("#bad:damaged")
    visitor.page.locator("input[type=file]").set_input_files(a_photo())
    visitor.page.locator(".photo img").wait_for()
    visitor.look("receive-9-photo")
    assert len(parcel_of(visitor)["photos"]) == 1


def close_delivery(visitor, delivery):
    visitor.page.locator("[data-open-sheet='#close']").click()
    visitor.look("receive-11-close")
    with visitor.page.expect_navigation():
        visitor.page.locator("#close form button").click()
    visitor.look("receive-12-closed")
    assert delivery in visitor.shop.deliveries("closed")


def test_a_delivery_is_counted_differs_and_can_be_sold_from_its_shelves(visitor, delivery, waiting_order):
    shop = visitor.shop
    visitor.open("/receive/")
    visitor.look("receive-1-list")
    visitor.follow(f"a[href='/receive/{delivery}']", f"**/receive/{delivery}")
    visitor.look("receive-2-delivery")
    open_parcel(visitor)
    count_first_parcel(visitor)
    visitor.follow("[data-virtual-scan='#close']", f"**/receive/{delivery}")
    open_parcel(visitor)
    visitor.type_number("#how-many", NOTICE[THREE_BODY] - 2)
    take(visitor, THREE_BODY, "receiving.taken")
    visitor.follow("[data-virtual-scan='#close']", f"**/receive/{delivery}")
    visitor.look("receive-10-all-counted")
    close_delivery(visitor, delivery)

    miracles, place = shop.item(MIRACLES), shop.place(RECEIVING)
    assert shop.units_at(place, miracles) == NOTICE[MIRACLES] + 1
    assert shop.units_at(shop.place("QUARANTINE"), shop.item(ALIVE), "damaged") == 1
    before = waiting_order()
    assert release(shop.database, shop.actor("manager"), before) == []
    assert order_state(shop.database, before) == "held"

    put_away(visitor, miracles)
    after = waiting_order()
    assert len(release(shop.database, shop.actor("manager"), after)) == 1
    assert order_state(shop.database, after) == "released"


def put_away(visitor, item_id):
    """By scan of the book and of the shelf that is suggested; a draft goes nowhere."""
    shop = visitor.shop
    units = shop.units_at(shop.place(RECEIVING), item_id)
    visitor.open("/transfers/")
    visitor.look("put-away-1-list")
    take(visitor, UNKNOWN, "transfers.draft")
    visitor.look("put-away-2-draft")
    take(visitor, MIRACLES, "transfers.taken")
    visitor.press("#all")
    visitor.look("put-away-3-in-hand")
    shelf = shop.transfer_task()["suggestions"][0]
    lay = shop.units_at(shelf["id"], item_id)
    take(visitor, label("location", shelf["id"]), "transfers.put")
    visitor.look("put-away-4-done")
    assert shop.units_at(shelf["id"], item_id) == lay + units
    assert shop.units_at(shop.place(RECEIVING), item_id) == 0


def test_the_buyer_sees_what_differed_and_lists_the_unknown_title(visitor, delivery):
    visitor.open(f"/receive/{delivery}")
    open_parcel(visitor)
    for answer in ("receiving.unknown_title", "receiving.drafted"):
        take(visitor, UNKNOWN, answer)
    visitor.type_number("#how-many", 3)
    take(visitor, THREE_BODY, "receiving.taken")
    visitor.page.locator("[data-open-sheet='#how-many']").first.click()
    visitor.press("#bad:misprint")
    visitor.follow("[data-virtual-scan='#close']", f"**/receive/{delivery}")
    close_delivery(visitor, delivery)

    visitor.hand_over("manager")
    visitor.open(f"/purchasing/deliveries/{delivery}")
    visitor.look("buyer-1-differences")
    report = visitor.page.request.get(f"{visitor.shop.url}/purchasing/deliveries/{delivery}/report.pdf")
    assert (report.status, report.body()[:5]) == (200, b"%PDF-")
    visitor.open("/purchasing/suppliers")
    visitor.look("buyer-2-suppliers")
    visitor.open("/purchasing/drafts")
    visitor.look("buyer-3-draft")
    draft = visitor.page.locator(".draft", has_text=UNKNOWN)
    draft.locator("input[name=title]").fill("未命名的城市")
    with visitor.page.expect_navigation():
        draft.locator("form[action$='/list'] button").click()
    visitor.look("buyer-4-listed")
    visitor.open("/transfers/")
    take(visitor, UNKNOWN, "transfers.taken")
