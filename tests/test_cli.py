"""The command `warehouse`, as a person at the console meets it."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tests.shared_data import needs_shared, shared_lines
from warehouse import data_folder, imports_stock
from warehouse.cli import main
from warehouse.config import load_config

BOOKS = "isbn13,title,author\n9787536692930,三体,刘慈欣\n9787536692931,校验位不对,某人\n"
STOCK = "location,isbn13,quantity,condition\nB-07-3,9787536692930,12,good\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("WAREHOUSE_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def made(home):
    data_folder.make(load_config())
    return home


def run(*words, **more):
    return CliRunner().invoke(main, words, **more)


def last_json(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


def file(home, name, text):
    path = home.parent / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# --- The data folder -------------------------------------------------------------------------------------------------


def test_init_makes_the_folder_its_keys_and_tables_for_the_owner_alone(home):
    result = run("init")

    assert result.exit_code == 0
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "keys.json").stat().st_mode & 0o777 == 0o600
    assert "made the keys" in result.stdout
    assert "carriers" in result.stdout


def test_init_again_changes_nothing_and_says_so(made):
    keys = (made / "keys.json").read_bytes()

    result = run("init")

    assert result.exit_code == 0
    assert "ready already" in result.stdout
    assert (made / "keys.json").read_bytes() == keys


def test_new_keys_are_not_made_beside_an_old_database(made):
    (made / "keys.json").unlink()

    result = run("init")

    assert result.exit_code == 2
    assert "Restore it from your backup" in result.stderr
    assert not (made / "keys.json").exists()


@pytest.mark.parametrize("words", [
    ("serve",), ("prove",), ("import", "catalogue", "books.csv"), ("import", "orders", "orders.csv"),
    ("people", "list"), ("backup", "copy.db"),
])
def test_before_init_every_other_command_names_it(home, words, monkeypatch):
    monkeypatch.chdir(home.parent)
    for name in ("books.csv", "orders.csv"):
        file(home, name, BOOKS)

    result = run(*words)

    assert result.exit_code == 2
    assert "init" in result.stderr
    assert not home.exists()


def test_a_key_file_that_others_may_read_stops_the_program(made):
    (made / "keys.json").chmod(0o644)

    result = run("prove")

    assert result.exit_code == 2
    assert "chmod 600" in result.stderr


def test_an_older_database_is_not_opened_before_init_brought_it_up(made):
    with sqlite3.connect(made / "warehouse.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")

    result = run("prove")

    assert result.exit_code == 2
    assert "revision 0000" in result.stderr


def test_a_setting_that_is_not_known_is_named(made):
    (made / "warehouse.toml").write_text('shop_nmae = "X"\n')

    result = run("prove")

    assert result.exit_code == 2
    assert "shop_nmae" in result.stderr


# --- Imports ---------------------------------------------------------------------------------------------------------


def test_the_report_is_one_json_object_on_the_last_line(made):
    result = run("import", "catalogue", file(made, "books.csv", BOOKS), "--json")

    assert result.exit_code == 0
    report = last_json(result)
    assert {name: report[name] for name in ("rows", "created", "updated", "unchanged", "rejected")} == {
        "rows": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    [problem] = report["problems"]
    assert (problem["file"], problem["row"], problem["code"]) == ("books.csv", 3, "wrong_check_digit")
    assert problem["say"]


def test_without_json_each_bad_row_is_a_line(made):
    result = run("import", "catalogue", file(made, "books.csv", BOOKS))

    assert "books.csv row 3: wrong_check_digit." in result.stdout
    assert "created 1" in result.stdout


def test_catalogue_layout_and_stock_come_in_one_after_the_other(made):
    run("import", "catalogue", file(made, "books.csv", BOOKS))
    layout = run("import", "layout", file(made, "layout.csv", "location\nA-01-1\nB-07-3\n"), "--json")
    stock = run("import", "stock", file(made, "stock.csv", STOCK), "--json")
    again = run("import", "stock", file(made, "stock.csv", STOCK), "--json")

    assert (last_json(layout)["created"], last_json(stock)["created"], last_json(again)["unchanged"]) == (2, 1, 1)
    assert run("prove").exit_code == 0


def test_replenishment_is_planned_from_files_and_console(made):
    layout = "location,reserve\nA-01-1,no\nR-01-1,yes\n"
    for kind, text in (("catalogue", BOOKS), ("layout", layout),
                       ("homes", "location,isbn,min,max\nA-01-1,9787536692930,5,20\n"),
                       ("stock", "location,isbn,quantity\nR-01-1,9787536692930,30\n")):
        assert run("import", kind, file(made, f"{kind}.csv", text)).exit_code == 0

    assert run("plan-replenishment").stdout == "1 new, 0 changed, 0 no longer needed, 0 as they were.\n"
    assert run("plan-replenishment").stdout == "0 new, 0 changed, 0 no longer needed, 1 as they were.\n"


def test_a_file_that_cannot_be_read_ends_with_another_exit_code(made):
    photo = made.parent / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff\x00\x01\x02")

    assert run("import", "catalogue", str(photo)).exit_code == 1
    assert run("import", "stock", str(made.parent / "nowhere.csv")).exit_code == 1
    assert run("import", "orders", str(photo)).exit_code == 1


def test_orders_come_in_with_their_figures(made):
    order = """order,channel,recipient,phone,country,province,city,address,paid,currency,sku_or_isbn,quantity,price
T1,shop,周予安,19900001001,CN,浙江省,杭州市,文三路 18 号,yes,CNY,9787536692930,1,23.00
"""
    run("import", "catalogue", file(made, "books.csv", BOOKS))

    result = run("import", "orders", file(made, "orders.csv", order), "--json")

    report = last_json(result)
    assert result.exit_code == 0
    assert set(report) >= {
        "orders", "created", "held", "duplicates", "rejected", "lines", "units", "by_class", "problems"}
    assert report["orders"] == 1


def test_json_is_utf8_whatever_the_locale_says(made):
    conflict = "isbn13,title\n9787536692930,三体\n9787536692930,球状闪电\n"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii",
                   "PYTHONCOERCECLOCALE": "0"}

    done = subprocess.run(
        [sys.executable, "-c", "from warehouse.cli import main; main()", "import", "catalogue",
         file(made, "books.csv", conflict), "--json"], capture_output=True, env=environment, check=True)

    said = done.stdout.decode("utf-8").strip().splitlines()[-1]
    assert "球状闪电" in said
    assert json.loads(said)["rejected"] == 1


# --- Prove -----------------------------------------------------------------------------------------------------------


def test_prove_shows_each_claim_and_is_silent_about_sound_books(made):
    result = run("prove")

    assert result.exit_code == 0
    assert result.stdout.count("✓") == len(result.stdout.splitlines()) > 10


def test_prove_names_what_is_broken_and_ends_with_1(made):
    run("import", "catalogue", file(made, "books.csv", BOOKS))
    run("import", "stock", file(made, "stock.csv", STOCK))
    with sqlite3.connect(made / "warehouse.db") as database:
        database.execute("UPDATE stock_balance SET on_hand = 13")

    result, as_json = run("prove"), run("prove", "--json")

    assert result.exit_code == as_json.exit_code == 1
    assert "✗ balances_are_their_moves" in result.stdout
    assert "location B-07-3" in result.stdout
    report = last_json(as_json)
    assert report["ok"] is False
    [broken] = [check for check in report["checks"] if not check["ok"]]
    assert broken["rows"][0]["kept"] == 13


# --- Reading codes ---------------------------------------------------------------------------------------------------


def test_each_line_gets_one_answer_and_what_is_no_json_string_is_named():
    result = run("read-code", input='"9787536692930"\n"ISBN 7-5366-9293-1"\nx\n42\n\n"\\ud800"\n')

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert (answers[0]["ok"], answers[0]["kind"], answers[0]["isbn13"]) == (True, "isbn13", "9787536692930")
    assert answers[2] == answers[3] == answers[4] == {"ok": False, "kind": "invalid", "reason": "not_json"}
    assert len(answers) == 6


def test_a_gun_is_read_more_strictly_than_a_person():
    hyphens = json.dumps("978-7-5366-9293-0") + "\n"

    typed, shot = run("read-code", input=hyphens), run("read-code", "--scanner", input=hyphens)

    assert json.loads(typed.stdout)["ok"]
    assert not json.loads(shot.stdout)["ok"]


@needs_shared("barcodes", "scan_vectors.jsonl")
def test_the_vectors_that_must_agree_agree():
    vectors = [each for each in shared_lines("barcodes", "scan_vectors.jsonl") if each["expect"].get("level") == "must"]

    result = run("read-code", input="".join(json.dumps(each["raw"]) + "\n" for each in vectors))

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["ok"] for answer in answers] == [each["expect"]["ok"] for each in vectors]


# --- People, backup, serve -------------------------------------------------------------------------------------------


def test_the_first_manager_is_let_in_from_the_console(made):
    added = run("people", "add", "Lin Yue", "--role", "manager", "--language", "zh", input="204816\n204816\n")

    assert added.exit_code == 0
    assert "badge U" in added.stdout
    assert "204816" not in added.stdout
    listed = run("people", "list").stdout
    assert "Lin Yue\tmanager\tzh-Hans\tactive" in listed
    assert "System" not in listed


def test_a_pin_that_everybody_tries_first_is_refused_in_words(made):
    refused = run("people", "add", "Lin Yue", "--role", "manager", "--pin", "111111")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("warehouse: ")
    assert "Traceback" not in refused.output


def test_a_backup_holds_what_the_log_still_holds(made):
    config = load_config()
    with data_folder.opened(config) as database:
        from warehouse import clock
        from warehouse.services import setup

        actor = database.write(setup.system_actor, clock.now())
        imports_stock.import_catalogue(database.write, actor, [("books.csv", BOOKS.encode())])
        # Still open: the rows stand in the log beside the file.
        result = run("backup", str(made / "copy.db"))

    assert result.exit_code == 0
    assert (made / "copy.db").stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(made / "copy.db") as copy:
        assert copy.execute("SELECT title FROM item").fetchall() == [("三体",)]
    assert run("backup", str(made / "copy.db")).exit_code == 2


def test_a_port_that_is_taken_is_told_in_words(made):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--port", str(taken.getsockname()[1]))

    assert result.exit_code == 2
    assert "another --port" in result.stderr


def test_the_server_says_where_it_is_and_ends_in_order_when_stopped(made):
    import urllib.request

    server = subprocess.Popen(
        [sys.executable, "-u", "-c", "from warehouse.cli import main; main()", "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = server.stdout.readline()
        address = next(word for word in said.split() if word.startswith("http://"))
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert answer.status == 200
    finally:
        server.terminate()
        _, complaints = server.communicate(timeout=30)

    assert "SQLite 3." in said
    assert "https" in complaints
    assert server.returncode == 0
