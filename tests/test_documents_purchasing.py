"""The report to the supplier, from rows to paper and tables."""

import pypdfium2
import pytest

from tests import purchasing_builders as goods
from tests.builders import an_item
from warehouse import documents
from warehouse.config import Config
from warehouse.errors import Conflict, NotFound


@pytest.fixture
def config(tmp_path):
    return Config(home=tmp_path, database_url="as given")


@pytest.fixture
def delivery(db, actor):
    """Every way in which a delivery can be wrong."""
    books = {kind: an_item(db, f"Book of {kind}", isbn=None) for kind in goods.KINDS}
    order_id = goods.an_order(db, actor, {books["short"]: 3})
    made = goods.a_delivery(db, actor, {books["short"]: 3}, order_id=order_id, notice="SH-1", parcels=2)
    goods.counted(db, actor, made, {books["short"]: 1, books["over"]: 4})
    for units, (kind, book) in enumerate(reversed(books.items()), start=1):
        goods.an_incident(db, actor, made, kind, book, units, photos=int(kind == "misprint"))
    goods.an_incident(db, actor, made, "call_lead", books["short"], 1)
    return made


def words(pdf):
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(pdf))


@pytest.mark.parametrize(("lang", "said"), [
    ("en", ["Discrepancyreport", "Wrongedition", "Unknowntitle", "Notordered", "PO-1", "SH-1", "HarbourBooks"]),
    ("zh-Hans", ["到货差异报告", "版本不符", "未知书目", "未订购", "PO-1", "SH-1"])])
def test_the_report_names_every_kind_of_discrepancy_in_the_readers_language(db, config, delivery, lang, said):
    with db.read() as session:
        text = words(documents.discrepancy_pdf(session, config, delivery, lang))

    assert [word for word in said if word not in text] == []
    assert "−7" in text and "+6" in text and "Bookofmisprint" in text


def test_the_table_has_a_row_for_each_and_numbers_with_their_sign(db, delivery):
    with db.read() as session:
        lines = documents.discrepancy_csv(session, delivery, "en").decode("utf-8-sig").splitlines()

    kinds = [line.split(",")[3] for line in lines[1:]]
    differences = [int(line.split(",")[8]) for line in lines[1:]]
    assert kinds == [
        "Short", "More than ordered", "Not ordered", "Unknown title", "Damaged", "Misprint", "Wrong edition"]
    assert differences == [-7, 6, 5, 4, 3, 2, 1]


def test_there_is_no_report_before_the_delivery_is_closed(db, actor, config):
    waiting = goods.a_delivery(db, actor, {})

    with db.read() as session:
        with pytest.raises(Conflict):
            documents.discrepancy_pdf(session, config, waiting, "en")
        with pytest.raises(NotFound):
            documents.discrepancy_csv(session, waiting + 1, "en")
