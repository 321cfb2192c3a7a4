"""Makes the pictures of README and guide from the running program: `python docs/pictures.py`.

Builds the demo shop in a temporary folder, works in it by scanner keys in Chromium and writes `docs/pictures/*.png`.
Run by hand after a change of the screens; nothing else calls it.
"""

import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.browser import shop as demo  # noqa: E402
from tests.browser.conftest import BROWSERS, QUIET  # noqa: E402
from warehouse import clock  # noqa: E402
from warehouse.demo.hands import Hands  # noqa: E402
from warehouse.domain import returns  # noqa: E402
from warehouse.domain.counting import COUNTING, OPEN, ZONE  # noqa: E402
from warehouse.domain.incidents import CUSTOMER  # noqa: E402
from warehouse.models.catalog import Item  # noqa: E402
from warehouse.models.counting import CountSession, CountTask  # noqa: E402
from warehouse.models.incidents import Incident  # noqa: E402
from warehouse.models.orders import Order  # noqa: E402
from warehouse.models.picking import PickStop  # noqa: E402
from warehouse.models.receiving import Delivery, PurchaseOrder  # noqa: E402
from warehouse.models.returns import CustomerReturn, ReturnLine  # noqa: E402

PICTURES = HERE / "pictures"
MOST_BYTES = 150_000
LANDSCAPE, PORTRAIT = (demo.ENGLISH, demo.LANDSCAPE), (demo.CHINESE, demo.PORTRAIT)
PHONE = {"width": 390, "height": 844}
FIRST_VOLUME, SECOND_VOLUME = "9787536692930", "9787536693968"
# A volume and the one that it is easily taken for.
TAKEN_FOR = {
    FIRST_VOLUME: SECOND_VOLUME, SECOND_VOLUME: FIRST_VOLUME, "9780345339706": "9780345339713",
    "9780345339713": "9780345339706", "9787020033430": "9787020033447", "9787020033447": "9787020033454",
    "9787020043279": "9787020043354", "9780590353427": "9780439064873", "9787115358547": "9787115358530",
    "9780441013593": "9780441172719", "9787101052039": "9787108009821", "9787532742929": "9787532742264",
}
TABLET, CART = 1, 2
UNDER_WAY, DUE_FIRST, DUE_SECOND = "PO-7741", "9780061120084", "9780451524935"


def main() -> None:
    """Each picture from a shop of its own state, in the order of the day."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        made = Path(folder) / "made"
        badges = demo.make_shop(made)
        chromium = next(filter(None, map(shutil.which, BROWSERS)))
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        stories = (home_and_pick, bench, label_on_box, floor_board, pick_in_chinese, goods_in, blind_count,
                   stocktake_desk, returns_bench, customers_desk)
        for number, story in enumerate(stories):
            with demo.serving(made, badges, Path(folder) / f"copy{number}") as shop:
                story(shop, browser.new_context)
                # No tablet asks a server that is being closed.
                for tablet in browser.contexts:
                    tablet.close()
        browser.close()


def home_and_pick(shop: demo.Shop, new_tablet: object) -> None:
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("picker")
    keep(visitor, "home")
    begin_round(visitor, shop.runs("planned", "batch")[0])
    keep(visitor, "pick")
    visitor.page.locator("[data-open-sheet='#problem']").click()
    visitor.page.locator("#problem").wait_for()
    keep(visitor, "problem")


def pick_in_chinese(shop: demo.Shop, new_tablet: object) -> None:
    visitor = demo.visit(shop, new_tablet, PORTRAIT)
    visitor.sign_in("picker")
    begin_round(visitor, shop.runs("planned", "batch")[1])
    keep(visitor, "pick-zh")


def begin_round(visitor: demo.Visitor, run: int) -> None:
    """Load the cart and find the first shelf."""
    shop = visitor.shop
    visitor.open(f"/pick/{run}")
    with visitor.page.expect_navigation():
        visitor.page.locator("main .btn.main").click()
    visitor.scan(demo.label("cart", CART))
    totes = shop.free_totes()
    while shop.pick_task(run)["step"] == "bind":
        visitor.scan(demo.label("tote", totes.pop(0)))
    visitor.page.reload()
    visitor.page.wait_for_function("() => window.tablet?.sender")


def bench(shop: demo.Shop, new_tablet: object) -> None:
    """An order with one volume of several: another one lies in the packer's hand."""
    picker = replace(shop.actor("picker"), device_id=TABLET)
    with shop.database.read() as session:
        run, order, wanted = session.execute(
            select(PickStop.run_id, PickStop.order_id, Item.isbn13).join(Item, Item.id == PickStop.item_id)
            .where(Item.isbn13.in_(TAKEN_FOR), PickStop.run_id.in_(shop.runs("planned", "batch")))
            .order_by(PickStop.id)).first()
    orders = shop.orders_of(run)
    Hands(shop.database, picker, clock.now() - timedelta(minutes=9)).pick(run, shop.free_totes()[: len(orders)], CART)
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("packer")
    visitor.open(f"/pack/{order}")
    for line in shop.pack_task(order)["lines"]:
        if line["isbn13"] != wanted:
            visitor.scan(line["isbn13"])
    keep(visitor, "pack")
    visitor.scan(TAKEN_FOR[wanted])
    keep(visitor, "alarm")


def label_on_box(shop: demo.Shop, new_tablet: object) -> None:
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("packer")
    visitor.open(f"/ship/{shop.parcels('closed')[0]}")
    visitor.page.wait_for_selector("img.label")
    for code in ("#printed:slip", "#printed:label"):
        visitor.press(code)
    keep(visitor, "ship")


def floor_board(shop: demo.Shop, new_tablet: object) -> None:
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("manager")
    visitor.open("/board/")
    keep(visitor, "board")


def goods_in(shop: demo.Shop, new_tablet: object) -> None:
    """The second parcel of the delivery under way: some of what is due, one title more than that."""
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("packer")
    with shop.database.read() as session:
        delivery = session.execute(
            select(Delivery.id).join(PurchaseOrder, PurchaseOrder.id == Delivery.purchase_order_id)
            .where(PurchaseOrder.number == UNDER_WAY)).scalar_one()
    visitor.open(f"/receive/{delivery}")
    with visitor.page.expect_navigation():
        visitor.page.locator("form .btn.main").click()
    for isbn in (DUE_FIRST, DUE_FIRST, DUE_SECOND, DUE_SECOND, DUE_SECOND):
        visitor.scan(isbn)
    keep(visitor, "receive")


def blind_count(shop: demo.Shop, new_tablet: object) -> None:
    """A shelf half counted, with a code that nobody knows."""
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("picker")
    with shop.database.read() as session:
        task, shelf = session.execute(
            select(CountTask.id, CountTask.location_id).where(CountTask.session_id == zone_count(session),
                                                              CountTask.state == OPEN, CountTask.round == 1)
            .order_by(CountTask.id)).first()
    visitor.open(f"/count/{task}")
    visitor.scan(demo.label("location", shelf))
    for raw in (FIRST_VOLUME, SECOND_VOLUME, SECOND_VOLUME, "6901234567892", *["9787208061644"] * 6):
        visitor.scan(raw)
    keep(visitor, "count")


def zone_count(session: Session) -> int:
    """The stocktake that is under way."""
    under_way = (CountSession.kind == ZONE) & (CountSession.state == COUNTING)
    return session.execute(select(CountSession.id).where(under_way)).scalar_one()


def stocktake_desk(shop: demo.Shop, new_tablet: object) -> None:
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("manager")
    with shop.database.read() as session:
        count = zone_count(session)
    visitor.open(f"/stocktakes/{count}")
    keep(visitor, "stocktake")


def returns_bench(shop: demo.Shop, new_tablet: object) -> None:
    """The parcel that is on its way back has come, and its first copy is in hand."""
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("packer")
    with shop.database.read() as session:
        announced, isbn = session.execute(
            select(CustomerReturn.id, Item.isbn13).join(ReturnLine, ReturnLine.return_id == CustomerReturn.id)
            .join(Item, Item.id == ReturnLine.item_id).where(CustomerReturn.state == returns.APPROVED)
            .order_by(CustomerReturn.id)).first()
    visitor.open("/returned/")
    visitor.scan_unanswered(demo.label("return", announced))
    visitor.page.wait_for_url(f"**/returned/{announced}")
    visitor.page.wait_for_function("() => window.tablet?.sender")
    visitor.scan(isbn)
    keep(visitor, "returns")


def customers_desk(shop: demo.Shop, new_tablet: object) -> None:
    """A customer who has written: the incident, the order's time line, and what the customer sees."""
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("service")
    with shop.database.read() as session:
        incident, order, link = session.execute(
            select(Incident.id, Order.id, Order.link).join(Order, Order.id == Incident.order_id)
            .where(Incident.stage == CUSTOMER, Order.link.is_not(None)).order_by(Incident.id)).first()
    visitor.open(f"/incidents/{incident}")
    keep(visitor, "incident")
    visitor.open(f"/service/order/{order}")
    keep(visitor, "service")
    visitor.page.set_viewport_size(PHONE)
    visitor.page.goto(f"{shop.url}/o/{link}?lang={demo.ENGLISH}")
    keep(visitor, "customer")


def keep(visitor: demo.Visitor, name: str) -> None:
    """Write the screen as `name`.png, with as few colours as it needs to stay under the limit."""
    path = PICTURES / f"{name}.png"
    visitor.page.screenshot(path=path, caret="initial")
    if path.stat().st_size > MOST_BYTES:
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(256).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} has more than {MOST_BYTES} bytes.")


if __name__ == "__main__":
    main()
