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

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.browser import shop as demo  # noqa: E402
from tests.browser.conftest import BROWSERS, QUIET  # noqa: E402
from warehouse import clock  # noqa: E402
from warehouse.demo.hands import Hands  # noqa: E402
from warehouse.domain.counting import OPEN  # noqa: E402
from warehouse.models.counting import CountTask  # noqa: E402

PICTURES = HERE / "pictures"
MOST_BYTES = 150_000
LANDSCAPE, PORTRAIT = (demo.ENGLISH, demo.LANDSCAPE), (demo.CHINESE, demo.PORTRAIT)
FIRST_VOLUME, SECOND_VOLUME = "9787536692930", "9787536693968"
TABLET, CART = 1, 2
UNDER_WAY, DUE_FIRST, DUE_SECOND, ZONE_COUNT = 2, "9780061120084", "9780451524935", 2


def main() -> None:
    """Each picture from a shop of its own state, in the order of the day."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        made = Path(folder) / "made"
        badges = demo.make_shop(made)
        chromium = next(filter(None, map(shutil.which, BROWSERS)))
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        for number, story in enumerate((
                home_and_pick, bench, label_on_box, floor_board, pick_in_chinese, goods_in, blind_count, stocktake_desk)):
            with demo.serving(made, badges, Path(folder) / f"copy{number}") as shop:
                story(shop, browser.new_context)
        browser.close()


def home_and_pick(shop: demo.Shop, new_tablet: object) -> None:
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("picker")
    keep(visitor, "home")
    begin_round(visitor, shop.runs("planned", "batch")[0])
    keep(visitor, "pick")


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
    """An order with the first volume of three: the second one lies in the packer's hand."""
    picker = replace(shop.actor("picker"), device_id=TABLET)
    run = shop.runs("planned", "batch")[0]
    orders = shop.orders_of(run)
    Hands(shop.database, picker, clock.now() - timedelta(minutes=9)).pick(run, shop.free_totes()[: len(orders)], CART)
    order = next(each for each in orders if FIRST_VOLUME in [line["isbn13"] for line in shop.pack_task(each)["lines"]])
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("packer")
    visitor.open(f"/pack/{order}")
    for line in shop.pack_task(order)["lines"]:
        if line["isbn13"] != FIRST_VOLUME:
            visitor.scan(line["isbn13"])
    keep(visitor, "pack")
    visitor.scan(SECOND_VOLUME)
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
    visitor.open(f"/receive/{UNDER_WAY}")
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
            select(CountTask.id, CountTask.location_id).where(CountTask.session_id == ZONE_COUNT,
                                                              CountTask.state == OPEN, CountTask.round == 1)
            .order_by(CountTask.id)).first()
    visitor.open(f"/count/{task}")
    visitor.scan(demo.label("location", shelf))
    for raw in (FIRST_VOLUME, SECOND_VOLUME, SECOND_VOLUME, "6901234567892", *["9787208061644"] * 6):
        visitor.scan(raw)
    keep(visitor, "count")


def stocktake_desk(shop: demo.Shop, new_tablet: object) -> None:
    visitor = demo.visit(shop, new_tablet, LANDSCAPE)
    visitor.sign_in("manager")
    visitor.open(f"/stocktakes/{ZONE_COUNT}")
    keep(visitor, "stocktake")


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
