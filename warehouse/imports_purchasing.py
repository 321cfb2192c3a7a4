"""The bridge from files of purchase orders and delivery notices to the services that keep them (REC-1).

Files are read before any transaction begins; whole orders go in together, some hundred rows a transaction, so that a
crash in the middle loses nothing: the second run finds what is there and adds the rest.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from warehouse import i18n
from warehouse.domain.catalog import RowProblem
from warehouse.domain.people import Actor
from warehouse.domain.purchasing import groups_of
from warehouse.gateways.purchase_files import read_notices, read_purchases
from warehouse.gateways.tables import HEADER_ROW
from warehouse.services import journal, purchasing_import
from warehouse.services.purchasing_import import Taken

LOT = 500

Write = Callable[..., Any]
Files = Sequence[tuple[str, bytes]]
Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What an import did: rows = created + updated + unchanged + rejected. `problems` names each rejected row, and what
    is wrong with a file as a whole (row 1); `changes` what a person should know of rows that were taken: a changed
    number, a draft that was made, a price that was left out."""

    files: list[str] = field(default_factory=list)
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def refuse(self, actor: Actor, file: str, problems: Iterable[RowProblem]) -> None:
        for problem in problems:
            self.rejected += problem.row > HEADER_ROW
            self.problems.append(_said(actor, file, problem))

    def count(self, actor: Actor, file: str, taken: Taken) -> None:
        self.created += taken.created
        self.updated += taken.updated
        self.unchanged += taken.unchanged
        self.refuse(actor, file, taken.rejected)
        self.changes += [_said(actor, file, told) for told in taken.told]


def _said(actor: Actor, file: str, told: RowProblem) -> dict[str, Any]:
    return {"file": file, "row": told.row, "code": told.code,
            "say": i18n.say(actor.language, f"imports.{told.code}", **told.facts)}


def import_purchases(db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None) -> Report:
    """Bring in the purchase orders of `files` (name, content). `progress` is told (rows done, in all)."""
    return _bring_in(db_write, actor, files, "purchases", read_purchases, purchasing_import.merge_purchases, progress)


def import_notices(db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None) -> Report:
    """Bring in the delivery notices (ASN) of `files`."""
    return _bring_in(db_write, actor, files, "notices", read_notices, purchasing_import.merge_notices, progress)


def _bring_in(
    db_write: Write, actor: Actor, files: Files, kind: str,
    read: Callable[[str, bytes], tuple[list[Any], list[RowProblem]]], merge: Callable[..., Taken],
    progress: Progress | None,
) -> Report:
    report, of_files = Report(), list[tuple[str, list[list[Any]]]]()
    for name, content in files:
        rows, problems = read(name, content)
        groups, repeats = groups_of(rows)
        report.files.append(name)
        if not rows and any(problem.row == HEADER_ROW for problem in problems):
            report.unreadable.append(name)
        report.refuse(actor, name, [*problems, *repeats])
        of_files.append((name, groups))
    total, done = sum(len(group) for _, groups in of_files for group in groups), 0
    for name, groups in of_files:
        for lot in _lots(groups):
            report.count(actor, name, db_write(merge, actor, lot))
            done += sum(map(len, lot))
            if progress:
                progress(done, total)
    report.rows = report.created + report.updated + report.unchanged + report.rejected
    order = {name: place for place, name in enumerate(report.files)}
    for listed in (report.problems, report.changes):
        listed.sort(key=lambda told: (order[told["file"]], told["row"]))
    db_write(journal.keep_import, actor, kind, report.files, report.as_json())
    return report


def _lots(groups: Sequence[list[Any]]) -> Iterator[list[list[Any]]]:
    """Some hundred rows each, never half an order."""
    lot: list[list[Any]] = []
    for group in groups:
        lot.append(group)
        if sum(map(len, lot)) >= LOT:
            yield lot
            lot = []
    if lot:
        yield lot
