"""The desk's purchases: orders, notices, suppliers, deliveries with their reports, drafts, and files (REC-1)."""

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, request, url_for

from warehouse import clock, documents, i18n, imports_purchasing
from warehouse.domain import purchasing as rules
from warehouse.domain.price_cells import read_price_cell
from warehouse.domain.receiving import DELIVERY_FLOW
from warehouse.errors import Invalid, NotFound
from warehouse.queries import incidents
from warehouse.queries import orders as items
from warehouse.queries import purchasing as queries
from warehouse.queries import purchasing_goods as goods
from warehouse.services import purchasing as service
from warehouse.services import purchasing_drafts, purchasing_lines
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    answer_json,
    answer_scan,
    config,
    database,
    read,
    respond,
    scan_from_request,
    text_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("purchasing", __name__, url_prefix="/purchasing")

PURCHASE = "purchase"
QUERY_LIMIT, REASON_LIMIT, TITLE_LIMIT, CODE_LIMIT = 100, 200, 300, 60
MOST_PROBLEMS_SHOWN = 500
CURRENCIES = ("CNY", "GBP", "USD", "EUR", "HKD", "TWD", "JPY")
BRING_IN = {"purchases": imports_purchasing.import_purchases, "notices": imports_purchasing.import_notices}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def today() -> date:
    return clock.now().astimezone(ZoneInfo(config().time_zone)).date()


# --- Orders ----------------------------------------------------------------------------------------------------------


@bp.get("/")
@rule(PURCHASE)
def listing() -> Response:
    """`state`, `late=1`, `supplier`, `q` narrow the list; `before` turns the page."""
    state, text = request.args.get("state", ""), request.args.get("q", "").strip()[:QUERY_LIMIT]
    late, supplier_id = request.args.get("late") == "1", request.args.get("supplier", 0, type=int)
    with read() as session:
        found = queries.list_orders(
            session, today(), state=state, late=late, text=text, supplier_id=supplier_id,
            before=request.args.get("before", type=int))
        drafts = goods.count_drafts(session)
    if wants_json():
        return answer_json(found)
    return respond("purchasing/listing.html", {
        "found": found, "state": state, "late": late, "text": text, "supplier_id": supplier_id, "drafts": drafts,
        "states": rules.PURCHASE_FLOW.states(), "word": word})


@bp.get("/new")
@rule(PURCHASE)
def new_page() -> Response:
    with read() as session:
        names = queries.supplier_names(session)
    return respond("purchasing/new.html", {"suppliers": names})


@bp.post("/new")
@rule(PURCHASE)
def create() -> Response:
    """A new order; its lines are scanned on the page that follows."""
    order_id = write(service.create_order, supplier=text_from_request("supplier"), number=text_from_request("number"),
                     expected_on=text_from_request("expected_on"))
    return done({"order_id": order_id}, "purchasing.lines", order_id=order_id)


@bp.get("/orders/<int:order_id>")
@rule(PURCHASE)
def order(order_id: int) -> Response:
    with read() as session:
        page = queries.order_page(session, order_id, today())
    if page is None:
        raise NotFound("purchasing.no_such_order")
    if wants_json():
        return answer_json(page)
    return respond("purchasing/order.html", {
        "page": page, "order": page.order, "is_open": page.order.state in rules.WAITED_FOR, "word": word})


@bp.post("/orders/<int:order_id>/day")
@rule(PURCHASE)
def change_day(order_id: int) -> Response:
    write(service.change_day, order_id, text_from_request("expected_on"))
    return to_order(order_id)


@bp.post("/orders/<int:order_id>/units")
@rule(PURCHASE)
def set_units(order_id: int) -> Response:
    """Another number of copies of one line; 0 takes it off."""
    item_id, units = whole_from_request("item_id"), whole_from_request("units")
    if item_id is None or units is None:
        raise Invalid("common.number_wrong")
    write(service.set_units, order_id, item_id, units)
    return to_order(order_id)


@bp.post("/orders/<int:order_id>/lines")
@rule(PURCHASE)
def add_line(order_id: int) -> Response:
    """A typed code with its units; `title` makes a draft of a book that nobody knows."""
    code, units = text_from_request("code", most=CODE_LIMIT), whole_from_request("units")
    if not code or not units:
        raise Invalid("purchasing.code_and_units")
    with read() as session:
        ids = tuple(items.items_named(session, code))
    write(purchasing_lines.add_typed, order_id, ids, units, code=code,
          title=text_from_request("title", most=TITLE_LIMIT))
    if text_from_request("back") == "lines":
        return done({"order_id": order_id}, "purchasing.lines", order_id=order_id)
    return to_order(order_id)


@bp.get("/orders/<int:order_id>/lines")
@rule(PURCHASE)
def lines(order_id: int) -> Response:
    """The order's lines by scan."""
    with read() as session:
        task = purchasing_lines.draw(session, order_id)
    return respond("purchasing/lines.html", {"task": task})


@bp.post("/orders/<int:order_id>/scan")
@rule(PURCHASE)
def scan(order_id: int) -> Response:
    return answer_scan(write(purchasing_lines.scan, order_id, scan_from_request()), "purchasing/_lines.html")


@bp.post("/orders/<int:order_id>/close")
@rule(PURCHASE)
def close(order_id: int) -> Response:
    write(service.close_order, order_id, text_from_request("reason", most=REASON_LIMIT))
    return to_order(order_id)


@bp.post("/orders/<int:order_id>/notices")
@rule(PURCHASE)
def announce(order_id: int) -> Response:
    """Everything that is outstanding, as one delivery to come."""
    delivery_id = write(
        service.announce_outstanding, order_id, notice=text_from_request("notice", most=rules.LONGEST_NUMBER),
        parcels=whole_from_request("parcels"), is_blind=text_from_request("is_blind") == "1")
    return done({"delivery_id": delivery_id}, "purchasing.delivery", delivery_id=delivery_id)


# --- Suppliers and deliveries ----------------------------------------------------------------------------------------


@bp.get("/suppliers")
@rule(PURCHASE)
def suppliers() -> Response:
    with read() as session:
        rows = queries.list_suppliers(session, today(), ZoneInfo(config().time_zone))
    return respond("purchasing/suppliers.html", {"suppliers": rows})


@bp.get("/deliveries")
@rule(PURCHASE)
def deliveries() -> Response:
    """`state` and `supplier` narrow the list."""
    state, supplier_id = request.args.get("state", ""), request.args.get("supplier", 0, type=int)
    with read() as session:
        rows = queries.list_deliveries(session, state=state, supplier_id=supplier_id)
    if wants_json():
        return answer_json({"deliveries": rows})
    return respond("purchasing/deliveries.html", {
        "deliveries": rows, "state": state, "supplier_id": supplier_id, "states": DELIVERY_FLOW.states(), "word": word})


@bp.get("/deliveries/<int:delivery_id>")
@rule(PURCHASE)
def delivery(delivery_id: int) -> Response:
    with read() as session:
        page = goods.delivery_page(session, delivery_id)
        if page is None:
            raise NotFound("purchasing.no_such_delivery")
        taken = incidents.list_photos(session, [one.incident_id for one in page.discrepancies])
    if wants_json():
        return answer_json(page)
    return respond("purchasing/delivery.html", {
        "page": page, "one": page.delivery, "taken": taken, "word": word})


@bp.get("/deliveries/<int:delivery_id>/report.pdf")
@rule(PURCHASE)
def report_pdf(delivery_id: int) -> Response:
    return _file(delivery_id, "pdf", "application/pdf",
                 lambda session, lang: documents.discrepancy_pdf(session, config(), delivery_id, lang))


@bp.get("/deliveries/<int:delivery_id>/report.csv")
@rule(PURCHASE)
def report_csv(delivery_id: int) -> Response:
    return _file(delivery_id, "csv", "text/csv",
                 lambda session, lang: documents.discrepancy_csv(session, delivery_id, lang))


@bp.get("/deliveries/<int:delivery_id>/report.xlsx")
@rule(PURCHASE)
def report_xlsx(delivery_id: int) -> Response:
    return _file(delivery_id, "xlsx", XLSX,
                 lambda session, lang: documents.discrepancy_xlsx(session, delivery_id, lang))


def _file(delivery_id: int, suffix: str, mimetype: str, draw: Callable[[Any, str], bytes]) -> Response:
    """In the reader's language, or in `lang`: the supplier may read the other one."""
    wanted = request.args.get("lang", "")
    with read() as session:
        body = draw(session, wanted if wanted in i18n.LANGUAGES else actor().language)
    how = "inline" if suffix == "pdf" else "attachment"
    name = f"discrepancy-{service.delivery_number(delivery_id)}.{suffix}"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'{how}; filename="{name}"'})


# --- Drafts ----------------------------------------------------------------------------------------------------------


@bp.get("/drafts")
@rule(PURCHASE)
def drafts() -> Response:
    """`item` and `q` look for the listed item that a draft is another code of."""
    text, item_id = request.args.get("q", "").strip()[:QUERY_LIMIT], request.args.get("item", 0, type=int)
    with read() as session:
        rows = goods.list_drafts(session)
        choices = goods.items_to_merge(session, text) if text else []
    if wants_json():
        return answer_json({"drafts": rows, "choices": choices})
    return respond("purchasing/drafts.html", {
        "drafts": rows, "choices": choices, "text": text, "item_id": item_id, "currencies": CURRENCIES})


@bp.post("/drafts/<int:item_id>/list")
@rule(PURCHASE)
def list_draft(item_id: int) -> Response:
    price = read_price_cell(text_from_request("price", most=20), currency=text_from_request("currency", most=3) or None)
    if price.problem:
        raise Invalid("purchasing.price_wrong")
    write(purchasing_drafts.list_draft, item_id, title=text_from_request("title", most=TITLE_LIMIT),
          authors=text_from_request("authors"), publisher=text_from_request("publisher"),
          price_minor=price.amount_minor, currency=price.currency)
    return done({"item_id": item_id}, "purchasing.drafts")


@bp.post("/drafts/<int:item_id>/merge")
@rule(PURCHASE)
def merge_draft(item_id: int) -> Response:
    into_id = whole_from_request("into_id")
    if into_id is None:
        raise Invalid("purchasing.merge_into_listed")
    write(purchasing_drafts.merge_draft, item_id, into_id)
    return done({"item_id": into_id}, "purchasing.drafts")


# --- Files -----------------------------------------------------------------------------------------------------------


@bp.get("/import")
@rule(PURCHASE)
def upload_page() -> Response:
    return show_upload(None)


@bp.post("/import")
@rule(PURCHASE)
def upload() -> Response:
    """Purchase orders or notices, as `kind` says; the answer is the report."""
    kind = text_from_request("kind", most=20)
    files = [(file.filename or "?", file.read()) for file in request.files.getlist("files") if file.filename]
    if kind not in BRING_IN or not files:
        raise Invalid("purchasing.choose_files")
    report = BRING_IN[kind](database().write, actor(), files)
    return answer_json(report.as_json()) if wants_json() else show_upload(report.as_json())


def show_upload(report: dict[str, Any] | None) -> Response:
    with read() as session:
        past = queries.past_imports(session)
    return respond("purchasing/upload.html", {
        "report": report, "past": past, "kinds": tuple(BRING_IN), "most_problems": MOST_PROBLEMS_SHOWN})


# --- Answers ---------------------------------------------------------------------------------------------------------


def to_order(order_id: int) -> Response:
    return done({"order_id": order_id}, "purchasing.order", order_id=order_id)


def done(told: dict[str, Any], endpoint: str, **values: Any) -> Response:
    """What was made, as JSON; a browser is led to where it can be seen."""
    return answer_json(told) if wants_json() else make_response(redirect(url_for(endpoint, **values), 303))


def word(kind: str, name: str) -> str:
    """The word for a state or a kind of discrepancy."""
    return i18n.say(language(), f"purchasing.{kind}_{name}")
