"""Trends of incidents (EXC-1, KPI-1): charts, the figures beside them, and both as a file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from warehouse import i18n
from warehouse.domain import accuracy
from warehouse.domain import incidents_trends as rules
from warehouse.domain.incidents import KINDS
from warehouse.domain.incidents_trends import Figure, Group
from warehouse.queries import incidents_trends as queries
from warehouse.web.access import language, rule
from warehouse.web.http import actor, answer_json, config, read, respond, wants_json

bp = Blueprint("incidents_trends", __name__, url_prefix="/incidents/trends")

CHART_WIDTH, CHART_TOP, CHART_BOTTOM = 760, 30, 170
COLUMN_SHARE = 0.62
# The rest of a long list is in the file.
SHOWN = 10
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Trends:
    """What is looked at: the periods by their beginnings, and the groups of each sort."""

    span: str
    kind: str
    begins: list[datetime]
    groups: dict[str, list[Group]]

    @property
    def totals(self) -> list[Figure]:
        """Of all kinds together, period by period."""
        return [sum((group.periods.get(n, Figure()) for group in self.groups[rules.KIND]), Figure())
                for n in range(len(self.begins))]


@dataclass(frozen=True)
class Column:
    """One period in the chart, in units of its viewBox."""

    x: float
    y: float
    width: float
    height: float
    name: str
    incidents: int


@bp.get("/")
@rule("see_board")
def page() -> Response:
    """`by` is day (the last fourteen), week or month (the last twelve); `kind` narrows to one kind."""
    found = look()
    if wants_json():
        return answer_json({"by": found.span, "begins": found.begins, "groups": found.groups})
    return respond("incidents_trends/page.html", {
        "found": found, "spans": rules.SPANS, "columns": columns(found), "kinds": KINDS, "word": word,
        "name_of": name_of, "total": sum(found.totals, Figure()), "shown": SHOWN, "begin_name": begin_name})


@bp.get("/export.<suffix>")
@rule("see_board")
def export(suffix: str) -> Response:
    """The same figures, every group in every period: CSV in one table, XLSX with a sheet for each sort."""
    # The spreadsheet library is loaded with the first sheet that somebody asks for.
    from warehouse.gateways import exports  # noqa: PLC0415

    found = look()
    header = [say(f"col_{name}") for name in ("by", "name", "period", "incidents", "units")]
    sheets = [(say(f"by_{by}"), header, sheet_rows(found, by)) for by in rules.GROUPS]
    if suffix == "xlsx":
        body, mimetype = exports.sheets_to_xlsx(sheets), XLSX
    else:
        suffix, mimetype = "csv", "text/csv"
        body = exports.to_csv(header, [row for _, _, rows in sheets for row in rows])
    name = f"incidents-{found.span}-{local(actor().at):%Y-%m-%d}.{suffix}"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def sheet_rows(found: Trends, by: str) -> list[list[Any]]:
    return [
        [say(f"by_{by}"), name_of(by, group.name), begin_name(found.span, found.begins[n]), figure.incidents,
         figure.units]
        for group in found.groups[by] for n, figure in sorted(group.periods.items())]


def look() -> Trends:
    given, kind = request.args.get("by", rules.WEEK), request.args.get("kind", "")
    span, kind = given if given in rules.SPANS else rules.WEEK, kind if kind in KINDS else ""
    zone = ZoneInfo(config().time_zone)
    begins = [accuracy.begins(day, zone) for day in rules.periods(span, local(actor().at).date())]
    with read() as session:
        return Trends(span, kind, begins, queries.look(session, begins, actor().at, kind=kind))


def columns(found: Trends) -> list[Column]:
    """A column for each period, the highest as high as the chart."""
    totals = found.totals
    most, step = max((each.incidents for each in totals), default=0) or 1, CHART_WIDTH / len(totals)
    made = []
    for n, (begin, figure) in enumerate(zip(found.begins, totals, strict=True)):
        height = round((CHART_BOTTOM - CHART_TOP) * figure.incidents / most, 1)
        made.append(Column(round(step * (n + 0.5), 1), round(CHART_BOTTOM - height, 1), round(step * COLUMN_SHARE, 1),
                           height, begin_name(found.span, begin), figure.incidents))
    return made


def begin_name(span: str, begin: datetime) -> str:
    """"2026-03-02", for a month "2026-03"."""
    return local(begin).strftime("%Y-%m" if span == rules.MONTH else "%Y-%m-%d")


def name_of(by: str, name: str) -> str:
    """What a group is called: our words for our own codes, a publisher's or carrier's own name else."""
    if not name:
        return say("nobody_said")
    return word(by, name) if by in (rules.KIND, rules.CAUSE, rules.STAGE) else name


def word(group: str, name: str) -> str:
    code = f"incidents.{group}_{name}"
    return i18n.say(language(), code) if i18n.has_sentence(code) else name


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(config().time_zone))


def say(name: str) -> str:
    return i18n.say(language(), f"incidents_trends.{name}")
