"""The board tells what the rows tell, by the same number of statements however long the history."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from tests.builders import a_cart, a_tote, an_item, an_order, stock_at
from tests.floor import Picker, pack, release
from tests.statements import count_statements
from warehouse.models.orders import Hold, Order
from warehouse.queries.board import look
from warehouse.services import incidents


@pytest.fixture
def dune(db):
    item = an_item(db, "Dune", isbn="9780441013593")
    stock_at(db, "B-07-3", item, units=30)
    return item


@pytest.fixture
def emma(db):
    item = an_item(db, "Emma", isbn="9780141439587")
    stock_at(db, "B-08-3", item, units=30)
    return item


def board(db, clock):
    midnight = clock.moment - timedelta(hours=10)  # It is ten in the morning.
    with db.read() as session:
        return look(session, clock.moment, midnight)


def test_orders_are_counted_by_state_and_by_what_the_next_truck_needs(db, clock, dune, emma):
    soon, later = clock.moment + timedelta(minutes=30), clock.moment + timedelta(hours=5)
    an_order(db, {dune: 1, emma: 1}, due_at=soon)
    an_order(db, {dune: 1}, due_at=later)
    an_order(db, {dune: 1}, due_at=clock.moment - timedelta(minutes=5), state="picked")
    an_order(db, {dune: 1}, due_at=soon, state="packed")
    an_order(db, {dune: 1}, due_at=soon, state="dispatched")

    found = board(db, clock)

    assert (found.states["confirmed"], found.states["picked"], found.states["packed"]) == (2, 1, 1)
    assert (found.late_count, found.soon_count) == (1, 2)
    assert found.next_truck == soon
    assert found.lines_left == {"pick": 2, "pack": 1, "ship": 1}
    assert [order.state for order in found.late] == ["picked", "confirmed", "packed"]


def test_a_wave_shows_what_is_picked_packed_and_shipped_without_what_was_cancelled(
    db, clock, actor, picker, packer, dune, emma,
):
    orders = [an_order(db, {dune: 1, emma: 1}) for _ in range(4)]
    run, = release(db, actor, *orders)
    Picker(db, picker, run, totes=[a_tote(db, f"T-0{n}") for n in range(4)], cart=a_cart(db)).go_on()
    pack(db, packer, orders[0], weight_g=500)
    db.write(lambda session: session.execute(update(Order).where(Order.id == orders[3].id).values(state="cancelled")))

    wave, = board(db, clock).waves

    assert (wave.orders, wave.shipped, wave.packed, wave.picked, wave.left_at) == (3, 0, 1, 2, None)


def test_people_are_told_with_their_run_and_their_lines(db, clock, actor, picker, dune, emma):
    run, = release(db, actor, an_order(db, {dune: 2, emma: 1}))
    walk = Picker(db, picker, run, totes=[a_tote(db)])
    walk.go_on(3)

    worker, = board(db, clock).workers
    assert (worker.name, worker.run_id, worker.place, worker.lines) == ("Wang Xiaoyu", run, "B-07-3", 1)

    walk.go_on()
    found = board(db, clock)
    assert (found.workers[0].lines, found.workers[0].lines_per_hour, found.workers[0].run_id) == (2, None, None)
    assert (found.hours, found.lines_last_hour) == ({10: 2}, 2)


def test_an_undone_line_is_not_counted_twice(db, clock, actor, picker, dune):
    run, = release(db, actor, an_order(db, {dune: 1}))
    walk = Picker(db, picker, run, totes=[a_tote(db)])
    walk.go_on()
    walk.scan("#undo")
    walk.go_on()

    assert board(db, clock).hours == {10: 1}


def test_dispatched_today_counts_who_left_on_time(db, clock, dune):
    for minutes_late, left_ago in ((-10, 1), (10, 2), (-10, 40)):
        moment = clock.moment - timedelta(hours=left_ago)
        due_at = moment - timedelta(minutes=minutes_late)
        an_order(db, {dune: 1}, state="dispatched", dispatched_at=moment, due_at=due_at)

    found = board(db, clock)

    assert (found.dispatched_today, found.on_time_today) == (2, 1)


def test_incidents_and_holds_that_need_a_decision_are_counted(db, clock, actor, dune):
    db.write(incidents.report, actor, "short", "pick", units=1)
    settled = db.write(incidents.report, actor, "short", "pick", units=1)
    db.write(incidents.close, actor, settled, "found")
    order = an_order(db, {dune: 1}, state="held")
    db.write(lambda session: session.execute(insert(Hold.__table__), [
        {"order_id": order.id, "reason": reason, "facts": {}, "opened_at": actor.at}
        for reason in ("short", "short")]))

    found = board(db, clock)

    assert [(one.kind, one.n) for one in found.incidents] == [("short", 1)]
    assert [(one.kind, one.n) for one in found.holds] == [("short", 1)]
    assert (found.short_today, found.decisions) == (2, 2)


def test_an_empty_house_is_an_empty_board(db, clock):
    found = board(db, clock)

    assert (found.waves, found.workers, found.late, found.hours, found.next_truck) == ([], [], [], {}, None)
    assert set(found.states.values()) == {0}


def test_the_board_costs_the_same_statements_whatever_happened(db, clock, actor, picker, dune, emma):
    with count_statements(db) as empty:
        board(db, clock)
    run, = release(db, actor, *(an_order(db, {dune: 1, emma: 1}) for _ in range(3)))
    Picker(db, picker, run, totes=[a_tote(db, f"T-0{n}") for n in range(3)], cart=a_cart(db)).go_on()
    with count_statements(db) as full:
        board(db, clock)

    assert len(full) == len(empty) <= 12


def test_no_table_of_the_past_is_read_whole(db, clock, actor):
    """On SQLite, whose plans do not depend on how much there is."""
    if db.reader.dialect.name != "sqlite":
        return
    with count_statements(db) as statements:
        board(db, clock)
    with db.read() as session:
        order_id = session.execute(select(Order.id)).scalar()
        assert order_id is None
        plans = [
            row[3] for statement in statements
            for row in session.connection().exec_driver_sql(
                "EXPLAIN QUERY PLAN " + statement, tuple([0] * statement.count("?"))).all()]
    whole = [plan for plan in plans if plan.startswith("SCAN ") and any(
        name in plan for name in (" sales_order", " scan", " order_line", " pick_stop", " stock_move"))]
    assert whole == []
