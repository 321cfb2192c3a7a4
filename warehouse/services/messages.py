"""What customers must hear, put down where it happens (EXC-3). Writing and sending: `messages_desk`, `outbox`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from warehouse.domain.messages import MESSAGE_FLOW, TOPICS
from warehouse.domain.people import Actor
from warehouse.models.messages import Message
from warehouse.models.orders import Order

MESSAGE = Message.__table__


def want(
    session: Session, actor: Actor, order_id: int, why: str, *, key: str, due_at: datetime | None = None,
    incident_id: int | None = None, return_id: int | None = None, **facts: Any,
) -> int | None:
    """Put down that a customer must hear something; the message's id, None where this `key` was put down before.
    `why` is one of `domain.messages.TOPICS`; facts are plain values and never personal data."""
    language = session.execute(select(Order.language).where(Order.id == order_id)).scalar_one()
    row = new_row(actor, order_id, why, key, language, facts)
    row |= {"incident_id": incident_id, "return_id": return_id, "due_at": due_at or row["due_at"]}
    made = keep_new(session, [row])
    return made[0] if made else None


def new_row(
    actor: Actor, order_id: int, why: str, key: str, language: str, facts: dict[str, Any]
) -> dict[str, Any]:
    """A message as it begins."""
    return {
        "key": f"{why}:{key}", "order_id": order_id, "incident_id": None, "return_id": None, "why": why,
        "facts": facts, "language": language, "state": MESSAGE_FLOW.start, "channel": "", "wanted_at": actor.at,
        "due_at": actor.at + timedelta(hours=TOPICS[why].hours), "tries": 0, "last_error": "", "done_note": "",
    }


def keep_new(session: Session, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Ids of those whose key was not there yet; the others stay as they are."""
    engine = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return list(session.execute(
        engine.insert(MESSAGE).values(rows).on_conflict_do_nothing(index_elements=["key"])
        .returning(MESSAGE.c.id)).scalars())
