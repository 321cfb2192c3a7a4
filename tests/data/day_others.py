"""Amazon, WooCommerce and the shop's own order file of the small day, each a shop of its own."""

import csv
import io
import json
from decimal import Decimal

from day_books import BY_ISBN, UNKNOWN_ISBN
from day_orders import (
    ALIVE,
    CHAMBER,
    CRIME,
    FLIES,
    GOBLET,
    HALLOWS,
    MOON,
    PRINCE,
    RYE,
    SAHARA,
    SNOW,
    WILD,
    WIMPY,
)

AMAZON_HEADER = (
    "order-id order-item-id purchase-date payments-date reporting-date promise-date days-past-promise "
    "buyer-email buyer-name buyer-phone-number sku product-name quantity-purchased quantity-shipped "
    "quantity-to-ship ship-service-level recipient-name ship-address-1 ship-address-2 ship-address-3 "
    "ship-city ship-state ship-postal-code ship-country is-business-order purchase-order-number "
    "price-designation"
).split(" ")
# order, name, street, city, postcode, country, [(sku as written, title as written, bought, already shipped)]
AMAZON = [
    ("206-9300001-0000001", "Ivy Marlow", "2 Thatcher Lane", "Truro", "TR1 9SA", "GB",
     [(CHAMBER, "Harry Potter and the Chamber of Secrets", 1, 0)]),
    ("206-9300002-0000002", "Siobhán Keane", "21 Quay Row", "Cork", "T12 X9B4", "IE",
     [(RYE, 'The Catcher in the Rye ("Back Bay" edition)', 2, 0), (FLIES, "Lord of the Flies", 1, 0)]),
    ("206-9300003-0000003", "Omar Wells", "9 Mercer Street", "Leeds", "LS3 9SX", "GB",
     [("0140449132", "Crime and Punishment", 1, 0)]),
    ("206-9300004-0000004", "Yan Liu", "Flat 4, 11 Dock Road", "London", "E16 9SD", "GB",
     [(ALIVE, "??", 3, 0), (PRINCE, "???", 1, 0)]),
    ("206-9300005-0000005", "Gwen Probert", "5 Colliers Hill", "Wrexham", "LL13 9SE", "GB",
     [(GOBLET, "Harry Potter and the Goblet of Fire", 2, 1), (WILD, "Where the Wild Things Are", 1, 1)]),
    ("206-9300006-0000006", "Zoë Brandt", "30 Almond Walk", "Bath", "BA1 9SF", "GB",
     [(HALLOWS, "Harry Potter and the Deathly Hallows", 1, 0)]),
]
# number, status, name, street, city, postcode, [(ISBN, quantity)]
WOO = [
    (9401, "processing", "Petra Lind", "17 Foundry Way", "Stoke", "ST1 9TA", [(WIMPY, 1), (MOON, 2)]),
    (9402, "processing", "Hugh Ansell", "6 Tollgate", "Lewes", "BN7 9TB", [(CRIME, 1)]),
    (9403, "on-hold", "Maya Sato", "90 Regent Walk", "Derby", "DE3 9TX", [(RYE, 1)]),
    (9404, "cancelled", "Colm Daly", "4 Bothy Lane", "Oban", "PA34 9TD", [(SNOW, 1)]),
    (9405, "completed", "Ines Duarte", "28 Vine Terrace", "Ely", "CB7 9TE", [(SAHARA, 1)]),
]
OWN_HEADER = (
    "order,channel,placed_at_offset_minutes,recipient,phone,email,country,province,city,district,"
    "postcode,address,paid,cod_amount,currency,shipping,carrier,buyer_remark,staff_remark,gift_note,"
    "when_short,sku_or_isbn,quantity,price"
).split(",")
# The fields of the order up to when_short, then its lines; what is meant to happen stands last.
OWN = [
    (("K9501", "shop", "-300", "苏明月", "19900003001", "k9501@example.com", "CN", "浙江省", "宁波市", "海曙区", "315000",
      "月湖里 7 号", "yes", "", "CNY", "0.00", "SF", "", "", "", "wait"), [(ALIVE, 1, "13.00")], "pick"),
    (("K9502", "shop", "-280", "Rosa Field", "07700 900502", "k9502@example.com", "GB", "", "Hove", "",
      "BN3 9UA",
      "13 Gull Road", "yes", "", "GBP", "2.99", "RM", "Leave with neighbour, flat 2", "", "With love, Mum",
      "part"),
     [(FLIES, 1, "8.99"), (GOBLET, 2, "10.99")], "pick"),
    (("K9503", "shop", "-260", "霍一凡", "19900003003", "k9503@example.com", "CN", "陕西省", "西安市", "雁塔区", "710061",
      "小寨里 20 号", "no", "45.80", "CNY", "6.00", "EMS", "", "", "", "wait"), [(MOON, 1, "39.80")], "pick"),
    (("K9504", "shop", "-240", "简宁", "19900003004", "k9504@example.com", "CN", "湖北省", "武汉市", "江岸区", "430010",
      "沿江里 3 号", "no", "", "CNY", "6.00", "YTO", "", "", "", "wait"), [(SNOW, 1, "7.90")], "no_pick"),
    (("K9505", "shop", "-220", "冯远山", "19900003005", "k9505@example.com", "CN", "福建省", "福州市", "鼓楼区", "350001",
      "", "yes", "", "CNY", "6.00", "YTO", "", "", "", "wait"), [(PRINCE, 1, "19.80")], "hold"),
    (("K9506", "shop", "-200", "Jed Price", "07700 900506", "k9506@example.com", "GB", "", "Ludlow", "",
      "SY8 9UB",
      "1 Corve Yard", "yes", "", "GBP", "2.99", "RM", "", "", "", "cancel"), [(UNKNOWN_ISBN, 1, "9.99")],
      "hold"),
]


def amazon_rows():
    for position, (number, name, street, city, postcode, country, lines) in enumerate(AMAZON):
        stamp = f"2026-03-04T{8 + position:02d}:20:00+00:00"
        for item, (sku, title, bought, shipped) in enumerate(lines):
            yield [
                number, f"93000000{position:02d}{item:02d}", stamp, stamp, stamp,
                "2026-03-06T23:59:59+00:00", "-2",
                f"{number[4:11]}@marketplace.example", name, f"07700 9003{position:02d}", sku, title,
                str(bought),
                str(shipped), str(bought - shipped), "Standard", name, street, "", "", city, "", postcode,
                country,
                "false", "", "",
            ]


def export_amazon():
    """Tabs, Windows-1252, CRLF; quotes in titles are literal; Chinese titles arrive as question marks."""
    rows = [AMAZON_HEADER, *amazon_rows()]
    return "".join("\t".join(row) + "\r\n" for row in rows).encode("cp1252")


def woo_order(number, status, name, street, city, postcode, lines):
    first, _, last = name.partition(" ")
    total = sum((Decimal(BY_ISBN[isbn13].price_gbp) * quantity for isbn13, quantity in lines),
                Decimal("2.99"))
    address = {
        "first_name": first, "last_name": last, "company": "", "address_1": street, "address_2": "",
        "city": city,
        "state": "", "postcode": postcode, "country": "GB", "phone": f"07700 900{number % 1000}",
    }
    stamp = f"2026-03-04T1{number % 10}:10:00"
    return {
        "id": number, "parent_id": 0, "number": str(number), "order_key": f"wc_order_{number:08x}",
        "created_via": "checkout", "version": "9.3.3", "status": status, "currency": "GBP",
        "date_created": stamp,
        "date_created_gmt": stamp, "discount_total": "0", "shipping_total": "2.99", "total": f"{total:.2f}",
        "total_tax": "0.00", "prices_include_tax": False, "customer_id": 0, "customer_note": "",
        "billing": {**address, "email": f"buyer{number}@example.com"}, "shipping": address,
        "payment_method": "stripe",
        "line_items": [
            {"id": number * 10 + place, "name": BY_ISBN[isbn13].title, "product_id": place + 1,
             "variation_id": 0,
             "quantity": quantity, "sku": isbn13, "price": float(BY_ISBN[isbn13].price_gbp),
             "subtotal": f"{Decimal(BY_ISBN[isbn13].price_gbp) * quantity:.2f}",
             "total": f"{Decimal(BY_ISBN[isbn13].price_gbp) * quantity:.2f}", "meta_data": []}
            for place, (isbn13, quantity) in enumerate(lines)
        ],
        "fee_lines": [],
        "shipping_lines": [{"id": number, "method_title": "Standard (Royal Mail 48)",
                            "method_id": "flat_rate",
                            "total": "2.99"}],
        "coupon_lines": [], "refunds": [],
    }


def export_woocommerce():
    return (json.dumps([woo_order(*order) for order in reversed(WOO)], ensure_ascii=False,
                       indent=0) + "\n").encode()


def own_rows():
    """One row a line; on continuation rows the order's own fields are blank, but for its number."""
    for head, lines, _meant in OWN:
        for place, line in enumerate(lines):
            fields = list(head) if place == 0 else [head[0], *[""] * (len(head) - 1)]
            yield [*fields, *(str(value) for value in line)]


def export_own_csv():
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([OWN_HEADER, *own_rows()])
    return out.getvalue().encode()
