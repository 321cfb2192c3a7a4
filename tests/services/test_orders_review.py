"""The review desk: what is lifted, mended or refused, and that each decision is kept."""

import pytest
from sqlalchemy import insert, select, update

from tests import builders
from warehouse import clock
from warehouse.domain.orders import OPEN, PAID, LineDraft, OrderDraft, Recipient
from warehouse.errors import Conflict, Invalid, NotAllowed
from warehouse.models.journal import Action
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.queries import orders as queries
from warehouse.queries import orders_review as reviews
from warehouse.services import orders_change, orders_import, orders_review

BOOK, VOLUMES, UNKNOWN = "9787536692930", "9787020008728", "9787000000018"
HOME = Recipient(name="周予安", phone="19900001001", street="文三路 18 号", district="西湖区", city="杭州市",
                 province="浙江省", postcode="310012", country="CN")


def line(code=BOOK, units=1, row=2, title="三体"):
    return LineDraft(
        row=row, code_text=code, code=code, title=title, units=units, price_minor=2300, place=row
    )


def draft(number="#1", *, lines=None, recipient=HOME, **fields):
    values = {
        "channel": "shop", "source_number": number, "rows": (2,), "placed_at": clock.now(), "standing": OPEN,
        "payment": PAID, "currency": "CNY", "total_minor": 2300, "shipping_minor": 0, "service": "快递",
        "recipient": recipient, "lines": tuple(lines if lines is not None else [line()]), **fields,
    }
    return OrderDraft(**values)


@pytest.fixture
def actor(db):
    return builders.as_actor(builders.a_person(db, "Lin Fang", "service"))


@pytest.fixture
def book(db):
    return builders.an_item(db, "三体", isbn=BOOK)


def receive(db, actor, *drafts):
    return db.write(orders_import.receive_orders, actor, drafts)


def the_order(db, number="#1"):
    with db.read() as session:
        return session.execute(select(Order.__table__).where(Order.source_number == number)).one()


def open_holds(db, number="#1"):
    with db.read() as session:
        rows = session.execute(
            select(Hold.id, Hold.reason).join(Order, Order.id == Hold.order_id)
            .where(Order.source_number == number, Hold.lifted_at.is_(None)).order_by(Hold.id))
        return {row.reason: row.id for row in rows}


def line_ids(db, number="#1"):
    with db.read() as session:
        return list(session.execute(
            select(OrderLine.id).join(Order, Order.id == OrderLine.order_id)
            .where(Order.source_number == number).order_by(OrderLine.position)).scalars())


def verbs(db):
    with db.read() as session:
        return list(session.execute(select(Action.verb).order_by(Action.id)).scalars())


def test_an_order_without_doubt_is_confirmed_at_once_and_sealed(db, actor, book):
    receive(db, actor, draft(buyer_remark="周末不在家"))
    order = the_order(db)
    assert (order.state, order.recipient_masked, order.must_acknowledge) == ("confirmed", "周**", True)
    assert order.carrier_code == "YTO"
    assert order.number.startswith("O")
    assert HOME.name.encode() not in order.recipient


def test_a_lifted_hold_confirms_the_order_and_keeps_who_and_why(db, actor, book):
    receive(db, actor, draft(payment="unpaid"))
    assert the_order(db).state == "held"
    hold = open_holds(db)["not_paid"]
    with pytest.raises(Invalid):
        db.write(orders_review.lift, actor, hold, "  ")
    db.write(orders_review.lift, actor, hold, "paid by transfer")
    with db.read() as session:
        row = session.get(Hold, hold)
        assert (row.decision, row.decision_reason, row.lifted_by) == (
            "lifted",
            "paid by transfer",
            actor.person_id,
        )
    assert the_order(db).state == "confirmed"
    assert verbs(db) == ["lift", "confirm"]
    with pytest.raises(Conflict):
        db.write(orders_review.lift, actor, hold, "again")


def test_an_order_waits_until_its_last_hold_is_closed(db, actor, book):
    receive(db, actor, draft(payment="unpaid", buyer_remark="拍错了，要第二册"))
    holds = open_holds(db)
    assert set(holds) == {"not_paid", "remark_contradicts"}
    db.write(orders_review.lift, actor, holds["not_paid"], "paid")
    assert the_order(db).state == "held"
    db.write(orders_review.lift, actor, holds["remark_contradicts"], "asked: this one is right")
    assert the_order(db).state == "confirmed"


def test_an_unknown_code_is_closed_by_choosing_the_item_and_not_by_a_reason(db, actor, book):
    receive(db, actor, draft(lines=[line(UNKNOWN)]))
    hold = open_holds(db)["unknown_isbn"]
    with pytest.raises(Invalid):
        db.write(orders_review.lift, actor, hold, "never mind")
    db.write(orders_change.choose_item, actor, line_ids(db)[0], book.id, "old ISBN of the same book")
    assert (the_order(db).state, open_holds(db)) == ("confirmed", {})


def test_a_later_catalogue_answers_an_unknown_code(db, actor):
    receive(db, actor, draft(lines=[line(UNKNOWN)]))
    order = the_order(db)
    assert db.write(orders_review.recheck_codes, actor, order.id) == 0
    builders.an_item(db, "新书", isbn=UNKNOWN)
    assert db.write(orders_review.recheck_codes, actor, order.id) == 1
    assert the_order(db).state == "confirmed"


def test_one_isbn_of_two_items_asks_which(db, actor):
    first = builders.an_item(db, "红楼梦 上", isbn=VOLUMES, sku="HLM-1")
    second = builders.an_item(db, "红楼梦 下", isbn=VOLUMES, sku="HLM-2")
    receive(
        db,
        actor,
        draft(lines=[line(VOLUMES, title="红楼梦")]),
        draft("#2", lines=[line("HLM-2", title="红楼梦 下")]),
    )
    assert set(open_holds(db)) == {"which_item"}
    assert the_order(db, "#2").state == "confirmed"
    with db.read() as session:
        held = reviews.review_desk(session)
    assert [option["id"] for option in held.orders[0].lines[0].options] == [first.id, second.id]
    db.write(orders_change.choose_item, actor, line_ids(db)[0], second.id, "the buyer wrote: second volume")
    assert the_order(db).state == "confirmed"


def test_a_mended_address_closes_its_hold_and_keeps_the_original_sealed(db, actor, book):
    receive(
        db,
        actor,
        draft(recipient=Recipient(name="周**", phone="199****1001", street="文三路***", country="CN")),
    )
    order = the_order(db)
    assert set(open_holds(db)) == {"masked_address"}
    fields = {"name": HOME.name, "phone": HOME.phone, "street": HOME.street}
    db.write(orders_change.mend_address, actor, order.id, fields, "full data from the platform")
    after = the_order(db)
    assert (after.state, after.recipient_masked) == ("confirmed", "周**")
    assert after.recipient_original == order.recipient
    with db.read() as session:
        assert queries.list_orders(session, text=HOME.phone).rows[0].id == order.id
    opened = db.write(orders_review.open_recipient, actor, order.id)
    assert (opened.name, opened.street) == (HOME.name, HOME.street)
    assert verbs(db)[-1] == "open_personal"
    assert HOME.name not in str(verbs(db))


def test_a_role_without_the_right_opens_nothing(db, actor, book):
    receive(db, actor, draft())
    picker = builders.as_actor(builders.a_person(db, "Picker"))
    with pytest.raises(NotAllowed):
        db.write(orders_review.open_recipient, picker, the_order(db).id)
    assert verbs(db) == []


def test_lines_change_and_what_was_ordered_is_kept(db, actor, book):
    other = builders.an_item(db, "活着", isbn="9787532125944")
    receive(db, actor, draft(lines=[line(units=2)]))
    order, (first,) = the_order(db), line_ids(db)
    with pytest.raises(Invalid):
        db.write(orders_change.change_units, actor, first, 0, "does not want it")
    db.write(orders_change.add_line, actor, order.id, other.id, 3, "asked by phone")
    db.write(orders_change.change_units, actor, first, 0, "does not want it")
    after = the_order(db)
    assert (after.units_wanted, after.lines_count) == (3, 1)
    with db.read() as session:
        gone = session.get(OrderLine, first)
        assert (gone.units_wanted, gone.units_original) == (0, 2)


def test_the_same_phone_and_lines_within_a_day_are_held_as_possible_duplicate(db, actor, book, clock):
    receive(db, actor, draft("#1"), draft("#2"))
    receive(db, actor, draft("#3"), draft("#4", lines=[line(units=2)]))
    assert the_order(db, "#1").state == "confirmed"
    assert set(open_holds(db, "#2")) == set(open_holds(db, "#3")) == {"possible_duplicate"}
    assert the_order(db, "#4").state == "confirmed"
    clock.forward(days=2)
    receive(db, actor, draft("#5"))
    assert the_order(db, "#5").state == "confirmed"


def test_the_same_order_with_other_content_changes_nothing_and_is_told(db, actor, book):
    receive(db, actor, draft())
    before = the_order(db)
    (changed,) = receive(db, actor, draft(lines=[line(units=5)]))
    assert (changed.outcome, [flaw.code for flaw in changed.flaws]) == ("changed", ["changed_since"])
    (closed,) = receive(db, actor, draft(standing="cancelled"))
    assert (closed.outcome, [flaw.code for flaw in closed.flaws]) == (
        "changed",
        ["cancelled", "closed_in_shop"],
    )
    assert the_order(db) == before


def test_an_order_without_lines_is_mended_by_adding_them(db, actor, book):
    receive(db, actor, draft(lines=[], units_declared=2))
    assert set(open_holds(db)) == {"no_detail_rows"}
    db.write(orders_change.add_line, actor, the_order(db).id, book.id, 2, "asked the buyer")
    order = the_order(db)
    assert (order.state, order.units_wanted, order.lines_count) == ("confirmed", 2, 1)


def test_an_order_stopped_by_hand_goes_on_when_lifted(db, actor, book):
    receive(db, actor, draft())
    order = the_order(db)
    db.write(orders_change.hold, actor, order.id, "customer will call")
    assert the_order(db).state == "held"
    db.write(orders_review.lift, actor, open_holds(db)["by_hand"], "called")
    assert the_order(db).state == "confirmed"


def test_an_order_is_found_by_number_isbn_and_phone_and_shows_its_life(db, actor, book):
    receive(
        db,
        actor,
        draft("#77", payment="unpaid"),
        draft(
            "#78",
            lines=[line(UNKNOWN)],
            recipient=Recipient(
                name="Ann Lee",
                phone="07700 900123",
                street="1 Row",
                city="Hove",
                postcode="BN3 9UA",
                country="GB",
            ),
        ),
    )
    order = the_order(db, "#77")
    db.write(orders_review.lift, actor, open_holds(db, "#77")["not_paid"], "paid")
    with db.read() as session:
        def found(text, **more):
            return [row.source_number for row in queries.list_orders(session, text=text, **more).rows]

        assert found(order.number.lower()) == found("77") == found("#77") == ["#77"]
        assert found(BOOK) == found("978-7-5366-9293-0") == ["#77"]
        assert found("+44 7700 900123") == found("", state="held") == ["#78"]
        page = queries.order_page(session, order.id)
        assert {event.verb for event in page.events} == {"placed", "received", "lift", "confirm"}
        assert HOME.name not in str(page)
        assert queries.order_page(session, 10**6) is None


def test_a_hold_from_the_round_sends_what_was_picked_to_the_bench(db, actor, book):
    receive(db, actor, draft("#1", lines=[line(units=2)]), draft("#2", lines=[line(units=3)]))

    def held_at_the_shelf(session):
        for number, picked in (("#1", 1), ("#2", 0)):
            order_id = session.execute(select(Order.id).where(Order.source_number == number)).scalar_one()
            as_released = {"state": "held", "released_at": clock.now()}
            session.execute(update(Order).where(Order.id == order_id).values(as_released))
            session.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(
                units_reserved=picked, units_picked=picked, units_short=2 - picked))
            session.execute(
                insert(Hold),
                {"order_id": order_id, "reason": "short_at_pick", "facts": {"short": 1},
                 "opened_at": clock.now()},
            )

    db.write(held_at_the_shelf)
    for number in ("#1", "#2"):
        db.write(orders_review.lift, actor, open_holds(db, number)["short_at_pick"], "send what is there")
    first, second = the_order(db, "#1"), the_order(db, "#2")
    assert (first.state, first.picked_at is not None) == ("picked", True)
    assert (second.state, second.released_at) == ("confirmed", None)
    db.write(unpick)


def unpick(session):
    """The round was only told, so the books are put as they were."""
    session.execute(update(OrderLine).values(units_reserved=0, units_picked=0, units_short=0))
