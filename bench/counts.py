"""A whole stocktake decided: every line differs, waits for approval and is approved; in one transaction, and again in
the lots of the desk, where each hundredth shelf has promised all of its copies to orders.

The ceiling is what nothing can do without, bare: so many balances changed and so many moves written, by the driver."""

import time
from typing import Any

from sqlalchemy import Connection, insert, text

from bench import shop
from bench.past import bulk
from bench.server import a_house
from tests import postgres
from warehouse import clock, data_folder
from warehouse.db import Database
from warehouse.domain.people import Actor
from warehouse.models.counting import CountSession
from warehouse.queries import stocktakes as queries
from warehouse.services import stocktakes

UNITS, LOST = 20, 3
SIZES, QUICK_SIZES = (1_000, 10_000), (100, 200)
PROMISED_EVERY = 100


def run(engine: str, server: postgres.Server, *, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Seconds to approve so many differences, each way."""
    runs = []
    for lines in sizes:
        with a_house(engine, server) as house:
            with data_folder.opened(house.config) as db:
                told = approve(db, lines)
            runs.append({"lines": lines, **told, "broken": house.prove()})
    return {"engine": engine, "counts": runs, "proofs": runs}


def approve(db: Database, lines: int) -> dict[str, Any]:
    made = shop.open_shop(db, items=lines, units=UNITS)
    (counter, _), (lead, _) = shop.hire(db, ["Counter", "Lead"], "manager")
    actor = Actor(person_id=lead, device_id=None, at=clock.now())
    ceiling_s = bare(db, made)
    first = waiting(db, made, counter, 1)
    begun = time.perf_counter()
    db.write(stocktakes.approve, actor, first, "unknown")
    whole_s = time.perf_counter() - begun
    promised = made.item_ids[::PROMISED_EVERY]
    shop.release(db, shop.take_orders(db, 1, [[(item, UNITS - LOST)] for item in promised]))
    second, lots = waiting(db, made, counter, 2), []
    for lot in stocktakes.cut(second):
        begun = time.perf_counter()
        db.write(stocktakes.approve, actor, lot, "unknown")
        lots.append(time.perf_counter() - begun)
    return {"whole_s": whole_s, "lots_s": sum(lots), "longest_lot_ms": 1000 * max(lots), "promised": len(promised),
            "ceiling_s": ceiling_s}


def waiting(db: Database, made: shop.Shop, person_id: int, session_id: int) -> list[int]:
    """A stocktake of every shelf, counted twice with `LOST` copies missing of each title; ids of what waits."""
    first, on_record = (session_id - 1) * len(made.item_ids), UNITS - LOST * (session_id - 1)
    at = int(clock.now().timestamp() * 1000)
    with db.writer.begin() as connection:
        last_move = connection.execute(text("SELECT MAX(id) FROM stock_move")).scalar_one()
        connection.execute(insert(CountSession.__table__), {
            "id": session_id, "number": f"BENCH{session_id}", "kind": "all", "state": "counting", "scope": {},
            "tolerance_units": 1, "tolerance_minor": 0, "approval_minor": 0, "created_at": clock.now(),
            "created_by": person_id})
        shelves = [(first + n, item, made.shelf_of[item]) for n, item in enumerate(made.item_ids, start=1)]
        bulk(connection, "count_task",
             "id session_id location_id round covers_shelf state person_id counted_at".split(),
             ((n, session_id, shelf, 1, True, "counted", person_id, at) for n, _, shelf in shelves))
        bulk(connection, "count_line", "id task_id item_id code is_asked units_counted units_damaged on_record"
             " moves_seen last_move_id counted_at settled_as".split(),
             ((n, n, item, "", False, on_record - LOST, 0, on_record, 1, last_move, at, "approval")
              for n, item, _ in shelves))
        bulk(connection, "count_result", "id session_id location_id item_id line_id state on_record counted units"
             " units_posted value_minor cause note".split(),
             ((n, session_id, shelf, item, n, "approval", on_record, on_record - LOST, -LOST, 0, -90_000, "", "")
              for n, item, shelf in shelves))
    with db.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    with db.read() as session:
        return queries.waiting_ids(session, session_id)


def bare(db: Database, made: shop.Shop) -> float:
    """The same rows by the driver alone, taken back again."""
    at = int(clock.now().timestamp() * 1000)
    with db.writer.connect() as connection, connection.begin() as transaction:
        places = dict(connection.execute(text("SELECT code, id FROM location WHERE code IN ('LOST-FOUND')")).all())
        person = connection.execute(text("SELECT MIN(id) FROM person")).scalar_one()
        begun = time.perf_counter()
        _many(connection, "UPDATE stock_balance SET on_hand = on_hand - 3 WHERE item_id = {0} AND location_id = {0}"
              " AND condition = 'good'", [(item, made.shelf_of[item]) for item in made.item_ids])
        _many(connection, "INSERT INTO stock_move (at, item_id, units, source_id, target_id, condition,"
              " target_condition, reason, person_id) VALUES ({0}, {0}, 3, {0}, {0}, 'good', 'good', 'count', {0})",
              [(at, item, made.shelf_of[item], places["LOST-FOUND"], person) for item in made.item_ids])
        taken = time.perf_counter() - begun
        transaction.rollback()
    return taken


def _many(connection: Connection, words: str, rows: list[tuple[Any, ...]]) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.connection.cursor().executemany(words.format(mark), rows)
