"""The lines and the holds of some orders, as screens show them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.models.catalog import Item, ItemCode
from warehouse.models.orders import Hold, OrderLine
from warehouse.models.people import Person

LINE, HOLD, ITEM = OrderLine.__table__, Hold.__table__, Item.__table__


@dataclass(frozen=True)
class LineView:
    """A line with its item; `options` are the items it could mean while that is open. `original` and
    `original_title` are what the customer ordered, where a person changed it."""

    id: int
    position: int
    is_service: bool
    code: str
    title_in_shop: str
    price_minor: int
    wanted: int
    reserved: int
    short: int
    picked: int
    packed: int
    dispatched: int
    item_id: int | None
    title: str
    authors: str
    volume: str
    isbn: str
    cancelled: int = 0
    original: int | None = None
    original_title: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class HoldView:
    """Why an order waits or waited; `facts` fill the sentence of `reason`."""

    id: int
    reason: str
    facts: dict[str, Any]
    opened_at: datetime
    lifted_at: datetime | None
    lifted_by: str
    decision: str
    decision_reason: str


def lines_of(session: Session, order_ids: Sequence[int]) -> dict[int, list[LineView]]:
    """The lines of some orders, each with the items it could mean where that is open."""
    ordered = ITEM.alias()
    rows = session.execute(
        select(
            LINE.c.order_id,
            LINE.c.id,
            LINE.c.position,
            LINE.c.is_service,
            LINE.c.code_text,
            LINE.c.title_text,
            LINE.c.price_minor,
            LINE.c.units_wanted,
            LINE.c.units_reserved,
            LINE.c.units_short,
            LINE.c.units_picked,
            LINE.c.units_packed,
            LINE.c.units_dispatched,
            LINE.c.item_id,
            func.coalesce(ITEM.c.title, ""),
            func.coalesce(ITEM.c.authors, ""),
            func.coalesce(ITEM.c.volume, ""),
            func.coalesce(ITEM.c.isbn13, ""),
            LINE.c.units_cancelled,
            LINE.c.units_original,
            func.coalesce(ordered.c.title, ""),
        )
        .join(ITEM, ITEM.c.id == LINE.c.item_id, isouter=True)
        .join(ordered, ordered.c.id == LINE.c.item_original_id, isouter=True)
        .where(LINE.c.order_id.in_(order_ids))
        .order_by(LINE.c.order_id, LINE.c.position)
    ).all()
    options = _options(session, {row.code_text for row in rows if row.item_id is None and not row.is_service})
    found: dict[int, list[LineView]] = {}
    for order_id, *cells in rows:
        line = LineView(*cells)
        if line.item_id is None and not line.is_service:
            line = replace(line, options=options.get(line.code, []))
        found.setdefault(order_id, []).append(line)
    return found


def _options(session: Session, codes: set[str]) -> dict[str, list[dict[str, Any]]]:
    """The items that each code may mean."""
    if not codes:
        return {}
    rows = session.execute(
        select(
            ItemCode.code, ITEM.c.id, ITEM.c.sku, ITEM.c.title, ITEM.c.volume, ITEM.c.authors, ITEM.c.edition
        )
        .join(ITEM, ITEM.c.id == ItemCode.item_id)
        .where(ItemCode.code.in_(sorted(codes)))
        .order_by(ITEM.c.id)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.code, []).append(
            {key: value for key, value in row._asdict().items() if key != "code"}
        )
    return found


def holds_of(session: Session, order_ids: Sequence[int]) -> dict[int, list[HoldView]]:
    """The holds of some orders, open and closed, oldest first."""
    found: dict[int, list[HoldView]] = {}
    for order_id, *cells in session.execute(
        select(HOLD.c.order_id, HOLD.c.id, HOLD.c.reason, HOLD.c.facts, HOLD.c.opened_at, HOLD.c.lifted_at,
               func.coalesce(Person.name, ""), func.coalesce(HOLD.c.decision, ""), HOLD.c.decision_reason)
        .join(Person, Person.id == HOLD.c.lifted_by, isouter=True)
        .where(HOLD.c.order_id.in_(order_ids)).order_by(HOLD.c.id)
    ):
        found.setdefault(order_id, []).append(HoldView(*cells))
    return found
