"""The bridge from catalogue, layout and stock files to the services that keep them (CAT-4).

Files are read before any transaction begins; rows go in by the thousand, each lot in one transaction, so that a
crash in the middle loses nothing: the second run finds what is there and adds the rest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from warehouse import i18n
from warehouse.domain.catalog import ItemRecord, RowProblem, first_of_each
from warehouse.domain.people import Actor
from warehouse.gateways.catalog_files.homes_sheet import read_homes
from warehouse.gateways.catalog_files.layout_sheet import read_layout
from warehouse.gateways.catalog_files.sheet import read_items
from warehouse.gateways.catalog_files.stock_sheet import read_stock
from warehouse.gateways.tables import HEADER_ROW
from warehouse.services import catalog, journal, stock_import, transfers_homes
from warehouse.services.catalog import Merged

LOT = 1000

R = TypeVar("R")
Write = Callable[..., Any]
Files = Sequence[tuple[str, bytes]]
Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What an import did: rows = created + updated + unchanged + rejected. `problems` names each rejected row, and
    what is wrong with a file as a whole (row 1)."""

    files: list[str] = field(default_factory=list)
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def count(self, merged: Merged) -> None:
        self.created += merged.created
        self.updated += merged.updated
        self.unchanged += merged.unchanged

    def refuse(self, actor: Actor, file: str, problems: Iterable[RowProblem]) -> None:
        for problem in problems:
            self.rejected += problem.row > HEADER_ROW
            self.problems.append({
                "file": file, "row": problem.row, "code": problem.code,
                "say": i18n.say(actor.language, f"imports.{problem.code}", **problem.facts),
            })

    def open_file(self, actor: Actor, file: str, records: Sequence[Any], problems: Sequence[RowProblem]) -> None:
        self.files.append(file)
        if not records and any(problem.row == HEADER_ROW for problem in problems):
            self.unreadable.append(file)
        self.refuse(actor, file, problems)


def import_catalogue(
    db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None
) -> Report:
    """Bring in the items of `files` (name, content). One that stands in several of them in different words is
    taken from the first, so that the same files again change nothing. `progress` is told (rows done, in all)."""
    report, lots = Report(), list[tuple[str, list[ItemRecord]]]()
    earlier: dict[str, ItemRecord] = {}
    for name, content in files:
        read = read_items(name, content)
        report.open_file(actor, name, read.records, read.problems)
        kept, repeats = first_of_each(read.records, name)
        report.refuse(actor, name, repeats)
        report.unchanged += len(read.records) - len(kept) - len(repeats)
        fresh = [record for record in kept if record.sku not in earlier]
        for record in kept:
            if record.sku in earlier:
                _meet_earlier(report, actor, name, earlier[record.sku], record)
        earlier.update((record.sku, record) for record in fresh)
        lots.append((name, fresh))
    _write_lots(db_write, actor, report, lots, catalog.merge_items, progress)
    return _closed(db_write, actor, "catalogue", report)


def import_layout(db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None) -> Report:
    """Bring in the shelves of `files`; a file without walking order has its shelves walked by name."""
    report = Report()
    for number, (name, content) in enumerate(files, start=1):
        records, problems = read_layout(name, content)
        report.open_file(actor, name, records, problems)
        # One transaction for the whole file: the walking order is one thing.
        merged = db_write(stock_import.merge_layout, records)
        report.count(merged)
        report.refuse(actor, name, merged.problems)
        if progress:
            progress(number, len(files))
    return _closed(db_write, actor, "layout", report)


def import_stock(db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None) -> Report:
    """Open the balances of `files`, once. A warehouse without any shelf gets those that the files name."""
    report, lots = Report(), []
    is_new = not db_write(stock_import.has_shelves)
    for name, content in files:
        records, problems = read_stock(name, content)
        report.open_file(actor, name, records, problems)
        if is_new:
            db_write(stock_import.merge_layout, stock_import.shelves_named_by(records))
        kept, repeats = stock_import.first_of_each_place(records)
        report.refuse(actor, name, repeats)
        lots.append((name, kept))
    _write_lots(db_write, actor, report, lots, stock_import.open_stock, progress)
    return _closed(db_write, actor, "stock", report)


def import_homes(db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None) -> Report:
    """Bring in the fixed shelves of items with the least and the most units on each."""
    report, lots = Report(), []
    for name, content in files:
        records, problems = read_homes(name, content)
        report.open_file(actor, name, records, problems)
        kept, repeats = transfers_homes.first_of_each_item(records)
        report.refuse(actor, name, repeats)
        lots.append((name, kept))
    _write_lots(db_write, actor, report, lots, transfers_homes.merge_homes, progress)
    return _closed(db_write, actor, "homes", report)


def _write_lots(
    db_write: Write, actor: Actor, report: Report, lots: Sequence[tuple[str, Sequence[R]]],
    use_case: Callable[..., Merged], progress: Progress | None,
) -> None:
    total, done = sum(len(records) for _, records in lots), 0
    for file, records in lots:
        for start in range(0, len(records), LOT):
            lot = records[start : start + LOT]
            merged = db_write(use_case, actor, lot)
            report.count(merged)
            report.refuse(actor, file, merged.problems)
            done += len(lot)
            if progress:
                progress(done, total)


def _meet_earlier(report: Report, actor: Actor, file: str, first: ItemRecord, later: ItemRecord) -> None:
    """The same item in an earlier file: the same words are no news, others are a problem."""
    _, differs = first_of_each([replace(first, row=later.row), later], file)
    report.refuse(actor, file, [replace(one, code="differs_from_earlier_file") if one.code == "repeated_row_differs"
                                else one for one in differs])
    report.unchanged += not differs


def _closed(db_write: Write, actor: Actor, kind: str, report: Report) -> Report:
    report.rows = report.created + report.updated + report.unchanged + report.rejected
    order = {name: place for place, name in enumerate(report.files)}
    report.problems.sort(key=lambda problem: (order[problem["file"]], problem["row"]))
    db_write(journal.keep_import, actor, kind, report.files, report.as_json())
    return report
