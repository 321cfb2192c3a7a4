"""The shelves of a warehouse and what lay on them on the first day, as files tell it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import stock as rules
from warehouse.domain.barcodes import read
from warehouse.domain.catalog import RowProblem
from warehouse.domain.layout import HomeRecord, LocationRecord, StockRecord, location_parts, walking_key
from warehouse.domain.people import Actor
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.stock import Location, StockMove
from warehouse.services import stock
from warehouse.services.catalog import Merged
from warehouse.services.stock import Opening

LOCATION = Location.__table__
MOVE = StockMove.__table__
STEP = 10

_PLACE_FIELDS = ("aisle", "bay", "shelf", "zone", "x_mm", "y_mm", "max_units", "is_reserve")
_CHANGE = (
    update(LOCATION).where(LOCATION.c.id == bindparam("place"))
    .values({name: bindparam(f"new_{name}") for name in (*_PLACE_FIELDS, "kind", "sequence")})
)
_RANK = update(LOCATION).where(LOCATION.c.id == bindparam("place")).values(sequence=bindparam("rank"))


# --- Layout ----------------------------------------------------------------------------------------------------------


def merge_layout(session: Session, records: Sequence[LocationRecord]) -> Merged:
    """Create places that are new and bring up to date those that differ. Where the file says no walking order,
    shelves are walked in order of their names. Refused rows: names of totes, parcels and fixed places."""
    merged = Merged()
    present = {row.code: row for row in session.execute(select(LOCATION))}
    made, changed = [], []
    for record in records:
        told = _told(record)
        row = present.get(record.code)
        if row is None:
            made.append({"code": record.code, **told, "sequence": record.sequence or 0,
                         "is_reserve": bool(record.is_reserve)})
        elif row.kind not in (rules.SHELF, rules.STAGING) and row.kind != told["kind"]:
            facts = {"location": record.code, "kind": row.kind}
            merged.problems.append(RowProblem(record.row, "location_has_other_use", facts))
        elif news := _news(row, record, told):
            changed.append({"place": row.id, **{f"new_{name}": getattr(row, name) for name in (*told, "sequence")},
                            **{f"new_{name}": said for name, said in news.items()}})
        else:
            merged.unchanged += 1
    in_order = _is_in_walking_order(present.values())
    if made:
        session.execute(insert(LOCATION), made)
    if changed:
        session.execute(_CHANGE, changed)
    merged.created, merged.updated = len(made), len(changed)
    if in_order and all(record.sequence is None for record in records):
        _put_in_walking_order(session)
    return merged


def _told(record: LocationRecord) -> dict[str, Any]:
    """The row's columns. Benches and receiving doors are places of passage: staging to the ledger."""
    kind = record.kind if record.kind in rules.INSIDE else rules.STAGING
    return {"kind": kind, **{name: getattr(record, name) for name in _PLACE_FIELDS}}


def _news(row: Any, record: LocationRecord, told: dict[str, Any]) -> dict[str, Any]:
    told = told if record.sequence is None else {**told, "sequence": record.sequence}
    return {name: said for name, said in told.items() if said not in ("", None) and said != getattr(row, name)}


def _is_in_walking_order(rows: Iterable[Any]) -> bool:
    """Whether the walk follows the names so far: then new shelves can be put between the old ones."""
    shelves = [row for row in rows if row.kind == rules.SHELF]
    walked = sorted(shelves, key=lambda row: (row.sequence, walking_key(row.code)))
    return walked == sorted(shelves, key=lambda row: walking_key(row.code))


def _put_in_walking_order(session: Session) -> None:
    rows = session.execute(
        select(LOCATION.c.id, LOCATION.c.code, LOCATION.c.sequence).where(LOCATION.c.kind == rules.SHELF)
    )
    walked = sorted(rows, key=lambda row: walking_key(row.code))
    moved = [{"place": row.id, "rank": rank} for rank, row in enumerate(walked, start=1) if row.sequence != rank * STEP]
    if moved:
        session.execute(_RANK, [{**one, "rank": one["rank"] * STEP} for one in moved])


# --- Opening stock ---------------------------------------------------------------------------------------------------


def has_shelves(session: Session) -> bool:
    """Whether this warehouse has any shelf yet."""
    return session.execute(select(LOCATION.c.id).where(LOCATION.c.kind == rules.SHELF).limit(1)).first() is not None


def shelves_named_by(records: Iterable[StockRecord]) -> list[LocationRecord]:
    """The layout that a stock file implies, for a warehouse that has none yet."""
    first = {record.location: record.row for record in reversed(list(records))}
    named = []
    for code, row in first.items():
        aisle, bay, shelf = location_parts(code)
        named.append(LocationRecord(row, code, rules.SHELF, aisle=aisle, bay=bay, shelf=shelf))
    return named


def first_of_each_place(records: Iterable[StockRecord]) -> tuple[list[StockRecord], list[RowProblem]]:
    """One row for each item, place and condition; another one is a problem, because nobody can tell whether it
    repeats the first or adds to it."""
    first: dict[tuple[str, str | None, str | None, str], StockRecord] = {}
    problems = []
    for record in records:
        earlier = first.setdefault((record.location, record.sku, record.isbn13, record.condition), record)
        if earlier is not record:
            facts = {"item": record.sku or record.isbn13, "location": record.location, "first_row": earlier.row}
            problems.append(RowProblem(record.row, "repeated_stock_row", facts))
    return list(first.values()), problems


def open_stock(session: Session, actor: Actor, records: Sequence[StockRecord]) -> Merged:
    """Put the first units of an item in a condition onto a shelf, once. The same again changes nothing; another
    number is refused, because since then units have moved: such a shelf is counted."""
    merged, openings = Merged(), list[Opening]()
    judged = _Opened(session, records)
    for record in records:
        opening = judged.judge(record)
        if isinstance(opening, RowProblem):
            merged.problems.append(opening)
        elif opening is None:
            merged.unchanged += 1
        else:
            openings.append(opening)
            merged.created += 1
    stock.open_balances(session, actor, openings)
    return merged


class _Opened:
    """What a chunk of stock rows must be judged by, fetched in one go: items, shelves, what was opened before."""

    def __init__(self, session: Session, records: Sequence[StockRecord]) -> None:
        self._places = {
            row.code: row for row in session.execute(
                select(LOCATION.c.id, LOCATION.c.code, LOCATION.c.kind)
                .where(LOCATION.c.code.in_({record.location for record in records}))
            )
        }
        self._items = ItemsNamed(session, records)
        self._opened = self._opened_before(session)
        self._before = set(self._opened)

    def _opened_before(self, session: Session) -> dict[tuple[int, int, str], int]:
        rows = session.execute(
            select(MOVE.c.item_id, MOVE.c.target_id, MOVE.c.target_condition, func.sum(MOVE.c.units))
            .where(MOVE.c.reason == rules.OPENING,
                   MOVE.c.item_id.in_(self._items.all))
            .group_by(MOVE.c.item_id, MOVE.c.target_id, MOVE.c.target_condition)
        )
        return {(item_id, place, condition): units for item_id, place, condition, units in rows}

    def judge(self, record: StockRecord) -> Opening | RowProblem | None:
        """What to open; None where there is nothing to do; the problem where it cannot be."""
        def refuse(code: str, **facts: Any) -> RowProblem:
            return RowProblem(record.row, code, facts)

        said = record.sku or record.isbn13
        place = self._places.get(record.location)
        if place is None:
            return refuse("unknown_location", location=record.location)
        if place.kind not in rules.INSIDE:
            return refuse("not_a_place_for_stock", location=record.location)
        ids = self._items.of(record)
        if len(ids) != 1:
            return refuse("shared_isbn", item=said, n=len(ids)) if ids else refuse("unknown_item", item=said)
        opening = Opening(ids.pop(), place.id, record.condition, record.quantity)
        key = opening.item_id, place.id, record.condition
        before = self._opened.setdefault(key, record.quantity)
        if before != record.quantity:
            return refuse("opening_differs", item=said, location=record.location, first_units=before,
                          units=record.quantity)
        is_news = key not in self._before and record.quantity > 0
        self._before.add(key)
        return opening if is_news else None


class ItemsNamed:
    """The items that rows name by SKU, ISBN or any other code, fetched in one go."""

    def __init__(self, session: Session, records: Iterable[StockRecord | HomeRecord]) -> None:
        numbers = {number for record in records for number in _numbers(record)}
        rows = session.execute(select(Item.id, Item.sku).where(Item.sku.in_(numbers)))
        self._by_sku = {row.sku: row.id for row in rows}
        self._by_code: dict[str, set[int]] = {}
        for row in session.execute(select(ItemCode.code, ItemCode.item_id).where(ItemCode.code.in_(numbers))):
            self._by_code.setdefault(row.code, set()).add(row.item_id)

    @property
    def all(self) -> set[int]:
        return {*self._by_sku.values(), *(one for ids in self._by_code.values() for one in ids)}

    def of(self, record: StockRecord | HomeRecord) -> set[int]:
        """Ids of the items that a row may mean; none where nobody knows its numbers."""
        if record.sku and record.sku in self._by_sku:
            return {self._by_sku[record.sku]}
        if record.sku and record.isbn13:
            # What has an SKU of its own is told apart by that alone.
            return set()
        return {item_id for number in _numbers(record) for item_id in self._by_code.get(number, ())}


def _numbers(record: StockRecord | HomeRecord) -> set[str]:
    """What the item may be found by: its numbers, a UPC also as the thirteen digits that are kept of it."""
    said = {number for number in (record.sku, record.isbn13) if number}
    return said | {code.value for code in map(read, said) if code.ok and code.value}
