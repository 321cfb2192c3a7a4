"""The problem sheet's own addresses: a report from a screen without a task, and what is added to a report (EXC-1)."""

from flask import Blueprint, Response
from flask.sansio.blueprints import BlueprintSetupState

from warehouse import i18n
from warehouse.domain import incidents as rules
from warehouse.domain import problems
from warehouse.errors import NotAllowed, NotFound
from warehouse.queries import incidents_sheet as queries
from warehouse.services import incidents_sheet
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    answer_json,
    answer_scan,
    picture_from_request,
    read,
    respond,
    scan_from_request,
    text_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("incidents_sheet", __name__, url_prefix="/incidents")


@bp.record_once
def furnish(state: BlueprintSetupState) -> None:
    """What the sheet needs on every screen, within reach of its macros."""
    state.app.jinja_env.globals.update(problem_screens=problems.SCREENS, problem_report=problems.write)


@bp.post("/report")
@rule("report_incident")
def report() -> Response:
    """One tile: `raw` is `#problem:<kind>:<units>:<cause>@<stage>,<thing>=<id>…`, with a `scan_id` like every scan."""
    return answer_scan(write(incidents_sheet.report, scan_from_request()), "incidents_sheet/_reported.html")


@bp.get("/mine")
@rule("report_incident")
def mine() -> Response:
    with read() as session:
        found = queries.list_own(session, actor().person_id, actor().at)
    if wants_json():
        return answer_json({"reports": found})
    return respond("incidents_sheet/_mine.html", {"reports": found, "word": word})


@bp.get("/<int:incident_id>/more")
@rule("report_incident", "handle_incident")
def more(incident_id: int) -> Response:
    return show(incident_id)


@bp.post("/<int:incident_id>/more")
@rule("report_incident", "handle_incident")
def say_more(incident_id: int) -> Response:
    """`kind`, `cause`, `units`, `note`: what is empty stays as it is."""
    write(incidents_sheet.say_more, incident_id, kind=text_from_request("kind", most=40),
          cause=text_from_request("cause", most=40), units=whole_from_request("units", most=problems.MOST_UNITS),
          note=text_from_request("note", most=300))
    return show(incident_id, is_kept=True)


@bp.post("/<int:incident_id>/more/photo")
@rule("report_incident", "handle_incident")
def photo(incident_id: int) -> Response:
    picture = picture_from_request()
    photo_id = write(incidents_sheet.add_photo, incident_id, picture.jpeg, picture.width, picture.height)
    if wants_json():
        return answer_json({"photo": photo_id, "width": picture.width, "height": picture.height}, 201)
    return respond("incidents_sheet/_photo.html", {"incident_id": incident_id, "is_kept": True})


def show(incident_id: int, *, is_kept: bool = False) -> Response:
    with read() as session:
        found = queries.find(session, incident_id)
    if found is None:
        raise NotFound("incidents.no_such_incident", id=incident_id)
    if found.person_id != actor().person_id and not actor().may("handle_incident"):
        raise NotAllowed("problem.not_yours")
    if wants_json():
        return answer_json(found)
    return respond("incidents_sheet/_more.html", {
        "report": found, "is_kept": is_kept, "word": word, "causes": rules.causes_of(found.kind),
        # What its report moved in the books stays as it is, whichever of these it is called.
        "kinds": [kind for kind in rules.kinds_at(found.stage)
                  if rules.may_become(found.kind, kind, found.stage, is_booked=True)]})


def word(group: str, name: str) -> str:
    """The word for a kind or a cause; the bare name where the house has no word for it."""
    code = f"incidents.{group}_{name}"
    return i18n.say(language(), code) if i18n.has_sentence(code) else name
