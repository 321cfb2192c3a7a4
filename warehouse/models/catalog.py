"""Items and the codes that name them: several codes an item, and one code for several items (CAT-2)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.models.base import Base, BigKey, key


class Item(Base):
    """Something that lies on a shelf and is sold by the unit (CAT-1). `volumes` > 1: one unit is a set.
    A `draft` was found at goods in and has no title of its own yet (CAT-3, REC-2)."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("packing_class IN ('plain', 'hardcover', 'fragile', 'set')", name="packing_class"),
        CheckConstraint("volumes >= 1", name="volumes"),
        CheckConstraint("listing IN ('draft', 'listed')", name="listing"),
        CheckConstraint("weight_g IS NULL OR weight_g >= 0", name="weight_g"),
    )

    id: Mapped[int] = key()
    sku: Mapped[str] = mapped_column(unique=True)
    isbn13: Mapped[str | None] = mapped_column(index=True)
    title: Mapped[str]
    subtitle: Mapped[str] = mapped_column(default="")
    authors: Mapped[str] = mapped_column(default="")
    publisher: Mapped[str] = mapped_column(default="")
    published: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    pages_text: Mapped[str] = mapped_column(default="")
    binding: Mapped[str] = mapped_column(default="")
    edition: Mapped[str] = mapped_column(default="")
    volume: Mapped[str] = mapped_column(default="")
    volumes: Mapped[int] = mapped_column(default=1)
    description: Mapped[str] = mapped_column(default="")
    cover_file: Mapped[str | None]
    price_minor: Mapped[int | None]
    currency: Mapped[str | None]
    price_text: Mapped[str] = mapped_column(default="")
    weight_g: Mapped[int | None]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    packing_class: Mapped[str] = mapped_column(default="plain")
    # A draft that turned out to be this item: its own labels are on the books still, and mean it.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    listing: Mapped[str] = mapped_column(default="listed", server_default="listed")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ItemCode(Base):
    """A text that a scanner may read from this item: ISBN-13, UPC as 13 digits, old ISBN, own label."""

    __tablename__ = "item_code"
    __table_args__ = (UniqueConstraint("code", "item_id"),)

    id: Mapped[int] = key()
    code: Mapped[str]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)


class ItemFigure(Base):
    """What the night's reckoning found of an item (STK-2): units sold in the last 30, 90 and 365 days, their value,
    and its class by value and moves (ABC); `unit_days_365` adds up the units in the house on each of those days.
    Derived from the ledger; thrown away and made anew each night."""

    __tablename__ = "item_figure"
    __table_args__ = (CheckConstraint("abc IN ('A', 'B', 'C')", name="abc"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    abc: Mapped[str]
    sold_30: Mapped[int]
    sold_90: Mapped[int]
    sold_365: Mapped[int]
    picks_90: Mapped[int]
    value_90_minor: Mapped[int] = mapped_column(BigKey)
    unit_days_365: Mapped[int] = mapped_column(default=0, server_default="0")
    last_sold_at: Mapped[datetime | None]
    first_moved_at: Mapped[datetime | None]
    reckoned_at: Mapped[datetime]
