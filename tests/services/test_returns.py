"""Requests to send copies back: never more than was sent, judged at once, kept with their reasons."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.builders import a_person, an_item, an_order, as_actor
from tests.returns_builders import a_sent_order, judged, return_row
from warehouse import clock as now
from warehouse.domain.own_labels import make_label
from warehouse.errors import Conflict, Invalid, NotFound, Refusal
from warehouse.models.journal import Action, Scan
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.models.returns import ReturnLine, ReturnUnit
from warehouse.services import returns


@pytest.fixture
def desk(db):
    return as_actor(a_person(db, "Lin Fang", "service"))


@pytest.fixture
def order(db, actor, dune, emma):
    """Two copies of Dune and one Emma, all with the customer."""
    return a_sent_order(db, actor, {dune: 2, emma: 1})


def request(db, actor, order, wants, *, kind="return", reason="changed_mind", source="desk", **more):
    asked = [(*want, None)[:3] for want in wants]
    return db.write(returns.request, actor, order.id, kind, reason, asked, source=source, **more)


def open_units(db, order):
    with db.read() as session:
        return list(returns.open_units(session, order.id).values())


def told(db):
    with db.read() as session:
        return [tuple(row) for row in session.execute(select(Message.why, Message.facts).order_by(Message.id))]


def test_a_request_in_time_is_approved_by_the_policy_at_once(db, desk, order):
    made = request(db, desk, order, [(order.line_ids[0], 1)], shop_number="RMA-7", words="拍错了 19900001001")
    row = return_row(db, made)
    assert (row.state, row.decision_reason, row.shop_number, row.number) == (
        "approved", "in_time", "RMA-7", make_label("return", made))
    assert open_units(db, order) == [1, 1]
    assert told(db) == [("return_approved", {"number": row.number})]
    assert "19900001001" not in str(row.words)
    with db.read() as session:
        vault = session.info["vault"]
        assert vault.unseal(row.words, returns.seal_place(made)) == {"words": "拍错了 19900001001"}
        facts = [str(each) for each in session.execute(select(Action.facts)).scalars()]
    assert not any("19900001001" in each for each in facts)


@pytest.mark.parametrize(("days", "reason", "kind", "state", "why"), [
    (14, "changed_mind", "return", "approved", "in_time"),
    (15, "changed_mind", "return", "refused", "too_late"),
    (15, "wrong_book_sent", "return", "approved", "in_time"),
    (1, "damaged_in_transit", "return", "requested", "photo_wanted"),
    (1, "other", "return", "requested", "looked_at"),
    (1, "changed_mind", "repair", "requested", "repairs_ask"),
])
def test_the_policy_of_its_reason_decides(db, desk, order, clock, days, reason, kind, state, why):
    clock.forward(days=days)
    made = request(db, as_of(desk), order, [(order.line_ids[0], 1)], reason=reason, kind=kind)
    row = return_row(db, made)
    assert (row.state, row.decision_reason) == (state, why)


def test_days_run_from_delivery_where_it_is_known(db, desk, order, clock):
    clock.forward(days=20)
    db.write(lambda session: session.execute(update(Order).values(delivered_at=now.now() - timedelta(days=3))) and None)
    assert return_row(db, request(db, as_of(desk), order, [(order.line_ids[0], 1)])).state == "approved"


def test_no_more_is_asked_back_than_was_sent_over_all_requests(db, desk, order):
    request(db, desk, order, [(order.line_ids[0], 1)])
    with pytest.raises(Conflict, match="more_than_shipped") as refused:
        request(db, desk, order, [(order.line_ids[0], 2)])
    assert refused.value.facts == {"title": "Dune", "n": 1}
    with pytest.raises(Conflict, match="more_than_shipped"):
        request(db, desk, order, [(order.line_ids[0], 1), (order.line_ids[0], 1)])
    request(db, desk, order, [(order.line_ids[0], 1)])
    assert open_units(db, order) == [0, 1]


def test_a_line_of_another_order_is_refused(db, actor, desk, order, dune):
    other = a_sent_order(db, actor, {dune: 1})
    with pytest.raises(Invalid, match="isbn_not_in_order"):
        request(db, desk, order, [(other.line_ids[0], 1)])


def test_an_order_that_has_not_left_is_refused(db, desk, dune):
    waiting = an_order(db, {dune: 2})
    with pytest.raises(Conflict, match="order_not_shipped_yet"):
        request(db, desk, waiting, [(waiting.line_ids[0], 1)])
    with pytest.raises(NotFound, match="unknown_order"):
        db.write(returns.request, desk, 4711, "return", "late", [(1, 1, None)], source="desk")


def test_one_number_of_the_shop_is_one_return(db, desk, order):
    request(db, desk, order, [(order.line_ids[0], 1)], shop_number="RMA-7")
    with pytest.raises(Conflict, match="duplicate_rma"):
        request(db, desk, order, [(order.line_ids[1], 1)], shop_number=" RMA-7 ")


@pytest.mark.parametrize(("wants", "more", "code"), [
    ([], {}, "choose_copies"), ([(0, 0)], {}, "units_wrong"), ([(0, 1)], {"kind": "gift"}, "choose_kind"),
    ([(0, 1)], {"reason": "mood"}, "choose_reason")])
def test_a_request_that_says_nothing_is_refused_by_name(db, desk, order, wants, more, code):
    with pytest.raises(Invalid, match=code):
        request(db, desk, order, [(order.line_ids[place], units) for place, units in wants], **more)


def test_another_title_is_wanted_only_in_an_exchange_and_only_one_that_exists(db, desk, order, dune):
    other = an_item(db, "Walden", isbn="9780691096124")
    with pytest.raises(Invalid, match="other_title_is_exchange"):
        request(db, desk, order, [(order.line_ids[0], 1, other.id)])
    with pytest.raises(NotFound, match="no_such_item"):
        request(db, desk, order, [(order.line_ids[0], 1, 4711)], kind="exchange")
    made = request(db, desk, order, [(order.line_ids[0], 1, other.id)], kind="exchange")
    with db.read() as session:
        line = session.execute(select(ReturnLine.item_id, ReturnLine.wanted_item_id)
                               .where(ReturnLine.return_id == made)).one()
    assert tuple(line) == (dune.id, other.id)


def test_what_came_and_stayed_can_never_be_asked_again_and_what_went_back_can(db, actor, desk, order):
    made = request(db, desk, order, [(order.line_ids[0], 2)])
    judged(db, made, {order.line_ids[0]: (2, 1)})
    assert open_units(db, order) == [0, 1]

    def send_back(session):
        line = session.execute(select(ReturnLine).where(ReturnLine.return_id == made)).scalar_one()
        session.add(a_unit(session, actor, line))

    db.write(send_back)
    assert open_units(db, order) == [1, 1]


def a_unit(session, actor, line):
    """A rejected copy that was handed back to the customer."""
    scan = Scan(scan_id="one", task="return", task_id=line.return_id, step="unit", raw="x", kind="item",
                outcome="accepted", code="x", units=1, item_id=line.item_id, at=actor.at, person_id=actor.person_id,
                body_hash="", answer="{}", device_id=None)
    session.add(scan)
    session.flush()
    return ReturnUnit(return_id=line.return_id, return_line_id=line.id, item_id=line.item_id, scan_id=scan.id,
                      received_as="as_sent", acceptance="rejected", grade="damaged", disposition="send_back",
                      at=actor.at, person_id=actor.person_id, left_at=actor.at)


def test_of_two_requests_at_once_for_the_last_copy_one_is_refused(db, desk, order):
    def one(_):
        try:
            return request(db, desk, order, [(order.line_ids[1], 1)])
        except Refusal as refused:
            return refused.code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(one, range(2)))
    assert answers.count("returns.more_than_shipped") == 1
    assert open_units(db, order) == [2, 0]


def test_an_unannounced_parcel_is_a_return_on_the_bench_that_nobody_has_decided(db, actor, order):
    made = db.write(returns.open_unannounced, actor, order.id)
    row = return_row(db, made)
    assert (row.state, row.source, row.decided_at, row.received_by) == (
        "received", "unannounced", None, actor.person_id)


def as_of(actor):
    """The same person, at the time that the clock shows now."""
    return replace(actor, at=now.now())


@pytest.mark.parametrize(("price", "currency", "state"), [
    (2000, "CNY", "approved"), (1999, "CNY", "approved"), (2001, "CNY", "requested"), (2000, "GBP", "requested"),
    (None, None, "approved")])
def test_an_exchange_for_a_dearer_title_asks_a_person(db, actor, dune, price, currency, state):
    order = a_sent_order(db, actor, {dune: 1}, price_minor=2000)
    other = an_item(db, "Folio", isbn="9780141439549", price_minor=price, currency=currency)
    made = db.write(returns.request, actor, order.id, "exchange", "changed_mind", [(order.line_ids[0], 1, other.id)],
                    source="desk")
    row = return_row(db, made)
    assert (row.state, row.decision_reason) == (state, "in_time" if state == "approved" else "dearer_asks")
