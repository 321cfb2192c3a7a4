"""A day's files and what must come of them, read from the files themselves and from the expected figures
beside them: nothing here asks the program."""

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.shared_data import SHARED

SMALL = Path(__file__).resolve().parents[1] / "data"
TO_PICK = ("pick", "warn", "text", "normalise")
FIGURES = ("orders", "lines", "goods_lines", "goods_units")


@dataclass(frozen=True)
class Day:
    """Where the files of a day lie. A stock file names every shelf, so it serves as the layout where there is
    none."""

    name: str
    catalogue: Path
    layout: Path
    orders: Path

    @property
    def stock(self):
        return self.orders / "stock_opening.csv"

    @property
    def shopify(self):
        return self.orders / "shopify_day.csv"

    @property
    def taobao(self):
        return [self.orders / f"taobao_ExportOrder{part}List.csv" for part in ("", "Detail")]

    @property
    def expected(self):
        return json.loads((self.orders / "expected.json").read_text(encoding="utf-8"))

    def rows(self, name):
        with (self.orders / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def numbers(self, *classes):
        """The shops' numbers of all orders of these classes."""
        rows = self.rows("expected_orders.csv") + self.rows("expected_taobao_orders.csv")
        return {row["order"] for row in rows if row["class"] in classes}

    def of_kind(self, kind):
        """Shopify orders of one kind of fault."""
        return [each["order"] for each in self.expected["kinds"][kind]["orders"]]

    def demand(self):
        """Copies wanted by ISBN of all orders that are right as they came."""
        return Counter({row["isbn13"]: int(row["demand"]) for row in self.rows("expected_demand.csv")})

    def still_to_send(self, number):
        """(code, units) of a Shopify order's goods that were not sent before, straight from the file."""
        return [(row["Lineitem sku"].strip(), int(row["Lineitem quantity"]))
                for row in self.rows("shopify_day.csv")
                if row["Name"] == number and row["Lineitem requires shipping"] == "true"
                and row["Lineitem fulfillment status"] != "fulfilled"]

    def opening(self, condition="good"):
        """Copies by (shelf, ISBN) before the day."""
        found = Counter()
        for row in self.rows("stock_opening.csv"):
            if row["condition"] == condition:
                found[row["location"], row["isbn13"]] += int(row["quantity"])
        return found

    def on_shelves(self):
        """Good copies by ISBN before the day."""
        found = Counter()
        for (_, isbn), units in self.opening().items():
            found[isbn] += units
        return found


def at_most(demand, stock):
    """Copies by ISBN that can be sent: what is wanted, as far as it is there."""
    return Counter({isbn: min(units, stock[isbn]) for isbn, units in demand.items()})


DAYS = [Day("small", SMALL / "catalogue.csv", SMALL / "layout.csv", SMALL)]
if SHARED is not None and (SHARED / "orders" / "shopify_day.csv").exists():
    DAYS.append(Day("real", SHARED / "catalogue" / "books.csv", SHARED / "orders" / "stock_opening.csv",
                    SHARED / "orders"))
