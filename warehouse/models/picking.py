"""Waves, pick runs and their stops; carts and totes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, column, func, select, table
from sqlalchemy.orm import Mapped, column_property, mapped_column

from warehouse.models.base import Base, key


class Wave(Base):
    """Orders released together, towards one cut-off."""

    __tablename__ = "wave"

    id: Mapped[int] = key()
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Cart(Base):
    __tablename__ = "cart"

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(unique=True)
    slots: Mapped[int]


class Tote(Base):
    """A box that is used again and again. Bound to one order, or to one single-line run (order_id empty)."""

    __tablename__ = "tote"

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(unique=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), unique=True)
    state: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("pick_run.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)


class PickStop(Base):
    """Units of one item from one shelf for one order line. Taken units are in the slot's tote from the item
    scan on; the stop is closed when the tote was scanned too."""

    __tablename__ = "pick_stop"
    __table_args__ = (
        CheckConstraint("units_taken >= 0 AND units_taken + units_short <= units_due", name="units_taken"),
        UniqueConstraint("run_id", "position"),
    )

    id: Mapped[int] = key()
    run_id: Mapped[int] = mapped_column(ForeignKey("pick_run.id"))
    position: Mapped[int]
    slot: Mapped[int]
    state: Mapped[str]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    reservation_id: Mapped[int | None]
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    units_due: Mapped[int]
    units_taken: Mapped[int] = mapped_column(default=0)
    units_short: Mapped[int] = mapped_column(default=0)


_SCAN = table("scan", *map(column, ("id", "task", "task_id", "kind", "outcome", "location_id")))


class PickRun(Base):
    """One walk of one person: `single` (many one-line orders into one tote), `batch` (n orders, n totes) or
    `order` (one order). How much is taken and which shelf was scanned last follow from its stops and scans:
    `units_taken` and `at_location_id`."""

    __tablename__ = "pick_run"
    __table_args__ = (Index("ix_pick_run_state_due_at", "state", "due_at"),)

    id: Mapped[int] = key()
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    cart_id: Mapped[int | None] = mapped_column(ForeignKey("cart.id"))
    changing_slot: Mapped[int | None]
    units_due: Mapped[int]
    units_taken: Mapped[int] = column_property(
        select(func.coalesce(func.sum(PickStop.units_taken), 0)).where(PickStop.run_id == id)
        .correlate_except(PickStop).scalar_subquery())
    # Two stops at one shelf need one scan of it.
    at_location_id: Mapped[int | None] = column_property(
        select(_SCAN.c.location_id)
        .where(_SCAN.c.task == "pick", _SCAN.c.task_id == id, _SCAN.c.kind == "location",
               _SCAN.c.outcome == "accepted")
        .order_by(_SCAN.c.id.desc()).limit(1).correlate_except(_SCAN).scalar_subquery())
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class RunTote(Base):
    """The slot on the cart that serves one order (or, in a single-line run, the whole run), and the tote in
    it now: a full tote is replaced by a fresh one in the same slot."""

    __tablename__ = "run_tote"
    __table_args__ = (UniqueConstraint("run_id", "slot"),)

    id: Mapped[int] = key()
    run_id: Mapped[int] = mapped_column(ForeignKey("pick_run.id"))
    slot: Mapped[int]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    tote_id: Mapped[int | None] = mapped_column(ForeignKey("tote.id"))
