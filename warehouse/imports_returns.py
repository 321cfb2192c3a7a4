"""The bridge from a shop's file of returns to the requests that are made of it (RET-1).

The file is read before any transaction begins; each number of the shop is one transaction, so that one request never
waits for another's order.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from warehouse import i18n
from warehouse.domain.catalog import RowProblem
from warehouse.domain.people import Actor
from warehouse.domain.returns import ReturnRow
from warehouse.gateways.return_files import read_returns
from warehouse.gateways.tables import HEADER_ROW
from warehouse.services import journal, returns_import

Write = Callable[..., Any]
Files = Sequence[tuple[str, bytes]]
Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What an import did: rows = created + unchanged + rejected; `problems` names each rejected row and what is wrong
    with a file as a whole (row 1)."""

    files: list[str] = field(default_factory=list)
    rows: int = 0
    created: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def refuse(self, actor: Actor, file: str, problems: Iterable[RowProblem]) -> None:
        for problem in problems:
            self.rejected += problem.row > HEADER_ROW
            area = "returns" if i18n.has_sentence(f"returns.{problem.code}") else "imports"
            self.problems.append({"file": file, "row": problem.row, "code": problem.code,
                                  "say": i18n.say(actor.language, f"{area}.{problem.code}", **problem.facts)})


def import_returns(db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None) -> Report:
    """Ask for what the files say comes back. `progress` is told (rows done, in all)."""
    report, requests = Report(), list[tuple[str, list[ReturnRow]]]()
    for name, content in files:
        rows, problems = read_returns(name, content)
        report.files.append(name)
        if not rows and any(problem.row == HEADER_ROW for problem in problems):
            report.unreadable.append(name)
        report.refuse(actor, name, problems)
        of_number: dict[str, list[ReturnRow]] = {}
        for row in rows:
            of_number.setdefault(row.rma, []).append(row)
        requests += [(name, group) for group in of_number.values()]
    total, done = sum(len(group) for _, group in requests), 0
    for name, group in requests:
        taken = db_write(returns_import.take_request, actor, group)
        report.created += taken.created
        report.unchanged += taken.unchanged
        report.refuse(actor, name, taken.rejected)
        done += len(group)
        if progress:
            progress(done, total)
    report.rows = report.created + report.unchanged + report.rejected
    places = {name: place for place, name in enumerate(report.files)}
    report.problems.sort(key=lambda told: (places[told["file"]], told["row"]))
    db_write(journal.keep_import, actor, "returns", report.files, report.as_json())
    return report
