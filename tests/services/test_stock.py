"""The ledger: units only move, never below zero, never what is another's."""

import threading

import pytest
from sqlalchemy import func, select

from tests.builders import a_place, a_shelf, a_tote, an_item, an_order, moves_of, stock_at, units_at
from warehouse.domain import stock as rules
from warehouse.errors import NotEnoughStock
from warehouse.models.stock import Reservation
from warehouse.services import stock

PICK = stock.Cause(rules.PICK)


def a_reserved_book(db, *, on_hand, reserved):
    """A book on shelf B-07-3 with one order line that has some of it reserved: (book, shelf, order, reservation)."""
    book = an_item(db)
    shelf = stock_at(db, "B-07-3", book, units=on_hand)
    order = an_order(db, {book: reserved})
    reservation = db.write(
        stock.reserve, order_line_id=order.line_ids[0], item_id=book.id, location_id=shelf.id, units=reserved
    )
    return book, shelf, order, reservation


def reservations(db):
    with db.read() as session:
        return session.execute(select(func.count(), func.coalesce(func.sum(Reservation.units), 0))).one()


def test_a_move_takes_from_one_place_and_puts_into_the_other(db, actor):
    book, tote = an_item(db), a_tote(db)
    shelf = stock_at(db, "B-07-3", book, units=5)

    db.write(stock.move, actor, book.id, 2, source=shelf.place, target=tote.place, cause=PICK)

    assert units_at(db, shelf, book) == (3, 0)
    assert units_at(db, "T-01", book) == (2, 0)
    assert moves_of(db, book) == [("opening", 5, "SUPPLIER", "B-07-3"), ("pick", 2, "B-07-3", "T-01")]


def test_no_more_leaves_a_shelf_than_lies_there(db, actor):
    book, tote = an_item(db), a_tote(db)
    shelf = stock_at(db, "B-07-3", book, units=2)

    with pytest.raises(NotEnoughStock):
        db.write(stock.move, actor, book.id, 3, source=shelf.place, target=tote.place, cause=PICK)

    assert units_at(db, shelf, book) == (2, 0)
    assert len(moves_of(db, book)) == 1


def test_what_is_reserved_for_another_stays(db, actor):
    book, shelf, _, _ = a_reserved_book(db, on_hand=3, reserved=2)
    tote = a_tote(db)

    with pytest.raises(NotEnoughStock):
        db.write(stock.move, actor, book.id, 2, source=shelf.place, target=tote.place, cause=PICK)
    db.write(stock.move, actor, book.id, 1, source=shelf.place, target=tote.place, cause=PICK)

    assert units_at(db, shelf, book) == (2, 2)


def test_a_reservation_shrinks_with_what_is_picked_of_it_and_goes_with_the_last_unit(db, actor):
    book, shelf, _, reservation = a_reserved_book(db, on_hand=5, reserved=3)
    tote = a_tote(db)

    db.write(stock.move, actor, book.id, 2, source=shelf.place, target=tote.place, cause=PICK,
             reservation=(reservation, 3))
    assert reservations(db) == (1, 1)
    db.write(stock.move, actor, book.id, 1, source=shelf.place, target=tote.place, cause=PICK,
             reservation=(reservation, 1))

    assert reservations(db) == (0, 0)
    assert units_at(db, shelf, book) == (2, 0)


def test_a_reservation_let_go_frees_its_units_once(db):
    book, shelf, _, reservation = a_reserved_book(db, on_hand=3, reserved=3)

    db.write(stock.free_reservation, reservation, 1)
    assert units_at(db, shelf, book) == (3, 2)
    db.write(stock.free_reservation, reservation)
    db.write(stock.free_reservation, reservation)

    assert units_at(db, shelf, book) == (3, 0)


def test_an_undone_pick_gives_its_reservation_back(db, actor):
    book, shelf, order, reservation = a_reserved_book(db, on_hand=3, reserved=2)
    tote = a_tote(db)

    def pick_and_undo(session):
        stock.move(session, actor, book.id, 1, source=shelf.place, target=tote.place, cause=PICK,
                   reservation=(reservation, 2))
        stock.move(session, actor, book.id, 1, source=tote.place, target=shelf.place,
                   cause=stock.Cause(rules.UNPICK))
        return stock.restore_reservation(
            session, reservation, order_line_id=order.line_ids[0], item_id=book.id, location_id=shelf.id, units=1)

    assert db.write(pick_and_undo) == reservation
    assert units_at(db, shelf, book) == (3, 2)


def test_a_pick_undone_at_a_closed_stop_gets_a_reservation_of_its_own(db):
    book, shelf, order, reservation = a_reserved_book(db, on_hand=3, reserved=2)

    made = db.write(stock.restore_reservation, None, order_line_id=order.line_ids[0], item_id=book.id,
                    location_id=shelf.id, units=1)

    assert made != reservation
    assert units_at(db, shelf, book) == (3, 3)


def test_many_wishes_are_granted_all_or_none(db):
    book, shelf, order, _ = a_reserved_book(db, on_hand=4, reserved=1)
    wish = stock.Wish(order.line_ids[0], book.id, shelf.id, 2)

    with pytest.raises(NotEnoughStock):
        db.write(stock.reserve_all, [wish, wish])
    assert units_at(db, shelf, book) == (4, 1)
    made = db.write(stock.reserve_all, [wish, stock.Wish(order.line_ids[0], book.id, shelf.id, 1)])

    assert len(set(made)) == 2
    assert units_at(db, shelf, book) == (4, 4)
    assert db.write(stock.reserve_all, []) == []


def test_damaged_units_are_kept_apart_and_cannot_be_reserved(db, actor):
    book = an_item(db)
    shelf = stock_at(db, "B-07-3", book, units=1)
    stock_at(db, shelf, book, units=2, condition=rules.DAMAGED)
    order = an_order(db, {book: 2})

    with pytest.raises(NotEnoughStock):
        db.write(stock.reserve, order_line_id=order.line_ids[0], item_id=book.id, location_id=shelf.id, units=2)

    assert units_at(db, shelf, book) == (1, 0)
    assert units_at(db, shelf, book, rules.DAMAGED) == (2, 0)


def test_a_good_unit_may_become_damaged_where_it_lies(db, actor):
    book = an_item(db)
    shelf = stock_at(db, "B-07-3", book, units=3)

    db.write(stock.move, actor, book.id, 1, source=shelf.place, target=shelf.place, target_condition=rules.DAMAGED,
             cause=stock.Cause(rules.DAMAGE))

    assert units_at(db, shelf, book) == (2, 0)
    assert units_at(db, shelf, book, rules.DAMAGED) == (1, 0)


def test_what_leaves_the_house_keeps_no_balance_outside(db, actor):
    book = an_item(db)
    shelf = stock_at(db, "B-07-3", book, units=1)
    customer = a_place(db, "CUSTOMER")

    db.write(stock.move, actor, book.id, 1, source=shelf.place, target=customer.place,
             cause=stock.Cause(rules.DISPATCH))

    assert units_at(db, shelf, book) == (0, 0)
    assert units_at(db, customer, book) == (0, 0)


def test_eight_who_want_the_last_three_units_get_three(db):
    book = an_item(db)
    shelf = stock_at(db, "B-07-3", book, units=3)
    order = an_order(db, {book: 8})
    together, answers = threading.Barrier(8), []

    def want_one():
        together.wait()
        try:
            db.write(stock.reserve, order_line_id=order.line_ids[0], item_id=book.id, location_id=shelf.id, units=1)
            answers.append("reserved")
        except NotEnoughStock:
            answers.append("refused")

    workers = [threading.Thread(target=want_one) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(answers) == ["refused"] * 5 + ["reserved"] * 3
    assert units_at(db, shelf, book) == (3, 3)
    assert reservations(db) == (3, 3)


def test_wishes_in_opposite_order_do_not_wait_for_each_other_for_ever(db):
    one, other = an_item(db, "三体", isbn="9787536692930"), an_item(db, "黑暗森林", isbn="9787536693968")
    shelf = a_shelf(db, "B-07-3")
    for book in (one, other):
        stock_at(db, shelf, book, units=40)
    order = an_order(db, {one: 40, other: 40})
    together, problems = threading.Barrier(4), []

    def want(books):
        together.wait()
        wishes = [stock.Wish(order.line_ids[(one, other).index(book)], book.id, shelf.id, 1) for book in books]
        try:
            for _ in range(10):
                db.write(stock.reserve_all, wishes)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the test must say it
            problems.append(problem)

    workers = [threading.Thread(target=want, args=(books,)) for books in [(one, other), (other, one)] * 2]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert problems == []
    assert units_at(db, shelf, one) == (40, 40)
    assert units_at(db, shelf, other) == (40, 40)
