"""The desks behind a longer and longer past: what is late, an order found and told on one line of time, incidents and
their trends, the customer's page, and what the clock does each minute. From the request to the page, without the
network.

The ceiling is what no page of an order can do without, bare: the order and its lines by their keys."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from bench import meter, past, shop
from bench.past import DAY_MS, bulk
from bench.server import a_house
from bench.stock_card import bare, ms, page, sign_in, spread
from tests import postgres
from warehouse import clock, data_folder
from warehouse.app import create_app
from warehouse.db import Database
from warehouse.jobs import MINUTE, Minute
from warehouse.services import customer

PASTS, QUICK_PASTS = (10_000, 100_000, 1_000_000), (500, 2_000)
ITEMS, UNDER_WAY = 2_000, 500
INCIDENT_EVERY, OPEN_INCIDENTS = 20, 200
CEILING = "SELECT * FROM sales_order JOIN order_line ON order_line.order_id = sales_order.id WHERE sales_order.id = {}"
PHONE = "07700 900{:06d}"


def run(engine: str, server: postgres.Server, *, pasts: tuple[int, ...], count: int) -> dict[str, Any]:
    """Milliseconds of each page, and of each step of the minute's work, for each length of the past."""
    told = []
    for length in pasts:
        with a_house(engine, server) as house, data_folder.opened(house.config) as db:
            begun = time.perf_counter()
            first = fill(db, length)
            print(f"    {engine}: {length:,} past orders in {time.perf_counter() - begun:.0f} s", flush=True)
            client = sign_in(create_app(house.config, db).test_client(), db)
            noise = meter.Noise.begin()
            figures: dict[str, dict[str, float]] = {}
            for name, ask in questions(db, client, length, first).items():
                ask(0)
                figures[name] = spread([ms(ask, n) for n in range(count)])
            run_step = minute_of(house.config, db)
            # The first round finds what a year has left; every minute after it finds news alone.
            rounds = [{name: ms(run_step, n) for n, name in enumerate(MINUTE)} for _ in range(4)]
            told.append({"orders": length, "figures": figures, "first_minute_ms": sum(rounds[0].values()),
                         "minute": {name: meter.median(one[name] for one in rounds[1:]) for name in MINUTE},
                         "others_cores": noise.others_cores()})
    return {"engine": engine, "pasts": told, "proofs": []}


def fill(db: Database, length: int) -> int:
    """Past orders with phones, arrived but for those of the last days; an incident behind every twentieth; some orders
    under way. The first past order's id."""
    made = shop.open_shop(db, items=ITEMS, units=100_000)
    past.add_past(db, made, length)
    shop.take_orders(db, length, shop.baskets_for(made, UNDER_WAY))
    with db.writer.begin() as connection:
        first = connection.execute(text("SELECT MIN(id) FROM sales_order WHERE channel = 'past'")).scalar_one()
        person = connection.execute(text("SELECT MIN(id) FROM person")).scalar_one()
        now_ms = int(clock.now().timestamp() * 1000)
        connection.execute(text(
            f"UPDATE parcel SET expected_by = handed_over_at + {4 * DAY_MS}, first_event_at = handed_over_at,"
            " last_event_at = handed_over_at, delivered_at = handed_over_at, state = 'delivered'"
            f" WHERE handed_over_at < {now_ms - 3 * DAY_MS}"))
        connection.execute(
            text("UPDATE sales_order SET phone_index = :phone WHERE id = :id"),
            [{"id": first + n, "phone": db.vault.phone_index(PHONE.format(n))} for n in range(length)])
        bulk(connection, "incident", "kind stage state units item_id order_id at person_id outcome note cause"
             " owner_role due_at next_step settled_at settled_by".split(), (
                 (("damaged", "short", "unscannable")[n % 3], ("pick", "pack", "receive")[n % 3],
                  "open" if is_open else "settled", 1, made.item_ids[n % ITEMS], first + n * INCIDENT_EVERY,
                  now_ms - n * 364 * DAY_MS // (length // INCIDENT_EVERY), person, "" if is_open else "confirmed", "",
                  ("handling", "", "printing")[n % 3], "operations", now_ms + DAY_MS, "", None if is_open else now_ms,
                  None if is_open else person)
                 for n in range(length // INCIDENT_EVERY) for is_open in [n < OPEN_INCIDENTS]))
        # Sealed once for all, so that no name can be read to make its index from.
        connection.execute(text("UPDATE sales_order SET name_index = 'bench ' || id"))
        connection.execute(text("UPDATE item SET publisher = 'Publisher ' || (id % 300)"))
    with db.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return int(first)


def questions(db: Database, client: Any, length: int, first: int) -> dict[str, Callable[[int], Any]]:
    """What is asked, by its name; each time about another order."""
    def order(n: int) -> int:
        return first + n * 7919 % length

    links = [db.write(customer.link_of, order(n)) for n in range(64)]
    return {
        "ceiling": lambda n: bare(db, CEILING.format(order(n))),
        "the late list": lambda _: page(client, "/delays/"),
        "search by phone": lambda n: page(client, f"/service/?q={PHONE.format(order(n) - first)}"),
        "search by ISBN": lambda n: page(client, f"/service/?q={shop.isbn_of(n)}"),
        "an order's line of time": lambda n: page(client, f"/service/order/{order(n)}"),
        "the customer's page": lambda n: page(client, f"/o/{links[n % len(links)]}"),
        "open incidents": lambda _: page(client, "/incidents/"),
        "trends of twelve months": lambda _: page(client, "/incidents/trends/?by=month"),
        "customers must hear": lambda _: page(client, "/messages/"),
        "returns": lambda _: page(client, "/returns/"),
        "refunds": lambda _: page(client, "/refunds/"),
        "the desk's doors": lambda _: page(client, "/desk"),
    }


def minute_of(config: Any, db: Database) -> Callable[[int], Any]:
    """The steps of a minute by their number."""
    steps = list(MINUTE.values())
    return lambda n: steps[n](Minute(config, db))
