"""Purchase orders and notices from bytes to rows and a report: everything counted, every bad row named, and the same
file again changes nothing."""

import pytest
from sqlalchemy import func, select

from tests import purchasing_builders as goods
from tests.builders import a_person, an_item, as_actor
from warehouse import imports_purchasing
from warehouse.models.catalog import Item
from warehouse.models.journal import Action
from warehouse.models.orders import ImportRun

ORDERS = """supplier,order number,isbn,title,units,expected
Harbour Books,PO-7,9780140449136,,12,2026-03-12
Harbour Books,PO-7,9780140283334,,3,2026-03-09
Harbour Books,PO-7,9780140449137,,3,
Harbour Books,PO-7,9787000000018,,3,
harbour  books,PO-8,9787000000025,A book that nobody knows,2,
"""
NOTICES = """supplier,asn,po,box,isbn,units
Harbour Books,SH-5,PO-7,1,9780140449136,8
Harbour Books,SH-5,PO-7,2,9780140449136,4
Harbour Books,SH-5,PO-7,2,9780140283334,3
Harbour Books,SH-6,PO-99,,9780140449136,3
"""


@pytest.fixture
def odyssey(db):
    return an_item(db, "The Odyssey", isbn="9780140449136")


@pytest.fixture
def vanity(db):
    return an_item(db, "Vanity Fair", isbn="9780140283334")


def run(db, actor, bring_in, text, name="file.csv"):
    report = bring_in(db.write, actor, [(name, text.encode())])
    assert report.rows == report.created + report.updated + report.unchanged + report.rejected
    assert all(told["say"] for told in (*report.problems, *report.changes))
    return report


def purchases(db, actor, text=ORDERS):
    return run(db, actor, imports_purchasing.import_purchases, text)


def notices(db, actor, text=NOTICES):
    return run(db, actor, imports_purchasing.import_notices, text)


def figures(report):
    return report.created, report.updated, report.unchanged, report.rejected


def said(listed):
    return [(told["row"], told["code"]) for told in listed]


def test_orders_load_and_each_bad_row_is_named(db, actor, odyssey, vanity):
    report = purchases(db, actor)

    assert figures(report) == (3, 0, 0, 2)
    assert said(report.problems) == [(4, "wrong_check_digit"), (5, "unknown_title_of_purchase")]
    assert goods.order_of(db, goods.order_named(db, "PO-7")) == (
        "open", {odyssey.id: 12, vanity.id: 3}, "2026-03-09")
    assert goods.suppliers(db) == ["Harbour Books"]


def test_a_title_that_nobody_knows_becomes_a_draft_where_the_file_names_it(db, actor, odyssey, vanity):
    report = purchases(db, actor)

    assert said(report.changes) == [(6, "draft_made")]
    with db.read() as session:
        draft = session.execute(select(Item).where(Item.listing == "draft")).scalar_one()
    assert (draft.title, draft.isbn13) == ("A book that nobody knows", "9787000000025")
    assert goods.order_of(db, goods.order_named(db, "PO-8"))[1] == {draft.id: 2}


def test_the_same_file_again_changes_nothing_but_keeps_its_report(db, actor, odyssey, vanity):
    purchases(db, actor)

    report = purchases(db, actor)

    assert figures(report) == (0, 0, 3, 2)
    assert report.changes == []
    with db.read() as session:
        assert session.execute(select(func.count()).where(ImportRun.kind == "purchases")).scalar() == 2


def test_a_changed_number_is_taken_over_and_told(db, actor, odyssey, vanity):
    purchases(db, actor)

    report = purchases(db, actor, ORDERS.replace(",12,", ",20,").replace("03-09", "03-10"))

    assert (report.updated, report.unchanged) == (1, 2)
    assert said(report.changes) == [(2, "expected_changed"), (2, "units_changed")]
    assert "12" in report.changes[1]["say"]
    assert goods.order_of(db, goods.order_named(db, "PO-7"))[1:] == ({odyssey.id: 20, vanity.id: 3}, "2026-03-10")


def test_a_number_never_goes_below_what_came(db, actor, odyssey, vanity):
    purchases(db, actor)
    order_id = goods.order_named(db, "PO-7")
    delivery = goods.a_delivery(db, actor, {odyssey: 5}, order_id=order_id)
    goods.counted(db, actor, delivery, {odyssey: 4}, {odyssey: 1})

    refused = purchases(db, actor, ORDERS.replace(",12,", ",4,"))
    taken = purchases(db, actor, ORDERS.replace(",12,", ",5,").replace("9780140283334,,3", "9780140283334,,2"))

    assert (2, "below_received") in said(refused.problems)
    assert taken.updated == 2
    assert goods.order_of(db, order_id)[:2] == ("part", {odyssey.id: 5, vanity.id: 2})


def test_an_order_is_received_when_the_file_takes_off_what_was_outstanding(db, actor, odyssey):
    head = "supplier,po,isbn,units\nA,PO-1,9780140449136,"
    purchases(db, actor, f"{head}12\n")
    order_id = goods.order_named(db, "PO-1")
    goods.counted(db, actor, goods.a_delivery(db, actor, {odyssey: 5}, order_id=order_id, supplier="A"), {odyssey: 5})

    purchases(db, actor, f"{head}5\n")
    report = purchases(db, actor, f"{head}6\n")

    assert goods.order_of(db, order_id)[0] == "received"
    assert said(report.problems) == [(2, "purchase_over")]


def test_a_book_that_two_items_share_and_numbers_of_two_books_are_problems(db, actor, odyssey, vanity):
    an_item(db, "The Odyssey", isbn="9780140449136", sku="ODY-HARDBACK")
    text = ("supplier,po,isbn,sku,units\nA,1,9780140449136,,1\nA,1,9780140449136,ODY-HARDBACK,1\n"
            "A,1,9780140283334,ODY-HARDBACK,1\nA,1,9780140283334,THEIR-17,1\n")

    report = purchases(db, actor, text)

    assert said(report.problems) == [(2, "shared_isbn"), (4, "sku_isbn_differ")]
    assert report.created == 2


def test_two_numbers_of_one_book_on_an_order_are_a_repeat(db, actor, odyssey):
    report = purchases(db, actor, "supplier,po,isbn,sku,units\nA,1,9780140449136,,1\nA,1,,9780140449136,1\n")

    assert (figures(report), said(report.problems)) == ((1, 0, 0, 1), [(3, "repeated_purchase_row")])


def test_a_notice_announces_its_copies_and_boxes_against_the_order(db, actor, odyssey, vanity):
    purchases(db, actor)

    report = notices(db, actor)

    assert figures(report) == (3, 0, 0, 1)
    assert said(report.problems) == [(5, "unknown_purchase_order")]
    assert goods.deliveries(db) == [
        ("announced", "SH-5", 2, 2, {odyssey.id: (12, 0, 0), vanity.id: (3, 0, 0)})]


def test_the_same_notice_again_changes_nothing_and_a_changed_one_is_told(db, actor, odyssey, vanity):
    purchases(db, actor)
    notices(db, actor)

    again = notices(db, actor)
    changed = notices(db, actor, NOTICES.replace(",2,9780140449136,4", ",3,9780140449136,5"))

    assert figures(again) == (0, 0, 3, 1)
    assert (figures(changed), said(changed.changes)) == ((0, 2, 1, 1), [(2, "units_changed")])
    assert goods.deliveries(db) == [
        ("announced", "SH-5", 3, 3, {odyssey.id: (13, 0, 0), vanity.id: (3, 0, 0)})]


def test_a_notice_whose_counting_began_is_not_changed(db, actor, odyssey, vanity):
    purchases(db, actor)
    notices(db, actor)
    with db.read() as session:
        delivery_id = session.execute(select(goods.Delivery.id)).scalar_one()
    goods.counted(db, actor, delivery_id, {odyssey: 2}, close=False)

    report = notices(db, actor, NOTICES.replace("9780140449136,8", "9780140449136,9"))

    assert said(report.problems) == [(2, "notice_under_way"), (3, "notice_under_way"), (5, "unknown_purchase_order")]
    assert report.unchanged == 1


def test_a_notice_without_an_order_announces_a_delivery_of_its_own(db, actor, odyssey):
    report = notices(db, actor, "supplier,asn,isbn,units\nNew Press,7,9780140449136,2\n")

    assert report.created == 1
    assert goods.suppliers(db) == ["New Press"]
    assert goods.deliveries(db) == [("announced", "7", None, 0, {odyssey.id: (2, 0, 0)})]


def test_a_chinese_buyer_reads_the_report_in_chinese(db, odyssey, vanity):
    reader = as_actor(a_person(db, "林悦", "purchasing", language="zh-Hans"))

    report = purchases(db, reader)

    assert "目录里没有" in report.problems[1]["say"]


def test_who_imported_an_order_stands_in_the_journal(db, actor, odyssey, vanity):
    purchases(db, actor)

    with db.read() as session:
        acts = session.execute(select(Action.verb, Action.person_id).where(Action.subject == "purchase_order")).all()
    assert [tuple(act) for act in acts] == [("make", actor.person_id)] * 2


def test_large_files_go_in_by_lots_and_progress_is_told(db, actor, monkeypatch, odyssey):
    monkeypatch.setattr(imports_purchasing, "LOT", 2)
    told, text = [], "supplier,po,isbn,units\n" + "".join(f"A,{n},9780140449136,1\n" for n in range(5))

    report = imports_purchasing.import_purchases(
        db.write, actor, [("x.csv", text.encode())], progress=lambda done, total: told.append((done, total)))

    assert (report.created, told) == (5, [(2, 5), (4, 5), (5, 5)])
