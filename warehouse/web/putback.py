"""Put-back: the totes and parcels that wait, and one of them by scan (ORD-7)."""

from flask import Blueprint, Response

from warehouse.queries import putback as queries
from warehouse.services import putback
from warehouse.services.putback_look import draw, look
from warehouse.web.access import rule
from warehouse.web.http import actor, answer_scan, read, respond, scan_from_request, wants_json, write

bp = Blueprint("putback", __name__, url_prefix="/putback")


@bp.get("/")
@rule("put_back")
def listing() -> Response:
    with read() as session:
        sources = queries.list_sources(session)
    return respond("putback/listing.html", {"sources": sources} if wants_json() else {"task": {"sources": sources}})


@bp.post("/scan")
@rule("put_back")
def open_source() -> Response:
    """A tote or parcel of the list opens its page."""
    answer = write(putback.open_source, scan_from_request())
    if not wants_json():
        with read() as session:
            answer.task["sources"] = queries.list_sources(session)
    return answer_scan(answer, "putback/_listing.html")


@bp.get("/<int:source_id>")
@rule("put_back")
def source(source_id: int) -> Response:
    with read() as session:
        task = draw(look(session, source_id), actor())
    return respond("putback/source.html", {"task": task})


@bp.post("/<int:source_id>/scan")
@rule("put_back")
def scan(source_id: int) -> Response:
    return answer_scan(write(putback.scan, source_id, scan_from_request()), "putback/_source.html")
