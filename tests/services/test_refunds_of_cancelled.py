"""What a customer paid for and will not get goes back without anybody having to think of it."""

import pytest
from sqlalchemy import select, update

from tests.builders import a_person, a_place, an_order, as_actor, stock_at
from tests.floor import broken_claims
from tests.returns_builders import a_sent_order, judged, refund_rows, refunded, return_row
from tests.shipping_day import release
from warehouse.models.messages import Message
from warehouse.models.orders import OrderLine
from warehouse.services import cancellation, orders_change, orders_merge, orders_review, returns, returns_settle


@pytest.fixture
def desk(db):
    return as_actor(a_person(db, "Lin Fang", "service"))


def bought(db, lines, *, postage_minor=600, **fields):
    """Each copy for 20.00."""
    order = an_order(db, lines, total_minor=2000 * sum(lines.values()) + postage_minor, shipping_minor=postage_minor,
                     **fields)
    db.write(lambda session: session.execute(
        update(OrderLine).where(OrderLine.order_id == order.id).values(price_minor=2000)) and None)
    return order


def told(db):
    with db.read() as session:
        return list(session.execute(select(Message.why).order_by(Message.id)).scalars())


def test_a_cancelled_order_gives_back_all_that_was_paid(db, desk, dune):
    order = bought(db, {dune: 2})
    db.write(cancellation.cancel_order, desk, order.id, "Bought elsewhere")
    assert [(row.amount_minor, row.state, row.reason) for row in refund_rows(db, order)] == [
        (4600, "requested", "Bought elsewhere")]
    assert broken_claims(db) == []


@pytest.mark.parametrize("payment", ["unpaid", "cod"])
def test_what_nobody_paid_is_not_given_back(db, desk, dune, payment):
    order = bought(db, {dune: 2}, payment=payment, cod_minor=4600 if payment == "cod" else 0)
    db.write(orders_change.cancel_units, desk, order.line_ids[0], 1, "Out of print")
    db.write(cancellation.cancel_order, desk, order.id, "Bought elsewhere")
    assert refund_rows(db, order) == []


def test_cancelled_copies_go_back_one_by_one_and_the_rest_with_the_order(db, desk, dune, emma):
    order = bought(db, {dune: 2, emma: 1})
    db.write(orders_change.cancel_units, desk, order.line_ids[0], 1, "Out of print")
    assert [row.amount_minor for row in refund_rows(db, order)] == [2000]
    db.write(cancellation.cancel_order, desk, order.id, "Bought elsewhere")
    assert [row.amount_minor for row in refund_rows(db, order)] == [2000, 4600]
    assert refunded(db, order) == (6600, 6600)
    assert broken_claims(db) == []


def test_an_order_that_goes_on_as_part_of_another_gives_nothing_back(db, desk, dune, emma):
    keeps, goes = bought(db, {dune: 1}), bought(db, {emma: 1})
    db.write(orders_merge.merge, desk, keeps.id, goes.id, "One parcel")
    assert refund_rows(db, goes) == []
    db.write(cancellation.cancel_order, desk, keeps.id, "Bought elsewhere")
    assert refunded(db, keeps) == (5200, 5200)


def test_an_exchange_that_is_called_off_is_given_back_by_the_order_that_paid(db, actor, desk, dune, walden):
    order = a_sent_order(db, actor, {dune: 2}, price_minor=2000)
    made = db.write(returns.request, desk, order.id, "exchange", "changed_mind", [(order.line_ids[0], 1, walden.id)],
                    source="desk")
    judged(db, made, {order.line_ids[0]: (1, 1)})
    db.write(returns_settle.settle_if_done, actor, made)

    db.write(cancellation.cancel_order, desk, return_row(db, made).exchange_order_id, "Not to be had")

    assert refunded(db, order) == (2000, 2000)


def test_a_title_that_is_short_at_the_release_is_told_and_given_back(db, actor, dune, emma):
    stock_at(db, a_place(db, "A-01-1"), dune, 1)
    order = bought(db, {dune: 2, emma: 1}, when_short="cancel")
    release(db, actor, order)
    assert told(db) == ["line_cancelled", "line_cancelled"]
    assert [row.amount_minor for row in refund_rows(db, order)] == [2000, 2000]
    assert broken_claims(db) == []


def test_what_the_customer_does_without_after_all_is_given_back(db, actor, desk, dune, emma):
    stock_at(db, a_place(db, "A-01-1"), dune, 1)
    order = bought(db, {dune: 1, emma: 1}, when_short="part")
    release(db, actor, order)
    assert refund_rows(db, order) == []
    db.write(orders_review.choose_when_short, desk, order.id, "cancel", "Does not want to wait")
    assert [row.amount_minor for row in refund_rows(db, order)] == [2000]
