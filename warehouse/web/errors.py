"""What a person sees when the house says no: one handler for every refusal, one for what the web itself
refuses, and a plain page for faults."""

import logging
import uuid
from typing import Any

from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, NotFound

from warehouse.errors import Refusal, way_to
from warehouse.i18n import has_sentence, say
from warehouse.web import access
from warehouse.web.http import answer_json, wants_json, wants_part

log = logging.getLogger("warehouse.web")


def listen(app: Flask) -> None:
    app.register_error_handler(CSRFError, access.on_csrf_error)
    app.register_error_handler(Refusal, on_refusal)
    app.register_error_handler(HTTPException, on_http_error)
    # An id in an address that is larger than any key: there is no such thing.
    app.register_error_handler(OverflowError, lambda _: on_http_error(NotFound()))
    app.register_error_handler(Exception, on_fault)


def on_refusal(refusal: Refusal) -> Response:
    """The sentence of the refusal: as JSON, as a notice where a tap or a scan asked, else as a page."""
    return show(refusal.code, refusal.status, refusal.facts)


def on_http_error(problem: HTTPException) -> Response:
    status = problem.code or 500
    if problem.response is not None:
        return problem.response  # type: ignore[return-value]
    code = f"errors.http_{status}"
    return show(code if has_sentence(code) else "errors.http_400", status, {})


def on_fault(fault: Exception) -> Response:
    """A bug. The number on the screen is the one in the log."""
    number = uuid.uuid4().hex[:8]
    # The link of a customer's page is the key to it.
    where = request.url_rule if "link" in (request.view_args or {}) else request.path
    log.error("fault %s at %s %s\n%s", number, request.method, where, way_to(fault))
    return show("errors.fault", 500, {"number": number})


def show(code: str, status: int, facts: dict[str, Any]) -> Response:
    words = say(access.language(), code, **facts)
    if wants_json():
        return answer_json({"code": code, "say": words, "facts": facts}, status)
    g.setdefault("actor", None)
    shown = {"code": code, "say": words, "status": status}
    if not wants_part():
        return Response(render_template("error.html", **shown), status, mimetype="text/html")
    response = Response(render_template("_error.html", **shown), status, mimetype="text/html")
    # The task stays as it is; the notice comes above it.
    response.headers["HX-Retarget"] = "#notice"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
