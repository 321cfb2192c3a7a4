"""The customer's page (ORD-8), open to whoever has its link: how far the order is, its parcels, a problem reported, a
return asked for. Works without JavaScript, on a phone, in both languages.

Its forms carry a token of their own: made by us for this link and this form, never seen by another site, and the key by
which the same form sent twice is known. A wrong link is answered like any other wrong link.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from warehouse import clock, i18n
from warehouse.domain import customer as rules
from warehouse.domain import returns as return_rules
from warehouse.errors import Invalid, NotFound, Refusal
from warehouse.gateways import photos as camera
from warehouse.queries import customer as queries
from warehouse.services import customer, returns
from warehouse.services.customer import Picture, Said
from warehouse.web.access import PUBLIC, bound_to, brings_own_token, language, rule
from warehouse.web.http import (
    answer_json,
    config,
    database,
    read,
    text_from_request,
    wants_json,
    whole_from_request,
)
from warehouse.web.limits import MISSES, POSTS, is_miss, limiter

bp = Blueprint("customer", __name__, url_prefix="/o")

PROBLEM, RETURN = "problem", "return"
MAC_LENGTH = 32
# A picture and the words around it.
MOST_BYTES = camera.MOST_BYTES + 64 * 1024
WAIT_S = 60

guesses = limiter.shared_limit(MISSES, scope="customer misses", deduct_when=is_miss)
floods = limiter.shared_limit(POSTS, scope="customer posts")


@dataclass(frozen=True)
class Shown:
    """The page with what is beside the order: which copies may come back, what was typed and what is wrong with it."""

    page: queries.CustomerPage
    link: str
    open_units: dict[int, int]
    form: str = ""
    problem: str = ""
    typed: Any = None


@bp.get("/<link>")
@rule(PUBLIC)
@guesses
def page(link: str) -> Response:
    return show(look(link))


@bp.post("/<link>/problem")
@rule(PUBLIC)
@brings_own_token
@guesses
@floods
def report(link: str) -> Response:
    """`what` with `line_id` and `units` where it is about copies, `words`, `photo`."""
    look(link)
    return carry_out(link, PROBLEM, send_report)


@bp.post("/<link>/return")
@rule(PUBLIC)
@brings_own_token
@guesses
@floods
def ask_return(link: str) -> Response:
    """`kind`, `reason`, and for each line of the order its `units_<line>`."""
    look(link)
    return carry_out(link, RETURN, send_return)


def send_report(link: str, key: str) -> str:
    said = Said(key, text_from_request("words", most=rules.WORDS_LENGTH), whole_from_request("line_id"),
                whole_from_request("units"), picture())
    database().write(customer.report_problem, clock.now(), link, text_from_request("what"), said)
    return "report"


def send_return(link: str, key: str) -> str:
    with read() as session:
        found = queries.find_page(session, link)
    wants = [(line.id, units, None) for line in (found.lines if found else ())
             if (units := whole_from_request(f"units_{line.id}"))]
    said = Said(key, text_from_request("words", most=rules.WORDS_LENGTH), picture=picture())
    database().write(customer.ask_return, clock.now(), link, text_from_request("kind"), text_from_request("reason"),
                     wants, said)
    return "return"


def carry_out(link: str, form: str, send: Any) -> Response:
    """Do what a form asks and lead back to the page; where it is refused, show the page with what was typed."""
    # Asked here, before the form is read: the house itself takes larger files.
    request.max_content_length = MOST_BYTES
    try:
        done = send(link, key_of(link, form))
    except NotFound:
        raise
    except Refusal as refusal:
        words = i18n.say(language(), refusal.code, **refusal.facts)
        if wants_json():
            return answer_json({"code": refusal.code, "say": words, "facts": refusal.facts}, refusal.status)
        return show(look(link, form=form, problem=words, typed=request.form), refusal.status)
    if wants_json():
        return answer_json({"done": done})
    back = url_for("customer.page", link=link, done=done, lang=request.args.get("lang"))
    return redirect(back, 303)  # type: ignore[return-value]


def look(link: str, **more: Any) -> Shown:
    """The page behind the link, in its reader's language. Whoever works here and opens it sees what customers see."""
    g.actor = None
    with read() as session:
        found = queries.find_page(session, link)
        free = returns.open_units(session, found.id) if found and found.has_left else {}
    if found is None:
        raise NotFound("customer.no_such_page")
    chosen = request.args.get("lang", "")
    g.language = chosen if chosen in i18n.LANGUAGES else found.language
    return Shown(found, link, {line: units for line, units in free.items() if units}, **more)


def show(shown: Shown, status: int = 200) -> Response:
    page = shown.page
    if wants_json():
        return keep_out(answer_json({"order": page, "open_units": shown.open_units}, status))
    zone = ZoneInfo(config().time_zone)
    facts = {
        "page": page, "link": shown.link, "open_units": shown.open_units, "form": shown.form,
        "problem": shown.problem, "typed": shown.typed or {}, "steps": rules.STEPS, "wants": rules.WANTS,
        "problems": rules.problems_for(has_left=page.has_left), "reasons": return_rules.RETURN_REASONS,
        "token": lambda form: token(shown.link, form), "done": request.args.get("done", ""),
        "day": lambda moment: day_words(moment, zone), "words_length": rules.WORDS_LENGTH, "why": why_words,
        "shop": shop(), "about_copies": [name for name, one in rules.PROBLEMS.items() if one.is_about_copies],
    }
    html = render_template("customer/page.html", **facts)
    return keep_out(Response(html, status, mimetype="text/html"))


def keep_out(response: Response) -> Response:
    """Not for search engines; not kept by any cache (see `access.add_headers`)."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def shop() -> str:
    return config().shop_name_zh if language() == i18n.CHINESE else config().shop_name


def picture() -> Picture | None:
    given = request.files.get("photo")
    if given is None or not given.filename:
        return None
    made = camera.make_jpeg(given.read(camera.MOST_BYTES + 1))
    return Picture(made.jpeg, made.width, made.height)


# --- The form's own token
# --------------------------------------------------------------------------------------------


def token(link: str, form: str) -> str:
    """A key that was never used, and our mark that it is for this form of this link."""
    key = secrets.token_urlsafe(16)
    return f"{key}.{mark(link, form, key)}"


def key_of(link: str, form: str) -> str:
    """The key in the form that was sent. Refused where we did not make it for this very form."""
    key, _, given = text_from_request("token", most=100).partition(".")
    if len(key) != rules.KEY_LENGTH or not hmac.compare_digest(given.encode(), mark(link, form, key).encode()):
        raise Invalid("customer.form_is_old")
    return key


def mark(link: str, form: str, key: str) -> str:
    return bound_to(f"customer form {form} {link} {key}")[:MAC_LENGTH]


# --- Words
# -----------------------------------------------------------------------------------------------------------


def day_words(moment: datetime | None, zone: ZoneInfo) -> str:
    """A local day as people say it."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return i18n.say(language(), "customer.day", weekday=i18n.say(language(), f"home.weekday_{local.weekday()}"),
                    month=i18n.say(language(), f"customer.month_{local.month}"), day=local.day)


def why_words(asked: queries.Return) -> str:
    """Why a return was decided so: our sentence for a code; a person's own words stay with the desk's letter."""
    code = f"customer.why_{asked.why}"
    return i18n.say(language(), code, days=asked.days) if i18n.has_sentence(code) else ""


# --- What is refused before there is a page
# ---------------------------------------------------------------------------


@bp.errorhandler(Refusal)
def on_refusal(refusal: Refusal) -> Response:
    return closed(refusal.code, refusal.status, **refusal.facts)


@bp.errorhandler(HTTPException)
def on_http_error(problem: HTTPException) -> Response:
    status = problem.code or 500
    code = f"customer.http_{status}"
    response = closed(code if i18n.has_sentence(code) else "customer.http_400", status)
    if status == 429:
        response.headers["Retry-After"] = str(WAIT_S)
    return response


def closed(code: str, status: int, **facts: Any) -> Response:
    """A page that says why there is none. The same words for every wrong link."""
    g.actor = None
    words = i18n.say(language(), code, **facts)
    if wants_json():
        return keep_out(answer_json({"code": code, "say": words, "facts": {}}, status))
    html = render_template("customer/closed.html", say=words, shop=shop())
    return keep_out(Response(html, status, mimetype="text/html"))
