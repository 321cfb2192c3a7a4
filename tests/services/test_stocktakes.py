"""What the desk decides: who may, on which cause, and what then stands in the books."""

import pytest
from sqlalchemy import select

from tests.builders import a_person, an_item, an_order, as_actor, moves_of, stock_at, units_at
from tests.floor import broken_claims, release
from tests.stocktakes_builders import count, open_tasks, result_id, result_of
from warehouse.domain.stocktakes import Tolerances
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.models.stock import StockMove
from warehouse.queries import stocktakes as queries
from warehouse.services import counting_sessions, counting_settle, stock, stocktakes


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


@pytest.fixture
def waiting(db, actor, crew, shelf, emma):
    """A stocktake with two missing copies of Emma that wait for approval."""
    session_id = opened(db, actor)
    for person in crew[:2]:
        count(db, person, session_id, shelf, {emma: 4})
    assert result_of(db, session_id, shelf, emma) == ("approval", -2, 0)
    return session_id


def lines_of(db, session_id):
    with db.read() as session:
        return [(count.round, count.units, count.difference, count.person, count.chosen)
                for each in queries.list_differences(session, session_id) for count in each.counts]


def test_an_approval_posts_with_cause_and_says_who(db, actor, waiting, shelf, emma):
    wanted = result_id(db, waiting, shelf, emma)

    done = db.write(stocktakes.approve, actor, [wanted], "theft", "camera  saw it")

    assert (done.results, done.units) == (1, 2)
    assert units_at(db, shelf, emma) == (4, 0)
    assert moves_of(db, emma)[-1] == ("count", 2, "A-01-1", "LOST-FOUND")
    with db.read() as session:
        row = session.get_one(CountResult, wanted)
        assert (row.state, row.cause, row.note) == ("approved", "theft", "camera saw it")
        assert (row.decided_by, row.decided_at) == (actor.person_id, actor.at)
        assert session.execute(
            select(StockMove.count_result_id).order_by(StockMove.id.desc()).limit(1)).scalar() == wanted


def test_no_cause_no_approval_and_none_twice(db, actor, waiting, shelf, emma):
    wanted = result_id(db, waiting, shelf, emma)
    for cause in ("", "whatever"):
        with pytest.raises(Invalid, match="choose_cause"):
            db.write(stocktakes.approve, actor, [wanted], cause)
    with pytest.raises(Invalid, match="nothing_chosen"):
        db.write(stocktakes.approve, actor, [], "theft")
    with pytest.raises(NotFound):
        db.write(stocktakes.approve, actor, [wanted, 999], "theft")
    db.write(stocktakes.approve, actor, [wanted], "theft")
    with pytest.raises(Conflict, match="decided_already"):
        db.write(stocktakes.approve, actor, [wanted], "theft")
    assert units_at(db, shelf, emma) == (4, 0)


def test_who_counted_does_not_approve(db, actor, waiting, shelf, emma, crew):
    with pytest.raises(NotAllowed, match="counted_yourself"):
        db.write(stocktakes.approve, crew[0], [result_id(db, waiting, shelf, emma)], "theft")
    with pytest.raises(NotAllowed, match="counted_yourself"):
        db.write(stocktakes.reject, crew[1], [result_id(db, waiting, shelf, emma)], "counting_error")


def test_what_moved_since_the_count_is_posted_exactly(db, actor, waiting, shelf, emma):
    """Promised copies: six on the books, four really there, all of them promised meanwhile."""
    order = an_order(db, {emma: 6}, when_short="part")
    release(db, actor, order)

    db.write(stocktakes.approve, actor, [result_id(db, waiting, shelf, emma)], "theft")

    assert units_at(db, shelf, emma) == (4, 4)
    assert broken_claims(db) == []


def test_a_rejected_difference_leaves_the_books_alone(db, actor, waiting, shelf, emma):
    db.write(stocktakes.reject, actor, [result_id(db, waiting, shelf, emma)], "counting_error")

    assert result_of(db, waiting, shelf, emma) == ("rejected", -2, 0)
    assert units_at(db, shelf, emma) == (6, 0)
    with db.read() as session:
        assert queries.find_session(session, waiting).tally.by_lines == 1.0


def test_rejecting_calls_off_the_recount_that_nobody_began(db, actor, crew, shelf, emma):
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 4})
    assert open_tasks(db, session_id) == [("A-01-1", 2, [emma.id])]

    db.write(stocktakes.reject, actor, [result_id(db, session_id, shelf, emma)], "counting_error")

    assert open_tasks(db, session_id) == []
    db.write(stocktakes.close_session, actor, session_id)


def test_the_lead_chooses_one_of_three_numbers(db, actor, crew, shelf, emma):
    session_id = opened(db, actor, approval_minor=100_000)
    for person, units in zip(crew, (3, 4, 5), strict=True):
        count(db, person, session_id, shelf, {emma: units})
    wanted = result_id(db, session_id, shelf, emma)
    assert lines_of(db, session_id) == [(1, 3, -3, "Ada", False), (2, 4, -2, "Bo", False), (3, 5, -1, "Cy", True)]
    with db.read() as session:
        first, second, _ = queries.list_differences(session, session_id)[0].counts

    with pytest.raises(Invalid, match="no_such_count"):
        db.write(stocktakes.choose_count, actor, wanted, 999, "theft")
    assert db.write(stocktakes.choose_count, actor, wanted, second.line_id, "theft") == "posted"

    assert result_of(db, session_id, shelf, emma) == ("posted", -2, -2)
    assert units_at(db, shelf, emma) == (4, 0)
    assert first.units == 3


def test_a_chosen_number_that_was_right_brings_back_what_was_written_off_since(db, actor, crew, shelf, emma):
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 6}, settle=False)
    db.write(lambda session: stock.move(
        session, actor, emma.id, 2, source=shelf.place, target=stock.fixed_place(session, "LOST-FOUND"),
        cause=stock.Cause("short")))
    task = db.write(lambda session: session.execute(select(CountTask.id)).scalar_one())
    db.write(counting_settle.settle_task, crew[0], task)
    for person, units in ((crew[1], 5), (crew[2], 3)):
        count(db, person, session_id, shelf, {emma: units})
    with db.read() as session:
        first = queries.list_differences(session, session_id)[0].counts[0]

    state = db.write(stocktakes.choose_count, actor, result_id(db, session_id, shelf, emma), first.line_id, "unknown")

    assert (state, units_at(db, shelf, emma)) == ("matched", (6, 0))


def test_a_dear_number_that_the_lead_chose_still_waits_for_approval(db, actor, crew, shelf, emma):
    session_id = opened(db, actor)
    for person, units in zip(crew, (3, 4, 5), strict=True):
        count(db, person, session_id, shelf, {emma: units})
    with db.read() as session:
        first = queries.list_differences(session, session_id)[0].counts[0]

    state = db.write(stocktakes.choose_count, actor, result_id(db, session_id, shelf, emma), first.line_id, "unknown")

    assert state == "approval"
    with db.read() as session:
        assert session.execute(select(CountResult.value_minor)).scalar() == -90_000
    db.write(stocktakes.approve, actor, [result_id(db, session_id, shelf, emma)], "unknown")
    assert units_at(db, shelf, emma) == (3, 0)


def test_why_a_small_difference_came_about_is_said_later_and_once(db, actor, picker, shelf, dune):
    stock_at(db, shelf, dune, 2)
    session_id = opened(db, actor)
    count(db, picker, session_id, shelf, {dune: 1})
    wanted = result_id(db, session_id, shelf, dune)

    db.write(stocktakes.name_cause, actor, wanted, "misplaced", "lay on A-01-2")

    with db.read() as session:
        assert session.get_one(CountResult, wanted).cause == "misplaced"
    with pytest.raises(Conflict, match="decided_already"):
        db.write(stocktakes.name_cause, actor, wanted, "theft")


# --- Unknown codes ---------------------------------------------------------------------------------------------------


def unknown_of(db, session_id):
    with db.read() as session:
        return [(each.code, each.location, each.line_id) for each in queries.list_unknown(session, session_id)]


def test_an_unknown_code_becomes_the_title_that_it_was_and_another_counts_it(db, actor, crew, shelf, emma, dune):
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 6}, unknown=["NOBODY"])
    (code, place, line), = unknown_of(db, session_id)
    assert (code, place) == ("NOBODY", "A-01-1")

    db.write(stocktakes.assign_code, actor, line, dune.id)

    assert result_of(db, session_id, shelf, dune) == ("recount", 1, 0)
    assert open_tasks(db, session_id) == [("A-01-1", 2, [dune.id])]
    count(db, crew[1], session_id, shelf, {dune: 1})
    assert result_of(db, session_id, shelf, dune) == ("posted", 1, 1)
    assert unknown_of(db, session_id) == []
    with pytest.raises(Conflict, match="decided_already"):
        db.write(stocktakes.assign_code, actor, line, dune.id)


def test_copies_under_an_unknown_code_are_added_to_the_title_that_was_counted_too(db, actor, crew, shelf, emma):
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 4}, unknown=["NOBODY"])
    (_, _, line), = unknown_of(db, session_id)

    db.write(stocktakes.assign_code, actor, line, emma.id)

    assert result_of(db, session_id, shelf, emma) == ("recount", -1, 0)
    assert open_tasks(db, session_id) == [("A-01-1", 2, [emma.id])]


def test_a_title_that_was_settled_before_is_counted_anew_for_its_code(db, actor, crew, shelf, emma):
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 6}, unknown=["NOBODY"])
    (_, _, line), = unknown_of(db, session_id)

    db.write(stocktakes.assign_code, actor, line, emma.id)

    assert result_of(db, session_id, shelf, emma) == ("matched", 0, 0)
    with db.read() as session:
        other = session.execute(select(CountSession.id).where(CountSession.kind == "incident")).scalar_one()
    assert open_tasks(db, other) == [("A-01-1", 1, [emma.id])]


def test_a_code_that_is_no_book_is_dismissed_with_a_reason(db, actor, crew, shelf, emma):
    session_id = opened(db, actor)
    count(db, crew[0], session_id, shelf, {emma: 6}, unknown=["NOBODY"])
    (_, _, line), = unknown_of(db, session_id)

    with pytest.raises(Invalid, match="reason_needed"):
        db.write(stocktakes.dismiss_code, actor, line, " ")
    db.write(stocktakes.dismiss_code, actor, line, "a price sticker")

    with db.read() as session:
        assert session.get_one(CountLine, line).settled_as == "dismissed"
    with pytest.raises(NotFound):
        db.write(stocktakes.dismiss_code, actor, 999, "no")


# --- The end ---------------------------------------------------------------------------------------------------------


def test_a_stocktake_is_closed_when_nothing_is_open(db, actor, waiting, shelf, emma):
    with pytest.raises(Conflict, match="still_open") as refused:
        db.write(stocktakes.close_session, actor, waiting)
    assert refused.value.facts == {"shelves": 0, "differences": 1, "codes": 0}
    db.write(stocktakes.approve, actor, [result_id(db, waiting, shelf, emma)], "theft")

    db.write(stocktakes.close_session, actor, waiting)

    with db.read() as session:
        found = queries.find_session(session, waiting)
    assert (found.state, found.closed_by, found.shelves_done, found.differences) == ("closed", actor.name, 1, 1)
    assert found.off == {"CNY": 60_000}
    assert (found.tally.by_lines, found.tally.by_units) == (0.0, 4 / 6)
    with pytest.raises(Conflict, match="illegal_step"):
        db.write(stocktakes.close_session, actor, waiting)


def test_a_cancelled_stocktake_posts_nothing_more(db, actor, waiting, shelf, emma):
    other = db.write(counting_sessions.open_session, actor, "list", {"codes": [emma.isbn]})
    with pytest.raises(Invalid, match="reason_needed"):
        db.write(stocktakes.cancel_session, actor, waiting, "")

    db.write(stocktakes.cancel_session, actor, waiting, "fire drill")
    db.write(stocktakes.cancel_session, actor, other, "fire drill")

    assert result_of(db, waiting, shelf, emma) == ("rejected", -2, 0)
    assert open_tasks(db, other) == []
    assert units_at(db, shelf, emma) == (6, 0)
    with pytest.raises(NotFound):
        db.write(stocktakes.cancel_session, actor, 999, "no")


def test_progress_is_told_by_counter(db, actor, waiting, crew, emma):
    with db.read() as session:
        found = [(each.name, each.shelves, each.titles, each.units) for each in queries.list_counters(session, waiting)]
    assert found == [("Ada", 1, 1, 4), ("Bo", 1, 1, 4)]
