"""Every scan is a row, and the same scan again gets the same answer (FLOWS, USR-2)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain.people import Actor
from warehouse.domain.scans import Answer, ScanIn, Verdict
from warehouse.errors import Invalid
from warehouse.models.journal import Scan

SCAN = Scan.__table__
_INSERT = SCAN.insert()


@dataclass(frozen=True)
class Touched:
    """What a scan was about, for the journal: `units` is what its moves add up to."""

    kind: str = ""
    units: int = 0
    item_id: int | None = None
    location_id: int | None = None
    stop_id: int | None = None
    order_id: int | None = None
    undoes_id: int | None = None


def answered_before(session: Session, scanned: ScanIn, task: str, task_id: int | None) -> Answer | None:
    """The stored answer of this scan id. Refuses the id with another body: that is a device's fault."""
    row = session.execute(
        select(SCAN.c.answer, SCAN.c.body_hash).where(SCAN.c.scan_id == scanned.scan_id)
    ).one_or_none()
    return None if row is None else repeat(row.answer, row.body_hash, scanned, task, task_id)


def repeat(answer: str, body_hash: str, scanned: ScanIn, task: str, task_id: int | None) -> Answer:
    """The stored answer, byte for byte."""
    if body_hash != scanned.body_hash(task, task_id):
        raise Invalid("scan.key_reused", scan_id=scanned.scan_id)
    return Answer(**json.loads(answer))


def record(
    session: Session, actor: Actor, scanned: ScanIn, answer: Answer, task: str, task_id: int | None,
    touched: Touched,
) -> int:
    """Keep the scan with its answer; the row's id, for the moves that follow from it."""
    made = session.connection().execute(_INSERT, {
        "scan_id": scanned.scan_id, "task": task, "task_id": task_id, "step": scanned.step, "raw": scanned.raw,
        "outcome": answer.outcome, "code": answer.code, "choice": scanned.choice,
        "person_id": actor.person_id, "device_id": actor.device_id, "made_at": scanned.made_at, "at": actor.at,
        "body_hash": scanned.body_hash(task, task_id), "answer": to_json(answer), **vars(touched),
    })
    key = made.inserted_primary_key
    assert key is not None
    return int(key[0])


def keep_look(session: Session, actor: Actor, scanned: ScanIn, answer: Answer, task: str, touched: Touched) -> Answer:
    """A scan that only looked something up: kept like every other, and answered the same when it comes again."""
    if before := answered_before(session, scanned, task, None):
        return before
    record(session, actor, scanned, answer, task, None, touched)
    return answer


def keep(
    session: Session, actor: Actor, scanned: ScanIn, verdict: Verdict, touched: Touched, task: str, task_id: int | None,
    drawn: dict[str, Any], options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Record a scan that changes nothing, with its answer; `drawn` is the task as it stands."""
    answer = _answer(actor, verdict, drawn, options)
    record(session, actor, scanned, answer, task, task_id, touched)
    return answer


def carry_out(
    session: Session, actor: Actor, scanned: ScanIn, verdict: Verdict, touched: Touched, task: str, task_id: int | None,
    effect: Callable[[int], None], draw: Callable[[], dict[str, Any]], *,
    options: list[dict[str, Any]] | None = None, go: str | None = None,
) -> Answer:
    """Record the scan, have `effect(scan row)` written, then the task drawn anew."""
    scan_row = record(session, actor, scanned, _answer(actor, verdict, {}), task, task_id, touched)
    effect(scan_row)
    session.flush()  # The next look reads these rows.
    answer = _answer(actor, verdict, draw(), options, go)
    complete(session, scan_row, answer)
    return answer


def _answer(
    actor: Actor, verdict: Verdict, drawn: dict[str, Any], options: list[dict[str, Any]] | None = None,
    go: str | None = None,
) -> Answer:
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    return Answer(verdict.outcome, verdict.code, say, verdict.sound, drawn, verdict.facts, options or [], go)


def complete(session: Session, scan_row_id: int, answer: Answer) -> None:
    """Put in the answer where it could only be drawn after the effect."""
    session.execute(SCAN.update().where(SCAN.c.id == scan_row_id).values(answer=to_json(answer)))


def to_json(answer: Answer) -> str:
    return json.dumps(vars(answer), ensure_ascii=False, separators=(",", ":"))
