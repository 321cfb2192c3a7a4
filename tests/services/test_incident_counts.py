"""An incident that makes a shelf doubtful has it counted."""

import pytest
from sqlalchemy import select, update

from tests.builders import a_tote, an_order, stock_at
from tests.counting_builders import Counter
from tests.walk import release, started
from warehouse.models.counting import CountLine, CountSession, CountTask
from warehouse.models.stock import Location
from warehouse.services import incidents


@pytest.fixture
def shelf(db, dune):
    return stock_at(db, "B-07-3", dune, units=2)


def asked(db):
    """(kind of session, shelf, covers it all, titles asked for) of each task."""
    with db.read() as session:
        rows = session.execute(
            select(CountTask.id, CountSession.kind, Location.code, CountTask.covers_shelf)
            .join(CountSession, CountSession.id == CountTask.session_id)
            .join(Location, Location.id == CountTask.location_id).order_by(CountTask.id)).all()
        return [(row.kind, row.code, row.covers_shelf, session.execute(
            select(CountLine.item_id).where(CountLine.task_id == row.id).order_by(CountLine.item_id)).scalars().all())
            for row in rows]


def report(db, actor, kind="short", **more):
    return db.write(incidents.report, actor, kind, "pick", units=1, **more)


@pytest.mark.parametrize("kind", ["short", "missing", "wrong_item", "wrong_location", "found", "over"])
def test_a_doubtful_shelf_is_counted_for_the_title_alone(db, actor, shelf, dune, kind):
    report(db, actor, kind, item_id=dune.id, location_id=shelf.id)

    assert asked(db) == [("incident", "B-07-3", False, [dune.id])]


@pytest.mark.parametrize("kind", ["damaged", "unscannable", "call_lead", "count_difference"])
def test_what_says_nothing_of_the_books_asks_for_no_count(db, actor, shelf, dune, kind):
    report(db, actor, kind, item_id=dune.id, location_id=shelf.id)

    assert asked(db) == []


def test_without_a_title_the_whole_shelf_is_counted(db, actor, shelf):
    report(db, actor, location_id=shelf.id)

    assert asked(db) == [("incident", "B-07-3", True, [])]


def test_a_tote_or_no_place_at_all_is_not_counted(db, actor, dune, tote):
    report(db, actor, "missing", item_id=dune.id, location_id=tote.place.id)
    report(db, actor, "missing", item_id=dune.id)

    assert asked(db) == []


def test_while_the_count_is_open_the_same_is_asked_once_and_another_title_is_added(db, actor, shelf, dune, emma):
    for _ in range(2):
        report(db, actor, item_id=dune.id, location_id=shelf.id)
    report(db, actor, item_id=emma.id, location_id=shelf.id)

    assert asked(db) == [("incident", "B-07-3", False, [dune.id, emma.id])]


@pytest.mark.parametrize("what", ["emma", None])
def test_a_count_that_somebody_has_begun_is_widened_too(db, actor, picker, shelf, dune, emma, what):
    report(db, actor, item_id=dune.id, location_id=shelf.id)
    with db.read() as session:
        counter = Counter(db, picker, session.execute(select(CountTask.id)).scalar_one())
    counter.scan(shelf.label)
    counter.scan(dune.isbn, units=2)
    stock_at(db, shelf, emma)

    report(db, actor, item_id=emma.id if what else None, location_id=shelf.id)

    assert asked(db) == [("incident", "B-07-3", not what, [dune.id, emma.id] if what else [dune.id])]
    assert counter.press("#finish").code == "counting.not_seen"


def test_after_that_count_a_new_incident_asks_again(db, actor, shelf, dune):
    report(db, actor, item_id=dune.id, location_id=shelf.id)
    db.write(lambda session: session.execute(update(CountTask).values(state="counted")))

    report(db, actor, item_id=dune.id, location_id=shelf.id)

    assert asked(db) == [("incident", "B-07-3", False, [dune.id])] * 2


def test_a_short_pick_has_its_shelf_counted(db, actor, picker, shelf, dune):
    release(db, actor, an_order(db, {dune: 2}, when_short="part"))
    walk = started(db, picker, totes=[a_tote(db, "T-01")])
    walk.scan(shelf.label)

    walk.press("#short:not_enough")

    assert asked(db) == [("incident", "B-07-3", False, [dune.id])]
