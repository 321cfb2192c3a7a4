"""Returns counted: how many copies came back for which reason, of which titles, publishers and carriers, month by
month, beside what was sent in the same time (RET-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from warehouse.models.catalog import Item
from warehouse.models.orders import Order, OrderLine
from warehouse.models.returns import CustomerReturn, ReturnLine

REASON, TITLE, PUBLISHER, CARRIER, MONTH = "reason", "title", "publisher", "carrier", "month"
GROUPS = (MONTH, REASON, TITLE, PUBLISHER, CARRIER)


@dataclass(frozen=True)
class Group:
    """Copies of one name: `returned` came back, `accepted` of them were taken, `sent` left in the same time. A reason
    is told beside all that was sent."""

    name: str
    returned: int
    accepted: int
    sent: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.returned / self.sent, 1) if self.sent else None


@dataclass(frozen=True)
class Figures:
    total: Group
    groups: dict[str, list[Group]]


def look(session: Session, begins: Sequence[datetime], until: datetime, *, most: int | None = 15) -> Figures:
    """From the first of `begins` (each begins a month) to `until`: copies by the moment in which they came, sent copies
    by the moment in which their order left. The largest first, months in their order."""
    groups = {by: _of(session, by, begins, until) for by in GROUPS}
    months = groups[MONTH]
    total = Group("", sum(each.returned for each in months), sum(each.accepted for each in months),
                  sum(each.sent for each in months))
    groups[REASON] = [Group(each.name, each.returned, each.accepted, total.sent) for each in groups[REASON]]
    return Figures(total, {by: found if by == MONTH else found[:most] for by, found in groups.items()})


def _of(session: Session, by: str, begins: Sequence[datetime], until: datetime) -> list[Group]:
    came = _name(by, CustomerReturn.received_at, begins)
    back: Sequence[Any] = session.execute(
        select(came.label("name"), func.sum(ReturnLine.units_received), func.sum(ReturnLine.units_accepted))
        .select_from(ReturnLine).join(CustomerReturn, CustomerReturn.id == ReturnLine.return_id)
        .join(Item, Item.id == ReturnLine.item_id)
        .join(Order, Order.id == CustomerReturn.order_id, isouter=True)
        .where(CustomerReturn.received_at >= begins[0], CustomerReturn.received_at <= until,
               ReturnLine.units_received > 0)
        .group_by("name")).all()
    sent: dict[str, int] = {}
    if by != REASON:
        left = _name(by, Order.dispatched_at, begins)
        sent = {str(row[0]): int(row[1]) for row in session.execute(
            select(left.label("name"), func.sum(OrderLine.units_dispatched)).select_from(OrderLine)
            .join(Order, Order.id == OrderLine.order_id).join(Item, Item.id == OrderLine.item_id)
            .where(Order.dispatched_at >= begins[0], Order.dispatched_at <= until).group_by("name"))}
    found = [Group(str(row[0]), int(row[1]), int(row[2]), sent.get(str(row[0]), 0)) for row in back]
    if by == MONTH:
        of_month = {each.name: each for each in found}
        return [of_month.get(str(n), Group(str(n), 0, 0, sent.get(str(n), 0))) for n in range(len(begins))]
    return sorted(found, key=lambda each: (-each.returned, each.name))


def _name(by: str, moment: Any, begins: Sequence[datetime]) -> Any:
    """What a copy is counted under; a month by its place in `begins`."""
    if by == MONTH:
        return case(*((moment >= begin, literal(str(n))) for n, begin in reversed(list(enumerate(begins)))),
                    else_=literal("0"))
    return {REASON: CustomerReturn.reason, TITLE: Item.title, PUBLISHER: func.coalesce(Item.publisher, ""),
            CARRIER: func.coalesce(Order.carrier_code, "")}[by]
