"""People, tablets, and who is signed in where."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (CheckConstraint("language IN ('en', 'zh-Hans')", name="language"),)

    id: Mapped[int] = key()
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    badge: Mapped[str] = mapped_column(unique=True)
    pin_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Device(Base):
    """A tablet or desk, known by a cookie; only the hash of its key is kept."""

    __tablename__ = "device"

    id: Mapped[int] = key()
    token_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignIn(Base):
    """One person's turn at one device: from PIN to next badge, leave, idle end, or revocation."""

    __tablename__ = "sign_in"

    id: Mapped[int] = key()
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
