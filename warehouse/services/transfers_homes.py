"""The fixed shelves of items, as a file tells them: the pick faces that replenishment fills (STK-1)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import stock as rules
from warehouse.domain.catalog import RowProblem
from warehouse.domain.layout import HomeRecord
from warehouse.domain.people import Actor
from warehouse.models.stock import Location
from warehouse.models.transfers import ItemHome
from warehouse.services.catalog import Merged
from warehouse.services.stock_import import ItemsNamed


def first_of_each_item(records: Sequence[HomeRecord]) -> tuple[list[HomeRecord], list[RowProblem]]:
    """One row for each item as it is written; another one is a problem, because an item has one fixed shelf."""
    first: dict[tuple[str | None, str | None], HomeRecord] = {}
    problems = []
    for record in records:
        earlier = first.setdefault((record.sku, record.isbn13), record)
        if earlier is not record:
            facts = {"item": record.sku or record.isbn13, "first_row": earlier.row}
            problems.append(RowProblem(record.row, "repeated_home", facts))
    return list(first.values()), problems


def merge_homes(session: Session, _actor: Actor, records: Sequence[HomeRecord]) -> Merged:
    """Give items their fixed shelf, or another one, with its limits; the same again changes nothing. Refused rows:
    unknown or shared items, places that are no shelf for picking."""
    merged = Merged()
    items = ItemsNamed(session, records)
    places = {row.code: row for row in session.execute(
        select(Location.id, Location.code, Location.kind, Location.is_reserve)
        .where(Location.code.in_({record.location for record in records})))}
    present = {home.item_id: home for home in session.execute(
        select(ItemHome).where(ItemHome.item_id.in_(items.all))).scalars()}
    for record in records:
        judged = _judge(record, items.of(record), places.get(record.location))
        if isinstance(judged, RowProblem):
            merged.problems.append(judged)
            continue
        item_id, told = judged
        home = present.get(item_id)
        if home is None:
            present[item_id] = home = ItemHome(item_id=item_id, **told)
            session.add(home)
            merged.created += 1
        elif any(getattr(home, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(home, name, value)
            merged.updated += 1
        else:
            merged.unchanged += 1
    return merged


def _judge(record: HomeRecord, ids: set[int], place: Any) -> tuple[int, dict[str, Any]] | RowProblem:
    item = record.sku or record.isbn13

    def refuse(code: str, **facts: Any) -> RowProblem:
        return RowProblem(record.row, code, facts)

    if place is None:
        return refuse("unknown_location", location=record.location)
    if place.kind != rules.SHELF or place.is_reserve:
        return refuse("not_a_pick_face", location=record.location)
    if len(ids) != 1:
        return refuse("shared_isbn", item=item, n=len(ids)) if ids else refuse("unknown_item", item=item)
    return ids.pop(), {"location_id": place.id, "min_units": record.min_units, "max_units": record.max_units}
