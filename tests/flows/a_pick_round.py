"""A pick round is interrupted wherever it can be: nothing is remembered but by the books, so it goes on where
it was."""

import pytest

from tests import builders
from tests.flows.crew import Refused

THREE_BODY, DUNE = "9787536692930", "9780441172696"


@pytest.fixture
def round_of_two(shop):
    """A cart for two orders: three copies on one shelf, one on another; the run and the desk that released
    it."""
    first, _ = shop.stock("A-01-1", THREE_BODY, "三体", 9)
    second, _ = shop.stock("B-01-1", DUNE, "Dune Messiah", 5)
    desk = shop.person("manager", "Lin Yue")
    orders = [builders.an_order(shop.db, lines) for lines in ({first: 2, second: 1}, {first: 1, second: 1})]
    builders.a_cart(shop.db, "C-01", slots=2)
    for code in ("T-01", "T-02", "T-03"):
        builders.a_tote(shop.db, code)
    (run,) = shop.release(desk, *orders)
    return run, orders, desk


def test_a_reload_after_every_scan_shows_the_very_same_task(shop, round_of_two):
    run, orders, _ = round_of_two
    picker = shop.person("picker", cart="C-01")
    task = picker.load(run, ["T-01", "T-02"])
    while task["step"] != "done":
        task = picker.walk(run, task, scans=1)
        assert picker.get(f"/pick/{run}")["task"] == task
    assert [builders.order_state(shop.db, order) for order in orders] == ["picked", "picked"]
    assert picker.log.taken == {("A-01-1", THREE_BODY): 3, ("B-01-1", DUNE): 2}


def test_the_server_stops_between_any_two_scans_and_the_round_goes_on(shop, round_of_two):
    run, orders, _ = round_of_two
    picker = shop.person("picker", cart="C-01")
    picker.post(f"/pick/{run}/start")
    task, loads, scans = picker.get(f"/pick/{run}")["task"], iter(("C-01", "T-01", "T-02")), 0
    while task["step"] != "done":
        if task["step"] in ("cart", "bind"):
            picker.must(f"/pick/{run}/scan", next(loads))
        else:
            picker.fetch(f"/pick/{run}/scan", task)
        shop.stop()
        shop.start()
        picker.go_to(shop.port)
        task, scans = picker.get(f"/pick/{run}")["task"], scans + 1
    assert task["units_taken"] == 5
    assert scans == 3 + 2 + 5 + 4
    assert all(builders.order_state(shop.db, order) == "picked" for order in orders)


def test_another_picker_takes_over_at_any_stop_and_the_first_one_is_told(shop, round_of_two):
    run, _, _ = round_of_two
    first = shop.person("picker", "Wang Xiaoyu", cart="C-01")
    second = shop.person("picker", "Chen Wei")
    first.walk(run, first.load(run, ["T-01", "T-02"]), scans=2)
    refused = second.scan(f"/pick/{run}/scan", THREE_BODY)
    assert (refused["outcome"], refused["code"]) == ("refused", "picking.not_yours")
    task = second.post(f"/pick/{run}/take-over")["task"]
    assert (task["units_taken"], task["step"]) == (1, "item")
    late = first.scan(f"/pick/{run}/scan", THREE_BODY)
    assert (late["code"], late["facts"]["person"]) == ("picking.not_yours", "Chen Wei")
    assert second.walk(run, task)["units_taken"] == 5


def test_two_pickers_who_tap_the_same_round_at_once_do_not_both_get_it(shop, round_of_two):
    run, _, _ = round_of_two
    shop.person("picker", "Wang Xiaoyu").post(f"/pick/{run}/start")
    with pytest.raises(Refused, match=r"picking\.run_taken"):
        shop.person("picker", "Chen Wei").post(f"/pick/{run}/start")


def test_wrong_scans_and_scans_sent_twice_count_nothing(shop, round_of_two):
    run, _, _ = round_of_two
    picker = shop.person("picker", cart="C-01")
    task = picker.load(run, ["T-01", "T-02"])
    path = f"/pick/{run}/scan"
    for wrong, code in (
        (DUNE, "picking.wrong_item"), ("B-01-1", "picking.wrong_shelf"),
        ("T-03", "picking.scan_shelf_not_tote"), (THREE_BODY[:-1], "scan.unreadable"),
        (THREE_BODY, "picking.scan_shelf_first"),
    ):
        answer = picker.scan(path, wrong)
        assert (answer["outcome"], answer["code"], answer["task"]["units_taken"]) == ("refused", code, 0)
    picker.faults.repeated = 1.0
    assert picker.walk(run, task)["units_taken"] == 5
    assert picker.repeats == 2 + 5 + 4


def test_what_was_taken_last_is_taken_back_and_taken_again(shop, round_of_two):
    run, _, _ = round_of_two
    picker = shop.person("picker", cart="C-01")
    task = picker.walk(run, picker.load(run, ["T-01", "T-02"]), scans=2)
    back = picker.must(f"/pick/{run}/scan", "#undo", step=task["step_id"])
    assert (task["units_taken"], back["units_taken"], back["step"]) == (1, 0, "item")
    assert picker.walk(run, back)["units_taken"] == 5
