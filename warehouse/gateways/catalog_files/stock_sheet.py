"""Opening stock and counts as tables: a place, an item, a number of units."""

from warehouse.domain.catalog import RowProblem
from warehouse.domain.isbn_cells import read_isbn_cell
from warehouse.domain.layout import StockRecord, clean_location
from warehouse.gateways.catalog_files.columns import CONDITIONS, STOCK_COLUMNS
from warehouse.gateways.catalog_files.whole_numbers import whole_number
from warehouse.gateways.tables import plain_header, read_table

MOST_UNITS = 1_000_000


def read_stock(name: str, content: bytes) -> tuple[list[StockRecord], list[RowProblem]]:
    """The stock rows of a CSV or XLSX file. Whether place and item exist is the importer's question."""
    table = read_table(name, content)
    found = {named for _, named in table.columns(STOCK_COLUMNS)}
    missing = [wanted for wanted in ("location", "quantity") if wanted not in found]
    missing += [] if found & {"isbn13", "sku"} else ["isbn13 / sku"]
    if table.header and missing:
        table.refuse("missing_columns", columns=", ".join(missing))
        return [], table.problems
    read = [_stock(row, cells, name) for row, cells in table.records(STOCK_COLUMNS)]
    records = [row for row in read if isinstance(row, StockRecord)]
    problems = table.problems + [row for row in read if isinstance(row, RowProblem)]
    return records, sorted(problems, key=lambda problem: problem.row)


def _stock(row: int, cells: dict[str, str], file: str) -> StockRecord | RowProblem:
    def bad(code: str, **facts: object) -> RowProblem:
        return RowProblem(row, code, facts, file)

    location = clean_location(cells.get("location", ""))
    if not location:
        return bad("no_location")
    item = item_of(row, cells, file)
    if isinstance(item, RowProblem):
        return item
    quantity = whole_number(cells.get("quantity", ""))
    if quantity is None or quantity > MOST_UNITS:
        return bad("quantity_unreadable", text=cells.get("quantity", "").strip()[:40])
    condition = CONDITIONS.get(plain_header(cells.get("condition", "")))
    if condition is None:
        return bad("condition_unknown", text=cells["condition"].strip()[:40])
    return StockRecord(row, location, *item, quantity, condition)


def item_of(row: int, cells: dict[str, str], file: str) -> tuple[str | None, str | None] | RowProblem:
    """(ISBN-13, SKU) by which a row names its item; at least one of them."""
    written = cells.get("isbn13", "").strip()
    cell = read_isbn_cell(written)
    sku = cells.get("sku", "").strip() or cell.sku or cell.upc
    # The house's own numbers may stand in the ISBN column too; a number that looks like an ISBN must be one.
    if cell.problem == "not_an_isbn":
        sku = sku or written
    elif cell.problem:
        return RowProblem(row, cell.problem, {"text": written[:40]}, file)
    if not cell.isbn13 and not sku:
        return RowProblem(row, "no_item", {}, file)
    return cell.isbn13, sku or None
