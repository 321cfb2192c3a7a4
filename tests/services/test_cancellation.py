"""An order called off anywhere before it leaves: shelves are let go, the walk goes on, and what lies in totes and
parcels waits to be put back. Nothing is booked back by itself."""

import pytest
from sqlalchemy import select

from tests.builders import a_cart, a_tote, an_item, an_order, order_state, stock_at, units_at
from tests.floor import Picker, a_scan, broken_claims, counters, pack, release
from warehouse.errors import Conflict, Invalid
from warehouse.models.orders import Hold
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, Tote
from warehouse.models.stock import Location, PutBack, Reservation
from warehouse.services import packing
from warehouse.services.cancellation import cancel_order


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587")


@pytest.fixture
def tote(db):
    return a_tote(db, "T-01")


def cancel(db, actor, order, reason="Customer changed their mind"):
    return db.write(cancel_order, actor, order.id, reason)


def put_backs(db, order):
    """(units, where they lie, where they came from) of each row."""
    home = Location.__table__.alias()
    with db.read() as session:
        rows = session.execute(
            select(PutBack.units, Location.code, home.c.code).join(Location, Location.id == PutBack.source_id)
            .outerjoin(home, home.c.id == PutBack.home_id).where(PutBack.order_id == order.id).order_by(PutBack.id))
        return [tuple(row) for row in rows]


def states(db, model):
    with db.read() as session:
        return list(session.execute(select(model.state).order_by(model.id)).scalars())


@pytest.mark.parametrize("state", ["received", "held", "confirmed"])
def test_an_order_that_reserved_nothing_is_just_cancelled(db, actor, dune, state):
    stock_at(db, "B-07-3", dune)
    order = an_order(db, {dune: 2}, state=state)

    done = cancel(db, actor, order)

    assert (done.units_freed, done.units_to_put_back) == (0, 0)
    assert order_state(db, order) == "cancelled"
    assert counters(db, order) == [(2, 0, 0, 2, 0, 0)]
    assert broken_claims(db) == []


def test_open_holds_are_closed_with_the_order(db, actor, dune):
    order = an_order(db, {dune: 1}, state="held")
    db.write(lambda session: session.add(Hold(order_id=order.id, reason="risk", facts={}, opened_at=actor.at)))

    cancel(db, actor, order)

    with db.read() as session:
        assert session.execute(select(Hold.decision, Hold.lifted_by)).all() == [("cancelled", actor.person_id)]


def test_a_released_order_lets_its_shelf_go_and_its_run_is_dropped(db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    order = an_order(db, {dune: 2})
    release(db, actor, order)

    done = cancel(db, actor, order)

    assert done.units_freed == 2
    assert units_at(db, shelf, dune) == (3, 0)
    assert states(db, PickRun) == ["dropped"]
    assert counters(db, order) == [(2, 0, 0, 2, 0, 0)]
    assert broken_claims(db) == []


def test_the_other_orders_of_a_planned_cart_close_ranks(db, actor, picker, dune, emma):
    stock_at(db, "B-07-3", dune, units=9)
    stock_at(db, "B-08-3", emma, units=9)
    orders = [an_order(db, {dune: 1, emma: 1}) for _ in range(3)]
    run, = release(db, actor, *orders)

    cancel(db, actor, orders[1])

    totes = [a_tote(db, code) for code in ("T-01", "T-02")]
    walk = Picker(db, picker, run, totes=totes, cart=a_cart(db))
    walk.go_on()
    assert [order_state(db, order) for order in orders] == ["picked", "cancelled", "picked"]
    assert [units_at(db, tote.place.id, dune) for tote in totes] == [(1, 0), (1, 0)]


def test_a_cart_that_waited_only_for_the_cancelled_orders_tote_starts_to_walk(db, actor, picker, dune, emma, tote):
    stock_at(db, "B-07-3", dune, units=9)
    stock_at(db, "B-08-3", emma, units=9)
    orders = [an_order(db, {dune: 1, emma: 1}) for _ in range(2)]
    run, = release(db, actor, *orders)
    walk = Picker(db, picker, run, totes=[tote], cart=a_cart(db))

    cancel(db, actor, orders[1])

    assert walk.task["step"] == "shelf"
    walk.go_on()
    assert order_state(db, orders[0]) == "picked"
    assert walk.task["state"] == "done"


def test_a_picker_who_is_walking_goes_on_with_the_next_stop(db, actor, picker, dune, emma):
    stock_at(db, "A-01-1", dune, units=9)
    shelf = stock_at(db, "B-08-3", emma, units=9)
    gone, stays = an_order(db, {dune: 2, emma: 1}), an_order(db, {dune: 1, emma: 1})
    run, = release(db, actor, gone, stays)
    walk = Picker(db, picker, run, totes=[a_tote(db, "T-01"), a_tote(db, "T-02")], cart=a_cart(db))
    walk.go_on(2)  # The shelf, and one copy of two.

    done = cancel(db, actor, gone)

    assert (done.units_freed, done.units_to_put_back) == (2, 1)
    assert counters(db, gone) == [(2, 1, 0, 1, 1, 0), (1, 0, 0, 1, 0, 0)]
    assert walk.task["stop"]["order_number"] == stays.number
    assert walk.task["units_due"] == 3
    walk.go_on()
    assert order_state(db, stays) == "picked"
    assert units_at(db, shelf, emma) == (8, 0)
    assert put_backs(db, gone) == [(1, "T-01", "A-01-1")]
    assert states(db, Tote) == ["bound", "bound"]
    assert broken_claims(db) == []


def test_the_last_order_of_a_walk_ends_it(db, actor, picker, dune, tote):
    stock_at(db, "B-07-3", dune, units=9)
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    walk = Picker(db, picker, run, totes=[tote])

    cancel(db, actor, order)

    assert walk.task["state"] == "done"
    assert states(db, Tote) == ["free"]
    assert put_backs(db, order) == []


def test_a_picked_order_waits_in_its_tote_to_be_put_back(db, actor, picker, dune, tote):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()

    done = cancel(db, actor, order)

    assert done.units_to_put_back == 2
    assert put_backs(db, order) == [(2, "T-01", "B-07-3")]
    assert (units_at(db, shelf, dune), units_at(db, tote.place.id, dune)) == ((1, 0), (2, 0))
    assert broken_claims(db) == []


def test_an_order_half_packed_waits_in_tote_and_parcel(db, actor, picker, packer, dune, emma, tote):
    stock_at(db, "B-07-3", dune, units=3)
    stock_at(db, "B-08-3", emma, units=3)
    order = an_order(db, {dune: 1, emma: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()
    pack(db, packer, order, units=2)

    cancel(db, actor, order)

    with db.read() as session:
        parcel = session.execute(select(Parcel.state)).one()
    box = f"{order.number}-1"
    assert sorted(put_backs(db, order)) == sorted([(1, "T-01", "B-08-3"), (1, box, "B-07-3"), (1, box, "B-08-3")])
    assert parcel.state == "void"
    assert counters(db, order) == [(1, 1, 0, 0, 1, 1), (2, 2, 0, 0, 2, 1)]
    assert broken_claims(db) == []


def test_the_bench_refuses_books_of_a_cancelled_order(db, actor, picker, packer, dune, tote):
    stock_at(db, "B-07-3", dune, units=3)
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()
    pack(db, packer, order, units=1)
    cancel(db, actor, order)

    answer = db.write(packing.scan, packer, order.id, a_scan(dune.isbn))

    assert answer.code == "packing.order_cancelled"
    assert units_at(db, tote.place.id, dune) == (1, 0)


def test_a_packed_order_waits_in_its_void_parcel(db, actor, picker, packer, dune, tote):
    stock_at(db, "B-07-3", dune, units=3)
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()
    pack(db, packer, order, weight_g=500)
    assert order_state(db, order) == "packed"

    done = cancel(db, actor, order)

    assert done.units_to_put_back == 2
    assert states(db, Parcel) == ["void"]
    assert broken_claims(db) == []


def test_a_shared_tote_keeps_the_other_orders(db, actor, picker, dune, tote):
    stock_at(db, "B-07-3", dune, units=9)
    orders = [an_order(db, {dune: 1}) for _ in range(3)]
    run, = release(db, actor, *orders)
    Picker(db, picker, run, totes=[tote]).go_on()

    cancel(db, actor, orders[0])

    assert put_backs(db, orders[0]) == [(1, "T-01", "B-07-3")]
    assert [order_state(db, order) for order in orders] == ["cancelled", "picked", "picked"]
    assert states(db, Tote) == ["bound"]


def test_a_shared_tote_is_free_once_the_last_order_of_its_walk_is_called_off_because_nothing_was_found(
    db, actor, picker, packer, dune, emma, tote,
):
    stock_at(db, "B-07-3", dune, units=9)
    stock_at(db, "C-01-1", emma, units=1)
    found, missed = an_order(db, {dune: 1}), an_order(db, {emma: 1})
    run, = release(db, actor, found, missed)
    walk = Picker(db, picker, run, totes=[tote])
    walk.go_on(2)
    walk.go_on(1)
    walk.scan("#short:nothing_here", step=walk.task["step_id"])
    pack(db, packer, found, weight_g=400)
    assert (order_state(db, missed), states(db, Tote)) == ("held", ["at_bench"])

    cancel(db, actor, missed)

    assert states(db, Tote) == ["free"]


def test_a_reason_is_needed(db, actor, dune):
    with pytest.raises(Invalid, match="reason_needed"):
        cancel(db, actor, an_order(db, {dune: 1}), "  ")


def test_cancelling_twice_is_refused(db, actor, dune):
    order = an_order(db, {dune: 1})
    cancel(db, actor, order)

    with pytest.raises(Conflict, match=r"cancellation\.already"):
        cancel(db, actor, order)


@pytest.mark.parametrize("state", ["dispatched", "delivered", "returned"])
def test_what_has_left_is_refused_and_sent_to_returns(db, actor, dune, state):
    with pytest.raises(Conflict, match="left_the_house"):
        cancel(db, actor, an_order(db, {dune: 1}, state=state))


def test_a_parcel_on_a_drivers_list_is_refused_and_nothing_changes(db, actor, picker, packer, dune, tote):
    stock_at(db, "B-07-3", dune, units=3)
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()
    pack(db, packer, order, weight_g=500)
    db.write(lambda session: setattr(session.execute(select(Parcel)).scalar_one(), "state", "handed_over"))

    with pytest.raises(Conflict, match="parcel_handed_over"):
        cancel(db, actor, order)
    assert order_state(db, order) == "packed"


def test_nothing_stays_reserved_for_a_cancelled_order(db, actor, picker, dune, emma, tote):
    stock_at(db, "A-01-1", dune, units=2)
    stock_at(db, "A-01-2", dune, units=2)
    stock_at(db, "B-08-3", emma, units=9)
    order = an_order(db, {dune: 3, emma: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on(3)

    cancel(db, actor, order)

    with db.read() as session:
        assert session.execute(select(Reservation)).all() == []
    assert broken_claims(db) == []
