"""The review desk (ORD-2, ORD-3, ORD-5): holds are lifted or answered by a person, with a reason that is kept.

An order whose last hold is closed goes on by itself: confirmed, or to where its units lie already.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from warehouse.domain.orders import HELD, PAID, PICKING, RELEASED, Recipient
from warehouse.domain.people import Actor
from warehouse.domain.review import ADDRESS_HOLDS
from warehouse.domain.waves import CANCEL, WAIT
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.services import journal, messages, orders_fetch, orders_units, refunds, shifts
from warehouse.services.orders_import import items_of, seal_place
from warehouse.services.orders_units import Underway
from warehouse.vault import Vault

ORDER = Order.__table__
LINE = OrderLine.__table__
HOLD = Hold.__table__

LIFTED, MENDED = "lifted", "mended"
# These holds say that something is missing: a reason alone does not close them.
MUST_MEND = frozenset({"unknown_isbn", "which_item", "no_detail_rows", "masked_address", "missing_address"})
# These say that units are missing: the customer's choice answers them.
SHORT_HOLDS = ("short", "short_at_pick", "nothing_found", "damaged_at_pack", "missing_at_pack")
WHEN_SHORT = ("wait", "part", "cancel")
REASON_LIMIT = 200


def lift(session: Session, actor: Actor, hold_id: int, reason: str) -> int:
    """Close a hold as it is; the id of its order. Refused without a reason, and where something must be mended."""
    why, row = read_reason(reason), _hold(session, hold_id)
    if row.reason in MUST_MEND:
        raise Invalid("orders.must_be_mended")
    under, = orders_units.lock(session, row.order_id)
    close_holds(session, actor, [hold_id], LIFTED, why)
    journal.note(session, actor, "lift", "order", row.order_id, reason=why, hold=row.reason)
    confirm_if_free(session, actor, under, why)
    return int(row.order_id)


def mark_paid(session: Session, actor: Actor, hold_id: int, proof: str) -> int:
    """The money has come after all (ORD-3): the order is paid, its hold closed with the proof, and its clocks run from
    now on; its id."""
    why, row = read_reason(proof), _hold(session, hold_id)
    if row.reason != "not_paid":
        raise Conflict("orders.not_about_payment")
    under, = orders_units.lock(session, row.order_id)
    close_holds(session, actor, [hold_id], MENDED, why)
    under.order.payment = PAID
    shifts.start_clocks(session, actor, under.order)
    session.flush()
    journal.note(session, actor, "mark_paid", "order", row.order_id, reason=why)
    confirm_if_free(session, actor, under, why)
    return int(row.order_id)


def ask_customer(session: Session, actor: Actor, hold_id: int) -> int:
    """Only the customer can answer this one: put down what they are asked; the order's id, which stays held."""
    row = _hold(session, hold_id)
    if row.lifted_at is not None:
        raise Conflict("orders.hold_closed")
    why, facts = "ask_address", {}
    if row.reason in SHORT_HOLDS:
        line = session.execute(
            select(LINE.c.title_text, LINE.c.units_short).where(LINE.c.order_id == row.order_id)
            .order_by(LINE.c.units_short.desc(), LINE.c.position).limit(1)).one()
        why, facts = "ask_choice", {"title": line.title_text, "n": line.units_short or 1}
    elif row.reason not in ADDRESS_HOLDS:
        why = "question"
    if messages.want(session, actor, row.order_id, why, key=f"{row.order_id}:{hold_id}", **facts) is None:
        raise Conflict("orders.asked_already")
    journal.note(session, actor, "ask_customer", "order", row.order_id, hold=row.reason, why=why)
    return int(row.order_id)


def _hold(session: Session, hold_id: int) -> Any:
    row = session.execute(select(HOLD).where(HOLD.c.id == hold_id)).one_or_none()
    if row is None:
        raise NotFound("orders.no_such_hold")
    return row


# --- What an order is about ------------------------------------------------------------------------------------------


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
    return unsealed(session, row)


def open_recipients(session: Session, actor: Actor, order_id: int) -> tuple[Recipient, Recipient | None]:
    """The recipient unmasked, and as the file said it where somebody mended it: one recorded act."""
    now = open_recipient(session, actor, order_id)
    row = session.execute(
        select(ORDER.c.channel, ORDER.c.source_number, ORDER.c.recipient_original.label("recipient"))
        .where(ORDER.c.id == order_id)).one()
    return now, unsealed(session, row) if row.recipient is not None else None


def unsealed(session: Session, row: Any) -> Recipient:
    """Who gets an order; for rules that compare or change it. Showing it to somebody is `open_recipient`."""
    vault: Vault = session.info["vault"]
    text = vault.unseal(row.recipient, seal_place(row.channel, row.source_number))
    return Recipient(**{name: text.get(name, "") for name in asdict(Recipient())})


def recheck_codes(session: Session, actor: Actor, order_id: int) -> int:
    """Look the order's unknown codes up again, after a catalogue import; how many lines found their item."""
    under, = orders_units.lock(session, order_id)
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
        close_answered_codes(session, actor, order_id, "catalogue")
        confirm_if_free(session, actor, under, "catalogue")
    return found


def choose_when_short(session: Session, actor: Actor, order_id: int, when_short: str, reason: str) -> None:
    """What the customer wants where stock is short (ORD-5): wait, part shipment, or cancel what is missing. Answers
    the holds that asked for it; one that has units in its tote goes on waiting where it is to wait."""
    why = read_reason(reason)
    if when_short not in WHEN_SHORT:
        raise Invalid("orders.no_such_choice")
    under, = orders_units.lock(session, order_id)
    orders_units.refuse_gone(under.order)
    under.order.when_short = when_short
    journal.note(session, actor, "choose_when_short", "order", order_id, reason=why, now=when_short)
    lines = orders_units.lines_of(session, order_id)
    if when_short == CANCEL and any(line.units_reserved for line in lines):
        for line in lines:
            _give_up_short(session, actor, line)
    if when_short != WAIT or not any(line.units_picked for line in lines):
        close_holds(session, actor, open_holds(session, order_id, SHORT_HOLDS), MENDED, why)
    session.flush()
    confirm_if_free(session, actor, under, why)


def _give_up_short(session: Session, actor: Actor, line: OrderLine) -> None:
    if line.units_short:
        messages.want(session, actor, line.order_id, "line_cancelled", key=f"{line.id}:short:{line.units_short}",
                      title=line.title_text, n=line.units_short)
        refunds.ask_for_cancelled(session, actor, line.order_id, {line.id: line.units_short})
    line.units_cancelled += line.units_short
    line.units_short = 0


def fetch_short(session: Session, actor: Actor, order_id: int, reason: str) -> None:
    """The shelves have again what was short: it is fetched, and the order goes on. Refused where they do not."""
    why = read_reason(reason)
    under, = orders_units.lock(session, order_id)
    orders_units.refuse_gone(under.order)
    close_holds(session, actor, open_holds(session, order_id, SHORT_HOLDS), MENDED, why)
    if under.order.state != HELD or under.order.released_at is None:
        raise Conflict("orders.nothing_to_fetch")
    confirm_if_free(session, actor, under, why, fetches=True)
    if under.order.state == HELD:
        raise Conflict("orders.not_on_shelves")
    journal.note(session, actor, "fetch_short", "order", order_id, reason=why)


# --- Holds -----------------------------------------------------------------------------------------------------------


def close_answered_codes(session: Session, actor: Actor, order_id: int, reason: str) -> None:
    """Close the holds about codes of which no line waits for its item any more."""
    waiting = set(session.execute(
        select(LINE.c.code_text).where(LINE.c.order_id == order_id, LINE.c.item_id.is_(None),
                                       LINE.c.is_service.is_(False), LINE.c.units_wanted > 0)).scalars())
    holds = session.execute(
        select(HOLD.c.id, HOLD.c.facts).where(
            HOLD.c.order_id == order_id,
            HOLD.c.lifted_at.is_(None),
            HOLD.c.reason.in_(("unknown_isbn", "which_item")),
        )
    )
    close_holds(session, actor, [row.id for row in holds if row.facts["code_text"] not in waiting], MENDED, reason)


def open_holds(session: Session, order_id: int, reasons: Sequence[str]) -> list[int]:
    """The open holds of an order for some reasons."""
    return list(session.execute(
        select(HOLD.c.id)
        .where(HOLD.c.order_id == order_id, HOLD.c.lifted_at.is_(None), HOLD.c.reason.in_(reasons))
    ).scalars())


def count_open(session: Session, order_id: int) -> int:
    """How many holds of an order are open."""
    return session.execute(
        select(func.count()).select_from(HOLD).where(HOLD.c.order_id == order_id, HOLD.c.lifted_at.is_(None))
    ).scalar_one()


def close_holds(session: Session, actor: Actor, hold_ids: Sequence[int], decision: str, reason: str) -> None:
    """Close holds with what was decided. Refused where somebody else has closed one meanwhile."""
    for hold_id in hold_ids:
        closed = session.execute(
            update(HOLD).where(HOLD.c.id == hold_id, HOLD.c.lifted_at.is_(None))
            .values(lifted_at=actor.at, lifted_by=actor.person_id, decision=decision, decision_reason=reason))
        if closed.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict("orders.hold_closed")


def confirm_if_free(
    session: Session, actor: Actor, under: Underway, reason: str, *, fetches: bool | None = None
) -> None:
    """An order that nothing holds any more goes on. What was let go when it was stopped by hand is fetched again."""
    order = under.order
    if order.state != HELD:
        return
    holds = session.execute(
        select(HOLD.c.reason, HOLD.c.facts, HOLD.c.lifted_at).where(HOLD.c.order_id == order.id)
        .order_by(HOLD.c.id.desc())).all()
    if any(hold.lifted_at is None for hold in holds):
        return
    last = holds[0] if holds else None
    was_picked = last is not None and last.reason == "by_hand" and last.facts.get("was") in (RELEASED, PICKING)
    orders_fetch.go_on(session, actor, under, reason, fetches=was_picked if fetches is None else fetches)


def read_reason(text: str) -> str:
    """A reason as it is kept. Refused where there is none: a decision without one explains nothing later."""
    reason = " ".join(text.split())
    if not reason:
        raise Invalid("orders.reason_needed")
    return reason[:REASON_LIMIT]
