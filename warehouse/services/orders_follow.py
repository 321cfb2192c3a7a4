"""A new order out of an old one (RET-1, ORD-7): a replacement, an exchange, or the other half of a split. It is paid,
goes to the same recipient, and appears on the release desk like any other."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain.orders import ORDER_FLOW, PAID
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.errors import Invalid, NotFound
from warehouse.models.catalog import Item
from warehouse.models.orders import Order, OrderLine
from warehouse.services import journal, shifts
from warehouse.services.orders_import import seal_place

ORDER, LINE = Order.__table__, OrderLine.__table__
REPLACEMENT, EXCHANGE, SPLIT = "replacement", "exchange", "split"
# What the shop's own number is followed by.
_MARKS = {REPLACEMENT: "R", EXCHANGE: "X", SPLIT: "S"}
_SAME = ("channel", "currency", "service", "carrier_code", "recipient_masked", "phone_index", "name_index", "country",
         "province", "city", "postcode", "language", "when_short", "gift_note")


def make_order_from(
    session: Session, actor: Actor, order_id: int, lines: Sequence[tuple[int, int, int | None]], *, kind: str,
    reason: str,
) -> int:
    """A confirmed order of `lines`, each (item, units, the old order's line that it stands for); its id. It costs
    nothing; of a split each line keeps its price. Refused without lines, for an unknown item and for no units."""
    origin = session.execute(select(ORDER).where(ORDER.c.id == order_id).with_for_update()).one_or_none()
    if origin is None:
        raise NotFound("orders.no_such_order")
    if kind not in _MARKS:
        raise Invalid("orders.no_such_kind", kind=kind)
    if not lines or any(units < 1 for _, units, _ in lines):
        raise Invalid("orders.nothing_to_send")
    rows = _line_rows(session, origin.id, lines, keeps_price=kind == SPLIT)
    made = int(session.execute(
        insert(ORDER).returning(ORDER.c.id), _order_row(session, actor, origin, rows, kind)).scalar_one())
    session.execute(update(ORDER).where(ORDER.c.id == made).values(number=make_label("order", made)))
    session.execute(insert(LINE), [{"order_id": made, **row} for row in rows])
    facts = {"origin": order_id, "kind": kind, "units": sum(row["units_wanted"] for row in rows)}
    journal.note(session, actor, "make_order", "order", made, reason=reason, **facts)
    journal.note(session, actor, f"make_{kind}", "order", order_id, reason=reason, follow=made)
    return made


def _line_rows(
    session: Session, order_id: int, lines: Sequence[tuple[int, int, int | None]], *, keeps_price: bool
) -> list[dict[str, Any]]:
    items = {item.id: item for item in session.execute(
        select(Item.id, Item.title, Item.isbn13, Item.sku).where(Item.id.in_({item_id for item_id, _, _ in lines})))}
    stands_for = {line.id: line for line in session.execute(
        select(LINE.c.id, LINE.c.item_id, LINE.c.code_text, LINE.c.title_text, LINE.c.price_minor)
        .where(LINE.c.order_id == order_id))}
    rows = []
    for position, (item_id, units, line_id) in enumerate(lines, start=1):
        if item_id not in items:
            raise NotFound("orders.no_such_item")
        if line_id is not None and line_id not in stands_for:
            raise NotFound("orders.no_such_line")
        item, line = items[item_id], stands_for.get(line_id or 0)
        is_same = line is not None and line.item_id == item_id
        rows.append({
            "position": position, "item_id": item_id, "units_wanted": units,
            "code_text": line.code_text if line and is_same else item.isbn13 or item.sku,
            "title_text": line.title_text if line and is_same else item.title,
            "price_minor": line.price_minor if line and keeps_price else 0,
        })
    return rows


def _order_row(
    session: Session, actor: Actor, origin: Any, rows: list[dict[str, Any]], kind: str
) -> dict[str, Any]:
    source_number = _next_number(session, origin, kind)
    vault = session.info["vault"]
    who = vault.unseal(origin.recipient, seal_place(origin.channel, origin.source_number))
    times = shifts.clocks(session).times_of(actor.at, actor.at, origin.carrier_code, origin.service)
    body = repr([(row["item_id"], row["units_wanted"]) for row in rows])
    return {
        **{name: getattr(origin, name) for name in _SAME},
        "source_number": source_number, "recipient": vault.seal(who, seal_place(origin.channel, source_number)),
        "content_hash": hashlib.sha256(f"{source_number}{body}".encode()).hexdigest()[:32], "import_class": "pick",
        "state": ORDER_FLOW.step(ORDER_FLOW.start, "confirm"), "placed_at": actor.at, "received_at": actor.at,
        "confirmed_at": actor.at, "confirm_by": times.confirm_by, "due_at": times.due_at,
        "promised_at": times.promised_at, "payment": PAID,
        "total_minor": sum(row["price_minor"] * row["units_wanted"] for row in rows), "shipping_minor": 0,
        "units_wanted": sum(row["units_wanted"] for row in rows), "lines_count": len(rows),
        "origin_id": origin.id, "origin_kind": kind,
    }


def _next_number(session: Session, origin: Any, kind: str) -> str:
    """The shop's own number with a mark and a count: nobody mistakes it for another order of that shop."""
    start = f"{origin.source_number}-{_MARKS[kind]}"
    others = session.execute(select(func.count()).select_from(ORDER).where(
        ORDER.c.channel == origin.channel, ORDER.c.source_number.startswith(start, autoescape=True))).scalar_one()
    return f"{start}{others + 1}"
