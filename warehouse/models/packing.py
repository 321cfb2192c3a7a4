"""Parcels, what is in them, and the cartons to choose from."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class Carton(Base):
    """A box or mailer from the rack; inner sizes."""

    __tablename__ = "carton"

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(unique=True)
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    tare_g: Mapped[int]


class Parcel(Base):
    """What leaves the house as one piece. Its `location_id` is where its units are in the ledger; its `number`, the
    text of its own label, it gets when it is closed. `expected_by` is the end of the day on which it should arrive;
    the event times are what the carrier said (SHP-4)."""

    __tablename__ = "parcel"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("weight_g IS NULL OR weight_g > 0", name="weight_g"),
        Index("ix_parcel_state_handed_over_at", "state", "handed_over_at"),
    )

    id: Mapped[int] = key()
    number: Mapped[str | None] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    position: Mapped[int]
    state: Mapped[str]
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), unique=True)
    carton_id: Mapped[int | None] = mapped_column(ForeignKey("carton.id"))
    carrier_code: Mapped[str] = mapped_column(ForeignKey("carrier.code"))
    expected_weight_g: Mapped[int | None]
    weight_g: Mapped[int | None]
    packed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    tracking_number: Mapped[str | None] = mapped_column(index=True)
    label_made_at: Mapped[datetime | None]
    label_prints: Mapped[int] = mapped_column(default=0)
    label_applied_at: Mapped[datetime | None]
    manifest_id: Mapped[int | None] = mapped_column(ForeignKey("manifest.id"), index=True)
    handed_over_at: Mapped[datetime | None]
    expected_by: Mapped[datetime | None]
    first_event_at: Mapped[datetime | None]
    last_event_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class ParcelLine(Base):
    """What is in a closed parcel. While one is open, the moves into it tell."""

    __tablename__ = "parcel_line"
    __table_args__ = (CheckConstraint("units >= 0", name="units"),)

    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True)
    units: Mapped[int]
