"""Units on their way between our own places: put away, moved, replenished (REC-2, STK-1)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class ItemHome(Base):
    """The fixed shelf of an item: its pick face. Below `min_units` it is filled up to `max_units`; both empty where
    it is only the place for it."""

    __tablename__ = "item_home"
    __table_args__ = (
        CheckConstraint("min_units >= 0 AND max_units >= min_units", name="min_max"),
        Index("ix_item_home_location_id", "location_id"),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    min_units: Mapped[int | None]
    max_units: Mapped[int | None]


class Carry(Base):
    """Where one person takes copies from, and what is in hand: copies of one title, or nothing yet. The ledger has
    them at the source still, until the shelf scan puts them down; so a dead tablet loses nothing."""

    __tablename__ = "carry"
    __table_args__ = (
        CheckConstraint("units >= 0 AND (units = 0 OR item_id IS NOT NULL)", name="units"),
        Index("ix_carry_source_id_item_id", "source_id", "item_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    condition: Mapped[str]
    units: Mapped[int] = mapped_column(default=0)
    replenishment_id: Mapped[int | None] = mapped_column(ForeignKey("replenishment.id"))
    since: Mapped[datetime]


class Replenishment(Base):
    """Units of an item to be brought from a reserve shelf to its pick face: because the face is under its least
    (`min`), or because open orders want more than it has (`orders`, due with the earliest of them)."""

    __tablename__ = "replenishment"
    __table_args__ = (
        CheckConstraint("units_done >= 0 AND units_done <= units", name="units_done"),
        Index("ix_replenishment_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = key()
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    units: Mapped[int]
    units_done: Mapped[int] = mapped_column(default=0)
    why: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[datetime | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
