"""Books are put away and moved by scan alone: what is in hand, where it may go, and what the ledger says of it."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import a_person, a_place, a_shelf, a_tote, an_item, an_order, as_actor, moves_of, stock_at, units_at
from tests.floor import Picker, a_scan, broken_claims, release
from tests.transfers_builders import Carrier, a_home, as_draft, hands, received
from warehouse.errors import Conflict
from warehouse.services import transfers


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587")


@pytest.fixture
def shelf(db):
    return a_shelf(db, "B-07-3")


@pytest.fixture
def carrier(db, picker):
    return Carrier(db, picker)


# --- Put away --------------------------------------------------------------------------------------------------------


def test_a_received_book_goes_to_its_shelf_and_is_for_sale_from_then_on(db, carrier, dune, shelf):
    received(db, dune, 3)
    carrier.scan(dune.isbn)
    taken = carrier.scan(dune.isbn)

    assert (taken.code, taken.facts["n"], taken.task["step"]) == ("transfers.taken", 2, "shelf")
    assert units_at(db, "RECEIVING", dune) == (3, 0)

    put = carrier.scan(shelf.label)

    assert (put.code, put.sound, put.task["step"]) == ("transfers.put", "ok", "start")
    assert (units_at(db, shelf, dune), units_at(db, "RECEIVING", dune)) == ((2, 0), (1, 0))
    assert moves_of(db, dune)[-1] == ("put_away", 2, "RECEIVING", "B-07-3")
    assert put.task["units_waiting"] == 1
    assert broken_claims(db) == []


def test_the_label_of_goods_in_may_be_scanned_first(db, carrier, dune, shelf):
    receiving = received(db, dune)

    assert carrier.codes(receiving.label, dune.isbn, shelf.label) == ["transfers.source", "transfers.taken",
                                                                      "transfers.put"]


def test_several_by_the_number_pad_and_all_by_one_press_but_never_more_than_came_in(db, carrier, dune):
    received(db, dune, 5)

    assert carrier.scan(dune.isbn, units=6).code == "transfers.too_many"
    assert carrier.scan(dune.isbn, units=2).facts["n"] == 2
    assert carrier.task["more"] == 3
    assert carrier.press("#all").facts["n"] == 5
    assert carrier.scan(dune.isbn).code == "transfers.too_many"


def test_two_people_never_hold_the_same_copy(db, carrier, dune, packer):
    other = Carrier(db, packer)
    received(db, dune, 3)
    carrier.scan(dune.isbn, units=2)

    refused = other.scan(dune.isbn, units=2)

    assert (refused.code, refused.facts) == ("transfers.in_other_hands", {"n": 2, "free": 1})
    assert other.scan(dune.isbn).outcome == "accepted"


def test_a_draft_waits_for_its_title(db, carrier, dune):
    received(db, dune)
    as_draft(db, dune)

    assert carrier.scan(dune.isbn).code == "transfers.draft"
    assert carrier.task["step"] == "start"


def test_a_book_that_did_not_come_in_is_told_how_it_is_moved(db, carrier, dune, shelf):
    stock_at(db, shelf, dune)

    assert carrier.scan(dune.isbn).code == "transfers.not_in_receiving"


def test_the_screen_suggests_the_fixed_shelf_and_another_one_is_taken_as_well(db, carrier, dune, shelf):
    a_home(db, dune, a_shelf(db, "A-01-1"))
    received(db, dune)
    answer = carrier.scan(dune.isbn)

    assert [(one["code"], one["reason"]) for one in answer.task["suggestions"]] == [
        ("A-01-1", "home"), ("B-07-3", "empty_near")]
    assert "A-01-1" in answer.task["cue"]
    assert carrier.scan(shelf.label).code == "transfers.put"


def test_a_look_alike_on_the_shelf_warns_and_a_second_scan_confirms(db, carrier, dune):
    messiah = an_item(db, "Dune Messiah", isbn="9780441172696")
    one, other = stock_at(db, "C-01-1", messiah), stock_at(db, "C-09-1", messiah)
    received(db, dune)
    carrier.scan(dune.isbn)

    assert carrier.scan(one.label).facts["title"] == "Dune Messiah"
    assert carrier.codes(other.label, other.label) == ["transfers.look_alike", "transfers.put"]


def test_a_full_shelf_warns_before_its_look_alike_does(db, carrier, dune):
    small = a_shelf(db, "C-01-1", max_units=2)
    stock_at(db, small, an_item(db, "Dune Messiah", isbn="9780441172696"), 2)
    received(db, dune)
    carrier.scan(dune.isbn)

    assert carrier.codes(small.label, small.label, small.label) == [
        "transfers.full", "transfers.look_alike", "transfers.put"]


def test_a_place_that_is_no_shelf_is_refused(db, carrier, dune):
    received(db, dune)
    carrier.scan(dune.isbn)

    assert carrier.codes(a_place(db, "QUARANTINE").label, a_place(db, "CUSTOMER").label, a_tote(db, "T-01").label,
                         a_place(db, "RECEIVING").label) == [*["transfers.not_a_shelf"] * 3, "transfers.same_place"]


def test_another_book_waits_until_the_first_is_on_its_shelf(db, carrier, dune, emma):
    received(db, dune)
    received(db, emma)
    carrier.scan(dune.isbn)

    assert carrier.scan(emma.isbn).code == "transfers.other_in_hand"


def test_a_code_of_two_titles_in_goods_in_asks_which_one(db, carrier, shelf):
    upper = an_item(db, "红楼梦 上", isbn="9787020002207", sku="HLM-1", volume="上")
    lower = an_item(db, "红楼梦 下", isbn="9787020002207", sku="HLM-2", volume="下")
    received(db, upper)
    received(db, lower)

    asked = carrier.scan("9787020002207")
    chosen = carrier.scan("9787020002207", choice=lower.id)

    assert (asked.outcome, len(asked.options)) == ("choose", 2)
    assert (chosen.code, chosen.task["book"]["title"]) == ("transfers.taken", "红楼梦 下")


def test_other_codes_are_named_and_refused(db, carrier, dune):
    received(db, dune)
    assert carrier.codes("9780441013594", "4006381333931", "O0000000010") == [
        "scan.unreadable", "transfers.unknown_code", "scan.unreadable"]
    order = an_order(db, {dune: 1})
    assert carrier.scan(order.number).code == "transfers.scan_start"
    carrier.scan(dune.isbn)
    assert carrier.scan(order.number).code == "transfers.scan_shelf"


# --- The contract of a scan ------------------------------------------------------------------------------------------


def test_a_repeated_scan_gets_the_same_answer_and_changes_nothing(db, carrier, picker, dune, shelf):
    received(db, dune, 2)
    first, second = a_scan(dune.isbn, scan_id=str(uuid.uuid4())), a_scan(shelf.label, scan_id=str(uuid.uuid4()))
    answers = [db.write(transfers.scan, picker, scanned) for scanned in (first, second)]

    assert [db.write(transfers.scan, picker, scanned) for scanned in (first, second)] == answers
    assert units_at(db, shelf, dune) == (1, 0)


def test_a_button_of_an_old_screen_is_refused_and_an_unknown_one_too(db, carrier, dune):
    received(db, dune, 2)
    old = carrier.task["step_id"]
    carrier.scan(dune.isbn)

    for raw in ("#all", "#fly", "#condition:wet"):
        with pytest.raises(Conflict):
            carrier.scan(raw, step=carrier.task["step_id"] if raw == "#condition:wet" else old)


def test_undo_puts_back_what_is_in_hand_and_then_takes_back_the_last_shelf(db, carrier, dune, shelf):
    received(db, dune, 2)
    carrier.scan(dune.isbn)
    assert carrier.press("#undo").code == "transfers.back_at_source"
    assert carrier.press("#undo").code == "transfers.nothing_to_undo"
    carrier.scan(dune.isbn, units=2)
    carrier.scan(shelf.label)

    undone = carrier.press("#undo")

    assert (undone.code, undone.task["units"], undone.task["step"]) == ("transfers.undone", 2, "shelf")
    assert (units_at(db, shelf, dune), units_at(db, "RECEIVING", dune)) == ((0, 0), (2, 0))
    assert carrier.scan(shelf.label).code == "transfers.put"
    assert broken_claims(db) == []


def test_what_an_order_was_promised_meanwhile_is_not_undone(db, actor, carrier, dune, shelf):
    received(db, dune)
    carrier.codes(dune.isbn, shelf.label)
    release(db, actor, an_order(db, {dune: 1}))

    assert carrier.press("#undo").code == "transfers.reserved_meanwhile"


# --- Move ------------------------------------------------------------------------------------------------------------


def test_from_shelf_to_shelf_and_the_source_stays_for_the_next_book(db, carrier, dune, emma, shelf):
    source = stock_at(db, "A-01-1", dune, 3)
    stock_at(db, source, emma)

    assert carrier.codes(source.label, dune.isbn, shelf.label) == ["transfers.source", "transfers.taken",
                                                                   "transfers.put"]
    assert moves_of(db, dune)[-1] == ("transfer", 1, "A-01-1", "B-07-3")
    assert carrier.task["source"]["code"] == "A-01-1"
    assert carrier.scan(emma.isbn).code == "transfers.taken"
    carrier.scan(shelf.label)
    assert carrier.press("#leave").task["step"] == "start"
    assert hands(db) == 0


def test_units_promised_to_orders_stay_on_the_shelf(db, actor, carrier, dune, shelf):
    source = stock_at(db, "A-01-1", dune, 5)
    release(db, actor, an_order(db, {dune: 3}))
    carrier.scan(source.label)

    refused = carrier.scan(dune.isbn, units=3)

    assert (refused.code, refused.facts["n"], refused.facts["free"]) == ("transfers.promised", 3, 2)
    assert carrier.scan(dune.isbn, units=2).outcome == "accepted"
    assert carrier.scan(shelf.label).code == "transfers.put"
    assert units_at(db, source, dune) == (3, 3)


def test_what_is_promised_while_it_is_in_hand_is_answered_not_moved(db, actor, carrier, dune, shelf):
    source = stock_at(db, "A-01-1", dune, 3)
    carrier.scan(source.label)
    carrier.scan(dune.isbn, units=3)
    release(db, actor, an_order(db, {dune: 2}))

    refused = carrier.scan(shelf.label)

    assert (refused.code, refused.facts["n"]) == ("transfers.promised_meanwhile", 2)
    assert units_at(db, source, dune) == (3, 2)


def test_a_tote_gives_only_what_no_order_claims(db, actor, picker, packer, dune, shelf):
    stock_at(db, shelf, dune, 5)
    tote = a_tote(db, "T-01")
    run, = release(db, actor, an_order(db, {dune: 2}))
    Picker(db, picker, run, totes=[tote]).go_on()
    stock_at(db, a_place(db, "T-01"), dune, 1)
    carrier = Carrier(db, packer)
    carrier.scan(tote.label)

    assert carrier.scan(dune.isbn, units=2).code == "transfers.promised"
    assert carrier.codes(dune.isbn, shelf.label) == ["transfers.taken", "transfers.put"]
    assert units_at(db, tote.place.id, dune) == (2, 0)


def test_nothing_is_taken_from_a_place_outside_nor_what_is_not_there(db, carrier, dune, shelf):
    received(db, dune)

    assert carrier.codes(a_place(db, "CUSTOMER").label, shelf.label, dune.isbn) == [
        "transfers.not_a_source", "transfers.source", "transfers.not_here"]
    assert carrier.scan(a_place(db, "RECEIVING").label).code == "transfers.source"


# --- Many people -----------------------------------------------------------------------------------------------------


def test_each_person_has_hands_of_their_own(db, carrier, dune, shelf):
    received(db, dune, 2)
    other = Carrier(db, as_actor(a_person(db, "Zhou Min", "packer")))
    carrier.scan(dune.isbn)

    assert other.task["step"] == "start"
    assert other.codes(dune.isbn, shelf.label) == ["transfers.taken", "transfers.put"]
    assert carrier.task["units"] == 1


def test_of_eight_people_who_reach_for_three_copies_at_once_three_get_one(db, dune):
    received(db, dune, 3)
    people = [Carrier(db, as_actor(a_person(db, f"Person {number}"))) for number in range(8)]

    with ThreadPoolExecutor(8) as floor:
        answers = list(floor.map(lambda person: person.scan(dune.isbn), people))

    assert Counter(answer.code for answer in answers) == {"transfers.taken": 3, "transfers.in_other_hands": 5}
    assert hands(db) == 3
