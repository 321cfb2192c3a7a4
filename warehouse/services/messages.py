"""What customers must hear, as it is put down where it happens (EXC-3). Writing and sending: `outbox`."""

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
    topic = TOPICS[why]
    language = session.execute(select(Order.language).where(Order.id == order_id)).scalar_one()
    engine = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return session.execute(
        engine.insert(MESSAGE).values(
            key=f"{why}:{key}", order_id=order_id, incident_id=incident_id, return_id=return_id, why=why, facts=facts,
            language=language, state=MESSAGE_FLOW.start, channel="", wanted_at=actor.at,
            due_at=due_at or actor.at + timedelta(hours=topic.hours), tries=0, last_error="", done_note="",
        ).on_conflict_do_nothing(index_elements=["key"]).returning(MESSAGE.c.id)).scalar()
