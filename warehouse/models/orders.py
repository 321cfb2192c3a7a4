"""Sales orders as they came, what holds them, and how far they are."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, BigKey, key


class Order(Base):
    """One customer order of one channel. Who gets it is sealed; only the masked name stands in the clear.
    `recipient_original` is what the file said, kept sealed, once somebody mended the address. `warnings` are
    codes of what looked odd but holds nothing (ORD-2). `confirm_by` and `promised_at` are its clocks beside `due_at`
    (ORD-4). `origin_id` is the order that this one replaces, exchanges or was split from (`origin_kind`). `name_index`
    is a keyed hash of the recipient's name, `link` the customer's unguessable address of its page (ORD-8)."""

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("channel", "source_number"),
        CheckConstraint("when_short IN ('wait', 'part', 'cancel')", name="when_short"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= total_minor", name="refunded_minor"),
        Index("ix_sales_order_state_due_at", "state", "due_at"),
        Index("ix_sales_order_dispatched_at", "dispatched_at"),
        Index("ix_sales_order_link", "link", unique=True),
    )

    id: Mapped[int] = key()
    number: Mapped[str | None] = mapped_column(unique=True)
    channel: Mapped[str]
    source_number: Mapped[str] = mapped_column(index=True)
    content_hash: Mapped[str]
    import_class: Mapped[str]
    state: Mapped[str]
    placed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    received_at: Mapped[datetime]
    payment: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int]
    shipping_minor: Mapped[int]
    cod_minor: Mapped[int] = mapped_column(default=0)
    service: Mapped[str] = mapped_column(default="")
    carrier_code: Mapped[str] = mapped_column(ForeignKey("carrier.code"))
    recipient: Mapped[bytes] = mapped_column(LargeBinary)
    recipient_original: Mapped[bytes | None] = mapped_column(LargeBinary)
    recipient_masked: Mapped[str]
    phone_index: Mapped[str | None] = mapped_column(index=True)
    country: Mapped[str]
    province: Mapped[str]
    city: Mapped[str]
    postcode: Mapped[str]
    language: Mapped[str]
    when_short: Mapped[str]
    buyer_remark: Mapped[str] = mapped_column(default="")
    staff_remark: Mapped[str] = mapped_column(default="")
    gift_note: Mapped[str] = mapped_column(default="")
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    must_acknowledge: Mapped[bool] = mapped_column(default=False)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    units_wanted: Mapped[int]
    lines_count: Mapped[int]
    packer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None]
    picked_at: Mapped[datetime | None]
    packed_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(default="")
    confirm_by: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    name_index: Mapped[str | None] = mapped_column(index=True)
    link: Mapped[str | None]
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    origin_kind: Mapped[str] = mapped_column(default="", server_default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"))
    refunded_minor: Mapped[int] = mapped_column(BigKey, default=0, server_default="0")


class OrderLine(Base):
    """Units of one item wanted by one order. `item_id` is empty while the code is unknown, and for good on
    service lines (postage). wanted = reserved + short + cancelled at release; packed <= picked <=
    reserved. `units_original` and `item_original_id` are what the customer ordered, where a person changed the line.
    `units_returned` came back and were accepted: never more than were sent (RET-1)."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("units_wanted >= 0", name="units_wanted"),
        CheckConstraint("units_picked >= 0 AND units_picked <= units_reserved", name="units_picked"),
        CheckConstraint("units_packed >= 0 AND units_packed <= units_picked", name="units_packed"),
        CheckConstraint(
            "units_dispatched >= 0 AND units_dispatched <= units_packed", name="units_dispatched"
        ),
        CheckConstraint("units_returned >= 0 AND units_returned <= units_dispatched", name="units_returned"),
        UniqueConstraint("order_id", "position"),
    )

    id: Mapped[int] = key()
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    position: Mapped[int]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    is_service: Mapped[bool] = mapped_column(default=False)
    code_text: Mapped[str]
    title_text: Mapped[str]
    price_minor: Mapped[int]
    units_wanted: Mapped[int]
    units_reserved: Mapped[int] = mapped_column(default=0)
    units_short: Mapped[int] = mapped_column(default=0)
    units_cancelled: Mapped[int] = mapped_column(default=0)
    units_picked: Mapped[int] = mapped_column(default=0)
    units_packed: Mapped[int] = mapped_column(default=0)
    units_dispatched: Mapped[int] = mapped_column(default=0)
    units_returned: Mapped[int] = mapped_column(default=0, server_default="0")
    units_original: Mapped[int | None]
    item_original_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))


class Hold(Base):
    """A reason why an order waits for a person (ORD-2, ORD-3), and what that person decided."""

    __tablename__ = "hold"

    id: Mapped[int] = key()
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), index=True)
    reason: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    opened_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str | None]
    decision_reason: Mapped[str] = mapped_column(default="")


class ImportRun(Base):
    """One import and its report: what came in and each row that did not."""

    __tablename__ = "import_run"

    id: Mapped[int] = key()
    kind: Mapped[str]
    file_names: Mapped[str]
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
