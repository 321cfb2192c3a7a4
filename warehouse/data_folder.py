"""The folder where a warehouse lives: keys, database, papers. Made once, then only opened."""

from collections.abc import Iterator
from contextlib import contextmanager

from warehouse import clock, migrations
from warehouse.config import Config
from warehouse.db import Database, open_database
from warehouse.errors import SetUpProblem
from warehouse.services import setup
from warehouse.vault import Vault, make_key_file, open_vault

ONLY_THE_OWNER = 0o700


def make(config: Config) -> list[str]:
    """Make what is missing: the folder, the keys, the tables, the first rows. What was done, for the console."""
    done = []
    if not config.home.exists():
        config.home.mkdir(parents=True, mode=ONLY_THE_OWNER)
        done.append(f"made the folder {config.home}")
    config.home.chmod(ONLY_THE_OWNER)
    config.paper_folder.mkdir(mode=ONLY_THE_OWNER, exist_ok=True)
    if not config.key_file.exists():
        _refuse_to_lose_keys(config)
        make_key_file(config.key_file)
        done.append(f"made the keys {config.key_file}: keep a copy of this file apart from the backups")
    done += [f"brought the database to revision {revision}" for revision in migrations.upgrade(config.database_url)]
    database = _open(config, open_vault(config.key_file))
    try:
        rows = database.write(setup.first_rows, clock.now())
    finally:
        database.close()
    return done + [f"put in {count} {what}" for what, count in rows.items() if count]


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The database of a folder that has been made. Refuses one that has not, or that is older than the program."""
    vault = open_vault(config.key_file)
    revision = migrations.current_revision(config.database_url)
    if revision is None:
        raise SetUpProblem(f"There is no database in {config.home} yet. Run `python3 run.py init` first.")
    if revision != migrations.newest_revision():
        raise SetUpProblem(
            f"The database has revision {revision}, this program wants {migrations.newest_revision()}."
            " Make a backup, then run `python3 run.py init`."
        )
    database = _open(config, vault)
    try:
        yield database
    finally:
        database.close()


def _open(config: Config, vault: Vault) -> Database:
    return open_database(
        config.database_url, vault, has_pooler=config.has_pooler, time_zone=config.time_zone,
        confirm_minutes=config.confirm_minutes)


def _refuse_to_lose_keys(config: Config) -> None:
    """New keys beside an old database would make its sealed addresses unreadable for good."""
    if migrations.current_revision(config.database_url) is not None:
        raise SetUpProblem(
            f"There is a database but no key file {config.key_file}. Restore it from your backup: without it the"
            " addresses in the database cannot be read."
        )
