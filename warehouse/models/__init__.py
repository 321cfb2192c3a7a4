"""Tables: columns, CHECKs, foreign keys by name. No file here imports another but `base`."""

from importlib import import_module

from warehouse.models.base import Base

AREAS = (
    "catalog", "counting", "incidents", "journal", "messages", "orders", "packing", "people", "picking", "receiving",
    "returns", "shipping", "stock", "transfers",
)


def all_tables() -> type[Base]:
    """`Base` with every table registered: for migrations and tests."""
    for area in AREAS:
        import_module(f"warehouse.models.{area}")
    return Base
