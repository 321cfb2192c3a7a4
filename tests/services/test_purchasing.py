"""Purchase orders by hand and by scan, deliveries announced, and drafts that become items."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tests import purchasing_builders as goods
from tests.builders import a_place, an_item, an_order, moves_of, units_at
from warehouse.domain.own_labels import make_label
from warehouse.domain.scans import ScanIn
from warehouse.errors import Conflict, Invalid, NotFound, Stale
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.journal import Action, Scan
from warehouse.services import codes, drafts, purchasing, purchasing_drafts, purchasing_lines


@pytest.fixture
def odyssey(db):
    return an_item(db, "The Odyssey", isbn="9780140449136")


@pytest.fixture
def vanity(db):
    return an_item(db, "Vanity Fair", isbn="9780140283334")


def scan(db, actor, order_id, raw, *, units=None, choice=None, scan_id=None):
    scanned = ScanIn(scan_id=scan_id or str(uuid.uuid4()), raw=raw, step="x", units=units, choice=choice)
    return db.write(purchasing_lines.scan, actor, order_id, scanned)


def acts(db, subject):
    with db.read() as session:
        return [row.verb for row in session.execute(
            select(Action.verb).where(Action.subject == subject).order_by(Action.id))]


# --- Orders ----------------------------------------------------------------------------------------------------------


def test_a_supplier_is_one_however_it_is_spelt(db, actor):
    goods.an_order(db, actor, {}, supplier=" Harbour  Books")
    goods.an_order(db, actor, {}, supplier="HARBOUR books", number="PO-2")

    assert goods.suppliers(db) == ["Harbour Books"]


def test_a_number_is_given_once_a_supplier(db, actor):
    goods.an_order(db, actor, {})
    goods.an_order(db, actor, {}, supplier="New Press")

    with pytest.raises(Conflict, match="number_taken"):
        goods.an_order(db, actor, {})


@pytest.mark.parametrize("wrong", [
    {"supplier": " "}, {"supplier": "x" * 121}, {"number": " "}, {"number": "9" * 61}, {"expected_on": "4.3.2026"}])
def test_an_order_wants_a_supplier_a_number_and_a_day_that_is_one(db, actor, wrong):
    with pytest.raises(Invalid):
        goods.an_order(db, actor, {}, **wrong)


def test_a_line_is_changed_and_taken_off_until_copies_came(db, actor, odyssey, vanity):
    order_id = goods.an_order(db, actor, {odyssey: 5, vanity: 2})
    db.write(purchasing.set_units, actor, order_id, vanity.id, 0)
    goods.counted(db, actor, goods.a_delivery(db, actor, {odyssey: 5}, order_id=order_id), {odyssey: 3})

    with pytest.raises(Conflict, match="below_received"):
        db.write(purchasing.set_units, actor, order_id, odyssey.id, 2)
    db.write(purchasing.set_units, actor, order_id, odyssey.id, 3)

    assert goods.order_of(db, order_id)[:2] == ("received", {odyssey.id: 3})
    with pytest.raises(Conflict, match="order_over"):
        db.write(purchasing.set_units, actor, order_id, odyssey.id, 9)


def test_deliveries_bring_an_order_from_open_by_part_to_received(db, actor, odyssey, vanity):
    order_id = goods.an_order(db, actor, {odyssey: 2, vanity: 2})
    seen = []
    for good, bad in (({odyssey: 3}, {}), ({}, {vanity: 1}), ({vanity: 1}, {}), ({vanity: 1}, {})):
        goods.counted(db, actor, goods.a_delivery(db, actor, {}, order_id=order_id), good, bad)
        seen.append(goods.order_of(db, order_id)[0])

    assert seen == ["part", "part", "received", "received"]


def test_an_order_is_closed_with_a_reason_when_nothing_is_under_way(db, actor, odyssey):
    order_id = goods.an_order(db, actor, {odyssey: 2})
    delivery = goods.a_delivery(db, actor, {odyssey: 2}, order_id=order_id)

    with pytest.raises(Conflict, match="delivery_under_way"):
        db.write(purchasing.close_order, actor, order_id, "out of print")
    goods.counted(db, actor, delivery, {odyssey: 1})
    with pytest.raises(Invalid):
        db.write(purchasing.close_order, actor, order_id, "  ")
    db.write(purchasing.close_order, actor, order_id, "out of print")

    assert goods.order_of(db, order_id)[0] == "closed"
    assert acts(db, "purchase_order")[-1] == "close"


def test_two_who_make_the_same_order_of_a_new_supplier_at_once_make_it_once(db, actor):
    def make(_):
        try:
            return goods.an_order(db, actor, {})
        except Conflict as refused:
            return refused.code

    with ThreadPoolExecutor(4) as at_once:
        made = list(at_once.map(make, range(4)))

    assert sorted(map(str, made))[1:] == ["purchasing.number_taken"] * 3
    assert goods.suppliers(db) == ["Harbour Books"]


def test_copies_that_two_people_scan_at_once_are_all_on_the_order(db, actor, odyssey):
    order_id = goods.an_order(db, actor, {})

    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(lambda _: scan(db, actor, order_id, odyssey.isbn), range(12)))

    assert goods.order_of(db, order_id)[1] == {odyssey.id: 12}


# --- Lines by scan ---------------------------------------------------------------------------------------------------


def test_each_scan_adds_a_copy_and_the_same_scan_id_does_not(db, actor, odyssey):
    order_id = goods.an_order(db, actor, {})
    scan_id = str(uuid.uuid4())

    first = scan(db, actor, order_id, odyssey.isbn, scan_id=scan_id)
    again = scan(db, actor, order_id, odyssey.isbn, scan_id=scan_id)
    scan(db, actor, order_id, odyssey.label, units=4)

    assert first == again
    assert goods.order_of(db, order_id)[1] == {odyssey.id: 5}
    assert (first.task["last"]["title"], first.task["units"]) == ("The Odyssey", 1)


def test_undo_takes_back_one_scan_after_the_other(db, actor, odyssey, vanity):
    order_id = goods.an_order(db, actor, {})
    for raw, units in ((odyssey.isbn, 3), (vanity.isbn, None)):
        scan(db, actor, order_id, raw, units=units)

    undone = [scan(db, actor, order_id, "#undo").code for _ in range(3)]

    assert undone == ["purchasing.line_undone", "purchasing.line_undone", "purchasing.nothing_to_undo"]
    assert goods.order_of(db, order_id)[1] == {}


def test_undo_never_goes_below_what_came(db, actor, odyssey):
    order_id = goods.an_order(db, actor, {})
    scan(db, actor, order_id, odyssey.isbn, units=2)
    goods.counted(db, actor, goods.a_delivery(db, actor, {odyssey: 2}, order_id=order_id), {odyssey: 1})

    assert scan(db, actor, order_id, "#undo").code == "purchasing.nothing_to_undo"
    assert goods.order_of(db, order_id)[1] == {odyssey.id: 2}


def test_a_code_that_two_books_share_asks_which(db, actor, odyssey):
    other = an_item(db, "The Odyssey, large print", isbn="9780140449136", sku="ODY-LP")
    order_id = goods.an_order(db, actor, {})

    asked = scan(db, actor, order_id, odyssey.isbn)
    chosen = scan(db, actor, order_id, odyssey.isbn, choice=other.id)

    assert ([option["id"] for option in asked.options], chosen.outcome) == ([odyssey.id, other.id], "accepted")
    assert goods.order_of(db, order_id)[1] == {other.id: 1}


def test_what_is_no_known_book_is_refused_and_kept(db, actor):
    order_id, shelf = goods.an_order(db, actor, {}), a_place(db, "B-07-3")

    said = [scan(db, actor, order_id, raw).code for raw in (shelf.label, "9787000000018", "9787000000019")]

    assert said == ["purchasing.scan_a_book", "purchasing.unknown_code", "scan.unreadable"]
    with db.read() as session:
        assert session.execute(select(Scan.outcome)).scalars().all() == ["refused"] * 3
    with pytest.raises(Conflict):
        scan(db, actor, order_id, "#close")


# --- Notices ---------------------------------------------------------------------------------------------------------


def test_all_outstanding_is_what_neither_came_nor_is_announced(db, actor, odyssey, vanity):
    order_id = goods.an_order(db, actor, {odyssey: 10, vanity: 2})
    goods.counted(db, actor, goods.a_delivery(db, actor, {odyssey: 4}, order_id=order_id), {odyssey: 3})
    goods.counted(db, actor, goods.a_delivery(db, actor, {odyssey: 2}, order_id=order_id), {odyssey: 1}, close=False)

    db.write(purchasing.announce_outstanding, actor, order_id, parcels=3)

    # Ten ordered, four came, one more is announced and not counted.
    assert goods.deliveries(db)[-1] == ("announced", "", 3, 3, {odyssey.id: (5, 0, 0), vanity.id: (2, 0, 0)})
    with pytest.raises(Conflict, match="nothing_outstanding"):
        db.write(purchasing.announce_outstanding, actor, order_id)


def test_a_notice_number_is_taken_once_and_a_delivery_has_its_own(db, actor, odyssey):
    order_id = goods.an_order(db, actor, {odyssey: 1})
    made = goods.a_delivery(db, actor, {odyssey: 1}, notice="SH-1")

    with pytest.raises(Conflict, match="notice_taken"):
        db.write(purchasing.announce_outstanding, actor, order_id, notice="SH-1")
    with pytest.raises(Invalid):
        db.write(purchasing.announce_outstanding, actor, order_id, parcels=0)
    assert purchasing.delivery_number(made) == "D000001"


# --- Drafts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(db, actor):
    """Two good copies and a damaged one of an unknown book in the house, on an order and in a closed delivery."""
    made = goods.a_draft(db, actor)
    order_id = goods.an_order(db, actor, {made: 4})
    delivery = goods.a_delivery(db, actor, {made: 4}, order_id=order_id)
    goods.counted(db, actor, delivery, {made: 2}, {made: 1})
    goods.an_incident(db, actor, delivery, "unknown_title", made, 3)
    return made


def item(db, item_id):
    with db.read() as session:
        return session.get(Item, item_id)


def test_a_draft_that_gets_its_title_is_an_item_like_any_other(db, actor, draft):
    db.write(purchasing_drafts.list_draft, actor, draft.id, title=" 三体（全三册）", authors="刘慈欣", price_minor=9300,
             currency="CNY")

    now = item(db, draft.id)
    assert (now.listing, now.title, now.authors, now.volumes, now.packing_class, now.price_minor) == (
        "listed", "三体（全三册）", "刘慈欣", 3, "set", 9300)
    assert acts(db, "item")[-1] == "list"
    with pytest.raises(Conflict, match="draft_is_done"):
        db.write(purchasing_drafts.list_draft, actor, draft.id, title="again")


def test_a_draft_wants_a_title(db, actor, draft):
    with pytest.raises(Invalid, match="title_wanted"):
        db.write(purchasing_drafts.list_draft, actor, draft.id, title=" \n ")
    with pytest.raises(NotFound):
        db.write(purchasing_drafts.list_draft, actor, 999, title="x")


def test_a_merged_draft_brings_its_units_codes_and_lines_into_the_item(db, actor, draft, odyssey):
    db.write(purchasing_drafts.merge_draft, actor, draft.id, odyssey.id)

    assert units_at(db, "RECEIVING", odyssey) == (2, 0)
    assert units_at(db, "QUARANTINE", odyssey, "damaged") == (1, 0)
    assert units_at(db, "RECEIVING", draft) == (0, 0)
    # Nothing was lost or found: what the draft gave back to the supplier, the item received.
    assert moves_of(db, odyssey) == [("receive", 1, "SUPPLIER", "QUARANTINE"), ("receive", 2, "SUPPLIER", "RECEIVING")]
    assert goods.order_of(db, goods.order_named(db, "PO-1"))[:2] == ("part", {odyssey.id: 4})
    assert goods.deliveries(db)[0][4] == {odyssey.id: (4, 2, 1)}
    with db.read() as session:
        assert codes.identify(session, draft.isbn).ids == (odyssey.id,)
        assert session.execute(select(ItemCode.id).where(ItemCode.item_id == draft.id)).all() == []
    assert item(db, draft.id).sku != draft.sku
    assert acts(db, "item")[-1] == "merge"
    # Labels that were printed for the draft are on the books still.
    with db.read() as session:
        assert codes.identify(session, make_label("item", draft.id)).ids == (odyssey.id,)


def test_an_order_that_names_both_has_one_line_of_both_afterwards(db, actor, draft, odyssey):
    order_id = goods.order_named(db, "PO-1")
    db.write(purchasing.set_units, actor, order_id, odyssey.id, 3)

    db.write(purchasing_drafts.merge_draft, actor, draft.id, odyssey.id)

    assert goods.order_of(db, order_id)[1] == {odyssey.id: 7}


def test_a_draft_is_merged_once_and_never_into_itself_or_another_draft(db, actor, draft, odyssey):
    other = goods.a_draft(db, actor, "9787000000025")
    for wrong in (draft.id, other.id, 999):
        with pytest.raises(Invalid, match="merge_into_listed"):
            db.write(purchasing_drafts.merge_draft, actor, draft.id, wrong)

    db.write(purchasing_drafts.merge_draft, actor, draft.id, odyssey.id)

    with pytest.raises(Conflict, match="draft_is_done"):
        db.write(purchasing_drafts.merge_draft, actor, draft.id, odyssey.id)


def test_a_draft_that_a_customer_waits_for_is_not_merged(db, actor, draft, odyssey):
    an_order(db, {draft: 1})

    with pytest.raises(Conflict, match="draft_is_ordered"):
        db.write(purchasing_drafts.merge_draft, actor, draft.id, odyssey.id)
    assert units_at(db, "RECEIVING", draft) == (2, 0)


def test_copies_that_came_under_a_drafts_number_are_what_the_order_waited_for(db, actor, odyssey):
    other_code = goods.a_draft(db, actor)
    order_id = goods.an_order(db, actor, {odyssey: 2}, number="PO-2")
    delivery = goods.a_delivery(db, actor, {odyssey: 2}, order_id=order_id)
    goods.counted(db, actor, delivery, {other_code: 2})
    assert goods.order_of(db, order_id)[0] == "part"

    db.write(purchasing_drafts.merge_draft, actor, other_code.id, odyssey.id)

    assert goods.order_of(db, order_id)[0] == "received"


def test_nothing_is_ordered_or_counted_under_the_number_of_a_merged_draft(db, actor, draft, odyssey):
    order_id = goods.an_order(db, actor, {odyssey: 1}, number="PO-2")
    db.write(purchasing_drafts.merge_draft, actor, draft.id, odyssey.id)

    for gone in (draft.id, 99_999):
        with pytest.raises(NotFound, match="no_such_item"):
            db.write(purchasing.set_units, actor, order_id, gone, 1)
    # Whoever read the draft's code just before the merge reads it again.
    with pytest.raises(Stale), db.read() as session:
        drafts.hold(session, draft.id)


def test_of_a_long_order_the_newest_lines_are_shown(db, actor, odyssey):
    order_id = goods.an_order(db, actor, {odyssey: 1})
    for number in range(purchasing_lines.MOST_LINES + 1):
        db.write(purchasing.add_units, actor, order_id, an_item(db, f"Book {number}", isbn=None).id, 1)

    task = scan(db, actor, order_id, odyssey.isbn).task

    assert (task["lines"][0]["item_id"], task["last"]["units"]) == (odyssey.id, 2)
    assert len(task["lines"]) == purchasing_lines.MOST_LINES
    assert (task["titles"], task["units"]) == (purchasing_lines.MOST_LINES + 2, purchasing_lines.MOST_LINES + 3)


def test_a_scan_reads_what_came_of_its_own_title_alone(db, actor, odyssey, vanity, monkeypatch):
    order_id = goods.an_order(db, actor, {odyssey: 1, vanity: 1})
    looked_at = []
    stands = purchasing.stands

    def seen(*given):
        looked_at.append(set(found := stands(*given)))
        return found

    monkeypatch.setattr(purchasing, "stands", seen)
    scan(db, actor, order_id, odyssey.isbn)
    scan(db, actor, order_id, "#undo")

    assert looked_at
    assert all(items <= {odyssey.id} for items in looked_at)
