"""Acts that are not scans: who decided, opened, overrode, printed what, and why (USR-2)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from warehouse.domain.people import Actor
from warehouse.models.journal import Action
from warehouse.models.orders import ImportRun


def note(
    session: Session, actor: Actor, verb: str, subject: str, subject_id: int | None, *, reason: str = "",
    **facts: Any,
) -> None:
    """Keep one act. Facts are plain values and never personal data."""
    session.execute(insert(Action.__table__), {
        "at": actor.at, "person_id": actor.person_id, "device_id": actor.device_id, "verb": verb,
        "subject": subject, "subject_id": subject_id, "reason": reason, "facts": facts,
    })


def keep_import(
    session: Session, actor: Actor, kind: str, file_names: Sequence[str], report: dict[str, Any]
) -> int:
    """One import of a kind (catalogue, layout, stock) with its report; the id of the run."""
    made = session.execute(insert(ImportRun).returning(ImportRun.id), {
        "kind": kind, "file_names": ", ".join(file_names), "at": actor.at, "person_id": actor.person_id,
        "report": report,
    })
    return made.scalar_one()
