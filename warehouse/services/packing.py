"""Packing by scan (PAK-1): look, judge, write. Every unit is scanned against its order; what is wrong counts
nothing, is kept, and stays loud until the right book is scanned or it was put aside.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import barcodes, look_alikes
from warehouse.domain import codes as kinds
from warehouse.domain import packing as rules
from warehouse.domain.codes import Thing
from warehouse.domain.orders import PACKING, PICKED
from warehouse.domain.people import Actor
from warehouse.domain.picking import FREE, TOTE_FLOW
from warehouse.domain.scans import CHOOSE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.picking import PickRun, PickStop, Tote
from warehouse.services import codes, packing_close, packing_commands, packing_problems, scans
from warehouse.services.packing_close import Tolerance
from warehouse.services.packing_draw import BOOK_FIELDS, book
from warehouse.services.packing_look import TASK, WRONG_ITEM, PackNow, lock, look
from warehouse.services.packing_steps import begin, keep, pack
from warehouse.services.scans import Touched

COMMANDS = {**packing_commands.COMMANDS, **packing_problems.COMMANDS}
TAKE_OVER = "take_over"


def scan(
    session: Session, actor: Actor, order_id: int, scanned: ScanIn, *, tolerance: Tolerance | None = None
) -> Answer:
    """Apply one scan or command to an order on the bench. The same `scan_id` again gives the same answer and does
    nothing. A command is refused (409) where it was pressed on a screen that is out of date."""
    is_command = scanned.raw.startswith("#")
    code = None if is_command else codes.read(scanned.raw)
    if is_command:  # A command decides on the whole order, so it looks once nobody else can change it.
        lock(session, order_id)
    now = look(session, order_id, scan_id=scanned.scan_id, code=codes.item_code(code) if code else "",
               lock=not is_command)
    if now.order.answer is not None:
        return scans.repeat(now.order.answer, now.order.body_hash, scanned, TASK, order_id)
    verb, _, argument = scanned.raw[1:].partition(":") if is_command else ("", "", "")
    refusal = rules.refuse_state(now.bench, actor.person_id)
    if verb == TAKE_OVER and refusal is not None and refusal.code == "packing.not_yours":
        return packing_commands.take_over(session, actor, now, scanned)
    if refusal is not None:
        return keep(session, actor, now, scanned, refusal, Touched(kinds.COMMAND if is_command else ""))
    if code is None:
        if scanned.step != now.step_id:
            raise Conflict("scan.stale_step")
        if verb in packing_close.COMMANDS:
            return packing_close.COMMANDS[verb](session, actor, now, scanned, argument, tolerance or Tolerance())
        if verb not in COMMANDS:
            raise Conflict("packing.unknown_command", command=verb)
        return COMMANDS[verb](session, actor, now, scanned, argument)
    thing = _thing(session, now, scanned, code)
    if thing.kind == kinds.ITEM:
        return _scan_book(session, actor, now, scanned, thing)
    return _scan_other(session, actor, now, scanned, thing)


def _thing(session: Session, now: PackNow, scanned: ScanIn, code: barcodes.Code) -> Thing:
    """What was scanned. A book of this order, the everyday case, is known from the lines' own SELECT."""
    matches = {row.item_id: row.title for row in now.rows if row.is_match and row.sharing == 1}
    if len(matches) == 1:
        (item_id, title), = matches.items()
        return Thing(kinds.ITEM, (item_id,), title, code.value)
    return codes.identify(session, scanned.raw)


def _scan_book(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Judge a book, then write what the verdict says: the scan, the move, the line, the parcel."""
    touched = Touched(kinds.ITEM, item_id=thing.id if len(thing.ids) == 1 else None)
    if len(thing.ids) > 1:
        chosen = _chosen(session, now, scanned, thing)
        if chosen is None:
            options = _options(session, now, thing)
            verdict = Verdict(CHOOSE, "packing.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
            return keep(session, actor, now, scanned, verdict, touched, options=options)
        thing = replace(thing, ids=(chosen,), name="")
        touched = replace(touched, item_id=chosen)
    item_id = thing.id
    title = thing.name or session.execute(select(Item.title).where(Item.id == item_id)).scalar_one()
    is_confirmed = _is_confirmed(session, actor, now, scanned, item_id)
    if unwanted := packing_commands.unwanted(now, item_id):
        return packing_commands.take_out(session, actor, now, scanned, *unwanted, title)
    verdict = rules.judge_item(now.lines, item_id, title, scanned.units or 1, is_confirmed=is_confirmed)
    if verdict.code == WRONG_ITEM:
        alarm = _raise_alarm(session, now, item_id)
        verdict.facts["difference"] = alarm["difference"]
        return keep(session, actor, replace(now, alarm=alarm), scanned, verdict, touched)
    if not verdict.accepted:
        # The button that confirms or chooses sends the same code again.
        verdict.facts.update({"raw": scanned.raw, "item": item_id})
        return keep(session, actor, now, scanned, verdict, touched)
    return pack(session, actor, now, scanned, verdict, touched, scanned.units or 1)[0]


def _scan_other(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, thing: Thing) -> Answer:
    """The order's own tote or slip starts its packing; a free tote is taken where a parcel was opened again."""
    verdict = rules.judge_other(thing)
    if thing.kind == kinds.ORDER:
        verdict = (accept("packing.order_right", "arrive", order=now.order.number) if thing.id == now.id
                   else refuse("packing.other_order", order=thing.name))
    if thing.kind == kinds.TOTE:
        verdict = _judge_tote(session, now, thing)
    if verdict.accepted:
        if verdict.verb == "bind":
            tote = session.get_one(Tote, thing.id, with_for_update=True)
            tote.state = TOTE_FLOW.step(TOTE_FLOW.step(tote.state, "bind"), "arrive")
            tote.order_id = now.id
            session.flush()  # The next look reads this row.
        begin(session, actor, now)
        now = replace(look(session, now.id), alarm=None)
    return keep(session, actor, now, scanned, verdict, Touched(thing.kind))


def _judge_tote(session: Session, now: PackNow, thing: Thing) -> Verdict:
    if thing.id in {row.id for row in now.totes}:
        return accept("packing.tote_right", "arrive", tote=thing.name, n=now.bench.units_left)
    state = session.execute(select(Tote.state).where(Tote.id == thing.id)).scalar_one()
    if state == FREE and now.state == PACKING and not now.totes:
        return accept("packing.tote_bound", "bind", tote=thing.name)
    return refuse("packing.other_tote", tote=thing.name)


def _chosen(session: Session, now: PackNow, scanned: ScanIn, thing: Thing) -> int | None:
    """Which of several items that share a code is in the hand, as far as it is known. Two that are both open
    here: the person says so each time. One open: once for the order (CAT-2)."""
    if scanned.choice in thing.ids:
        return scanned.choice
    wanted = {line.item_id for line in now.lines if line.item_id in thing.ids and line.units_left}
    if len(wanted) != 1:
        return None
    (item_id,) = wanted
    said = session.execute(
        select(Scan.id).where(Scan.task == TASK, Scan.task_id == now.id, Scan.choice == item_id,
                              Scan.outcome == "accepted").limit(1)).scalar()
    return item_id if said else None


def _options(session: Session, now: PackNow, thing: Thing) -> list[dict[str, Any]]:
    """What may be in the hand, with what tells it apart: what is open here, else all that share the code."""
    wanted = [line.item_id for line in now.lines if line.item_id in thing.ids and line.units_left]
    ids = wanted if len(set(wanted)) > 1 else thing.ids
    rows = session.execute(select(*(getattr(Item, name) for name in BOOK_FIELDS if name != "item_id"),
                                  Item.id.label("item_id")).where(Item.id.in_(ids)).order_by(Item.id))
    return [{**book(row), "id": row.item_id} for row in rows]


def _is_confirmed(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, item_id: int) -> bool:
    """A set counts when it was confirmed to be whole: by its button, or by scanning it once more. What somebody else
    scans for this order meanwhile, and is refused, is not in between."""
    if scanned.choice == item_id or not any(line.volumes > 1 for line in now.lines if line.item_id == item_id):
        return True
    last = session.execute(
        select(Scan.code, Scan.raw)
        .where(Scan.task == TASK, Scan.task_id == now.id, Scan.person_id == actor.person_id)
        .order_by(Scan.id.desc()).limit(1)).one_or_none()
    return last is not None and last.code == "packing.confirm_set" and last.raw == scanned.raw


def _raise_alarm(session: Session, now: PackNow, item_id: int) -> dict[str, Any]:
    """Both books side by side, what tells them apart, and where the wrong one belongs."""
    row = session.execute(
        select(*(getattr(Item, name) for name in BOOK_FIELDS if name != "item_id"), Item.id.label("item_id"))
        .where(Item.id == item_id)).one()
    got = book(row)
    open_rows = [book(row) | {"line_id": row.line_id} for row in now.rows if row.units_picked > row.units_packed]
    wanted = look_alikes.most_alike(got, open_rows)
    return {
        "got": got, "wanted": dict(wanted) if wanted else None,
        "difference": look_alikes.difference(got, wanted) if wanted else look_alikes.TITLE,
        "belongs": _belongs(session, item_id),
    }


def _belongs(session: Session, item_id: int) -> dict[str, Any] | None:
    """The order between shelf and parcel that wants this book, the earliest due first, and its tote."""
    row = session.execute(
        select(Order.id, Order.number).join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.item_id == item_id, Order.state.in_((PICKED, PACKING)),
               OrderLine.units_picked > OrderLine.units_packed)
        .order_by(Order.due_at, Order.id).limit(1)).one_or_none()
    if row is None:
        return None
    runs = (select(PickStop.run_id).join(PickRun, PickRun.id == PickStop.run_id)
            .where(PickStop.order_id == row.id, PickRun.kind == "single"))
    tote = session.execute(
        select(Tote.code).where((Tote.order_id == row.id) | (Tote.run_id.in_(runs) & Tote.order_id.is_(None)))
        .order_by(Tote.id).limit(1)).scalar()
    return {"order_number": row.number, "order_id": row.id, "tote": tote or ""}
