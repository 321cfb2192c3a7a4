"""Stocktakes: the lives of sessions, shelves and results, and how a scan at a shelf under count is judged (STK-3).

The count is blind: nothing here knows how many there should be. The shelf is scanned first, then every copy on it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from warehouse.domain import codes
from warehouse.domain.codes import Thing
from warehouse.domain.flow import Flow
from warehouse.domain.scans import WARN, Verdict, accept, refuse

COUNTING, CLOSED, CANCELLED = "counting", "closed", "cancelled"
SESSION_FLOW = Flow("count_session", start=COUNTING, steps={
    (COUNTING, "close"): CLOSED,
    (COUNTING, "cancel"): CANCELLED,
})

OPEN, COUNTED = "open", "counted"
TASK_FLOW = Flow("count_task", start=OPEN, steps={
    (OPEN, "take"): COUNTING,
    (COUNTING, "finish"): COUNTED,
    (COUNTING, "give_back"): OPEN,
    (COUNTING, "take_over"): COUNTING,
    (OPEN, "cancel"): CANCELLED,
    (COUNTING, "cancel"): CANCELLED,
})

# A result is born `counted` and leaves that state in the same use case.
MATCHED, POSTED, RECOUNT, APPROVAL, LEAD, APPROVED, REJECTED = (
    "matched", "posted", "recount", "approval", "lead", "approved", "rejected")
RESULT_FLOW = Flow("count_result", start=COUNTED, steps={
    (COUNTED, "match"): MATCHED,
    (COUNTED, "post"): POSTED,
    (COUNTED, "recount"): RECOUNT,
    (COUNTED, "ask_approval"): APPROVAL,
    (RECOUNT, "recount"): RECOUNT,
    (RECOUNT, "match"): MATCHED,
    (RECOUNT, "post"): POSTED,
    (RECOUNT, "ask_approval"): APPROVAL,
    (RECOUNT, "ask_lead"): LEAD,
    (RECOUNT, "reject"): REJECTED,
    (LEAD, "match"): MATCHED,
    (LEAD, "post"): POSTED,
    (LEAD, "ask_approval"): APPROVAL,
    (LEAD, "reject"): REJECTED,
    (APPROVAL, "approve"): APPROVED,
    (APPROVAL, "reject"): REJECTED,
})

# Whose shelves a session counts, and why it was opened.
ALL, ZONE, LIST, ABC, PUBLISHER, CYCLE, ZERO_CHECK, INCIDENT, FILE = (
    "all", "zone", "list", "abc", "publisher", "cycle", "zero_check", "incident", "file")
KINDS = (ALL, ZONE, LIST, ABC, PUBLISHER, CYCLE, ZERO_CHECK, INCIDENT, FILE)

# Why books and shelf differed, as the one who approves says.
CAUSES = ("misplaced", "outbound_not_recorded", "inbound_not_recorded", "found", "theft", "damaged", "wrong_item",
          "counting_error", "unknown")

# A tablet says this often that its counter is still there; silent for longer, the shelf may be taken over.
HEARTBEAT_S = 60
LOCK_S = 300

STEP_SHELF, STEP_BOOK, STEP_UNSEEN, STEP_DONE = "shelf", "book", "unseen", "done"


@dataclass(frozen=True)
class Shelf:
    """A shelf under count, as its counter has it. `asked` are the items to be counted where not everything on it
    is; empty for a whole shelf."""

    location_id: int
    location: str
    is_here: bool = False
    is_over: bool = False
    has_counts: bool = False
    asked: frozenset[int] = frozenset()
    covers_shelf: bool = True


def judge_place(shelf: Shelf, place_id: int, name: str, *, is_shelf: bool) -> Verdict:
    """A place: the shelf itself begins the count. Another one asks to finish this one first."""
    if shelf.is_over:
        return refuse("counting.over", WARN, location=shelf.location)
    if place_id == shelf.location_id:
        if shelf.is_here:
            return refuse("counting.here_already", WARN, location=name)
        return accept("counting.at_shelf" if shelf.covers_shelf else "counting.at_shelf_for_titles", "arrive",
                      location=name)
    if not is_shelf:
        return refuse("counting.not_a_shelf", WARN, location=name)
    if shelf.has_counts:
        return refuse("counting.finish_first", WARN, location=shelf.location, other=name)
    return refuse("counting.wrong_shelf", location=shelf.location, other=name)


def judge_item(shelf: Shelf, item_id: int, title: str, units: int) -> Verdict | None:
    """What is wrong with counting these copies; None where they are counted. A title that nobody expects on a whole
    shelf is counted like any other, and nothing says that it was not expected."""
    if wrong := judge_time(shelf):
        return wrong
    if units < 1:
        return refuse("counting.none_typed", WARN, title=title)
    if not shelf.covers_shelf and item_id not in shelf.asked:
        return refuse("counting.not_asked", WARN, title=title)
    return None


def judge_time(shelf: Shelf) -> Verdict | None:
    """Counting begins with the shelf's label and ends when the shelf is finished."""
    if shelf.is_over:
        return refuse("counting.over", WARN, location=shelf.location)
    if not shelf.is_here:
        return refuse("counting.shelf_first", WARN, location=shelf.location)
    return None


def judge_other(shelf: Shelf, thing: Thing) -> Verdict:
    """A code that is neither a book nor a place. One that nobody knows is kept: somebody finds out what it was."""
    if wrong := judge_time(shelf):
        return wrong
    if thing.kind == codes.INVALID:
        return refuse("scan.unreadable", WARN)
    if thing.kind == codes.UNKNOWN:
        return accept("counting.unknown_kept", "keep", WARN, text=thing.text)
    return refuse("counting.scan_book", WARN)


def may_take_over(heartbeat_at: datetime | None, at: datetime, *, is_lead: bool) -> bool:
    """Whether a shelf that somebody else counts may be taken from them: by a lead at once, by anybody when its
    tablet has been silent for too long."""
    return is_lead or heartbeat_at is None or at - heartbeat_at > timedelta(seconds=LOCK_S)
