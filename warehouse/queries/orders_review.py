"""The review desk: held orders with their evidence, and the imports they came with (ORD-2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.models.orders import Hold, ImportRun, Order
from warehouse.models.people import Person
from warehouse.queries.orders import ORDER_ROW, PAGE, OrderRow
from warehouse.queries.orders_evidence import Evidence, evidence_of
from warehouse.queries.orders_lines import HoldView, LineView, holds_of, lines_of

ORDER, HOLD = Order.__table__, Hold.__table__


# -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeldOrder:
    """What a person needs to see at once to decide: the order, why it waits, its lines, what the buyer
    wrote."""

    row: OrderRow
    holds: list[HoldView]
    lines: list[LineView]
    buyer_remark: str
    staff_remark: str
    payment: str
    total_minor: int
    currency: str
    warnings: list[str]
    shipping_minor: int
    cod_minor: int
    evidence: Evidence


@dataclass(frozen=True)
class ReviewDesk:
    orders: list[HeldOrder]
    total: int
    by_reason: dict[str, int]


def review_desk(session: Session, *, reason: str = "") -> ReviewDesk:
    """Held orders, the one due first on top; at most a page of them."""
    open_holds = select(HOLD.c.order_id).where(HOLD.c.lifted_at.is_(None))
    if reason:
        open_holds = open_holds.where(HOLD.c.reason == reason)
    held = (ORDER.c.state == "held", ORDER.c.id.in_(open_holds))
    more = (
        ORDER.c.buyer_remark,
        ORDER.c.staff_remark,
        ORDER.c.payment,
        ORDER.c.total_minor,
        ORDER.c.currency,
        ORDER.c.warnings,
        ORDER.c.shipping_minor,
        ORDER.c.cod_minor,
    )
    rows: Any = session.execute(
        ORDER_ROW.add_columns(*more).where(*held).order_by(ORDER.c.due_at, ORDER.c.id).limit(PAGE)).all()
    ids = [row.id for row in rows]
    lines = lines_of(session, ids)
    holds = {order_id: [hold for hold in found if hold.lifted_at is None]
             for order_id, found in holds_of(session, ids).items()}
    evidence = evidence_of(
        session, [(row.id, row.channel, row.buyer_remark, row.shipping_minor) for row in rows], lines,
        {order_id: [(hold.reason, hold.facts) for hold in found] for order_id, found in holds.items()})
    by_reason = session.execute(
        select(HOLD.c.reason, func.count())
        .join(ORDER, ORDER.c.id == HOLD.c.order_id)
        .where(HOLD.c.lifted_at.is_(None), ORDER.c.state == "held")
        .group_by(HOLD.c.reason)
        .order_by(HOLD.c.reason)
    )
    width = len(ORDER_ROW.selected_columns)
    orders = [
        HeldOrder(*(OrderRow(*row[:width]), holds.get(row.id, []), lines.get(row.id, []), *row[width:],
                    evidence[row.id]))
        for row in rows
    ]
    total = session.execute(select(func.count()).select_from(ORDER).where(*held)).scalar_one()
    return ReviewDesk(orders, total, {row[0]: row[1] for row in by_reason})


def open_holds(session: Session, reason: str, *, most: int = 200) -> list[int]:
    """Open holds of one reason, the oldest first."""
    return list(session.execute(
        select(HOLD.c.id).join(ORDER, ORDER.c.id == HOLD.c.order_id)
        .where(HOLD.c.reason == reason, HOLD.c.lifted_at.is_(None), ORDER.c.state == "held")
        .order_by(HOLD.c.id).limit(most)).scalars())


@dataclass(frozen=True)
class PastImport:
    id: int
    at: datetime
    file_names: str
    person: str
    report: dict[str, Any]


def past_imports(session: Session, *, most: int = 10) -> list[PastImport]:
    """The latest imports of orders, with their reports."""
    rows = session.execute(
        select(ImportRun.id, ImportRun.at, ImportRun.file_names, Person.name, ImportRun.report)
        .join(Person, Person.id == ImportRun.person_id).where(ImportRun.kind == "orders")
        .order_by(ImportRun.id.desc()).limit(most))
    return [PastImport(*row) for row in rows]
