"""The service desk (ORD-8, EXC-3): find an order by whatever the customer can say, see all of it on one time line, open
a case, and go on to where it is changed, sent back or answered."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, request, url_for

from warehouse import i18n
from warehouse.domain.customer import WORDS_LENGTH
from warehouse.domain.incidents import CUSTOMER, kinds_at
from warehouse.domain.money import write_amount
from warehouse.errors import NotFound
from warehouse.queries import service as queries
from warehouse.queries.order_timeline import GROUPS, Entry, order_timeline
from warehouse.queries.orders_lines import lines_of
from warehouse.services import customer, refunds
from warehouse.services.customer import Said
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    address,
    answer_json,
    config,
    read,
    respond,
    text_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("service", __name__, url_prefix="/service")

SERVE = "serve"
QUERY_LENGTH = 100
NEWEST, OLDEST = "newest", "oldest"
# What customers call about most stands first.
FIRST_KINDS = ("question", "complaint")


@dataclass(frozen=True)
class Day:
    """What happened on one local day."""

    day: date
    entries: tuple[Entry, ...]


@bp.get("/")
@rule(SERVE)
def page() -> Response:
    """`q` is looked for everywhere; `before` turns the page."""
    text = request.args.get("q", "").strip()[:QUERY_LENGTH]
    with read() as session:
        found = queries.search(session, text, before=request.args.get("before", type=int))
        desk = queries.look_at_desk(session, actor().at)
    if wants_json():
        return answer_json({"q": text, "found": found, "desk": desk})
    return respond("service/page.html", {
        "q": text, "found": found, "desk": desk, "word": incident_word, "places": {
            "messages": address("messages.listing"), "late_orders": address("delays.listing"),
            "returns": address("returns.listing"), "held": address("orders.review"),
            "cases": address("incidents.listing", stage=CUSTOMER)},
        "return_word": return_word, "place_of": place_of,
    })


@bp.get("/order/<int:order_id>")
@rule(SERVE)
def order(order_id: int) -> Response:
    """`show` narrows the time line to one group, `turn` is newest or oldest first."""
    shown, turn = request.args.get("show", ""), request.args.get("turn", NEWEST)
    with read() as session:
        found = queries.find_order(session, order_id)
        timeline = order_timeline(session, order_id)
        lines = lines_of(session, [order_id]).get(order_id, [])
        left = refunds.left_to_refund(session, order_id) if found and actor().may("ask_refund") else 0
    if found is None:
        raise NotFound("orders.no_such_order")
    entries = [entry for entry in timeline.entries if shown in {"", entry.group}]
    if wants_json():
        return answer_json({"order": found, "entries": entries, "is_cut": timeline.is_cut})
    others = [kind for kind in kinds_at(CUSTOMER) if kind not in FIRST_KINDS]
    return respond("service/order.html", {
        "order": found, "days": days(entries, newest_first=turn != OLDEST), "is_cut": timeline.is_cut,
        "groups": [group for group in GROUPS if group in {entry.group for entry in timeline.entries}],
        "shown": shown, "turn": turn, "lines": [line for line in lines if not line.is_service],
        "words": entry_words, "details": partial(entry_details, currency=found.currency),
        "clock_of": clock_of, "place_of": place_of,
        "word": incident_word, "return_word": return_word, "kinds": (*FIRST_KINDS, *others),
        "key": secrets.token_urlsafe(16),
        "words_length": WORDS_LENGTH, "page_link": link_to(found), "opened": request.args.get("opened", type=int),
        "places": {
            "order": address("orders.page", order_id=order_id),
            "return": address("returns.new_page", order=found.number),
            "messages": address("messages.listing", order=order_id, shown="to_tell" if found.messages_open else "done"),
            "refunds": address("refunds.listing", q=found.number),
        },
        "left_to_refund": left,
    })


@bp.post("/order/<int:order_id>/cases")
@rule(SERVE)
def open_case(order_id: int) -> Response:
    """`kind`, `words`; `line_id` and `units` where it is about copies. `key` makes a second press the same case."""
    said = Said(text_from_request("key", most=40), text_from_request("words", most=WORDS_LENGTH),
                whole_from_request("line_id"), whole_from_request("units"))
    made = write(customer.open_case, order_id, text_from_request("kind"), said)
    if wants_json():
        return answer_json({"incident": made})
    return redirect(url_for("service.order", order_id=order_id, opened=made), 303)  # type: ignore[return-value]


@bp.post("/order/<int:order_id>/link")
@rule(SERVE)
def make_link(order_id: int) -> Response:
    """The customer's page gets its address, to be read out or sent."""
    with read() as session:
        if queries.find_order(session, order_id) is None:
            raise NotFound("orders.no_such_order")
    made = write(link_for, order_id)
    if wants_json():
        return answer_json({"link": url_for("customer.page", link=made)})
    return redirect(url_for("service.order", order_id=order_id), 303)  # type: ignore[return-value]


def link_for(session: Any, _: Any, order_id: int) -> str:
    return customer.link_of(session, order_id)


def link_to(found: queries.ServiceOrder) -> str:
    """The whole address of the customer's page, as a customer types it."""
    if not found.link:
        return ""
    path = url_for("customer.page", link=found.link)
    base = getattr(config(), "public_url", "")
    return base.rstrip("/") + path if base else request.host_url.rstrip("/") + path


def days(entries: Iterable[Entry], *, newest_first: bool) -> tuple[Day, ...]:
    """The time line by local days."""
    zone = ZoneInfo(config().time_zone)
    turned = sorted(entries, key=lambda entry: entry.at)
    if newest_first:
        turned.reverse()
    return tuple(Day(day, tuple(group)) for day, group in
                 groupby(turned, key=lambda entry: entry.at.astimezone(zone).date()))


def clock_of(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(config().time_zone)).strftime("%H:%M")


# --- Words
# -----------------------------------------------------------------------------------------------------------


def entry_words(entry: Entry) -> str:
    """What happened, in a few words. The desk's own acts have their words where they are done."""
    facts = {"kind": "", "stage": "", **entry.facts}
    if entry.subject == "incident" and entry.verb == "report":
        return i18n.say(language(), "service.did_incident_report", kind=incident_word("kind", facts["kind"]),
                        stage=incident_word("stage", facts["stage"]), id=facts["id"])
    if entry.subject == "message" and "why" in entry.facts:
        return i18n.say(language(), f"service.did_message_{entry.verb}",
                        why=known(f"messages.why_{facts['why']}", facts["why"]))
    if entry.subject == "hold":
        return i18n.say(language(), f"service.did_hold_{entry.verb}",
                        reason=known(f"orders.reason_{facts['reason']}", facts["reason"]))
    for area in ("service.did_" + entry.subject, {"incident": "incidents.did"}.get(entry.subject, "orders.did")):
        code = f"{area}_{entry.verb}"
        if i18n.has_sentence(code):
            return i18n.say(language(), code, **facts)
    return entry.verb.replace("_", " ")


def entry_details(entry: Entry, *, currency: str) -> list[str]:
    """The facts beside the words, each short: copies, places, weight, numbers, grade."""
    facts, said = entry.facts, []
    if entry.units and entry.title:
        said.append(f"{entry.units} × {entry.title}")
    if entry.source and entry.target:
        said.append(f"{place_word(entry.source)} → {place_word(entry.target)}")
    elif entry.target:
        said.append(entry.target)
    # How an incident was settled names its refund by id; the refund's own entry tells its number.
    numbers = ("number", "manifest", "channel") + (("refund",) if entry.subject != "incident" else ())
    said += [str(facts[name]) for name in numbers if facts.get(name)]
    if entry.subject == "parcel" and entry.verb == "closed" and facts.get("weight_g"):
        said.append(f"{facts['weight_g']} g")
    if entry.subject == "parcel" and entry.verb in ("label_made", "handed_over"):
        said.append(f"{facts['carrier']} {facts['tracking']}")
    if facts.get("amount_minor") is not None:
        said.append(f"{write_amount(facts['amount_minor'], currency)} {currency}")
    said += [return_word(group, facts[group]) for group in ("grade", "acceptance", "disposition", "received_as")
             if facts.get(group)]
    if entry.subject == "incident" and facts.get("outcome"):
        said.append(incident_word("outcome", facts["outcome"]))
    if entry.subject == "print" and facts["copy"] > 1:
        said.append(i18n.say(language(), "service.copy", n=facts["copy"]))
    if entry.reason:
        said.append(reason_word(entry.reason))
    return list(dict.fromkeys(said))


def reason_word(reason: str) -> str:
    """Why, as it was written, or our sentence where a code was kept."""
    for area in ("orders.reason_", "messages.reason_", "returns.reason_"):
        if i18n.has_sentence(area + reason):
            return i18n.say(language(), area + reason)
    return "" if i18n.has_sentence(f"returns.why_{reason}") else reason


def place_word(code: str) -> str:
    return known(f"orders.place_{code}", code)


def incident_word(group: str, name: str) -> str:
    return known(f"incidents.{group}_{name}", name)


def return_word(group: str, name: str) -> str:
    return known(f"returns_bench.{group}_{name}", "") or known(f"service.{group}_{name}", name)


def known(code: str, otherwise: str) -> str:
    return i18n.say(language(), code) if i18n.has_sentence(code) else otherwise.replace("_", " ")


def place_of(kind: str, thing_id: int | None) -> str:
    """Where more of it stands, for whoever may go there."""
    pages = {"incident": ("incidents.page", "incident_id"), "return": ("returns.page", "return_id"),
             "message": ("messages.page", "message_id"), "order": ("service.order", "order_id")}
    if not kind or thing_id is None:
        return ""
    endpoint, name = pages[kind]
    return address(endpoint, **{name: thing_id})
