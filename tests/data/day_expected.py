"""What must come out of the small day: counted from what was meant, never from what a program read."""

import hashlib
from collections import Counter
from decimal import Decimal

from day_books import STOCK
from day_orders import CLASS_OF_KIND, ORDERS
from day_others import AMAZON, OWN, WOO
from day_shopify import json_orders
from day_taobao import PARCELS

MEANING = {
    "catch": "never becomes pickable goods as written; the row or order is refused or held with a reason that"
             " names order and cause",
    "hold": "order is known, but held with a reason until a person decides; not in any pick list",
    "conflict": "the second block changes nothing by itself: reported as conflict; quantities are those of"
                " the first block (or the order is held)",
    "warn": "order is imported and pickable (or held for a look); the warning is shown",
    "text": "order is imported; the text is shown as text on pages and neutralised in every CSV export",
    "normalise": "imported with the ISBN-13 it stands for",
    "no_pick": "known or skipped, but never in a pick list",
    "part_pick": "only the open lines are to be picked",
    "pick": "imported as is",
}
TO_PICK = ("pick", "warn", "text", "normalise")


def counts(orders):
    goods = [line for order in orders for line in order.goods()]
    lines = sum(len(order.lines) for order in orders)
    return {
        "orders": len(orders), "lines": lines, "goods_lines": len(goods),
        "goods_units": sum(line.units() for line in goods), "service_lines": lines - len(goods),
        "distinct_isbn": len({line.isbn13 for line in goods}),
        "sum_total": f"{sum((order.total() for order in orders), Decimal(0)):.2f}",
    }


def to_pick(orders):
    return [order for order in orders if order.cls in TO_PICK]


def kinds(orders, entry, others):
    found = {}
    for kind in dict.fromkeys(order.kind for order in orders):
        of_kind = [order for order in orders if order.kind == kind]
        listed = others if kind == "clean" else [entry(order) for order in of_kind]
        found[kind] = {"count": len(of_kind), "cls": CLASS_OF_KIND[kind], "orders": listed}
    return found


def shopify(data):
    part = [order for order in ORDERS if order.cls == "part_pick"]
    open_lines = [line for order in part for line in order.goods() if not line.shipped]
    picked = counts(to_pick(ORDERS))
    twice = [order for order in ORDERS if max(Counter(line.isbn13 for line in order.lines).values()) > 1]
    return {
        "file": "shopify_day.csv", "sha256": hashlib.sha256(data).hexdigest(),
        "encoding": "UTF-8 without BOM, LF", "business_day": "2026-03-04", "currency": "GBP",
        "raw": {
            "data_rows": sum(len(order.rows) for order in ORDERS), "distinct_order_names": len(ORDERS),
            "order_blocks": len(ORDERS) + sum(bool(order.repeat) for order in ORDERS),
            "distinct_ids": len(ORDERS),
        },
        "classes": {
            cls: {"meaning": meaning, **counts([order for order in ORDERS if order.cls == cls])}
            for cls, meaning in MEANING.items()
        },
        "to_pick": {"note": "orders of the classes pick, warn, text and normalise", **picked},
        "to_pick_with_partly_fulfilled": {
            "orders": picked["orders"] + len(part),
            "goods_units": picked["goods_units"] + sum(line.units() for line in open_lines),
            "open_goods_lines": picked["goods_lines"] + len(open_lines),
        },
        "duplicates": {
            "exact": [order.label for order in ORDERS if order.repeat == "exact"],
            "changed": [order.label for order in ORDERS if order.repeat == "changed"],
            "split_blocks": [order.label for order in ORDERS if order.split],
        },
        "same_isbn_twice_in_one_order": len(twice),
        "free_lines_price_zero": sum(
            Decimal(line.price_text.replace(",", ".")) == 0 for order in ORDERS for line in order.lines
        ),
        "kinds": kinds(
            ORDERS,
            lambda order: {"order": order.label, "rows": order.rows, "detail": order.detail},
            "all orders not named below or above",
        ),
        "json_file": {
            "file": "shopify_orders.json", "orders": len(json_orders()),
            "lines": sum(len(order.lines) for order in json_orders()),
            "goods_units": sum(line.units() for order in json_orders() for line in order.goods()),
        },
    }


def taobao(data):
    picked = to_pick(PARCELS)
    listed = [parcel for parcel in PARCELS if parcel.in_list]
    detailed = [parcel for parcel in PARCELS if parcel.in_details]
    return {
        "files": ["taobao_ExportOrderList.csv", "taobao_ExportOrderDetailList.csv"],
        "sha256": [hashlib.sha256(part).hexdigest() for part in data],
        "encoding": "GB18030 with 4-byte characters and emoji; CRLF; detail rows end in a comma",
        "order_rows": sum(parcel.times for parcel in listed),
        "detail_rows": sum(parcel.times * len(parcel.pieces) for parcel in detailed),
        "distinct_orders_in_list": len(listed), "distinct_orders_in_details": len(detailed),
        "duplicate_order_rows": [parcel.number for parcel in PARCELS if parcel.times > 1],
        "to_pick": {
            "orders": len(picked), "detail_lines": sum(len(parcel.pieces) for parcel in picked),
            "pieces_as_written": sum(parcel.pieces_written() for parcel in picked),
            "copies_after_bundles": sum(parcel.copies() for parcel in picked),
        },
        "kinds": kinds(PARCELS, lambda parcel: {"order": parcel.number, "detail": parcel.detail},
                       "all others"),
        "rare_names": {
            parcel.number: parcel.name for parcel in PARCELS if parcel.kind == "rare_characters_in_name"
        },
    }


def demand():
    """Copies wanted per ISBN by the orders to pick of both channels, bundles opened."""
    wanted = Counter()
    for order in to_pick(ORDERS):
        for line in order.goods():
            wanted[line.isbn13] += line.quantity
    for parcel in to_pick(PARCELS):
        for piece in parcel.pieces:
            for isbn13, copies in piece.opened.items():
                wanted[isbn13] += piece.quantity * copies
    return wanted


def good_stock():
    stock = Counter()
    for isbn13, quantity, condition in STOCK.values():
        stock[isbn13] += quantity if condition == "good" else 0
    return stock


def stock_totals():
    wanted, stock = demand(), good_stock()
    short = {isbn13: copies - stock[isbn13] for isbn13, copies in wanted.items() if copies > stock[isbn13]}
    return {
        "rows": len(STOCK), "good_copies": sum(stock.values()),
        "damaged_copies": sum(quantity for _, quantity,
                              condition in STOCK.values() if condition == "damaged"),
        "isbns_short": len(short), "copies_short": sum(short.values()),
        "copies_that_can_ship_at_most": sum(min(copies, stock[isbn13]) for isbn13, copies in wanted.items()),
    }


def other_channels():
    lines = [line for order in AMAZON for line in order[-1]]
    status = Counter(order[1] for order in WOO)
    woo_units = sum(quantity for order in WOO if order[1] == "processing" for _, quantity in order[-1])
    return {
        "amazon": {
            "file": "amazon_unshipped.txt", "orders": len(AMAZON), "lines": len(lines),
            "units_to_ship": sum(bought - shipped for _, _, bought, shipped in lines),
            "units_already_shipped": sum(shipped for *_, shipped in lines),
        },
        "woocommerce": {
            "file": "woocommerce_orders.json", "orders": len(WOO), "by_status": dict(status),
            "to_pick_orders": status["processing"], "to_pick_units": woo_units,
        },
        "own": {
            "files": ["own_orders.csv", "own_orders.xlsx"], "orders": len(OWN),
            "lines": sum(len(lines) for _, lines, _ in OWN),
            "units": sum(line[1] for _, lines, _ in OWN for line in lines),
            "by_class": dict(Counter(meant for *_, meant in OWN)),
            "orders_by_class": {head[0]: meant for head, _, meant in OWN},
            "to_pick_units": sum(line[1] for _, lines, meant in OWN if meant == "pick" for line in lines),
        },
    }
