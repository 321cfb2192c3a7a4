"""What customers must hear: the queue, one letter, and the texts with their versions (EXC-3, SHP-3)."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from warehouse import clock, i18n, mailing
from warehouse.domain import letters
from warehouse.domain.carriers import CARRIERS
from warehouse.domain.messages import DRAFT, MESSAGE_FLOW, TOPICS
from warehouse.domain.orders import Recipient
from warehouse.errors import Invalid, NotFound
from warehouse.queries import messages as queries
from warehouse.services import messages_desk as desk
from warehouse.services import messages_texts as texts
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    address,
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

bp = Blueprint("messages", __name__, url_prefix="/messages")

SERVE, OPEN_PERSONAL, WRITE, REVIEW = "serve", "open_personal", "write_messages", "review_messages"
MOST_AT_ONCE = 50
CARRIER_PLANS = {plan.code: plan for plan in CARRIERS}
# What a text is shown with before any customer gets it.
SAMPLES = {
    i18n.ENGLISH: {"order": "#9015", "name": "Nora Whitlock", "title": "Emma", "reason": "too late", "answer": "…"},
    i18n.CHINESE: {"order": "20260304-118", "name": "周予安", "title": "三体", "reason": "超过期限", "answer": "……"},
}
SAMPLE_FACTS = {"carrier": "SF Express", "tracking": "SF1234567890123", "expected": "2026-03-09", "n": 2,
                "amount": 4600, "currency": "CNY", "number": "R0000042"}
SAMPLE_LINK = "Qm9va3MgYXJlIGdyZWF0"


# --- The queue
# ---------------------------------------------------------------------------------------------------------


@bp.get("/")
@rule(SERVE)
def listing() -> Response:
    """`shown` is to_tell, on_its_way or done; `why` narrows to one topic, `order` (its id) to one order; `after` turns
    the page."""
    shown = request.args.get("shown", "to_tell")
    why, order_id = request.args.get("why", ""), request.args.get("order", type=int)
    if shown not in queries.SHOWN or (why and why not in TOPICS):
        raise NotFound("messages.no_such_message")
    with read() as session:
        found = queries.list_messages(
            session, shown=shown, why=why, order_id=order_id, after=_place(request.args.get("after", "")))
        waiting = queries.count_waiting(session, clock.now())
    if wants_json():
        return answer_json({**asdict(found), "waiting": asdict(waiting)})
    return respond("messages/listing.html", {
        "found": found, "waiting": waiting, "shown": shown, "why": why, "order_id": order_id,
        "tabs": queries.SHOWN, "word": word,
        "facts": facts_line, "has_mail": bool(config().smtp_host), "address": address,
        "went": request.args.get("went", type=int), "stayed": request.args.get("stayed", type=int),
        "may_write": actor().may(WRITE) or actor().may(REVIEW),
        "after": "{}.{}".format(*found.after) if found.after else "",
    })


@bp.post("/send")
@rule(SERVE)
def send_many() -> Response:
    """Several suggested letters at once: `message`, one or more ids."""
    _want_mail()
    ids = [int(text) for text in texts_from_request("message") if text.isascii() and text.isdigit() and len(text) < 10]
    if not ids:
        raise Invalid("messages.choose_some")
    if len(ids) > MOST_AT_ONCE:
        raise Invalid("messages.too_many", most=MOST_AT_ONCE)
    went, stayed = write(desk.queue_many, ids, mailing.shop_of(config()))
    if wants_json():
        return answer_json({"went": went, "stayed": stayed})
    return make_response(redirect(url_for("messages.listing", went=went, stayed=stayed), 303))


@bp.get("/<int:message_id>")
@rule(SERVE)
def page(message_id: int) -> Response:
    return show(message_id)


def show(message_id: int, *, whom: Recipient | None = None, opened: desk.Opened | None = None) -> Response:
    """What happened beside what could be written. `whom` and `opened` are personal, for this one answer."""
    with read() as session:
        found = queries.message_page(session, message_id)
        if found is None:
            raise NotFound("messages.no_such_message")
        verbs = MESSAGE_FLOW.verbs(found.row.state)
        suggestion = desk.suggest(session, message_id, mailing.shop_of(config())) if "queue" in verbs else None
    if wants_json():
        return answer_json({
            **asdict(found), "verbs": verbs, "suggestion": asdict(suggestion) if suggestion else None,
            "phone": {"name": whom.name, "phone": whom.phone} if whom else None,
            "letter": asdict(opened) if opened else None,
        })
    return respond("messages/page.html", {
        "page": found, "row": found.row, "verbs": verbs, "suggestion": suggestion, "whom": whom, "opened": opened,
        "incident_word": incident_word,
        "word": word, "facts": facts_line, "has_mail": bool(config().smtp_host), "address": address, "note": note_words,
        "may_open": actor().may(OPEN_PERSONAL), "subject_limit": letters.SUBJECT_LIMIT,
        "body_limit": letters.BODY_LIMIT, "note_limit": desk.NOTE_LIMIT,
        "missing": ", ".join(f"{{{name}}}" for name in suggestion.letter.missing) if suggestion else "",
    })


@bp.post("/<int:message_id>/send")
@rule(SERVE)
def send(message_id: int) -> Response:
    _want_mail()
    write(desk.queue, message_id, *_text(), mailing.shop_of(config()), template_id=whole_from_request("template_id"))
    return done()


@bp.post("/<int:message_id>/take-back")
@rule(SERVE)
def take_back(message_id: int) -> Response:
    write(desk.take_back, message_id)
    return done(message_id)


@bp.post("/<int:message_id>/told")
@rule(SERVE)
def told(message_id: int) -> Response:
    write(desk.told, message_id, text_from_request("note"))
    return done()


@bp.post("/<int:message_id>/drop")
@rule(SERVE)
def drop(message_id: int) -> Response:
    write(desk.drop, message_id, text_from_request("reason"))
    return done()


@bp.post("/<int:message_id>/phone")
@rule(OPEN_PERSONAL)
def phone(message_id: int) -> Response:
    """Whom to call, for this one answer; a POST, because it is an act that is recorded."""
    return show(message_id, whom=write(desk.open_phone, message_id))


@bp.post("/<int:message_id>/letter")
@rule(OPEN_PERSONAL)
def letter(message_id: int) -> Response:
    """What was written, for this one answer; as above."""
    return show(message_id, opened=write(desk.open_letter, message_id))


# --- Texts
# -------------------------------------------------------------------------------------------------------------


@bp.get("/templates")
@rule(WRITE, REVIEW)
def templates() -> Response:
    """Every topic with the version in use and the draft, in both languages."""
    with read() as session:
        found = queries.list_texts(session)
    if wants_json():
        return answer_json({code: {name: [asdict(text) for text in each] for name, each in by.items()}
                            for code, by in found.items()})
    return respond("messages/templates.html", {
        "texts": found, "word": word, "languages": i18n.LANGUAGES, "topics": TOPICS, "in_use": queries.in_use})


@bp.get("/templates/<code>/<tongue>")
@rule(WRITE, REVIEW)
def template(code: str, tongue: str) -> Response:
    """One text: the draft or what is in use to be changed, what it looks like, and its versions."""
    with read() as session:
        versions = queries.versions_of(session, code, tongue)
    if not versions:
        raise NotFound("messages.no_such_text")
    if wants_json():
        return answer_json({"versions": [asdict(text) for text in versions], "names": letters.names_for(code)})
    draft = next((text for text in versions if text.state == DRAFT), None)
    shown = draft or queries.in_use(versions) or versions[0]
    return respond("messages/template.html", {
        "code": code, "tongue": tongue, "versions": versions, "draft": draft, "shown": shown, "word": word,
        "names": letters.names_for(code), "sample": _sample(shown.subject, shown.body, tongue), "is_answer": False,
        "languages": i18n.LANGUAGES, "may_write": actor().may(WRITE),
        "may_review": actor().may(REVIEW) and draft is not None and draft.author_id != actor().person_id,
        "is_own": draft is not None and draft.author_id == actor().person_id,
        "subject_limit": letters.SUBJECT_LIMIT, "body_limit": letters.BODY_LIMIT,
    })


@bp.post("/templates/<code>/<tongue>/preview")
@rule(WRITE, REVIEW)
def preview(code: str, tongue: str) -> Response:
    """The typed text with sample words; changes nothing."""
    if code not in TOPICS or tongue not in i18n.LANGUAGES:
        raise NotFound("messages.no_such_text")
    text = letters.check_text(code, *_text(), sends_itself=bool(text_from_request("sends_itself")))
    return respond("messages/_sample.html", {
        "sample": _sample(text.subject, text.body, tongue), "tongue": tongue, "is_answer": True})


@bp.post("/templates/<code>/<tongue>")
@rule(WRITE)
def write_draft(code: str, tongue: str) -> Response:
    write(texts.write_draft, code, tongue, *_text(), sends_itself=bool(text_from_request("sends_itself")))
    return done(where=url_for("messages.template", code=code, tongue=tongue))


@bp.post("/templates/<int:template_id>/review")
@rule(REVIEW)
def review(template_id: int) -> Response:
    """`seen_at` is the moment of the draft that the page showed: what was changed after it is read again."""
    write(texts.review, template_id, _seen_at())
    return done(where=url_for("messages.templates"))


@bp.post("/templates/<int:template_id>/discard")
@rule(WRITE, REVIEW)
def discard(template_id: int) -> Response:
    write(texts.discard, template_id, text_from_request("reason"))
    return done(where=url_for("messages.templates"))


# --- Words
# -------------------------------------------------------------------------------------------------------------


def word(group: str, name: str) -> str:
    """The word for a topic, state or language."""
    return i18n.say(language(), f"messages.{group}_{name.replace('-', '_').lower()}")


def incident_word(group: str, name: str) -> str:
    """The word for an incident's kind or step; its own name where there is none."""
    code = f"incidents.{group}_{name}"
    return i18n.say(language(), code) if i18n.has_sentence(code) else name.replace("_", " ")


def facts_line(facts: dict[str, Any]) -> str:
    """The facts of a message on one line, for those who tell it."""
    words = letters.fact_words(facts, language(), config().time_zone)
    if plan := CARRIER_PLANS.get(words.get("carrier", "")):
        words["carrier"] = plan.name_zh if language() == i18n.CHINESE else plan.name_en
    if "amount" in words:
        words["amount"] = f"{words['amount']} {words.get('currency', '')}".strip()
    if "n" in words:
        words["n"] = i18n.say(language(), "messages.copies", n=facts["n"])
    if "reason" in words:
        words["reason"] = note_words(words["reason"])
    shown = ("title", "n", "number", "carrier", "tracking", "expected", "amount", "reason")
    return " · ".join(words[name] for name in shown if words.get(name))


def note_words(code: str) -> str:
    """A reason as words; what a person wrote is its own words."""
    known = f"messages.reason_{code}"
    return i18n.say(language(), known) if i18n.has_sentence(known) else code


# --- Parsing
# -----------------------------------------------------------------------------------------------------------


def done(message_id: int | None = None, *, where: str = "") -> Response:
    if wants_json():
        return answer_json({"done": True})
    where = where or (url_for("messages.page", message_id=message_id) if message_id else url_for("messages.listing"))
    return make_response(redirect(where, 303))


def _want_mail() -> None:
    if not config().smtp_host:
        raise Invalid("messages.no_server")


def _text() -> tuple[str, str]:
    return (text_from_request("subject", most=letters.SUBJECT_LIMIT + 50),
            text_from_request("body", most=letters.BODY_LIMIT + 500))


def _sample(subject: str, body: str, tongue: str) -> letters.Letter:
    shop = mailing.shop_of(config())
    is_chinese = tongue == i18n.CHINESE
    words = letters.fact_words(SAMPLE_FACTS, tongue, config().time_zone) | SAMPLES[tongue] | {
        "shop": shop.name_zh if is_chinese else shop.name, letters.LINK: shop.address_of(SAMPLE_LINK)}
    return letters.suggest(subject, body, words)


def _place(text: str) -> tuple[int, int] | None:
    due, _, last = text.partition(".")
    is_place = all(part.isascii() and part.isdigit() and len(part) <= 15 for part in (due, last))
    return (int(due), int(last)) if is_place else None


def _seen_at() -> datetime | None:
    try:
        return datetime.fromisoformat(text_from_request("seen_at", most=40))
    except ValueError:
        return None
