"""Two guns at one order in the same moment: nothing is packed twice, and the order gets one parcel."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import a_tote, an_order, stock_at
from tests.packers import Bench, line_counts, pick_all, proves, rows
from warehouse.errors import Conflict
from warehouse.models.packing import Parcel
from warehouse.models.picking import Tote
from warehouse.services.scans import to_json


def at_once(*scans):
    """The answers of scans that all begin together."""
    gate = threading.Barrier(len(scans))

    def one(scan):
        gate.wait()
        return scan()

    with ThreadPoolExecutor(len(scans)) as hands:
        return list(hands.map(one, scans))


def test_two_books_scanned_at_once_begin_one_parcel(db, picked, dune, emma):
    bench, _, _ = picked

    answers = at_once(lambda: bench.scan(dune.isbn), lambda: bench.scan(emma.isbn))

    assert [answer.outcome for answer in answers] == ["accepted", "accepted"]
    assert rows(db, Parcel.position, Parcel.state) == [(1, "open")]
    assert [counts[-1] for counts in line_counts(db)] == [1, 1]
    assert proves(db) == []


def test_no_copy_too_many_is_packed_by_six_scans_at_once(db, picked, dune):
    bench, _, _ = picked

    answers = at_once(*[lambda: bench.scan(dune.isbn)] * 6)

    assert sorted(answer.code for answer in answers) == ["packing.packed"] * 2 + ["packing.too_many"] * 4
    assert [counts[-1] for counts in line_counts(db)] == [2, 0]
    assert proves(db) == []


def test_the_same_scan_at_once_counts_once_and_has_one_answer(db, picked, dune):
    bench, _, _ = picked
    scan_id = str(uuid.uuid4())

    answers = at_once(*[lambda: bench.scan(dune.isbn, scan_id=scan_id)] * 4)

    assert len({to_json(answer) for answer in answers}) == 1
    assert [counts[-1] for counts in line_counts(db)] == [1, 0]


@pytest.mark.parametrize("together", [2, 4])
def test_copies_of_others_in_the_same_tote_are_not_packed_for_this_order(db, actor, picker, packer, dune, together):
    stock_at(db, "B-01-1", dune, units=together)
    orders = [an_order(db, {dune: 1}) for _ in range(together)]
    pick_all(db, actor, picker, orders, [a_tote(db, "T-01")])
    bench = Bench(db, packer, orders[0].id)

    answers = at_once(*[lambda: bench.scan(dune.isbn)] * together)

    assert sorted(answer.outcome for answer in answers) == ["accepted"] + ["refused"] * (together - 1)
    assert sum(counts[-1] for counts in line_counts(db)) == 1
    assert proves(db) == []


def test_two_packers_who_close_the_last_orders_of_one_tote_at_once_free_it(db, actor, picker, packer, dune):
    stock_at(db, "B-01-1", dune, units=2)
    orders = [an_order(db, {dune: 1}) for _ in range(2)]
    pick_all(db, actor, picker, orders, [a_tote(db, "T-01")])
    benches = [Bench(db, packer, order.id) for order in orders]
    for bench in benches:
        bench.scan(dune.isbn)

    def close(bench):
        grams = bench.task["parcels"][0]["expected_weight_g"]
        return lambda: bench.scan(f"#weight:{grams}", step=bench.task["step_id"])

    answers = at_once(*map(close, benches))

    assert [answer.outcome for answer in answers] == ["accepted", "accepted"]
    assert rows(db, Tote.state) == [("free",)]


def test_a_weight_and_an_undo_at_once_never_close_a_box_that_lacks_a_book(db, picked, dune, emma):
    bench, _, _ = picked
    for isbn in (dune.isbn, dune.isbn, emma.isbn):
        bench.scan(isbn)
    step = bench.task["step_id"]
    grams = bench.task["parcels"][0]["expected_weight_g"]

    def press(command):
        try:
            return bench.scan(command, step=step).outcome
        except Conflict as late:  # The other came first: the screen is out of date.
            return late.code

    weighed, undone = at_once(lambda: press(f"#weight:{grams}"), lambda: press("#undo"))

    assert {weighed, undone} <= {"accepted", "refused", "scan.stale_step"}
    assert (weighed, undone).count("accepted") == 1
    assert rows(db, Parcel.state) == [("closed" if weighed == "accepted" else "open",)]
    assert proves(db) == []
