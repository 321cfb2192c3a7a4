"""What all tables share: the naming of constraints and the two column types of our own."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, Table, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, kept as whole milliseconds since 1970: sorts, compares and indexes the same on
    SQLite and PostgreSQL, and no driver drops the zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


# Also for amounts that many copies add up to. SQLite gives a rowid key only to a column declared INTEGER.
BigKey = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant, str: Text}
    if TYPE_CHECKING:
        # Declared as any FROM clause in the library; ours are all tables, which can be inserted into.
        __table__: ClassVar[Table]


def key() -> MappedColumn[int]:
    return mapped_column(BigKey, primary_key=True)
