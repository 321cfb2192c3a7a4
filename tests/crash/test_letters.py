"""A process that is killed after the mail server has taken a letter and before that is written down."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

from sqlalchemy import update

from tests.builders import a_person, as_actor
from tests.mail_server import a_mail_server
from tests.message_builders import an_english_order, message, queued
from warehouse import clock, data_folder, mailing
from warehouse.config import load_config
from warehouse.models.messages import Message

MINUTE = [sys.executable, "-c", "from warehouse.cli import main; main(['watch-once'])"]


def test_a_killed_sender_leaves_at_most_a_second_copy_with_the_same_id(tmp_path):
    home = tmp_path / "shop"
    with a_mail_server() as post_box:
        home.mkdir()
        (home / "warehouse.toml").write_text(
            f'smtp_host = "127.0.0.1"\nsmtp_port = {post_box.port}\nsmtp_tls = "off"\n'
            'mail_from = "books@shop.example"\n')
        config = load_config(home, database_url=f"sqlite:///{home / 'warehouse.db'}")
        data_folder.make(config)
        with data_folder.opened(config) as db:
            message_id = queued(db, as_actor(a_person(db, role="service")), an_english_order(db))

        others = {name: text for name, text in os.environ.items() if "DATABASE_URL" not in name}
        sender = subprocess.Popen(MINUTE, env={**others, "WAREHOUSE_HOME": str(home)})
        post_box.after_data = lambda _: os.kill(sender.pid, signal.SIGKILL)
        assert sender.wait(timeout=60) == -signal.SIGKILL
        post_box.after_data = None

        with data_folder.opened(config) as db:
            assert (message(db, message_id).state, message(db, message_id).tries) == ("queued", 1)
            # Still in the hand of the dead one.
            assert mailing.drain(config, db).sent == 0
            db.write(lambda session: session.execute(
                update(Message).values(next_try_at=clock.now() - timedelta(seconds=1))))
            assert mailing.drain(config, db).sent == 1
            assert mailing.drain(config, db).sent == 0
            assert message(db, message_id).state == "sent"
        first, second = post_box.read
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()
