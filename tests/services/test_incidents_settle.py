"""How an incident ends: each outcome with its copies, its order and its customer, and who may decide it."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from tests.builders import (
    a_person,
    a_place,
    a_shelf,
    an_item,
    an_order,
    as_actor,
    moves_of,
    order_state,
    stock_at,
    units_at,
)
from tests.packers import line_counts, proves, rows
from tests.walk import release
from warehouse.errors import Conflict, Invalid, NotAllowed, Refusal
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.returns import Refund
from warehouse.queries.incidents import get_page
from warehouse.services import incidents, incidents_settle, incidents_work, stock


def settle(db, actor, incident, outcome, **more):
    db.write(incidents_settle.settle, actor, incident, outcome, **more)


def state_of(db, incident):
    with db.read() as session:
        row = session.execute(select(Incident.state, Incident.outcome).where(Incident.id == incident)).one()
    return tuple(row)


@pytest.fixture
def operations(db):
    return as_actor(a_person(db, "Ma Lin", "operations"))


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


# --- The order -------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(db, picked):
    """Damaged at the bench, and the packer let the order wait: (incident id, bench, order)."""
    bench, order, _ = picked
    bench.press(f"#damaged:{order.line_ids[0]}")
    bench.press("#hold")
    incident, = rows(db, Incident.id)[0]
    return incident, bench, order


def test_another_copy_is_fetched_for_the_order_that_waits(db, actor, held, dune):
    incident, _, order = held
    stock_at(db, "C-01-1", dune, units=1)

    settle(db, actor, incident, "scrap", also=["replacement"])

    assert order_state(db, order) == "picking"
    assert line_counts(db)[0][:3] == [2, 2, 0]
    assert units_at(db, "C-01-1", dune) == (1, 1)
    assert state_of(db, incident) == ("settled", "scrap")
    assert [why for why, in rows(db, Message.why)].count("replaced") == 0
    assert proves(db) == []


def test_where_the_shelves_have_no_other_copy_nothing_is_done(db, actor, held, dune):
    incident, _, order = held
    before = moves_of(db, dune)

    with pytest.raises(Refusal, match="not_on_shelves"):
        settle(db, actor, incident, "scrap", also=["replacement"])

    assert (order_state(db, order), moves_of(db, dune)) == ("held", before)
    assert state_of(db, incident)[0] == "open"


def test_the_order_that_waits_goes_without_and_its_customer_hears_it(db, actor, held):
    incident, _, order = held

    settle(db, actor, incident, "part")

    assert order_state(db, order) == "picked"
    assert ("short_part", incident) in rows(db, Message.why, Message.incident_id)


def test_the_line_is_cancelled_and_its_customer_hears_it(db, actor, held):
    incident, _, _ = held

    settle(db, actor, incident, "cancel_line")

    assert line_counts(db)[0][:4] == [2, 1, 0, 1]
    assert "line_cancelled" in [why for why, in rows(db, Message.why)]
    assert proves(db) == []


def test_the_order_waits_for_a_person_while_an_address_is_asked(db, actor, dune):
    order = an_order(db, {dune: 1})
    incident = db.write(incidents.report, actor, "address", "customer", units=0, order_id=order.id)

    settle(db, actor, incident, "hold", note="street without a number")

    assert order_state(db, order) == "held"
    assert rows(db, Hold.order_id, Hold.reason) == [(order.id, "by_hand")]
    assert rows(db, Message.why) == [("ask_address",)]


@pytest.fixture
def sent(db, dune):
    """An order of two copies of Dune that left the house, paid with 100.00, of which a parcel was damaged."""
    order = an_order(db, {dune: 2}, state="dispatched", total_minor=10_000)

    def dispatch(session):
        session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(
            units_reserved=2, units_picked=2, units_packed=2, units_dispatched=2))

    db.write(dispatch)
    return order


def a_parcel(db, actor, order, *, tracking):
    place = a_place(db, f"P-{order.id}", "parcel")

    def add(session):
        return session.execute(insert(Parcel).returning(Parcel.id), {
            "number": f"P-{order.id}", "order_id": order.id, "position": 1, "state": "handed_over",
            "location_id": place.id, "carrier_code": "SF", "tracking_number": tracking, "packed_by": actor.person_id,
            "opened_at": actor.at}).scalar_one()

    return db.write(add)


def report_damaged(db, actor, order, dune, units=1):
    return db.write(incidents.report, actor, "damaged", "customer", units=units, item_id=dune.id, order_id=order.id)


def test_what_was_sent_is_replaced_by_an_order_of_its_own(db, actor, sent, dune):
    incident = report_damaged(db, actor, sent, dune)

    settle(db, actor, incident, "replacement")

    new = rows(db, Order.id, Order.origin_id, Order.origin_kind, Order.state)[-1]
    assert new[1:] == (sent.id, "replacement", "confirmed")
    assert rows(db, Message.why, Message.incident_id) == [("replaced", incident)]
    with db.read() as session:
        page = get_page(session, incident)
    assert ("order", new[0]) in [(one.kind, one.id) for one in page.made]


def test_no_more_is_replaced_than_was_sent(db, actor, sent, dune):
    first, second = report_damaged(db, actor, sent, dune, units=2), report_damaged(db, actor, sent, dune)
    settle(db, actor, first, "replacement")

    with pytest.raises(Conflict, match="more_than_sent"):
        settle(db, actor, second, "replacement")


def test_a_reopened_incident_replaces_nothing_a_second_time(db, actor, sent, dune):
    incident = report_damaged(db, actor, sent, dune)
    settle(db, actor, incident, "replacement")
    db.write(incidents_work.reopen, actor, incident, "they called again")

    with pytest.raises(Conflict, match="done_already"):
        settle(db, actor, incident, "replacement")


def test_money_goes_back_through_finance(db, actor, sent, dune):
    incident = report_damaged(db, actor, sent, dune)
    with pytest.raises(Invalid, match="how_much"):
        settle(db, actor, incident, "refund")

    settle(db, actor, incident, "refund", amount_minor=2_300)

    assert rows(db, Refund.order_id, Refund.incident_id, Refund.amount_minor, Refund.state) == [
        (sent.id, incident, 2_300, "requested")]


def test_more_than_was_paid_is_not_given_back_and_the_incident_stays_open(db, actor, sent, dune):
    incident = report_damaged(db, actor, sent, dune)

    with pytest.raises(Conflict, match="more_than_paid"):
        settle(db, actor, incident, "refund", amount_minor=10_001)

    assert state_of(db, incident)[0] == "open"


@pytest.mark.parametrize(("outcome", "also", "code"), [
    ("scrap", ["quarantine"], "one_place_for_copies"), ("hold", ["part"], "one_way_for_order"),
    ("replacement", ["refund"], "one_way_for_order"), ("mistake", ["scrap"], "mistake_changes_nothing"),
    ("confirmed", ["burn"], "choose_outcome"), ("lost", [], "not_for_this_kind")])
def test_what_makes_no_sense_together_or_here_is_refused(db, actor, sent, dune, outcome, also, code):
    incident = report_damaged(db, actor, sent, dune)

    with pytest.raises(Invalid, match=code):
        settle(db, actor, incident, outcome, also=also)


def test_an_order_that_is_not_there_gets_nothing(db, actor, dune):
    incident = db.write(incidents.report, actor, "damaged", "shelf", units=1, item_id=dune.id)

    with pytest.raises(Invalid, match="no_order_behind"):
        settle(db, actor, incident, "replacement")


def test_a_lost_parcel_is_replaced_with_all_that_was_in_it(db, actor, sent, dune):
    parcel = a_parcel(db, actor, sent, tracking="SF123")
    db.write(lambda session: session.execute(insert(ParcelLine), {
        "parcel_id": parcel, "order_line_id": sent.line_ids[0], "units": 2}))
    incident = db.write(incidents.report, actor, "lost", "carrier", units=2, order_id=sent.id, parcel_id=parcel)

    settle(db, actor, incident, "replacement")

    new, = [row for row in rows(db, Order.id, Order.origin_id) if row[1] == sent.id]
    assert rows(db, OrderLine.order_id, OrderLine.item_id, OrderLine.units_wanted)[-1] == (new[0], dune.id, 2)
    assert sorted(why for why, in rows(db, Message.why)) == ["parcel_lost", "replaced"]


def test_a_lost_parcel_that_is_confirmed_is_told_to_the_customer(db, actor, sent, dune):
    parcel = a_parcel(db, actor, sent, tracking="SF123")
    incident = db.write(incidents.report, actor, "lost", "carrier", units=0, order_id=sent.id, parcel_id=parcel)

    settle(db, actor, incident, "confirmed")

    assert rows(db, Message.why, Message.incident_id) == [("parcel_lost", incident)]


# --- Who may decide --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "may"), [(20_000, True), (20_001, False)])
def test_service_gives_back_up_to_its_limit_and_passes_the_rest_up(db, actor, dune, sent, amount, may):
    def pay_more(session):
        session.execute(update(Order).where(Order.id == sent.id).values(total_minor=90_000))

    db.write(pay_more)
    service = as_actor(a_person(db, "Su Min", "service"))
    incident = report_damaged(db, actor, sent, dune)

    if may:
        settle(db, service, incident, "refund", amount_minor=amount)
        return
    with pytest.raises(NotAllowed, match="beyond_authority"):
        settle(db, service, incident, "refund", amount_minor=amount)
    db.write(incidents_work.escalate, service, incident, "more than I may give")
    with pytest.raises(NotAllowed, match="with_the_lead"):
        settle(db, service, incident, "told")
    settle(db, actor, incident, "refund", amount_minor=amount)
    assert state_of(db, incident) == ("settled", "refund")


def test_copies_that_cost_more_than_the_team_may_lose_go_up(db, actor, operations, emma):
    dear = an_item(db, "Folio", isbn="9780226519357", price_minor=60_000, currency="CNY")
    shelf = stock_at(db, "B-07-3", dear, units=2)
    incident = db.write(incidents.report, actor, "damaged", "shelf", units=2, item_id=dear.id, location_id=shelf.id)

    with pytest.raises(NotAllowed, match="beyond_authority"):
        settle(db, operations, incident, "scrap")
    settle(db, operations, incident, "scrap", units=1)
    assert units_at(db, shelf, dear) == (1, 0)


def test_what_nobody_knows_the_price_of_is_written_off_by_the_lead_alone(db, actor, operations, dune):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    incident = db.write(incidents.report, actor, "damaged", "shelf", units=1, item_id=dune.id, location_id=shelf.id)
    with db.read() as session:
        assert session.execute(select(Item.price_minor).where(Item.id == dune.id)).scalar() is None

    with pytest.raises(NotAllowed, match="beyond_authority"):
        settle(db, operations, incident, "scrap")
    settle(db, operations, incident, "quarantine")
    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)


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
