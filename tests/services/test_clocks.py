"""An order has its clocks from the moment it comes in, by the house's working time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.builders import an_item
from warehouse.domain.orders import OPEN, PAID, UNPAID, LineDraft, OrderDraft, Recipient
from warehouse.models.orders import Hold, Order
from warehouse.services import orders_import, orders_review, shifts

BOOK = "9787536692930"
HOME = Recipient(name="周予安", phone="19900001001", street="文三路 18 号", district="西湖区", city="杭州市",
                 province="浙江省", postcode="310012", country="CN")


@pytest.fixture(autouse=True)
def book(db):
    return an_item(db, "三体", isbn=BOOK)


def receive(db, actor, **fields):
    """One order as it came in now; its row."""
    line = LineDraft(row=2, code_text=BOOK, code=BOOK, title="三体", units=1, price_minor=2300, place=2)
    draft = OrderDraft(**{
        "channel": "shop", "source_number": "#1", "rows": (2,), "placed_at": actor.at, "standing": OPEN,
        "payment": PAID, "currency": "CNY", "total_minor": 2300, "shipping_minor": 0, "service": "顺丰",
        "recipient": HOME, "lines": (line,), **fields})
    db.write(orders_import.receive_orders, actor, [draft])
    return the_order(db)


def the_order(db):
    with db.read() as session:
        return session.execute(select(Order.__table__)).one()


def local(day, hour, minute=0, second=0):
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=8)


def test_an_order_of_the_morning_takes_the_truck_of_the_day_and_comes_two_days_later(db, actor):
    order = receive(db, actor)
    assert (order.state, order.carrier_code, order.confirmed_at) == ("confirmed", "SF", actor.at)
    assert order.confirm_by == local(4, 12)
    assert order.due_at == local(4, 19)
    assert order.promised_at == local(6, 23, 59, 59)


def test_the_days_that_the_shop_sold_are_promised(db, actor):
    assert receive(db, actor, service="顺丰次日达").promised_at == local(5, 23, 59, 59)


def test_a_day_off_is_no_day_of_trucks_and_its_hours_do_not_count(db, actor):
    db.write(shifts.add_day_off, actor, date(2026, 3, 4), "清明")
    order = receive(db, actor)
    assert order.confirm_by == local(5, 10)
    assert order.due_at == local(5, 19)
    assert order.promised_at == local(7, 23, 59, 59)


def test_a_held_order_is_confirmed_when_its_hold_is_lifted_and_keeps_its_clocks(db, actor, clock):
    held = receive(db, actor, payment=UNPAID)
    assert (held.state, held.confirmed_at) == ("held", None)
    with db.read() as session:
        holds = list(session.execute(select(Hold.id)).scalars())
    later = actor.__class__(**{**vars(actor), "at": clock.forward(hours=1)})
    for hold in holds:
        db.write(orders_review.lift, later, hold, "paid by phone")
    order = the_order(db)
    assert (order.state, order.confirmed_at) == ("confirmed", later.at)
    assert (order.confirm_by, order.due_at, order.promised_at) == (held.confirm_by, held.due_at, held.promised_at)


def test_the_clocks_of_an_order_begin_when_its_money_comes_and_a_new_plan_keeps_that(db, actor, clock):
    order = receive(db, actor, payment=UNPAID)
    assert (order.state, order.due_at) == ("held", local(4, 19))
    paying = replace(actor, at=clock.forward(days=2))
    with db.read() as session:
        hold = session.execute(select(Hold.id)).scalar_one()

    db.write(orders_review.mark_paid, paying, hold, "bank slip 17")

    order = the_order(db)
    assert (order.state, order.due_at, order.confirm_by) == ("confirmed", local(6, 19), local(6, 12))
    assert order.promised_at == local(8, 23, 59, 59)
    db.write(shifts.add_day_off, paying, date(2026, 3, 6), "stocktake")
    assert the_order(db).due_at == local(7, 19)
