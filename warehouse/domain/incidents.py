"""Incidents: their one life, and how one may end (EXC-1)."""

from warehouse.domain.flow import Flow

OPEN, SETTLED = "open", "settled"
INCIDENT_FLOW = Flow("incident", start=OPEN, steps={(OPEN, "settle"): SETTLED})

# What was found at a shelf that says that books and shelf may differ: it is counted (STK-3).
ASKS_FOR_COUNT = frozenset({"short", "missing", "wrong_item", "wrong_location", "found", "over"})

# How the lead may settle one; the decision about an order's units is taken where the order is.
FOUND, CONFIRMED, MISTAKE, MENDED = "found", "confirmed", "mistake", "mended"
OUTCOMES = (CONFIRMED, FOUND, MISTAKE, MENDED)

# Where units of an order are lost at the bench, the packer says first whether it waits, goes without, or gets others.
BENCH = "pack"
DECIDED_AT_BENCH = ("damaged", "missing")


def is_left_to_bench(stage: str, kind: str, outcome: str, order_state: str | None) -> bool:
    """The order behind it is still being packed and waits for that decision."""
    return stage == BENCH and kind in DECIDED_AT_BENCH and not outcome and order_state == "packing"
