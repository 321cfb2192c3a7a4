"""A pick round by scanner: cart and totes, shelf, book, tote, and everything that goes wrong on the way."""

import pytest

from tests.browser.keys import keyboard_of
from tests.browser.shop import TOLD, label, name_of

# What does not hang on language or size is told once.
once = pytest.mark.parametrize("visitor", TOLD[:1], ids=name_of, indirect=True)


@pytest.fixture
def run(visitor):
    """A cart run that waits, opened by its picker."""
    run_id = visitor.shop.runs("planned", "batch")[0]
    visitor.sign_in("picker")
    visitor.open(f"/pick/{run_id}")
    return run_id


@pytest.fixture
def task(visitor, run):
    """What the run asks for now, read from the books."""
    return lambda: visitor.shop.pick_task(run)


def start(visitor):
    with visitor.page.expect_navigation():
        visitor.page.locator("main .btn.main").click()


def load_cart(visitor, task):
    """Bind the cart and a free tote to each slot."""
    start(visitor)
    visitor.scan(label("cart", 2))
    totes = visitor.shop.free_totes()
    while task()["step"] == "bind":
        visitor.scan(label("tote", totes.pop(0)))


def right_code(now):
    """What a gun reads where the picker does everything right; the book by the code on its back."""
    stop = now["stop"]
    return {
        "shelf": label("location", stop["location_id"]), "tote": label("tote", stop["tote_id"]),
        "item": stop["isbn13"] or label("item", stop["item_id"]),
    }[now["step"]]


def wrong_shelf(visitor, now):
    return label("location", visitor.shop.other_shelf(now["stop"]["location_id"]))


def test_a_round_with_wrong_shelf_and_wrong_book_ends_with_every_unit_in_its_tote(visitor, run, task):
    visitor.look("pick-1-start")
    start(visitor)
    visitor.look("pick-2-cart")
    visitor.scan(label("cart", 2))
    visitor.look("pick-3-first-tote")
    totes = visitor.shop.free_totes()
    while task()["step"] == "bind":
        visitor.scan(label("tote", totes.pop(0)))
    visitor.look("pick-4-shelf")

    visitor.scan(wrong_shelf(visitor, task()))
    assert visitor.outcome() == ("refused", "error", "picking.wrong_shelf")
    visitor.look("pick-5-wrong-shelf")
    visitor.scan(right_code(task()))
    visitor.look("pick-6-book")
    visitor.scan(visitor.shop.other_isbn(task()["stop"]["item_id"]))
    assert visitor.outcome() == ("refused", "error", "picking.wrong_item")
    visitor.look("pick-7-wrong-book")

    looked = set()
    while task()["state"] == "started":
        visitor.scan(right_code(task()))
        assert visitor.outcome()[0] in ("accepted", "choose")
        step = task()["step"]
        if step not in looked:
            looked.add(step)
            visitor.look(f"pick-8-{step}")
    now = task()
    assert (now["units_taken"], now["state"]) == (now["units_due"], "done")


@once
def test_two_scans_faster_than_the_answer_both_count_in_order(visitor, run, task):
    load_cart(visitor, task)
    shelf, now = right_code(task()), task()
    book = now["stop"]["isbn13"]

    before = visitor.answer_id()
    keyboard = keyboard_of(visitor.page)
    for text in (shelf, book):
        keyboard.wait(200)
        keyboard.type(text, 10)
    visitor.answered_after(before)
    visitor.all_sent()

    assert task()["units_taken"] == now["units_taken"] + 1


@once
def test_a_reload_in_the_middle_goes_on_where_it_was(visitor, run, task):
    load_cart(visitor, task)
    visitor.scan(right_code(task()))
    before = task()

    visitor.page.reload()
    visitor.page.wait_for_function("() => window.tablet?.sender")

    assert visitor.page.locator("#task").get_attribute("data-step") == before["step_id"]
    visitor.scan(right_code(before))
    assert task()["units_taken"] == before["units_taken"] + 1


def test_three_scans_without_network_are_counted_once_each_in_order_when_it_is_back(visitor, run, task):
    load_cart(visitor, task)
    first = task()
    scans = [right_code(first), first["stop"]["isbn13"], wrong_shelf(visitor, first)]

    visitor.page.context.set_offline(True)
    for text in scans:
        visitor.scan_unanswered(text)
    visitor.page.wait_for_selector("[data-net][data-state='waiting']")
    visitor.look("pick-9-without-network")
    visitor.page.context.set_offline(False)
    visitor.all_sent()

    assert visitor.shop.scans_of(run)[-3:] == scans
    assert task()["units_taken"] == first["units_taken"] + 1


def test_a_problem_is_two_taps_away(visitor, run, task):
    load_cart(visitor, task)
    visitor.scan(right_code(task()))
    before = task()

    visitor.page.locator("[data-open-sheet='#problem']").click()
    visitor.look("pick-10-problem")
    visitor.press("#short:nothing_here")

    visitor.look("pick-11-short")
    assert visitor.outcome()[0] == "accepted"
    assert task()["stop"]["id"] != before["stop"]["id"]


def test_undo_takes_the_last_book_back_out(visitor, run, task):
    load_cart(visitor, task)
    visitor.scan(right_code(task()))
    visitor.scan(right_code(task()))
    taken = task()["units_taken"]

    visitor.press("#undo")

    visitor.look("pick-12-undone")
    assert task()["units_taken"] == taken - 1


def test_a_badge_on_a_work_screen_hands_the_tablet_over(visitor, run, task):
    load_cart(visitor, task)
    before = task()

    visitor.scan_unanswered(visitor.shop.badges["packer"].badge)
    visitor.page.wait_for_url("**/login**")
    visitor.page.locator("input[type=hidden][name=person_id]").wait_for(state="attached")

    visitor.look("pick-13-next-badge")
    assert task() == before


def test_at_night_with_gloves_the_round_is_as_fit_as_by_day(visitor, run, task):
    visitor.open("/me")
    for name, value in (("theme", "dark"), ("touch", "glove")):
        visitor.page.locator(f"[data-setting='{name}'][data-value='{value}']").click()
    visitor.look("me-dark-glove")
    visitor.open("/")
    visitor.look("home-dark-glove")
    visitor.open(f"/pick/{run}")
    load_cart(visitor, task)
    visitor.look("pick-dark-glove")
    visitor.scan(wrong_shelf(visitor, task()))
    visitor.look("pick-wrong-dark-glove")
