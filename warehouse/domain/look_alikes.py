"""Two books side by side: which wanted one was probably meant, and in what they differ, in one word (PAK-1)."""

from collections.abc import Mapping, Sequence
from typing import Any

# In this order people look: what is printed largest first.
_TRAITS = ("volume", "edition", "binding", "language", "publisher")
TITLE = "title"


def difference(got: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """`volume`, `edition`, `binding`, `language`, `publisher`, or `title` where it is just another book."""
    if not are_related(got, wanted):
        return TITLE
    for trait in _TRAITS:
        one, other = got.get(trait) or "", wanted.get(trait) or ""
        if one != other and ((one and other) or trait == "volume"):
            return trait
    return TITLE


def are_related(got: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """The same work, or volumes of one: the same ISBN, or titles that begin alike."""
    if got.get("isbn13") and got.get("isbn13") == wanted.get("isbn13"):
        return True
    one, other = _plain(got), _plain(wanted)
    shared = _shared(one, other)
    return bool(one and other) and 2 * shared >= min(len(one), len(other)) and shared > 1


def most_alike(got: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of the books still wanted, the one that this is most easily taken for; the first where none is like it."""
    def likeness(other: Mapping[str, Any]) -> tuple[bool, int, bool]:
        return (
            are_related(got, other), _shared(_plain(got), _plain(other)),
            bool(got.get("authors")) and got.get("authors") == other.get("authors"),
        )

    return max(wanted, key=likeness, default=None)


def _plain(book: Mapping[str, Any]) -> str:
    return "".join(char for char in str(book.get("title") or "").casefold() if char.isalnum())


def _shared(one: str, other: str) -> int:
    """How many letters two titles have in common at their beginning."""
    same = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(same, min(len(one), len(other)))
