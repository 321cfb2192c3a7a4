"""Carriers, the lists that their drivers sign, and what they tell about parcels afterwards."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class Carrier(Base):
    """`cut_off` is the local hour "17:00" at which the truck leaves; `lane` where its parcels are gathered. A parcel
    should have its first event within `first_event_hours` and arrive within `transit_days`. `webhook_secret`, sealed,
    is what the carrier signs its messages with (SHP-4)."""

    __tablename__ = "carrier"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    cut_off: Mapped[str]
    lane: Mapped[str]
    tracking_pattern: Mapped[str] = mapped_column(default="")
    transit_days: Mapped[int] = mapped_column(default=4, server_default="4")
    first_event_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    webhook_secret: Mapped[bytes | None] = mapped_column(LargeBinary)


class Manifest(Base):
    """The parcels handed to one driver at one time; closed when signed."""

    __tablename__ = "manifest"
    __table_args__ = (Index("ix_manifest_carrier_code_state", "carrier_code", "state"),)

    id: Mapped[int] = key()
    number: Mapped[str | None] = mapped_column(unique=True)
    carrier_code: Mapped[str] = mapped_column(ForeignKey("carrier.code"))
    state: Mapped[str]
    opened_at: Mapped[datetime]
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    driver_name: Mapped[str] = mapped_column(default="")


class TrackingEvent(Base):
    """One thing that a carrier said about one parcel (SHP-4), once however often it is said: `event_key` is made of all
    that it says. `at` is the carrier's time, `received_at` ours; `source` file or webhook."""

    __tablename__ = "tracking_event"
    __table_args__ = (Index("ix_tracking_event_parcel_id_at", "parcel_id", "at"),)

    id: Mapped[int] = key()
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"))
    event_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    source: Mapped[str]
    received_at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Pause(Base):
    """Release or dispatch is stopped for all, one carrier or one item, until somebody ends it (SEC-3)."""

    __tablename__ = "pause"
    __table_args__ = (
        CheckConstraint("what IN ('release', 'dispatch')", name="what"),
        CheckConstraint("carrier_code IS NULL OR item_id IS NULL", name="one_scope"),
        Index("ix_pause_ended_at", "ended_at"),
    )

    id: Mapped[int] = key()
    what: Mapped[str]
    carrier_code: Mapped[str | None] = mapped_column(ForeignKey("carrier.code"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    reason: Mapped[str]
    began_at: Mapped[datetime]
    began_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Shift(Base):
    """Hours in which people work on one weekday, 0 Monday to 6 Sunday; local, "08:00" to "22:00" (ORD-4)."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens < closes", name="opens_before_it_closes"),
        UniqueConstraint("weekday", "opens"),
    )

    id: Mapped[int] = key()
    weekday: Mapped[int]
    opens: Mapped[str]
    closes: Mapped[str]


class DayOff(Base):
    """A local day, YYYY-MM-DD, on which nobody works and no truck comes."""

    __tablename__ = "day_off"

    day: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
