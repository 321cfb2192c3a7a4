"""The desk's side of what customers must hear (EXC-3): look at the suggested letter, change it, let it go, or say that
the customer was told by phone or need not hear. What goes out is sealed with its version of the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import letters
from warehouse.domain.messages import (
    DRAFT,
    EMAIL,
    FAILED,
    IN_HAND,
    MESSAGE_FLOW,
    PHONE,
    REVIEWED,
    TOPICS,
    WANTED,
    is_out_of_date,
)
from warehouse.domain.orders import Recipient
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.messages import Message, MessageTemplate
from warehouse.models.orders import Order
from warehouse.models.shipping import Carrier
from warehouse.services import customer, journal, orders_review
from warehouse.services.orders_import import seal_place
from warehouse.vault import mask_remark

MESSAGE, TEMPLATE, ORDER = Message.__table__, MessageTemplate.__table__, Order.__table__
NOTE_LIMIT = 500
# What the clock says in `done_note` and `last_error` in place of words; sentences are `messages.reason_…`.
NO_EMAIL = "no_email"

ROW = (
    select(MESSAGE, ORDER.c.number, ORDER.c.state.label("order_state"), ORDER.c.channel.label("shop_channel"),
           ORDER.c.source_number, ORDER.c.recipient)
    .join(ORDER, ORDER.c.id == MESSAGE.c.order_id))


@dataclass(frozen=True)
class Suggestion:
    """What could be sent. `{name}` and `{link}` stand in it until it goes; `missing` must be written by a person.
    `template_id` is None where no text is reviewed."""

    letter: letters.Letter
    template_id: int | None
    sends_itself: bool
    has_email: bool


def suggest(session: Session, message_id: int, shop: letters.Shop) -> Suggestion:
    """The current text of the topic in the customer's language, filled with what is known. Changes nothing."""
    return _suggest(session, _found(session, message_id), shop)


def queue(
    session: Session, actor: Actor, message_id: int, subject: str, body: str, shop: letters.Shop,
    *, template_id: int | None = None,
) -> None:
    """Let a letter go by e-mail with this text. Refused: no usable address, a name in braces that nobody has written,
    a message that is sent, told or dropped already."""
    row = _locked(session, message_id)
    if template_id is not None:
        _judge_text(session, template_id, row)
    _queue(session, actor, row, letters.Letter(subject, body), template_id, shop, by_itself=False)
    journal.note(session, actor, "queue", "message", message_id, why=row.why)


def queue_many(
    session: Session, actor: Actor, message_ids: Sequence[int], shop: letters.Shop
) -> tuple[int, int]:
    """Let several go with their suggested letters; how many went, and how many stay because they need care, have no
    address, or want words that nobody has written yet."""
    queued = 0
    ids = sorted(set(message_ids))
    for message_id in ids:
        row = _locked(session, message_id)
        if row.state not in {WANTED, FAILED} or TOPICS[row.why].needs_care:
            continue
        queued += try_to_queue(session, actor, row, shop, by_itself=False)
    return queued, len(ids) - queued


def try_to_queue(session: Session, actor: Actor, row: Any, shop: letters.Shop, *, by_itself: bool) -> bool:
    """Queue with the suggested letter, where it is whole and there is an address for it."""
    if _is_old(row):
        return False
    found = _suggest(session, row, shop)
    if found.letter.missing or found.template_id is None or not found.has_email:
        return False
    if by_itself and not found.sends_itself:
        return False
    try:
        _queue(session, actor, row, found.letter, found.template_id, shop, by_itself=by_itself)
    except Invalid:
        return False
    journal.note(session, actor, "queue", "message", row.id, why=row.why)
    return True


def take_back(session: Session, actor: Actor, message_id: int) -> None:
    """Stop a letter that has not left yet. Refused while a mail server is being told it."""
    row = _locked(session, message_id)
    state = MESSAGE_FLOW.step(row.state, "take_back")
    if row.tries and not row.last_error and row.next_try_at > actor.at:
        raise Conflict("messages.in_hand", minutes=int(IN_HAND.total_seconds() // 60))
    _keep(session, message_id, state=state, channel="", sealed=None, template_id=None, queued_at=None, tries=0,
          next_try_at=None, last_error="")
    journal.note(session, actor, "take_back", "message", message_id)


def told(session: Session, actor: Actor, message_id: int, note: str) -> None:
    """The customer was told by phone; `note` is what was said. Numbers in it are kept masked."""
    row = _locked(session, message_id)
    state = MESSAGE_FLOW.step(row.state, "tell")
    _keep(session, message_id, state=state, channel=PHONE, done_at=actor.at, done_by=actor.person_id,
          done_note=mask_remark(_note(note)))
    journal.note(session, actor, "tell", "message", message_id, why=row.why)


def drop(session: Session, actor: Actor, message_id: int, reason: str) -> None:
    """The customer need not hear, with a reason."""
    row = _locked(session, message_id)
    state = MESSAGE_FLOW.step(row.state, "drop")
    reason = mask_remark(_note(reason))
    _keep(session, message_id, state=state, done_at=actor.at, done_by=actor.person_id, done_note=reason)
    journal.note(session, actor, "drop", "message", message_id, reason=reason, why=row.why)


def open_phone(session: Session, actor: Actor, message_id: int) -> Recipient:
    """Whom to call, unmasked: a recorded act of a person with that right (SEC-1)."""
    return orders_review.open_recipient(session, actor, _found(session, message_id).order_id)


@dataclass(frozen=True)
class Opened:
    """A letter as it was or will be sent."""

    to: str
    subject: str
    body: str


def open_letter(session: Session, actor: Actor, message_id: int) -> Opened:
    """What the customer was written, unsealed: a recorded act of a person with that right (SEC-1)."""
    if not actor.may("open_personal"):
        raise NotAllowed("orders.may_not_open")
    row = _found(session, message_id)
    if row.sealed is None:
        raise NotFound("messages.nothing_written")
    journal.note(session, actor, "open_personal", "message", message_id, order=row.number)
    box = session.info["vault"].unseal(row.sealed, place_of(message_id))
    return Opened(box["to"], box["subject"], box["body"])


def place_of(message_id: int) -> str:
    """What a sealed letter is bound to."""
    return f"message:{message_id}"


def recipient_of(session: Session, row: Any) -> Recipient:
    return Recipient(**session.info["vault"].unseal(row.recipient, seal_place(row.shop_channel, row.source_number)))


def _suggest(session: Session, row: Any, shop: letters.Shop) -> Suggestion:
    text = session.execute(
        select(TEMPLATE.c.id, TEMPLATE.c.subject, TEMPLATE.c.body, TEMPLATE.c.sends_itself)
        .where(TEMPLATE.c.code == row.why, TEMPLATE.c.language == row.language, TEMPLATE.c.state == REVIEWED)
        .order_by(TEMPLATE.c.version.desc()).limit(1)).one_or_none()
    has_email = bool(recipient_of(session, row).email)
    if text is None:
        return Suggestion(letters.Letter("", ""), None, sends_itself=False, has_email=has_email)
    words = words_of(session, row, shop)
    return Suggestion(letters.suggest(text.subject, text.body, words), text.id, text.sends_itself, has_email)


def words_of(session: Session, row: Any, shop: letters.Shop) -> dict[str, str]:
    """What the letter may say of this message; the customer's name and link as names in braces."""
    words = letters.fact_words(row.facts, row.language, shop.time_zone)
    is_chinese = row.language == i18n.CHINESE
    if code := words.get("carrier"):
        name = Carrier.name_zh if is_chinese else Carrier.name_en
        words["carrier"] = session.execute(select(name).where(Carrier.code == code)).scalar() or code
    if reason := words.get("reason"):
        code = f"messages.reason_{reason}"
        words["reason"] = i18n.say(row.language, code) if i18n.has_sentence(code) else reason
    return {
        **words, "order": row.source_number, "shop": shop.name_zh if is_chinese else shop.name,
        letters.NAME: f"{{{letters.NAME}}}", letters.LINK: f"{{{letters.LINK}}}" if shop.public_url else "",
    }


def _queue(
    session: Session, actor: Actor, row: Any, text: letters.Letter, template_id: int | None, shop: letters.Shop,
    *, by_itself: bool,
) -> None:
    state = MESSAGE_FLOW.step(row.state, "queue")
    if _is_old(row):
        raise Conflict("messages.out_of_date", order=row.number)
    who = recipient_of(session, row)
    to = letters.check_address(who.email)
    link = shop.address_of(customer.link_of(session, row.order_id)) if shop.public_url else ""
    done = letters.finish(text.subject, text.body, name=who.name, link=link)
    box = {"to": to, "subject": done.subject, "body": done.body, "by_itself": by_itself}
    _keep(session, row.id, state=state, channel=EMAIL, template_id=template_id, queued_at=actor.at, tries=0,
          next_try_at=actor.at, last_error="", sealed=session.info["vault"].seal(box, place_of(row.id)),
          done_by=None if by_itself else actor.person_id)


def _is_old(row: Any) -> bool:
    return is_out_of_date(row.why, row.order_state, is_of_return=row.return_id is not None)


def _judge_text(session: Session, template_id: int, row: Any) -> None:
    """The version that the letter was begun from belongs to its topic and was reviewed."""
    text = session.execute(select(TEMPLATE.c.code, TEMPLATE.c.state).where(TEMPLATE.c.id == template_id)).one_or_none()
    if text is None or text.code != row.why or text.state == DRAFT:
        raise Invalid("messages.no_such_text")


def _found(session: Session, message_id: int) -> Any:
    row = session.execute(ROW.where(MESSAGE.c.id == message_id)).one_or_none()
    if row is None:
        raise NotFound("messages.no_such_message")
    return row


def _locked(session: Session, message_id: int) -> Any:
    row = session.execute(ROW.where(MESSAGE.c.id == message_id).with_for_update(of=MESSAGE)).one_or_none()
    if row is None:
        raise NotFound("messages.no_such_message")
    return row


def _keep(session: Session, message_id: int, **values: Any) -> None:
    session.execute(update(MESSAGE).where(MESSAGE.c.id == message_id).values(**values))


def _note(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise Invalid("messages.reason_wanted")
    if len(text) > NOTE_LIMIT:
        raise Invalid("common.text_too_long", most=NOTE_LIMIT)
    return text
