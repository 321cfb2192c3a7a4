"""The desk of returns: the list, a new request, one return with its decisions, the rules, and files (RET-1)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from warehouse import i18n, imports_returns
from warehouse.domain import return_policy
from warehouse.domain import returns as rules
from warehouse.domain.price_cells import read_price_cell
from warehouse.domain.return_policy import Policy
from warehouse.errors import Invalid, NotFound
from warehouse.queries import orders as items
from warehouse.queries import returns as queries
from warehouse.services import returns as service
from warehouse.services import returns_desk as desk
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    answer_json,
    database,
    read,
    respond,
    text_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("returns", __name__, url_prefix="/returns")

ASK, REFUND, TAKE, SET_POLICY, OPEN_PERSONAL = "ask_return", "refund", "take_returns", "set_policy", "open_personal"
QUERY_LIMIT, CODE_LIMIT, MOST_PROBLEMS_SHOWN = 100, 60, 500


# --- Looking ---------------------------------------------------------------------------------------------------------


@bp.get("/")
@rule(ASK)
def listing() -> Response:
    """`state`, `waits=1`, `q` narrow the list; `before` turns the page."""
    state, waits = request.args.get("state", ""), request.args.get("waits") == "1"
    text = request.args.get("q", "").strip()[:QUERY_LIMIT]
    with read() as session:
        found = queries.list_returns(session, actor().at, state=state, waiting=waits, text=text,
                                     before=request.args.get("before", type=int))
    if wants_json():
        return answer_json(found)
    return respond("returns/listing.html", {
        "found": found, "state": state, "waits": waits, "text": text, "states": rules.RETURN_FLOW.states(),
        "word": word})


@bp.get("/<int:return_id>")
@rule(ASK, REFUND, TAKE)
def page(return_id: int) -> Response:
    return show(return_id)


def show(return_id: int, words: str | None = None) -> Response:
    with read() as session:
        found = queries.return_page(session, return_id)
    if found is None:
        raise NotFound("returns.no_such_return")
    if wants_json():
        return answer_json({"page": found, "words": words})
    state, me = found.facts["state"], actor()
    is_open = found.waits and found.facts["decided_at"] is None
    return respond("returns/page.html", {
        "page": found, "facts": found.facts, "order": found.order, "words": words, "word": word, "why": why,
        "may_ask": me.may(ASK), "may_override": me.may("override"), "may_open": me.may(OPEN_PERSONAL),
        "may_approve": me.may(ASK) and (
            is_open or (state == rules.REFUSED and me.may("override"))),
        "may_refuse": me.may(ASK) and is_open,
        "may_withdraw": me.may(ASK) and rules.RETURN_FLOW.may(state, "withdraw"), "kinds": rules.WANTS,
        "reasons": rules.RETURN_REASONS, "is_expected": state in rules.EXPECTED})


# --- A new request ---------------------------------------------------------------------------------------------------


@bp.get("/new")
@rule(ASK)
def new_page() -> Response:
    """`order` is a number, ours or the shop's; without one it is asked for."""
    number = request.args.get("order", "").strip()[:QUERY_LIMIT]
    order, free = None, dict[int, int]()
    if number:
        with read() as session:
            order = queries.order_to_return(session, desk.find_order(session, number))
            free = service.open_units(session, order.id) if order else {}
    return respond("returns/new.html", {
        "order": order, "free": free, "number": number, "kinds": rules.WANTS, "reasons": rules.RETURN_REASONS,
        "word": word})


@bp.post("/new")
@rule(ASK)
def create() -> Response:
    """Copies as `units_<order line>`, another title for them as `wanted_<order line>`; or by `isbn` and `units`."""
    return_id = write(
        desk.ask, text_from_request("order", most=QUERY_LIMIT), text_from_request("kind"), text_from_request("reason"),
        wants(), code=text_from_request("isbn", most=CODE_LIMIT), units=whole_from_request("units") or 0,
        shop_number=text_from_request("shop_number", most=service.NUMBER_LIMIT),
        words=text_from_request("words", most=service.WORDS_LIMIT),
        tracking_number=text_from_request("tracking_number", most=service.NUMBER_LIMIT))
    return done(return_id)


def wants() -> list[service.Want]:
    """(order line, copies, title wanted instead) as the form says."""
    given = request.get_json(silent=True) if request.is_json else request.form
    found: list[service.Want] = []
    for name in given if isinstance(given, Mapping) else ():
        line = str(name).removeprefix("units_")
        if line != name and line.isdecimal() and (units := whole_from_request(name, most=rules.MOST_UNITS)):
            found.append((int(line), units, title_named(text_from_request(f"wanted_{line}", most=CODE_LIMIT))))
    return found


def title_named(code: str) -> int | None:
    """The one title that a code names; None where nothing is asked for."""
    if not code:
        return None
    with read() as session:
        found = items.items_named(session, code)
    if len(found) != 1:
        raise Invalid("returns.which_title", code=code)
    return found[0]


# --- Decisions -------------------------------------------------------------------------------------------------------


@bp.post("/<int:return_id>/approve")
@rule(ASK)
def approve(return_id: int) -> Response:
    """`fee` in whole units with two places, empty for the policy's; `kind` and `why` where nobody had asked."""
    write(desk.approve, return_id, reason(), fee_minor=fee(), kind=text_from_request("kind"),
          why=text_from_request("why"))
    return done(return_id)


@bp.post("/<int:return_id>/refuse")
@rule(ASK)
def refuse(return_id: int) -> Response:
    write(desk.refuse, return_id, reason())
    return done(return_id)


@bp.post("/<int:return_id>/withdraw")
@rule(ASK)
def withdraw(return_id: int) -> Response:
    write(desk.withdraw, return_id, reason())
    return done(return_id)


@bp.post("/<int:return_id>/tracking")
@rule(ASK)
def set_tracking(return_id: int) -> Response:
    write(desk.set_tracking, return_id, text_from_request("tracking_number", most=service.NUMBER_LIMIT))
    return done(return_id)


@bp.post("/units/<int:unit_id>/judge")
@rule(ASK)
def judge_unit(unit_id: int) -> Response:
    return done(write(desk.judge_unit, unit_id, text_from_request("acceptance"), reason()))


@bp.post("/<int:return_id>/words")
@rule(OPEN_PERSONAL)
def open_words(return_id: int) -> Response:
    """What the customer wrote, shown once; that it was opened is kept."""
    return show(return_id, write(desk.open_words, return_id))


# --- The rules -------------------------------------------------------------------------------------------------------


@bp.get("/policy")
@rule(ASK, SET_POLICY)
def policy() -> Response:
    with read() as session:
        found = queries.policies(session)
    if wants_json():
        return answer_json(found)
    return respond("returns/policy.html", {
        "policies": found, "decisions": return_policy.DECISIONS, "grades": rules.GRADES,
        "payers": return_policy.PAYERS, "may_change": actor().may(SET_POLICY), "word": word,
        "most_days": return_policy.MOST_DAYS})


@bp.post("/policy/<of_reason>")
@rule(SET_POLICY)
def change_policy(of_reason: str) -> Response:
    """A new version of one reason's rule."""
    days, percent = whole_from_request("days"), whole_from_request("fee_percent")
    if days is None or percent is None:
        raise Invalid("common.number_wrong")
    version = write(desk.change_policy, Policy(
        of_reason, days, text_from_request("decision"), text_from_request("worst_grade"), percent,
        text_from_request("pays_postage"), text_from_request("needs_photo") == "1"))
    if wants_json():
        return answer_json({"version": version})
    return make_response(redirect(url_for("returns.policy", _anchor=of_reason), 303))


# --- Files -----------------------------------------------------------------------------------------------------------


@bp.get("/import")
@rule(ASK)
def upload_page() -> Response:
    return show_upload(None)


@bp.post("/import")
@rule(ASK)
def upload() -> Response:
    """A shop's file of returns; the answer is the report."""
    files = [(file.filename or "?", file.read()) for file in request.files.getlist("files") if file.filename]
    if not files:
        raise Invalid("orders.choose_files")
    report = imports_returns.import_returns(database().write, actor(), files)
    return answer_json(report.as_json()) if wants_json() else show_upload(report.as_json())


def show_upload(report: dict[str, Any] | None) -> Response:
    with read() as session:
        past = queries.past_imports(session)
    return respond("returns/upload.html", {"report": report, "past": past, "most_problems": MOST_PROBLEMS_SHOWN})


# --- Words -----------------------------------------------------------------------------------------------------------


def word(kind: str, name: str) -> str:
    """The word for a state, reason, grade …; the desk's own, else the bench's."""
    codes = (f"returns.{kind}_{name}", f"returns_bench.{kind}_{name}")
    code = next((code for code in codes if i18n.has_sentence(code)), "")
    return i18n.say(language(), code) if code else name.replace("_", " ")


def why(found: queries.ReturnPage) -> str:
    """Why it was decided so: the policy's sentence, or what a person said."""
    code = f"returns.why_{found.facts['decision_reason']}"
    if i18n.has_sentence(code):
        return i18n.say(language(), code, days=found.policy["days"] if found.policy else 0)
    return str(found.facts["decision_reason"])


def reason() -> str:
    return text_from_request("reason", most=desk.REASON_LIMIT)


def fee() -> int | None:
    """Minor units of 12.50; None where it is empty."""
    text = text_from_request("fee", most=20)
    price = read_price_cell(text, currency="CNY")
    if text and price.amount_minor is None:
        raise Invalid("returns.fee_wrong")
    return price.amount_minor


def done(return_id: int) -> Response:
    if wants_json():
        return answer_json({"return_id": return_id})
    return make_response(redirect(url_for("returns.page", return_id=return_id), 303))
