"""What every blueprint needs of HTTP: the database's doors with the actor, one scan in, one answer out."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from flask import Response, current_app, g, render_template, request, url_for
from flask.json.provider import DefaultJSONProvider

from warehouse import clock
from warehouse.config import Config
from warehouse.db import Database
from warehouse.domain import own_labels
from warehouse.domain.money import minor_per_major
from warehouse.domain.people import Actor
from warehouse.domain.scans import RAW_LIMIT, Answer, ScanIn
from warehouse.errors import Conflict, Invalid, NotAllowed
from warehouse.gateways import photos as camera
from warehouse.queries import people
from warehouse.vault import Vault

STEP_LIMIT = 40
MOST_UNITS = 9999
UUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# A tablet stops taking scans after half an hour without network (static/js/net.js).
LATE_SCANS = timedelta(hours=1)
AIM_LENGTH = 3
# No database keeps these as text. A code that holds one is a misread and answered as one: as a fault, it would be
# sent again for ever.
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
MOST_ID = 2**31 - 1
AMOUNT = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")


class BadgeScanned(Exception):
    """Someone held a badge before the scanner, on whatever screen: the present turn ends (USR-1)."""

    def __init__(self, badge: str) -> None:
        super().__init__("badge")
        self.badge = badge


class PlainJson(DefaultJSONProvider):
    """JSON as a person would write it: Chinese as Chinese, moments as ISO 8601, keys in our order."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    @staticmethod
    def default(value: Any) -> Any:
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, frozenset | set):
            return sorted(value)
        return DefaultJSONProvider.default(value)


def config() -> Config:
    return cast(Config, current_app.extensions["warehouse.config"])


def database() -> Database:
    return cast(Database, current_app.extensions["warehouse.database"])


def vault() -> Vault:
    return database().vault


def actor() -> Actor:
    """Who asks. Routes that are open to nobody in particular must not call this."""
    return cast(Actor, g.actor)


def write(use_case: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """`use_case(session, actor, *args)` in one transaction; its result after the commit."""
    return database().write(use_case, actor(), *args, **named)


def read() -> AbstractContextManager[Any]:
    """A session that only looks."""
    return database().read()


def wants_json() -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def wants_part() -> bool:
    """Asked for by htmx or by the scan queue: the part that changes, not the page round it."""
    headers = request.headers
    if headers.get("X-Scan"):
        return True
    return (
        "HX-Request" in headers
        and "HX-Boosted" not in headers
        and "HX-History-Restore-Request" not in headers
    )


def scan_from_request() -> ScanIn:
    """The scan in a form or JSON body (FLOWS). Refuses what no tablet of ours sends. A badge ends the turn
    instead; a scan that waited since the turn before is its maker's."""
    body = _body()
    scan_id, raw, step = (
        str(body.get("scan_id") or ""),
        _text(body.get("raw")),
        _text(body.get("step")),
    )
    g.scan_id = scan_id
    if not UUID.fullmatch(scan_id):
        raise Invalid("scan.id_wanted")
    if not raw or len(raw) > RAW_LIMIT:
        raise Invalid("scan.raw_length", most=RAW_LIMIT)
    if len(step) > STEP_LIMIT:
        raise Invalid("scan.step_length", most=STEP_LIMIT)
    made_by = str(body.get("made_by") or "")
    if badge := badge_in(raw):
        raise BadgeScanned(badge)
    if made_by and made_by != str(actor().person_id):
        g.actor = late_maker(made_by)
    return ScanIn(
        scan_id=scan_id, raw=raw, step=step,
        units=_whole(body.get("units", body.get("qty")), "scan.units_wrong", most=MOST_UNITS),
        choice=_whole(body.get("choice"), "scan.choice_wrong"), made_at=_moment(body.get("made_at")),
    )


def late_maker(made_by: str) -> Actor:
    """Who made a scan that waited on this tablet while the next person signed in: it is a physical fact, and
    theirs. Refused where that person had no turn at this device within the last hour, or not the right."""
    now = clock.now()
    with read() as session:
        turn = people.find_late_turn(session, _whole(made_by, "scan.made_by_other") or 0, actor().device_id,
                                     since=now - LATE_SCANS)
    if turn is None:
        raise Conflict("scan.made_by_other")
    maker = Actor(person_id=turn.person_id, device_id=turn.device_id, at=now, role=turn.role,
                  language=turn.language, name=turn.name, sign_in_id=turn.id)
    allowed = getattr(current_app.view_functions[request.endpoint or ""], "rule", frozenset[str]())
    if not any(maker.may(right) for right in allowed):
        raise NotAllowed("errors.not_allowed")
    return maker


def badge_in(raw: str) -> str:
    """The badge in a gun's read, with or without its symbology identifier; empty for every other code."""
    text = raw[AIM_LENGTH:] if raw.startswith("]") else raw
    if len(text) != own_labels.BADGE_LENGTH or text[0] not in "Uu":
        return ""
    return text.upper() if own_labels.is_whole(text.upper()) else ""


def text_from_request(name: str, *, most: int = 500, default: str = "") -> str:
    """One text of a form or JSON body, without the blanks round it. Refuses a longer one."""
    text = _text(_body().get(name) or default).strip()
    if len(text) > most:
        raise Invalid("common.text_too_long", most=most)
    return text


def texts_from_request(name: str) -> list[str]:
    """All texts of one name in a form, or the list of that name in a JSON body."""
    body = _body()
    given = body.get(name) if request.is_json else body.getlist(name)
    return [_text(each) for each in given] if isinstance(given, list) else []


def whole_from_request(name: str, *, most: int = 10**9) -> int | None:
    """One whole number of a form or JSON body, or None where it is empty. Refuses anything else."""
    return _whole(_body().get(name), "common.number_wrong", most=most)


def amount_from_request() -> int | None:
    """Minor units of the field `amount`, typed as 12.50, of the currency in the field `currency`; None where it is
    empty."""
    text = text_from_request("amount", most=20)
    if not text:
        return None
    match = AMOUNT.fullmatch(text)
    if match is None:
        raise Invalid("common.amount_wrong")
    whole, part = int(match[1]), int((match[2] or "").ljust(2, "0"))
    factor = minor_per_major(text_from_request("currency", most=3))
    if part * factor % 100:
        raise Invalid("common.amount_wrong")
    return whole * factor + part * factor // 100


def picture_from_request() -> camera.Picture:
    """The file of the field `photo`, drawn anew (EXC-1). Read no further than the largest photo."""
    given = request.files.get("photo")
    return camera.make_jpeg(given.read(camera.MOST_BYTES + 1) if given else b"")


def respond(template: str, data: Any, status: int = 200, *, part: str | None = None) -> Response:
    """The same data as JSON, as a page (`area/run.html`), or as the part that the page includes
    (`area/_run.html` unless `part` names another) where htmx or a scan asks."""
    if wants_json():
        return answer_json(data, status)
    shown = (
        data if isinstance(data, dict) else {field.name: getattr(data, field.name) for field in fields(data)}
    )
    if wants_part():
        template = part or part_of(template)
    return Response(render_template(template, **shown), status, mimetype="text/html")


def address(endpoint: str, **values: Any) -> str:
    """Where another room tells more, or nothing where this person may not go or the house has no such room."""
    view = current_app.view_functions.get(endpoint)
    rights = getattr(view, "rule", frozenset[str]())
    return url_for(endpoint, **values) if any(actor().may(right) for right in rights) else ""


def answer_json(data: Any, status: int = 200) -> Response:
    plain = asdict(data) if is_dataclass(data) and not isinstance(data, type) else data
    return Response(current_app.json.dumps(plain), status, mimetype="application/json")


def answer_scan(answer: Answer, part_template: str) -> Response:
    """The answer to one scan: the same `Answer` as JSON, or its screen part with `answer` and `task` in it.
    `X-Go` leads to another screen where the scan opened one."""
    if wants_json():
        text = json.dumps(vars(answer), ensure_ascii=False, separators=(",", ":"), default=PlainJson.default)
        return Response(text, mimetype="application/json")
    html = render_template(part_template, answer=answer, task=answer.task, answer_id=g.get("scan_id", ""))
    response = Response(html, mimetype="text/html")
    if answer.go:
        response.headers["X-Go"] = answer.go
    return response


def part_of(template: str) -> str:
    """`picking/run.html` includes `picking/_run.html`; a page without a part is its own."""
    folder, _, name = template.rpartition("/")
    part = f"{folder}/_{name}" if folder else f"_{name}"
    return part if part in current_app.extensions["warehouse.templates"] else template


def _body() -> Any:
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Invalid("common.json_wrong")
        return body
    return request.form


def _text(given: Any) -> str:
    return _NO_TEXT.sub("\ufffd", str(given or ""))


def _whole(given: Any, code: str, *, most: int = MOST_ID) -> int | None:
    if given is None or given == "":
        return None
    text = str(given).strip()
    is_whole = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ID))
    if isinstance(given, bool) or not is_whole or int(text) > most:
        raise Invalid(code)
    return int(text)


def _moment(given: Any) -> datetime | None:
    """When the device says it was; a device's clock is no reason to lose a scan."""
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
