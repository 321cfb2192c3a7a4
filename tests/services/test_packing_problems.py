"""Units lost at the bench, a parcel opened again, and the bench before an order is chosen."""

import uuid

import pytest

from tests.builders import (
    a_person,
    a_tote,
    an_order,
    as_actor,
    moves_of,
    order_state,
    stock_at,
    units_at,
)
from tests.packers import Bench, at_bench, line_counts, pick_all, proves, rows, walk
from warehouse.domain.own_labels import make_label
from warehouse.domain.scans import ScanIn
from warehouse.errors import NotFound
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.orders import Hold
from warehouse.models.picking import Tote
from warehouse.queries import packing as waiting
from warehouse.services import packing_bench, packing_close

# --- Damaged and missing --------------------------------------------------------------------------


def test_a_damaged_copy_goes_to_quarantine_and_somebody_decides(db, picked, dune, emma):
    bench, order, tote = picked

    answer = bench.press(f"#damaged:{order.line_ids[0]}")

    assert (answer.code, answer.task["step"], answer.task["undecided"]) == ("packing.reported_damaged", "decide", 1)
    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)
    assert units_at(db, tote.place.id, dune) == (1, 0)
    assert line_counts(db)[0] == [2, 1, 1, 0, 1, 0]
    bench.scan(dune.isbn)
    bench.scan(emma.isbn)
    assert bench.press("#weight:900").code == "packing.decide_first"
    assert proves(db) == []


def test_the_rest_goes_without_the_missing_copy(db, picked, dune, emma):
    bench, order, _ = picked
    bench.press(f"#missing:{order.line_ids[0]}")

    assert bench.press("#part").code == "packing.decided_part"
    bench.scan(dune.isbn)
    answer = bench.scan(emma.isbn)
    bench.press(f"#weight:{answer.task['parcels'][0]['expected_weight_g']}")

    assert order_state(db, order) == "packed"
    assert line_counts(db)[0] == [2, 1, 1, 0, 1, 1]
    assert ("short", 1, "T-01", "LOST-FOUND") in moves_of(db, dune)
    assert rows(db, Incident.kind, Incident.outcome) == [("missing", "part")]
    assert proves(db) == []


def test_a_customer_who_wants_shorts_cancelled_has_them_cancelled(db, actor, picker, packer, dune):
    bench, order, _ = at_bench(db, actor, picker, packer, {dune: 2}, when_short="cancel")
    bench.press(f"#missing:{order.line_ids[0]}")

    bench.press("#part")

    assert line_counts(db) == [[2, 1, 0, 1, 1, 0]]


def test_nothing_goes_where_nothing_is_left(db, actor, picker, packer, dune):
    bench, order, _ = at_bench(db, actor, picker, packer, {dune: 1})
    bench.press(f"#damaged:{order.line_ids[0]}")

    assert bench.press("#part").code == "packing.nothing_left"
    assert bench.press("#replace").code == "packing.nothing_on_shelves"
    assert bench.press("#hold").code == "packing.decided_hold"
    assert order_state(db, order) == "held"
    assert rows(db, Hold.reason) == [("damaged_at_pack",)]


def test_a_replacement_is_picked_and_the_order_is_packed_to_the_end(db, actor, picker, packer, dune, emma):
    bench, order, _ = at_bench(db, actor, picker, packer, {dune: 2, emma: 1}, spare=1)
    bench.scan(emma.isbn)
    bench.press(f"#damaged:{order.line_ids[0]}")

    answer = bench.press("#replace")
    assert (answer.code, answer.go, order_state(db, order)) == ("packing.decided_replace", "/pack/", "picking")
    assert bench.scan(dune.isbn).code == "packing.order_not_picked"
    walk(db, picker, [a_tote(db, "T-02")])
    assert order_state(db, order) == "picked"
    second = Bench(db, as_actor(a_person(db, "Li Na", "packer")), order.id)
    second.scan(dune.isbn)
    answer = second.scan(dune.isbn)
    assert answer.task["parcels"][0]["units"] == 3
    second.press(f"#weight:{answer.task['parcels'][0]['expected_weight_g']}")

    assert order_state(db, order) == "packed"
    assert line_counts(db) == [[2, 2, 0, 0, 2, 2], [1, 1, 0, 0, 1, 1]]
    assert rows(db, Tote.state) == [("free",), ("free",)]
    assert proves(db) == []


# --- A closed parcel opened again -----------------------------------------------------------------


def test_a_closed_parcel_is_opened_again_and_a_book_taken_out(db, picked, dune, emma, packer):
    bench, order, tote = picked
    for raw in (dune.isbn, dune.isbn, emma.isbn):
        answer = bench.scan(raw)
    parcel = answer.task["parcels"][0]
    bench.press(f"#weight:{parcel['expected_weight_g']}")

    assert db.write(packing_close.reopen, packer, parcel["id"], reason="wrong box") == order.id
    assert (order_state(db, order), bench.task["step"]) == ("packing", "weigh")
    assert bench.press("#undo").code == "packing.tote_gone"
    assert bench.scan(tote.label).code == "packing.tote_bound"
    assert bench.press("#undo").code == "packing.undone"
    bench.scan(emma.isbn)
    assert bench.press(f"#weight:{parcel['expected_weight_g']}").code == "packing.order_done"
    assert rows(db, Tote.state) == [("free",)]
    assert proves(db) == []


def test_a_parcel_on_a_drivers_list_is_not_opened(db, picked, packer):
    with pytest.raises(NotFound):
        db.write(packing_close.reopen, packer, 999)


# --- The bench ------------------------------------------------------------------------------------


def at_table(db, actor, raw, scan_id=None):
    return db.write(packing_bench.scan, actor, ScanIn(scan_id or str(uuid.uuid4()), raw))


def test_tote_slip_and_parcel_lead_to_their_order(db, picked, dune, packer):
    bench, order, tote = picked
    page = f"/pack/{order.id}"

    assert at_table(db, packer, tote.label).go == page
    assert at_table(db, packer, tote.code).go == page
    assert at_table(db, packer, order.number).go == page
    assert at_table(db, packer, bench.scan(dune.isbn).task["parcels"][0]["number"]).go == page
    assert at_table(db, packer, dune.isbn).code == "packing.tote_first"
    assert at_table(db, packer, a_tote(db, "T-90").label).code == "packing.tote_is_free"
    assert at_table(db, packer, make_label("location", 1)).code == "packing.scan_tote_not_location"


def test_a_bench_scan_is_answered_once(db, picked, packer):
    _, _, tote = picked
    first = at_table(db, packer, tote.label, "7c9e6679-7425-40de-944b-e07fc1f90ae7")

    assert at_table(db, packer, tote.label, "7c9e6679-7425-40de-944b-e07fc1f90ae7") == first


def test_a_book_from_a_tote_of_singles_opens_the_order_due_first(db, actor, picker, packer, dune, clock):
    stock_at(db, "B-01-1", dune, units=3)
    late = an_order(db, {dune: 1}, due_at=clock.moment.replace(hour=9))
    soon = an_order(db, {dune: 1}, due_at=clock.moment.replace(hour=5))
    tote = a_tote(db, "T-05")
    pick_all(db, actor, picker, [late, soon], [tote])

    def take(raw, scan_id=None, **more):
        scanned = ScanIn(scan_id or str(uuid.uuid4()), raw, **more)
        return db.write(packing_bench.scan_in_tote, packer, tote.id, scanned)

    assert at_table(db, packer, tote.label).go == f"/pack/tote/{tote.id}"
    answer = take(dune.isbn, "7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert (answer.code, answer.task["order_id"]) == ("packing.all_packed", soon.id)
    assert answer.go == f"/pack/{soon.id}?scan=7c9e6679-7425-40de-944b-e07fc1f90ae7"
    assert take(dune.isbn, "7c9e6679-7425-40de-944b-e07fc1f90ae7") == answer
    bench = Bench(db, packer, soon.id)
    bench.press(f"#weight:{answer.task['parcels'][0]['expected_weight_g']}")
    assert rows(db, Tote.state) == [("at_bench",)]
    assert take(dune.isbn).task["order_id"] == late.id
    assert take(dune.isbn).code == "packing.nobody_wants"
    last = Bench(db, packer, late.id)
    last.press(f"#weight:{last.task['parcels'][0]['expected_weight_g']}")

    assert rows(db, Tote.state, Tote.run_id) == [("free", None)]
    assert proves(db) == []


def test_the_bench_lists_what_is_under_way_then_by_due_time(db, actor, picker, packer, dune, emma, clock):
    bench, order, _ = at_bench(db, actor, picker, packer, {dune: 1})
    stock_at(db, "C-01-1", emma, units=1)
    sooner = an_order(db, {emma: 1}, due_at=clock.moment)
    pick_all(db, actor, picker, [sooner], [a_tote(db, "T-02")])
    with db.read() as session:
        before = waiting.bench(session)
    bench.scan(dune.isbn)
    with db.read() as session:
        after = waiting.bench(session)

    assert [(row.order_id, row.totes) for row in before.waiting] == [(sooner.id, ("T-02",)), (order.id, ("T-01",))]
    assert [(row.order_id, row.packer) for row in after.waiting] == [(order.id, "Jamie Porter"), (sooner.id, None)]
    assert after.count == 2


@pytest.mark.parametrize("kind", ["misprint", "missing_pages"])
def test_a_faulty_book_goes_to_quarantine_as_what_it_is(db, picked, dune, kind):
    bench, order, _ = picked

    answer = bench.press(f"#{kind}:{order.line_ids[0]}")

    assert (answer.code, answer.task["undecided"]) == (f"packing.reported_{kind}", 1)
    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)
    assert rows(db, Incident.kind, Incident.id) == [(kind, answer.facts["incident_id"])]
    assert bench.press("#hold").code == "packing.decided_hold"
    assert rows(db, Hold.reason) == [("damaged_at_pack",)]


@pytest.mark.parametrize(("when_short", "press", "why"), [
    ("wait", "#hold", "short_wait"), ("wait", "#part", "short_part"), ("cancel", "#part", "line_cancelled")])
def test_the_customer_hears_what_the_packer_decided_once_for_each_title(
        db, actor, picker, packer, dune, emma, when_short, press, why):
    bench, order, _ = at_bench(db, actor, picker, packer, {dune: 3, emma: 1}, when_short=when_short)
    bench.press(f"#damaged:{order.line_ids[0]}")
    bench.press(f"#missing:{order.line_ids[0]}")

    bench.press(press)

    assert rows(db, Message.why, Message.facts) == [(why, {"title": "Dune", "n": 2})]


def test_of_another_copy_fetched_for_the_box_no_customer_hears(db, picked, dune):
    bench, order, _ = picked
    stock_at(db, "C-01-1", dune)
    bench.press(f"#damaged:{order.line_ids[0]}")

    assert bench.press("#replace").code == "packing.decided_replace"
    assert rows(db, Message.why) == []
