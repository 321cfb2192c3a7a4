"""What a cancelled order left in a tote goes back to its shelves by scan."""

import pytest

from tests.browser.shop import label


@pytest.fixture
def source(visitor):
    visitor.sign_in("manager")
    return visitor.shop.put_backs()[0]


@pytest.fixture
def task(visitor, source):
    return lambda: visitor.shop.put_back_task(source, "manager")


def right_code(now):
    held = now["present"]
    if now["step"] == "shelf":
        return label("location", held["home"]["id"])
    return held["isbn13"] or label("item", held["item_id"])


def test_every_copy_goes_from_the_tote_to_a_shelf(visitor, source, task):
    visitor.open("/putback/")
    visitor.look("put-back-1-list")
    visitor.scan_unanswered(visitor.shop.tote_label(task()["source"]))
    visitor.page.wait_for_url(f"**/putback/{source}")
    visitor.page.wait_for_function("() => window.tablet?.sender")
    visitor.look("put-back-2-opened")

    inside = [line["item_id"] for line in task()["lines"]]
    visitor.scan(visitor.shop.other_isbn(*inside))
    assert visitor.outcome() == ("refused", "error", "putback.wrong_item")
    visitor.look("put-back-3-wrong-book")
    visitor.scan(right_code(task()))
    assert visitor.outcome()[0] == "accepted"
    visitor.look("put-back-4-in-hand")
    visitor.press("#undo")
    assert task()["present"]["in_hand"] == 0

    while task()["present"]:
        visitor.scan(right_code(task()))
        assert visitor.outcome()[0] == "accepted"
    visitor.look("put-back-5-done")
    assert visitor.shop.put_backs() == []
