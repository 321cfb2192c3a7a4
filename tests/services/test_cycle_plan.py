"""The shelves of the day's cycle count."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.builders import a_place, an_item, stock_at
from tests.counting_builders import Counter
from tests.figures_builders import counted, sold
from warehouse import clock as warehouse_clock
from warehouse.models.counting import CountSession, CountTask
from warehouse.models.stock import Location
from warehouse.services import counting_sessions, cycle_plan, figures

DAY = "2026-03-04"


@pytest.fixture
def items(db):
    isbns = ("9780441013593", "9780141439587", "9787536692930")
    return [an_item(db, f"Book {n}", isbn=isbn, price_minor=1000, currency="GBP") for n, isbn in enumerate(isbns)]


def shelves_of(db, session_id):
    """Codes of the shelves of a session in the order of its tasks, all to be counted whole."""
    with db.read() as session:
        rows = session.execute(
            select(Location.code, CountTask.covers_shelf).join(CountTask, CountTask.location_id == Location.id)
            .where(CountTask.session_id == session_id).order_by(CountTask.id)).all()
    assert all(row.covers_shelf for row in rows)
    return [row.code for row in rows]


def test_what_was_never_counted_is_planned_in_the_order_of_the_walk(db, actor, items):
    for shelf, item in zip(("C-01-1", "A-01-1", "B-01-1"), items, strict=True):
        stock_at(db, shelf, item)

    session_id = db.write(cycle_plan.plan, actor, DAY)

    assert shelves_of(db, session_id) == ["A-01-1", "B-01-1", "C-01-1"]
    with db.read() as session:
        row = session.execute(select(CountSession.kind, CountSession.scope, CountSession.state)).one()
    assert tuple(row) == ("cycle", {"day": DAY}, "counting")


def test_the_same_day_again_changes_nothing(db, actor, items):
    stock_at(db, "A-01-1", items[0])
    first = db.write(cycle_plan.plan, actor, DAY)
    stock_at(db, "B-01-1", items[1])

    assert db.write(cycle_plan.plan, actor, DAY) == first
    assert shelves_of(db, first) == ["A-01-1"]


def test_the_next_day_leaves_out_what_is_still_to_be_counted(db, actor, items):
    stock_at(db, "A-01-1", items[0])
    stock_at(db, "B-01-1", items[1])
    first = db.write(cycle_plan.plan, actor, DAY, most=1)

    second = db.write(cycle_plan.plan, actor, "2026-03-05")

    assert (shelves_of(db, first), shelves_of(db, second)) == (["A-01-1"], ["B-01-1"])


def test_what_earlier_days_left_is_part_of_the_days_work(db, actor, items):
    for shelf, item in zip(("A-01-1", "B-01-1", "C-01-1"), items, strict=True):
        stock_at(db, shelf, item)
    db.write(cycle_plan.plan, actor, DAY, most=1)

    assert shelves_of(db, db.write(cycle_plan.plan, actor, "2026-03-05", most=2)) == ["B-01-1"]
    assert db.write(cycle_plan.plan, actor, "2026-03-06", most=2) is None


def test_a_plan_without_anything_due_opens_nothing(db, actor, items):
    for shelf, item in zip(("A-01-1", "B-01-1"), items, strict=False):
        stock_at(db, shelf, item)
    db.write(cycle_plan.plan, actor, DAY)

    assert db.write(cycle_plan.plan, actor, "2026-03-06") is None


def test_class_a_is_planned_before_c(db, actor, items):
    cheap, dear, _ = items
    stock_at(db, "A-01-1", cheap, 5)
    sold(db, stock_at(db, "Z-01-1", dear, 5), dear, 3, days_ago=1)
    db.write(figures.reckon, actor)

    assert shelves_of(db, db.write(cycle_plan.plan, actor, DAY, most=1)) == ["Z-01-1"]


@pytest.mark.parametrize(("days", "is_due"), [(29, False), (30, True)])
def test_a_class_a_title_is_planned_again_after_thirty_days(db, actor, items, days, is_due):
    shelf = stock_at(db, "A-01-1", items[0], 5)
    sold(db, shelf, items[0], 3, days_ago=1)
    db.write(figures.reckon, actor)
    counted(db, actor, shelf, items[0], days_ago=days)

    assert (db.write(cycle_plan.plan, actor, DAY) is not None) == is_due


def test_a_difference_in_the_last_count_brings_the_title_back_after_a_fortnight(db, actor, items):
    wrong, right = stock_at(db, "A-01-1", items[0], 5), stock_at(db, "B-01-1", items[1], 5)
    counted(db, actor, wrong, items[0], days_ago=15, units=-1)
    counted(db, actor, right, items[1], days_ago=15)

    session_id = db.write(cycle_plan.plan, actor, DAY)

    assert shelves_of(db, session_id) == ["A-01-1"]


def test_only_the_last_count_tells_whether_a_title_is_trusted(db, actor, items):
    shelf = stock_at(db, "A-01-1", items[0], 5)
    counted(db, actor, shelf, items[0], days_ago=60, units=-1)
    counted(db, actor, shelf, items[0], days_ago=20)

    assert db.write(cycle_plan.plan, actor, DAY) is None


def test_empty_shelves_totes_and_shelves_under_count_are_left_out(db, actor, items):
    stock_at(db, a_place(db, "T-01", "tote"), items[0])
    shelf = stock_at(db, "A-01-1", items[1])
    db.write(counting_sessions.ask_for_count, actor, shelf.id, kind="incident", why="short")

    assert db.write(cycle_plan.plan, actor, DAY) is None


def test_a_shelf_is_planned_once_however_many_of_its_titles_are_due(db, actor, items):
    for item in items:
        stock_at(db, "A-01-1", item)

    assert shelves_of(db, db.write(cycle_plan.plan, actor, DAY)) == ["A-01-1"]


def test_what_was_planned_and_dropped_is_due_again_the_next_day(db, actor, items):
    stock_at(db, "A-01-1", items[0])
    db.write(cycle_plan.plan, actor, DAY)
    db.write(lambda session: session.execute(update(CountTask).values(state="cancelled")))

    later = warehouse_clock.now() + timedelta(days=1)
    with db.read() as session:
        assert len(cycle_plan.look(session, later)) == 1


def test_a_shelf_that_was_counted_by_scan_is_not_due_the_next_day(db, actor, picker, items):
    shelf = stock_at(db, "A-01-1", items[0])
    stock_at(db, shelf, items[1])
    db.write(cycle_plan.plan, actor, DAY)
    with db.read() as session:
        task_id = session.execute(select(CountTask.id)).scalar_one()
    counter = Counter(db, picker, task_id)
    counter.scan(shelf.label)
    counter.scan(items[0].isbn)
    counter.finish()

    # The title that was not seen is off the books, the other is due when its year is over.
    with db.read() as session:
        found = {each.item_id: each.was_right for each in cycle_plan.standings(session)}
    assert found == {items[0].id: True}
    assert db.write(cycle_plan.plan, actor, "2026-03-05") is None
