"""The returns bench: boxes that came back, and one of them by scan (RET-1)."""

from typing import Any

from flask import Blueprint, Response

from warehouse.queries import returns_bench as queries
from warehouse.services import returns_bench, returns_door, returns_units
from warehouse.services.returns_look import draw, look
from warehouse.web.access import rule
from warehouse.web.http import (
    actor,
    answer_json,
    answer_scan,
    picture_from_request,
    read,
    respond,
    scan_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("returns_bench", __name__, url_prefix="/returned")


@bp.get("/")
@rule("take_returns")
def listing() -> Response:
    with read() as session:
        shown = {"returns": queries.list_returns(session)}
    return respond("returns_bench/listing.html", shown if wants_json() else {"task": shown})


@bp.post("/scan")
@rule("take_returns")
def open_parcel() -> Response:
    """Whatever is scanned on a box opens its return."""
    answer = write(returns_door.open_parcel, scan_from_request())
    if not wants_json():
        with read() as session:
            answer.task["returns"] = queries.list_returns(session)
    return answer_scan(answer, "returns_bench/_listing.html")


@bp.get("/<int:return_id>")
@rule("take_returns")
def parcel(return_id: int) -> Response:
    return respond("returns_bench/parcel.html", {"task": _task(return_id)})


@bp.post("/<int:return_id>/scan")
@rule("take_returns")
def scan(return_id: int) -> Response:
    return answer_scan(write(returns_bench.scan, return_id, scan_from_request()), "returns_bench/_parcel.html")


@bp.post("/copy/<int:unit_id>/photo")
@rule("take_returns")
def photo(unit_id: int) -> Response:
    """A picture of a copy; with `return` its screen comes back, with the picture in it."""
    picture = picture_from_request()
    photo_id = write(returns_units.keep_photo, unit_id, picture.jpeg, picture.width, picture.height)
    return_id = whole_from_request("return")
    if wants_json() or return_id is None:
        return answer_json({"photo": photo_id, "width": picture.width, "height": picture.height}, 201)
    return respond("returns_bench/parcel.html", {"task": _task(return_id)})


def _task(return_id: int) -> dict[str, Any]:
    with read() as session:
        return draw(session, look(session, return_id), actor())
