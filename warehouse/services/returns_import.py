"""Returns as a file of a shop tells them: each number of the shop is one request, the same file again changes nothing,
and what the customer cannot have is refused by name (RET-1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain.catalog import RowProblem
from warehouse.domain.people import Actor
from warehouse.domain.returns import FILE, ReturnRow
from warehouse.errors import Refusal
from warehouse.models.orders import Order
from warehouse.models.returns import CustomerReturn, ReturnLine
from warehouse.services import returns
from warehouse.services.orders_import import items_of
from warehouse.services.returns_desk import find_order, lines_of_code

# What a sender says of a copy and may stand in the open record; other words are sealed with the customer's.
_CONDITIONS = frozenset({"resalable", "damaged", "missing insert", "new", "used", "完好", "破损", "缺附件", "全新"})


@dataclass
class Taken:
    """What became of the rows of one request: asked, asked before, or refused."""

    created: int = 0
    unchanged: int = 0
    rejected: list[RowProblem] = field(default_factory=list)

    def reject(self, row: ReturnRow, code: str, **facts: Any) -> None:
        self.rejected.append(RowProblem(row.row, code, facts))

    def refuse(self, row: ReturnRow, refused: Refusal) -> None:
        self.reject(row, refused.code.removeprefix("returns."), **refused.facts)


def take_request(session: Session, actor: Actor, rows: Sequence[ReturnRow]) -> Taken:
    """Ask for what the rows of one number of the shop say, for its first row's order. A row that repeats a title of it,
    or names another order, is refused; so are, each by itself, rows that the order cannot answer."""
    taken, first = Taken(), rows[0]
    of_code: dict[str, ReturnRow] = {}
    for row in rows:
        if row.order != first.order or row.code in of_code:
            taken.reject(row, "duplicate_rma", number=row.rma)
        else:
            of_code[row.code] = row
    try:
        order_id = find_order(session, first.order)
    except Refusal as refused:
        for row in of_code.values():
            taken.refuse(row, refused)
        return taken
    session.execute(select(Order.id).where(Order.id == order_id).with_for_update()).all()
    before = session.execute(select(CustomerReturn.id, CustomerReturn.order_id).where(
        CustomerReturn.shop_number == first.rma)).one_or_none()
    if before is not None:
        _compare(session, taken, before, order_id, of_code)
    else:
        _ask(session, actor, taken, order_id, of_code.values())
    return taken


def _compare(session: Session, taken: Taken, before: Any, order_id: int, of_code: dict[str, ReturnRow]) -> None:
    """The number is known: the same title and copies of the same order are no news, everything else is another return
    under its number."""
    items = items_of(session, set(of_code))
    asked: dict[int, int] = {}
    if before.order_id == order_id:
        for line in session.execute(select(ReturnLine.item_id, ReturnLine.units)
                                    .where(ReturnLine.return_id == before.id)):
            asked[line.item_id] = asked.get(line.item_id, 0) + line.units
    for code, row in of_code.items():
        if row.units in {asked.get(item_id) for item_id in items.get(code, ())}:
            taken.unchanged += 1
        else:
            taken.reject(row, "duplicate_rma", number=row.rma)


def _ask(session: Session, actor: Actor, taken: Taken, order_id: int, rows: Iterable[ReturnRow]) -> None:
    """Ask for the rows that the order can answer, in one request: its reason is the first one's."""
    wants, good = list[returns.Want](), list[ReturnRow]()
    for row in rows:
        try:
            wants += lines_of_code(session, order_id, row.code, row.units)
            good.append(row)
        except Refusal as refused:
            taken.refuse(row, refused)
    if not good:
        return
    first = good[0]
    is_known = first.condition.lower() in _CONDITIONS
    words = (first.reason_text, "" if is_known else first.condition)
    returns.request(
        session, actor, order_id, first.kind, first.reason, wants, source=FILE, shop_number=first.rma,
        words=" · ".join(filter(None, words)), condition=first.condition if is_known else "")
    taken.created += len(good)
