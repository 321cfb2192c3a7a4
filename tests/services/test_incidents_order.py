"""How an incident ends: what becomes of the order behind it, what its customer hears, and who may decide it."""

import pytest
from sqlalchemy import insert, select, update

from tests.builders import a_person, an_item, an_order, as_actor, moves_of, order_state, stock_at, units_at
from tests.incident_builders import a_parcel, a_sent_order, report_damaged, settle, state_of
from tests.packers import line_counts, proves, rows
from warehouse.errors import Conflict, Invalid, NotAllowed, Refusal
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import ParcelLine
from warehouse.models.returns import Refund
from warehouse.queries.incidents import get_page
from warehouse.services import incidents, incidents_work


@pytest.fixture
def operations(db):
    return as_actor(a_person(db, "Ma Lin", "operations"))


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
    return a_sent_order(db, dune)


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


def test_copies_and_money_of_one_settlement_are_added_up(db, actor, operations):
    dear = an_item(db, "Folio", isbn="9780226519357", price_minor=60_000, currency="CNY")
    shelf = stock_at(db, "B-07-3", dear, units=2)
    order = an_order(db, {dear: 1}, state="dispatched", total_minor=90_000)
    incident = db.write(incidents.report, actor, "damaged", "dock", units=1, item_id=dear.id, location_id=shelf.id,
                        order_id=order.id)

    with pytest.raises(NotAllowed, match="beyond_authority"):
        settle(db, operations, incident, "scrap", also=["refund"], amount_minor=60_000)
    settle(db, operations, incident, "scrap", also=["refund"], amount_minor=40_000)
    assert state_of(db, incident) == ("settled", "scrap")


def test_what_nobody_knows_the_price_of_is_written_off_by_the_lead_alone(db, actor, operations, dune):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    incident = db.write(incidents.report, actor, "damaged", "shelf", units=1, item_id=dune.id, location_id=shelf.id)
    with db.read() as session:
        assert session.execute(select(Item.price_minor).where(Item.id == dune.id)).scalar() is None

    with pytest.raises(NotAllowed, match="beyond_authority"):
        settle(db, operations, incident, "scrap")
    settle(db, operations, incident, "quarantine")
    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)
