"""Two people at the returns bench in the same moment: no copy comes in twice, and a box gets one return."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from tests.builders import a_person, as_actor, units_at
from tests.floor import a_scan, broken_claims
from tests.returns_builders import a_sent_order
from warehouse.domain.own_labels import make_label
from warehouse.models.catalog import Item
from warehouse.models.returns import CustomerReturn, ReturnUnit
from warehouse.services import returns, returns_bench, returns_door
from warehouse.services.returns_look import draw, look
from warehouse.services.scans import to_json


def at_once(*acts):
    """The answers of acts that all begin together."""
    gate = threading.Barrier(len(acts))

    def one(act):
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as hands:
        return list(hands.map(one, acts))


def opened(db, actor, raw):
    return int(db.write(returns_door.open_parcel, actor, a_scan(raw)).go.rpartition("/")[2])


def step_id(db, actor, return_id):
    with db.read() as session:
        return draw(session, look(session, return_id), actor)["step_id"]


def count(db, what):
    with db.read() as session:
        return session.execute(select(func.count(what))).scalar_one()


def test_the_last_copy_scanned_at_two_benches_comes_in_once(db, actor, packer, dune):
    order = a_sent_order(db, actor, {dune: 1})
    wants = [(order.line_ids[0], 1, None)]
    first = opened(db, packer, make_label("return", db.write(
        returns.request, actor, order.id, "return", "late", wants, source="desk")))
    other = as_actor(a_person(db, "Zhao Lei", "packer"))
    second = db.write(returns.open_unannounced, other, order.id)

    answers = at_once(*(
        lambda who=who, where=where: db.write(returns_bench.scan, who, where, a_scan(dune.isbn))
        for who, where in ((packer, first), (other, second))))

    assert sorted(answer.code for answer in answers) == ["returns_bench.taken", "returns_bench.too_many"]
    assert units_at(db, "RETURNS", dune) == (1, 0)
    assert broken_claims(db) == []


def test_one_box_opened_by_two_people_is_one_return(db, actor, packer, dune):
    order = a_sent_order(db, actor, {dune: 1})
    other = as_actor(a_person(db, "Zhao Lei", "packer"))

    answers = at_once(*(lambda who=who: db.write(returns_door.open_parcel, who, a_scan(order.number))
                        for who in (packer, other)))

    assert len({answer.go for answer in answers}) == 1
    assert count(db, CustomerReturn.id) == 1


def test_the_same_scan_at_once_takes_one_copy_in_and_has_one_answer(db, actor, packer, dune):
    order = a_sent_order(db, actor, {dune: 3})
    return_id, scan_id = opened(db, packer, order.number), str(uuid.uuid4())

    def scan():
        return db.write(returns_bench.scan, packer, return_id, a_scan(dune.isbn, scan_id=scan_id))

    answers = at_once(*[scan] * 4)

    assert len({to_json(answer) for answer in answers}) == 1
    assert count(db, ReturnUnit.id) == 1


def test_two_benches_that_sell_the_same_title_as_used_make_one_item(db, actor, packer, dune):
    benches = []
    for name in ("Zhao Lei", "Sun Yan"):
        who, order = as_actor(a_person(db, name, "packer")), a_sent_order(db, actor, {dune: 1})
        asked = db.write(returns.request, actor, order.id, "return", "late", [(order.line_ids[0], 1, None)],
                         source="desk")
        return_id = opened(db, who, make_label("return", asked))
        db.write(returns_bench.scan, who, return_id, a_scan(dune.isbn))
        db.write(returns_bench.scan, who, return_id, a_scan("#grade:very_good", step=step_id(db, who, return_id)))
        benches.append((who, return_id, step_id(db, who, return_id)))

    answers = at_once(*(
        lambda who=who, return_id=return_id, step=step: db.write(
            returns_bench.scan, who, return_id, a_scan("#to:used", step=step)) for who, return_id, step in benches))

    assert [answer.code for answer in answers] == ["returns_bench.label_it"] * 2
    assert count(db, Item.id) == 2
