"""Catalogue files as tables (CSV, XLSX) to item records: each good row loads, each bad one is named with
its reason (CAT-4).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from warehouse.domain.barcodes import read
from warehouse.domain.catalog import ItemRecord, RowProblem, internal_sku, packing_class_of
from warehouse.domain.check_digits import EAN13
from warehouse.domain.isbn_cells import IsbnCell, read_isbn_cell
from warehouse.domain.price_cells import KNOWN, Price, read_price_cell
from warehouse.domain.titles import clean_title, set_size
from warehouse.gateways.catalog_files.columns import ITEM_COLUMNS, LABELLED_FIELDS, PACKING_WORDS
from warehouse.gateways.tables import plain_header, read_table

HEAVIEST_G, LONGEST_MM, MOST_VOLUMES = 200_000, 5_000, 999
_ISBN_FIELDS = ("isbn13", "isbn", "isbn10")
_PLAIN_FIELDS = (
    "subtitle",
    "authors",
    "publisher",
    "language",
    "binding",
    "edition",
    "volume",
    "description",
)
_MEASURES = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(kg|千克|公斤|g|克|mm|毫米|cm|厘米)?", re.IGNORECASE)
_THOUSANDS = {"kg", "千克", "公斤"}
_TENS = {"cm", "厘米"}
_LABELLED = re.compile(rf"(?m)^\s*({'|'.join(LABELLED_FIELDS)})\s*[::]")


@dataclass
class CatalogFile:
    """What one file says, in its order. Repeated items are all here: see `catalog.first_of_each`."""

    records: list[ItemRecord] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


class _BadRow(Exception):
    """This row cannot be an item; the code says why."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def read_items(name: str, content: bytes) -> CatalogFile:
    """The items of a CSV or XLSX file, columns by their Chinese or English names in any order."""
    table = read_table(name, content)
    found = {named for _, named in table.columns(ITEM_COLUMNS)}
    if table.header and not found & {"title", "other_title"}:
        table.refuse("missing_columns", columns="title / 书名")
        return CatalogFile(problems=table.problems)
    file = CatalogFile(problems=table.problems)
    for row, cells in table.records(ITEM_COLUMNS):
        try:
            file.records.append(_item(row, cells))
        except _BadRow as bad:
            file.problems.append(RowProblem(row, bad.code, bad.facts, name))
    file.problems.sort(key=lambda problem: problem.row)
    return file


def _item(row: int, cells: dict[str, str]) -> ItemRecord:
    if "labelled" in cells:
        cells = _taken_apart(cells)
    notes: list[str] = []
    title = clean_title(cells.get("title") or cells.get("other_title") or "")
    if not title:
        raise _BadRow("no_title")
    texts = {name: clean_title(cells[name]) for name in _PLAIN_FIELDS if name in cells}
    sku, isbn13, codes = _identity(cells, title, texts, notes)
    price = _price(cells, isbn13, notes)
    volumes = _volumes(cells, title, texts, notes)
    return ItemRecord(
        row=row,
        sku=sku,
        title=title,
        isbn13=isbn13,
        other_codes=codes,
        published=cells.get("published", "").strip().removesuffix(".0"),
        pages_text=cells.get("pages", "").strip(),
        price_minor=price.amount_minor,
        currency=price.currency,
        price_text=(cells.get("price") or cells.get("list_price") or "").strip(),
        weight_g=_weight_g(cells, notes),
        length_mm=_side_mm("length", cells, notes),
        width_mm=_side_mm("width", cells, notes),
        height_mm=_side_mm("height", cells, notes),
        packing_class=_packing_class(cells, title, texts, volumes, notes),
        volumes=volumes,
        notes=tuple(notes),
        **texts,
    )


def _identity(
    cells: dict[str, str], title: str, texts: dict[str, str], notes: list[str]
) -> tuple[str, str | None, tuple[str, ...]]:
    """(SKU, ISBN-13 or None, other codes). Refuses the row where its ISBN is wrong and no other column has
    it.
    """
    given = cells.get("sku", "").strip()
    written = _isbns_written(cells)
    said = [read_isbn_cell(text) for text in written]
    isbns = {cell.isbn13: cell for cell in said if cell.isbn13}
    problem = next((cell.problem for cell in said if cell.problem), None)
    if len(isbns) > 1:
        raise _BadRow("isbns_differ", isbns=", ".join(sorted(map(str, isbns))))
    if problem and not isbns:
        wrong = next(text for text, cell in zip(written, said, strict=True) if cell.problem)
        raise _BadRow(problem, text=wrong.strip()[:40])
    if not said and given:
        own = read_isbn_cell(given) if len(given) >= EAN13 else IsbnCell()
        if own.isbn13:
            isbns = {own.isbn13: own}
    isbn13 = next(iter(isbns), None)
    notes += [cell.note for cell in said if cell.note]
    notes += ["isbn_from_other_column"] if problem else []
    codes = [read(cell.upc).value for cell in said if cell.upc]
    codes += _other_codes(cells.get("codes", ""))
    house = next((cell.sku for cell in said if cell.sku), None)
    sku = given or isbn13 or house
    if not sku:
        sku = internal_sku(title, texts.get("authors", ""), texts.get("publisher", ""))
        notes.append("internal_sku")
    return sku, isbn13, tuple(dict.fromkeys(code for code in codes if code and code != isbn13))


def _isbns_written(cells: dict[str, str]) -> list[str]:
    """The filled ISBN columns; an ISBN-10 that has the same nine digits as the ISBN-13 beside it says no
    more.
    """
    written = [cells[name] for name in _ISBN_FIELDS if name in cells]
    if len(written) == 2 and len(written[0]) == EAN13 and written[0][3:12] == written[1][:-1]:
        return written[:1] if read_isbn_cell(written[0]).isbn13 else written
    return written


def _other_codes(text: str) -> Iterable[str]:
    """The codes of a cell with one or several, as a scanner's read is looked up; a wrong one is left out."""
    for piece in re.split(r"[;,;、|\s]+", text) if text else ():
        cell = read_isbn_cell(piece)
        code = cell.isbn13 or (read(cell.upc).value if cell.upc else cell.sku)
        if code:
            yield code
        elif cell.problem == "not_an_isbn":
            yield piece


def _price(cells: dict[str, str], isbn13: str | None, notes: list[str]) -> Price:
    """The list price: the plain number of its own column, checked against the words of the source if both
    stand.
    """
    written, listed = cells.get("price", ""), cells.get("list_price", "")
    stated = cells.get("currency", "").strip().upper()
    currency = stated if stated in KNOWN else None
    price = read_price_cell(listed or written, isbn13=isbn13, currency=currency)
    if listed and written:
        source = read_price_cell(written, isbn13=isbn13, currency=currency)
        if source.problem == "currency_disagrees":
            price = source
    if price.problem:
        notes.append(price.problem)
    return price


def _volumes(cells: dict[str, str], title: str, texts: dict[str, str], notes: list[str]) -> int:
    """Physical volumes in one unit. A row that names its own volume is that one, however many the series
    has.
    """
    if texts.get("volume"):
        return 1
    if stated := cells.get("volumes", "").strip():
        if stated.isdigit() and 1 <= int(stated) <= MOST_VOLUMES:
            return int(stated)
        notes.append("volumes_unreadable")
    for text in (title, texts.get("subtitle"), texts.get("binding"), cells.get("price")):
        if text and not text.isdigit() and (size := set_size(text)):
            return size
    return 1


def _packing_class(
    cells: dict[str, str], title: str, texts: dict[str, str], volumes: int, notes: list[str]
) -> str:
    if stated := cells.get("packing"):
        known = PACKING_WORDS.get(plain_header(stated))
        if known:
            return known
        notes.append("packing_unknown")
    return packing_class_of(texts.get("binding", ""), title, volumes)


def _weight_g(cells: dict[str, str], notes: list[str]) -> int | None:
    """Grams. A column without unit is in grams, unless its figure can only be kilograms: then nobody can
    tell.
    """
    for name, factor in (("weight_g", 1), ("weight_kg", 1000), ("weight", 1)):
        if name not in cells:
            continue
        match = _MEASURES.fullmatch(cells[name].strip())
        unit = (match[2] or "").lower() if match else ""
        unclear = name == "weight" and match and not unit and "." in match[1].removesuffix(".0")
        if match is None or unclear or unit in _TENS | {"mm", "毫米"}:
            notes.append("weight_unreadable")
            return None
        grams = round(float(match[1]) * ((1000 if unit in _THOUSANDS else 1) if unit else factor))
        if 0 < grams <= HEAVIEST_G:
            return grams
        notes.append("weight_unreadable")
    return None


def _side_mm(side: str, cells: dict[str, str], notes: list[str]) -> int | None:
    for name, factor in ((f"{side}_mm", 1), (f"{side}_cm", 10)):
        if name not in cells:
            continue
        match = _MEASURES.fullmatch(cells[name].strip())
        if match:
            unit = (match[2] or "").lower()
            length = round(float(match[1]) * ((10 if unit in _TENS else 1) if unit else factor))
            if 0 < length <= LONGEST_MM:
                return length
        notes.append("size_unreadable")
    return None


def _taken_apart(cells: dict[str, str]) -> dict[str, str]:
    """A record that stands in one cell as `label: value` lines becomes cells; real columns win."""
    pieces = _LABELLED.split(re.sub(r"\s*\n\s*([::])", r"\1", cells["labelled"]))
    named = zip(pieces[1::2], pieces[2::2], strict=True)
    found = {LABELLED_FIELDS[label]: " ".join(value.split()) for label, value in named}
    found.pop("", None)
    return {name: text for name, text in found.items() if text} | cells
