"""A shelf is counted by scan alone: its label, then every copy, and each act can be taken back."""

import json
import uuid

import pytest
from sqlalchemy import select

from tests.builders import a_place, a_shelf, a_tote, an_item
from tests.counting_builders import (
    Counter,
    lines_of,
    task_row,
)
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.counting import CountLine

# --- The shelf -------------------------------------------------------------------------------------------------------


def test_the_shelf_label_comes_first_and_a_wrong_shelf_is_named(db, picker, task_id, dune, shelf):
    other = a_shelf(db, "B-08-1")
    counter = Counter(db, picker, task_id)

    codes = [counter.scan(raw).code for raw in (dune.isbn, "NOSUCHTHING", other.label)]
    wrong = counter.scan(other.label)
    begun = counter.scan(shelf.label)

    assert codes == ["counting.shelf_first", "counting.shelf_first", "counting.wrong_shelf"]
    assert (wrong.facts["other"], wrong.sound) == ("B-08-1", "error")
    assert (begun.code, begun.task["step"], begun.task["is_mine"]) == ("counting.at_shelf", "book", True)
    assert task_row(db, task_id).state == "counting"


def test_other_codes_are_refused_by_what_they_are(db, counter, shelf):
    other, quarantine, tote = a_shelf(db, "B-08-1"), a_place(db, "QUARANTINE"), a_tote(db)

    codes = [counter.scan(raw).code for raw in (
        shelf.label, other.label, quarantine.label, tote.label, "]E09780441013590")]

    assert codes == ["counting.here_already", "counting.wrong_shelf", "counting.not_a_shelf", "counting.scan_book",
                     "scan.unreadable"]


def test_another_shelf_asks_to_finish_this_one_first(db, counter, dune):
    other = a_shelf(db, "B-08-1")
    counter.scan(dune.isbn)

    answer = counter.scan(other.label)

    assert (answer.code, answer.sound, answer.facts) == (
        "counting.finish_first", "warn", {"location": "B-07-3", "other": "B-08-1"})


def test_a_shelf_that_is_not_there_is_not_found(db, picker):
    with pytest.raises(NotFound):
        Counter(db, picker, 99).scan("9780441013593")


# --- Numbers ---------------------------------------------------------------------------------------------------------


def test_every_scan_is_one_copy_and_the_books_are_asked_at_that_moment(db, counter, dune, task_id):
    for expected in (1, 2, 3):
        answer = counter.scan(dune.isbn)
        assert (answer.code, answer.task["present"]["units"]) == ("counting.counted", expected)

    assert lines_of(db, task_id) == {dune.id: (3, 0, 5)}
    assert (answer.task["titles"], answer.task["units"]) == (1, 3)


def test_the_number_pad_counts_many_with_one_scan_or_sets_the_last_title(db, counter, dune, task_id):
    counter.scan(dune.isbn, units=20)
    assert counter.scan(dune.isbn).task["present"]["units"] == 21

    assert counter.press("#set:7").task["present"]["units"] == 7
    assert counter.scan(dune.isbn, units=0).code == "counting.none_typed"
    assert lines_of(db, task_id) == {dune.id: (7, 0, 5)}


def test_one_more_and_one_less(counter, dune):
    assert counter.press("#plus").code == "counting.scan_first"
    counter.scan(dune.isbn)

    assert counter.press("#plus").facts["n"] == 2
    assert counter.press("#minus").facts["n"] == 1
    assert counter.press("#minus").facts["n"] == 0
    assert counter.press("#minus").code == "counting.nothing_less"


def test_a_damaged_copy_is_one_of_those_counted(db, counter, dune, task_id):
    counter.scan(dune.isbn)

    marked = counter.press("#damaged")
    assert (marked.code, marked.facts["damaged"]) == ("counting.damaged", 1)
    assert counter.press("#damaged").code == "counting.all_damaged"
    assert lines_of(db, task_id) == {dune.id: (1, 1, 5)}
    assert counter.press("#minus").task["present"]["damaged"] == 0


def test_undo_takes_back_one_act_after_the_other(db, counter, dune, emma, task_id):
    counter.scan(dune.isbn)
    counter.press("#set:9")
    counter.press("#damaged")
    counter.scan(emma.isbn)
    counter.scan("NOSUCHTHING")

    steps = []
    for _ in range(6):
        answer = counter.scan("#undo")
        steps.append((answer.code, lines_of(db, task_id)))

    assert steps == [
        ("counting.undone", {dune.id: (9, 1, 5), emma.id: (1, 0, 2)}),
        ("counting.undone", {dune.id: (9, 1, 5)}),
        ("counting.undone", {dune.id: (9, 0, 5)}),
        ("counting.undone", {dune.id: (1, 0, 5)}),
        ("counting.undone", {}),
        ("counting.nothing_to_undo", {}),
    ]


def test_a_title_that_nobody_expects_is_counted_like_any_other(db, counter, dune, walden, task_id):
    expected, surprise = counter.scan(dune.isbn), counter.scan(walden.isbn)

    assert (surprise.code, surprise.sound, surprise.outcome) == (expected.code, expected.sound, expected.outcome)
    assert surprise.task["present"].keys() == expected.task["present"].keys()
    assert lines_of(db, task_id)[walden.id] == (1, 0, 0)


def test_an_unknown_code_is_kept_with_the_titles_before_and_after_it(db, counter, dune, emma, task_id):
    counter.scan(dune.isbn)
    answers = [counter.scan("NOSUCHTHING") for _ in range(2)]
    counter.scan(emma.isbn)
    counter.scan(dune.isbn)

    with db.read() as session:
        line = session.execute(select(CountLine).where(CountLine.code != "")).scalar_one()
    assert (line.code, line.units_counted, line.item_id) == ("NOSUCHTHING", 2, None)
    assert (line.previous_item_id, line.next_item_id) == (dune.id, emma.id)
    assert [answer.code for answer in answers] == ["counting.unknown_kept"] * 2
    assert [each["code"] for each in counter.task["lines"]] == ["", "", "NOSUCHTHING"]


def test_two_titles_with_one_code_ask_which(db, counter, task_id):
    upper = an_item(db, "红楼梦（上）", isbn="9787020002207", sku="HLM-1")
    lower = an_item(db, "红楼梦（下）", isbn="9787020002207", sku="HLM-2")

    asked = counter.scan("9787020002207")
    chosen = counter.scan("9787020002207", choice=lower.id)

    assert (asked.outcome, [each["id"] for each in asked.options]) == ("choose", [upper.id, lower.id])
    assert chosen.code == "counting.counted"
    assert lines_of(db, task_id) == {lower.id: (1, 0, 0)}


def test_the_same_scan_again_gives_the_same_answer_byte_for_byte(counter, dune, db, task_id):
    scan_id = str(uuid.uuid4())
    first = counter.scan(dune.isbn, scan_id=scan_id)
    counter.scan(dune.isbn)

    again = counter.scan(dune.isbn, scan_id=scan_id)

    assert json.dumps(vars(again)) == json.dumps(vars(first))
    assert lines_of(db, task_id) == {dune.id: (2, 0, 5)}
    with pytest.raises(Invalid, match="key_reused"):
        counter.scan(dune.isbn, scan_id=scan_id, units=2)


@pytest.mark.parametrize("command", ["#plus", "#set:4", "#finish", "#empty", "#give_back", "#damaged"])
def test_a_button_of_an_old_screen_is_refused(counter, dune, command):
    old = counter.task["step_id"]
    counter.scan(dune.isbn)

    with pytest.raises(Conflict, match="stale_step"):
        counter.scan(command, step=old)


@pytest.mark.parametrize("command", ["#set", "#set:", "#set:-1", "#set:12345", "#plus:2", "#open", "#finish:now"])
def test_an_unknown_button_is_refused(counter, command):
    with pytest.raises(Conflict, match="unknown_command"):
        counter.press(command)
