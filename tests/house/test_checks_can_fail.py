"""Each check of the house is shown a tree that is broken on purpose, and must name what is broken there."""

import hashlib
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.house import checks, codes
from warehouse.domain.flow import Flow

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
CONTRACTS = SETTINGS["importlinter"]["contracts"]
ROOMS_BELOW = {"web": "http access forms errors picking packing", "queries": "picking", "domain": "picking",
               "models": "base picking packing", "gateways": "printers"}

# One forbidden import (or an unplaced room) for each contract: file, and what is written into it.
OFFENCES = {
    "floors": ("warehouse/lobby.py", "A_ROOM = 'that nobody placed on a floor'"),
    "order-of-work": ("warehouse/services/stock.py", "from warehouse.services import orders_import"),
    "tables": ("warehouse/models/picking.py", "from warehouse.models.packing import NAME"),
    "pure-rules": ("warehouse/domain/picking.py", "import sqlalchemy"),
    "no-web-no-paper": ("warehouse/queries/picking.py", "import flask"),
    "no-rows-in-web": ("warehouse/web/picking.py", "from warehouse.models import picking"),
    "pure-paper": ("labels/page.py", "from warehouse import clock"),
    "bridge-to-paper": ("warehouse/web/picking.py", "from labels import page"),
    "blueprints": ("warehouse/web/picking.py", "from warehouse.web import packing"),
    "no-circles": ("warehouse/gateways/printers.py", "from warehouse import jobs"),
}


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def sound_house(tmp_path_factory):
    """A tree of stub files with a room for every name in the contracts."""
    root = tmp_path_factory.mktemp("sound")
    shutil.copy(ROOT / "pyproject.toml", root)
    rooms = {f"warehouse/{name}" for name in rooms_of("floors")}
    rooms |= {f"warehouse/services/{name}" for name in rooms_of("order-of-work")}
    rooms |= {f"warehouse/{shelf}/{name}" for shelf, names in ROOMS_BELOW.items() for name in names.split()}
    rooms |= {"warehouse/__init__", "labels/__init__", "labels/page"}
    packages = {room.rsplit("/", 1)[0] for room in rooms}
    for room in rooms:
        write(root, f"{room}/__init__.py" if room in packages else f"{room}.py", f"NAME = {room!r}\n")
    for package in packages:
        write(root, f"{package}/__init__.py", "")
    write(root, "warehouse/documents.py", "from labels import page\nfrom warehouse.queries import picking\n")
    write(root, "warehouse/jobs.py", "from warehouse.gateways import printers\n")
    write(root, "warehouse/models/packing.py", "from warehouse.models import base\nNAME = 'packing'\n")
    return root


def rooms_of(contract):
    layers = next(found for found in CONTRACTS if found["id"] == contract)["layers"]
    return {name.strip(" ()") for layer in layers for name in layer.split("|")}


def test_a_sound_house_keeps_every_contract(sound_house):
    assert checks.find_broken_contracts(sound_house) == []


def test_every_contract_has_an_offence_to_fail_on():
    assert {contract["id"] for contract in CONTRACTS} == set(OFFENCES)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["id"])
def test_a_forbidden_import_breaks_its_contract(contract, sound_house, tmp_path):
    house = tmp_path / "house"
    shutil.copytree(sound_house, house)
    name, text = OFFENCES[contract["id"]]
    write(house, name, f"{text}\nNAME = 'broken'\n")

    found = checks.find_broken_contracts(house, contract["id"])

    assert found[:1] == [contract["name"]]


@pytest.mark.parametrize(("lower", "upper"), [
    ("warehouse/clock.py", "from warehouse import db"),
    ("warehouse/services/picking.py", "from warehouse.queries import picking"),
    ("warehouse/services/packing.py", "from warehouse.services import shipping"),
    ("warehouse/jobs.py", "from warehouse.web import picking"),
])
def test_an_import_upwards_or_next_door_breaks_a_floor(lower, upper, sound_house, tmp_path):
    house = tmp_path / "house"
    shutil.copytree(sound_house, house)
    write(house, lower, f"{upper}\n")

    assert checks.find_broken_contracts(house)


def test_an_unreadable_tree_is_not_taken_for_a_sound_one(tmp_path):
    write(tmp_path, "pyproject.toml", "[tool.importlinter]\nroot_packages = ['nowhere']\n")

    assert "could not run" in checks.find_broken_contracts(tmp_path)[0]


def line_of(columns):
    return "#" * columns + "\n"


# Check, file, a text it must name, the nearest text it must leave alone.
BROKEN_FILES = [
    (checks.find_overlong_files, "warehouse/long.py", "x = 1\n" * 351, "x = 1\n" * 350),
    (checks.find_overlong_files, "static/js/long.js", "x;\n" * 151, "x;\n" * 150),
    (checks.find_overlong_functions, "labels/draw.py",
     "def draw():\n" + "    x = 1\n" * 60, "def draw():\n" + "    x = 1\n" * 59),
    (checks.find_wide_lines, "run.py", line_of(121), line_of(120)),
    (checks.find_commits_outside_db, "warehouse/services/stock.py",
     "def move(session):\n    session.commit()\n", "def move(session):\n    session.flush()\n"),
    (checks.find_commits_outside_db, "warehouse/web/http.py",
     "def work(engine):\n    with engine.begin():\n        pass\n", "from warehouse import db\n"),
    (checks.find_commits_outside_db, "warehouse/cli.py", "sql = 'BEGIN IMMEDIATE'\n", "word = 'beginning'\n"),
    (checks.find_commits_outside_db, "warehouse/other.py", "connection.commit()\n", "run.begin(session)\n"),
    (checks.find_forbidden_words, "warehouse/a.py", "# TO" "DO later\n", "# a to-do list of the shop\n"),
    (checks.find_forbidden_words, "warehouse/a.py", "raise NotImplemented" "Error\n", "raise ValueError\n"),
    (checks.find_forbidden_words, "tests/test_a.py", "@pytest.mark.sk" "ip\n", "def test_skip(): ...\n"),
    (checks.find_forbidden_words, "docs/guide.md", "see /ro" "ot/notes.txt\n", "see /root_cause.html\n"),
    (checks.find_forbidden_words, "README.md", "from https://pypi.o" "rg/simple\n", "from the index\n"),
    (codes.find_uneven_sentences, "warehouse/locale/stock.toml",
     "[short]\nen = 'Short'\n", "[short]\nen = 'Short'\nzh = '缺货'\n"),
    (codes.find_uneven_sentences, "warehouse/locale/stock.toml",
     "[short]\nen = '{n} short'\nzh = '缺货'\n",
     "[short]\nen = '{n} short'\nen_one = 'One short'\nzh = '缺 {n} 件'\n"),
    (codes.find_uneven_sentences, "warehouse/locale/stock.toml",
     "[short]\nen = 'Short'\nzh = '缺货'\nfr = 'Court'\n", "[short]\nen = 'Short'\nzh = '缺货'\n"),
]


def short_name(value):
    return getattr(value, "__name__", None) or re.sub(r"\s+", " ", str(value))[:24]


@pytest.mark.parametrize(("check", "name", "broken", "sound"), BROKEN_FILES, ids=short_name)
def test_a_broken_file_is_named_and_a_sound_one_is_not(check, name, broken, sound, tmp_path):
    for folder in ("warehouse", "labels", "templates"):
        (tmp_path / folder).mkdir()
    write(tmp_path, name, broken)
    found = check(tmp_path)

    write(tmp_path, name, sound)

    assert len(found) == 1
    assert check(tmp_path) == []


def test_db_may_commit(tmp_path):
    write(tmp_path, "warehouse/db.py", "session.commit()\n")

    assert checks.find_commits_outside_db(tmp_path) == []


def test_vendored_and_generated_files_are_not_judged(tmp_path):
    write(tmp_path, "static/vendor/htmx.js", "x;\n" * 500)
    write(tmp_path, "artefacts/page.html", "x\n" * 500)

    assert checks.find_overlong_files(tmp_path) == []


def test_a_folder_that_the_contracts_cannot_see_is_named(tmp_path):
    write(tmp_path, "labels/__init__.py", "")
    write(tmp_path, "warehouse/__init__.py", "")
    write(tmp_path, "warehouse/web/picking.py", "")

    assert checks.find_unmarked_packages(tmp_path) == ["warehouse/web: no __init__.py"]


def test_a_template_folder_without_a_web_room_is_named(tmp_path):
    for template in ("base.html", "macros/form.html", "parts/_top.html", "picking/p.html", "lobby/p.html"):
        write(tmp_path, f"templates/{template}", "")
    write(tmp_path, "warehouse/web/picking.py", "")

    assert checks.find_templates_without_room(tmp_path) == ["templates/lobby: no warehouse/web/lobby.py"]


def test_a_vendored_file_that_was_touched_is_named(tmp_path):
    digest = hashlib.sha256(b"as it was").hexdigest()
    for name in ("kept.js", "touched.js", "slipped_in.js"):
        write(tmp_path, f"static/vendor/{name}", "as it was" if name == "kept.js" else "changed")
    write(tmp_path, checks.SUMS, f"{digest}  kept.js\n{digest}  touched.js\n{digest}  lost.js\n")

    assert checks.find_changed_vendor_files(tmp_path) == [
        "static/vendor/slipped_in.js: not in static/vendor/SHA256SUMS",
        "static/vendor/lost.js: missing",
        "static/vendor/touched.js: changed",
    ]


def test_a_dependency_without_a_reason_is_named(tmp_path):
    write(tmp_path, "pyproject.toml", "[project]\ndependencies = ['flask>=3', 'rich']\n"
                                      "[project.optional-dependencies]\ndev = ['psycopg[binary]>=3']\n")
    write(tmp_path, "docs/decisions/0001.md", "| `flask` | Serves the screens. |\n| `rich` | |\n")

    assert checks.find_unexplained_dependencies(tmp_path) == [
        "psycopg: no line in docs/decisions/", "rich: no line in docs/decisions/"]


def test_a_command_that_nobody_wrote_about_is_named(tmp_path):
    write(tmp_path, "README.md", "Run `python3 run.py demo`, then `warehouse prove`. To restore, see it.\n")

    assert checks.find_unmentioned_commands(["demo", "prove", "restore"], tmp_path) == [
        "restore: neither in README.md nor in docs/"]


def test_a_setting_that_nobody_wrote_about_is_named(tmp_path):
    write(tmp_path, "docs/settings.md", "`port` is told in words.\n| `host`, `tls` | where | not `user` |\n")

    assert checks.find_unmentioned_settings(["host", "port", "tls", "user"], tmp_path) == [
        "port: not in docs/settings.md", "user: not in docs/settings.md"]


@pytest.mark.parametrize(("flow", "found"), [
    (Flow("sound", start="open", steps={("open", "close"): "closed"}), []),
    (Flow("round", start="listed", steps={("listed", "hide"): "hidden", ("hidden", "list"): "listed"}), []),
    (Flow("island", start="open", steps={("open", "close"): "closed", ("held", "close"): "closed"}),
     ["island: held cannot be reached"]),
    (Flow("trap", start="open", steps={
        ("open", "close"): "closed", ("open", "hold"): "held", ("held", "note"): "held"}),
     ["trap: held has no way on"]),
], ids=lambda value: value.name if isinstance(value, Flow) else None)
def test_lost_states_are_named(flow, found):
    assert checks.find_lost_states([flow]) == found


SAID_IN_PYTHON = """
class Refusal(Exception): ...
class Held(Refusal):
    def __init__(self): super().__init__("orders.unknown_a")
class HeldTwice(Held): ...
raise HeldTwice("orders.unknown_b")
say(lang, "orders.unknown_c", n=1)
say(lang, "orders.held" if held else "orders.unknown_d")
say(lang, f"orders.missing_{state}")
Verdict(accepted=False, code="orders.unknown_e")
say(lang, "orders.held"); say(lang, f"orders.he{rest}"); Reading(code="9787111111111"); url_for("orders.page")
"""


def test_codes_said_in_python_without_a_sentence_are_named(tmp_path):
    write(tmp_path, "warehouse/locale/orders.toml", "[held]\nen = 'Held'\nzh = '暂停'\n")
    write(tmp_path, "warehouse/web/orders.py", SAID_IN_PYTHON)
    (tmp_path / "templates").mkdir()

    said = sorted(line.split(": ")[1].split(" ")[0] for line in codes.find_unknown_codes(tmp_path))

    assert said == ["orders.missing_…", *(f"orders.unknown_{letter}" for letter in "abcde")]


def test_codes_said_in_a_template_without_a_sentence_are_named(tmp_path):
    write(tmp_path, "warehouse/locale/orders.toml", "[held]\nen = 'Held'\nzh = '暂停'\n")
    write(tmp_path, "templates/orders/page.html",
          '{{ t("orders.held") }} {{ t("orders.gone", n=2) }}\n'
          '{{ t("orders.he" ~ rest) }} {{ t(\'lost.\' ~ state) }}\n')

    assert codes.find_unknown_codes(tmp_path) == [
        "templates/orders/page.html:1: orders.gone has no sentence",
        "templates/orders/page.html:2: lost.… has no sentence",
    ]
