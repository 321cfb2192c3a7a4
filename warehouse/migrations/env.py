"""Alembic's entry, always on the connection that `warehouse.migrations` gives it."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from warehouse.models import all_tables
from warehouse.models.base import Instant


def draw_type(kind: str, thing: Any, _: AutogenContext) -> str | Literal[False]:
    """A revision names plain types: it must still run when our own types have changed."""
    return "sa.BigInteger()" if kind == "type" and isinstance(thing, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables().metadata,
    # SQLite changes a table only by making a new one.
    render_as_batch=True,
    transactional_ddl=True,
    render_item=draw_type,
)
with context.begin_transaction():
    context.run_migrations()
