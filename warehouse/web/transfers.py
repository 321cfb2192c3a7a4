"""Put away, move and replenish by scan: one screen for each person, and the list for those who plan (REC-2, STK-1)."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from warehouse.domain import replenishment as rules
from warehouse.queries import transfers as queries
from warehouse.services import replenishment, transfers
from warehouse.services.transfers_look import draw, look
from warehouse.web.access import refuse_while_counting, rule
from warehouse.web.http import actor, answer_json, answer_scan, read, respond, scan_from_request, wants_json, write

bp = Blueprint("transfers", __name__, url_prefix="/transfers")
# The screen tells what lies at the shelf that copies are taken from.
bp.before_request(refuse_while_counting)

TOLD, MOST_TOLD = ("made", "changed", "cancelled"), 6


@bp.get("/")
@rule("transfer")
def page() -> Response:
    """What this person has in hand, or what waits to be taken."""
    return show_work()


@bp.get("/replenish")
@rule("transfer")
def replenish() -> Response:
    """The same, with the replenishments first."""
    return show_work(tasks_first=True)


def show_work(*, tasks_first: bool = False) -> Response:
    with read() as session:
        task = draw(look(session, actor().person_id), actor())
    return respond("transfers/work.html", {"task": {**task, "tasks_first": tasks_first}})


@bp.post("/scan")
@rule("transfer")
def scan() -> Response:
    return answer_scan(write(transfers.scan, scan_from_request()), "transfers/_work.html")


@bp.get("/replenishments")
@rule("transfer", "plan_stock")
def listing() -> Response:
    """`planned=made,changed,cancelled` is what a planning just did."""
    with read() as session:
        tasks = queries.list_unfinished(session)
    if wants_json():
        return answer_json({"replenishments": tasks})
    me = actor()
    return respond("transfers/listing.html", {
        "tasks": tasks, "open": sum(task.state == rules.OPEN for task in tasks), "planned": planned_words(),
        "may_plan": me.may("plan_stock"), "may_transfer": me.may("transfer"), "urgent": rules.FOR_ORDERS,
        "taken": rules.TAKEN,
    })


@bp.post("/plan")
@rule("plan_stock")
def plan() -> Response:
    """Work out what is to be brought, now."""
    planned = write(replenishment.plan_replenishment)
    if wants_json():
        return answer_json(planned)
    told = f"{planned.made},{planned.changed},{planned.cancelled}"
    return redirect(url_for("transfers.listing", planned=told), 303)  # type: ignore[return-value]


def planned_words() -> dict[str, Any]:
    parts = request.args.get("planned", "").split(",")
    if len(parts) != len(TOLD) or not all(part.isdecimal() and len(part) <= MOST_TOLD for part in parts):
        return {}
    return dict(zip(TOLD, map(int, parts), strict=True))
