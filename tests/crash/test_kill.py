"""The server is killed in the middle of work, again and again: every scan that was acknowledged is in the books once.

SIGKILL comes at random moments (the seed is printed; CRASH_SEED repeats one) while four clients pick. What they were
told stands in logs of their own, so the books are judged by what people saw, not by what the program believes.
"""

import os
import random
import sys
import time

import pytest

from bench import shop
from bench.server import a_house
from tests import postgres
from tests.crash.books import compare, integrity
from tests.crash.clients import Client
from warehouse import data_folder

CLIENTS, KILLS, CONTROL_KILLS = 4, 20, 2
RUNS_EACH = 30
DATABASE_RESTARTS = {5, 10, 15}
LOOK_EVERY_S = 0.01


@pytest.fixture(scope="module")
def postgres_of_our_own():
    """Durable, and ours to crash, whatever DATABASE_URL_TEST names."""
    server = postgres.start_own(postgres.find_binaries(), durable=True)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request):
    server = request.getfixturevalue("postgres_of_our_own") if request.param == "postgresql" else None
    with a_house(request.param, server) as made:
        yield made


@pytest.fixture
def seed():
    chosen = int(os.environ.get("CRASH_SEED") or time.time_ns() % 10**9)
    sys.stdout.write(f"CRASH_SEED={chosen}\n")
    return chosen


def test_an_acknowledged_scan_is_in_the_books_once_however_often_the_server_is_killed(
    house, request, tmp_path, seed,
):
    clients = start_work(house, tmp_path, seed)
    chance = random.Random(seed)
    for kill in range(1, KILLS + 1):
        wait_for_work(clients, chance)
        house.process.kill()
        if house.engine == "postgresql" and kill in DATABASE_RESTARTS:
            crash_database(request.getfixturevalue("postgres_of_our_own"))
        house.process.start()
    if house.engine == "postgresql":
        wait_for_work(clients, chance)
        crash_database(request.getfixturevalue("postgres_of_our_own"))  # Under a server that goes on.
    wait_for_work(clients, chance)
    finish(clients)

    assert compare(house, tmp_path) == {}
    assert house.prove() == []
    assert house.engine != "sqlite" or integrity(house) == "ok"
    assert "database is locked" not in house.log
    assert sum(client.sent_again for client in clients) >= KILLS


def test_the_harness_finds_double_effects_where_a_scan_sent_again_has_another_id(house, tmp_path, seed):
    clients = start_work(house, tmp_path, seed, has_ids=False)
    chance = random.Random(seed)
    for _ in range(CONTROL_KILLS):
        wait_for_work(clients, chance, least=200)
        house.process.kill()
        house.process.start()
    finish(clients)

    found = compare(house, tmp_path)
    assert found.get("units"), "copies booked twice were not found"
    assert found.get("unasked"), "scans that nobody made were not found"


def start_work(house, folder, seed, *, has_ids=True):
    """A shop with runs loaded, served, and four pickers at work."""
    with data_folder.opened(house.config) as db:
        made = shop.open_shop(db, items=60, units=5000)
        baskets = [[(item, units + 1) for item, units in basket]
                   for basket in shop.baskets_for(made, CLIENTS * RUNS_EACH * 2)]
        wave = shop.release(db, shop.take_orders(db, 1, baskets), slots=2)
        workers = shop.load_runs(db, wave, shop.hire(db, [f"Picker {n}" for n in range(CLIENTS)]))
    things = [*list(made.isbns.values())[:20], *(shop.make_label("location", shelf) for shelf in
              list(made.shelf_of.values())[:20]), "HELLO-1", shop.make_label("tote", 9_999_999), "97801"]
    house.process.start()
    clients = [
        Client(house.process.port, worker.badge, shop.PIN, [one.run_id for one in worker.rounds], folder, seed + n,
               has_ids=has_ids, things=things)
        for n, worker in enumerate(workers)
    ]
    for client in clients:
        client.start()
    return clients


def wait_for_work(clients, chance, least=20):
    """Until the clients got some answers, and then to a random moment."""
    before = sum(client.answered for client in clients)
    until = time.monotonic() + 60
    while sum(client.answered for client in clients) < before + least:
        assert any(client.is_alive() for client in clients), [client.trouble for client in clients]
        assert time.monotonic() < until, "the clients get no answers"
        time.sleep(LOOK_EVERY_S)
    time.sleep(chance.uniform(0, 0.25))


def finish(clients):
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join(timeout=60)
    assert [client.trouble for client in clients] == [None] * len(clients)
    assert not any(client.is_alive() for client in clients)


def crash_database(server):
    """PostgreSQL's immediate stop: as after a power cut it recovers from its log."""
    postgres.run(server, "pg_ctl", "restart", "--mode=immediate", "--wait", "--silent", "--log", f"{server.folder}/log")
