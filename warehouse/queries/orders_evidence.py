"""What a person at the review desk looks at to decide (ORD-2): the twin beside the order, the titles that a remark
names, the amount as stated and as reckoned, and which field of an address is flawed or
mended. Who gets it is masked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session

from warehouse.domain import remarks, review
from warehouse.domain.orders import ADDRESS_FIELDS, Recipient
from warehouse.models.catalog import Item
from warehouse.models.orders import Order
from warehouse.queries.orders_lines import LineView, lines_of
from warehouse.vault import mask_part

ORDER = Order.__table__
ADDRESS = ("name", "phone", "street", "district", "city", "province", "postcode", "country")
_MASK = "*"


@dataclass(frozen=True)
class Twin:
    """Another order of the same phone; `differs` are the positions of its lines that the held order does not have."""

    id: int
    number: str
    source_number: str
    state: str
    placed_at: datetime
    total_minor: int
    lines: list[LineView]
    differs: frozenset[int] = frozenset()


@dataclass(frozen=True)
class NamedTitle:
    """A title of the catalogue that stands in the buyer's remark and was not ordered."""

    id: int
    title: str
    isbn: str


@dataclass(frozen=True)
class MendedPart:
    """A part of the recipient that a person mended: as the file said it, and as it is. Both masked."""

    name: str
    was: str
    now: str


@dataclass(frozen=True)
class Evidence:
    """`marked` is the remark cut into (text, is it what contradicts); `fields` say of each part of the address whether
    it is there, missing, masked or odd; `reckoned_minor` is what lines and postage add up to; `mended`
    is what of the address was mended already."""

    twins: list[Twin] = field(default_factory=list)
    named: list[NamedTitle] = field(default_factory=list)
    marked: list[tuple[str, bool]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    mended: list[MendedPart] = field(default_factory=list)
    reckoned_minor: int | None = None


def evidence_of(
    session: Session, rows: Sequence[tuple[int, str, str, int]], lines: dict[int, list[LineView]],
    holds: dict[int, list[tuple[str, dict[str, object]]]],
) -> dict[int, Evidence]:
    """For held orders as (id, channel, buyer's remark, shipping): what bears on their open holds, each told as (reason,
    facts)."""
    twins = _twins(session, rows, lines, holds)
    named = _named(session, "\n".join(remark for _, _, remark, _ in rows))
    asks_address = [order_id for order_id, *_ in rows
                    if any(reason in review.ADDRESS_HOLDS for reason, _ in holds.get(order_id, ()))]
    fields = _address_fields(session, asks_address)
    mended = mended_parts(session, [order_id for order_id, *_ in rows])
    found = {}
    for order_id, _, remark, shipping in rows:
        mine = lines.get(order_id, [])
        words = [str(facts["word"]) for reason, facts in holds.get(order_id, ()) if reason == "remark_contradicts"]
        ordered = {line.item_id for line in mine}
        titles = remarks.titles_named(remark, [each.title for each in named]) if words else []
        found[order_id] = Evidence(
            twins.get(order_id, []),
            [each for each in named if each.title in titles and each.id not in ordered],
            _marked(remark, words), fields.get(order_id, {}), mended.get(order_id, []),
            sum(line.price_minor * line.wanted for line in mine) + shipping if mine else None)
    return found


def _twins(
    session: Session, rows: Sequence[tuple[int, str, str, int]], lines: dict[int, list[LineView]],
    holds: dict[int, list[tuple[str, dict[str, object]]]],
) -> dict[int, list[Twin]]:
    wanted = {
        (channel, number): order_id for order_id, channel, *_ in rows
        for reason, facts in holds.get(order_id, ()) if reason == "possible_duplicate"
        for number in str(facts["others"]).split(", ")}
    if not wanted:
        return {}
    others = session.execute(
        select(ORDER.c.id, ORDER.c.number, ORDER.c.source_number, ORDER.c.state, ORDER.c.placed_at,
               ORDER.c.total_minor, ORDER.c.channel)
        .where(tuple_(ORDER.c.channel, ORDER.c.source_number).in_(sorted(wanted)))).all()
    theirs = lines_of(session, [other.id for other in others])
    found: dict[int, list[Twin]] = {}
    for other in others:
        order_id = wanted[other.channel, other.source_number]
        mine = {(line.code, line.wanted) for line in lines.get(order_id, ())}
        twin = Twin(other.id, other.number, other.source_number, other.state, other.placed_at,
                    other.total_minor, theirs.get(other.id, []))
        differs = frozenset(line.position for line in twin.lines if (line.code, line.wanted) not in mine)
        found.setdefault(order_id, []).append(replace(twin, differs=differs))
    return found


def _named(session: Session, text: str) -> list[NamedTitle]:
    """Titles of the catalogue that may stand in a text."""
    if not text.strip():
        return []
    rows = session.execute(
        select(Item.id, Item.title, func.coalesce(Item.isbn13, Item.sku))
        .where(func.length(Item.title) >= remarks.SHORTEST_HAN,
               literal(text.casefold()).contains(func.lower(Item.title)))
        .order_by(Item.id))
    return [NamedTitle(*row) for row in rows]


def _marked(remark: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """The remark in pieces, those that contradict the lines marked."""
    word = next((each for each in words if each and each in remark), "")
    if not word:
        return [(remark, False)] if remark else []
    before, _, after = remark.partition(word)
    return [piece for piece in ((before, False), (word, True), (after, False)) if piece[0]]


def _address_fields(session: Session, order_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Of each part of a recipient whether it is ok, missing, masked or odd; what it says stays sealed."""
    vault = session.info["vault"]
    found = {}
    for row in session.execute(
        select(ORDER.c.id, ORDER.c.channel, ORDER.c.source_number, ORDER.c.recipient)
        .where(ORDER.c.id.in_(order_ids))
    ):
        text = vault.unseal(row.recipient, f"order:{row.channel}:{row.source_number}")
        who = Recipient(**{name: text.get(name, "") for name in ADDRESS})
        odd = {"phone_with_letters": "phone", "bad_postcode": "postcode", "vague_district": "district"}
        flawed = {odd[flaw.code] for flaw in review.address_flaws(who) if flaw.code in odd}
        found[row.id] = {
            name: "missing" if not getattr(who, name).strip()
            else "masked" if _MASK in getattr(who, name)
            else "odd" if name in flawed else "ok"
            for name in ADDRESS}
    return found


def mended_parts(session: Session, order_ids: Sequence[int]) -> dict[int, list[MendedPart]]:
    """Of each order whose address was mended the parts that differ. Masked they may read alike: then what is hidden
    differs."""
    vault = session.info["vault"]
    found = {}
    for row in session.execute(
        select(ORDER.c.id, ORDER.c.channel, ORDER.c.source_number, ORDER.c.recipient, ORDER.c.recipient_original)
        .where(ORDER.c.id.in_(order_ids), ORDER.c.recipient_original.is_not(None))
    ):
        place = f"order:{row.channel}:{row.source_number}"
        now, was = vault.unseal(row.recipient, place), vault.unseal(row.recipient_original, place)
        found[row.id] = [
            MendedPart(name, mask_part(name, was.get(name, "")), mask_part(name, now.get(name, "")))
            for name in ADDRESS_FIELDS if was.get(name, "") != now.get(name, "")]
    return found
