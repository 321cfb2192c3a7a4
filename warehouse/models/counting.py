"""Stocktakes: sessions, the shelves to count, what was counted, and what was made of it (STK-3)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, BigKey, key


class CountSession(Base):
    """One stocktake. `scope` is what was asked for, as data (zone, classes, publisher, codes, day). A difference
    within both tolerances is posted at once; one worth more than `approval_minor` needs a lead who did not count."""

    __tablename__ = "count_session"
    __table_args__ = (Index("ix_count_session_state", "state"),)

    id: Mapped[int] = key()
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str]
    scope: Mapped[dict[str, Any]] = mapped_column(JSON)
    tolerance_units: Mapped[int]
    tolerance_minor: Mapped[int]
    approval_minor: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class CountTask(Base):
    """One shelf, counted once by one person. `covers_shelf`: everything on it; else only the titles that its lines
    name. Round 2 and 3 are recounts by others. `heartbeat_at` is the last sign of who has it."""

    __tablename__ = "count_task"
    __table_args__ = (
        UniqueConstraint("session_id", "location_id", "round"),
        CheckConstraint("round BETWEEN 1 AND 3", name="round"),
        Index("ix_count_task_location_id_counted_at", "location_id", "counted_at"),
    )

    id: Mapped[int] = key()
    session_id: Mapped[int] = mapped_column(ForeignKey("count_session.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    round: Mapped[int] = mapped_column(default=1)
    covers_shelf: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    heartbeat_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    counted_at: Mapped[datetime | None]


class CountLine(Base):
    """One title on one counted shelf, all its conditions together; or a code that nobody knows, with the titles
    scanned before and after it. `units_counted` is empty while it is only asked for. `on_record`, `moves_seen` and
    `last_move_id` are what the ledger said at `counted_at`, the line's own time; no payload of a counter has them."""

    __tablename__ = "count_line"
    __table_args__ = (
        UniqueConstraint("task_id", "item_id"),
        CheckConstraint("units_counted >= 0 AND units_damaged >= 0", name="units"),
        CheckConstraint("item_id IS NOT NULL OR code <> ''", name="names_something"),
        Index("ix_count_line_item_id", "item_id"),
    )

    id: Mapped[int] = key()
    task_id: Mapped[int] = mapped_column(ForeignKey("count_task.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    code: Mapped[str] = mapped_column(default="")
    previous_item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    next_item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    is_asked: Mapped[bool] = mapped_column(default=False)
    units_counted: Mapped[int | None]
    units_damaged: Mapped[int] = mapped_column(default=0)
    on_record: Mapped[int | None]
    moves_seen: Mapped[int | None]
    last_move_id: Mapped[int | None]
    counted_at: Mapped[datetime | None]
    settled_as: Mapped[str] = mapped_column(default="")


class CountResult(Base):
    """What became of one title on one shelf of a session: its difference, and how that was decided. `units` is the
    difference that was found, `units_posted` what the ledger got (moves that point here). Value in minor units of
    the item's own currency, at the time."""

    __tablename__ = "count_result"
    __table_args__ = (
        UniqueConstraint("session_id", "location_id", "item_id"),
        Index("ix_count_result_item_id", "item_id"),
        Index("ix_count_result_state", "state"),
    )

    id: Mapped[int] = key()
    session_id: Mapped[int] = mapped_column(ForeignKey("count_session.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("count_line.id"))
    state: Mapped[str]
    on_record: Mapped[int]
    counted: Mapped[int]
    units: Mapped[int]
    units_posted: Mapped[int] = mapped_column(default=0)
    value_minor: Mapped[int] = mapped_column(BigKey)
    cause: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
