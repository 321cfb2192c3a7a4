"""The clock's side of what customers must hear (SHP-3): letters that send themselves, and each mail handed to one
process at a time. A mail goes out between two transactions: `claim` before, `sent` or `not_sent` after."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from warehouse.domain import letters
from warehouse.domain.messages import (
    IN_HAND,
    MESSAGE_FLOW,
    PHONE,
    QUEUED,
    REVIEWED,
    TO_TELL,
    TOPICS,
    WANTED,
    wait_after,
)
from warehouse.domain.people import Actor
from warehouse.models.messages import Message, MessageTemplate
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.services import journal, messages, messages_desk

MESSAGE, TEMPLATE, ORDER, PARCEL = (
    Message.__table__, MessageTemplate.__table__, Order.__table__, Parcel.__table__)
# An order dispatched longer ago than this is no news.
NEWS = timedelta(days=2)
# Messages a step makes or writes in one transaction.
LOT = 100
ERROR_LIMIT = 300


def want_dispatched(session: Session, actor: Actor, *, time_zone: str, most: int = LOT) -> int:
    """Put down for each order that left lately that its customer must hear it, once; how many. Beside the hand-over, so
    that the dock waits for nothing. An order without an e-mail address needs no call for this: it is put down as
    dropped, and its customer's page says it."""
    orders = untold(session, actor.at, most=most)
    if not orders:
        return 0
    parcels = _parcels(session, [row.id for row in orders])
    rows = []
    for order in orders:
        facts = _parcel_facts(parcels.get(order.id, []), time_zone)
        row = messages.new_row(actor, order.id, "dispatched", str(order.id), order.language, facts)
        if not messages_desk.recipient_of(session, order).email:
            row |= {"state": MESSAGE_FLOW.step(WANTED, "drop"), "done_note": messages_desk.NO_EMAIL}
        rows.append(row | {"done_at": None if row["state"] == WANTED else actor.at})
    return len(messages.keep_new(session, rows))


def untold(session: Session, at: datetime, *, most: int = LOT) -> list[Any]:
    """Orders that left lately and whose customers nobody has put down to tell; changes nothing."""
    key = literal("dispatched:") + cast(ORDER.c.id, String)
    return list(session.execute(
        select(ORDER.c.id, ORDER.c.language, ORDER.c.channel.label("shop_channel"), ORDER.c.source_number,
               ORDER.c.recipient)
        .where(ORDER.c.dispatched_at >= at - NEWS, ~select(MESSAGE.c.id).where(MESSAGE.c.key == key).exists())
        .order_by(ORDER.c.dispatched_at, ORDER.c.id).limit(most)).all())


def drop_out_of_date(session: Session, actor: Actor, *, most: int = LOT) -> int:
    """Drop what would tell customers what is no longer so: their order was called off, left or arrived meanwhile. How
    many. The reason kept is that state. A letter that a mail server is being told now is left alone."""
    rows = out_of_date(session, actor.at, most=most, locks=True)
    for row in rows:
        # One in the outbox is stopped first.
        state = MESSAGE_FLOW.step(row.state, "take_back") if row.state == QUEUED else row.state
        reason = f"order_{row.order_state}"
        session.execute(update(MESSAGE).where(MESSAGE.c.id == row.id).values(
            state=MESSAGE_FLOW.step(state, "drop"), done_at=actor.at, done_note=reason, next_try_at=None))
        journal.note(session, actor, "drop", "message", row.id, reason=reason, why=row.why)
    return len(rows)


def out_of_date(session: Session, at: datetime, *, most: int = LOT, locks: bool = False) -> list[Any]:
    """Messages that have nothing to say any more (`domain.messages.is_out_of_date`); changes nothing."""
    ends = [(why, state) for why, topic in TOPICS.items() for state in topic.ends]
    is_free = or_(MESSAGE.c.tries == 0, MESSAGE.c.last_error != "", MESSAGE.c.next_try_at <= at)
    found = (
        select(MESSAGE.c.id, MESSAGE.c.state, MESSAGE.c.why, ORDER.c.state.label("order_state"))
        .join(ORDER, ORDER.c.id == MESSAGE.c.order_id)
        .where(or_(MESSAGE.c.state.in_(TO_TELL), (MESSAGE.c.state == QUEUED) & is_free),
               MESSAGE.c.return_id.is_(None), tuple_(MESSAGE.c.why, ORDER.c.state).in_(ends))
        .order_by(MESSAGE.c.id).limit(most))
    return list(session.execute(found.with_for_update(of=MESSAGE, skip_locked=True) if locks else found).all())


def queue_what_sends_itself(session: Session, actor: Actor, shop: letters.Shop, *, most: int = LOT) -> int:
    """Queue what is wanted and whose reviewed text sends itself; how many. What cannot go so (no address, something
    missing) is left to the phone and not looked at again."""
    by_itself = select(TEMPLATE.c.id).where(
        TEMPLATE.c.code == MESSAGE.c.why, TEMPLATE.c.language == MESSAGE.c.language, TEMPLATE.c.state == REVIEWED,
        TEMPLATE.c.sends_itself.is_(True)).exists()
    rows = session.execute(
        messages_desk.ROW.where(MESSAGE.c.state == WANTED, MESSAGE.c.channel == "", by_itself)
        .order_by(MESSAGE.c.id).limit(most).with_for_update(of=MESSAGE, skip_locked=True)).all()
    queued = 0
    for row in rows:
        if messages_desk.try_to_queue(session, actor, row, shop, by_itself=True):
            queued += 1
        else:
            session.execute(update(MESSAGE).where(MESSAGE.c.id == row.id).values(channel=PHONE))
    return queued


@dataclass(frozen=True, repr=False)
class Mail:
    """A letter in hand. `key` stays the same for each try of the same letter. Has no repr: it must not end in a log."""

    id: int
    tries: int
    key: str
    to: str
    subject: str
    body: str
    language: str
    by_itself: bool


def claim(session: Session, at: datetime) -> Mail | None:
    """Take the mail that has waited longest in hand for `IN_HAND`; None where none waits. Of several processes one
    gets it: the row is found and taken by one statement."""
    waits = (MESSAGE.c.state == QUEUED, MESSAGE.c.next_try_at <= at)
    first = (select(MESSAGE.c.id).where(*waits).order_by(MESSAGE.c.next_try_at, MESSAGE.c.id).limit(1)
             .with_for_update(skip_locked=True).scalar_subquery())
    row = session.execute(
        update(MESSAGE).where(MESSAGE.c.id == first, *waits)
        .values(next_try_at=at + IN_HAND, tries=MESSAGE.c.tries + 1, last_error="")
        .returning(MESSAGE.c.id, MESSAGE.c.tries, MESSAGE.c.queued_at, MESSAGE.c.language, MESSAGE.c.sealed)
    ).one_or_none()
    if row is None:
        return None
    box = session.info["vault"].unseal(row.sealed, messages_desk.place_of(row.id))
    key = f"{row.id}.{round(row.queued_at.timestamp() * 1000)}"
    return Mail(row.id, row.tries, key, box["to"], box["subject"], box["body"], row.language, box["by_itself"])


def sent(session: Session, mail_id: int, at: datetime) -> None:
    """A mail server has taken it."""
    session.execute(
        update(MESSAGE).where(MESSAGE.c.id == mail_id, MESSAGE.c.state == QUEUED)
        .values(state=MESSAGE_FLOW.step(QUEUED, "send"), done_at=at, next_try_at=None, last_error=""))


def not_sent(session: Session, mail_id: int, tries: int, at: datetime, words: str, *, for_good: bool) -> bool:
    """A mail server, or nobody, has not taken it: it waits for its next try, or a person must look (True). Changes
    nothing where another process has it in hand by now."""
    wait = None if for_good else wait_after(tries)
    values: dict[str, Any] = {"last_error": words[:ERROR_LIMIT] or "?"}
    if wait is None:
        values |= {"state": MESSAGE_FLOW.step(QUEUED, "fail"), "next_try_at": None}
    else:
        values["next_try_at"] = at + wait
    session.execute(
        update(MESSAGE).where(MESSAGE.c.id == mail_id, MESSAGE.c.state == QUEUED, MESSAGE.c.tries == tries)
        .values(values))
    return wait is None


def _parcels(session: Session, order_ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in session.execute(
        select(PARCEL.c.order_id, PARCEL.c.carrier_code, PARCEL.c.tracking_number, PARCEL.c.expected_by)
        .where(PARCEL.c.order_id.in_(order_ids), PARCEL.c.handed_over_at.is_not(None)).order_by(PARCEL.c.id)
    ):
        found.setdefault(row.order_id, []).append(row)
    return found


def _parcel_facts(parcels: list[Any], time_zone: str) -> dict[str, Any]:
    """Carrier, all numbers, and the day on which the last parcel should be there."""
    facts: dict[str, Any] = {}
    if parcels:
        facts["carrier"] = parcels[0].carrier_code
    if numbers := [parcel.tracking_number for parcel in parcels if parcel.tracking_number]:
        facts["tracking"] = ", ".join(numbers)
    if days := [parcel.expected_by for parcel in parcels if parcel.expected_by]:
        facts["expected"] = max(days).astimezone(ZoneInfo(time_zone)).date().isoformat()
    return facts
