"""Coming in, going out, one's own settings, and the manager's list of people (USR-1)."""

import secrets
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf

from warehouse import clock, i18n
from warehouse.domain.people import ROLES
from warehouse.domain.scans import ACCEPTED, ERROR, OK, REFUSED, Answer
from warehouse.errors import Invalid, NotFound, Refusal
from warehouse.queries import people as queries
from warehouse.services import people as service
from warehouse.web import access
from warehouse.web.access import PUBLIC, SIGNED_IN, rule
from warehouse.web.errors import on_refusal
from warehouse.web.http import (
    BadgeScanned,
    actor,
    answer_json,
    answer_scan,
    config,
    database,
    read,
    respond,
    scan_from_request,
    text_from_request,
    vault,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("people", __name__)

MANAGE = "people"


# --- Coming in ---------------------------------------------------------------------------------------------


@bp.get("/login")
@rule(PUBLIC)
def login() -> Any:
    if g.actor:
        return redirect(safe_next(request.args.get("next", "")))
    return show_login(who=request.args.get("who", type=int), back=request.args.get("next", ""))


@bp.post("/login/badge")
@rule(PUBLIC)
def login_badge() -> Response:
    """A badge names its person and opens nothing. It is not looked up before the PIN is there, so that this
    answer cannot tell a badge of ours from another."""
    try:
        scan_from_request()
    except BadgeScanned as scanned:
        answer = Answer(ACCEPTED, "people.badge_read", say("people.badge_read"), OK, {"badge": scanned.badge})
    else:
        answer = Answer(REFUSED, "people.not_a_badge", say("people.not_a_badge"), ERROR, {"badge": ""})
    return answer_scan(answer, "people/_badge.html")


@bp.post("/login")
@rule(PUBLIC)
def sign_in() -> Response:
    """Badge or name, and PIN. A program sends JSON and gets the CSRF token for what follows."""
    badge, pin = text_from_request("badge").upper(), text_from_request("pin")
    person_id, back = whole_from_request("person_id"), text_from_request("next")
    device_token, device_id = this_device()
    entry = try_pin(device_id, badge, person_id, pin)
    if entry.token is None:
        return refuse_entry(entry, device_token, badge=badge, who=person_id, back=back)
    session["csrf_token"] = access.bound_to(entry.token)
    g.pop("csrf_token", None)
    if wants_json() or request.is_json:
        response = answer_json({"csrf": generate_csrf(), "person": {"id": entry.person_id}})
    else:
        response = make_response(redirect(safe_next(back), 303))
    access.keep_cookie(response, "turn", entry.token)
    access.keep_cookie(response, "device", device_token, seconds=access.DEVICE_COOKIE_S)
    return response


def try_pin(device_id: int, badge: str, person_id: int | None, pin: str) -> service.Entry:
    """Look, judge outside of any transaction, then write what came of it."""
    with read() as looking:
        known = (
            queries.find_by_badge(looking, badge) if badge
            else queries.find_by_id(looking, person_id) if person_id else None
        )
    fits = service.pin_fits(vault(), known.pin_hash if known else None, pin)
    token = secrets.token_urlsafe(32)
    entry: service.Entry = database().write(
        service.finish_try, known.person_id if known else None, device_id, fits=fits, token=token,
        token_hash=access.hash_of(token), now=clock.now(),
    )
    return entry


def this_device() -> tuple[str, int]:
    """The cookie of this tablet and its row; both are made at its first try to sign in."""
    token = request.cookies.get(access.cookie_name("device")) or secrets.token_urlsafe(32)
    with read() as looking:
        known = queries.find_device(looking, access.hash_of(token))
    if known:
        return token, known.id
    name = say("people.new_tablet", name=secrets.token_hex(2).upper())
    return token, database().write(service.add_device, access.hash_of(token), name, clock.now())


def refuse_entry(
    entry: service.Entry, device_token: str, *, badge: str, who: int | None, back: str
) -> Response:
    facts = {"minutes": entry.minutes} if entry.minutes else {}
    if wants_json() or request.is_json:
        body = {"code": entry.code, "say": say(entry.code, minutes=entry.minutes), "facts": facts}
        response = answer_json(body, 401)
    else:
        response = show_login(badge=badge, who=who, back=back, problem=say(entry.code, minutes=entry.minutes))
        response.status_code = 401
    access.keep_cookie(response, "device", device_token, seconds=access.DEVICE_COOKIE_S)
    return response


def show_login(*, badge: str = "", who: int | None = None, back: str = "", problem: str = "") -> Response:
    """The sign-in screen. A tablet without cookie gets one here, because the form's token hangs on it."""
    token = request.cookies.get(access.cookie_name("device"))
    made = "" if token else secrets.token_urlsafe(32)
    if made:
        session["csrf_token"] = access.bound_to(made)
    with read() as looking:
        names = queries.list_names(looking)
    known = next((name for name in names if name.id == who), None)
    html = render_template(
        "people/login.html",
        names=names,
        chosen=known,
        badge=badge,
        back=back,
        problem=problem,
        shop=config().shop_name_zh if access.language() == i18n.CHINESE else config().shop_name,
        task={"badge": badge},
    )
    response = make_response(html)
    if made:
        access.keep_cookie(response, "device", made, seconds=access.DEVICE_COOKIE_S)
    return response


def safe_next(back: str) -> str:
    """Where to go after sign-in: an address of ours, or home. Browsers leave out tabs: "/⇥/other" is "//other"."""
    inside = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return back if inside else url_for("home.page")


# --- Going out ---------------------------------------------------------------------------------------------


@bp.post("/logout")
@rule(SIGNED_IN)
def logout() -> Response:
    write(service.sign_out)
    response = answer_json({}) if wants_json() else make_response(redirect(url_for("people.login"), 303))
    access.forget_cookie(response, "turn")
    return response


@bp.post("/badge")
@rule(SIGNED_IN)
def badge() -> Response:
    """Another person's badge on this tablet: the present turn ends and their PIN is asked for."""
    return next_badge(BadgeScanned(text_from_request("raw").upper()))


@bp.app_errorhandler(BadgeScanned)
def next_badge(scanned: BadgeScanned) -> Response:
    """The same from any screen that takes scans."""
    try:
        owner = write(service.end_by_next_badge, scanned.badge)
    except Refusal as refusal:
        # What is raised while one error is handled reaches no other handler.
        return on_refusal(refusal)
    if owner is None:
        answer = Answer(ACCEPTED, "people.already_you", say("people.already_you", name=actor().name), OK, {})
    else:
        answer = Answer(ACCEPTED, "people.turn_ended", say("people.turn_ended"), OK, {},
                        go=url_for("people.login", who=owner))
    response = answer_scan(answer, "people/_said.html")
    if owner is not None:
        access.forget_cookie(response, "turn")
    return response


# --- One's own settings ------------------------------------------------------------------------------------


@bp.post("/language")
@rule(PUBLIC)
def language() -> Response:
    """Before sign-in it is kept on the tablet, afterwards with the person."""
    wanted = text_from_request("language")
    if wanted not in i18n.LANGUAGES:
        raise Invalid("people.no_such_language")
    if g.actor:
        write(service.choose_language, wanted)
        return done(safe_next(text_from_request("next", default=url_for("people.profile"))))
    response = done(url_for("people.login", next=text_from_request("next") or None))
    access.keep_cookie(response, "language", wanted, seconds=access.DEVICE_COOKIE_S)
    return response


@bp.get("/me")
@rule(SIGNED_IN)
def profile() -> Response:
    with read() as looking:
        device = queries.find_device(looking, access.hash_of(request.cookies[access.cookie_name("device")]))
    return respond("people/profile.html", {
        "person": actor(), "device": device.name if device else "", "done": request.args.get("done", ""),
    })


@bp.post("/me/pin")
@rule(SIGNED_IN)
def own_pin() -> Response:
    new = text_from_request("new_pin")
    if new != text_from_request("again"):
        raise Invalid("people.pins_differ")
    with read() as looking:
        known = queries.find_by_id(looking, actor().person_id)
    pin_hash = service.hash_pin(vault(), new)
    fits = service.pin_fits(vault(), known.pin_hash if known else None, text_from_request("pin"))
    entry = write(service.change_own_pin, fits=fits, pin_hash=pin_hash)
    if entry.person_id is None:
        raise Invalid(entry.code, minutes=entry.minutes)
    return done(url_for("people.profile", done="pin_changed"))


@bp.post("/me/device")
@rule(SIGNED_IN)
def name_device() -> Response:
    write(service.rename_device, text_from_request("name"))
    return done(url_for("people.profile", done="device_named"))


# --- The manager's list ------------------------------------------------------------------------------------


@bp.get("/people/")
@rule(MANAGE)
def listing() -> Response:
    return respond("people/listing.html", members())


@bp.post("/people/")
@rule(MANAGE)
def add() -> Response:
    pin_hash = service.hash_pin(vault(), text_from_request("pin"))
    joined = write(
        service.add_person, name=text_from_request("name"), role=text_from_request("role"),
        language=text_from_request("language"), pin_hash=pin_hash,
    )
    return tell_badge(joined, 201)


@bp.post("/people/<int:person_id>/badge")
@rule(MANAGE)
def new_badge(person_id: int) -> Response:
    return tell_badge(write(service.give_new_badge, person_id))


@bp.post("/people/<int:person_id>/pin")
@rule(MANAGE)
def new_pin(person_id: int) -> Response:
    write(service.set_pin, person_id, service.hash_pin(vault(), text_from_request("pin")))
    return done(url_for("people.listing"))


@bp.post("/people/<int:person_id>/role")
@rule(MANAGE)
def change_role(person_id: int) -> Response:
    write(service.change_role, person_id, text_from_request("role"))
    return done(url_for("people.listing"))


@bp.post("/people/<int:person_id>/off")
@rule(MANAGE)
def switch_off(person_id: int) -> Response:
    write(service.switch_off, person_id)
    return done(url_for("people.listing"))


@bp.post("/people/<int:person_id>/on")
@rule(MANAGE)
def switch_on(person_id: int) -> Response:
    write(service.switch_on, person_id)
    return done(url_for("people.listing"))


@bp.post("/people/turns/<int:sign_in_id>/end")
@rule(MANAGE)
def end_turn(sign_in_id: int) -> Response:
    write(service.revoke, sign_in_id)
    return done(url_for("people.listing"))


def members(**more: Any) -> dict[str, Any]:
    with read() as looking:
        everybody = queries.list_members(looking, access.idle_since(clock.now()))
    return {"members": everybody, "roles": ROLES, "languages": i18n.LANGUAGES, "joined": None, **more}


def tell_badge(joined: service.Joined, status: int = 200) -> Response:
    """The badge's text is on this one answer and on no other."""
    if wants_json():
        return answer_json(joined, status)
    shown = members()
    owner = next((member for member in shown["members"] if member.id == joined.person_id), None)
    if owner is None:
        raise NotFound("errors.not_found")
    return respond(
        "people/listing.html", {**shown, "joined": {"name": owner.name, "badge": joined.badge}}, status
    )


def done(address: str) -> Response:
    return answer_json({}) if wants_json() else make_response(redirect(address, 303))


def say(code: str, **facts: Any) -> str:
    return i18n.say(access.language(), code, **facts)
