"""Returns as a shop exports them (CSV, XLSX), in the words of either language.

Whether order and title exist is the importer's question.
"""

import re
import unicodedata

from warehouse.domain import returns
from warehouse.domain.catalog import RowProblem
from warehouse.domain.isbn_cells import read_isbn_cell
from warehouse.domain.returns import MOST_UNITS, ReturnRow
from warehouse.gateways.catalog_files.whole_numbers import whole_number
from warehouse.gateways.tables import read_table

LONGEST_NUMBER, LONGEST_TEXT = 60, 200
_HEADERS = {
    "rma": "rma rmanumber return returnnumber returnno returnid refundid 退货单号 退货编号 退款编号 售后单号 退单号",
    "order": "order ordernumber orderno orderid name 订单号 订单编号 主订单编号 原订单号",
    "isbn": "isbn isbn13 isbn-13 isbn10 ean barcode sku 条码 条形码 书号 isbn号 商家编码 货号",
    "units": "quantity qty units copies 数量 退货数量 册数 件数",
    "reason": "reason returnreason why 原因 退货原因 退款原因",
    "condition": "condition state 状态 品相 货物状态 货品状态",
    "kind": "type kind resolution 类型 售后类型 处理方式",
}
COLUMNS = {header: name for name, headers in _HEADERS.items() for header in headers.split()}
_NEEDED = ("rma", "order", "isbn", "units")

# Words by which shops and customers name a reason; the first that is in the cell counts.
_REASONS = {
    returns.WRONG_ORDER: "买错 拍错 下错单|bought by mistake|ordered by mistake",
    returns.DUPLICATE_ORDER: "重复下单 重复购买 多拍 买重|duplicate",
    returns.WRONG_BOOK_SENT: "错发 发错|wrong book|wrong item|wrong edition",
    returns.MISPRINT: "缺页 漏页 印刷 装订 倒装|printing|misprint|pages missing|missing page|binding",
    returns.DAMAGED_IN_TRANSIT: "破损 损坏 运输 压坏|damaged|transit",
    returns.LATE: "太慢 迟到 超时 晚到|late|too slow",
    returns.CHANGED_MIND: "不想要 不喜欢 七天无理由 7天无理由 无理由|changed mind|change of mind|no longer wanted|not needed",
}
_KINDS = {
    returns.EXCHANGE: ("exchange", "换货", "replace"), returns.REPAIR: ("repair", "维修", "修补"),
}


class _BadCell(Exception):
    """A cell of this row cannot be used; `code` says why."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def read_returns(name: str, content: bytes) -> tuple[list[ReturnRow], list[RowProblem]]:
    """The rows of a file; a row with a cell that cannot be used is a problem."""
    table = read_table(name, content)
    found = {named for _, named in table.columns(COLUMNS)}
    if table.header and (missing := [wanted for wanted in _NEEDED if wanted not in found]):
        table.refuse("missing_columns", columns=", ".join(missing))
        return [], table.problems
    rows, problems = [], table.problems
    for number, cells in table.records(COLUMNS):
        try:
            rows.append(_row(number, cells))
        except _BadCell as bad:
            problems.append(RowProblem(number, bad.code, bad.facts, name))
    return rows, sorted(problems, key=lambda problem: problem.row)


def reason_of(text: str) -> str:
    """The reason that a shop's or customer's words mean; `other` where nobody could say."""
    plain = _plain(text).lower()
    for reason, words in _REASONS.items():
        chinese, _, english = words.partition("|")
        if any(word in plain for word in (*chinese.split(), *english.split("|"))):
            return reason
    return returns.OTHER


def _row(row: int, cells: dict[str, str]) -> ReturnRow:
    rma, order = _number(cells.get("rma", "")), _number(cells.get("order", ""))
    if not rma:
        raise _BadCell("no_rma")
    if not order:
        raise _BadCell("no_order_number")
    written = _plain(cells.get("isbn", ""))
    cell = read_isbn_cell(written)
    if cell.problem == "wrong_check_digit":
        raise _BadCell("bad_check_digit", text=written[:40])
    if cell.problem not in (None, "not_an_isbn"):
        raise _BadCell(cell.problem or "", text=written[:40])
    code = cell.isbn13 or cell.sku or cell.upc or written
    if not code:
        raise _BadCell("no_item")
    units = whole_number(cells.get("units", ""))
    if not units or units > MOST_UNITS:
        raise _BadCell("units_unreadable", text=cells.get("units", "").strip()[:40], most=MOST_UNITS)
    said, kind = _plain(cells.get("reason", ""))[:LONGEST_TEXT], _plain(cells.get("kind", "")).lower()
    return ReturnRow(
        row, rma, order, code, units, reason_of(said), said, _plain(cells.get("condition", ""))[:LONGEST_TEXT],
        next((each for each, words in _KINDS.items() if any(word in kind for word in words)), returns.RETURN))


def _number(text: str) -> str:
    """A number as it is kept: without the apostrophe and `.0` that spreadsheets add."""
    plain = re.sub(r"^(\d+)\.0+$", r"\1", _plain(text).removeprefix("'"))
    if len(plain) > LONGEST_NUMBER:
        raise _BadCell("number_too_long", text=plain[:40], most=LONGEST_NUMBER)
    return plain


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", unicodedata.normalize("NFKC", text)).split())
