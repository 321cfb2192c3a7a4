"""Working time as a person plans it, and what a change does to orders that wait."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from tests.builders import an_item, an_order
from warehouse import clock as warehouse_clock
from warehouse.errors import Invalid, NotFound
from warehouse.models.journal import Action
from warehouse.models.orders import Order
from warehouse.models.shipping import Shift
from warehouse.services import setup, shifts

EVERY_DAY = [(weekday, "08:00", "22:00") for weekday in range(7)]
THURSDAY = date(2026, 3, 5)
# Wednesday evening, after every truck.
NIGHT = datetime(2026, 3, 4, 12, tzinfo=UTC)


def planned(db):
    with db.read() as session:
        return shifts.calendar(session)


def clocks_of(db, order):
    with db.read() as session:
        return session.execute(select(Order.due_at, Order.confirm_by, Order.promised_at).where(
            Order.id == order.id)).one()


@pytest.fixture
def waiting(db):
    """A confirmed order for SF's truck of Thursday, 19:00, promised for Saturday."""
    return an_order(db, {an_item(db): 1}, carrier_code="SF", placed_at=NIGHT, received_at=NIGHT,
                    due_at=datetime(2026, 3, 5, 11, tzinfo=UTC),
                    promised_at=datetime(2026, 3, 7, 15, 59, 59, tzinfo=UTC))


def test_a_new_house_works_every_day_from_eight_to_ten_at_night(db):
    assert planned(db).hours == dict.fromkeys(range(7), ((480, 1320),))


def test_a_day_taken_out_of_the_week_stays_out_when_first_rows_are_looked_after_again(db, actor):
    db.write(shifts.set_week, actor, EVERY_DAY[:6])
    db.write(setup.first_rows, warehouse_clock.now())
    assert sorted(planned(db).hours) == list(range(6))


def test_a_new_week_is_kept_as_it_was_written_and_with_who_wrote_it(db, actor):
    db.write(shifts.set_week, actor, [(0, "13:00", "18:00"), (0, "8:00", "12:00")])
    assert planned(db).hours == {0: ((480, 720), (780, 1080))}
    with db.read() as session:
        assert list(session.execute(select(Shift.weekday, Shift.opens, Shift.closes).order_by(Shift.id))) == [
            (0, "08:00", "12:00"), (0, "13:00", "18:00")]
        assert session.execute(select(Action.verb, Action.person_id, Action.facts)).all()[-1] == (
            "set_week", actor.person_id, {"hours": {"0": "08:00–12:00, 13:00–18:00"}})


def test_a_week_that_is_refused_leaves_the_one_before(db, actor):
    with pytest.raises(Invalid):
        db.write(shifts.set_week, actor, [])
    assert len(planned(db).hours) == 7


def test_a_day_off_moves_the_truck_of_waiting_orders_and_no_promise(db, actor, waiting):
    db.write(shifts.add_day_off, actor, THURSDAY, "盘点")
    due_at, confirm_by, promised_at = clocks_of(db, waiting)
    assert due_at == datetime(2026, 3, 6, 11, tzinfo=UTC)
    # Two working hours from eight in the evening, before the shift ends at ten.
    assert confirm_by == datetime(2026, 3, 4, 14, tzinfo=UTC)
    assert promised_at == datetime(2026, 3, 7, 15, 59, 59, tzinfo=UTC)

    db.write(shifts.remove_day_off, actor, THURSDAY)
    assert clocks_of(db, waiting).due_at == datetime(2026, 3, 5, 11, tzinfo=UTC)


def test_all_orders_that_wait_move_with_the_day(db, actor, waiting):
    other = an_order(db, {an_item(db, isbn="9780441013593"): 1}, state="held", carrier_code="SF", placed_at=NIGHT,
                     received_at=NIGHT, due_at=datetime(2026, 3, 5, 11, tzinfo=UTC))
    db.write(shifts.add_day_off, actor, THURSDAY, "")
    assert {clocks_of(db, order).due_at for order in (waiting, other)} == {datetime(2026, 3, 6, 11, tzinfo=UTC)}


def test_an_order_that_is_picked_already_keeps_its_truck(db, actor):
    due = datetime(2026, 3, 5, 11, tzinfo=UTC)
    order = an_order(db, {an_item(db): 1}, state="picking", carrier_code="SF", due_at=due)
    db.write(shifts.add_day_off, actor, THURSDAY, "")
    assert clocks_of(db, order).due_at == due


@pytest.mark.parametrize(("day", "code"), [
    (date(2026, 3, 3), "delays.day_out_of_range"), (date(2028, 1, 1), "delays.day_out_of_range"),
])
def test_a_day_off_must_be_one_that_somebody_could_plan(db, actor, day, code):
    with pytest.raises(Invalid) as refused:
        db.write(shifts.add_day_off, actor, day, "")
    assert refused.value.code == code


def test_a_day_off_is_planned_once_and_taken_away_once(db, actor):
    db.write(shifts.add_day_off, actor, THURSDAY, "")
    with pytest.raises(Invalid):
        db.write(shifts.add_day_off, actor, THURSDAY, "")
    db.write(shifts.remove_day_off, actor, THURSDAY)
    with pytest.raises(NotFound):
        db.write(shifts.remove_day_off, actor, THURSDAY)


def test_a_carrier_that_leaves_later_takes_waiting_orders_later(db, actor, waiting):
    db.write(shifts.set_carrier, actor, "SF", cut_off="20:30", transit_days=1, first_event_hours=12)
    # Placed at eight in the evening: the truck of that evening is still there.
    assert clocks_of(db, waiting).due_at == datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
    with db.read() as session:
        assert shifts.clocks(session).carriers["SF"] == shifts.CarrierTimes("20:30", 1, 12)


@pytest.mark.parametrize("wrong", [
    {"cut_off": "24:00"}, {"cut_off": "late"}, {"transit_days": 61}, {"first_event_hours": 241}])
def test_times_that_no_carrier_has_are_refused(db, actor, wrong):
    with pytest.raises(Invalid):
        db.write(shifts.set_carrier, actor, "SF", **{
            "cut_off": "19:00", "transit_days": 2, "first_event_hours": 24, **wrong})


def test_an_unknown_carrier_has_no_times(db, actor):
    with pytest.raises(NotFound):
        db.write(shifts.set_carrier, actor, "DHL", cut_off="19:00", transit_days=2, first_event_hours=24)
