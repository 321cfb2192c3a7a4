"""From the purchase order to the counted delivery and its report, by real scans; and the books prove it."""

from datetime import UTC

from tests import purchasing_builders as goods
from tests.builders import an_item, units_at
from tests.receiving_builders import Counter, close_delivery
from warehouse.domain.purchasing import DISCREPANCIES
from warehouse.queries import prove, purchasing_goods
from warehouse.queries.purchasing import list_suppliers
from warehouse.services import purchasing, purchasing_drafts

UNKNOWN = "9787000000018"


def proof(db):
    with db.read() as session:
        return [finding for finding in prove.look(session, prove.CHECKS) if not finding.holds]


def test_an_order_is_announced_counted_and_its_differences_are_reported(db, actor):
    odyssey, vanity = an_item(db, "The Odyssey", isbn="9780140449136"), an_item(db, "Vanity Fair", isbn="9780140283334")
    order_id = goods.an_order(db, actor, {odyssey: 3, vanity: 2})
    delivery_id = db.write(purchasing.announce_outstanding, actor, order_id, notice="SH-1")
    counter = Counter(db, actor, delivery_id)
    counter.count(odyssey, 3)
    counter.count(vanity)
    counter.close()
    close_delivery(db, actor, delivery_id)

    assert goods.order_of(db, order_id)[0] == "part"
    with db.read() as session:
        page = purchasing_goods.delivery_page(session, delivery_id)
    assert [(one.kind, one.title, one.units, one.announced, one.good) for one in page.discrepancies] == [
        ("short", "Vanity Fair", 1, 2, 1)]
    db.write(purchasing.announce_outstanding, actor, order_id)
    assert goods.deliveries(db)[-1][4] == {vanity.id: (1, 0, 0)}
    assert proof(db) == []


def test_an_unknown_book_that_was_counted_is_merged_and_the_books_prove_it(db, actor):
    odyssey = an_item(db, "The Odyssey", isbn="9780140449136")
    order_id = goods.an_order(db, actor, {odyssey: 3})
    delivery_id = db.write(purchasing.announce_outstanding, actor, order_id)
    counter = Counter(db, actor, delivery_id)
    for _ in range(4):
        counter.scan(UNKNOWN)
    counter.press("#bad:damaged")
    with db.read() as session:
        [draft] = purchasing_goods.list_drafts(session)
    assert (draft.code, draft.receiving, draft.quarantine, draft.person) == (UNKNOWN, 2, 1, actor.name)
    assert draft.deliveries == [(delivery_id, purchasing.delivery_number(delivery_id))]

    db.write(purchasing_drafts.merge_draft, actor, draft.item_id, odyssey.id)
    again = counter.scan(UNKNOWN)
    counter.close()
    close_delivery(db, actor, delivery_id)

    assert again.facts["title"] == "The Odyssey"
    assert (units_at(db, "RECEIVING", odyssey), units_at(db, "QUARANTINE", odyssey, "damaged")) == ((2, 0), (1, 0))
    assert goods.order_of(db, order_id)[0] == "received"
    with db.read() as session:
        kinds = {one.kind for one in purchasing_goods.delivery_page(session, delivery_id).discrepancies}
        assert purchasing_goods.list_drafts(session) == []
    assert "damaged" in kinds and kinds <= set(DISCREPANCIES)
    assert proof(db) == []


def test_a_discrepancy_that_was_undone_is_not_held_against_the_supplier(db, actor):
    odyssey = an_item(db, "The Odyssey", isbn="9780140449136")
    order_id = goods.an_order(db, actor, {odyssey: 1})
    delivery_id = db.write(purchasing.announce_outstanding, actor, order_id)
    counter = Counter(db, actor, delivery_id)
    counter.count(odyssey)
    counter.press("#bad:damaged")
    counter.press("#undo")
    counter.close()
    close_delivery(db, actor, delivery_id)

    with db.read() as session:
        page = purchasing_goods.delivery_page(session, delivery_id)
        [supplier] = list_suppliers(session, actor.at.date(), UTC)
    assert (page.discrepancies, page.delivery.discrepancies) == ([], 0)
    assert (supplier.wrong_deliveries, supplier.wrong_units) == (0, 0)


def test_a_merge_after_the_end_tells_anew_what_the_delivery_differs_in(db, actor):
    odyssey = an_item(db, "The Odyssey", isbn="9780140449136")
    order_id = goods.an_order(db, actor, {odyssey: 3})
    delivery_id = db.write(purchasing.announce_outstanding, actor, order_id)
    counter = Counter(db, actor, delivery_id)
    for _ in range(3):
        counter.scan(UNKNOWN)
    counter.close()
    close_delivery(db, actor, delivery_id)
    with db.read() as session:
        [draft] = purchasing_goods.list_drafts(session)

    def told():
        with db.read() as session:
            return [(one.kind, one.title, one.units)
                    for one in purchasing_goods.delivery_page(session, delivery_id).discrepancies]

    assert told() == [("short", "The Odyssey", 3), ("unknown_title", draft.title, 2)]
    assert goods.order_of(db, order_id)[0] == "open"

    db.write(purchasing_drafts.merge_draft, actor, draft.item_id, odyssey.id)

    assert told() == [("short", "The Odyssey", 1)]
    assert goods.order_of(db, order_id)[0] == "part"
