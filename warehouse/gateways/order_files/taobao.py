"""Taobao's export: a list of orders and a list of their lines, two files that belong together.

Numbers stand as `="…"`, phones behind an apostrophe, some headers end in a blank and some rows in a comma.
"""

import csv
import io
import re

from warehouse.domain import orders
from warehouse.domain.orders import Flaw, OrderDraft, Recipient
from warehouse.gateways.order_files.rows import Goods, Reading, Repeat, read_moment, read_money, unquoted

KIND = "taobao"
TIME_ZONE = "Asia/Shanghai"  # Taobao's clock, wherever the warehouse stands
Row = dict[str, str]
Numbered = tuple[int, Row]

_UNPAID = "等待买家付款"
_TO_SEND = ("买家已付款，等待卖家发货", "买家已付款,等待卖家发货", "部分发货")
_CLOSED = "交易关闭"
_ADDRESS = re.compile(
    r"(?P<province>\S+)\s+(?P<city>\S+)\s+(?P<district>\S+)\s+(?P<street>.+?)\s*"
    r"(?:[(（](?P<postcode>\d{6})[)）])?\s*"
)


def fits_list(head: str) -> bool:
    return "订单编号" in head and "收货人姓名" in head


def fits_details(head: str) -> bool:
    return "订单编号" in head and "购买数量" in head and "收货人姓名" not in head


def read_pair(file: str, order_list: str, detail_list: str) -> Reading:
    """The orders of the list with the lines of the other file."""
    listed, repeats = _listed(rows_of(order_list))
    details = _by_order(rows_of(detail_list))
    drafts = []
    for number, (copies, row) in listed.items():
        lines = details.pop(number, [])
        # A doubled order row comes with doubled detail rows: the same lines, written once more.
        half = len(lines) // copies
        kept = lines
        if copies > 1 and [row for _, row in lines] == [row for _, row in lines[:half]] * copies:
            kept = lines[:half]
        drafts.append(_draft(number, row, kept))
    drafts += [_orphan(number, lines) for number, lines in details.items()]
    return Reading(file, KIND, tuple(drafts), tuple(repeats))


def rows_of(text: str) -> list[Numbered]:
    """Rows with their number (header = 1), header names without blanks, cells without spreadsheet guards."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    header = [name.strip() for name in next(reader)]
    return [
        (number, {name: unquoted(cell) for name, cell in zip(header, cells, strict=False)})
        for number, cells in enumerate(reader, start=2) if any(cells)
    ]


def _listed(rows: list[Numbered]) -> tuple[dict[str, tuple[int, Numbered]], list[Repeat]]:
    """Each order's first row and how often it stands in the list; rows that repeat it exactly."""
    found: dict[str, tuple[int, Numbered]] = {}
    repeats = []
    for number, row in rows:
        name = row["订单编号"]
        if name not in found:
            found[name] = (1, (number, row))
            continue
        copies, first = found[name]
        found[name] = (copies + 1, first)
        if row == first[1]:
            repeats.append(Repeat(name, (number,)))
    return found, repeats


def _by_order(rows: list[Numbered]) -> dict[str, list[Numbered]]:
    found: dict[str, list[Numbered]] = {}
    for number, row in rows:
        found.setdefault(row["订单编号"], []).append((number, row))
    return found


def _draft(number: str, listed: Numbered, details: list[Numbered]) -> OrderDraft:
    row_number, row = listed
    goods, flaws = _goods(details), []
    placed_at = read_moment(row.get("订单创建时间", ""), TIME_ZONE)
    if placed_at is None:
        flaws.append(Flaw("impossible_date", (row_number,), {"text": row.get("订单创建时间", "")[:40]}))
    total, shipping = (read_money(row.get(key) or "0") for key in ("总金额", "买家应付邮费"))
    if total is None:
        flaws.append(Flaw("price_not_a_number", (row_number,), {"text": row.get("总金额", "")[:40]}))
    if row.get("修改后的收货地址", "").strip():
        flaws.append(Flaw("changed_address", (row_number,)))
    declared = row.get("宝贝总数量", "")
    return OrderDraft(
        channel=KIND, source_number=number, rows=(row_number,), placed_at=placed_at,
        standing=_standing(row), payment=orders.UNPAID if row.get("订单状态") == _UNPAID else orders.PAID,
        currency="CNY", total_minor=total or 0, shipping_minor=shipping or 0,
        # Coupons are taken off the total without being named: more than that is nobody's error.
        total_expected_minor=None, service=row.get("运送方式", ""), recipient=_recipient(row),
        lines=tuple(goods.lines), flaws=(*flaws, *goods.flaws), buyer_remark=row.get("买家留言", ""),
        staff_remark=row.get("订单备注", ""), units_declared=int(declared) if declared.isdigit() else 0,
    )


def _goods(details: list[Numbered]) -> Goods:
    goods = Goods()
    for number, row in details:
        goods.add(
            number, row.get("商家编码") or row.get("外部系统编号", ""), row.get("标题", ""),
            units_text=row.get("购买数量", ""), price_text=row.get("价格", ""),
        )
    return goods


def _orphan(number: str, details: list[Numbered]) -> OrderDraft:
    rows = tuple(row_number for row_number, _ in details)
    return OrderDraft(
        channel=KIND,
        source_number=number,
        rows=rows,
        placed_at=None,
        standing=orders.OPEN,
        payment=orders.PAID,
        currency="CNY",
        total_minor=0,
        shipping_minor=0,
        service="",
        recipient=Recipient(),
        lines=tuple(_goods(details).lines),
        flaws=(Flaw("detail_without_order", rows),),
    )


def _standing(row: Row) -> str:
    status = row.get("订单状态", "")
    if status.startswith(_CLOSED):
        return orders.CLOSED
    # Anything after "to be sent" (sent, done) has left already.
    return orders.OPEN if status in (_UNPAID, *_TO_SEND) else orders.FULFILLED


def _recipient(row: Row) -> Recipient:
    """修改后的收货地址 wins where it is filled: name, phone and address in one cell."""
    name, phone, address = row.get("收货人姓名", ""), row.get("联系手机") or row.get("联系电话", ""), row.get("收货地址", "")
    if changed := row.get("修改后的收货地址", "").strip():
        parts = re.split("[，,]", changed, maxsplit=2)
        if len(parts) == 3:
            name, phone, address = (part.strip() for part in parts)
        else:
            address = changed
    found = _ADDRESS.fullmatch(address.strip())
    parts_of = found.groupdict() if found else {"street": address.strip()}
    return Recipient(
        name=name, phone=phone.removeprefix("'"), street=parts_of.get("street") or "",
        district=parts_of.get("district") or "", city=parts_of.get("city") or "",
        province=parts_of.get("province") or "", postcode=parts_of.get("postcode") or "", country="CN",
    )
