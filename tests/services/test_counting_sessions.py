"""Which shelves a stocktake counts, and that none is in two counts at once."""

import pytest
from sqlalchemy import insert

from tests.builders import a_place, a_shelf, an_item, stock_at, units_at
from tests.stocktakes_builders import count, open_tasks
from warehouse import clock
from warehouse.errors import Invalid
from warehouse.models.catalog import ItemFigure
from warehouse.models.counting import CountSession
from warehouse.services import counting_sessions


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", publisher="Ace")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", publisher="Penguin")


@pytest.fixture
def shelves(db, dune, emma):
    """Dune on A-01-1 and B-01-1, Emma on B-01-1, nothing on B-02-1."""
    first = stock_at(db, a_shelf(db, "A-01-1"), dune, 3)
    second = stock_at(db, a_shelf(db, "B-01-1", zone="north"), dune, 2)
    stock_at(db, second, emma, 1)
    return first, second, a_shelf(db, "B-02-1", zone="north")


def opened(db, actor, kind, **scope):
    return db.write(counting_sessions.open_session, actor, kind, scope)


def test_everything_is_every_shelf_also_the_empty_ones(db, actor, shelves):
    session_id = opened(db, actor, "all")

    assert open_tasks(db, session_id) == [("A-01-1", 1, None), ("B-01-1", 1, None), ("B-02-1", 1, None)]


def test_a_zone_is_its_shelves_and_an_aisle_is_one_where_shelves_have_no_zone(db, actor, shelves):
    assert open_tasks(db, opened(db, actor, "zone", zones=["A"])) == [("A-01-1", 1, None)]
    assert open_tasks(db, opened(db, actor, "zone", zones=["north"])) == [("B-01-1", 1, None), ("B-02-1", 1, None)]


def test_a_list_a_publisher_and_a_class_ask_for_titles_where_they_were(db, actor, shelves, dune, emma):
    by_code = opened(db, actor, "list", codes=["0441013597", emma.sku])
    assert open_tasks(db, by_code) == [("A-01-1", 1, [dune.id]), ("B-01-1", 1, [dune.id, emma.id])]


def test_a_publisher_is_all_of_its_titles(db, actor, shelves, emma):
    assert open_tasks(db, opened(db, actor, "publisher", publisher="Penguin")) == [("B-01-1", 1, [emma.id])]


def test_a_class_is_what_the_night_found(db, actor, shelves, emma, dune):
    db.write(lambda session: session.execute(insert(ItemFigure), [
        {"item_id": item.id, "abc": abc, "sold_30": 0, "sold_90": 0, "sold_365": 0, "picks_90": 0,
         "value_90_minor": 0, "reckoned_at": clock.now()} for item, abc in ((emma, "A"), (dune, "B"))]))

    assert open_tasks(db, opened(db, actor, "abc", classes=["A"])) == [("B-01-1", 1, [emma.id])]


def test_unknown_codes_and_an_empty_scope_are_refused(db, actor, shelves):
    with pytest.raises(Invalid, match="unknown_codes"):
        opened(db, actor, "list", codes=["9780441013593", "NOBODY"])
    with pytest.raises(Invalid, match="nothing_to_count"):
        opened(db, actor, "zone", zones=["Z"])


def test_a_shelf_in_another_open_count_is_left_out_and_told(db, actor, shelves):
    opened(db, actor, "zone", zones=["A"])

    whole = opened(db, actor, "all")

    assert [code for code, _, _ in open_tasks(db, whole)] == ["B-01-1", "B-02-1"]
    with db.read() as session:
        assert session.get_one(CountSession, whole).scope == {"left_out": ["A-01-1"]}
        assert session.get_one(CountSession, whole).number == f"ST{whole:05d}"
    with pytest.raises(Invalid, match="nothing_to_count"):
        opened(db, actor, "all")


def test_a_shelf_is_asked_for_once_and_again_when_it_was_counted(db, actor, picker, shelves, dune):
    ask = counting_sessions.ask_for_count
    first, _, _ = shelves

    task = db.write(ask, actor, first.id, kind="incident", why="short", item_ids=[dune.id])
    assert task is not None
    assert db.write(ask, actor, first.id, kind="incident", why="short", item_ids=[dune.id]) is None
    assert db.write(ask, actor, first.id, kind="zero_check", why="not empty") is None
    with db.read() as session:
        session_id = session.query(CountSession.id).scalar()
    # Nobody had begun: the second who asked for the whole shelf gets the whole shelf.
    assert open_tasks(db, session_id) == [("A-01-1", 1, None)]

    count(db, picker, session_id, first, {dune: 3})
    again = db.write(ask, actor, first.id, kind="incident", why="short", item_ids=[dune.id])

    assert again is not None
    assert open_tasks(db, session_id + 1) == [("A-01-1", 1, [dune.id])]
    assert units_at(db, first, dune) == (3, 0)


def test_what_is_no_shelf_is_not_counted(db, actor):
    quarantine = a_place(db, "QUARANTINE")

    assert db.write(counting_sessions.ask_for_count, actor, quarantine.id, kind="incident", why="short") is None
