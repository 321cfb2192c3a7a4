"""What went wrong with units: found where, by whom, how many (EXC-1)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class Incident(Base):
    """`blamed_id` is the person at whose step the mistake was made, as far as the scans tell (USR-2). `owner_role` is
    the team that must act until `due_at`, `owner_id` who of them took it, `next_step` what is to be done (EXC-2).
    `customer_text` is what the customer wrote, sealed. Escalated: over its time, or beyond what its owner may do."""

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint("units >= 0", name="units"),
        Index("ix_incident_state_at", "state", "at"),
        Index("ix_incident_state_due_at", "state", "due_at"),
        Index("ix_incident_at", "at"),
    )

    id: Mapped[int] = key()
    kind: Mapped[str]
    stage: Mapped[str]
    state: Mapped[str]
    units: Mapped[int]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"), index=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    blamed_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    cause: Mapped[str] = mapped_column(default="", server_default="")
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    return_id: Mapped[int | None] = mapped_column(ForeignKey("customer_return.id"), index=True)
    owner_role: Mapped[str] = mapped_column(default="manager", server_default="manager")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    due_at: Mapped[datetime | None]
    next_step: Mapped[str] = mapped_column(default="", server_default="")
    customer_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    escalated_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Photo(Base):
    """A picture of what was found: a JPEG made anew by us, so it says nothing of place or camera."""

    __tablename__ = "photo"

    id: Mapped[int] = key()
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]
    height: Mapped[int]
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
