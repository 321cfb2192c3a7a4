"""The proof: silent over sound books, and each check speaks of the one fault that was planted for it."""

import pytest
from sqlalchemy import insert, text, update

from tests.builders import APlace, a_person, a_place, a_tote, an_item, an_order, as_actor, stock_at
from warehouse import clock
from warehouse.domain import stock as rules
from warehouse.models.incidents import Incident
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.picking import PickRun, PickStop, Wave
from warehouse.models.shipping import Manifest
from warehouse.queries import prove
from warehouse.services import stock


@pytest.fixture
def books(unchecked_db):
    """A shop where one order of three units was picked, one of them lost at the bench, and the rest sent; where one
    wrong scan was refused; and where another order has two units reserved."""
    db = unchecked_db
    book, tote, worker = an_item(db), a_tote(db), a_person(db, "Chen Wei", "packer")
    shelf = stock_at(db, "B-07-3", book, units=9)
    sent, waiting = an_order(db, {book: 3}, source_number="S1"), an_order(db, {book: 2}, source_number="S2")
    parcel_place, customer = a_place(db, "P0000001", rules.PARCEL), a_place(db, "CUSTOMER")
    lost_found, [line] = a_place(db, "LOST-FOUND"), sent.line_ids
    actor = as_actor(worker)

    def work(session):
        def scanned(number, units=0, outcome="accepted"):
            return session.execute(insert(Scan).returning(Scan.id), {
                "scan_id": f"scan-{number}", "task": "pick", "step": "", "raw": "9787536692930", "kind": "item",
                "outcome": outcome, "code": "", "units": units, "person_id": actor.person_id, "at": clock.now(),
                "body_hash": "", "answer": "{}"}).scalar_one()

        def went(units, source, target, reason, scan):
            stock.move(session, actor, book.id, units, source=source.place, target=target.place,
                       cause=stock.Cause(reason, scan, line))

        scanned(0, outcome="refused")
        tote_place = APlace(tote.place.id, tote.code, tote.place.kind)
        went(3, shelf, tote_place, rules.PICK, scanned(1, 3))
        went(1, tote_place, lost_found, rules.SHORT, scanned(2, 1))
        went(2, tote_place, parcel_place, rules.PACK, scanned(3, 2))
        went(2, parcel_place, customer, rules.DISPATCH, scanned(4, 2))
        session.execute(insert(Incident), {
            "kind": "missing", "stage": "pack", "state": "open", "units": 1, "item_id": book.id,
            "order_line_id": line, "at": clock.now(), "person_id": actor.person_id})
        session.execute(update(OrderLine).where(OrderLine.id == line).values(
            units_reserved=2, units_short=1, units_picked=2, units_packed=2, units_dispatched=2))
        session.execute(update(Order).where(Order.id == sent.id).values(state="dispatched"))
        stock.reserve(session, order_line_id=waiting.line_ids[0], item_id=book.id, location_id=shelf.id, units=2)
        keep_papers(session, actor, sent, line, book, shelf, parcel_place)

    db.write(work)
    return db


def keep_papers(session, actor, order, line, book, shelf, parcel_place):
    """The stop, the parcel and the driver's list that belong to the moves."""
    moment = {"due_at": clock.now(), "created_at": clock.now()}
    session.execute(insert(Wave), {"id": 1, "created_by": actor.person_id, **moment})
    session.execute(insert(PickRun), {
        "id": 1, "wave_id": 1, "kind": "order", "state": "done", "units_due": 3, **moment})
    session.execute(insert(PickStop), {
        "run_id": 1, "position": 1, "slot": 1, "state": "taken", "order_line_id": line, "order_id": order.id,
        "item_id": book.id, "location_id": shelf.id, "units_due": 3, "units_taken": 3})
    session.execute(insert(Manifest), {
        "id": 1, "carrier_code": "SF", "state": "signed", "opened_at": clock.now(), "opened_by": actor.person_id})
    session.execute(insert(Parcel), {
        "id": 1, "number": "P0000001", "order_id": order.id, "position": 1, "state": "handed_over",
        "location_id": parcel_place.id, "carrier_code": "SF", "packed_by": actor.person_id, "manifest_id": 1,
        "opened_at": clock.now(), "closed_at": clock.now(), "label_made_at": clock.now(),
        "label_applied_at": clock.now(), "handed_over_at": clock.now()})
    session.execute(insert(ParcelLine), {"parcel_id": 1, "order_line_id": line, "units": 2})


class Seen(Exception):
    """Carries the findings out, and by being raised takes the planted fault back."""


def with_fault(db, *statements):
    """{name: broken rows} of the checks that speak while the fault is there."""
    def break_and_look(session):
        for statement in statements:
            session.execute(text(statement))
        raise Seen({each.name: each.rows for each in prove.look(session, prove.CHECKS) if not each.holds})

    with pytest.raises(Seen) as seen:
        db.write(break_and_look)
    return seen.value.args[0]


def without_its_walls(table):
    """The same table with no constraint: what the books would be if the second wall had failed too."""
    return f"ALTER TABLE {table} RENAME TO old_{table}", f"CREATE TABLE {table} AS SELECT * FROM old_{table}"


def speaking(db):
    with db.read() as session:
        return {finding.name: finding.rows for finding in prove.look(session, prove.CHECKS) if not finding.holds}


def test_sound_books_are_silent(books):
    assert speaking(books) == {}


def test_an_empty_warehouse_is_silent(db):
    assert speaking(db) == {}


def a_replenishment(state):
    """Of the last person."""
    return ("INSERT INTO replenishment (item_id, source_id, target_id, units, units_done, why, state, person_id,"
            f" created_at) SELECT item_id, location_id, location_id, 1, 0, 'min', '{state}',"
            " (SELECT MAX(id) FROM person), reckoned FROM stock_balance, (SELECT MAX(created_at) AS reckoned"
            " FROM person) AS p WHERE on_hand > 5")


def in_hands_of(which):
    """The first (MIN) or last (MAX) person stands at the task."""
    return ("INSERT INTO carry (person_id, source_id, condition, units, replenishment_id, since)"
            f" SELECT (SELECT {which}(id) FROM person), source_id, 'good', 0, id, created_at FROM replenishment")


def a_counted_shelf(state, *, posted=0, cause="theft", by="MIN"):
    """Counted by the first person, its difference decided by the first (MIN) or last (MAX) one."""
    person = "(SELECT MIN(id) FROM person)"
    rounds = "SELECT 1 AS n UNION ALL SELECT 2" if state == "twice" else "SELECT 1 AS n"
    return [
        "INSERT INTO count_session (number, kind, state, scope, tolerance_units, tolerance_minor, approval_minor,"
        f" created_at, created_by) VALUES ('ST1', 'all', 'counting', '{{}}', 0, 0, 0, 0, {person})",
        "INSERT INTO count_task (session_id, location_id, round, covers_shelf, state, person_id, counted_at)"
        f" SELECT s.id, l.id, n.n, '1', 'counted', {person}, 0 FROM count_session AS s, location AS l,"
        f" ({rounds}) AS n WHERE l.code = 'QUARANTINE'",
        "INSERT INTO count_line (task_id, item_id, code, is_asked, units_counted, units_damaged, settled_as)"
        " SELECT MIN(t.id), MIN(i.id), '', '0', 1, 0, '' FROM count_task AS t, item AS i",
        "INSERT INTO count_result (session_id, location_id, item_id, line_id, state, on_record, counted, units,"
        " units_posted, value_minor, cause, note, decided_by, decided_at)"
        " SELECT t.session_id, t.location_id, c.item_id, c.id,"
        f" '{state}', 0, 1, 1, {posted}, 0, '{cause}', '', (SELECT {by}(id) FROM person), 1"
        " FROM count_line AS c JOIN count_task AS t ON t.id = c.task_id",
    ]

A_DELIVERY = [
    "INSERT INTO supplier (code, name, created_at) VALUES ('S', 'S', 0)",
    "INSERT INTO delivery (number, supplier_id, notice, state, is_blind, created_at, created_by)"
    " SELECT 'D000001', s.id, '', 'receiving', FALSE, 0, (SELECT MIN(id) FROM person) FROM supplier AS s",
    "INSERT INTO delivery_line (delivery_id, item_id, units_good, units_bad)"
    " SELECT d.id, i.id, 0, 0 FROM delivery AS d, item AS i",
]

FAULTS = {
    "counts_posted_what_they_say": [
        a_counted_shelf("posted", posted=1),
        [*a_counted_shelf("matched"),
         "UPDATE stock_move SET count_result_id = (SELECT MAX(id) FROM count_result), source_id ="
         " (SELECT id FROM location WHERE code = 'LOST-FOUND') WHERE reason = 'opening'"],
    ],
    "counters_approve_nothing": [
        a_counted_shelf("approved"),
        a_counted_shelf("approved", cause="", by="MAX"),
    ],
    "recounts_are_by_others": [a_counted_shelf("twice")],
    "balances_are_their_moves": [
        ["UPDATE stock_balance SET on_hand = on_hand + 1 WHERE on_hand > 5"],
        ["UPDATE stock_move SET units = units + 1 WHERE reason = 'opening'"],
        ["DELETE FROM stock_balance WHERE on_hand > 5", "DELETE FROM reservation"],
        ["INSERT INTO stock_balance (item_id, location_id, condition, on_hand, reserved)"
         " SELECT item_id, location_id, 'damaged', 1, 0 FROM stock_balance WHERE on_hand > 5"],
        ["INSERT INTO stock_balance (item_id, location_id, condition, on_hand, reserved)"
         " SELECT 1, id, 'good', 1, 0 FROM location WHERE code = 'CUSTOMER'"],
    ],
    "borders_are_crossed_for_known_reasons": [
        ["UPDATE stock_move SET reason = 'put_away' WHERE reason = 'opening'"],
        ["UPDATE stock_move SET reason = 'pack' WHERE reason = 'dispatch'"],
    ],
    "nothing_is_negative": [
        [*without_its_walls("stock_balance"), "UPDATE stock_balance SET on_hand = -1 WHERE on_hand > 5"],
        [*without_its_walls("stock_balance"), "UPDATE stock_balance SET reserved = 7 WHERE on_hand > 5"],
    ],
    "reserved_is_reservations": [
        ["UPDATE reservation SET units = 1"],
        ["DELETE FROM reservation"],
        ["UPDATE stock_balance SET reserved = 3 WHERE reserved = 2"],
    ],
    "scans_have_their_moves": [
        ["UPDATE scan SET units = 4 WHERE scan_id = 'scan-1'"],
        ["UPDATE stock_move SET scan_id = NULL WHERE reason = 'pick'"],
        ["UPDATE stock_move SET scan_id = (SELECT id FROM scan WHERE scan_id = 'scan-0') WHERE reason = 'pack'"],
    ],
    "scans_are_answered_once": [
        [*without_its_walls("scan"), "UPDATE scan SET scan_id = 'scan-1' WHERE scan_id = 'scan-0'"],
    ],
    "scans_move_only_when_accepted": [
        [*without_its_walls("scan"), "UPDATE scan SET outcome = 'refused' WHERE scan_id = 'scan-3'"],
    ],
    "dispatched_was_scanned": [
        ["UPDATE stock_move SET scan_id = NULL WHERE reason = 'pick'"],
        ["UPDATE stock_move SET scan_id = NULL WHERE reason = 'pack'"],
    ],
    "lines_count_their_moves": [
        ["UPDATE order_line SET units_dispatched = 1 WHERE units_dispatched = 2"],
        ["UPDATE order_line SET units_dispatched = 1, units_packed = 1 WHERE units_dispatched = 2"],
        ["UPDATE order_line SET units_reserved = 3, units_picked = 3 WHERE units_dispatched = 2"],
        ["UPDATE order_line SET units_reserved = 1, units_picked = 1 WHERE units_dispatched = 0"],
    ],
    "packed_is_picked_less_incidents": [
        ["UPDATE order_line SET units_reserved = 3, units_picked = 3 WHERE units_dispatched = 2"],
    ],
    "losses_are_incidents": [
        ["DELETE FROM incident"],
        ["UPDATE incident SET units = 2"],
    ],
    "stops_took_their_moves": [
        ["UPDATE pick_stop SET units_taken = 2"],
        ["UPDATE pick_stop SET location_id = (SELECT id FROM location WHERE code = 'T-01')"],
    ],
    "parcels_list_their_moves": [
        ["UPDATE parcel_line SET units = 1"],
        ["DELETE FROM parcel_line"],
    ],
    "totes_and_parcels_know_their_lines": [
        ["UPDATE stock_move SET order_line_id = NULL WHERE reason = 'pack'"],
        ["DELETE FROM stock_move WHERE reason = 'pick'"],
    ],
    "nothing_left_without_a_label": [
        ["UPDATE parcel SET label_made_at = NULL"],
        ["UPDATE parcel SET label_applied_at = NULL"],
        ["UPDATE parcel SET manifest_id = NULL"],
        ["UPDATE parcel SET label_made_at = NULL, handed_over_at = NULL"],
    ],
    "dispatched_orders_are_complete": [
        ["UPDATE order_line SET units_dispatched = 1 WHERE units_dispatched = 2"],
    ],
    "cancelled_orders_hold_nothing": [
        ["UPDATE sales_order SET state = 'cancelled' WHERE source_number = 'S2'"],
        ["UPDATE sales_order SET state = 'cancelled' WHERE source_number = 'S1'"],
        ["DELETE FROM reservation", "UPDATE parcel SET state = 'void'", "UPDATE pick_stop SET state = 'open'",
         "UPDATE sales_order SET state = 'cancelled'"],
    ],
    "cancelled_units_wait_to_be_put_back": [
        ["DELETE FROM stock_move WHERE reason = 'dispatch'", "UPDATE sales_order SET state = 'cancelled'"],
    ],
    "what_waits_to_be_put_back_lies_there": [
        ["INSERT INTO put_back (order_id, order_line_id, item_id, source_id, units, units_done, in_hand, created_at)"
         " SELECT order_id, id, item_id, (SELECT id FROM location WHERE code = 'T-01'), 1, 0, 0, 0 FROM order_line"
         " WHERE units_dispatched = 2"],
    ],
    "deliveries_count_their_scans": [
        [*A_DELIVERY, "UPDATE delivery_line SET units_good = 1"],
        [*A_DELIVERY, "UPDATE delivery_line SET units_bad = 1"],
    ],
    "a_task_in_work_is_in_its_persons_hands": [
        [a_replenishment("taken")],
        [a_replenishment("taken"), in_hands_of("MIN")],
        [a_replenishment("open"), in_hands_of("MAX")],
    ],
}


def test_a_fault_is_planted_for_every_check():
    """Those about returns have theirs in `test_prove_refunds`."""
    assert set(FAULTS) == {check.name for check in prove.CHECKS if check not in prove.RETURN_CHECKS}


@pytest.mark.parametrize(
    ("name", "statements"),
    [pytest.param(name, statements, id=f"{name}-{number}")
     for name, faults in FAULTS.items() for number, statements in enumerate(faults, start=1)])
def test_each_check_sees_its_fault(books, name, statements):
    found = with_fault(books, *statements)

    assert found.get(name)
    assert speaking(books) == {}


def test_of_many_broken_rows_twenty_are_shown(unchecked_db):
    for number in range(25):
        book = an_item(unchecked_db, f"Book {number}", isbn=None)
        stock_at(unchecked_db, "B-07-3", book, units=1)
    found = with_fault(unchecked_db, "UPDATE stock_balance SET on_hand = 2")

    assert len(found["balances_are_their_moves"]) == prove.SHOWN_ROWS == 20
