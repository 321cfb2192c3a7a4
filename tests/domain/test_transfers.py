"""How each scan of put-away, moving and replenishing is judged, without a database."""

from dataclasses import replace

from warehouse.domain.codes import Thing
from warehouse.domain.transfers import (
    Bringing,
    Hand,
    Lying,
    Spot,
    Target,
    judge_item,
    judge_other,
    judge_source,
    judge_target,
    reason_of,
)

RECEIVING, SHELF, OTHER = Spot(1, "RECEIVING", "staging"), Spot(2, "A-01-1", "shelf"), Spot(3, "B-01-1", "shelf")
QUARANTINE = Spot(4, "QUARANTINE", "quarantine")
TASK = Bringing(7, 5, "Dune", OTHER.id, OTHER.code, 4)
EMPTY, HELD = Hand(source=SHELF), Hand(source=SHELF, item_id=5, title="Dune", units=2)
DUNE = Lying(5, "Dune", "good", free=3)


def test_what_is_asked_for_follows_from_what_is_in_hand():
    assert [hand.step for hand in (Hand(), EMPTY, HELD)] == ["start", "item", "shelf"]


def test_the_move_says_why_it_was_made():
    assert reason_of(HELD) == "transfer"
    assert reason_of(replace(HELD, source=RECEIVING)) == "put_away"
    assert reason_of(replace(HELD, task=TASK)) == "replenish"


def test_a_task_holds_to_its_source_its_book_its_units_and_its_target():
    at_work = replace(EMPTY, task=TASK)

    assert judge_source(at_work, OTHER).code == "transfers.wrong_source"
    assert judge_source(at_work, SHELF).code == "transfers.at_source"
    assert judge_item(at_work, replace(DUNE, item_id=6), 1).code == "transfers.wrong_item"
    assert judge_item(at_work, replace(DUNE, free=9), 5).code == "transfers.more_than_asked"
    elsewhere = Target(Spot(9, "C-01-1", "shelf"))
    assert judge_target(replace(HELD, task=TASK), elsewhere, free=2).facts["wanted"] == "B-01-1"


def test_the_last_units_of_a_task_sound_different():
    part, rest = replace(HELD, task=TASK), replace(HELD, units=4, task=TASK)

    assert [judge_target(hand, Target(OTHER), free=4).code for hand in (part, rest)] == [
        "transfers.put", "transfers.replenished"]


def test_why_copies_cannot_be_taken_is_told_most_telling_first():
    assert judge_item(EMPTY, replace(DUNE, free=0, promised=2, elsewhere=1), 1).code == "transfers.promised"
    assert judge_item(EMPTY, replace(DUNE, free=0, elsewhere=1), 1).code == "transfers.in_other_hands"
    assert judge_item(EMPTY, replace(DUNE, free=0), 1).code == "transfers.not_here"
    assert judge_item(EMPTY, DUNE, 4).facts["n"] == 1
    assert judge_item(HELD, DUNE, 1).facts["n"] == 3


def test_damaged_copies_go_to_quarantine_and_nowhere_else():
    damaged = replace(HELD, condition="damaged")

    assert judge_target(damaged, Target(OTHER), free=2).code == "transfers.damaged_to_shelf"
    assert judge_target(damaged, Target(QUARANTINE), free=2).accepted
    assert judge_target(HELD, Target(QUARANTINE), free=2).code == "transfers.not_a_shelf"


def test_each_warning_is_confirmed_by_the_next_scan_of_that_shelf():
    full = Target(OTHER, alike="Dune Messiah", most_units=10)

    assert judge_target(HELD, full, free=2).code == "transfers.full"
    assert judge_target(HELD, replace(full, warned="transfers.full"), free=2).code == "transfers.look_alike"
    assert judge_target(HELD, replace(full, warned="transfers.look_alike"), free=2).accepted


def test_other_codes_are_named():
    assert judge_other(Hand(), Thing("invalid")).code == "scan.unreadable"
    assert judge_other(Hand(), Thing("unknown", text="X")).code == "transfers.unknown_code"
    assert [judge_other(hand, Thing("parcel", (1,))).code for hand in (Hand(), EMPTY, HELD)] == [
        "transfers.scan_start", "transfers.scan_item", "transfers.scan_shelf"]
