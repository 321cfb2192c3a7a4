"""The load: scanners as processes of their own, each with one connection kept open, as a tablet has it."""

import http.client
import json
import multiprocessing
import time
import urllib.parse
import uuid
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

JSON, HTML = "json", "html"
TIMEOUT_S = 30


@dataclass
class Tally:
    """What one client saw: when it began and ended, each answer's milliseconds, and what went wrong."""

    began: float
    ended: float
    times_ms: list[float]
    errors: list[str]


class Scanner:
    """One signed-in device."""

    def __init__(self, port: int, badge: str, pin: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self.cookies: dict[str, str] = {}
        status, body = self.send("POST", "/login", json.dumps({"badge": badge, "pin": pin}), {
            "Content-Type": "application/json", "Accept": "application/json"})
        assert status == 200, f"sign-in answered {status}: {body[:300]!r}"
        self.csrf = json.loads(body)["csrf"]

    def send(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read()

    def scan(self, path: str, form: str, **fields: Any) -> tuple[int, bytes]:
        """One scan as a tablet sends it (`html`: the part of the screen comes back) or as a program does."""
        if form == JSON:
            return self.send("POST", path, json.dumps(fields), {
                "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": self.csrf})
        return self.send("POST", path, urllib.parse.urlencode(fields), {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "X-Scan": "1",
            "X-CSRFToken": self.csrf})


def pick(gate: Any, port: int, pin: str, worker: dict[str, Any], form: str, most: int, think_s: float) -> Tally:
    """Scan this worker's runs, at most `most` scans, all clients beginning at one moment."""
    scanner = Scanner(port, worker["badge"], pin)
    wanted = b'"outcome":"accepted"' if form == JSON else b'data-outcome="accepted"'
    tally = Tally(0, 0, [], [])
    steps = [(part["run_id"], raw) for part in worker["rounds"] for raw in part["raws"]][:most]
    gate.wait()
    tally.began = time.time()
    for run_id, raw in steps:
        sent = time.perf_counter()
        status, body = scanner.scan(f"/pick/{run_id}/scan", form, scan_id=str(uuid.uuid4()), raw=raw)
        tally.times_ms.append((time.perf_counter() - sent) * 1000)
        if status != 200 or wanted not in body:
            tally.errors.append(f"{status} {raw} {body[:200]!r}")
        if think_s:
            time.sleep(think_s)
    tally.ended = time.time()
    return tally


def post(gate: Any, port: int, path: str, bodies: list[str]) -> Tally:
    """The same load on the bare application that shows the ceiling."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    tally = Tally(0, 0, [], [])
    gate.wait()
    tally.began = time.time()
    for body in bodies:
        sent = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        tally.times_ms.append((time.perf_counter() - sent) * 1000)
        if answer.status != 200:
            tally.errors.append(f"{answer.status} {said[:200]!r}")
    tally.ended = time.time()
    return tally


class Crew:
    """Processes that wait for work. Made before anything else starts a thread: they are forks."""

    def __init__(self, most: int) -> None:
        context = multiprocessing.get_context("fork")
        self._gates = {size: context.Barrier(size) for size in range(1, most + 1)}
        self._pool = ProcessPoolExecutor(
            most, mp_context=context, initializer=_keep_gates, initargs=(self._gates,))
        self._pool.submit(int).result()  # Forks all of them now.

    def run(self, work: Any, jobs: list[tuple[Any, ...]]) -> list[Tally]:
        """`work(gate, *job)` for each job at once, one process each."""
        waiting = [self._pool.submit(_at_gate, work, len(jobs), job) for job in jobs]
        return [one.result() for one in waiting]

    def close(self) -> None:
        self._pool.shutdown()


_gates: dict[int, Any] = {}


def _keep_gates(gates: dict[int, Any]) -> None:
    _gates.update(gates)


def _at_gate(work: Any, size: int, job: tuple[Any, ...]) -> Tally:
    gate = _gates[size]
    try:
        tally: Tally = work(gate, *job)
    except BaseException:
        gate.abort()
        raise
    return tally
