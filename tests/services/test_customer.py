"""What a customer can do through the link of an order (ORD-8): report, ask a return, each once and within limits."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests import shipping_day as day
from tests.builders import an_order
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.incidents import Incident, Photo
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.models.returns import CustomerReturn
from warehouse.queries import customer as queries
from warehouse.services import customer, incidents, setup
from warehouse.services.customer import Picture, Said

PICTURE = Picture(b"\xff\xd8 a picture", 20, 10)


@pytest.fixture
def order(db, dune, emma):
    return an_order(db, {dune: 2, emma: 1})


@pytest.fixture
def link(db, order):
    return db.write(customer.link_of, order.id)


@pytest.fixture
def sent(db, actor, order, dune, emma):
    """The order has left the house."""
    parcel = day.packed(db, actor, order, {dune: 2, emma: 1}, weight_g=1300)
    day.dock_station(db, actor).scan(day.labelled(db, actor, parcel))
    return order


def rows(db, model, *columns):
    with db.read() as session:
        return session.execute(select(*(getattr(model, name) for name in columns)).order_by(model.id)).all()


def report(db, at, link, what="question", key="k" * 22, **said):
    return db.write(customer.report_problem, at, link, what, Said(key, **said))


# --- The link


def test_a_link_is_made_once_is_long_and_each_order_has_its_own(db, order, dune):
    links = [db.write(customer.link_of, order.id) for _ in range(2)]
    other = db.write(customer.link_of, an_order(db, {dune: 1}).id)
    assert links[0] == links[1] != other
    assert len(other) == len(links[0]) >= 22


def test_two_who_make_a_link_at_once_get_the_same(db, order):
    links = []
    hands = [threading.Thread(target=lambda: links.append(db.write(customer.link_of, order.id))) for _ in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert len(links) == 6 and len(set(links)) == 1


def test_the_page_of_an_order_names_nobody_and_no_place(db, order, link):
    with db.read() as session:
        shown = repr(queries.find_page(session, link))
    assert "周**" in shown and "Dune" in shown
    for private in ("周予安", "19900001001", "buyer@example.com", "文三路", "杭州", "310012", "2300"):
        assert private not in shown


def test_a_wrong_link_has_no_page(db, link):
    with db.read() as session:
        for wrong in ("", link[:-1], link.swapcase(), "%", "x" * 200):
            assert queries.find_page(session, wrong) is None


# --- Reports


def test_a_question_becomes_an_incident_with_sealed_words_and_an_answer_that_is_due(db, clock, actor, order, link):
    made = report(db, clock.moment, link, words="=cmd()|<script>call me: 19900001001</script>")

    with db.read() as session:
        row = session.get(Incident, made)
        assert (row.kind, row.stage, row.state, row.order_id, row.owner_role) == (
            "question", "customer", "open", order.id, "service")
        assert b"19900001001" not in row.customer_text
        opened = session.info["vault"].unseal(row.customer_text, incidents.seal_place(made))
        assert opened == {"text": "=cmd()|<script>call me: 19900001001</script>"}
        message = session.execute(select(Message)).scalar_one()
        assert (message.why, message.incident_id, message.due_at) == ("question", made, row.due_at)
        assert row.person_id == setup.system_actor(session, clock.moment).person_id
        facts = session.execute(select(Action.facts).where(Action.verb == "customer_report")).scalar_one()
    assert facts["by"] == "customer" and "19900001001" not in str(facts)


def test_the_same_form_sent_twice_is_one_report_and_another_form_is_another(db, clock, order, link):
    first = report(db, clock.moment, link, words="Where is it?")
    assert report(db, clock.moment, link, words="Where is it?") == first
    clock.forward(days=3)
    assert report(db, clock.moment, link, words="Where is it?") == first
    assert report(db, clock.moment, link, key="m" * 22, words="Where is it?") != first
    assert len(rows(db, Incident, "id")) == len(rows(db, Message, "id")) == 2


def test_the_same_form_sent_six_times_at_once_is_one_report(db, clock, order, link):
    made = []
    hands = [threading.Thread(target=lambda: made.append(report(db, clock.moment, link, words="?"))) for _ in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert len(made) == 6 and len(set(made)) == 1
    assert len(rows(db, Incident, "id")) == 1


def test_a_damaged_copy_names_its_line_copies_and_picture(db, clock, sent, link, dune):
    made = report(db, clock.moment, link, "damaged", line_id=sent.line_ids[0], units=2, picture=PICTURE)
    with db.read() as session:
        row = session.get(Incident, made)
        assert (row.kind, row.item_id, row.order_line_id, row.units) == ("damaged", dune.id, sent.line_ids[0], 2)
    assert rows(db, Photo, "incident_id", "jpeg") == [(made, PICTURE.jpeg)]


@pytest.mark.parametrize(("what", "said", "code"), [
    ("theft", {}, "customer.choose_problem"), ("question", {"words": "  "}, "customer.words_needed"),
    ("damaged", {}, "customer.choose_title"), ("damaged", {"line_id": 999999}, "customer.choose_title"),
    ("damaged", {"line_id": "own", "units": 3}, "customer.too_many_copies"),
    ("damaged", {"line_id": "foreign"}, "customer.choose_title"),
])
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(db, clock, order, link, dune, what, said, code):
    lines = {"own": order.line_ids[0], "foreign": an_order(db, {dune: 1}).line_ids[0]}
    if "line_id" in said:
        said = {**said, "line_id": lines.get(said["line_id"], said["line_id"])}
    with pytest.raises(Invalid) as refused:
        report(db, clock.moment, link, what, **said)
    assert refused.value.code == code
    assert rows(db, Incident, "id") == rows(db, Message, "id") == []


def test_of_one_order_only_so_many_reports_are_taken_in_a_day(db, clock, order, link, dune):
    for n in range(6):
        report(db, clock.moment, link, key=str(n) * 22, words="again")
    with pytest.raises(Conflict, match="too_many_today"):
        report(db, clock.moment, link, key="x" * 22, words="again")
    other = db.write(customer.link_of, an_order(db, {dune: 1}).id)
    assert report(db, clock.moment, other, words="another order")
    clock.forward(hours=25)
    assert report(db, clock.moment, link, key="x" * 22, words="the next day")


def test_a_wrong_link_reports_nothing(db, clock, order):
    with pytest.raises(NotFound, match="no_such_page"):
        report(db, clock.moment, "x" * 22, words="hello")
    with pytest.raises(NotFound):
        report(db, clock.moment, "", words="hello")


# --- Returns


def ask(db, at, link, wants, *, kind="return", reason="changed_mind", key="r" * 22, **said):
    return db.write(customer.ask_return, at, link, kind, reason, wants, Said(key, **said))


def test_a_return_is_judged_at_once_and_the_same_form_asks_once(db, clock, sent, link):
    made = ask(db, clock.moment, link, [(sent.line_ids[0], 1, None)], words="second thoughts")
    assert ask(db, clock.moment, link, [(sent.line_ids[0], 1, None)]) == made

    asked, = rows(db, CustomerReturn, "id", "state", "source", "reason")
    assert tuple(asked) == (made, "approved", "customer", "changed_mind")
    with db.read() as session:
        asked, = queries.find_page(session, link).returns
    assert (asked.state, asked.copies, asked.titles) == ("approved", 1, ("Dune",))


def test_more_than_was_sent_and_lines_of_another_order_cannot_be_asked_back(db, clock, actor, sent, link, dune):
    foreign = an_order(db, {dune: 1}).line_ids[0]
    ask(db, clock.moment, link, [(sent.line_ids[0], 1, None)])
    with pytest.raises(Conflict, match="more_than_shipped"):
        ask(db, clock.moment, link, [(sent.line_ids[0], 2, None)], key="s" * 22)
    with pytest.raises(Invalid, match="isbn_not_in_order"):
        ask(db, clock.moment, link, [(foreign, 1, None)], key="t" * 22)
    with pytest.raises(Invalid, match="choose_kind"):
        ask(db, clock.moment, link, [(sent.line_ids[0], 1, None)], kind="repair", key="u" * 22)
    assert len(rows(db, CustomerReturn, "id")) == 1


def test_nothing_can_be_asked_back_before_anything_has_left(db, clock, order, link):
    with pytest.raises(Conflict, match="order_not_shipped_yet"):
        ask(db, clock.moment, link, [(order.line_ids[0], 1, None)])


def test_a_picture_with_a_damaged_copy_satisfies_the_policy(db, clock, sent, link):
    without = ask(db, clock.moment, link, [(sent.line_ids[0], 1, None)], reason="damaged_in_transit")
    shown = ask(db, clock.moment, link, [(sent.line_ids[1], 1, None)], reason="damaged_in_transit", key="p" * 22,
                picture=PICTURE)

    assert [tuple(row) for row in rows(db, CustomerReturn, "id", "state")] == [
        (without, "requested"), (shown, "approved")]
    incident, = rows(db, Incident, "kind", "stage", "return_id", "units")
    assert tuple(incident) == ("damaged", "customer", shown, 1)


# --- Names of older orders


def test_names_of_older_orders_are_indexed_a_lot_at_a_time_and_once(db, actor, dune, monkeypatch):
    monkeypatch.setattr(customer, "LOT", 2)
    orders = [an_order(db, {dune: 1}, recipient={"name": name}) for name in ("周予安", "", "Jane Smith")]
    db.write(lambda session: session.execute(update(Order).values(name_index=None)))

    assert [db.write(customer.index_names, actor) for _ in range(3)] == [2, 1, 0]

    with db.read() as session:
        vault = session.info["vault"]
        found = dict(session.execute(select(Order.id, Order.name_index)).all())
    assert [found[order.id] for order in orders] == [vault.name_index("周予安"), "", vault.name_index("jane SMITH")]


def test_an_answer_is_due_within_working_days_not_weeks(db, clock, order, link):
    made = report(db, clock.moment, link, words="Where is it?")
    with db.read() as session:
        due = session.get(Incident, made).due_at
    assert clock.moment < due <= clock.moment + timedelta(days=3)
