"""A picker finds fewer copies than promised: the four steps, one by one, and what the customer hears (EXC-1)."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tests.builders import a_cart, a_person, a_tote, an_order, as_actor, order_state, stock_at, units_at
from tests.packers import proves
from tests.walk import Walk, release, runs_of, started
from warehouse.errors import Conflict
from warehouse.models.counting import CountLine, CountTask
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.orders import OrderLine
from warehouse.models.picking import PickStop
from warehouse.services import picking_orders


def told(db):
    """What customers must hear: (why, title, units)."""
    with db.read() as session:
        rows = session.execute(select(Message.why, Message.facts).order_by(Message.id)).all()
    return [(row.why, row.facts["title"], row.facts["n"]) for row in rows]


def found(db, *columns):
    with db.read() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(Incident.id))]


def line_counts(db, order):
    with db.read() as session:
        rows = session.execute(
            select(OrderLine.units_reserved, OrderLine.units_short, OrderLine.units_cancelled)
            .where(OrderLine.order_id == order.id).order_by(OrderLine.id))
        return [tuple(row) for row in rows]


@pytest.fixture
def cart_walk(db, actor, picker, dune, emma):
    """A cart for two orders that each want two Dunes of B-07-3 and an Emma: (walk, shelf, orders)."""
    shelf = stock_at(db, "B-07-3", dune, units=5)
    stock_at(db, "C-01-1", emma, units=2)
    orders = [an_order(db, {dune: 2, emma: 1}, when_short="part") for _ in range(2)]
    release(db, actor, *orders)
    walk = started(db, picker, totes=[a_tote(db, "T-01"), a_tote(db, "T-02")], cart=a_cart(db))
    walk.scan(shelf.label)
    return walk, shelf, orders


def test_step_one_the_shelf_is_counted(db, cart_walk, dune):
    walk, shelf, _ = cart_walk

    walk.press("#short:nothing_here")

    with db.read() as session:
        assert session.execute(
            select(CountTask.location_id, CountTask.state, CountLine.item_id)
            .join(CountLine, CountLine.task_id == CountTask.id)).all() == [(shelf.id, "open", dune.id)]


def test_step_two_the_picker_is_not_asked_again_for_that_title_on_that_shelf(db, cart_walk, dune, emma):
    walk, shelf, _ = cart_walk

    answer = walk.press("#short:nothing_here")

    assert answer.task["stop"]["title"] == "Emma"
    with db.read() as session:
        left = session.execute(
            select(PickStop.id).where(PickStop.location_id == shelf.id, PickStop.state.in_(("open", "skipped")))).all()
    assert left == []


def test_step_three_the_books_say_what_others_were_promised_there_and_not_one_copy_more(
        db, actor, cart_walk, dune):
    walk, shelf, _ = cart_walk
    other = an_order(db, {dune: 1})
    release(db, actor, other)
    assert units_at(db, shelf, dune) == (5, 5)

    walk.press("#short:nothing_here")

    assert units_at(db, shelf, dune) == (1, 1)
    assert line_counts(db, other) == [(1, 0, 0)]


def test_step_three_takes_the_free_copies_of_the_books_along(db, cart_walk, dune):
    walk, shelf, _ = cart_walk

    walk.press("#short:nothing_here")

    assert units_at(db, shelf, dune) == (0, 0)


def test_step_four_other_shelves_give_what_they_have_and_the_rest_is_short(db, cart_walk, dune):
    walk, _, (first, second) = cart_walk
    stock_at(db, "D-01-1", dune, units=3)

    answer = walk.press("#short:nothing_here")

    assert (answer.code, answer.facts["n"]) == ("picking.short", 1)
    assert line_counts(db, first)[0] == (2, 0, 0)
    assert line_counts(db, second)[0] == (1, 1, 0)
    assert found(db, Incident.kind, Incident.units, Incident.outcome) == [
        ("short", 2, "other_shelf"), ("short", 2, "order_short")]
    assert told(db) == [("short_part", "Dune", 1)]


def test_what_is_found_on_another_shelf_no_customer_hears_of(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    stock_at(db, "C-01-1", dune, units=1)
    release(db, actor, an_order(db, {dune: 1}))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    walk.press("#short:nothing_here")

    assert told(db) == []


@pytest.mark.parametrize(("when_short", "why"), [
    ("wait", "short_wait"), ("part", "short_part"), ("cancel", "line_cancelled")])
def test_the_customer_hears_what_the_orders_choice_means(db, actor, picker, dune, emma, tote, when_short, why):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    stock_at(db, "C-01-1", emma, units=1)
    release(db, actor, an_order(db, {dune: 2, emma: 1}, when_short=when_short))
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    walk.press("#short:nothing_here")

    assert told(db) == [(why, "Dune", 2)]


@pytest.mark.parametrize(("when_short", "why"), [
    ("wait", "short_wait"), ("part", "ask_choice"), ("cancel", "ask_choice")])
def test_where_nothing_is_left_to_send_the_customer_is_asked_anew(db, actor, picker, dune, tote, when_short, why):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    order = an_order(db, {dune: 1}, when_short=when_short)
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)

    walk.press("#short:nothing_here")

    assert order_state(db, order) == "held"
    assert told(db) == [(why, "Dune", 1)]


def test_not_enough_keeps_what_was_found_to_be_taken(db, cart_walk, dune):
    walk, shelf, orders = cart_walk

    answer = walk.press("#short:not_enough:1")

    stop = answer.task["stop"]
    assert (answer.facts["n"], stop["title"], stop["location"], stop["units_left"]) == (3, "Dune", "B-07-3", 1)
    assert units_at(db, shelf, dune) == (1, 1)
    walk.scan(dune.isbn)
    assert units_at(db, shelf, dune) == (0, 0)
    assert sorted(line_counts(db, order)[0] for order in orders) == [(0, 2, 0), (1, 1, 0)]


def test_not_enough_with_one_taken_asks_only_for_the_rest(db, actor, picker, dune, emma, tote):
    shelf = stock_at(db, "B-07-3", dune, units=4)
    order = an_order(db, {dune: 4}, when_short="part")
    release(db, actor, order)
    walk = started(db, picker, totes=[tote])
    walk.scan(shelf.label)
    walk.scan(dune.isbn)

    answer = walk.press("#short:not_enough:2")

    assert (answer.task["stop"]["units_left"], answer.facts["n"]) == (2, 1)
    walk.scan(dune.isbn)
    walk.scan(dune.isbn)
    assert order_state(db, order) == "picked"
    assert units_at(db, shelf, dune) == (0, 0)
    assert told(db) == [("short_part", "Dune", 1)]
    assert proves(db) == []


@pytest.mark.parametrize("there", ["2", "9"])
def test_as_many_as_are_wanted_is_not_too_few(db, cart_walk, dune, there):
    walk, shelf, _ = cart_walk

    assert walk.press(f"#short:not_enough:{there}").code == "picking.all_are_there"
    assert units_at(db, shelf, dune) == (5, 4)


@pytest.mark.parametrize("command", [
    "#short:lost_it", "#short:nothing_here:1", "#short:not_enough:-1", "#short:not_enough:x", "#short:not_enough:¹",
    "#damaged:x", "#misprint:12345"])
def test_a_command_that_no_screen_sends_is_refused(cart_walk, command):
    walk, _, _ = cart_walk

    with pytest.raises(Conflict, match=r"picking\.unknown_command"):
        walk.press(command)


def test_another_book_on_the_shelf_has_the_whole_shelf_counted(db, cart_walk):
    walk, shelf, _ = cart_walk

    walk.press("#short:other_book")

    assert {kind for kind, in found(db, Incident.kind)} == {"wrong_item"}
    with db.read() as session:
        assert session.execute(select(CountTask.location_id, CountTask.covers_shelf)).all() == [(shelf.id, True)]


@pytest.mark.parametrize("kind", ["damaged", "misprint", "missing_pages"])
def test_a_bad_copy_goes_to_quarantine_and_another_of_the_same_shelf_is_taken(db, cart_walk, dune, kind):
    walk, shelf, _ = cart_walk

    answer = walk.press(f"#{kind}")

    assert (answer.code, answer.task["stop"]["units_left"]) == ("picking.take_another_here", 2)
    assert found(db, Incident.kind, Incident.units, Incident.outcome) == [(kind, 1, "same_shelf")]
    assert answer.facts["incident_id"] == found(db, Incident.id)[0][0]
    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)
    assert units_at(db, shelf, dune) == (4, 4)


def test_of_two_bad_copies_one_is_replaced_at_the_shelf_and_one_elsewhere(db, cart_walk, dune):
    walk, shelf, _ = cart_walk
    stock_at(db, "D-01-1", dune, units=1)

    answer = walk.press("#damaged:2")

    assert (answer.code, answer.task["stop"]["units_left"]) == ("picking.short_elsewhere", 1)
    assert found(db, Incident.units, Incident.outcome) == [(1, "same_shelf"), (1, "other_shelf")]
    assert units_at(db, "QUARANTINE", dune, "damaged") == (2, 0)
    assert units_at(db, shelf, dune) == (3, 3)


def test_two_pickers_who_find_the_same_shelf_empty_each_lose_only_their_own(db, actor, picker, dune):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    elsewhere = stock_at(db, "D-01-1", dune, units=1)
    orders = [an_order(db, {dune: units}, when_short="part") for units in (2, 1)]
    walks = []
    for order, code, who in zip(orders, ("T-01", "T-02"), (picker, as_actor(a_person(db, "Ada"))), strict=True):
        release(db, actor, order)
        walk = Walk(db, who, runs_of(db)[-1])
        db.write(picking_orders.start, who, walk.run_id)
        walk.scan(a_tote(db, code).label)
        walk.scan(shelf.label)
        walks.append(walk)

    with ThreadPoolExecutor(2) as hands:
        steps = [(walk, walk.task["step_id"]) for walk in walks]
        answers = list(hands.map(lambda each: each[0].scan("#short:nothing_here", step=each[1]), steps))

    assert {answer.outcome for answer in answers} == {"accepted"}
    assert units_at(db, shelf, dune) == (0, 0)
    assert units_at(db, elsewhere, dune) == (1, 1)
    assert sorted(sum(map(sum, line_counts(db, order))) for order in orders) == [1, 2]
    assert sum(line_counts(db, order)[0][0] for order in orders) == 1
    assert proves(db) == []


def test_pickers_who_miss_one_title_at_two_shelves_do_not_wait_for_each_other(db, actor, picker, dune):
    """Each looks for the rest where the other stands."""
    shelves = [stock_at(db, code, dune, units=1) for code in ("A-01-1", "B-01-1")]
    walks = []
    for shelf, code, who in zip(shelves, ("T-01", "T-02"), (picker, as_actor(a_person(db, "Ada"))), strict=True):
        release(db, actor, an_order(db, {dune: 1}, when_short="part"))
        walk = Walk(db, who, runs_of(db)[-1])
        db.write(picking_orders.start, who, walk.run_id)
        walk.scan(a_tote(db, code).label)
        assert walk.scan(shelf.label).outcome == "accepted"
        walks.append(walk)

    with ThreadPoolExecutor(2) as hands:
        steps = [(walk, walk.task["step_id"]) for walk in walks]
        answers = list(hands.map(lambda each: each[0].scan("#short:nothing_here", step=each[1]), steps))

    assert [answer.code for answer in answers] == ["picking.short"] * 2
    assert [units_at(db, shelf, dune) for shelf in shelves] == [(0, 0), (0, 0)]


def test_the_same_report_sent_twice_is_answered_the_same_and_done_once(db, cart_walk, dune):
    walk, shelf, _ = cart_walk
    scan_id, step = str(uuid.uuid4()), walk.task["step_id"]

    first = walk.scan("#short:not_enough:1", scan_id=scan_id, step=step)
    again = walk.scan("#short:not_enough:1", scan_id=scan_id, step=step)

    assert first == again
    assert units_at(db, shelf, dune) == (1, 1)
