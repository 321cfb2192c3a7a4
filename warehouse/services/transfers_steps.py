"""What every step of this work is made of: hands changed, a scan kept with its answer, the facts of a shelf."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from warehouse.domain import look_alikes
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.scans import Answer, ScanIn, Verdict
from warehouse.domain.transfers import FULL, LOOK_ALIKE, Hand, Spot, Target
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.stock import Location, StockBalance
from warehouse.models.transfers import Carry, ItemHome
from warehouse.services import scans, transfers_suggest
from warehouse.services.scans import Touched
from warehouse.services.stock import Place
from warehouse.services.transfers_look import HandNow, draw, look

TASK = "transfer"


def spot(session: Session, location_id: int) -> Spot:
    row = session.execute(select(Location.id, Location.code, Location.kind).where(Location.id == location_id)).one()
    return Spot(*row)


def place(one: Spot) -> Place:
    return Place(one.id, one.kind)


def target(session: Session, actor: Actor, hand: Hand, to: Spot) -> Target:
    """What must be known of a shelf before these copies are put there. Where the title has its place already, or is
    brought by a task, no look-alike is looked for."""
    if to.kind != ledger.SHELF or not hand.item_id:
        return Target(to)
    limit = session.execute(select(Location.max_units).where(Location.id == to.id)).scalar()
    if limit is not None:
        load = session.execute(
            select(func.sum(StockBalance.on_hand)).where(StockBalance.location_id == to.id)).scalar() or 0
        limit = limit if load + hand.units > limit else None
    alike = "" if hand.task else _look_alike(session, hand.item_id, to.id)
    return Target(to, alike, limit, _warned_before(session, actor, to.id, hand.item_id))


def _look_alike(session: Session, item_id: int, location_id: int) -> str:
    """The title of another book on the shelf that is easily taken for this one; empty where there is none."""
    is_here = session.execute(
        select(StockBalance.item_id).where(
            StockBalance.item_id == item_id, StockBalance.location_id == location_id, StockBalance.on_hand > 0)
        .union(select(ItemHome.item_id).where(ItemHome.item_id == item_id, ItemHome.location_id == location_id))
    ).first()
    if is_here:
        return ""
    traits = transfers_suggest.BOOK_TRAITS
    mine = session.execute(select(*traits).where(Item.id == item_id)).mappings().one()
    others = session.execute(
        select(*traits).join(StockBalance, StockBalance.item_id == Item.id)
        .where(StockBalance.location_id == location_id, StockBalance.on_hand > 0, Item.id != item_id)
        .order_by(Item.id)).mappings()
    return next((str(other["title"]) for other in others if look_alikes.are_related(dict(mine), dict(other))), "")


def _warned_before(session: Session, actor: Actor, location_id: int, item_id: int) -> str:
    """The warning with which the scan just before, of the same shelf with the same book in hand, was answered."""
    last = session.execute(
        select(Scan.code, Scan.location_id, Scan.item_id)
        .where(Scan.task == TASK, Scan.task_id == actor.person_id).order_by(Scan.id.desc()).limit(1)).one_or_none()
    is_same = last is not None and (last.location_id, last.item_id) == (location_id, item_id)
    return str(last.code) if last is not None and is_same and last.code in (FULL, LOOK_ALIKE) else ""


def hold(session: Session, actor: Actor, **hand: Any) -> None:
    """From now on these are the person's hands: `source_id`, and what is in them."""
    told: dict[str, Any] = {
        "item_id": None, "condition": ledger.GOOD, "units": 0, "replenishment_id": None, "since": actor.at, **hand}
    carry = session.get(Carry, actor.person_id, populate_existing=True)
    if carry is None:
        session.add(Carry(person_id=actor.person_id, **told))
    else:
        for name, value in told.items():
            setattr(carry, name, value)
    session.flush()  # The next look reads this row.


def let_go(session: Session, actor: Actor) -> None:
    """Empty hands, at no place."""
    session.execute(delete(Carry).where(Carry.person_id == actor.person_id))


def keep(
    session: Session, actor: Actor, now: HandNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Record a scan that changes nothing, with its answer."""
    return scans.keep(session, actor, scanned, verdict, touched, TASK, actor.person_id, draw(now, actor), options)


def carry_out(
    session: Session, actor: Actor, scanned: ScanIn, verdict: Verdict, touched: Touched, effect: Callable[[int], None],
) -> Answer:
    """Record the scan, have `effect(scan row)` written, then draw the hands anew."""
    return scans.carry_out(session, actor, scanned, verdict, touched, TASK, actor.person_id, effect,
                           lambda: draw(look(session, actor.person_id), actor))
