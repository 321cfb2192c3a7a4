"""The shelves of the house as a table: at least their names."""

from warehouse.domain.catalog import RowProblem
from warehouse.domain.layout import KINDS, RESERVE_KINDS, LocationRecord, clean_location, location_parts
from warehouse.gateways.catalog_files.columns import LAYOUT_COLUMNS, YES_NO
from warehouse.gateways.catalog_files.whole_numbers import whole_number
from warehouse.gateways.tables import plain_header, read_table

_NUMBERS = ("sequence", "x_mm", "y_mm", "max_units")


def read_layout(name: str, content: bytes) -> tuple[list[LocationRecord], list[RowProblem]]:
    """The places of a CSV or XLSX file, each once. A row that repeats a place word for word is no problem,
    so a stock file serves as a layout too; one that says something else about it is.
    """
    table = read_table(name, content)
    if table.header and "code" not in {named for _, named in table.columns(LAYOUT_COLUMNS)}:
        table.refuse("missing_columns", columns="location")
        return [], table.problems
    first: dict[str, LocationRecord] = {}
    problems = table.problems
    for row, cells in table.records(LAYOUT_COLUMNS):
        place = _place(row, cells, name)
        if isinstance(place, RowProblem):
            problems.append(place)
            continue
        earlier = first.setdefault(place.code, place)
        if earlier is not place and not _says_the_same(earlier, place):
            facts = {"location": place.code, "first_row": earlier.row}
            problems.append(RowProblem(row, "repeated_location_differs", facts, name))
    return list(first.values()), sorted(problems, key=lambda problem: problem.row)


def _place(row: int, cells: dict[str, str], file: str) -> LocationRecord | RowProblem:
    code = clean_location(cells.get("code", ""))
    if not code:
        return RowProblem(row, "no_location", {}, file)
    named = plain_header(cells.get("kind", "shelf"))
    kind = KINDS.get(named)
    if kind is None:
        return RowProblem(row, "location_kind_unknown", {"text": cells["kind"].strip()[:40]}, file)
    numbers = {name: whole_number(cells[name]) for name in _NUMBERS if name in cells}
    for name, number in numbers.items():
        if number is None:
            return RowProblem(
                row, "number_unreadable", {"column": name, "text": cells[name].strip()[:40]}, file
            )
    is_reserve = YES_NO.get(plain_header(cells["reserve"])) if "reserve" in cells else True if (
        named in RESERVE_KINDS) else None
    if is_reserve is None and "reserve" in cells:
        return RowProblem(row, "yes_or_no", {"column": "reserve", "text": cells["reserve"].strip()[:40]}, file)
    aisle, bay, shelf = location_parts(code)
    return LocationRecord(
        row,
        code,
        kind,
        aisle=cells.get("aisle", aisle).strip(),
        bay=cells.get("bay", bay).strip(),
        shelf=cells.get("shelf", shelf).strip(),
        zone=cells.get("zone", "").strip(),
        is_reserve=is_reserve,
        **numbers,
    )


def _says_the_same(earlier: LocationRecord, later: LocationRecord) -> bool:
    names = (name for name in LocationRecord.__slots__ if name != "row")
    return all(getattr(earlier, name) == getattr(later, name) for name in names)
