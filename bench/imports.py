"""Files in and orders released: the program's own commands on real files where they are at hand, else made ones."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench import shop
from bench.server import ROOT, House, a_house
from tests import postgres
from tests.shared_data import shared
from warehouse import clock, data_folder
from warehouse.db import Database
from warehouse.domain.own_labels import make_label
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.stock import Location
from warehouse.services import setup, stock

MADE_ROWS = 9000
SMALL_ROWS = 400


def run(engine: str, server: postgres.Server, *, orders: int, released: int) -> dict[str, Any]:
    """Rows, orders and released orders a second. The commands are measured whole, their start included."""
    with a_house(engine, server) as house:
        is_small = orders < 1000
        catalogue = command(house, "catalogue", catalogue_file(house.home, is_small=is_small))
        day = many_orders(house.home, orders)
        told = command(house, "orders", day)
        again = command(house, "orders", day)
        release_s = time_release(house, released)
        return {
            "engine": engine, "catalogue_rows": catalogue["rows"], "catalogue_s": catalogue["seconds"],
            "catalogue_rows_per_s": catalogue["rows"] / catalogue["seconds"],
            "orders": told["orders"], "created": told["created"], "orders_s": told["seconds"],
            "orders_per_s": told["orders"] / told["seconds"], "again_created": again["created"],
            "again_per_s": again["orders"] / again["seconds"],
            "released": released, "release_s": release_s, "broken": house.prove()}


def command(house: House, kind: str, file: Path) -> dict[str, Any]:
    begun = time.perf_counter()
    done = house.command("import", kind, str(file), "--json")
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return {**json.loads(done.stdout.splitlines()[-1]), "seconds": seconds}


def catalogue_file(folder: Path, *, is_small: bool) -> Path:
    real = shared("catalogue", "books.csv")
    if real and not is_small:
        return real
    path = folder / "catalogue.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["isbn13", "title", "authors", "publisher", "pub_date", "language", "price_raw", "currency"])
        writer.writerows([shop.isbn_of(n), f"Harbour lights {n}", f"Writer {n % 97}", "Harbour Press", "2019", "en",
                          "8.99", "GBP"] for n in range(SMALL_ROWS if is_small else MADE_ROWS))
    return path


def many_orders(folder: Path, least: int) -> Path:
    """A day of Shopify orders over and over, each time with numbers of its own, to at least `least` orders."""
    source = shared("orders", "shopify_day.csv") or ROOT / "tests" / "data" / "shopify_day.csv"
    rows = list(csv.DictReader(io.StringIO(source.read_text(encoding="utf-8-sig"))))
    times = -(-least // len({row["Name"] for row in rows}))
    path = folder / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for turn in range(times):
            writer.writerows({**row, "Name": f"{row['Name']}{turn:02d}", "Id": row["Id"] and f"{row['Id']}{turn:02d}"}
                             for row in rows)
    return path


def time_release(house: House, count: int) -> float:
    """Seconds to reserve and plan `count` orders of three lines, in the program's own transactions."""
    with data_folder.opened(house.config) as db:
        made = shop.open_shop(db, items=2000, units=500)
        orders = shop.take_orders(db, 1, shop.baskets_for(made, count))
        begun = time.perf_counter()
        shop.release(db, orders)
        return time.perf_counter() - begun


def add_item(db: Database, sku: str, units: int) -> int:
    """One item more with `units` on a shelf of its own."""
    def add(session: Any) -> int:
        now = clock.now()
        item_id = int(session.execute(insert(Item).returning(Item.id), {
            "sku": sku, "title": sku, "created_at": now, "updated_at": now}).scalar_one())
        session.execute(insert(ItemCode), {"code": make_label("item", item_id), "item_id": item_id})
        place = session.execute(insert(Location).returning(Location.id), {"code": sku, "kind": "shelf"}).scalar_one()
        actor = setup.system_actor(session, now)
        stock.open_balances(session, actor, [stock.Opening(item_id, place, "good", units)])
        return item_id

    return db.write(add)
