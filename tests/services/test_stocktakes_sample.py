"""The sample count again, as people do it: each shelf by its label, each title by scan and number pad, blind."""

import pytest
from sqlalchemy import select

from tests.counting_builders import Counter
from tests.floor import broken_claims
from tests.shared_data import needs_shared, shared, shared_rows
from warehouse import imports_stock
from warehouse.domain.own_labels import make_label
from warehouse.domain.stocktakes import Tolerances
from warehouse.models.catalog import Item
from warehouse.models.counting import CountTask
from warehouse.models.stock import Location
from warehouse.queries import stocktakes as queries
from warehouse.services import counting_sessions, stocktakes


def rows_of(name):
    return shared_rows("orders", name)


def sample_books():
    numbers = [row["isbn13"] for name in ("stock_opening.csv", "stocktake_counts.csv") for row in rows_of(name)]
    books = [f"{isbn},Book {isbn},30.00,CNY" for isbn in dict.fromkeys(numbers)]
    return "\n".join(["isbn13,title,price,currency", *books]).encode()


def seen():
    """{shelf: {isbn: copies}} as people counted."""
    shelves = {}
    for row in rows_of("stocktake_counts.csv"):
        shelves.setdefault(row["location"], {})[row["isbn13"]] = int(row["counted"])
    return shelves


def count_shelf(db, person, session_id, place, titles):
    """The open task of one shelf: its label, then what is asked there."""
    with db.read() as session:
        task_id = session.execute(
            select(CountTask.id).where(CountTask.session_id == session_id, CountTask.location_id == place,
                                       CountTask.state == "open")).scalar_one()
    counter = Counter(db, person, task_id)
    assert counter.scan(make_label("location", place)).outcome == "accepted"
    asked = [line["isbn13"] for line in counter.task["lines"]]
    assert set(asked) <= set(titles)
    for isbn in asked:
        if titles[isbn]:
            assert counter.scan(isbn, units=titles[isbn]).outcome == "accepted"
    assert counter.finish().code == "counting.finished"


def differences(db, session_id):
    with db.read() as session:
        found = queries.list_differences(session, session_id, most=None)
    return sorted((each.location, each.code, each.on_record, each.counted, each.units) for each in found)


@pytest.mark.slow
@needs_shared("orders", "expected_stocktake.csv")
def test_counted_by_scan_and_number_pad_the_sample_differs_exactly_as_expected(db, actor, picker, packer):
    imports_stock.import_catalogue(db.write, actor, [("books.csv", sample_books())])
    imports_stock.import_stock(
        db.write, actor, [("stock_opening.csv", shared("orders", "stock_opening.csv").read_bytes())])
    shelves = seen()
    with db.read() as session:
        places = dict(session.execute(select(Location.code, Location.id)).all())
        items = dict(session.execute(select(Item.isbn13, Item.id)).all())

    def ask(session):
        session_id = counting_sessions.new_session(
            session, actor, "list", {}, tolerances=Tolerances(units=0, minor=0, approval_minor=0))
        counting_sessions.add_tasks(session, session_id, {
            places[code]: [items[isbn] for isbn in titles] for code, titles in shelves.items()})
        return session_id

    session_id = db.write(ask)
    expected = sorted((row["location"], row["isbn13"], int(row["on_record"]), int(row["counted"]),
                       int(row["difference"])) for row in rows_of("expected_stocktake.csv"))
    for code, titles in shelves.items():
        count_shelf(db, picker, session_id, places[code], titles)

    assert differences(db, session_id) == expected
    with db.read() as session:
        states = queries.count_states(session, session_id)
    assert states == {"matched": len(rows_of("stocktake_counts.csv")) - len(expected), "recount": len(expected)}

    for code in dict.fromkeys(row[0] for row in expected):
        count_shelf(db, packer, session_id, places[code], shelves[code])

    assert differences(db, session_id) == expected
    with db.read() as session:
        waiting = queries.waiting_ids(session, session_id)
    assert len(waiting) == len(expected)
    done = db.write(stocktakes.approve, actor, waiting, "unknown")
    assert done.units == sum(abs(row[4]) for row in expected)
    assert broken_claims(db) == []
