"""What customers hear, and how: from the empty shelf to a letter that a mail server has taken, or a call; a text that
somebody else has reviewed; the letter that sends itself with the way to the customer's page; and a mail server that
says no."""

import http.client
import re

import pytest
from sqlalchemy import select

from tests import builders
from tests.flows.crew import Refused
from tests.mail_server import a_closed_port, a_mail_server
from warehouse.models.journal import Action

DUNE = "9780441172696"
NORA = {"name": "Nora Whitlock", "phone": "07700900123", "email": "nora@example.com"}


@pytest.fixture
def post_box(shop):
    """The shop has a real mail server beside it."""
    with a_mail_server() as box:
        restart(shop, box.port)
        yield box


def restart(shop, port):
    shop.stop()
    shop.start(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="off", mail_from="books@shop.example",
               public_url="https://books.example")


@pytest.fixture
def order(shop, post_box):
    """Nora wants two copies of Dune; the books say that there are two."""
    shop.item, _ = shop.stock("B-01-1", DUNE, "Dune Messiah", 2)
    builders.a_tote(shop.db, "T-01")
    return builders.an_order(shop.db, {shop.item: 2}, recipient=NORA, language="en")


@pytest.fixture
def service(shop, order):
    return shop.person("service", "Su Min")


def found_nothing(shop, order, *, units=1):
    """A picker takes what is there and reports the rest."""
    hand = shop.person("packer")
    (run,) = shop.release(shop.person("manager", "Lin Yue"), order, grouping="by_order")
    task = hand.load(run, ["T-01"])
    while task["step"] != "item" or task["stop"]["units_left"] > units:
        task = hand.fetch(f"/pick/{run}/scan", task)
    answer = hand.scan(f"/pick/{run}/scan", "#short:not_enough", step=task["step_id"])
    assert (answer["code"], answer["facts"]["n"]) == ("picking.short", units)
    hand.walk(run, answer["task"])


def waiting(service):
    return [(row["why"], row["id"]) for row in service.get("/messages/")["rows"]]


def letter_of(service, message_id):
    """(subject, body, version) as it is suggested."""
    found = service.get(f"/messages/{message_id}")["suggestion"]
    return found["letter"]["subject"], found["letter"]["body"], found["template_id"]


def acts(shop, message_id):
    with shop.db.read() as session:
        return list(session.execute(select(Action.verb).where(
            Action.subject == "message", Action.subject_id == message_id).order_by(Action.id)).scalars())


def text_of(letter):
    return letter.get_content().replace("\r\n", "\n")


def test_a_copy_that_is_not_there_becomes_a_letter_that_a_person_has_read_and_changed(shop, post_box, order, service):
    found_nothing(shop, order)
    ((why, message_id),) = waiting(service)
    assert why == "short_wait"
    subject, body, version = letter_of(service, message_id)
    assert "Dune Messiah" in body and "{name}" in body and NORA["name"] not in body

    service.post(f"/messages/{message_id}/send", subject=subject, template_id=version,
                 body=f"{body}\n\nThe next delivery comes on Friday.")
    assert (waiting(service), post_box.read) == ([], [])
    assert shop.minute()["letters sent"] == 1

    [letter] = post_box.read
    assert (letter["To"], letter["Subject"]) == (NORA["email"], subject)
    assert NORA["name"] in text_of(letter) and text_of(letter).endswith("comes on Friday.\n")
    assert letter["Auto-Submitted"] is None
    page = service.get(f"/messages/{message_id}")
    assert (page["row"]["state"], page["letter"]) == ("sent", None)
    assert "Friday" in service.post(f"/messages/{message_id}/letter")["letter"]["body"]
    assert acts(shop, message_id) == ["queue", "open_personal"]
    assert shop.minute()["letters sent"] == 0


def test_or_somebody_calls_and_the_number_is_opened_by_a_recorded_act(shop, post_box, order, service):
    found_nothing(shop, order)
    ((_, message_id),) = waiting(service)
    assert NORA["phone"] not in str(service.get(f"/messages/{message_id}"))
    assert service.post(f"/messages/{message_id}/phone")["phone"]["phone"] == NORA["phone"]
    service.post(f"/messages/{message_id}/told", note=f"called {NORA['phone']}: she waits")
    row = service.get(f"/messages/{message_id}")["row"]
    assert (row["state"], NORA["phone"] in row["done_note"], "she waits" in row["done_note"]) == ("told", False, True)
    with pytest.raises(Refused):
        service.post(f"/messages/{message_id}/send", subject="Late", body="It comes later.")
    shop.minute()
    assert post_box.read == []


def test_a_changed_text_is_used_once_somebody_else_has_read_it(shop, post_box, order, service):
    lead, manager = shop.person("operations", "Wang Fang"), shop.person("manager", "Zhao Lei")
    found_nothing(shop, order)
    ((_, message_id),) = waiting(service)
    before = letter_of(service, message_id)
    path = "/messages/templates/short_wait/en"
    with pytest.raises(Refused, match="unknown"):
        lead.post(path, subject="Your order {order}", body="Dear {name}, {price} of {title}.")
    lead.post(path, subject="A short wait for {title}", body="Dear {name},\n\n{n} × {title} will follow.\n\n{shop}")
    (draft, *_) = [each for each in manager.get(path)["versions"] if each["state"] == "draft"]
    with pytest.raises(Refused, match=r"own|not_allowed"):
        lead.post(f"/messages/templates/{draft['id']}/review", seen_at=draft["created_at"])
    assert letter_of(service, message_id) == before

    manager.post(f"/messages/templates/{draft['id']}/review", seen_at=draft["created_at"])

    subject, body, version = letter_of(service, message_id)
    assert (subject, version) == ("A short wait for Dune Messiah", draft["id"])
    service.post(f"/messages/{message_id}/send", subject=subject, body=body, template_id=version)
    shop.minute()
    [letter] = post_box.read
    assert text_of(letter).startswith("Dear Nora Whitlock,\n\n1 × Dune Messiah will follow.")


def test_what_left_is_told_by_itself_and_the_letter_leads_to_the_customers_page(shop, post_box, order, service):
    hand = shop.person("packer")
    (run,) = shop.release(shop.person("manager", "Lin Yue"), order, grouping="by_order")
    hand.walk(run, hand.load(run, ["T-01"]))
    hand.send_off(hand.pack(order.id, "T-01"))

    done = shop.minute()

    assert (done["dispatches to tell"], done["letters queued"], done["letters sent"]) == (1, 1, 1)
    [letter] = post_box.read
    assert letter["Auto-Submitted"] == "auto-generated"
    path = re.search(r"https://books\.example(/o/\S+)", text_of(letter)).group(1)
    stranger = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=20)
    stranger.request("GET", f"{path}?lang=en")
    answer = stranger.getresponse()
    page = answer.read().decode()
    assert (answer.status, "On its way to you" in page, NORA["name"] in page) == (200, True, False)
    assert waiting(service) == []


def test_a_mail_server_that_is_busy_is_asked_again_and_gets_the_same_letter(shop, post_box, order, service, clock):
    found_nothing(shop, order)
    ((_, message_id),) = waiting(service)
    subject, body, version = letter_of(service, message_id)
    service.post(f"/messages/{message_id}/send", subject=subject, body=body, template_id=version)
    post_box.to_data.append("451 try later")
    assert shop.minute()["letters sent"] == 0
    row = service.get(f"/messages/{message_id}")["row"]
    assert (row["state"], "451" in row["last_error"]) == ("queued", True)
    assert shop.minute()["letters sent"] == 0  # Not before its minute is over.

    restart(shop, a_closed_port())
    clock.forward(minutes=2)
    assert shop.minute()["letters sent"] == 0  # Nobody at home.
    restart(shop, post_box.port)
    clock.forward(minutes=6)

    assert shop.minute()["letters sent"] == 1
    assert [letter["To"] for letter in post_box.read] == [NORA["email"]]


def test_an_address_that_nobody_has_comes_back_to_the_desk_for_a_call(shop, post_box, order, service):
    found_nothing(shop, order)
    ((_, message_id),) = waiting(service)
    subject, body, version = letter_of(service, message_id)
    service.post(f"/messages/{message_id}/send", subject=subject, body=body, template_id=version)
    post_box.to_rcpt.append(f"550 5.1.1 {NORA['email']}: no such user")
    shop.minute()
    ((why, again),) = waiting(service)
    row = service.get(f"/messages/{message_id}")["row"]
    assert (why, again, row["state"]) == ("short_wait", message_id, "failed")
    assert "no such user" in row["last_error"] and NORA["email"] not in row["last_error"]
    service.post(f"/messages/{message_id}/told", note="called her")
    assert waiting(service) == []


def test_a_letter_about_waiting_is_dropped_when_the_order_is_called_off_before_it_left(shop, post_box, order, service):
    found_nothing(shop, order)
    ((_, message_id),) = waiting(service)
    subject, body, version = letter_of(service, message_id)
    service.post(f"/messages/{message_id}/send", subject=subject, body=body, template_id=version)
    service.post(f"/orders/{order.id}/cancel", reason="bought it elsewhere")
    done = shop.minute()
    assert (done["letters out of date"], post_box.read) == (1, [])
    row = service.get(f"/messages/{message_id}")["row"]
    assert (row["state"], row["done_note"]) == ("dropped", "order_cancelled")
    assert [why for why, _ in waiting(service)] == ["cancelled"]
