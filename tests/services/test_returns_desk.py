"""The desk about returns: what the policy left open is decided by a person, with a reason, and the rules come in
versions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import a_person, an_item, as_actor
from tests.packers import proves
from tests.returns_builders import a_sent_order, brought_in, refunded, return_row
from warehouse import jobs
from warehouse.config import Config
from warehouse.domain.return_policy import DEFAULTS
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.models.orders import OrderLine
from warehouse.models.returns import ReturnPolicy, ReturnUnit
from warehouse.services import returns, returns_desk

CHANGED_MIND = next(policy for policy in DEFAULTS if policy.reason == "changed_mind")


@pytest.fixture
def desk(db):
    return as_actor(a_person(db, "Lin Fang", "service"))


@pytest.fixture
def order(db, actor, dune, emma):
    return a_sent_order(db, actor, {dune: 2, emma: 1}, price_minor=2000)


def ask(db, actor, order, *units, reason="other", kind="return"):
    wants = [(line, n, None) for line, n in zip(order.line_ids, units, strict=False) if n]
    return db.write(returns.request, actor, order.id, kind, reason, wants, source="desk")


def units_of(db, return_id):
    with db.read() as session:
        return session.execute(select(ReturnUnit.id, ReturnUnit.acceptance).where(ReturnUnit.return_id == return_id)
                               .order_by(ReturnUnit.id)).all()


def acceptances(db, return_id):
    return [unit.acceptance for unit in units_of(db, return_id)]


def whys(db):
    with db.read() as session:
        return list(session.execute(select(Message.why).order_by(Message.id)).scalars())


def test_what_the_policy_leaves_open_is_approved_by_the_desk_with_a_reason(db, desk, order):
    made = ask(db, desk, order, 1)
    with pytest.raises(Invalid, match="reason_needed"):
        db.write(returns_desk.approve, desk, made, "  ")
    db.write(returns_desk.approve, desk, made, "we know the customer")
    row = return_row(db, made)
    assert (row.state, row.decision_reason, row.decided_by) == ("approved", "we know the customer", desk.person_id)
    assert whys(db) == ["return_approved"]
    with pytest.raises(Conflict, match="illegal_step"):
        db.write(returns_desk.approve, desk, made, "again")


def test_the_desk_refuses_with_a_reason_and_the_copies_are_free_again(db, desk, order):
    made = ask(db, desk, order, 2)
    db.write(returns_desk.refuse, desk, made, "read and marked")
    assert return_row(db, made).state == "refused"
    assert whys(db) == ["return_refused"]
    ask(db, desk, order, 2)


def test_only_a_manager_approves_against_the_policy(db, actor, desk, order, clock):
    late = replace(desk, at=clock.forward(days=20))
    made = ask(db, late, order, 1, reason="changed_mind")
    assert return_row(db, made).decision_reason == "too_late"
    with pytest.raises(NotAllowed, match="manager_overrules"):
        db.write(returns_desk.approve, late, made, "goodwill")
    db.write(returns_desk.approve, replace(actor, at=late.at), made, "goodwill")
    assert return_row(db, made).state == "approved"


def test_the_desk_may_set_another_fee_but_none_above_the_price(db, actor, desk, order):
    made = ask(db, desk, order, 1)
    with pytest.raises(Invalid, match="fee_above_price"):
        db.write(returns_desk.approve, desk, made, "why", fee_minor=2001)
    db.write(returns_desk.approve, desk, made, "wrapping torn", fee_minor=500)
    assert return_row(db, made).fee_minor == 500


def test_a_withdrawn_return_asks_for_nothing(db, desk, order):
    made = ask(db, desk, order, 2, reason="changed_mind")
    db.write(returns_desk.withdraw, desk, made, "keeps them")
    assert return_row(db, made).state == "withdrawn"
    ask(db, desk, order, 2)
    with pytest.raises(Conflict):
        db.write(returns_desk.withdraw, desk, made, "again")


def test_a_parcel_that_never_came_is_not_waited_for_and_still_taken_in(db, actor, packer, desk, order, dune, clock):
    made = ask(db, desk, order, 1, reason="changed_mind")
    assert db.write(returns_desk.lapse_overdue, replace(actor, at=desk.at + timedelta(days=30))) == 0
    assert db.write(returns_desk.lapse_overdue, replace(actor, at=desk.at + timedelta(days=31))) == 1
    assert db.write(returns_desk.lapse_overdue, replace(actor, at=desk.at + timedelta(days=31))) == 0
    number = return_row(db, made).number
    assert brought_in(db, packer, number, [(dune, "as_new")]) == made
    row = return_row(db, made)
    assert (row.state, row.decided_at) == ("judged", None)


def test_the_night_ends_returns_that_never_came(db, desk, order, clock, tmp_path):
    made = ask(db, desk, order, 1, reason="changed_mind")
    clock.forward(days=31)
    jobs.run_night(Config(home=tmp_path, database_url="as given"), db, "2026-04-04")
    assert return_row(db, made).state == "lapsed"


def test_an_unannounced_parcel_waits_for_the_desk_and_then_pays_by_grade(db, packer, desk, order, dune, emma):
    made = brought_in(db, packer, order.number, [(dune, "as_new"), (dune, "damaged"), (emma, "very_good")])
    assert acceptances(db, made) == ["pending"] * 3
    assert refunded(db, order) == (0, 0)
    db.write(returns_desk.approve, desk, made, "called, changed mind")
    assert acceptances(db, made) == ["accepted", "rejected", "accepted"]
    row = return_row(db, made)
    assert (row.state, refunded(db, order)) == ("settled", (4000, 4000))
    with db.read() as session:
        assert list(session.execute(select(OrderLine.units_returned).order_by(OrderLine.id)).scalars()) == [1, 1]
    assert proves(db) == []


def test_an_unannounced_parcel_is_judged_by_the_rule_of_the_reason_that_the_desk_names(db, packer, desk, order, dune):
    made = brought_in(db, packer, order.number, [(dune, "damaged")])
    db.write(returns_desk.approve, desk, made, "called, the carrier crushed it", why="damaged_in_transit")
    assert (acceptances(db, made), refunded(db, order)) == (["accepted"], (2000, 2000))


def test_an_unannounced_parcel_that_is_refused_goes_back_whole_and_costs_nothing(db, packer, desk, order, dune):
    made = brought_in(db, packer, order.number, [(dune, "as_new")])
    db.write(returns_desk.refuse, desk, made, "bought elsewhere")
    assert (return_row(db, made).state, acceptances(db, made), refunded(db, order)) == (
        "settled", ["rejected"], (0, 0))
    assert whys(db)[-2:] == ["return_refused", "return_settled"]
    assert proves(db) == []


def test_an_unannounced_parcel_may_become_an_exchange(db, packer, desk, order, dune):
    made = brought_in(db, packer, order.number, [(dune, "as_new")])
    with pytest.raises(Invalid, match="choose_reason"):
        db.write(returns_desk.approve, desk, made, "wants a clean copy", kind="exchange", why="mood")
    db.write(returns_desk.approve, desk, made, "wants a clean copy", kind="exchange", why="misprint")
    row = return_row(db, made)
    assert row.reason == "misprint"
    assert (row.kind, row.exchange_order_id is not None, refunded(db, order)) == ("exchange", True, (0, 0))


def test_another_title_than_was_sent_is_judged_by_the_desk_copy_by_copy(db, packer, desk, order, dune):
    walden = an_item(db, "Walden", isbn="9780691096124")
    made = ask(db, desk, order, 1, reason="wrong_book_sent")
    brought_in(db, packer, return_row(db, made).number, [(walden, "as_new")])
    assert (return_row(db, made).state, acceptances(db, made)) == ("judged", ["pending"])
    unit = units_of(db, made)[0].id
    assert db.write(returns_desk.judge_unit, desk, unit, "accepted", "our mistake") == made
    assert return_row(db, made).state == "settled"
    with pytest.raises(Conflict, match="judged_already"):
        db.write(returns_desk.judge_unit, desk, unit, "rejected", "after all")
    with pytest.raises(NotFound):
        db.write(returns_desk.judge_unit, desk, 4711, "rejected", "why")


def test_a_decision_waits_until_the_bench_is_done(db, packer, desk, order, dune):
    made = db.write(returns.open_unannounced, packer, order.id)
    with pytest.raises(Conflict, match="illegal_step"):
        db.write(returns_desk.approve, desk, made, "why")


def test_what_the_customer_wrote_is_opened_as_a_recorded_act(db, desk, picker, order):
    made = db.write(returns.request, desk, order.id, "return", "other", [(order.line_ids[0], 1, None)], source="desk",
                    words="call me: 19900001001")
    assert db.write(returns_desk.open_words, desk, made) == "call me: 19900001001"
    with pytest.raises(NotAllowed):
        db.write(returns_desk.open_words, picker, made)
    with db.read() as session:
        acts = session.execute(select(Action.subject_id).where(Action.verb == "open_words")).scalars().all()
    assert acts == [made]
    with pytest.raises(NotFound, match="no_words"):
        db.write(returns_desk.open_words, desk, ask(db, desk, order, 1))


def test_the_number_of_the_parcel_is_kept_without_blanks_until_it_is_here(db, packer, desk, order, dune):
    made = ask(db, desk, order, 1)
    db.write(returns_desk.set_tracking, desk, made, "sf 12 34")
    assert return_row(db, made).tracking_number == "SF1234"
    brought_in(db, packer, "SF1234", [(dune, "as_new")])
    with pytest.raises(Conflict, match="not_expected"):
        db.write(returns_desk.set_tracking, desk, made, "X")


# --- The policy ------------------------------------------------------------------------------------------------------


def test_a_new_version_of_a_rule_holds_from_then_on_and_changes_nothing_decided(db, actor, desk, order, clock):
    before = ask(db, desk, order, 1, reason="changed_mind")
    later = replace(actor, at=clock.forward(days=2))
    assert db.write(returns_desk.change_policy, later, replace(CHANGED_MIND, days=1, fee_percent=10)) == 2
    after = ask(db, replace(desk, at=later.at), order, 1, reason="changed_mind")
    assert [return_row(db, made).state for made in (before, after)] == ["approved", "refused"]
    with db.read() as session:
        rows = session.execute(select(ReturnPolicy.version, ReturnPolicy.days, ReturnPolicy.until_at).where(
            ReturnPolicy.reason == "changed_mind").order_by(ReturnPolicy.version)).all()
    assert [tuple(row) for row in rows] == [(1, 14, later.at), (2, 1, None)]


@pytest.mark.parametrize(("values", "code"), [
    ({}, "nothing_changed"), ({"days": -1}, "policy_numbers"), ({"fee_percent": 101}, "policy_numbers"),
    ({"days": 99999}, "policy_numbers"), ({"decision": "maybe"}, "policy_words"),
    ({"worst_grade": "shiny"}, "policy_words"), ({"pays_postage": "nobody"}, "policy_words"),
    ({"reason": "mood"}, "choose_reason")])
def test_a_rule_that_says_nothing_is_refused(db, actor, values, code):
    with pytest.raises(Invalid, match=code):
        db.write(returns_desk.change_policy, actor, replace(CHANGED_MIND, **values))
