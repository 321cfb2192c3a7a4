"""A database made by the first release comes to today's tables with every row in it."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from tests import postgres
from tests.conftest import ENGINES, with_driver
from warehouse import migrations
from warehouse.models import all_tables

# Plain SQL: these rows were written by the first release, whatever the models say today.
ROWS_OF_THE_FIRST_RELEASE = (
    "INSERT INTO location (code, kind, aisle, bay, shelf, zone, sequence)"
    " VALUES ('SUPPLIER', 'supplier', '', '', '', '', 0), ('B-07-3', 'shelf', 'B', '07', '3', '', 730)",
    "INSERT INTO item (id, sku, isbn13, title, subtitle, authors, publisher, published, language, pages_text,"
    " binding, edition, volume, volumes, description, price_text, packing_class, created_at, updated_at)"
    " VALUES (1, '9787536692930', '9787536692930', '三体', '', '刘慈欣', '', '', 'zh', '', '', '', '1', 1, '', '',"
    " 'plain', 1772589600000, 1772589600000)",
    "INSERT INTO person (id, name, role, language, badge, pin_hash, is_active, failed_count, created_at)"
    " VALUES (1, 'System', 'manager', 'en', 'SYSTEM', '', false, 0, 1772589600000)",
    "INSERT INTO stock_move (id, at, item_id, units, source_id, target_id, condition, target_condition, reason,"
    " person_id) VALUES (1, 1772589600000, 1, 5, 1, 2, 'good', 'good', 'opening', 1)",
    "INSERT INTO stock_balance (item_id, location_id, condition, on_hand, reserved) VALUES (1, 2, 'good', 5, 0)",
)


@pytest.fixture(params=ENGINES)
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    url = postgres.new_database(request.getfixturevalue("postgres_server"))
    yield with_driver(url)
    postgres.drop_database(url)


def run(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        results = [connection.execute(text(statement)) for statement in statements]
        rows = results[-1].fetchall() if results[-1].returns_rows else []
    engine.dispose()
    return rows


def constraint_names(connection):
    look = inspect(connection)
    return {
        (table, kind, each["name"])
        for table in look.get_table_names() if table != "alembic_version"
        for kind in ("check", "unique")
        for each in getattr(look, f"get_{kind}_constraints")(table)
    }


def test_a_database_of_the_first_release_with_rows_becomes_todays(empty_url, database_url):
    migrations.upgrade(empty_url, "0001")
    run(empty_url, *ROWS_OF_THE_FIRST_RELEASE)

    migrations.upgrade(empty_url)

    kept = """SELECT i.title, i.listing, l.code, b.on_hand, b.moves FROM stock_balance b
              JOIN item i ON i.id = b.item_id JOIN location l ON l.id = b.location_id"""
    assert run(empty_url, kept) == [("三体", "listed", "B-07-3", 5, 1)]
    assert run(empty_url, "SELECT kind FROM location WHERE code = 'RECEIVING'") == [("staging",)]
    upgraded, drawn = create_engine(empty_url), create_engine(database_url)
    with upgraded.connect() as old, drawn.connect() as new:
        assert compare_metadata(MigrationContext.configure(old), all_tables().metadata) == []
        if old.dialect.name == new.dialect.name:
            assert constraint_names(old) == constraint_names(new)
    upgraded.dispose()
    drawn.dispose()


def test_upgrading_again_does_nothing(empty_url):
    assert migrations.current_revision(empty_url) is None

    first, second = migrations.upgrade(empty_url), migrations.upgrade(empty_url)

    assert first[0] == "0001"
    assert second == []
    assert migrations.current_revision(empty_url) == migrations.newest_revision()


def test_asking_for_the_revision_makes_no_file(tmp_path):
    path = tmp_path / "nothing.db"

    assert migrations.current_revision(f"sqlite:///{path}") is None
    assert not path.exists()


def test_an_upgrade_that_fails_half_way_leaves_the_database_as_it_was(empty_url):
    """`wave` is made long before `stock_move`: without one transaction the first tables would stay."""
    run(empty_url, "CREATE TABLE stock_move (left_over INTEGER)")

    with pytest.raises(Exception, match="stock_move"):
        migrations.upgrade(empty_url)

    engine = create_engine(empty_url)
    assert inspect(engine).get_table_names() == ["stock_move"]
    engine.dispose()


def test_the_sql_of_the_first_revision_is_packaged_for_both_engines():
    """Seen from outside, as an installed program sees it."""
    program = "from warehouse import migrations; print(migrations.newest_revision())"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout.strip() >= "0001"
    versions = migrations.FOLDER / "versions"
    assert {path.name for path in versions.glob("0001*.sql")} == {
        "0001_first_tables.sqlite.sql", "0001_first_tables.postgresql.sql"}
