"""In which order a run visits its shelves (PIC-2): by the walk sequence of the layout, then by code."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Visit(Protocol):
    @property
    def sequence(self) -> int: ...
    @property
    def location_code(self) -> str: ...


V = TypeVar("V", bound=Visit)


def in_walking_order(visits: Iterable[V]) -> list[V]:
    """The seam for route planning: everything that walks asks here for its order."""
    return sorted(visits, key=lambda visit: (visit.sequence, visit.location_code))
