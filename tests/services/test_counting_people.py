"""Shelves are handed out on the walk, to one person each, and never to one who counted them before."""

import threading
import uuid

from sqlalchemy import select

from tests import builders
from tests.builders import a_shelf, as_actor, stock_at
from tests.counting_builders import (
    Counter,
    a_count,
    lines_of,
    open_shelf,
    task_row,
)
from warehouse.models.journal import Action
from warehouse.services import counting


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


def test_a_shelf_is_not_taken_over_with_another_one_in_hand(db, actor, counter, dune, task_id):
    other = a_shelf(db, "A-01-1")
    a_count(db, actor, other)
    assert open_shelf(db, actor, other.label).code == "counting.at_shelf"

    answer = Counter(db, actor, task_id).press("#take_over")

    assert (answer.code, answer.facts["location"]) == ("counting.finish_first", "A-01-1")
    assert task_row(db, task_id).person_id == counter.actor.person_id


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


def at(person):
    """The same person, now."""
    return as_actor(builders.APerson(person.person_id, person.name, person.role, person.language, "", ""))
