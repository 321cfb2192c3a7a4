"""What every test may ask for: a database on either engine, its keys, a clock that stands still, and a person."""

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from tests import builders, postgres
from tests.mail_server import a_mail_server
from warehouse import clock as warehouse_clock
from warehouse import db as doors
from warehouse.db import open_database
from warehouse.domain.people import Actor
from warehouse.models import all_tables
from warehouse.queries import prove
from warehouse.services.setup import first_rows
from warehouse.vault import Vault

# Every test with a database runs on both; `test quick` leaves PostgreSQL out.
ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]

# Ten in the morning in Shanghai, before every carrier's cut-off.
MORNING = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items):
    """A story takes as long as ten other tests: the quick pass does without."""
    for item in items:
        if "flows" in item.path.parts:
            item.add_marker("story")


class StillClock:
    """Stands at `moment` until it is told to go on."""

    moment = MORNING

    def forward(self, **time):
        self.moment += timedelta(**time)
        warehouse_clock._fixed = self.moment
        return self.moment


@pytest.fixture
def clock():
    with warehouse_clock.standing_at(MORNING):
        yield StillClock()


@pytest.fixture(scope="session")
def vault():
    """Fixed keys, so that a sealed text or a phone index can be compared between runs."""
    return Vault(sealing_key=b"s" * 32, index_key=b"i" * 32, pin_pepper=b"p" * 32, cookie_key=b"c" * 32)


# --- Databases: made once, copied for each test ----------------------------------------------------------------------


def make_tables(url):
    """All tables and first rows, straight from the models: quicker than the migrations, which have their own test."""
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        all_tables().metadata.create_all(session.connection())
        first_rows(session, MORNING)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "warehouse.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory):
    """The URL of the one PostgreSQL server of this run."""
    with postgres.shared_postgres(postgres.meeting_place(tmp_path_factory.getbasetemp())) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_own(postgres_server):
    """This worker's one database on PostgreSQL, swept before each test: fifteen times quicker than a new one."""
    url = postgres.new_database(postgres_server)
    make_tables(with_driver(url))
    yield url
    postgres.drop_database(url)


def sweep(url):
    """Back to first rows, whatever a killed server left behind."""
    tables = all_tables().metadata.sorted_tables
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()")
        counters = connection.exec_driver_sql("SELECT relname FROM pg_class WHERE relkind = 'S'").scalars().all()
        # Replica: tables point at each other in a circle, so no order of deleting would please every foreign key.
        connection.exec_driver_sql("; ".join([
            "SET session_replication_role = replica", *(f"DELETE FROM {table.name}" for table in tables),
            "SET session_replication_role = origin", *(f"ALTER SEQUENCE {name} RESTART" for name in counters)]))
        with Session(connection) as session:
            first_rows(session, MORNING)
            session.flush()
    engine.dispose()


def with_driver(url):
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


_KEPT = {}


def kept(make):
    """`make`, but the same engine again for the same address: what SQLAlchemy has compiled for an engine is lost with
    it, and to compile all of it anew costs a test more than its own work."""
    def engine(url, *args, **named):
        key = url, named.get("writes")
        if key not in _KEPT:
            _KEPT[key] = make(url, *args, **named)
        return _KEPT[key]
    return engine


@contextmanager
def a_database_url(request, engine):
    """The address of a database of one's own with tables and first rows, gone afterwards."""
    if engine == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        path = template.with_name("of_a_test.db")
        for left_over in path.parent.glob(f"{path.name}*"):
            left_over.unlink()
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    url = with_driver(request.getfixturevalue("postgres_own"))
    sweep(url)
    yield url


@pytest.fixture(params=ENGINES)
def database_url(request):
    """For tests that start a server or the console on it: nothing is checked at the end."""
    with a_database_url(request, request.param) as url:
        yield url


@pytest.fixture
def unchecked_db(database_url, vault, clock):
    """For tests that break the books on purpose. All others take `db`."""
    factory = "_sqlite_engine" if database_url.startswith("sqlite") else "create_engine"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doors, factory, kept(getattr(doors, factory)))
        database = open_database(database_url, vault)
    yield database
    database.close()


@pytest.fixture
def db(unchecked_db):
    """A database with first rows, on SQLite and again on PostgreSQL. Afterwards its books must balance."""
    yield unchecked_db
    books_balance(unchecked_db)


def books_balance(database):
    """Every balance is the sum of its moves, none is negative, and reserved is what open reservations hold."""
    with database.read() as session:
        broken = [finding for finding in prove.look(session, prove.BALANCE_CHECKS) if not finding.holds]
    assert not broken, broken


# --- People ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def actor(unchecked_db):
    """A manager, who may do everything."""
    return builders.as_actor(builders.a_person(unchecked_db, "Lin Yue", "manager"))


@pytest.fixture
def picker(unchecked_db) -> Actor:
    return builders.as_actor(builders.a_person(unchecked_db, "Wang Xiaoyu", "picker"))


@pytest.fixture
def packer(unchecked_db) -> Actor:
    return builders.as_actor(builders.a_person(unchecked_db, "Jamie Porter", "packer"))


# --- The world outside -----------------------------------------------------------------------------------------------


@pytest.fixture
def post_box():
    """What a real mail server has received."""
    with a_mail_server() as box:
        yield box
