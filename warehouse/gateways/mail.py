"""Letters to a mail server by SMTP (SHP-3): plain text in UTF-8, one recipient each, with a Message-ID that is the same
for each try of the same letter."""

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from types import TracebackType
from typing import Self

OFF, STARTTLS, TLS = "off", "starttls", "tls"
# For each answer of the server, not for the whole talk.
PATIENCE_S = 20.0
_PERMANENT = range(500, 600)
_GOING_AWAY = 421
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")


@dataclass(frozen=True, repr=False)
class Server:
    """A mail server and who writes through it. `ca_file` is a shop's own authority; empty: those of the system."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = ""
    reply_to: str = ""
    ca_file: str = ""
    patience_s: float = PATIENCE_S

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True, repr=False)
class Outgoing:
    """One letter. `key` makes its Message-ID; `by_itself`: nobody wrote it, so nobody's absence note shall answer."""

    key: str
    to: str
    subject: str
    body: str
    language: str
    sender_name: str
    at: datetime
    by_itself: bool


class Trouble(Exception):
    """A letter was not taken. `words` are the server's, without addresses. `for_good`: another try is no use.
    `stops`: it is the server's matter, not this letter's; the others need not be tried now."""

    def __init__(self, words: str, *, for_good: bool = False, stops: bool = False) -> None:
        super().__init__(words)
        self.words, self.for_good, self.stops = words, for_good, stops


class Post:
    """An open connection to the server; letters go one after the other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        try:
            self._smtp = self._connect()
        except (OSError, smtplib.SMTPException) as problem:
            raise _as_trouble(problem, "", stops=True) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()

    def send(self, letter: Outgoing) -> None:
        """Hand over one letter; raises `Trouble` where it was not taken."""
        try:
            to, written = _ascii(letter.to), write(letter, self._server)
        except (MessageError, ValueError) as problem:
            raise Trouble(f"cannot be written: {type(problem).__name__}", for_good=True) from None
        try:
            self._smtp.sendmail(self._server.sender, [to], written)
        except smtplib.SMTPRecipientsRefused as problem:
            code, words = problem.recipients[to]
            raise _refused(code, words, letter.to) from None
        except smtplib.SMTPDataError as problem:
            raise _refused(problem.smtp_code, problem.smtp_error, letter.to) from None
        except (OSError, smtplib.SMTPException) as problem:
            raise _as_trouble(problem, letter.to, stops=True) from None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca_file or None)
        if server.tls == TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.patience_s, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.patience_s)
        try:
            if server.tls == STARTTLS:
                # Refused by the library where the server does not offer it: never in the clear instead.
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def write(letter: Outgoing, server: Server) -> bytes:
    """The letter as it goes over the wire. The library refuses a line break in any header."""
    # Seven bits, because not every server on the way takes eight.
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    message["From"] = Address(letter.sender_name, addr_spec=server.sender)
    message["To"] = Address(addr_spec=_ascii(letter.to))
    if server.reply_to:
        message["Reply-To"] = Address(addr_spec=server.reply_to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<letter.{letter.key}@{server.domain}>"
    if letter.by_itself:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body + "\n", charset="utf-8")
    message["Content-Language"] = letter.language
    return message.as_bytes()


def _ascii(address: str) -> str:
    """A domain in other letters as the mail knows it; a local part in other letters is nothing most servers take."""
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise ValueError("local part")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"


def _refused(code: int, words: bytes | str, to: str) -> Trouble:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return Trouble(clean(f"{code} {said}", to), for_good=code in _PERMANENT, stops=code == _GOING_AWAY)


def _as_trouble(problem: Exception, to: str, *, stops: bool) -> Trouble:
    if isinstance(problem, smtplib.SMTPResponseException):
        return Trouble(clean(f"{problem.smtp_code} {_text(problem.smtp_error)}", to), stops=stops)
    return Trouble(clean(f"{type(problem).__name__}: {problem}", to), stops=stops)


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def clean(words: str, to: str) -> str:
    """A server's words on one line, without the addresses in them: they are kept and logged."""
    words = _ADDRESS.sub("…", " ".join(words.split()))
    local = to.rpartition("@")[0]
    return re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", words, flags=re.IGNORECASE) if local else words
