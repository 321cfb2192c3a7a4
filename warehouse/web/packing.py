"""The packer's screens: the bench, a tote of single-line orders, and the order that is being packed (PAK-1, PAK-2)."""

from typing import Any

from flask import Blueprint, Response, request

from warehouse.domain.scans import Answer
from warehouse.queries import packing as queries
from warehouse.services import packing, packing_bench, packing_look
from warehouse.services.packing_close import Tolerance
from warehouse.services.packing_draw import draw
from warehouse.web.access import rule
from warehouse.web.http import actor, answer_scan, config, read, respond, scan_from_request, wants_json, write

bp = Blueprint("packing", __name__, url_prefix="/pack")


@bp.get("/")
@rule("pack")
def bench() -> Response:
    with read() as session:
        found = queries.bench(session)
    return respond("packing/bench.html", found if wants_json() else {"task": _bench_task(found)})


@bp.post("/scan")
@rule("pack")
def open_order() -> Response:
    """A tote, slip or parcel opens its order."""
    answer = write(packing_bench.scan, scan_from_request())
    if not wants_json():
        with read() as session:
            answer.task.update(_bench_task(queries.bench(session)))
    return answer_scan(answer, "packing/_bench.html")


@bp.get("/tote/<int:tote_id>")
@rule("pack")
def tote(tote_id: int) -> Response:
    with read() as session:
        task = packing_bench.look_tote(session, tote_id)
    return respond("packing/tote.html", {"task": task})


@bp.post("/tote/<int:tote_id>/scan")
@rule("pack")
def scan_in_tote(tote_id: int) -> Response:
    answer = write(packing_bench.scan_in_tote, tote_id, scan_from_request(), tolerance=_tolerance())
    # A book opens its order; without a way there the tote's own page shows the answer.
    return answer_scan(answer, "packing/_order.html" if "order_number" in answer.task else "packing/_tote.html")


@bp.get("/<int:order_id>")
@rule("pack")
def order(order_id: int) -> Response:
    """The order as it stands; `?scan=` shows the answer to the scan that led here from a tote of singles."""
    answer: Answer | None = None
    scan_id = request.args.get("scan", "")
    with read() as session:
        task = draw(packing_look.look(session, order_id), actor())
        if scan_id:
            answer = packing_look.answer_to(session, order_id, scan_id)
    if wants_json() or answer is None:
        return respond("packing/order.html", {"task": task})
    return respond("packing/order.html", {"task": task, "answer": answer, "answer_id": scan_id})


@bp.post("/<int:order_id>/scan")
@rule("pack")
def scan(order_id: int) -> Response:
    answer = write(packing.scan, order_id, scan_from_request(), tolerance=_tolerance())
    return answer_scan(answer, "packing/_order.html")


def _tolerance() -> Tolerance:
    return Tolerance(config().weight_tolerance_percent, config().weight_tolerance_g)


def _bench_task(found: queries.Bench) -> dict[str, Any]:
    return {"area": "pack", "step": "bench", "waiting": found.waiting, "count": found.count}
