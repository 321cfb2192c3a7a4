"""Release: which confirmed orders go to the shelves next, and how they are walked (PIC-1, ORD-5)."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from warehouse.domain.waves import BY_ORDER, TOGETHER
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.queries import waves as queries
from warehouse.queries.pauses import KeptBack, orders_kept_back
from warehouse.services import waves
from warehouse.web.access import rule
from warehouse.web.http import (
    actor,
    answer_json,
    config,
    read,
    respond,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("waves", __name__, url_prefix="/waves")

GROUPINGS = (TOGETHER, BY_ORDER)
MOST_SLOTS = 12
MOST_WAVES = 40
SLIPS_A_FILE = 200


@dataclass(frozen=True)
class Chosen:
    """What a person asked to be released; `paused` are orders among it that an emergency stop keeps back."""

    orders: list[queries.Ready]
    grouping: str
    slots: int
    paused: list[KeptBack]


@bp.get("/", endpoint="release")
@rule("release")
def page() -> Response:
    """`released=3,4` names waves that were just made; they stand on top with what they did."""
    ids = [int(part) for part in request.args.get("released", "").split(",") if part.isdecimal()][:MOST_WAVES]
    with read() as session:
        groups = queries.list_groups(session, actor().at)
        released = queries.list_waves(session, ids) if ids else []
        latest = queries.list_waves(session)
        kept = orders_kept_back(session)
    return respond("waves/page.html", {
        "groups": groups, "waves": latest, "released": released, "slots": config().cart_slots, "groupings": GROUPINGS,
        "most_slots": MOST_SLOTS, "kept_back": kept,
    })


@bp.get("/<int:wave_id>")
@rule("release", "see_board")
def wave(wave_id: int) -> Response:
    with read() as session:
        found = queries.list_waves(session, [wave_id])
        ids = queries.parcel_ids(session, wave_id)
    if not found:
        raise NotFound("waves.no_such_wave", wave=wave_id)
    slips = [",".join(map(str, ids[first : first + SLIPS_A_FILE])) for first in range(0, len(ids), SLIPS_A_FILE)]
    return respond("waves/wave.html", {"wave": found[0], "slips": slips if actor().may("print") else []})


@bp.post("/release", endpoint="release_orders")
@rule("release")
def release() -> Response:
    """`order_ids`, or `all`, or `group` (one or more); `grouping` together or by_order; `slots` of the cart. One wave
    for each truck; what is late goes together. Orders that are confirmed no more are left as they are."""
    chosen = chosen_orders()
    summary = release_in_waves(chosen)
    if wants_json():
        with read() as session:
            made = queries.list_waves(session, [one["wave_id"] for one in summary["waves"]])
        summary["paused_orders"] = chosen.paused
        summary["waiting_orders"] = [asdict(order) for one in made for order in one.waiting]
        return answer_json(summary)
    ids = ",".join(str(one["wave_id"]) for one in summary["waves"])
    return redirect(url_for("waves.release", released=ids), 303)  # type: ignore[return-value]


def chosen_orders() -> Chosen:
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    body = body if request.is_json and isinstance(body, dict) else request.form
    grouping = str(body.get("grouping") or TOGETHER)
    slots = whole_from_request("slots", most=MOST_SLOTS) or config().cart_slots
    if grouping not in GROUPINGS:
        raise Invalid("waves.unknown_grouping", grouping=grouping)
    with read() as session:
        ready = queries.list_ready(session)
        kept = {order.id: order for order in orders_kept_back(session)}
    if not body.get("all"):
        ids, keys = wanted_ids(body), wanted_keys(body)
        ready = [order for order in ready if order.id in ids or order.key in keys]
    if not ready:
        raise Invalid("waves.nothing_chosen")
    paused = [kept[order.id] for order in ready if order.id in kept]
    ready = [order for order in ready if order.id not in kept]
    if not ready:
        raise Conflict("pauses.all_kept", reason=paused[0].reason)
    return Chosen(ready, grouping, slots, paused)


def wanted_ids(body: Any) -> set[int]:
    given = body.get("order_ids") or ()
    if isinstance(given, str):
        given = given.replace(",", " ").split()
    if not isinstance(given, list) or not all(str(each).isdecimal() for each in given):
        if given:
            raise Invalid("common.number_wrong")
        return set()
    return {int(each) for each in given}


def wanted_keys(body: Any) -> set[str]:
    if body is request.form:
        return set(request.form.getlist("group"))
    given = body.get("group") or []
    return {str(each) for each in given} if isinstance(given, list) else {str(given)}


def release_in_waves(chosen: Chosen) -> dict[str, Any]:
    """One wave for each truck, in transactions short enough that pickers scan on meanwhile."""
    trucks: dict[datetime, list[queries.Ready]] = defaultdict(list)
    now = actor().at
    late = min(order.due_at for order in chosen.orders)
    for order in chosen.orders:
        trucks[order.due_at if order.due_at >= now else late].append(order)
    made = []
    for due_at, orders in sorted(trucks.items()):
        wave_id = write(waves.open_wave, due_at)
        parts = [
            write(waves.release, wave_id, part, slots=chosen.slots, grouping=chosen.grouping)
            for part in waves.cut([order.id for order in orders])
        ]
        made.append({
            "wave_id": wave_id, "due_at": due_at, "orders": sum(part.orders for part in parts),
            "waiting": sum(part.waiting for part in parts), "runs": sum(part.runs for part in parts),
            "units": sum(part.units for part in parts),
        })
    totals = {name: sum(one[name] for one in made) for name in ("orders", "waiting", "runs", "units")}
    return {**totals, "waves": made}
