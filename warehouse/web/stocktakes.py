"""The stocktake desk: sessions, differences with the counts behind them, decisions, and the report (STK-3)."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from warehouse import documents, documents_counts, i18n
from warehouse.domain import barcodes, counting
from warehouse.domain.stocktakes import UNDECIDED, USUAL, Tolerances
from warehouse.errors import Invalid, NotFound
from warehouse.queries import stocktakes as queries
from warehouse.services import counting_sessions, stocktakes
from warehouse.web.access import language, refuse_while_counting, rule
from warehouse.web.http import (
    actor,
    answer_json,
    config,
    read,
    respond,
    text_from_request,
    texts_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("stocktakes", __name__, url_prefix="/stocktakes")
bp.before_request(refuse_while_counting)

# What a person may ask for; the others are opened by the house itself.
SCOPES = (counting.ALL, counting.ZONE, counting.LIST, counting.ABC, counting.PUBLISHER)
CLASSES = ("A", "B", "C")
MOST_TEXT = 20_000
MOST_DIGITS = 18
HUNDRED = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/")
@rule("see_variances")
def listing() -> Response:
    with read() as session:
        sessions = queries.list_sessions(session)
    if wants_json():
        return answer_json({"sessions": sessions})
    return respond("stocktakes/listing.html", {
        "sessions": sessions, "money": money, "may_open": actor().may("plan_counts"), "share": share})


@bp.get("/new")
@rule("plan_counts")
def new() -> Response:
    kind = request.args.get("kind", "")
    with read() as session:
        zones = queries.list_zones(session)
    return respond("stocktakes/new.html", {
        "kinds": SCOPES, "kind": kind if kind in SCOPES else counting.ZONE, "zones": zones, "classes": CLASSES,
        "usual": USUAL})


@bp.post("/", endpoint="open_session")
@rule("plan_counts")
def open_session() -> Response:
    """`kind` with `zones`, `codes` (one a line), `classes` or `publisher`; tolerances in copies and whole units of
    money, the usual ones where they are not told."""
    kind = text_from_request("kind")
    if kind not in SCOPES:
        raise Invalid("stocktakes.choose_kind")
    allowed = Tolerances(
        number("tolerance_units", USUAL.units), number("tolerance", USUAL.minor // HUNDRED) * HUNDRED,
        number("approval", USUAL.approval_minor // HUNDRED) * HUNDRED)
    session_id = write(counting_sessions.open_session, kind, scope_from_request(kind), tolerances=allowed)
    return done(session_id)


def scope_from_request(kind: str) -> dict[str, Any]:
    """What is to be counted, as data. Refused where nothing is named."""
    if kind == counting.ALL:
        return {}
    name, found = {
        counting.ZONE: lambda: ("zones", texts_from_request("zones")),
        counting.LIST: lambda: ("codes", text_from_request("codes", most=MOST_TEXT).split()),
        counting.ABC: lambda: ("classes", [each for each in texts_from_request("classes") if each in CLASSES]),
        counting.PUBLISHER: lambda: ("publisher", text_from_request("publisher", most=200)),
    }[kind]()
    if not found:
        raise Invalid("stocktakes.name_what")
    return {name: found}


@bp.get("/<int:session_id>")
@rule("see_variances")
def page(session_id: int) -> Response:
    """`state` narrows the differences."""
    state = request.args.get("state", "")
    with read() as session:
        found = queries.find_session(session, session_id)
        if found is None:
            raise NotFound("stocktakes.no_such_session")
        data = {
            "stocktake": found, "counters": queries.list_counters(session, session_id),
            "differences": queries.list_differences(session, session_id, state=state),
            "unknown": queries.list_unknown(session, session_id), "states": queries.count_states(session, session_id),
        }
    if wants_json():
        return answer_json(data)
    return respond("stocktakes/page.html", {
        **data, "state": state, "causes": counting.CAUSES, "money": money, "share": share, "word": word,
        "plain": plain, "signed": documents_counts.signed,
        "undecided": UNDECIDED, "may_approve": actor().may("approve_count"), "most": queries.SHOWN,
        "may_plan": actor().may("plan_counts")})


@bp.post("/<int:session_id>/approve")
@rule("approve_count")
def approve(session_id: int) -> Response:
    """The chosen `result`s, or with `under` (whole units of money) all that are worth no more; with `cause`. In
    transactions short enough that people scan on meanwhile."""
    cause, note = text_from_request("cause"), text_from_request("note")
    under = whole_from_request("under")
    chosen = whole_numbers("result")
    if under is not None:
        with read() as session:
            chosen = queries.waiting_ids(session, session_id, under_minor=under * HUNDRED)
    if not chosen:
        raise Invalid("stocktakes.nothing_chosen")
    parts = [write(stocktakes.approve, part, cause, note) for part in stocktakes.cut(chosen)]
    return done(session_id, results=sum(part.results for part in parts), units=sum(part.units for part in parts))


@bp.post("/<int:session_id>/reject")
@rule("approve_count")
def reject(session_id: int) -> Response:
    decided = write(stocktakes.reject, whole_numbers("result"), text_from_request("cause"), text_from_request("note"))
    return done(session_id, results=decided.results, units=0)


@bp.post("/results/<int:result_id>/choose")
@rule("approve_count")
def choose(result_id: int) -> Response:
    """The lead says which count (`line`) is right."""
    state = write(stocktakes.choose_count, result_id, whole_from_request("line") or 0, text_from_request("cause"),
                  text_from_request("note"))
    return done(session_of(result_id), state=state)


@bp.post("/results/<int:result_id>/cause")
@rule("approve_count", "plan_counts")
def name_cause(result_id: int) -> Response:
    write(stocktakes.name_cause, result_id, text_from_request("cause"), text_from_request("note"))
    return done(session_of(result_id))


@bp.post("/codes/<int:line_id>/assign")
@rule("approve_count", "plan_counts")
def assign(line_id: int) -> Response:
    """`code` is the ISBN, SKU or label of the title that the unknown code was. Refused where several share it."""
    text = text_from_request("code")
    code = barcodes.read(text)
    with read() as session:
        found = queries.find_items(session, [each for each in (text, code.value) if each])
        session_id = queries.session_of_code(session, line_id)
    if session_id is None:
        raise NotFound("stocktakes.no_such_code")
    if len(found) != 1:
        raise Invalid("stocktakes.shared_code" if found else "stocktakes.no_such_item", text=text)
    write(stocktakes.assign_code, line_id, found[0])
    return done(session_id)


@bp.post("/codes/<int:line_id>/dismiss")
@rule("approve_count", "plan_counts")
def dismiss(line_id: int) -> Response:
    write(stocktakes.dismiss_code, line_id, text_from_request("reason"))
    with read() as session:
        session_id = queries.session_of_code(session, line_id)
    return done(session_id)


@bp.post("/<int:session_id>/close")
@rule("plan_counts")
def close(session_id: int) -> Response:
    write(stocktakes.close_session, session_id)
    return done(session_id)


@bp.post("/<int:session_id>/cancel")
@rule("approve_count")
def cancel(session_id: int) -> Response:
    write(stocktakes.cancel_session, session_id, text_from_request("reason"))
    return done(session_id)


@bp.get("/<int:session_id>/report.pdf")
@rule("see_variances")
def report(session_id: int) -> Response:
    with read() as session:
        content = documents_counts.report_pdf(session, config(), session_id, language())
    return Response(content, mimetype="application/pdf")


@bp.get("/<int:session_id>/report.xlsx")
@rule("see_variances")
def workbook(session_id: int) -> Response:
    with read() as session:
        name, content = documents_counts.report_xlsx(session, config(), session_id, language())
    return Response(content, mimetype=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'})


# --- Small things ----------------------------------------------------------------------------------------------------


def done(session_id: int | None, **facts: Any) -> Response:
    """The stocktake's page again, or what was done as JSON."""
    if wants_json():
        return answer_json({"session_id": session_id, **facts})
    return redirect(url_for("stocktakes.page", session_id=session_id), 303)  # type: ignore[return-value]


def session_of(result_id: int) -> int | None:
    with read() as session:
        return queries.session_of(session, result_id)


def number(name: str, usual: int) -> int:
    found = whole_from_request(name, most=10_000_000)
    return usual if found is None else found


def whole_numbers(name: str) -> list[int]:
    """Ids of one name; refused where one is none."""
    given = texts_from_request(name)
    if not all(each.isascii() and each.isdigit() and len(each) <= MOST_DIGITS for each in given):
        raise Invalid("common.number_wrong")
    return sorted({int(each) for each in given})


def money(minor: int, currency: str) -> str:
    """An amount with its sign: −¥23.00."""
    return ("−" if minor < 0 else "") + documents.money(abs(minor), currency or "CNY")


def plain(minor: int) -> str:
    """An amount that holds for every currency: 50.00."""
    return f"{minor / HUNDRED:,.2f}"


def share(part: float | None) -> str:
    """A share as people read it: 98.5 %; a dash where there is nothing to share."""
    return "–" if part is None else f"{HUNDRED * part:.1f} %"


def word(group: str, name: str) -> str:
    """The word for a kind, state or cause."""
    return i18n.say(language(), f"stocktakes.{group}_{name}")
