"""The PostgreSQL that the other tests stand on: found, started, shared and taken away again."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from tests import postgres

pytestmark = pytest.mark.slow  # Each starts processes of its own.

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_given_server(monkeypatch):
    """Here our own server is looked at, whatever server the run was given."""
    monkeypatch.delenv("DATABASE_URL_TEST", raising=False)


def ask(url, question):
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(question)
        return answer.fetchone()[0] if answer.description else None


def test_a_server_starts_gives_each_test_its_own_database_and_leaves_nothing():
    server = postgres.start_postgres()
    template = postgres.new_database(server.url)
    ask(template, "CREATE TABLE shelf AS SELECT 3 AS units")

    first, second = (postgres.new_database(server.url, template) for _ in range(2))
    ask(first, "UPDATE shelf SET units = 2")
    seen = ask(first, "SELECT units FROM shelf"), ask(second, "SELECT units FROM shelf")
    postgres.drop_database(first)
    left = ask(server.url, "SELECT count(*) FROM pg_database WHERE datname LIKE 'shelfmark%'")
    server.stop()

    assert seen == (2, 3)
    assert left == 2
    assert not Path(server.folder).exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)


def test_a_durable_server_keeps_fsync_on_and_an_ordinary_one_does_not():
    answers = []
    for durable in (True, False):
        server = postgres.start_postgres(durable=durable)
        answers.append((ask(server.url, "SHOW fsync"), ask(server.url, "SHOW synchronous_commit")))
        server.stop()

    assert answers == [("on", "on"), ("off", "off")]


def test_the_wheel_carries_a_server_that_starts():
    server = postgres.start_own(postgres.wheel_binaries()[0].parent, durable=False)
    encoding = ask(server.url, "SHOW server_encoding")
    server.stop()

    assert encoding == "UTF8"


def test_workers_of_one_run_share_a_server_until_the_last_leaves(tmp_path):
    with postgres.shared_postgres(tmp_path) as first:
        with postgres.shared_postgres(tmp_path) as second:
            pass
        answer = ask(first, "SELECT 1")

    assert first == second
    assert answer == 1
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first)


def test_a_server_does_not_outlive_a_run_that_is_killed():
    program = "from tests import postgres; print(postgres.start_postgres().folder, flush=True); input()"
    settings = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    killed = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=settings, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    folder = Path(killed.stdout.readline().strip())
    server = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))

    killed.kill()
    killed.communicate()

    # Waits for the end of the process, however long the machine takes; a server that stays fails here.
    server.wait(timeout=60)


def test_a_given_server_is_used_and_never_stopped(monkeypatch):
    own = postgres.start_postgres()
    monkeypatch.setenv("DATABASE_URL_TEST", own.url)

    given = postgres.start_postgres()
    given.stop()
    answer = ask(own.url, "SELECT 1")
    own.stop()

    assert given.url == os.environ["DATABASE_URL_TEST"]
    assert answer == 1


def test_missing_binaries_are_a_failure(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RuntimeError, match="No PostgreSQL"):
        postgres.find_binaries()
