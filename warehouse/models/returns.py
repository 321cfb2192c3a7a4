"""What customers send back: the request, what came, how each copy was judged, and the money (RET-1)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, BigKey, key


class ReturnPolicy(Base):
    """What is done with a request for one reason, as data: a new version never changes an old one. `days` run from
    delivery, else from dispatch; `decision` is approve, ask or refuse; the fee is a part of the price of the copies."""

    __tablename__ = "return_policy"
    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'ask', 'refuse')", name="decision"),
        CheckConstraint("days >= 0", name="days"),
        CheckConstraint("fee_percent BETWEEN 0 AND 100", name="fee_percent"),
        UniqueConstraint("reason", "version"),
    )

    id: Mapped[int] = key()
    reason: Mapped[str]
    version: Mapped[int]
    days: Mapped[int]
    decision: Mapped[str]
    # The grade that a copy must still have to be accepted; empty: any.
    worst_grade: Mapped[str] = mapped_column(default="")
    fee_percent: Mapped[int] = mapped_column(default=0)
    pays_postage: Mapped[str] = mapped_column(default="customer")
    needs_photo: Mapped[bool] = mapped_column(default=False)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class CustomerReturn(Base):
    """One request or one parcel that came back. `shop_number` is the number the shop gave it (RMA). Without an order
    while nobody knows whose parcel it is. `words` is what the customer wrote, sealed."""

    __tablename__ = "customer_return"
    __table_args__ = (
        CheckConstraint("kind IN ('return', 'exchange', 'repair')", name="kind"),
        CheckConstraint("fee_minor >= 0", name="fee_minor"),
        Index("ix_customer_return_state_requested_at", "state", "requested_at"),
    )

    id: Mapped[int] = key()
    number: Mapped[str | None] = mapped_column(unique=True)
    shop_number: Mapped[str | None] = mapped_column(unique=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    # Our own parcel that the carrier brought back.
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    source: Mapped[str]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("return_policy.id"))
    fee_minor: Mapped[int] = mapped_column(BigKey, default=0)
    tracking_number: Mapped[str | None] = mapped_column(index=True)
    requested_at: Mapped[datetime]
    requested_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decision_reason: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime | None]
    received_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]
    # The order that was made for an exchange.
    exchange_order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), unique=True)


class ReturnLine(Base):
    """Copies of one order line that are asked to come back (`units`) and that came (`units_received`). Without an order
    line: something came that this order never had."""

    __tablename__ = "return_line"
    __table_args__ = (
        CheckConstraint("units >= 0", name="units"),
        CheckConstraint("units_received >= 0", name="units_received"),
        CheckConstraint("units_accepted >= 0 AND units_accepted <= units_received", name="units_accepted"),
        UniqueConstraint("return_id", "order_line_id"),
    )

    id: Mapped[int] = key()
    return_id: Mapped[int] = mapped_column(ForeignKey("customer_return.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    units: Mapped[int]
    units_received: Mapped[int] = mapped_column(default=0)
    units_accepted: Mapped[int] = mapped_column(default=0)
    # What the customer wants in its place; empty: the same title.
    wanted_item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))


class ReturnUnit(Base):
    """One copy that was scanned out of a returned parcel. Two axes: `received_as` says what it is (as_sent, wrong_item,
    not_ours), `acceptance` what we say to it (pending, accepted, rejected); then `grade` and where it goes
    (`disposition`). A copy sold on as used becomes `into_item_id`."""

    __tablename__ = "return_unit"
    __table_args__ = (
        CheckConstraint("received_as IN ('as_sent', 'wrong_item', 'not_ours')", name="received_as"),
        CheckConstraint("acceptance IN ('pending', 'accepted', 'rejected')", name="acceptance"),
    )

    id: Mapped[int] = key()
    return_id: Mapped[int] = mapped_column(ForeignKey("customer_return.id"), index=True)
    return_line_id: Mapped[int] = mapped_column(ForeignKey("return_line.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), index=True)
    received_as: Mapped[str]
    acceptance: Mapped[str]
    grade: Mapped[str] = mapped_column(default="")
    disposition: Mapped[str] = mapped_column(default="")
    into_item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    graded_at: Mapped[datetime | None]
    graded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    left_at: Mapped[datetime | None]


class Refund(Base):
    """Money that finance shall give back for one return or one incident: once each. The sum of an order's refunds that
    were not refused stands in `sales_order.refunded_minor` and never exceeds what was paid (FIN-1)."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        UniqueConstraint("return_id"),
        UniqueConstraint("incident_id"),
        Index("ix_refund_state_requested_at", "state", "requested_at"),
    )

    id: Mapped[int] = key()
    number: Mapped[str | None] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), index=True)
    return_id: Mapped[int | None] = mapped_column(ForeignKey("customer_return.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    state: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigKey)
    currency: Mapped[str]
    reason: Mapped[str]
    requested_at: Mapped[datetime]
    requested_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decision_reason: Mapped[str] = mapped_column(default="")
    paid_at: Mapped[datetime | None]
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reference: Mapped[str] = mapped_column(default="")
