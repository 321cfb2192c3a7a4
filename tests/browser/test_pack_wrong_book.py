"""The bench by scanner: a wrong book stops everything loudly, the right one ends it; weighing closes the box."""

import pytest

from tests.browser.shop import TOLD, label, name_of


@pytest.fixture
def order(visitor):
    """A picked order of two books, and its packer before the bench."""
    visitor.sign_in("packer")
    visitor.open("/pack/")
    return next(each for each in visitor.shop.orders("picked") if visitor.shop.pack_task(each)["units_due"] > 1)


@pytest.fixture
def task(visitor, order):
    return lambda: visitor.shop.pack_task(order)


def bring_tote(visitor, order, task):
    """The tote's label on the bench page opens its order."""
    visitor.scan_unanswered(visitor.shop.tote_label(task()["totes"][0]))
    visitor.page.wait_for_url(f"**/pack/{order}**")
    visitor.page.wait_for_function("() => window.tablet?.sender")


def book(line):
    return line["isbn13"] or label("item", line["item_id"])


def open_line(task):
    return next(line for line in task()["lines"] if line["units_left"])


def type_number(visitor, number):
    for digit in str(number):
        visitor.page.locator(f"#weigh [data-key='{digit}']").click()


def close_with(visitor, weight_g):
    type_number(visitor, weight_g)
    visitor.page.locator("button[form=weigh]").click()


def sounds(page):
    """From now on every sound is noted on the page."""
    page.evaluate("() => { window.said = []; addEventListener('sounded', e => window.said.push(e.detail.name)) }")


def test_a_wrong_book_raises_the_alarm_and_the_right_one_ends_it(visitor, order, task):
    visitor.look("pack-1-bench")
    bring_tote(visitor, order, task)
    visitor.look("pack-2-opened")
    sounds(visitor.page)

    visitor.scan(visitor.shop.look_alike(*(line["item_id"] for line in task()["lines"])))
    assert visitor.outcome() == ("refused", "error", "packing.wrong_item")
    assert visitor.page.locator(".alarm .versus .card").count() == 2
    visitor.page.wait_for_function("() => window.said.length === 1")
    visitor.look("pack-3-alarm")

    visitor.page.locator("[data-silence]").click()
    assert visitor.page.locator(".alarm").is_visible()  # The button silences; only a scan ends it.
    visitor.scan(book(open_line(task)))
    assert visitor.outcome()[0] == "accepted"
    assert not visitor.page.locator(".alarm").is_visible()
    assert visitor.page.evaluate("() => window.said") == ["error", "ok"]
    visitor.look("pack-4-one-checked")
    assert task()["units_packed"] == 1


def test_every_unit_is_scanned_and_the_number_pad_closes_the_box(visitor, order, task):
    bring_tote(visitor, order, task)
    while task()["units_left"]:
        visitor.scan(book(open_line(task)))
    if task()["step"] == "read":
        visitor.look("pack-5-remark")
        visitor.press("#ack")
    visitor.look("pack-6-weigh")

    right_g = task()["box"]["expected_weight_g"]
    before = visitor.answer_id()
    close_with(visitor, right_g * 3)
    visitor.answered_after(before)
    assert visitor.outcome()[0] == "refused"
    visitor.look("pack-7-weight-off")
    close_with(visitor, right_g)
    visitor.page.wait_for_url("**/ship/*")
    visitor.page.wait_for_selector("img.label")

    assert task()["state"] == "packed"
    visitor.look("pack-8-closed")


@pytest.mark.parametrize("visitor", TOLD[:1], ids=name_of, indirect=True)
def test_undo_takes_a_book_out_of_the_box(visitor, order, task):
    bring_tote(visitor, order, task)
    visitor.scan(book(open_line(task)))

    visitor.press("#undo")

    assert task()["units_packed"] == 0


def test_a_damaged_book_is_two_taps_and_a_decision(visitor, order, task):
    bring_tote(visitor, order, task)
    line = open_line(task)

    visitor.page.locator("[data-open-sheet='#problem']").click()
    visitor.look("pack-9-problem")
    visitor.press(f"#damaged:{line['id']}")
    visitor.look("pack-10-decide")

    assert task()["undecided"] == 1
    visitor.press("#part")
    visitor.look("pack-11-part")
    assert task()["undecided"] == 0


def test_a_digit_pad_counts_a_book_that_cannot_be_scanned(visitor, order, task):
    bring_tote(visitor, order, task)
    line = open_line(task)
    visitor.page.locator("[data-open-sheet='#problem']").click()
    visitor.page.locator("[data-open-sheet='#last-four']").click()
    for digit in line["isbn13"][-4:]:
        visitor.page.locator(f"#last-four [data-key='{digit}']").click()
    visitor.look("pack-12-last-four")

    before = visitor.answer_id()
    visitor.page.locator("#last-four .btn.main").click()
    visitor.answered_after(before)

    assert visitor.outcome() == ("accepted", visitor.outcome()[1], "packing.packed_by_digits")
