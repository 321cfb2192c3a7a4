"""Refunds: asked, decided by somebody else, paid once; together never more than was paid."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tests.builders import a_person, an_order, as_actor
from tests.returns_builders import refund_rows, refunded
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.services import incidents, refunds


@pytest.fixture
def desk(db):
    return as_actor(a_person(db, "Lin Fang", "service"))


@pytest.fixture
def finance(db):
    return as_actor(a_person(db, "Zhao Min", "finance"))


@pytest.fixture
def order(db, dune):
    return an_order(db, {dune: 2}, state="dispatched", total_minor=5000)


def ask(db, actor, order, amount=2000, **more):
    return db.write(refunds.ask, actor, order.id, amount, "damaged in transit", **more)


def test_a_refund_is_asked_by_one_approved_by_another_and_paid_with_a_reference(db, desk, finance, order):
    refund = ask(db, desk, order)
    assert refunded(db, order) == (2000, 2000)
    db.write(refunds.approve, finance, refund)
    db.write(refunds.pay, finance, refund, " ALI-2026-77 ")
    row = refund_rows(db, order)[0]
    assert (row.number, row.state, row.reference) == ("RF-000001", "paid", "ALI-2026-77")
    assert row.paid_by == finance.person_id
    with db.read() as session:
        told = session.execute(select(Message.why, Message.facts).order_by(Message.id)).all()
        assert [tuple(each) for each in told] == [
            ("refund_approved", {"amount": 2000, "currency": "CNY"}),
            ("refund_paid", {"amount": 2000, "currency": "CNY"})]
        verbs = session.execute(select(Action.verb).where(Action.subject == "refund").order_by(Action.id)).scalars()
        assert list(verbs) == ["ask_refund", "approve_refund", "pay_refund"]


def test_whoever_asked_does_not_approve_not_even_a_manager(db, actor, order):
    refund = ask(db, actor, order)
    with pytest.raises(NotAllowed, match="four_eyes"):
        db.write(refunds.approve, actor, refund)
    assert refund_rows(db, order)[0].state == "requested"


def test_no_more_is_refunded_than_was_paid_also_in_several_parts(db, desk, order):
    ask(db, desk, order, 3000)
    with pytest.raises(Conflict, match="more_than_paid") as refused:
        ask(db, desk, order, 2001)
    assert refused.value.facts == {"left": "20.00"}
    ask(db, desk, order, 2000)
    assert refunded(db, order) == (5000, 5000)


def test_a_second_refund_for_one_incident_is_refused(db, actor, desk, order):
    incident = db.write(incidents.report, actor, "damaged", "return", units=1, order_id=order.id)
    ask(db, desk, order, 500, incident_id=incident)
    with pytest.raises(Conflict, match="asked_already") as refused:
        ask(db, desk, order, 100, incident_id=incident)
    assert refused.value.facts == {"number": "RF-000001"}
    assert refunded(db, order) == (500, 500)


def test_a_refused_refund_frees_its_amount_and_may_be_asked_anew(db, actor, desk, finance, order):
    incident = db.write(incidents.report, actor, "damaged", "return", units=1, order_id=order.id)
    refund = ask(db, desk, order, 5000, incident_id=incident)
    db.write(refunds.refuse, finance, refund, "no photo")
    assert refunded(db, order) == (0, 0)
    assert ask(db, desk, order, 1200, incident_id=incident) == refund
    row = refund_rows(db, order)[0]
    assert (row.state, row.amount_minor, row.decided_by) == ("requested", 1200, None)
    assert refunded(db, order) == (1200, 1200)


def test_an_approval_is_taken_back_before_payment_and_not_after(db, desk, finance, order):
    refund = ask(db, desk, order)
    db.write(refunds.approve, finance, refund)
    db.write(refunds.refuse, finance, refund, "wrong account")
    assert refunded(db, order) == (0, 0)
    other = ask(db, desk, order)
    db.write(refunds.approve, finance, other)
    db.write(refunds.pay, finance, other, "X1")
    with pytest.raises(Conflict, match="illegal_step"):
        db.write(refunds.refuse, finance, other, "too late")
    with pytest.raises(Conflict, match="illegal_step"):
        db.write(refunds.pay, finance, other, "X2")


@pytest.mark.parametrize(("amount", "reason", "code"), [
    (0, "why", "amount_wanted"), (-5, "why", "amount_wanted"), (100, "  ", "reason_wanted")])
def test_a_refund_needs_an_amount_and_a_reason(db, desk, order, amount, reason, code):
    with pytest.raises(Invalid, match=code):
        db.write(refunds.ask, desk, order.id, amount, reason)


def test_nothing_is_refunded_on_an_unpaid_or_unknown_order(db, desk, dune):
    unpaid = an_order(db, {dune: 1}, total_minor=900, payment="unpaid")
    with pytest.raises(Conflict, match="nothing_paid"):
        ask(db, desk, unpaid, 100)
    with pytest.raises(NotFound):
        db.write(refunds.ask, desk, 4711, 100, "why")


def test_payment_needs_a_reference(db, desk, finance, order):
    refund = ask(db, desk, order)
    db.write(refunds.approve, finance, refund)
    with pytest.raises(Invalid, match="reference_wanted"):
        db.write(refunds.pay, finance, refund, " ")


def test_of_two_refunds_asked_at_once_for_one_incident_one_is_refused(db, actor, desk, order):
    incident = db.write(incidents.report, actor, "damaged", "return", units=1, order_id=order.id)

    def one(_):
        try:
            return ask(db, desk, order, 3000, incident_id=incident)
        except Conflict as refused:
            return refused.code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, range(2)))
    assert "refunds.asked_already" in answers
    assert refunded(db, order) == (3000, 3000)


def test_of_eight_refunds_asked_at_once_only_what_was_paid_is_given(db, desk, order):
    def one(_):
        try:
            return ask(db, desk, order, 1500)
        except Conflict as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert answers.count("refunds.more_than_paid") == 5
    assert refunded(db, order) == (4500, 4500)
