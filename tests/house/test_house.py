"""The house keeps its own rules. What each check means: checks.py and codes.py; that each can fail:
test_checks_can_fail.py."""

import importlib
import pkgutil
import re
import tomllib
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.house import checks, codes

ROOT = Path(__file__).resolve().parents[2]
CHECKS = [
    checks.find_broken_contracts,
    checks.find_unmarked_packages,
    checks.find_overlong_files,
    checks.find_overlong_functions,
    checks.find_wide_lines,
    checks.find_commits_outside_db,
    checks.find_templates_without_room,
    checks.find_forbidden_words,
    checks.find_changed_vendor_files,
    checks.find_unexplained_dependencies,
    codes.find_uneven_sentences,
    codes.find_unknown_codes,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_keeps_its_rule(check):
    if found := check(ROOT):
        pytest.fail("\n".join(found), pytrace=False)


def test_no_state_is_lost():
    flows = all_flows()

    assert flows
    assert checks.find_lost_states(flows) == []


def test_every_command_is_written_about():
    from warehouse.cli import main

    assert checks.find_unmentioned_commands(main.list_commands(None), ROOT) == []


def test_every_setting_is_written_about():
    from warehouse.config import Config

    # Where the data is comes from the environment.
    given = {field.name for field in fields(Config)} - {"home", "database_url"}
    assert checks.find_unmentioned_settings(given, ROOT) == []


def all_flows():
    """Every `Flow` that a module of the domain holds."""
    import warehouse.domain
    from warehouse.domain.flow import Flow

    names = [module.name for module in pkgutil.walk_packages(warehouse.domain.__path__, "warehouse.domain.")]
    held = [thing for name in names for thing in vars(importlib.import_module(name)).values()]
    return list({id(thing): thing for thing in held if isinstance(thing, Flow)}.values())


def test_every_file_with_tests_is_collected():
    """A story whose name fits no pattern would be left out of every run, and nobody would hear of it."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["python_files"]
    files = [file for file in (ROOT / "tests").rglob("*.py")
             if re.search(r"^def test_", file.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(files) > 100
    assert [file.name for file in files if not any(fnmatch(file.name, pattern) for pattern in patterns)] == []
