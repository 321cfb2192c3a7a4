"""Fixed shelves as a table: a place, an item, and the least and most units of it there."""

from warehouse.domain.catalog import RowProblem
from warehouse.domain.layout import HomeRecord, clean_location
from warehouse.gateways.catalog_files.columns import HOME_COLUMNS
from warehouse.gateways.catalog_files.stock_sheet import item_of
from warehouse.gateways.catalog_files.whole_numbers import whole_number
from warehouse.gateways.tables import read_table


def read_homes(name: str, content: bytes) -> tuple[list[HomeRecord], list[RowProblem]]:
    """The rows of a CSV or XLSX file. Whether place and item exist is the importer's question."""
    table = read_table(name, content)
    found = {named for _, named in table.columns(HOME_COLUMNS)}
    missing = [] if "location" in found else ["location"]
    missing += [] if found & {"isbn13", "sku"} else ["isbn13 / sku"]
    if table.header and missing:
        table.refuse("missing_columns", columns=", ".join(missing))
        return [], table.problems
    read = [_home(row, cells, name) for row, cells in table.records(HOME_COLUMNS)]
    records = [row for row in read if isinstance(row, HomeRecord)]
    problems = table.problems + [row for row in read if isinstance(row, RowProblem)]
    return records, sorted(problems, key=lambda problem: problem.row)


def _home(row: int, cells: dict[str, str], file: str) -> HomeRecord | RowProblem:
    location = clean_location(cells.get("location", ""))
    if not location:
        return RowProblem(row, "no_location", {}, file)
    item = item_of(row, cells, file)
    if isinstance(item, RowProblem):
        return item
    limits = {name: whole_number(cells[name]) for name in ("min_units", "max_units") if name in cells}
    for name, number in limits.items():
        if number is None:
            return RowProblem(row, "number_unreadable", {"column": name, "text": cells[name].strip()[:40]}, file)
    least, most = limits.get("min_units"), limits.get("max_units")
    if (least is None) != (most is None) or (least is not None and most is not None and most < max(least, 1)):
        return RowProblem(row, "limits_wrong", {}, file)
    return HomeRecord(row, location, *item, least, most)
