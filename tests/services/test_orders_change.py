"""Every change at every stage before an order leaves: it ends with what the customer wants in its parcels, everything
else back on a shelf by scan, and books that prove."""

import pytest
from sqlalchemy import func, select

from tests.builders import order_state, units_at
from tests.floor import broken_claims, counters
from tests.stages import STAGES, another_order, at_stage, hold
from warehouse.domain.returns import Paid
from warehouse.errors import Conflict, Invalid
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.shipping import Manifest
from warehouse.models.stock import PutBack
from warehouse.queries import papers
from warehouse.services import cancellation, orders_change, orders_merge, orders_split, refunds_paid, shipping_look

WHY = "Asked by phone"


def fewer(under):
    under.db.write(orders_change.change_units, under.desk, under.line(), 1, WHY)
    return {"dune": 1, "emma": 1}


def none_of_a_line(under):
    under.db.write(orders_change.change_units, under.desk, under.line(), 0, WHY)
    return {"emma": 1}


def more(under):
    under.db.write(orders_change.change_units, under.desk, under.line(), 5, WHY)
    return {"dune": 5, "emma": 1}


def one_title_more(under):
    under.db.write(orders_change.add_line, under.desk, under.order.id, under.walden.id, 2, WHY)
    return {"dune": 3, "emma": 1, "walden": 2}


def another_title(under):
    under.db.write(orders_change.choose_item, under.desk, under.line(1), under.walden.id, WHY)
    return {"dune": 3, "walden": 1}


def units_cancelled(under):
    under.db.write(orders_change.cancel_units, under.desk, under.line(), 2, WHY)
    return {"dune": 1, "emma": 1}


def another_address(under):
    under.db.write(orders_change.mend_address, under.desk, under.order.id, {"street": "文三路 20 号"}, WHY)
    return {"dune": 3, "emma": 1}


def stopped(under):
    hold(under)
    assert under.state == "held"
    return {"dune": 3, "emma": 1}


def split(under):
    under.db.write(orders_split.split, under.desk, under.order.id, {under.line(): 2}, WHY)
    return {"dune": 1, "emma": 1}


def merged(under):
    other = another_order(under, {under.walden: 1})
    under.db.write(orders_merge.merge, under.desk, under.order.id, other.id, WHY)
    return {"dune": 3, "emma": 1, "walden": 1}


CHANGES = (fewer, none_of_a_line, more, one_title_more, another_title, units_cancelled, another_address, stopped, split,
           merged)


@pytest.fixture
def at(db, actor, picker, packer):
    return lambda stage, **fields: at_stage(db, actor, picker, packer, stage, **fields)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_at_every_stage_ends_as_the_customer_wants(db, at, stage, change):
    under = at(stage)
    if change is split and stage == "held":
        with pytest.raises(Conflict, match="held_go_on_first"):
            change(under)
        return

    wanted = change(under)

    assert broken_claims(db) == []
    under.go_on()
    assert under.sent() == wanted
    assert broken_claims(db) == []
    assert under.rest() == []


@pytest.mark.parametrize("stage", STAGES)
def test_an_order_is_cancelled_at_every_stage_also_after_a_change(db, at, stage):
    under = at(stage)
    fewer(under)
    under.db.write(cancellation.cancel_order, under.desk, under.order.id, WHY)

    under.put_all_back()

    on_shelves = [units_at(db, place, under.dune)[0] for place in ("A-01-1", "D-04-1")]
    assert (sum(on_shelves), order_state(db, under.order)) == (8, "cancelled")
    assert broken_claims(db) == []
    assert under.rest() == []


# --- What each change does at once -----------------------------------------------------------------------------------


def notes(db, order, why=None):
    with db.read() as session:
        rows = session.execute(select(Message.why).where(Message.order_id == order.id).order_by(Message.id)).scalars()
        return [row for row in rows if why in (None, row)]


def waiting(db):
    with db.read() as session:
        return session.execute(select(func.sum(PutBack.units - PutBack.units_done))).scalar() or 0


def test_shelves_are_let_go_at_once_and_the_picker_is_not_sent_there(db, at):
    under = at("picking")
    assert units_at(db, "A-01-1", under.dune) == (6, 1)

    under.db.write(orders_change.change_units, under.desk, under.line(), 2, WHY)

    assert units_at(db, "A-01-1", under.dune) == (6, 0)
    assert under.walk.task["stop"]["title"] == "Emma"
    assert (under.walk.task["units_due"], waiting(db)) == (3, 0)


def test_a_walk_with_nothing_left_for_its_only_order_ends(db, at):
    under = at("picking")
    under.db.write(orders_change.cancel_units, under.desk, under.line(1), 1, WHY)
    under.db.write(orders_change.change_units, under.desk, under.line(), 2, WHY)
    assert (under.walk.task["step"], under.state) == ("done", "picked")


def test_more_of_a_released_order_is_fetched_on_its_own_walk(db, at):
    under = at("picking")
    more(under)
    assert [stop["title"] for stop in under.walk.task["ahead"]] == ["Emma", "Dune"]
    assert (under.state, units_at(db, "A-01-1", under.dune)) == ("picking", (6, 3))


def test_more_than_the_shelves_have_is_refused_with_the_way_out_and_nothing_changes(db, at):
    under = at("packed")
    with pytest.raises(Conflict, match="not_enough_free"):
        under.db.write(orders_change.change_units, under.desk, under.line(), 9, WHY)
    assert (under.state, counters(db, under.order)[0]) == ("packed", (3, 3, 0, 0, 3, 3))


def test_the_last_units_are_not_taken_out_but_the_order_cancelled(db, at):
    under = at("picked")
    none_of_a_line(under)
    with pytest.raises(Invalid, match="last_line"):
        under.db.write(orders_change.cancel_units, under.desk, under.line(1), 1, WHY)
    assert under.state == "picked"


def test_what_the_customer_ordered_is_kept_beside_what_they_get(db, at):
    under = at("picked")
    fewer(under)
    under.db.write(orders_change.change_units, under.desk, under.line(), 2, WHY)
    another_title(under)
    another_address(under)
    with db.read() as session:
        rows = session.execute(
            select(OrderLine.units_wanted, OrderLine.units_original, OrderLine.item_original_id)
            .where(OrderLine.order_id == under.order.id).order_by(OrderLine.position)).all()
        order = session.get(Order, under.order.id)
        first = session.info["vault"].unseal(order.recipient_original, f"order:shop:{under.order.source_number}")
    assert [tuple(row) for row in rows] == [(2, 3, None), (0, 1, None), (1, None, under.emma.id)]
    assert first["street"] == "文三路桂花弄 18 号 2 幢 301 室"


def test_the_packer_is_told_takes_the_copies_out_by_scan_and_reads_why_before_the_box_is_closed(db, at):
    under = at("packing")
    assert under.bench().bench.units_packed == 3
    fewer(under)

    now = under.bench()
    assert (now.bench.step, now.bench.units_out, now.order.changed, now.must_read) == ("out", 2, WHY, True)
    for left in (1, 0):
        answer = under.at_bench(under.dune.isbn)
        assert (answer.code, answer.facts["n"]) == ("packing.taken_out", left)
    assert units_at(db, "T-01", under.dune) == (2, 0)
    assert waiting(db) == 2
    under.go_on()
    assert under.sent() == {"dune": 1, "emma": 1}


def test_copies_in_a_closed_box_open_it_void_its_label_and_free_it_for_any_packer(db, at):
    under = at("labelled")
    fewer(under)
    with db.read() as session:
        parcel = session.execute(select(Parcel)).scalar_one()
        order = session.get(Order, under.order.id)
    assert (parcel.state, parcel.label_made_at, parcel.tracking_number) == ("open", None, None)
    assert (order.state, order.packer_id) == ("packing", None)


def test_another_address_voids_a_printed_label_and_opens_a_box_that_bears_one(db, at):
    under = at("packed")
    another_address(under)
    with db.read() as session:
        parcel = session.execute(select(Parcel)).scalar_one()
    assert (parcel.state, parcel.label_made_at, under.state) == ("closed", None, "packed")


def test_another_address_opens_a_box_that_bears_its_label(db, at):
    under = at("labelled")
    another_address(under)
    assert under.state == "packing"


@pytest.mark.parametrize("change", [fewer, more, another_address, stopped, merged, split])
def test_a_parcel_on_a_drivers_list_is_taken_back_first(db, at, change):
    under = at("labelled")
    set_parcel(under, state="handed_over", manifest_id=a_list(under))

    with pytest.raises(Conflict, match="parcel_on_list"):
        change(under)
    assert under.state == "packed"
    set_parcel(under, state="labelled", manifest_id=None)


def a_list(under):
    return under.db.write(lambda session: session.execute(
        Manifest.__table__.insert().returning(Manifest.id),
        {"carrier_code": "SF", "state": "open", "opened_at": under.desk.at, "opened_by": under.desk.person_id,
         "driver_name": ""}).scalar_one())


def set_parcel(under, **values):
    under.db.write(lambda session: session.execute(Parcel.__table__.update().values(**values)))


@pytest.mark.parametrize("change", [fewer, another_address, stopped, split, one_title_more, another_title])
@pytest.mark.parametrize("state", ["dispatched", "cancelled"])
def test_what_left_or_was_called_off_is_refused_by_name(db, actor, picker, packer, change, state):
    under = at_stage(db, actor, picker, packer, "confirmed")
    under.db.write(lambda session: session.execute(
        Order.__table__.update().where(Order.id == under.order.id).values(state=state)))
    with pytest.raises(Conflict, match="left_the_house" if state == "dispatched" else "is_cancelled"):
        change(under)


def test_each_change_is_kept_with_its_reason_and_the_customer_hears_of_it(db, at):
    under = at("picked")
    fewer(under)
    units_cancelled_again = under.db.write(orders_change.cancel_units, under.desk, under.line(1), 1, "out of print")
    with db.read() as session:
        acts = session.execute(select(Action.verb, Action.reason).where(
            Action.subject == "order", Action.verb.in_(("change_units", "cancel_units"))).order_by(Action.id)).all()
    assert [tuple(act) for act in acts] == [("change_units", WHY), ("cancel_units", "out of print")]
    assert (notes(db, under.order), units_cancelled_again) == (["changed", "line_cancelled"], 1)


# --- Words and other hands -------------------------------------------------------------------------------------------


def test_a_word_for_the_floor_stands_at_the_bench_and_is_read_before_the_box_is_closed(db, at):
    under = at("packing")
    assert not under.bench().must_read
    under.db.write(orders_change.add_remark, under.desk, under.order.id, "Wrap each one", is_important=True)
    now = under.bench()
    assert (now.must_read, now.order.staff_remark) == (True, "Wrap each one")
    with pytest.raises(Invalid, match="remark_empty"):
        under.db.write(orders_change.add_remark, under.desk, under.order.id, " ", is_important=False)


def test_two_people_change_the_same_order_one_after_the_other(db, at):
    under = at("picked")
    none_of_a_line(under)
    with pytest.raises(Invalid, match="nothing_changed"):
        none_of_a_line(under)
    assert waiting(db) == 3


def test_the_ship_screen_says_why_a_printed_label_is_void_until_the_box_is_closed_anew(db, at):
    under = at("packed")
    with db.read() as session:
        parcel = session.execute(select(Parcel.id)).scalar_one()
        assert shipping_look.draw(shipping_look.look(session, parcel, "en"), under.packer)["changed"] == ""
    another_address(under)
    with db.read() as session:
        task = shipping_look.draw(shipping_look.look(session, parcel, "en"), under.packer)
    assert (task["changed"], task["step"], task["label_prints"]) == (WHY, "label", 0)


def test_cash_on_delivery_follows_what_is_sent_and_its_label_is_made_anew(db, at):
    under = at("packed", payment="cod", cod_minor=9200)
    fewer(under)
    with db.read() as session:
        order = session.get(Order, under.order.id)
        assert (order.cod_minor, order.total_minor) == (4600, 4600)
    under.go_on()
    under.db.write(orders_change.cancel_units, under.desk, under.line(1), 1, "out of print")
    with db.read() as session:
        assert refunds_paid.not_collected(session, under.order.id) == 2300
        assert refunds_paid.paid_of(session, under.order.id) == Paid(2300, 2300, 0)
        assert list(session.execute(select(Parcel.label_made_at).where(Parcel.state != "void")).scalars()) == [None]


def test_what_was_paid_stays_as_it_was_paid(db, at):
    under = at("confirmed")
    fewer(under)
    with db.read() as session:
        assert session.get(Order, under.order.id).total_minor == 9200


def test_a_word_for_the_floor_stands_at_the_shelf_too(db, at):
    under = at("picking")
    under.db.write(orders_change.add_remark, under.desk, under.order.id, "Only clean copies, call 19900001001",
                   is_important=False)
    assert under.walk.task["stop"]["remark"] == "Only clean copies, call 199******01"


def test_a_title_that_was_taken_out_stands_on_no_slip(db, at):
    under = at("packing")
    none_of_a_line(under)
    under.go_on()
    with db.read() as session:
        parcel = session.execute(select(Parcel.id).where(Parcel.state != "void")).scalar_one()
        assert [(line.title, line.units_wanted, line.units) for line in papers.find_parcel_lines(session, [parcel])[
            parcel]] == [("Emma", 1, 1)]
