"""Totes and carts, and what each tote is doing."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.models.orders import Order
from warehouse.models.picking import Cart, Tote
from warehouse.models.stock import StockBalance


@dataclass(frozen=True)
class ToteRow:
    id: int
    code: str
    state: str
    run_id: int | None
    order_number: str | None
    units: int


@dataclass(frozen=True)
class Equipment:
    totes: list[ToteRow]
    carts: list[tuple[int, str, int]]


def list_equipment(session: Session) -> Equipment:
    units = select(func.sum(StockBalance.on_hand)).where(StockBalance.location_id == Tote.location_id).scalar_subquery()
    totes = session.execute(
        select(Tote.id, Tote.code, Tote.state, Tote.run_id, Order.number, func.coalesce(units, 0))
        .outerjoin(Order, Order.id == Tote.order_id).order_by(Tote.code))
    carts = session.execute(select(Cart.id, Cart.code, Cart.slots).order_by(Cart.code))
    return Equipment([ToteRow(*row) for row in totes], [(row.id, row.code, row.slots) for row in carts])
