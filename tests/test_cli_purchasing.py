"""`warehouse import purchases` and `warehouse import notices`."""

import json

import pytest
from click.testing import CliRunner

from warehouse.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))

    def call(*words):
        return CliRunner().invoke(main, [str(word) for word in words])

    assert call("init").exit_code == 0
    return call


def file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_orders_and_notices_come_in_and_tell_what_they_did(run, tmp_path):
    catalogue = file(tmp_path, "books.csv", "isbn13,title\n9780140449136,The Odyssey\n")
    orders = file(tmp_path, "orders.csv", "supplier,po,isbn,units\nA,PO-1,9780140449136,5\nA,PO-1,9780140449137,5\n")
    notices = file(tmp_path, "notices.csv", "supplier,asn,po,isbn,units\nA,SH-1,PO-1,9780140449136,5\n")
    run("import", "catalogue", catalogue)

    taken = run("import", "purchases", orders, "--json")
    announced = run("import", "notices", notices, "--json")

    told = json.loads(taken.stdout.splitlines()[-1])
    assert (taken.exit_code, told["rows"], told["created"], told["rejected"]) == (0, 2, 1, 1)
    assert told["problems"][0]["row"] == 3 and "9780140449137" in told["problems"][0]["say"]
    assert json.loads(announced.stdout.splitlines()[-1])["created"] == 1


def test_a_change_is_told_in_words_and_a_file_that_is_no_table_ends_with_1(run, tmp_path):
    head = "supplier,po,isbn,title,units\nA,PO-1,9780140449136,The Odyssey,"
    drafted = run("import", "purchases", file(tmp_path, "a.csv", f"{head}5\n"))
    changed = run("import", "purchases", file(tmp_path, "b.csv", f"{head}7\n"))

    assert "draft_made" in drafted.stdout and "5 copies are 7 now" in changed.stdout
    assert run("import", "notices", file(tmp_path, "c.csv", "nothing\n")).exit_code == 1
