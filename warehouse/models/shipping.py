"""Carriers and the lists that their drivers sign."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class Carrier(Base):
    """`cut_off` is the local hour "17:00" at which the truck leaves; `lane` where its parcels are gathered."""

    __tablename__ = "carrier"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    cut_off: Mapped[str]
    lane: Mapped[str]
    tracking_pattern: Mapped[str] = mapped_column(default="")


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
