"""A real mail server on a free port, for tests: takes letters over the wire, or says what a test wants it to say."""

import email
import email.policy
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Mailbox:
    """`to_rcpt` and `to_data` are what the server answers in place of taking the letter; each is said once."""

    def __init__(self):
        self.letters, self.to_rcpt, self.to_data, self.after_data = [], [], [], None

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the library calls it so
        if self.to_rcpt:
            return self.to_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - as above
        if self.to_data:
            return self.to_data.pop(0)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append((envelope, letter, session))
        if self.after_data:
            self.after_data(letter)
        return "250 taken"

    @property
    def read(self):
        return [letter for _, letter, _ in self.letters]


class OnAnyPort(Controller):
    """The library wants to know the port before; here the system chooses."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def a_mail_server(**options):
    box = Mailbox()
    server = OnAnyPort(box, hostname="127.0.0.1", port=0, **options)
    server.start()
    box.port = server.port
    yield box
    server.stop()


@contextmanager
def a_silent_server():
    """Takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        calls = []

        def answer():
            while True:
                try:
                    calls.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=answer, daemon=True).start()
        yield listening.getsockname()[1]
    for call in calls:
        call.close()


def a_closed_port():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def certificate_for_localhost(folder):
    """(certificate file, context of a server with it): signed by itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256()))
    certificate, secret = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, secret)
    return certificate, context


def knows(user, password):
    """Lets in whoever says these two."""
    def judge(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (user.encode(), password.encode()), handled=False)

    return judge


