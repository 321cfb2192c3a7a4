"""Purchase orders and delivery notices as files tell them: the same file again changes nothing (REC-1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import purchasing as rules
from warehouse.domain import receiving
from warehouse.domain.barcodes import read
from warehouse.domain.catalog import RowProblem
from warehouse.domain.people import Actor
from warehouse.domain.purchasing import LineStand, NoticeRow, PurchaseRow
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.receiving import Delivery, DeliveryLine, PurchaseLine, PurchaseOrder
from warehouse.services import drafts, purchasing
from warehouse.services.purchasing import Announced

LOT = 5000


@dataclass
class Taken:
    """What became of some rows: each is created, updated, unchanged or rejected. `told` is what else a person should
    know of rows that were taken."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[RowProblem] = field(default_factory=list)
    told: list[RowProblem] = field(default_factory=list)

    def reject(self, row: PurchaseRow | NoticeRow, code: str, **facts: Any) -> None:
        self.rejected.append(RowProblem(row.row, code, facts))

    def tell(self, row: PurchaseRow | NoticeRow, code: str, **facts: Any) -> None:
        self.told.append(RowProblem(row.row, code, facts))


class _Titles:
    """Which items the rows of a file speak of; a book that nobody knows becomes a draft where the row has its title."""

    def __init__(self, session: Session, actor: Actor, rows: Iterable[PurchaseRow | NoticeRow]) -> None:
        self._session, self._actor = session, actor
        numbers = sorted({number for row in rows for number in _numbers(row)})
        self._by_sku: dict[str, int] = {}
        self._by_code: dict[str, set[int]] = {}
        # One order may have more rows than a statement may have values.
        for some in (numbers[first : first + LOT] for first in range(0, len(numbers), LOT)):
            self._by_sku |= {row.sku: row.id for row in session.execute(
                select(Item.sku, Item.id).where(Item.sku.in_(some)))}
            for code, item_id in session.execute(
                    select(ItemCode.code, ItemCode.item_id).where(ItemCode.code.in_(some))):
                self._by_code.setdefault(code, set()).add(item_id)

    def find(self, row: PurchaseRow | NoticeRow, taken: Taken) -> int | None:
        """The item of a row, or None with the reason in `taken`. An SKU of ours decides, unless the ISBN beside it is
        another book's: suppliers have numbers of their own."""
        said = row.isbn13 or row.sku
        by_sku = self._by_sku.get(row.sku or "")
        ids = {item_id for number in _numbers(row) - ({row.sku} if row.isbn13 else set())
               for item_id in self._by_code.get(number or "", ())}
        if by_sku is not None and row.isbn13 and ids and by_sku not in ids:
            taken.reject(row, "sku_isbn_differ", sku=row.sku, isbn=row.isbn13)
            return None
        if by_sku is not None or len(ids) == 1:
            return by_sku if by_sku is not None else ids.pop()
        if ids:
            taken.reject(row, "shared_isbn", item=said, n=len(ids))
            return None
        if not row.title:
            taken.reject(row, "unknown_title_of_purchase", item=said)
            return None
        taken.tell(row, "draft_made", item=said, title=row.title)
        return self._make(row)

    def _make(self, row: PurchaseRow | NoticeRow) -> int:
        sku = read(row.sku or "")
        code = row.isbn13 or (sku.value if sku.ok and sku.value else row.sku) or ""
        item_id = drafts.make_draft(self._session, self._actor, code, row.title)
        self._by_code[code] = {item_id}
        return item_id


def _numbers(row: PurchaseRow | NoticeRow) -> set[str]:
    """What the item may be found by: its numbers, a UPC also as the thirteen digits that are kept of it."""
    said = {number for number in (row.sku, row.isbn13) if number}
    return said | {code.value for code in map(read, said) if code.ok and code.value}


# --- Purchase orders -------------------------------------------------------------------------------------------------


def merge_purchases(session: Session, actor: Actor, groups: Sequence[Sequence[PurchaseRow]]) -> Taken:
    """Make the orders that are new and change those that are waited for; each of `groups` is one order. A number of
    units is never taken below what came. Lines that the file leaves out stay."""
    taken = Taken()
    titles = _Titles(session, actor, [row for group in groups for row in group])
    for group in sorted(groups, key=lambda group: group[0].group):
        _merge_order(session, actor, taken, titles, group)
    return taken


def _merge_order(
    session: Session, actor: Actor, taken: Taken, titles: _Titles, group: Sequence[PurchaseRow]
) -> None:
    rows = _of_items(titles, taken, group)
    if not rows:
        return
    supplier_id = purchasing.find_or_make_supplier(session, actor, group[0].supplier)
    order = purchasing.find_order(session, supplier_id, group[0].number)
    # The first day that any of its rows names: the order is waited for from then on.
    day = min((row.expected_on for row in group if row.expected_on), default="")
    if order is None:
        order = purchasing.add_order(session, actor, supplier_id, group[0].number, day)
    elif day and day != order.expected_on and order.state in rules.WAITED_FOR:
        taken.tell(group[0], "expected_changed", number=order.number, was=order.expected_on or "–", now=day)
        order.expected_on = day
    lines = {line.item_id: line for line in session.execute(
        select(PurchaseLine).where(PurchaseLine.purchase_order_id == order.id)).scalars()}
    stands = purchasing.stands(session, order.id)
    for item_id, row in rows.items():
        _merge_line(session, taken, order, lines.get(item_id), stands.get(item_id, LineStand(0, 0)), item_id, row)
    session.flush()  # The order's stand is read anew.
    purchasing.settle_state(session, order)


def _of_items(titles: _Titles, taken: Taken, group: Sequence[PurchaseRow]) -> dict[int, PurchaseRow]:
    """The row of each item; two numbers of one item in an order are a problem like a repeated row."""
    rows: dict[int, PurchaseRow] = {}
    for row in group:
        item_id = titles.find(row, taken)
        if item_id is None:
            continue
        first = rows.setdefault(item_id, row)
        if first is not row:
            taken.reject(row, "repeated_purchase_row", item=row.sku or row.isbn13, first_row=first.row)
    return rows


def _merge_line(
    session: Session, taken: Taken, order: PurchaseOrder, line: PurchaseLine | None, stand: LineStand, item_id: int,
    row: PurchaseRow,
) -> None:
    facts = {"item": row.sku or row.isbn13, "number": order.number}
    if line is None and order.state not in rules.WAITED_FOR:
        taken.reject(row, "purchase_over", **facts)
        return
    if row.note:
        taken.tell(row, row.note, **facts)
    if line is None:
        session.add(PurchaseLine(purchase_order_id=order.id, item_id=item_id, units_ordered=row.units,
                                 price_minor=row.price_minor, currency=row.currency))
        taken.created += 1
        return
    was = line.units_ordered
    if row.units != was:
        why = rules.why_not_changed(order.state, received=stand.received, units=row.units)
        if why:
            taken.reject(row, why, **facts, n=stand.received, units=row.units)
            return
        line.units_ordered = row.units
        taken.tell(row, "units_changed", **facts, was=was, now=row.units)
    has_price = row.price_minor is not None and (line.price_minor, line.currency) != (row.price_minor, row.currency)
    if has_price:
        line.price_minor, line.currency = row.price_minor, row.currency
    if has_price or row.units != was:
        taken.updated += 1
    else:
        taken.unchanged += 1


# --- Delivery notices ------------------------------------------------------------------------------------------------


def merge_notices(session: Session, actor: Actor, groups: Sequence[Sequence[NoticeRow]]) -> Taken:
    """Announce the deliveries that are new and change those whose counting has not begun; each of `groups` is one.
    Refused rows: an order that this supplier does not have, or of which nothing more is expected."""
    taken = Taken()
    titles = _Titles(session, actor, [row for group in groups for row in group])
    for group in sorted(groups, key=lambda group: group[0].group):
        _merge_notice(session, actor, taken, titles, group)
    return taken


def _merge_notice(
    session: Session, actor: Actor, taken: Taken, titles: _Titles, group: Sequence[NoticeRow]
) -> None:
    first = group[0]
    supplier_id = purchasing.find_or_make_supplier(session, actor, first.supplier)
    order = purchasing.find_order(session, supplier_id, first.order_number) if first.order_number else None
    if first.order_number and order is None:
        for row in group:
            taken.reject(row, "unknown_purchase_order", number=first.order_number, supplier=first.supplier)
        return
    order_id = order.id if order else None
    delivery = session.execute(select(Delivery).where(
        Delivery.supplier_id == supplier_id, Delivery.notice == first.number,
        Delivery.purchase_order_id.is_not_distinct_from(order_id)).with_for_update()).scalars().first()
    if delivery is None and order and order.state not in rules.WAITED_FOR:
        for row in group:
            taken.reject(row, "purchase_over", item=row.sku or row.isbn13, number=order.number)
        return
    of_item: dict[int, list[NoticeRow]] = {}
    for row in group:
        item_id = titles.find(row, taken)
        if item_id is not None:
            of_item.setdefault(item_id, []).append(row)
    if not of_item:
        return
    parcels = len({row.parcel for rows in of_item.values() for row in rows if row.parcel})
    units = {item_id: sum(row.units for row in rows) for item_id, rows in of_item.items()}
    if delivery is None:
        purchasing.announce(session, actor, supplier_id, Announced(units, parcels or None), order_id=order_id,
                            notice=first.number)
        taken.created += sum(map(len, of_item.values()))
        return
    _change_notice(session, taken, delivery, of_item, units)
    if delivery.state == receiving.ANNOUNCED and parcels > (delivery.parcels_announced or 0):
        delivery.parcels_announced = parcels
        purchasing.add_parcels(session, delivery.id, parcels)


def _change_notice(
    session: Session, taken: Taken, delivery: Delivery, of_item: dict[int, list[NoticeRow]], units: dict[int, int]
) -> None:
    lines = {line.item_id: line for line in session.execute(
        select(DeliveryLine).where(DeliveryLine.delivery_id == delivery.id)).scalars()}
    for item_id, rows in of_item.items():
        line = lines.get(item_id)
        was, now = line.units_announced if line else None, units[item_id]
        facts = {"item": rows[0].sku or rows[0].isbn13, "number": delivery.notice}
        if was == now:
            taken.unchanged += len(rows)
        elif delivery.state != receiving.ANNOUNCED:
            for row in rows:
                taken.reject(row, "notice_under_way", **facts)
        elif line is None:
            session.add(DeliveryLine(delivery_id=delivery.id, item_id=item_id, units_announced=now))
            taken.created += len(rows)
        else:
            line.units_announced = now
            taken.updated += len(rows)
            taken.tell(rows[0], "units_changed", **facts, was=was or 0, now=now)
