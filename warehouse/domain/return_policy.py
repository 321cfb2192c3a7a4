"""What is done with a request to send copies back, by its reason, as data (RET-1).

One rule a reason, in versions: a new one never changes what was decided by an old one.
"""

from dataclasses import dataclass

from warehouse.domain import returns

APPROVE, ASK, REFUSE = "approve", "ask", "refuse"
DECISIONS = (APPROVE, ASK, REFUSE)
SHOP, BUYER = "shop", "customer"
PAYERS = (BUYER, SHOP)
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Policy:
    """`days` from delivery, else from dispatch, the last of them included. `worst_grade` is the grade that a copy must
    still have to be accepted; empty: any. The fee is a part of the price of the copies in whole per cent."""

    reason: str
    days: int
    decision: str = APPROVE
    worst_grade: str = ""
    fee_percent: int = 0
    pays_postage: str = BUYER
    needs_photo: bool = False


# What a new warehouse begins with: the customer's own reasons fourteen days and in saleable condition, our mistakes
# longer, in any condition and with the postage.
DEFAULTS = (
    Policy(returns.CHANGED_MIND, 14, worst_grade="very_good"),
    Policy(returns.WRONG_ORDER, 14, worst_grade="very_good"),
    Policy(returns.DUPLICATE_ORDER, 14, worst_grade="very_good"),
    Policy(returns.LATE, 14, worst_grade="very_good", pays_postage=SHOP),
    Policy(returns.DAMAGED_IN_TRANSIT, 30, pays_postage=SHOP, needs_photo=True),
    Policy(returns.WRONG_BOOK_SENT, 30, pays_postage=SHOP),
    Policy(returns.MISPRINT, 180, pays_postage=SHOP, needs_photo=True),
    Policy(returns.OTHER, 14, ASK, worst_grade="very_good"),
)

# Why a verdict is what it is: sentences `returns.why_…`.
IN_TIME, TOO_LATE, NEVER_TAKEN, PHOTO_WANTED, LOOKED_AT, REPAIRS_ASK, DEARER_ASKS, CAME_UNASKED = (
    "in_time", "too_late", "never_taken", "photo_wanted", "looked_at", "repairs_ask", "dearer_asks", "came_unasked")
WHYS = (IN_TIME, TOO_LATE, NEVER_TAKEN, PHOTO_WANTED, LOOKED_AT, REPAIRS_ASK, DEARER_ASKS, CAME_UNASKED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`decision` is approve, ask (a person decides) or refuse; `why` names the sentence."""

    decision: str
    why: str


def judge(
    policy: Policy, *, kind: str, days_gone: int, has_photo: bool, is_dearer: bool = False
) -> Verdict:
    """What the policy says to a request made this many whole days after delivery. What it refuses it refuses at once,
    before it asks a person for anything. `is_dearer`: a title is wanted instead that is sold for more than was
    paid: an exchange is sent free of charge, so a person decides."""
    if policy.decision == REFUSE:
        return Verdict(REFUSE, NEVER_TAKEN)
    if days_gone > policy.days:
        return Verdict(REFUSE, TOO_LATE)
    if kind == returns.REPAIR:
        return Verdict(ASK, REPAIRS_ASK)
    if is_dearer:
        return Verdict(ASK, DEARER_ASKS)
    if policy.needs_photo and not has_photo:
        return Verdict(ASK, PHOTO_WANTED)
    return Verdict(APPROVE, IN_TIME) if policy.decision == APPROVE else Verdict(ASK, LOOKED_AT)


def is_good_enough(grade: str, worst_grade: str) -> bool:
    """Whether a copy of this grade is accepted by a policy with this worst grade."""
    return not worst_grade or returns.GRADES.index(grade) <= returns.GRADES.index(worst_grade)


def fee_of(price_minor: int, percent: int) -> int:
    """The fee on copies of this price, rounded down: the cent is the customer's."""
    return price_minor * percent // 100
