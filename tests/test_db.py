"""The doors to the database: together in one commit, yet each alone; again where the server says so."""

import sqlite3
import threading

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from tests.builders import an_item, stock_at
from warehouse import db as doors
from warehouse.errors import Conflict
from warehouse.models.picking import Cart
from warehouse.models.stock import StockBalance


def add_cart(session, code, slots=6):
    return session.execute(insert(Cart).returning(Cart.id), {"code": code, "slots": slots}).scalar_one()


def carts(db):
    with db.read() as session:
        return set(session.execute(select(Cart.code)).scalars())


def refuse_after_writing(session, code):
    add_cart(session, code)
    raise Conflict("flow.illegal_step", thing="cart", state="free", verb="fly")


def at_once(*jobs):
    """Start all jobs together; what each gave or raised, in their order."""
    together, answers = threading.Barrier(len(jobs)), [None] * len(jobs)

    def work(place, job):
        together.wait()
        try:
            answers[place] = job()
        except Exception as problem:  # noqa: BLE001 - the test looks at whatever it was
            answers[place] = problem

    workers = [threading.Thread(target=work, args=each) for each in enumerate(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return answers


# --- Both engines ----------------------------------------------------------------------------------------------------


def test_what_a_use_case_returns_comes_back_after_the_commit(db):
    cart_id = db.write(add_cart, "C-01")

    with db.read() as session:
        assert session.execute(select(Cart.code).where(Cart.id == cart_id)).scalar_one() == "C-01"


def test_a_refusal_takes_back_everything_of_its_own_use_case(db):
    with pytest.raises(Conflict):
        db.write(refuse_after_writing, "C-01")

    assert carts(db) == set()


def test_a_refusal_does_not_touch_what_others_do_at_the_same_time(db):
    jobs = [lambda n=n: db.write(refuse_after_writing if n % 3 == 0 else add_cart, f"C-{n:02}") for n in range(12)]

    answers = at_once(*jobs)

    assert [n for n, answer in enumerate(answers) if isinstance(answer, Conflict)] == [0, 3, 6, 9]
    assert carts(db) == {f"C-{n:02}" for n in range(12) if n % 3}


def test_a_fault_in_one_use_case_leaves_the_door_open_for_the_next(db):
    with pytest.raises(ZeroDivisionError):
        db.write(lambda session: add_cart(session, "C-01") / 0)

    db.write(add_cart, "C-02")

    assert carts(db) == {"C-02"}


def test_the_second_wall_holds_where_a_service_would_be_wrong(db):
    book = an_item(db)
    stock_at(db, "B-07-3", book, units=1)
    balance = StockBalance.__table__

    with pytest.raises(IntegrityError):
        db.write(lambda session: session.execute(balance.update().values(on_hand=-1)))
    with pytest.raises(IntegrityError):
        db.write(lambda session: session.execute(balance.update().values(reserved=2)))


def test_a_row_cannot_point_at_nothing(db):
    with pytest.raises(IntegrityError):
        db.write(lambda session: session.execute(insert(StockBalance), {
            "item_id": 999, "location_id": 999, "condition": "good", "on_hand": 1, "reserved": 0}))


def test_the_keys_are_at_hand_in_reading_and_writing(db, vault):
    assert db.write(lambda session: session.info["vault"]) is vault
    with db.read() as session:
        assert session.info["vault"] is vault


def test_a_moment_comes_back_with_its_zone_and_to_the_millisecond(db, clock, actor):
    from warehouse.models.people import Person

    with db.read() as session:
        made = session.execute(select(Person.created_at).where(Person.id == actor.person_id)).scalar_one()

    assert made == clock.moment
    assert made.utcoffset().total_seconds() == 0


# --- SQLite ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sqlite_db(sqlite_template, tmp_path, vault):
    path = tmp_path / "alone.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = doors.open_database(f"sqlite:///{path}", vault)
    yield database
    database.close()


def said_on(database):
    """What the writer's connection says to SQLite from now on."""
    said = []
    database.write(lambda session: session.connection().connection.driver_connection.set_trace_callback(said.append))
    said.clear()
    return said


def test_what_waits_goes_into_one_commit(sqlite_db):
    said = said_on(sqlite_db)
    begun, go_on = threading.Event(), threading.Event()

    def hold_the_writer(session):
        begun.set()
        go_on.wait(10)
        return add_cart(session, "C-00")

    first = threading.Thread(target=sqlite_db.write, args=(hold_the_writer,))
    first.start()
    begun.wait(10)
    waiting = [threading.Thread(target=sqlite_db.write, args=(add_cart, f"C-{n:02}")) for n in range(1, 9)]
    for each in waiting:
        each.start()
    while sqlite_db._jobs.qsize() < len(waiting):
        pass
    said.clear()
    go_on.set()
    for each in (first, *waiting):
        each.join()

    assert carts(sqlite_db) == {f"C-{n:02}" for n in range(9)}
    assert said.count("BEGIN IMMEDIATE") == 1
    assert sum(statement.startswith("SAVEPOINT") for statement in said) == 8


def test_a_writer_asks_for_the_lock_before_it_reads(sqlite_db):
    said = said_on(sqlite_db)

    sqlite_db.write(lambda session: session.execute(select(func.count()).select_from(Cart)).scalar())

    assert said[0] == "BEGIN IMMEDIATE"


def test_a_reader_cannot_write(sqlite_db):
    with sqlite_db.read() as session, pytest.raises(OperationalError, match="readonly"):
        add_cart(session, "C-01")


def test_a_reader_sees_one_moment_while_others_write(sqlite_db):
    with sqlite_db.read() as session:
        before = session.execute(select(func.count()).select_from(Cart)).scalar()
        sqlite_db.write(add_cart, "C-01")

        assert session.execute(select(func.count()).select_from(Cart)).scalar() == before
    assert carts(sqlite_db) == {"C-01"}


@pytest.mark.parametrize(("pragma", "wanted"), [
    ("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("trusted_schema", 0)])
def test_both_doors_are_set_up_to_lose_nothing(sqlite_db, pragma, wanted):
    for engine in (sqlite_db.writer, sqlite_db.reader):
        with engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == wanted


def test_nobody_waits_for_ever_when_no_transaction_can_begin(sqlite_db):
    path = sqlite_db.writer.url.database
    sqlite_db.write(lambda session: session.execute(text("PRAGMA busy_timeout=0")))
    # The same library: two in one process do not see each other's locks.
    other = doors.sqlite_driver().connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="locked"):
        sqlite_db.write(add_cart, "C-01")
    other.close()
    sqlite_db.write(add_cart, "C-02")

    assert carts(sqlite_db) == {"C-02"}


def test_when_too_much_waits_the_tablet_is_told_to_come_again(sqlite_db, monkeypatch):
    """The bound and the patience are made small; the way through is the real one."""
    begun, go_on = threading.Event(), threading.Event()

    def hold_the_writer(session):
        begun.set()
        go_on.wait(10)

    first = threading.Thread(target=sqlite_db.write, args=(hold_the_writer,))
    first.start()
    begun.wait(10)
    monkeypatch.setattr(sqlite_db._jobs, "maxsize", 1)
    monkeypatch.setattr(doors, "PATIENCE_S", 0.01)
    second = threading.Thread(target=sqlite_db.write, args=(add_cart, "C-01"))
    second.start()
    while not sqlite_db._jobs.full():
        pass

    with pytest.raises(doors.Busy) as busy:
        sqlite_db.write(add_cart, "C-02")
    go_on.set()
    for each in (first, second):
        each.join()

    assert busy.value.status == 503
    assert carts(sqlite_db) == {"C-01"}


def test_an_old_sqlite_is_held_by_one_process_alone(tmp_path):
    guard = doors._hold_alone(tmp_path / "warehouse.db")

    with pytest.raises(doors.SetUpProblem, match="in use by another process"):
        doors._hold_alone(tmp_path / "warehouse.db")
    guard.close()


def test_the_newer_of_two_sqlites_is_used():
    assert doors.sqlite_driver().sqlite_version_info >= sqlite3.sqlite_version_info


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@pytest.fixture
def postgres_db(request, vault):
    from tests.conftest import a_database_url

    with a_database_url(request, "postgres") as url:
        database = doors.open_database(url, vault)
        yield database
        database.close()


def test_a_deadlock_is_run_again_until_both_are_done(postgres_db):
    for code in ("C-01", "C-02"):
        postgres_db.write(add_cart, code, 1)
    met, runs = threading.Barrier(2), []

    def grow(first, second):
        def use_case(session):
            runs.append(first)
            for code in (first, second):
                session.execute(text("UPDATE cart SET slots = slots + 1 WHERE code = :code"), {"code": code})
                if code == first and len(runs) <= 2:
                    met.wait(10)
        return lambda: postgres_db.write(use_case)

    answers = at_once(grow("C-01", "C-02"), grow("C-02", "C-01"))

    assert answers == [None, None]
    assert len(runs) >= 3
    with postgres_db.read() as session:
        assert list(session.execute(select(Cart.slots)).scalars()) == [3, 3]


def test_a_lost_connection_is_run_again(postgres_db):
    runs = []

    def lose_the_first(session):
        runs.append(1)
        add_cart(session, "C-01")
        if len(runs) == 1:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    postgres_db.write(lose_the_first)

    assert len(runs) == 2
    assert carts(postgres_db) == {"C-01"}


def test_a_broken_rule_is_not_run_again(postgres_db):
    postgres_db.write(add_cart, "C-01")
    runs = []

    def twice_the_same(session):
        runs.append(1)
        add_cart(session, "C-01")

    with pytest.raises(IntegrityError):
        postgres_db.write(twice_the_same)
    assert len(runs) == 1


def test_after_twelve_tries_the_fault_is_shown(postgres_db, monkeypatch):
    monkeypatch.setattr(doors.time, "sleep", lambda _: None)
    runs = []

    def never(session):
        runs.append(1)
        session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(DBAPIError):
        postgres_db.write(never)
    assert len(runs) == doors.TRIES
