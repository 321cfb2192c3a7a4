"""Letters from the outbox to a real mail server (SHP-3): each once, however many processes send, and again where the
server says no for now."""

import logging
import threading

import pytest

from tests.mail_server import a_closed_port, a_silent_server
from tests.message_builders import SHOP, an_english_order, message, queued, settings, state
from warehouse import jobs, mailing
from warehouse.config import Config
from warehouse.db import open_database
from warehouse.domain.messages import WAITS
from warehouse.errors import SetUpProblem
from warehouse.gateways import mail
from warehouse.services import messages_desk, outbox


@pytest.fixture
def config(tmp_path, post_box):
    return settings(tmp_path, smtp_port=post_box.port)


@pytest.fixture
def order(db):
    return an_english_order(db)


def test_a_queued_letter_arrives_once_and_is_sent(db, actor, config, post_box, order):
    message_id = queued(db, actor, order)

    assert mailing.drain(config, db) == mailing.Round(sent=1)
    assert mailing.drain(config, db) == mailing.Round()

    [letter] = post_box.read
    assert letter["To"] == "nora@example.com"
    assert letter.get_content().startswith("Dear Nora Whitlock,")
    found = message(db, message_id)
    assert (found.state, found.done_at, found.next_try_at, found.last_error) == ("sent", actor.at, None, "")


def test_without_a_server_letters_wait(db, actor, tmp_path, order):
    message_id = queued(db, actor, order)
    assert mailing.drain(Config(home=tmp_path, database_url="as given"), db) == mailing.Round()
    assert state(db, message_id) == "queued"


def test_a_no_for_now_is_tried_again_after_longer_and_longer_waits_and_then_shown(
    db, actor, config, post_box, order, clock
):
    message_id = queued(db, actor, order)
    for tries, wait in enumerate(WAITS, start=1):
        post_box.to_rcpt = ["451 come back later"]
        assert mailing.drain(config, db) == mailing.Round(later=1)
        found = message(db, message_id)
        assert (found.state, found.tries, found.last_error) == ("queued", tries, "451 come back later")
        assert found.next_try_at - clock.moment == wait
        clock.forward(seconds=wait.total_seconds() - 1)
        assert mailing.drain(config, db) == mailing.Round()
        clock.forward(seconds=1)
    post_box.to_rcpt = ["451 come back later"]

    assert mailing.drain(config, db) == mailing.Round(failed=1)
    assert state(db, message_id) == "failed"
    assert post_box.read == []


def test_after_a_no_for_now_the_same_letter_comes_with_the_same_id(db, actor, config, post_box, order, clock):
    message_id = queued(db, actor, order)
    post_box.to_data = ["451 come back later"]
    mailing.drain(config, db)
    clock.forward(minutes=1)

    assert mailing.drain(config, db).sent == 1
    assert post_box.read[0]["Message-ID"].startswith(f"<letter.{message_id}.")
    assert message(db, message_id).tries == 2


def test_a_no_for_good_is_shown_at_once_and_the_other_letters_go(db, actor, config, post_box, order, caplog):
    first, second = queued(db, actor, order), queued(db, actor, order, key="2")
    post_box.to_rcpt = ["550 no such user nora@example.com here"]

    with caplog.at_level(logging.INFO):
        assert mailing.drain(config, db) == mailing.Round(sent=1, failed=1)

    assert (state(db, first), state(db, second)) == ("failed", "sent")
    assert message(db, first).last_error == "550 no such user … here"
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("warehouse")]
    assert len(ours) == 1 and "nora" not in ours[0].lower()


def test_a_letter_that_failed_may_go_again_to_a_mended_address(db, actor, config, post_box, order):
    message_id = queued(db, actor, order)
    post_box.to_rcpt = ["550 no such user"]
    mailing.drain(config, db)

    db.write(messages_desk.queue, actor, message_id, "About your order", "Dear {name}", SHOP)
    assert mailing.drain(config, db).sent == 1
    assert (state(db, message_id), message(db, message_id).tries) == ("sent", 1)


@pytest.mark.parametrize("there", ["closed", "silent"])
def test_a_server_that_is_not_there_costs_one_letter_one_try(db, actor, tmp_path, order, there, monkeypatch):
    first, second = queued(db, actor, order), queued(db, actor, order, key="2")
    monkeypatch.setattr(mail, "PATIENCE_S", 0.2)

    if there == "closed":
        done = mailing.drain(settings(tmp_path, smtp_port=a_closed_port()), db)
    else:
        with a_silent_server() as port:
            config = settings(tmp_path, smtp_port=port)
            done = mailing.drain(config, db, server=quick(mailing.server_of(config)))

    assert (done.sent, done.later, bool(done.stopped_by)) == (0, 1, True)
    assert (message(db, first).tries, message(db, second).tries) == (1, 0)


def quick(server):
    return mail.Server(server.host, server.port, server.tls, server.sender, patience_s=0.2)


def test_a_process_that_dies_between_server_and_book_sends_the_same_letter_again(
    db, actor, config, post_box, order, clock
):
    """All that can happen: a second copy, with an id by which it is known."""
    message_id = queued(db, actor, order)

    def power_cut(*_):
        raise SystemError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "sent", power_cut)
        with pytest.raises(SystemError):
            mailing.drain(config, db)
    assert len(post_box.read) == 1
    assert state(db, message_id) == "queued"
    clock.forward(minutes=9, seconds=59)
    assert mailing.drain(config, db).sent == 0
    clock.forward(seconds=1)

    assert mailing.drain(config, db).sent == 1
    first, second = post_box.read
    assert first["Message-ID"] == second["Message-ID"]
    assert (state(db, message_id), message(db, message_id).tries) == ("sent", 2)


def test_the_late_no_of_a_process_that_was_given_up_changes_nothing(db, actor, order, clock):
    message_id = queued(db, actor, order)
    slow = db.write(outbox.claim, clock.moment)
    clock.forward(minutes=10)
    other = db.write(outbox.claim, clock.moment)
    assert (slow.id, slow.key, other.tries) == (other.id, other.key, 2)

    db.write(outbox.not_sent, slow.id, slow.tries, clock.moment, "timed out", for_good=True)
    assert state(db, message_id) == "queued"
    db.write(outbox.sent, other.id, clock.moment)
    assert state(db, message_id) == "sent"


def test_a_letter_in_hand_cannot_be_taken_back_but_a_waiting_one_can(db, actor, order, clock):
    message_id = queued(db, actor, order)
    mailed = db.write(outbox.claim, clock.moment)
    with pytest.raises(messages_desk.Conflict) as refused:
        db.write(messages_desk.take_back, actor, message_id)
    assert refused.value.code == "messages.in_hand"

    db.write(outbox.not_sent, mailed.id, mailed.tries, clock.moment, "451 later", for_good=False)
    db.write(messages_desk.take_back, actor, message_id)
    assert state(db, message_id) == "wanted"


def test_of_several_processes_that_drain_at_once_each_letter_is_sent_by_one(
    db, actor, config, post_box, order, database_url, vault
):
    for n in range(20):
        queued(db, actor, order, key=str(n))
    others = [open_database(database_url, vault) for _ in range(3)]
    begin, rounds = threading.Barrier(4), []

    def drain(own):
        begin.wait()
        rounds.append(mailing.drain(config, own))

    threads = [threading.Thread(target=drain, args=(own,)) for own in [db, *others]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()

    ids = [letter["Message-ID"] for letter in post_box.read]
    assert (len(ids), len(set(ids))) == (20, 20)
    assert sum(done.sent for done in rounds) == 20


def test_a_stopping_server_ends_between_two_letters(db, actor, config, post_box, order):
    for n in range(3):
        queued(db, actor, order, key=str(n))
    stop = threading.Event()
    post_box.after_data = lambda _: stop.set()

    assert mailing.drain(config, db, stop=stop).sent == 1
    assert len(post_box.read) == 1


@pytest.mark.parametrize(("wrong", "words"), [
    ({"smtp_tls": "ssl"}, "starttls or tls"), ({"mail_from": ""}, "mail_from"), ({"mail_from": "books"}, "mail_from"),
    ({"mail_from": "books@书店.example"}, "mail_from"),
    ({"mail_reply_to": "a b@c.example"}, "mail_reply_to"),
    ({"smtp_password_file": "/nowhere/secret"}, "/nowhere/secret"),
    ({"smtp_host": "mail.example"}, "in the clear"),
    ({"public_url": "books.example"}, "public_url"), ({"public_url": "https://books.example/?a=1"}, "public_url")])
def test_settings_that_cannot_work_are_told_at_start(db, tmp_path, wrong, words):
    with pytest.raises(SetUpProblem, match=words):
        jobs.Watch(settings(tmp_path, **wrong), db)


def test_the_password_is_the_content_of_its_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a long one\n")
    server = mailing.server_of(settings(tmp_path, smtp_user="books", smtp_password_file=str(secret)))
    assert (server.user, server.password) == ("books", "a long one")
    assert "a long one" not in repr(server)
