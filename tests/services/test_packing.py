"""An order on the bench by scans: every unit against its order; what is wrong counts nothing and stays loud."""

import json
import uuid

import pytest
from sqlalchemy import select, update

from tests.builders import (
    a_person,
    a_tote,
    an_item,
    an_order,
    as_actor,
    moves_of,
    order_state,
    stock_at,
    units_at,
)
from tests.statements import count_statements
from warehouse.domain.own_labels import make_label
from warehouse.domain.scans import ScanIn
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action, Scan
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.picking import PickRun, Tote
from warehouse.queries import packing as waiting
from warehouse.queries import prove
from warehouse.services import packing, packing_bench, packing_look, picking, picking_orders, waves
from warehouse.services.packing_draw import draw
from warehouse.services.scans import to_json

MOST_STATEMENTS = 13  # And one more for who is signed in.


class Bench:
    """One packer on one order."""

    def __init__(self, db, actor, order_id):
        self.db, self.actor, self.order_id = db, actor, order_id

    @property
    def task(self):
        with self.db.read() as session:
            return draw(packing_look.look(session, self.order_id), self.actor)

    def scan(self, raw, **more):
        scanned = ScanIn(more.pop("scan_id", str(uuid.uuid4())), raw, **more)
        return self.db.write(packing.scan, self.actor, self.order_id, scanned)

    def press(self, command, **more):
        return self.scan(command, step=self.task["step_id"], **more)


def pick_all(db, manager, picker, orders, totes):
    """Release the orders as one wave and pick every stop of every run."""
    wave = db.write(waves.open_wave, manager, manager.at)
    db.write(waves.release, manager, wave, [order.id for order in orders], grouping="together")
    walk(db, picker, totes)


def walk(db, picker, totes):
    """Pick what is planned, with the totes in turn."""
    totes = iter(totes)
    with db.read() as session:
        runs = list(session.execute(select(PickRun.id).where(PickRun.state == "planned")).scalars())
    for run_id in runs:
        db.write(picking_orders.start, picker, run_id)
        task = {"step": "bind", "stop": None}
        for _ in range(100):
            if task["step"] == "done":
                break
            raw = next(totes).label if task["step"] == "bind" else _next_code(task)
            scanned = ScanIn(str(uuid.uuid4()), raw, choice=task["stop"]["item_id"] if task["step"] == "item" else None)
            answer = db.write(picking.scan, picker, run_id, scanned)
            assert answer.outcome == "accepted", answer
            task = answer.task


def _next_code(task):
    stop = task["stop"]
    kind = {"shelf": "location", "item": "item", "tote": "tote"}[task["step"]]
    return make_label(kind, stop[f"{kind}_id"])


def at_bench(db, manager, picker, packer, lines, *, spare=0, **fields):
    """An order picked into tote T-01 and the packer who will pack it. `spare` more copies stay on the shelf."""
    for number, (item, units) in enumerate(lines.items(), start=1):
        stock_at(db, f"B-{number:02d}-1", item, units=units + spare)
    order = an_order(db, lines, **fields)
    tote = a_tote(db, "T-01")
    wave = db.write(waves.open_wave, manager, manager.at)
    db.write(waves.release, manager, wave, [order.id], grouping="by_order")
    walk(db, picker, [tote])
    return Bench(db, packer, order.id), order, tote


def rows(db, *columns):
    with db.read() as session:
        return [tuple(row) for row in session.execute(select(*columns))]


def line_counts(db):
    found = rows(db, OrderLine.position, OrderLine.units_wanted, OrderLine.units_reserved, OrderLine.units_short,
                 OrderLine.units_cancelled, OrderLine.units_picked, OrderLine.units_packed)
    return [counts for _, *counts in sorted(found)]


def proves(db):
    with db.read() as session:
        return [finding for finding in prove.look(session, prove.CHECKS) if not finding.holds]


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=500, length_mm=210, width_mm=140, height_mm=30)


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", weight_g=300, length_mm=198, width_mm=129, height_mm=25)


@pytest.fixture
def picked(db, actor, picker, packer, dune, emma):
    """Two copies of Dune and one Emma in tote T-01."""
    return at_bench(db, actor, picker, packer, {dune: 2, emma: 1})


# --- The right books -------------------------------------------------------------------------------------------------


def test_each_book_goes_from_tote_to_parcel_and_the_weight_closes_it(db, picked, dune, emma, packer):
    bench, order, tote = picked

    answer = bench.scan(dune.isbn)
    assert (answer.code, answer.sound, answer.task["step"]) == ("packing.packed", "ok", "scan")
    assert (order_state(db, order), rows(db, Tote.state)) == ("packing", [("at_bench",)])
    bench.scan(emma.isbn)
    answer = bench.scan(dune.isbn)
    assert (answer.code, answer.sound, answer.task["step"]) == ("packing.all_packed", "done", "weigh")
    parcel = answer.task["parcels"][0]
    answer = bench.press(f"#weight:{parcel['expected_weight_g'] + 20}")

    assert (answer.code, answer.go) == ("packing.order_done", f"/ship/{parcel['id']}")
    assert order_state(db, order) == "packed"
    assert rows(db, Parcel.state, Parcel.weight_g, Parcel.number) == [
        ("closed", parcel["expected_weight_g"] + 20, parcel["number"])]
    assert sorted(rows(db, ParcelLine.order_line_id, ParcelLine.units)) == [
        (order.line_ids[0], 2), (order.line_ids[1], 1)]
    assert units_at(db, parcel["number"], dune) == (2, 0)
    assert units_at(db, tote.place.id, dune) == (0, 0)
    assert rows(db, Tote.state, Tote.order_id, Tote.run_id) == [("free", None, None)]
    assert line_counts(db) == [[2, 2, 0, 0, 2, 2], [1, 1, 0, 0, 1, 1]]
    assert proves(db) == []


def test_the_order_s_tote_or_slip_starts_it_and_counts_nothing(db, picked):
    bench, order, tote = picked

    assert bench.task["step"] == "start"
    assert bench.scan(tote.label).code == "packing.tote_right"
    assert bench.scan(order.number).code == "packing.order_right"
    assert (order_state(db, order), bench.task["units_packed"]) == ("packing", 0)


def test_the_same_scan_id_gets_the_same_answer_byte_for_byte_and_counts_once(db, picked, dune):
    bench, _, tote = picked
    first = bench.scan(dune.isbn, scan_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")

    again = bench.scan(dune.isbn, scan_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")

    assert to_json(again) == to_json(first)
    assert json.loads(rows(db, Scan.answer)[-1][0]) == json.loads(to_json(first))
    assert units_at(db, tote.place.id, dune) == (1, 0)
    with pytest.raises(Invalid):
        bench.scan("9780141439587", scan_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")


def test_the_answer_drawn_before_the_write_is_what_the_database_then_says(db, picked, dune, emma):
    bench, _, _ = picked

    for raw in (dune.isbn, emma.isbn, dune.isbn):
        assert bench.scan(raw).task == bench.task


def test_a_unit_scan_costs_few_statements(db, picked, dune, emma):
    bench, _, _ = picked
    bench.scan(dune.isbn)

    with count_statements(db) as seen:
        bench.scan(emma.isbn)

    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)


def test_the_number_pad_counts_several_copies_at_once(db, picked, dune):
    bench, _, _ = picked

    assert bench.scan(dune.isbn, units=3).code == "packing.too_many"
    assert bench.scan(dune.isbn, units=2).task["units_packed"] == 2


# --- The wrong ones --------------------------------------------------------------------------------------------------


def test_a_wrong_book_raises_an_alarm_with_both_books_and_counts_nothing(db, picked, dune):
    bench, order, _ = picked
    messiah = an_item(db, "Dune Messiah", isbn="9780593098233", volume="2")

    answer = bench.scan(messiah.isbn)

    assert (answer.outcome, answer.code, answer.sound) == ("refused", "packing.wrong_item", "error")
    alarm = answer.task["alarm"]
    assert (alarm["got"]["title"], alarm["wanted"]["title"], alarm["difference"]) == ("Dune Messiah", "Dune", "volume")
    assert alarm["belongs"] is None
    assert moves_of(db, messiah) == []
    assert order_state(db, order) == "picked"


def test_the_alarm_stays_over_reload_and_other_wrong_scans_until_the_right_book(db, picked, dune):
    bench, _, _tote = picked
    other = an_item(db, "Persuasion", isbn="9780141439686")
    bench.scan(other.isbn)

    assert bench.task["alarm"]["got"]["title"] == "Persuasion"
    assert bench.scan("HELLO-1").task["alarm"]["got"]["title"] == "Persuasion"
    assert bench.scan(dune.isbn).task["alarm"] is None
    assert bench.task["alarm"] is None


def test_the_alarm_names_the_order_and_tote_that_want_the_book(db, actor, picker, packer, dune, emma):
    first, _, _ = at_bench(db, actor, picker, packer, {dune: 1})
    stock_at(db, "C-01-1", emma, units=2)
    other = an_order(db, {emma: 2})
    second_tote = a_tote(db, "T-02")
    pick_all(db, actor, picker, [other], [second_tote])

    alarm = first.scan(emma.isbn).task["alarm"]

    assert alarm["belongs"] == {"order_number": other.number, "order_id": other.id, "tote": "T-02"}


def test_a_wrong_book_that_lay_in_the_tote_is_the_pickers_mistake(db, picked, picker):
    bench, order, _ = picked
    other = an_item(db, "Persuasion", isbn="9780141439686")
    bench.scan(other.isbn)

    answer = bench.press("#put_aside")

    assert (answer.code, answer.task["alarm"]) == ("packing.put_aside", None)
    assert rows(db, Incident.kind, Incident.stage, Incident.blamed_id, Incident.item_id, Incident.order_id) == [
        ("wrong_item", "pack", picker.person_id, other.id, order.id)]
    assert bench.press("#put_aside").code == "packing.no_alarm"


def test_a_wrong_book_from_elsewhere_is_nobodys_mistake(db, picked):
    bench, _, _ = picked
    bench.scan(an_item(db, "Persuasion", isbn="9780141439686").isbn)

    assert bench.press("#not_from_tote").task["alarm"] is None
    assert rows(db, Incident.kind) == []


def test_an_extra_copy_an_unknown_code_and_a_damaged_read_count_nothing(db, picked, emma):
    bench, _, _ = picked
    bench.scan(emma.isbn)

    assert bench.scan(emma.isbn).code == "packing.too_many"
    assert bench.scan("HELLO-1").code == "packing.unknown_code"
    assert bench.scan("97804410135").code == "scan.unreadable"
    assert bench.task["units_packed"] == 1


def test_shelf_and_other_totes_and_slips_are_named(db, picked, dune):
    bench, _, _ = picked
    shelf = stock_at(db, "D-09-9", dune)
    other = an_order(db, {dune: 1})

    assert bench.scan(shelf.label).say == "That is a shelf D-09-9. Scan the book"
    assert bench.scan(a_tote(db, "T-77").label).code == "packing.other_tote"
    assert bench.scan(other.number).code == "packing.other_order"


@pytest.mark.parametrize(("state", "code"), [("cancelled", "order_cancelled"), ("held", "order_held")])
def test_a_cancelled_or_held_order_is_refused_by_name(db, picked, dune, state, code):
    bench, order, _ = picked
    db.write(lambda session: session.execute(update(Order).where(Order.id == order.id).values(state=state)))

    answer = bench.scan(dune.isbn)

    assert (answer.code, answer.sound) == (f"packing.{code}", "error")
    assert order.number in answer.say
    assert bench.task["step"] == "stop"


def test_another_packer_must_take_over(db, picked, dune, emma):
    bench, order, _ = picked
    bench.scan(dune.isbn)
    second = Bench(db, as_actor(a_person(db, "Li Na", "packer")), order.id)

    assert second.scan(emma.isbn).code == "packing.not_yours"
    assert second.press("#take_over").code == "packing.taken_over"
    assert second.scan(emma.isbn).code == "packing.packed"
    assert bench.scan(dune.isbn).code == "packing.not_yours"


# --- Codes that name several items, sets, codes that will not scan ---------------------------------------------------


@pytest.fixture
def twins(db):
    """A hardcover and a paperback with one ISBN."""
    return (an_item(db, "边城", isbn="9787020024759", sku="BC-P", binding="平装"),
            an_item(db, "边城", isbn="9787020024759", sku="BC-H", binding="精装"))


def test_two_items_with_one_code_are_chosen_between(db, actor, picker, packer, twins):
    bench, order, _ = at_bench(db, actor, picker, packer, dict.fromkeys(twins, 1))

    answer = bench.scan("9787020024759")
    assert (answer.outcome, [option["binding"] for option in answer.options]) == ("choose", ["平装", "精装"])
    answer = bench.scan("9787020024759", choice=twins[1].id)

    assert (answer.code, answer.facts["line"]) == ("packing.packed", order.line_ids[1])
    assert rows(db, Scan.choice)[-1] == (twins[1].id,)


def test_one_of_two_with_the_same_code_is_asked_once_and_the_wrong_choice_is_an_alarm(
    db, actor, picker, packer, twins
):
    bench, _, _ = at_bench(db, actor, picker, packer, {twins[0]: 2})

    assert len(bench.scan("9787020024759").options) == 2
    assert bench.scan("9787020024759", choice=twins[1].id).task["alarm"]["difference"] == "binding"
    assert bench.scan("9787020024759", choice=twins[0].id).code == "packing.packed"
    assert bench.scan("9787020024759").code == "packing.all_packed"


def test_a_set_is_confirmed_by_scanning_it_again(db, actor, picker, packer):
    trilogy = an_item(db, "三体全集", isbn="9787229042066", volumes=3, packing_class="set")
    bench, _, _ = at_bench(db, actor, picker, packer, {trilogy: 2})

    assert bench.scan(trilogy.isbn).code == "packing.confirm_set"
    assert bench.scan(trilogy.isbn).code == "packing.packed"
    assert bench.scan(trilogy.isbn).code == "packing.confirm_set"
    assert bench.scan(trilogy.isbn, choice=trilogy.id).code == "packing.all_packed"
    assert [care["name"] for care in bench.task["cares"]] == ["set"]


def test_a_code_that_will_not_scan_is_counted_by_its_digits_and_kept_as_an_override(db, picked):
    bench, order, _ = picked
    line = order.line_ids[1]

    assert bench.press(f"#last4:1234:{line}").code == "packing.wrong_last_four"
    assert bench.press(f"#last4:9587:{line}").code == "packing.packed_by_digits"
    assert bench.press(f"#last4:9587:{line}").code == "packing.line_complete"
    assert rows(db, Action.verb, Action.subject_id, Action.reason) == [
        *[row for row in rows(db, Action.verb, Action.subject_id, Action.reason) if row[0] != "override"],
        ("override", line, "unscannable")]
    assert ("unscannable", "pack") in rows(db, Incident.kind, Incident.stage)
    assert proves(db) == []


# --- Commands --------------------------------------------------------------------------------------------------------


def test_undo_takes_the_last_book_out_again(db, picked, dune, emma):
    bench, _, tote = picked
    bench.scan(dune.isbn)
    bench.scan(emma.isbn)

    assert bench.press("#undo").code == "packing.undone"
    assert units_at(db, tote.place.id, emma) == (1, 0)
    assert bench.press("#undo").task["units_packed"] == 0
    assert bench.press("#undo").code == "packing.nothing_to_undo"
    assert line_counts(db) == [[2, 2, 0, 0, 2, 0], [1, 1, 0, 0, 1, 0]]
    for raw in (dune.isbn, dune.isbn, emma.isbn):
        bench.scan(raw)
    assert bench.task["step"] == "weigh"
    assert proves(db) == []


def test_a_command_from_an_old_screen_or_without_name_is_refused(db, picked, dune):
    bench, _, _ = picked
    bench.scan(dune.isbn)
    old = bench.task["step_id"]
    bench.scan(dune.isbn)

    with pytest.raises(Conflict, match="stale_step"):
        bench.scan("#undo", step=old)
    with pytest.raises(Conflict, match="unknown_command"):
        bench.press("#dance")
    assert bench.task["units_packed"] == 2


def test_a_second_parcel_takes_what_is_scanned_after_it_and_both_are_weighed(db, picked, dune, emma):
    bench, order, _ = picked

    assert bench.press("#new_parcel").code == "packing.no_new_parcel"
    bench.scan(dune.isbn)
    bench.scan(dune.isbn)
    assert bench.press("#new_parcel").facts["position"] == 2
    answer = bench.scan(emma.isbn)
    first, second = answer.task["parcels"]
    assert (first["units"], second["units"]) == (2, 1)
    answer = bench.press(f"#weight:{first['expected_weight_g']}")
    assert (answer.code, answer.go) == ("packing.parcel_closed", None)
    answer = bench.press(f"#weight:{second['expected_weight_g']}")

    assert (answer.code, answer.go) == ("packing.order_done", f"/ship/{first['id']}")
    assert order_state(db, order) == "packed"
    assert proves(db) == []


def test_another_carton_changes_the_expected_weight(db, picked, dune):
    bench, _, _ = picked
    box = next(each for each in bench.task["cartons"] if each["code"] == "BOX-2")

    answer = bench.press(f"#carton:{box['id']}")

    assert (answer.code, answer.task["box"]["code"]) == ("packing.carton_chosen", "BOX-2")
    assert answer.task["parcels"][0]["expected_weight_g"] == 2 * 500 + 300 + 380
    assert bench.press("#carton:999").code == "packing.no_such_carton"


def test_a_remark_is_read_before_the_box_is_closed(db, actor, picker, packer, emma):
    bench, _, _ = at_bench(db, actor, picker, packer, {emma: 1}, gift_note="生日快乐", must_acknowledge=True)
    bench.scan(emma.isbn)

    assert bench.task["step"] == "read"
    assert bench.press("#weight:320").code == "packing.read_first"
    assert bench.press("#ack").task["step"] == "weigh"
    assert rows(db, Order.acknowledged_by) == [(packer.person_id,)]
    assert bench.press("#weight:320").code == "packing.order_done"


def test_the_box_is_not_closed_while_books_are_missing(db, picked, dune):
    bench, order, _ = picked
    bench.scan(dune.isbn)

    assert bench.press("#close").facts == {"n": 2}
    assert bench.press("#weight:1000").code == "packing.more_to_pack"
    assert order_state(db, order) == "packing"


@pytest.mark.parametrize("text", ["", "0", "-5", "1.5", "１５", "100000", "abc"])
def test_a_weight_that_is_none_is_refused(db, actor, picker, packer, emma, text):
    bench, _, _ = at_bench(db, actor, picker, packer, {emma: 1})
    bench.scan(emma.isbn)

    assert bench.press(f"#weight:{text}").code == "packing.weight_wrong"


def test_a_weight_off_the_expected_one_is_refused_until_it_is_overridden(db, actor, picker, packer, emma):
    bench, _order, _ = at_bench(db, actor, picker, packer, {emma: 1})
    bench.scan(emma.isbn)

    answer = bench.press("#weight:620")
    assert (answer.code, answer.facts) == ("packing.weight_off", {"weight": 620, "expected": 318})
    assert bench.press("#weight:620").code == "packing.weight_off"
    assert bench.press("#weight_override:620:whim").code == "packing.reason_wanted"
    assert bench.press("#weight_override:620:packaging").code == "packing.order_done"
    assert ("override", "packaging", {"weight_g": 620, "expected_g": 318}) in rows(
        db, Action.verb, Action.reason, Action.facts)


def test_an_unknown_item_weight_means_no_check_and_says_so(db, actor, picker, packer):
    book = an_item(db, "Persuasion", isbn="9780141439686")
    bench, _, _ = at_bench(db, actor, picker, packer, {book: 1})
    bench.scan(book.isbn)

    assert bench.press("#weight:777").code == "packing.order_done_unweighed"


# --- Damaged and missing ---------------------------------------------------------------------------------------------


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


# --- A closed parcel opened again ------------------------------------------------------------------------------------


def test_a_closed_parcel_is_opened_again_and_a_book_taken_out(db, picked, dune, emma, packer):
    bench, order, tote = picked
    for raw in (dune.isbn, dune.isbn, emma.isbn):
        answer = bench.scan(raw)
    parcel = answer.task["parcels"][0]
    bench.press(f"#weight:{parcel['expected_weight_g']}")

    assert db.write(packing.reopen, packer, parcel["id"], reason="wrong box") == order.id
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
        db.write(packing.reopen, packer, 999)


# --- The bench -------------------------------------------------------------------------------------------------------


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
