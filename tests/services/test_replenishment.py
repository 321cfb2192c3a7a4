"""Pick faces are filled from reserve: planned, taken, brought, found short; and orders are sold from faces first."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.builders import a_shelf, an_item, an_order, moves_of, stock_at, units_at
from tests.floor import broken_claims, release
from tests.transfers_builders import Carrier, a_home, as_reserve, hands, sold, task_ids, tasks
from warehouse.models.incidents import Incident
from warehouse.models.orders import Hold, Order
from warehouse.models.stock import Reservation
from warehouse.services.replenishment import plan_replenishment
from warehouse.services.transfers_suggest import suggest


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def face(db, dune):
    """A-01-1 with 2 of 5 to 20 copies of Dune; R-01-1 has 10 and R-02-1 has 30 in reserve."""
    face = a_home(db, dune, stock_at(db, "A-01-1", dune, 2), 5, 20)
    as_reserve(db, stock_at(db, "R-01-1", dune, 10), stock_at(db, "R-02-1", dune, 30))
    return face


@pytest.fixture
def carrier(db, picker):
    return Carrier(db, picker)


def plan(db, actor):
    planned = db.write(plan_replenishment, actor)
    return planned.made, planned.changed, planned.cancelled, planned.kept


# --- Planning --------------------------------------------------------------------------------------------------------


def test_a_low_face_is_filled_from_the_smallest_reserve_first_and_planned_once(db, actor, face):
    assert plan(db, actor) == (2, 0, 0, 0)
    assert tasks(db) == [("R-01-1", "A-01-1", 10, 0, "min", "open"), ("R-02-1", "A-01-1", 8, 0, "min", "open")]
    assert plan(db, actor) == (0, 0, 0, 2)


def test_orders_that_wait_make_it_urgent_and_change_what_was_planned(db, actor, dune, face):
    plan(db, actor)
    an_order(db, {dune: 25})

    assert plan(db, actor) == (0, 2, 0, 0)
    assert tasks(db) == [("R-01-1", "A-01-1", 10, 0, "orders", "open"), ("R-02-1", "A-01-1", 13, 0, "orders", "open")]


def test_orders_held_because_shelves_were_short_count_too(db, actor, dune):
    a_home(db, dune, a_shelf(db, "A-01-1"))
    as_reserve(db, stock_at(db, "R-01-1", dune, 10))
    order = an_order(db, {dune: 3}, state="held")
    assert plan(db, actor) == (0, 0, 0, 0)
    db.write(lambda session: session.add(Hold(order_id=order.id, reason="short", facts={}, opened_at=actor.at)))

    assert plan(db, actor) == (1, 0, 0, 0)
    assert tasks(db) == [("R-01-1", "A-01-1", 3, 0, "orders", "open")]


def test_a_task_whose_need_is_gone_is_cancelled_and_one_at_work_stays(db, actor, carrier, dune, face):
    plan(db, actor)
    carrier.press(f"#replenish:{task_ids(db)[0]}")
    stock_at(db, face, dune, 18)

    assert plan(db, actor) == (0, 0, 1, 0)
    assert [task[-1] for task in tasks(db)] == ["taken", "cancelled"]


def test_what_somebody_brings_already_is_not_planned_again(db, actor, carrier, face):
    plan(db, actor)
    carrier.press(f"#replenish:{task_ids(db)[0]}")

    assert plan(db, actor) == (0, 0, 0, 1)
    assert [task[2:] for task in tasks(db)] == [(10, 0, "min", "taken"), (8, 0, "min", "open")]


# --- At work ---------------------------------------------------------------------------------------------------------


def test_source_book_target_and_the_face_is_full(db, actor, carrier, dune, face):
    plan(db, actor)
    task_id = task_ids(db)[0]
    taken = carrier.press(f"#replenish:{task_id}")
    assert (taken.code, taken.task["source"]["code"], taken.task["task"]["target"]["code"]) == (
        "transfers.task_taken", "R-01-1", "A-01-1")

    assert carrier.codes(a_shelf(db, "R-02-1").label, a_shelf(db, "R-01-1").label, dune.isbn) == [
        "transfers.wrong_source", "transfers.at_source", "transfers.taken"]
    assert carrier.press("#all").facts["n"] == 10
    done = carrier.scan(face.label)

    assert (done.code, done.sound, done.task["step"]) == ("transfers.replenished", "done", "start")
    assert moves_of(db, dune)[-1] == ("replenish", 10, "R-01-1", "A-01-1")
    assert tasks(db)[0][2:] == (10, 10, "min", "done")
    assert hands(db) == 0
    assert broken_claims(db) == []


def test_in_two_walks_and_the_rest_given_back(db, actor, carrier, dune, face):
    plan(db, actor)
    carrier.press(f"#replenish:{task_ids(db)[0]}")
    carrier.scan(dune.isbn, units=4)
    assert carrier.scan(face.label).code == "transfers.put"

    assert carrier.press("#leave").code == "transfers.left"
    assert tasks(db)[0][2:] == (10, 4, "min", "open")
    assert plan(db, actor) == (0, 0, 0, 2)


def test_a_task_is_one_persons_and_one_at_a_time(db, actor, carrier, packer, face):
    plan(db, actor)
    one, two = task_ids(db)
    carrier.press(f"#replenish:{one}")

    assert Carrier(db, packer).press(f"#replenish:{one}").code == "transfers.task_gone"
    assert carrier.press(f"#replenish:{two}").code == "transfers.finish_first"
    assert Carrier(db, packer).press("#replenish:999").code == "transfers.task_gone"


def test_undo_takes_the_last_walk_back_and_the_task_goes_on(db, actor, carrier, dune, face):
    plan(db, actor)
    carrier.press(f"#replenish:{task_ids(db)[0]}")
    carrier.scan(dune.isbn, units=10)
    carrier.scan(face.label)

    undone = carrier.press("#undo")

    assert (undone.code, undone.task["units"], undone.task["task"]["units_done"]) == ("transfers.undone", 10, 0)
    assert tasks(db)[0][2:] == (10, 0, "min", "taken")
    assert carrier.scan(face.label).code == "transfers.replenished"
    assert units_at(db, face, dune) == (12, 0)


def test_an_empty_source_is_an_incident_and_the_next_one_is_named(db, actor, carrier, dune, face):
    plan(db, actor)
    carrier.press(f"#replenish:{task_ids(db)[0]}")

    answer = carrier.press("#short")

    assert (answer.code, answer.facts["n"], answer.task["source"]["code"]) == ("transfers.short", 10, "R-02-1")
    assert tasks(db) == [("R-01-1", "A-01-1", 10, 0, "min", "short"), ("R-02-1", "A-01-1", 18, 0, "min", "taken")]
    with db.read() as session:
        assert [tuple(row) for row in session.execute(select(Incident.kind, Incident.stage, Incident.units))] == [
            ("missing", "shelf", 10)]
    assert plan(db, actor) == (0, 0, 0, 0)


def test_what_is_in_hand_is_brought_though_the_rest_is_missing(db, actor, carrier, dune, face):
    plan(db, actor)
    carrier.press(f"#replenish:{task_ids(db)[0]}")
    carrier.scan(dune.isbn, units=7)
    carrier.press("#short")

    assert carrier.scan(face.label).code == "transfers.replenished"
    assert [task[2:] for task in tasks(db)] == [(7, 7, "min", "done"), (11, 0, "min", "open")]
    assert carrier.press("#undo").code == "transfers.undone"
    assert carrier.press("#short").code == "transfers.nothing_missing"


def test_what_somebody_took_home_in_mind_is_anybodys_again_after_the_shift(db, actor, clock, carrier, dune, face):
    plan(db, actor)
    carrier.press(f"#replenish:{task_ids(db)[0]}")
    carrier.scan(dune.isbn, units=3)
    later = replace(actor, at=clock.forward(hours=11))
    assert plan(db, later) == (0, 0, 0, 1)
    assert hands(db) == 1

    later = replace(actor, at=clock.forward(hours=2))

    assert plan(db, later) == (0, 0, 0, 2)
    assert hands(db) == 0
    assert tasks(db)[0][2:] == (10, 0, "min", "open")
    assert carrier.task["step"] == "start"
    assert broken_claims(db) == []


# --- Reserve and suggestions -----------------------------------------------------------------------------------------


def test_a_release_sells_from_pick_faces_before_reserve_shelves(db, actor, dune, face):
    release(db, actor, an_order(db, {dune: 1}), an_order(db, {dune: 5}))

    with db.read() as session:
        rows = session.execute(select(Order.units_wanted, Reservation.location_id, Reservation.units)
                               .join_from(Reservation, Order, Reservation.order_line_id == Order.id)).all()
    shelves = {shelf.id: shelf.code for shelf in (face, a_shelf(db, "R-01-1"))}
    assert sorted((shelves[place], units) for _, place, units in rows) == [
        ("A-01-1", 1), ("A-01-1", 1), ("R-01-1", 4)]


def suggested(db, item, units=1):
    with db.read() as session:
        return [(one.shelf.code, one.reason) for one in suggest(session, item.id, units)]


def test_suggestions_know_fixed_shelves_rests_free_ones_and_those_of_others(db, dune, face):
    a_home(db, an_item(db, "Emma", isbn="9780141439587"), a_shelf(db, "A-01-0"))
    a_shelf(db, "A-09-1")

    assert suggested(db, dune, 18) == [("A-01-1", "home"), ("R-01-1", "same"), ("R-02-1", "same")]
    assert suggested(db, dune, 19) == [("R-01-1", "same"), ("R-02-1", "same"), ("A-09-1", "empty_near")]


def test_slow_movers_go_far_and_look_alikes_keep_apart(db):
    book = an_item(db, "三体", isbn="9787536692930")
    sold(db, book, 1)
    for code in ("A-01-1", "A-05-1", "A-09-1", "A-09-3"):
        a_shelf(db, code)
    stock_at(db, "A-09-2", an_item(db, "三体Ⅱ：黑暗森林", isbn="9787536693968"))

    assert suggested(db, book) == [("A-05-1", "empty_far"), ("A-01-1", "empty_far")]


def test_where_no_shelf_is_empty_one_with_known_room_is_named(db, dune):
    emma = an_item(db, "Emma", isbn="9780141439587")
    stock_at(db, a_shelf(db, "A-01-1", max_units=10), emma, 8)
    stock_at(db, a_shelf(db, "A-02-1"), emma, 8)

    assert suggested(db, dune, 2) == [("A-01-1", "room")]
    assert suggested(db, dune, 3) == []
