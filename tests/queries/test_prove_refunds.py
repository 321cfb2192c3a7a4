"""The claims about money and orders of returns hold on good books, and each names what was broken on purpose."""

import pytest
from sqlalchemy import select, update

from tests.builders import a_person, an_item, as_actor
from tests.packers import proves
from tests.queries.test_prove_returns import FAULTS
from tests.returns_builders import a_sent_order, brought_in
from warehouse.models.orders import Order, OrderLine
from warehouse.models.returns import CustomerReturn, Refund
from warehouse.queries import prove
from warehouse.services import refunds, returns


@pytest.fixture
def dune(unchecked_db):
    return an_item(unchecked_db, "Dune", isbn="9780441013593", weight_g=500)


def settled(db, actor, packer, order, line, item, kind):
    wants = [(order.line_ids[line], 1, None)]
    made = db.write(returns.request, actor, order.id, kind, "changed_mind", wants, source="desk")
    with db.read() as session:
        number = session.get_one(CustomerReturn, made).number
    assert brought_in(db, packer, number, [(item, "as_new")]) == made


@pytest.fixture
def books(unchecked_db, actor, packer, dune):
    """One copy refunded and paid, another one exchanged."""
    order = a_sent_order(unchecked_db, actor, {dune: 3}, price_minor=2000)
    for kind in ("return", "exchange"):
        settled(unchecked_db, actor, packer, order, 0, dune, kind)
    with unchecked_db.read() as session:
        refund = session.execute(select(Refund.id)).scalar_one()
    finance = as_actor(a_person(unchecked_db, "Zhao Min", "finance"))
    unchecked_db.write(refunds.approve, finance, refund)
    unchecked_db.write(refunds.pay, finance, refund, "ALI-1")
    assert proves(unchecked_db) == []
    return unchecked_db


BROKEN = [
    ("refunds_add_up", Order.refunded_minor > 0, {"refunded_minor": 1999}),
    ("refunds_add_up", Refund.id > 0, {"amount_minor": 1}),
    ("refunds_add_up", Refund.id > 0, {"state": "refused"}),
    ("accepted_copies_count_on_the_order", OrderLine.units_returned > 0, {"units_returned": 1}),
    ("accepted_copies_count_on_the_order", CustomerReturn.id > 0, {"state": "judged"}),
    ("exchanges_keep_their_link", Order.origin_id.is_not(None), {"origin_kind": "replacement"}),
    ("exchanges_keep_their_link", Order.origin_id.is_not(None), {"origin_id": None}),
    ("refunds_are_decided_by_another", Refund.id > 0, {"decided_by": Refund.requested_by}),
    ("refunds_are_decided_by_another", Refund.id > 0, {"reference": ""}),
]


def test_a_fault_is_planted_for_every_check_of_returns():
    planted = {claim for claim, _, _ in BROKEN}.union(*(claims for _, claims in FAULTS.values()))
    assert {check.name for check in prove.RETURN_CHECKS} <= planted


@pytest.mark.parametrize(("claim", "where", "fault"), BROKEN)
def test_a_planted_fault_is_named_by_its_claim(books, claim, where, fault):
    table = where.left.table
    books.write(lambda session: session.execute(update(table).where(where).values(**fault)) and None)
    with books.read() as session:
        assert claim in {finding.name for finding in prove.look(session, prove.CHECKS) if not finding.holds}
