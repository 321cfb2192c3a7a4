"""A delivery from the door to its end: parcels handed out, closed with what differs, and the purchase order follows."""

import pytest
from sqlalchemy import select

from tests.builders import an_item, units_at
from tests.floor import broken_claims
from tests.receiving_builders import (
    Counter,
    a_notice,
    a_purchase,
    a_supplier,
    close_delivery,
    delivery_state,
    incidents_of,
    purchase_state,
)
from warehouse.errors import Conflict, NotFound
from warehouse.models.journal import Action
from warehouse.models.receiving import DeliveryParcel, PurchaseOrder
from warehouse.queries.receiving import find_delivery, list_deliveries, list_origins
from warehouse.services import receiving_deliveries
from warehouse.services.receiving_deliveries import cancel_delivery, open_delivery, open_parcel


def row_of(db, delivery_id):
    with db.read() as session:
        return find_delivery(session, delivery_id)


def test_everything_as_announced_closes_without_a_word(db, actor, picker, dune, emma):
    order = a_purchase(db, actor, {dune: 5, emma: 2})
    delivery = a_notice(db, actor, {dune: 5, emma: 2}, order_id=order, parcels=1)
    assert delivery_state(db, delivery) == "announced"
    counter = Counter(db, picker, delivery)
    assert delivery_state(db, delivery) == "receiving"
    counter.count(dune, 5)
    counter.count(emma, 2)
    counter.close()

    assert close_delivery(db, picker, delivery) == []
    assert (delivery_state(db, delivery), purchase_state(db, order)) == ("closed", "received")
    assert incidents_of(db, delivery) == []
    assert units_at(db, "RECEIVING", dune) == (5, 0)
    assert broken_claims(db) == []


def test_every_difference_becomes_an_incident_for_the_supplier(db, actor, picker, dune, emma):
    walden = an_item(db, "Walden", isbn="9780691096124")
    order = a_purchase(db, actor, {dune: 5, emma: 2})
    delivery = a_notice(db, actor, {dune: 5, emma: 2}, order_id=order, parcels=1)
    counter = Counter(db, picker, delivery)
    counter.count(dune, 4)
    counter.press("#bad:wrong_edition")
    counter.count(emma, 3)
    counter.count(walden)
    for _ in range(2):
        counter.scan("9786699999993")
    counter.close()

    found = close_delivery(db, picker, delivery)

    assert [(kind, units) for kind, _, units in found] == [
        ("short", 1), ("over", 1), ("not_ordered", 1), ("unknown_title", 1)]
    assert incidents_of(db, delivery) == [
        ("wrong_edition", 1, "open"), ("short", 1, "open"), ("over", 1, "open"), ("not_ordered", 1, "open"),
        ("unknown_title", 1, "open")]
    assert purchase_state(db, order) == "part"
    assert broken_claims(db) == []


def test_without_a_notice_what_the_order_has_open_is_due(db, actor, picker, dune, emma):
    order = a_purchase(db, actor, {dune: 5, emma: 2})
    first = db.write(open_delivery, picker, purchase_order_id=order)
    counter = Counter(db, picker, first)
    counter.count(dune, 3)
    counter.close()
    assert close_delivery(db, picker, first) == [("short", "Dune", 2), ("short", "Emma", 2)]
    assert purchase_state(db, order) == "part"

    second = db.write(open_delivery, picker, purchase_order_id=order)
    counter = Counter(db, picker, second)
    assert counter.scan(dune.isbn, units=3).facts["n"] == 1
    counter.scan(dune.isbn, units=2)
    counter.count(emma, 2)
    counter.close()

    assert close_delivery(db, picker, second) == []
    assert purchase_state(db, order) == "received"


def test_a_title_of_the_order_that_the_notice_does_not_name_is_neither_asked_for_nor_missing(
    db, actor, picker, dune, emma,
):
    order = a_purchase(db, actor, {dune: 5, emma: 2})
    delivery = a_notice(db, actor, {dune: 5}, order_id=order)
    counter = Counter(db, picker, delivery)
    counter.count(dune, 5)

    assert counter.scan(emma.isbn).code == "receiving.taken"
    counter.close()
    assert close_delivery(db, picker, delivery) == []


def test_a_delivery_that_brought_nothing_of_its_order_leaves_the_order_open(db, actor, picker, dune):
    order = a_purchase(db, actor, {dune: 5})
    delivery = a_notice(db, actor, {dune: 5}, order_id=order, parcels=1)
    Counter(db, picker, delivery).close()

    assert close_delivery(db, picker, delivery) == [("short", "Dune", 5)]
    assert purchase_state(db, order) == "open"


def test_counted_blind_the_differences_are_found_all_the_same(db, actor, picker, dune):
    delivery = a_notice(db, actor, {dune: 5}, is_blind=True, parcels=1)
    counter = Counter(db, picker, delivery)
    counter.count(dune, 7)
    counter.close()

    assert close_delivery(db, picker, delivery) == [("over", "Dune", 2)]


def test_without_papers_only_what_nobody_knows_is_told(db, picker, dune):
    delivery = db.write(open_delivery, picker, supplier_id=a_supplier(db))
    counter = Counter(db, picker, delivery)
    counter.count(dune, 7)
    for _ in range(2):
        counter.scan("9786699999993")
    counter.close()

    assert [kind for kind, _, _ in close_delivery(db, picker, delivery)] == ["unknown_title"]


def test_a_delivery_with_an_open_parcel_is_not_closed(db, actor, picker, dune):
    delivery = a_notice(db, actor, {dune: 1}, parcels=1)
    counter = Counter(db, picker, delivery)

    with pytest.raises(Conflict, match="parcel_open"):
        close_delivery(db, picker, delivery)
    counter.close()
    close_delivery(db, picker, delivery)
    with pytest.raises(Conflict, match="illegal_step"):
        close_delivery(db, picker, delivery)
    with pytest.raises(Conflict, match="delivery_over"):
        db.write(open_parcel, picker, delivery)


def test_parcels_that_did_not_come_are_asked_for_once_and_noted(db, actor, picker, dune):
    delivery = a_notice(db, actor, {dune: 1}, parcels=3)
    counter = Counter(db, picker, delivery)
    counter.count(dune)
    counter.close()

    with pytest.raises(Conflict, match="parcels_missing") as refused:
        close_delivery(db, picker, delivery)
    close_delivery(db, picker, delivery, is_confirmed=True)

    assert refused.value.facts["n"] == 2
    with db.read() as session:
        facts = session.execute(select(Action.facts).where(Action.verb == "close")).scalar_one()
    assert facts["parcels_missing"] == 2


def test_parcels_are_handed_out_in_turn_and_each_person_has_one(db, actor, picker, packer, dune):
    delivery = a_notice(db, actor, {dune: 9}, parcels=2)

    mine, theirs = db.write(open_parcel, picker, delivery), db.write(open_parcel, packer, delivery)

    assert mine != theirs
    assert db.write(open_parcel, picker, delivery) == mine
    third = db.write(open_parcel, actor, delivery)
    with db.read() as session:
        rows = session.execute(select(DeliveryParcel.id, DeliveryParcel.position, DeliveryParcel.state)).all()
    assert [tuple(row) for row in rows] == [(mine, 1, "open"), (theirs, 2, "open"), (third, 3, "open")]


def test_an_announced_delivery_is_cancelled_until_someone_counts_it(db, actor, picker, dune):
    gone, came = a_notice(db, actor, {dune: 1}), a_notice(db, actor, {dune: 1})
    Counter(db, picker, came)

    db.write(cancel_delivery, actor, gone)

    assert delivery_state(db, gone) == "cancelled"
    with pytest.raises(Conflict, match="illegal_step"):
        db.write(cancel_delivery, actor, came)
    with db.read() as session:
        assert [row.id for row in list_deliveries(session)] == [came]


def test_a_delivery_is_opened_only_for_an_order_that_is_waited_for(db, actor, picker, dune):
    order = a_purchase(db, actor, {dune: 1})
    db.write(lambda session: session.execute(
        PurchaseOrder.__table__.update().where(PurchaseOrder.id == order).values(state="closed")))

    for given in ({"purchase_order_id": order}, {"purchase_order_id": 99}, {"supplier_id": 99}, {}):
        with pytest.raises(NotFound):
            db.write(open_delivery, picker, **given)
    with pytest.raises(NotFound):
        db.write(receiving_deliveries.close_delivery, picker, 99)


def test_the_list_says_who_is_at_which_parcel_and_how_many_are_counted(db, actor, picker, packer, dune):
    order = a_purchase(db, actor, {dune: 9})
    delivery = a_notice(db, actor, {dune: 9}, order_id=order, parcels=3)
    Counter(db, picker, delivery).close()
    Counter(db, packer, delivery)

    row = row_of(db, delivery)

    assert (row.counted, row.all, row.missing) == (1, 3, 2)
    assert [(parcel.position, parcel.person) for parcel in row.open] == [(2, "Jamie Porter")]
    assert (row.order_number, row.notice) == ("PO-1", "ASN-1")
    with db.read() as session:
        assert [number for _, number, _ in list_origins(session).orders] == ["PO-1"]


def test_an_order_that_is_counted_without_a_notice_is_one_delivery_whoever_opens_it(db, actor, picker, packer, dune):
    order = a_purchase(db, actor, {dune: 5})
    announced = a_notice(db, actor, {dune: 1}, order_id=order)
    open_parcel_of = Counter(db, packer, announced)

    first, second = (db.write(open_delivery, who, purchase_order_id=order) for who in (picker, packer))

    assert first == second != announced
    # What is over is another matter: the next lorry is a delivery of its own.
    counter = Counter(db, picker, first)
    counter.count(dune, 2)
    counter.close()
    close_delivery(db, picker, first)
    assert db.write(open_delivery, packer, purchase_order_id=order) != first
    assert open_parcel_of.task["state"] == "open"


def test_one_that_was_opened_by_mistake_is_cancelled_and_the_supplier_owes_nothing(db, actor, picker, dune):
    order = a_purchase(db, actor, {dune: 5})
    delivery = db.write(open_delivery, picker, purchase_order_id=order)
    Counter(db, picker, delivery).close()

    assert close_delivery(db, picker, delivery) == []

    assert delivery_state(db, delivery) == "cancelled"
    assert incidents_of(db, delivery) == []
    assert purchase_state(db, order) == "open"
