"""Orders in the shape of Shopify's Admin API."""

from typing import Any

from warehouse.domain import orders
from warehouse.domain.orders import Flaw, OrderDraft, Recipient
from warehouse.gateways.order_files.rows import Goods, Reading, read_moment, read_money, tidy

KIND = "shopify_json"
_PAID = {"paid", "partially_refunded", "partially_paid", "authorized"}


def find(document: Any) -> list[dict[str, Any]] | None:
    """The orders of the document, if it is one of Shopify's."""
    found = document.get("orders", [document]) if isinstance(document, dict) else document
    if not isinstance(found, list) or not found:
        return None
    is_ours = all(
        isinstance(order, dict) and "line_items" in order and "financial_status" in order for order in found
    )
    return found if is_ours else None


def read(file: str, found: list[dict[str, Any]], time_zone: str) -> Reading:
    """Rows are the orders' places in the list, from 1."""
    drafts = [_draft(row, order, time_zone) for row, order in enumerate(found, start=1)]
    return Reading(file, KIND, tuple(drafts))


def _draft(row: int, order: dict[str, Any], time_zone: str) -> OrderDraft:
    goods, flaws = Goods(), []
    for line in order["line_items"]:
        goods.add(
            row, _text(line.get("sku")), _text(line.get("title") or line.get("name")),
            units_text=_text(line.get("quantity")), price_text=_text(line.get("price")),
            is_service=line.get("requires_shipping") is False,
            is_shipped=line.get("fulfillment_status") == "fulfilled",
        )
    placed_at = read_moment(_text(order.get("created_at")), time_zone)
    if placed_at is None:
        flaws.append(Flaw("impossible_date", (row,), {"text": _text(order.get("created_at"))[:40]}))
    shipping_lines = order.get("shipping_lines") or []
    shipping = sum(read_money(_text(line.get("price"))) or 0 for line in shipping_lines)
    taxes, discount = (
        read_money(_text(order.get(key) or "0")) or 0 for key in ("total_tax", "total_discounts")
    )
    return OrderDraft(
        channel="shopify", source_number=_text(order.get("name") or order.get("order_number")), rows=(row,),
        placed_at=placed_at, standing=_standing(order),
        payment=orders.PAID if order["financial_status"] in _PAID else orders.UNPAID,
        currency=_text(order.get("currency")), total_minor=read_money(_text(order.get("total_price"))) or 0,
        shipping_minor=shipping, total_expected_minor=goods.sum_minor - discount + shipping + taxes,
        service=", ".join(_text(line.get("title")) for line in shipping_lines),
        recipient=_recipient(order), lines=tuple(goods.lines), flaws=(*flaws, *goods.flaws),
        buyer_remark=_text(order.get("note")),
    )


def _standing(order: dict[str, Any]) -> str:
    if order.get("cancelled_at") or order["financial_status"] == "voided":
        return orders.CANCELLED
    if order["financial_status"] == "refunded":
        return orders.REFUNDED
    return orders.FULFILLED if order.get("fulfillment_status") == "fulfilled" else orders.OPEN


def _recipient(order: dict[str, Any]) -> Recipient:
    address = order.get("shipping_address") or {}

    def of(key: str) -> str:
        return _text(address.get(key))

    return Recipient(
        name=of("name") or f"{of('first_name')} {of('last_name')}".strip(),
        phone=of("phone") or _text(order.get("phone")),
        email=_text(order.get("email")),
        company=of("company"),
        street=tidy([of("address1"), of("address2")]),
        city=of("city"),
        province=of("province"),
        postcode=of("zip"),
        country=of("country_code"),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
