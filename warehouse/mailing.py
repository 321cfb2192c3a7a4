"""The one bridge to e-mail: letters of the outbox → the mail server, each between two transactions (SHP-3).

Whoever crashes after the server has taken a letter and before that is written down sends it again when its ten minutes
are over, with the same Message-ID. Nothing personal is logged.
"""

import logging
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from warehouse import clock
from warehouse.config import Config
from warehouse.db import Database
from warehouse.domain import letters
from warehouse.errors import Invalid, SetUpProblem
from warehouse.gateways import mail
from warehouse.services import outbox

# Letters of one round; the next begins a minute later.
MOST = 300
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
HERE = ("localhost", "127.0.0.1", "::1")

log = logging.getLogger("warehouse.mailing")


@dataclass(frozen=True)
class Round:
    """`later`: tried again by itself. `failed`: a person must look. `stopped_by`: what the server said when the round
    ended before its letters did."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    stopped_by: str = ""


def shop_of(config: Config) -> letters.Shop:
    """Who writes."""
    return letters.Shop(config.shop_name, config.shop_name_zh, config.public_url, config.time_zone)


def server_of(config: Config) -> mail.Server | None:
    """The mail server of the settings, None where none is set. Refuses settings that cannot work."""
    if not config.smtp_host:
        return None
    if config.smtp_tls not in {mail.OFF, mail.STARTTLS, mail.TLS}:
        raise SetUpProblem(f"smtp_tls = {config.smtp_tls!r} in warehouse.toml: say off, starttls or tls.")
    for name in ("mail_from", "mail_reply_to"):
        address = getattr(config, name)
        if name == "mail_reply_to" and not address:
            continue
        try:
            is_address = letters.check_address(address).isascii()
        except Invalid:
            is_address = False
        if not is_address:
            raise SetUpProblem(f"{name} in warehouse.toml wants an e-mail address like books@shop.example.")
    if config.smtp_tls == mail.OFF and config.smtp_host not in HERE:
        raise SetUpProblem("smtp_tls = off would send customers' names and letters in the clear: say starttls or tls."
                           " Only a mail server on this machine may do without.")
    if config.public_url and not _ADDRESS.fullmatch(config.public_url):
        raise SetUpProblem("public_url in warehouse.toml wants an address like https://books.example: customers get it"
                           " in their letters.")
    return mail.Server(
        host=config.smtp_host, port=config.smtp_port, tls=config.smtp_tls, sender=config.mail_from,
        user=config.smtp_user, password=_password(config), reply_to=config.mail_reply_to, ca_file=config.smtp_ca_file,
    )


def drain(
    config: Config, database: Database, *, server: mail.Server | None = None, stop: threading.Event | None = None
) -> Round:
    """Hand what is queued to the mail server, one letter after another; ends early where the server is not there.
    Several processes may do so at once: each letter goes to one of them."""
    server = server or server_of(config)
    if server is None:
        return Round()
    sent = later = failed = 0
    stopped_by = ""
    post: mail.Post | None = None
    try:
        for _ in range(MOST):
            if stop is not None and stop.is_set():
                break
            letter = database.write(outbox.claim, clock.now())
            if letter is None:
                break
            try:
                post = post or mail.Post(server)
                post.send(_outgoing(config, letter))
            except mail.Trouble as trouble:
                is_last = database.write(outbox.not_sent, letter.id, letter.tries, clock.now(), trouble.words,
                                         for_good=trouble.for_good)
                failed, later = failed + is_last, later + (not is_last)
                log.warning("letter %d not sent, try %d: %s", letter.id, letter.tries, trouble.words)
                if trouble.stops:
                    stopped_by = trouble.words
                    break
            else:
                database.write(outbox.sent, letter.id, clock.now())
                sent += 1
    finally:
        if post is not None:
            post.__exit__(None, None, None)
    return Round(sent, later, failed, stopped_by)


def _outgoing(config: Config, letter: outbox.Mail) -> mail.Outgoing:
    is_chinese = letter.language == letters.CHINESE
    return mail.Outgoing(
        key=letter.key, to=letter.to, subject=letter.subject, body=letter.body, language=letter.language,
        sender_name=config.shop_name_zh if is_chinese else config.shop_name, at=clock.now(), by_itself=letter.by_itself,
    )


def _password(config: Config) -> str:
    if not config.smtp_password_file:
        return ""
    try:
        return Path(config.smtp_password_file).expanduser().read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise SetUpProblem(f"smtp_password_file {config.smtp_password_file}: {problem.strerror}.") from None
