"""The warehouse's own order sheet, CSV or XLSX: one row a line, the order's fields on its first row or on
each.

`docs/order-files.md` lists the columns; headers are known in English and Chinese.
"""

from datetime import UTC, datetime, timedelta

from warehouse import clock
from warehouse.domain import orders
from warehouse.domain.orders import Flaw, OrderDraft, Recipient
from warehouse.gateways.order_files.rows import Goods, Reading, read_moment, read_money, unquoted
from warehouse.gateways.tables import Table, plain_header, read_table

KIND = "own_sheet"
Row = dict[str, str]
_COLUMNS = {
    "order": "order order_number 订单号 订单编号",
    "channel": "channel 渠道",
    "placed_at": "placed_at created_at 下单时间 订单创建时间",
    "placed_minutes": "placed_at_offset_minutes",
    "name": "recipient recipient_name name 收货人 收货人姓名",
    "phone": "phone 电话 手机 联系手机",
    "email": "email 邮箱",
    "company": "company 公司",
    "country": "country 国家",
    "province": "province state 省 省份",
    "city": "city 市 城市",
    "district": "district 区 区县",
    "postcode": "postcode zip 邮编",
    "street": "address street 地址 收货地址",
    "paid": "paid 已付款",
    "cod": "cod_amount 代收货款",
    "currency": "currency 币种",
    "shipping": "shipping 运费",
    "total": "total 总金额",
    "carrier": "carrier 快递",
    "service": "service 运送方式",
    "buyer_remark": "buyer_remark 买家留言",
    "staff_remark": "staff_remark 卖家备注 订单备注",
    "gift_note": "gift_note 贺卡 礼品留言",
    "when_short": "when_short 缺货处理",
    "code": "sku_or_isbn sku isbn isbn13 商家编码 书号",
    "title": "title 书名 标题",
    "units": "quantity qty units 数量 购买数量",
    "price": "price 单价 价格",
}
NAMES = {plain_header(title): name for name, titles in _COLUMNS.items() for title in titles.split()}
_NEEDED = {"order", "code", "units"}
_YES = {"yes", "y", "true", "1", "paid", "是", "已付款", "已付"}
_WHEN_SHORT = {"part": "part", "wait": "wait", "cancel": "cancel", "部分": "part", "等待": "wait", "取消": "cancel"}


def fits(table: Table) -> bool:
    return {name for _, name in table.columns(NAMES)} >= _NEEDED


def table_of(file: str, data: bytes) -> Table:
    return read_table(file, data)


def read(table: Table, time_zone: str) -> Reading:
    """All orders of the sheet. Rows of one order need not stand together."""
    found: dict[str, list[tuple[int, Row]]] = {}
    flaws = [Flaw("broken_row", (problem.row,)) for problem in table.problems]
    for number, cells in table.records(NAMES):
        row = {name: unquoted(text) for name, text in cells.items()}
        if name := row.get("order", "").strip():
            found.setdefault(name, []).append((number, row))
        else:
            flaws.append(Flaw("no_order_number", (number,)))
    drafts = [_draft(name, block, time_zone) for name, block in found.items()]
    return Reading(table.name, KIND, tuple(drafts), flaws=tuple(flaws))


def _draft(name: str, block: list[tuple[int, Row]], time_zone: str) -> OrderDraft:
    head, goods, flaws = block[0][1], Goods(), []
    for number, row in block:
        goods.add(
            number, row.get("code", ""), row.get("title", ""), units_text=row.get("units", ""),
            price_text=row.get("price") or "0",
        )
    rows = tuple(number for number, _ in block)
    placed_at = _placed_at(head, time_zone)
    if placed_at is None:
        flaws.append(Flaw("impossible_date", rows[:1], {"text": head.get("placed_at", "")[:40]}))
    shipping, cod = (read_money(head.get(key) or "0") for key in ("shipping", "cod"))
    total = read_money(head["total"]) if head.get("total") else goods.sum_minor + (shipping or 0)
    if None in (shipping, cod, total):
        flaws.append(Flaw("price_not_a_number", rows[:1], {"text": ""}))
    return OrderDraft(
        channel=head.get("channel", "own").strip().lower(),
        source_number=name,
        rows=rows,
        placed_at=placed_at,
        standing=orders.OPEN,
        payment=_payment(head),
        currency=head.get("currency", ""),
        total_minor=total or 0,
        shipping_minor=shipping or 0,
        cod_minor=cod or 0,
        total_expected_minor=goods.sum_minor + (shipping or 0) if head.get("total") else None,
        service=head.get("service", ""),
        recipient=_recipient(head),
        lines=tuple(goods.lines),
        flaws=(*flaws, *goods.flaws),
        buyer_remark=head.get("buyer_remark", ""),
        staff_remark=head.get("staff_remark", ""),
        gift_note=head.get("gift_note", ""),
        when_short=_WHEN_SHORT.get(head.get("when_short", "").strip().lower(), "wait"),
        carrier_code=head.get("carrier", "").strip().upper(),
    )


def _placed_at(head: Row, time_zone: str) -> datetime | None:
    """A moment, or minutes from now (negative: before) in sheets made for demonstrations and tests."""
    if minutes := head.get("placed_minutes"):
        try:
            return clock.now().astimezone(UTC) + timedelta(minutes=int(minutes))
        except (ValueError, OverflowError):
            return None
    return read_moment(head["placed_at"], time_zone) if head.get("placed_at") else clock.now()


def _payment(head: Row) -> str:
    if (read_money(head.get("cod") or "0") or 0) > 0:
        return orders.CASH_ON_DELIVERY
    return orders.PAID if head.get("paid", "yes").strip().lower() in _YES else orders.UNPAID


def _recipient(head: Row) -> Recipient:
    parts = ("name", "phone", "email", "company", "street", "district", "city", "province", "postcode")
    return Recipient(
        **{part: head.get(part, "").strip() for part in parts},
        country=head.get("country", "CN").strip().upper(),
    )
