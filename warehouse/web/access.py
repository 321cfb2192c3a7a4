"""Who may come in: a rule for every route, the turn behind the cookie, CSRF and the headers of every answer.

Deny by default: a route without `@rule` answers 403 to everybody, and a test finds it first.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, make_response, redirect, request, session, url_for
from flask.sessions import SessionInterface, SessionMixin
from flask_wtf.csrf import CSRFError, CSRFProtect

from warehouse import clock, i18n
from warehouse.domain.people import RIGHTS, Actor
from warehouse.errors import Conflict, NotAllowed
from warehouse.queries import counting, people, receiving
from warehouse.services import people as turns
from warehouse.web.http import actor as who
from warehouse.web.http import answer_json, config, database, read, vault, wants_json

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC, SIGNED_IN = "public", "signed in"
KNOWN_RIGHTS = frozenset().union(*RIGHTS.values()) | {PUBLIC, SIGNED_IN}
SEEN_EVERY = timedelta(minutes=1)
MOST_TOKENS = 2000
STRANGERS_BYTES = 256 * 1024
DEVICE_COOKIE_S = 5 * 365 * 24 * 3600

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'none'; object-src 'none'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A paper is shown inside our own page, by the browser's own viewer, which the rules for pages would stop.
PAPER_CSP = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

csrf = CSRFProtect()


def rule(*rights: str) -> Callable[[View], View]:
    """Who may use a route: any one of `rights` (names of `domain.people.RIGHTS`), PUBLIC or SIGNED_IN."""
    assert rights, "a rule names a right"
    assert KNOWN_RIGHTS.issuperset(rights), f"no such right: {rights}"

    def mark(view: View) -> View:
        view.rule = frozenset(rights)  # type: ignore[attr-defined]
        return view

    return mark


def brings_own_token(view: View) -> View:
    """For a form of a public page, whose visitor has no cookie that a token could be bound to: the route itself must
    check the token in its form before it does anything."""
    view.brings_own_token = True  # type: ignore[attr-defined]
    return view


def rule_of(app: Flask, endpoint: str) -> frozenset[str]:
    """The rule of a route; empty where it has none, and then nobody may use it."""
    found: frozenset[str] = getattr(app.view_functions[endpoint], "rule", frozenset())
    return found


def guard(app: Flask) -> None:
    """Put the gate before, and the headers behind, every route of `app`."""
    app.session_interface = TurnSession()
    app.config.update(
        SECRET_KEY=app.extensions["warehouse.database"].vault.cookie_key, WTF_CSRF_TIME_LIMIT=None,
        # We send no referrer; the gate checks Sec-Fetch-Site and Origin instead.
        WTF_CSRF_SSL_STRICT=False,
        # The gate calls it, after the turn is known: a tablet whose turn ended must hear 401, not 400.
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    csrf.init_app(app)
    app.before_request(check)
    app.after_request(add_headers)


class TurnSession(SessionInterface):
    """Flask-WTF keeps its token in `session`. Ours holds nothing else, needs no cookie of its own and is
    bound to the turn: another sign-in is another token."""

    def open_session(self, app: Flask, request: Any) -> Any:  # noqa: ARG002 - Flask calls it so
        kept = _Kept()
        token = request.cookies.get(cookie_name("turn")) or request.cookies.get(cookie_name("device"))
        if token:
            kept["csrf_token"] = bound_to(token)
        return kept

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing to save: the token follows from the cookie."""


class _Kept(dict[str, Any], SessionMixin):
    pass


def bound_to(token: str) -> str:
    """The CSRF secret of one cookie."""
    return hmac.new(vault().cookie_key, token.encode(), hashlib.sha256).hexdigest()


def cookie_name(name: str) -> str:
    return f"__Host-{name}" if config().is_https else name


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def keep_cookie(response: Response, name: str, token: str, *, seconds: int | None = None) -> None:
    response.set_cookie(
        cookie_name(name),
        token,
        max_age=seconds,
        httponly=True,
        samesite="Strict",
        secure=config().is_https,
        path="/",
    )


def forget_cookie(response: Response, name: str) -> None:
    response.delete_cookie(
        cookie_name(name), httponly=True, samesite="Strict", secure=config().is_https, path="/"
    )


def check() -> Any:
    """Before every request: who is it, may they, and did they mean it."""
    g.actor = None
    g.language = ""
    if b"%00" in request.query_string:
        abort(400)  # No database keeps it as text, and no person types it.
    if "\0" in request.path:
        abort(404)  # As above: so nothing has that address.
    if request.endpoint is None:
        g.actor = who_asks()
        return None
    allowed = rule_of(current_app, request.endpoint)
    if request.endpoint == "static":
        return None
    g.actor = actor = who_asks()
    if PUBLIC in allowed:
        # Whoever may send more says so in its view, before the body is read.
        request.max_content_length = STRANGERS_BYTES
    else:
        if actor is None:
            return ask_to_sign_in()
        if SIGNED_IN not in allowed and not any(actor.may(right) for right in allowed):
            raise NotAllowed("errors.not_allowed")
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        brings_own = getattr(current_app.view_functions[request.endpoint], "brings_own_token", False)
        has_token = brings_own or not (PUBLIC in allowed and request.is_json)
        refuse_other_sites(has_token=has_token)
        if has_token and not brings_own:
            refuse_wrong_token(request.headers.get("X-CSRFToken", ""))
    return None


def who_asks() -> Actor | None:
    """The actor behind the turn cookie; nobody if it ended, idled too long or came from another device."""
    token = request.cookies.get(cookie_name("turn"))
    if not token:
        return None
    now = clock.now()
    with database().glance() as connection:
        turn = people.find_turn(connection, hash_of(token))
    if turn is None or now - turn.seen_at > timedelta(minutes=config().idle_minutes):
        return None
    if turn.device_hash != hash_of(request.cookies.get(cookie_name("device"), "")):
        return None
    if now - turn.seen_at > SEEN_EVERY:
        database().write(turns.see, turn.id, now)
    return Actor(
        person_id=turn.person_id, device_id=turn.device_id, at=now, role=turn.role, language=turn.language,
        name=turn.name, sign_in_id=turn.id,
    )


def language() -> str:
    """The person's language; before sign-in what was chosen on the sign-in screen, else the browser's."""
    actor: Actor | None = g.get("actor")
    if actor is not None:
        return actor.language
    if not g.get("language"):
        chosen = request.cookies.get(cookie_name("language"))
        wanted = [tag for tag, _ in request.accept_languages]
        g.language = chosen if chosen in i18n.LANGUAGES else i18n.choose_language(wanted)
    return str(g.language)


def ask_to_sign_in() -> Response:
    """401; a page becomes the sign-in screen, a scan stays on its tablet and is sent after sign-in."""
    if wants_json():
        return answer_json(
            {"code": "errors.sign_in", "say": i18n.say(language(), "errors.sign_in"), "facts": {}}, 401
        )
    back = request.full_path.rstrip("?") if request.method == "GET" and not is_part() else ""
    login = url_for("people.login", next=back) if back not in {"", "/"} else url_for("people.login")
    if is_part() or request.method != "GET":
        response = make_response(i18n.say(language(), "errors.sign_in"), 401)
        response.headers["HX-Redirect"] = login
    else:
        response = make_response(redirect(login))
    response.headers["X-Login"] = login
    return response


def is_part() -> bool:
    return "HX-Request" in request.headers or "X-Scan" in request.headers


def refuse_wrong_token(sent: str) -> None:
    """A tablet sends the token of its page with each scan. What was found right once for this turn's secret stays
    right: the token has no end but that of the turn."""
    pair = sent, str(session.get("csrf_token", ""))
    if sent and pair in _right_tokens:
        return
    csrf.protect()
    if sent:
        if len(_right_tokens) >= MOST_TOKENS:
            _right_tokens.clear()
        _right_tokens.add(pair)


_right_tokens: set[tuple[str, str]] = set()


def refuse_other_sites(*, has_token: bool) -> None:
    """A second wall beside SameSite and the CSRF token: the browser itself says where a request comes from.
    It says "null" for a form of a page that sends no referrer, as ours do; then the token alone decides."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    ours = {None, f"http://{request.host}", f"https://{request.host}"} | ({"null"} if has_token else set())
    if site not in {"same-origin", "none"} or origin not in ours:
        raise NotAllowed("errors.other_site")


def on_csrf_error(_: CSRFError) -> Response:
    """The page is from another turn. A scan waits on its tablet until the page has been loaded anew."""
    if wants_json():
        say = i18n.say(language(), "errors.stale_page")
        return answer_json({"code": "errors.stale_page", "say": say, "facts": {}}, 400)
    return ask_to_sign_in()


def add_headers(response: Response) -> Response:
    headers = response.headers
    is_paper = response.mimetype == "application/pdf"
    headers["Content-Security-Policy"] = PAPER_CSP if is_paper else CSP
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if config().is_https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.endpoint == "static":
        # An address with the file's hash never changes its content.
        headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if request.args.get("v") else "no-cache"
        )
    else:
        headers["Vary"] = "HX-Request, X-Scan, Accept"
        headers.setdefault("Cache-Control", "no-store")
    return response


def idle_since(now: datetime) -> datetime:
    """Turns last seen before this moment are over."""
    return now - timedelta(minutes=config().idle_minutes)


def refuse_while_counting() -> None:
    """Before every page that says what the books have: whoever has a shelf under count in hand sees none (STK-3)."""
    with read() as session:
        shelf = counting.shelf_in_hand(session, who().person_id)
    if shelf is not None:
        raise Conflict("counting.blind_now", location=shelf)


def refuse_while_receiving_blind() -> None:
    """Before every page that says what was ordered: whoever counts a delivery blind learns it nowhere (REC-2). Those
    who order know it anyway."""
    if who().may("purchase"):
        return
    with read() as session:
        number = receiving.blind_in_hand(session, who().person_id)
    if number is not None:
        raise Conflict("receiving.blind_now", number=number)
