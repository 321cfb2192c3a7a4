"""The floor as it is now, for whoever leads it. A constant number of statements, each held to open or to recent rows
by an index, so that years of orders do not slow it down.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, case, func, select, type_coerce
from sqlalchemy.orm import Session

from warehouse.domain import picking
from warehouse.domain.incidents import OPEN
from warehouse.domain.orders import BEFORE_DISPATCH, CALLED_OFF, DISPATCHED, HELD, PACKED, PACKING, PICKED
from warehouse.domain.scans import ACCEPTED
from warehouse.models.incidents import Incident
from warehouse.models.journal import Scan
from warehouse.models.orders import Hold, Order
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, PickStop, Wave
from warehouse.models.stock import Location

HOUR_MS = 3_600_000
WAVES_SHOWN = 7
LATE_SHOWN = 4
SOON = timedelta(minutes=60)
# Under this a rate says more about chance than about the person.
LEAST_RATED = timedelta(minutes=15)
_LEFT = (DISPATCHED, "delivered", "returned")


@dataclass(frozen=True)
class Waiting:
    """Open orders of one state, truck and carrier."""

    state: str
    due_at: datetime
    carrier_code: str
    orders: int
    lines: int


@dataclass(frozen=True)
class LateOrder:
    """An order that is late or soon will be."""

    id: int
    number: str
    state: str
    due_at: datetime
    carrier_code: str


@dataclass(frozen=True)
class WaveNow:
    """A wave's orders by how far they are. `left_at`: when the last one left, where all have."""

    id: int
    due_at: datetime
    orders: int
    shipped: int
    packed: int
    picked: int
    left_at: datetime | None

    @property
    def is_done(self) -> bool:
        return self.orders == self.shipped


@dataclass(frozen=True)
class Worker:
    """A person with an open run or a scan today. `lines_per_hour` from their first line to their last, or None."""

    id: int
    name: str
    run_id: int | None
    place: str
    last_scan_at: datetime | None
    last_task: str
    lines: int
    lines_per_hour: int | None


@dataclass(frozen=True)
class Count:
    """How many there are of one kind."""

    kind: str
    n: int


@dataclass(frozen=True)
class Board:
    """Everything on the board, at one moment."""

    at: datetime
    waiting: list[Waiting]
    late: list[LateOrder]
    waves: list[WaveNow]
    workers: list[Worker]
    hours: dict[int, int]
    lines_last_hour: int
    caught_at_packing: int
    dispatched_today: int
    on_time_today: int
    short_today: int
    incidents: list[Count]
    holds: list[Count]

    @property
    def states(self) -> dict[str, int]:
        """Open orders by state, in the order of their life."""
        found = dict.fromkeys(BEFORE_DISPATCH, 0)
        for each in self.waiting:
            found[each.state] += each.orders
        return found

    @property
    def late_count(self) -> int:
        return sum(each.orders for each in self.waiting if each.due_at < self.at)

    @property
    def soon_count(self) -> int:
        return sum(each.orders for each in self.waiting if self.at <= each.due_at <= self.at + SOON)

    @property
    def next_truck(self) -> datetime | None:
        """When the next truck leaves for which an order is still in the house."""
        return min((each.due_at for each in self.waiting if each.due_at >= self.at), default=None)

    @property
    def lines_left(self) -> dict[str, int]:
        """Lines that must still be picked, packed and shipped before the next truck, late ones included."""
        left = {"pick": 0, "pack": 0, "ship": 0}
        truck = self.next_truck
        for each in self.waiting:
            if truck is None or each.due_at <= truck:
                step = "ship" if each.state == PACKED else "pack" if each.state in {PICKED, PACKING} else "pick"
                left[step] += each.lines
        return left

    @property
    def picked_about(self) -> datetime | None:
        """When the last line for the next truck is picked, if the last hour's pace holds; None without a pace."""
        if not self.lines_last_hour or not self.lines_left["pick"]:
            return None
        return self.at + timedelta(hours=self.lines_left["pick"] / self.lines_last_hour)

    @property
    def decisions(self) -> int:
        return sum(each.n for each in (*self.incidents, *self.holds))


def look(session: Session, now: datetime, midnight: datetime) -> Board:
    """The board at `now`; `midnight` began the shop's local day."""
    people, lines = _people(session), _lines_today(session, midnight)
    scans = _scans_today(session, [person[0] for person in people], midnight)
    dispatched, on_time = _dispatched(session, midnight)
    hours: dict[int, int] = defaultdict(int)
    for by_hour in lines.values():
        for hour, (n, _, _) in by_hour.items():
            hours[hour] += n
    return Board(
        at=now, waiting=_waiting(session), late=_late(session, now), waves=_waves(session),
        workers=_workers(people, scans, lines), hours=dict(hours), lines_last_hour=_last_hour(session, now),
        caught_at_packing=sum(row[3] for row in scans.values()), dispatched_today=dispatched, on_time_today=on_time,
        short_today=_short_today(session, midnight), incidents=_incidents(session), holds=_holds(session))


def _waiting(session: Session) -> list[Waiting]:
    rows = session.execute(
        select(Order.state, Order.due_at, Order.carrier_code, func.count(), func.sum(Order.lines_count))
        .where(Order.state.in_(BEFORE_DISPATCH)).group_by(Order.state, Order.due_at, Order.carrier_code))
    return [Waiting(*row[:4], int(row[4])) for row in rows]


def _late(session: Session, now: datetime) -> list[LateOrder]:
    rows = session.execute(
        select(Order.id, Order.number, Order.state, Order.due_at, Order.carrier_code)
        .where(Order.state.in_(BEFORE_DISPATCH), Order.due_at <= now + SOON)
        .order_by(Order.due_at, Order.id).limit(LATE_SHOWN))
    return [LateOrder(row[0], row[1] or "", *row[2:]) for row in rows]


def _waves(session: Session) -> list[WaveNow]:
    """The latest waves, the truck that leaves first on top."""
    latest = {row.id: row.due_at for row in session.execute(
        select(Wave.id, Wave.due_at).order_by(Wave.id.desc()).limit(WAVES_SHOWN))}
    orders = (
        select(PickRun.wave_id, PickStop.order_id).distinct().join(PickStop, PickStop.run_id == PickRun.id)
        .where(PickRun.wave_id.in_(latest)).subquery())

    def have(*states: str) -> ColumnElement[int]:
        return func.sum(case((Order.state.in_(states), 1), else_=0))

    rows = session.execute(
        select(orders.c.wave_id, func.count(), have(*_LEFT), have(PACKED), have(PICKED, PACKING),
               func.max(Order.dispatched_at))
        .join(Order, Order.id == orders.c.order_id).where(Order.state != CALLED_OFF).group_by(orders.c.wave_id))
    found = []
    for wave_id, n, shipped, packed, picked, last in rows:
        left_at = last if n == shipped else None
        found.append(WaveNow(wave_id, latest[wave_id], n, int(shipped), int(packed), int(picked), left_at))
    return sorted(found, key=lambda wave: (wave.due_at, wave.id))


def _people(session: Session) -> Sequence[tuple[int, str, int | None, str | None]]:
    """Everybody who works here, with the run that they are on."""
    open_run = (
        select(PickRun.person_id, func.max(PickRun.id).label("id"))
        .where(PickRun.state.in_((picking.BINDING, picking.STARTED))).group_by(PickRun.person_id).subquery())
    rows = session.execute(
        select(Person.id, Person.name, open_run.c.id, Location.code)
        .outerjoin(open_run, open_run.c.person_id == Person.id).outerjoin(PickRun, PickRun.id == open_run.c.id)
        .outerjoin(Location, Location.id == PickRun.at_location_id).where(Person.is_active).order_by(Person.name))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _scans_today(
    session: Session, people: list[int], midnight: datetime
) -> dict[int, tuple[int, datetime, str, int]]:
    """(last row, when, its task, wrong books caught at packing) by person."""
    wrong = func.sum(case((Scan.code == "packing.wrong_item", 1), else_=0))
    today = (
        select(Scan.person_id, func.max(Scan.id).label("last"), wrong.label("wrong"))
        .where(Scan.person_id.in_(people), Scan.at >= midnight).group_by(Scan.person_id).subquery())
    rows = session.execute(
        select(today.c.person_id, today.c.last, Scan.at, Scan.task, today.c.wrong).join(Scan, Scan.id == today.c.last))
    return {row[0]: (row[1], row[2], row[3], int(row[4])) for row in rows}


def _lines_today(
    session: Session, midnight: datetime
) -> dict[int, dict[int, tuple[int, datetime, datetime]]]:
    """Lines picked today by person and local hour, with the first and the last moment. A stop is one line, however
    many copies it has, counted in the hour of its last copy."""
    start = round(midnight.timestamp() * 1000)
    stops = (
        select(Scan.person_id, Scan.stop_id, func.max(Scan.at).label("at"))
        .where(Scan.person_id.in_(select(Person.id).where(Person.is_active)), Scan.at >= midnight,
               Scan.task == "pick", Scan.outcome == ACCEPTED, Scan.units > 0, Scan.undoes_id.is_(None))
        .group_by(Scan.person_id, Scan.stop_id).subquery())
    hour = (type_coerce(stops.c.at, BigInteger) - start) // HOUR_MS
    rows = session.execute(
        select(stops.c.person_id, hour, func.count(), func.min(stops.c.at), func.max(stops.c.at))
        .group_by(stops.c.person_id, hour))
    found: dict[int, dict[int, tuple[int, datetime, datetime]]] = defaultdict(dict)
    for person_id, at_hour, n, first, last in rows:
        found[person_id][int(at_hour)] = (n, first, last)
    return found


def _last_hour(session: Session, now: datetime) -> int:
    return session.execute(
        select(func.count(Scan.stop_id.distinct()))
        .where(Scan.person_id.in_(select(Person.id).where(Person.is_active)), Scan.at >= now - timedelta(hours=1),
               Scan.task == "pick", Scan.outcome == ACCEPTED, Scan.units > 0, Scan.undoes_id.is_(None))).scalar_one()


def _workers(
    people: Sequence[tuple[int, str, int | None, str | None]],
    scans: dict[int, tuple[int, datetime, str, int]], lines: dict[int, dict[int, tuple[int, datetime, datetime]]],
) -> list[Worker]:
    found = []
    for person_id, name, run_id, place in people:
        last = scans.get(person_id)
        if run_id is None and last is None:
            continue
        own = lines.get(person_id, {}).values()
        total = sum(n for n, _, _ in own)
        span = max(last for *_, last in own) - min(first for _, first, _ in own) if own else timedelta()
        rate = round(total / (span / timedelta(hours=1))) if span >= LEAST_RATED else None
        found.append(Worker(person_id, name, run_id, place or "", last[1] if last else None, last[2] if last else "",
                            total, rate))
    return sorted(found, key=lambda one: (one.run_id is None, -(scans[one.id][0] if one.id in scans else 0)))


def _dispatched(session: Session, midnight: datetime) -> tuple[int, int]:
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(case((Order.dispatched_at <= Order.due_at, 1), else_=0)), 0))
        .where(Order.dispatched_at >= midnight)).one()
    return row[0], int(row[1])


def _short_today(session: Session, midnight: datetime) -> int:
    return session.execute(
        select(func.count()).where(Incident.state.in_((OPEN, "settled")), Incident.at >= midnight,
                                   Incident.kind == "short")).scalar_one()


def _incidents(session: Session) -> list[Count]:
    rows = session.execute(
        select(Incident.kind, func.count()).where(Incident.state == OPEN).group_by(Incident.kind)
        .order_by(func.count().desc(), Incident.kind))
    return [Count(*row) for row in rows]


def _holds(session: Session) -> list[Count]:
    rows = session.execute(
        select(Hold.reason, func.count(Order.id.distinct())).join(Order, Order.id == Hold.order_id)
        .where(Order.state == HELD, Hold.lifted_at.is_(None)).group_by(Hold.reason)
        .order_by(func.count(Order.id.distinct()).desc(), Hold.reason))
    return [Count(*row) for row in rows]
