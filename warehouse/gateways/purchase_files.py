"""Purchase orders and delivery notices as tables (CSV, XLSX), in the words of either language.

Whether supplier, order and item exist is the importer's question.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from warehouse.domain.catalog import RowProblem
from warehouse.domain.isbn_cells import read_isbn_cell
from warehouse.domain.price_cells import read_price_cell
from warehouse.domain.purchasing import LONGEST_NAME, LONGEST_NUMBER, MOST_UNITS, NoticeRow, PurchaseRow, Row
from warehouse.domain.titles import clean_title
from warehouse.gateways.catalog_files.whole_numbers import whole_number
from warehouse.gateways.tables import read_table

_COMMON = {
    "supplier": "supplier suppliername vendor vendorname 供应商 供应商名称 供货商 供货商名称 供货单位 供方 发货单位 发货方",
    "isbn": "isbn isbn13 isbn-13 isbn10 ean barcode 条码 条形码 书号 isbn号 isbn/sku isbn/条码 国际标准书号",
    "sku": "sku 货号 商品编码 商家编码 物料编码 编码 productcode itemcode itemno",
    "title": "title 书名 名称 商品名称 品名 图书名称 booktitle",
}
_ORDER_NUMBER = (
    "order ordernumber orderno po ponumber pono purchaseorder purchaseordernumber purchaseorderno 采购单 采购单号 "
    "采购订单 采购订单号 订单号 订货单号 单号"
)


def _named(**fields: str) -> dict[str, str]:
    return {header: name for name, headers in (_COMMON | fields).items() for header in headers.split()}


PURCHASE_COLUMNS = _named(
    number=_ORDER_NUMBER,
    units="units quantity qty ordered unitsordered quantityordered 数量 订购数量 采购数量 订货数量 册数 订数",
    price="price unitprice cost unitcost 单价 进价 采购价 进货价 结算价 价格",
    currency="currency 币种 货币",
    expected="expected expectedday expecteddate expectedon eta due duedate deliverydate 预计到货 预计到货日 "
    "预计到货日期 到货日期 预计到货时间 交货日期 交期",
)
NOTICE_COLUMNS = _named(
    number="notice noticenumber noticeno deliverynote deliverynotenumber deliverynoteno asn asnnumber asnno "
    "despatchnote 通知单号 到货通知 到货通知单 到货通知单号 送货单号 送货单 发货单号 发货单 预约单号",
    order_number=_ORDER_NUMBER.removesuffix(" 单号"),
    parcel="parcel parcelno parcelnumber box boxno boxnumber carton cartonno cartonnumber pallet 箱号 包号 件号 包件号 托盘号",
    units="units quantity qty shipped unitsshipped quantityshipped 数量 发货数量 送货数量 到货数量 册数 实发数量",
)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class _BadCell(Exception):
    """A cell of this row cannot be used; `problem` says why."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def read_purchases(name: str, content: bytes) -> tuple[list[PurchaseRow], list[RowProblem]]:
    """The order lines of a file. A row with a bad cell is a problem; a price without a currency that can be told is
    left out and noted."""
    return _read(name, content, PURCHASE_COLUMNS, _purchase)


def read_notices(name: str, content: bytes) -> tuple[list[NoticeRow], list[RowProblem]]:
    """The lines of delivery notices."""
    return _read(name, content, NOTICE_COLUMNS, _notice)


def _read(
    name: str, content: bytes, columns: dict[str, str], make: Callable[[int, dict[str, str]], Row]
) -> tuple[list[Row], list[RowProblem]]:
    table = read_table(name, content)
    found = {named for _, named in table.columns(columns)}
    missing = [wanted for wanted in ("supplier", "number", "units") if wanted not in found]
    missing += [] if found & {"isbn", "sku"} else ["isbn / sku"]
    if table.header and missing:
        table.refuse("missing_columns", columns=", ".join(missing))
        return [], table.problems
    rows, problems = [], table.problems
    for number, cells in table.records(columns):
        try:
            rows.append(make(number, cells))
        except _BadCell as bad:
            problems.append(RowProblem(number, bad.code, bad.facts, name))
    return rows, sorted(problems, key=lambda problem: problem.row)


def _purchase(row: int, cells: dict[str, str]) -> PurchaseRow:
    common = _common(cells)
    currency = cells.get("currency", "").strip().upper() or None
    said = cells.get("price", "")
    price = read_price_cell(said, isbn13=common["isbn13"], currency=_currency(currency))
    if price.problem == "price_unreadable":
        raise _BadCell("purchase_price_unreadable", text=said.strip()[:40])
    note = "purchase_price_left_out" if price.problem == "price_currency_unknown" else ""
    return PurchaseRow(row, **common, price_minor=price.amount_minor, currency=price.currency, note=note,
                       expected_on=_day(cells.get("expected", "")))


def _notice(row: int, cells: dict[str, str]) -> NoticeRow:
    return NoticeRow(row, **_common(cells), order_number=_number(cells.get("order_number", "")),
                     parcel=_number(cells.get("parcel", "")))


def _common(cells: dict[str, str]) -> dict[str, Any]:
    supplier = " ".join(_plain(cells.get("supplier", "")).split())[:LONGEST_NAME]
    number = _number(cells.get("number", ""))
    if not supplier:
        raise _BadCell("no_supplier")
    if not number:
        raise _BadCell("no_order_number")
    written = _plain(cells.get("isbn", "")).strip()
    cell = read_isbn_cell(written)
    sku = _plain(cells.get("sku", "")).strip() or cell.sku or cell.upc
    # The house's own numbers may stand in the ISBN column too; a number that looks like an ISBN must be one.
    if cell.problem == "not_an_isbn":
        sku = sku or written
    elif cell.problem:
        raise _BadCell(cell.problem, text=written[:40])
    if not cell.isbn13 and not sku:
        raise _BadCell("no_item")
    units = whole_number(cells.get("units", ""))
    if not units or units > MOST_UNITS:
        raise _BadCell("units_unreadable", text=cells.get("units", "").strip()[:40], most=MOST_UNITS)
    return {"supplier": supplier, "number": number, "isbn13": cell.isbn13, "sku": sku or None, "units": units,
            "title": clean_title(cells.get("title", ""))[:300]}


def _number(text: str) -> str:
    """An order's number as it is kept: without the apostrophe and `.0` that spreadsheets add."""
    plain = re.sub(r"^(\d+)\.0+$", r"\1", _plain(text).strip().removeprefix("'"))
    if len(plain) > LONGEST_NUMBER:
        raise _BadCell("number_too_long", text=plain[:40], most=LONGEST_NUMBER)
    return plain


def _day(text: str) -> str:
    """YYYY-MM-DD. Day and month are never guessed: the year stands first."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return ""
    match = _DAY.fullmatch(plain)
    try:
        year, month, day = (int(part) for part in match.groups() if part) if match else (0, 0, 0)
        return date(year, month, day).isoformat()
    except ValueError:
        raise _BadCell("day_unreadable", text=plain[:40]) from None


def _currency(said: str | None) -> str | None:
    words = {"元": "CNY", "RMB": "CNY", "人民币": "CNY", "¥": "CNY"}
    named = words.get(said or "", said)
    return named if named and re.fullmatch("[A-Z]{3}", named) else None


def _plain(text: str) -> str:
    return _NO_TEXT.sub(" ", text)


