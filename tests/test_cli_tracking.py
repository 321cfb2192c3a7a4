"""Carriers' files and secrets from the console."""

import json

import pytest
from click.testing import CliRunner

from tests import shipping_day as day
from tests.builders import a_person, an_item, an_order, as_actor
from warehouse import data_folder
from warehouse.cli import main
from warehouse.config import load_config


@pytest.fixture
def home(tmp_path, monkeypatch, clock):
    """A data folder with first rows."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WAREHOUSE_DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    data_folder.make(load_config())
    return tmp_path


def run(*words):
    return CliRunner().invoke(main, words)


def sent():
    """The tracking number of a parcel that SF has."""
    with data_folder.opened(load_config()) as db:
        actor = as_actor(a_person(db, role="manager"))
        dune = an_item(db, "Dune", isbn="9780441013593", weight_g=340)
        parcel = day.packed(db, actor, an_order(db, {dune: 1}), {dune: 1})
        number = day.labelled(db, actor, parcel)
        day.dock_station(db, actor).scan(number)
        return number


def test_a_file_of_events_is_brought_in_and_again_changes_nothing(home):
    number = sent()
    file = home / "events.csv"
    file.write_text(f"运单号,时间,状态\n{number},2026-03-04 12:00,签收\n{number},gestern,签收\n", encoding="gb18030")
    for created, unchanged in ((1, 0), (0, 1)):
        done = run("import", "tracking", str(file), "--json")
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout.splitlines()[-1])
        assert (told["created"], told["unchanged"], told["rejected"]) == (created, unchanged, 1)
        assert [(problem["row"], problem["code"]) for problem in told["problems"]] == [(3, "tracking_time_unreadable")]


def test_a_file_that_is_no_table_of_events_ends_with_1(home):
    file = home / "events.csv"
    file.write_text("a,b\n1,2\n")
    assert run("import", "tracking", str(file)).exit_code == 1


def test_a_secret_is_shown_once_and_taken_away(home):
    first, second = run("carriers", "secret", "sf"), run("carriers", "secret", "SF")
    assert first.exit_code == second.exit_code == 0
    assert len(first.stdout.strip()) >= 40
    assert first.stdout != second.stdout
    assert "may no longer" in run("carriers", "secret", "SF", "--remove").stdout
    assert run("carriers", "secret", "DHL").exit_code == 1
