"""The incident desk (EXC-1, EXC-2, EXC-3): the list, one incident with its log, who has it, what is next, its end."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, redirect, request, url_for

from warehouse import i18n
from warehouse.domain import incidents as rules
from warehouse.domain.money import write_amount
from warehouse.errors import Invalid, NotFound
from warehouse.queries import incidents as queries
from warehouse.queries.incidents import Entry, IncidentPage, Wanted
from warehouse.services import incidents_settle, incidents_where, incidents_work, photos
from warehouse.web.access import language, refuse_while_counting, rule
from warehouse.web.http import (
    actor,
    amount_from_request,
    answer_json,
    config,
    picture_from_request,
    read,
    respond,
    text_from_request,
    texts_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("incidents", __name__, url_prefix="/incidents")
# What others missed or found at a shelf tells what its books say.
bp.before_request(refuse_while_counting)

_STATES = (rules.OPEN, rules.SETTLED)


@bp.get("/")
@rule("handle_incident", "settle_incident", "see_board")
def listing() -> Response:
    """`kind`, `stage`, `whose` (team, mine, all), `state` and `text` narrow the list."""
    given = {name: request.args.get(name, "")[:100] for name in ("kind", "stage", "whose", "state", "text")}
    wanted = Wanted(
        given["kind"], given["stage"], given["whose"] if given["whose"] in queries.WHOSE else queries.ALL,
        given["text"], given["state"] if given["state"] in _STATES else rules.OPEN)
    with read() as session:
        found = queries.list_incidents(session, actor(), wanted)
    if wants_json():
        return answer_json({"incidents": found.rows, "total": found.total()})
    return respond("incidents/listing.html", {
        "found": found, "wanted": wanted, "whose": queries.WHOSE, "states": _STATES, "word": word,
        "most": queries.SHOWN, "may_handle": actor().may("handle_incident")})


@bp.get("/<int:incident_id>")
@rule("handle_incident", "settle_incident", "see_board")
def page(incident_id: int) -> Response:
    return show(incident_id)


def show(incident_id: int, words: str = "") -> Response:
    """One incident; `words` are the customer's, opened for this once."""
    with read() as session:
        found = queries.get_page(session, incident_id)
        if found is None:
            raise NotFound("incidents.no_such_incident", id=incident_id)
        handlers = queries.list_handlers(session)
        lies = incidents_where.find_copies(session, incident_id)
    if wants_json():
        return answer_json({"incident": found, "lies": lies, "words": words})
    row, me = found.row, actor()
    is_leads = row.owner_role == rules.LEAD and not me.may("settle_incident")
    return respond("incidents/page.html", {
        "page": found, "one": row, "lies": lies, "words": words, "word": word, "log_line": log_line,
        "handlers": handlers, "teams": rules.OWNERS, "steps": rules.NEXT_STEPS, "kinds": rules.kinds_at(row.stage),
        "causes": rules.causes_of(row.kind), "plain": rules.PLAIN, "is_leads": is_leads,
        "for_copies": rules.ways_for_copies(
            row.kind, row.stage, {each.place.kind for each in lies}, is_title_known=found.item_id is not None),
        "for_order": rules.ways_for_order(row.kind, row.order_state or None, found.done), "refund": rules.REFUND,
        "limit": limit_of(me.role, found.currency), "may_handle": me.may("handle_incident"),
        "may_settle": me.may("settle_incident"), "may_open": me.may("open_personal"), "may_see_orders":
        me.may("see_orders"), "me_id": me.person_id, "has_place": address})


# --- While it is open ------------------------------------------------------------------------------------------------


@bp.post("/<int:incident_id>/take")
@rule("handle_incident")
def take(incident_id: int) -> Response:
    write(incidents_work.take, incident_id)
    return done(incident_id)


@bp.post("/<int:incident_id>/hand-over")
@rule("handle_incident")
def hand_over(incident_id: int) -> Response:
    """`to` is a team, or a person's id."""
    to = text_from_request("to", most=20)
    person_id = int(to) if to.isascii() and to.isdigit() else None
    write(incidents_work.hand_over, incident_id, to, person_id, text_from_request("reason"))
    return done(incident_id)


@bp.post("/<int:incident_id>/plan")
@rule("handle_incident")
def plan(incident_id: int) -> Response:
    """`step` comes next; `due` is local time as a date field sends it, empty for what its kind has."""
    write(incidents_work.plan, incident_id, text_from_request("step"), due_from_request(), text_from_request("note"))
    return done(incident_id)


@bp.post("/<int:incident_id>/note")
@rule("handle_incident")
def note(incident_id: int) -> Response:
    write(incidents_work.write_down, incident_id, text_from_request("note"))
    return done(incident_id)


@bp.post("/<int:incident_id>/change")
@rule("handle_incident")
def change(incident_id: int) -> Response:
    units = whole_from_request("units")
    write(incidents_work.change, incident_id, kind=text_from_request("kind"), cause=text_from_request("cause"),
          units=units or 0)
    return done(incident_id)


@bp.post("/<int:incident_id>/escalate")
@rule("handle_incident")
def escalate(incident_id: int) -> Response:
    write(incidents_work.escalate, incident_id, text_from_request("reason"))
    return done(incident_id)


@bp.post("/<int:incident_id>/photo")
@rule("handle_incident")
def photo(incident_id: int) -> Response:
    picture = picture_from_request()
    write(photos.keep_photo, incident_id, picture.jpeg, picture.width, picture.height)
    return done(incident_id)


@bp.post("/<int:incident_id>/words")
@rule("open_personal")
def open_words(incident_id: int) -> Response:
    """What the customer wrote, shown once; who opened it is kept."""
    return show(incident_id, write(incidents_work.open_words, incident_id))


# --- Its end ---------------------------------------------------------------------------------------------------------


@bp.post("/<int:incident_id>/settle")
@rule("handle_incident", "settle_incident")
def settle(incident_id: int) -> Response:
    """`outcome` is how it is closed; `copies` and `order` what becomes of them (in JSON also as a list `also`),
    `amount` what goes back to the customer, as 12.50."""
    amount = amount_from_request()
    effects = [each for each in (text_from_request("copies"), text_from_request("order"),
                                 *texts_from_request("also"), rules.REFUND if amount else "") if each]
    outcome = text_from_request("outcome")
    if outcome == rules.CONFIRMED and effects:
        outcome, *effects = effects
    write(incidents_settle.settle, incident_id, outcome, also=effects, units=whole_from_request("units"),
          place=text_from_request("place", most=40), amount_minor=amount, note=text_from_request("note"))
    return done(incident_id)


@bp.post("/<int:incident_id>/reopen")
@rule("handle_incident")
def reopen(incident_id: int) -> Response:
    write(incidents_work.reopen, incident_id, text_from_request("reason"))
    return done(incident_id)


# --- From the form and to the page -----------------------------------------------------------------------------------


def done(incident_id: int) -> Response:
    if wants_json():
        with read() as session:
            return answer_json({"incident": queries.get_page(session, incident_id)})
    return redirect(url_for("incidents.page", incident_id=incident_id), 303)  # type: ignore[return-value]


def due_from_request() -> datetime | None:
    """The moment of a local date and time; None where it is empty."""
    text = text_from_request("due", most=25)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("incidents.due_wrong") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(config().time_zone))).astimezone(UTC)


def limit_of(role: str, currency: str) -> str:
    """"200.00 CNY": what this role may decide alone, in the order's currency; empty where it has no limit."""
    limits = rules.LIMITS.get(role)
    if limits is None:
        return ""
    unit = currency if currency in limits else "CNY"
    return f"{write_amount(limits[unit], unit)} {unit}"


def word(group: str, name: str, **facts: Any) -> str:
    """The word for a kind, stage, cause, step or outcome; the bare name where the house has no word for it."""
    code = f"incidents.{group}_{name}"
    return i18n.say(language(), code, **facts) if i18n.has_sentence(code) else name


def log_line(entry: Entry) -> str:
    """What was done, with its facts; the reason is shown beside it."""
    facts, said = entry.facts, [say("did_overdue" if entry.facts.get("overdue") else f"did_{entry.verb}")]
    if entry.verb == "plan":
        said += [word("step", facts["step"]), local(facts["due"])]
    elif entry.verb == "hand_over":
        said.append(i18n.say(language(), f"people.role_{facts['role']}"))
    elif entry.verb == "change":
        said += [f"{changed(name, was)} → {changed(name, facts[name])}" for name, was in facts["was"].items()]
    elif entry.verb == "settle":
        said += [word("outcome", each) for each in dict.fromkeys((facts["outcome"], *facts.get("effects", ())))]
        if moved := facts.get("moved"):
            said.append(f"{say('units', n=moved['units'])} {moved['from']} → {moved['to']}")
    return " · ".join(said)


def changed(name: str, value: Any) -> str:
    return word(name, value) if name in ("kind", "cause") and value else str(value or "–")


def local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(config().time_zone)).strftime("%m-%d %H:%M")


def address(page: IncidentPage, kind: str, thing_id: int) -> str:
    """Where a thing is looked at; empty where it has no page for this person."""
    order_id = page.row.order_id
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "order": ("orders.page", {"order_id": thing_id}), "parcel": ("orders.page", {"order_id": order_id}),
        "return": ("returns.page", {"return_id": thing_id}),
        "delivery": ("purchasing.delivery", {"delivery_id": thing_id}),
        "refund": ("refunds.listing", {}), "message": ("messages.listing", {}),
    }
    endpoint, facts = pages[kind]
    view = current_app.view_functions.get(endpoint)
    may = view is not None and any(actor().may(right) for right in getattr(view, "rule", ()))
    return url_for(endpoint, **facts) if may else ""


def say(name: str, **facts: Any) -> str:
    code = f"incidents.{name}"
    return i18n.say(language(), code, **facts) if i18n.has_sentence(code) else name.removeprefix("did_")
