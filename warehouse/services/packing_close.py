"""Closing a parcel by its weight, and opening it again (PAK-2). The last parcel closed makes the order packed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import exists, select, update
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
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickStop, Tote
from warehouse.models.stock import StockBalance
from warehouse.services import journal
from warehouse.services.packing_look import PackNow, ParcelNow, box_for, expected_g
from warehouse.services.packing_steps import carry_out, keep
from warehouse.services.scans import Touched

PRESSED = Touched(COMMAND)
# An order of the same run that still has, or will have, units in the run's tote.
_STILL_IN_TOTE = ("released", "picking", "picked", "packing", "held")


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
    expected = expected_g(now, parcel)

    def write(_: int) -> str | None:
        box = box_for(now, parcel)
        session.execute(update(Parcel).where(Parcel.id == parcel.id).values(
            state=PARCEL_FLOW.step(parcel.state, "close"), weight_g=weight_g, expected_weight_g=expected,
            closed_at=actor.at, packed_by=actor.person_id, carton_id=box.carton.id if box else None))
        if override_reason:
            journal.note(session, actor, "override", "parcel", parcel.id, reason=override_reason,
                         weight_g=weight_g, expected_g=expected)
        if is_last:
            _finish(session, actor, now)
        return f"/ship/{_first_closed(now, parcel).id}" if is_last else None

    code = "packing.order_done" if is_last else "packing.parcel_closed"
    if is_last and expected is None:
        code = "packing.order_done_unweighed"
    verdict = accept(code, "close", DONE, weight=weight_g, position=parcel.position)
    return carry_out(session, actor, now, scanned, verdict, PRESSED, write)


def _first_closed(now: PackNow, closing: ParcelNow) -> ParcelNow:
    return next((each for each in now.parcels if each.state == rules.CLOSED), closing)


def _finish(session: Session, actor: Actor, now: PackNow) -> None:
    """Every parcel is closed: the order is packed. Boxes that stayed empty are void, empty totes are free."""
    empty = [each.id for each in now.parcels if each.is_open and not each.units]
    if empty:
        session.execute(update(Parcel).where(Parcel.id.in_(empty)).values(
            state=PARCEL_FLOW.step(rules.OPEN, "void")))
    session.execute(update(Order).where(Order.id == now.id).values(
        state=ORDER_FLOW.step(now.state, "finish_pack"), packed_at=actor.at))
    session.flush()  # The count below must see this order packed.
    totes = {row.id: row for row in now.totes}
    for tote_id, tote in sorted(totes.items()):
        if _is_done_with(session, tote.location_id, tote.run_id if tote.order_id is None else None):
            session.execute(update(Tote).where(Tote.id == tote_id, Tote.state == AT_BENCH).values(
                state=TOTE_FLOW.step(AT_BENCH, "empty"), run_id=None, order_id=None))


def _is_done_with(session: Session, location_id: int, single_run_id: int | None) -> bool:
    """Nothing lies in the tote, and of a single-line run no order will need it any more."""
    holds = session.execute(
        select(StockBalance.item_id).where(StockBalance.location_id == location_id, StockBalance.on_hand > 0)
        .limit(1)).scalar()
    if holds is not None:
        return False
    if single_run_id is None:
        return True
    return not session.execute(select(exists().where(
        PickStop.run_id == single_run_id, PickStop.order_id == Order.id,
        Order.state.in_(_STILL_IN_TOTE)))).scalar()


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
    session.flush()  # Whoever draws the bench next reads these rows.
    return order.id


COMMANDS: dict[str, Callable[[Session, Actor, PackNow, ScanIn, str, Tolerance], Answer]] = {
    "close": _close, "weight": _weigh, "weight_override": _override,
}
