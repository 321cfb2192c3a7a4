"""Beginnings for tests of letters: an order with a message, who writes, and a look at what became of it."""

from sqlalchemy import select

from tests.builders import an_item, an_order
from warehouse.config import Config
from warehouse.domain.letters import Shop
from warehouse.models.journal import Action
from warehouse.models.messages import Message
from warehouse.services import messages, messages_desk

SHOP = Shop("Shelfmark Books", "书页书店", "https://books.example", "Asia/Shanghai")
NORA = {"name": "Nora Whitlock", "phone": "07700900123", "email": "nora@example.com"}


def an_english_order(db, *, recipient=None, **fields):
    """Nora's order of one Emma."""
    book = an_item(db, "Emma", isbn=None)
    return an_order(db, {book: 1}, recipient={**NORA, **(recipient or {})}, language="en", **fields)


def wanted(db, actor, order, why="short_wait", *, key="1", **facts):
    """The id of a message as it is put down where it happens."""
    if not facts and why.startswith("short"):
        facts = {"title": "Emma", "n": 2}
    return db.write(messages.want, actor, order.id, why, key=key, **facts)


def queued(db, actor, order, *, key="1", body="Dear {name},\n\nit comes on Friday."):
    """The same in the outbox."""
    message_id = wanted(db, actor, order, key=key)
    db.write(messages_desk.queue, actor, message_id, "About your order", body, SHOP)
    return message_id


def settings(home, **more):
    """Of a shop with a mail server."""
    given = {"smtp_host": "127.0.0.1", "smtp_tls": "off", "mail_from": "books@shop.example",
             "public_url": "https://books.example"}
    return Config(home=home, database_url="as given", **{**given, **more})


def message(db, message_id):
    with db.read() as session:
        return session.get_one(Message, message_id)


def state(db, message_id):
    return message(db, message_id).state


def box(db, message_id):
    """What is sealed in a message."""
    return db.vault.unseal(message(db, message_id).sealed, f"message:{message_id}")


def acts(db, subject="message"):
    with db.read() as session:
        rows = session.execute(select(Action.verb, Action.subject_id).where(Action.subject == subject)
                               .order_by(Action.id))
        return [tuple(row) for row in rows]
