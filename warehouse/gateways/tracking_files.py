"""What carriers tell about parcels, as tables (CSV, XLSX) in the words of either language.

Whether we have such a parcel is the importer's question.
"""

import re
import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from warehouse.domain.catalog import RowProblem
from warehouse.domain.shipping import tracking_of
from warehouse.domain.tracking import PLACE_LENGTH, TEXT_LENGTH, Event, kind_of, without_names
from warehouse.gateways.tables import read_table
from warehouse.vault import mask_remark

_HEADERS = {
    "number": "number trackingnumber trackingno tracking waybill waybillno waybillnumber awb parcel parcelnumber "
              "consignment consignmentno 运单号 运单编号 快递单号 物流单号 单号 面单号 邮件号",
    "at": "time at eventtime eventat datetime timestamp date scantime 时间 操作时间 扫描时间 事件时间 更新时间 处理时间 日期",
    "event": "event status code eventcode statuscode state 状态 事件 物流状态 快递状态 操作类型 状态代码 轨迹状态",
    "text": "text description details detail message remark 描述 说明 内容 轨迹 物流信息 备注 轨迹描述",
    "place": "place location city depot station office 地点 位置 城市 网点 站点 所在地 当前位置",
}
COLUMNS = {header: name for name, headers in _HEADERS.items() for header in headers.split()}
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_DAY = re.compile(r"^(\d{4})[-年/.](\d{1,2})[-月/.](\d{1,2})日?")
# An hour of one digit, and no marks at all, are no ISO.
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S")


def read_tracking(name: str, content: bytes, time_zone: str) -> tuple[list[Event], list[RowProblem]]:
    """The events of a file. Times without an offset are local to `time_zone`. A row that cannot be used is a problem
    that says why."""
    table = read_table(name, content)
    found = {named for _, named in table.columns(COLUMNS)}
    missing = [wanted for wanted in ("number", "time") if {"time": "at"}.get(wanted, wanted) not in found]
    missing += [] if found & {"event", "text"} else ["event"]
    if table.header and missing:
        table.refuse("missing_columns", columns=", ".join(missing))
        return [], table.problems
    events, problems = [], table.problems
    for row, cells in table.records(COLUMNS):
        made = read_event(row, cells, time_zone)
        if isinstance(made, Event):
            events.append(made)
        else:
            problems.append(RowProblem(row, made[0], made[1], name))
    return events, sorted(problems, key=lambda problem: problem.row)


def read_event(row: int, cells: dict[str, str], time_zone: str) -> Event | tuple[str, dict[str, str]]:
    """One event from the texts of its fields, or why it is none: a code of `locale/imports` and its facts."""
    number = tracking_of(re.sub(r"\.0+$", "", _plain(cells.get("number", "")).removeprefix("'")))
    if not number:
        return "tracking_no_number", {}
    said = _plain(cells.get("at", ""))
    at = read_time(said, time_zone)
    if at is None:
        return "tracking_time_unreadable", {"text": said[:40]}
    event, text = _plain(cells.get("event", "")), _plain(cells.get("text", ""))
    kind = kind_of(event) if event else None
    kind = kind or (kind_of(text) if text else None)
    if kind is None:
        # Kept in the report of the import: without who drove or signed, and without their phones (SEC-1).
        return "tracking_event_unknown", {"text": mask_remark(without_names(event or text))[:40]}
    shown = text or ("" if kind == event else event)
    return Event(row, number, kind, at, _plain(cells.get("place", ""))[:PLACE_LENGTH], shown[:TEXT_LENGTH])


def read_time(text: str, time_zone: str) -> datetime | None:
    """A moment in UTC; None for what is none. Year first: day and month are never guessed."""
    plain = _DAY.sub(lambda day: f"{day[1]}-{int(day[2]):02d}-{int(day[3]):02d}", text.strip())
    try:
        return _zoned(datetime.fromisoformat(re.sub(r" (?=[+-]\d{2}:?\d{2}$)", "", plain)), time_zone)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return _zoned(datetime.strptime(plain, form), time_zone)  # noqa: DTZ007 - the zone comes next
        except ValueError:
            continue
    return None


def _zoned(moment: datetime, time_zone: str) -> datetime | None:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)
    except OverflowError:
        return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", _NO_TEXT.sub(" ", text)).strip()
