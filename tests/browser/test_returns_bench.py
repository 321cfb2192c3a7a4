"""What customers send back is opened by its label, judged copy by copy and goes where it belongs, on the tablet."""

import re

import pytest
from sqlalchemy import select

from tests.browser.shop import label
from tests.browser.test_receive_to_shelf import a_photo
from tests.builders import AnItem
from tests.returns_builders import a_sent_order
from warehouse.models.packing import Parcel
from warehouse.services import returns
from warehouse.services.returns_look import draw, look

ONE_RETURN = re.compile(r"/returned/\d+$")
THREE_BODY, ALIVE, MIRACLES = "9787536692930", "9787506365437", "9787544270878"


def book_of(shop, isbn, title):
    return AnItem(shop.item(isbn), isbn, isbn, title, ())


@pytest.fixture
def sent(visitor):
    """Two copies of one title and one of another, with the customer."""
    shop = visitor.shop
    return a_sent_order(shop.database, shop.actor("manager"), {
        book_of(shop, THREE_BODY, "三体"): 2, book_of(shop, ALIVE, "活着"): 1})


@pytest.fixture
def asked(visitor, sent):
    """A label of a return that is approved: all three copies, in any condition."""
    wants = [(sent.line_ids[0], 2, None), (sent.line_ids[1], 1, None)]
    return visitor.shop.database.write(returns.request, visitor.shop.actor("manager"), sent.id, "return",
                                       "wrong_book_sent", wants, source="desk")


def open_bench(visitor, code):
    visitor.open("/returned/")
    visitor.scan_unanswered(code)
    visitor.page.wait_for_url(ONE_RETURN)
    visitor.page.wait_for_function("() => window.tablet?.sender")


def task_of(visitor, return_id, role="packer"):
    with visitor.shop.database.read() as session:
        return draw(session, look(session, return_id), visitor.shop.actor(role))


def take(visitor, code, answer="returns_bench.taken"):
    visitor.scan(code)
    assert visitor.outcome()[2] == answer


def test_an_announced_parcel_copy_by_copy(visitor, asked):
    """One as new, one damaged with its picture, one more than was sent, one sold as used, one not in the order."""
    shop = visitor.shop
    visitor.sign_in("packer")
    visitor.open("/returned/")
    visitor.look("returned-1-list")
    open_bench(visitor, label("return", asked))
    visitor.look("returned-2-opened")
    take(visitor, THREE_BODY)
    visitor.look("returned-3-grade")
    visitor.press("#grade:as_new")
    visitor.look("returned-4-place")
    visitor.press("#to:restock")
    take(visitor, THREE_BODY)
    visitor.press("#grade:damaged")
    visitor.page.locator("input[type=file]").set_input_files(a_photo())
    visitor.page.locator(".photo img").wait_for()
    visitor.look("returned-5-damaged")
    visitor.press("#to:quarantine")
    visitor.scan(THREE_BODY)
    assert visitor.outcome() == ("refused", "error", "returns_bench.too_many")
    visitor.look("returned-6-too-many")
    visitor.press("#aside")
    visitor.scan(MIRACLES)
    assert visitor.outcome() == ("refused", "warn", "returns_bench.ask_foreign")
    visitor.look("returned-7-not-in-order")
    visitor.press("#close")
    assert visitor.outcome()[2] == "returns_bench.not_all_came"
    visitor.look("returned-8-missing")
    take(visitor, ALIVE)
    visitor.press("#grade:good")
    visitor.press("#to:used")
    visitor.look("returned-9-label")
    used = task_of(visitor, asked)["present"]["into"]
    visitor.scan(label("item", used["item_id"]))
    assert visitor.outcome()[2] == "returns_bench.to_used"
    visitor.look("returned-10-all-in")
    visitor.press("#close")
    visitor.look("returned-11-done")

    receiving, three_body = shop.place("RECEIVING"), shop.item(THREE_BODY)
    assert shop.units_at(receiving, used["item_id"]) == 1
    assert shop.units_at(shop.place("QUARANTINE"), three_body, "damaged") == 1
    assert shop.units_at(shop.place("RETURNS"), three_body) == 0
    assert len(task_of(visitor, asked)["copies"]) == 4


def test_a_box_that_nobody_announced_and_a_lead_who_decides(visitor, sent):
    shop = visitor.shop
    visitor.sign_in("packer")
    with shop.database.read() as session:
        parcel_id = session.execute(select(Parcel.id).where(Parcel.order_id == sent.id)).scalar_one()
    visitor.open("/returned/")
    visitor.scan(label("parcel", parcel_id))
    assert visitor.outcome()[2] == "returns_bench.choose_box"
    visitor.look("unannounced-1-which")
    visitor.page.locator("[data-choice='2']").click()
    visitor.page.wait_for_url(ONE_RETURN)
    visitor.page.wait_for_function("() => window.tablet?.sender")
    return_id = int(visitor.page.url.rpartition("/")[2])
    take(visitor, ALIVE)
    visitor.press("#grade:acceptable")
    visitor.look("unannounced-2-desk-decides")

    visitor.hand_over("manager")
    visitor.open(f"/returned/{return_id}")
    visitor.look("unannounced-3-theirs")
    visitor.press("#take_over")
    visitor.page.locator("[data-open-sheet='#override']").click()
    visitor.look("unannounced-4-override")
    visitor.press("#accept:goodwill")
    visitor.look("unannounced-5-accepted")
    visitor.press("#undo")
    assert task_of(visitor, return_id, "manager")["step"] == "grade"


def test_nobody_knows_whose_box_it_is(visitor, sent):
    visitor.sign_in("packer")
    visitor.open("/returned/")
    visitor.scan("ZZ-NOT-KNOWN-1")
    assert visitor.outcome()[2] == "returns_bench.unknown_box"
    visitor.look("nobody-1-unknown")
    visitor.follow("[data-virtual-scan='#unknown']", ONE_RETURN)
    visitor.look("nobody-2-opened")
    take(visitor, ALIVE, "returns_bench.taken_unknown")
    visitor.press("#grade:very_good")
    visitor.scan(sent.number)
    assert visitor.outcome()[2] == "returns_bench.order_named"
    visitor.look("nobody-3-order-named")
    visitor.page.locator("[data-open-sheet='#problem']").click()
    visitor.look("nobody-4-problem")


def test_a_second_box_under_the_same_number(visitor, asked):
    visitor.sign_in("packer")
    open_bench(visitor, label("return", asked))
    take(visitor, ALIVE)
    visitor.press("#grade:as_new")
    visitor.press("#to:restock")
    visitor.press("#close")
    visitor.press("#close:missing")
    assert task_of(visitor, asked)["state"] == "settled"
    visitor.open("/returned/")
    visitor.scan(label("return", asked))
    assert visitor.outcome()[2] == "returns_bench.choose_next"
    visitor.look("second-1-which")
    visitor.page.locator("[data-choice='2']").click()
    visitor.page.wait_for_url(ONE_RETURN)
    visitor.look("second-2-opened")
    assert not visitor.page.url.endswith(f"/{asked}")
