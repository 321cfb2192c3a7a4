"""For whoever changes the models.

`python -m warehouse.migrations` draws the SQL of the first revision anew (until the first release), and
`python -m warehouse.migrations "carriers have a colour"` writes the next revision, to be read and corrected.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from warehouse import migrations
from warehouse.models import all_tables

FIRST = migrations.FOLDER / "versions" / "0001_first_tables"


def draw(dialect: Dialect) -> str:
    """Every table with its indexes, those that others point at first."""
    statements: list[str] = []
    for table in all_tables().metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    lines = ";\n\n".join(statement.strip().replace("\t", "    ") for statement in statements).splitlines()
    return "\n".join(line.rstrip() for line in lines) + ";\n"


def draw_first() -> None:
    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        FIRST.with_suffix(f".{dialect.name}.sql").write_text(draw(dialect), encoding="utf-8")


def add_revision(message: str) -> None:
    """The difference between the models and a database made by all revisions so far."""
    number = int(migrations.newest_revision() or 0) + 1
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'warehouse.db'}"
        migrations.upgrade(url)
        with migrations.connected(url) as connection:
            settings = migrations.settings()
            settings.attributes["connection"] = connection
            command.revision(settings, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    if sys.argv[1:]:
        add_revision(" ".join(sys.argv[1:]))
    else:
        draw_first()
