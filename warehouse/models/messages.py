"""What customers must hear: reviewed texts, and every message with its fate (SHP-3, EXC-3)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class MessageTemplate(Base):
    """One version of a text in one language. Used once somebody other than its author has reviewed it; a later
    version retires it. One that `sends_itself` is queued without a person."""

    __tablename__ = "message_template"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'reviewed', 'retired')", name="state"),
        UniqueConstraint("code", "language", "version"),
    )

    id: Mapped[int] = key()
    code: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    sends_itself: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Message(Base):
    """Something that one customer must hear. `why` is the code of its template, `key` what makes it this one and no
    second: the same thing is told once. What is sent (to, subject, text) is sealed; `facts` are never personal."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("channel IN ('', 'email', 'phone')", name="channel"),
        Index("ix_message_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = key()
    key: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), index=True)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    return_id: Mapped[int | None] = mapped_column(ForeignKey("customer_return.id"))
    why: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    language: Mapped[str]
    state: Mapped[str]
    channel: Mapped[str] = mapped_column(default="")
    template_id: Mapped[int | None] = mapped_column(ForeignKey("message_template.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    wanted_at: Mapped[datetime]
    due_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    done_note: Mapped[str] = mapped_column(default="")
