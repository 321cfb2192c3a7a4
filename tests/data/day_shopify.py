"""Writes the small day's Shopify export and the same orders in the shape of its Admin API."""

import csv
import io
import json

from day_orders import ORDERS

HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,"
    "Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,"
    "Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,"
    "Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,"
    "Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,"
    "Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,"
    "Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,"
    "Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,"
    "Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,"
    "Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,"
    "Payment ID,Payment Terms Name,Next Payment Due At,Payment References"
).split(",")
IN_JSON = (9036, 9030, 9016, 9018, 9032, 9005)
ROWS_BELOW_FOR_SPLIT = 12


def order_id(order):
    return 7300000000000 + order.number * 32768


def phone(order):
    return order.phone or f"07700 900{order.number % 1000:03d}"


def line_fields(order, line, quantity_text=None):
    fulfilled = line.shipped or order.fulfilment == "fulfilled"
    return {
        "Name": order.label, "Email": f"buyer{order.number}@example.com",
        "Created at": f"{order.day} {order.at} +0000",
        "Lineitem quantity": quantity_text or line.quantity_text, "Lineitem name": line.title,
        "Lineitem price": line.price_text, "Lineitem sku": line.sku,
        "Lineitem requires shipping": "false" if line.service else "true", "Lineitem taxable": "false",
        "Lineitem fulfillment status": "fulfilled" if fulfilled else "pending",
        "Vendor": "Bookshop", "Lineitem discount": "0.00",
    }


def address_fields(order):
    # Shopify writes an apostrophe before a ZIP made of digits, so that spreadsheets keep it.
    zip_text = f"'{order.zip}" if order.zip.isdigit() else order.zip
    address = {
        "Name": order.name, "Street": order.street, "Address1": order.street, "Company": order.company,
        "City": order.city, "Zip": zip_text, "Country": order.country, "Phone": phone(order),
    }
    return {f"{side} {key}": value for side in ("Billing", "Shipping") for key, value in address.items()}


def order_fields(order):
    stamp = f"{order.day} {order.at} +0000"
    total = order.total() + type(order.total())(order.total_off_by)
    return {
        "Financial Status": order.paid, "Paid at": "" if order.paid in {"pending", "voided"} else stamp,
        "Fulfillment Status": order.fulfilment,
        "Fulfilled at": stamp if order.fulfilment == "fulfilled" else "",
        "Accepts Marketing": "no", "Currency": "GBP", "Subtotal": f"{order.subtotal():.2f}",
        "Shipping": order.shipping, "Taxes": "0.00", "Total": f"{total:.2f}",
        "Discount Code": "WELCOME10" if order.discount != "0.00" else "", "Discount Amount": order.discount,
        "Shipping Method": "Standard (Royal Mail 48)" if order.country == "GB" else "International Tracked",
        "Notes": order.note, "Cancelled at": stamp if order.paid == "voided" else "",
        "Payment Method": "Shopify Payments", "Payment Reference": f"c{order.number}000001.1",
        "Refunded Amount": f"{total:.2f}" if order.paid == "refunded" else "0.00",
        "Outstanding Balance": f"{total:.2f}" if order.paid == "pending" else "0.00",
        "Id": str(order_id(order)), "Risk Level": "Low", "Source": "web", "Phone": phone(order),
        **address_fields(order),
    }


def block(order, first_quantity=None):
    """Rows of one order: its own fields on the first row only."""
    rows = [line_fields(order, line) for line in order.lines]
    if first_quantity:
        rows[0]["Lineitem quantity"] = first_quantity
    rows[0] |= order_fields(order)
    return rows


def place_rows():
    """All rows in file order, newest order first; repeated blocks and split rows stand further down. Sets the
    record numbers (header = 1) of each order."""
    placed = []
    late = {}
    for order in reversed(ORDERS):
        rows = block(order)
        if order.split:
            late[len(placed) + ROWS_BELOW_FOR_SPLIT] = [(order, row) for row in rows[1:]]
            rows = rows[:1]
        placed += [(order, row) for row in rows]
        for after in [position for position in late if position <= len(placed)]:
            placed += late.pop(after)
    for order in ORDERS:
        if order.repeat:
            doubled = str(order.lines[0].quantity + 1) if order.repeat == "changed" else None
            placed += [(order, row) for row in block(order, doubled)]
    for record, (order, _row) in enumerate(placed, start=2):
        order.rows.append(record)
    return [row for _order, row in placed]


def export_csv():
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(place_rows())
    return out.getvalue().encode()


def json_line(order, position, line):
    fulfilled = line.shipped or order.fulfilment == "fulfilled"
    return {
        "id": order.number * 1000 + position, "sku": line.sku, "title": line.title, "name": line.title,
        "quantity": line.quantity, "price": line.price_text, "requires_shipping": not line.service,
        "taxable": False, "fulfillment_status": "fulfilled" if fulfilled else None, "vendor": "Bookshop",
        "grams": 0,
    }


def json_order(order):
    first, _, last = order.name.partition(" ")
    stamp = f"{order.day}T{order.at}+00:00"
    method = "Standard (Royal Mail 48)" if order.country == "GB" else "International Tracked"
    return {
        "id": order_id(order), "admin_graphql_api_id": f"gid://shopify/Order/{order_id(order)}",
        "name": order.label, "order_number": order.number, "email": f"buyer{order.number}@example.com",
        "created_at": stamp, "currency": "GBP", "financial_status": order.paid, "fulfillment_status": None,
        "cancelled_at": stamp if order.paid == "voided" else None,
        "subtotal_price": f"{order.subtotal():.2f}",
        "total_tax": "0.00", "total_discounts": order.discount, "total_price": f"{order.total():.2f}",
        "note": order.note or None, "tags": "", "shipping_lines": [{"title": method,
                                                                    "price": order.shipping}],
        "shipping_address": {
            "first_name": first, "last_name": last, "name": order.name, "address1": order.street or None,
            "address2": None, "company": order.company or None, "city": order.city or None,
            "zip": order.zip or None,
            "province": None, "country_code": order.country, "phone": phone(order),
        },
        "line_items": [json_line(order, position, line) for position, line in enumerate(order.lines)],
    }


def json_orders():
    return [order for order in ORDERS if order.number in IN_JSON]


def export_json():
    chosen = [json_order(order) for order in reversed(json_orders())]
    return (json.dumps({"orders": chosen}, ensure_ascii=False, indent=1) + "\n").encode()
