"""The review desk (ORD-2, ORD-6, ORD-7): holds are lifted or mended by a person, with a reason that is kept.

An order whose last hold is closed goes on by itself: confirmed, or to the bench where units of it were picked
already."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain.orders import (
    CONFIRMED,
    HELD,
    ORDER_FLOW,
    PACKING,
    PICKED,
    PICKING,
    RELEASED,
    STILL_OPEN,
    Recipient,
)
from warehouse.domain.people import Actor
from warehouse.domain.review import address_flaws
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.catalog import Item
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.services import journal
from warehouse.services.orders_import import items_of, seal_place
from warehouse.vault import Vault, mask_name

ORDER = Order.__table__
LINE = OrderLine.__table__
HOLD = Hold.__table__

LIFTED, MENDED = "lifted", "mended"
# These holds say that something is missing: a reason alone does not close them.
MUST_MEND = frozenset({"unknown_isbn", "which_item", "no_detail_rows", "masked_address", "missing_address"})
ADDRESS_HOLDS = ("missing_address", "masked_address", "unreadable_text")
# Until the parcel is closed an address may change; after that the label is made.
_ADDRESS_MAY_CHANGE = (*STILL_OPEN, RELEASED, PICKING, PICKED, PACKING)
WHEN_SHORT = ("wait", "part", "cancel")
REASON_LIMIT = 200
MOST_UNITS = 9999


def lift(session: Session, actor: Actor, hold_id: int, reason: str) -> int:
    """Close a hold as it is; the id of its order. Refused without a reason, and where something must be
    mended."""
    row = session.execute(select(HOLD.c.order_id, HOLD.c.reason).where(HOLD.c.id == hold_id)).one_or_none()
    if row is None:
        raise NotFound("orders.no_such_hold")
    if row.reason in MUST_MEND:
        raise Invalid("orders.must_be_mended")
    _locked(session, row.order_id)
    _close(session, actor, [hold_id], LIFTED, _reason(reason))
    journal.note(session, actor, "lift", "order", row.order_id, reason=_reason(reason), hold=row.reason)
    _go_on(session, actor, row.order_id)
    return int(row.order_id)


def hold_by_hand(session: Session, actor: Actor, order_id: int, reason: str) -> None:
    """Stop a confirmed order until somebody lifts it. Refused once it is released: unrelease or cancel it
    then."""
    order = _locked(session, order_id)
    if order.state not in (CONFIRMED, HELD):
        raise Conflict("orders.too_late_to_hold")
    state = order.state if order.state == HELD else ORDER_FLOW.step(order.state, "hold")
    session.execute(
        insert(HOLD),
        {
            "order_id": order_id,
            "reason": "by_hand",
            "facts": {"text": _reason(reason)},
            "opened_at": actor.at,
        },
    )
    session.execute(update(ORDER).where(ORDER.c.id == order_id).values(state=state))
    journal.note(session, actor, "hold", "order", order_id, reason=_reason(reason))


# --- Address
# ---------------------------------------------------------------------------------------------------------


def open_recipient(session: Session, actor: Actor, order_id: int) -> Recipient:
    """Name, phone and address unmasked: an act that is recorded (SEC-1). Refused without the right."""
    if not actor.may("open_personal"):
        raise NotAllowed("orders.may_not_open")
    row = session.execute(
        select(ORDER.c.channel, ORDER.c.source_number, ORDER.c.recipient).where(ORDER.c.id == order_id)
    ).one_or_none()
    if row is None:
        raise NotFound("orders.no_such_order")
    journal.note(session, actor, "open_personal", "order", order_id)
    return _unsealed(session, row)


def mend_address(
    session: Session, actor: Actor, order_id: int, fields: Mapping[str, str], reason: str
) -> None:
    """Put other text into fields of the recipient; what the file said stays, sealed. Address holds that the
    new text answers are closed. Refused once the parcel is closed."""
    if not actor.may("open_personal"):
        raise NotAllowed("orders.may_not_open")
    order = _locked(session, order_id)
    if order.state not in _ADDRESS_MAY_CHANGE:
        raise Conflict("orders.too_late_for_address")
    if unknown := set(fields) - set(asdict(Recipient())):
        raise Invalid("orders.unknown_field", field=", ".join(sorted(unknown)))
    was = _unsealed(session, order)
    now = replace(was, **{name: text.strip() for name, text in fields.items()})
    now = replace(now, country=now.country.upper())
    if asdict(now) == asdict(was):
        raise Invalid("orders.nothing_changed")
    vault: Vault = session.info["vault"]
    session.execute(update(ORDER).where(ORDER.c.id == order_id).values(
        recipient=vault.seal(asdict(now), seal_place(order.channel, order.source_number)),
        recipient_original=order.recipient_original or order.recipient, recipient_masked=mask_name(now.name),
        phone_index=vault.phone_index(now.phone), name_index=vault.name_index(now.name), country=now.country,
        province=now.province, city=now.city, postcode=now.postcode,
    ))
    changed = [name for name, text in asdict(now).items() if text != getattr(was, name)]
    journal.note(session, actor, "mend_address", "order", order_id, reason=_reason(reason), fields=changed)
    if not {flaw.code for flaw in address_flaws(now)} & set(ADDRESS_HOLDS):
        _close(session, actor, _open_holds(session, order_id, ADDRESS_HOLDS), MENDED, _reason(reason))
    _go_on(session, actor, order_id)


def _unsealed(session: Session, row: Any) -> Recipient:
    vault: Vault = session.info["vault"]
    text = vault.unseal(row.recipient, seal_place(row.channel, row.source_number))
    return Recipient(**{name: text.get(name, "") for name in asdict(Recipient())})


# --- Lines
# -----------------------------------------------------------------------------------------------------------


def choose_item(session: Session, actor: Actor, line_id: int, item_id: int, reason: str) -> int:
    """Say which item a line means; the id of its order. Closes the hold about its code once no line of that
    code is open. Refused once the order is released."""
    line = session.execute(
        select(LINE.c.order_id, LINE.c.code_text).where(LINE.c.id == line_id, LINE.c.is_service.is_(False))
    ).one_or_none()
    if line is None:
        raise NotFound("orders.no_such_line")
    _open_for_change(session, line.order_id)
    _item(session, item_id)
    session.execute(update(LINE).where(LINE.c.id == line_id).values(item_id=item_id))
    journal.note(session, actor, "choose_item", "order", line.order_id, reason=_reason(reason), line=line_id,
                 item=item_id)
    _close_answered_codes(session, actor, line.order_id, _reason(reason))
    _go_on(session, actor, line.order_id)
    return int(line.order_id)


def recheck_codes(session: Session, actor: Actor, order_id: int) -> int:
    """Look the order's unknown codes up again, after a catalogue import; how many lines found their item."""
    _open_for_change(session, order_id)
    waiting = session.execute(
        select(LINE.c.id, LINE.c.code_text)
        .where(LINE.c.order_id == order_id, LINE.c.item_id.is_(None), LINE.c.is_service.is_(False))
    ).all()
    items = items_of(session, {row.code_text for row in waiting})
    found = 0
    for row in waiting:
        if len(items.get(row.code_text, ())) == 1:
            session.execute(update(LINE).where(LINE.c.id == row.id).values(item_id=items[row.code_text][0]))
            found += 1
    if found:
        journal.note(session, actor, "recheck", "order", order_id, lines=found)
        _close_answered_codes(session, actor, order_id, "catalogue")
        _go_on(session, actor, order_id)
    return found


def change_units(session: Session, actor: Actor, line_id: int, units: int, reason: str) -> int:
    """Other units for a line, 0 takes it out; the id of its order. Refused for the last line (cancel the
    order) and once the order is released."""
    line = session.execute(
        select(LINE.c.order_id, LINE.c.units_wanted, LINE.c.code_text)
        .where(LINE.c.id == line_id, LINE.c.is_service.is_(False))
    ).one_or_none()
    if line is None:
        raise NotFound("orders.no_such_line")
    _open_for_change(session, line.order_id)
    if not 0 <= units <= MOST_UNITS:
        raise Invalid("orders.units_out_of_range", most=MOST_UNITS)
    if units:
        session.execute(update(LINE).where(LINE.c.id == line_id).values(units_wanted=units))
    else:
        session.execute(delete(LINE).where(LINE.c.id == line_id))
    _count_again(session, line.order_id)
    journal.note(
        session,
        actor,
        "change_units",
        "order",
        line.order_id,
        reason=_reason(reason),
        code=line.code_text,
        was=line.units_wanted,
        now=units,
    )
    _close_answered_codes(session, actor, line.order_id, _reason(reason))
    _go_on(session, actor, line.order_id)
    return int(line.order_id)


def add_line(session: Session, actor: Actor, order_id: int, item_id: int, units: int, reason: str) -> None:
    """One more title for the order. Refused once it is released."""
    _open_for_change(session, order_id)
    item = _item(session, item_id)
    if not 1 <= units <= MOST_UNITS:
        raise Invalid("orders.units_out_of_range", most=MOST_UNITS)
    last = session.execute(select(func.max(LINE.c.position)).where(LINE.c.order_id == order_id)).scalar()
    session.execute(
        insert(LINE),
        {
            "order_id": order_id,
            "position": (last or 0) + 1,
            "item_id": item_id,
            "code_text": item.isbn13 or item.sku,
            "title_text": item.title,
            "price_minor": 0,
            "units_wanted": units,
        },
    )
    _count_again(session, order_id)
    journal.note(
        session, actor, "add_line", "order", order_id, reason=_reason(reason), item=item_id, units=units
    )
    _close(session, actor, _open_holds(session, order_id, ("no_detail_rows",)), MENDED, _reason(reason))
    _go_on(session, actor, order_id)


def choose_when_short(session: Session, actor: Actor, order_id: int, when_short: str, reason: str) -> None:
    """What the customer wants where stock is short (ORD-5): wait, part shipment, or cancel the missing lines.
    Closes the hold that asked for it. Refused once the order is released."""
    _open_for_change(session, order_id)
    if when_short not in WHEN_SHORT:
        raise Invalid("orders.no_such_choice")
    session.execute(update(ORDER).where(ORDER.c.id == order_id).values(when_short=when_short))
    journal.note(
        session, actor, "choose_when_short", "order", order_id, reason=_reason(reason), now=when_short
    )
    _close(session, actor, _open_holds(session, order_id, ("short",)), MENDED, _reason(reason))
    _go_on(session, actor, order_id)


def _item(session: Session, item_id: int) -> Any:
    item = session.execute(select(Item.isbn13, Item.sku, Item.title).where(Item.id == item_id)).one_or_none()
    if item is None:
        raise NotFound("orders.no_such_item")
    return item


def _count_again(session: Session, order_id: int) -> None:
    lines, units = session.execute(
        select(func.count(), func.sum(LINE.c.units_wanted))
        .where(LINE.c.order_id == order_id, LINE.c.is_service.is_(False))
    ).one()
    if not lines:
        raise Invalid("orders.last_line")
    session.execute(
        update(ORDER).where(ORDER.c.id == order_id).values(lines_count=lines, units_wanted=int(units))
    )


# --- Holds
# -----------------------------------------------------------------------------------------------------------


def _close_answered_codes(session: Session, actor: Actor, order_id: int, reason: str) -> None:
    """Close the holds about codes of which no line waits for its item any more."""
    waiting = set(session.execute(
        select(LINE.c.code_text)
        .where(LINE.c.order_id == order_id, LINE.c.item_id.is_(None), LINE.c.is_service.is_(False))
    ).scalars())
    holds = session.execute(
        select(HOLD.c.id, HOLD.c.facts).where(
            HOLD.c.order_id == order_id,
            HOLD.c.lifted_at.is_(None),
            HOLD.c.reason.in_(("unknown_isbn", "which_item")),
        )
    )
    _close(session, actor, [row.id for row in holds if row.facts["code_text"] not in waiting], MENDED, reason)


def _open_holds(session: Session, order_id: int, reasons: tuple[str, ...]) -> list[int]:
    return list(session.execute(
        select(HOLD.c.id)
        .where(HOLD.c.order_id == order_id, HOLD.c.lifted_at.is_(None), HOLD.c.reason.in_(reasons))
    ).scalars())


def _close(session: Session, actor: Actor, hold_ids: list[int], decision: str, reason: str) -> None:
    for hold_id in hold_ids:
        closed = session.execute(
            update(HOLD).where(HOLD.c.id == hold_id, HOLD.c.lifted_at.is_(None))
            .values(lifted_at=actor.at, lifted_by=actor.person_id, decision=decision, decision_reason=reason))
        if closed.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict("orders.hold_closed")


def _go_on(session: Session, actor: Actor, order_id: int) -> None:
    """Confirm the order if nothing holds it any more; with units in its tote it goes to the bench."""
    order = session.execute(select(ORDER.c.state, ORDER.c.confirmed_at).where(ORDER.c.id == order_id)).one()
    still_open = session.execute(
        select(func.count()).select_from(HOLD).where(HOLD.c.order_id == order_id, HOLD.c.lifted_at.is_(None))
    ).scalar_one()
    if order.state != HELD or still_open:
        return
    picked = session.execute(
        select(func.sum(LINE.c.units_picked)).where(LINE.c.order_id == order_id)
    ).scalar() or 0
    if picked:
        values = {"state": ORDER_FLOW.step(HELD, "resume"), "picked_at": actor.at}
    else:
        # Nothing is in its tote and nothing reserved: it waits for its release like a new one.
        values = {"state": ORDER_FLOW.step(ORDER_FLOW.step(HELD, "lift"), "confirm"), "released_at": None,
                  "confirmed_at": order.confirmed_at or actor.at}
    session.execute(update(ORDER).where(ORDER.c.id == order_id).values(**values))
    journal.note(session, actor, "confirm", "order", order_id, state=values["state"])


def _locked(session: Session, order_id: int) -> Any:
    """The order's row, locked; two people at the desk decide one after the other."""
    order = session.execute(select(ORDER).where(ORDER.c.id == order_id).with_for_update()).one_or_none()
    if order is None:
        raise NotFound("orders.no_such_order")
    return order


def _open_for_change(session: Session, order_id: int) -> None:
    order = _locked(session, order_id)
    if order.state not in STILL_OPEN or order.released_at is not None:
        raise Conflict("orders.too_late_for_lines")


def _reason(text: str) -> str:
    """A reason as it is kept. Refused where there is none: a decision without one explains nothing later."""
    reason = " ".join(text.split())
    if not reason:
        raise Invalid("orders.reason_needed")
    return reason[:REASON_LIMIT]
