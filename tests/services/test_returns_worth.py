"""What copies that came back are worth: used ones have a name and price of their own, dear ones no one scraps alone."""

from tests.builders import an_item, moves_of, units_at
from tests.floor import broken_claims
from tests.returns_bench import ReturnBench, at_bench, rows
from tests.returns_builders import a_sent_order
from warehouse.domain.own_labels import make_label
from warehouse.models.catalog import Item
from warehouse.services import returns


def test_a_used_copy_has_a_price_of_its_own_and_leaves_the_isbn_to_the_new_one(db, actor, packer):
    book = an_item(db, "Middlemarch", isbn="9780141439549", price_minor=8990, currency="CNY", edition="2nd")
    order = a_sent_order(db, actor, {book: 1})
    asked = db.write(returns.request, actor, order.id, "return", "late", [(order.line_ids[0], 1, None)], source="desk")
    bench = at_bench(db, packer, make_label("return", asked))
    bench.scan(book.isbn)
    bench.press("#grade:very_good")
    bench.press("#to:used")

    [_, (_, sku, isbn, edition, price)] = rows(
        db, Item.id, Item.sku, Item.isbn13, Item.edition, Item.price_minor)
    assert (sku, isbn, edition, price) == ("9780141439549-U-very_good", None, "2nd · Used: very good", 6290)


def test_a_used_copy_that_comes_back_as_it_was_sold_is_restocked_and_a_worse_one_sinks(db, actor, packer, dune):
    used = an_item(db, "Dune", isbn=None, sku="9780441013593-U-very_good", weight_g=500, length_mm=210, width_mm=140,
                   height_mm=30, codes=("USED-DUNE-1",))
    order = a_sent_order(db, actor, {Coded(used): 2})
    asked = db.write(returns.request, actor, order.id, "return", "wrong_book_sent", [(order.line_ids[0], 2, None)],
                     source="desk")
    bench = at_bench(db, packer, make_label("return", asked))

    bench.take(used, grade="very_good", place="used")
    assert (bench.task["step"], units_at(db, "RECEIVING", used)) == ("scan", (1, 0))
    bench.take(used, grade="good", place="used")

    assert bench.task["present"]["into"]["sku"] == "9780441013593-U-good"
    assert broken_claims(db) == []


class Coded:
    """An item that is scanned by its own code, having no ISBN."""

    def __init__(self, item):
        self.id, self.sku, self.title, self.isbn, self.label = item.id, item.sku, item.title, item.codes[0], item.label


def test_scrapping_a_dear_copy_asks_a_lead(db, actor, packer):
    book = an_item(db, "Atlas", isbn="9780141439549", price_minor=10_001, currency="CNY")
    order = a_sent_order(db, actor, {book: 1})
    asked = db.write(returns.request, actor, order.id, "return", "wrong_book_sent", [(order.line_ids[0], 1, None)],
                     source="desk")
    bench = at_bench(db, packer, make_label("return", asked))
    bench.scan(book.isbn)
    bench.press("#grade:damaged")
    assert bench.press("#to:scrap").code == "returns_bench.ask_lead"

    lead = ReturnBench(db, actor, bench.return_id)
    lead.press("#take_over")
    assert lead.press("#to:scrap").code == "returns_bench.to_scrap"

    assert moves_of(db, book)[-1] == ("write_off", 1, "RETURNS", "SCRAP")
    assert broken_claims(db) == []
