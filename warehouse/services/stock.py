"""The ledger's one writer: moves, balances, reservations (STK-1). Nothing else touches these three tables.

Every change of a balance is one conditional UPDATE whose row count is checked; the CHECKs of the table are
the second wall. Callers that change several balances do so in sorted order, so that no two of them deadlock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import CursorResult, bindparam, delete, insert, select, text, update
from sqlalchemy.orm import Session

from warehouse.domain import stock as rules
from warehouse.domain.people import Actor
from warehouse.errors import NotEnoughStock
from warehouse.models.stock import Location, Reservation, StockBalance, StockMove

BALANCE = StockBalance.__table__
MOVE = StockMove.__table__
RESERVATION = Reservation.__table__

_AT_PLACE = (
    (BALANCE.c.item_id == bindparam("item"))
    & (BALANCE.c.location_id == bindparam("place"))
    & (BALANCE.c.condition == bindparam("state"))
)
# What is taken from a place: never what is reserved for another, unless the mover holds that reservation.
_TAKE_FREE = (
    update(BALANCE)
    .where(_AT_PLACE, BALANCE.c.on_hand - BALANCE.c.reserved >= bindparam("n"))
    .values(on_hand=BALANCE.c.on_hand - bindparam("n"), moves=BALANCE.c.moves + 1)
)
_TAKE_RESERVED = (
    update(BALANCE)
    .where(_AT_PLACE, BALANCE.c.on_hand >= bindparam("n"), BALANCE.c.reserved >= bindparam("n"))
    .values(on_hand=BALANCE.c.on_hand - bindparam("n"), reserved=BALANCE.c.reserved - bindparam("n"),
            moves=BALANCE.c.moves + 1)
)
# A single one tells what it leaves, at no statement more; of many the library would send one after the other.
_TAKE_FREE_ONE = _TAKE_FREE.returning(BALANCE.c.on_hand)
_TAKE_RESERVED_ONE = _TAKE_RESERVED.returning(BALANCE.c.on_hand)
_RESERVE = (
    update(BALANCE)
    .where(_AT_PLACE, BALANCE.c.on_hand - BALANCE.c.reserved >= bindparam("n"))
    .values(reserved=BALANCE.c.reserved + bindparam("n"))
)
_FREE = (
    update(BALANCE)
    .where(_AT_PLACE, BALANCE.c.reserved >= bindparam("n"))
    .values(reserved=BALANCE.c.reserved - bindparam("n"))
)
# The same words on SQLite and PostgreSQL.
_PUT = text(
    "INSERT INTO stock_balance (item_id, location_id, condition, on_hand, reserved, moves)"
    " VALUES (:item, :place, :state, :n, 0, 1)"
    " ON CONFLICT (item_id, location_id, condition) DO UPDATE"
    " SET on_hand = stock_balance.on_hand + excluded.on_hand, moves = stock_balance.moves + 1"
)
# Holds the row until the commit, also where there was none: on PostgreSQL no move can come between.
_HOLD = text(
    "INSERT INTO stock_balance (item_id, location_id, condition, on_hand, reserved, moves)"
    " VALUES (:item, :place, 'good', 0, 0, 0)"
    " ON CONFLICT (item_id, location_id, condition) DO UPDATE SET on_hand = stock_balance.on_hand"
)
# What is in somebody's hands is in the books of the place still, but nobody who looks there sees it.
_STANDING = text(
    "SELECT COALESCE(SUM(on_hand), 0)"
    " - (SELECT COALESCE(SUM(units), 0) FROM carry WHERE item_id = :item AND source_id = :place),"
    " COALESCE(SUM(reserved), 0), COALESCE(SUM(moves), 0),"
    " COALESCE(SUM(CASE WHEN condition = 'damaged' THEN on_hand END), 0),"
    " (SELECT COALESCE(MAX(id), 0) FROM stock_move)"
    " FROM stock_balance WHERE item_id = :item AND location_id = :place"
)
_SHRINK = update(RESERVATION).where(
    RESERVATION.c.id == bindparam("reservation"), RESERVATION.c.units > bindparam("n")
).values(units=RESERVATION.c.units - bindparam("n"))
_MOVE = insert(MOVE)
_DROP = delete(RESERVATION).where(RESERVATION.c.id == bindparam("reservation"))


@dataclass(frozen=True)
class Place:
    """A location as a move needs it."""

    id: int
    kind: str

    @property
    def is_inside(self) -> bool:
        return self.kind in rules.INSIDE


@dataclass(frozen=True)
class Cause:
    """Why units move: the reason, and the scan and order line behind it where there are such."""

    reason: str
    scan_id: int | None = None
    order_line_id: int | None = None
    count_result_id: int | None = None


def fixed_place(session: Session, code: str) -> Place:
    """One of the places that every warehouse has once: CUSTOMER, LOST-FOUND, QUARANTINE …"""
    row = session.execute(select(Location.id, Location.kind).where(Location.code == code)).one()
    return Place(row.id, row.kind)


def move(
    session: Session, actor: Actor, item_id: int, units: int, *, source: Place, target: Place, cause: Cause,
    condition: str = rules.GOOD, target_condition: str | None = None,
    reservation: tuple[int, int] | None = None,
) -> int | None:
    """Move units and both balances. `reservation` is (id, units open on it): then the units come out of what
    is reserved, and the reservation shrinks with them. Refuses what the source does not have free. Units that it
    leaves at the source in this condition; None of a place outside."""
    assert source.is_inside == target.is_inside or cause.reason in rules.CROSSING, cause.reason
    execute = session.connection().execute
    where = {"item": item_id, "place": source.id, "state": condition, "n": units}
    left: int | None = None
    if source.is_inside:
        left = execute(_TAKE_RESERVED_ONE if reservation else _TAKE_FREE_ONE, where).scalar()
        if left is None:
            raise NotEnoughStock(item_id=item_id, location_id=source.id, wanted=units)
    if reservation:
        _use_reservation(session, reservation, units)
    target_condition = target_condition or condition
    if target.is_inside:
        execute(_PUT, {"item": item_id, "place": target.id, "state": target_condition, "n": units})
    execute(_MOVE, {
        "at": actor.at, "item_id": item_id, "units": units, "source_id": source.id, "target_id": target.id,
        "condition": condition, "target_condition": target_condition, "reason": cause.reason,
        "person_id": actor.person_id, "device_id": actor.device_id, "scan_id": cause.scan_id,
        "order_line_id": cause.order_line_id, "count_result_id": cause.count_result_id,
    })
    return left


@dataclass(frozen=True)
class Opening:
    """Units that were on a shelf before the first move was ever written here."""

    item_id: int
    location_id: int
    condition: str
    units: int


def open_balances(session: Session, actor: Actor, openings: Sequence[Opening]) -> None:
    """The first units of many shelves at once, from the supplier. Only for places inside."""
    source = fixed_place(session, "SUPPLIER")
    if openings:
        session.execute(_PUT, [
            {"item": one.item_id, "place": one.location_id, "state": one.condition, "n": one.units}
            for one in sorted(openings, key=lambda one: (one.item_id, one.location_id, one.condition))
        ])
        session.execute(insert(MOVE), [
            {"at": actor.at, "item_id": one.item_id, "units": one.units, "source_id": source.id,
             "target_id": one.location_id, "condition": one.condition, "target_condition": one.condition,
             "reason": rules.OPENING, "person_id": actor.person_id, "device_id": actor.device_id}
            for one in openings
        ])


@dataclass(frozen=True)
class Load:
    """Units of one item that move with others."""

    item_id: int
    units: int
    order_line_id: int | None = None


def move_out(
    session: Session, actor: Actor, loads: Sequence[Load], *, source: Place, target: Place, cause: Cause,
) -> None:
    """Move several good units from one inside place to an outside one, in one round of statements. All or
    nothing: refuses the lot where the place has less of one item."""
    assert source.is_inside
    assert not target.is_inside
    assert cause.reason in rules.CROSSING, cause.reason
    ordered = sorted(loads, key=lambda load: load.item_id)
    for load in ordered:
        if load.units <= 0:
            raise NotEnoughStock(item_id=load.item_id, location_id=source.id, wanted=load.units)
    taken = session.execute(_TAKE_FREE, [
        {"item": load.item_id, "place": source.id, "state": rules.GOOD, "n": load.units} for load in ordered])
    assert isinstance(taken, CursorResult)
    if taken.rowcount != len(ordered):
        wanted = sum(each.units for each in ordered)
        raise NotEnoughStock(item_id=ordered[0].item_id, location_id=source.id, wanted=wanted)
    session.execute(insert(MOVE), [{
        "at": actor.at, "item_id": load.item_id, "units": load.units, "source_id": source.id, "target_id": target.id,
        "condition": rules.GOOD, "target_condition": rules.GOOD, "reason": cause.reason,
        "person_id": actor.person_id, "device_id": actor.device_id, "scan_id": cause.scan_id,
        "order_line_id": load.order_line_id,
    } for load in ordered])


@dataclass(frozen=True)
class Correction:
    """What a count found of an item at a place: units more (from lost-and-found) or, negative, fewer (to it)."""

    item_id: int
    location_id: int
    condition: str
    units: int
    count_result_id: int


def correct_all(session: Session, actor: Actor, corrections: Sequence[Correction]) -> None:
    """Post what counts found, in a few rounds of statements however many they are. All or nothing: refuses the lot
    where one place has not free what it shall lose."""
    outside = fixed_place(session, "LOST-FOUND").id
    ordered = sorted(corrections, key=lambda each: (each.item_id, each.location_id, each.condition))
    rows = [{"item": each.item_id, "place": each.location_id, "state": each.condition, "n": abs(each.units)}
            for each in ordered]
    lost = [row for row, each in zip(rows, ordered, strict=True) if each.units < 0]
    found = [row for row, each in zip(rows, ordered, strict=True) if each.units > 0]
    if lost:
        taken = session.execute(_TAKE_FREE, lost)
        assert isinstance(taken, CursorResult)
        if taken.rowcount != len(lost):
            first = next(each for each in ordered if each.units < 0)
            raise NotEnoughStock(item_id=first.item_id, location_id=first.location_id, wanted=-first.units)
    if found:
        session.execute(_PUT, found)
    if ordered:
        session.execute(insert(MOVE), [{
            "at": actor.at, "item_id": each.item_id, "units": abs(each.units),
            "source_id": outside if each.units > 0 else each.location_id,
            "target_id": each.location_id if each.units > 0 else outside,
            "condition": each.condition, "target_condition": each.condition, "reason": rules.COUNT,
            "person_id": actor.person_id, "device_id": actor.device_id, "count_result_id": each.count_result_id,
        } for each in ordered if each.units])


def reserve(session: Session, *, order_line_id: int, item_id: int, location_id: int, units: int) -> int:
    """Hold units of a shelf for one order line; the id of the reservation. Refuses what is not free there."""
    where = {"item": item_id, "place": location_id, "state": rules.GOOD, "n": units}
    _one_row(session.execute(_RESERVE, where), item_id, location_id, units)
    made = session.execute(insert(RESERVATION).returning(RESERVATION.c.id), {
        "order_line_id": order_line_id, "item_id": item_id, "location_id": location_id, "units": units,
    })
    return int(made.scalar_one())


@dataclass(frozen=True)
class Wish:
    """One reservation to be made."""

    order_line_id: int
    item_id: int
    location_id: int
    units: int


def reserve_all(session: Session, wishes: Sequence[Wish]) -> list[int]:
    """Many reservations at once, in one round of statements; ids in the order of `wishes`. All or nothing:
    refuses the lot where one shelf has less free than wanted (somebody else was faster: allocate anew)."""
    totals: dict[tuple[int, int], int] = {}
    for wish in wishes:
        place = wish.item_id, wish.location_id
        totals[place] = totals.get(place, 0) + wish.units
    for (item_id, location_id), units in sorted(totals.items()):
        where = {"item": item_id, "place": location_id, "state": rules.GOOD, "n": units}
        _one_row(session.execute(_RESERVE, where), item_id, location_id, units)
    if not wishes:
        return []
    made = session.execute(
        insert(RESERVATION).returning(RESERVATION.c.id, sort_by_parameter_order=True), [vars(wish) for wish in wishes]
    )
    return list(made.scalars())


def restore_reservation(
    session: Session, reservation_id: int | None, *, order_line_id: int, item_id: int, location_id: int, units: int
) -> int:
    """The reservation that an undone pick gives back: onto the stop's own one while it is open, else a new one.
    Never onto another stop's of the same line and shelf: each stop uses up its own."""
    if reservation_id is None:
        return reserve(session, order_line_id=order_line_id, item_id=item_id, location_id=location_id, units=units)
    where = {"item": item_id, "place": location_id, "state": rules.GOOD, "n": units}
    _one_row(session.execute(_RESERVE, where), item_id, location_id, units)
    session.execute(update(RESERVATION).where(RESERVATION.c.id == reservation_id)
                    .values(units=RESERVATION.c.units + units))
    return reservation_id


def free_reservation(session: Session, reservation_id: int, units: int | None = None) -> None:
    """Let go of a reservation, or of some units of it; the shelf's units are free again. A gone one is no fault."""
    row = session.execute(
        select(RESERVATION.c.item_id, RESERVATION.c.location_id, RESERVATION.c.units)
        .where(RESERVATION.c.id == reservation_id).with_for_update()
    ).one_or_none()
    if row is None:
        return
    units = row.units if units is None else units
    _use_reservation(session, (reservation_id, row.units), units)
    where = {"item": row.item_id, "place": row.location_id, "state": rules.GOOD, "n": units}
    _one_row(session.execute(_FREE, where), row.item_id, row.location_id, units)


def free_units(session: Session, item_id: int, location_id: int) -> int:
    """Good units of an item on a shelf that nobody has reserved."""
    found = session.execute(
        select(BALANCE.c.on_hand - BALANCE.c.reserved).where(
            BALANCE.c.item_id == item_id, BALANCE.c.location_id == location_id, BALANCE.c.condition == rules.GOOD
        )
    ).scalar()
    return found or 0


@dataclass(frozen=True)
class Standing:
    """What lies at one place of one item by the books, all conditions together: `on_hand` is without what movers have
    in their hands. `moves` changes with every move in or out; `last_move_id` is no later than the newest move in the
    books and no earlier than the newest one here."""

    on_hand: int
    reserved: int
    moves: int
    damaged: int
    last_move_id: int


def hold_still(session: Session, item_id: int, location_id: int) -> Standing:
    """Look at an item at a place inside and let nobody move it there until this use case commits (STK-3)."""
    where = {"item": item_id, "place": location_id}
    execute = session.connection().execute
    execute(_HOLD, where)
    return Standing(*map(int, execute(_STANDING, where).one()))


def _use_reservation(session: Session, reservation: tuple[int, int], units: int) -> None:
    reservation_id, open_units = reservation
    if units == open_units:
        used = session.connection().execute(_DROP, {"reservation": reservation_id})
    else:
        used = session.connection().execute(_SHRINK, {"reservation": reservation_id, "n": units})
    assert used.rowcount == 1, f"reservation {reservation_id} is not what its stop says"


def _one_row(result: object, item_id: int, location_id: int, units: int) -> None:
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise NotEnoughStock(item_id=item_id, location_id=location_id, wanted=units)
