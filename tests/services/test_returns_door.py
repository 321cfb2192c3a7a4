"""A box that came back finds its return by whatever is on it, is one person's work, and is closed when it is empty."""

import pytest
from sqlalchemy import select

from tests.builders import a_person, an_order, as_actor, units_at
from tests.floor import broken_claims
from tests.returns_bench import ReturnBench, at_bench, open_box, rows, state_of
from tests.returns_builders import a_sent_order
from warehouse.domain.own_labels import make_label
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.packing import Parcel
from warehouse.models.returns import Refund, ReturnUnit
from warehouse.services import returns, returns_desk


@pytest.mark.parametrize("number", ["RMA-7", "YT123456", "order"])
def test_any_number_on_the_box_opens_the_announced_return(db, packer, asked, sent, number):
    bench = at_bench(db, packer, sent.source_number if number == "order" else number)

    assert (bench.return_id, bench.task["step"], bench.task["asked"]) == (asked, "scan", 2)
    assert "return_received" in [why for _, why in rows(db, Message.id, Message.why)]


def test_an_own_label_of_a_delivered_parcel_opens_an_unannounced_return_and_the_desk_decides(db, actor, packer, sent,
                                                                                            dune):
    with db.read() as session:
        parcel_id = session.execute(select(Parcel.id)).scalar_one()
    asks = open_box(db, packer, make_label("parcel", parcel_id))
    assert (asks.outcome, asks.code, [each["id"] for each in asks.options]) == (
        "choose", "returns_bench.choose_box", [1, 2])
    bench = at_bench(db, packer, make_label("parcel", parcel_id), choice=2)
    assert open_box(db, packer, make_label("parcel", parcel_id)).go == f"/returned/{bench.return_id}"

    bench.take(dune)

    assert (bench.task["present"]["acceptance"], bench.task["step"]) == ("pending", "scan")
    assert units_at(db, "RETURNS", dune) == (1, 0)
    bench.press("#close")
    assert state_of(db, bench) == "judged"
    db.write(returns_desk.approve, actor, bench.return_id, "In time")
    assert (bench.task["step"], bench.task["present"]["acceptance"]) == ("place", "accepted")
    bench.press("#to:restock")
    assert (bench.task["step"], units_at(db, "RECEIVING", dune)) == ("done", (1, 0))
    assert broken_claims(db) == []


def test_a_refused_return_that_comes_nevertheless_is_decided_anew(db, actor, packer, sent, dune):
    asked = db.write(returns.request, actor, sent.id, "return", "other", [(sent.line_ids[0], 1, None)], source="desk")
    db.write(returns_desk.refuse, actor, asked, "Not our book")
    bench = at_bench(db, packer, make_label("return", asked))
    bench.take(dune)
    assert bench.task["present"]["acceptance"] == "pending"

    bench.press("#close")
    db.write(returns_desk.refuse, actor, asked, "Still not our book")

    assert bench.task["present"]["places"] == ["send_back"]


def test_a_parcel_that_never_arrived_comes_back_as_sent_and_the_customer_is_asked(db, packer, sent, dune, emma):
    with db.read() as session:
        parcel_id = session.execute(select(Parcel.id)).scalar_one()
    bench = at_bench(db, packer, make_label("parcel", parcel_id), choice=1)

    assert (bench.task["source"], bench.task["asked"]) == ("carrier", 3)
    bench.take(dune, grade="acceptable", place="quarantine")
    bench.take(emma)
    assert bench.press("#close").code == "returns_bench.not_all_came"
    assert bench.press("#close:missing").code == "returns_bench.closed"
    assert rows(db, Parcel.id, Parcel.state) == [(parcel_id, "returned")]
    assert rows(db, Incident.id, Incident.kind, Incident.owner_role)[0][1:] == ("address", "service")
    assert "ask_address" in [why for _, why in rows(db, Message.id, Message.why)]
    assert broken_claims(db) == []


def test_another_person_takes_the_parcel_over_and_goes_on(db, bench, dune):
    bench.take(dune)
    other = ReturnBench(db, as_actor(a_person(db, "Zhao Lei", "packer")), bench.return_id)
    assert other.task["step"] == "theirs"
    assert other.scan(dune.label).code == "returns_bench.not_now_theirs"
    other.press("#take_over")
    other.take(dune)
    assert bench.scan(dune.label).code == "returns_bench.not_now_theirs"
    assert other.press("#close").code == "returns_bench.closed"


def test_what_did_not_come_is_named_before_the_box_is_closed(db, bench, dune):
    bench.take(dune)
    answer = bench.press("#close")
    assert (answer.code, answer.facts) == ("returns_bench.not_all_came", {"n": 1, "title": "Dune"})
    assert bench.press("#close:missing").code == "returns_bench.closed"
    assert state_of(db, bench) == "settled"


def test_an_empty_box_is_closed_by_a_second_press_and_what_is_missing_is_reported(db, bench, dune):
    assert bench.press("#close").code == "returns_bench.nothing_in_it"
    assert bench.press("#close:missing").code == "returns_bench.closed"
    assert rows(db, Incident.id, Incident.kind, Incident.stage, Incident.units, Incident.return_id)[0][1:] == (
        "missing", "return", 2, bench.return_id)
    assert rows(db, Refund.id) == []
    assert broken_claims(db) == []


def test_a_box_of_nobody_waits_in_returns_until_its_order_is_named(db, packer, sent, dune, walden):
    bench = at_bench(db, packer, "#unknown")
    assert bench.scan(dune.label).code == "returns_bench.taken_unknown"
    bench.press("#grade:as_new")
    bench.take(walden)
    assert units_at(db, "RETURNS", dune) == (1, 0)

    assert bench.scan(sent.number).code == "returns_bench.order_named"

    assert rows(db, ReturnUnit.id, ReturnUnit.received_as) == [(1, "as_sent"), (2, "wrong_item")]
    assert bench.task["order_number"] == sent.number
    assert rows(db, Incident.id, Incident.kind, Incident.owner_role)[0][1:] == ("address", "service")
    assert broken_claims(db) == []


def test_a_box_that_belongs_to_nothing_is_named_and_refused(db, packer, sent, dune, tote):
    assert open_box(db, packer, dune.label).code == "returns_bench.scan_box"
    assert open_box(db, packer, "ZZ-99-NOBODY").code == "returns_bench.unknown_box"
    assert open_box(db, packer, tote.label).code == "returns_bench.scan_box"


def test_an_order_that_never_left_has_nothing_to_come_back(db, actor, packer, dune):
    order = an_order(db, {dune: 1})
    assert open_box(db, packer, order.number).code == "returns_bench.not_sent"


def test_an_order_whose_copies_all_came_is_not_opened_again(db, packer, actor, dune):
    order = a_sent_order(db, actor, {dune: 1})
    bench = at_bench(db, packer, order.number)
    bench.take(dune)
    bench.press("#close")
    assert open_box(db, packer, order.number).code == "returns_bench.all_came"
