"""Two kinds of house, each on either engine: one made by the program's own commands and served as a process,
for the day; and a small shop on tables made before, served beside the test, for the short stories."""

import threading
from contextlib import suppress

import pytest
from waitress import create_server

from bench.server import a_house
from tests import builders
from tests.floor import broken_claims
from tests.flows.floor import Hand
from tests.postgres import Server
from warehouse.app import create_app
from warehouse.config import Config
from warehouse.db import open_database
from warehouse.jobs import Minute, run_minute


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request):
    """Made and empty, not yet served."""
    server = Server(request.getfixturevalue("postgres_server")) if request.param == "postgresql" else None
    with a_house(request.param, server) as made:
        yield made


class Shop:
    """A database with first rows, served. `start` and `stop` are what a restart of the machine is."""

    def __init__(self, url, vault, home):
        self.url, self.vault, self.home = url, vault, home
        self.start()

    def start(self, **settings):
        """`settings` are lines of `warehouse.toml`."""
        self.db = open_database(self.url, self.vault)
        self.config = Config(home=self.home, database_url=self.url, **settings)
        self.server = create_server(create_app(self.config, self.db), host="127.0.0.1", port=0, threads=4)
        self.port = self.server.effective_port
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with suppress(OSError):  # The socket that it waits for is closed to stop it.
            self.server.run()

    def stop(self):
        """In the middle of whatever is under way: what was not committed is lost."""
        self.server.close()
        self.server.task_dispatcher.shutdown()
        self.db.close()

    def minute(self):
        """What the clock does each minute; how many of what."""
        done = run_minute(Minute(self.config, self.db))
        assert None not in done.values(), done
        return done

    def person(self, role="packer", name="Jamie Porter", **more):
        """Somebody with a tablet of their own."""
        return Hand(self.port, builders.a_person(self.db, name, role).badge, **more)

    def stock(self, code, isbn, title, units):
        """An item with copies on a shelf; (item, shelf)."""
        item = builders.an_item(self.db, title, isbn=isbn, weight_g=300)
        return item, builders.stock_at(self.db, code, item, units)

    def release(self, desk, *orders, **more):
        """Ids of the runs that fetch these orders."""
        desk.post("/waves/release", order_ids=[order.id for order in orders], **more)
        return [run["id"] for run in desk.get("/pick/")["runs"]]


@pytest.fixture
def shop(database_url, vault, clock, tmp_path):
    """Afterwards its books must be right in every claim."""
    made = Shop(database_url, vault, tmp_path)
    yield made
    broken = broken_claims(made.db)
    made.stop()
    assert not broken, broken
