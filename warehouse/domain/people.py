"""Who may do what (USR-1), and who did it (USR-2)."""

from dataclasses import dataclass
from datetime import datetime

# One word per right; a route names the right it needs. `work` is the floor itself: home, find, own settings.
RIGHTS: dict[str, frozenset[str]] = {
    "picker": frozenset({"work", "pick", "put_back", "report_incident", "receive", "transfer", "count", "see_stock"}),
    "packer": frozenset({"work", "pick", "pack", "ship", "put_back", "report_incident", "print", "receive", "transfer",
                         "count", "see_stock", "take_returns"}),
    "service": frozenset({"work", "see_orders", "review", "cancel", "open_personal", "see_board",
                          "report_incident", "see_stock", "serve", "handle_incident", "ask_return", "ask_refund",
                          "write_messages"}),
    "operations": frozenset({"work", "see_orders", "review", "cancel", "import", "see_board", "release",
                             "print", "open_personal", "report_incident", "see_stock", "plan_stock", "plan_counts",
                             "see_variances", "serve", "handle_incident", "ask_return", "ask_refund", "take_returns",
                             "write_messages", "review_messages", "plan_shifts", "set_policy"}),
    "purchasing": frozenset({"work", "see_orders", "import", "see_board", "report_incident", "see_stock", "purchase",
                             "receive", "print", "handle_incident"}),
    "finance": frozenset({"work", "see_orders", "see_board", "report_incident", "see_stock", "see_variances",
                          "refund"}),
}
RIGHTS["manager"] = frozenset().union(*RIGHTS.values()) | {
    "people", "override", "settle_incident", "approve_count", "pause"}
ROLES = tuple(RIGHTS)

# Wrong PINs on one person or one device before both wait, and how long.
PIN_TRIES = 5
LOCK_MINUTES = 15


@dataclass(frozen=True)
class Actor:
    """Person, device and time of a change; every row that changes something has one."""

    person_id: int
    device_id: int | None
    at: datetime
    role: str = "manager"
    language: str = "en"
    name: str = ""
    sign_in_id: int | None = None

    def may(self, right: str) -> bool:
        return right in RIGHTS[self.role]


def lock_minutes(failed_count: int) -> int:
    """Minutes that a person or device waits after this wrong PIN; 0 while tries are left. Every fifth one
    locks, for twice as long as the time before, up to a day."""
    if failed_count < PIN_TRIES or failed_count % PIN_TRIES:
        return 0
    doublings = min(failed_count // PIN_TRIES - 1, 7)
    return min(LOCK_MINUTES << doublings, 24 * 60)
