"""What customers send back is scanned, graded and goes to the right stock; never more than was sent."""

import pytest

from tests.builders import an_item, moves_of, units_at
from tests.floor import broken_claims
from tests.returns_bench import ReturnBench, at_bench, rows, state_of
from warehouse.domain.own_labels import make_label
from warehouse.errors import Conflict
from warehouse.models.incidents import Incident
from warehouse.models.orders import OrderLine
from warehouse.models.returns import Refund, ReturnLine, ReturnUnit
from warehouse.services import codes, orders_import, returns, returns_desk, returns_units


def test_a_copy_as_new_goes_to_put_away_and_nothing_is_restocked_silently(db, bench, dune):
    bench.take(dune)

    assert units_at(db, "RETURNS", dune) == (0, 0)
    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert moves_of(db, dune)[-2:] == [("return", 1, "CUSTOMER", "RETURNS"), ("transfer", 1, "RETURNS", "RECEIVING")]
    assert broken_claims(db) == []


def test_the_last_copy_judged_and_the_box_closed_asks_finance_for_the_money(db, bench, dune, sent):
    for _ in range(2):
        bench.take(dune)

    answer = bench.press("#close")

    assert (answer.code, answer.sound, state_of(db, bench)) == ("returns_bench.closed", "done", "settled")
    assert rows(db, Refund.order_id, Refund.amount_minor, Refund.state) == [(sent.id, 4600, "requested")]
    assert rows(db, OrderLine.position, OrderLine.units_returned) == [(1, 2), (2, 0)]
    assert broken_claims(db) == []


def test_never_more_than_was_sent_and_the_foreign_copy_is_set_aside(db, bench, dune):
    for _ in range(2):
        bench.take(dune)

    answer = bench.scan(dune.label)

    assert (answer.outcome, answer.sound, answer.code) == ("refused", "error", "returns_bench.too_many")
    assert bench.press("#aside").code == "returns_bench.set_aside"
    assert rows(db, ReturnUnit.id, ReturnUnit.received_as)[-1][1] == "not_ours"
    assert rows(db, Incident.id, Incident.kind, Incident.stage)[-1][1:] == ("over", "return")
    assert [move[0] for move in moves_of(db, dune)].count("return") == 2
    assert bench.press("#aside").code == "returns_bench.nothing_aside"
    assert broken_claims(db) == []


def test_what_was_sent_but_not_asked_comes_in_with_a_warning(db, bench, emma):
    assert bench.scan(emma.label).code == "returns_bench.taken"
    assert bench.task["lines"][1]["received"] == 1


def test_another_title_of_ours_is_taken_by_its_second_scan_and_reported(db, bench, actor, walden):
    assert bench.scan(walden.label).code == "returns_bench.ask_foreign"
    assert units_at(db, "RETURNS", walden) == (0, 0)

    answer = bench.scan(walden.label)

    assert (answer.code, answer.sound) == ("returns_bench.wrong_item", "warn")
    assert units_at(db, "RETURNS", walden) == (1, 0)
    assert rows(db, Incident.id, Incident.kind, Incident.item_id, Incident.return_id)[0][1:] == (
        "wrong_item", walden.id, bench.return_id)
    bench.press("#grade:as_new")
    assert (bench.task["step"], bench.task["present"]["acceptance"]) == ("scan", "pending")
    lead = ReturnBench(db, actor, bench.return_id)
    lead.press("#take_over")
    lead.press("#accept:our_mistake")
    lead.press("#to:restock")
    assert units_at(db, "RECEIVING", walden) == (1, 0)
    assert broken_claims(db) == []


def test_a_code_that_nobody_knows_is_reported_and_makes_no_stock(db, bench):
    assert bench.scan("9780000000002").code == "returns_bench.unknown_code"
    assert bench.press("#aside").code == "returns_bench.set_aside"
    assert rows(db, Incident.id, Incident.kind, Incident.note)[-1][1:] == ("wrong_item", "9780000000002")
    assert rows(db, ReturnUnit.id) == []


def test_a_damaged_copy_is_an_incident_and_stands_in_quarantine(db, actor, packer, sent, dune):
    asked = db.write(returns.request, actor, sent.id, "return", "wrong_book_sent", [(sent.line_ids[0], 1, None)],
                     source="desk")
    bench = at_bench(db, packer, make_label("return", asked))
    bench.take(dune, grade="damaged")

    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)
    assert rows(db, Incident.id, Incident.kind, Incident.stage, Incident.state)[0][1:] == ("damaged", "return", "open")
    assert bench.task["present"]["incident_id"]
    assert broken_claims(db) == []


def test_a_picture_of_a_used_copy_is_evidence_and_nobodys_work(db, packer, bench, dune):
    bench.scan(dune.label)
    unit_id = bench.task["present"]["unit_id"]
    with pytest.raises(Conflict) as refused:
        db.write(returns_units.keep_photo, packer, unit_id, b"jpeg", 4, 3)
    assert refused.value.code == "returns_bench.grade_first"
    bench.press("#grade:good")

    for _ in range(2):
        db.write(returns_units.keep_photo, packer, unit_id, b"jpeg", 4, 3)

    assert len(bench.task["present"]["photos"]) == 2
    assert rows(db, Incident.id, Incident.kind, Incident.state, Incident.outcome)[0][1:] == (
        "damaged", "settled", "confirmed")


def test_worse_than_the_policy_takes_goes_back_to_the_customer_and_may_come_again(db, bench, dune):
    bench.scan(dune.label)
    assert bench.press("#grade:acceptable").code == "returns_bench.graded_rejected"
    assert bench.press("#to:restock").code == "returns_bench.not_there"
    bench.press("#to:send_back")
    assert units_at(db, "RETURNS", dune) == (1, 0)
    bench.take(dune)

    answer = bench.press("#send_back")

    assert (answer.code, answer.facts["n"]) == ("returns_bench.sent_back", 1)
    assert units_at(db, "RETURNS", dune) == (0, 0)
    assert moves_of(db, dune)[-1] == ("send_back", 1, "RETURNS", "CUSTOMER")
    assert bench.scan(dune.label).code == "returns_bench.taken_more"
    assert broken_claims(db) == []


def test_only_a_lead_accepts_what_the_policy_does_not_and_the_reason_is_kept(db, actor, bench, dune):
    bench.scan(dune.label)
    bench.press("#grade:good")
    assert bench.press("#accept:goodwill").code == "returns_bench.ask_lead"
    lead = ReturnBench(db, actor, bench.return_id)
    assert lead.task["step"] == "theirs"
    lead.press("#take_over")

    assert lead.press("#accept:goodwill").code == "returns_bench.graded_accepted"

    assert lead.task["present"]["places"][0] == "used"
    assert rows(db, ReturnLine.id, ReturnLine.units_received, ReturnLine.units_accepted)[0][1:] == (1, 1)


def test_what_is_settled_is_not_decided_otherwise(db, actor, bench, dune):
    bench.scan(dune.label)
    bench.press("#grade:good")
    bench.press("#to:send_back")
    bench.press("#close:missing")
    assert state_of(db, bench) == "settled"
    lead = ReturnBench(db, actor, bench.return_id)
    assert lead.press("#accept:goodwill").code == "returns_bench.not_now_done"
    assert lead.press("#send_back").code == "returns_bench.sent_back"
    assert broken_claims(db) == []


def test_a_copy_without_a_place_when_its_return_is_settled_is_not_decided_otherwise_either(db, actor, packer, sent,
                                                                                             dune):
    bench = at_bench(db, packer, sent.number)
    bench.take(dune)
    bench.press("#close")
    db.write(returns_desk.approve, actor, bench.return_id, "In time")
    lead = ReturnBench(db, actor, bench.return_id)
    assert (lead.task["step"], state_of(db, bench)) == ("place", "settled")
    assert lead.press("#reject:checked").code == "returns_bench.settled_already"
    assert lead.press("#to:restock").code == "returns_bench.to_restock"
    assert broken_claims(db) == []


def test_a_title_that_is_only_a_draft_was_never_sent(db, bench):
    an_item(db, "?", isbn="9786699999993", listing="draft")
    assert bench.scan("9786699999993").code == "returns_bench.unknown_code"


def test_a_used_copy_becomes_another_title_when_its_label_is_scanned(db, bench, dune):
    bench.scan(dune.label)
    bench.press("#grade:very_good")
    assert bench.press("#to:used").code == "returns_bench.label_it"
    into = bench.task["present"]["into"]
    assert (into["sku"], into["edition"]) == ("9780441013593-U-very_good", "Used: very good")
    assert units_at(db, "RETURNS", dune) == (1, 0)
    assert bench.scan(dune.label).code == "returns_bench.other_label"

    answer = bench.scan(make_label("item", into["item_id"]))

    assert answer.code == "returns_bench.to_used"
    used = Used(into["item_id"])
    assert (units_at(db, "RETURNS", dune), units_at(db, "RECEIVING", used)) == ((0, 0), (1, 0))
    assert [moves_of(db, dune)[-1], moves_of(db, used)[-1]] == [
        ("convert", 1, "RETURNS", "CONVERTED"), ("convert", 1, "CONVERTED", "RECEIVING")]
    bench.scan(dune.isbn)
    bench.press("#grade:very_good")
    bench.press("#to:used")
    assert bench.task["present"]["into"]["item_id"] == into["item_id"]
    assert broken_claims(db) == []


class Used:
    def __init__(self, item_id):
        self.id = item_id


def test_undo_goes_back_step_by_step_place_grade_scan(db, bench, dune):
    bench.scan(dune.label)
    bench.press("#grade:damaged")
    bench.press("#undo")
    assert (bench.task["step"], rows(db, Incident.id, Incident.state)[0][1]) == ("grade", "settled")
    bench.press("#grade:as_new")
    bench.press("#to:restock")

    codes = [bench.press("#undo").code for _ in range(4)]

    assert codes == ["returns_bench.undone_place", "returns_bench.undone_grade", "returns_bench.undone_scan",
                     "returns_bench.nothing_to_undo"]
    assert (units_at(db, "RETURNS", dune), units_at(db, "RECEIVING", dune)) == ((0, 0), (0, 0))
    assert rows(db, ReturnLine.id, ReturnLine.units_received, ReturnLine.units_accepted)[0][1:] == (0, 0)
    assert broken_claims(db) == []


@pytest.mark.parametrize("place", ["used", "quarantine", "scrap", "restock"])
def test_every_place_can_be_taken_back_while_the_copy_is_there(db, bench, dune, place):
    bench.take(dune, grade="very_good", place=place)
    if place == "used":
        bench.scan(make_label("item", bench.task["present"]["into"]["item_id"]))
    if place == "scrap":
        assert bench.task["step"] == "place"  # Its price is not known: a lead's.
        bench.press("#to:quarantine")
    bench.press("#undo")

    assert (bench.task["step"], units_at(db, "RETURNS", dune)) == ("place", (1, 0))
    assert broken_claims(db) == []


def test_the_same_scan_again_is_answered_the_same_and_a_stale_button_is_refused(db, bench, dune):
    first = bench.scan(dune.label, scan_id="11111111-1111-4111-8111-111111111111")
    stale = bench.task["step_id"]

    assert bench.scan(dune.label, scan_id="11111111-1111-4111-8111-111111111111") == first
    assert units_at(db, "RETURNS", dune) == (1, 0)
    bench.press("#grade:as_new")
    with pytest.raises(Conflict) as refused:
        bench.scan("#grade:damaged", step=stale)
    assert refused.value.code == "scan.stale_step"


def test_while_a_copy_is_in_hand_the_next_one_waits(bench, dune, emma):
    bench.scan(dune.label)
    assert bench.scan(emma.label).code == "returns_bench.not_now_grade"
    bench.press("#grade:as_new")
    assert bench.scan(emma.label).code == "returns_bench.not_now_place"


def test_copies_are_scanned_one_by_one(bench, dune):
    assert bench.scan(dune.label, units=2).code == "returns_bench.one_by_one"


def test_what_is_judged_is_not_unscanned_or_ungraded_any_more(db, actor, packer, sent, dune):
    bench = at_bench(db, packer, sent.number)
    bench.take(dune)
    bench.press("#close")
    db.write(returns_desk.approve, actor, bench.return_id, "In time")
    assert bench.press("#undo").code == "returns_bench.judged"

    bench.press("#to:restock")

    assert rows(db, OrderLine.position, OrderLine.units_returned) == [(1, 1), (2, 0)]
    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert broken_claims(db) == []


def test_a_copy_that_left_for_the_customer_again_is_not_taken_back_out_of_goods_in(db, bench, dune):
    bench.take(dune)
    bench.scan(dune.label)
    bench.press("#grade:acceptable")
    bench.press("#to:send_back")
    bench.press("#send_back")

    assert bench.press("#undo").code == "returns_bench.gone"
    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert broken_claims(db) == []


def test_the_wrong_title_that_we_sent_is_paid_like_the_one_that_was_ordered(db, actor, packer, sent, dune, walden):
    asked = db.write(returns.request, actor, sent.id, "return", "wrong_book_sent", [(sent.line_ids[0], 1, None)],
                     source="desk")
    bench = at_bench(db, packer, make_label("return", asked))
    for _ in range(2):
        bench.scan(walden.label)
    bench.press("#grade:as_new")
    assert bench.press("#close:missing").code == "returns_bench.closed"
    unit_id = bench.task["present"]["unit_id"]

    db.write(returns_desk.judge_unit, actor, unit_id, "accepted", "Picked from the shelf beside it")

    assert state_of(db, bench) == "settled"
    assert rows(db, ReturnLine.id, ReturnLine.order_line_id, ReturnLine.units_accepted) == [(1, sent.line_ids[0], 1)]
    assert rows(db, Refund.order_id, Refund.amount_minor) == [(sent.id, 2300)]
    assert rows(db, OrderLine.position, OrderLine.units_returned) == [(1, 1), (2, 0)]
    with db.read() as session:
        assert returns.open_units(session, sent.id) == {sent.line_ids[0]: 1, sent.line_ids[1]: 1}
    bench.press("#to:restock")
    assert (units_at(db, "RECEIVING", walden), units_at(db, "RECEIVING", dune)) == ((1, 0), (0, 0))
    assert broken_claims(db) == []


def test_a_wrong_title_that_a_lead_accepts_and_takes_back_is_only_itself_again(db, actor, bench, walden):
    for _ in range(2):
        bench.scan(walden.label)
    lead = ReturnBench(db, actor, bench.return_id)
    lead.press("#take_over")
    lead.press("#grade:as_new")
    lead.press("#accept:our_mistake")
    assert [line["received"] for line in lead.task["lines"]] == [1, 1]
    lead.press("#undo")
    assert (lead.task["step"], lead.task["lines"][0]["received"]) == ("grade", 0)
    lead.press("#undo")
    assert units_at(db, "RETURNS", walden) == (0, 0)
    assert broken_claims(db) == []


def test_the_isbn_goes_on_meaning_the_new_title_alone_once_it_is_sold_used_too(db, bench, dune):
    bench.scan(dune.label)
    bench.press("#grade:very_good")
    bench.press("#to:used")
    into = bench.task["present"]["into"]["item_id"]
    with db.read() as session:
        assert orders_import.items_of(session, {dune.isbn}) == {dune.isbn: (dune.id,)}
        assert codes.identify(session, dune.isbn).ids == (dune.id,)
        assert codes.identify(session, make_label("item", into)).ids == (into,)
