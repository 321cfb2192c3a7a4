"""Items as files bring them, kept up to date without ever putting one book in the place of another (CAT-2, CAT-4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from warehouse.domain.barcodes import make_label
from warehouse.domain.catalog import ItemRecord, RowProblem
from warehouse.domain.people import Actor
from warehouse.domain.purchasing import DRAFT, LISTED
from warehouse.domain.titles import same_title
from warehouse.models.catalog import Item, ItemCode

ITEM = Item.__table__
CODE = ItemCode.__table__

# What a file says of an item, apart from the numbers that it is known by.
FIELDS = (
    "title", "subtitle", "authors", "publisher", "published", "language", "pages_text", "binding", "edition",
    "volume", "description", "price_minor", "currency", "price_text", "weight_g", "length_mm", "width_mm",
    "height_mm", "packing_class", "volumes",
)
# What a record says where its file is silent: that never takes the place of what is known.
SILENT = {"packing_class": "plain", "volumes": 1}

_BY_NUMBER = select(ITEM.c.id, ITEM.c.sku, ITEM.c.isbn13, ITEM.c.listing, *(ITEM.c[name] for name in FIELDS))
_CHANGE = (
    update(ITEM).where(ITEM.c.id == bindparam("item"))
    .values({name: bindparam(f"new_{name}") for name in (*FIELDS, "isbn13", "listing", "updated_at")})
)


@dataclass
class Merged:
    """What became of some records: each is counted once, and each rejected one has its problem."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)


@dataclass
class _Known:
    """An item that is in the tables, or will be at the end of this chunk (`id` is empty until then)."""

    id: int | None
    values: dict[str, Any]
    codes: set[str] = field(default_factory=set)
    is_changed: bool = False


def merge_items(session: Session, actor: Actor, records: Sequence[ItemRecord]) -> Merged:
    """Create what is new and bring up to date what differs; the same records again change nothing.

    A row without SKU of its own speaks of the item that has its ISBN. Does that item have another title, the row
    is rejected: it would overwrite a book, or make a second one without asking. A row with an SKU of its own *is*
    asked for, and shares the ISBN. A draft waits for its title: it takes the row's and is listed.
    """
    known = _Shelf(session, records)
    merged = Merged()
    for record in records:
        item = known.by_sku.get(record.sku) or _with_its_isbn(known, record)
        if isinstance(item, RowProblem):
            merged.problems.append(item)
        elif item is None:
            known.add(record)
            merged.created += 1
        elif item.values.get("listing") == DRAFT:
            _list(item, record)
            merged.updated += 1
        elif record.sku == record.isbn13 and not same_title(item.values["title"], record.title):
            merged.problems.append(_other_title(record, item))
        elif _take_news(item, record):
            merged.updated += 1
        else:
            merged.unchanged += 1
    known.write(actor)
    return merged


def _with_its_isbn(known: "_Shelf", record: ItemRecord) -> _Known | RowProblem | None:
    """For a row without SKU of its own: the item with its ISBN and title, a problem where there are only others."""
    if record.sku != record.isbn13:
        return None
    sharing = known.by_isbn.get(record.isbn13, [])
    same = next((item for item in sharing if item.values.get("listing") == DRAFT
                 or same_title(item.values["title"], record.title)), None)
    return same or (_other_title(record, sharing[0]) if sharing else None)


def _other_title(record: ItemRecord, item: _Known) -> RowProblem:
    facts = {"sku": record.sku, "title": record.title, "first_title": item.values["title"]}
    return RowProblem(record.row, "same_isbn_other_title", facts)


def _list(draft: _Known, record: ItemRecord) -> None:
    """What goods in found before the catalogue did has its facts now and may be put away (CAT-3)."""
    _take_news(draft, record)
    draft.values |= {"title": record.title, "listing": LISTED}
    draft.is_changed = True


def _take_news(item: _Known, record: ItemRecord) -> bool:
    """Whether the record said anything new. What it leaves empty stays as it is."""
    news: dict[str, Any] = {}
    for name in FIELDS:
        said = getattr(record, name)
        is_said = said not in ("", None) and said != SILENT.get(name)
        if is_said and said != item.values[name]:
            news[name] = said
    if "title" in news and same_title(news["title"], item.values["title"]):
        del news["title"]
    if record.isbn13 and record.isbn13 != item.values["isbn13"]:
        news["isbn13"] = record.isbn13
    item.values.update(news)
    codes = _codes_of(record) - item.codes
    item.codes |= codes
    item.is_changed = item.is_changed or bool(news)
    return bool(news or codes)


def _codes_of(record: ItemRecord) -> set[str]:
    return {code for code in (record.isbn13, *record.other_codes) if code}


class _Shelf:
    """The items that a chunk of records may speak of: fetched together, written together."""

    def __init__(self, session: Session, records: Iterable[ItemRecord]) -> None:
        self._session = session
        self.by_sku: dict[str, _Known] = {}
        self.by_isbn: dict[str, list[_Known]] = {}
        self._new: list[_Known] = []
        numbers = {record.sku for record in records} | {record.isbn13 for record in records if record.isbn13}
        found = session.execute(_BY_NUMBER.where(or_(ITEM.c.sku.in_(numbers), ITEM.c.isbn13.in_(numbers))))
        for row in found.mappings():
            values = dict(row)
            self._keep(_Known(values.pop("id"), values))
        present = {item.id: item for item in self.by_sku.values()}
        if present:
            codes = select(CODE.c.code, CODE.c.item_id).where(CODE.c.item_id.in_(present))
            for code, item_id in session.execute(codes):
                present[item_id].codes.add(code)
        self._before = {item_id: set(item.codes) for item_id, item in present.items()}

    def _keep(self, item: _Known) -> None:
        self.by_sku[item.values["sku"]] = item
        if isbn13 := item.values["isbn13"]:
            self.by_isbn.setdefault(isbn13, []).append(item)

    def add(self, record: ItemRecord) -> None:
        values = {name: getattr(record, name) for name in ("sku", "isbn13", *FIELDS)}
        item = _Known(None, values, _codes_of(record))
        self._new.append(item)
        self._keep(item)

    def write(self, actor: Actor) -> None:
        """Insert, change, and add codes: a few statements whatever the number of rows."""
        changed = [item for item in self.by_sku.values() if item.is_changed and item.id is not None]
        if self._new:
            moment = {"created_at": actor.at, "updated_at": actor.at}
            self._session.execute(insert(ITEM), [{**item.values, **moment} for item in self._new])
            # Asked for afterwards: SQLite gives ids back in order only row by row.
            made = {item.values["sku"]: item for item in self._new}
            for item_id, sku in self._session.execute(select(ITEM.c.id, ITEM.c.sku).where(ITEM.c.sku.in_(made))):
                made[sku].id = item_id
                made[sku].codes.add(make_label("item", item_id))
        if changed:
            self._session.execute(_CHANGE, [
                {"item": item.id, "new_updated_at": actor.at,
                 **{f"new_{name}": item.values[name] for name in (*FIELDS, "isbn13", "listing")}}
                for item in changed
            ])
        codes = [
            {"code": code, "item_id": item.id}
            for item in self.by_sku.values() for code in sorted(item.codes - self._before.get(item.id or 0, set()))
        ]
        if codes:
            self._session.execute(insert(CODE), codes)
