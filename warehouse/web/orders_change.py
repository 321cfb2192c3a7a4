"""What the desk does to an order: decisions at the review desk, and changes while it is under way (ORD-2, ORD-7)."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from warehouse.domain.orders import ADDRESS_FIELDS
from warehouse.domain.review import FOR_MANY
from warehouse.errors import Invalid, Refusal
from warehouse.queries import orders as queries
from warehouse.queries import orders_review as reviews
from warehouse.services import (
    cancellation,
    orders_change,
    orders_desk,
    orders_merge,
    orders_review,
    orders_split,
)
from warehouse.web.access import rule
from warehouse.web.http import (
    answer_json,
    read,
    text_from_request,
    texts_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("orders_change", __name__, url_prefix="/orders")

REVIEW, OPEN_PERSONAL, CANCEL = "review", "open_personal", "cancel"


# --- At the review desk ----------------------------------------------------------------------------------------------


@bp.post("/holds/<int:hold_id>/decide")
@rule(REVIEW)
def decide(hold_id: int) -> Response:
    """One press: `do` says which, a typed reason goes with it."""
    return done(write(orders_desk.decide, hold_id, text_from_request("do", most=40), reason()))


@bp.post("/holds/<int:hold_id>/lift")
@rule(REVIEW)
def lift(hold_id: int) -> Response:
    return done(write(orders_review.lift, hold_id, reason()))


@bp.post("/review/many")
@rule(REVIEW)
def decide_many() -> Response:
    """The same answer to all open holds of one reason, each for itself: where one is refused, it stays."""
    why, do = text_from_request("why", most=40), text_from_request("do", most=40)
    if do not in FOR_MANY.get(why, ()):
        raise Invalid("orders.no_such_decision")
    with read() as session:
        holds = reviews.open_holds(session, why)
    answered = 0
    for hold_id in holds:
        try:
            write(orders_desk.decide, hold_id, do, reason())
        except Refusal:
            continue
        answered += 1
    left = len(holds) - answered
    if wants_json():
        return answer_json({"done": answered, "left": left})
    return make_response(redirect(url_for("orders.review", reason=why, done=answered, left=left), 303))


# --- At one order ----------------------------------------------------------------------------------------------------


@bp.post("/<int:order_id>/hold")
@rule(REVIEW)
def hold(order_id: int) -> Response:
    write(orders_change.hold, order_id, reason())
    return done(order_id)


@bp.post("/<int:order_id>/address")
@rule(OPEN_PERSONAL)
def mend_address(order_id: int) -> Response:
    """Fields that were left empty stay as they are."""
    given = {name: text_from_request(name) for name in ADDRESS_FIELDS}
    write(orders_change.mend_address, order_id, {name: text for name, text in given.items() if text}, reason())
    return done(order_id)


@bp.post("/lines/<int:line_id>/item")
@rule(REVIEW)
def choose_item(line_id: int) -> Response:
    """The item by its id (chosen from a list) or by a code that names just one."""
    item_id = whole_from_request("item_id") or item_named(text_from_request("code"))
    return done(write(orders_change.choose_item, line_id, item_id, reason()))


@bp.post("/lines/<int:line_id>/units")
@rule(REVIEW)
def change_units(line_id: int) -> Response:
    return done(write(orders_change.change_units, line_id, units(), reason()))


@bp.post("/<int:order_id>/lines")
@rule(REVIEW)
def add_line(order_id: int) -> Response:
    write(orders_change.add_line, order_id, item_named(text_from_request("code")), units(), reason())
    return done(order_id)


@bp.post("/<int:order_id>/recheck")
@rule(REVIEW)
def recheck(order_id: int) -> Response:
    write(orders_review.recheck_codes, order_id)
    return done(order_id)


@bp.post("/<int:order_id>/when-short")
@rule(REVIEW)
def choose_when_short(order_id: int) -> Response:
    write(orders_review.choose_when_short, order_id, text_from_request("when_short"), reason())
    return done(order_id)


@bp.post("/<int:order_id>/remark")
@rule(REVIEW)
def add_remark(order_id: int) -> Response:
    write(orders_change.add_remark, order_id, text_from_request("remark", most=orders_change.REMARK_LIMIT),
          is_important=text_from_request("important") == "1")
    return done(order_id)


@bp.post("/<int:order_id>/split")
@rule(REVIEW)
def split(order_id: int) -> Response:
    """`line` and `units` in pairs: what the other order gets. Leads to the one that was made."""
    lines, counts = texts_from_request("line"), texts_from_request("units")
    if len(lines) != len(counts) or not all(text.isdecimal() for text in (*lines, *filter(None, counts))):
        raise Invalid("common.number_wrong")
    wanted = {int(line): int(count or 0) for line, count in zip(lines, counts, strict=True)}
    return done(write(orders_split.split, order_id, wanted, reason()))


@bp.post("/<int:order_id>/merge")
@rule(REVIEW)
def merge(order_id: int) -> Response:
    """Another order, by its number, goes into this one."""
    number = text_from_request("number", most=60)
    with read() as session:
        found = queries.list_orders(session, text=number).rows
    exact = [row.id for row in found if number.upper() in (row.number, row.source_number.upper())]
    if len(exact) != 1:
        raise Invalid("orders.number_names_several" if exact else "orders.no_such_order")
    write(orders_merge.merge, order_id, exact[0], reason())
    return done(order_id)


@bp.post("/<int:order_id>/cancel")
@rule(CANCEL)
def cancel(order_id: int) -> Response:
    write(cancellation.cancel_order, order_id, reason())
    return done(order_id)


# --- What every form is made of --------------------------------------------------------------------------------------


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
    return text_from_request("reason", most=orders_review.REASON_LIMIT)


def done(order_id: int) -> Response:
    """Back to where the decision was made."""
    if wants_json():
        return answer_json({"order_id": order_id})
    if text_from_request("back") == "review":
        address = url_for("orders.review", reason=request.args.get("reason") or None)
    else:
        address = url_for("orders.page", order_id=order_id)
    return make_response(redirect(address, 303))
