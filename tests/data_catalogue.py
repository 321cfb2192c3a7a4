"""The titles of the small day, or of any CSV with `isbn13` and `title`, as items that orders can name."""

import csv
from pathlib import Path

from sqlalchemy import insert

from warehouse import clock
from warehouse.models.catalog import Item, ItemCode

SMALL = Path(__file__).resolve().parent / "data" / "catalogue.csv"


def small_catalogue(db, path=SMALL):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row.get("isbn13") or row["isbn"], row["title"]) for row in csv.DictReader(file)]

    def add(session):
        now = {"created_at": clock.now(), "updated_at": clock.now()}
        made = session.execute(
            insert(Item).returning(Item.id, sort_by_parameter_order=True),
            [{"sku": isbn, "isbn13": isbn, "title": title, **now} for isbn, title in rows],
        )
        session.execute(
            insert(ItemCode),
            [
                {"code": isbn, "item_id": item_id}
                for item_id, (isbn, _) in zip(made.scalars(), rows, strict=True)
            ],
        )

    db.write(add)
