"""What customers must hear, on screens: the queue, one message, and the texts with their versions (EXC-3, SHP-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from warehouse.domain.messages import DROPPED, QUEUED, RETIRED, REVIEWED, SENT, TO_TELL, TOLD, TOPICS
from warehouse.models.base import Instant
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message, MessageTemplate
from warehouse.models.orders import Order
from warehouse.models.people import Person
from warehouse.models.returns import CustomerReturn

MESSAGE, ORDER, TEMPLATE = Message.__table__, Order.__table__, MessageTemplate.__table__
PAGE = 50
# What the tabs of the queue show.
DONE = "done"
SHOWN = {"to_tell": TO_TELL, "on_its_way": (QUEUED,), DONE: (SENT, TOLD, DROPPED)}
_AUTHOR, _REVIEWER, _REPORTER = aliased(Person), aliased(Person), aliased(Person)


@dataclass(frozen=True)
class Waiting:
    """For the door of the desk: messages that a person must tell, and how many of them are past their time."""

    to_tell: int
    late: int


def count_waiting(session: Session, now: datetime) -> Waiting:
    row = session.execute(select(
        func.count(), func.count().filter(MESSAGE.c.due_at < now)).where(MESSAGE.c.state.in_(TO_TELL))).one()
    return Waiting(*row)


@dataclass(frozen=True)
class MessageRow:
    """One line of the queue. `recipient` is masked."""

    id: int
    why: str
    facts: dict[str, Any]
    state: str
    channel: str
    language: str
    wanted_at: datetime
    due_at: datetime
    done_at: datetime | None
    last_error: str
    done_note: str
    order_id: int
    order_number: str
    source_number: str
    recipient: str
    incident_id: int | None
    return_id: int | None

    @property
    def needs_care(self) -> bool:
        return TOPICS[self.why].needs_care


@dataclass(frozen=True)
class Listing:
    """A page of the queue, how many each tab and each topic has, and where the next page begins."""

    rows: list[MessageRow]
    counts: dict[str, int]
    topics: dict[str, int]
    after: tuple[int, int] | None


_ROW = (
    select(
        MESSAGE.c.id, MESSAGE.c.why, MESSAGE.c.facts, MESSAGE.c.state, MESSAGE.c.channel, MESSAGE.c.language,
        MESSAGE.c.wanted_at, MESSAGE.c.due_at, MESSAGE.c.done_at, MESSAGE.c.last_error, MESSAGE.c.done_note,
        MESSAGE.c.order_id, ORDER.c.number, ORDER.c.source_number, ORDER.c.recipient_masked, MESSAGE.c.incident_id,
        MESSAGE.c.return_id)
    .join(ORDER, ORDER.c.id == MESSAGE.c.order_id))


def list_messages(
    session: Session, *, shown: str = "to_tell", why: str = "", order_id: int | None = None,
    after: tuple[int, int] | None = None,
) -> Listing:
    """What must be told, overdue first; of what is done, the newest first; of one order alone, where it is named.
    `after` names the last row of the page before: milliseconds of its due time, and its id."""
    states = SHOWN[shown]
    whose = (MESSAGE.c.order_id == order_id,) if order_id is not None else ()
    rows = _ROW.where(*whose, MESSAGE.c.why == why) if why else _ROW.where(*whose)
    if shown == DONE:
        # Nearly all rows are done: read backwards by id and told what to leave out, none has to be sorted.
        rows = rows.where(MESSAGE.c.state.not_in((*TO_TELL, QUEUED))).order_by(MESSAGE.c.id.desc())
        rows = rows.where(MESSAGE.c.id < after[1]) if after else rows
    else:
        rows = rows.where(MESSAGE.c.state.in_(states))
        if after:
            mark = tuple_(literal(datetime.fromtimestamp(after[0] / 1000, UTC), Instant), literal(after[1]))
            rows = rows.where(tuple_(MESSAGE.c.due_at, MESSAGE.c.id) > mark)
        rows = rows.order_by(MESSAGE.c.due_at, MESSAGE.c.id)
    found = [_row(row) for row in session.execute(rows.limit(PAGE + 1)).all()]
    counted = session.execute(
        select(MESSAGE.c.state, MESSAGE.c.why, func.count())
        .where(*whose, MESSAGE.c.state.in_((*TO_TELL, QUEUED))).group_by(MESSAGE.c.state, MESSAGE.c.why)).all()
    topics: dict[str, int] = dict.fromkeys(TOPICS, 0)
    for state, topic, count in counted:
        topics[topic] += count if state in states else 0
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Listing(
        rows=found[:PAGE],
        counts={name: sum(count for state, _, count in counted if state in each) for name, each in SHOWN.items()},
        topics={topic: count for topic, count in topics.items() if count},
        after=(round(last.due_at.timestamp() * 1000), last.id) if last else None,
    )


@dataclass(frozen=True)
class MessagePage:
    """One message with what it is about and what became of it; empty words where there is no incident or return."""

    row: MessageRow
    tries: int
    queued_at: datetime | None
    next_try_at: datetime | None
    done_by: str
    version: int | None
    is_written: bool
    incident_kind: str
    incident_stage: str
    incident_at: datetime | None
    incident_by: str
    return_number: str


def message_page(session: Session, message_id: int) -> MessagePage | None:
    found = session.execute(
        _ROW.add_columns(
            MESSAGE.c.tries, MESSAGE.c.queued_at, MESSAGE.c.next_try_at, func.coalesce(Person.name, ""),
            TEMPLATE.c.version, MESSAGE.c.sealed.is_not(None), func.coalesce(Incident.kind, ""),
            func.coalesce(Incident.stage, ""), Incident.at, func.coalesce(_REPORTER.name, ""),
            func.coalesce(CustomerReturn.number, ""))
        .outerjoin(Person, Person.id == MESSAGE.c.done_by)
        .outerjoin(TEMPLATE, TEMPLATE.c.id == MESSAGE.c.template_id)
        .outerjoin(Incident, Incident.id == MESSAGE.c.incident_id)
        .outerjoin(_REPORTER, _REPORTER.id == Incident.person_id)
        .outerjoin(CustomerReturn, CustomerReturn.id == MESSAGE.c.return_id)
        .where(MESSAGE.c.id == message_id)
    ).one_or_none()
    if found is None:
        return None
    width = len(_ROW.selected_columns)
    return MessagePage(_row(found[:width]), *found[width:])


# --- Texts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TextVersion:
    """One version of a text."""

    id: int
    code: str
    language: str
    version: int
    state: str
    subject: str
    body: str
    sends_itself: bool
    created_at: datetime
    author_id: int
    author: str
    reviewed_at: datetime | None
    reviewer: str


_TEXT = (
    select(
        TEMPLATE.c.id, TEMPLATE.c.code, TEMPLATE.c.language, TEMPLATE.c.version, TEMPLATE.c.state, TEMPLATE.c.subject,
        TEMPLATE.c.body, TEMPLATE.c.sends_itself, TEMPLATE.c.created_at, TEMPLATE.c.author_id, _AUTHOR.name,
        TEMPLATE.c.reviewed_at, func.coalesce(_REVIEWER.name, ""))
    .join(_AUTHOR, _AUTHOR.id == TEMPLATE.c.author_id).outerjoin(_REVIEWER, _REVIEWER.id == TEMPLATE.c.reviewer_id))


def list_texts(session: Session) -> dict[str, dict[str, list[TextVersion]]]:
    """By topic and language: the version in use and the draft, where there is one."""
    found: dict[str, dict[str, list[TextVersion]]] = {code: {} for code in TOPICS}
    for row in session.execute(_TEXT.where(TEMPLATE.c.state != RETIRED).order_by(TEMPLATE.c.id)):
        if row.code in found:
            found[row.code].setdefault(row.language, []).append(_text(row))
    return found


def versions_of(session: Session, code: str, language: str) -> list[TextVersion]:
    """All versions of a text, the newest first."""
    rows = session.execute(
        _TEXT.where(TEMPLATE.c.code == code, TEMPLATE.c.language == language).order_by(TEMPLATE.c.version.desc()))
    return [_text(row) for row in rows]


def in_use(versions: Sequence[TextVersion]) -> TextVersion | None:
    return next((text for text in versions if text.state == REVIEWED), None)


def _row(row: Any) -> MessageRow:
    return MessageRow(*row)


def _text(row: Any) -> TextVersion:
    return TextVersion(*row)
