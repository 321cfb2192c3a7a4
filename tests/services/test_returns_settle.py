"""How returns end: refund, exchange or repair for what was accepted, and what the order then says."""

import pytest
from sqlalchemy import select, update

from tests.builders import a_person, an_item, an_order, as_actor, order_state
from tests.returns_builders import a_sent_order, brought_in, judged, refund_rows, refunded, return_row
from warehouse.domain import returns_bench as rules
from warehouse.domain.returns import Paid
from warehouse.errors import Conflict
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.returns import ReturnPolicy
from warehouse.services import orders_split, refunds, refunds_paid, returns, returns_desk, returns_settle


@pytest.fixture
def desk(db):
    return as_actor(a_person(db, "Lin Fang", "service"))


@pytest.fixture
def order(db, actor, dune, emma):
    """Two copies of Dune and one Emma for 20.00 each, and 6.00 postage."""
    return a_sent_order(db, actor, {dune: 2, emma: 1}, price_minor=2000, postage_minor=600)


def policy(db, reason, **values):
    db.write(lambda session: session.execute(
        update(ReturnPolicy).where(ReturnPolicy.reason == reason).values(**values)) and None)


def asked(db, actor, order, units, *, kind="return", reason="changed_mind", wanted=None):
    wants = [(line, n, wanted) for line, n in zip(order.line_ids, units, strict=True) if n]
    return db.write(returns.request, actor, order.id, kind, reason, wants, source="desk")


def settle(db, actor, order, made, *counts):
    """Bench done: (came, accepted) by line; whether the return is settled."""
    judged(db, made, dict(zip(order.line_ids, counts, strict=False)))
    return db.write(returns_settle.settle_if_done, actor, made)


def lines_returned(db, order):
    with db.read() as session:
        return list(session.execute(select(OrderLine.units_returned).where(OrderLine.order_id == order.id)
                                    .order_by(OrderLine.position)).scalars())


def test_accepted_copies_are_refunded_and_count_on_the_order(db, actor, desk, order):
    made = asked(db, desk, order, (2, 0))
    assert settle(db, actor, order, made, (2, 1))
    row = return_row(db, made)
    assert (row.state, lines_returned(db, order), order_state(db, order)) == ("settled", [1, 0], "dispatched")
    refund = refund_rows(db, order)[0]
    assert (refund.amount_minor, refund.return_id, refund.state, refund.reason) == (2000, made, "requested", row.number)
    assert refunded(db, order) == (2000, 2000)


def test_settling_twice_gives_nothing_twice(db, actor, desk, order):
    made = asked(db, desk, order, (1, 0))
    assert settle(db, actor, order, made, (1, 1))
    assert db.write(returns_settle.settle_if_done, actor, made) is False
    assert (lines_returned(db, order), refunded(db, order)) == ([1, 0], (2000, 2000))


@pytest.mark.parametrize(("reason", "amount"), [("changed_mind", 6000), ("wrong_book_sent", 6600)])
def test_the_postage_goes_back_with_the_last_copy_where_the_shop_bears_it(db, actor, desk, order, reason, amount):
    made = asked(db, desk, order, (2, 1), reason=reason)
    assert settle(db, actor, order, made, (2, 2), (1, 1))
    assert (order_state(db, order), refunded(db, order)) == ("returned", (amount, amount))


def test_the_postage_goes_back_once_with_the_return_that_empties_the_order(db, actor, desk, order):
    first, second = (asked(db, desk, order, units, reason="wrong_book_sent") for units in ((2, 0), (0, 1)))
    settle(db, actor, order, first, (2, 2))
    assert refunded(db, order) == (4000, 4000)
    judged(db, second, {order.line_ids[1]: (1, 1)})
    db.write(returns_settle.settle_if_done, actor, second)
    assert refunded(db, order) == (6600, 6600)


def test_the_fee_of_the_policy_is_taken_as_far_as_copies_were_accepted(db, actor, desk, order):
    policy(db, "changed_mind", fee_percent=15)
    made = asked(db, desk, order, (2, 1))
    assert return_row(db, made).fee_minor == 900
    settle(db, actor, order, made, (2, 1), (1, 1))
    assert (return_row(db, made).fee_minor, refunded(db, order)) == (600, (3400, 3400))


def test_a_later_policy_does_not_change_what_was_decided(db, actor, desk, order):
    made = asked(db, desk, order, (1, 0))
    policy(db, "changed_mind", fee_percent=50)
    settle(db, actor, order, made, (1, 1))
    assert refunded(db, order) == (2000, 2000)


def test_a_discount_on_the_whole_order_is_not_given_back(db, actor, desk, dune):
    order = a_sent_order(db, actor, {dune: 4}, price_minor=2500, paid_minor=8000)
    made = asked(db, desk, order, (1,))
    settle(db, actor, order, made, (1, 1))
    assert refunded(db, order) == (2000, 2000)


def test_no_more_goes_back_than_is_left_of_what_was_paid(db, actor, desk, order):
    db.write(refunds.ask, desk, order.id, 5600, "goodwill")
    made = asked(db, desk, order, (2, 0))
    settle(db, actor, order, made, (2, 2))
    assert refunded(db, order) == (6600, 6600)
    other = asked(db, desk, order, (0, 1))
    judged(db, other, {order.line_ids[1]: (1, 1)})
    assert db.write(returns_settle.settle_if_done, actor, other)
    assert refunded(db, order) == (6600, 6600)


def test_rejected_copies_end_a_return_with_nothing_but_word_of_it(db, actor, desk, order):
    made = asked(db, desk, order, (1, 0))
    assert settle(db, actor, order, made, (1, 0))
    assert (refund_rows(db, order), lines_returned(db, order)) == ([], [0, 0])
    with db.read() as session:
        assert list(session.execute(select(Message.why).order_by(Message.id)).scalars()) == [
            "return_approved", "return_settled"]


def test_an_exchange_becomes_an_order_that_keeps_the_link_and_no_refund(db, actor, desk, order, dune):
    walden = an_item(db, "Walden", isbn="9780691096124")
    made = asked(db, desk, order, (1, 0), kind="exchange", wanted=walden.id)
    assert settle(db, actor, order, made, (1, 1))
    row = return_row(db, made)
    with db.read() as session:
        new = session.execute(select(Order.id, Order.origin_id, Order.origin_kind)
                              .where(Order.id == row.exchange_order_id)).one()
        lines = session.execute(select(OrderLine.item_id, OrderLine.units_wanted)
                                .where(OrderLine.order_id == new.id)).all()
        told = session.execute(select(Message.facts).where(Message.why == "exchange_sent")).scalar_one()
    assert (new.origin_id, new.origin_kind) == (order.id, "exchange")
    assert [tuple(line) for line in lines] == [(walden.id, 1)]
    assert told == {"number": row.number, "title": "Walden"}
    assert refund_rows(db, order) == []


def test_an_exchange_of_nothing_accepted_makes_no_order(db, actor, desk, order):
    made = asked(db, desk, order, (1, 0), kind="exchange")
    assert settle(db, actor, order, made, (1, 0))
    assert return_row(db, made).exchange_order_id is None


def test_a_repair_becomes_an_incident(db, actor, desk, order, dune):
    made = asked(db, desk, order, (1, 0), kind="repair")
    db.write(lambda session: returns.decide(session, actor, returns.get_return(session, made), "approve", "our press"))
    assert settle(db, actor, order, made, (1, 1))
    with db.read() as session:
        found = session.execute(select(Incident.kind, Incident.stage, Incident.units, Incident.item_id)
                                .where(Incident.return_id == made)).one()
    assert tuple(found) == ("damaged", "return", 1, dune.id)


def test_what_nobody_decided_waits_until_it_is(db, actor, order):
    made = db.write(returns.open_unannounced, actor, order.id)
    judged(db, made, {})
    assert db.write(returns_settle.settle_if_done, actor, made) is False
    assert return_row(db, made).state == "judged"


def test_cash_that_the_driver_never_collected_is_not_given_back(db, actor, desk, packer, dune):
    order = a_sent_order(db, actor, {dune: 1}, payment="cod", cod_minor=2300)
    with db.read() as session:
        label = session.execute(select(Parcel.number).where(Parcel.order_id == order.id)).scalar_one()
    made = brought_in(db, packer, label, [(dune, "as_new")], choice=rules.NEVER_DELIVERED)

    db.write(returns_desk.approve, desk, made, "The carrier brought it back")

    assert (return_row(db, made).state, refund_rows(db, order)) == ("settled", [])
    with pytest.raises(Conflict) as refused:
        db.write(refunds.ask, desk, order.id, 100, "goodwill")
    assert refused.value.code == "refunds.nothing_paid"


def test_cash_that_was_collected_is_given_back(db, actor, desk, dune):
    order = a_sent_order(db, actor, {dune: 1}, payment="cod", cod_minor=2300)
    made = asked(db, desk, order, (1,))
    settle(db, actor, order, made, (1, 1))
    assert refunded(db, order) == (2300, 2300)


def test_cash_is_not_given_back_before_the_parcel_left(db, desk, dune):
    order = an_order(db, {dune: 1}, payment="cod", cod_minor=2300, total_minor=2300)
    with pytest.raises(Conflict) as refused:
        db.write(refunds.ask, desk, order.id, 100, "goodwill")
    assert refused.value.code == "refunds.nothing_paid"


def test_what_came_in_an_exchange_is_refunded_by_what_was_paid_for_the_first_copy(db, actor, desk, order, walden):
    made = asked(db, desk, order, (1, 0), kind="exchange", wanted=walden.id)
    settle(db, actor, order, made, (1, 1))
    follow = return_row(db, made).exchange_order_id
    with db.read() as session:
        line = session.execute(select(OrderLine.id).where(OrderLine.order_id == follow)).scalar_one()
    db.write(lambda session: session.execute(update(OrderLine).where(OrderLine.id == line).values(
        units_reserved=1, units_picked=1, units_packed=1, units_dispatched=1)) and None)

    again = db.write(returns.request, desk, follow, "return", "changed_mind", [(line, 1, None)], source="desk")
    judged(db, again, {line: (1, 1)})
    assert db.write(returns_settle.settle_if_done, actor, again)

    assert [(row.amount_minor, row.return_id) for row in refund_rows(db, order)] == [(2000, again)]
    assert refunded(db, order) == (2000, 2000)


def test_both_parts_of_a_split_order_together_give_back_what_was_paid(db, actor, desk, dune, emma):
    """40.00 and 20.00 by the lines, 48.00 paid: a discount on the whole order goes along with each part."""
    order = an_order(db, {dune: 2, emma: 1}, total_minor=4800)
    db.write(lambda session: session.execute(
        update(OrderLine).where(OrderLine.order_id == order.id).values(price_minor=2000)) and None)
    other = db.write(orders_split.split, desk, order.id, {order.line_ids[1]: 1}, "Emma later")
    with db.read() as session:
        assert [tuple(row) for row in session.execute(
            select(Order.id, Order.total_minor).order_by(Order.id))] == [(order.id, 3200), (other, 1600)]
        assert refunds_paid.paid_of(session, order.id) == Paid(4000, 3200, 0)
        assert refunds_paid.paid_of(session, other) == Paid(2000, 1600, 0)
        assert refunds_paid.payer_of(session, other) == other


def test_the_cash_for_the_other_part_of_a_split_order_is_given_back_by_the_first(db, actor, desk, dune, emma):
    order = an_order(db, {dune: 2, emma: 1}, payment="cod", cod_minor=6000, total_minor=6000)
    other = db.write(orders_split.split, desk, order.id, {order.line_ids[1]: 1}, "Emma later")
    with db.read() as session:
        assert (refunds_paid.payer_of(session, other), refunds_paid.has_paid(session, order.id)) == (order.id, False)
