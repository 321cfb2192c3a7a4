"""Late before it is late (ORD-4): what will miss its clock, and the working time that clocks run by."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, request, url_for

from warehouse import i18n
from warehouse.domain.clocks import AT_RISK, LATE, VERDICTS
from warehouse.domain.orders import BEFORE_DISPATCH
from warehouse.domain.shifts import WEEKDAYS, read_day, read_hours
from warehouse.errors import Invalid
from warehouse.queries import delays as queries
from warehouse.services import shifts as planning
from warehouse.web.access import language, refuse_while_counting, rule
from warehouse.web.http import (
    actor,
    answer_json,
    config,
    read,
    respond,
    text_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("delays", __name__, url_prefix="/delays")
bp.before_request(refuse_while_counting)

FOCUS = (AT_RISK, LATE)
TEXT_LENGTH = 120
MOST_NUMBER = 999


@bp.get("/")
@rule("see_board")
def listing() -> Response:
    """What will be late first, then what is; `verdict`, `carrier` and `state` narrow it."""
    wanted, carrier, state = (request.args.get(name, "") for name in ("verdict", "carrier", "state"))
    verdicts = (wanted,) if wanted in VERDICTS else FOCUS
    with read() as session:
        found = queries.look(
            session, actor().at, planning.calendar(session), verdicts=verdicts, carrier_code=carrier[:20],
            state=state if state in BEFORE_DISPATCH else "")
    if wants_json():
        return answer_json(found)
    return respond("delays/listing.html", {
        "found": found, "verdict": wanted if wanted in VERDICTS else "", "carrier": carrier, "state": state,
        "verdicts": VERDICTS, "word": word, "day_of": day_of, "may_see": actor().may("see_orders"),
        "may_plan": actor().may("plan_shifts"), "shown": queries.SHOWN})


@bp.get("/shifts")
@rule("plan_shifts")
def shifts() -> Response:
    with read() as session:
        plan = queries.look_at_plan(session, planning.calendar(session), actor().at)
    if wants_json():
        return answer_json(plan)
    return respond("delays/shifts.html", {
        "plan": plan, "confirm_minutes": config().confirm_minutes, "is_chinese": language() == i18n.CHINESE,
        "shop_zone": config().time_zone})


@bp.post("/shifts/week")
@rule("plan_shifts")
def week() -> Response:
    """The hours of each weekday, as text in `day_0` (Monday) to `day_6`."""
    write(planning.set_week, [
        (weekday, opens, closes) for weekday in WEEKDAYS
        for opens, closes in read_hours(text_from_request(f"day_{weekday}", most=TEXT_LENGTH))])
    return planned()


@bp.post("/shifts/days-off")
@rule("plan_shifts")
def add_day_off() -> Response:
    write(planning.add_day_off, read_day(text_from_request("day", most=20)), text_from_request("name", most=60))
    return planned()


@bp.post("/shifts/days-off/<day>/remove")
@rule("plan_shifts")
def remove_day_off(day: str) -> Response:
    write(planning.remove_day_off, read_day(day))
    return planned()


@bp.post("/shifts/carriers/<code>")
@rule("plan_shifts")
def carrier_times(code: str) -> Response:
    """When its truck leaves, and how soon its parcels speak and arrive."""
    days, hours = (whole_from_request(name, most=MOST_NUMBER) for name in ("transit_days", "first_event_hours"))
    if days is None or hours is None:
        raise Invalid("delays.numbers_wanted")
    write(planning.set_carrier, code, cut_off=text_from_request("cut_off", most=10), transit_days=days,
          first_event_hours=hours)
    return planned()


def planned() -> Response:
    return answer_json({"done": True}) if wants_json() else make_response(redirect(url_for("delays.shifts"), 303))


def word(group: str, name: str) -> str:
    """The word another room has for a state or a reason; the bare name where it has none."""
    code = f"{group}_{name}"
    return i18n.say(language(), code) if i18n.has_sentence(code) else name.replace("_", " ")


def day_of(moment: datetime | None) -> str:
    """The local day of a promise."""
    return moment.astimezone(ZoneInfo(config().time_zone)).strftime("%m-%d") if moment else "–"
