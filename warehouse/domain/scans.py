"""The scan contract (FLOWS): what comes in with a scan and what goes out."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ACCEPTED, REFUSED, CHOOSE = "accepted", "refused", "choose"
OK, DONE, WARN, ERROR = "ok", "done", "warn", "error"
RAW_LIMIT = 512


@dataclass(frozen=True)
class ScanIn:
    """One scan as the device sent it. `choice` is the item picked from a `choose` answer, `units` only from
    the number pad."""

    scan_id: str
    raw: str
    step: str = ""
    units: int | None = None
    choice: int | None = None
    made_at: datetime | None = None

    def body_hash(self, task: str, task_id: int | None) -> str:
        """Tells a true repeat from the same id used for something else."""
        body = f"{task}\x1f{task_id}\x1f{self.raw}\x1f{self.step}\x1f{self.units}\x1f{self.choice}"
        return hashlib.sha256(body.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Answer:
    """What the person sees and hears. `task` is the work as it stands now, plain values only; `go` leads to
    another screen where the scan opened one."""

    outcome: str
    code: str
    say: str
    sound: str
    task: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)
    options: list[dict[str, Any]] = field(default_factory=list)
    go: str | None = None


@dataclass(frozen=True)
class Verdict:
    """How a scan is judged, before anything is written. `code` is a sentence of the task's area."""

    outcome: str
    code: str
    sound: str
    verb: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        return self.outcome == ACCEPTED


def accept(code: str, verb: str, /, sound: str = OK, **facts: Any) -> Verdict:
    return Verdict(ACCEPTED, code, sound, verb, facts)


def refuse(code: str, /, sound: str = ERROR, **facts: Any) -> Verdict:
    return Verdict(REFUSED, code, sound, facts=facts)
