"""How an incident ends: what becomes of its copies, told by the ledger."""

import threading
from dataclasses import replace

import pytest

from tests.builders import a_shelf, an_order, moves_of, order_state, stock_at, units_at
from tests.incident_builders import settle, state_of
from tests.packers import proves, rows
from tests.walk import release
from warehouse.errors import Invalid, Refusal
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.services import incidents, incidents_work, stock


@pytest.fixture
def at_quarantine(db, picked):
    """A damaged copy of an order at the bench, which then goes without it: (incident id, bench, order)."""
    bench, order, _ = picked
    bench.press(f"#damaged:{order.line_ids[0]}")
    bench.press("#part")
    incident, = rows(db, Incident.id)[0]
    return incident, bench, order


# --- Copies ----------------------------------------------------------------------------------------------------------


def test_a_damaged_copy_is_scrapped_out_of_quarantine(db, actor, at_quarantine, dune):
    incident, _, _ = at_quarantine

    settle(db, actor, incident, "scrap")

    assert units_at(db, "QUARANTINE", dune, "damaged") == (0, 0)
    assert moves_of(db, dune)[-1] == ("write_off", 1, "QUARANTINE", "SCRAP")
    assert state_of(db, incident) == ("settled", "scrap")
    assert proves(db) == []


def test_a_misprint_of_the_bench_that_was_none_comes_back_and_the_order_still_waits(db, actor, picked, dune):
    bench, order, _ = picked
    bench.press(f"#misprint:{order.line_ids[0]}")
    bench.press("#hold")
    incident, = rows(db, Incident.id)[0]

    settle(db, actor, incident, "mistake", also=["back_to_shelf"])

    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert (order_state(db, order), state_of(db, incident)) == ("held", ("settled", "mistake"))
    assert proves(db) == []


def test_a_copy_that_is_good_after_all_waits_in_goods_in_and_is_put_away_by_scan(db, actor, at_quarantine, dune):
    incident, _, _ = at_quarantine

    settle(db, actor, incident, "back_to_shelf")

    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert moves_of(db, dune)[-1] == ("regrade", 1, "QUARANTINE", "RECEIVING")
    assert proves(db) == []


def test_a_copy_that_stays_in_quarantine_is_not_moved(db, actor, at_quarantine, dune):
    incident, _, _ = at_quarantine
    before = moves_of(db, dune)

    settle(db, actor, incident, "quarantine")

    assert moves_of(db, dune) == before
    assert state_of(db, incident) == ("settled", "quarantine")


def test_a_missing_copy_that_is_found_comes_back_through_goods_in(db, actor, picked, dune):
    bench, order, _ = picked
    bench.press(f"#missing:{order.line_ids[0]}")
    bench.press("#part")
    incident, = rows(db, Incident.id)[0]

    settle(db, actor, incident, "found")

    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert moves_of(db, dune)[-1] == ("found", 1, "LOST-FOUND", "RECEIVING")
    assert proves(db) == []


def test_what_lay_on_a_shelf_all_along_is_found_without_a_move(db, actor, dune):
    stock_at(db, "B-07-3", dune, units=2)
    incident = db.write(incidents.report, actor, "short", "pick", units=1, item_id=dune.id)

    settle(db, actor, incident, "found")

    assert units_at(db, "RECEIVING", dune) == (0, 0)
    assert state_of(db, incident) == ("settled", "found")


def test_a_copy_reported_at_a_shelf_goes_from_there_to_quarantine(db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    incident = db.write(incidents.report, actor, "misprint", "shelf", units=1, item_id=dune.id, location_id=shelf.id)

    settle(db, actor, incident, "quarantine")

    assert (units_at(db, shelf, dune), units_at(db, "QUARANTINE", dune, "damaged")) == ((1, 0), (1, 0))
    assert proves(db) == []


def test_the_person_names_the_place_where_the_report_did_not(db, actor, dune):
    stock_at(db, "B-07-3", dune, units=3)
    incident = db.write(incidents.report, actor, "damaged", "shelf", units=0, item_id=dune.id)
    with pytest.raises(Invalid, match="which_place"):
        settle(db, actor, incident, "scrap", units=2)
    with pytest.raises(Invalid, match="no_such_place"):
        settle(db, actor, incident, "scrap", units=2, place="Z-99-9")
    with pytest.raises(Invalid, match="how_many"):
        settle(db, actor, incident, "scrap", place="B-07-3")

    settle(db, actor, incident, "scrap", units=2, place="b-07-3")

    assert units_at(db, "B-07-3", dune) == (1, 0)
    assert proves(db) == []


def test_copies_that_are_not_there_are_refused_and_nothing_happens(db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    incident = db.write(incidents.report, actor, "damaged", "shelf", units=2, item_id=dune.id, location_id=shelf.id)

    with pytest.raises(Refusal, match="not_enough_stock"):
        settle(db, actor, incident, "scrap")

    assert state_of(db, incident)[0] == "open"
    assert units_at(db, shelf, dune) == (1, 0)


def test_copies_promised_to_an_order_are_not_scrapped_under_its_feet(db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    release(db, actor, an_order(db, {dune: 1}))
    incident = db.write(incidents.report, actor, "damaged", "shelf", units=2, item_id=dune.id, location_id=shelf.id)

    with pytest.raises(Refusal, match="not_enough_stock"):
        settle(db, actor, incident, "scrap")


def test_what_lies_in_a_tote_is_not_moved_from_the_desk(db, actor, picked, dune):
    _, _, tote = picked
    incident = db.write(
        incidents.report, actor, "misprint", "pack", units=1, item_id=dune.id, location_id=tote.place.id)

    with pytest.raises(Invalid, match="not_from_there"):
        settle(db, actor, incident, "scrap")


def test_after_reopening_the_copies_are_known_where_the_first_settlement_put_them(db, actor, at_quarantine, dune):
    incident, _, _ = at_quarantine
    settle(db, actor, incident, "back_to_shelf")
    db.write(incidents_work.reopen, actor, incident, "the cover is torn after all")

    with pytest.raises(Invalid, match="not_from_there"):
        settle(db, actor, incident, "back_to_shelf", place="RECEIVING")
    settle(db, actor, incident, "scrap")

    assert moves_of(db, dune)[-1] == ("write_off", 1, "RECEIVING", "SCRAP")
    assert proves(db) == []


def test_after_reopening_the_rest_of_several_copies_is_scrapped_too(db, actor, clock, dune):
    shelf = stock_at(db, "B-07-3", dune, units=5)
    incident = db.write(incidents.report, actor, "misprint", "shelf", units=3, item_id=dune.id, location_id=shelf.id)
    actor = replace(actor, at=clock.forward(hours=1))
    settle(db, actor, incident, "quarantine")
    db.write(incidents_work.reopen, actor, incident, "one is beyond repair")
    settle(db, actor, incident, "scrap", units=1)
    db.write(incidents_work.reopen, actor, incident, "the others too")

    settle(db, actor, incident, "scrap")

    assert [move[:2] for move in moves_of(db, dune)[-2:]] == [("write_off", 1), ("write_off", 2)]
    assert units_at(db, "QUARANTINE", dune, "damaged") == (0, 0)
    db.write(incidents_work.reopen, actor, incident, "really all?")
    settle(db, actor, incident, "scrap")
    assert len(moves_of(db, dune)) == 4
    assert proves(db) == []


@pytest.mark.parametrize(("kind", "stage", "way"), [
    ("damaged", "customer", "scrap"), ("damaged", "carrier", "quarantine"), ("short", "receive", "lost")])
def test_for_copies_that_are_not_in_the_house_no_others_are_booked_out(db, actor, dune, kind, stage, way):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    incident = db.write(incidents.report, actor, kind, stage, units=1, item_id=dune.id, location_id=shelf.id)

    with pytest.raises(Invalid, match="copies_are_outside"):
        settle(db, actor, incident, way, place="B-07-3")

    assert units_at(db, shelf, dune) == (2, 0)
    assert state_of(db, incident)[0] == "open"


def test_a_lost_parcel_that_turns_up_is_found_without_a_move(db, actor, dune):
    order = an_order(db, {dune: 1}, state="dispatched")
    incident = db.write(incidents.report, actor, "lost", "carrier", units=1, order_id=order.id)

    settle(db, actor, incident, "found")

    assert state_of(db, incident) == ("settled", "found")


def test_a_copy_that_a_count_brought_back_is_not_found_a_second_time(db, actor, clock, picked, dune):
    bench, order, _ = picked
    bench.press(f"#missing:{order.line_ids[0]}")
    bench.press("#part")
    incident, = rows(db, Incident.id)[0]
    later = replace(actor, at=clock.forward(minutes=5))
    shelf = a_shelf(db, "B-01-1")

    def count_in(session):
        stock.move(session, later, dune.id, 1, source=stock.fixed_place(session, "LOST-FOUND"), target=shelf.place,
                   cause=stock.Cause("count"))

    db.write(count_in)

    settle(db, later, incident, "found")

    assert units_at(db, "RECEIVING", dune) == (0, 0)
    assert state_of(db, incident) == ("settled", "found")


def test_copies_booked_out_once_for_two_orders_are_not_found_twice(db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=1)

    def nothing_here(session):
        stock.move(session, actor, dune.id, 1, source=shelf.place, target=stock.fixed_place(session, "LOST-FOUND"),
                   cause=stock.Cause("short"))
        return [incidents.report(session, actor, "short", "pick", units=1, item_id=dune.id, location_id=shelf.id)
                for _ in range(2)]

    first, second = db.write(nothing_here)
    settle(db, actor, first, "found")
    settle(db, actor, second, "found")

    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert [state_of(db, each)[0] for each in (first, second)] == ["settled", "settled"]


# --- Two at once -----------------------------------------------------------------------------------------------------


def test_of_two_who_settle_at_once_one_is_refused_and_the_copy_moves_once(db, actor, at_quarantine, dune):
    incident, _, _ = at_quarantine
    outcomes, start = [], threading.Barrier(2)

    def decide():
        start.wait()
        try:
            settle(db, actor, incident, "scrap")
            outcomes.append("done")
        except Refusal as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == 2
    assert set(outcomes) <= {"done", "incidents.settled_already", "incidents.changed_meanwhile",
                             "stock.not_enough_stock"}
    assert outcomes.count("done") == 1
    assert [move for move in moves_of(db, dune) if move[0] == "write_off"] == [
        ("write_off", 1, "QUARANTINE", "SCRAP")]
    assert len([verb for verb, in rows(db, Action.verb) if verb == "settle"]) == 1
