"""People of the house as programs: each is signed in over HTTP with JSON and keeps one connection open, as a
tablet does. They scan by mistake, scan twice and lose copies as often as `Faults` says."""

import http.client
import json
import random
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

from warehouse.domain.own_labels import make_label

PIN = "204816"
TIMEOUT_S, BUSY_WAIT_S, MOST_TRIES = 60, 0.05, 200
# Between the parts of a form; no file of a test holds it.
SEAM = "7a1c04d2-seam"


class Refused(AssertionError):
    """The house said no where the story goes on: status and the code of the sentence."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body[:600].decode(errors='replace')}")
        self.status = status
        self.code = json.loads(body).get("code", "") if body[:1] == b"{" else ""


@dataclass
class Faults:
    """How often something goes wrong, and the chance that decides it. `things` are codes that are wrong at
    most places: books, shelves, no code at all."""

    chance: random.Random = field(default_factory=lambda: random.Random(0))
    wrong: float = 0.0
    repeated: float = 0.0
    lost: float = 0.0
    padded: float = 0.0
    things: tuple[str, ...] = ()

    def strike(self, share):
        return share > 0 and self.chance.random() < share


class Person:
    """One signed-in person. `scans`, `wrongs` and `repeats` count what was sent."""

    def __init__(self, port, badge, *, pin=PIN, faults=None):
        self.badge, self.faults = badge, faults or Faults()
        self.scans = self.wrongs = self.repeats = 0
        self.headers = {"Accept": "application/json"}
        self.go_to(port)
        self.sign_in(pin)

    def go_to(self, port):
        """Another connection; who is signed in stays it, for that is in the books."""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def sign_in(self, pin=PIN):
        body = self.post("/login", badge=self.badge, pin=pin)
        self.id = body["person"]["id"]
        self.headers["X-CSRFToken"] = body["csrf"]

    # --- Asking -----------------------------------------------------------------------------------

    def ask(self, method, path, body=None, kind="application/json"):
        """(status, body). As a tablet does, it is asked again where the house was too busy, and where the
        house had hung up after a long silence."""
        headers = {**self.headers, "Content-Type": kind} if body is not None else self.headers
        for _ in range(MOST_TRIES):
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.connection.close()
                continue
            said = answer.read()
            if answer.status != 503:
                break
            time.sleep(BUSY_WAIT_S)
        if cookies := answer.headers.get_all("Set-Cookie"):
            kept = dict(pair.split("=", 1) for pair in self.headers.get("Cookie", "").split("; ") if pair)
            kept |= dict(line.partition(";")[0].split("=", 1) for line in cookies)
            self.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        return self.ask("GET", answer.headers["Location"]) if answer.status == 303 else (answer.status, said)

    def get(self, path, **query):
        return self._plain(*self.ask("GET", f"{path}?{urlencode(query)}" if query else path))

    def post(self, path, **fields):
        """What the house says to it, or the page that it leads to."""
        return self._plain(*self.ask("POST", path, json.dumps(fields).encode()))

    def upload(self, path, field, name, content, **fields):
        """A file as a form of a browser sends it."""
        parts = [(f'name="{key}"', value.encode()) for key, value in fields.items()]
        parts.append((f'name="{field}"; filename="{name}"', content))
        blocks = [f"--{SEAM}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
                  for head, value in parts]
        body = b"".join(blocks) + f"--{SEAM}--\r\n".encode()
        return self._plain(*self.ask("POST", path, body, f"multipart/form-data; boundary={SEAM}"))

    @staticmethod
    def _plain(status, body):
        if status >= 400:
            raise Refused(status, body)
        return json.loads(body) if body[:1] in b"{[" else {}

    # --- Scanning ---------------------------------------------------------------------------------

    def send(self, path, fields):
        """One scan; now and then the gun sends it twice, and then the same bytes must come back."""
        body = json.dumps(fields).encode()
        status, said = self.ask("POST", path, body)
        self.scans += 1
        if status != 200:
            raise Refused(status, said)
        if self.faults.strike(self.faults.repeated):
            self.repeats += 1
            assert self.ask("POST", path, body) == (200, said), f"another answer to a repeated scan at {path}"
        return json.loads(said)

    def scan(self, path, raw, *, step="", **more):
        """Scan `raw` or press a command on the screen `step`; the answer."""
        return self.send(path, {"scan_id": str(uuid.uuid4()), "raw": raw, "step": step, **more})

    def must(self, path, raw, *, step="", **more):
        """A scan that is right, so it must be accepted; the task after it. A set asks twice: it is scanned
        again."""
        answer = self.scan(path, raw, step=step, **more)
        if answer["outcome"] == "choose":
            answer = self.scan(path, raw, step=step, **more)
        assert answer["outcome"] == "accepted", (path, raw, answer["code"], answer["facts"])
        return answer["task"]

    def err(self, path, task, right=()):
        """Sometimes, before the right scan, a wrong one: refused, and nothing is counted."""
        if not self.faults.strike(self.faults.wrong):
            return
        wrong = self.faults.chance.choice([code for code in self.faults.things if code not in right])
        answer = self.scan(path, wrong)
        self.wrongs += 1
        assert answer["outcome"] == "refused", (path, wrong, answer["code"])
        for counter in ("units_taken", "units_packed", "units"):
            assert counter not in task or answer["task"][counter] == task[counter], (path, wrong, counter)


def label(kind, number):
    """What a gun reads from one of our own labels."""
    return make_label(kind, number)


def hire(port, manager, names, role="packer", *, language="en"):
    """Badges of new people, let in by the manager."""
    return [manager.post("/people/", name=name, role=role, language=language, pin=PIN)["badge"]
            for name in names]
