"""What carriers tell about parcels comes in (SHP-4): a file on the page, or a message that the carrier signs."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests

from warehouse import clock, i18n, imports_tracking
from warehouse.errors import Invalid, Refusal
from warehouse.queries import tracking as queries
from warehouse.services import setup
from warehouse.services import tracking as service
from warehouse.web.access import PUBLIC, STRANGERS_BYTES, language, rule
from warehouse.web.http import actor, answer_json, config, database, read, respond, wants_json
from warehouse.web.limits import limiter

bp = Blueprint("tracking", __name__, url_prefix="/tracking")

MOST_PROBLEMS_SHOWN = 200
# A busy carrier sends every few seconds; who guesses at secrets is slowed down sooner.
WAIT_S = 60
MESSAGES, UNSIGNED = "600 per minute", "30 per minute; 200 per hour"


@bp.get("/")
@rule("import", "serve")
def page() -> Response:
    """`run` shows the report of that import opened."""
    run = request.args.get("run", "")
    with read() as session:
        carriers, past = queries.on_the_way(session, actor().at), queries.past_imports(session)
    if wants_json():
        return answer_json({"carriers": carriers, "past": past})
    return respond("tracking/page.html", {
        "carriers": carriers, "past": past, "is_chinese": language() == i18n.CHINESE,
        "may_see": actor().may("see_board"),
        "opened": int(run) if run.isascii() and run.isdigit() and len(run) < 12 else 0,
        "most_problems": MOST_PROBLEMS_SHOWN})


@bp.post("/")
@rule("import", "serve")
def upload() -> Response:
    """Files of events; the answer leads to the report."""
    files = [(file.filename or "?", file.read()) for file in request.files.getlist("files") if file.filename]
    if not files:
        raise Invalid("tracking.choose_files")
    report = imports_tracking.import_tracking(database().write, actor(), files, time_zone=config().time_zone)
    if wants_json():
        return answer_json(report.as_json())
    with read() as session:
        newest = queries.past_imports(session)[0].id
    return make_response(redirect(url_for("tracking.page", run=newest), 303))


def is_unsigned(response: Response) -> bool:
    return response.status_code == 401


@bp.post("/webhook/<carrier>")
@rule(PUBLIC)
@limiter.limit(MESSAGES)
@limiter.limit(UNSIGNED, deduct_when=is_unsigned)
def webhook(carrier: str) -> Response:
    """Events as JSON, signed by the carrier; `docs/tracking-files.md`. Every answer is JSON: a program asks."""
    now = clock.now()
    try:
        body = request.get_data()
        with read() as session:
            service.check_signature(
                session, carrier, request.headers.get("X-Timestamp", ""), request.headers.get("X-Signature", ""), body,
                now)
            console = setup.system_actor(session, now)
        report = imports_tracking.receive_message(
            database().write, console, carrier, body, time_zone=config().time_zone)
    except RequestEntityTooLarge:
        return said("tracking.too_large", 413, kb=STRANGERS_BYTES // 1024)
    except Refusal as refusal:
        return said(refusal.code, refusal.status, **refusal.facts)
    told = report.as_json()
    return answer_json({name: told[name] for name in (
        "rows", "created", "unchanged", "rejected", "incidents", "unknown", "problems")})


@bp.errorhandler(429)
def too_many(_: TooManyRequests) -> Response:
    response = said("tracking.too_many", 429)
    response.headers["Retry-After"] = str(WAIT_S)
    return response


def said(code: str, status: int, **facts: Any) -> Response:
    return answer_json({"code": code, "say": i18n.say(i18n.ENGLISH, code, **facts), "facts": facts}, status)
