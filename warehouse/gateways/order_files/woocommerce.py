"""Orders in the shape of WooCommerce's REST API, version 3."""

from typing import Any

from warehouse.domain import orders
from warehouse.domain.orders import Flaw, OrderDraft, Recipient
from warehouse.gateways.order_files.rows import Goods, Reading, read_moment, read_money, tidy

KIND = "woocommerce"
_STANDING = {
    "cancelled": orders.CANCELLED, "failed": orders.CANCELLED, "trash": orders.CANCELLED,
    "refunded": orders.REFUNDED, "completed": orders.FULFILLED,
}


def find(document: Any) -> list[dict[str, Any]] | None:
    """The orders of the document, if it is one of WooCommerce's."""
    found = [document] if isinstance(document, dict) else document
    if not isinstance(found, list) or not found:
        return None
    keys = {"line_items", "billing", "status"}
    return found if all(isinstance(order, dict) and keys <= set(order) for order in found) else None


def read(file: str, found: list[dict[str, Any]], time_zone: str) -> Reading:
    """Rows are the orders' places in the list, from 1."""
    drafts = [_draft(row, order, time_zone) for row, order in enumerate(found, start=1)]
    return Reading(file, KIND, tuple(drafts))


def _draft(row: int, order: dict[str, Any], time_zone: str) -> OrderDraft:
    goods, flaws = Goods(), []
    for line in order["line_items"]:
        goods.add(
            row, _text(line.get("sku")), _text(line.get("name")), units_text=_text(line.get("quantity")),
            price_text=_text(line.get("price")),
        )
    placed_at = _placed_at(order, time_zone)
    if placed_at is None:
        flaws.append(Flaw("impossible_date", (row,), {"text": _text(order.get("date_created"))[:40]}))
    return OrderDraft(
        channel="woocommerce",
        source_number=_text(order.get("number") or order.get("id")),
        rows=(row,),
        placed_at=placed_at,
        standing=_STANDING.get(order["status"], orders.OPEN),
        payment=_payment(order),
        currency=_text(order.get("currency")),
        total_minor=read_money(_text(order.get("total"))) or 0,
        cod_minor=(read_money(_text(order.get("total"))) or 0)
        if _payment(order) == orders.CASH_ON_DELIVERY
        else 0,
        shipping_minor=read_money(_text(order.get("shipping_total") or "0")) or 0,
        # Its totals hold fees, coupons and taxes by rules of the shop: not ours to check.
        total_expected_minor=None,
        service=", ".join(_text(line.get("method_title")) for line in order.get("shipping_lines") or []),
        recipient=_recipient(order),
        lines=tuple(goods.lines),
        flaws=(*flaws, *goods.flaws),
        buyer_remark=_text(order.get("customer_note")),
    )


def _placed_at(order: dict[str, Any], time_zone: str) -> Any:
    if in_utc := order.get("date_created_gmt"):
        return read_moment(_text(in_utc), "UTC")
    return read_moment(_text(order.get("date_created")), time_zone)


def _payment(order: dict[str, Any]) -> str:
    """`processing` is paid, or to be paid at the door; `pending` and `on-hold` wait for money."""
    if order["status"] in ("pending", "on-hold", "checkout-draft"):
        return orders.UNPAID
    return orders.CASH_ON_DELIVERY if order.get("payment_method") == "cod" else orders.PAID


def _recipient(order: dict[str, Any]) -> Recipient:
    billing, address = order["billing"], order.get("shipping") or {}
    if not any(address.get(key) for key in ("address_1", "address_2", "city", "postcode")):
        address = billing

    def of(key: str) -> str:
        return _text(address.get(key))

    return Recipient(
        name=f"{of('first_name')} {of('last_name')}".strip(),
        phone=of("phone") or _text(billing.get("phone")),
        email=_text(billing.get("email")),
        company=of("company"),
        street=tidy([of("address_1"), of("address_2")]),
        city=of("city"),
        province=of("state"),
        postcode=of("postcode"),
        country=of("country"),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
