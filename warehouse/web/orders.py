"""The desk's orders: the list, one order, the review of held ones, and files coming in (ORD-1, ORD-2)."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from warehouse import clock, i18n, imports
from warehouse.domain import orders as rules
from warehouse.domain.carriers import CARRIERS
from warehouse.domain.review import CLASSES
from warehouse.errors import Invalid, NotFound
from warehouse.queries import orders as queries
from warehouse.queries import orders_review as reviews
from warehouse.services import cancellation
from warehouse.services import orders_change as changes
from warehouse.services import orders_review as service
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    answer_json,
    config,
    database,
    read,
    respond,
    text_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("orders", __name__, url_prefix="/orders")

SEE, REVIEW, IMPORT, OPEN_PERSONAL, CANCEL = "see_orders", "review", "import", "open_personal", "cancel"
MOST_PROBLEMS_SHOWN = 500
QUERY_LIMIT = 100


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


def show_order(order_id: int, recipient: rules.Recipient | None = None) -> Response:
    with read() as session:
        found = queries.order_page(session, order_id)
    if found is None:
        raise NotFound("orders.no_such_order")
    opened = asdict(recipient) if recipient else None
    if wants_json():
        return answer_json({**asdict(found), "recipient": opened})
    may_change = found.order["state"] in rules.STILL_OPEN and found.order["released_at"] is None
    return respond("orders/page.html", {
        "page": found, "order": found.order, "recipient": opened, "may_review": actor().may(REVIEW),
        "may_open": actor().may(OPEN_PERSONAL), "may_change": may_change,
        "may_cancel": actor().may(CANCEL) and found.order["state"] in rules.BEFORE_DISPATCH,
        "carriers": {plan.code: plan for plan in CARRIERS}, "fields": ADDRESS_FIELDS,
        "choices": service.WHEN_SHORT,
    })


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
            "must_mend": service.MUST_MEND,
            "address_holds": changes.ADDRESS_HOLDS,
            "may_cancel": actor().may(CANCEL),
        },
    )


# --- Deciding
# --------------------------------------------------------------------------------------------------------


@bp.post("/holds/<int:hold_id>/lift")
@rule(REVIEW)
def lift(hold_id: int) -> Response:
    return done(write(service.lift, hold_id, reason()))


@bp.post("/<int:order_id>/hold")
@rule(REVIEW)
def hold(order_id: int) -> Response:
    write(changes.hold, order_id, reason())
    return done(order_id)


@bp.post("/<int:order_id>/recipient")
@rule(OPEN_PERSONAL)
def open_recipient(order_id: int) -> Response:
    """Name, phone and address for this one answer; a POST, because it is an act that is recorded."""
    return show_order(order_id, write(service.open_recipient, order_id))


ADDRESS_FIELDS = ("name", "phone", "company", "street", "district", "city", "province", "postcode", "country")


@bp.post("/<int:order_id>/address")
@rule(OPEN_PERSONAL)
def mend_address(order_id: int) -> Response:
    """Fields that were left empty stay as they are."""
    given = {name: text_from_request(name) for name in ADDRESS_FIELDS}
    write(changes.mend_address, order_id, {name: text for name, text in given.items() if text}, reason())
    return done(order_id)


@bp.post("/lines/<int:line_id>/item")
@rule(REVIEW)
def choose_item(line_id: int) -> Response:
    """The item by its id (chosen from a list) or by a code that names just one."""
    item_id = whole_from_request("item_id") or item_named(text_from_request("code"))
    return done(write(changes.choose_item, line_id, item_id, reason()))


@bp.post("/lines/<int:line_id>/units")
@rule(REVIEW)
def change_units(line_id: int) -> Response:
    return done(write(changes.change_units, line_id, units(), reason()))


@bp.post("/<int:order_id>/lines")
@rule(REVIEW)
def add_line(order_id: int) -> Response:
    write(changes.add_line, order_id, item_named(text_from_request("code")), units(), reason())
    return done(order_id)


@bp.post("/<int:order_id>/recheck")
@rule(REVIEW)
def recheck(order_id: int) -> Response:
    write(service.recheck_codes, order_id)
    return done(order_id)


@bp.post("/<int:order_id>/when-short")
@rule(REVIEW)
def choose_when_short(order_id: int) -> Response:
    write(service.choose_when_short, order_id, text_from_request("when_short"), reason())
    return done(order_id)


@bp.post("/<int:order_id>/cancel")
@rule(CANCEL)
def cancel(order_id: int) -> Response:
    write(cancellation.cancel_order, order_id, reason())
    return done(order_id)


def item_named(code: str) -> int:
    """The one item that a typed code names. Refused where it names none or several."""
    with read() as session:
        found = queries.items_named(session, code)
    if len(found) != 1:
        raise Invalid("orders.code_names_several" if found else "orders.no_such_item")
    return found[0]


def units() -> int:
    given = whole_from_request("units")
    if given is None:
        raise Invalid("common.number_wrong")
    return given


def reason() -> str:
    return text_from_request("reason", most=service.REASON_LIMIT)


def done(order_id: int) -> Response:
    """Back to where the decision was made."""
    if wants_json():
        return answer_json({"order_id": order_id})
    back = text_from_request("back")
    address = url_for("orders.review") if back == "review" else url_for("orders.page", order_id=order_id)
    return make_response(redirect(address, 303))


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
    """The word for a state, class, act or reason; its own name where there is none, so that no page ever
    breaks."""
    code = f"orders.{kind}_{name}"
    return i18n.say(language(), code) if i18n.has_sentence(code) else name.replace("_", " ")


@bp.app_template_global()
def hold_words(held: queries.HoldView) -> str:
    """Why an order waits, as a sentence with its facts."""
    code = f"orders.flaw_{held.reason}"
    if i18n.has_sentence(code):
        return i18n.say(language(), code, **held.facts)
    return i18n.say(language(), "orders.flaw_other", reason=order_word("reason", held.reason))


@bp.app_template_global()
def money(minor: int, currency: str) -> str:
    """12.50 GBP; nothing where the shop names no price."""
    return f"{minor // 100}.{minor % 100:02d} {currency}" if currency else ""
