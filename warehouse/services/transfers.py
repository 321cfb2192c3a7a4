"""Put away, move and replenish by scan (REC-2, STK-1): copies in hand, then the place they go to. Only the scan of
that place moves units."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.domain import codes as kinds
from warehouse.domain import stock as ledger
from warehouse.domain import transfers as rules
from warehouse.domain.codes import Thing
from warehouse.domain.people import Actor
from warehouse.domain.scans import CHOOSE, WARN, Answer, ScanIn, Verdict, refuse
from warehouse.domain.transfers import Hand, Spot
from warehouse.models.catalog import Item
from warehouse.models.people import Person
from warehouse.models.stock import Location, StockBalance
from warehouse.services import codes, replenishment, scans, stock
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause
from warehouse.services.transfers_commands import command
from warehouse.services.transfers_look import BOOK, HandNow, look, look_at_source, tote_place
from warehouse.services.transfers_steps import TASK, carry_out, hold, keep, let_go, place, spot, target


def scan(session: Session, actor: Actor, scanned: ScanIn) -> Answer:
    """Apply one scan or command of a person at this work. The same `scan_id` again gives the same answer. A command
    is refused (409) where it was pressed on a screen that is out of date."""
    # The person's own row stands for their hands; it is there before anything is in them.
    session.execute(select(Person.id).where(Person.id == actor.person_id).with_for_update(key_share=True))
    before = scans.answered_before(session, scanned, TASK, actor.person_id)
    if before is not None:
        return before
    now = look(session, actor.person_id)
    if scanned.raw.startswith("#"):
        return command(session, actor, now, scanned)
    thing = codes.identify(session, scanned.raw)
    if thing.kind == kinds.ITEM:
        return _scan_item(session, actor, now, scanned, thing)
    if thing.kind in (kinds.LOCATION, kinds.TOTE):
        location_id = thing.id if thing.kind == kinds.LOCATION else tote_place(session, thing.id)
        return _scan_place(session, actor, now, scanned, thing.kind, spot(session, location_id))
    return keep(session, actor, now, scanned, rules.judge_other(now.hand, thing), Touched(thing.kind))


# --- Books -----------------------------------------------------------------------------------------------------------


def _scan_item(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Take copies in hand. With nothing begun they come out of goods in. A code that several titles here share asks
    which one it is (CAT-2)."""
    here = now.hand.source.id if now.hand.source else None
    ours = _lying_here(session, now.hand, thing, here)
    if len(ours) > 1 and scanned.choice not in ours:
        options = _options(session, list(ours))
        verdict = Verdict(CHOOSE, "transfers.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
        return keep(session, actor, now, scanned, verdict, Touched(thing.kind), options)
    item_id = scanned.choice if scanned.choice in ours else next(iter(ours), thing.ids[0])
    assert item_id is not None
    touched = Touched(thing.kind, item_id=item_id, location_id=here)
    hand = now.hand
    if hand.source is None:
        if item_id not in ours:
            title = session.execute(select(Item.title).where(Item.id == item_id)).scalar_one()
            return keep(session, actor, now, scanned, refuse("transfers.not_in_receiving", WARN, title=title), touched)
        hand = Hand(source=spot(session, ours[item_id]))
    source = hand.source
    assert source
    units = scanned.units or 1
    lying = look_at_source(session, hand, actor.person_id, item_id, lock=True)
    verdict = rules.judge_item(hand, lying, units)
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, touched)

    def take(_: int) -> None:
        hold(session, actor, source_id=source.id, item_id=item_id, condition=lying.condition, units=hand.units + units,
             replenishment_id=hand.task.id if hand.task else None)

    return carry_out(session, actor, scanned, verdict, touched, take)


def _lying_here(session: Session, hand: Hand, thing: Thing, here: int | None) -> dict[int, int]:
    """Of the titles that a code may stand for: those that this is about, and where each one lies. The one in hand or
    asked for alone, else what stands at the source or, without one, in goods in."""
    wanted = hand.task.item_id if hand.task else hand.item_id
    if wanted in thing.ids and here:
        return {wanted: here} if wanted else {}
    at = StockBalance.location_id == here if here else Location.kind == ledger.STAGING
    rows = session.execute(
        select(StockBalance.item_id, func.min(StockBalance.location_id).label("place_id"))
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.item_id.in_(thing.ids), StockBalance.on_hand > 0, at)
        .group_by(StockBalance.item_id).order_by(StockBalance.item_id))
    return {row.item_id: row.place_id for row in rows}


def _options(session: Session, item_ids: list[int]) -> list[dict[str, Any]]:
    rows = session.execute(select(Item.id, *BOOK).where(Item.id.in_(item_ids)).order_by(Item.id))
    return [dict(row) for row in rows.mappings()]


# --- Places ----------------------------------------------------------------------------------------------------------


def _scan_place(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, kind: str, to: Spot) -> Answer:
    if now.hand.units:
        return _put(session, actor, now, scanned, kind, to)
    verdict = rules.judge_source(now.hand, to)
    touched = Touched(kind, location_id=to.id)
    if not verdict.accepted or now.hand.task:
        return keep(session, actor, now, scanned, verdict, touched)
    return carry_out(session, actor, scanned, verdict, touched, lambda _: hold(session, actor, source_id=to.id))


def _put(session: Session, actor: Actor, now: HandNow, scanned: ScanIn, kind: str, to: Spot) -> Answer:
    """Put what is in hand there. After that the person stands at the same source with empty hands, or is free where
    it was goods in or the task is done."""
    hand, source, item_id = now.hand, now.hand.source, now.hand.item_id
    assert source
    assert item_id
    free = look_at_source(session, hand, actor.person_id, item_id, lock=True).free
    verdict = rules.judge_target(hand, target(session, actor, hand, to), free=free)
    if not verdict.accepted:
        return keep(session, actor, now, scanned, verdict, Touched(kind, item_id=item_id, location_id=to.id))

    def put(scan_row: int) -> None:
        stock.move(session, actor, item_id, hand.units, source=place(source), target=place(to),
                   cause=Cause(rules.reason_of(hand), scan_row), condition=hand.condition)
        is_done = hand.task is not None and replenishment.bring(session, actor, hand.task.id, hand.units)
        if is_done or source.kind == ledger.STAGING:
            let_go(session, actor)
        else:
            hold(session, actor, source_id=source.id, replenishment_id=hand.task.id if hand.task else None)

    return carry_out(session, actor, scanned, verdict, Touched(kind, hand.units, item_id, to.id), put)
