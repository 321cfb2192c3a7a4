"""Finance's list of refunds: approved by somebody else than who asked, paid once, exported (RET-1)."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, request, url_for

from warehouse import i18n
from warehouse.domain import refunds as rules
from warehouse.domain.money import minor_per_major, write_amount
from warehouse.errors import Invalid
from warehouse.queries import refunds as queries
from warehouse.services import refunds as service
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    amount_from_request,
    answer_json,
    config,
    read,
    respond,
    text_from_request,
    wants_json,
    write,
)

bp = Blueprint("refunds", __name__, url_prefix="/refunds")

REFUND, ASK = "refund", "ask_refund"
QUERY_LIMIT = 100
SHEETS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
COLUMNS = ("number", "state", "amount", "currency", "order", "shop_number", "payment", "return", "reason",
           "requested_at", "asked_by", "decided_at", "decided_by", "decision_reason", "paid_at", "paid_by", "reference")


@bp.get("/")
@rule(REFUND)
def listing() -> Response:
    """`state` and `q` narrow the list; what waits for approval comes first."""
    state, text = wanted()
    with read() as session:
        found = queries.list_refunds(session, state=state, text=text)
    if wants_json():
        return answer_json(found)
    return respond("refunds/listing.html", {
        "found": found, "state": state, "text": text, "states": rules.REFUND_FLOW.states(), "may_decide": may_decide,
        "sums_of": sums_of, "reason_of": reason_of})


@bp.post("/ask/<int:order_id>")
@rule(ASK)
def ask(order_id: int) -> Response:
    """By hand, from the order's page at the service desk: `amount`, `reason`; `key` makes a second press the same."""
    made = write(service.ask, order_id, amount_from_request() or 0,
                 text_from_request("reason", most=rules.REASON_LIMIT), key=text_from_request("key", most=40))
    if wants_json():
        return answer_json({"refund_id": made})
    return make_response(redirect(url_for("service.order", order_id=order_id), 303))


@bp.post("/<int:refund_id>/approve")
@rule(REFUND)
def approve(refund_id: int) -> Response:
    write(service.approve, refund_id)
    return done(refund_id)


@bp.post("/<int:refund_id>/refuse")
@rule(REFUND)
def refuse(refund_id: int) -> Response:
    write(service.refuse, refund_id, text_from_request("reason", most=rules.REASON_LIMIT))
    return done(refund_id)


@bp.post("/<int:refund_id>/pay")
@rule(REFUND)
def pay(refund_id: int) -> Response:
    write(service.pay, refund_id, text_from_request("reference", most=rules.REFERENCE_LIMIT))
    return done(refund_id)


@bp.get("/export")
@rule(REFUND)
def export() -> Response:
    """The whole list as `as` csv or xlsx, narrowed as it was looked at."""
    # The spreadsheet library is loaded with the first sheet that somebody asks for.
    from warehouse.gateways import exports  # noqa: PLC0415

    form = request.args.get("as", "csv")
    if form not in SHEETS:
        raise Invalid("stock.no_such_sheet")
    state, text = wanted()
    with read() as session:
        rows = queries.list_refunds(session, state=state, text=text, most=None).rows
    header = [say(f"col_{name}") for name in COLUMNS]
    cells = [sheet_row(row) for row in rows]
    sheet = exports.to_csv(header, cells) if form == "csv" else exports.to_xlsx(header, cells, say("title"))
    return Response(sheet, mimetype=SHEETS[form], headers={
        "Content-Disposition": f'attachment; filename="refunds-{day(actor().at)}.{form}"'})


def sheet_row(row: queries.RefundRow) -> list[Any]:
    """Money in the currency's own units, as a bank's own lists have it."""
    return [
        row.number, say(f"state_{row.state}"), row.amount_minor / minor_per_major(row.currency), row.currency,
        row.order_number, row.source_number, i18n.say(language(), f"orders.payment_{row.payment}"),
        row.return_number, reason_of(row),
        day(row.requested_at), row.asked_by, day(row.decided_at), row.decided_by, row.decision_reason,
        day(row.paid_at), row.paid_by, row.reference]


def wanted() -> tuple[str, str]:
    state = request.args.get("state", "")
    return state if state in rules.REFUND_FLOW.states() else "", request.args.get("q", "").strip()[:QUERY_LIMIT]


def may_decide(row: queries.RefundRow) -> bool:
    return rules.may_decide(row.requested_by, actor().person_id)


def reason_of(row: queries.RefundRow) -> str:
    """What for: why the copies came back, where the settlement of a return asked; else what a person said."""
    if row.reason != row.return_number:
        return row.reason
    return i18n.say(language(), f"returns.reason_{row.return_reason}")


def sums_of(found: queries.Refunds, state: str) -> str:
    """What the refunds of a state come to, each currency for itself."""
    return " · ".join(f"{write_amount(minor, currency)} {currency}"
                      for currency, minor in found.sums.get(state, {}).items())


def day(moment: Any) -> str:
    return f"{moment.astimezone(ZoneInfo(config().time_zone)):%Y-%m-%d %H:%M}" if moment else ""


def say(code: str) -> str:
    return i18n.say(language(), f"refunds.{code}")


def done(refund_id: int) -> Response:
    """Back to the list as it was narrowed."""
    if wants_json():
        return answer_json({"refund_id": refund_id})
    return make_response(redirect(url_for("refunds.listing", state=text_from_request("state") or None,
                                          q=text_from_request("q", most=QUERY_LIMIT) or None), 303))
