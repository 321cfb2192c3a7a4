"""Why copies come back, as figures: by reason, month, title, publisher and carrier (RET-2)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from warehouse import i18n
from warehouse.domain import accuracy as spans
from warehouse.errors import Invalid
from warehouse.queries import returns_figures as queries
from warehouse.queries.returns_figures import MONTH, REASON, Figures
from warehouse.web.access import language, rule
from warehouse.web.http import actor, answer_json, config, read, respond, wants_json

bp = Blueprint("returns_figures", __name__, url_prefix="/returns/figures")

SHEETS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
COLUMNS = ("group", "name", "returned", "accepted", "sent", "percent")
UNBROKEN = "\N{NO-BREAK SPACE}"


@bp.get("/")
@rule("ask_return", "see_board")
def page() -> Response:
    """The last twelve months."""
    begins, found = look()
    if wants_json():
        return answer_json({"begins": begins, "figures": found})
    return respond("returns/figures.html", {
        "found": found, "groups": queries.GROUPS, "name_of": lambda by, name: name_of(by, name, begins),
        "most": {by: max((each.returned for each in groups), default=0) for by, groups in found.groups.items()},
        "percent": percent})


@bp.get("/export")
@rule("ask_return", "see_board")
def export() -> Response:
    """All groups as `as` csv or xlsx, a row each."""
    # The spreadsheet library is loaded with the first sheet that somebody asks for.
    from warehouse.gateways import exports  # noqa: PLC0415

    form = request.args.get("as", "csv")
    if form not in SHEETS:
        raise Invalid("stock.no_such_sheet")
    begins, found = look(most=None)
    header = [say(f"col_{name}") for name in COLUMNS]
    rows: list[list[Any]] = [
        [say(f"by_{by}"), name_of(by, each.name, begins), each.returned, each.accepted, each.sent, each.percent]
        for by in queries.GROUPS for each in found.groups[by]]
    sheet = exports.to_csv(header, rows) if form == "csv" else exports.to_xlsx(header, rows, say("figures"))
    return Response(sheet, mimetype=SHEETS[form], headers={
        "Content-Disposition": f'attachment; filename="returns-{local(actor().at):%Y-%m-%d}.{form}"'})


def look(*, most: int | None = 15) -> tuple[list[datetime], Figures]:
    zone, now = ZoneInfo(config().time_zone), actor().at
    begins = [spans.begins(day, zone) for day in spans.periods(spans.MONTH, local(now).date())]
    with read() as session:
        return begins, queries.look(session, begins, now, most=most)


def name_of(by: str, name: str, begins: list[datetime]) -> str:
    """What a group is called: a month by its number, a reason by its word, the others by themselves."""
    if by == MONTH:
        return f"{local(begins[int(name)]):%Y-%m}"
    if by == REASON:
        return say(f"reason_{name}")
    return name or say("nameless")


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}{UNBROKEN}%"


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(config().time_zone))


def say(code: str) -> str:
    return i18n.say(language(), f"returns.{code}")
