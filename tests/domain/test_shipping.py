"""Rules at the end of the bench and at the dock, without a database."""

from dataclasses import replace

import pytest

from warehouse.domain import shipping
from warehouse.domain.codes import INVALID, ITEM, PARCEL, UNKNOWN, Thing
from warehouse.domain.shipping import Box
from warehouse.errors import Conflict

BOX = Box(
    number="P0000007K", state="closed", order_number="O0000003A", order_state="packed", carrier_code="YTO",
    carrier="YTO Express", lane="2", tracking_pattern=r"YT\d{13}", tracking_number="", units=3, units_left=0,
    has_label=False, label_prints=0)
OURS = Thing(PARCEL, (7,), "P0000007K", "P0000007K")
LABELLED = replace(BOX, state="labelled", has_label=True, label_prints=1)


@pytest.mark.parametrize(("changed", "step"), [
    ({}, "label"), ({"has_label": True}, "print"), ({"has_label": True, "label_prints": 1}, "scan"),
    ({"has_label": True, "asks_tracking": True}, "tracking"), ({"state": "labelled"}, "done"),
    ({"state": "handed_over"}, "done"), ({"state": "open"}, "stop"), ({"order_state": "held"}, "stop"),
    ({"order_state": "cancelled", "state": "labelled"}, "stop"),
])
def test_what_is_asked_for_follows_from_what_is_done(changed, step):
    assert replace(BOX, **changed).step == step


@pytest.mark.parametrize(("changed", "code"), [
    ({"state": "open"}, "shipping.not_closed"), ({"state": "handed_over"}, "shipping.gone"),
    ({"units_left": 1}, "shipping.not_checked"), ({"units": 0}, "shipping.nothing_inside"),
    ({"order_state": "held"}, "shipping.order_held"), ({"order_state": "cancelled"}, "shipping.order_cancelled"),
])
def test_a_label_exists_only_for_a_closed_parcel_of_which_every_unit_was_checked(changed, code):
    assert shipping.refuse_label(BOX) is None
    assert shipping.refuse_label(replace(BOX, **changed)).code == code


@pytest.mark.parametrize(("box", "thing", "code", "sound"), [
    (replace(BOX, has_label=True), OURS, "shipping.label_right", "done"),
    (BOX, OURS, "shipping.no_label_yet", "warn"),
    (LABELLED, OURS, "shipping.label_on_already", "warn"),
    (LABELLED, Thing(PARCEL, (8,), "P0000008H"), "shipping.next_opened", "ok"),
    (BOX, Thing(PARCEL, (8,), "P0000008H"), "shipping.other_label", "error"),
    (BOX, Thing(ITEM, (1,), "Dune"), "shipping.scan_the_label", "warn"),
    (BOX, Thing(UNKNOWN, text="X1"), "shipping.unknown_label", "error"),
    (BOX, Thing(INVALID), "scan.unreadable", "warn"),
    (replace(BOX, order_state="held"), OURS, "shipping.order_held", "error"),
])
def test_only_the_parcels_own_label_proves_it(box, thing, code, sound):
    verdict = shipping.judge_label(box, thing, 7)
    assert (verdict.code, verdict.sound) == (code, sound)


@pytest.mark.parametrize(("text", "pattern", "code"), [
    ("YT7480126093315", r"YT\d{13}", "shipping.tracking_kept"),
    ("YT748012609331", r"YT\d{13}", "shipping.tracking_form"),
    ("XYT7480126093315", r"YT\d{13}", "shipping.tracking_form"),
    ("1Z999AA10123456784", "", "shipping.tracking_kept"), ("abc", "", "shipping.tracking_form"),
])
def test_a_tracking_number_fits_its_carriers_form_wholly(text, pattern, code):
    assert shipping.judge_tracking(replace(BOX, tracking_pattern=pattern), text, "").code == code


def test_a_tracking_number_is_kept_in_capitals_without_blanks_and_once():
    assert shipping.tracking_of(" yt 7480 1260\t93315") == "YT7480126093315"
    assert shipping.judge_tracking(BOX, "YT7480126093315", "P0000008H").code == "shipping.tracking_taken"


@pytest.mark.parametrize(("changed", "code"), [
    ({}, "shipping.handed_over"), ({"carrier_code": "SF"}, "shipping.wrong_carrier"),
    ({"state": "closed"}, "shipping.not_labelled"), ({"state": "open"}, "shipping.not_labelled"),
    ({"order_state": "held"}, "shipping.order_held"), ({"order_state": "cancelled"}, "shipping.order_cancelled"),
    ({"state": "handed_over", "manifest_id": 5}, "shipping.on_this_list"),
    ({"state": "handed_over", "manifest_id": 4}, "shipping.left_already"), ({"state": "void"}, "shipping.left_already"),
])
def test_only_a_labelled_parcel_of_this_carrier_gets_onto_the_truck(changed, code):
    verdict = shipping.judge_hand_over(replace(LABELLED, **changed), OURS, 5, "YTO", "YTO Express")
    assert verdict.code == code
    assert verdict.accepted is (code == "shipping.handed_over")


@pytest.mark.parametrize(("thing", "code"), [
    (Thing(UNKNOWN, text="X"), "shipping.unknown_parcel"), (Thing(INVALID), "scan.unreadable"),
    (Thing(ITEM, (1,), "Dune"), "shipping.scan_a_parcel"),
])
def test_what_is_no_parcel_is_refused_at_the_dock(thing, code):
    assert shipping.judge_hand_over(None, thing, 5, "YTO", "YTO Express").code == code


def test_a_closed_list_cannot_be_opened_again():
    assert shipping.MANIFEST_FLOW.step("open", "close") == "closed"
    with pytest.raises(Conflict):
        shipping.MANIFEST_FLOW.step("closed", "open")


def test_the_band_that_fits_is_the_larger_of_per_cent_and_grams():
    assert shipping.weight_band_g(1510, 5, 30) == (1434, 1586)
    assert shipping.weight_band_g(100, 5, 30) == (70, 130)
    assert shipping.weight_band_g(None, 5, 30) is None
