"""An order on the bench as it stands: its lines, totes, parcels and the rack of cartons. Writes nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from sqlalchemy import Row, String, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.domain import cartons as boxes
from warehouse.domain import packing as rules
from warehouse.domain import picking
from warehouse.domain import stock as ledger
from warehouse.domain.own_labels import make_label
from warehouse.domain.packing import Bench, PackLine
from warehouse.domain.scans import Answer
from warehouse.errors import NotFound
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.incidents import Incident
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Carton, Parcel
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, PickStop, Tote
from warehouse.models.stock import PutBack, StockBalance, StockMove
from warehouse.services import journal

TASK = "pack"
WRONG_ITEM = "packing.wrong_item"

_LAST = aliased(Scan)
# What stands on the screen: the newest scan that counted, or the wrong book that is still loud.
_LAST_ID = (
    select(func.max(_LAST.id))
    .where(_LAST.task == TASK, _LAST.task_id == Order.id, or_(_LAST.outcome == "accepted", _LAST.code == WRONG_ITEM))
    .correlate(Order).scalar_subquery()
)
_UNDECIDED = (
    select(func.count()).select_from(Incident)
    .where(Incident.order_id == Order.id, Incident.stage == TASK, Incident.outcome == "",
           Incident.kind.in_(rules.LOSSES))
    .correlate(Order).scalar_subquery()
)
_SEEN = aliased(Scan)
# A single-line run has one tote for all its orders; every other tote belongs to its order.
_SINGLE_RUNS = (
    select(PickStop.run_id).join(PickRun, PickRun.id == PickStop.run_id)
    .where(PickStop.order_id == bindparam("order_id"), PickRun.kind == picking.SINGLE)
)
# What the moves say is in a parcel, line by line: while it is open nothing else keeps count.
_IN_PARCEL = (
    select(func.sum(case((StockMove.target_id == Parcel.location_id, StockMove.units), else_=-StockMove.units)))
    .where(StockMove.order_line_id == OrderLine.id, StockMove.reason != ledger.DISPATCH,
           or_(StockMove.target_id == Parcel.location_id, StockMove.source_id == Parcel.location_id))
    .correlate(OrderLine, Parcel).scalar_subquery()
)
# Copies that nobody wants any more and that wait to be put back (ORD-7): no tote offers them, no parcel counts them.
_WAITS = select(func.sum(PutBack.units - PutBack.units_done)).where(PutBack.done_at.is_(None))
_WAITS_IN_TOTE = _WAITS.where(
    PutBack.source_id == Tote.location_id, PutBack.item_id == OrderLine.item_id
).correlate(OrderLine, Tote).scalar_subquery()
_WAITS_IN_PARCEL = _WAITS.where(
    PutBack.source_id == Parcel.location_id, PutBack.order_line_id == OrderLine.id
).correlate(OrderLine, Parcel).scalar_subquery()
_EVERY = aliased(Parcel)
# Voided parcels count too: a position is used once.
_POSITION = (
    select(func.max(_EVERY.position)).where(_EVERY.order_id == Order.id).correlate(Order).scalar_subquery()
)
_FIELD, _ROW = "\x1f", "\x1e"
_CARTON: list[Any] = [
    cast(getattr(Carton, name), String) for name in ("id", "code", "length_mm", "width_mm", "height_mm", "tare_g")]
# The whole rack as one text, so that a scan needs no SELECT of its own for it.
_RACK = select(
    func.aggregate_strings(reduce(lambda row, field: row + _FIELD + field, _CARTON), _ROW)).scalar_subquery()
# Everything a scan asks for, in one SELECT: a row for each line with each of its totes and parcels, mostly one.
# Any: more columns than the typed select has places for.
_BENCH: Any = (
    select(
        Order.id, Order.number, Order.source_number, Order.channel, Order.state, Order.due_at, Order.carrier_code,
        Order.when_short, Order.buyer_remark, Order.staff_remark, Order.gift_note, Order.must_acknowledge,
        Order.acknowledged_at, Order.packer_id, Person.name.label("packer"), _UNDECIDED.label("undecided"),
        journal.last_change(Order.released_at).label("changed"),
        _SEEN.id.label("last_id"), _SEEN.code.label("last_code"), _SEEN.item_id.label("last_item_id"),
        Scan.answer, Scan.body_hash, _POSITION.label("last_position"), _RACK.label("rack"),
        OrderLine.id.label("line_id"), OrderLine.item_id, OrderLine.units_picked, OrderLine.units_packed,
        OrderLine.units_short, Item.title, Item.subtitle, Item.authors, Item.publisher, Item.isbn13, Item.sku,
        Item.binding, Item.edition, Item.volume, Item.volumes, Item.language, Item.packing_class, Item.weight_g,
        Item.length_mm, Item.width_mm, Item.height_mm,
        select(func.count()).where(ItemCode.code == bindparam("code")).scalar_subquery().label("sharing"),
        select(func.count()).where(ItemCode.code == bindparam("code"), ItemCode.item_id == OrderLine.item_id)
        .correlate(OrderLine).scalar_subquery().label("is_match"),
        Tote.id.label("tote_id"), Tote.code.label("tote"), Tote.state.label("tote_state"),
        Tote.location_id.label("tote_location_id"), Tote.order_id.label("tote_order_id"),
        (StockBalance.on_hand - func.coalesce(_WAITS_IN_TOTE, 0)).label("on_hand"),
        Parcel.id.label("parcel_id"), Parcel.position, Parcel.state.label("parcel_state"),
        Parcel.location_id.label("parcel_location_id"), Parcel.carton_id, Parcel.weight_g.label("parcel_weight_g"),
        Parcel.expected_weight_g, _IN_PARCEL.label("units_inside"),
        _WAITS_IN_PARCEL.label("units_out"),
    )
    .outerjoin(Person, Person.id == Order.packer_id)
    .outerjoin(Scan, Scan.scan_id == bindparam("scan_id"))
    .outerjoin(_SEEN, _SEEN.id == _LAST_ID)
    .outerjoin(OrderLine, (OrderLine.order_id == Order.id) & OrderLine.is_service.is_(False)
               & OrderLine.item_id.is_not(None))
    .outerjoin(Item, Item.id == OrderLine.item_id)
    .outerjoin(Tote, or_(Tote.order_id == Order.id, Tote.run_id.in_(_SINGLE_RUNS) & Tote.order_id.is_(None)))
    .outerjoin(StockBalance, (StockBalance.location_id == Tote.location_id)
               & (StockBalance.item_id == OrderLine.item_id) & (StockBalance.on_hand > 0)
               & (StockBalance.condition == ledger.GOOD))
    .outerjoin(Parcel, (Parcel.order_id == Order.id) & (Parcel.state != rules.VOID))
    .where(Order.id == bindparam("order_id"))
    .order_by(OrderLine.position, Tote.id, Parcel.position)
)
_BENCH_LOCKED = _BENCH.with_for_update(of=Order)
_LOCK = select(Order.id).where(Order.id == bindparam("order_id")).with_for_update()


@dataclass(frozen=True)
class ToteNow:
    """A tote with units of this order, by item."""

    id: int
    code: str
    state: str
    location_id: int
    is_shared: bool
    units: dict[int, int]


@dataclass(frozen=True)
class ParcelNow:
    """A parcel with its units by order line."""

    id: int
    number: str
    position: int
    state: str
    location_id: int
    carton_id: int | None
    weight_g: int | None
    expected_weight_g: int | None
    units: dict[int, int]
    # By line, what must come out of it again.
    out: dict[int, int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state == rules.OPEN


@dataclass(frozen=True)
class PackNow:
    """An order on the bench. `rows` are the lines as the catalogue tells them, in the order of `lines`."""

    order: Row[Any]
    lines: tuple[PackLine, ...]
    rows: tuple[Row[Any], ...]
    totes: tuple[ToteNow, ...]
    parcels: tuple[ParcelNow, ...]
    cartons: tuple[boxes.Carton, ...]
    state: str
    packer_id: int | None
    packer: str
    must_read: bool
    alarm: dict[str, Any] | None = None
    last_item_id: int | None = None

    @property
    def id(self) -> int:
        return int(self.order.id)

    @property
    def bench(self) -> Bench:
        """The order as the rules see it."""
        return Bench(
            self.order.number, self.state, self.packer_id, self.packer, self.lines, self.order.undecided,
            self.must_read, sum(parcel.is_open for parcel in self.parcels),
            sum(sum(parcel.out.values()) for parcel in self.parcels),
        )

    @property
    def step_id(self) -> str:
        """What a command must have been pressed for; moves on with every unit."""
        bench = self.bench
        return f"{self.id}:{bench.step}:{bench.units_packed + bench.units_out}"

    @property
    def parcel(self) -> ParcelNow | None:
        """The parcel that books go into: the last open one."""
        return next((parcel for parcel in reversed(self.parcels) if parcel.is_open), None)

    @property
    def to_weigh(self) -> ParcelNow | None:
        """The open parcel that comes onto the scale next."""
        return next((parcel for parcel in self.parcels if parcel.is_open and parcel.units), None)

    def row_of(self, line_id: int) -> Row[Any]:
        return next(row for row in self.rows if row.line_id == line_id)

    def line(self, line_id: int) -> PackLine | None:
        return next((line for line in self.lines if line.id == line_id), None)


def lock(session: Session, order_id: int) -> None:
    """Take the order's row: what is read after it stays true until the commit."""
    session.connection().execute(_LOCK, {"order_id": order_id})


def look(session: Session, order_id: int, *, scan_id: str = "", code: str = "", lock: bool = False) -> PackNow:
    """The order, whether this scan was answered before, and what belongs to it. `lock` takes the order's row with
    it: then the order is true, but its lines, totes and parcels may be those from before a wait for that row. Who
    writes on them says what was seen, and is `Stale` where that changed."""
    found = session.connection().execute(
        _BENCH_LOCKED if lock else _BENCH, {"order_id": order_id, "scan_id": scan_id, "code": code}).all()
    if not found:
        raise NotFound("packing.no_such_order", order=order_id)
    order: Any = found[0]
    rows = tuple({row.line_id: row for row in found if row.line_id is not None}.values())
    return PackNow(
        order, tuple(_line(row) for row in rows), rows, _totes(found), _parcels(found), _rack(order.rack or ""),
        order.state, order.packer_id, order.packer or "–", order.must_acknowledge and order.acknowledged_at is None,
        _alarm(session, order.last_id) if order.answer is None and order.last_code == WRONG_ITEM else None,
        order.last_item_id if order.last_code != WRONG_ITEM else None,
    )


def _line(row: Row[Any]) -> PackLine:
    return PackLine(
        row.line_id, row.item_id, row.title, row.volumes, row.units_picked, row.units_packed, row.units_short,
        row.packing_class, row.weight_g, row.length_mm, row.width_mm, row.height_mm, bool(row.is_match),
    )


def _totes(found: Sequence[Row[Any]]) -> tuple[ToteNow, ...]:
    totes: dict[int, ToteNow] = {}
    for row in found:
        if row.tote_id is not None:
            tote = totes.setdefault(row.tote_id, ToteNow(
                row.tote_id, row.tote, row.tote_state, row.tote_location_id, row.tote_order_id is None, {}))
            if row.on_hand:
                tote.units[row.item_id] = row.on_hand
    return tuple(sorted(totes.values(), key=lambda tote: tote.id))


def _parcels(found: Sequence[Row[Any]]) -> tuple[ParcelNow, ...]:
    parcels: dict[int, ParcelNow] = {}
    for row in found:
        if row.parcel_id is not None:
            parcel = parcels.setdefault(row.parcel_id, ParcelNow(
                row.parcel_id, make_label("parcel", row.parcel_id), row.position, row.parcel_state,
                row.parcel_location_id, row.carton_id, row.parcel_weight_g, row.expected_weight_g, {}))
            if (row.units_inside or 0) > (row.units_out or 0):
                parcel.units[row.line_id] = row.units_inside - (row.units_out or 0)
            if row.units_out and parcel.is_open:
                parcel.out[row.line_id] = row.units_out
    return tuple(sorted(parcels.values(), key=lambda parcel: parcel.position))


def _rack(text: str) -> tuple[boxes.Carton, ...]:
    """The cartons out of their text, the oldest first."""
    found = []
    for row in filter(None, text.split(_ROW)):
        number, code, length, width, height, tare = row.split(_FIELD)
        found.append(boxes.Carton(code, int(length), int(width), int(height), int(tare), int(number)))
    return tuple(sorted(found, key=lambda carton: carton.id))


def _alarm(session: Session, scan_row_id: int) -> dict[str, Any] | None:
    """The alarm that a wrong book raised, as it was shown: it stays over a reload and over other wrong scans."""
    answer = session.execute(select(Scan.answer).where(Scan.id == scan_row_id)).scalar_one()
    alarm: dict[str, Any] | None = json.loads(answer)["task"].get("alarm")
    return alarm


def undecided(session: Session, order_id: int) -> list[Incident]:
    """Units lost at the bench about which nobody has decided yet."""
    return list(session.execute(
        select(Incident).where(
            Incident.order_id == order_id, Incident.stage == TASK, Incident.outcome == "",
            Incident.kind.in_(rules.LOSSES))
        .order_by(Incident.id)).scalars())


def contents(now: PackNow, parcel: ParcelNow | None) -> list[boxes.Content]:
    """What a parcel will hold when everything still open goes into it too; of one that is not the last, only
    what is in it."""
    takes_more = parcel is None or (now.parcel is not None and parcel.id == now.parcel.id)
    found = []
    for line in now.lines:
        units = (parcel.units.get(line.id, 0) if parcel else 0) + (line.units_left if takes_more else 0)
        if units:
            found.append(boxes.Content(units, (line.length_mm, line.width_mm, line.height_mm)))
    return found


def box_for(now: PackNow, parcel: ParcelNow | None) -> boxes.Choice | None:
    """The carton chosen by hand, else the one that the rule chooses."""
    if parcel is not None and parcel.carton_id is not None:
        carton = next(each for each in now.cartons if each.id == parcel.carton_id)
        return boxes.describe(contents(now, parcel), carton)
    return boxes.choose_carton(contents(now, parcel), now.cartons)


def expected_g(now: PackNow, parcel: ParcelNow | None) -> int | None:
    """Grams that the scale should show for a parcel when it is closed."""
    box = box_for(now, parcel)
    takes_more = parcel is None or (now.parcel is not None and parcel.id == now.parcel.id)
    units = [
        ((parcel.units.get(line.id, 0) if parcel else 0) + (line.units_left if takes_more else 0), line.weight_g)
        for line in now.lines]
    return rules.expected_weight_g([each for each in units if each[0]], box.carton.tare_g if box else None)


def answer_to(session: Session, order_id: int, scan_id: str) -> Answer | None:
    """What one scan of this order was answered, for the page that shows it."""
    answer = session.execute(
        select(Scan.answer).where(Scan.scan_id == scan_id, Scan.task == TASK, Scan.task_id == order_id)).scalar()
    return Answer(**json.loads(answer)) if answer else None
