"""The watch over what has left and what should have (ORD-4, SHP-4): parcels that their carrier says nothing of, or that
have not arrived by their day, open an incident by themselves; customers hear of a promise that cannot be kept any more.

Done every minute, some hundred at a time; what was told once is not told again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from warehouse.domain import clocks as rules
from warehouse.domain import tracking
from warehouse.domain.clocks import Clocks
from warehouse.domain.incidents import CARRIER
from warehouse.domain.orders import BEFORE_DISPATCH, UNPAID
from warehouse.domain.packing import HANDED_OVER, IN_TRANSIT
from warehouse.domain.people import Actor
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.services import carrier_incidents, messages, shifts
from warehouse.services.carrier_incidents import Sent, in_both_languages

LOT = 100
# Parcels handed over longer ago were told of long since.
SILENT_LOOK_BACK, OVERDUE_LOOK_BACK = timedelta(days=21), timedelta(days=90)


def look_around(session: Session, actor: Actor) -> int:
    """Open what is to be opened and put down what customers must hear; how many of both."""
    now = shifts.clocks(session)
    return _silent(session, actor, now) + _overdue(session, actor, now) + _promises(session, actor, now)


def is_there_news(session: Session, at: datetime) -> bool:
    """Whether looking around would do anything; changes nothing. In most minutes it would not."""
    now = shifts.clocks(session)
    return bool(_find_silent(session, at, now) or _find_overdue(session, at, now) or _find_broken(session, at, now))


def _silent(session: Session, actor: Actor, clocks: Clocks) -> int:
    """Parcels without a first event when their carrier should have had one."""
    found = _find_silent(session, actor.at, clocks, locks=True)
    told = carrier_incidents.told_already(session, [sent.id for sent in found])
    silent = [sent for sent in found if (sent.id, tracking.SILENT.incident) not in told]
    for sent in silent:
        hours = clocks.carriers[sent.carrier_code].first_event_hours
        note = in_both_languages("delays.note_silent", hours=hours)
        carrier_incidents.report(session, actor, sent, tracking.SILENT, note)
    return len(silent)


def _find_silent(session: Session, at: datetime, clocks: Clocks, *, locks: bool = False) -> list[Sent]:
    """By the clock: a carrier has no shifts of ours."""
    too_long = [
        and_(Parcel.carrier_code == code, Parcel.handed_over_at <= at - timedelta(hours=times.first_event_hours))
        for code, times in clocks.carriers.items() if times.first_event_hours]
    return _parcels(session, [
        Parcel.state == HANDED_OVER, Parcel.handed_over_at > at - SILENT_LOOK_BACK,
        Parcel.first_event_at.is_(None), or_(*too_long), ~_told()], locks=locks) if too_long else []


def _overdue(session: Session, actor: Actor, clocks: Clocks) -> int:
    """Parcels that should have arrived. One that was silent before is told of once more, for now its customer waits."""
    found = _find_overdue(session, actor.at, clocks, locks=True)
    told = carrier_incidents.told_already(session, [sent.id for sent in found])
    late = []
    for sent in found:
        before = told.get((sent.id, tracking.OVERDUE.incident))
        if sent.expected_by and (before is None or before.at <= sent.expected_by):
            late.append(sent)
            day = clocks.calendar.local(sent.expected_by).date().isoformat()
            note = in_both_languages("delays.note_overdue", day=day)
            carrier_incidents.report(session, actor, sent, tracking.OVERDUE, note)
    return len(late)


def _find_overdue(session: Session, at: datetime, clocks: Clocks, *, locks: bool = False) -> list[Sent]:
    watched = [code for code, times in clocks.carriers.items() if times.first_event_hours]
    return _parcels(session, [
        Parcel.state.in_((HANDED_OVER, IN_TRANSIT)), Parcel.handed_over_at > at - OVERDUE_LOOK_BACK,
        Parcel.expected_by < at, Parcel.carrier_code.in_(watched), ~_told(Incident.at > Parcel.expected_by)],
        locks=locks)


def _told(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        Incident.parcel_id == Parcel.id, Incident.stage == CARRIER, Incident.kind == tracking.SILENT.incident, *more)


def _parcels(session: Session, wanted: Sequence[ColumnElement[bool]], *, locks: bool) -> list[Sent]:
    """The first such parcels; locked with their orders, those that belong to nobody else's transaction: another server
    looks too."""
    found = (
        select(Parcel.id, Parcel.order_id, Parcel.number, Parcel.tracking_number, Parcel.carrier_code,
               Parcel.expected_by)
        .join(Order, Order.id == Parcel.order_id)
        # Those handed over before parcels had a day to arrive are not looked after.
        .where(Parcel.expected_by.is_not(None), *wanted).order_by(Order.id, Parcel.id).limit(LOT))
    rows = session.execute(found.with_for_update(of=(Order, Parcel), skip_locked=True) if locks else found)
    return [Sent(row.id, row.order_id, row.tracking_number or row.number or "", row.carrier_code, row.expected_by)
            for row in rows]


def _promises(session: Session, actor: Actor, clocks: Clocks) -> int:
    """Customers of orders whose promise is broken hear when to expect them."""
    told = 0
    for row in _find_broken(session, actor.at, clocks):
        expected = _likely(clocks, actor.at, row.state, row.carrier_code, row.service)
        told += messages.want(
            session, actor, row.id, "delayed", key=str(row.id), expected=expected.isoformat()) is not None
    return told


def _find_broken(session: Session, at: datetime, clocks: Clocks) -> list[Any]:
    """The first orders that would miss their promised day even if they were ready this moment, and of which nobody was
    told."""
    trucks = {code: clocks.next_truck(code, at) for code in clocks.carriers}
    rows = session.execute(
        select(Order.id, Order.state, Order.carrier_code, Order.service, Order.promised_at)
        .where(Order.state.in_(BEFORE_DISPATCH), Order.payment != UNPAID,
               or_(*(and_(Order.carrier_code == code, Order.due_at < truck) for code, truck in trucks.items())),
               Order.promised_at.is_not(None),
               ~exists().where(Message.order_id == Order.id, Message.why == "delayed"))
        .order_by(Order.due_at, Order.id)).all()
    arrivals = {way: clocks.arrival(trucks[way[0]], *way) for way in {(row.carrier_code, row.service) for row in rows}}
    return [row for row in rows if arrivals[row.carrier_code, row.service] > row.promised_at][:LOT]


def _likely(clocks: Clocks, now: datetime, state: str, carrier_code: str, service: str) -> datetime:
    """When it should arrive, if work on it goes on at the usual pace from now."""
    ready_at = clocks.calendar.add_minutes(now, rules.minutes_left(state, {}))
    return clocks.arrival(clocks.next_truck(carrier_code, ready_at), carrier_code, service)
