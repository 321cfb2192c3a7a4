"""An order that is stopped under way and goes on, and changes while others scan the same order."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from tests.builders import an_order, stock_at, units_at
from tests.floor import a_scan, broken_claims, counters, release
from tests.stages import at_stage, hold
from warehouse.domain.own_labels import make_label
from warehouse.errors import Conflict
from warehouse.models.messages import Message
from warehouse.models.orders import Hold
from warehouse.models.packing import Parcel
from warehouse.models.stock import PutBack
from warehouse.services import orders_change, orders_review, packing

WHY = "Asked by phone"


@pytest.fixture
def at(db, actor, picker, packer):
    return lambda stage, **fields: at_stage(db, actor, picker, packer, stage, **fields)


def notes(db, order):
    with db.read() as session:
        return list(session.execute(
            select(Message.why).where(Message.order_id == order.id).order_by(Message.id)).scalars())


def waiting(db):
    with db.read() as session:
        return session.execute(select(func.sum(PutBack.units - PutBack.units_done))).scalar() or 0


def test_a_stopped_walk_lets_its_shelves_go_and_they_are_fetched_again_when_it_goes_on(db, at):
    under = at("picking")
    hold(under)
    assert units_at(db, "A-01-1", under.dune) == (6, 0)
    assert (under.walk.task["step"], counters(db, under.order)) == (
        "done", [(3, 2, 1, 0, 2, 0), (1, 0, 1, 0, 0, 0)])

    under.db.write(orders_review.lift, under.desk, under.holds()[0], "she called")

    assert (under.state, units_at(db, "A-01-1", under.dune)) == ("picking", (6, 1))
    assert counters(db, under.order) == [(3, 3, 0, 0, 2, 0), (1, 1, 0, 0, 0, 0)]


def test_a_stopped_order_whose_shelf_was_sold_meanwhile_waits_as_short(db, at):
    under = at("picking")
    hold(under)
    release_another(under)

    under.db.write(orders_review.lift, under.desk, under.holds()[0], "she called")

    with db.read() as session:
        reasons = session.execute(select(Hold.reason).where(
            Hold.order_id == under.order.id, Hold.lifted_at.is_(None))).scalars().all()
    assert (under.state, reasons) == ("held", ["short_at_pick"])
    under.db.write(orders_review.choose_when_short, under.desk, under.order.id, "part", "she agrees")
    assert under.state == "picked"


def release_another(under):
    other = an_order(under.db, {under.emma: 1})
    release(under.db, under.desk, other)


def test_what_is_short_is_fetched_when_the_shelves_have_it_again(db, at):
    under = at("picking")
    hold(under)
    release_another(under)
    under.db.write(orders_review.lift, under.desk, under.holds()[0], "she called")
    with pytest.raises(Conflict, match="not_on_shelves"):
        under.db.write(orders_review.fetch_short, under.desk, under.order.id, "look again")
    stock_at(db, "B-02-2", under.emma, units=1)

    under.db.write(orders_review.fetch_short, under.desk, under.order.id, "came in")

    assert under.state == "picking"
    under.go_on()
    assert under.sent() == {"dune": 3, "emma": 1}


def test_missing_lines_are_cancelled_where_the_customer_wants_the_rest_alone(db, at):
    under = at("picking")
    hold(under)
    release_another(under)
    under.db.write(orders_review.lift, under.desk, under.holds()[0], "she called")

    under.db.write(orders_review.choose_when_short, under.desk, under.order.id, "cancel", "without it")

    assert (under.state, counters(db, under.order)[1]) == ("picked", (1, 0, 0, 1, 0, 0))
    assert notes(db, under.order) == ["line_cancelled", "line_cancelled"]


def test_nothing_of_a_stopped_order_passes_bench_and_dock(db, at):
    under = at("labelled")
    hold(under)
    assert under.bench().state == "held"
    under.db.write(orders_review.lift, under.desk, under.holds()[0], "goes on")
    with db.read() as session:
        assert session.execute(select(Parcel.state)).scalar_one() == "labelled"
    assert under.state == "packed"


def test_a_change_while_its_walk_is_scanned_leaves_books_that_prove(db, at):
    under = at("picking")
    task = under.walk.task
    gate = threading.Barrier(2)

    def scan():
        gate.wait()
        return under.walk.scan(make_label("item", task["stop"]["item_id"])).code

    def change():
        gate.wait()
        return under.db.write(orders_change.change_units, under.desk, under.line(), 2, WHY)

    with ThreadPoolExecutor(2) as hands:
        done = [hands.submit(scan), hands.submit(change)]
        code, _ = [each.result() for each in done]

    # The copy was taken just before the change and is put back, or its stop was gone and the book is the wrong one.
    assert (code, waiting(db)) in (("picking.stop_done", 1), ("picking.wrong_item", 0))
    assert broken_claims(db) == []
    under.go_on()
    assert under.sent() == {"dune": 2, "emma": 1}
    assert broken_claims(db) == []


def test_a_change_while_the_packer_scans_leaves_books_that_prove(db, at):
    under = at("packing")
    gate = threading.Barrier(2)

    def scan():
        gate.wait()
        return under.db.write(packing.scan, under.packer, under.order.id, a_scan(under.emma.isbn)).outcome

    def change():
        gate.wait()
        return under.db.write(orders_change.change_units, under.desk, under.line(), 0, WHY)

    with ThreadPoolExecutor(2) as hands:
        done = [hands.submit(scan), hands.submit(change)]
        assert [each.result() for each in done] == ["accepted", under.order.id]

    assert broken_claims(db) == []
    under.go_on()
    assert under.sent() == {"emma": 1}
