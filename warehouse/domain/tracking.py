"""What carriers tell about parcels (SHP-4): which events there are, what each does to a parcel, and what a number must
look like.

Events come late, twice and in any order. So a parcel's state is what all its events say in the order in which they
happened, not in which they came; a second telling of the same event is the same event.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from warehouse.domain.packing import DELIVERED, HANDED_OVER, IN_TRANSIT, LOST, PARCEL_FLOW, RETURNED

ACCEPTED, MOVING, ON_VAN, HERE = "accepted", "in_transit", "out_for_delivery", "delivered"
FAILED, TROUBLE, DAMAGED, SENT_BACK, GONE = "failed_attempt", "exception", "damaged", "returned", "lost"
# In the order in which they happen where two have the same time.
KINDS = (ACCEPTED, MOVING, ON_VAN, FAILED, TROUBLE, DAMAGED, GONE, SENT_BACK, HERE)
_RANK = {kind: place for place, kind in enumerate(KINDS)}
# The verb of a parcel's life; any other event only says that it is under way.
_VERBS = {HERE: "deliver", SENT_BACK: "return", GONE: "lose"}
# What the carrier has in hand, or had last.
WITH_CARRIER = (HANDED_OVER, IN_TRANSIT, LOST, DELIVERED, RETURNED)


@dataclass(frozen=True)
class Trouble:
    """The incident that an event opens, and what the customer must hear."""

    incident: str
    cause: str
    why: str


TROUBLES = {
    FAILED: Trouble("delayed", "address", "parcel_late"),
    TROUBLE: Trouble("delayed", "carrier", "parcel_late"),
    SENT_BACK: Trouble("address", "carrier", "parcel_late"),
    DAMAGED: Trouble("damaged", "carrier", "parcel_damaged"),
    GONE: Trouble("lost", "carrier", "parcel_lost"),
}
# A parcel is lost, broken or sent back once, however often that is told.
COMES_AGAIN = frozenset({"delayed"})
OVERDUE = Trouble("delayed", "carrier", "parcel_late")
SILENT = Trouble("delayed", "carrier", "")
# Incidents that are over when the parcel arrives.
ENDS_WITH_ARRIVAL = ("delayed", "lost")

TEXT_LENGTH, PLACE_LENGTH, NUMBER_LENGTH = 200, 80, 24
# A carrier's clock may run ahead of ours by this much; more is a typing error.
MOST_AHEAD = timedelta(hours=12)
OLDEST = timedelta(days=400)
# Carriers give the same number again after a year or so: what was told of it before is another parcel's. Some scan a
# pallet before its list is signed.
MOST_BEFORE_HAND_OVER = timedelta(days=3)


@dataclass(frozen=True)
class Event:
    """One thing that a carrier says. `row` is where it stands in the file or message."""

    row: int
    number: str
    kind: str
    at: datetime
    place: str = ""
    text: str = ""


def event_key(parcel_id: int, event: Event) -> str:
    """The same for the same event, however and however often it is told."""
    said = "\x1f".join((str(parcel_id), event.kind, str(round(event.at.timestamp() * 1000)), event.place, event.text))
    return hashlib.sha256(said.encode()).hexdigest()[:40]


def state_after(state: str, told: Iterable[tuple[str, datetime]]) -> str:
    """The state of a parcel after the events (kind, when) told of it, whatever order they are given in. An event that
    the parcel's life has no step for, as one on the way after it was delivered, changes nothing."""
    for kind, _ in sorted(told, key=lambda event: (event[1], _RANK[event[0]])):
        verb = _VERBS.get(kind)
        if verb is None:
            verb = "find" if state == LOST else "depart"
        if PARCEL_FLOW.may(state, verb):
            state = PARCEL_FLOW.step(state, verb)
    return state


def delivered_at(told: Iterable[tuple[str, datetime]]) -> datetime | None:
    """When it was first delivered."""
    return min((at for kind, at in told if kind == HERE), default=None)


def flaw_of(event: Event, now: datetime, *, sent_at: datetime | None = None) -> str | None:
    """Why this event cannot be meant: from the future, or from long before; None where it can."""
    if event.at > now + MOST_AHEAD:
        return "tracking_from_the_future"
    if sent_at and event.at < sent_at - MOST_BEFORE_HAND_OVER:
        return "tracking_before_hand_over"
    return "tracking_too_old" if event.at < now - OLDEST else None


# --- What an event is called -----------------------------------------------------------------------------------------

# Looked through in this order: "退回件已签收" is a parcel that came back, "未签收" none that was delivered, and one that
# "will be delivered" is not there yet: what only announces an end must never be taken for it.
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple((kind, re.compile(words)) for kind, words in (
    (GONE, r"丢失|遗失|灭失|\blost\b|(?:parcel|package|shipment|item|consignment) (?:is |went |has gone )?missing"),
    (DAMAGED, r"破损|损坏|damage"),
    (SENT_BACK, r"退回|退件|退返|已退|return(?!\w* to (?:the |our |local )?(?:depot|station|hub))"),
    (FAILED, r"未妥投|(?:投递|派送|派件|签收|妥投)(?:失败|不成功)|(?:无法|未能|不能)(?:正常)?[派投送签妥]|未签收|拒收"
             r"|无人签收|地址不详|fail|unsuccessful|undeliver|refused|attempt|missed|nobody|no one|return"
             r"|(?:not|n't|unable|cannot)\b.{0,20}\bdeliver"),
    (TROUBLE, r"异常|问题件|滞留|延误|扣留|exception|delay|\bheld\b|problem|incident"),
    (ON_VAN, r"(?:待|等待|准备|即将|预计|尽快|请).{0,8}(?:签收|妥投|送达|取件)|(?:to|will) be delivered|being delivered"
             r"|out.for.delivery"),
    (MOVING, r"delivered to (?:the |our |a |local )?(?:depot|hub|carrier|station|facility|sort|warehouse|airline)"),
    (ACCEPTED, r"揽收|揽件|收寄|已收件|accept|collected.from.(?!.*(?:shop|locker|pick))"
               r"|(?:collected|picked.?up).by.(?:the.|our.)?(?:courier|driver|carrier)"),
    (HERE, r"已签收|签收人|签收成功|妥投|投递成功|已取件|代收|\bdelivered\b|\bsigned\b"
           r"|collected.(?:by|from)|picked.?up.by"),
    (ON_VAN, r"派送中|派件|派送|投递中|with.(?:the.)?(?:driver|courier)|到达.*(?:驿站|快递柜)"),
    (HERE, r"签收"),
    # Of a word alone that means the begin with one carrier and the end with another, the begin: it does no harm.
    (ACCEPTED, r"收件|collect|picked.?up|received.(?:at|by.us)"),
    (MOVING, r"运输|在途|转运|中转|到达|离开|发往|发出|清关|transit|depart|arriv|left|sort|process|customs|hub|assigned"),
))


def kind_of(text: str) -> str | None:
    """The event that a code or a carrier's words name, in Chinese or English; None where nobody could tell."""
    said = text.strip().lower()
    plain = re.sub(r"[\s\-]+", "_", said)
    if plain in _RANK:
        return plain
    return next((kind for kind, words in _WORDS if words.search(said)), None)


_WHO = re.compile(
    r"((?:签收人|收件人|派件员|快递员|业务员|投递员|signed (?:for )?by|received by|courier|driver)\s*(?:是|为|is)?\s*[:：]?\s*)"
    r"([^\s,，。;；(（:：]+)", re.IGNORECASE)


def without_names(text: str) -> str:
    """A carrier's words without the name of who signed or delivered."""
    return _WHO.sub(r"\1***", text)


# --- Numbers ---------------------------------------------------------------------------------------------------------

_S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def is_number(text: str, patterns: Mapping[str, str]) -> bool:
    """Whether a number could be one of these carriers' (code → pattern of the whole number, empty: any form). Postal
    numbers (UPU S10) must have the right check digit besides."""
    if not 5 < len(text) <= NUMBER_LENGTH or not re.fullmatch(r"[A-Z0-9-]+", text):
        return False
    if _S10.fullmatch(text) and not s10_fits(text):
        return False
    return any(not pattern or re.fullmatch(pattern, text) for pattern in patterns.values())


def s10_fits(number: str) -> bool:
    """Whether the ninth digit of a postal number is the check digit of the eight before it (UPU S10)."""
    digits = [int(digit) for digit in number[2:11]]
    rest = 11 - sum(digit * weight for digit, weight in zip(digits, _S10_WEIGHTS, strict=False)) % 11
    return digits[8] == {10: 0, 11: 5}.get(rest, rest)
