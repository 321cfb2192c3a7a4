"""Release: which shelves serve which order line, and which orders are walked together (PIC-1, ORD-5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# A tote of 40 × 30 × 30 cm holds about this many books; more singles make another run for another picker.
SINGLES_PER_RUN = 40

WAIT, PART, CANCEL = "wait", "part", "cancel"

TOGETHER, BY_ORDER = "together", "by_order"


@dataclass(frozen=True)
class Demand:
    """One line that wants units of an item."""

    line_id: int
    item_id: int
    units: int


@dataclass(frozen=True)
class OrderDemand:
    order_id: int
    when_short: str
    lines: tuple[Demand, ...]


@dataclass
class Shelf:
    """Free good units of one item on one shelf; shrinks while allocating."""

    location_id: int
    location_code: str
    sequence: int
    free: int
    is_reserve: bool = False


@dataclass(frozen=True)
class Take:
    """Units of a line from a shelf: becomes a reservation and a stop."""

    order_id: int
    line_id: int
    item_id: int
    location_id: int
    location_code: str
    sequence: int
    units: int


@dataclass
class Allocation:
    """What came out: the takes of each released order, the short units by line, and the orders that wait."""

    takes: dict[int, list[Take]] = field(default_factory=dict)
    short: dict[int, int] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)


def allocate(orders: Iterable[OrderDemand], shelves: dict[int, list[Shelf]]) -> Allocation:
    """Serve whole orders, first come first served. A line comes from one shelf where one has enough (the
    one with the least over, which empties shelves), else from the fullest ones; from reserve shelves only what
    the pick faces do not have. An order that may not go in
    part, or would go with nothing, waits and takes nothing."""
    result = Allocation()
    for order in orders:
        takes, short = _serve(order, shelves)
        if not takes or (short and order.when_short == WAIT):
            for take in takes:
                _shelf(shelves, take).free += take.units
            result.waiting.append(order.order_id)
            continue
        result.takes[order.order_id] = takes
        result.short.update(short)
    return result


def _serve(order: OrderDemand, shelves: dict[int, list[Shelf]]) -> tuple[list[Take], dict[int, int]]:
    takes: list[Take] = []
    short: dict[int, int] = {}
    for line in order.lines:
        left = line.units
        while left and (shelf := _best_shelf(shelves.get(line.item_id, []), left)):
            units = min(left, shelf.free)
            shelf.free -= units
            left -= units
            takes.append(Take(order.order_id, line.line_id, line.item_id, shelf.location_id, shelf.location_code,
                              shelf.sequence, units))
        if left:
            short[line.line_id] = left
    return takes, short


def _best_shelf(shelves: Sequence[Shelf], units: int) -> Shelf | None:
    free = [shelf for shelf in shelves if shelf.free > 0]
    free = [shelf for shelf in free if not shelf.is_reserve] or free
    enough = [shelf for shelf in free if shelf.free >= units]
    if enough:
        return min(enough, key=lambda shelf: (shelf.free, shelf.sequence, shelf.location_code))
    return max(free, key=lambda shelf: (shelf.free, -shelf.sequence), default=None)


def _shelf(shelves: dict[int, list[Shelf]], take: Take) -> Shelf:
    return next(shelf for shelf in shelves[take.item_id] if shelf.location_id == take.location_id)


def group_batches(takes: dict[int, list[Take]], slots: int) -> list[list[int]]:
    """Orders for one cart, neighbours together: sorted by where their walk begins, cut into carts of `slots`."""
    def start(order_id: int) -> tuple[int, str]:
        return min((take.sequence, take.location_code) for take in takes[order_id])

    ordered = sorted(takes, key=lambda order_id: (start(order_id), order_id))
    return [ordered[first : first + slots] for first in range(0, len(ordered), slots)]
