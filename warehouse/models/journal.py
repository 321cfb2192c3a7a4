"""What was done: every scan, every act beyond a scan, every paper (USR-2)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class Scan(Base):
    """One scan, good or bad, with its answer: the same `scan_id` is answered from here again (FLOWS).
    `units` is what its moves add up to: 0 for a refused scan and for a scan that only confirms."""

    __tablename__ = "scan"
    __table_args__ = (
        CheckConstraint("outcome IN ('accepted', 'refused', 'choose')", name="outcome"),
        CheckConstraint("outcome = 'accepted' OR units = 0", name="refused_moves_nothing"),
        Index("ix_scan_person_id_at", "person_id", "at"),
        Index("ix_scan_task_task_id", "task", "task_id"),
    )

    id: Mapped[int] = key()
    scan_id: Mapped[str] = mapped_column(unique=True)
    task: Mapped[str]
    task_id: Mapped[int | None]
    step: Mapped[str]
    raw: Mapped[str]
    kind: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[str]
    units: Mapped[int]
    item_id: Mapped[int | None]
    location_id: Mapped[int | None]
    stop_id: Mapped[int | None]
    order_id: Mapped[int | None]
    choice: Mapped[int | None]
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    made_at: Mapped[datetime | None]
    at: Mapped[datetime]
    body_hash: Mapped[str]
    answer: Mapped[str]


class Action(Base):
    """One act of a person that is not a scan: a decision, an override, opened personal data, a reprint."""

    __tablename__ = "action"
    __table_args__ = (Index("ix_action_subject_subject_id", "subject", "subject_id"),)

    id: Mapped[int] = key()
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    verb: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class NightRun(Base):
    """One local day, YYYY-MM-DD, whose figures and plans were begun in its night; whoever puts the row in does it.
    Without `done_at` for long, it was broken off and anyone may begin again."""

    __tablename__ = "night_run"

    day: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class PrintJob(Base):
    """A paper that was asked for: who, when, which copy; a second copy has a reason (PAK-4)."""

    __tablename__ = "print_job"
    __table_args__ = (Index("ix_print_job_paper_subject_id", "paper", "subject_id"),)

    id: Mapped[int] = key()
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    paper: Mapped[str]
    subject_id: Mapped[int]
    copy: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")
