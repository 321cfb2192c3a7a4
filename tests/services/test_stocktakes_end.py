"""A stocktake that is over changes nothing any more, and several of its differences are posted in one go."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import a_person, an_item, an_order, as_actor, stock_at, units_at
from tests.counting_builders import Counter, a_count, open_shelf
from tests.floor import a_scan, broken_claims, counters, release
from tests.stocktakes_builders import count, open_task, open_tasks, result_id, result_of
from warehouse.domain.stocktakes import Tolerances
from warehouse.errors import Conflict, NotAllowed
from warehouse.queries import accuracy
from warehouse.queries import stocktakes as queries
from warehouse.services import counting_commands, counting_sessions, counting_settle, figures, stock, stocktakes


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", price_minor=30_000, currency="CNY")


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", price_minor=3_000, currency="CNY")


@pytest.fixture
def shelf(db, emma):
    return stock_at(db, "A-01-1", emma, 6)


@pytest.fixture
def crew(db):
    return [as_actor(a_person(db, name)) for name in ("Ada", "Bo", "Cy")]


def opened(db, actor, **allowed):
    return db.write(counting_sessions.open_session, actor, "zone", {"zones": ["A"]}, tolerances=Tolerances(**allowed))


def test_an_unknown_code_of_a_cancelled_stocktake_asks_for_no_count_and_holds_no_shelf(
    db, actor, crew, shelf, emma, dune,
):
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 6}, unknown=["NOBODY"])
    with db.read() as session:
        code, = queries.list_unknown(session, session_id)
    db.write(stocktakes.cancel_session, actor, session_id, "fire drill")

    with pytest.raises(Conflict, match="decided_already"):
        db.write(stocktakes.assign_code, actor, code.line_id, dune.id)

    assert open_tasks(db, session_id) == []
    assert open_tasks(db, opened(db, actor)) == [("A-01-1", 1, None)]


def test_copies_under_an_unknown_code_are_counted_anew_also_while_another_title_is_recounted(
    db, actor, crew, shelf, emma, dune,
):
    stock_at(db, shelf, dune, 9)
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 6, dune: 2}, unknown=["NOBODY"])
    with db.read() as session:
        code, = queries.list_unknown(session, session_id)
    recount = Counter(db, crew[1], open_task(db, session_id, shelf))
    recount.scan(shelf.label)

    db.write(stocktakes.assign_code, actor, code.line_id, emma.id)

    assert open_tasks(db, session_id) == [("A-01-1", 2, [dune.id])]
    assert open_tasks(db, session_id + 1) == [("A-01-1", 1, [emma.id])]
    assert open_shelf(db, crew[1], shelf.label).go == f"/count/{recount.task_id}"
    assert open_shelf(db, crew[2], shelf.label).code == "counting.at_shelf"


def test_differences_of_one_title_on_several_shelves_are_approved_in_one_go(db, actor, crew, shelf, emma):
    order = an_order(db, {emma: 6}, when_short="part")
    release(db, actor, order)
    other = stock_at(db, "A-01-2", emma, 3)
    session_id = opened(db, actor)
    for person in crew[:2]:
        count(db, person, session_id, shelf, {emma: 4})
        count(db, person, session_id, other, {emma: 0})
    waiting = [result_id(db, session_id, place, emma) for place in (shelf, other)]

    db.write(stocktakes.approve, actor, waiting, "theft")

    assert [result_of(db, session_id, place, emma) for place in (shelf, other)] == [
        ("approved", -2, -2), ("approved", -3, -3)]
    assert (units_at(db, shelf, emma), units_at(db, other, emma)) == ((4, 4), (0, 0))
    assert counters(db, order)[0][:3] == (6, 4, 2)
    assert broken_claims(db) == []


def test_a_lead_who_counted_does_not_choose_the_number(db, actor, crew, shelf, emma):
    session_id = opened(db, actor)
    for person, units in zip((*crew[:2], actor), (3, 4, 5), strict=True):
        count(db, person, session_id, shelf, {emma: units})
    with db.read() as session:
        own = queries.list_differences(session, session_id)[0].counts[-1]

    with pytest.raises(NotAllowed, match="counted_yourself"):
        db.write(stocktakes.choose_count, actor, result_id(db, session_id, shelf, emma), own.line_id, "theft")

    assert result_of(db, session_id, shelf, emma)[0] == "lead"


def test_who_approved_may_count_other_shelves_afterwards(db, actor, crew, shelf, emma):
    other = stock_at(db, "A-01-2", emma, 3)
    session_id = opened(db, actor)
    for person in crew[:2]:
        count(db, person, session_id, shelf, {emma: 4})
    db.write(stocktakes.approve, actor, [result_id(db, session_id, shelf, emma)], "theft")
    later = replace(actor, at=actor.at + timedelta(minutes=1))

    count(db, later, session_id, other, {emma: 3})

    assert broken_claims(db) == []


def test_a_title_that_is_asked_for_while_its_shelf_is_being_finished_is_counted_in_the_next_round(
    db, actor, crew, shelf, emma, dune,
):
    task_id, = a_count(db, actor, shelf, items=[emma])
    counter = Counter(db, crew[0], task_id)
    counter.scan(shelf.label)
    counter.scan(emma.isbn, units=6)
    session_id, step = counter.task["session_id"], counter.task["step_id"]
    finished, go_on = threading.Event(), threading.Event()

    def finish(session):
        counting_commands.command(session, crew[0], task_id, a_scan("#finish", step=step))
        finished.set()
        go_on.wait(5)

    def ask():
        assert finished.wait(5)
        db.write(counting_sessions.ask_titles, session_id, shelf.id, [dune.id])

    threads = [threading.Thread(target=db.write, args=(finish,)), threading.Thread(target=ask)]
    for thread in threads:
        thread.start()
    threads[1].join(0.3)  # It waits for the one who finishes, or is done at once.
    go_on.set()
    for thread in threads:
        thread.join()

    assert open_tasks(db, session_id) == [("A-01-1", 2, [dune.id])]


def test_a_slip_of_the_number_pad_at_a_dear_title_is_counted_again_like_any_other(db, actor, crew, shelf):
    folio = an_item(db, "First Folio", isbn="9780441013593", price_minor=500_000, currency="CNY")
    stock_at(db, shelf, folio, 1)
    session_id = opened(db, actor)

    for person in crew[:2]:
        count(db, person, session_id, shelf, {folio: 9_999})
    db.write(stocktakes.approve, actor, [result_id(db, session_id, shelf, folio)], "found")

    assert result_of(db, session_id, shelf, folio) == ("approved", 9_998, 9_998)
    with db.read() as session:
        assert queries.find_session(session, session_id).off == {"CNY": 4_999_000_000}
        found = accuracy.look(session, [actor.at], actor.at)
    assert found.total.worth["CNY"].off == 4_999_000_000
    assert db.write(figures.reckon, actor) == 2


def test_a_dear_copy_that_was_written_off_after_its_count_is_not_brought_back_on_one_count(
    db, actor, crew, shelf, emma,
):
    session_id = opened(db, actor)
    task_id = count(db, crew[0], session_id, shelf, {emma: 6}, settle=False)
    db.write(lambda session: stock.move(
        session, actor, emma.id, 1, source=shelf.place, target=stock.fixed_place(session, "LOST-FOUND"),
        cause=stock.Cause("short")))

    db.write(counting_settle.settle_task, crew[0], task_id)

    assert result_of(db, session_id, shelf, emma) == ("recount", 0, 0)
    assert units_at(db, shelf, emma) == (5, 0)
    count(db, crew[1], session_id, shelf, {emma: 5})
    assert result_of(db, session_id, shelf, emma) == ("matched", 0, 0)
