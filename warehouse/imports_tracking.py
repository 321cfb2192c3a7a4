"""The bridge from carriers' words to the service that keeps them (SHP-4): files, and the JSON of signed messages."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from warehouse import i18n
from warehouse.domain.catalog import RowProblem
from warehouse.domain.people import Actor
from warehouse.domain.tracking import Event
from warehouse.errors import Invalid
from warehouse.gateways.tables import HEADER_ROW
from warehouse.gateways.tracking_files import read_event, read_tracking
from warehouse.services import journal, tracking

LOT = 300
KIND = "tracking"
# One message: what a carrier tells in some minutes.
MOST_EVENTS = 1000
_FIELDS = {"number": "number", "time": "at", "status": "event", "text": "text", "place": "place"}

Write = Callable[..., Any]


@dataclass
class Report:
    """What an import did: rows = created + unchanged + rejected. `problems` names each rejected row, and what is wrong
    with a file as a whole (row 1); `unknown` are numbers that no parcel of ours has, `incidents` how many were opened.
    """

    files: list[str] = field(default_factory=list)
    rows: int = 0
    created: int = 0
    unchanged: int = 0
    rejected: int = 0
    incidents: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def refuse(self, lang: str, file: str, problems: Iterable[RowProblem]) -> None:
        for problem in problems:
            self.rejected += problem.row > HEADER_ROW or not file
            self.problems.append({
                "file": file, "row": problem.row, "code": problem.code,
                "say": i18n.say(lang, f"imports.{problem.code}", **problem.facts)})

    def count(self, lang: str, file: str, taken: tracking.Taken) -> None:
        self.created += taken.created
        self.unchanged += taken.unchanged
        self.incidents += taken.incidents
        self.unknown += [number for number in taken.unknown if number not in self.unknown]
        self.refuse(lang, file, taken.rejected)


def import_tracking(
    db_write: Write, actor: Actor, files: Sequence[tuple[str, bytes]], *, time_zone: str,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Bring in the events of `files` (name, content). `progress` is told (rows done, in all)."""
    report, of_files = Report(), list[tuple[str, list[Event]]]()
    for name, content in files:
        events, problems = read_tracking(name, content, time_zone)
        report.files.append(name)
        if not events and any(problem.row == HEADER_ROW for problem in problems):
            report.unreadable.append(name)
        report.refuse(actor.language, name, problems)
        of_files.append((name, events))
    total, done = sum(len(events) for _, events in of_files), 0
    for name, events in of_files:
        for start in range(0, len(events), LOT):
            lot = events[start : start + LOT]
            report.count(actor.language, name, db_write(tracking.receive, actor, lot, source=tracking.FILE))
            done += len(lot)
            if progress:
                progress(done, total)
    report.rows = report.created + report.unchanged + report.rejected
    order = {name: place for place, name in enumerate(report.files)}
    report.problems.sort(key=lambda problem: (order[problem["file"]], problem["row"]))
    db_write(journal.keep_import, actor, KIND, report.files, report.as_json())
    return report


def receive_message(db_write: Write, actor: Actor, carrier_code: str, body: bytes, *, time_zone: str) -> Report:
    """Take in one signed message; rows are counted from 1. Refused as a whole: what is no JSON of this form."""
    report, events = Report(), list[Event]()
    for row, cells in enumerate(_events(body), start=1):
        made = read_event(row, cells, time_zone)
        if isinstance(made, Event):
            events.append(made)
        else:
            report.refuse(i18n.ENGLISH, "", [RowProblem(row, *made)])
    for start in range(0, len(events), LOT):
        lot = events[start : start + LOT]
        taken = db_write(tracking.receive, actor, lot, source=tracking.WEBHOOK, carrier_code=carrier_code)
        report.count(i18n.ENGLISH, "", taken)
    report.rows = report.created + report.unchanged + report.rejected
    return report


def _events(body: bytes) -> list[dict[str, str]]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("tracking.no_json") from None
    listed = told.get("events") if isinstance(told, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Invalid("tracking.no_events")
    if len(listed) > MOST_EVENTS:
        raise Invalid("tracking.too_many_events", most=MOST_EVENTS)
    return [{_FIELDS[name]: text for name, text in each.items() if name in _FIELDS and isinstance(text, str)}
            for each in listed]
