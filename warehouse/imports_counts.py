"""The bridge from files with counts to the services that settle them (STK-3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from warehouse.domain.layout import StockRecord
from warehouse.domain.people import Actor
from warehouse.gateways.catalog_files.stock_sheet import read_stock
from warehouse.imports_stock import Files, Progress, Report, Write
from warehouse.services import counting_import, journal

LOT = 500


@dataclass
class CountReport(Report):
    """`created` are counts taken; `stocktakes` are the sessions that they stand in, one for each file."""

    stocktakes: list[int] = field(default_factory=list)


def import_counts(db_write: Write, actor: Actor, files: Files, *, progress: Progress | None = None) -> CountReport:
    """Bring in counts: location, ISBN or SKU, counted. A row is a count of its title at the moment of the import;
    brought in again it is counted again, and nothing is posted twice."""
    report, done = CountReport(), 0
    read = [(name, *read_stock(name, content)) for name, content in files]
    total = sum(len(records) for _, records, _ in read)
    for name, records, problems in read:
        report.open_file(actor, name, records, problems)
        session_id = None
        for lot in _lots(sorted(records, key=lambda record: record.location)):
            received = db_write(counting_import.receive_counts, actor, lot, session_id, [name])
            session_id = received.session_id
            report.created += received.counted
            report.refuse(actor, name, received.problems)
            done += len(lot)
            if progress:
                progress(done, total)
        report.stocktakes += [session_id] if session_id else []
    report.rows = report.created + report.rejected
    report.problems.sort(key=lambda problem: (report.files.index(problem["file"]), problem["row"]))
    db_write(journal.keep_import, actor, "counts", report.files, report.as_json())
    return report


def _lots(records: Sequence[StockRecord]) -> Iterator[list[StockRecord]]:
    """All rows of a shelf in one lot."""
    lot: list[StockRecord] = []
    for record in records:
        if len(lot) >= LOT and record.location != lot[-1].location:
            yield lot
            lot = []
        lot.append(record)
    if lot:
        yield lot
