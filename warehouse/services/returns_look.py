"""A return on the bench as it stands, and the picture of it. Writes nothing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, literal, select
from sqlalchemy.orm import Session, aliased

from warehouse import i18n
from warehouse.domain import returns
from warehouse.domain import returns_bench as rules
from warehouse.domain.people import Actor
from warehouse.domain.returns_bench import Line, Unit
from warehouse.errors import NotFound
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident, Photo
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.people import Person
from warehouse.models.returns import CustomerReturn, ReturnLine, ReturnUnit

TASK = "returned"

_INTO = aliased(Item)
_THERE, _ITS_LINE = aliased(ReturnUnit), aliased(ReturnLine)
BOOK = (Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.sku, Item.volume, Item.volumes, Item.edition,
        Item.binding, Item.language)
_BOOK_NAMES = tuple(column.key for column in BOOK)
# Copies of an order line that came back in any return, without those that went to the customer again.
_CAME = (
    select(func.count(_THERE.id)).join(_ITS_LINE, _ITS_LINE.id == _THERE.return_line_id)
    .where(_ITS_LINE.order_line_id == OrderLine.id, _THERE.received_as != returns.NOT_OURS,
           ~((_THERE.disposition == returns.SEND_BACK) & _THERE.left_at.is_not(None)))
    .correlate(OrderLine).scalar_subquery())


@dataclass(frozen=True)
class ReturnNow:
    """A return with its copies in the order in which they came, and the lines of its order that were sent. `last_id` is
    the newest scan that was accepted here."""

    id: int
    number: str
    state: str
    source: str
    reason: str
    kind: str
    is_decided: bool
    order_id: int | None
    order_number: str
    recipient: str
    parcel: str
    person_id: int | None
    person: str
    rows: tuple[Row[Any], ...]
    lines: tuple[Row[Any], ...]
    last_id: int

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(
            Unit(row.id, row.item_id, row.title, row.received_as, row.acceptance, row.grade, row.disposition,
                 row.into_item_id, row.left_at is not None) for row in self.rows)

    def lines_of(self, item_ids: tuple[int, ...]) -> list[Line]:
        return [_line(row) for row in self.lines if row.item_id in item_ids]

    @property
    def all_lines(self) -> list[Line]:
        return [_line(row) for row in self.lines]

    def step(self, actor: Actor) -> tuple[str, Unit | None]:
        return rules.step_of(self.state, self.units, is_mine=self.person_id == actor.person_id)

    def step_id(self, actor: Actor) -> str:
        """Differs with everything that a button could mean."""
        step, unit = self.step(actor)
        return f"{self.id}:{step}:{unit.id if unit else 0}:{self.last_id}"


def _line(row: Row[Any]) -> Line:
    return Line(row.id, row.item_id, row.title, row.asked, row.received, row.with_customer)


def look(session: Session, return_id: int) -> ReturnNow:
    """Refused where there is no such return."""
    head = session.execute(
        select(CustomerReturn.id, CustomerReturn.number, CustomerReturn.state, CustomerReturn.source,
               CustomerReturn.reason, CustomerReturn.kind, CustomerReturn.decided_at, CustomerReturn.order_id,
               CustomerReturn.received_by, Order.number.label("order_number"), Order.recipient_masked,
               Parcel.number.label("parcel"), Person.name,
               select(func.max(Scan.id)).where(Scan.task == TASK, Scan.task_id == CustomerReturn.id,
                                               Scan.outcome == "accepted").scalar_subquery().label("last_id"))
        .outerjoin(Order, Order.id == CustomerReturn.order_id)
        .outerjoin(Parcel, Parcel.id == CustomerReturn.parcel_id)
        .outerjoin(Person, Person.id == CustomerReturn.received_by)
        .where(CustomerReturn.id == return_id)).one_or_none()
    if head is None:
        raise NotFound("returns.no_such_return")
    return ReturnNow(
        head.id, head.number or "", head.state, head.source, head.reason, head.kind, head.decided_at is not None,
        head.order_id, head.order_number or "", head.recipient_masked or "", head.parcel or "", head.received_by,
        head.name or "", _rows(session, return_id), _lines(session, return_id, head.order_id), head.last_id or 0)


def _rows(session: Session, return_id: int) -> tuple[Row[Any], ...]:
    rows: Any = session.execute(
        select(ReturnUnit.id, ReturnUnit.item_id, ReturnUnit.return_line_id, ReturnUnit.received_as,
               ReturnUnit.acceptance, ReturnUnit.grade, ReturnUnit.disposition, ReturnUnit.into_item_id,
               ReturnUnit.incident_id, ReturnUnit.scan_id, ReturnUnit.left_at, ReturnUnit.at, *BOOK, Item.price_minor,
               _INTO.sku.label("into_sku"), _INTO.edition.label("into_edition"),
               _INTO.price_minor.label("into_price_minor"), _INTO.currency)
        .join(Item, Item.id == ReturnUnit.item_id).outerjoin(_INTO, _INTO.id == ReturnUnit.into_item_id)
        .where(ReturnUnit.return_id == return_id).order_by(ReturnUnit.id))
    return tuple(rows)


def _lines(session: Session, return_id: int, order_id: int | None) -> tuple[Row[Any], ...]:
    """Every line of the order that was sent, those that are asked back first."""
    if order_id is None:
        return ()
    asked = func.coalesce(ReturnLine.units, 0)
    rows: Any = session.execute(
        select(OrderLine.id, OrderLine.item_id, *BOOK, asked.label("asked"),
               func.coalesce(ReturnLine.units_received, 0).label("received"),
               (OrderLine.units_dispatched - _CAME).label("with_customer"), literal(order_id).label("order_id"))
        .join(Item, Item.id == OrderLine.item_id)
        .outerjoin(ReturnLine, (ReturnLine.order_line_id == OrderLine.id) & (ReturnLine.return_id == return_id))
        .where(OrderLine.order_id == order_id, OrderLine.units_dispatched > 0)
        .order_by(asked == 0, OrderLine.position))
    return tuple(rows)


def lines_sent(session: Session, order_id: int) -> list[Line]:
    """The lines of an order that were sent, as a box sees them that nobody has opened yet."""
    return [_line(row) for row in _lines(session, 0, order_id)]


# --- The picture -----------------------------------------------------------------------------------------------------


def draw(session: Session, now: ReturnNow, actor: Actor) -> dict[str, Any]:
    """The task for screen and JSON. `present` is the copy that something is asked about, or that came last."""
    step, waiting = now.step(actor)
    row = next((row for row in now.rows if waiting and row.id == waiting.id), now.rows[-1] if now.rows else None)
    lacking = rules.missing(now.all_lines)
    return {
        "area": TASK, "return_id": now.id, "number": now.number, "state": now.state, "source": now.source,
        "reason": now.reason, "kind": now.kind, "is_decided": now.is_decided, "order_id": now.order_id,
        "order_number": now.order_number, "recipient": now.recipient, "parcel": now.parcel, "person": now.person,
        "step": step, "step_id": now.step_id(actor), "units": len(now.rows),
        "asked": sum(line.asked for line in now.all_lines),
        "missing": sum(line.asked - line.received for line in lacking),
        "present": _draw_unit(session, row) if row is not None else None, "is_waiting": waiting is not None,
        "lines": _draw_lines(now), "copies": [_draw_copy(row) for row in now.rows],
        "to_send_back": sum(unit.disposition == returns.SEND_BACK and not unit.has_left for unit in now.units),
        "cue": i18n.say(actor.language, f"returns_bench.cue_{step}", person=now.person,
                        title=row.title if row is not None else ""),
    }


def _draw_unit(session: Session, row: Row[Any]) -> dict[str, Any]:
    photos = session.execute(
        select(Photo.id).join(Incident, Incident.id == Photo.incident_id)
        .where(Photo.incident_id == row.incident_id).order_by(Photo.id)).scalars().all() if row.incident_id else []
    return {
        **_draw_copy(row), **{name: getattr(row, name) for name in _BOOK_NAMES}, "incident_id": row.incident_id,
        "photos": list(photos), "places": list(rules.places_for(row.grade, row.acceptance)) if row.grade else [],
        "into": {"item_id": row.into_item_id, "sku": row.into_sku, "edition": row.into_edition,
                 "price_minor": row.into_price_minor, "currency": row.currency or ""} if row.into_item_id else None,
    }


def _draw_copy(row: Row[Any]) -> dict[str, Any]:
    return {"unit_id": row.id, "item_id": row.item_id, "title": row.title, "received_as": row.received_as,
            "acceptance": row.acceptance, "grade": row.grade, "disposition": row.disposition,
            "has_left": row.left_at is not None}


def _draw_lines(now: ReturnNow) -> list[dict[str, Any]]:
    """What is asked back or came; where nothing was asked, all that the customer still has."""
    shown = [row for row in now.lines if row.asked or row.received] or [row for row in now.lines if row.with_customer]
    of_order = [
        {"item_id": row.item_id, "title": row.title, "volume": row.volume, "asked": row.asked,
         "received": row.received, "with_customer": row.with_customer, "is_other": False,
         "received_as": returns.AS_SENT} for row in shown]
    others: dict[tuple[int, str], dict[str, Any]] = {}
    for row in now.rows:
        if row.received_as != returns.AS_SENT:
            known = others.setdefault((row.item_id, row.received_as), {
                "item_id": row.item_id, "title": row.title, "volume": row.volume, "asked": 0, "received": 0,
                "with_customer": 0, "is_other": True, "received_as": row.received_as})
            known["received"] += 1
    return of_order + list(others.values())
