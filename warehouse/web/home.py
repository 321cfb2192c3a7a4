"""Home: the next job, the doors with what waits behind them, "scan anything", and find."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, request, url_for

from warehouse import clock, i18n
from warehouse.domain import barcodes, codes
from warehouse.domain.people import Actor
from warehouse.domain.scans import ACCEPTED, ERROR, OK, REFUSED, Answer
from warehouse.errors import NotFound
from warehouse.queries import find as things
from warehouse.queries import home as queries
from warehouse.services import scans
from warehouse.services.codes import identify, item_code
from warehouse.web.access import refuse_while_counting, rule
from warehouse.web.http import (
    actor,
    answer_json,
    answer_scan,
    config,
    read,
    respond,
    scan_from_request,
    wants_json,
    write,
)

bp = Blueprint("home", __name__)

WORK = "work"
TASK = "home"
QUERY_LIMIT = 100

# The pages of those who lead, buy, answer customers or hand over: name, symbol, right, where.
DESKS = {
    "orders": (
        ("orders", "order", "see_orders", "orders.listing"), ("review", "hold", "review", "orders.review"),
        ("waves", "flag", "release", "waves.release"), ("delays", "clock", "see_board", "delays.listing"),
        ("dock", "ship", "ship", "shipping.dock"), ("tracking", "scan", "serve", "tracking.page"),
    ),
    "customers": (
        ("service", "people", "serve", "service.page"), ("messages", "note", "serve", "messages.listing"),
        ("returns", "returns", "ask_return", "returns.listing"), ("refunds", "swap", "refund", "refunds.listing"),
    ),
    "lead": (
        ("board", "board", "see_board", "board.page"), ("incidents", "problem", "see_board", "incidents.listing"),
        ("pauses", "pause", "see_board", "pauses.listing"), ("shifts", "clock", "plan_shifts", "delays.shifts"),
    ),
    "stock": (
        ("stock", "shelf", "see_stock", "stock.listing"), ("purchasing", "down", "purchase", "purchasing.listing"),
        ("replenish", "up", "plan_stock", "transfers.listing"),
        ("stocktakes", "count", "see_variances", "stocktakes.listing"),
        ("accuracy", "tick", "see_variances", "accuracy.page"),
    ),
    "house": (
        ("papers", "printer", "print", "papers.desk"), ("people", "badge", "people", "people.listing"),
    ),
}
# What stands in the bar at home, by who it is.
IN_BAR = {
    "packer": ("dock",), "service": ("service", "messages", "returns"), "operations": ("delays", "review", "waves"),
    "purchasing": ("purchasing", "incidents", "stock"), "finance": ("refunds", "orders", "board"),
    "manager": ("board", "delays", "incidents"),
}


@dataclass(frozen=True)
class Door:
    """One of the nine, or a page of the desk and its group. No address: not for this person; one of the nine keeps
    its place and is dim."""

    name: str
    symbol: str
    address: str
    count: int | None
    group: str = ""


@dataclass(frozen=True)
class Home:
    """The home screen; `desks` are the pages behind its bar, `in_bar` those of them that stand in it."""

    greeting: str
    now: datetime
    job: queries.Job | None
    job_address: str
    doors: tuple[Door, ...]
    desks: tuple[Door, ...]
    in_bar: tuple[Door, ...]
    day: queries.Day


@bp.get("/")
@rule(WORK)
def page() -> Response:
    home = look()
    return respond("home/page.html", home if wants_json() else {"task": {"home": home}})


@bp.post("/home/scan")
@rule(WORK)
def scan() -> Response:
    """Whatever was scanned opens its page, from every screen that has no task of its own."""
    scanned = scan_from_request()
    with read() as session:
        thing = identify(session, scanned.raw)
        answer = judge(session, actor(), thing)
    touched = scans.Touched(
        kind=thing.kind, item_id=thing.id if thing.kind == codes.ITEM and len(thing.ids) == 1 else None,
        location_id=thing.id if thing.kind == codes.LOCATION else None,
        order_id=thing.id if thing.kind == codes.ORDER else None,
    )
    answer = write(scans.keep_look, scanned, answer, TASK, touched)
    if wants_json() or scanned.step != TASK:
        response = answer_scan(answer, "people/_said.html")
        if answer.outcome == REFUSED and not wants_json():
            # No answer to a task of that page: shown above it.
            response.status_code = 422
        return response
    return show_answer(answer)


def show_answer(answer: Answer) -> Response:
    shown = Answer(**{**vars(answer), "task": {"home": look()}})
    return answer_scan(shown, "home/_page.html")


@bp.get("/desk")
@rule(WORK)
def desk() -> Response:
    """All desk pages that this person may open, and how much waits on some: low stock is an alert (STK-2)."""
    me = actor()
    with read() as session:
        waits = queries.count_desks(session, me.at)
    return respond("home/desk.html", {
        "groups": tuple(DESKS),
        "desks": tuple(replace(door, count=waits.get(door.name) or None) for door in desks(me))})


@bp.get("/find")
@rule(WORK)
def find() -> Response:
    """By title, author, any code of an item, a place's code, an order's number."""
    text = request.args.get("q", "").strip()[:QUERY_LIMIT]
    refuse_while_counting()
    with read() as session:
        results = things.Results()
        if text:
            code = item_code(barcodes.read(text))
            results = things.find_text(session, text, code, may_see_orders=actor().may("see_orders"))
    return show_found(results, text)


@bp.get("/find/item/<int:item_id>")
@rule(WORK)
def item(item_id: int) -> Response:
    refuse_while_counting()
    with read() as session:
        found = things.find_items(session, (item_id,))
    if not found:
        raise NotFound("errors.not_found")
    return show_found(things.Results(items=found))


@bp.get("/find/location/<int:location_id>")
@rule(WORK)
def location(location_id: int) -> Response:
    refuse_while_counting()
    with read() as session:
        spot = things.find_spot(session, location_id)
    if spot is None:
        raise NotFound("errors.not_found")
    return show_found(things.Results(spots=(spot,)))


def show_found(results: things.Results, text: str = "") -> Response:
    if wants_json():
        return answer_json({"q": text, "results": results})
    return respond("home/find.html", {"q": text, "results": results, "order_address": order_address,
                                      "may_see_stock": actor().may("see_stock")})


def order_address(order_id: int) -> str:
    return address("orders.page", order_id=order_id)


def look() -> Home:
    me, zone = actor(), ZoneInfo(config().time_zone)
    local = me.at.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    with read() as session:
        doors, job = queries.count_doors(session), queries.next_job(session, me)
        day = queries.count_day(session, me.person_id, midnight)
    pages = desks(me)
    target = {"pick": ("picking.run", "run_id"), "pack": ("packing.order", "order_id")}
    endpoint, name = target[job.kind] if job else ("", "")
    return Home(
        greeting=greeting(local.hour),
        now=clock.now(),
        job=job,
        doors=nine_doors(me, doors),
        desks=pages,
        in_bar=tuple(door for name in IN_BAR.get(me.role, ()) for door in pages if door.name == name),
        day=day,
        job_address=address(endpoint, **{name: job.id}) if job else "",
    )


def greeting(hour: int) -> str:
    noon, evening = 12, 18
    return "morning" if hour < noon else "afternoon" if hour < evening else "evening"


def nine_doors(me: Actor, counts: queries.Doors) -> tuple[Door, ...]:
    """Always nine and always in the same places, so that hands learn them: orders out, goods in, and order."""
    def door(name: str, right: str, endpoint: str, count: int | None) -> Door:
        may = me.may(right)
        return Door(name, name, address(endpoint) if may else "", count if may else None)

    return (
        door("pick", "pick", "picking.runs", counts.pick), door("pack", "pack", "packing.bench", counts.pack),
        door("ship", "ship", "shipping.parcels", counts.ship),
        door("receive", "receive", "receiving.listing", counts.receive),
        door("putaway", "transfer", "transfers.page", counts.putaway),
        door("replenish", "transfer", "transfers.replenish", counts.replenish),
        door("putback", "put_back", "putback.listing", counts.putback),
        door("returns", "take_returns", "returns_bench.listing", counts.returns),
        door("count", "count", "counting.listing", counts.count),
    )


def desks(me: Actor) -> tuple[Door, ...]:
    """The pages of the desk that this person may open, group by group."""
    return tuple(
        Door(name, symbol, where, None, group)
        for group, pages in DESKS.items() for name, symbol, right, endpoint in pages
        if me.may(right) and (where := address(endpoint))
    )


def address(endpoint: str, **values: Any) -> str:
    """Where a room is, or nothing where this house has none."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""


def judge(session: Any, me: Actor, thing: codes.Thing) -> Answer:
    """Which page a scanned thing opens."""
    opener = {
        codes.TOTE: open_tote, codes.CART: open_cart, codes.ORDER: open_order, codes.PARCEL: open_parcel,
        codes.MANIFEST: open_dock, codes.RETURN: open_return, codes.LOCATION: open_location, codes.ITEM: open_item,
    }.get(thing.kind)
    if opener is None:
        return no(
            me, "home.invalid_code" if thing.kind == codes.INVALID else "home.unknown_code", text=thing.text
        )
    return opener(session, me, thing)


def open_tote(session: Any, me: Actor, thing: codes.Thing) -> Answer:
    work = queries.work_of_tote(session, thing.id)
    if work.is_picking and me.may("pick"):
        return go(me, "home.opens_run", address("picking.run", run_id=work.run_id), tote=thing.name)
    if work.is_to_pack and me.may("pack"):
        return go(me, "home.opens_tote", address("packing.tote", tote_id=thing.id), tote=thing.name)
    if answer := open_put_back(session, me, thing):
        return answer
    return no(me, "home.tote_free" if work.order_id is None and work.run_id is None else "home.not_yours",
              tote=thing.name)


def open_cart(session: Any, me: Actor, thing: codes.Thing) -> Answer:
    work = queries.work_of_cart(session, thing.id)
    if work is None:
        return no(me, "home.cart_free", cart=thing.name)
    return go(me, "home.opens_run", address("picking.run", run_id=work.run_id) if me.may("pick") else "")


def open_order(session: Any, me: Actor, thing: codes.Thing) -> Answer:
    work = queries.work_of_order(session, thing.id)
    if work.is_to_pack and me.may("pack"):
        return go(me, "home.opens_order", address("packing.order", order_id=thing.id))
    return go(
        me, "home.opens_order", address("orders.page", order_id=thing.id) if me.may("see_orders") else ""
    )


def open_put_back(session: Any, me: Actor, thing: codes.Thing) -> Answer | None:
    """The tote or parcel of a cancelled order, for whoever may empty it."""
    source_id = queries.waits_to_go_back(session, thing.kind, thing.id) if me.may("put_back") else None
    if source_id is None:
        return None
    return go(me, "home.opens_put_back", address("putback.source", source_id=source_id), name=thing.name)


def open_parcel(session: Any, me: Actor, thing: codes.Thing) -> Answer:
    if answer := open_put_back(session, me, thing):
        return answer
    return go(
        me, "home.opens_parcel", address("shipping.parcel", parcel_id=thing.id) if me.may("ship") else ""
    )


def open_dock(_session: Any, me: Actor, _thing: codes.Thing) -> Answer:
    return go(me, "home.opens_dock", address("shipping.dock") if me.may("ship") else "")


def open_return(_session: Any, me: Actor, thing: codes.Thing) -> Answer:
    """The bench for whoever takes returns in, the desk's page for the others."""
    where = address("returns_bench.parcel", return_id=thing.id) if me.may("take_returns") else address(
        "returns.page", return_id=thing.id) if me.may("ask_return") else ""
    return go(me, "home.opens_return", where, name=thing.name)


def open_location(_session: Any, me: Actor, thing: codes.Thing) -> Answer:
    return go(me, "home.opens_location", url_for("home.location", location_id=thing.id), place=thing.name)


def open_item(_session: Any, me: Actor, thing: codes.Thing) -> Answer:
    if len(thing.ids) == 1:
        card = address("stock.item", item_id=thing.id) if me.may("see_stock") else ""
        return go(me, "home.opens_item", card or url_for("home.item", item_id=thing.id))
    return go(me, "home.opens_item", url_for("home.find", q=thing.text))


def go(me: Actor, code: str, where: str, **facts: Any) -> Answer:
    if not where:
        return no(me, "home.not_yours", **facts)
    return Answer(ACCEPTED, code, i18n.say(me.language, code, **facts), OK, {}, facts=facts, go=where)


def no(me: Actor, code: str, **facts: Any) -> Answer:
    return Answer(REFUSED, code, i18n.say(me.language, code, **facts), ERROR, {}, facts=facts)
