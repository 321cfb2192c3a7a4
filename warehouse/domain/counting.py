"""Stocktakes: the lives of sessions, shelves and results, and how a scan at a shelf under count is judged (STK-3)."""

from warehouse.domain.flow import Flow

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
