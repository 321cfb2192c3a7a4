"""Two orders of one recipient become one, one becomes two, and a new order comes out of an old one."""

import pytest
from sqlalchemy import select

from tests.builders import order_state
from tests.floor import release
from tests.stages import another_order, at_stage
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.messages import Message
from warehouse.models.orders import Order, OrderLine
from warehouse.services import orders_follow, orders_merge, orders_split

WHY = "Asked by phone"


@pytest.fixture
def at(db, actor, picker, packer):
    return lambda stage, **fields: at_stage(db, actor, picker, packer, stage, **fields)


def money(db, order_id):
    with db.read() as session:
        return tuple(session.execute(select(Order.total_minor, Order.units_wanted).where(Order.id == order_id)).one())


def test_a_split_and_a_merge_give_back_the_same_order(db, at):
    under = at("confirmed")
    part = under.db.write(orders_split.split, under.desk, under.order.id, {under.line(): 2}, WHY)
    assert (money(db, under.order.id), money(db, part)) == ((4600, 2), (4600, 2))
    with db.read() as session:
        row = session.get(Order, part)
        assert (row.origin_id, row.origin_kind, row.source_number) == (
            under.order.id, "split", f"{under.order.source_number}-S1")
        who = session.info["vault"].unseal(row.recipient, f"order:shop:{row.source_number}")
        assert who["name"] == "周予安"

    under.db.write(orders_merge.merge, under.desk, under.order.id, part, "one parcel after all")

    assert (money(db, under.order.id), order_state_of(db, part)) == ((9200, 4), "cancelled")
    with db.read() as session:
        assert session.get(Order, part).merged_into_id == under.order.id
    assert (notes_of(db, under.order.id), notes_of(db, part)) == (["changed"], [])
    under.go_on()
    assert under.sent() == {"dune": 3, "emma": 1}


def order_state_of(db, order_id):
    with db.read() as session:
        return session.get(Order, order_id).state


def notes_of(db, order_id):
    with db.read() as session:
        return session.execute(select(Message.why).where(Message.order_id == order_id)).scalars().all()


@pytest.mark.parametrize(("fields", "code"), [
    ({"channel": "other"}, "merge_channel"),
    ({"recipient": {"phone": "19900009999"}}, "merge_recipient"),
    ({"recipient": {"street": "elsewhere 1"}}, "merge_recipient"),
    ({"payment": "cod"}, "merge_payment"),
])
def test_orders_that_differ_stay_apart_and_the_difference_is_named(db, at, fields, code):
    under = at("confirmed")
    other = another_order(under, {under.walden: 1}, **fields)
    with pytest.raises(Conflict, match=code):
        under.db.write(orders_merge.merge, under.desk, under.order.id, other.id, WHY)
    assert order_state(db, other) == "confirmed"


def test_an_order_whose_copies_lie_in_a_tote_takes_the_other_in(db, at):
    under = at("picked")
    other = another_order(under, {under.walden: 1})
    with pytest.raises(Conflict, match="merge_picked"):
        under.db.write(orders_merge.merge, under.desk, other.id, under.order.id, WHY)
    under.db.write(orders_merge.merge, under.desk, under.order.id, other.id, WHY)
    assert under.state == "picking"


def test_an_unpaid_order_does_not_become_a_paid_one_by_a_split(db, at):
    under = at("held", payment="unpaid")
    with pytest.raises(Conflict, match="split_unpaid"):
        under.db.write(orders_split.split, under.desk, under.order.id, {under.line(): 2}, WHY)


def test_a_replacement_costs_nothing_goes_to_the_same_recipient_and_is_released_like_any_other(db, at):
    under = at("confirmed")
    made = [under.db.write(orders_follow.make_order_from, under.desk, under.order.id,
                           [(under.walden.id, 2, under.line())], kind="replacement", reason="arrived damaged")
            for _ in range(2)]
    with db.read() as session:
        orders = [session.get(Order, order_id) for order_id in made]
        line = session.execute(select(OrderLine).where(OrderLine.order_id == made[0])).scalar_one()
    first = orders[0]
    assert (first.state, first.payment, first.total_minor, first.origin_kind) == ("confirmed", "paid", 0, "replacement")
    assert [order.source_number[-3:] for order in orders] == ["-R1", "-R2"]
    assert first.number.startswith("O") and first.promised_at > first.due_at > first.placed_at
    assert (line.item_id, line.title_text, line.price_minor, line.units_wanted) == (under.walden.id, "Walden", 0, 2)
    release(db, under.desk, first)
    assert order_state_of(db, first.id) == "released"


@pytest.mark.parametrize(("lines", "kind", "error"), [
    ([], "replacement", Invalid),
    ([(1, 0, None)], "replacement", Invalid),
    ([(999, 1, None)], "replacement", NotFound),
    ([(1, 1, 999)], "replacement", NotFound),
    ([(1, 1, None)], "gift", Invalid),
])
def test_an_order_of_nothing_or_of_what_nobody_knows_is_not_made(db, at, lines, kind, error):
    under = at("confirmed")
    with pytest.raises(error):
        under.db.write(orders_follow.make_order_from, under.desk, under.order.id, lines, kind=kind, reason=WHY)
