"""Counting over HTTP: the list hands out shelves, the same answer comes as page and as JSON, and no page says more."""

import re
import uuid

import pytest

from tests.builders import a_shelf, an_item, stock_at
from tests.counting_builders import a_count, lines_of, put_on, task_row
from tests.web.conftest import JSON


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", authors="Frank Herbert")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587")


@pytest.fixture
def shelf(db, dune, emma):
    stock_at(db, "B-07-3", emma, units=383)
    return stock_at(db, "B-07-3", dune, units=424)


@pytest.fixture
def task_id(db, actor, shelf):
    return a_count(db, actor, shelf)[0]


def press(tablet, address, command):
    """A button of the page as it stands."""
    step = tablet.get(address, **JSON).json["task"]["step_id"]
    return tablet.scan(f"{address}/scan", command, step=step)


def test_the_list_says_what_waits_and_hands_out_the_next_shelf(tablet, task_id):
    tablet.sign_in("picker")

    page = tablet.get("/count/")
    listed = tablet.get("/count/", **JSON).json
    handed = tablet.scan("/count/scan", "#next").json

    assert "ST00001" in page.text
    assert [(each["shelves"], each["done"], each["for_me"]) for each in listed["stocktakes"]] == [(1, 0, 1)]
    assert (handed["code"], handed["go"]) == ("counting.handed_out", f"/count/{task_id}")
    assert tablet.get("/count/", **JSON).json["in_hand"]["location"] == "B-07-3"
    assert f"/count/{task_id}" in tablet.get("/count/").text


def test_an_empty_list_says_so(tablet, db):
    tablet.sign_in("picker")

    assert "No shelf to count" in tablet.get("/count/").text


def test_a_shelf_is_counted_from_its_label_to_its_end(tablet, db, task_id, shelf, dune, emma):
    tablet.sign_in("packer")
    address = f"/count/{task_id}"
    assert tablet.scan("/count/scan", shelf.label).json["go"] == address

    counted = tablet.scan(f"{address}/scan", dune.isbn, units=424).json
    marked = press(tablet, address, "#damaged").json
    asked = press(tablet, address, "#finish").json
    done = press(tablet, address, "#finish").json

    assert (counted["code"], counted["task"]["units"]) == ("counting.counted", 424)
    assert marked["task"]["present"]["damaged"] == 1
    assert (asked["code"], done["code"]) == ("counting.not_seen", "counting.finished")
    assert lines_of(db, task_id) == {dune.id: (424, 1, 424), emma.id: (0, 0, 383)}
    assert "B-07-3 is counted" in tablet.get(address).text


def test_each_scan_is_answered_with_the_screen(tablet, task_id, shelf, dune):
    tablet.sign_in("picker")
    tablet.scan("/count/scan", shelf.label)

    answer = tablet.post(f"/count/{task_id}/scan", {"scan_id": str(uuid.uuid4()), "raw": dune.isbn}, **{"X-Scan": "1"})

    assert 'data-code="counting.counted"' in answer.text
    assert f'data-alive="/count/{task_id}/alive"' in answer.text
    assert "Frank Herbert" in answer.text


def test_the_list_stays_when_something_else_is_scanned(tablet, task_id, dune):
    tablet.sign_in("picker")

    answer = tablet.post("/count/scan", {"scan_id": str(uuid.uuid4()), "raw": dune.isbn}, **{"X-Scan": "1"})

    assert 'data-code="counting.scan_shelf"' in answer.text
    assert "ST00001" in answer.text


def test_no_page_and_no_answer_holds_what_the_books_say(tablet, other_tablet, db, actor, task_id, shelf, dune, emma):
    tablet.sign_in("picker")
    address = f"/count/{task_id}"
    seen = []

    def keep(answer):
        seen.extend((answer.text, tablet.get(address).text, tablet.get(address, **JSON).text,
                     tablet.get("/count/").text))

    for answer in (tablet.scan("/count/scan", shelf.label), tablet.scan(f"{address}/scan", dune.isbn),
                   tablet.scan(f"{address}/scan", "NOSUCHTHING")):
        keep(answer)
    assert not any("Emma" in text for text in seen)
    put_on(db, shelf, dune)
    for act in (lambda: tablet.scan(f"{address}/scan", dune.isbn), lambda: tablet.scan(f"{address}/scan", dune.isbn),
                lambda: press(tablet, address, "#finish"), lambda: press(tablet, address, "#finish")):
        keep(act())
    other_tablet.sign_in("packer", name="Jamie")
    handed = other_tablet.scan("/count/scan", "#next")
    again = handed.json["go"]
    seen += [handed.text, other_tablet.get(again).text, other_tablet.get(again, **JSON).text,
             other_tablet.scan(f"{again}/scan", shelf.label).text, other_tablet.get(address).text,
             other_tablet.get(address, **JSON).text]

    for text in seen:
        plain = re.sub(r"<svg.*?</svg>|csrf.*?>|hx-headers=\S+", "", text, flags=re.DOTALL)
        assert not re.search(r"\b(424|425|383|on_record|moves_seen|last_move_id|matched|variance)\b", plain)


def test_whoever_has_a_shelf_in_hand_sees_the_books_nowhere(tablet, task_id, shelf, dune):
    tablet.sign_in("manager")
    pages = ("/find?q=Dune", f"/find/item/{dune.id}", f"/find/location/{shelf.id}", f"/stock/item/{dune.id}",
             f"/stock/location/{shelf.id}", "/stock/", "/stock/export", "/stocktakes/", "/transfers/", "/incidents/",
             "/delays/")
    assert {tablet.get(page, **JSON).status_code for page in pages} == {200}
    tablet.scan("/count/scan", shelf.label)

    refused = [tablet.get(page, **JSON) for page in pages]

    refused.append(tablet.scan("/transfers/scan", shelf.label))
    assert {(answer.status_code, answer.json["code"]) for answer in refused} == {(409, "counting.blind_now")}
    assert "B-07-3" in tablet.get(pages[0]).text
    assert "424" not in tablet.get(pages[0]).text
    press(tablet, f"/count/{task_id}", "#give_back")
    assert tablet.get(pages[0], **JSON).status_code == 200


def test_a_first_number_is_not_shown_to_the_second_counter(tablet, other_tablet, task_id, shelf, dune):
    tablet.sign_in("picker")
    tablet.scan("/count/scan", shelf.label)
    tablet.scan(f"/count/{task_id}/scan", dune.isbn, units=77)
    other_tablet.sign_in("packer", name="Jamie")

    shown = other_tablet.get(f"/count/{task_id}", **JSON)

    assert shown.json["task"]["lines"] == []
    assert "Dune" not in other_tablet.get(f"/count/{task_id}").text
    assert other_tablet.scan("/count/scan", shelf.label).json["code"] == "counting.in_other_hands"


def test_the_list_does_not_tell_whether_a_shelf_is_counted_again(tablet, other_tablet, db, actor, shelf, dune):
    first, _ = a_count(db, actor, shelf, a_shelf(db, "B-08-1"))
    tablet.sign_in("picker", name="Wang Xiaoyu")
    other_tablet.sign_in("picker", name="Chen Wei")
    for code in ("B-07-3", dune.isbn):
        tablet.scan(f"/count/{first}/scan", code)
    for _ in range(2):
        press(tablet, f"/count/{first}", "#finish")

    def listed(person):
        (one,) = person.get("/count/", **JSON).json["stocktakes"]
        return one["done"], one["shelves"], one["for_me"]

    assert listed(tablet) == (1, 2, 1)
    assert listed(other_tablet) == (1, 3, 2)


def test_the_tablet_says_that_its_counter_is_there(tablet, db, task_id, shelf, clock):
    tablet.sign_in("picker")
    tablet.scan("/count/scan", shelf.label)
    later = clock.forward(seconds=120)

    assert tablet.post(f"/count/{task_id}/alive").status_code == 204
    assert task_row(db, task_id).heartbeat_at == later


def test_a_silent_shelf_is_offered_to_others_and_taken_over(tablet, other_tablet, task_id, shelf, dune, clock):
    tablet.sign_in("picker", name="Chen")
    tablet.scan("/count/scan", shelf.label)
    other_tablet.sign_in("packer", name="Jamie")
    assert "#take_over" not in other_tablet.get(f"/count/{task_id}").text
    clock.forward(seconds=301)
    other_tablet.come_in(other_tablet.person)

    assert f'href="/count/{task_id}"' in other_tablet.get("/count/").text
    assert "#take_over" in other_tablet.get(f"/count/{task_id}").text
    assert press(other_tablet, f"/count/{task_id}", "#take_over").json["code"] == "counting.taken_over"


def test_a_shelf_of_some_titles_lists_them(tablet, db, actor, dune, emma, shelf):
    task_id, = a_count(db, actor, shelf, items=[dune], kind="list")
    tablet.sign_in("picker")
    tablet.scan("/count/scan", shelf.label)

    page = tablet.get(f"/count/{task_id}").text

    assert "Dune" in page
    assert "Emma" not in page


def test_an_old_screen_is_told_so_and_nonsense_is_refused(tablet, task_id, shelf):
    tablet.sign_in("picker")
    tablet.scan("/count/scan", shelf.label)

    stale = tablet.scan(f"/count/{task_id}/scan", "#finish", step="old")
    unknown = tablet.scan("/count/scan", "#finish")

    assert (stale.status_code, stale.json["code"]) == (409, "scan.stale_step")
    assert (unknown.status_code, unknown.json["code"]) == (409, "counting.unknown_command")
    assert tablet.get("/count/999", **JSON).status_code == 404


@pytest.mark.parametrize("role", ["finance", "service", "purchasing"])
def test_who_may_not_count_is_turned_away(tablet, task_id, role):
    tablet.sign_in(role)

    assert tablet.get("/count/", **JSON).status_code == 403
    assert tablet.get(f"/count/{task_id}", **JSON).status_code == 403
    assert tablet.scan(f"/count/{task_id}/scan", "#finish").status_code == 403
    assert tablet.post(f"/count/{task_id}/alive", **JSON).status_code == 403


def test_the_pages_speak_chinese(tablet, db, task_id, shelf, dune):
    tablet.sign_in("picker", language="zh-Hans")

    said = tablet.scan("/count/scan", shelf.label).json["say"]

    assert said == "B-07-3，请逐册扫描"
    assert "盲盘" in tablet.get(f"/count/{task_id}").text
    assert "盘点" in tablet.get("/count/").text


def test_a_choice_is_offered_on_the_screen(tablet, db, task_id, shelf):
    upper = an_item(db, "红楼梦（上）", isbn="9787020002207", sku="HLM-1")
    an_item(db, "红楼梦（下）", isbn="9787020002207", sku="HLM-2")
    tablet.sign_in("picker")
    tablet.scan("/count/scan", shelf.label)

    asked = tablet.post(f"/count/{task_id}/scan", {"scan_id": str(uuid.uuid4()), "raw": "9787020002207"},
                        **{"X-Scan": "1"})

    assert f'data-choice="{upper.id}"' in asked.text


def test_home_leads_to_the_count(tablet, db, task_id):
    tablet.sign_in("picker")

    assert 'href="/count/"' in tablet.get("/").text


def test_one_shelf_done_leads_to_the_next(tablet, db, actor):
    first, second = a_shelf(db, "A-01-1"), a_shelf(db, "A-02-1")
    tasks = a_count(db, actor, first, second)
    tablet.sign_in("picker")
    tablet.scan("/count/scan", first.label)
    press(tablet, f"/count/{tasks[0]}", "#empty")

    page = tablet.get(f"/count/{tasks[0]}").text

    assert 'data-scan-url="/count/scan"' in page
    assert 'data-virtual-scan="#next:1"' in page
    assert tablet.scan("/count/scan", second.label).json["go"] == f"/count/{tasks[1]}"
