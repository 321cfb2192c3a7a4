"""The one bridge from order files to the services that keep them, for the console and for uploads (ORD-1).

Files are read before any transaction begins; drafts go in by some hundred, each lot in one transaction, so
that a crash in the middle loses nothing: the second run meets what is there and adds the rest.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from warehouse import i18n
from warehouse.domain.orders import Flaw, OrderDraft, Receipt
from warehouse.domain.people import Actor
from warehouse.gateways.order_files.rows import Reading
from warehouse.gateways.order_files.sniff import read_order_files
from warehouse.services import orders_import

LOT = 200
_NEVER = datetime.min.replace(tzinfo=UTC)
_COUNTED_AS = {
    orders_import.CREATED: "created", orders_import.KNOWN: "duplicates", orders_import.CHANGED: "conflicts",
    orders_import.REJECTED: "rejected", orders_import.SKIPPED: "skipped",
}


@dataclass
class Report:
    """What an import did. orders = created + known before + conflicts + rejected + skipped; `duplicates`
    counts the known ones and blocks that stand in a file twice, `held` those of the created that wait for a
    person. Figures `by_class` and `by_kind` are of what was read, whether it was new or not."""

    files: list[str] = field(default_factory=list)
    orders: int = 0
    created: int = 0
    held: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    skipped: int = 0
    lines: int = 0
    units: int = 0
    by_class: dict[str, dict[str, int]] = field(default_factory=dict)
    by_kind: dict[str, int] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def import_orders(
    db_write: Callable[..., Any], actor: Actor, files: Sequence[tuple[str, bytes]], *, time_zone: str,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Bring in the orders of `files` (name, content); the names only serve to be shown. `db_write` is
    `Database.write`. `progress` is told (orders done, orders in all) after each lot."""
    readings = read_order_files(files, time_zone)
    report, kinds = Report(files=[name for name, _ in files]), Counter[str]()
    total, done = sum(len(reading.drafts) for reading in readings), 0
    for reading in readings:
        _count_file(report, actor, reading)
        for lot in _lots(reading.drafts):
            for receipt in db_write(orders_import.receive_orders, actor, lot):
                kinds[receipt.kind] += 1
                _count(report, actor, reading.file, receipt)
            done += len(lot)
            if progress:
                progress(done, total)
    report.by_kind = dict(kinds)
    report.problems.sort(key=lambda problem: (problem["file"], problem["row"]))
    db_write(orders_import.keep_report, actor, report.files, report.as_json())
    return report


def _lots(drafts: Sequence[OrderDraft]) -> Iterator[list[OrderDraft]]:
    """The oldest order first, whatever the file's order: so it gets the lower number."""
    in_turn = sorted(drafts, key=lambda draft: draft.placed_at or _NEVER)
    for start in range(0, len(in_turn), LOT):
        yield in_turn[start : start + LOT]


def _count_file(report: Report, actor: Actor, reading: Reading) -> None:
    report.duplicates += len(reading.repeats)
    for repeat in reading.repeats:
        _tell(
            report,
            actor,
            reading.file,
            Flaw("repeated_block", repeat.rows),
            repeat.source_number,
            repeat.rows,
            "",
        )
    for flaw in reading.flaws:
        _tell(report, actor, reading.file, flaw, "", flaw.rows, "")


def _count(report: Report, actor: Actor, file: str, receipt: Receipt) -> None:
    draft, counted = receipt.draft, _COUNTED_AS[receipt.outcome]
    setattr(report, counted, getattr(report, counted) + 1)
    report.held += receipt.is_held
    figures = {
        "orders": 1, "lines": len({(line.row, line.place) for line in draft.lines}),
        "goods_lines": len({(line.row, line.place) for line in draft.goods}),
        "goods_units": sum(line.units for line in draft.goods) if draft.lines else draft.units_declared,
    }
    of_class = report.by_class.setdefault(receipt.cls, dict.fromkeys(figures, 0))
    for name, count in figures.items():
        of_class[name] += count
    report.orders += 1
    report.lines += figures["lines"]
    report.units += figures["goods_units"]
    if receipt.outcome == orders_import.KNOWN:
        return
    for flaw in receipt.flaws:
        rows = tuple(sorted({*draft.rows, *flaw.rows}))
        _tell(report, actor, file, flaw, draft.source_number, rows, receipt.cls)


def _tell(
    report: Report, actor: Actor, file: str, flaw: Flaw, order: str, rows: tuple[int, ...], cls: str
) -> None:
    """`row` is where it stands, `rows` are all of the order."""
    report.problems.append(
        {
            "file": file,
            "row": flaw.rows[0] if flaw.rows else 0,
            "rows": list(rows),
            "order": order,
            "code": flaw.code,
            "class": cls,
            "say": i18n.say(actor.language, f"orders.flaw_{flaw.code}", **flaw.facts),
        }
    )
