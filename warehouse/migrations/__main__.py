"""For whoever changes the models: `python -m warehouse.migrations "carriers have a colour"` writes the next revision,
to be read and corrected."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from warehouse import migrations


def add_revision(message: str) -> None:
    """The difference between the models and a database made by all revisions so far."""
    number = int(migrations.newest_revision()) + 1
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'warehouse.db'}"
        migrations.upgrade(url)
        with migrations.connected(url) as connection:
            settings = migrations.settings()
            settings.attributes["connection"] = connection
            command.revision(settings, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    add_revision(" ".join(sys.argv[1:]))
