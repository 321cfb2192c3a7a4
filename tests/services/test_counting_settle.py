"""A difference is posted by what is still wrong, and promises that a shelf cannot keep are taken back."""

import pytest
from sqlalchemy import select

from tests.builders import (
    a_person,
    a_shelf,
    a_tote,
    an_item,
    an_order,
    as_actor,
    moves_of,
    order_state,
    stock_at,
    units_at,
)
from tests.floor import Picker, broken_claims, counters, release
from tests.stocktakes_builders import count, open_tasks, result_of
from warehouse.domain import stock as ledger
from warehouse.domain.stocktakes import Tolerances
from warehouse.models.counting import CountLine
from warehouse.models.incidents import Incident
from warehouse.models.picking import PickRun
from warehouse.models.stock import StockMove
from warehouse.services import counting_sessions, stock


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", price_minor=3_000)


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", price_minor=30_000)


@pytest.fixture
def shelf(db, dune):
    return stock_at(db, "A-01-1", dune, 8)


@pytest.fixture
def counters_of(db):
    """Three people who count."""
    return [as_actor(a_person(db, name)) for name in ("Ada", "Bo", "Cy")]


def opened(db, actor, *, kind="zone", scope=None, **allowed):
    return db.write(counting_sessions.open_session, actor, kind, scope or {"zones": ["A"]},
                    tolerances=Tolerances(**allowed))


def incidents_of(db):
    with db.read() as session:
        return [tuple(row) for row in session.execute(
            select(Incident.kind, Incident.stage, Incident.units, Incident.outcome).order_by(Incident.id))]


def test_a_match_is_kept_for_the_accuracy(db, actor, picker, shelf, dune):
    session_id = opened(db, actor)
    count(db, picker, session_id, shelf, {dune: 8})

    assert result_of(db, session_id, shelf, dune) == ("matched", 0, 0)
    assert moves_of(db, dune)[1:] == []


def test_one_copy_of_little_value_is_posted_at_once(db, actor, picker, shelf, dune):
    session_id = opened(db, actor)
    count(db, picker, session_id, shelf, {dune: 7})

    assert result_of(db, session_id, shelf, dune) == ("posted", -1, -1)
    assert moves_of(db, dune)[-1] == ("count", 1, "A-01-1", "LOST-FOUND")
    assert units_at(db, shelf, dune) == (7, 0)


def test_more_is_counted_again_and_two_equal_differences_are_believed(db, actor, shelf, dune, counters_of):
    session_id = opened(db, actor)
    count(db, counters_of[0], session_id, shelf, {dune: 5})
    assert result_of(db, session_id, shelf, dune) == ("recount", -3, 0)
    assert open_tasks(db, session_id) == [("A-01-1", 2, [dune.id])]

    count(db, counters_of[1], session_id, shelf, {dune: 5})

    assert result_of(db, session_id, shelf, dune) == ("posted", -3, -3)
    assert units_at(db, shelf, dune) == (5, 0)
    assert open_tasks(db, session_id) == []


def test_a_dear_difference_waits_for_approval(db, actor, shelf, emma, counters_of):
    stock_at(db, shelf, emma, 2)
    session_id = opened(db, actor, kind="list", scope={"codes": [emma.isbn]})
    for person in counters_of[:2]:
        count(db, person, session_id, shelf, {emma: 1})

    assert result_of(db, session_id, shelf, emma) == ("approval", -1, 0)
    assert units_at(db, shelf, emma) == (2, 0)


def test_three_different_numbers_are_for_the_lead(db, actor, shelf, dune, counters_of):
    session_id = opened(db, actor)
    for person, units in zip(counters_of, (5, 4, 6), strict=True):
        count(db, person, session_id, shelf, {dune: units})

    assert result_of(db, session_id, shelf, dune) == ("lead", -2, 0)
    assert open_tasks(db, session_id) == []


def test_a_third_number_equal_to_the_first_decides(db, actor, shelf, dune, counters_of):
    session_id = opened(db, actor)
    for person, units in zip(counters_of, (5, 4, 5), strict=True):
        count(db, person, session_id, shelf, {dune: units})

    assert result_of(db, session_id, shelf, dune) == ("posted", -3, -3)


def test_what_was_picked_after_the_count_is_no_difference(db, actor, shelf, dune, counters_of):
    session_id = opened(db, actor)
    count(db, counters_of[0], session_id, shelf, {dune: 5})
    run, = release(db, actor, an_order(db, {dune: 2}))
    Picker(db, actor, run, totes=[a_tote(db)]).go_on()

    count(db, counters_of[1], session_id, shelf, {dune: 3})

    assert result_of(db, session_id, shelf, dune) == ("posted", -3, -3)
    assert units_at(db, shelf, dune) == (3, 0)


def test_what_a_picker_reported_missing_meanwhile_is_not_posted_twice(db, actor, shelf, dune, counters_of):
    session_id = opened(db, actor)
    count(db, counters_of[0], session_id, shelf, {dune: 5})
    loss = ("LOST-FOUND", ledger.SHORT, 2)

    def lose(session):
        stock.move(session, actor, dune.id, loss[2], source=shelf.place,
                   target=stock.fixed_place(session, loss[0]), cause=stock.Cause(loss[1]))

    db.write(lose)
    count(db, counters_of[1], session_id, shelf, {dune: 5})

    # Eight less three: two were written off by the picker, the second counter found one more missing.
    assert result_of(db, session_id, shelf, dune) == ("posted", -1, -1)
    assert units_at(db, shelf, dune) == (5, 0)


def test_a_title_that_nobody_expected_comes_in_and_its_other_shelves_are_counted(
    db, actor, shelf, dune, emma, counters_of,
):
    other = stock_at(db, "B-01-1", emma, 4)
    session_id = opened(db, actor)
    count(db, counters_of[0], session_id, shelf, {dune: 8, emma: 1})

    assert result_of(db, session_id, shelf, emma) == ("recount", 1, 0)
    assert open_tasks(db, session_id) == [("A-01-1", 2, [emma.id]), ("B-01-1", 1, [emma.id])]

    count(db, counters_of[1], session_id, shelf, {emma: 1})
    count(db, counters_of[1], session_id, other, {emma: 3})
    assert result_of(db, session_id, shelf, emma) == ("approval", 1, 0)


def test_a_damaged_copy_is_damaged_in_the_books_too(db, actor, picker, shelf, dune):
    session_id = opened(db, actor)
    count(db, picker, session_id, shelf, {dune: 8}, damaged={dune: 2})

    assert result_of(db, session_id, shelf, dune) == ("matched", 0, 0)
    assert units_at(db, shelf, dune) == (6, 0)
    assert units_at(db, shelf, dune, "damaged") == (2, 0)
    assert moves_of(db, dune)[-1] == ("regrade", 2, "A-01-1", "A-01-1")
    with db.read() as session:
        assert session.execute(select(StockMove.count_result_id).order_by(StockMove.id.desc()).limit(1)).scalar()


def test_a_copy_found_damaged_comes_in_damaged(db, actor, picker, shelf, dune):
    session_id = opened(db, actor)
    count(db, picker, session_id, shelf, {dune: 9}, damaged={dune: 1})

    assert units_at(db, shelf, dune) == (8, 0)
    assert units_at(db, shelf, dune, "damaged") == (1, 0)


def test_damaged_copies_go_before_promised_ones(db, actor, picker, shelf, dune):
    stock_at(db, shelf, dune, 1, condition="damaged")
    release(db, actor, an_order(db, {dune: 8}))
    session_id = opened(db, actor)
    count(db, picker, session_id, shelf, {dune: 8})

    assert units_at(db, shelf, dune) == (8, 8)
    assert units_at(db, shelf, dune, "damaged") == (0, 0)


# --- Promises that are taken back ------------------------------------------------------------------------------------


def test_a_promise_is_taken_back_from_the_newest_order_and_fetched_elsewhere(db, actor, picker, shelf, dune):
    first, second = an_order(db, {dune: 4}), an_order(db, {dune: 4})
    runs = [release(db, actor, order)[0] for order in (first, second)]
    other = stock_at(db, "B-01-1", dune, 1)
    session_id = opened(db, actor)

    count(db, picker, session_id, shelf, {dune: 7})

    assert units_at(db, shelf, dune) == (7, 7)
    assert units_at(db, other, dune) == (1, 1)
    assert incidents_of(db) == [("count_difference", "shelf", 1, "other_shelf")]
    assert (counters(db, first)[0][1], counters(db, second)[0][1]) == (4, 4)
    Picker(db, actor, runs[1], totes=[a_tote(db)]).go_on()
    assert order_state(db, second) == "picked"
    assert broken_claims(db) == []


def test_where_there_is_none_elsewhere_the_order_is_short_by_its_own_choice(db, actor, picker, shelf, dune):
    order = an_order(db, {dune: 8}, when_short="cancel")
    run, = release(db, actor, order)
    walk = Picker(db, actor, run, totes=[a_tote(db)])
    walk.go_on(scans=3)
    session_id = opened(db, actor)

    # Two copies are in the tote; of the six that should be left one is missing.
    count(db, picker, session_id, shelf, {dune: 5})

    assert units_at(db, shelf, dune) == (5, 5)
    assert counters(db, order) == [(8, 7, 0, 1, 0, 0)]
    walk.go_on()
    assert order_state(db, order) == "picked"
    assert broken_claims(db) == []


def test_an_order_that_loses_everything_before_the_walk_is_held_and_its_walk_is_dropped(db, actor, shelf, dune, emma,
                                                                                        counters_of):
    order = an_order(db, {dune: 8})
    run, = release(db, actor, order)
    session_id = opened(db, actor)

    for person in counters_of[:2]:
        count(db, person, session_id, shelf, {dune: 0})

    assert result_of(db, session_id, shelf, dune)[0] == "approval"
    assert order_state(db, order) == "released"
    session_id = opened(db, actor, approval_minor=10**9)
    for person in counters_of[:2]:
        count(db, person, session_id, shelf, {dune: 0})

    assert result_of(db, session_id, shelf, dune) == ("posted", -8, -8)
    assert order_state(db, order) == "held"
    with db.read() as session:
        assert session.get_one(PickRun, run).state == "dropped"
    assert broken_claims(db) == []


def test_the_rest_of_a_walk_that_has_not_begun_goes_on(db, actor, shelf, dune, emma, counters_of):
    stock_at(db, shelf, emma, 1)
    empty_handed, going = an_order(db, {dune: 8, emma: 1}), an_order(db, {emma: 1})
    stock_at(db, "B-01-1", emma, 5)
    runs = release(db, actor, empty_handed, going)
    session_id = opened(db, actor, approval_minor=10**9)
    for person in counters_of[:2]:
        count(db, person, session_id, shelf, {dune: 0, emma: 1})

    assert counters(db, empty_handed)[0][:3] == (8, 0, 8)
    for run, tote in zip(runs, ("T-01", "T-02"), strict=True):
        Picker(db, actor, run, totes=[a_tote(db, tote)]).go_on()
    assert order_state(db, going) == "picked"
    assert order_state(db, empty_handed) == "held"
    assert broken_claims(db) == []


def test_a_count_that_comes_after_its_title_was_settled_changes_nothing(db, actor, shelf, dune, emma, counters_of):
    stock_at(db, shelf, emma, 2)
    session_id = opened(db, actor)
    count(db, counters_of[0], session_id, shelf, {dune: 8, emma: 0})

    task = count(db, counters_of[1], session_id, shelf, {emma: 0, dune: 6})

    assert result_of(db, session_id, shelf, dune) == ("matched", 0, 0)
    with db.read() as session:
        assert session.execute(
            select(CountLine.settled_as).where(CountLine.task_id == task, CountLine.item_id == dune.id)
        ).scalar() == "settled_before"


def test_other_shelves_of_an_unexpected_title_are_not_asked_where_all_are(db, actor, shelf, emma, dune, picker):
    a_shelf(db, "B-01-1")
    session_id = opened(db, actor, kind="all", scope={})
    count(db, picker, session_id, shelf, {dune: 8, emma: 1})

    assert ("B-01-1", 1, [emma.id]) not in open_tasks(db, session_id)
