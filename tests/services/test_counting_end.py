"""Each number is right at its own time while others pick and put; the shelf ends with what was not seen. All blind."""

import json

import pytest
from sqlalchemy import select

from tests.builders import a_shelf, an_item, stock_at
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
from tests.floor import a_scan
from warehouse.errors import Conflict
from warehouse.models.journal import Scan
from warehouse.services import transfers

# --- The line's own time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["scan", "#plus", "#minus", "#set:2", "#damaged", "#undo"])
def test_a_pick_between_two_acts_of_a_title_has_it_counted_again(db, actor, counter, dune, shelf, task_id, button):
    counter.scan(dune.isbn)
    counter.scan(dune.isbn)
    take_from(db, actor, shelf, dune)

    stirred = counter.scan(dune.isbn) if button == "scan" else counter.press(button)

    assert (stirred.code, stirred.outcome, stirred.sound) == ("counting.changed_meanwhile", "refused", "warn")
    assert lines_of(db, task_id) == {dune.id: (None, 0, 4)}
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


@pytest.mark.parametrize("turning", ["to the next title", "to the end"])
def test_a_pick_before_the_counter_turns_away_has_the_title_counted_again(
    db, actor, counter, dune, emma, shelf, task_id, turning,
):
    """The copy that went may be the one that was still to be scanned."""
    counter.scan(emma.isbn, units=2)
    counter.scan(dune.isbn, units=4)
    take_from(db, actor, shelf, dune)

    stirred = counter.scan(emma.isbn) if turning == "to the next title" else counter.press("#finish")

    assert (stirred.code, stirred.facts["title"]) == ("counting.changed_meanwhile", "Dune")
    assert lines_of(db, task_id) == {emma.id: (2, 0, 2), dune.id: (None, 0, 4)}
    counter.scan(dune.isbn, units=4)
    assert counter.press("#finish").code == "counting.finished"
    assert results_of(db)[0][1:] == (4, 4, "matched")


def test_copies_in_the_hands_of_a_mover_are_not_missed_at_the_shelf(db, actor, packer, counter, dune, emma, shelf):
    counter.scan(emma.isbn, units=2)
    for raw in (shelf.label, dune.isbn):
        assert db.write(transfers.scan, packer, a_scan(raw)).outcome == "accepted"
    counter.scan(dune.isbn, units=4)

    assert counter.press("#finish").code == "counting.finished"
    assert results_of(db)[0][1:] == (4, 4, "matched")


def test_copies_that_a_mover_takes_in_hand_between_two_scans_are_noticed(db, packer, counter, dune, shelf):
    counter.scan(dune.isbn)
    for raw in (shelf.label, dune.isbn):
        db.write(transfers.scan, packer, a_scan(raw))

    assert counter.scan(dune.isbn).code == "counting.changed_meanwhile"


def test_a_pick_after_the_counter_turned_to_the_next_title_does_no_harm(
    db, actor, counter, dune, emma, shelf, task_id,
):
    counter.scan(dune.isbn, units=5)
    counter.scan(emma.isbn, units=2)
    take_from(db, actor, shelf, dune, units=2)

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
