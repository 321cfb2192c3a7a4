"""What counts found, added up."""

from datetime import timedelta

import pytest

from tests.builders import a_person, a_shelf, an_item, as_actor
from tests.figures_builders import counted
from warehouse import clock as warehouse_clock
from warehouse.domain.accuracy import Worth
from warehouse.models.counting import CountLine, CountTask
from warehouse.queries import accuracy


@pytest.fixture
def books(db):
    kinds = (("9780441013593", "GBP"), ("9780141439587", "GBP"), ("9787536692930", "CNY"))
    return [an_item(db, f"Book {n}", isbn=isbn, price_minor=1000, currency=currency)
            for n, (isbn, currency) in enumerate(kinds)]


@pytest.fixture
def shelves(db):
    return [a_shelf(db, code, zone=zone) for code, zone in (("A-01-1", "Ground"), ("A-01-2", "Ground"), ("B-01-1", ""))]


def look(db, weeks=2):
    """The last `weeks` weeks, each a period."""
    now = warehouse_clock.now()
    with db.read() as session:
        return accuracy.look(session, [now - timedelta(weeks=n) for n in range(weeks, 0, -1)], now)


def test_lines_units_and_value_are_added_up(db, actor, books, shelves):
    counted(db, actor, shelves[0], books[0], days_ago=1, on_record=10)
    counted(db, actor, shelves[1], books[1], days_ago=1, on_record=6, units=-2)
    counted(db, actor, shelves[2], books[2], days_ago=1, on_record=4, units=1)

    total = look(db).total

    assert (total.lines, total.right, total.units, total.units_off) == (3, 1, 20, 3)
    assert total.worth == {"GBP": Worth(16_000, 2000, -2000), "CNY": Worth(4000, 1000, 1000)}


def test_a_count_belongs_to_the_period_in_which_it_was_counted(db, actor, books, shelves):
    counted(db, actor, shelves[0], books[0], days_ago=8)
    counted(db, actor, shelves[0], books[1], days_ago=1, units=1)
    counted(db, actor, shelves[0], books[2], days_ago=30)

    found = look(db, weeks=3)

    assert [(score.lines, score.right) for _, score in found.periods] == [(0, 0), (1, 1), (1, 0)]
    assert found.total.lines == 2


def test_zones_and_classes_are_told_apart(db, actor, books, shelves):
    counted(db, actor, shelves[0], books[0], days_ago=1)
    counted(db, actor, shelves[1], books[0], days_ago=1, units=-1)
    counted(db, actor, shelves[2], books[1], days_ago=1)

    found = look(db)

    # A shelf without a zone is known by its aisle, a title without figures is C.
    assert [(name, score.lines, score.right) for name, score in found.zones] == [("B", 1, 1), ("Ground", 2, 1)]
    assert [(name, score.lines) for name, score in found.classes] == [("C", 3)]


@pytest.mark.parametrize(("state", "lines"), [
    ("matched", 1), ("posted", 1), ("approved", 1), ("rejected", 0), ("recount", 0), ("lead", 0), ("approval", 0)])
def test_only_what_is_decided_counts(db, actor, books, shelves, state, lines):
    counted(db, actor, shelves[0], books[0], days_ago=1, units=-1, state=state)

    found = look(db)

    assert found.total.lines == lines
    assert found.undecided == (state in ("recount", "lead", "approval"))


def test_causes_come_with_the_most_units_first_and_gains_and_losses_do_not_cancel_out(db, actor, books, shelves):
    counted(db, actor, shelves[0], books[0], days_ago=1, units=-1, cause="theft")
    counted(db, actor, shelves[1], books[0], days_ago=1, units=-4, cause="misplaced")
    counted(db, actor, shelves[2], books[0], days_ago=1, units=4, cause="misplaced")
    counted(db, actor, shelves[2], books[1], days_ago=1, units=2)
    counted(db, actor, shelves[2], books[2], days_ago=1)

    assert [(one.name, one.lines, one.units) for one in look(db).causes] == [
        ("misplaced", 2, 8), ("", 1, 2), ("theft", 1, 1)]


def test_a_counter_is_measured_by_what_was_decided_and_not_by_the_books(db, actor, books, shelves):
    hasty = as_actor(a_person(db, "Ada Hasty"))
    sure = as_actor(a_person(db, "Ben Sure"))
    counted(db, sure, shelves[0], books[0], days_ago=1, units=-2)

    def count_before(session):
        """The first round, by another: one too few."""
        first = session.query(CountTask).one()
        first.round = 2
        session.flush()
        task = CountTask(session_id=first.session_id, location_id=first.location_id, round=1, state="counted",
                         person_id=hasty.person_id, counted_at=first.counted_at)
        session.add(task)
        session.flush()
        session.add(CountLine(task_id=task.id, item_id=books[0].id, units_counted=2, on_record=5,
                              counted_at=first.counted_at))

    db.write(count_before)

    counters = look(db).counters

    assert [(name, score.lines, score.right, score.units_off) for name, score in counters] == [
        ("Ada Hasty", 1, 0, 1), ("Ben Sure", 1, 1, 0)]


def test_two_counters_of_one_name_stay_two(db, books, shelves):
    for n in range(2):
        counted(db, as_actor(a_person(db, "Wei Chen")), shelves[n], books[0], days_ago=1)

    assert [(name, score.lines) for name, score in look(db).counters] == [("Wei Chen", 1), ("Wei Chen", 1)]


def test_where_nothing_was_counted_all_is_empty(db):
    found = look(db)

    assert (found.total.lines, found.zones, found.causes, found.undecided) == (0, [], [], 0)
    assert [score.lines for _, score in found.periods] == [0, 0]
