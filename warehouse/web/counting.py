"""Counting: the shelves that wait, and one of them by scan (STK-3)."""

from flask import Blueprint, Response

from warehouse.queries import counting as queries
from warehouse.services import counting, counting_commands
from warehouse.services.counting_look import draw, look
from warehouse.web.access import rule
from warehouse.web.http import actor, answer_scan, read, respond, scan_from_request, wants_json, write

bp = Blueprint("counting", __name__, url_prefix="/count")


@bp.get("/")
@rule("count")
def listing() -> Response:
    with read() as session:
        counts = queries.look(session, actor())
    return respond("counting/listing.html", counts if wants_json() else {"task": {"counts": counts}})


@bp.post("/scan")
@rule("count")
def open_shelf() -> Response:
    """A shelf label opens its count, `#next` the next shelf on the walk."""
    answer = write(counting.open_shelf, scan_from_request())
    if not wants_json():
        with read() as session:
            answer.task["counts"] = queries.look(session, actor())
    return answer_scan(answer, "counting/_listing.html")


@bp.get("/<int:task_id>")
@rule("count")
def shelf(task_id: int) -> Response:
    with read() as session:
        task = draw(look(session, task_id), actor())
    return respond("counting/shelf.html", {"task": task})


@bp.post("/<int:task_id>/scan")
@rule("count")
def scan(task_id: int) -> Response:
    scanned = scan_from_request()
    use_case = counting_commands.command if scanned.raw.startswith("#") else counting.scan
    return answer_scan(write(use_case, task_id, scanned), "counting/_shelf.html")


@bp.post("/<int:task_id>/alive")
@rule("count")
def alive(task_id: int) -> Response:
    """The tablet's sign of life, beside the scans."""
    write(counting.alive, task_id)
    return Response(status=204)
