"""Picking by scan (PIC-3, PIC-4): look, judge, write. A refused scan changes nothing but is kept."""

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import codes as kinds
from warehouse.domain import picking as rules
from warehouse.domain import stock as ledger
from warehouse.domain.codes import Thing
from warehouse.domain.people import Actor
from warehouse.domain.scans import CHOOSE, Answer, ScanIn, Verdict, refuse
from warehouse.errors import Stale
from warehouse.models.catalog import Item
from warehouse.models.journal import Scan
from warehouse.models.picking import PickRun, PickStop
from warehouse.models.stock import StockBalance
from warehouse.services import codes, picking_orders, scans, stock
from warehouse.services.picking_look import RunNow, draw, look
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause, Place

TASK = "pick"
STOP, RUN = PickStop.__table__, PickRun.__table__

# Only a stop that is as it was looked at: nobody else may have taken from it or closed it meanwhile.
_TAKE = update(STOP).where(
    STOP.c.id == bindparam("stop"), STOP.c.units_taken == bindparam("seen_taken"),
    STOP.c.units_short == bindparam("seen_short"), STOP.c.state == bindparam("seen_state"),
    STOP.c.units_due == bindparam("seen_due"),
).values(units_taken=bindparam("taken"), state=bindparam("to_state"))
_RUN_DONE = update(RUN).where(RUN.c.id == bindparam("run")).values(
    state=bindparam("to_state"), done_at=bindparam("done"))


def scan(session: Session, actor: Actor, run_id: int, scanned: ScanIn) -> Answer:
    """Apply one scan to a pick run. The same `scan_id` again gives the same answer and does nothing."""
    code = codes.read(scanned.raw)
    now = look(session, run_id, scan_id=scanned.scan_id, code=codes.item_code(code))
    if now.answer is not None and now.body_hash is not None:
        return scans.repeat(now.answer, now.body_hash, scanned, TASK, run_id)
    if now.person_id != actor.person_id:
        return close(session, actor, now, scanned, refuse("picking.not_yours", person=now.person or "–"), Touched())
    if now.state == rules.BINDING or now.changing_slot:
        now = look(session, run_id, scan_id=scanned.scan_id, lock=True)
        if now.answer is not None or not (now.state == rules.BINDING or now.changing_slot):
            raise Stale
        return _bind(session, actor, now, scanned)
    if now.wanted is None or now.stop is None:
        return close(session, actor, now, scanned, refuse("picking.run_is_done"), Touched())
    thing = _thing(session, now, scanned, code)
    options = _look_alikes(session, now, thing, scanned)
    if options:
        verdict = Verdict(CHOOSE, "picking.choose_item", "warn", facts={"n": len(options), "raw": scanned.raw})
        return close(session, actor, now, scanned, verdict, Touched(kinds.ITEM), options)
    if scanned.choice:
        thing = replace(thing, ids=(scanned.choice,), name=_title(session, scanned.choice))
    is_confirmed = _is_confirmed(session, now, scanned, thing)
    verdict = rules.judge(now.wanted, thing, scanned.units or 1, is_confirmed=is_confirmed)
    if verdict.code == "picking.wrong_item" and not verdict.facts["title"]:
        verdict.facts["title"] = _title(session, thing.ids[0])
    return apply(session, actor, now, scanned, verdict, thing.kind)


def apply(
    session: Session, actor: Actor, now: RunNow, scanned: ScanIn, verdict: Verdict, kind: str
) -> Answer:
    """Write what the verdict says, in this order: the scan, the stop, the move, the run and the order."""
    stop = now.stop
    assert stop is not None
    touched = Touched(
        kind, item_id=stop.item_id, location_id=stop.location_id, stop_id=stop.stop_id, order_id=stop.order_id)
    if not verdict.accepted:
        return close(session, actor, now, scanned, verdict, touched)
    units = (scanned.units or 1) if verdict.verb in ("take", "close") else 0
    closes = verdict.verb in ("close", "place")
    after = _after(now, verdict.verb, units)
    answer = answer_of(actor, after, verdict)
    scan_row = scans.record(session, actor, scanned, answer, TASK, now.id, replace(touched, units=units))
    if units or closes:
        _take(session, stop, units, closes=closes)
    left = None
    if units:
        left = stock.move(
            session, actor, stop.item_id, units,
            source=Place(stop.location_id, ledger.SHELF), target=Place(stop.tote_location_id, ledger.TOTE),
            cause=Cause(ledger.PICK, scan_row, stop.order_line_id),
            reservation=(stop.reservation_id, stop.stop_due - stop.stop_taken - stop.units_short),
        )
    if after.state == rules.RUN_DONE:
        session.connection().execute(_RUN_DONE, {"run": now.id, "to_state": after.state, "done": actor.at})
    if closes and stop.order_stops_left == 1:
        picking_orders.finish(session, actor, stop.order_id, has_short=bool(stop.order_short))
    if left == 0:
        answer.task["emptied"] = {"location_id": stop.location_id, "location": stop.location,
                                  "item_id": stop.item_id, "title": stop.title}
        scans.complete(session, scan_row, answer)
    return answer


def _take(session: Session, stop: Any, units: int, *, closes: bool) -> None:
    """Count units at the stop, and close it. A skipped stop is open again from its first scan."""
    state = rules.OPEN if stop.stop_state == rules.SKIPPED else stop.stop_state
    taken = session.connection().execute(_TAKE, {
        "stop": stop.stop_id, "seen_taken": stop.stop_taken, "seen_short": stop.units_short,
        "seen_state": stop.stop_state, "seen_due": stop.stop_due, "taken": stop.stop_taken + units,
        "to_state": rules.STOP_FLOW.step(state, "take") if closes else state,
    })
    if taken.rowcount != 1:
        raise Stale


def answer_of(actor: Actor, after: RunNow, verdict: Verdict, options: list[dict[str, Any]] | None = None) -> Answer:
    """The answer in the person's language, with the run as it stands after it."""
    say = i18n.say(actor.language, verdict.code, **verdict.facts)
    sound = "done" if verdict.accepted and after.state == rules.RUN_DONE else verdict.sound
    return Answer(verdict.outcome, verdict.code, say, sound, draw(after, actor), verdict.facts, options or [])


def close(
    session: Session, actor: Actor, now: RunNow, scanned: ScanIn, verdict: Verdict, touched: Touched,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    """Keep a scan that moves nothing, with the run as it stands."""
    answer = answer_of(actor, now, verdict, options)
    scans.record(session, actor, scanned, answer, TASK, now.id, touched)
    return answer


def _after(now: RunNow, verb: str, units: int) -> RunNow:
    """The run as it will stand, without asking the database again."""
    stop = now.stop
    assert stop is not None
    if verb == "arrive":
        return replace(now, at_location_id=stop.location_id)
    taken = replace(now, units_taken=now.units_taken + units, at_location_id=stop.location_id)
    if verb == "take":
        return replace(taken, stops=(_with_taken(stop, units), *now.stops[1:]))
    stops = now.stops[1:]
    return replace(taken, stops=stops, state=now.state if stops else rules.RUN_FLOW.step(now.state, "finish"))


class _Taken:
    """A stop's row with more units taken: rows of a SELECT cannot be changed."""

    def __init__(self, row: Any, units: int) -> None:
        self._row, self.stop_taken = row, row.stop_taken + units

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _with_taken(row: Any, units: int) -> Any:
    return _Taken(row, units)


def _thing(session: Session, now: RunNow, scanned: ScanIn, code: Any) -> Thing:
    """What was scanned. The right book, shelf and tote, the everyday case, are known from the stop's own SELECT."""
    stop = now.stop
    assert stop is not None
    if code.ok and code.kind == kinds.LOCATION and code.number == stop.location_id:
        return Thing(kinds.LOCATION, (stop.location_id,), stop.location, code.value)
    if code.ok and code.kind == kinds.TOTE and code.number == stop.tote_id:
        return Thing(kinds.TOTE, (stop.tote_id,), stop.tote, code.value)
    if stop.is_match and stop.sharing == 1:
        return Thing(kinds.ITEM, (stop.item_id,), stop.title, code.value)
    return codes.identify(session, scanned.raw)


def _look_alikes(session: Session, now: RunNow, thing: Thing, scanned: ScanIn) -> list[dict[str, Any]]:
    """Items that share the scanned code and could be the one in the hand here: those on this shelf or wanted
    by this run. More than one: the person says which (CAT-2)."""
    stop = now.stop
    assert stop is not None
    if thing.kind != kinds.ITEM or len(thing.ids) < 2 or scanned.choice in thing.ids:
        return []
    near = set(session.execute(
        select(StockBalance.item_id).where(
            StockBalance.item_id.in_(thing.ids), StockBalance.location_id == stop.location_id, StockBalance.on_hand > 0)
    ).scalars())
    near |= set(session.execute(
        select(PickStop.item_id).where(PickStop.item_id.in_(thing.ids), PickStop.run_id == now.id)).scalars())
    if len(near) < 2:
        return []
    rows = session.execute(
        select(Item.id, Item.title, Item.subtitle, Item.volume, Item.edition, Item.binding, Item.sku)
        .where(Item.id.in_(near)).order_by(Item.id))
    return [dict(row) for row in rows.mappings()]


def _is_confirmed(session: Session, now: RunNow, scanned: ScanIn, thing: Thing) -> bool:
    """A set counts when it was confirmed to be whole: by its button, or by scanning it once more."""
    stop = now.stop
    assert stop is not None
    if stop.volumes <= 1 or thing.kind != kinds.ITEM:
        return True
    if scanned.choice == stop.item_id:
        return True
    last = session.execute(
        select(Scan.code, Scan.stop_id, Scan.raw)
        .where(Scan.task == TASK, Scan.task_id == now.id, Scan.person_id == now.person_id)
        .order_by(Scan.id.desc()).limit(1)).one_or_none()
    asked = ("picking.confirm_set", stop.stop_id, scanned.raw)
    return last is not None and (last.code, last.stop_id, last.raw) == asked


def _title(session: Session, item_id: int) -> str:
    return session.execute(select(Item.title).where(Item.id == item_id)).scalar_one()


def _bind(session: Session, actor: Actor, now: RunNow, scanned: ScanIn) -> Answer:
    """A scan while cart and totes are bound, or while a full tote is replaced."""
    thing = codes.identify(session, scanned.raw)
    slot = now.changing_slot or now.slot
    state, is_ours = picking_orders.tote_state(session, thing, now.id)
    verdict = rules.judge_binding(
        thing, needs_cart=now.needs_cart and not now.changing_slot, slot=slot, tote_state=state, is_ours=is_ours)
    if verdict.accepted:
        if verdict.verb == "cart":
            session.execute(update(RUN).where(RUN.c.id == now.id).values(cart_id=thing.id))
        else:
            picking_orders.bind_tote(session, now.id, slot, thing.id)
        now = look(session, now.id)
        if now.state == rules.BINDING and not now.needs_cart and now.slot == 0:
            picking_orders.begin(session, now.id)
            now = look(session, now.id)
    return close(session, actor, now, scanned, verdict, Touched(thing.kind))
