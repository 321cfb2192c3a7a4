"""Amazon's unshipped-orders report: tabs, one row an order item, quotes are letters like any other."""

import csv
import io

from warehouse.domain import orders
from warehouse.domain.orders import Flaw, OrderDraft, Recipient
from warehouse.gateways.order_files.rows import Goods, Reading, read_moment, tidy

KIND = "amazon"
Row = dict[str, str]


def fits(head: str) -> bool:
    return "order-item-id" in head and "quantity-purchased" in head


def read(file: str, data: bytes, time_zone: str) -> Reading:
    """All orders of the report. It carries no prices and is only made of paid orders."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            return Reading(file, KIND, flaws=(Flaw("unreadable_file"),))
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
    found: dict[str, list[tuple[int, Row]]] = {}
    for number, row in enumerate(rows, start=2):
        found.setdefault(row["order-id"], []).append((number, row))
    return Reading(file, KIND, tuple(_draft(name, block, time_zone) for name, block in found.items()))


def _draft(name: str, block: list[tuple[int, Row]], time_zone: str) -> OrderDraft:
    head, goods, flaws = block[0][1], Goods(), []
    for number, row in block:
        shipped = row.get("quantity-shipped", "")
        goods.add(
            number, row["sku"], row["product-name"], units_text=row["quantity-purchased"], price_text="0",
            units_shipped=int(shipped) if shipped.isdigit() else 0,
        )
    rows = tuple(number for number, _ in block)
    placed_at = read_moment(head["purchase-date"], time_zone)
    if placed_at is None:
        flaws.append(Flaw("impossible_date", rows[:1], {"text": head["purchase-date"][:40]}))
    recipient = Recipient(
        name=head["recipient-name"], phone=head["buyer-phone-number"], email=head["buyer-email"],
        street=tidy([head["ship-address-1"], head["ship-address-2"], head["ship-address-3"]]),
        city=head["ship-city"], province=head["ship-state"], postcode=head["ship-postal-code"],
        country=head["ship-country"],
    )
    return OrderDraft(
        channel=KIND,
        source_number=name,
        rows=rows,
        placed_at=placed_at,
        standing=orders.OPEN,
        payment=orders.PAID,
        currency="",
        total_minor=0,
        shipping_minor=0,
        service=head["ship-service-level"],
        recipient=recipient,
        lines=tuple(goods.lines),
        flaws=(*flaws, *goods.flaws),
    )
