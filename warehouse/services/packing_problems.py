"""Units damaged or missing at the bench, and what becomes of the order then: it waits, goes without them, or
another copy is fetched (EXC-1). Such a unit is no longer picked: wanted = reserved + short + cancelled stays true.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from warehouse.domain import packing as rules
from warehouse.domain import stock as ledger
from warehouse.domain import waves
from warehouse.domain.codes import COMMAND
from warehouse.domain.orders import ORDER_FLOW
from warehouse.domain.people import Actor
from warehouse.domain.scans import OK, WARN, Answer, ScanIn, accept, refuse
from warehouse.domain.waves import Demand, Take
from warehouse.models.incidents import Incident
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.services import incidents, journal, messages, refunds, stock
from warehouse.services.packing_look import TASK, PackNow, undecided
from warehouse.services.packing_steps import begin, carry_out, keep, totes_with
from warehouse.services.scans import Touched
from warehouse.services.stock import Cause
from warehouse.services.waves import find_takes, plan_run

PRESSED = Touched(COMMAND)
LINE = OrderLine.__table__


def _lose(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, argument: str) -> Answer:
    """`#damaged:<line>`, `#misprint:…`, `#missing_pages:…`: one copy in the tote cannot be sent and goes to quarantine.
    `#missing:<line>`: one copy that was picked is not in the tote."""
    kind = scanned.raw[1:].partition(":")[0]
    line = now.line(int(argument)) if argument.isdecimal() else None
    lies = totes_with(now, line.item_id) if line else []
    if line is None or not line.units_left or not lies:
        return keep(session, actor, now, scanned, refuse("packing.line_complete", WARN), PRESSED)
    tote, _ = lies[0]
    is_here = kind != rules.MISSING
    verdict = accept(f"packing.reported_{kind}", kind, WARN, title=line.title)

    def write(scan_row: int) -> None:
        begin(session, actor, now)
        stock.move(
            session, actor, line.item_id, 1, source=tote,
            target=stock.fixed_place(session, "QUARANTINE" if is_here else "LOST-FOUND"),
            cause=Cause(ledger.DAMAGE if is_here else ledger.SHORT, scan_row, line.id),
            target_condition=ledger.DAMAGED if is_here else None)
        session.execute(update(LINE).where(LINE.c.id == line.id).values(
            units_picked=LINE.c.units_picked - 1, units_reserved=LINE.c.units_reserved - 1,
            units_short=LINE.c.units_short + 1))
        verdict.facts["incident_id"] = incidents.report(
            session, actor, kind, TASK, units=1, item_id=line.item_id, location_id=tote.id, order_id=now.id,
            order_line_id=line.id, scan_id=scan_row)

    touched = replace(PRESSED, units=1, item_id=line.item_id, location_id=tote.id)
    return carry_out(session, actor, now, scanned, verdict, touched, write)


def _hold(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """The order waits for a person; what is packed stays in its box on the bench."""
    lost = undecided(session, now.id)
    if not lost:
        return keep(session, actor, now, scanned, refuse("packing.nothing_to_decide", WARN), PRESSED)
    reason = "damaged_at_pack" if any(each.kind != rules.MISSING for each in lost) else "missing_at_pack"

    def write(_: int) -> str:
        _decide(lost, rules.HOLD)
        _set_order(session, now, "hold")
        session.execute(insert(Hold.__table__), {
            "order_id": now.id, "reason": reason, "facts": {"units": len(lost)}, "opened_at": actor.at})
        journal.note(session, actor, "hold", "order", now.id, reason=reason)
        _tell_customer(session, actor, now, lost, "short_wait")
        return "/pack/"

    verdict = accept("packing.decided_hold", rules.HOLD, WARN, order=now.order.number)
    return carry_out(session, actor, now, scanned, verdict, PRESSED, write)


def _part(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """The rest goes without them. Refused where nothing would be left to send."""
    lost = undecided(session, now.id)
    if not lost:
        return keep(session, actor, now, scanned, refuse("packing.nothing_to_decide", WARN), PRESSED)
    if not now.bench.units_due:
        return keep(session, actor, now, scanned, refuse("packing.nothing_left", WARN), PRESSED)

    def write(_: int) -> None:
        _decide(lost, rules.PART)
        is_cancelled = now.order.when_short == waves.CANCEL
        if is_cancelled:
            for each in lost:
                session.execute(update(LINE).where(LINE.c.id == each.order_line_id).values(
                    units_short=LINE.c.units_short - 1, units_cancelled=LINE.c.units_cancelled + 1))
            copies = Counter(each.order_line_id for each in lost if each.order_line_id is not None)
            refunds.ask_for_cancelled(session, actor, now.id, copies)
        _tell_customer(session, actor, now, lost, "line_cancelled" if is_cancelled else "short_part")
        journal.note(session, actor, "ship_part", "order", now.id, units=len(lost))

    verdict = accept("packing.decided_part", rules.PART, OK, n=len(lost))
    return carry_out(session, actor, now, scanned, verdict, PRESSED, write)


def _replace(session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str) -> Answer:
    """Other copies are fetched from the shelves. Refused where not all of them are there."""
    lost = undecided(session, now.id)
    if not lost:
        return keep(session, actor, now, scanned, refuse("packing.nothing_to_decide", WARN), PRESSED)
    takes = _find(session, now, lost)
    if not takes:
        return keep(session, actor, now, scanned, refuse("packing.nothing_on_shelves", WARN, n=len(lost)), PRESSED)

    def write(_: int) -> str:
        _decide(lost, rules.REPLACE)
        run_id = plan_run(session, actor, now.id, now.order.due_at, takes)
        for take in takes:
            session.execute(update(LINE).where(LINE.c.id == take.line_id).values(
                units_short=LINE.c.units_short - take.units, units_reserved=LINE.c.units_reserved + take.units))
        _set_order(session, now, "pick_more")
        journal.note(session, actor, "replace", "order", now.id, run=run_id, units=len(lost))
        return "/pack/"

    verdict = accept("packing.decided_replace", rules.REPLACE, OK, n=len(lost), location=takes[0].location_code)
    return carry_out(session, actor, now, scanned, verdict, PRESSED, write)


def _decide(lost: list[Incident], outcome: str) -> None:
    for each in lost:
        each.outcome = outcome


def _tell_customer(session: Session, actor: Actor, now: PackNow, lost: list[Incident], why: str) -> None:
    """What the customer must hear of each title that was lost."""
    for line in now.lines:
        of_line = [each for each in lost if each.order_line_id == line.id]
        if of_line:
            messages.want(session, actor, now.id, why, key=f"incident:{of_line[0].id}", incident_id=of_line[0].id,
                          title=line.title, n=sum(each.units for each in of_line))


def _set_order(session: Session, now: PackNow, verb: str) -> None:
    session.execute(update(Order).where(Order.id == now.id).values(state=ORDER_FLOW.step(now.state, verb)))


def _find(session: Session, now: PackNow, lost: list[Incident]) -> list[Take]:
    """Shelves for all lost units, or none: half a replacement would send the packer away twice."""
    units: dict[tuple[int, int], int] = {}
    for each in lost:
        assert each.order_line_id is not None
        assert each.item_id is not None
        key = each.order_line_id, each.item_id
        units[key] = units.get(key, 0) + each.units
    return find_takes(session, now.id, [Demand(line_id, item_id, n) for (line_id, item_id), n in sorted(units.items())])


COMMANDS: dict[str, Callable[[Session, Actor, PackNow, ScanIn, str], Answer]] = {
    **dict.fromkeys(rules.LOSSES, _lose), rules.HOLD: _hold, rules.PART: _part, rules.REPLACE: _replace,
}
