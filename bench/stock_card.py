"""The stock card and the lists over years of moves: from the request to the page, without the network.

The ceiling is one bare SELECT that adds up the moves of the bestseller that its chart is drawn from."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text

from bench import meter, shop
from bench.past import DAY_MS, bulk
from bench.server import a_house
from tests import postgres
from warehouse import clock, data_folder
from warehouse.app import create_app
from warehouse.db import Database
from warehouse.services import figures, setup

STEPS = (("pick", 0), ("pack", 1), ("dispatch", 2))
YEARS_MS, WINDOW_MS = 3 * 365 * DAY_MS, 90 * DAY_MS
ORDERS = 10_000
OPENING = 1_000_000
CEILING = "SELECT COUNT(*), SUM(units) FROM stock_move WHERE item_id = {item} AND at >= {since}"
LISTS = ("low", "turnover", "slow", "dead")


@dataclass(frozen=True)
class Size:
    """`moves` in all, `hot` of them the bestseller's within the window of its chart."""

    items: int
    moves: int
    hot: int


FULL, QUICK = Size(100_000, 5_000_000, 50_000), Size(1_000, 30_000, 3_000)


@dataclass(frozen=True)
class Sales:
    """Each sale is three moves: shelf to tote, tote to a parcel of its own, parcel to customer. Every row follows from
    its number; the titles of the first tenth sell in the last year, the others before."""

    made: shop.Shop
    size: Size
    person_id: int
    tote: int
    customer: int
    first_parcel: int
    first_line: int
    now_ms: int

    @property
    def count(self) -> int:
        return self.size.moves // len(STEPS)

    def each(self) -> Iterator[tuple[int, int, int]]:
        """(number, item, moment), in the order of time for most of them."""
        hot, ids = self.size.hot // len(STEPS), self.made.item_ids
        for n in range(self.count - hot):
            # The golden ratio spreads evenly; the square makes the first titles sell more than the last.
            item = ids[1 + int((len(ids) - 1) * (n * 0.6180339887498949 % 1) ** 2)]
            yield n, item, self.now_ms - YEARS_MS + n * (YEARS_MS - DAY_MS) // self.count
        for n in range(hot):
            yield self.count - hot + n, ids[0], self.now_ms - WINDOW_MS + (n + 1) * (WINDOW_MS - DAY_MS) // hot

    def moves(self) -> Iterator[tuple[Any, ...]]:
        for n, item, at in self.each():
            way = (self.made.shelf_of[item], self.tote, self.first_parcel + n, self.customer)
            for reason, step in STEPS:
                yield (at + step, item, 1, way[step], way[step + 1], "good", "good", reason, self.person_id,
                       self.first_line + n % ORDERS)

    def balances(self) -> Iterator[tuple[Any, ...]]:
        """What each sale leaves behind for ever: an empty balance in its parcel, and one in the tote."""
        for n, item, _ in self.each():
            yield item, self.first_parcel + n, "good", 0, 0, 2
        for item in self.made.item_ids:
            yield item, self.tote, "good", 0, 0, 0


def run(engine: str, server: postgres.Server, *, size: Size, count: int) -> dict[str, Any]:
    """Milliseconds of the bestseller's card, of any card and of each list; all that waits between is the database."""
    with a_house(engine, server) as house, data_folder.opened(house.config) as db:
        begun = time.perf_counter()
        made = fill(db, size)
        print(f"    {engine}: {size.moves:,} moves of {size.items:,} items in {time.perf_counter() - begun:.0f} s",
              flush=True)
        client = sign_in(create_app(house.config, db).test_client(), db)
        hot, ids = made.item_ids[0], made.item_ids
        since = round(clock.now().timestamp() * 1000) - WINDOW_MS
        parts: dict[str, tuple[Callable[[int], Any], int]] = {
            "ceiling": (lambda _: bare(db, CEILING.format(item=hot, since=since)), count),
            "card": (lambda _: page(client, f"/stock/item/{hot}"), count),
            "any_card": (lambda n: page(client, f"/stock/item/{ids[(n * 7919) % len(ids)]}"), count),
            "shelf": (lambda n: page(client, f"/stock/location/{made.shelf_of[ids[(n * 7919) % len(ids)]]}"), count),
            **{kind: (lambda _, kind=kind: page(client, f"/stock/?list={kind}"), max(3, count // 20))
               for kind in LISTS},
        }
        told: dict[str, Any] = {"engine": engine, "moves": size.moves, "items": size.items, "hot": size.hot}
        noise = meter.Noise.begin()
        for name, (ask, times) in parts.items():
            ask(0)
            told |= {f"{name}_{key}": value for key, value in spread([ms(ask, n) for n in range(times)]).items()}
        return {**told, "others_cores": noise.others_cores()}


def fill(db: Database, size: Size) -> shop.Shop:
    """Items with a price and a publisher on shelves, and all the sales of the past with their parcels."""
    made = shop.open_shop(db, items=size.items, units=OPENING)
    (person_id, _), = shop.hire(db, ["Past"], "packer")
    lines = shop.take_orders(db, 0, [[(made.item_ids[n % size.items], 1)] for n in range(ORDERS)])
    with db.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            # The rows refer rightly; to check each of ten million references takes a quarter of an hour.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            # Rows come in order of time, the index is in order of items: all of it must be at hand while it grows.
            connection.exec_driver_sql("PRAGMA cache_size=-4000000")
        connection.execute(text("UPDATE item SET price_minor = 500 + id % 3000, currency = 'GBP',"
                                " publisher = 'Publisher ' || (id % 300)"))
        connection.execute(text(f"UPDATE stock_move SET at = at - {YEARS_MS}"))
        customer = connection.execute(text("SELECT id FROM location WHERE code = 'CUSTOMER'")).scalar_one()
        parcel = connection.execute(text("SELECT MAX(id) + 2 FROM location")).scalar_one()
        line = connection.execute(text("SELECT MIN(id) FROM order_line WHERE order_id = :first"),
                                  {"first": lines[0]}).scalar_one()
        sales = Sales(made, size, person_id, parcel - 1, customer, parcel, line, int(clock.now().timestamp() * 1000))
        bulk(connection, "location", "id code kind aisle bay shelf zone sequence".split(), (
            (parcel - 1 + n, f"PAST-{n}", "parcel" if n else "tote", "", "", "", "", 0)
            for n in range(sales.count + 1)))
        bulk(connection, "stock_move", "at item_id units source_id target_id condition target_condition reason"
             " person_id order_line_id".split(), sales.moves())
        bulk(connection, "stock_balance", "item_id location_id condition on_hand reserved moves".split(),
             sales.balances())
        sold: dict[int, int] = {}
        for _, item, _ in sales.each():
            sold[item] = sold.get(item, 0) + 1
        connection.execute(
            text("UPDATE stock_balance SET on_hand = on_hand - :n WHERE item_id = :item AND location_id = :place"),
            [{"n": units, "item": item, "place": made.shelf_of[item]} for item, units in sold.items()])
    with db.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What a database of that age knows of itself (PostgreSQL does it by itself, a little later).
        connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")
    with db.read() as session:
        actor = setup.system_actor(session, clock.now() + timedelta(seconds=1))
        found = figures.look(session, actor.at)
    for lot in figures.lots(found):
        db.write(figures.keep, actor, lot)
    return made


def sign_in(client: FlaskClient, db: Database) -> FlaskClient:
    (_, badge), = shop.hire(db, ["Reader"], "manager")
    answer = client.post("/login", json={"badge": badge, "pin": shop.PIN}, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return client


def page(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, address


def bare(db: Database, statement: str) -> None:
    with db.glance() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(statement)
        cursor.fetchall()


def ms(ask: Callable[[int], Any], n: int) -> float:
    begun = time.perf_counter()
    ask(n)
    return (time.perf_counter() - begun) * 1000


def spread(times: list[float]) -> dict[str, float]:
    return {"p50_ms": meter.percentile(times, 0.5), "p99_ms": meter.percentile(times, 0.99)}
