"""A warehouse of its own for measuring and crashing: `warehouse serve` as a process on a free port, on SQLite
or on a PostgreSQL server with real fsync."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from tests import postgres
from warehouse.config import Config, load_config

ROOT = Path(__file__).resolve().parents[1]
START_S, LOOK_EVERY_S = 30, 0.02
ENGINES = ("sqlite", "postgresql")


@dataclass
class Process:
    """A server process that answers GET /up with its pid."""

    command: list[str]
    port: int
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.running is not None
        return self.running.pid

    def start(self) -> float:
        """Start and wait for the first answer of this very process; the seconds that took."""
        begun = time.perf_counter()
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, cwd=ROOT, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        while self.answering_pid() != self.pid:
            if self.running.poll() is not None or time.perf_counter() - begun > START_S:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(LOOK_EVERY_S)
        return time.perf_counter() - begun

    def answering_pid(self) -> int | None:
        """Who answers on the port. Another process there would make every figure and every loss a false one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/up")
            return int(json.loads(connection.getresponse().read())["pid"])
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def kill(self) -> None:
        """SIGKILL to the whole group: nobody is asked, nothing is written any more."""
        assert self.running is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class House:
    """A data folder with its database; `process` serves it."""

    engine: str
    home: Path
    url: str
    process: Process

    @property
    def config(self) -> Config:
        return load_config(self.home, database_url=self.url)

    @property
    def log(self) -> str:
        return self.process.log.read_text(errors="replace")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The program's own command on this house."""
        return subprocess.run(
            [warehouse_command(), *words], cwd=ROOT, env={**os.environ, **self.process.environment}, check=False,
            capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL)

    def prove(self) -> list[str]:
        """What `warehouse prove` finds broken; nothing where all is well."""
        told = json.loads(self.command("prove", "--json").stdout.splitlines()[-1])
        return [f"{check['name']}: {check['rows']}" for check in told["checks"] if not check["ok"]]


def warehouse_command() -> str:
    return str(Path(sys.executable).with_name("warehouse"))


@contextlib.contextmanager
def a_house(engine: str, server: postgres.Server | None = None) -> Iterator[House]:
    """A new data folder and database, made by `warehouse init`; not yet served. Gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="shelfmark-bench-"))
    home.chmod(0o700)
    url = f"sqlite:///{home / 'warehouse.db'}"
    if engine != "sqlite":
        assert server is not None, "PostgreSQL wants a server"
        url = make_url(postgres.new_database(server.url)).set(drivername="postgresql+psycopg").render_as_string(
            hide_password=False)
    port = postgres.free_port()
    process = Process(
        [warehouse_command(), "serve", "--port", str(port)], port, home / "server.log",
        {"WAREHOUSE_HOME": str(home), "WAREHOUSE_DATABASE_URL": url})
    house = House(engine, home, url, process)
    try:
        made = house.command("init")
        if made.returncode:
            raise RuntimeError(made.stderr)
        yield house
    finally:
        process.stop()
        if engine != "sqlite":
            postgres.drop_database(url)
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def durable_postgres() -> Iterator[postgres.Server]:
    """A PostgreSQL of our own with its default settings, fsync on: what a shop would run, and whose CPU we see."""
    server = postgres.start_own(postgres.find_binaries(), durable=True)
    try:
        yield server
    finally:
        server.stop()
