"""The ledger of stock (STK-1): places, moves between them, and the balances that the moves add up to."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.domain import stock as ledger
from warehouse.models.base import Base, key

# In the very words of the queries that want the index of such moves: a bound value would not find it.
CROSSES = f"reason IN ({', '.join(map(repr, ledger.CROSSING))})"


class Location(Base):
    """A place where units are. Inside kinds keep a balance that is never negative; outside kinds
    (supplier, customer, lost_found, scrap) are the far ends of moves and keep none."""

    __tablename__ = "location"
    # In walking order: put-away asks for the first or last free shelf of twenty thousand.
    __table_args__ = (Index("ix_location_walk", "kind", "is_reserve", "sequence", "code"),)

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    aisle: Mapped[str] = mapped_column(default="")
    bay: Mapped[str] = mapped_column(default="")
    shelf: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="")
    sequence: Mapped[int] = mapped_column(default=0)
    x_mm: Mapped[int | None]
    y_mm: Mapped[int | None]
    # Reserve stock: pickers are sent here last, replenishment takes from here.
    is_reserve: Mapped[bool] = mapped_column(default=False, server_default=false())
    max_units: Mapped[int | None]


class StockBalance(Base):
    """Units of one item in one condition at one inside place: what the moves add up to, kept in the
    same transaction. `reserved` is what open reservations hold here; `moves` is how many moves touched this row, so
    that a counter's two looks at it can tell whether anything went in or out between them (STK-3)."""

    __tablename__ = "stock_balance"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("reserved <= on_hand", name="reserved_within_on_hand"),
        Index("ix_stock_balance_location_id", "location_id"),
        # A title of many years has an empty balance in each parcel that it ever left in: none of them is looked at.
        Index("ix_stock_balance_item_id_held", "item_id", sqlite_where=text("on_hand > 0"),
              postgresql_where=text("on_hand > 0")),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True)
    condition: Mapped[str] = mapped_column(primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]
    moves: Mapped[int] = mapped_column(default=0, server_default="0")


class StockMove(Base):
    """Units that went from one place to another: written once, never changed. A mistake is moved back."""

    __tablename__ = "stock_move"
    __table_args__ = (
        CheckConstraint("units > 0", name="units_positive"),
        CheckConstraint("source_id <> target_id OR condition <> target_condition", name="goes_somewhere"),
        Index("ix_stock_move_item_id_at", "item_id", "at"),
        # All that levels and sales are made from, without a look at the table: a third of a title's fifty thousand
        # moves (bench/stock_card.py). A pick or a pack does not pay for it.
        Index("ix_stock_move_crossing", "item_id", "at", "source_id", "target_id", "units", "reason",
              sqlite_where=text(CROSSES), postgresql_where=text(CROSSES)),
    )

    id: Mapped[int] = key()
    at: Mapped[datetime]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    units: Mapped[int]
    source_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    condition: Mapped[str]
    target_condition: Mapped[str]
    reason: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"), index=True)
    count_result_id: Mapped[int | None] = mapped_column(ForeignKey("count_result.id"), index=True)


class Reservation(Base):
    """Units on one shelf that one order line will get. The row shrinks as they are picked and goes at zero."""

    __tablename__ = "reservation"
    __table_args__ = (CheckConstraint("units > 0", name="units_positive"),)

    id: Mapped[int] = key()
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    units: Mapped[int]


class PutBack(Base):
    """Units of a cancelled order that lie in a tote or parcel and must be scanned back to a shelf (ORD-7)."""

    __tablename__ = "put_back"
    __table_args__ = (CheckConstraint("units_done >= 0 AND units_done <= units", name="units_done"),)

    id: Mapped[int] = key()
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    home_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    units: Mapped[int]
    units_done: Mapped[int] = mapped_column(default=0)
    in_hand: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
