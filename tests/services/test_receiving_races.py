"""Several people at one delivery in the same moment: every copy counts once, and nobody's parcel is another's."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from tests.builders import a_person, an_item, as_actor, units_at
from tests.floor import broken_claims
from tests.receiving_builders import Counter, a_notice, a_supplier, close_delivery, line_of
from warehouse.errors import Conflict
from warehouse.models.catalog import Item
from warehouse.models.receiving import DeliveryParcel
from warehouse.services import receiving_deliveries

UNKNOWN = "9786699999993"


def at_once(*acts):
    """What acts return, or refuse with, that all begin together."""
    gate = threading.Barrier(len(acts))

    def one(act):
        gate.wait()
        try:
            return act()
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as hands:
        return list(hands.map(one, acts))


def people(db, count):
    return [as_actor(a_person(db, f"Counter {number}")) for number in range(count)]


def test_four_people_open_four_parcels(db, actor, dune):
    delivery = a_notice(db, actor, {dune: 9}, parcels=2)

    opened = at_once(*(
        lambda who=who: db.write(receiving_deliveries.open_parcel, who, delivery) for who in people(db, 4)))

    assert len(set(opened)) == 4
    with db.read() as session:
        assert list(session.execute(select(DeliveryParcel.position).order_by(DeliveryParcel.position)).scalars()) == [
            1, 2, 3, 4]


def test_a_title_that_no_line_has_yet_is_counted_in_three_parcels_at_once(db, picker, dune):
    delivery = db.write(receiving_deliveries.open_delivery, picker, supplier_id=a_supplier(db))
    counters = [Counter(db, who, delivery) for who in people(db, 3)]

    for _ in range(4):
        at_once(*(lambda counter=counter: counter.scan(dune.isbn, units=2) for counter in counters))

    assert line_of(db, delivery, dune) == (24, 0)
    assert units_at(db, "RECEIVING", dune) == (24, 0)
    assert broken_claims(db) == []


def test_one_unknown_book_in_two_parcels_becomes_one_draft(db, picker, dune):
    delivery = db.write(receiving_deliveries.open_delivery, picker, supplier_id=a_supplier(db))
    counters = [Counter(db, who, delivery) for who in people(db, 2)]

    for _ in range(2):
        at_once(*(lambda counter=counter: counter.scan(UNKNOWN) for counter in counters))

    with db.read() as session:
        drafts = session.execute(select(func.count()).where(Item.isbn13 == UNKNOWN)).scalar_one()
    assert drafts == 1
    assert broken_claims(db) == []


def test_the_same_scan_sent_twice_at_once_counts_once(db, actor, picker, dune):
    delivery = a_notice(db, actor, {dune: 9})
    counter = Counter(db, picker, delivery)
    scan_id = str(uuid.uuid4())

    first, second = at_once(*[lambda: counter.scan(dune.isbn, scan_id=scan_id)] * 2)

    assert first == second
    assert line_of(db, delivery, dune) == (1, 0)


def test_a_delivery_closed_while_a_parcel_is_opened_loses_no_copy(db, actor, picker, dune):
    delivery = a_notice(db, actor, {dune: 1}, parcels=1)
    Counter(db, picker, delivery).close()
    other = people(db, 1)[0]

    closed, opened = at_once(lambda: close_delivery(db, actor, delivery),
                             lambda: db.write(receiving_deliveries.open_parcel, other, delivery))

    # Whoever was first: never both.
    assert isinstance(closed, Conflict) != isinstance(opened, Conflict)


def test_bad_copies_and_undo_of_two_people_keep_the_books(db, actor, dune):
    walden = an_item(db, "Walden", isbn="9780691096124")
    delivery = a_notice(db, actor, {dune: 40, walden: 40})
    counters = [Counter(db, who, delivery) for who in people(db, 2)]

    def work(counter, first, second):
        for _ in range(3):
            counter.scan(first.isbn, units=3)
            counter.press("#bad:damaged", units=2)
            counter.scan(second.isbn, units=2)
            counter.press("#undo")

    at_once(lambda: work(counters[0], dune, walden), lambda: work(counters[1], walden, dune))

    assert line_of(db, delivery, dune) == line_of(db, delivery, walden) == (3, 6)
    assert units_at(db, "QUARANTINE", dune, "damaged") == (6, 0)
    assert broken_claims(db) == []
