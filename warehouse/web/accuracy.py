"""How well books and shelves agree: what counts found by time, zone, class, counter and cause (KPI-1, STK-3)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from warehouse import i18n
from warehouse.domain import accuracy as rules
from warehouse.domain import cycle_plan as plan
from warehouse.domain.accuracy import Score
from warehouse.queries import accuracy as queries
from warehouse.queries.accuracy import Accuracy
from warehouse.services import cycle_plan
from warehouse.web.access import language, rule
from warehouse.web.http import actor, answer_json, config, read, respond, wants_json

bp = Blueprint("accuracy", __name__, url_prefix="/accuracy")

CHART_WIDTH, CHART_TOP, CHART_BOTTOM = 760, 28, 170
# The chart shows this much at least, so that one line that was wrong is no cliff.
LOWEST_PERCENT = 90.0
BAR_WIDTH, BAR_STEP = 240, 40
UNBROKEN = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Point:
    """One period in the chart, in units of its viewBox; without a count it has no `y`."""

    x: float
    y: float | None
    percent: float | None
    begins: datetime


@bp.get("/")
@rule("see_variances")
def page() -> Response:
    """`by` is week (the last twelve) or month."""
    now, span = actor().at, wanted_span()
    found = look(span)
    with read() as session:
        due = plan.due_by_class(cycle_plan.standings(session), now)
    if wants_json():
        return answer_json({"by": span, **asdict(found), "due": due})
    points = chart(found.periods)
    return respond("accuracy/page.html", {
        "found": found, "span": span, "spans": rules.SPANS, "due": due, "points": points, "lines": runs(points),
        "bars": bars(found.causes), "floor": floor_of(points), "bar_step": BAR_STEP, "percent": percent,
        "name_of": name_of, "cause": cause, "worths": worths, "intervals": plan.INTERVAL_DAYS,
    })


@bp.get("/export")
@rule("see_variances")
def export() -> Response:
    """The same figures as CSV, a row for each group and currency."""
    # The spreadsheet library is loaded with the first sheet that somebody asks for.
    from warehouse.gateways import exports  # noqa: PLC0415

    span = wanted_span()
    found = look(span)
    groups: list[tuple[str, Sequence[tuple[Any, Score]]]] = [
        (span, found.periods), ("zone", found.zones), ("class", found.classes), ("counter", found.counters)]
    rows = [row for group, scores in groups for name, score in scores for row in sheet_rows(group, name, score)]
    rows += [[say("group_cause"), cause(one.name), one.lines, None, None, None, one.units] for one in found.causes]
    header = [say(f"col_{name}") for name in (
        "group", "name", "lines", "right", "lines_percent", "units", "units_off", "units_percent", "currency", "value",
        "value_off", "value_net", "value_percent")]
    return Response(exports.to_csv(header, rows), mimetype="text/csv", headers={
        "Content-Disposition": f'attachment; filename="accuracy-{span}-{local(actor().at):%Y-%m-%d}.csv"'})


def sheet_rows(group: str, name: Any, score: Score) -> list[list[Any]]:
    """One row for each currency; one at least. Money as the currency's minor units, as everywhere in our files."""
    counted = [say(f"group_{group}"), name_of(group, name), score.lines, score.right, score.lines_percent, score.units,
               score.units_off, score.units_percent]
    return [[*counted, currency, worth.value, worth.off, worth.net, worth.percent]
            for currency, worth in score.worth.items()] or [counted]


def wanted_span() -> str:
    given = request.args.get("by", rules.WEEK)
    return given if given in rules.SPANS else rules.WEEK


def look(span: str) -> Accuracy:
    """The figures of the last twelve weeks or months of the shop's own calendar."""
    zone = ZoneInfo(config().time_zone)
    begins = [rules.begins(day, zone) for day in rules.periods(span, local(actor().at).date())]
    with read() as session:
        return queries.look(session, begins, actor().at)


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(config().time_zone))


def floor_of(points: Sequence[Point]) -> float:
    """The percent at the foot of the chart: 90, or the next ten below the worst period."""
    worst = min((point.percent for point in points if point.percent is not None), default=100.0)
    return min(LOWEST_PERCENT, worst // 10 * 10)


def chart(periods: Sequence[tuple[datetime, Score]]) -> list[Point]:
    """Accuracy by lines, a point for each period."""
    step = CHART_WIDTH / len(periods)
    bare = [Point(round(step * (n + 0.5), 1), None, score.lines_percent, begin)
            for n, (begin, score) in enumerate(periods)]
    foot = floor_of(bare)
    height = CHART_BOTTOM - CHART_TOP
    return [Point(point.x, None if point.percent is None else
                  round(CHART_BOTTOM - height * (point.percent - foot) / (100 - foot), 1), point.percent, point.begins)
            for point in bare]


def runs(points: Sequence[Point]) -> list[str]:
    """Polylines through periods that follow each other; a period without a count breaks the line."""
    found: list[list[str]] = [[]]
    for point in points:
        if point.y is None:
            found.append([])
        else:
            found[-1].append(f"{point.x},{point.y}")
    return [" ".join(run) for run in found if len(run) > 1]


def bars(causes: Sequence[queries.Cause]) -> list[tuple[queries.Cause, int, float]]:
    """(cause, y, width) of each bar, the longest as wide as the chart."""
    most = max((each.units for each in causes), default=1)
    return [(each, n * BAR_STEP, round(BAR_WIDTH * each.units / most, 1)) for n, each in enumerate(causes)]


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}{UNBROKEN}%"


def worths(score: Score) -> str:
    """Accuracy by value, each currency for itself: money of two cannot be added."""
    if len(score.worth) < 2:
        return percent(next((worth.percent for worth in score.worth.values()), None))
    return " · ".join(f"{currency}{UNBROKEN}{percent(worth.percent)}" for currency, worth in score.worth.items())


def name_of(group: str, name: Any) -> str:
    """What a group is called: a zone's or person's own name, a day for a period."""
    if group in rules.SPANS:
        return local(name).strftime("%Y-%m-%d" if group == rules.WEEK else "%Y-%m")
    return str(name) or say("no_zone")


def cause(name: str) -> str:
    """The desk's word for a cause."""
    code = f"stocktakes.cause_{name}"
    return say("no_cause") if not name else i18n.say(language(), code) if i18n.has_sentence(code) else name


def say(code: str) -> str:
    return i18n.say(language(), f"accuracy.{code}")
