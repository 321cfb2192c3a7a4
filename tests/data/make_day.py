"""Writes the files of the small self-made day into this folder; running it again changes no byte.

    python tests/data/make_day.py

Every buyer is invented; the books are real and typed by hand (day_books.py). The expected figures are
counted from what was meant in day_orders.py, day_taobao.py and day_others.py.
"""

import csv
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

from day_books import BOOKS, STOCK
from day_expected import demand, good_stock, other_channels, shopify, stock_totals, taobao
from day_orders import ORDERS
from day_others import OWN_HEADER, export_amazon, export_own_csv, export_woocommerce, own_rows
from day_shopify import export_csv, export_json
from day_taobao import PARCELS, export_pair
from openpyxl import Workbook
from stdnum import isbn

HERE = Path(__file__).parent
CATALOGUE_HEADER = (
    "isbn13,isbn10,title,subtitle,authors,publisher,pub_date,language,pages,binding,price_raw,list_price,"
    "currency,price_source,weight_g_est,source,source_id"
).split(",")
MADE_AT = datetime(2026, 3, 4)  # noqa: DTZ001 - a workbook knows no zone


def csv_bytes(header, rows, encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode(encoding)


def workbook_bytes(header, rows):
    """An .xlsx whose bytes depend on its cells alone: the dates of the file and of its parts are fixed."""
    book = Workbook()
    for row in [header, *rows]:
        book.active.append(row)
    book.properties.created = book.properties.modified = MADE_AT
    raw = io.BytesIO()
    book.save(raw)
    fixed = io.BytesIO()
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as out:
        for name in parts.namelist():
            data = parts.read(name)
            if name == "docProps/core.xml":
                book.properties.modified = MADE_AT
                data = with_fixed_date(data)
            out.writestr(zipfile.ZipInfo(name, (2026, 3, 4, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def with_fixed_date(core):
    """The part that names when the workbook was saved, with the day's own date in its place."""
    start, tag, rest = core.partition(b"<dcterms:modified")
    attributes, _, after = rest.partition(b">")
    return start + tag + attributes + b">2026-03-04T00:00:00Z</" + after.partition(b"</")[2]


def catalogue_rows():
    for book in BOOKS:
        price, currency = (book.price_cny, "CNY") if book.language == "zh" else (book.price_gbp, "GBP")
        raw = f"{price}元" if currency == "CNY" else price
        yield [book.isbn13, isbn.to_isbn10(book.isbn13), book.title, "", book.authors, book.publisher,
               book.published,
               book.language, str(book.pages), book.binding, raw, price, currency, "day", str(book.weight_g),
               "day", ""]


def chinese_catalogue_rows():
    for book in BOOKS:
        if book.language == "zh":
            yield [book.isbn13, book.title, book.authors, book.publisher, book.published, str(book.pages),
                   f"{book.price_cny}元", book.binding]


def layout_rows():
    """Three aisles of four bays and three shelves, walked like a snake."""
    sequence = 0
    for place, aisle in enumerate("ABC"):
        for bay in range(1, 5) if place % 2 == 0 else range(4, 0, -1):
            for shelf in range(1, 4):
                sequence += 10
                yield [f"{aisle}-{bay:02d}-{shelf}", aisle, f"{bay:02d}", str(shelf), "main", str(sequence),
                       str(1200 + place * 2600), str(2000 + (bay - 1) * 1000)]


def demand_rows():
    wanted, stock = demand(), good_stock()
    for isbn13 in sorted(wanted):
        yield [isbn13, str(wanted[isbn13]), str(stock[isbn13]), str(max(0, wanted[isbn13] - stock[isbn13]))]


def expected_order_rows():
    for order in ORDERS:
        yield [order.label, order.cls, order.kind, str(len(order.lines)), str(len(order.goods())),
               str(sum(line.units() for line in order.goods())), f"{order.total():.2f}", ""]


def expected_taobao_rows():
    for parcel in PARCELS:
        yield [parcel.number, parcel.cls, parcel.kind, str(len(parcel.pieces) if parcel.in_details else 0),
               str(parcel.pieces_written()), str(parcel.copies()), parcel.recipient, parcel.district]


def expected_json(day, pair):
    wanted = demand()
    figures = {
        "made_for": "import counts", **shopify(day), "taobao": taobao(pair),
        "demand": {"isbns": len(wanted), "copies": sum(wanted.values())}, "stock": stock_totals(),
        "catalogue": {"rows": len(BOOKS), "gb18030_rows": len(list(chinese_catalogue_rows()))},
        "layout": {"rows": len(list(layout_rows()))}, **other_channels(),
    }
    return (json.dumps(figures, ensure_ascii=False, indent=1) + "\n").encode()


def expected_files(day, pair):
    return {
        "expected.json": expected_json(day, pair),
        "expected_orders.csv": csv_bytes(
            "order,class,kind,lines,goods_lines,goods_units,total,source_invoice".split(","),
            expected_order_rows()
        ),
        "expected_taobao_orders.csv": csv_bytes(
            "order,class,kind,detail_lines,pieces,copies,recipient,district".split(","),
            expected_taobao_rows()
        ),
        "expected_demand.csv": csv_bytes("isbn13,demand,opening_good_stock,short_by".split(","),
                                         demand_rows()),
    }


def day_files():
    """Name of each file of the day -> its bytes."""
    day, pair = export_csv(), export_pair()
    stock_rows = [[location, isbn13, str(n), state] for location, (isbn13, n, state) in STOCK.items()]
    chinese_header = "ISBN,书名,作者,出版社,出版年,页数,定价,装帧".split(",")
    return {
        "catalogue.csv": csv_bytes(CATALOGUE_HEADER, catalogue_rows()),
        "catalogue.xlsx": workbook_bytes(CATALOGUE_HEADER, catalogue_rows()),
        "catalogue_gb18030.csv": csv_bytes(chinese_header, chinese_catalogue_rows(), "gb18030"),
        "layout.csv": csv_bytes("location,aisle,bay,shelf,zone,sequence,x_mm,y_mm".split(","), layout_rows()),
        "stock_opening.csv": csv_bytes("location,isbn13,quantity,condition".split(","), stock_rows),
        "shopify_day.csv": day,
        "shopify_orders.json": export_json(),
        "taobao_ExportOrderList.csv": pair[0],
        "taobao_ExportOrderDetailList.csv": pair[1],
        "amazon_unshipped.txt": export_amazon(),
        "woocommerce_orders.json": export_woocommerce(),
        "own_orders.csv": export_own_csv(),
        "own_orders.xlsx": workbook_bytes(OWN_HEADER, own_rows()),
        **expected_files(day, pair),
    }


if __name__ == "__main__":
    for name, data in day_files().items():
        (HERE / name).write_bytes(data)
