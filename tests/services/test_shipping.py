"""The end of the bench: a label made once, printed and counted, and proven by its scan on the box."""

import uuid

import pytest
from sqlalchemy import select, update

from tests import shipping_day as day
from tests.builders import a_tote, an_item, an_order, order_state
from warehouse.domain.own_labels import make_label
from warehouse.errors import Conflict, Invalid
from warehouse.models.journal import PrintJob
from warehouse.models.orders import OrderLine
from warehouse.models.packing import Parcel
from warehouse.services import printing, shipping


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=340)


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", weight_g=260)


@pytest.fixture
def order(db, dune, emma):
    return an_order(db, {dune: 2, emma: 1})


@pytest.fixture
def parcel(db, actor, order, dune, emma):
    return day.packed(db, actor, order, {dune: 2, emma: 1})


def jobs_of(db, paper):
    with db.read() as session:
        return [tuple(row) for row in session.execute(
            select(PrintJob.copy, PrintJob.reason).where(PrintJob.paper == paper).order_by(PrintJob.id))]


def without_label(db, actor, parcel):
    """The bench made one when the order was packed; it was waste."""
    db.write(shipping.void_label, actor, parcel, reason="torn")
    return day.ship_station(db, actor, parcel)


def test_a_packed_orders_parcel_has_its_label_already_and_is_not_given_another(db, actor, parcel):
    row = day.row_of(db, parcel)
    assert (row.tracking_number, row.label_prints) == (make_label("parcel", parcel), 0)
    assert row.label_made_at == actor.at
    answer = day.ship_station(db, actor, parcel).press("#label")
    assert (answer.code, answer.task["step"]) == ("shipping.label_is_made", "print")


def test_a_label_is_made_once_printed_and_scanned_onto_its_box(db, actor, parcel):
    station = without_label(db, actor, parcel)

    made = station.press("#label")
    assert (made.code, made.task["step"]) == ("shipping.label_made", "print")
    assert station.press("#label").code == "shipping.label_is_made"
    assert station.press("#printed").task["step"] == "scan"
    answer = station.scan(made.task["code"])

    assert (answer.code, answer.sound, answer.task["step"]) == ("shipping.label_right", "done", "done")
    assert "lane 1" in answer.say and "19:00" in answer.say
    row = day.row_of(db, parcel)
    assert (row.state, row.tracking_number, row.label_prints) == ("labelled", make_label("parcel", parcel), 1)
    assert row.label_applied_at == row.label_made_at == actor.at


def test_the_same_scan_id_gets_the_same_answer_and_prints_nothing_more(db, actor, parcel):
    station = day.ship_station(db, actor, parcel)
    station.press("#label")
    scan_id, step = str(uuid.uuid4()), station.task["step_id"]

    first = station.scan("#printed:label", scan_id=scan_id, step=step)
    again = station.scan("#printed:label", scan_id=scan_id, step=step)

    assert first == again
    assert day.row_of(db, parcel).label_prints == 1
    with pytest.raises(Invalid, match="key_reused"):
        station.scan("#printed:slip", scan_id=scan_id, step=step)


def test_making_a_label_by_use_case_is_idempotent_too(db, actor, parcel):
    first = db.write(shipping.make_label, actor, parcel)
    assert db.write(shipping.make_label, actor, parcel) == first == make_label("parcel", parcel)


def test_another_parcels_label_is_refused_loudly_and_named(db, actor, parcel, dune):
    other_order = an_order(db, {dune: 1})
    other = day.packed(db, actor, other_order, {dune: 1}, tote="T-91")
    day.ship_station(db, actor, other).press("#label")
    station = day.ship_station(db, actor, parcel)
    station.press("#label")

    answer = station.scan(make_label("parcel", other))
    assert (answer.outcome, answer.code, answer.sound) == ("refused", "shipping.other_label", "error")
    assert make_label("parcel", other) in answer.say
    assert day.row_of(db, parcel).state == "closed"
    day.labelled(db, actor, parcel)
    assert station.scan(make_label("parcel", other)).go == f"/ship/{other}"


@pytest.mark.parametrize(("raw", "code"), [
    ("HELLO-1", "shipping.unknown_label"), ("9780441013593", "shipping.scan_the_label"),
    ("P000001X", "scan.unreadable"),
])
def test_what_is_no_label_is_refused(db, actor, parcel, raw, code):
    station = day.ship_station(db, actor, parcel)
    station.press("#label")
    assert station.scan(raw).code == code
    assert day.row_of(db, parcel).state == "closed"


@pytest.mark.parametrize(("state", "code"), [
    ("cancelled", "shipping.order_cancelled"), ("held", "shipping.order_held"),
])
def test_no_label_for_an_order_that_must_not_leave(db, actor, parcel, order, state, code):
    day.set_order(db, order, state=state)
    station = day.ship_station(db, actor, parcel)
    answer = station.press("#label")
    assert (answer.code, answer.task["step"]) == (code, "stop")
    with pytest.raises(Conflict, match=code):
        db.write(shipping.make_label, actor, parcel)


def test_no_label_for_an_open_box_or_unchecked_books(db, actor, parcel, order):
    station = without_label(db, actor, parcel)
    db.write(lambda session: session.execute(
        update(OrderLine).where(OrderLine.id == order.line_ids[1]).values(units_packed=0)))
    assert station.press("#label").code == "shipping.not_checked"
    db.write(lambda session: session.execute(update(Parcel).where(Parcel.id == parcel).values(state="open")))
    assert station.press("#label").code == "shipping.not_closed"
    assert day.row_of(db, parcel).label_made_at is None


def test_a_further_copy_needs_a_reason_and_is_counted(db, actor, parcel):
    station = without_label(db, actor, parcel)
    assert station.press("#printed").code == "shipping.no_label_yet"
    station.press("#label")
    station.press("#printed")
    assert station.press("#printed").code == "shipping.reprint_reason"
    assert station.press("#reprint:").code == "shipping.reprint_reason"
    step = station.task["step_id"]
    assert station.press("#reprint:jam").code == "shipping.printed_again"
    with pytest.raises(Conflict, match="stale_step"):
        station.press("#reprint:jam", step)
    station.press("#reprint_slip:torn")

    assert jobs_of(db, "label") == [(1, ""), (2, "jam")]
    assert jobs_of(db, "slip") == [(1, ""), (2, "torn")]
    with pytest.raises(Invalid, match="reason_wanted"):
        db.write(printing.print_paper, actor, "label", parcel)


def test_a_carriers_number_is_checked_for_its_form_and_scanned(db, actor, dune):
    order = an_order(db, {dune: 1}, carrier_code="YTO")
    parcel = day.packed(db, actor, order, {dune: 1})
    station = without_label(db, actor, parcel)
    assert station.press("#tracking").code == "shipping.tracking_not_now"
    station.press("#label")
    station.press("#printed")
    assert station.press("#tracking").task["step"] == "tracking"

    assert station.scan("SF1234567890123").code == "shipping.tracking_form"
    answer = station.scan("yt 7480126093315")
    assert (answer.code, answer.task["code"], answer.task["step"]) == (
        "shipping.tracking_kept", "YT7480126093315", "print")
    station.press("#printed:label")
    assert station.scan("YT7480126093315").code == "shipping.label_right"
    assert station.press("#tracking").code == "shipping.tracking_not_now"


def test_a_number_of_another_parcel_is_refused_and_the_wish_can_be_taken_back(db, actor, dune):
    first, second = (
        day.packed(db, actor, an_order(db, {dune: 1}, carrier_code="YTO"), {dune: 1}, tote=f"T-8{n}") for n in (1, 2))
    for parcel in (first, second):
        day.ship_station(db, actor, parcel).press("#label")
    day.ship_station(db, actor, first).press("#tracking:YT7480126093315")
    station = day.ship_station(db, actor, second)

    answer = station.press("#tracking:YT7480126093315")
    assert (answer.code, make_label("parcel", first) in answer.say) == ("shipping.tracking_taken", True)
    station.press("#tracking")
    assert station.press("#tracking").code == "shipping.tracking_left"
    assert station.task["step"] == "print"


def test_a_void_label_is_made_anew_and_needs_a_reason(db, actor, parcel, clock):
    station = day.ship_station(db, actor, parcel)
    station.press("#label")
    station.press("#printed")
    assert station.press("#void:").code == "shipping.reason_wanted"
    answer = station.press("#void:smeared")
    assert (answer.code, answer.task["step"], answer.task["label_prints"]) == ("shipping.label_void", "label", 0)
    station.press("#label")
    assert station.press("#printed:label").code == "shipping.printed"

    db.write(shipping.void_label, actor, parcel, reason="smeared")
    with pytest.raises(Conflict, match="no_label_yet"):
        db.write(shipping.void_label, actor, parcel, reason="smeared")
    day.labelled(db, actor, parcel)
    with pytest.raises(Conflict, match="void_not_now"):
        db.write(shipping.void_label, actor, parcel, reason="smeared")


def test_a_box_is_opened_again_with_a_reason_and_its_label_is_void(db, actor, parcel, order):
    day.labelled(db, actor, parcel)
    station = day.ship_station(db, actor, parcel)
    station.press("#label")
    assert station.press("#reopen:").code == "shipping.reason_wanted"

    answer = station.press("#reopen:other_book")

    assert (answer.code, answer.task["step"]) == ("shipping.reopened", "stop")
    assert answer.go == f"/pack/{order.id}"
    assert (day.row_of(db, parcel).state, day.row_of(db, parcel).label_made_at) == ("open", None)
    assert order_state(db, order) == "packing"
    assert station.press("#reopen:other_book").code == "shipping.reopen_not_now"


def test_house_labels_are_counted_in_batches_and_a_second_copy_needs_a_reason(db, actor):
    totes = [a_tote(db, f"T-0{n}").id for n in (1, 2, 3)]
    db.write(printing.print_batch, actor, "tote", totes[:2])
    with pytest.raises(Invalid, match="reason_wanted"):
        db.write(printing.print_batch, actor, "tote", totes)
    db.write(printing.print_batch, actor, "tote", totes, "worn")
    assert jobs_of(db, "tote") == [(1, ""), (1, ""), (2, "worn"), (2, "worn"), (1, "worn")]
