"""What anybody on the internet can send: small, answered in words, and never in a log."""

import http.client
import threading

import pytest
from waitress.server import create_server

from tests.builders import an_item, an_order
from warehouse import cli_serve
from warehouse.config import Config
from warehouse.services import customer


@pytest.fixture
def phone(app):
    """A customer's browser: no cookie, nobody signed in."""
    return app.test_client()


@pytest.fixture
def link(db):
    return db.write(customer.link_of, an_order(db, {an_item(db, "Dune", isbn="9780441013593"): 1}).id)


def test_an_address_that_no_database_keeps_leads_nowhere_and_is_no_fault(phone, tablet):
    tablet.sign_in("manager")
    answers = [phone.get("/o/abc%00d"), phone.post("/o/abc%00d/problem", data={}),
               phone.post("/tracking/webhook/SF%00", json={"events": []}),
               tablet.get("/messages/templates/a%00b/en"), tablet.get("/incidents/trends/export.%00")]
    assert [answer.status_code for answer in answers] == [404] * 5


def test_a_strangers_other_requests_are_small(phone, link):
    for where in ("/login", "/tracking/webhook/SF"):
        for more in ({"data": {"words": "x" * 300_000}}, {"json": {"words": "x" * 300_000}}):
            assert phone.post(where, **more).status_code == 413, where
    assert phone.post(f"/o/{link}/problem", data={"words": "x" * 300_000}).status_code == 422


def test_a_fault_is_logged_without_the_link_that_opens_the_page(own_app, link, caplog, monkeypatch):
    monkeypatch.setattr("warehouse.web.customer.look", lambda _: 1 / 0)
    assert own_app.test_client().get(f"/o/{link}").status_code == 500
    assert "at GET /o/<link>" in caplog.text and link not in caplog.text


def test_a_body_larger_than_any_upload_is_refused_before_it_is_read(own_app, tmp_path):
    server = create_server(own_app, host="127.0.0.1", port=0,
                           **cli_serve.server_settings(Config(home=tmp_path, database_url="")))
    threading.Thread(target=server.run, daemon=True).start()
    try:
        asked = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=10)
        asked.putrequest("POST", "/login")
        asked.putheader("Content-Length", str(500 * 1024 * 1024))
        asked.endheaders(b"badge=")
        assert asked.getresponse().status == 413
    finally:
        server.close()
