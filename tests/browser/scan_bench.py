"""A small real shop floor for the scanner's tests: one page, one scan address, faults on demand.

It keeps the scan contract (one answer per `scan_id`, a repeat gets the stored one) and nothing else.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, Response, request
from waitress.server import create_server

STATIC = Path(__file__).resolve().parents[2] / "static"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
IN_HEAD = ("settings", "code_shape", "key_reader", "scanner")
AFTER = (
    "outbox", "notices", "net", "answers", "sender", "queue", "order", "feedback", "sink", "wake", "pad",
    "sheet", "screen_scanner",
)  # fmt: skip
HTMX_CONFIG = (
    '{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,'
    '"historyCacheSize":0,"timeout":8000,"responseHandling":[{"code":"204","swap":false},'
    '{"code":"[23]..","swap":true},{"code":"409|422","swap":true},'
    '{"code":"[45]..","swap":false,"error":true}]}'
)


def open_gate() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class Bench:
    """What the server has seen, and the faults it shall have next."""

    counted: list[dict[str, str]] = field(default_factory=list)  # each scan_id once, in order of arrival
    answers: dict[str, tuple[str, int]] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)  # every request, repeats too
    taps: list[int] = field(default_factory=list)  # how many scans were counted when a button was pressed
    losing: int = 0  # so many answers get lost after the scan was counted (504)
    refusing: int = 0  # so many requests are turned away before they count (503)
    logged_in: bool = True
    next_status: int = 200
    next_sound: str = "ok"
    go: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    arrived: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=open_gate)  # requests wait here while it is not set

    def raws(self) -> list[str]:
        """The codes counted so far, in the order in which the server counted them."""
        return [scan["raw"] for scan in self.counted]


def task(bench: Bench, answer_id: str = "", sound: str = "", url: str = "/scan", say: str = "Scan") -> str:
    """The part that is swapped in."""
    spoken = f'data-answer-id="{answer_id}" data-sound="{sound}"' if sound else ""
    alarm = (
        '<div data-alarm><button data-silence type="button">Quiet</button></div>' if sound == "error" else ""
    )
    return (
        f'<main id="task" data-scan-url="{url}" data-step="step-{len(bench.counted)}" {spoken}>'
        f'<h1>Bench</h1><p data-say>{say}</p><output id="count">{len(bench.counted)}</output>{alarm}'
        '<button data-choice="7" data-raw="9787020002207" type="button" id="choose">Volume 2</button></main>'
    )


def page(body: str, *, person: str = "p1") -> str:
    """A whole page with the scripts in the order of the real one."""
    head = "".join(f'<script src="/static/js/{name}.js"></script>' for name in IN_HEAD)
    after = "".join(f'<script defer src="/static/js/{name}.js"></script>' for name in AFTER)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bench</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="csrf-token" content="token"><meta name="person" content="{person}">'
        f"<meta name=\"htmx-config\" content='{HTMX_CONFIG}'>"
        '<link rel="icon" href="/static/none.png"><link rel="stylesheet" href="/bench.css">'
        f'{head}<script defer src="/static/vendor/htmx.min.js"></script>{after}</head><body>'
        '<header><span data-net data-text-saved="Saved" data-text-waiting="{n} waiting">Saved</span></header>'
        '<div data-notice="torn" role="alert" hidden>Scan again</div>'
        '<div data-notice="unsaved" role="alert" hidden>Not saved</div>'
        '<div data-notice="full" role="alert" hidden>Too many wait</div>'
        '<div data-notice="login" role="alert" hidden>Log in</div>'
        '<div data-notice="dead" role="alert" hidden>Broken '
        '<button data-seen type="button">Seen</button></div>'
        f'<div data-late role="alert" hidden></div>{body}</body></html>'
    )


TOOLS = (
    '<button id="plain" type="button">Plain</button>'
    '<button id="keep-tap" type="button" hx-post="/tap" hx-target="#tapped">Undo</button><p id="tapped"></p>'
    '<label>Note <input id="note"></label>'
    '<label>Box <select id="box"><option>A4</option><option>9 L</option></select></label>'
    '<form id="form" action="/form" method="post"><label>Field <input id="in-form"></label></form>'
    '<label>Weight <input id="weight" data-scan-qty inputmode="none" maxlength="5"></label>'
    '<div data-pad="#weight">'
    + "".join(
        f'<button type="button" data-key="{key}">{key}</button>' for key in [*"0123456789.", "back", "clear"]
    )
    + '</div><button type="button" id="open" data-open-sheet="#sheet">Problem</button>'
    '<section id="sheet" data-sheet role="dialog" aria-label="Problem" hidden>'
    '<button type="button" data-close-sheet id="close">Close</button></section>'
    '<button type="button" id="dark" data-setting="theme" data-value="dark">Dark</button>'
    '<button type="button" id="test-sound" data-test-sound="ok">Sound</button>'
    '<button type="button" id="virtual" data-virtual-scan="L:B-07-3">Shelf</button>'
    '<form data-virtual-scan-form><label>Code <input id="typed"></label>'
    '<button id="type">Scan</button></form>'
)


@dataclass
class Floor:
    """One server for many tests; each test puts its own bench there."""

    url: str = ""
    bench: Bench = field(default_factory=Bench)


def judge(bench: Bench) -> tuple[str, int]:
    """Count one scan, once: a known scan_id gets its stored answer."""
    scan = dict(request.form)
    known = bench.answers.get(scan["scan_id"])
    if known:
        return known
    status, sound = bench.next_status, bench.next_sound
    bench.next_status, bench.next_sound = 200, "ok"
    bench.counted.append(scan)
    part = task(bench, scan["scan_id"], sound, url=request.path, say=f"{sound}: {scan['raw']}")
    bench.answers[scan["scan_id"]] = (part, status)
    return part, status


def create_bench_app(floor: Floor) -> Flask:
    """The app: home, another task, a login page and their scan addresses."""
    app = Flask(__name__, static_folder=str(STATIC), static_url_path="/static")

    @app.get("/")
    def home() -> str:
        return page(task(floor.bench) + f'<aside aria-label="Tools">{TOOLS}</aside>')

    @app.get("/other")
    def other() -> str:
        return page(task(floor.bench, url="/other/scan"))

    @app.get("/board")
    def board() -> str:
        return page("<main><h1>Board</h1></main>")

    @app.get("/login")
    def login() -> str:
        return page('<main id="task" data-scan-url="/login/scan" data-scan-ahead data-step="badge"></main>')

    @app.get("/bench.css")
    def sheet() -> Response:
        css = "[hidden]{display:none!important}button,input,select{min-width:64px;min-height:64px}"
        return Response(css, mimetype="text/css")

    @app.post("/scan")
    @app.post("/other/scan")
    def scan() -> Response:
        return answer_scan(floor.bench)

    @app.post("/login/scan")
    def badge() -> Response:
        floor.bench.logged_in = True
        return Response("", headers={"X-Go": "/"})

    @app.post("/tap")
    def tap() -> str:
        floor.bench.taps.append(len(floor.bench.counted))
        return "<b data-tapped>tapped</b>"

    @app.post("/form")
    def form() -> Response:
        floor.bench.taps.append(-1)
        return Response("sent")

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        return response

    return app


def answer_scan(bench: Bench) -> Response:
    """One scan request, with the faults that the test asked for."""
    assert request.headers["X-Scan"] == "1"
    assert request.headers["X-CSRFToken"] == "token"
    bench.posts.append(request.form["raw"])
    bench.arrived.set()
    bench.gate.wait(timeout=20)
    with bench.lock:
        if not bench.logged_in:
            return Response("", status=401, headers={"X-Login": "/login"})
        if bench.refusing > 0:
            bench.refusing -= 1
            return Response("busy", status=503)
        part, status = judge(bench)
        if bench.losing > 0:
            bench.losing -= 1
            return Response("lost", status=504)
    return Response(part, status=status, headers={"X-Go": bench.go} if bench.go else {})


@contextmanager
def running_floor() -> Iterator[Floor]:
    """Serve a floor on a free port."""
    floor = Floor()
    server = create_server(create_bench_app(floor), host="127.0.0.1", port=0, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    floor.url = f"http://127.0.0.1:{server.effective_port}"
    yield floor
    floor.bench.gate.set()
    server.close()
