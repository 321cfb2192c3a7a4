"""A delivery of thousands of titles is counted as quickly as a small one: a scan looks at what it shows."""

import pytest
from sqlalchemy import insert

from tests.builders import an_item
from tests.receiving_builders import Counter, a_notice, a_purchase
from tests.statements import count_statements
from warehouse import clock
from warehouse.models.catalog import Item
from warehouse.models.receiving import DeliveryLine, PurchaseLine
from warehouse.services import receiving_look
from warehouse.services.receiving_deliveries import open_delivery

TITLES = range(1000, 1200)
MOST_FOR_A_SCAN = 24  # The ones of the order without a notice; it was announced: 21.


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def titles(db):
    """Two hundred titles, none of them known by a code."""
    now = clock.now()
    db.write(lambda session: session.execute(insert(Item), [
        {"id": n, "sku": f"S{n}", "title": f"Book {n}", "created_at": now, "updated_at": now} for n in TITLES]))


@pytest.fixture
def read_lines(monkeypatch):
    """How many titles of the papers each look brought."""
    sizes = []
    lines_of = receiving_look.lines_of

    def counted(*given):
        lines = lines_of(*given)
        sizes.append(len(lines))
        return lines

    monkeypatch.setattr(receiving_look, "lines_of", counted)
    monkeypatch.setattr("warehouse.services.receiving.lines_of", counted)
    return sizes


def announced(db, actor, dune):
    delivery = a_notice(db, actor, {dune: 2})
    db.write(lambda session: session.execute(insert(DeliveryLine), [
        {"delivery_id": delivery, "item_id": n, "units_announced": 3} for n in TITLES]))
    return delivery


def ordered(db, actor, dune):
    order = a_purchase(db, actor, {dune: 2})
    db.write(lambda session: session.execute(insert(PurchaseLine), [
        {"purchase_order_id": order, "item_id": n, "units_ordered": 3} for n in TITLES]))
    return db.write(open_delivery, actor, purchase_order_id=order)


@pytest.mark.parametrize("papers", [announced, ordered])
def test_a_scan_reads_no_more_of_the_papers_than_its_screen_shows(
    db, actor, picker, dune, titles, read_lines, papers,
):
    counter = Counter(db, picker, papers(db, actor, dune))

    with count_statements(db) as seen:
        answer = counter.scan(dune.isbn)

    assert answer.code == "receiving.taken"
    assert len(seen) <= MOST_FOR_A_SCAN
    assert read_lines
    assert max(read_lines) <= receiving_look.MOST_LINES


@pytest.mark.parametrize("papers", [announced, ordered])
def test_what_was_counted_stands_before_what_is_still_to_come_in_the_order_of_the_papers(
    db, actor, picker, packer, dune, titles, papers,
):
    delivery = papers(db, actor, dune)
    counter, other = Counter(db, picker, delivery), Counter(db, packer, delivery)
    assert [line["item_id"] for line in counter.task["lines"]][:3] == [dune.id, 1000, 1001]
    other.count(dune, 2)

    # All of it is there, in another parcel: no line of it here, and a third copy is too many.
    assert [(line["item_id"], line["seen"], line["due"]) for line in counter.task["lines"]][:2] == [
        (1000, 0, 3), (1001, 0, 3)]
    assert counter.scan(dune.isbn).code == "receiving.over"
    shown = counter.task
    assert len(shown["lines"]) == receiving_look.MOST_LINES
    counter.scan(dune.isbn)
    assert [(line["item_id"], line["seen"], line["due"]) for line in counter.task["lines"]][:2] == [
        (dune.id, 3, 2), (1000, 0, 3)]
