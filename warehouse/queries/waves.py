"""Confirmed orders that could be released, and the waves of late with their runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from warehouse.domain import picking
from warehouse.domain.orders import CONFIRMED, HELD
from warehouse.domain.packing import OPEN, VOID
from warehouse.models.orders import Hold, Order
from warehouse.models.packing import Parcel
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, PickStop, Wave
from warehouse.models.shipping import Carrier

WAVES_SHOWN = 12
SHORT = "short"


@dataclass(frozen=True)
class Group:
    """Confirmed orders of one carrier that are due at one time."""

    due_at: datetime
    carrier_code: str
    carrier_en: str
    carrier_zh: str
    orders: int
    singles: int
    lines: int
    units: int
    late: int

    @property
    def several(self) -> int:
        """Orders of more than one line."""
        return self.orders - self.singles

    @property
    def key(self) -> str:
        """Names the group in a form: carrier and due moment in milliseconds."""
        return f"{self.carrier_code}:{round(self.due_at.timestamp() * 1000)}"


def list_groups(session: Session, now: datetime) -> list[Group]:
    """The ones due first on top."""
    rows = session.execute(
        select(Order.due_at, Order.carrier_code, Carrier.name_en, Carrier.name_zh, func.count(),
               func.sum(case((Order.lines_count == 1, 1), else_=0)), func.sum(Order.lines_count),
               func.sum(Order.units_wanted), func.sum(case((Order.due_at < now, 1), else_=0)))
        .join(Carrier, Carrier.code == Order.carrier_code).where(Order.state == CONFIRMED)
        .group_by(Order.due_at, Order.carrier_code, Carrier.name_en, Carrier.name_zh)
        .order_by(Order.due_at, Order.carrier_code))
    return [Group(*row[:4], *map(int, row[4:])) for row in rows]


@dataclass(frozen=True)
class Ready:
    """One confirmed order."""

    id: int
    due_at: datetime
    carrier_code: str
    key: str


def list_ready(session: Session) -> list[Ready]:
    """Every confirmed order, in the order in which they are served."""
    rows = session.execute(
        select(Order.id, Order.due_at, Order.carrier_code).where(Order.state == CONFIRMED)
        .order_by(Order.due_at, Order.placed_at, Order.id))
    return [Ready(*row, key=f"{row.carrier_code}:{round(row.due_at.timestamp() * 1000)}") for row in rows]


@dataclass(frozen=True)
class RunRow:
    """One run of a wave, and how far it is."""

    id: int
    kind: str
    state: str
    person: str | None
    orders: int
    stops: int
    units_due: int
    units_taken: int


@dataclass(frozen=True)
class Waiting:
    """An order that could not go as its customer wants, held as short by this release."""

    id: int
    number: str


@dataclass(frozen=True)
class WaveRow:
    """One wave with its runs; `waiting` are the orders that its release held."""

    id: int
    due_at: datetime
    created_at: datetime
    runs: tuple[RunRow, ...]
    waiting: tuple[Waiting, ...]

    @property
    def units_due(self) -> int:
        return sum(run.units_due for run in self.runs)

    @property
    def units_taken(self) -> int:
        return sum(run.units_taken for run in self.runs)

    @property
    def orders(self) -> int:
        return sum(run.orders for run in self.runs)

    @property
    def runs_done(self) -> int:
        return sum(run.state in {picking.RUN_DONE, picking.RUN_DROPPED} for run in self.runs)


def list_waves(session: Session, ids: Sequence[int] = ()) -> list[WaveRow]:
    """The latest waves, or those named."""
    chosen = select(Wave.id, Wave.due_at, Wave.created_at).order_by(Wave.id.desc())
    waves = session.execute(chosen.where(Wave.id.in_(ids)) if ids else chosen.limit(WAVES_SHOWN)).all()
    runs = _runs(session, [wave.id for wave in waves])
    waiting = _waiting(session, [wave.created_at for wave in waves])
    return [
        WaveRow(*wave, tuple(runs.get(wave.id, ())), tuple(
            order for due_at, order in waiting.get(wave.created_at, ()) if _goes_with(due_at, wave)))
        for wave in waves
    ]


def parcel_ids(session: Session, wave_id: int) -> list[int]:
    """The parcels packed so far for a wave's orders: each has a slip."""
    orders = (
        select(PickStop.order_id).join(PickRun, PickRun.id == PickStop.run_id).where(PickRun.wave_id == wave_id))
    return list(session.execute(
        select(Parcel.id).where(Parcel.order_id.in_(orders), Parcel.state.not_in((OPEN, VOID))).order_by(Parcel.id)
    ).scalars())


def _goes_with(due_at: datetime, wave: Row[int, datetime, datetime]) -> bool:
    """A wave is for one truck; whatever was late at its release went together."""
    return due_at == wave.due_at or max(due_at, wave.due_at) < wave.created_at


def _runs(session: Session, wave_ids: list[int]) -> dict[int, list[RunRow]]:
    counts = (
        select(PickStop.run_id, func.count(PickStop.order_id.distinct()).label("orders"), func.count().label("stops"))
        .join(PickRun, PickRun.id == PickStop.run_id)
        .where(PickRun.wave_id.in_(wave_ids), PickStop.state != picking.STOP_DROPPED).group_by(PickStop.run_id)
        .subquery())
    rows = session.execute(
        select(PickRun.wave_id, PickRun.id, PickRun.kind, PickRun.state, Person.name,
               func.coalesce(counts.c.orders, 0), func.coalesce(counts.c.stops, 0), PickRun.units_due,
               PickRun.units_taken)
        .outerjoin(counts, counts.c.run_id == PickRun.id).outerjoin(Person, Person.id == PickRun.person_id)
        .where(PickRun.wave_id.in_(wave_ids)).order_by(PickRun.id))
    found: dict[int, list[RunRow]] = {}
    for wave_id, *run in rows:
        found.setdefault(wave_id, []).append(RunRow(*run))
    return found


def _waiting(session: Session, moments: list[datetime]) -> dict[datetime, list[tuple[datetime, Waiting]]]:
    """Orders that are still held as short, with their due time, by the moment of the release that held them."""
    rows = session.execute(
        select(Hold.opened_at, Order.due_at, Order.id, Order.number).join(Order, Order.id == Hold.order_id)
        .where(Order.state == HELD, Hold.reason == SHORT, Hold.lifted_at.is_(None), Hold.opened_at.in_(moments))
        .order_by(Order.due_at, Order.id))
    found: dict[datetime, list[tuple[datetime, Waiting]]] = {}
    for moment, due_at, order_id, number in rows:
        found.setdefault(moment, []).append((due_at, Waiting(order_id, number or "")))
    return found
