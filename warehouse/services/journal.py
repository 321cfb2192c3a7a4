"""Acts that are not scans: who decided, opened, overrode, printed what, and why (USR-2)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, ScalarSelect, bindparam, insert, select, text, update
from sqlalchemy.orm import Session

from warehouse.domain.orders import CHANGES
from warehouse.domain.people import Actor
from warehouse.models.base import Instant
from warehouse.models.journal import Action, NightRun
from warehouse.models.orders import ImportRun, Order

# A night that was begun this long ago and is not done was broken off.
BROKEN_OFF = timedelta(hours=1)
# The same words on SQLite and PostgreSQL.
_CLAIM = text(
    "INSERT INTO night_run (day, started_at) VALUES (:day, :at)"
    " ON CONFLICT (day) DO UPDATE SET started_at = excluded.started_at"
    " WHERE night_run.done_at IS NULL AND night_run.started_at <= :before"
).bindparams(bindparam("at", type_=Instant), bindparam("before", type_=Instant))


def claim_night(session: Session, day: str, at: datetime) -> bool:
    """Whether the night's work of a day (YYYY-MM-DD) is the caller's: True for the first of all who ask."""
    claimed = session.execute(_CLAIM, {"day": day, "at": at, "before": at - BROKEN_OFF})
    assert isinstance(claimed, CursorResult)
    return claimed.rowcount == 1


def end_night(session: Session, day: str, at: datetime) -> None:
    """The work of that night is done."""
    session.execute(update(NightRun).where(NightRun.day == day).values(done_at=at))


def note(
    session: Session, actor: Actor, verb: str, subject: str, subject_id: int | None, *, reason: str = "",
    **facts: Any,
) -> None:
    """Keep one act. Facts are plain values and never personal data."""
    session.execute(insert(Action.__table__), {
        "at": actor.at, "person_id": actor.person_id, "device_id": actor.device_id, "verb": verb,
        "subject": subject, "subject_id": subject_id, "reason": reason, "facts": facts,
    })


def last_change(since: Any) -> ScalarSelect[str]:
    """Why the desk changed an order last, as a part of a SELECT of that order: nothing where it did not since the
    moment in that column (ORD-7)."""
    return (
        select(Action.reason)
        .where(Action.subject == "order", Action.subject_id == Order.id, Action.verb.in_(CHANGES), Action.at >= since)
        .order_by(Action.id.desc()).limit(1).correlate_except(Action).scalar_subquery())


def keep_import(
    session: Session, actor: Actor, kind: str, file_names: Sequence[str], report: dict[str, Any]
) -> int:
    """One import of a kind (catalogue, layout, stock) with its report; the id of the run."""
    made = session.execute(insert(ImportRun).returning(ImportRun.id), {
        "kind": kind, "file_names": ", ".join(file_names), "at": actor.at, "person_id": actor.person_id,
        "report": report,
    })
    return made.scalar_one()
