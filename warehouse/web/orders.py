"""The desk's orders: the list, one order, the review of held ones, and files coming in (ORD-1, ORD-2)."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from warehouse import clock, i18n, imports
from warehouse.domain import orders as rules
from warehouse.domain.carriers import CARRIERS
from warehouse.domain.money import write_amount
from warehouse.domain.review import CLASSES, DECISIONS, FOR_MANY, OTHER_DECISIONS
from warehouse.errors import Invalid, NotFound
from warehouse.queries import orders as queries
from warehouse.queries import orders_review as reviews
from warehouse.queries.orders_evidence import mended_parts
from warehouse.queries.orders_lines import HoldView
from warehouse.services import orders_review as service
from warehouse.services.orders_change import REMARK_LIMIT
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    address,
    answer_json,
    config,
    database,
    read,
    respond,
    wants_json,
    write,
)

bp = Blueprint("orders", __name__, url_prefix="/orders")

SEE, REVIEW, IMPORT, OPEN_PERSONAL, CANCEL = "see_orders", "review", "import", "open_personal", "cancel"
MOST_PROBLEMS_SHOWN = 500
QUERY_LIMIT = 100
# Where the words are for what other rooms do with an order.
ELSEWHERE = {"did": ("service.did_order", "service.did_return", "returns.did", "refunds.did"),
             "reason": ("returns.why_short",)}


# --- Looking
# ---------------------------------------------------------------------------------------------------------


@bp.get("/")
@rule(SEE)
def listing() -> Response:
    """`state`, `channel`, `late=1`, `q` narrow the list; `before` turns the page."""
    state, channel = request.args.get("state", ""), request.args.get("channel", "")
    text, late = request.args.get("q", "")[:QUERY_LIMIT], request.args.get("late") == "1"
    with read() as session:
        found = queries.list_orders(
            session, state=state, channel=channel, text=text, late_at=clock.now() if late else None,
            before=request.args.get("before", type=int),
        )
    if wants_json():
        return answer_json(found)
    return respond(
        "orders/listing.html",
        {
            "found": found,
            "state": state,
            "channel": channel,
            "text": text,
            "late": late,
            "states": rules.ORDER_FLOW.states(),
            "may_import": actor().may(IMPORT),
            "may_review": actor().may(REVIEW),
        },
    )


@bp.get("/<int:order_id>")
@rule(SEE)
def page(order_id: int) -> Response:
    return show_order(order_id)


def show_order(order_id: int, who: tuple[rules.Recipient, rules.Recipient | None] | None = None) -> Response:
    """`who` is the recipient in clear, and as the file said it where somebody mended it."""
    with read() as session:
        found = queries.order_page(session, order_id)
        mended = mended_parts(session, [order_id]).get(order_id, [])
    if found is None:
        raise NotFound("orders.no_such_order")
    opened, original = (asdict(each) if each else None for each in who or (None, None))
    if wants_json():
        return answer_json({
            **asdict(found), "recipient": opened, "original": original, "mended": [asdict(part) for part in mended]})
    in_house = found.order["state"] in rules.BEFORE_DISPATCH
    return respond("orders/page.html", {
        "page": found, "order": found.order, "recipient": opened,
        "original": original, "mended_parts": mended, "may_review": actor().may(REVIEW),
        "may_open": actor().may(OPEN_PERSONAL), "may_change": in_house, "may_cancel": actor().may(CANCEL) and in_house,
        "carriers": {plan.code: plan for plan in CARRIERS}, "fields": rules.ADDRESS_FIELDS,
        "choices": service.WHEN_SHORT, "decisions": decisions_for, "remark_limit": REMARK_LIMIT,
        "thing_words": thing_words, "thing_state": thing_state, "place_of": place_of,
        "timeline": address("service.order", order_id=order_id),
    })


def decisions_for(reason: str) -> tuple[str, ...]:
    """What may be pressed for a hold, by whoever asks."""
    offers = DECISIONS.get(reason, OTHER_DECISIONS)
    return tuple(do for do in offers if do != "cancel" or actor().may(CANCEL))


@bp.get("/review")
@rule(REVIEW)
def review() -> Response:
    """Held orders with what is needed to decide, the one due first on top."""
    reason = request.args.get("reason", "")
    with read() as session:
        desk = reviews.review_desk(session, reason=reason)
    if wants_json():
        return answer_json(desk)
    return respond(
        "orders/review.html",
        {
            "desk": desk,
            "reason": reason,
            "decisions": decisions_for,
            "for_many": FOR_MANY.get(reason, ()),
            "done": request.args.get("done", type=int),
            "left": request.args.get("left", type=int),
        },
    )


@bp.post("/<int:order_id>/recipient")
@rule(OPEN_PERSONAL)
def open_recipient(order_id: int) -> Response:
    """Name, phone and address for this one answer; a POST, because it is an act that is recorded."""
    return show_order(order_id, write(service.open_recipients, order_id))


# --- Coming in
# -------------------------------------------------------------------------------------------------------


@bp.get("/import")
@rule(IMPORT)
def upload_page() -> Response:
    return show_upload(None)


@bp.post("/import")
@rule(IMPORT)
def upload() -> Response:
    """One or several order files, recognised by content; the answer is the report."""
    files = [(file.filename or "?", file.read()) for file in request.files.getlist("files") if file.filename]
    if not files:
        raise Invalid("orders.choose_files")
    report = imports.import_orders(database().write, actor(), files, time_zone=config().time_zone)
    return answer_json(report.as_json()) if wants_json() else show_upload(report.as_json())


def show_upload(report: dict[str, Any] | None) -> Response:
    with read() as session:
        past = reviews.past_imports(session)
    return respond("orders/upload.html", {
        "report": report, "past": past, "classes": CLASSES, "most_problems": MOST_PROBLEMS_SHOWN,
    })


# --- Words
# -----------------------------------------------------------------------------------------------------------


@bp.app_template_global()
def order_word(kind: str, name: str) -> str:
    """The word for a state, class, act or reason; of what another room did with the order, its word. The bare name
    where there is none, so that no page ever breaks."""
    codes = (f"orders.{kind}_{name}", *(f"{room}_{name}" for room in ELSEWHERE.get(kind, ())))
    code = next((code for code in codes if i18n.has_sentence(code)), "")
    return i18n.say(language(), code) if code else name.replace("_", " ")


def thing_words(thing: queries.Thing) -> str:
    """A return and a refund by their number, an incident by its kind, a message by its topic."""
    if thing.kind == "incident":
        return f"#{thing.id} {i18n.say(language(), f'incidents.kind_{thing.what}')}"
    return i18n.say(language(), f"messages.why_{thing.what}") if thing.kind == "message" else thing.what


def thing_state(thing: queries.Thing) -> str:
    return i18n.say(language(), f"{thing.kind}s.state_{thing.state}")


def place_of(thing: queries.Thing) -> str:
    """Its page, for whoever may go there."""
    if thing.kind == "refund":
        return address("refunds.listing", q=thing.what)
    return address(f"{thing.kind}s.page", **{f"{thing.kind}_id": thing.id})


@bp.app_template_global()
def hold_words(held: HoldView) -> str:
    """Why an order waits, as a sentence with its facts."""
    code = f"orders.flaw_{held.reason}"
    if i18n.has_sentence(code):
        return i18n.say(language(), code, **held.facts)
    return i18n.say(language(), "orders.flaw_other", reason=order_word("reason", held.reason))


@bp.app_template_global()
def money(minor: int, currency: str) -> str:
    """12.50 GBP; nothing where the shop names no price."""
    return f"{write_amount(minor, currency)} {currency}" if currency else ""
