"""Put-back by scan (ORD-7): the book in hand, then the shelf it goes to. Only the shelf scan moves units."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import codes as kinds
from warehouse.domain import look_alikes, picking
from warehouse.domain import putback as rules
from warehouse.domain import stock as ledger
from warehouse.domain.codes import Thing
from warehouse.domain.people import Actor
from warehouse.domain.scans import CHOOSE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickStop, Tote
from warehouse.models.stock import Location, PutBack, StockBalance, StockMove
from warehouse.services import codes, incidents, scans, stock
from warehouse.services.putback_look import BOOK, BackNow, draw, look
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause, Place

TASK = "put_back"
LOOK_ALIKE = "putback.look_alike"
BACK = PutBack.__table__
# An order that still needs the tote that it shares with others of its run.
_NEEDS_TOTE = ("released", "picking", "picked", "packing", "held")


def open_source(session: Session, actor: Actor, scanned: ScanIn) -> Answer:
    """The tote or parcel that is scanned on the list; `go` leads to it. Anything else is named and refused."""
    before = scans.answered_before(session, scanned, TASK, None)
    if before is not None:
        return before
    thing = codes.identify(session, scanned.raw)
    source_id = _source_of(session, thing)
    if source_id is not None and not _waits(session, source_id):
        verdict = refuse("putback.nothing_in_it", WARN, name=thing.name)
    elif source_id is not None:
        verdict = accept("putback.opened", "open", name=thing.name)
    else:
        verdict = refuse("scan.unreadable" if thing.kind == kinds.INVALID else "putback.scan_tote", WARN)
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    go = f"/putback/{source_id}" if verdict.accepted else None
    answer = Answer(verdict.outcome, verdict.code, say, verdict.sound, {"area": TASK}, verdict.facts, go=go)
    scans.record(session, actor, scanned, answer, TASK, None, Touched(thing.kind, location_id=source_id))
    return answer


def _source_of(session: Session, thing: Thing) -> int | None:
    """Where units lie that are in a scanned tote or parcel."""
    if thing.kind == kinds.TOTE:
        return session.execute(select(Tote.location_id).where(Tote.id == thing.id)).scalar_one()
    if thing.kind == kinds.PARCEL:
        return session.execute(select(Parcel.location_id).where(Parcel.id == thing.id)).scalar_one()
    return None


def _waits(session: Session, source_id: int) -> bool:
    waiting = select(PutBack.id).where(PutBack.source_id == source_id, PutBack.done_at.is_(None)).limit(1)
    return session.execute(waiting).scalar() is not None


def scan(session: Session, actor: Actor, source_id: int, scanned: ScanIn) -> Answer:
    """Apply one scan or command to a tote or parcel that is put back. The same `scan_id` again gives the same answer.
    A command is refused (409) where it was pressed on a screen that is out of date."""
    session.execute(select(BACK.c.id).where(BACK.c.source_id == source_id).order_by(BACK.c.id).with_for_update()).all()
    before = scans.answered_before(session, scanned, TASK, source_id)
    if before is not None:
        return before
    now = look(session, source_id)
    if scanned.raw.startswith("#"):
        return _command(session, actor, now, scanned)
    thing = codes.identify(session, scanned.raw)
    if thing.kind == kinds.ITEM:
        return _scan_item(session, actor, now, scanned, thing)
    if thing.kind == kinds.LOCATION:
        return _scan_shelf(session, actor, now, scanned, thing)
    return _keep(session, actor, now, scanned, rules.judge_other(now.waiting, thing), Touched(thing.kind))


def _scan_item(session: Session, actor: Actor, now: BackNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Take copies in hand. A code that two waiting titles share asks which one it is (CAT-2)."""
    ours = [each.item_id for each in now.waiting if each.item_id in thing.ids]
    if len(ours) > 1 and scanned.choice not in ours:
        options = _options(session, ours)
        verdict = Verdict(CHOOSE, "putback.choose_item", WARN, facts={"n": len(options), "raw": scanned.raw})
        return _keep(session, actor, now, scanned, verdict, Touched(thing.kind), options)
    item_id = scanned.choice if scanned.choice in ours else (ours or list(thing.ids))[0]
    assert item_id is not None
    title = session.execute(select(Item.title).where(Item.id == item_id)).scalar_one()
    units = scanned.units or 1
    verdict = rules.judge_item(now.waiting, item_id, title, units)
    touched = Touched(thing.kind, item_id=item_id)
    if not verdict.accepted:
        return _keep(session, actor, now, scanned, verdict, touched)

    def take(_: int) -> None:
        left = units
        for row in now.rows:
            n = min(left, row.units - row.units_done - row.in_hand) if row.item_id == item_id else 0
            if n:
                _change(session, row.id, in_hand=row.in_hand + n)
                left -= n

    return _carry_out(session, actor, now, scanned, verdict, touched, take)


def _scan_shelf(session: Session, actor: Actor, now: BackNow, scanned: ScanIn, thing: Thing) -> Answer:
    """Put what is in hand on this shelf."""
    held = now.held
    is_shelf = session.execute(select(Location.kind).where(Location.id == thing.id)).scalar_one() == ledger.SHELF
    touched = Touched(thing.kind, location_id=thing.id, item_id=held.item_id if held else None)
    alike, is_confirmed = "", False
    if held and is_shelf and thing.id not in {row.home_id for row in now.rows if row.in_hand}:
        alike = _look_alike(session, held.item_id, thing.id)
        is_confirmed = bool(alike) and _warned_before(session, now, thing.id, held.item_id)
    verdict = rules.judge_shelf(
        now.waiting, thing.name, is_shelf=is_shelf, look_alike=alike, is_confirmed=is_confirmed)
    if not verdict.accepted or held is None:
        return _keep(session, actor, now, scanned, verdict, touched)

    def put(scan_row: int) -> None:
        for row in now.rows:
            if row.in_hand:
                cause = Cause(ledger.PUT_BACK, scan_row, row.order_line_id)
                stock.move(session, actor, row.item_id, row.in_hand, source=_place(now),
                           target=Place(thing.id, ledger.SHELF), cause=cause)
                _count_done(session, actor, row, row.in_hand)
        _free_tote(session, now.source_id)

    touched = Touched(thing.kind, held.in_hand, held.item_id, thing.id)
    return _carry_out(session, actor, now, scanned, verdict, touched, put)


def _look_alike(session: Session, item_id: int, location_id: int) -> str:
    """The title of another book on the shelf that is easily taken for this one; empty where there is none."""
    fields = (Item.id, Item.title, Item.isbn13, Item.volume)
    mine = session.execute(select(*fields).where(Item.id == item_id)).mappings().one()
    others = session.execute(
        select(*fields).join(StockBalance, StockBalance.item_id == Item.id)
        .where(StockBalance.location_id == location_id, StockBalance.on_hand > 0, Item.id != item_id)
        .order_by(Item.id)).mappings()
    return next((str(other["title"]) for other in others if look_alikes.are_related(dict(mine), dict(other))), "")


def _warned_before(session: Session, now: BackNow, location_id: int, item_id: int) -> bool:
    """The scan just before was the same shelf with the same book in hand, and was warned of."""
    last = session.execute(
        select(Scan.code, Scan.location_id, Scan.item_id).where(Scan.task == TASK, Scan.task_id == now.source_id)
        .order_by(Scan.id.desc()).limit(1)).one_or_none()
    return last is not None and tuple(last) == (LOOK_ALIKE, location_id, item_id)


def _free_tote(session: Session, source_id: int) -> None:
    """A tote with nothing in it is free, unless an order of its walk still comes to it. A parcel is void already."""
    tote = session.execute(select(Tote).where(Tote.location_id == source_id).with_for_update()).scalar_one_or_none()
    if tote is None or tote.state == picking.FREE:
        return
    held = session.execute(
        select(func.sum(StockBalance.on_hand)).where(StockBalance.location_id == source_id)).scalar()
    wanted = session.execute(
        select(Order.id).where(Order.state.in_(_NEEDS_TOTE), (Order.id == tote.order_id) if tote.order_id else
                               Order.id.in_(select(PickStop.order_id).where(PickStop.run_id == tote.run_id))).limit(1)
    ).scalar()
    if not held and wanted is None:
        tote.state = picking.TOTE_FLOW.step(tote.state, "empty")
        tote.run_id = tote.order_id = None


# --- Commands --------------------------------------------------------------------------------------------------------


def _command(session: Session, actor: Actor, now: BackNow, scanned: ScanIn) -> Answer:
    verb = scanned.raw[1:]
    if verb not in COMMANDS:
        raise Conflict("putback.unknown_command", command=verb)
    if verb != "undo" and scanned.step != draw(now, actor)["step_id"]:
        raise Conflict("scan.stale_step")
    return COMMANDS[verb](session, actor, now, scanned)


def _undo(session: Session, actor: Actor, now: BackNow, scanned: ScanIn) -> Answer:
    """What is in hand goes back into the tote; with empty hands the last shelf scan is taken back."""
    held = now.held
    if held is None:
        return _undo_shelf(session, actor, now, scanned)

    def let_go(_: int) -> None:
        session.execute(update(BACK).where(BACK.c.source_id == now.source_id, BACK.c.in_hand > 0).values(in_hand=0))

    verdict = accept("putback.back_in_source", "undo", title=held.title, source=now.source)
    return _carry_out(session, actor, now, scanned, verdict, Touched(kinds.COMMAND, item_id=held.item_id), let_go)


def _undo_shelf(session: Session, actor: Actor, now: BackNow, scanned: ScanIn) -> Answer:
    last = _last_put(session, now)
    nothing = refuse("putback.nothing_to_undo", WARN)
    if last is None:
        return _keep(session, actor, now, scanned, nothing, Touched(kinds.COMMAND))
    moves = session.execute(
        select(StockMove).where(StockMove.scan_id == last.id).order_by(StockMove.order_line_id)).scalars().all()
    rows = {row.order_line_id: row for row in now.rows}
    if any(move.order_line_id not in rows or move.reason != ledger.PUT_BACK for move in moves):
        return _keep(session, actor, now, scanned, nothing, Touched(kinds.COMMAND))
    item_id, shelf_id = moves[0].item_id, moves[0].target_id
    title = next(row.title for row in now.rows if row.item_id == item_id)
    if stock.free_units(session, item_id, shelf_id) < last.units:
        verdict = refuse("putback.reserved_meanwhile", WARN, title=title)
        return _keep(session, actor, now, scanned, verdict, Touched(kinds.COMMAND))
    if not _take_tote_again(session, now):
        return _keep(session, actor, now, scanned, nothing, Touched(kinds.COMMAND))

    def take_back(scan_row: int) -> None:
        for move in moves:
            row = rows[move.order_line_id]
            stock.move(session, actor, item_id, move.units, source=Place(shelf_id, ledger.SHELF), target=_place(now),
                       cause=Cause(ledger.PUT_BACK, scan_row, move.order_line_id))
            _change(session, row.id, units_done=row.units_done - move.units, in_hand=move.units, done_at=None)

    touched = Touched(kinds.COMMAND, last.units, item_id, shelf_id, undoes_id=last.id)
    return _carry_out(session, actor, now, scanned, accept("putback.undone", "undo", title=title), touched, take_back)


def _last_put(session: Session, now: BackNow) -> Any:
    """The newest scan that moved units out of here for these orders and is not undone yet."""
    began = min((row.created_at for row in now.rows), default=None)
    if began is None:
        return None
    rows = session.execute(
        select(Scan.id, Scan.units, Scan.undoes_id)
        .where(Scan.task == TASK, Scan.task_id == now.source_id, Scan.units > 0, Scan.at >= began)
        .order_by(Scan.id.desc())).all()
    undone = {row.undoes_id for row in rows if row.undoes_id}
    return next((row for row in rows if not row.undoes_id and row.id not in undone), None)


def _take_tote_again(session: Session, now: BackNow) -> bool:
    """The tote was freed by the last scan: it is this order's again. Not where somebody else has it by now."""
    tote = session.execute(select(Tote).where(Tote.location_id == now.source_id).with_for_update()).scalar_one_or_none()
    if tote is None or now.waiting:
        return True
    order_id = now.rows[-1].order_id
    if tote.state != picking.FREE:
        shares_run = select(PickStop.id).where(PickStop.run_id == tote.run_id, PickStop.order_id == order_id).limit(1)
        return tote.order_id == order_id or (
            tote.order_id is None and session.execute(shares_run).scalar() is not None)
    tote.state, tote.order_id = picking.TOTE_FLOW.step(tote.state, "bind"), order_id
    return True


def _damaged(session: Session, actor: Actor, now: BackNow, scanned: ScanIn) -> Answer:
    """One copy is damaged: to quarantine, not to a shelf."""
    return _lose(session, actor, now, scanned, "damaged")


def _missing(session: Session, actor: Actor, now: BackNow, scanned: ScanIn) -> Answer:
    """One copy that should be here is not."""
    return _lose(session, actor, now, scanned, "missing")


def _lose(session: Session, actor: Actor, now: BackNow, scanned: ScanIn, kind: str) -> Answer:
    """One copy of the present line is closed as an incident. Refused where nothing waits."""
    rows = sorted(now.rows, key=lambda row: -row.in_hand)
    row = next((row for row in rows if row.units > row.units_done), None)
    if row is None:
        return _keep(session, actor, now, scanned, refuse("putback.nothing_left", WARN), Touched(kinds.COMMAND))
    is_damaged = kind == "damaged"

    def write(scan_row: int) -> None:
        stock.move(
            session, actor, row.item_id, 1, source=_place(now),
            target=stock.fixed_place(session, "QUARANTINE" if is_damaged else "LOST-FOUND"),
            cause=Cause(ledger.DAMAGE if is_damaged else ledger.SHORT, scan_row, row.order_line_id),
            target_condition=ledger.DAMAGED if is_damaged else None)
        _count_done(session, actor, row, 1)
        incidents.report(session, actor, kind, TASK, units=1, item_id=row.item_id, location_id=now.source_id,
                         order_id=row.order_id, order_line_id=row.order_line_id, scan_id=scan_row)
        _free_tote(session, now.source_id)

    touched = Touched(kinds.COMMAND, 1, row.item_id, now.source_id, order_id=row.order_id)
    verdict = accept(f"putback.{kind}", kind, WARN, title=row.title)
    return _carry_out(session, actor, now, scanned, verdict, touched, write)


COMMANDS: dict[str, Callable[[Session, Actor, BackNow, ScanIn], Answer]] = {
    "undo": _undo, "damaged": _damaged, "missing": _missing,
}


# --- What every step is made of --------------------------------------------------------------------------------------


def _place(now: BackNow) -> Place:
    return Place(now.source_id, now.kind)


def _count_done(session: Session, actor: Actor, row: Any, units: int) -> None:
    done = row.units_done + units
    _change(session, row.id, units_done=done, in_hand=max(0, row.in_hand - units),
            done_at=actor.at if done == row.units else None)


def _change(session: Session, row_id: int, **values: Any) -> None:
    session.execute(update(BACK).where(BACK.c.id == row_id).values(**values))


def _options(session: Session, item_ids: list[int]) -> list[dict[str, Any]]:
    rows = session.execute(select(Item.id, *BOOK).where(Item.id.in_(item_ids)).order_by(Item.id))
    return [dict(row) for row in rows.mappings()]


def _keep(
    session: Session, actor: Actor, now: BackNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Record a scan that changes nothing, with its answer."""
    return scans.keep(session, actor, scanned, verdict, touched, TASK, now.source_id, draw(now, actor), options)


def _carry_out(
    session: Session, actor: Actor, now: BackNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    effect: Callable[[int], None],
) -> Answer:
    """Record the scan, have `effect(scan row)` written, then draw the place anew."""
    return scans.carry_out(session, actor, scanned, verdict, touched, TASK, now.source_id, effect,
                           lambda: draw(look(session, now.source_id), actor))
