"""The lines of a purchase order by scan: each book that is scanned is one more on the order (REC-1)."""

import json
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from warehouse.domain import barcodes
from warehouse.domain import codes as kinds
from warehouse.domain import purchasing as rules
from warehouse.domain.people import Actor
from warehouse.domain.scans import ACCEPTED, CHOOSE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.receiving import PurchaseLine, PurchaseOrder, Supplier
from warehouse.services import codes, drafts, purchasing, scans
from warehouse.services.scans import Touched

TASK = "purchase"
MOST_LINES = 40
ADDED, UNDONE = "purchasing.line_added", "purchasing.line_undone"
BOOK = (Item.title, Item.subtitle, Item.authors, Item.isbn13, Item.sku, Item.volume, Item.edition, Item.binding)


def scan(session: Session, actor: Actor, order_id: int, scanned: ScanIn) -> Answer:
    """One more copy of the scanned book, or as many as the number pad says. The same `scan_id` again gives the same
    answer."""
    order = purchasing.get_order(session, order_id)
    before = scans.answered_before(session, scanned, TASK, order_id)
    if before is not None:
        return before
    if scanned.raw.startswith("#"):
        if scanned.raw != "#undo":
            raise Conflict("purchasing.unknown_command", command=scanned.raw[1:])
        return _undo(session, actor, order, scanned)
    thing = codes.identify(session, scanned.raw)
    if thing.kind != kinds.ITEM:
        return _keep(session, actor, order, scanned, rules.judge_other(order.state, order.number, thing),
                     Touched(thing.kind))
    if len(thing.ids) > 1 and scanned.choice not in thing.ids:
        options = [dict(row) for row in session.execute(
            select(Item.id, *BOOK).where(Item.id.in_(thing.ids)).order_by(Item.id)).mappings()]
        verdict = Verdict(CHOOSE, "purchasing.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
        return _keep(session, actor, order, scanned, verdict, Touched(thing.kind), options)
    item_id = scanned.choice if scanned.choice in thing.ids else thing.id
    assert item_id is not None
    return _add(session, actor, order, scanned, item_id, scanned.units or 1)


def _add(
    session: Session, actor: Actor, order: PurchaseOrder, scanned: ScanIn, item_id: int, units: int
) -> Answer:
    title = session.execute(select(Item.title).where(Item.id == item_id)).scalar_one()
    touched = Touched(kinds.ITEM, item_id=item_id)
    if order.state not in rules.WAITED_FOR:
        verdict = refuse("purchasing.order_over", WARN, number=order.number)
        return _keep(session, actor, order, scanned, verdict, touched)
    now = purchasing.add_units(session, actor, order.id, item_id, units)
    return _keep(session, actor, order, scanned, accept(ADDED, "add", title=title, n=units, now=now), touched)


def _undo(session: Session, actor: Actor, order: PurchaseOrder, scanned: ScanIn) -> Answer:
    """Take back what the last scan added. Refused where somebody changed the line below it, or copies came."""
    undo = Scan.__table__.alias()
    last = session.execute(
        select(Scan.id, Scan.item_id, Scan.answer)
        .where(Scan.task == TASK, Scan.task_id == order.id, Scan.outcome == ACCEPTED, Scan.code == ADDED,
               ~select(undo.c.id).where(undo.c.undoes_id == Scan.id).exists())
        .order_by(Scan.id.desc()).limit(1)).one_or_none()
    nothing = refuse("purchasing.nothing_to_undo", WARN)
    if last is None or order.state not in rules.WAITED_FOR:
        return _keep(session, actor, order, scanned, nothing, Touched(kinds.COMMAND))
    facts = json.loads(last.answer)["facts"]
    line = session.execute(select(PurchaseLine.units_ordered).where(
        PurchaseLine.purchase_order_id == order.id, PurchaseLine.item_id == last.item_id)).scalar() or 0
    came = purchasing.stands(session, order.id, last.item_id)
    if line - facts["n"] < (came[last.item_id].received if last.item_id in came else 0):
        return _keep(session, actor, order, scanned, nothing, Touched(kinds.COMMAND))
    now = purchasing.add_units(session, actor, order.id, last.item_id, -facts["n"])
    verdict = accept(UNDONE, "undo", title=facts["title"], n=facts["n"], now=now)
    return _keep(session, actor, order, scanned, verdict,
                 Touched(kinds.COMMAND, item_id=last.item_id, undoes_id=last.id))


def add_typed(
    session: Session, actor: Actor, order_id: int, item_ids: tuple[int, ...], units: int, *, code: str, title: str,
) -> int:
    """A line for a typed code: `item_ids` are what it names. One that nobody knows becomes a draft if it has a title;
    the item's id. Refused: a code of several items, an unknown one without a title, a misspelt one."""
    if len(item_ids) > 1:
        raise Invalid("purchasing.code_names_several", code=code, n=len(item_ids))
    order = purchasing.get_order(session, order_id)
    if order.state not in rules.WAITED_FOR:
        raise Conflict("purchasing.order_over", number=order.number)
    item_id = item_ids[0] if item_ids else _draft_of(session, actor, code, title)
    purchasing.add_units(session, actor, order_id, item_id, units)
    return item_id


def _draft_of(session: Session, actor: Actor, code: str, title: str) -> int:
    read = barcodes.read(code)
    if not read.ok or not read.value:
        raise Invalid("purchasing.code_unreadable", code=code)
    if not title:
        raise Invalid("purchasing.title_of_unknown", code=code)
    return drafts.make_draft(session, actor, read.value, title)


def _keep(
    session: Session, actor: Actor, order: PurchaseOrder, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Record the scan with its answer; whatever it changed is written before."""
    drawn = draw(session, order.id, last_item_id=touched.item_id)
    return scans.keep(session, actor, scanned, verdict, touched, TASK, order.id, drawn, options)


def draw(session: Session, order_id: int, *, last_item_id: int | None = None) -> dict[str, Any]:
    """The order as the screen shows it: plain values, what was touched last on top, and of a long order only the
    newest lines; each scan keeps this picture."""
    order = session.execute(
        select(PurchaseOrder.id, PurchaseOrder.number, PurchaseOrder.state, PurchaseOrder.expected_on, Supplier.name)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id).where(PurchaseOrder.id == order_id)).one_or_none()
    if order is None:
        raise NotFound("purchasing.no_such_order")
    rows = session.execute(
        select(PurchaseLine.id, PurchaseLine.item_id, PurchaseLine.units_ordered.label("units"), Item.listing, *BOOK)
        .join(Item, Item.id == PurchaseLine.item_id).where(PurchaseLine.purchase_order_id == order_id)
        .order_by(case((PurchaseLine.item_id == last_item_id, 0), else_=1), PurchaseLine.id.desc()).limit(MOST_LINES)
    ).mappings()
    lines = [dict(row) for row in rows]
    total = session.execute(
        select(func.count().label("titles"), func.coalesce(func.sum(PurchaseLine.units_ordered), 0).label("units"))
        .where(PurchaseLine.purchase_order_id == order_id)).one()
    return {
        "area": TASK, "order_id": order.id, "step_id": f"purchase:{order.id}", "number": order.number,
        "state": order.state, "supplier": order.name, "expected_on": order.expected_on, "lines": lines,
        "titles": total.titles, "units": int(total.units),
        "last": lines[0] if lines and lines[0]["item_id"] == last_item_id else None,
        "is_open": order.state in rules.WAITED_FOR,
    }
