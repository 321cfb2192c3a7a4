"""The cartons on the rack that a new warehouse starts with, and which of them an order takes (PAK-2)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CartonPlan:
    """Inner sizes, and what it weighs empty."""

    code: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int


# One paperback, two or three, a set, a small and a big box.
CARTONS = (
    CartonPlan("BAG-1", 260, 180, 30, 18),
    CartonPlan("MAILER-1", 250, 190, 60, 60),
    CartonPlan("MAILER-2", 310, 230, 90, 110),
    CartonPlan("BOX-1", 330, 240, 150, 210),
    CartonPlan("BOX-2", 400, 300, 250, 380),
)

# A box packed to the last cubic centimetre cannot be closed.
FULLEST = 0.9
# Where the catalogue has no size: a thick paperback.
USUAL_SIZE_MM = (210, 148, 30)


@dataclass(frozen=True)
class Carton(CartonPlan):
    """A carton of this warehouse."""

    id: int = 0

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True)
class Content:
    """Units of one size that go into a carton; sizes in mm where known."""

    units: int
    sizes_mm: tuple[int | None, int | None, int | None]

    @property
    def is_known(self) -> bool:
        return all(self.sizes_mm)

    @property
    def sorted_mm(self) -> tuple[int, ...]:
        sizes = [size or usual for size, usual in zip(self.sizes_mm, USUAL_SIZE_MM, strict=True)]
        return tuple(sorted(sizes, reverse=True))

    @property
    def volume_mm3(self) -> int:
        long, wide, high = self.sorted_mm
        return self.units * long * wide * high


@dataclass(frozen=True)
class Choice:
    """The carton to take and how full it gets, in per cent. `hint` says what to look out for: `too_full` or
    `size_unknown`, else nothing."""

    carton: Carton
    fills_percent: int
    hint: str = ""


def choose_carton(contents: Sequence[Content], cartons: Sequence[Carton]) -> Choice | None:
    """The smallest carton that takes every piece by its sides and all of them by volume; else the largest, with
    a hint. None where the rack is empty."""
    if not cartons:
        return None
    rack = sorted(cartons, key=lambda carton: (carton.volume_mm3, carton.code))
    carton = next((each for each in rack if fits(contents, each)), None)
    return describe(contents, carton or rack[-1])


def describe(contents: Sequence[Content], carton: Carton) -> Choice:
    """How full a carton gets, chosen by rule or by hand."""
    percent = round(100 * sum(content.volume_mm3 for content in contents) / carton.volume_mm3)
    hint = "too_full" if not fits(contents, carton) else ""
    if not hint and not all(content.is_known for content in contents):
        hint = "size_unknown"
    return Choice(carton, percent, hint)


def fits(contents: Sequence[Content], carton: Carton) -> bool:
    """Whether each piece fits by its sides, turned as it likes, and all together by volume."""
    sides = sorted((carton.length_mm, carton.width_mm, carton.height_mm), reverse=True)
    volume = sum(content.volume_mm3 for content in contents)
    return volume <= FULLEST * carton.volume_mm3 and all(
        size <= side for content in contents for size, side in zip(content.sorted_mm, sides, strict=True))
