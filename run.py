#!/usr/bin/env python3
"""The index of commands. Needs Python 3.11 or newer and nothing else: it makes its own
environment in .venv.

    python3 run.py demo               a small shop on SQLite, served; prints the address and the badges
    python3 run.py serve              the program itself, with the data of WAREHOUSE_HOME
    python3 run.py test               every test; `test quick`: the quick ones; `test <for pytest>`: some
    python3 run.py lint               style, types and import contracts
    python3 run.py bench              measures speed over real HTTP
    python3 run.py soak               works for hours and watches memory and speed
    python3 run.py <anything else>    the program's own command: init, import, prove … (`--help` lists them)

What is said while installing goes to stderr: stdout belongs to the command alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.txt"
OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SLOW_ROOMS = ("tests/browser", "tests/crash")
# What pytest answers when it found no test to run.
NOTHING_COLLECTED = 5


def main(words: list[str]) -> int:
    refuse_unfit_machines()
    if not words or words[0] in ("-h", "--help", "help"):
        say(__doc__ or "")
        return 0 if words else 2
    command, rest = words[0], words[1:]
    doors = {"test": test, "lint": lint, "bench": bench, "soak": soak}
    return doors[command](rest) if command in doors else hand_over(words)


def refuse_unfit_machines() -> None:
    if sys.version_info < OLDEST_PYTHON:
        stop(f"This needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
             "Start run.py with a newer one, for example: python3.11 run.py demo")
    if os.name == "nt":
        stop("On Windows, please run this inside WSL (Windows Subsystem for Linux).")


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def stop(sentence: str) -> None:
    say(f"run.py: {sentence}")
    raise SystemExit(1)


# --- The environment ------------------------------------------------------------------------------

def environment(*extras: str) -> Path:
    """Python of .venv with the program and these extras inside. Installs only when pyproject.toml changed."""
    VENV.mkdir(exist_ok=True)
    with one_at_a_time():
        wanted = {"program", *extras}
        present = installed()
        if not wanted <= present:
            install(wanted | present)
    return VENV / "bin" / "python"


@contextlib.contextmanager
def one_at_a_time():
    """Two calls at once must not install into each other; the second waits and then finds all done."""
    import fcntl  # noqa: PLC0415 - missing on Windows, which is told so in words first

    with (VENV / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run.py is installing; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """Changes with pyproject.toml, the Python in use and the folder (an editable install points at it)."""
    facts = (ROOT / "pyproject.toml").read_bytes() + f"{sys.version}{ROOT}".encode()
    return hashlib.sha256(facts).hexdigest()


def installed() -> set[str]:
    if not STAMP.exists() or not (VENV / "bin" / "python").exists():
        return set()
    mark, *extras = STAMP.read_text(encoding="utf-8").split()
    return set(extras) if mark == fingerprint() else set()


def install(wanted: set[str]) -> None:
    say(f"Installing into {VENV} (about a minute the first time) …")
    STAMP.unlink(missing_ok=True)
    loudly([sys.executable, "-m", "venv", "--without-pip", str(VENV)], "cannot make a virtual environment")
    extras = ",".join(sorted(wanted - {"program"}))
    target = f"{ROOT}[{extras}]" if extras else str(ROOT)
    loudly([*installer(), "--editable", target], "installing failed, see above (is there a network?)")
    STAMP.write_text(" ".join([fingerprint(), *sorted(wanted)]), encoding="utf-8")


def installer() -> list[str]:
    """The first thing at hand that can install packages. Debian parts ensurepip from Python."""
    python = str(VENV / "bin" / "python")
    quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if pip_put_into(python):
        return [python, "-m", "pip", *quiet]
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--quiet", "--python", python]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", python, *quiet]
    if is_root_on_debian():
        apt_install("python3-venv", if_missing="python3-venv")
        if pip_put_into(python):
            return [python, "-m", "pip", *quiet]
    stop("Python's installer is missing here. On Debian or Ubuntu: sudo apt install python3-venv")
    return []


def pip_put_into(python: str) -> bool:
    return subprocess.run([python, "-m", "ensurepip"], capture_output=True).returncode == 0


def loudly(command: list[str], if_it_fails: str) -> None:
    """Run with everything it says on stderr; a failure ends run.py with a sentence."""
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode != 0:
        stop(f"{if_it_fails}: {' '.join(command)}")


# --- Commands -------------------------------------------------------------------------------------

def hand_over(words: list[str]) -> int:
    """Become the program's own command: its stdout, its exit code, its signals."""
    url = os.environ.get("WAREHOUSE_DATABASE_URL") or os.environ.get("DATABASE_URL") or ""
    python = environment(*(["postgres"] if url.startswith("postgres") else []))
    become([str(python.with_name("warehouse")), *words])
    return 1


def bench(words: list[str]) -> int:
    become([str(environment("dev")), "-m", "bench", *words])
    return 1


def soak(words: list[str]) -> int:
    become([str(environment("dev")), "-m", "bench", "soak", *words])
    return 1


def become(command: list[str]) -> None:
    if command[1] == "-m":
        os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(command[0], command)


def lint(words: list[str]) -> int:
    python = environment("dev")
    checks = [
        [str(python), "-m", "ruff", "check", *(words or ["."])],
        [str(python), "-m", "mypy", *words],
        [str(python.with_name("lint-imports")), "--no-logo"],
    ]
    failed = [Path(check[0] if check[1] != "-m" else check[2]).name
              for check in checks if subprocess.run(check, cwd=ROOT).returncode != 0]
    say(f"lint: failed: {', '.join(failed)}" if failed else "lint: all clean")
    return 1 if failed else 0


def test(words: list[str]) -> int:
    """Every test in four passes, or the quick pass, or what pytest's own arguments choose."""
    python = environment("dev")
    elsewhere = [f"--ignore={room}" for room in SLOW_ROOMS]
    quick = ["-n", "2", "-m", "not slow and not postgres and not story", *elsewhere]
    if words[:1] == ["quick"]:
        return run_passes(python, {"quick": quick + words[1:]})
    settings = what_browser_tests_need()
    if words:
        return run_passes(python, {"chosen": words}, settings)
    return run_passes(python, {
        "quick": quick,
        "postgres": ["-n", "2", "-m", "postgres and not slow", *elsewhere],
        "slow": ["-n", "2", "--dist", "worksteal", "-m", "slow or (story and not postgres)", *elsewhere],
        "browser and crash": [room for room in SLOW_ROOMS if (ROOT / room).is_dir()],
    }, settings)


def run_passes(
    python: Path, passes: dict[str, list[str]], settings: dict[str, str] | None = None
) -> int:
    """Run pytest once a pass, to the end even where one failed; the closing lines are repeated last."""
    sys.stdout.reconfigure(errors="replace")  # a narrow console must not end the tests
    closing, failed = [], False
    for name, arguments in passes.items():
        say(f"--- tests: {name} ---")
        code, last_line = run_pytest(python, arguments, settings or {})
        empty_by_right = code == NOTHING_COLLECTED and name == "slow"
        failed = failed or (code != 0 and not empty_by_right)
        closing.append(f"{name:>18}: {last_line}")
    print("\n".join(["", *closing]))
    if not sample_data().is_dir():
        print(f"The real day did not run: no sample data in {sample_data()} "
              "(WAREHOUSE_SAMPLE_DATA names the folder). The small day of tests/data stands in for it.")
    print("tests: FAILED" if failed else "tests: passed", flush=True)
    return 1 if failed else 0


def run_pytest(python: Path, arguments: list[str], settings: dict[str, str]) -> tuple[int, str]:
    """Exit code and last line of one pytest run, whose output is passed on as it comes."""
    colour = "--color=yes" if sys.stdout.isatty() else "--color=no"
    command = [str(python), "-m", "pytest", colour, *arguments]
    last: deque[str] = deque(maxlen=1)
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE,
                          encoding="utf-8", errors="replace") as running:
        for line in running.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if line.strip():
                last.append(line.strip(" =\n"))
    return running.returncode, last[0] if last else "no output"


def sample_data() -> Path:
    return Path(os.environ.get("WAREHOUSE_SAMPLE_DATA") or ROOT.parent / "shared" / "data")


# --- What the tests need from the machine ---------------------------------------------------------

def what_browser_tests_need() -> dict[str, str]:
    """Chromium and Chinese letters, installed where that is allowed. Without Chromium the run fails."""
    if not browser():
        if not is_root_on_debian():
            stop("The browser tests need Chromium on the PATH. On Debian or Ubuntu: "
                 "sudo apt install chromium fonts-noto-cjk")
        apt_install("chromium", "fonts-noto-cjk", if_missing="chromium")
    if not has_chinese_letters():
        if is_root_on_debian():
            apt_install("fonts-noto-cjk", if_missing="a font with Chinese letters")
        else:
            say("No font with Chinese letters: pictures will show boxes. "
                "On Debian: sudo apt install fonts-noto-cjk")
    found = browser()
    if not found:
        stop("Chromium was installed but is not on the PATH.")
    return {"WAREHOUSE_CHROMIUM": str(found)}


def browser() -> str | None:
    named = os.environ.get("WAREHOUSE_CHROMIUM")
    return named or next((found for found in map(shutil.which, BROWSERS) if found), None)


def has_chinese_letters() -> bool:
    if not shutil.which("fc-list"):
        return sys.platform == "darwin"
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout.strip())


def is_root_on_debian() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str, if_missing: str) -> None:
    say(f"Installing {', '.join(packages)} with apt-get …")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A stale or partly unreachable list is no reason to give up: the install itself says what is missing.
    subprocess.run(["apt-get", "update", "-qq"], stdin=subprocess.DEVNULL, stdout=sys.stderr, env=quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=quiet).returncode != 0:
        stop(f"{if_missing} is needed and could not be installed: {' '.join(command)}")


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
