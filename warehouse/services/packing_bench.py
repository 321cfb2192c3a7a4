"""The bench before an order is chosen: a scan of tote, slip or parcel leads to its order; in a tote of a
single-line run any book leads to the earliest order that wants it, and is counted there at once (PAK-1).
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import codes as kinds
from warehouse.domain import packing as rules
from warehouse.domain.codes import Thing
from warehouse.domain.orders import PACKED, PACKING, PICKED
from warehouse.domain.people import Actor
from warehouse.domain.picking import SINGLE
from warehouse.domain.scans import CHOOSE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import NotFound
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, PickStop, Tote
from warehouse.models.stock import StockBalance
from warehouse.services import codes, packing, packing_look, scans
from warehouse.services.packing_close import Tolerance
from warehouse.services.packing_draw import BOOK_FIELDS, book
from warehouse.services.scans import Touched

BENCH, TOTE = "pack_bench", "pack_tote"
_WORKABLE = (PICKED, PACKING)


def scan(session: Session, actor: Actor, scanned: ScanIn) -> Answer:
    """A scan on the bench's own page: where it leads, or why there is nothing to pack."""
    before = scans.answered_before(session, scanned, BENCH, None)
    if before is not None:
        return before
    thing = codes.identify(session, scanned.raw)
    verdict, go = _lead(session, actor, thing)
    return _keep(session, actor, scanned, verdict, BENCH, None, {"area": "pack", "step": "bench"}, thing.kind, go)


def look_tote(session: Session, tote_id: int) -> dict[str, Any]:
    """A tote as the bench sees it: its order, or the run whose single books it holds."""
    row = session.execute(
        select(Tote.id, Tote.code, Tote.state, Tote.order_id, Tote.run_id, Tote.location_id, PickRun.kind)
        .outerjoin(PickRun, PickRun.id == Tote.run_id).where(Tote.id == tote_id)).one_or_none()
    if row is None:
        raise NotFound("packing.no_such_tote", tote=tote_id)
    items = session.execute(
        select(Item.title, Item.volume, Item.isbn13, Item.sku, Item.authors, StockBalance.on_hand)
        .join(Item, Item.id == StockBalance.item_id)
        .where(StockBalance.location_id == row.location_id, StockBalance.on_hand > 0).order_by(Item.title)).all()
    return {
        "area": "pack", "step": "book", "step_id": f"{tote_id}:book", "tote_id": row.id, "tote": row.code,
        "state": row.state, "order_id": row.order_id, "run_id": row.run_id,
        "is_single": row.order_id is None and row.kind == SINGLE,
        "units": sum(item.on_hand for item in items), "items": [item._asdict() for item in items],
    }


def scan_in_tote(
    session: Session, actor: Actor, tote_id: int, scanned: ScanIn, *, tolerance: Tolerance | None = None
) -> Answer:
    """A book from a tote of single-line orders: the order due first that wants it is opened and the book counted
    there. A tote, slip or parcel leads to its own order instead."""
    before = _answered(session, scanned, tote_id)
    if before is not None:
        return before
    task = look_tote(session, tote_id)
    thing = codes.identify(session, scanned.raw)
    if thing.kind in (kinds.TOTE, kinds.ORDER, kinds.PARCEL):
        verdict, go = _lead(session, actor, thing)
        return _keep(session, actor, scanned, verdict, TOTE, tote_id, task, thing.kind, go)
    if thing.kind != kinds.ITEM or not task["is_single"]:
        verdict = rules.judge_other(thing) if thing.kind != kinds.ITEM else refuse("packing.tote_has_order", WARN)
        return _keep(session, actor, scanned, verdict, TOTE, tote_id, task, thing.kind)
    ids = (scanned.choice,) if scanned.choice in thing.ids else thing.ids
    orders = _orders_wanting(session, actor, task["run_id"], ids)
    wanted = {row.item_id for row in orders}
    if len(wanted) > 1:
        options = _options(session, wanted)
        verdict = Verdict(CHOOSE, "packing.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
        return _keep(session, actor, scanned, verdict, TOTE, tote_id, task, thing.kind, options=options)
    if not orders:
        verdict = refuse("packing.nobody_wants", title=thing.name or thing.text, tote=task["tote"])
        return _keep(session, actor, scanned, verdict, TOTE, tote_id, task, thing.kind)
    answer = packing.scan(session, actor, orders[0].id, scanned, tolerance=tolerance)
    return _with_go(session, scanned, answer, f"/pack/{orders[0].id}?scan={scanned.scan_id}")


def _answered(session: Session, scanned: ScanIn, tote_id: int) -> Answer | None:
    """The stored answer: kept under the tote, or under the order that the book opened."""
    row = session.execute(
        select(Scan.task, Scan.task_id, Scan.answer, Scan.body_hash).where(Scan.scan_id == scanned.scan_id)
    ).one_or_none()
    if row is None:
        return None
    task, task_id = (packing_look.TASK, row.task_id) if row.task == packing_look.TASK else (TOTE, tote_id)
    return scans.repeat(row.answer, row.body_hash, scanned, task, task_id)


def _with_go(session: Session, scanned: ScanIn, answer: Answer, go: str) -> Answer:
    """The order's own page shows what its first scan said."""
    led = Answer(**{**vars(answer), "go": go})
    scan_row = session.execute(select(Scan.id).where(Scan.scan_id == scanned.scan_id)).scalar_one()
    scans.complete(session, scan_row, led)
    return led


def _orders_wanting(session: Session, actor: Actor, run_id: int, item_ids: tuple[int, ...]) -> list[Any]:
    """Orders of a run on which one of these items is open and which nobody else is packing, due first; of each
    item the first only."""
    rows = session.execute(
        select(Order.id, OrderLine.item_id).join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.id.in_(select(PickStop.order_id).where(PickStop.run_id == run_id)), Order.state.in_(_WORKABLE),
               (Order.state == PICKED) | (Order.packer_id == actor.person_id) | Order.packer_id.is_(None),
               OrderLine.item_id.in_(item_ids), OrderLine.units_picked > OrderLine.units_packed)
        .order_by(Order.due_at, Order.id))
    first: dict[int, Any] = {}
    for row in rows:
        first.setdefault(row.item_id, row)
    return list(first.values())


def _options(session: Session, item_ids: set[int]) -> list[dict[str, Any]]:
    rows = session.execute(select(*(getattr(Item, name) for name in BOOK_FIELDS if name != "item_id"),
                                  Item.id.label("item_id")).where(Item.id.in_(item_ids)).order_by(Item.id))
    return [{**book(row), "id": row.item_id} for row in rows]


def _lead(session: Session, actor: Actor, thing: Thing) -> tuple[Verdict, str | None]:
    """Where tote, slip or parcel leads."""
    if thing.kind == kinds.TOTE:
        tote = look_tote(session, thing.id)
        if tote["order_id"]:
            return _lead_to_order(session, actor, tote["order_id"])
        if tote["is_single"]:
            return accept("packing.tote_of_singles", "open", tote=thing.name, n=tote["units"]), f"/pack/tote/{thing.id}"
        return refuse("packing.tote_is_free", WARN, tote=thing.name), None
    if thing.kind == kinds.ORDER:
        return _lead_to_order(session, actor, thing.id)
    if thing.kind == kinds.PARCEL:
        parcel = session.execute(select(Parcel.state, Parcel.order_id).where(Parcel.id == thing.id)).one()
        if parcel.state == rules.OPEN:
            return _lead_to_order(session, actor, parcel.order_id)
        return accept("packing.parcel_is_closed", "open", parcel=thing.name), f"/ship/{thing.id}"
    if thing.kind == kinds.ITEM:
        return refuse("packing.tote_first", WARN), None
    if thing.kind in (kinds.INVALID, kinds.UNKNOWN):
        return rules.judge_other(thing), None
    return refuse(f"packing.scan_tote_not_{thing.kind}", WARN, name=thing.name), None


def _lead_to_order(session: Session, actor: Actor, order_id: int) -> tuple[Verdict, str | None]:
    now = packing_look.look(session, order_id)
    refusal = rules.refuse_state(now.bench, actor.person_id)
    if refusal is None or refusal.code == "packing.not_yours":
        return accept("packing.order_opened", "open", order=now.order.number), f"/pack/{order_id}"
    if now.state == PACKED and now.parcels:
        return accept("packing.parcel_is_closed", "open", parcel=now.parcels[0].number), f"/ship/{now.parcels[0].id}"
    return refusal, None


def _keep(
    session: Session, actor: Actor, scanned: ScanIn, verdict: Verdict, kept_under: str, task_id: int | None,
    task: dict[str, Any], kind: str, go: str | None = None, *, options: list[dict[str, Any]] | None = None,
) -> Answer:
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    answer = Answer(verdict.outcome, verdict.code, say, verdict.sound, task, verdict.facts, options or [], go)
    scans.record(session, actor, scanned, answer, kept_under, task_id, Touched(kind))
    return answer
