"""Money given back: asked for, decided by another person, paid (FIN-1)."""

from warehouse.domain.flow import Flow

REQUESTED, APPROVED, PAID, REFUSED = "requested", "approved", "paid", "refused"
REFUND_FLOW = Flow("refund", start=REQUESTED, steps={
    (REQUESTED, "approve"): APPROVED,
    (REQUESTED, "refuse"): REFUSED,
    (APPROVED, "pay"): PAID,
    # Before it is paid.
    (APPROVED, "refuse"): REFUSED,
    (REFUSED, "ask"): REQUESTED,
})
# Of these the amount is taken from what the order may still give back.
COUNTS = (REQUESTED, APPROVED, PAID)
OPEN = (REQUESTED, APPROVED)
REASON_LIMIT, REFERENCE_LIMIT = 200, 80


def may_decide(asked_by: int, person_id: int) -> bool:
    """Four eyes, without exception: nobody approves money that they asked for themselves."""
    return asked_by != person_id
