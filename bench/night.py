"""The night's work: figures of every item and the day's count plan, for more items and a longer and longer past.

The ceiling is the one SELECT that nothing can do without, bare: every move of the ledger added up by item."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, text

from bench import shop
from bench.past import DAY_MS, bulk
from bench.server import a_house
from tests import postgres
from warehouse import clock, data_folder
from warehouse.db import Database
from warehouse.models.counting import CountSession
from warehouse.queries import prove
from warehouse.services import cycle_plan, figures, setup

# (items, moves): growth by items, then by the past.
SIZES = ((10_000, 100_000), (100_000, 100_000), (100_000, 1_000_000), (100_000, 5_000_000))
QUICK_SIZES = ((1_000, 10_000), (10_000, 10_000))
CEILING = "SELECT item_id, SUM(units), COUNT(*), MIN(at), MAX(at) FROM stock_move GROUP BY item_id"
DAY = "2026-03-04"


@dataclass(frozen=True)
class Ledger:
    """Picks and dispatches of a year. A few titles have most of them, as in a book shop."""

    made: shop.Shop
    moves: int
    person_id: int
    places: tuple[int, int]
    now_ms: int

    def rows(self) -> Iterator[tuple[Any, ...]]:
        source, target = self.places
        ids, count = self.made.item_ids, self.moves // 2
        for n in range(count):
            # The golden ratio spreads evenly; the cube makes the first titles the bestsellers.
            item = ids[int(len(ids) * (n * 0.6180339887498949 % 1) ** 3)]
            at = self.now_ms - 365 * DAY_MS + n * 364 * DAY_MS // count
            # Both ends are outside, so that the books of the shelves stay right.
            for reason in ("pick", "dispatch"):
                yield at, item, 1, source, target, "good", "good", reason, self.person_id


def run(engine: str, server: postgres.Server, *, sizes: tuple[tuple[int, int], ...]) -> dict[str, Any]:
    """Seconds of each step for each size."""
    runs = []
    for items, moves in sizes:
        with a_house(engine, server) as house:
            with data_folder.opened(house.config) as db:
                fill(db, items, moves)
                told = time_night(db)
                # Its picks are of no order, so the proof of orders would be a false one.
                with db.read(steady=True) as session:
                    found = prove.look(session, prove.BALANCE_CHECKS)
            broken = [one.name for one in found if not one.holds]
            runs.append({"items": items, "moves": moves, **told, "broken": broken})
    return {"engine": engine, "nights": runs, "proofs": runs}


def fill(db: Database, items: int, moves: int) -> None:
    """Items with prices on shelves, a year of moves, and a count of every second shelf behind it."""
    made = shop.open_shop(db, items=items, units=50)
    (person_id, _), = shop.hire(db, ["Night"], "packer")
    with db.writer.begin() as connection:
        connection.execute(text("UPDATE item SET price_minor = 500 + id % 3000, currency = 'GBP'"))
        places = dict(connection.execute(
            text("SELECT code, id FROM location WHERE code IN ('SUPPLIER', 'CUSTOMER')")).all())
        now_ms = int(clock.now().timestamp() * 1000)
        ledger = Ledger(made, moves, person_id, (places["SUPPLIER"], places["CUSTOMER"]), now_ms)
        bulk(connection, "stock_move", "at item_id units source_id target_id condition target_condition reason"
             " person_id".split(), ledger.rows())
        counted = [(n, item, made.shelf_of[item]) for n, item in enumerate(made.item_ids[::2], start=1)]
        connection.execute(insert(CountSession.__table__), {
            "id": 1, "number": "PAST", "kind": "all", "state": "closed", "scope": {}, "tolerance_units": 1,
            "tolerance_minor": 0, "approval_minor": 0, "created_at": clock.now(), "created_by": person_id})
        at = now_ms - 40 * DAY_MS
        bulk(connection, "count_task", "id session_id location_id round covers_shelf state person_id"
             " counted_at".split(), ((n, 1, shelf, 1, True, "counted", person_id, at) for n, _, shelf in counted))
        bulk(connection, "count_line", "id task_id item_id code is_asked units_counted units_damaged on_record"
             " counted_at settled_as".split(), ((n, n, item, "", False, 50, 0, 50, at, "") for n, item, _ in counted))
        bulk(connection, "count_result", "id session_id location_id item_id line_id state on_record counted units"
             " units_posted value_minor cause note decided_at".split(),
             ((n, 1, shelf, item, n, "matched", 50, 50 - (n % 40 == 0), -(n % 40 == 0), 0, 0, "", "", at)
              for n, item, shelf in counted))
        if connection.dialect.name == "postgresql":
            for name in ("count_session", "count_task", "count_line", "count_result"):
                connection.execute(text(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT MAX(id) FROM {name}))"))
    with db.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def time_night(db: Database) -> dict[str, Any]:
    """Each step as `warehouse.jobs` runs it, the ceiling first and once more afterwards, the quicker of both."""
    with db.read() as session:
        actor = setup.system_actor(session, clock.now() + timedelta(seconds=1))
    ceiling_s = bare(db)
    begun = time.perf_counter()
    with db.read() as session:
        found = figures.look(session, actor.at)
    read_s, lots = time.perf_counter() - begun, []
    for lot in figures.lots(found):
        at = time.perf_counter()
        db.write(figures.keep, actor, lot)
        lots.append(time.perf_counter() - at)
    at = time.perf_counter()
    with db.read() as session:
        shelves = cycle_plan.look(session, actor.at)
    db.write(cycle_plan.open_day, actor, DAY, shelves)
    done = time.perf_counter()
    return {"total_s": done - begun, "read_s": read_s, "write_s": sum(lots), "longest_write_ms": 1000 * max(lots),
            "plan_s": done - at, "shelves": len(shelves), "ceiling_s": min(ceiling_s, bare(db))}


def bare(db: Database) -> float:
    with db.glance() as connection:
        cursor = connection.connection.cursor()
        begun = time.perf_counter()
        cursor.execute(CEILING)
        cursor.fetchall()
        return time.perf_counter() - begun
