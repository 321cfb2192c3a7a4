"""Where copies should be put away (REC-2): the fixed shelf, else beside copies of the same title, else free space;
fast movers near the start of the walk, and never two look-alikes on one shelf or on shelves side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.domain import look_alikes
from warehouse.domain.layout import walking_key

HOME, SAME, EMPTY_NEAR, EMPTY_FAR, ROOM = "home", "same", "empty_near", "empty_far", "room"
SHOWN = 3
# Sold in 30 days: from here on a title counts as fast, about one every third day.
FAST_SOLD_30 = 10


@dataclass(frozen=True)
class Candidate:
    """A shelf that might take the copies. `load` are the units on it of all titles, `of_title` those of this one;
    `most_units` is the shelf's limit, `home_most` that of this title on its fixed shelf."""

    id: int
    code: str
    aisle: str
    bay: str
    shelf: str
    sequence: int
    load: int = 0
    of_title: int = 0
    most_units: int | None = None
    is_home: bool = False
    home_most: int | None = None
    is_reserve: bool = False

    def has_room(self, units: int) -> bool:
        """A shelf whose limit nobody told has room."""
        in_shelf = self.most_units is None or self.load + units <= self.most_units
        return in_shelf and (self.home_most is None or self.of_title + units <= self.home_most)


@dataclass(frozen=True)
class Stands:
    """A shelf with the other books that stand on it."""

    aisle: str
    bay: str
    shelf: str
    books: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Suggestion:
    shelf: Candidate
    reason: str


def goes_near(sold_30: int | None) -> bool:
    """Whether a title belongs near the start of the walk. One that nobody has figures of is new, and news sell."""
    return sold_30 is None or sold_30 >= FAST_SOLD_30


def suggest(
    book: Mapping[str, Any], units: int, shelves: Sequence[Candidate], around: Sequence[Stands], *, near: bool,
) -> list[Suggestion]:
    """The best shelf and up to two others, the best first; nothing where no shelf will do. `around` are all shelves
    of the bays in question. The fixed shelf stands whatever is beside it: people chose it. A title that has a fixed
    shelf goes to reserve with what is over, any other to reserve last."""
    has_home = any(each.is_home for each in shelves)
    fitting = [
        Suggestion(each, _reason(each, near=near)) for each in shelves
        if each.has_room(units) and (each.is_home or not _meets_alike(book, each, around))
    ]
    order = (HOME, SAME, EMPTY_NEAR, EMPTY_FAR, ROOM)

    def rank(one: Suggestion) -> tuple[int, bool, int, str]:
        far = 1 if near else -1
        return order.index(one.reason), one.shelf.is_reserve != has_home, far * one.shelf.sequence, one.shelf.code

    return sorted(fitting, key=rank)[:SHOWN]


def _reason(shelf: Candidate, *, near: bool) -> str:
    if shelf.is_home:
        return HOME
    if shelf.of_title:
        return SAME
    if shelf.load:
        return ROOM
    return EMPTY_NEAR if near else EMPTY_FAR


def _meets_alike(book: Mapping[str, Any], shelf: Candidate, around: Sequence[Stands]) -> bool:
    """Whether a look-alike stands on this shelf or on the one above, below or beside it in its bay."""
    bay = sorted({each.shelf for each in around if (each.aisle, each.bay) == (shelf.aisle, shelf.bay)}, key=walking_key)
    at = bay.index(shelf.shelf) if shelf.shelf in bay else 0
    close = {shelf.shelf, *bay[max(0, at - 1):at + 2]}
    return any(
        look_alikes.are_related(book, other)
        for each in around if (each.aisle, each.bay) == (shelf.aisle, shelf.bay) and each.shelf in close
        for other in each.books
    )
