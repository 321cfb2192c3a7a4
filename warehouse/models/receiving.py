"""Goods in: suppliers, what was ordered and announced, and what was counted on arrival (REC-2)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, key


class Supplier(Base):
    __tablename__ = "supplier"

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class PurchaseOrder(Base):
    """What we ordered. `number` is the one that stands on the supplier's papers too. `expected_on` is a day as
    YYYY-MM-DD, or empty."""

    __tablename__ = "purchase_order"
    __table_args__ = (UniqueConstraint("supplier_id", "number"),)

    id: Mapped[int] = key()
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    number: Mapped[str]
    state: Mapped[str]
    expected_on: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))


class PurchaseLine(Base):
    """Units of one item on a purchase order. What came of it is the sum of its deliveries' lines."""

    __tablename__ = "purchase_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "item_id"),
        CheckConstraint("units_ordered > 0", name="units_ordered"),
    )

    id: Mapped[int] = key()
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    units_ordered: Mapped[int]
    price_minor: Mapped[int | None]
    currency: Mapped[str | None]


class Delivery(Base):
    """What arrives together: announced by a notice (ASN), or opened at the door. With a purchase order it is counted
    against that; without, or `is_blind`, the one who counts is told no number. `parcels_announced` may be unknown."""

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_state", "state"),)

    id: Mapped[int] = key()
    number: Mapped[str] = mapped_column(unique=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    notice: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    is_blind: Mapped[bool] = mapped_column(default=False)
    parcels_announced: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class DeliveryParcel(Base):
    """One box or pallet of a delivery: one person counts it at a time, another may go on with it. Its scans are the
    scans of task `receive`, its counts are what their moves add up to."""

    __tablename__ = "delivery_parcel"
    __table_args__ = (UniqueConstraint("delivery_id", "position"),)

    id: Mapped[int] = key()
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    position: Mapped[int]
    state: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class DeliveryLine(Base):
    """Units of one item in a delivery. `units_announced` is empty where nobody announced it; `units_bad` came
    misprinted, damaged or in a wrong edition and went to quarantine."""

    __tablename__ = "delivery_line"
    __table_args__ = (
        UniqueConstraint("delivery_id", "item_id"),
        CheckConstraint("units_good >= 0 AND units_bad >= 0", name="units"),
    )

    id: Mapped[int] = key()
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    units_announced: Mapped[int | None]
    units_good: Mapped[int] = mapped_column(default=0)
    units_bad: Mapped[int] = mapped_column(default=0)
