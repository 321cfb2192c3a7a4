"""Records of a catalogue file as the importer takes them, and the rules that need no file and no database
(CAT-1, CAT-4).
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from warehouse.domain.titles import is_boxed_set

_HARDCOVER = re.compile(
    r"(?<!软)精[装裝]|硬壳|硬[皮面]|hard ?(?:cover|back|bound)|gebunden|relié", re.IGNORECASE
)
_FRAGILE = re.compile(
    r"易碎|陶瓷|玻璃|瓷|黑胶|唱片|(?:附|含|带|配)(?:光)?[盘碟]|fragile|glass|ceramic|porcelain|vinyl|\b[cd]vd\b|\bmug\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One good row. `sku` is always filled: the file's, else the ISBN-13, else an internal one that the
    same title, author and publisher get again. `price_text` and `pages_text` are the file's own words.
    `notes` are codes of `locale/imports.toml`: what was understood or left out while the row still loads.
    """

    row: int
    sku: str
    title: str
    isbn13: str | None = None
    other_codes: tuple[str, ...] = ()
    subtitle: str = ""
    authors: str = ""
    publisher: str = ""
    published: str = ""
    language: str = ""
    pages_text: str = ""
    binding: str = ""
    edition: str = ""
    volume: str = ""
    description: str = ""
    price_minor: int | None = None
    currency: str | None = None
    price_text: str = ""
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    packing_class: str = "plain"
    volumes: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was not taken. `row` counts records, the header is 1; `code` and `facts` make the sentence
    `imports.<code>`."""

    row: int
    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    file: str = ""


def packing_class_of(binding: str, title: str, volumes: int) -> str:
    """How one unit is packed: a set stays together, glass and discs need padding, a hardcover corners."""
    if volumes > 1 or is_boxed_set(title):
        return "set"
    return _class_of_binding(binding) if binding else "plain"


@lru_cache(maxsize=1024)
def _class_of_binding(binding: str) -> str:
    if is_boxed_set(binding):
        return "set"
    if _FRAGILE.search(binding):
        return "fragile"
    return "hardcover" if _HARDCOVER.search(binding) else "plain"


def internal_sku(title: str, authors: str, publisher: str) -> str:
    """The number of a thing without ISBN and SKU: the same words give the same number, whatever the
    spacing.
    """
    said = "\x1f".join(" ".join(words.casefold().split()) for words in (title, authors, publisher))
    digest = hashlib.sha256(said.encode("utf-8", "replace")).digest()
    return "N-" + base64.b32encode(digest[:8]).decode().rstrip("=")[:12]


def first_of_each(records: Iterable[ItemRecord], file: str = "") -> tuple[list[ItemRecord], list[RowProblem]]:
    """One record for each SKU. A second row of the same SKU that says the same is left out without a word;
    one with another title is a problem for a person (one ISBN on several titles), one that only differs in
    detail too: otherwise the two rows would overwrite each other at every import.
    """
    first: dict[str, ItemRecord] = {}
    problems = []
    for record in records:
        earlier = first.setdefault(record.sku, record)
        if earlier is record or _says_the_same(earlier, record):
            continue
        code = "same_isbn_other_title" if earlier.title != record.title else "repeated_row_differs"
        facts = {
            "sku": record.sku,
            "title": record.title,
            "first_row": earlier.row,
            "first_title": earlier.title,
        }
        problems.append(RowProblem(record.row, code, facts, file))
    return list(first.values()), problems


def _says_the_same(earlier: ItemRecord, later: ItemRecord) -> bool:
    return all(
        getattr(earlier, name) == getattr(later, name)
        for name in ItemRecord.__slots__
        if name not in ("row", "notes")
    )
