"""A shelf is counted by scan alone, blind, and each number is right at its own time, while others pick and put."""

import json
import threading
import uuid

import pytest
from sqlalchemy import select

from tests import builders
from tests.builders import a_place, a_shelf, a_tote, an_item, as_actor, stock_at
from tests.counting_builders import (
    Counter,
    a_count,
    lines_of,
    open_shelf,
    put_on,
    results_of,
    take_from,
    task_row,
)
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.counting import CountLine
from warehouse.models.journal import Action, Scan
from warehouse.services import counting


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587")


@pytest.fixture
def walden(db):
    return an_item(db, "Walden", isbn="9780691096124")


@pytest.fixture
def shelf(db, dune, emma):
    stock_at(db, "B-07-3", emma, units=2)
    return stock_at(db, "B-07-3", dune, units=5)


@pytest.fixture
def task_id(db, actor, shelf):
    return a_count(db, actor, shelf)[0]


@pytest.fixture
def counter(db, picker, task_id, shelf):
    """The picker, who has scanned the label of B-07-3."""
    counter = Counter(db, picker, task_id)
    assert counter.scan(shelf.label).code == "counting.at_shelf"
    return counter


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


# --- The line's own time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["scan", "#plus", "#minus", "#set:2", "#damaged", "#undo"])
def test_a_pick_between_two_acts_of_a_title_has_it_counted_again(db, actor, counter, dune, shelf, task_id, button):
    counter.scan(dune.isbn)
    counter.scan(dune.isbn)
    take_from(db, actor, shelf, dune)

    stirred = counter.scan(dune.isbn) if button == "scan" else counter.press(button)

    assert (stirred.code, stirred.outcome, stirred.sound) == ("counting.changed_meanwhile", "refused", "warn")
    assert lines_of(db, task_id) == {dune.id: (None, 0, None)}
    assert counter.scan("#undo").code == "counting.nothing_to_undo"
    for _ in range(4):
        counter.scan(dune.isbn)
    assert lines_of(db, task_id) == {dune.id: (4, 0, 4)}


def test_copies_put_there_between_two_scans_have_it_counted_again(db, counter, dune, shelf, task_id):
    counter.scan(dune.isbn, units=3)
    put_on(db, shelf, dune, units=2)

    assert counter.scan(dune.isbn, units=2).code == "counting.changed_meanwhile"
    counter.scan(dune.isbn, units=7)
    assert lines_of(db, task_id) == {dune.id: (7, 0, 7)}


def test_copies_that_came_and_went_between_two_scans_are_noticed(db, actor, counter, dune, shelf):
    counter.scan(dune.isbn)
    put_on(db, shelf, dune)
    take_from(db, actor, shelf, dune)

    assert counter.scan(dune.isbn).code == "counting.changed_meanwhile"


def test_a_pick_after_the_last_scan_of_a_title_does_no_harm(db, actor, counter, dune, emma, shelf, task_id):
    counter.scan(dune.isbn, units=5)
    take_from(db, actor, shelf, dune, units=2)
    counter.scan(emma.isbn, units=2)

    assert counter.press("#finish").code == "counting.finished"
    assert lines_of(db, task_id) == {dune.id: (5, 0, 5), emma.id: (2, 0, 2)}
    assert [(on_record, counted, state) for _, on_record, counted, state in results_of(db)] == [
        (5, 5, "matched"), (2, 2, "matched")]


def test_a_move_of_another_title_or_from_another_shelf_is_none_of_its_business(db, actor, counter, dune, emma, shelf):
    elsewhere = stock_at(db, "C-01-1", dune, units=3)
    counter.scan(dune.isbn)
    take_from(db, actor, shelf, emma)
    take_from(db, actor, elsewhere, dune)

    assert counter.scan(dune.isbn).code == "counting.counted"


# --- The end of a shelf ----------------------------------------------------------------------------------------------


def test_titles_that_were_not_seen_are_named_without_a_number_and_confirmed_as_none(db, counter, dune, emma, task_id):
    counter.scan(dune.isbn, units=5)

    asked = counter.press("#finish")
    assert (asked.code, asked.facts["titles"], asked.task["step"]) == ("counting.not_seen", "Emma", "unseen")
    assert [(each["title"], each["units"]) for each in asked.task["lines"]] == [("Dune", 5), ("Emma", None)]
    assert task_row(db, task_id).state == "counting"

    done = counter.press("#finish")
    assert (done.code, done.sound, done.task["step"]) == ("counting.finished", "done", "done")
    assert lines_of(db, task_id) == {dune.id: (5, 0, 5), emma.id: (0, 0, 2)}
    assert task_row(db, task_id).counted_at is not None


def test_a_second_tap_on_the_old_screen_confirms_nothing(counter, dune):
    counter.scan(dune.isbn, units=5)
    old = counter.task["step_id"]
    counter.scan("#finish", step=old)

    with pytest.raises(Conflict, match="stale_step"):
        counter.scan("#finish", step=old)


def test_a_title_that_is_found_after_all_is_counted(db, counter, dune, emma, task_id):
    counter.scan(dune.isbn, units=5)
    counter.press("#finish")

    found = counter.scan(emma.isbn)

    assert (found.code, found.task["step"]) == ("counting.counted", "book")
    assert counter.press("#finish").code == "counting.finished"
    assert lines_of(db, task_id)[emma.id] == (1, 0, 2)


def test_what_comes_in_after_the_question_is_asked_for_again(db, counter, dune, emma, walden, shelf, task_id):
    counter.scan(dune.isbn, units=5)
    counter.press("#finish")
    put_on(db, shelf, walden)
    put_on(db, shelf, emma)

    again = counter.press("#finish")

    assert (again.code, again.facts["titles"]) == ("counting.not_seen", "Emma · Walden")
    assert counter.press("#finish").code == "counting.finished"
    assert lines_of(db, task_id) == {dune.id: (5, 0, 5), emma.id: (0, 0, 3), walden.id: (0, 0, 1)}


def test_a_title_to_be_counted_again_is_not_forgotten_at_the_end(db, actor, counter, dune, emma, shelf):
    counter.scan(emma.isbn, units=2)
    counter.scan(dune.isbn)
    take_from(db, actor, shelf, dune)
    counter.scan(dune.isbn)

    asked = counter.press("#finish")

    assert (asked.code, asked.facts["titles"]) == ("counting.not_seen", "Dune")


def test_a_shelf_where_nothing_was_scanned_is_not_finished_but_empty(db, counter, dune, emma, task_id):
    refused = counter.press("#finish")
    assert (refused.code, refused.facts) == ("counting.nothing_counted", {})

    done = counter.press("#empty")
    assert (done.code, done.task["step"]) == ("counting.empty", "done")
    assert lines_of(db, task_id) == {dune.id: (0, 0, 5), emma.id: (0, 0, 2)}


def test_a_shelf_with_scanned_books_is_not_empty(counter, dune):
    counter.scan(dune.isbn)
    assert counter.press("#empty").code == "counting.not_empty"
    counter.scan("#undo")
    assert counter.press("#empty").code == "counting.empty"


def test_an_empty_shelf_that_the_books_know_as_empty_is_counted_too(db, actor, picker):
    shelf = a_shelf(db, "D-01-1")
    task_id, = a_count(db, actor, shelf)
    counter = Counter(db, picker, task_id)
    counter.scan(shelf.label)

    assert counter.press("#empty").code == "counting.empty"
    assert (task_row(db, task_id).state, lines_of(db, task_id)) == ("counted", {})


def test_a_finished_shelf_takes_no_more_scans(counter, dune, shelf):
    counter.scan(dune.isbn)
    counter.finish()

    assert counter.scan(dune.isbn).code == "counting.over"
    assert counter.scan(shelf.label).code == "counting.over"
    assert counter.scan("NOSUCHTHING").code == "counting.over"
    assert counter.press("#plus").code == "counting.over"


# --- Only some titles ------------------------------------------------------------------------------------------------


@pytest.fixture
def titles_only(db, actor, picker, dune, shelf):
    """Only Dune is asked for on B-07-3."""
    task_id, = a_count(db, actor, shelf, items=[dune], kind="list")
    counter = Counter(db, picker, task_id)
    counter.scan(shelf.label)
    return counter


def test_a_round_for_some_titles_names_them_and_takes_no_others(titles_only, emma):
    assert [(each["title"], each["units"]) for each in titles_only.task["lines"]] == [("Dune", None)]
    assert titles_only.scan(emma.isbn).code == "counting.not_asked"


def test_a_listed_title_needs_a_number_or_a_confirmed_none(db, titles_only, dune):
    asked = titles_only.press("#finish")
    assert (asked.code, asked.facts["titles"]) == ("counting.not_seen", "Dune")

    assert titles_only.press("#finish").code == "counting.finished"
    assert lines_of(db, titles_only.task_id) == {dune.id: (0, 0, 5)}


def test_undo_leaves_a_listed_title_on_the_list(db, titles_only, dune):
    titles_only.scan(dune.isbn)
    titles_only.scan("#undo")

    assert lines_of(db, titles_only.task_id) == {dune.id: (None, 0, None)}
    titles_only.scan(dune.isbn, units=5)
    assert titles_only.press("#finish").code == "counting.finished"
    assert results_of(db) == [(dune.id, 5, 5, "matched")]


# --- Who counts which shelf ------------------------------------------------------------------------------------------


def test_the_next_shelf_follows_the_walk_and_nobody_gets_another_ones(db, actor, picker, packer, dune):
    shelves = [stock_at(db, f"A-0{bay}-1", dune) for bay in (3, 1, 2)]
    a_count(db, actor, *shelves)

    first, second = open_shelf(db, picker, "#next"), open_shelf(db, packer, "#next")

    assert (first.facts["location"], second.facts["location"]) == ("A-01-1", "A-02-1")
    assert open_shelf(db, picker, "#next").code == "counting.go_on"
    mine = Counter(db, picker, int(first.go.rsplit("/")[-1]))
    assert mine.task["step"] == "shelf"
    mine.scan(shelves[1].label)
    mine.press("#empty")
    assert open_shelf(db, picker, "#next").facts["location"] == "A-03-1"


def test_the_walk_goes_on_from_the_last_shelf_and_comes_round(db, actor, picker, clock):
    shelves = [a_shelf(db, f"A-0{bay}-1") for bay in (1, 2, 3)]
    tasks = a_count(db, actor, *shelves)
    middle = Counter(db, picker, tasks[1])
    middle.scan(shelves[1].label)
    middle.press("#empty")

    walked = []
    for _ in range(2):
        handed = open_shelf(db, picker, "#next")
        walked.append(handed.facts["location"])
        counter = Counter(db, picker, int(handed.go.rsplit("/")[-1]))
        counter.scan(a_shelf(db, walked[-1]).label)
        counter.press("#empty")

    assert walked == ["A-03-1", "A-01-1"]
    assert open_shelf(db, picker, "#next").code == "counting.none_left"


def test_two_who_ask_at_once_get_two_shelves(db, actor, picker, packer):
    shelves = [a_shelf(db, f"A-0{bay}-1") for bay in (1, 2)]
    a_count(db, actor, *shelves)
    answers, gate = [], threading.Barrier(2)

    def ask(who):
        gate.wait()
        answers.append(open_shelf(db, who, "#next"))

    threads = [threading.Thread(target=ask, args=(who,)) for who in (picker, packer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.facts["location"] for answer in answers) == ["A-01-1", "A-02-1"]


def test_two_who_scan_the_same_shelf_at_once_are_one_counter(db, picker, packer, task_id, shelf):
    answers, gate = [], threading.Barrier(2)

    def ask(who):
        gate.wait()
        answers.append(open_shelf(db, who, shelf.label))

    threads = [threading.Thread(target=ask, args=(who,)) for who in (picker, packer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.code for answer in answers) == ["counting.at_shelf", "counting.in_other_hands"]


def test_a_scanned_shelf_opens_its_count_and_only_that(db, picker, packer, task_id, shelf, dune):
    other = a_shelf(db, "B-08-1")
    codes = [open_shelf(db, picker, raw).code for raw in (other.label, dune.isbn, "9780441013590")]

    opened = open_shelf(db, picker, shelf.label)

    assert codes == ["counting.not_to_count", "counting.scan_shelf", "scan.unreadable"]
    assert (opened.code, opened.go) == ("counting.at_shelf", f"/count/{task_id}")
    assert Counter(db, picker, task_id).task["step"] == "book"
    again = open_shelf(db, picker, shelf.label)
    assert (again.code, again.go) == ("counting.at_shelf", f"/count/{task_id}")


def test_one_shelf_a_person_at_a_time(db, actor, picker, counter):
    other = a_shelf(db, "B-08-1")
    task_id, = a_count(db, actor, other)

    assert open_shelf(db, picker, other.label).code == "counting.finish_first"
    assert Counter(db, picker, task_id).scan(other.label).code == "counting.finish_first"


def test_a_scan_that_opened_a_shelf_is_answered_the_same_again(db, picker, task_id, shelf):
    scan_id = str(uuid.uuid4())

    first, second = (open_shelf(db, picker, "#next", scan_id=scan_id) for _ in range(2))

    assert first == second
    assert first.code == "counting.handed_out"


def test_whoever_counted_a_shelf_never_gets_its_recount(db, picker, packer, counter, dune, emma, shelf):
    counter.scan(dune.isbn)
    counter.finish()

    assert open_shelf(db, picker, "#next").code == "counting.none_left"
    assert open_shelf(db, picker, shelf.label).code == "counting.counted_by_you"
    handed = open_shelf(db, packer, "#next")
    assert handed.code == "counting.handed_out"
    recount = Counter(db, packer, int(handed.go.rsplit("/")[-1]))
    mine = Counter(db, picker, recount.task_id)
    assert mine.task["lines"] == []
    recount.press("#give_back")
    assert mine.scan(shelf.label).code == "counting.counted_by_you"


def test_another_persons_shelf_takes_no_scans_and_shows_no_counts(db, packer, counter, dune, task_id):
    counter.scan(dune.isbn, units=3)
    other = Counter(db, packer, task_id)

    answers = [other.scan(dune.isbn), other.press("#plus"), other.press("#finish"), other.press("#take_over"),
               other.press("#give_back"), other.scan("#undo")]

    assert {answer.code for answer in answers} == {"counting.other_counts"}
    assert all(answer.task["lines"] == [] for answer in answers)
    assert lines_of(db, task_id) == {dune.id: (3, 0, 5)}


def test_a_silent_shelf_is_taken_over_and_begun_anew(db, packer, counter, dune, shelf, task_id, clock):
    counter.scan(dune.isbn, units=3)
    counter.scan("NOSUCHTHING")
    clock.forward(seconds=301)
    second = Counter(db, at(packer), task_id)

    assert open_shelf(db, second.actor, shelf.label).code == "counting.may_take_over"
    taken = second.press("#take_over")

    assert (taken.code, taken.task["step"], taken.task["lines"]) == ("counting.taken_over", "shelf", [])
    assert lines_of(db, task_id) == {}
    assert counter.scan(dune.isbn).code == "counting.other_counts"
    second.scan(shelf.label)
    assert second.scan("#undo").code == "counting.nothing_to_undo"
    with db.read() as session:
        assert session.execute(select(Action.verb).where(Action.subject == "count_task")).scalars().all() == [
            "take_over"]


def test_a_sign_of_life_keeps_the_shelf(db, packer, counter, picker, task_id, clock):
    for _ in range(4):
        clock.forward(seconds=200)
        db.write(counting.alive, at(picker), task_id)
    clock.forward(seconds=299)
    db.write(counting.alive, at(packer), task_id)

    assert Counter(db, at(packer), task_id).press("#take_over").code == "counting.other_counts"


def test_every_scan_is_a_sign_of_life(db, packer, counter, picker, dune, task_id, clock):
    clock.forward(seconds=299)
    Counter(db, at(picker), task_id).scan(dune.isbn)
    clock.forward(seconds=299)

    assert Counter(db, at(packer), task_id).press("#take_over").code == "counting.other_counts"


def test_a_lead_takes_over_at_once(db, actor, counter, dune, task_id):
    counter.scan(dune.isbn)

    assert Counter(db, actor, task_id).press("#take_over").code == "counting.taken_over"
    assert task_row(db, task_id).person_id == actor.person_id


def test_nobody_takes_over_the_recount_of_their_own_shelf(db, actor, picker, counter, dune, shelf):
    counter.scan(dune.isbn)
    counter.finish()
    recount = int(open_shelf(db, actor, shelf.label).go.rsplit("/")[-1])

    late = at(picker)
    late = type(late)(**{**vars(late), "role": "manager"})

    assert Counter(db, late, recount).press("#take_over").code == "counting.counted_by_you"


def test_a_shelf_that_is_given_back_is_open_and_blank(db, packer, counter, dune, shelf, task_id):
    counter.scan(dune.isbn)

    answer = counter.press("#give_back")

    assert (answer.code, answer.go) == ("counting.given_back", "/count/")
    row = task_row(db, task_id)
    assert (row.state, row.person_id, row.started_at) == ("open", None, None)
    assert lines_of(db, task_id) == {}
    assert open_shelf(db, packer, shelf.label).code == "counting.at_shelf"


def test_a_titles_round_keeps_its_list_when_it_is_given_back(db, titles_only, dune):
    titles_only.scan(dune.isbn)
    titles_only.press("#give_back")

    assert lines_of(db, titles_only.task_id) == {dune.id: (None, 0, None)}


# --- Blind -----------------------------------------------------------------------------------------------------------


def test_no_payload_of_a_counter_holds_what_the_books_say(db, actor, picker, packer):
    """Numbers that occur nowhere else stand in the books; every answer, picture and stored scan is searched."""
    dune = an_item(db, "Dune", isbn="9780441013593")
    emma = an_item(db, "Emma", isbn="9780141439587")
    walden = an_item(db, "Walden", isbn="9780691096124")
    shelf = stock_at(db, "B-07-3", dune, units=424)
    stock_at(db, "B-07-3", emma, units=383)
    put_on(db, shelf, walden, units=171)
    tasks = a_count(db, actor, shelf)
    payloads = []

    counter = Counter(db, picker, tasks[0])
    for raw in (shelf.label, dune.isbn, "NOSUCHTHING", emma.isbn):
        payloads.append(said(counter.scan(raw)))
        payloads.append(json.dumps(counter.task))
    assert not any("Walden" in text for text in payloads)
    take_from(db, actor, shelf, dune, units=3)
    payloads += [said(counter.scan(dune.isbn)), said(counter.scan(dune.isbn, units=7)), said(counter.press("#plus"))]
    payloads += [said(counter.press("#finish")), said(counter.press("#finish"))]
    handed = open_shelf(db, packer, "#next")
    second = Counter(db, packer, int(handed.go.rsplit("/")[-1]))
    payloads += [said(handed), said(second.scan(shelf.label)), json.dumps(second.task)]
    payloads += [said(second.scan(dune.isbn)), said(second.press("#finish")), said(second.press("#finish"))]
    with db.read() as session:
        payloads += session.execute(select(Scan.answer)).scalars().all()

    for text in payloads:
        found = [word for word in ("424", "421", "383", "171", "on_record", "moves_seen", "last_move", "expected",
                                   "variance", "matched") if word in text]
        assert found == [], text


def said(answer):
    return json.dumps(vars(answer))


def at(person):
    """The same person, now."""
    return as_actor(builders.APerson(person.person_id, person.name, person.role, person.language, "", ""))
