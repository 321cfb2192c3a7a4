"""The cartons on the rack that a new warehouse starts with."""

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
