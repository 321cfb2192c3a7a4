"""Open incidents: a list, and each settled with what came out (EXC-1)."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from warehouse import i18n
from warehouse.domain.incidents import OUTCOMES
from warehouse.queries import incidents as queries
from warehouse.services import incidents
from warehouse.web.access import language, rule
from warehouse.web.http import actor, answer_json, read, respond, text_from_request, wants_json, write

bp = Blueprint("incidents", __name__, url_prefix="/incidents")


@bp.get("/")
@rule("settle_incident", "see_board")
def listing() -> Response:
    """`kind` and `stage` narrow the list."""
    kind, stage = request.args.get("kind", ""), request.args.get("stage", "")
    with read() as session:
        found = queries.list_open(session, kind=kind, stage=stage)
    if wants_json():
        return answer_json({"incidents": found.rows, "total": found.total()})
    return respond("incidents/listing.html", {
        "found": found, "kind": kind, "stage": stage, "outcomes": OUTCOMES, "word": word,
        "may_settle": actor().may("settle_incident"), "may_see_orders": actor().may("see_orders"),
    })


@bp.post("/<int:incident_id>/settle")
@rule("settle_incident")
def settle(incident_id: int) -> Response:
    write(incidents.settle, incident_id, text_from_request("outcome"), text_from_request("note"))
    if wants_json():
        return answer_json({"settled": incident_id})
    return redirect(url_for("incidents.listing"), 303)  # type: ignore[return-value]


def word(group: str, name: str, **facts: Any) -> str:
    """The word for a kind, stage or outcome; the bare name where the house has no word for it."""
    code = f"incidents.{group}_{name}"
    return i18n.say(language(), code, **facts) if i18n.has_sentence(code) else name
