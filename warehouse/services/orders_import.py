"""Orders come in (ORD-1, ORD-2): drafts are judged, and what may come in becomes orders with their holds.

One call is one transaction, so the caller sends some hundred drafts at a time. The same order again, from the
same or another file of its shop, changes nothing; with other content it is reported and changes nothing
either."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, literal, select, tuple_, union, update
from sqlalchemy.orm import Session

from warehouse.domain import carriers, remarks, review
from warehouse.domain.clocks import Clocks
from warehouse.domain.orders import (
    BEFORE_DISPATCH,
    CALLED_OFF,
    OPEN,
    ORDER_FLOW,
    Flaw,
    LineDraft,
    OrderDraft,
    Receipt,
)
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.orders import Hold, ImportRun, Order, OrderLine
from warehouse.services import shifts
from warehouse.vault import Vault, mask_name

ORDER = Order.__table__
LINE = OrderLine.__table__
HOLD = Hold.__table__

CREATED, KNOWN, CHANGED, REJECTED, SKIPPED = "created", "known", "changed", "rejected", "skipped"
NEAR = timedelta(days=1)
# Before that nobody knows what is usual.
ENOUGH_LINES = 50
LATEST_ORDERS = 2000
_NUMBER = update(ORDER).where(ORDER.c.id == bindparam("order")).values(number=bindparam("label"))
# Recipients of these countries get papers in Chinese.
_CHINESE_COUNTRIES = frozenset({"CN", "HK", "MO", "TW"})


@dataclass(frozen=True)
class Known:
    """An order of ours as an import meets it again."""

    content_hash: str
    state: str


@dataclass(frozen=True)
class Twin:
    """What could be the same order under another number."""

    source_number: str
    placed_at: datetime
    lines: frozenset[tuple[str, int]]


def receive_orders(session: Session, actor: Actor, drafts: Sequence[OrderDraft]) -> list[Receipt]:
    """What became of each draft, in the order given. Makes orders, their lines and holds; never changes
    one."""
    vault: Vault = session.info["vault"]
    items = items_of(session, {line.code for draft in drafts for line in draft.goods if line.code})
    known = _known(session, drafts)
    phones = [vault.phone_index(draft.recipient.phone) for draft in drafts]
    twins = _twins(session, drafts, {phone for phone in phones if phone})
    clocks = shifts.clocks(session)
    prices, usual = _prices(session, items), _usual_units(session, {draft.channel for draft in drafts})
    titles = titles_in(session, "\n".join(draft.buyer_remark for draft in drafts))
    receipts, accepted = [], []
    for draft, phone in zip(drafts, phones, strict=True):
        place = draft.channel, draft.source_number
        before = known.get(place)
        others = [] if before or phone is None else _same_order(draft, twins.get((draft.channel, phone), []))
        remark = draft.buyer_remark
        named = remarks.titles_named(remark, titles) if remark.strip() else []
        world = review.World(items, others, named, prices, usual.get(draft.channel, 0))
        verdict = review.review(draft, world)
        outcome, told = _outcome(draft, verdict, before)
        receipts.append(Receipt(
            draft, outcome, verdict.cls, verdict.kind, outcome == CREATED and bool(verdict.holds),
            (*verdict.flaws, *told),
        ))
        if outcome != CREATED:
            continue
        row = _order_row(draft, verdict, actor, vault, clocks)
        accepted.append((draft, verdict, row))
        known[place] = Known(row["content_hash"], row["state"])
        if phone:
            twin = Twin(draft.source_number, row["placed_at"], _wanted(draft.open_lines))
            twins.setdefault((draft.channel, phone), []).append(twin)
    _insert(session, actor, accepted, items)
    return receipts


def _outcome(draft: OrderDraft, verdict: review.Verdict, before: Known | None) -> tuple[str, list[Flaw]]:
    """What is to become of the draft, and what is to be told about it beyond its own flaws."""
    if before and draft.standing != OPEN:
        # The shop has closed an order that we still work on: a person must look.
        is_news = before.state in BEFORE_DISPATCH
        return (CHANGED, [Flaw("closed_in_shop", draft.rows)]) if is_news else (KNOWN, [])
    if draft.standing != OPEN:
        return SKIPPED, []
    if verdict.cls == review.CATCH:
        return REJECTED, []
    if before is None:
        return CREATED, []
    if before.content_hash == draft.content_hash:
        return KNOWN, []
    return CHANGED, [Flaw("changed_since", draft.rows)]


# --- What is known already
# -------------------------------------------------------------------------------------------


def items_of(session: Session, codes: set[str]) -> dict[str, tuple[int, ...]]:
    """The items that each code names: by a code of theirs, their ISBN or their SKU."""
    if not codes:
        return {}
    wanted = sorted(codes)
    found: dict[str, set[int]] = {}
    rows: Sequence[Any] = session.execute(union(
        select(ItemCode.code, ItemCode.item_id).where(ItemCode.code.in_(wanted)),
        select(Item.isbn13, Item.id).where(Item.isbn13.in_(wanted)),
        select(Item.sku, Item.id).where(Item.sku.in_(wanted)),
    )).all()
    for row in rows:
        found.setdefault(row[0], set()).add(row[1])
    return {code: tuple(sorted(ids)) for code, ids in found.items()}


def titles_in(session: Session, text: str) -> list[str]:
    """Catalogue titles that may stand in a text; `domain.remarks` says which really do."""
    if not text.strip():
        return []
    return list(session.execute(
        select(Item.title).where(
            func.length(Item.title) >= remarks.SHORTEST_HAN,
            literal(text.casefold()).contains(func.lower(Item.title)))
        .distinct()).scalars())


def _prices(session: Session, items: Mapping[str, tuple[int, ...]]) -> dict[int, tuple[int, str]]:
    """What the catalogue asks for each item, where it says so."""
    ids = sorted({item_id for found in items.values() for item_id in found})
    rows = session.execute(select(Item.id, Item.price_minor, Item.currency).where(
        Item.id.in_(ids), Item.price_minor > 0, Item.currency.is_not(None))) if ids else ()
    return {row.id: (row.price_minor, row.currency) for row in rows}


def _usual_units(session: Session, channels: set[str]) -> dict[str, float]:
    """Copies that a line of each channel has on average in the latest orders, where enough lines are known."""
    rows = session.execute(
        select(ORDER.c.channel, func.avg(LINE.c.units_wanted))
        .join(LINE, LINE.c.order_id == ORDER.c.id)
        .where(ORDER.c.id > select(func.coalesce(func.max(ORDER.c.id), 0) - LATEST_ORDERS).scalar_subquery(),
               ORDER.c.channel.in_(sorted(channels)), LINE.c.is_service.is_(False), LINE.c.units_wanted > 0)
        .group_by(ORDER.c.channel).having(func.count() >= ENOUGH_LINES))
    return {channel: float(units) for channel, units in rows}


def _known(session: Session, drafts: Sequence[OrderDraft]) -> dict[tuple[str, str], Known]:
    places = sorted({(draft.channel, draft.source_number) for draft in drafts})
    if not places:
        return {}
    rows = session.execute(
        select(ORDER.c.channel, ORDER.c.source_number, ORDER.c.content_hash, ORDER.c.state)
        .where(tuple_(ORDER.c.channel, ORDER.c.source_number).in_(places))
    )
    return {(row.channel, row.source_number): Known(row.content_hash, row.state) for row in rows}


def _twins(
    session: Session, drafts: Sequence[OrderDraft], phones: set[str]
) -> dict[tuple[str, str], list[Twin]]:
    """Orders by channel and phone that were placed near these drafts, with what they want."""
    days = [draft.placed_at for draft in drafts if draft.placed_at]
    if not phones or not days:
        return {}
    rows = session.execute(
        select(
            ORDER.c.channel,
            ORDER.c.phone_index,
            ORDER.c.source_number,
            ORDER.c.placed_at,
            LINE.c.code_text,
            LINE.c.units_wanted,
        )
        .join(LINE, LINE.c.order_id == ORDER.c.id)
        .where(
            ORDER.c.phone_index.in_(sorted(phones)),
            ORDER.c.placed_at.between(min(days) - NEAR, max(days) + NEAR),
            ORDER.c.state != CALLED_OFF,
            LINE.c.is_service.is_(False), LINE.c.units_wanted > 0,
        )
    )
    lines: dict[Any, set[tuple[str, int]]] = {}
    for row in rows:
        head = row.channel, row.phone_index, row.source_number, row.placed_at
        lines.setdefault(head, set()).add((row.code_text, row.units_wanted))
    found: dict[tuple[str, str], list[Twin]] = {}
    for (channel, phone, number, placed_at), wanted in lines.items():
        found.setdefault((channel, phone), []).append(Twin(number, placed_at, frozenset(wanted)))
    return found


def _same_order(draft: OrderDraft, twins: Sequence[Twin]) -> list[str]:
    wanted = _wanted(draft.open_lines)
    if draft.placed_at is None or not wanted:
        return []
    return [twin.source_number for twin in twins
            if twin.lines == wanted and abs(twin.placed_at - draft.placed_at) <= NEAR]


def _wanted(lines: Sequence[LineDraft]) -> frozenset[tuple[str, int]]:
    return frozenset((line.code, line.units_open) for line in lines if not line.is_service)


# --- Rows
# ------------------------------------------------------------------------------------------------------------


def _order_row(
    draft: OrderDraft, verdict: review.Verdict, actor: Actor, vault: Vault, clocks: Clocks,
) -> dict[str, Any]:
    assert draft.placed_at is not None, "an order without a day is refused before it comes here"
    who = draft.recipient
    carrier = draft.carrier_code
    if carrier not in clocks.carriers:
        carrier = carriers.choose_carrier(draft.service, who.country)
    goods = [line for line in draft.open_lines if not line.is_service]
    times = clocks.times_of(draft.placed_at, actor.at, carrier, draft.service)
    return {
        "channel": draft.channel,
        "source_number": draft.source_number,
        "content_hash": draft.content_hash,
        "import_class": verdict.cls,
        "state": ORDER_FLOW.step(ORDER_FLOW.start, "hold" if verdict.holds else "confirm"),
        "placed_at": draft.placed_at,
        **vars(times),
        "received_at": actor.at,
        "confirmed_at": None if verdict.holds else actor.at,
        "payment": draft.payment,
        "currency": draft.currency,
        "total_minor": draft.total_minor,
        "shipping_minor": draft.shipping_minor,
        "cod_minor": draft.cod_minor,
        "service": draft.service,
        "carrier_code": carrier,
        "recipient": vault.seal(asdict(who), seal_place(draft.channel, draft.source_number)),
        "recipient_masked": mask_name(who.name),
        "phone_index": vault.phone_index(who.phone),
        "name_index": vault.name_index(who.name),
        "country": who.country,
        "province": who.province,
        "city": who.city,
        "postcode": who.postcode,
        "language": "zh-Hans" if who.country in _CHINESE_COUNTRIES else "en",
        "when_short": draft.when_short,
        "buyer_remark": draft.buyer_remark,
        "staff_remark": draft.staff_remark,
        "gift_note": draft.gift_note,
        "warnings": list(verdict.warnings),
        "must_acknowledge": bool(draft.buyer_remark.strip() or draft.staff_remark.strip()),
        "units_wanted": sum(line.units_open for line in goods),
        "lines_count": len(goods),
    }


def seal_place(channel: str, source_number: str) -> str:
    """What the sealed recipient is bound to: it does not open on another order."""
    return f"order:{channel}:{source_number}"


def _insert(
    session: Session, actor: Actor, accepted: Sequence[tuple[OrderDraft, review.Verdict, dict[str, Any]]],
    items: Mapping[str, tuple[int, ...]],
) -> None:
    if not accepted:
        return
    made = session.execute(
        insert(Order).returning(Order.id, sort_by_parameter_order=True), [row for _, _, row in accepted]
    )
    ids = list(made.scalars())
    # The number carries the id, which is only known now.
    session.connection().execute(
        _NUMBER, [{"order": order_id, "label": make_label("order", order_id)} for order_id in ids]
    )
    lines: list[dict[str, Any]] = []
    holds: list[dict[str, Any]] = []
    for order_id, (draft, verdict, _) in zip(ids, accepted, strict=True):
        lines += [_line_row(order_id, position, line, items)
                  for position, line in enumerate(draft.open_lines, start=1)]
        holds += [{"order_id": order_id, "reason": flaw.code, "facts": flaw.facts, "opened_at": actor.at}
                  for flaw in verdict.holds]
    if lines:
        session.execute(insert(LINE), lines)
    if holds:
        session.execute(insert(HOLD), holds)


def _line_row(
    order_id: int, position: int, line: LineDraft, items: Mapping[str, tuple[int, ...]]
) -> dict[str, Any]:
    found = () if line.is_service else items.get(line.code, ())
    return {
        "order_id": order_id, "position": position, "item_id": found[0] if len(found) == 1 else None,
        "is_service": line.is_service, "code_text": line.code or line.code_text, "title_text": line.title,
        "price_minor": line.price_minor, "units_wanted": line.units_open,
    }


def keep_report(session: Session, actor: Actor, file_names: Sequence[str], report: dict[str, Any]) -> int:
    """The import and its report, for the list of imports; the id of the run."""
    made = session.execute(insert(ImportRun).returning(ImportRun.id), {
        "kind": "orders", "file_names": ", ".join(file_names), "at": actor.at, "person_id": actor.person_id,
        "report": report,
    })
    return made.scalar_one()
