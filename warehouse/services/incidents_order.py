"""What the end of an incident changes at the order behind it: it waits, goes without, gets other copies, loses units of
a line, or gets money back (EXC-2)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.domain import incidents as rules
from warehouse.domain import waves
from warehouse.domain.orders import BEFORE_DISPATCH, CALLED_OFF, HELD
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid
from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import ParcelLine
from warehouse.services import (
    journal,
    orders_change,
    orders_fetch,
    orders_follow,
    orders_review,
    orders_units,
    refunds,
)


@dataclass(frozen=True)
class Ask:
    """Copies of the order's line, money in minor units of the order's currency, and the reason that is kept there."""

    units: int
    amount_minor: int | None
    reason: str


@dataclass(frozen=True)
class Copies:
    """Units of one order line, and what one of them cost."""

    item_id: int
    line_id: int
    price_minor: int
    units: int


def carry_out(
    session: Session, actor: Actor, incident: Incident, effects: Collection[str], ask: Ask,
) -> dict[str, Any]:
    """Do to the order what was decided, its way first and then the money; facts for the log."""
    facts: dict[str, Any] = {}
    for effect in (each for each in rules.FOR_ORDER if each in effects):
        facts |= _EFFECTS[effect](session, actor, incident, ask)
    return facts


def line_of(session: Session, incident: Incident) -> int:
    """The line that it is about: told by the report, else the only one with this title."""
    if incident.order_line_id is not None:
        return incident.order_line_id
    lines = session.execute(
        select(OrderLine.id).where(OrderLine.order_id == incident.order_id, OrderLine.item_id == incident.item_id,
                                   OrderLine.is_service.is_(False))).scalars().all()
    if len(lines) != 1:
        raise Invalid("incidents.which_line")
    return lines[0]


def _hold(session: Session, actor: Actor, incident: Incident, ask: Ask) -> dict[str, Any]:
    orders_change.hold(session, actor, _order_of(incident), ask.reason)
    return {}


def _part(session: Session, actor: Actor, incident: Incident, ask: Ask) -> dict[str, Any]:
    """What is there goes; what is missing follows."""
    orders_review.choose_when_short(session, actor, _order_of(incident), waves.PART, ask.reason)
    return {}


def _replacement(session: Session, actor: Actor, incident: Incident, ask: Ask) -> dict[str, Any]:
    """Other copies: fetched for the order itself while it is in the house, else in an order of their own; never more
    than were sent."""
    order_id = _order_of(incident)
    state = session.execute(select(Order.state).where(Order.id == order_id)).scalar_one()
    if state in BEFORE_DISPATCH:
        _fetch_again(session, actor, order_id, line_of(session, incident), ask)
        return {"order_units": ask.units}
    # Held, so that two who replace the same copies come one after the other.
    session.execute(select(Order.id).where(Order.id == order_id).with_for_update())
    copies = copies_of(session, incident, ask.units)
    for item_id in {copy.item_id for copy in copies}:
        left = _sent_less_replaced(session, order_id, item_id)
        if sum(copy.units for copy in copies if copy.item_id == item_id) > left:
            raise Conflict("incidents.more_than_sent", n=left)
    new_id = orders_follow.make_order_from(
        session, actor, order_id, [(copy.item_id, copy.units, copy.line_id) for copy in copies],
        kind=orders_follow.REPLACEMENT, reason=ask.reason)
    return {"new_order": new_id, "order_units": sum(copy.units for copy in copies)}


def copies_of(session: Session, incident: Incident, units: int) -> list[Copies]:
    """What it is about, with the price of each line: so many units of its line, or, where only a parcel is known, all
    that was in it."""
    query = select(OrderLine.item_id, OrderLine.id, OrderLine.price_minor)
    if incident.item_id is None and incident.order_line_id is None and incident.parcel_id is not None:
        rows = session.execute(
            query.add_columns(ParcelLine.units).join(ParcelLine, ParcelLine.order_line_id == OrderLine.id)
            .where(ParcelLine.parcel_id == incident.parcel_id, ParcelLine.units > 0).order_by(OrderLine.position))
        return [Copies(item_id, line_id, price, n) for item_id, line_id, price, n in rows if item_id is not None]
    row = session.execute(query.where(OrderLine.id == line_of(session, incident))).one()
    assert row.item_id is not None
    return [Copies(row.item_id, row.id, row.price_minor, units)]


def titles_of(session: Session, incident: Incident) -> str:
    """What it is about, as a letter names it: its title, or, where only a parcel is known, all that was in it."""
    if incident.item_id is not None:
        return session.execute(select(Item.title).where(Item.id == incident.item_id)).scalar_one()
    titles = session.execute(
        select(Item.title).join(OrderLine, OrderLine.item_id == Item.id)
        .join(ParcelLine, ParcelLine.order_line_id == OrderLine.id)
        .where(ParcelLine.parcel_id == incident.parcel_id, ParcelLine.units > 0).order_by(OrderLine.position)).scalars()
    return ", ".join(dict.fromkeys(titles))


def _sent_less_replaced(session: Session, order_id: int, item_id: int) -> int:
    """Copies of the title that the order got, without those that other orders replace already."""
    replaced = (
        select(func.coalesce(func.sum(OrderLine.units_wanted - OrderLine.units_cancelled), 0))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.origin_id == order_id, Order.origin_kind == orders_follow.REPLACEMENT, Order.state != CALLED_OFF,
               OrderLine.item_id == item_id))
    sent = select(func.coalesce(func.sum(OrderLine.units_dispatched), 0)).where(
        OrderLine.order_id == order_id, OrderLine.item_id == item_id)
    return int(session.execute(sent).scalar_one()) - int(session.execute(replaced).scalar_one())


def _fetch_again(session: Session, actor: Actor, order_id: int, line_id: int, ask: Ask) -> None:
    """Fetch copies that an order is short of from the shelves; one that waits because of them goes on with all of
    them."""
    under, = orders_units.lock(session, order_id)
    orders_units.refuse_gone(under.order)
    line = session.get_one(OrderLine, line_id, populate_existing=True)
    if line.units_short < ask.units or not under.is_under_way:
        raise Conflict("incidents.not_so_many_short", n=line.units_short)
    if under.order.state == HELD:
        orders_review.fetch_short(session, actor, order_id, ask.reason)
        return
    line.units_short -= ask.units
    session.flush()
    orders_fetch.put_in(session, actor, under, line, ask.units, ask.reason)
    journal.note(session, actor, "replace", "order", order_id, reason=ask.reason, units=ask.units)


def _cancel_line(session: Session, actor: Actor, incident: Incident, ask: Ask) -> dict[str, Any]:
    orders_change.cancel_units(session, actor, line_of(session, incident), ask.units, ask.reason)
    return {"order_units": ask.units}


def _refund(session: Session, actor: Actor, incident: Incident, ask: Ask) -> dict[str, Any]:
    if not ask.amount_minor:
        raise Invalid("incidents.how_much")
    refund_id = refunds.ask(
        session, actor, _order_of(incident), ask.amount_minor, ask.reason, incident_id=incident.id)
    return {"refund": refund_id, "amount_minor": ask.amount_minor}


def _order_of(incident: Incident) -> int:
    assert incident.order_id is not None
    return incident.order_id


_EFFECTS: dict[str, Callable[[Session, Actor, Incident, Ask], dict[str, Any]]] = {
    rules.HOLD: _hold, rules.PART: _part, rules.REPLACEMENT: _replacement, rules.CANCEL_LINE: _cancel_line,
    rules.REFUND: _refund,
}
