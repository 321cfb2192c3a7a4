"""The doors to the database: `write` runs a use case and commits, `read` looks. The only begin, the only commit.

`write` is given a *function*, because it may have to run it again (PostgreSQL: serialization failure,
deadlock, lost connection) or beside others in one commit (SQLite). So a use case does nothing outside the
database. Why each setting: `docs/decisions/0005-database.md`.
"""

import fcntl
import queue
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from warehouse.config import Config
from warehouse.errors import Refusal, SetUpProblem, Stale
from warehouse.vault import Vault

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 64
QUEUE_BOUND = 500
# How long a full queue is waited for before the tablet is told to send again.
PATIENCE_S = 5
# Serialization failure, deadlock, lock timeout, admin shutdown, crash, cannot connect now.
SURELY_UNDONE = {"40001", "40P01"}
RETRY_STATES = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03"}
TRIES = 12
# Two connections could corrupt the WAL before this version (sqlite.org, "WAL-reset").
SAFE_SQLITE = (3, 51, 3)


def open_database(
    url: str, vault: Vault, *, has_pooler: bool = False, time_zone: str = Config.time_zone,
    confirm_minutes: int = Config.confirm_minutes,
) -> "Database":
    """The database at `url`: SQLite by file, PostgreSQL by server. `has_pooler`: between us and PostgreSQL
    stands a pooler that hands out connections by transaction. The other two are for the clocks of orders."""
    info = {"vault": vault, "time_zone": time_zone, "confirm_minutes": confirm_minutes}
    if url.startswith("sqlite"):
        return SqliteDatabase(url, info)
    return PostgresDatabase(url, info, has_pooler=has_pooler)


class Database(ABC):
    """What the doors have in common. `session.info` holds what services need of the house: "vault", the keys to seal
    with; "time_zone" and "confirm_minutes", by which clocks run."""

    reader: Engine
    steady_reader: Engine
    writer: Engine

    def __init__(self, info: dict[str, Any]) -> None:
        self.vault: Vault = info["vault"]
        self._info = info

    @abstractmethod
    def write(self, use_case: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `use_case(session, …)` in one transaction; its result comes back after the commit."""

    @contextmanager
    def read(self, *, steady: bool = False) -> Iterator[Session]:
        """A session that only looks. `steady` shows one moment to all its SELECTs; SQLite always does."""
        with Session(self.steady_reader if steady else self.reader, info=self._info) as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """A bare connection for a single SELECT: half of what a session costs."""
        with self.reader.connect() as connection:
            yield connection

    def close(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


class SqliteDatabase(Database):
    """One file, one writer thread. What waits while a commit is under way goes into the next one together:
    that makes `synchronous=FULL` affordable, and nobody ever meets "database is locked"."""

    def __init__(self, url: str, info: dict[str, Any]) -> None:
        super().__init__(info)
        path = Path(make_url(url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        driver = sqlite_driver()
        self._guard = _hold_alone(path) if driver.sqlite_version_info < SAFE_SQLITE else None
        self.writer = _sqlite_engine(url, driver, writes=True)
        self.reader = self.steady_reader = _sqlite_engine(url, driver, writes=False)
        self._jobs: queue.Queue[tuple[Callable[[Session], Any], Future[Any]] | None] = queue.Queue(QUEUE_BOUND)
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def write(self, use_case: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        answer: Future[T] = Future()
        try:
            self._jobs.put((lambda session: use_case(session, *args, **kwargs), answer), timeout=PATIENCE_S)
        except queue.Full:
            raise Busy("db.busy") from None
        return answer.result()

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join(timeout=30)
        super().close()
        if self._guard:
            self._guard.close()

    def _work(self) -> None:
        with self.writer.connect() as connection:
            is_closing = False
            while not is_closing and (job := self._jobs.get()) is not None:
                batch = [job]
                with suppress(queue.Empty):
                    while len(batch) < BATCH and not is_closing:
                        more = self._jobs.get_nowait()
                        is_closing = more is None
                        if more is not None:
                            batch.append(more)
                self._commit_together(connection, batch)

    def _commit_together(
        self, connection: Connection, batch: list[tuple[Callable[[Session], Any], Future[Any]]]
    ) -> None:
        """All of `batch` in one transaction, each behind its own savepoint; answers only after the commit."""
        if len(batch) == 1:
            self._commit_alone(connection, *batch[0])
            return
        done: list[tuple[Future[Any], Any]] = []
        try:
            with connection.begin():
                for job, answer in batch:
                    try:
                        with connection.begin_nested():
                            result = self._run(connection, job)
                        done.append((answer, result))
                    except Exception as problem:  # noqa: BLE001 - a door: whoever asked gets it
                        answer.set_exception(problem)
        except Exception as problem:  # noqa: BLE001 - a door: whoever asked gets it
            # Also where nothing could begin (disk full, file locked): nobody may wait for ever.
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(problem)
            return
        for answer, result in done:
            answer.set_result(result)

    def _commit_alone(
        self, connection: Connection, job: Callable[[Session], Any], answer: Future[Any]
    ) -> None:
        try:
            with connection.begin():
                result = self._run(connection, job)
        except Exception as problem:  # noqa: BLE001 - a door: whoever asked gets it
            answer.set_exception(problem)
        else:
            answer.set_result(result)

    def _run(self, connection: Connection, job: Callable[[Session], T]) -> T:
        with Session(connection, join_transaction_mode="rollback_only", info=self._info) as session:
            result = job(session)
            session.flush()
            return result


class PostgresDatabase(Database):
    """READ COMMITTED with conditional updates and row locks; the whole use case again where the server says so."""

    def __init__(self, url: str, info: dict[str, Any], *, has_pooler: bool) -> None:
        super().__init__(info)
        # Planning a scan's SELECT anew each time costs the server more than running it. A pooler by transaction
        # would mix prepared statements up between clients.
        prepared = {"prepare_threshold": None if has_pooler else 2}
        self.writer = create_engine(url, pool_size=16, max_overflow=16, connect_args=prepared)
        # Most reads are one SELECT: as a transaction of its own each would cost two round trips more.
        self.reader = self.writer.execution_options(isolation_level="AUTOCOMMIT")
        self.steady_reader = self.writer.execution_options(isolation_level="REPEATABLE READ")

    def write(self, use_case: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(TRIES):
            is_committing = False
            try:
                with Session(self.writer, info=self._info) as session:
                    result = use_case(session, *args, **kwargs)
                    session.flush()
                    is_committing = True
                    session.commit()
                    return result
            except (DBAPIError, Stale) as problem:
                if attempt + 1 == TRIES or not _may_try_again(problem, is_committing=is_committing):
                    raise
                time.sleep(random.uniform(0, 0.01 * 2 ** min(attempt, 6)))  # noqa: S311 - only to spread tries
        raise AssertionError("unreachable")


class Busy(Refusal):
    """More work is waiting than can be kept: the tablet sends the same scan again (503)."""

    status = 503


def sqlite_driver() -> ModuleType:
    """The newer of the system's SQLite and the one in the `pysqlite3` wheel."""
    import sqlite3  # noqa: PLC0415 - either may be the one

    try:
        import pysqlite3  # noqa: PLC0415
    except ImportError:
        return sqlite3
    newer: ModuleType = max(pysqlite3, sqlite3, key=lambda driver: driver.sqlite_version_info)
    return newer


def _sqlite_engine(url: str, driver: ModuleType, *, writes: bool) -> Engine:
    pooling: dict[str, Any] = {"poolclass": NullPool} if writes else {"pool_size": 16, "max_overflow": 32}
    engine = create_engine(
        url, module=driver, connect_args={"check_same_thread": False, "timeout": 15}, **pooling
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        # FULL: with NORMAL a power cut takes back scans that were already answered.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF",
                       "cache_size=-16000", f"query_only={'OFF' if writes else 'ON'}"):
            connection.execute(f"PRAGMA {pragma}")

    # A writer that begins by reading may not be able to go on to write; IMMEDIATE asks at once.
    words = "BEGIN IMMEDIATE" if writes else "BEGIN"
    # As the dialect's own act, not as an event: where one is listened for, every statement asks who listens.
    engine.dialect.do_begin = lambda connection: connection.execute(words)  # type: ignore[method-assign, assignment]
    return engine


def _hold_alone(path: Path) -> Any:
    """This SQLite is too old for two processes on one file: hold it alone, or say who is to leave."""
    guard = path.with_suffix(".lock").open("w")
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SetUpProblem(
            f"{path} is in use by another process and this SQLite is older than 3.51.3. Stop the other one first."
        ) from None
    return guard


def _may_try_again(problem: DBAPIError | Stale, *, is_committing: bool) -> bool:
    if isinstance(problem, Stale):
        return True
    state = getattr(problem.orig, "sqlstate", None)
    if is_committing:
        # A connection lost at COMMIT may have committed: whoever asked must ask again by their scan's id.
        return state in SURELY_UNDONE
    if state is None or state.startswith("08"):
        return problem.connection_invalidated or state is not None
    # The same scan id came in twice at once: the second run finds the first one's answer.
    return state in RETRY_STATES or (state == "23505" and "uq_scan_scan_id" in str(problem.orig))
