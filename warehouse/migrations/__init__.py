"""From an older database to today's tables, by Alembic. Forward only: the way back is the backup.

A revision is Python, or SQL beside it in one file for each engine: SQL where a table is large, because Alembic would
make a column with a reference by copying the whole table on SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event, inspect, make_url
from sqlalchemy.pool import NullPool

from warehouse.db import sqlite_driver
from warehouse.errors import SetUpProblem

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def upgrade(url: str, revision: str = "head") -> list[str]:
    """Bring the database at `url` to `revision`, all or nothing; the revisions that were applied, oldest first.
    Makes the file where SQLite has none yet."""
    # Loaded here alone: it is a third of what a command takes to start, and all others only compare two numbers.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    alembic = settings()
    with connected(url) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, revision)
        after = MigrationContext.configure(connection).get_current_revision()
        _refuse_broken_references(connection)
    steps = ScriptDirectory.from_config(alembic).iterate_revisions(after, before)
    return [step.revision for step in steps if step.revision != before][::-1]


def current_revision(url: str) -> str | None:
    """Which revision the database at `url` has; None where there is no database yet or an empty one."""
    if url.startswith("sqlite") and not Path(make_url(url).database or "").exists():
        return None
    with connected(url) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def newest_revision() -> str:
    """What `upgrade` leads to: revisions are numbered, and their files begin with the number."""
    return max(path.name for path in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def run_sql_beside(file: str) -> None:
    """The statements of the SQL file beside a revision, for the engine at hand."""
    from alembic import op  # noqa: PLC0415 - as in `upgrade`

    connection = op.get_bind()
    script = Path(file).with_suffix(f".{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in script.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)


def settings() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as in `upgrade`

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """One connection, on which SQLite too takes back a migration that fails half way."""
    if not url.startswith("sqlite"):
        engine = create_engine(url, poolclass=NullPool)
    else:
        engine = create_engine(url, poolclass=NullPool, module=sqlite_driver(), connect_args={"timeout": 15})

        @event.listens_for(engine, "connect")
        def leave_transactions_to_us(connection: Any, _: Any) -> None:
            connection.isolation_level = None
            # A table is rebuilt by drop and rename, which would take its children with it.
            connection.execute("PRAGMA foreign_keys=OFF")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _refuse_broken_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SetUpProblem(f"After the upgrade {len(broken)} rows point nowhere, the first: {tuple(broken[0])}")
