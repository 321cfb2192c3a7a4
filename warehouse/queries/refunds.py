"""Refunds for those who pay them: what is asked, approved, paid and refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain.refunds import OPEN
from warehouse.models.orders import Order
from warehouse.models.people import Person
from warehouse.models.returns import CustomerReturn, Refund

SHOWN = 100
_ASKED_BY, _DECIDED_BY, _PAID_BY = aliased(Person), aliased(Person), aliased(Person)


@dataclass(frozen=True)
class RefundRow:
    """One refund with its order; `paid_minor` is what the order cost, `refunded_minor` what of it is given back in all,
    this one included."""

    id: int
    number: str
    state: str
    amount_minor: int
    currency: str
    reason: str
    order_id: int
    order_number: str
    source_number: str
    payment: str
    paid_minor: int
    refunded_minor: int
    return_id: int | None
    return_number: str
    return_reason: str
    incident_id: int | None
    requested_at: datetime
    requested_by: int
    asked_by: str
    decided_at: datetime | None
    decided_by: str
    decision_reason: str
    paid_at: datetime | None
    paid_by: str
    reference: str


@dataclass(frozen=True)
class Refunds:
    """The first `SHOWN`; how many there are and what they come to, by state and currency."""

    rows: list[RefundRow]
    counts: dict[str, int]
    sums: dict[str, dict[str, int]]


def list_refunds(session: Session, *, state: str = "", text: str = "", most: int | None = SHOWN) -> Refunds:
    """What is to be done first, the oldest first; everything else the newest first. `text`: a number of the refund, the
    order, the return, or a reference."""
    wanted: list[ColumnElement[bool]] = [Refund.state == state] if state else []
    if text.strip():
        wanted.append(_named(text.strip()))
    turn = Refund.requested_at if state in OPEN else Refund.requested_at.desc()
    rows: Sequence[Any] = session.execute(
        select(
            Refund.id, func.coalesce(Refund.number, ""), Refund.state, Refund.amount_minor, Refund.currency,
            Refund.reason, Order.id, func.coalesce(Order.number, ""), Order.source_number, Order.payment,
            Order.total_minor, Order.refunded_minor, Refund.return_id, func.coalesce(CustomerReturn.number, ""),
            func.coalesce(CustomerReturn.reason, ""), Refund.incident_id,
            Refund.requested_at, Refund.requested_by, _ASKED_BY.name, Refund.decided_at,
            func.coalesce(_DECIDED_BY.name, ""), Refund.decision_reason, Refund.paid_at,
            func.coalesce(_PAID_BY.name, ""), Refund.reference)
        .join(Order, Order.id == Refund.order_id)
        .join(_ASKED_BY, _ASKED_BY.id == Refund.requested_by)
        .join(_DECIDED_BY, _DECIDED_BY.id == Refund.decided_by, isouter=True)
        .join(_PAID_BY, _PAID_BY.id == Refund.paid_by, isouter=True)
        .join(CustomerReturn, CustomerReturn.id == Refund.return_id, isouter=True)
        .where(*wanted).order_by(turn, Refund.id.desc()).limit(most)).all()
    counts: dict[str, int] = {}
    sums: dict[str, dict[str, int]] = {}
    for row in session.execute(
            select(Refund.state, Refund.currency, func.count(), func.sum(Refund.amount_minor))
            .group_by(Refund.state, Refund.currency).order_by(Refund.currency)):
        counts[row[0]] = counts.get(row[0], 0) + row[2]
        sums.setdefault(row[0], {})[row[1]] = int(row[3])
    return Refunds([RefundRow(*row) for row in rows], counts, sums)


def _named(text: str) -> ColumnElement[bool]:
    return or_(
        Refund.number == text.upper(), Refund.reference == text, Order.number == text.upper(),
        Order.source_number.in_((text, f"#{text}")), CustomerReturn.number == text.upper(),
        CustomerReturn.shop_number == text)
