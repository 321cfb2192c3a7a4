"""A pick that takes the last copy asks whether the shelf is empty; the answer is a count."""

import pytest
from sqlalchemy import func, select

from tests.builders import a_shelf, a_tote, an_order, stock_at, units_at
from tests.statements import count_statements
from tests.walk import release, started
from warehouse.errors import Conflict
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask


@pytest.fixture
def walk(db, actor, picker, dune, emma, tote):
    """A walk to the only copy of Dune, then to one of five of Emma."""
    stock_at(db, "A-01-1", dune, units=1)
    stock_at(db, "B-01-1", emma, units=5)
    release(db, actor, an_order(db, {dune: 1, emma: 1}))
    return started(db, picker, totes=[tote])


def pick(db, walk, place, item):
    walk.scan(a_shelf(db, place).label)
    return walk.scan(item.isbn)


def says(walk, word, emptied):
    return walk.press(f"#empty:{word}:{emptied['location_id']}:{emptied['item_id']}")


def tasks(db):
    """(kind of session, state, covers the shelf, person) of each task."""
    with db.read() as session:
        rows = session.execute(
            select(CountSession.kind, CountTask.state, CountTask.covers_shelf, CountTask.person_id)
            .join(CountSession, CountSession.id == CountTask.session_id).order_by(CountTask.id))
        return [tuple(row) for row in rows]


def test_the_pick_that_empties_its_shelf_asks_and_the_walk_goes_on(db, walk, dune, emma):
    answer = pick(db, walk, "A-01-1", dune)

    assert answer.task["emptied"]["title"] == "Dune"
    assert answer.task["emptied"]["location"] == "A-01-1"
    assert answer.task["stop"]["location"] == "B-01-1"
    # Nobody must answer: the next scan is judged as ever, and the question is gone.
    assert pick(db, walk, "B-01-1", emma).task["emptied"] is None
    assert tasks(db) == []


def test_the_same_scan_again_asks_the_same(db, walk, dune):
    walk.scan(a_shelf(db, "A-01-1").label)
    first = walk.scan(dune.isbn, scan_id="11111111-1111-4111-8111-111111111111")

    assert walk.scan(dune.isbn, scan_id="11111111-1111-4111-8111-111111111111") == first
    assert first.task["emptied"] is not None


def test_yes_is_a_count_of_nothing_that_matched(db, walk, dune, picker):
    answer = says(walk, "yes", pick(db, walk, "A-01-1", dune).task["emptied"])

    assert (answer.code, answer.sound) == ("picking.empty_confirmed", "ok")
    assert answer.task["emptied"] is None
    assert answer.task["stop"]["location"] == "B-01-1"
    assert tasks(db) == [("zero_check", "counted", False, picker.person_id)]
    with db.read() as session:
        line = session.execute(select(CountLine.units_counted, CountLine.on_record, CountLine.item_id)).one()
        result = session.execute(select(CountResult.state, CountResult.units, CountResult.value_minor)).one()
    assert tuple(line) == (0, 0, dune.id)
    assert tuple(result) == ("matched", 0, 0)


def test_no_has_the_shelf_counted(db, walk, dune):
    answer = says(walk, "no", pick(db, walk, "A-01-1", dune).task["emptied"])

    assert (answer.outcome, answer.code) == ("accepted", "picking.empty_denied")
    assert tasks(db) == [("zero_check", "open", True, None)]


def test_it_is_answered_once(db, walk, dune):
    emptied = pick(db, walk, "A-01-1", dune).task["emptied"]
    says(walk, "yes", emptied)

    assert says(walk, "no", emptied).code == "picking.empty_not_asked"
    assert says(walk, "yes", emptied).code == "picking.empty_not_asked"
    assert len(tasks(db)) == 1


def test_a_pick_that_was_taken_back_emptied_nothing(db, walk, dune):
    emptied = pick(db, walk, "A-01-1", dune).task["emptied"]
    walk.press("#undo")

    assert says(walk, "yes", emptied).code == "picking.empty_not_asked"
    assert tasks(db) == []


def test_a_shelf_that_was_filled_meanwhile_is_not_counted_empty(db, walk, dune):
    emptied = pick(db, walk, "A-01-1", dune).task["emptied"]
    stock_at(db, "A-01-1", dune, units=3)

    assert says(walk, "yes", emptied).code == "picking.empty_no_longer"
    assert tasks(db) == []
    assert units_at(db, "A-01-1", dune) == (3, 0)


def test_a_shelf_that_nobody_picked_from_is_not_spoken_for(db, walk, dune, emma):
    elsewhere = stock_at(db, "C-09-9", emma, units=1)
    pick(db, walk, "A-01-1", dune)

    assert says(walk, "yes", {"location_id": elsewhere.id, "item_id": emma.id}).code == "picking.empty_not_asked"
    with pytest.raises(Conflict, match="unknown_command"):
        walk.press("#empty:maybe:1:1")
    with pytest.raises(Conflict, match="unknown_command"):
        walk.press("#empty:yes:here")


def test_the_last_pick_of_a_walk_may_be_answered_too(db, actor, picker, dune, tote):
    stock_at(db, "A-01-1", dune, units=1)
    release(db, actor, an_order(db, {dune: 1}))
    walk = started(db, picker, totes=[tote])

    answer = pick(db, walk, "A-01-1", dune)

    assert answer.task["step"] == "done"
    assert says(walk, "yes", answer.task["emptied"]).outcome == "accepted"


def test_the_same_shelf_is_confirmed_empty_again_another_time(db, actor, picker, dune, tote):
    for code in ("T-01", "T-02"):
        stock_at(db, "A-01-1", dune, units=1)
        release(db, actor, an_order(db, {dune: 1}))
        walk = started(db, picker, totes=[a_tote(db, code) if code != tote.code else tote])
        says(walk, "yes", pick(db, walk, "A-01-1", dune).task["emptied"])

    with db.read() as session:
        assert session.execute(select(func.count()).select_from(CountResult)).scalar() == 2


def test_a_pick_that_leaves_copies_costs_no_statement_for_it(db, walk, dune, emma):
    walk.scan(a_shelf(db, "A-01-1").label)
    with count_statements(db) as emptying:
        walk.scan(dune.isbn)
    walk.scan(a_shelf(db, "B-01-1").label)
    with count_statements(db) as leaving:
        walk.scan(emma.isbn)

    balance = [each for each in leaving if "stock_balance" in each and not each.startswith(("UPDATE", "INSERT"))]
    assert balance == []
    assert sum("UPDATE scan" in each for each in emptying) == 1
    assert sum("UPDATE scan" in each for each in leaving) == 0
