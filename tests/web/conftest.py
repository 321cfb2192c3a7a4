"""The web application over a test's own database, and a browser that is signed in."""

import uuid

import pytest

from tests import builders
from warehouse.app import create_app
from warehouse.config import Config
from warehouse.web.limits import limiter

JSON = {"Accept": "application/json"}


_built = []


@pytest.fixture
def app(db, tmp_path):
    """The application, put together once: its routes and templates take longer than most tests. Each test has it over
    a database of its own."""
    config = Config(home=tmp_path, database_url="as given")
    if not _built:
        _built.append(create_app(config, db))
    app = _built[0]
    app.testing = True
    limiter.reset()  # What the test before asked for is not this one's.
    app.extensions |= {"warehouse.config": config, "warehouse.database": db}
    return app


@pytest.fixture
def own_app(db, tmp_path):
    """Another application over the same database: one that may be changed, or the one after a restart."""
    return create_app(Config(home=tmp_path, database_url="as given"), db)


class Browser:
    """One tablet: its cookies, its CSRF token, and who is signed in."""

    def __init__(self, app, db):
        self.client, self.db, self.csrf, self.person = app.test_client(), db, "", None

    def sign_in(self, role="picker", *, pin=builders.PIN, **person):
        self.person = builders.a_person(self.db, role=role, **person)
        return self.come_in(self.person, pin)

    def come_in(self, person, pin=builders.PIN):
        answer = self.client.post("/login", json={"badge": person.badge, "pin": pin}, headers=JSON)
        if answer.status_code == 200:
            self.csrf = answer.json["csrf"]
        return answer

    def get(self, address, **headers):
        return self.client.get(address, headers=headers)

    def post(self, address, form=None, **headers):
        return self.client.post(address, data=form or {}, headers={"X-CSRFToken": self.csrf, **headers})

    def scan(self, address, raw, *, step="home", scan_id=None, **more):
        body = {"scan_id": scan_id or str(uuid.uuid4()), "raw": raw, "step": step, **more}
        return self.client.post(address, json=body, headers={**JSON, "X-CSRFToken": self.csrf})


@pytest.fixture
def tablet(app, db):
    return Browser(app, db)


@pytest.fixture
def other_tablet(app, db):
    return Browser(app, db)
