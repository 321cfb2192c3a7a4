"""An order changes at any stage before it leaves (ORD-7): stopped, other units, other titles, another address, a word
for the floor. What lies on shelves is let go or fetched, what lies in totes and parcels waits to be put back by scan,
labels that are no longer right are void. What the customer ordered is kept beside what they get."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from warehouse.domain.orders import CASH_ON_DELIVERY, HELD, ORDER_FLOW, PICKING, RELEASED, Recipient
from warehouse.domain.people import Actor
from warehouse.domain.review import ADDRESS_HOLDS, address_flaws
from warehouse.errors import Invalid, NotAllowed, NotFound
from warehouse.models.catalog import Item
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.services import journal, messages, orders_fetch, orders_units, refunds
from warehouse.services.orders_import import seal_place
from warehouse.services.orders_review import (
    MENDED,
    close_answered_codes,
    close_holds,
    confirm_if_free,
    open_holds,
    read_reason,
    unsealed,
)
from warehouse.services.orders_units import Underway
from warehouse.vault import Vault, mask_name

MOST_UNITS = 9999
REMARK_LIMIT = 500


def hold(session: Session, actor: Actor, order_id: int, reason: str) -> None:
    """Stop an order until somebody lifts it. Its shelves are let go and its walk goes on without it; what is picked
    or packed stays where it lies. Refused once it left the house or stands on a driver's list."""
    why = read_reason(reason)
    under = open_order(session, order_id)
    order = under.order
    orders_units.refuse_on_list(session, order)
    was, freed = order.state, 0
    if was in (RELEASED, PICKING):
        freed = orders_fetch.let_go(session, under)
    if was != HELD:
        order.state = ORDER_FLOW.step(was, "hold")
    orders_fetch.settle(session, actor, under)
    session.add(Hold(order_id=order_id, reason="by_hand", facts={"text": why, "was": was}, opened_at=actor.at))
    journal.note(session, actor, "hold", "order", order_id, reason=why, was=was, units_freed=freed)


# --- Units and titles ------------------------------------------------------------------------------------------------


def change_units(session: Session, actor: Actor, line_id: int, units: int, reason: str) -> int:
    """Send other units of a line, 0 takes it out; the id of its order. Refused for the last line (cancel the order),
    and for more than the shelves have free once it is under way."""
    why, (under, line) = read_reason(reason), _line(session, line_id)
    if not 0 <= units <= MOST_UNITS:
        raise Invalid("orders.units_out_of_range", most=MOST_UNITS)
    was = line.units_wanted - line.units_cancelled
    if units == was:
        raise Invalid("orders.nothing_changed")
    if line.units_original is None:
        line.units_original = line.units_wanted
    to_put_back = 0
    if units < was:
        to_put_back = orders_units.take_out(session, actor, under, line, was - units, why)
    line.units_wanted += units - was
    collect(session, actor, under, line, units - was, why)
    session.flush()
    if units > was:
        orders_fetch.put_in(session, actor, under, line, units - was, why)
    finish(session, actor, under, "change_units", why, code=line.code_text, was=was, now=units,
          units_to_put_back=to_put_back)
    return under.id


def cancel_units(session: Session, actor: Actor, order_line_id: int, units: int, reason: str) -> int:
    """Units of a line that the customer will not get after all: they count as cancelled; how many of them must be put
    back. Refused where nothing of the order would be left: then the order is cancelled."""
    why, (under, line) = read_reason(reason), _line(session, order_line_id)
    if not 1 <= units <= line.units_wanted - line.units_cancelled:
        raise Invalid("orders.units_out_of_range", most=line.units_wanted - line.units_cancelled)
    to_put_back = orders_units.take_out(session, actor, under, line, units, why)
    line.units_cancelled += units
    session.flush()
    if under.order.payment == CASH_ON_DELIVERY:
        orders_units.void_labels(session, actor, under, why)
    refunds.ask_for_cancelled(session, actor, under.id, {order_line_id: units}, why)
    key = f"{order_line_id}:{line.units_cancelled}"
    messages.want(session, actor, under.id, "line_cancelled", key=key, title=line.title_text, n=units)
    finish(session, actor, under, "cancel_units", why, is_told=True, code=line.code_text, units=units,
          units_to_put_back=to_put_back)
    return to_put_back


def add_line(session: Session, actor: Actor, order_id: int, item_id: int, units: int, reason: str) -> None:
    """One more title. Refused, once the order is under way, where the shelves do not have it free."""
    why, under = read_reason(reason), open_order(session, order_id)
    if not 1 <= units <= MOST_UNITS:
        raise Invalid("orders.units_out_of_range", most=MOST_UNITS)
    line = new_line(session, under, item_id, units)
    orders_fetch.put_in(session, actor, under, line, units, why)
    close_holds(session, actor, open_holds(session, order_id, ("no_detail_rows",)), MENDED, why)
    finish(session, actor, under, "add_line", why, item=item_id, units=units)


def new_line(
    session: Session, under: Underway, item_id: int, units: int, *, price_minor: int = 0,
    instead_of: int | None = None,
) -> OrderLine:
    """A line behind the others; nothing is fetched for it yet."""
    item = _item(session, item_id)
    last = session.execute(select(func.max(OrderLine.position)).where(OrderLine.order_id == under.id)).scalar()
    line = OrderLine(
        order_id=under.id, position=(last or 0) + 1, item_id=item_id, code_text=item.isbn13 or item.sku,
        title_text=item.title, price_minor=price_minor, units_wanted=units, item_original_id=instead_of)
    session.add(line)
    session.flush()
    return line


def choose_item(session: Session, actor: Actor, line_id: int, item_id: int, reason: str) -> int:
    """Say which title a line means, or put another in its place; the id of its order. Closes the hold about its code
    once no line of that code is open, and the one about a remark that asked for the other title. Under way the line
    stays with no units, and a new one takes its place."""
    why, (under, line) = read_reason(reason), _line(session, line_id)
    item, was = _item(session, item_id), line.item_id
    if item_id == was:
        raise Invalid("orders.nothing_changed")
    units = line.units_wanted - line.units_cancelled
    if not under.is_under_way:
        if was is not None:
            line.item_original_id = line.item_original_id or was
            line.title_text, line.code_text = item.title, item.isbn13 or item.sku
        line.item_id = item_id
    else:
        if line.units_original is None:
            line.units_original = line.units_wanted
        orders_units.take_out(session, actor, under, line, units, why)
        line.units_wanted -= units
        other = new_line(session, under, item_id, units, price_minor=line.price_minor, instead_of=was)
        orders_fetch.put_in(session, actor, under, other, units, why)
    session.flush()
    if was is not None:
        close_holds(session, actor, open_holds(session, under.id, ("remark_contradicts",)), MENDED, why)
    finish(session, actor, under, "choose_item", why, is_told=was is None, line=line_id, item=item_id, was=was)
    return under.id


def _item(session: Session, item_id: int) -> Any:
    item = session.execute(select(Item.isbn13, Item.sku, Item.title).where(Item.id == item_id)).one_or_none()
    if item is None:
        raise NotFound("orders.no_such_item")
    return item


# --- Address ---------------------------------------------------------------------------------------------------------


def mend_address(
    session: Session, actor: Actor, order_id: int, fields: Mapping[str, str], reason: str
) -> None:
    """Put other text into fields of the recipient; what the file said stays, sealed. Labels with the old address are
    void, boxes that bear one are opened again. Address holds that the new text answers are closed."""
    if not actor.may("open_personal"):
        raise NotAllowed("orders.may_not_open")
    why, under = read_reason(reason), open_order(session, order_id)
    order = under.order
    if unknown := set(fields) - set(asdict(Recipient())):
        raise Invalid("orders.unknown_field", field=", ".join(sorted(unknown)))
    was = unsealed(session, order)
    now = replace(was, **{name: text.strip() for name, text in fields.items()})
    now = replace(now, country=now.country.upper())
    if asdict(now) == asdict(was):
        raise Invalid("orders.nothing_changed")
    orders_units.void_labels(session, actor, under, why)
    vault: Vault = session.info["vault"]
    session.execute(update(Order).where(Order.id == order_id).values(
        recipient=vault.seal(asdict(now), seal_place(order.channel, order.source_number)),
        recipient_original=order.recipient_original or order.recipient, recipient_masked=mask_name(now.name),
        phone_index=vault.phone_index(now.phone), name_index=vault.name_index(now.name), country=now.country,
        province=now.province, city=now.city, postcode=now.postcode))
    changed = [name for name, text in asdict(now).items() if text != getattr(was, name)]
    if not {flaw.code for flaw in address_flaws(now)} & set(ADDRESS_HOLDS):
        close_holds(session, actor, open_holds(session, order_id, ADDRESS_HOLDS), MENDED, why)
    finish(session, actor, under, "mend_address", why, fields=changed)


# --- A word for the floor --------------------------------------------------------------------------------------------


def add_remark(session: Session, actor: Actor, order_id: int, text: str, *, is_important: bool) -> None:
    """What pickers and packers of this order must know (ORD-6), below what was said before. An important one is
    confirmed at the bench before the box is closed. Refused once the order left the house."""
    word = " ".join(text.split())
    if not word:
        raise Invalid("orders.remark_empty")
    under = open_order(session, order_id)
    order = under.order
    order.staff_remark = "\n".join(filter(None, (order.staff_remark, word)))
    if len(order.staff_remark) > REMARK_LIMIT:
        raise Invalid("orders.remark_too_long", most=REMARK_LIMIT)
    if is_important:
        ask_to_read(order)
    session.flush()
    journal.note(session, actor, "add_remark", "order", order_id, is_important=is_important)


def ask_to_read(order: Order) -> None:
    order.must_acknowledge, order.acknowledged_at, order.acknowledged_by = True, None, None


# --- What every change is made of ------------------------------------------------------------------------------------


def open_order(session: Session, order_id: int) -> Underway:
    """The order, locked. Refused once it is called off or left the house."""
    under, = orders_units.lock(session, order_id)
    orders_units.refuse_gone(under.order)
    return under


def _line(session: Session, line_id: int) -> tuple[Underway, OrderLine]:
    order_id = session.execute(
        select(OrderLine.order_id).where(OrderLine.id == line_id, OrderLine.is_service.is_(False))).scalar()
    if order_id is None:
        raise NotFound("orders.no_such_line")
    under = open_order(session, order_id)
    return under, next(line for line in orders_units.lines_of(session, order_id) if line.id == line_id)


def collect(session: Session, actor: Actor, under: Underway, line: OrderLine, units: int, reason: str) -> None:
    """Cash on delivery is what is wanted: more or fewer units, more or less cash. Units that count as cancelled or
    short are not in a parcel, and a label collects for its parcel alone. What was paid before stays as it was paid;
    giving money back is a decision of its own."""
    if under.order.payment == CASH_ON_DELIVERY:
        cash = max(0, under.order.cod_minor + line.price_minor * units)
        under.order.total_minor = max(
            under.order.refunded_minor, under.order.total_minor + cash - under.order.cod_minor)
        under.order.cod_minor = cash
        session.flush()
        # The amount stands on the label.
        orders_units.void_labels(session, actor, under, reason)


def finish(
    session: Session, actor: Actor, under: Underway, verb: str, reason: str, *, is_told: bool = False, **facts: Any
) -> None:
    """What the order is after the change, and who hears of it: the floor, where it is under way, and the customer."""
    order = under.order
    was = order.state
    orders_fetch.settle(session, actor, under)
    journal.note(session, actor, verb, "order", order.id, reason=reason, state=was, **facts)
    if under.is_under_way:
        ask_to_read(order)
    if not is_told:
        messages.want(session, actor, order.id, "changed", key=f"{order.id}:{actor.at.isoformat()}")
    close_answered_codes(session, actor, order.id, reason)
    confirm_if_free(session, actor, under, reason)
