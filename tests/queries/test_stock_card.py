"""The card's numbers are what the ledger adds up to, on both engines."""

import random
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from tests.builders import a_place, a_shelf, a_tote, an_item, an_order, stock_at
from tests.floor import Picker, release
from tests.statements import count_statements
from tests.stock_builders import a_home, ordered
from warehouse.domain import stock as rules
from warehouse.domain.people import Actor
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.models.journal import Scan
from warehouse.models.receiving import Delivery, DeliveryParcel, Supplier
from warehouse.models.stock import Location
from warehouse.queries.stock_card import stock_card
from warehouse.queries.stock_shelf import SHOWN_TITLES, shelf_card
from warehouse.services import stock

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


def card_of(db, item, now, zone=SHANGHAI):
    with db.read() as session:
        return stock_card(session, item.id, now, zone)


def place_of(db, place):
    with db.read() as session:
        return shelf_card(session, place.id)


def move(db, item, units, source, target, *, at, by, reason=rules.TRANSFER, condition=rules.GOOD, **cause):
    """One move of the ledger at any moment of the past."""
    def go(session):
        actor = Actor(**{**vars(by), "at": at})
        stock.move(session, actor, item.id, units, source=source.place, target=target.place, condition=condition,
                   cause=stock.Cause(reason, **cause))

    db.write(go)


def test_what_is_promised_on_its_way_or_not_for_sale_is_told_apart(db, actor, picker, dune):
    shelf = stock_at(db, "B-07-3", dune, units=10)
    stock_at(db, "B-07-4", dune, units=2, condition=rules.DAMAGED)
    stock_at(db, a_place(db, "RECEIVING"), dune, units=4)
    stock_at(db, a_place(db, "QUARANTINE"), dune, units=1, condition=rules.DAMAGED)
    picked = an_order(db, {dune: 3})
    run, = release(db, actor, picked)
    Picker(db, picker, run, totes=[a_tote(db, "T-01")]).go_on()
    waiting = an_order(db, {dune: 2})
    release(db, actor, waiting)

    card = card_of(db, dune, actor.at)

    assert (card.on_hand, card.reserved, card.available) == (17, 2, 5)
    assert card.apart == {"damaged": 2, "staging": 4, "quarantine": 1, "tote": 3}
    assert card.available + card.reserved + sum(card.apart.values()) == card.on_hand
    assert [(row.code, row.on_hand, row.reserved) for row in card.places][:2] == [("B-07-3", 7, 2), ("B-07-4", 2, 0)]
    promise, = card.promises
    assert (promise.order_number, promise.units, promise.place) == (waiting.number, 2, "B-07-3")
    assert shelf.id == promise.location_id


def test_moves_tell_who_and_why_with_the_order_behind_them(db, actor, picker, dune):
    stock_at(db, "B-07-3", dune, units=10)
    order = an_order(db, {dune: 3})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[a_tote(db, "T-01")]).go_on()

    newest, *_, oldest = card_of(db, dune, actor.at).moves

    assert (newest.reason, newest.units, newest.source, newest.target) == ("pick", 1, "B-07-3", "T-01")
    assert (newest.person, newest.order_number) == ("Wang Xiaoyu", order.number)
    assert (oldest.reason, oldest.units, oldest.source, oldest.order_id) == ("opening", 10, "SUPPLIER", None)


def test_a_receipt_tells_its_delivery(db, actor, dune):
    def arrive(session):
        def made(model, **fields):
            return session.execute(insert(model).returning(model.id), fields).scalar_one()

        supplier = made(Supplier, code="HB", name="Harbour Books", created_at=actor.at)
        delivery = made(Delivery, number="D-7", supplier_id=supplier, state="receiving", created_at=actor.at,
                        created_by=actor.person_id)
        parcel = made(DeliveryParcel, delivery_id=delivery, position=1, state="open")
        return made(Scan, scan_id="receipt", task="receive", task_id=parcel, step="", raw=dune.isbn, kind="item",
                    outcome="accepted", code="", units=3, person_id=actor.person_id, at=actor.at, body_hash="",
                    answer="")

    scan = db.write(arrive)
    move(db, dune, 3, a_place(db, "SUPPLIER"), a_place(db, "RECEIVING"), at=actor.at, by=actor, reason=rules.RECEIVE,
         scan_id=scan)

    row, = card_of(db, dune, actor.at).moves

    assert (row.reason, row.delivery_number, row.order_id, row.session_id) == ("receive", "D-7", None, None)


def test_only_the_last_fifty_moves_are_shown(db, actor, dune):
    supplier, shelf = a_place(db, "SUPPLIER"), a_shelf(db, "B-07-3")
    for n in range(53):
        move(db, dune, n + 1, supplier, shelf, at=actor.at - timedelta(minutes=n), by=actor, reason=rules.OPENING)

    assert [row.units for row in card_of(db, dune, actor.at).moves] == list(range(1, 51))


@pytest.mark.parametrize("zone", [SHANGHAI, LONDON], ids=str)
def test_the_level_of_each_day_is_the_sum_of_the_moves_until_its_end(db, actor, dune, zone):
    """Moves at random over four months, in and out and within, against a level added up one by one; London's clocks
    change in between."""
    now = datetime(2026, 4, 20, 11, 0, tzinfo=UTC)
    places = {code: a_place(db, code) for code in ("SUPPLIER", "CUSTOMER", "LOST-FOUND")}
    shelves = [a_shelf(db, "B-07-3"), a_shelf(db, "B-07-4")]
    chance, at, on_shelf = random.Random(7), now - timedelta(days=120), [0, 0]
    moves = []
    while at < now:
        which = chance.randrange(2)
        units = chance.randint(1, 5)
        far, left = chance.choice([("CUSTOMER", rules.DISPATCH), ("LOST-FOUND", rules.SHORT),
                                   ("LOST-FOUND", rules.COUNT)])
        if on_shelf[which] < units:
            way, net, on_shelf[which] = (places["SUPPLIER"], shelves[which]), units, on_shelf[which] + units
            why = rules.RECEIVE
        elif chance.random() < 0.4:
            way, net, why = (shelves[which], shelves[1 - which]), 0, rules.TRANSFER
            on_shelf[which], on_shelf[1 - which] = on_shelf[which] - units, on_shelf[1 - which] + units
        else:
            way, net, on_shelf[which] = (shelves[which], places[far]), -units, on_shelf[which] - units
            why = left
        move(db, dune, units, *way, at=at, by=actor, reason=why)
        moves.append((at, net))
        at += timedelta(hours=chance.randint(5, 40), minutes=chance.randint(0, 59))

    level = card_of(db, dune, now, zone).level

    today = now.astimezone(zone).date()
    assert [one.day for one in level] == [(today - timedelta(days=back)).isoformat() for back in range(89, -1, -1)]
    for one in level:
        assert one.units == sum(net for at, net in moves if at.astimezone(zone).date().isoformat() <= one.day), one
    assert level[-1].units == sum(on_shelf)


def test_a_move_at_midnight_belongs_to_the_day_that_begins(db, actor, dune):
    midnight = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    move(db, dune, 5, a_place(db, "SUPPLIER"), a_shelf(db, "B-07-3"), at=midnight, by=actor, reason=rules.OPENING)

    level = {one.day: one.units for one in card_of(db, dune, actor.at).level}

    assert (level["2026-03-03"], level["2026-03-04"]) == (0, 5)


def test_what_is_on_order_is_what_has_not_come(db, actor, dune):
    ordered(db, actor, "P1", dune, 10, came=[(3, 1), (2, 0)])
    ordered(db, actor, "P2", dune, 5, came=[(9, 0)], state="part")
    ordered(db, actor, "P3", dune, 7, state="closed")

    assert card_of(db, dune, actor.at).on_order == 4


def test_a_card_costs_as_many_statements_with_a_long_past_as_with_none(db, actor, dune):
    emma = an_item(db, "Emma", isbn="9780141439587")
    shelf = stock_at(db, "B-07-3", dune, units=100)
    for back in range(40):
        move(db, dune, 1, shelf, a_place(db, "CUSTOMER"), at=actor.at - timedelta(days=back), by=actor,
             reason=rules.DISPATCH)

    counts = []
    for item in (dune, emma):
        with count_statements(db) as seen:
            card_of(db, item, actor.at)
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 7


def test_an_item_that_does_not_exist_has_no_card(db, actor):
    with db.read() as session:
        assert stock_card(session, 999, actor.at, SHANGHAI) is None


# --- A place ---------------------------------------------------------------------------------------------------------


def counted(db, actor, shelf, item, *, at, units=3, covers_shelf=True):
    """A count of a shelf that found some units of an item; the id of its result."""
    def add(session):
        def made(model, **fields):
            return session.execute(insert(model).returning(model.id), fields).scalar_one()

        stocktake = made(CountSession, number=f"C{at:%m%d}", kind="list", state="open", scope={},
                         tolerance_units=0, tolerance_minor=0, approval_minor=0, created_at=at,
                         created_by=actor.person_id)
        task = made(CountTask, session_id=stocktake, location_id=shelf.id, state="counted", covers_shelf=covers_shelf,
                    person_id=actor.person_id, counted_at=at)
        line = made(CountLine, task_id=task, item_id=item.id, units_counted=units, counted_at=at)
        return made(CountResult, session_id=stocktake, location_id=shelf.id, item_id=item.id, line_id=line,
                    state="posted", on_record=0, counted=units, units=0, value_minor=0)

    return db.write(add)


def test_cards_tell_the_last_count_and_the_stocktake_of_a_difference(db, actor, dune):
    shelf = stock_at(db, "B-07-3", dune, units=3)
    counted(db, actor, shelf, dune, at=actor.at - timedelta(days=9))
    result = counted(db, actor, shelf, dune, at=actor.at - timedelta(days=2), covers_shelf=False)
    move(db, dune, 1, a_place(db, "LOST-FOUND"), shelf, at=actor.at, by=actor, reason=rules.COUNT,
         count_result_id=result)

    item_card, place_card = card_of(db, dune, actor.at), place_of(db, shelf)

    assert item_card.places[0].counted_at == actor.at - timedelta(days=2)
    assert item_card.moves[0].session_number.startswith("C")
    assert place_card.titles[0].counted_at == actor.at - timedelta(days=2)
    assert (place_card.counted_at, place_card.counted_by) == (actor.at - timedelta(days=9), "Lin Yue")


def test_a_shelf_shows_its_titles_homes_and_moves_also_of_what_has_left(db, actor, dune):
    emma, ulysses = an_item(db, "Emma", isbn="9780141439587"), an_item(db, "Ulysses", isbn="9780141182803")
    shelf, other = stock_at(db, "B-07-3", dune, units=4), a_shelf(db, "B-07-4")
    move(db, dune, 1, shelf, other, at=actor.at, by=actor)
    stock_at(db, shelf, ulysses, units=2)
    move(db, ulysses, 2, shelf, other, at=actor.at + timedelta(seconds=1), by=actor)
    a_home(db, emma, shelf, least=2, most=8)

    card = place_of(db, shelf)

    assert [(row.title, row.on_hand, row.is_home, row.min_units) for row in card.titles] == [
        ("Dune", 3, False, None), ("Emma", 0, True, 2)]
    assert (card.kinds, card.units) == (1, 3)
    assert [(row.title, row.units) for row in card.moves if row.reason == rules.TRANSFER] == [
        ("Ulysses", 2), ("Dune", 1)]


def test_a_tote_shows_the_moves_of_what_lies_in_it(db, actor, picker, dune):
    stock_at(db, "B-07-3", dune, units=4)
    tote = a_tote(db, "T-01")
    run, = release(db, actor, an_order(db, {dune: 1}))
    Picker(db, picker, run, totes=[tote]).go_on()

    with db.read() as session:
        card = shelf_card(session, tote.place.id)

    assert (card.kind, card.units, [row.reason for row in card.moves]) == ("tote", 1, ["pick"])


def test_a_place_outside_has_no_card(db):
    assert place_of(db, a_place(db, "CUSTOMER")) is None


def test_a_place_of_very_many_titles_shows_the_first_and_counts_all(db, actor):
    place = a_place(db, "RECEIVING")
    for n in range(SHOWN_TITLES + 2):
        stock_at(db, place, an_item(db, f"Book {n:03}", isbn=None), units=1)

    card = place_of(db, place)

    assert (len(card.titles), card.kinds, card.units) == (SHOWN_TITLES, SHOWN_TITLES + 2, SHOWN_TITLES + 2)


def test_outside_places_are_those_that_keep_no_balance(db):
    with db.read() as session:
        kinds = {row.code: row.kind for row in session.execute(select(Location.code, Location.kind))}

    assert {code for code, kind in kinds.items() if kind not in rules.INSIDE} == set(rules.OUTSIDE_CODES)


def test_the_level_is_read_from_the_index_of_moves_in_and_out_alone(db, actor, dune):
    """Else each of a bestseller's moves would be looked up in the table. Where there is little to read PostgreSQL
    reads all of it, so it is told that this is dear."""
    stock_at(db, "B-07-3", dune, units=3)
    with count_statements(db) as seen:
        card_of(db, dune, actor.at)
    level, = (statement for statement in seen if "WITH days" in statement)
    values = dict.fromkeys(re.findall(r"%\((\w+)\)s", level), 0) or (0,) * level.count("?")
    with db.writer.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            # In a table of one row either index is as good; taken back with the transaction.
            connection.exec_driver_sql("DROP INDEX ix_stock_move_item_id_at")
            plan = "EXPLAIN "
        else:
            plan = "EXPLAIN QUERY PLAN "
        told = " ".join(str(row) for row in connection.exec_driver_sql(plan + level, values))
        connection.rollback()

    assert re.search(r"(USING COVERING INDEX|Index Only Scan using) ix_stock_move_crossing", told), told
