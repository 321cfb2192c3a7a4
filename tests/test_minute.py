"""What the clock does each minute about letters (SHP-3): what left is told once, what sends itself goes, what cannot go
is left to the phone; a fault in one step keeps no other."""

import logging
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, update

from tests.message_builders import SHOP, acts, an_english_order, box, message, queued, settings, state, wanted
from warehouse import data_folder, jobs
from warehouse.cli import main
from warehouse.config import Config
from warehouse.errors import Conflict
from warehouse.models.messages import Message, MessageTemplate
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.people import Person
from warehouse.models.returns import CustomerReturn
from warehouse.models.stock import Location
from warehouse.services import messages, messages_desk, outbox


@pytest.fixture
def config(tmp_path, post_box):
    return settings(tmp_path, smtp_port=post_box.port)


@pytest.fixture
def order(db):
    return an_english_order(db)


def dispatched(db, order, at):
    db.write(lambda session: session.execute(
        update(Order).where(Order.id == order.id).values(state="dispatched", dispatched_at=at)))


def minute(config, db):
    return jobs.run_minute(jobs.Minute(config, db))


def shipped(db, order, at, *numbers):
    """The order has left in a parcel for each number."""
    def add(session):
        for position, number in enumerate(numbers, start=1):
            place = Location(code=f"P{order.id}-{position}", kind="parcel")
            session.add(place)
            session.flush()
            session.add(Parcel(
                number=f"{order.number}-{position}", order_id=order.id, position=position, state="handed_over",
                location_id=place.id, carrier_code="RM", expected_weight_g=None, weight_g=500, packed_by=1,
                opened_at=at, tracking_number=number, handed_over_at=at, expected_by=at + timedelta(days=4)))

    db.write(add)
    dispatched(db, order, at)


def test_an_order_that_left_is_told_once_with_carrier_numbers_day_and_page(db, config, post_box, order, clock):
    shipped(db, order, clock.moment, "AB123456785GB", "AB123456799GB")

    done = minute(config, db)

    assert [done[name] for name in ("dispatches to tell", "letters queued", "letters sent")] == [1, 1, 1]
    [letter] = post_box.read
    text = letter.get_content().replace("\r\n", "\n")
    assert "left our warehouse with Royal Mail." in text
    assert "Tracking number: AB123456785GB, AB123456799GB\nExpected to arrive by 8 March\n" in text
    assert "https://books.example/o/" in text and "{" not in text
    assert letter["Auto-Submitted"] == "auto-generated"
    assert minute(config, db)["dispatches to tell"] == 0


def test_an_order_without_an_address_needs_no_call_about_its_parcel(db, config, post_box, clock):
    order = an_english_order(db, recipient={"email": ""})
    shipped(db, order, clock.moment, "AB123456785GB")
    minute(config, db)
    found = message(db, 1)
    assert (found.state, found.done_note, post_box.read) == ("dropped", "no_email", [])


def test_what_left_days_ago_is_no_news_and_without_a_server_nothing_is_put_down(db, config, tmp_path, order, clock):
    dispatched(db, order, clock.moment - timedelta(days=2, seconds=1))
    assert minute(config, db)["dispatches to tell"] == 0
    dispatched(db, order, clock.moment)
    assert minute(Config(home=tmp_path, database_url="as given"), db)["dispatches to tell"] == 0


def test_more_orders_than_one_lot_are_told_in_the_same_minute(db, config, clock, monkeypatch):
    monkeypatch.setattr(outbox, "LOT", 2)
    for defaults in (outbox.want_dispatched, outbox.queue_what_sends_itself):
        monkeypatch.setitem(defaults.__kwdefaults__, "most", 2)
    for _ in range(5):
        shipped(db, an_english_order(db), clock.moment, "AB123456785GB")

    done = minute(config, db)

    assert [done[name] for name in ("dispatches to tell", "letters queued", "letters sent")] == [5, 5, 5]


def test_what_sends_itself_but_cannot_go_is_left_to_the_phone(db, actor, config, post_box, order):
    without_words = wanted(db, actor, order, "refund_paid")
    without_address = wanted(db, actor, an_english_order(db, recipient={"email": ""}), "refund_paid", key="2",
                             amount=100, currency="GBP")
    by_a_person = wanted(db, actor, order, "delayed", key="3", expected="2026-03-09")

    minute(config, db)

    assert [(message(db, one).state, message(db, one).channel) for one in (without_words, without_address, by_a_person)
            ] == [("wanted", "phone"), ("wanted", "phone"), ("wanted", "")]
    assert post_box.read == []


def test_a_text_that_no_longer_sends_itself_waits_for_a_person(db, actor, config, post_box, order):
    db.write(lambda session: session.execute(update(MessageTemplate).values(sends_itself=False)))
    message_id = wanted(db, actor, order, "refund_paid", amount=100, currency="GBP")
    minute(config, db)
    assert (state(db, message_id), post_box.read) == ("wanted", [])


def test_a_letter_by_itself_says_so_and_one_of_a_person_does_not(db, actor, config, post_box, order):
    by_itself = wanted(db, actor, order, "refund_paid", amount=100, currency="GBP")
    by_hand = queued(db, actor, order)
    minute(config, db)
    assert (box(db, by_itself)["by_itself"], box(db, by_hand)["by_itself"]) == (True, False)


def test_a_fault_in_one_step_is_logged_and_the_others_are_done(db, actor, config, post_box, order, monkeypatch, caplog):
    queued(db, actor, order)
    monkeypatch.setattr(outbox, "untold", lambda *_, **__: 1 / 0)

    with caplog.at_level(logging.ERROR, "warehouse.jobs"):
        done = minute(config, db)

    assert (done["dispatches to tell"], done["letters sent"]) == (None, 1)
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_of_the_database_is_logged_without_the_row_it_was_about(db, config, caplog, monkeypatch):
    name = "Nora Whitlock"

    def broken(_):
        db.write(lambda session: session.execute(insert(Person.__table__), {"name": name, "role": None}))

    monkeypatch.setattr(jobs, "MINUTE", {"letters sent": broken})
    with caplog.at_level(logging.ERROR, "warehouse.jobs"):
        assert minute(config, db) == {"letters sent": None}

    assert "INSERT INTO person" in caplog.text and "in broken" in caplog.text and name not in caplog.text


def test_the_watch_does_the_minute_beside_the_night(db, actor, config, post_box, order, monkeypatch):
    message_id = queued(db, actor, order)
    monkeypatch.setattr(jobs, "LOOK_EVERY_S", 0.01)
    arrived = threading.Event()
    post_box.after_data = lambda _: arrived.set()
    # The watch has a thread of its own, and a clock that stands still stands still there too.
    watch = jobs.Watch(config, db)
    watch.start()
    assert arrived.wait(timeout=10)
    watch.stop()
    assert state(db, message_id) == "sent"


def test_the_console_does_one_minute_for_cron(db, actor, config, post_box, order, monkeypatch, tmp_path):
    @contextmanager
    def opened(_):
        yield db

    queued(db, actor, order)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    (tmp_path / "warehouse.toml").write_text(
        f'smtp_host = "127.0.0.1"\nsmtp_port = {post_box.port}\nsmtp_tls = "off"\nmail_from = "books@shop.example"\n')
    monkeypatch.setattr(data_folder, "opened", opened)

    done = CliRunner().invoke(main, ["watch-once"])
    assert "letters sent: 1" in done.stdout
    assert (done.exit_code, len(post_box.read)) == (0, 1)

    monkeypatch.setattr(outbox, "claim", lambda *_: 1 / 0)
    broken = CliRunner().invoke(main, ["watch-once"])
    assert ("letters sent: a fault, see the log" in broken.stdout, broken.exit_code) == (True, 1)


# --- Out of date -----------------------------------------------------------------------------------------------------


def gone_on(db, order, state):
    db.write(lambda session: session.execute(update(Order).where(Order.id == order.id).values(state=state)))


@pytest.mark.parametrize(("why", "order_state", "ends"), [
    ("delayed", "cancelled", True), ("delayed", "dispatched", True), ("delayed", "delivered", True),
    ("delayed", "packed", False), ("short_wait", "dispatched", True), ("short_part", "dispatched", False),
    ("short_part", "cancelled", True), ("changed", "cancelled", True), ("ask_choice", "dispatched", True),
    ("cancelled", "cancelled", False), ("parcel_late", "delivered", True), ("parcel_late", "dispatched", False),
    ("replaced", "delivered", False), ("complaint", "cancelled", False),
])
def test_a_message_that_is_out_of_date_is_dropped_by_itself_with_the_reason(
    db, actor, config, order, why, order_state, ends,
):
    message_id = wanted(db, actor, order, why)
    minute(config, db)
    assert state(db, message_id) == "wanted"
    gone_on(db, order, order_state)

    done = minute(config, db)

    assert done["letters out of date"] == int(ends)
    found = message(db, message_id)
    assert (found.state, found.done_note) == (("dropped", f"order_{order_state}") if ends else ("wanted", ""))
    assert [each for each in acts(db) if each[0] == "drop"] == ([("drop", message_id)] if ends else [])


def test_it_is_dropped_without_a_mail_server_too(db, actor, tmp_path, order):
    message_id = wanted(db, actor, order, "delayed", expected="2026-03-09")
    gone_on(db, order, "cancelled")
    minute(Config(home=tmp_path, database_url="as given"), db)
    assert state(db, message_id) == "dropped"


def test_what_a_return_asks_goes_on_although_its_order_has_left(db, actor, config, order):
    a_return = db.write(a_parcel_back, actor, order)
    message_id = db.write(messages.want, actor, order.id, "ask_address", key="parcel:1", return_id=a_return)
    gone_on(db, order, "dispatched")
    minute(config, db)
    assert state(db, message_id) == "wanted"


def a_parcel_back(session, actor, order):
    made = CustomerReturn(
        order_id=order.id, number="R0000001", state="received", kind="return", source="parcel", reason="undelivered",
        requested_at=actor.at, requested_by=actor.person_id)
    session.add(made)
    session.flush()
    return made.id


def test_a_letter_in_the_outbox_that_is_out_of_date_never_leaves_the_house(db, actor, config, post_box, order, clock):
    message_id = queued(db, actor, order)
    gone_on(db, order, "cancelled")
    minute(config, db)
    assert (state(db, message_id), post_box.read) == ("dropped", [])


def test_one_that_failed_for_now_is_dropped_but_not_one_that_a_server_is_being_told(db, actor, config, order, clock):
    failed, in_hand = queued(db, actor, order, key="1"), queued(db, actor, order, key="2")
    with db.read() as session:
        assert session.get_one(Message, failed).queued_at == clock.moment
    mail = db.write(outbox.claim, clock.moment)
    assert mail.id == failed
    db.write(outbox.not_sent, failed, mail.tries, clock.moment, "451 busy", for_good=False)
    assert db.write(outbox.claim, clock.moment).id == in_hand
    gone_on(db, order, "cancelled")

    assert db.write(outbox.drop_out_of_date, actor) == 1

    assert (state(db, failed), state(db, in_hand)) == ("dropped", "queued")


def test_nobody_sends_what_is_out_of_date_in_the_minute_before_it_is_dropped(db, actor, order):
    message_id = wanted(db, actor, order, "delayed", expected="2026-03-09")
    gone_on(db, order, "cancelled")
    with pytest.raises(Conflict, match="out_of_date"):
        db.write(messages_desk.queue, actor, message_id, "Late", "It comes later.", SHOP)
    assert db.write(messages_desk.queue_many, actor, [message_id], SHOP) == (0, 1)
    assert state(db, message_id) == "wanted"
