"""What waits at the bench, the earliest due first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from warehouse.models.orders import Order, OrderLine
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, PickStop, Tote

SHOWN_ORDERS = 40


@dataclass(frozen=True)
class Waiting:
    """An order picked and not yet packed. `packer` where somebody is at it; `tote` where it has one of its own or
    shares that of a single-line run."""

    order_id: int
    number: str
    state: str
    due_at: datetime
    carrier: str
    units: int
    units_packed: int
    packer_id: int | None
    packer: str | None
    totes: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """`waiting` shows the first ones; `count` counts all."""

    waiting: tuple[Waiting, ...]
    count: int


def bench(session: Session) -> Bench:
    """Orders in state picked or packing; those under way first, then by the hour at which their truck leaves."""
    states = ("packing", "picked")
    rows = session.execute(
        select(Order.id, Order.number, Order.state, Order.due_at, Order.carrier_code, Order.packer_id,
               Person.name.label("packer"), func.sum(OrderLine.units_picked).label("units"),
               func.sum(OrderLine.units_packed).label("units_packed"))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(Person, Person.id == Order.packer_id)
        .where(Order.state.in_(states))
        .group_by(Order.id, Person.name)
        .order_by(case((Order.state == "packing", 0), else_=1), Order.due_at, Order.id)
        .limit(SHOWN_ORDERS)).all()
    totes = _totes(session, [row.id for row in rows])
    count = session.execute(select(func.count()).select_from(Order).where(Order.state.in_(states))).scalar_one()
    return Bench(tuple(
        Waiting(row.id, row.number or "", row.state, row.due_at, row.carrier_code, row.units, row.units_packed,
                row.packer_id if row.state == "packing" else None, row.packer if row.state == "packing" else None,
                tuple(totes.get(row.id, ())))
        for row in rows), count)


def _totes(session: Session, order_ids: list[int]) -> dict[int, list[str]]:
    own = select(Tote.order_id.label("order_id"), Tote.code).where(Tote.order_id.in_(order_ids))
    shared = (
        select(PickStop.order_id.label("order_id"), Tote.code)
        .join(PickRun, PickRun.id == PickStop.run_id).join(Tote, Tote.run_id == PickRun.id)
        .where(PickStop.order_id.in_(order_ids), PickRun.kind == "single", Tote.order_id.is_(None)))
    found: dict[int, list[str]] = {}
    for order_id, code in session.execute(own.union(shared).order_by("code")):
        found.setdefault(int(order_id or 0), []).append(code)
    return found
