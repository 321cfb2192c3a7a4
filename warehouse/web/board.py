"""The lead's board: what the floor looks like now, drawn anew every few seconds without a click."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from warehouse import i18n
from warehouse.queries import board as queries
from warehouse.web.access import language, rule
from warehouse.web.http import actor, answer_json, config, read, respond, wants_json, wants_part

bp = Blueprint("board", __name__, url_prefix="/board")

CHART_WIDTH, CHART_HEIGHT, CHART_TOP = 560, 150, 24
LEAST_HOURS, WIDEST_BAR = 6, 56


@dataclass(frozen=True)
class Bar:
    """One hour of the chart, in units of its viewBox."""

    hour: int
    n: int
    x: float
    y: float
    width: float
    height: float
    is_now: bool


@bp.get("/")
@rule("see_board")
def page() -> Response:
    """Asked again with `If-None-Match`, an unchanged board costs 304."""
    now = actor().at
    local = now.astimezone(ZoneInfo(config().time_zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    with read() as session:
        board = queries.look(session, now, midnight)
    if wants_json():
        return answer_json({
            **asdict(board), "states": board.states, "late_count": board.late_count, "soon_count": board.soon_count,
            "next_truck": board.next_truck, "lines_left": board.lines_left,
        })
    response = respond("board/page.html", {
        "board": board, "bars": bars(board.hours, local.hour), "is_part": wants_part(), "word": word,
        "me_may": actor().may, "today": local.strftime("%Y-%m-%d"), "minutes": minutes,
    })
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


def bars(hours: dict[int, int], hour_now: int) -> list[Bar]:
    """One bar an hour, from the first with lines, at least `LEAST_HOURS` of them, to the present one."""
    last = max([hour_now, *hours])
    first = max(0, min([last - LEAST_HOURS + 1, *hours]))
    step = CHART_WIDTH / (last - first + 1)
    width = min(step * 0.72, WIDEST_BAR)
    most = max([1, *hours.values()])
    drawn = []
    for place, hour in enumerate(range(first, last + 1)):
        n = hours.get(hour, 0)
        height = round((CHART_HEIGHT - CHART_TOP) * n / most, 1)
        drawn.append(Bar(hour, n, round(place * step + (step - width) / 2, 1), CHART_HEIGHT - height, round(width, 1),
                         height, hour == hour_now))
    return drawn


def word(group: str, name: str) -> str:
    """The word another room has for a state, reason or kind; the bare name where it has none."""
    code = f"{group}_{name}"
    return i18n.say(language(), code) if i18n.has_sentence(code) else name.replace("_", " ")


def minutes(span: timedelta) -> str:
    """"22 min", or "3 h 05" from two hours on."""
    total = int(abs(span) / timedelta(minutes=1))
    if total < 120:
        return i18n.say(language(), "board.minutes", n=total)
    return i18n.say(language(), "board.hours", h=total // 60, m=f"{total % 60:02d}")
