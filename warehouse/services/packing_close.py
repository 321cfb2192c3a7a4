"""Closing a parcel by its weight, and opening it again (PAK-2). The last parcel closed makes the order packed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, delete, exists, select, text, update
from sqlalchemy.orm import Session

from warehouse.domain import packing as rules
from warehouse.domain.codes import COMMAND
from warehouse.domain.orders import ORDER_FLOW, PACKED
from warehouse.domain.packing import PARCEL_FLOW
from warehouse.domain.people import Actor
from warehouse.domain.picking import AT_BENCH, TOTE_FLOW
from warehouse.domain.scans import DONE, WARN, Answer, ScanIn, Verdict, accept, refuse
from warehouse.errors import Conflict, NotFound
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.picking import PickStop, Tote
from warehouse.models.stock import StockBalance
from warehouse.services import journal
from warehouse.services.packing_look import PackNow, ParcelNow, box_for, expected_g
from warehouse.services.packing_steps import keep
from warehouse.services.scans import Touched

PRESSED = Touched(COMMAND)
ORDER, PARCEL, TOTE = Order.__table__, Parcel.__table__, Tote.__table__
# An order of the same run that still has, or will have, units in the run's tote.
_STILL_IN_TOTE = ("released", "picking", "picked", "packing", "held")

_CLOSE = update(PARCEL).where(PARCEL.c.id == bindparam("parcel")).values(
    state=bindparam("to_state"), number=bindparam("name"), weight_g=bindparam("weight"),
    expected_weight_g=bindparam("expected"), closed_at=bindparam("at"), packed_by=bindparam("packer"),
    carton_id=bindparam("carton"), label_made_at=bindparam("labelled"), tracking_number=bindparam("tracking"),
    label_prints=0)
# The same words on SQLite and PostgreSQL.
_LIST = text("INSERT INTO parcel_line (parcel_id, order_line_id, units) VALUES (:parcel, :line, :n)")
_LABEL_OTHERS = update(PARCEL).where(
    PARCEL.c.order_id == bindparam("order"), PARCEL.c.state == rules.CLOSED, PARCEL.c.label_made_at.is_(None),
).values(label_made_at=bindparam("at"), tracking_number=PARCEL.c.number, label_prints=0)
_PACKED = update(ORDER).where(ORDER.c.id == bindparam("order")).values(
    state=bindparam("to_state"), packed_at=bindparam("at"))
# Nothing lies in the tote, and of a single-line run no order will need it any more.
_EMPTY = update(TOTE).where(
    TOTE.c.id.in_(bindparam("totes", expanding=True)), TOTE.c.state == AT_BENCH,
    ~exists().where(StockBalance.location_id == TOTE.c.location_id, StockBalance.on_hand > 0),
    TOTE.c.order_id.is_not(None) | ~exists().where(
        PickStop.run_id == TOTE.c.run_id, PickStop.order_id == Order.id, Order.state.in_(_STILL_IN_TOTE)),
).values(state=TOTE_FLOW.step(AT_BENCH, "empty"), run_id=None, order_id=None)


@dataclass(frozen=True)
class Tolerance:
    """How far the scale may be off: per cent or grams, whichever is more."""

    percent: int = rules.TOLERANCE_PERCENT
    grams: int = rules.TOLERANCE_G


def _close(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, _argument: str, _tolerance: Tolerance
) -> Answer:
    """`#close`: says what is still missing, or that the parcel goes on the scale."""
    verdict = rules.refuse_close(now.bench) or accept("packing.weigh_now", "ask")
    return keep(session, actor, replace(now, alarm=None), scanned, verdict, PRESSED)


def _weigh(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, argument: str, tolerance: Tolerance
) -> Answer:
    """`#weight:1510`: the grams on the scale close the parcel, if they may be right."""
    refusal, weight_g = _read_weight(now, argument)
    if refusal is not None:
        return keep(session, actor, now, scanned, refusal, PRESSED)
    parcel = now.to_weigh
    expected = expected_g(now, parcel)
    if not rules.is_within(weight_g, expected, tolerance.percent, tolerance.grams):
        verdict = refuse("packing.weight_off", WARN, weight=weight_g, expected=expected)
        return keep(session, actor, now, scanned, verdict, PRESSED)
    return _shut(session, actor, now, scanned, weight_g, "")


def _override(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, argument: str, _tolerance: Tolerance
) -> Answer:
    """`#weight_override:1510:packaging`: the box was looked into again and the weight is right as it is."""
    text, _, reason = argument.partition(":")
    refusal, weight_g = _read_weight(now, text)
    if refusal is None and reason not in rules.OVERRIDE_REASONS:
        refusal = refuse("packing.reason_wanted", WARN)
    if refusal is not None:
        return keep(session, actor, now, scanned, refusal, PRESSED)
    return _shut(session, actor, now, scanned, weight_g, reason)


def _read_weight(now: PackNow, text: str) -> tuple[Verdict | None, int]:
    refusal = rules.refuse_close(now.bench)
    if refusal is not None:
        return refusal, 0
    weight_g = int(text) if text.isdecimal() and text.isascii() else 0
    if not 0 < weight_g <= rules.HEAVIEST_PARCEL_G:
        return refuse("packing.weight_wrong", WARN), 0
    return None, weight_g


def _shut(
    session: Session, actor: Actor, now: PackNow, scanned: ScanIn, weight_g: int, override_reason: str
) -> Answer:
    """Close the parcel on the scale; with the last one the order is packed and its totes are free."""
    parcel = now.to_weigh
    assert parcel is not None
    is_last = sum(1 for each in now.parcels if each.is_open and each.units) == 1
    expected, box = expected_g(now, parcel), box_for(now, parcel)
    carton_id = box.carton.id if box else None
    code = "packing.order_done" if is_last else "packing.parcel_closed"
    if is_last and expected is None:
        code = "packing.order_done_unweighed"
    verdict = accept(code, "close", DONE, weight=weight_g, position=parcel.position)
    shut = replace(parcel, state=PARCEL_FLOW.step(parcel.state, "close"), weight_g=weight_g,
                   expected_weight_g=expected, carton_id=carton_id)
    after = _after(now, shut, is_last=is_last)
    go = f"/ship/{_first_closed(now, parcel).id}" if is_last else None
    answer = keep(session, actor, after, scanned, verdict, PRESSED, go=go)
    execute = session.connection().execute
    execute(_CLOSE, {
        "parcel": parcel.id, "to_state": shut.state, "weight": weight_g, "expected": expected, "at": actor.at,
        "packer": actor.person_id, "carton": carton_id, "name": parcel.number,
        # A label exists only once every unit of the order is checked (SHP-2): then at once, so that it can be printed.
        "labelled": actor.at if is_last else None, "tracking": parcel.number if is_last else None})
    execute(_LIST, [{"parcel": parcel.id, "line": line, "n": units} for line, units in parcel.units.items()])
    if override_reason:
        journal.note(session, actor, "override", "parcel", parcel.id, reason=override_reason,
                     weight_g=weight_g, expected_g=expected)
    if is_last:
        _finish(session, actor, now, after)
    return answer


def _after(now: PackNow, shut: ParcelNow, *, is_last: bool) -> PackNow:
    """The bench as it will stand: when the last parcel is shut, nothing of the order is left on it."""
    parcels = tuple(shut if each.id == shut.id else each for each in now.parcels)
    after = replace(now, parcels=parcels, alarm=None, last_item_id=None)
    if not is_last:
        return after
    return replace(after, state=ORDER_FLOW.step(now.state, "finish_pack"), totes=(),
                   parcels=tuple(each for each in parcels if not each.is_open))


def _first_closed(now: PackNow, closing: ParcelNow) -> ParcelNow:
    return next((each for each in now.parcels if each.state == rules.CLOSED), closing)


def _finish(session: Session, actor: Actor, now: PackNow, after: PackNow) -> None:
    """Every parcel is closed: the order is packed, and those closed before get their labels too. Boxes that
    stayed empty are void, empty totes are free."""
    execute = session.connection().execute
    empty = [each.id for each in now.parcels if each.is_open and not each.units]
    if empty:
        execute(update(PARCEL).where(PARCEL.c.id.in_(empty)).values(state=PARCEL_FLOW.step(rules.OPEN, "void")))
    if any(each.state == rules.CLOSED for each in now.parcels):
        execute(_LABEL_OTHERS, {"order": now.id, "at": actor.at})
    execute(_PACKED, {"order": now.id, "to_state": after.state, "at": actor.at})
    if now.totes:
        ids = [tote.id for tote in now.totes]
        if any(tote.is_shared for tote in now.totes):
            # Two packers at the last orders of one tote of singles: the second must see what the first has done.
            execute(select(TOTE.c.id).where(TOTE.c.id.in_(ids)).order_by(TOTE.c.id).with_for_update())
        execute(_EMPTY, {"totes": ids})


def reopen(session: Session, actor: Actor, parcel_id: int, *, reason: str = "") -> int:
    """Open a closed or labelled parcel again; its label is void and its order is being packed, by whoever opened
    it. Refused once it is on a driver's list or left. The order's id. (PAK-2)"""
    parcel = session.get(Parcel, parcel_id)
    if parcel is None:
        raise NotFound("packing.no_such_parcel", parcel=parcel_id)
    order = session.get_one(Order, parcel.order_id, with_for_update=True, populate_existing=True)
    session.refresh(parcel, with_for_update=True)
    if parcel.manifest_id is not None:
        raise Conflict("packing.parcel_has_left", parcel=parcel.number)
    had_label = parcel.label_made_at is not None
    journal.note(session, actor, "reopen", "parcel", parcel.id, reason=reason, had_label=had_label,
                 tracking_number=parcel.tracking_number or "")
    parcel.state = PARCEL_FLOW.step(parcel.state, "reopen")
    parcel.closed_at = parcel.weight_g = parcel.expected_weight_g = None
    parcel.label_made_at = parcel.label_applied_at = parcel.tracking_number = None
    if order.state == PACKED:
        order.state = ORDER_FLOW.step(order.state, "reopen")
        order.packed_at = None
    order.packer_id = actor.person_id
    # While it is open, what is in it is told by the moves alone.
    session.execute(delete(ParcelLine).where(ParcelLine.parcel_id == parcel.id))
    session.flush()  # Whoever draws the bench next reads these rows.
    return order.id


COMMANDS: dict[str, Callable[[Session, Actor, PackNow, ScanIn, str, Tolerance], Answer]] = {
    "close": _close, "weight": _weigh, "weight_override": _override,
}
