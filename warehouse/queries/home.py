"""What home shows: how much waits behind each door, the next job, one's own day, and what a tote is in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import codes, picking, stock, stock_figures
from warehouse.domain.counting import APPROVAL, LEAD
from warehouse.domain.incidents import OPEN
from warehouse.domain.messages import FAILED, WANTED
from warehouse.domain.people import Actor
from warehouse.domain.scans import ACCEPTED, REFUSED
from warehouse.models.catalog import Item
from warehouse.models.counting import CountResult, CountTask
from warehouse.models.incidents import Incident
from warehouse.models.journal import Scan
from warehouse.models.messages import Message
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, PickStop, RunTote, Tote
from warehouse.models.receiving import Delivery
from warehouse.models.returns import CustomerReturn, Refund
from warehouse.models.shipping import Pause
from warehouse.models.stock import Location, PutBack, StockBalance
from warehouse.models.transfers import Replenishment
from warehouse.queries import delays, stock_lists

TO_PACK = ("picked", "packing")
UNFINISHED = (picking.BINDING, picking.STARTED)
COVERS = 7


@dataclass(frozen=True)
class Doors:
    """How much waits behind each door."""

    pick: int
    pack: int
    ship: int
    putback: int
    receive: int
    putaway: int
    replenish: int
    returns: int
    count: int


def count_doors(session: Session) -> Doors:
    # Parcels are counted by way of their orders: those have an index by state, however long the history.
    row = session.execute(select(
        _count(select(func.count()).where(PickRun.state.in_((picking.PLANNED, *UNFINISHED)))),
        _count(select(func.count()).where(Order.state.in_(TO_PACK))),
        _count(select(func.count()).select_from(Order).join(Parcel, Parcel.order_id == Order.id)
               .where(Order.state == "packed", Parcel.handed_over_at.is_(None))),
        _count(select(func.count(PutBack.order_id.distinct())).where(PutBack.done_at.is_(None))),
        _count(select(func.count()).where(Delivery.state.in_(("announced", "receiving")))),
        _count(select(func.coalesce(func.sum(StockBalance.on_hand), 0))
               .join(Location, Location.id == StockBalance.location_id).where(Location.kind == stock.STAGING)),
        _count(select(func.count()).where(Replenishment.state.in_(("open", "taken")))),
        _count(select(func.count()).where(CustomerReturn.state.in_(("approved", "received")))),
        _count(select(func.count()).where(CountTask.state.in_(("open", "counting")))),
    )).one()
    return Doors(*row)


def count_desks(session: Session, now: datetime) -> dict[str, int]:
    """How much waits at the desk: orders held or late, incidents, titles that are low (STK-2), differences, returns and
    refunds to be decided, customers who must hear something, and what is paused."""
    row = session.execute(select(
        _count(select(func.count()).where(Order.state == "held")),
        _count(select(func.count()).where(Incident.state == OPEN)),
        _count(select(func.count()).where(CountResult.state.in_((APPROVAL, LEAD)))),
        _count(select(func.count()).where(*delays.is_late(now))),
        _count(select(func.count()).where(Message.state.in_((WANTED, FAILED)))),
        _count(select(func.count()).where(CustomerReturn.state == "requested")),
        _count(select(func.count()).where(Refund.state.in_(("requested", "approved")))),
        _count(select(func.count()).where(Pause.ended_at.is_(None))),
    )).one()
    low = stock_lists.list_stock(session, stock_lists.Wanted(stock_figures.LOW, not_ordered=True), now).total
    names = ("review", "incidents", "stocktakes", "delays", "messages", "returns", "refunds", "pauses")
    return {**dict(zip(names, row, strict=True)), "stock": low}


def _count(counted: Select[Any]) -> Any:
    return counted.scalar_subquery()


@dataclass(frozen=True)
class Book:
    """As much of an item as a small cover needs."""

    title: str
    authors: str
    volume: str


@dataclass(frozen=True)
class Job:
    """The best thing to do next. `kind` is pick or pack, `id` the run or the order."""

    kind: str
    id: int
    due_at: datetime
    is_mine: bool
    lines: int
    units: int
    orders: int
    place: str
    books: tuple[Book, ...]


def next_job(session: Session, actor: Actor) -> Job | None:
    """What one has begun, else what is due first among what nobody has; packing before picking at the same
    time, because a parcel leaves only when it is packed."""
    jobs = [
        job for job in (
            _next_order(session) if actor.may("pack") else None,
            _next_run(session, actor) if actor.may("pick") else None,
        ) if job
    ]
    return min(jobs, key=lambda job: (not job.is_mine, job.due_at), default=None)


def _next_run(session: Session, actor: Actor) -> Job | None:
    mine = PickRun.person_id == actor.person_id
    run = session.execute(
        select(
            PickRun.id,
            PickRun.due_at,
            PickRun.units_due,
            PickRun.units_taken,
            case((mine, 1), else_=0).label("is_mine"),
        )
        .where(
            or_(
                mine & PickRun.state.in_((picking.PLANNED, *UNFINISHED)),
                PickRun.person_id.is_(None) & (PickRun.state == picking.PLANNED),
            )
        )
        .order_by(case((mine & PickRun.state.in_(UNFINISHED), 0), else_=1), PickRun.due_at, PickRun.id)
        .limit(1)
    ).one_or_none()
    if run is None:
        return None
    lines, orders, first, last = session.execute(
        select(
            func.count(),
            func.count(PickStop.order_id.distinct()),
            func.min(Location.aisle),
            func.max(Location.aisle),
        )
        .select_from(PickStop)
        .join(Location, Location.id == PickStop.location_id)
        .where(PickStop.run_id == run.id)
    ).one()
    books = session.execute(
        select(Item.title, Item.authors, Item.volume)
        .join(PickStop, PickStop.item_id == Item.id)
        .where(PickStop.run_id == run.id, PickStop.state == picking.OPEN)
        .order_by(PickStop.position)
        .limit(COVERS)
    )
    place = f"{first} – {last}" if first and last and first != last else first or ""
    return Job("pick", run.id, run.due_at, is_mine=bool(run.is_mine), lines=lines, orders=orders, place=place,
               units=run.units_due - run.units_taken, books=tuple(Book(*book) for book in books))


def _next_order(session: Session) -> Job | None:
    order = session.execute(
        select(Order.id, Order.due_at, Order.lines_count, Order.units_wanted, Order.packer_id, Tote.code)
        .outerjoin(Tote, Tote.order_id == Order.id)
        .where(Order.state == "picked").order_by(Order.due_at, Order.id).limit(1)
    ).one_or_none()
    if order is None:
        return None
    books = session.execute(
        select(Item.title, Item.authors, Item.volume).join(OrderLine, OrderLine.item_id == Item.id)
        .where(OrderLine.order_id == order.id).order_by(OrderLine.position).limit(COVERS)
    )
    return Job(
        "pack",
        order.id,
        order.due_at,
        is_mine=False,
        lines=order.lines_count,
        units=order.units_wanted,
        orders=1,
        place=order.code or "",
        books=tuple(Book(*book) for book in books),
    )


@dataclass(frozen=True)
class Day:
    """One's own day so far: units moved by accepted scans, and scans that were refused."""

    units: int
    refused: int


def count_day(session: Session, person_id: int, since: datetime) -> Day:
    row = session.execute(
        select(
            func.coalesce(func.sum(case((Scan.outcome == ACCEPTED, Scan.units), else_=0)), 0),
            func.coalesce(func.sum(case((Scan.outcome == REFUSED, 1), else_=0)), 0),
        ).where(Scan.person_id == person_id, Scan.at >= since)
    ).one()
    return Day(int(row[0]), int(row[1]))


# --- Scan anything -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """What a tote, cart or order is in the middle of."""

    order_id: int | None
    order_state: str
    run_id: int | None
    run_state: str

    @property
    def is_picking(self) -> bool:
        return self.run_state in UNFINISHED

    @property
    def is_to_pack(self) -> bool:
        return self.order_state in TO_PACK or (self.order_id is None and self.run_state == picking.RUN_DONE)


_WORK = select(Order.id, func.coalesce(Order.state, ""), PickRun.id, func.coalesce(PickRun.state, ""))


def work_of_tote(session: Session, tote_id: int) -> Work:
    row = session.execute(
        _WORK.select_from(Tote).outerjoin(Order, Order.id == Tote.order_id)
        .outerjoin(PickRun, PickRun.id == Tote.run_id).where(Tote.id == tote_id)
    ).one()
    return Work(*row)


def waits_to_go_back(session: Session, kind: str, thing_id: int) -> int | None:
    """The place that a tote or parcel is, where units of a cancelled order wait in it to be put back (ORD-7)."""
    is_tote = kind == codes.TOTE
    place = (select(Tote.location_id).where(Tote.id == thing_id) if is_tote
             else select(Parcel.location_id).where(Parcel.id == thing_id))
    return session.execute(
        select(PutBack.source_id)
        .where(PutBack.source_id == place.scalar_subquery(), PutBack.done_at.is_(None)).limit(1)
    ).scalar()


def work_of_cart(session: Session, cart_id: int) -> Work | None:
    """The unfinished run that a cart is bound to."""
    row = session.execute(
        select(PickRun.id, PickRun.state).where(PickRun.cart_id == cart_id, PickRun.state.in_(UNFINISHED))
        .order_by(PickRun.id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Work(None, "", *row)


def work_of_order(session: Session, order_id: int) -> Work:
    """The order and the unfinished run that collects it."""
    row = session.execute(
        _WORK.select_from(Order).outerjoin(RunTote, RunTote.order_id == Order.id)
        .outerjoin(PickRun, (PickRun.id == RunTote.run_id) & PickRun.state.in_(UNFINISHED))
        .where(Order.id == order_id).order_by(PickRun.id.desc().nulls_last()).limit(1)
    ).one()
    return Work(*row)
