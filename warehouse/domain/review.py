"""The review desk's rules (ORD-2, ORD-3): what is refused, held or only remarked about an order, and why.

Pure: a draft and what is known about the world go in, a verdict comes out. Nothing is ever repaired here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from warehouse.domain.money import write_amount
from warehouse.domain.orders import (
    CANCELLED,
    CASH_ON_DELIVERY,
    CLOSED,
    FULFILLED,
    OPEN,
    REFUNDED,
    UNPAID,
    Flaw,
    OrderDraft,
    Recipient,
)
from warehouse.domain.remarks import contradiction

# An order is of the first class that fits, in this order.
NO_PICK, CATCH, CONFLICT, HOLD, PART_PICK = "no_pick", "catch", "conflict", "hold", "part_pick"
WARN, NORMALISE, TEXT, PICK = "warn", "normalise", "text", "pick"
CLASSES = (NO_PICK, CATCH, CONFLICT, HOLD, PART_PICK, WARN, NORMALISE, TEXT, PICK)

# Refused: an order with one of these never gets in; the shop's record must be mended and sent again.
CAUGHT = frozenset({
    "empty_sku", "quantity_not_a_whole_number", "quantity_zero", "quantity_negative", "price_not_a_number",
    "negative_price", "isbn_lost_in_spreadsheet", "bad_isbn_check_digit", "impossible_date",
    "detail_without_order", "no_goods",
})
# Held: the order gets in and waits for a person.
HELD = frozenset({
    "not_paid", "missing_address", "masked_address", "no_detail_rows", "unknown_isbn", "which_item",
    "possible_duplicate", "remark_contradicts", "duplicate_changed", "unreadable_text",
    "odd_quantity", "odd_price", "cod_above_limit",
})
# Shown, but nothing waits.
WARNED = frozenset(
    {"total_mismatch", "phone_with_letters", "bad_postcode", "vague_district", "other_encoding"}
)
NOT_WORKED_ON = {CANCELLED: CANCELLED, CLOSED: CLOSED, REFUNDED: REFUNDED, FULFILLED: FULFILLED}

# What a person at the desk can press for a hold; the first is the usual answer. Beside these, a remark offers the
# titles that it names (`item:<id>`), a possible duplicate the orders that it may be one of (`merge:<id>`).
DECISIONS: Mapping[str, tuple[str, ...]] = {
    "not_paid": ("paid", "ask", "cancel"),
    "possible_duplicate": ("both", "cancel"),
    "duplicate_changed": ("right", "ask", "cancel"),
    "remark_contradicts": ("as_ordered", "ask"),
    "missing_address": ("ask", "cancel"),
    "masked_address": ("ask", "cancel"),
    "unreadable_text": ("right", "ask"),
    "unknown_isbn": ("recheck", "ask", "cancel"),
    "which_item": ("ask",),
    "no_detail_rows": ("ask", "cancel"),
    "odd_quantity": ("right", "ask", "cancel"),
    "odd_price": ("right", "ask", "cancel"),
    "cod_above_limit": ("right", "ask", "cancel"),
    "short": ("again", "part", "without", "ask"),
    "short_at_pick": ("fetch", "part", "without", "ask"),
    "nothing_found": ("fetch", "without", "ask", "cancel"),
    "damaged_at_pack": ("fetch", "part", "without", "ask"),
    "missing_at_pack": ("fetch", "part", "without", "ask"),
    "by_hand": ("go_on", "cancel"),
}
OTHER_DECISIONS = ("right", "ask", "cancel")
# Many alike may be answered at once where each is looked at by the house itself, or only asks.
FOR_MANY: Mapping[str, tuple[str, ...]] = {
    "unknown_isbn": ("recheck",), "missing_address": ("ask",), "masked_address": ("ask",), "short": ("again",),
    "short_at_pick": ("fetch",), "damaged_at_pack": ("fetch",), "missing_at_pack": ("fetch",),
    "nothing_found": ("fetch",),
}

# Far more copies than lines of this channel usually have, and never fewer than a shop orders for a class.
ODD_UNITS, ODD_TIMES_USUAL = 20, 10
# How far a price may be from the catalogue's: a fifth of it is no sale any more, three times is another book.
LOWEST_PERCENT, HIGHEST_PERCENT = 20, 300
# More cash than a driver should carry for one parcel, in minor units of any currency.
COD_LIMIT_MINOR = 200_000

# These are about the recipient; another text may answer them.
ADDRESS_HOLDS = ("missing_address", "masked_address", "unreadable_text")

_UK_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}|GIR 0AA")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>")
_VAGUE = ("其它区", "其他区")
_MASK = "**"
_FIRST_HAN = 0x3400


@dataclass(frozen=True)
class World:
    """What the warehouse knows when it judges a draft: the items behind each code, other orders of the same channel,
    phone and lines within a day, catalogue titles that the buyer's remark names, what the catalogue asks for each item
    (minor units, currency), and how many copies a line of this channel usually has; 0 while too few are known."""

    items: Mapping[str, Sequence[int]]
    twins: Sequence[str] = ()
    named: Sequence[str] = ()
    prices: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    usual_units: float = 0


@dataclass(frozen=True)
class Verdict:
    """`flaws` are all that is to be told; of these `holds` hold the order and `warnings` are only shown."""

    cls: str
    kind: str
    flaws: tuple[Flaw, ...]

    @property
    def holds(self) -> tuple[Flaw, ...]:
        return tuple(flaw for flaw in self.flaws if flaw.code in HELD)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(flaw.code for flaw in self.flaws if flaw.code in WARNED))


def review(draft: OrderDraft, world: World) -> Verdict:
    """The class of a draft, the kind that decided it, and every flaw found, the file's own first."""
    flaws = (*draft.flaws, *_standing(draft), *_lines(draft, world),
             *address_flaws(draft.recipient, draft.rows[:1]), *_money(draft),
             *_doubts(draft, world))
    for cls, codes in (
        (NO_PICK, _NO_PICK_CODES),
        (CATCH, CAUGHT),
        (CONFLICT, {"duplicate_changed"}),
        (HOLD, HELD),
    ):
        for flaw in flaws:
            if flaw.code in codes:
                return Verdict(cls, flaw.code, flaws)
    if any(line.units_shipped for line in draft.goods):
        shipped = sum(1 for line in draft.goods if line.units_shipped)
        told = Flaw("partly_fulfilled", draft.rows, {"n": shipped, "lines": len(draft.goods)})
        return Verdict(PART_PICK, told.code, (*flaws, told))
    for flaw in flaws:
        if flaw.code in WARNED:
            return Verdict(WARN, flaw.code, flaws)
    if any(line.is_other_notation for line in draft.goods):
        return Verdict(NORMALISE, "isbn_other_notation", flaws)
    if text_kind := _text_kind(draft):
        return Verdict(TEXT, text_kind, flaws)
    return Verdict(PICK, _pick_kind(draft), flaws)


def _pick_kind(draft: OrderDraft) -> str:
    """What is worth knowing of an order that comes in as it is: only for the figures of the report."""
    if any(flaw.code == "changed_address" for flaw in draft.flaws):
        return "changed_address"
    if any(not _in_gbk(char) for char in draft.recipient.name):
        return "rare_characters_in_name"
    if len({line.row for line in draft.goods if line.is_bundle}) < sum(
        line.is_bundle for line in draft.goods
    ):
        return "bundle_two_titles"
    return "bundle_times_two" if any(line.is_bundle for line in draft.goods) else "clean"


def _in_gbk(char: str) -> bool:
    """False for Chinese characters that older programs and fonts do not have."""
    if ord(char) < _FIRST_HAN:
        return True
    try:
        char.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


# "not paid" is a reason to hold, but of the class of what is not to be picked.
_NO_PICK_CODES = frozenset({*NOT_WORKED_ON.values(), "not_paid"})


def _standing(draft: OrderDraft) -> list[Flaw]:
    if draft.standing != OPEN:
        return [Flaw(NOT_WORKED_ON[draft.standing], draft.rows)]
    return [Flaw("not_paid", draft.rows)] if draft.payment == UNPAID else []


def _lines(draft: OrderDraft, world: World) -> list[Flaw]:
    found = []
    for line in draft.goods:
        if not line.code:
            continue
        items = world.items.get(line.code, ())
        if not items:
            found.append(Flaw("unknown_isbn", (line.row,), {"code_text": line.code}))
        elif len(items) > 1:
            found.append(Flaw("which_item", (line.row,), {"code_text": line.code, "items": list(items)}))
    if not draft.lines and not any(flaw.code in CAUGHT for flaw in draft.flaws):
        found.append(Flaw("no_detail_rows", draft.rows, {"n": draft.units_declared}))
    elif draft.lines and not draft.goods:
        found.append(Flaw("no_goods", draft.rows))
    return found


def address_flaws(who: Recipient, rows: tuple[int, ...] = ()) -> list[Flaw]:
    """What is wrong or odd about a recipient. No flaw's facts hold a name, a phone or a street."""
    if any(_MASK in text for text in (who.name, who.phone, who.street)) or who.name.endswith("*"):
        return [Flaw("masked_address", rows)]
    found = []
    if not who.street.strip() or not who.name.strip():
        found.append(Flaw("missing_address", rows))
    elif any(word in text for word in _VAGUE for text in (who.district, who.city)):
        found.append(
            Flaw("vague_district", rows, {"district": who.district or who.city, "postcode": who.postcode})
        )
    elif not postcode_fits(who.country, who.postcode):
        found.append(Flaw("bad_postcode", rows, {"postcode": who.postcode}))
    if who.phone and not _is_phone(who.phone):
        found.append(Flaw("phone_with_letters", rows))
    return found


def postcode_fits(country: str, postcode: str) -> bool:
    """Whether a British or Chinese postcode has its form; other countries are not judged."""
    if country == "GB":
        # ZZ99 is the filler of British registers for "no fixed abode".
        return bool(_UK_POSTCODE.fullmatch(postcode.upper())) and not postcode.upper().startswith("ZZ99")
    if country == "CN":
        return bool(re.fullmatch(r"[0-9]{6}", postcode)) and postcode != "000000"
    return True


def _is_phone(phone: str) -> bool:
    main = re.split(r"(?:ext\.?|x|转)\s*\d+$", phone.strip(), flags=re.IGNORECASE)[0]
    return re.fullmatch(r"[0-9０-９+()./\s‑–-]+", main) is not None and sum(c.isdigit() for c in main) >= 5


def _money(draft: OrderDraft) -> list[Flaw]:
    expected = draft.total_expected_minor
    if expected is None or expected == draft.total_minor or any(flaw.code in CAUGHT for flaw in draft.flaws):
        return []
    facts = {"total": write_amount(draft.total_minor, draft.currency), "sum": write_amount(expected, draft.currency),
             "currency": draft.currency}
    return [Flaw("total_mismatch", draft.rows[:1], facts)]


def _doubts(draft: OrderDraft, world: World) -> list[Flaw]:
    found = []
    found += _odd(draft, world)
    if word := contradiction(draft.buyer_remark, [line.title for line in draft.goods], world.named):
        found.append(Flaw("remark_contradicts", draft.rows[:1], {"word": word}))
    if world.twins:
        found.append(Flaw("possible_duplicate", draft.rows[:1], {"others": ", ".join(world.twins)}))
    return found


def _odd(draft: OrderDraft, world: World) -> list[Flaw]:
    """Amounts that are more likely a slip of the keys than an order."""
    found = []
    for line in draft.goods:
        if world.usual_units and line.units >= ODD_UNITS and line.units > ODD_TIMES_USUAL * world.usual_units:
            found.append(Flaw("odd_quantity", (line.row,), {
                "n": line.units, "usual": round(world.usual_units, 1), "title": line.title}))
        items = world.items.get(line.code, ()) if line.code else ()
        listed, currency = world.prices.get(items[0], (0, "")) if len(items) == 1 else (0, "")
        # The price of a bundle is shared out evenly and says nothing of one of its titles.
        if listed and not line.is_bundle and currency == draft.currency and line.price_minor > 0 and not (
            LOWEST_PERCENT * listed <= 100 * line.price_minor <= HIGHEST_PERCENT * listed
        ):
            found.append(Flaw("odd_price", (line.row,), {
                "price": write_amount(line.price_minor, currency), "listed": write_amount(listed, currency),
                "currency": currency, "title": line.title}))
    if draft.payment == CASH_ON_DELIVERY and draft.cod_minor > COD_LIMIT_MINOR:
        found.append(Flaw("cod_above_limit", draft.rows[:1], {
            "amount": write_amount(draft.cod_minor, draft.currency),
            "limit": write_amount(COD_LIMIT_MINOR, draft.currency), "currency": draft.currency}))
    return found


def _text_kind(draft: OrderDraft) -> str | None:
    """Text that a page or a spreadsheet could take for more than text."""
    who = draft.recipient
    texts = (draft.buyer_remark, draft.staff_remark, draft.gift_note, who.name, who.company, who.street)
    if any(_MARKUP.search(text) for text in texts):
        return "markup_text"
    return "formula_text" if any(_FORMULA.match(text) for text in texts) else None
