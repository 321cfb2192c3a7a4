"""The picker's screens: runs to choose from, and the run under way (PIC-1 to PIC-4)."""

from flask import Blueprint, Response, redirect, url_for

from warehouse.queries import picking as runs_query
from warehouse.services import picking, picking_commands, picking_orders
from warehouse.services.picking_look import draw, look
from warehouse.web.access import rule
from warehouse.web.http import actor, answer_scan, read, respond, scan_from_request, write

bp = Blueprint("picking", __name__, url_prefix="/pick")


@bp.get("/")
@rule("pick")
def runs() -> Response:
    with read() as session:
        found = runs_query.list_runs(session, actor().person_id)
    return respond("picking/runs.html", {"runs": found, "mine": actor().person_id})


@bp.get("/<int:run_id>")
@rule("pick")
def run(run_id: int) -> Response:
    with read() as session:
        task = draw(look(session, run_id), actor())
    return respond("picking/run.html", {"task": task})


@bp.post("/<int:run_id>/scan")
@rule("pick")
def scan(run_id: int) -> Response:
    scanned = scan_from_request()
    use_case = picking_commands.command if scanned.raw.startswith("#") else picking.scan
    return answer_scan(write(use_case, run_id, scanned), "picking/_run.html")


@bp.post("/<int:run_id>/start")
@rule("pick")
def start(run_id: int) -> Response:
    write(picking_orders.start, run_id)
    return redirect(url_for("picking.run", run_id=run_id), 303)  # type: ignore[return-value]


@bp.post("/<int:run_id>/take-over")
@rule("pick")
def take_over(run_id: int) -> Response:
    write(picking_orders.take_over, run_id)
    return redirect(url_for("picking.run", run_id=run_id), 303)  # type: ignore[return-value]
