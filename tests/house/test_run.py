"""run.py, the first thing a newcomer starts: what it refuses, when it installs, that no failure is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

import run

pytestmark = pytest.mark.slow  # Each starts processes of its own.

ROOT = Path(__file__).resolve().parents[2]
PASSING = "def test_that_holds(): assert True\n"
FAILING = "def test_that_fails(): assert False\n"


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """An empty clone with an environment that is already made."""
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "STAMP", tmp_path / ".venv" / "installed.txt")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


def test_without_a_word_it_lists_the_commands_and_leaves_stdout_alone():
    told = subprocess.run([sys.executable, ROOT / "run.py"], capture_output=True, text=True, check=False)

    assert told.returncode == 2
    assert told.stdout == ""
    assert all(f"run.py {word}" in told.stderr for word in ("demo", "serve", "test", "lint", "bench", "soak"))


def test_an_older_python_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(run, "OLDEST_PYTHON", (99, 0))

    with pytest.raises(SystemExit, match="1"):
        run.main(["demo"])

    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_it_installs_again_only_when_the_project_file_changes(clone):
    before = run.installed()
    run.STAMP.write_text(f"{run.fingerprint()} dev program")
    after = run.installed()
    (clone / "pyproject.toml").write_text("[project]\nversion = '2'\n")
    changed = run.installed()

    assert (before, after, changed) == (set(), {"program", "dev"}, set())


@pytest.mark.parametrize(("tests", "code", "said"), [(PASSING, 0, "1 passed"), (FAILING, 1, "1 failed")])
def test_a_failing_test_fails_the_run_and_its_closing_line_stands_last(tests, code, said, clone, capsys):
    (clone / "test_first.py").write_text(tests)
    (clone / "test_second.py").write_text(PASSING)

    answer = run.run_passes(Path(sys.executable), {"first": ["test_first.py"], "second": ["test_second.py"]})

    assert answer == code
    closing = capsys.readouterr().out.splitlines()
    assert closing[-1] == ("tests: FAILED" if code else "tests: passed")
    assert any(line.startswith("             first: ") and said in line for line in closing[-4:])


def test_a_pass_that_finds_no_test_fails_the_run(clone):
    assert run.run_passes(Path(sys.executable), {"browser": ["."]}) == 1


def test_a_run_without_the_shared_data_says_so_last(clone, monkeypatch, capsys):
    (clone / "test_one.py").write_text(PASSING)
    monkeypatch.setenv("WAREHOUSE_SAMPLE_DATA", str(clone / "nowhere"))

    run.run_passes(Path(sys.executable), {"quick": ["test_one.py"]})

    assert "The real day did not run" in capsys.readouterr().out.splitlines()[-2]


def test_a_missing_browser_fails_the_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("WAREHOUSE_CHROMIUM", raising=False)

    with pytest.raises(SystemExit, match="1"):
        run.what_browser_tests_need()

    assert "need Chromium" in capsys.readouterr().err
