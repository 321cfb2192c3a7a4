"""Pickers who keep their own book of what they sent and what they were told, on disk before anything else happens.

Each works alone on runs of its own, so every right scan must be accepted: whatever else comes back is a finding.
"""

import http.client
import json
import os
import random
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.domain.own_labels import make_label

REPEATED, CUT, WRONG = 0.03, 0.02, 0.05
TIMEOUT_S, LONGEST_WAIT_S = 4, 0.5
TAKES = {"picking.taken", "picking.taken_all", "picking.stop_done"}


@dataclass
class Book:
    """One client's log: a line before each scan is sent, a line after its answer, both on disk."""

    path: Path
    lines: list[dict] = field(default_factory=list)

    def write(self, **line):
        self.lines.append(line)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read_books(folder):
    """(intents by their key, answers by theirs) of all clients, as the disk holds them."""
    intents, answers = {}, {}
    for path in sorted(folder.glob("*.log")):
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            (intents if line["is"] == "intent" else answers)[line["key"]] = line
    return intents, answers


class Client(threading.Thread):
    """`has_ids`: a scan sent again keeps its id. Switched off only to see that the harness finds what follows."""

    def __init__(self, port, badge, pin, runs, folder, seed, *, has_ids=True, things):
        super().__init__(name=badge, daemon=True)
        self.port, self.badge, self.pin, self.runs = port, badge, pin, runs
        self.book = Book(folder / f"{badge}.log")
        self.chance = random.Random(seed)
        self.has_ids = has_ids
        self.things = things
        self.stopping = threading.Event()
        self.trouble = None
        self.answered = self.sent_again = 0
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self.connection = None

    def run(self):
        try:
            self.sign_in()
            for run_id in self.runs:
                self.walk(run_id)
                if self.stopping.is_set():
                    return
        except Exception as problem:
            self.trouble = problem
            raise

    # --- Sending, until there is an answer -------------------------------------------------------------------------

    def sign_in(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        connection.request("POST", "/login", json.dumps({"badge": self.badge, "pin": self.pin}), self.headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 200, body
        cookies = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie")]
        self.headers |= {"Cookie": "; ".join(cookies), "X-CSRFToken": body["csrf"]}
        connection.close()

    def ask(self, method, path, fields=None, *, cut=False):
        """One request; None where no answer came or none that is final. `cut`: the wire breaks before the answer."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
            self.connection.request(method, path, json.dumps(fields) if fields else None, self.headers)
            if cut:
                raise ConnectionError("cut on purpose")
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            return None
        return None if answer.status >= 500 else (answer.status, body.decode())

    def insist(self, method, path, fields=None, *, cut=False):
        """Ask again, with growing pauses, until the answer is final; each time with the same scan id."""
        wait_s = 0.02
        while (answer := self.ask(method, path, fields, cut=cut)) is None:
            cut = False
            self.sent_again += 1
            if fields and not self.has_ids:
                fields = {**fields, "scan_id": str(uuid.uuid4())}
            # Waits that differ, so that clients do not come back all at one moment.
            threading.Event().wait(self.chance.uniform(wait_s / 2, wait_s))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        return *answer, fields

    # --- Picking ---------------------------------------------------------------------------------------------------

    def walk(self, run_id):
        status, body, _ = self.insist("GET", f"/pick/{run_id}")
        assert status == 200, body
        task = json.loads(body)["task"]
        while task["step"] != "done" and not self.stopping.is_set():
            if self.chance.random() < WRONG:
                self.scan(run_id, task, self.something_else(task), is_right=False)
            task = self.scan(run_id, task, right_code(task), is_right=True)

    def scan(self, run_id, task, raw, *, is_right):
        """The run as it stands after the scan."""
        stop = task["stop"]
        is_take = is_right and task["step"] == "item"
        fields = {"scan_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), "raw": raw,
                  "step": task["step_id"]}
        key = fields["scan_id"]
        self.book.write(**{"is": "intent"}, key=key, run_id=run_id, raw=raw, is_right=is_right, is_take=is_take,
                        item_id=stop["item_id"], source_id=stop["location_id"])
        path = f"/pick/{run_id}/scan"
        status, body, sent = self.insist("POST", path, fields, cut=self.chance.random() < CUT)
        self.book.write(**{"is": "answer"}, key=key, scan_id=sent["scan_id"], status=status, body=body)
        self.answered += 1
        if self.chance.random() < REPEATED:
            again = {**sent, **({} if self.has_ids else {"scan_id": str(uuid.uuid4())})}
            second = self.insist("POST", path, again)
            assert not self.has_ids or second[:2] == (status, body), f"another answer to {key}: {second[1]}"
            body = second[1]
        return json.loads(body)["task"]

    def something_else(self, task):
        """A code that is surely wrong now: another book, another shelf, a foreign tote, no code of ours."""
        stop = task["stop"]
        near = {right_code(task), stop["isbn13"], make_label("location", stop["location_id"])}
        return self.chance.choice([code for code in self.things if code not in near])


def right_code(task):
    stop = task["stop"]
    if task["step"] == "item":
        return stop["isbn13"]
    return make_label("location" if task["step"] == "shelf" else "tote",
                      stop["location_id"] if task["step"] == "shelf" else stop["tote_id"])
