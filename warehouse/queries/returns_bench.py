"""Returns for the list at the bench: what is expected, what lies there, and what was decided since."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import returns as life
from warehouse.models.orders import Order
from warehouse.models.people import Person
from warehouse.models.returns import CustomerReturn, ReturnLine, ReturnUnit

MOST = 100
ON_BENCH, TO_FINISH, EXPECTED = "on_bench", "to_finish", "expected"


@dataclass(frozen=True)
class ReturnRow:
    """One return: `group` is on_bench, to_finish (the desk decided, or copies wait to go back to the customer) or
    expected; `copies` are those asked back, or come where nothing was asked."""

    id: int
    number: str
    group: str
    source: str
    order_number: str
    copies: int
    since: datetime
    person: str


def list_returns(session: Session) -> list[ReturnRow]:
    """What lies on the bench first, then what can be finished, then what is expected; the oldest first, at most 100."""
    waits = select(ReturnUnit.id).where(
        ReturnUnit.return_id == CustomerReturn.id, ReturnUnit.left_at.is_(None),
        ReturnUnit.acceptance != life.PENDING).exists()
    asked = select(func.sum(case((ReturnLine.units >= ReturnLine.units_received, ReturnLine.units),
                                 else_=ReturnLine.units_received))).where(
        ReturnLine.return_id == CustomerReturn.id).scalar_subquery()
    group = case((CustomerReturn.state == life.RECEIVED, 0), (CustomerReturn.state == life.APPROVED, 2), else_=1)
    rows = session.execute(
        select(CustomerReturn.id, CustomerReturn.number, group.label("place"), CustomerReturn.source,
               Order.number.label("order_number"), func.coalesce(asked, 0).label("copies"),
               func.coalesce(CustomerReturn.received_at, CustomerReturn.requested_at).label("since"), Person.name)
        .outerjoin(Order, Order.id == CustomerReturn.order_id)
        .outerjoin(Person, Person.id == CustomerReturn.received_by)
        .where(or_(CustomerReturn.state.in_((life.RECEIVED, life.APPROVED)),
                   CustomerReturn.state.in_((life.JUDGED, life.SETTLED)) & waits))
        .order_by(group, CustomerReturn.id).limit(MOST)).all()
    return [ReturnRow(row.id, row.number or "", (ON_BENCH, TO_FINISH, EXPECTED)[row.place], row.source,
                      row.order_number or "", int(row.copies), row.since, row.name or "") for row in rows]
