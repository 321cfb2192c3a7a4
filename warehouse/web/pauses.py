"""The emergency stop (SEC-3): what stands still and why, begun and ended here; its banner on screens of the work."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from warehouse import i18n
from warehouse.domain import pauses as rules
from warehouse.domain.carriers import CARRIERS
from warehouse.errors import Invalid, NotFound
from warehouse.queries import orders as things
from warehouse.queries import pauses as queries
from warehouse.services import pauses
from warehouse.web.access import language, rule
from warehouse.web.http import (
    actor,
    answer_json,
    database,
    read,
    respond,
    text_from_request,
    wants_json,
    write,
)

bp = Blueprint("pauses", __name__, url_prefix="/pauses")

CODE_LENGTH = 40


@bp.get("/")
@rule("see_board", "pause")
def listing() -> Response:
    with read() as session:
        now, past = pauses.open_pauses(session), queries.list_past(session)
        kept = queries.orders_kept_back(session)
    if wants_json():
        return answer_json({"open": now, "past": past, "kept_back": kept})
    return respond("pauses/listing.html", {
        "now": now, "past": past, "kept_back": kept, "may_pause": actor().may("pause"), "carriers": CARRIERS,
        "what": rules.WHAT, "scopes": rules.SCOPES, "wanted": request.args.get("scope", rules.ALL),
        "may_see_orders": actor().may("see_orders"),
    })


@bp.post("/")
@rule("pause")
def begin() -> Response:
    """`what` one or both of release and dispatch; `scope` all, carrier (`carrier_code`) or item (`code`)."""
    scope, reason = text_from_request("scope", default=rules.ALL), text_from_request("reason")
    carrier = text_from_request("carrier_code") if scope == rules.CARRIER else None
    item_id = item_named(text_from_request("code", most=CODE_LENGTH)) if scope == rules.ITEM else None
    what = chosen()
    if not what or scope not in rules.SCOPES or (scope == rules.CARRIER and not carrier):
        raise Invalid("pauses.choose_what")
    made = write(begin_all, what, reason, carrier, item_id)
    return answer_json({"pauses": made}) if wants_json() else back()


def begin_all(session: Any, me: Any, what: list[str], reason: str, carrier: str | None, item_id: int | None) -> Any:
    """Both stops of one press, or none."""
    return [pauses.begin(session, me, one, reason, carrier_code=carrier, item_id=item_id) for one in what]


@bp.post("/<int:pause_id>/end")
@rule("pause")
def end(pause_id: int) -> Response:
    write(pauses.end, pause_id, text_from_request("note", most=rules.REASON_LENGTH))
    return answer_json({"ended": pause_id}) if wants_json() else back()


def chosen() -> list[str]:
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    given = body.get("what") if request.is_json and isinstance(body, dict) else request.form.getlist("what")
    return [str(one) for one in given] if isinstance(given, list) else [str(given)] if given else []


def item_named(code: str) -> int:
    with read() as session:
        found = things.items_named(session, code) if code else []
    if len(found) != 1:
        raise Invalid("pauses.several_items") if found else NotFound("pauses.no_such_item")
    return found[0]


def back() -> Response:
    return redirect(url_for("pauses.listing"), 303)  # type: ignore[return-value]


# --- Words on other screens ------------------------------------------------------------------------------------------


@bp.app_template_global()
def pauses_now() -> tuple[rules.OpenPause, ...]:
    """One small SELECT for a whole page; the part that a scan is answered with does not ask."""
    with database().glance() as connection:
        return pauses.open_pauses(connection)


@bp.app_template_global()
def pause_words(pause: Any) -> str:
    """"Dispatch with SF Express is stopped"."""
    carrier = pause.carrier_zh if language() == i18n.CHINESE else pause.carrier_en
    return i18n.say(language(), f"pauses.says_{pause.what}_{pause.scope}", name=carrier or pause.item_title)
