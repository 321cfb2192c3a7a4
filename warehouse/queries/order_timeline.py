"""Everything that happened to one order, on one line of time: what people decided, what hands and papers did, what the
carrier said, what went wrong, what the customer was told and what came back (ORD-8).

Each source is one SELECT by an index, and bounded; nothing here opens anything personal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.models.catalog import Item
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action, PrintJob
from warehouse.models.messages import Message
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.people import Device, Person
from warehouse.models.picking import PickRun, PickStop, Wave
from warehouse.models.returns import CustomerReturn, ReturnUnit
from warehouse.models.shipping import Manifest, TrackingEvent
from warehouse.models.stock import Location, StockMove

DESK, WORK, PARCEL, INCIDENT, CUSTOMER, RETURN = "desk", "work", "parcel", "incident", "customer", "return"
GROUPS = (DESK, WORK, PARCEL, INCIDENT, CUSTOMER, RETURN)
# Of one source; an order of more is told to be cut.
MOST = 500
MOST_MOVES = 3000
# The same hand taking the same title between the same places is one line of the story.
ONE_ACT = timedelta(minutes=10)
_TWICE = frozenset({"lift", "customer_report", "customer_case"})
_OF_CUSTOMER = frozenset({"open_personal", "open_words", "ask_customer"})


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `subject` and `verb` name the sentence, `facts` fill it; `kind` and `thing_id` lead to
    the page that tells more."""

    at: datetime
    group: str
    subject: str
    verb: str
    person: str = ""
    device: str = ""
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    units: int = 0
    title: str = ""
    source: str = ""
    target: str = ""
    kind: str = ""
    thing_id: int | None = None


@dataclass(frozen=True)
class Timeline:
    """The oldest first. `is_cut`: there is more than is shown."""

    entries: tuple[Entry, ...]
    is_cut: bool


def order_timeline(session: Session, order_id: int) -> Timeline:
    """All of one order; empty where there is no such order."""
    parcels = _ids(session, select(Parcel.id).where(Parcel.order_id == order_id))
    incidents = _ids(session, select(Incident.id).where(Incident.order_id == order_id))
    returns = _ids(session, select(CustomerReturn.id).where(CustomerReturn.order_id == order_id))
    messages = _ids(session, select(Message.id).where(Message.order_id == order_id))
    lines = _ids(session, select(OrderLine.id).where(OrderLine.order_id == order_id))
    acts = _acts(session, {"order": [order_id], "order_line": lines, "parcel": parcels, "incident": incidents,
                           "return": returns, "message": messages})
    moves = _moves(session, order_id)
    found: list[Entry] = [
        *_order(session, order_id, acts), *acts, *moves[1], *_holds(session, order_id), *_runs(session, order_id),
        *_parcels(session, order_id), *_prints(session, parcels), *_tracking(session, order_id),
        *_incidents(session, order_id), *_messages(session, order_id), *_units(session, returns),
    ]
    is_cut = moves[0] or any(len(each) >= MOST for each in (acts, parcels, incidents, returns, messages))
    return Timeline(tuple(sorted(found, key=lambda entry: entry.at)), is_cut)


def _ids(session: Session, ids: Select[Any]) -> list[int]:
    return list(session.execute(ids.limit(MOST)).scalars())


def _order(session: Session, order_id: int, acts: Sequence[Entry]) -> Iterable[Entry]:
    row = session.execute(
        select(Order.placed_at, Order.received_at, Order.confirmed_at, Order.channel, Order.source_number,
               Order.dispatched_at, Order.origin_id).where(Order.id == order_id)).one_or_none()
    if row is None:
        return
    yield Entry(row.placed_at, DESK, "order", "placed", facts={"channel": row.channel, "number": row.source_number})
    yield Entry(row.received_at, DESK, "order", "received", kind="order" if row.origin_id else "",
                thing_id=row.origin_id)
    if row.confirmed_at and not any(act.verb == "confirm" and act.at == row.confirmed_at for act in acts):
        yield Entry(row.confirmed_at, DESK, "order", "confirm")
    if row.dispatched_at:
        yield Entry(row.dispatched_at, PARCEL, "order", "dispatched")


def _acts(session: Session, subjects: dict[str, list[int]]) -> list[Entry]:
    """What people did beyond scans. What returns and their money note beside themselves for their order too is taken
    once; holds have a source of their own, and so has the report of an incident."""
    ways = [and_(Action.subject == subject, Action.subject_id.in_(ids)) for subject, ids in subjects.items() if ids]
    rows = session.execute(
        select(Action.at, Action.subject, Action.subject_id, Action.verb, Action.reason, Action.facts, Person.name,
               Device.name.label("device"))
        .outerjoin(Person, Person.id == Action.person_id).outerjoin(Device, Device.id == Action.device_id)
        .where(or_(*ways)).order_by(Action.id).limit(MOST)).all()
    groups = {"order": DESK, "order_line": WORK, "parcel": PARCEL, "incident": INCIDENT, "return": RETURN,
              "message": CUSTOMER}
    found = []
    for row in rows:
        is_twice = row.subject == "order" and (row.verb.endswith("_return") or row.verb in _TWICE)
        if is_twice or (row.subject == "message" and row.verb != "open_personal"):
            continue
        group = CUSTOMER if row.verb in _OF_CUSTOMER else groups[row.subject]
        group = RETURN if row.verb.endswith("_refund") else group
        kind = row.subject if row.subject in ("incident", "return", "message") else ""
        found.append(Entry(row.at, group, row.subject, row.verb, row.name or "", row.device or "", row.reason,
                           row.facts, kind=kind, thing_id=row.subject_id if kind else None))
    return found


def _holds(session: Session, order_id: int) -> Iterable[Entry]:
    rows = session.execute(
        select(Hold.reason, Hold.facts, Hold.opened_at, Hold.lifted_at, Hold.decision, Hold.decision_reason,
               Person.name)
        .outerjoin(Person, Person.id == Hold.lifted_by).where(Hold.order_id == order_id).order_by(Hold.id).limit(MOST))
    for row in rows:
        if row.reason != "by_hand":  # Who held it by hand has an act of their own.
            yield Entry(row.opened_at, DESK, "hold", "opened", facts={"reason": row.reason, **row.facts})
        if row.lifted_at:
            yield Entry(row.lifted_at, DESK, "hold", row.decision or "lifted", row.name or "",
                        reason=row.decision_reason, facts={"reason": row.reason, **row.facts})


def _runs(session: Session, order_id: int) -> Iterable[Entry]:
    releaser = aliased(Person)
    rows = session.execute(
        select(PickRun.id, PickRun.wave_id, PickRun.created_at, PickRun.started_at, PickRun.done_at, Person.name,
               releaser.name.label("releaser"))
        .join(Wave, Wave.id == PickRun.wave_id).join(releaser, releaser.id == Wave.created_by)
        .outerjoin(Person, Person.id == PickRun.person_id)
        .where(PickRun.id.in_(select(PickStop.run_id).where(PickStop.order_id == order_id)))
        .order_by(PickRun.id).limit(MOST))
    for row in rows:
        yield Entry(row.created_at, DESK, "run", "planned", row.releaser, facts={"wave": row.wave_id, "run": row.id})
        if row.started_at:
            yield Entry(row.started_at, WORK, "run", "started", row.name or "", facts={"run": row.id})


def _moves(session: Session, order_id: int) -> tuple[bool, list[Entry]]:
    """Copies from place to place; what one hand did in one go is one entry. First: whether there are more."""
    source, target = aliased(Location), aliased(Location)
    rows = session.execute(
        select(StockMove.at, StockMove.reason, StockMove.units, Item.title, source.code.label("source"),
               target.code.label("target"), Person.name, Device.name.label("device"))
        .join(OrderLine, OrderLine.id == StockMove.order_line_id).join(Item, Item.id == StockMove.item_id)
        .join(source, source.id == StockMove.source_id).join(target, target.id == StockMove.target_id)
        .join(Person, Person.id == StockMove.person_id).outerjoin(Device, Device.id == StockMove.device_id)
        .where(OrderLine.order_id == order_id).order_by(StockMove.id).limit(MOST_MOVES)).all()
    found: list[Entry] = []
    for row in rows:
        entry = Entry(row.at, RETURN if row.reason in ("return", "unreturn") else WORK, "move", row.reason, row.name,
                      row.device or "", units=row.units, title=row.title, source=row.source, target=row.target)
        last = found[-1] if found else None
        if last and last.at + ONE_ACT >= entry.at and replace(last, at=entry.at, units=entry.units) == entry:
            found[-1] = replace(last, units=last.units + entry.units)
        else:
            found.append(entry)
    return len(rows) >= MOST_MOVES, found


def _parcels(session: Session, order_id: int) -> Iterable[Entry]:
    rows = session.execute(
        select(Parcel.id, func.coalesce(Parcel.number, "").label("number"), Parcel.opened_at, Parcel.closed_at,
               Parcel.weight_g, Parcel.label_made_at, Parcel.label_applied_at, Parcel.handed_over_at,
               Parcel.tracking_number, Parcel.carrier_code, Person.name, Manifest.number.label("manifest"))
        .join(Person, Person.id == Parcel.packed_by).outerjoin(Manifest, Manifest.id == Parcel.manifest_id)
        .where(Parcel.order_id == order_id).order_by(Parcel.id).limit(MOST))
    for row in rows:
        facts = {"number": row.number, "weight_g": row.weight_g, "carrier": row.carrier_code,
                 "tracking": row.tracking_number or row.number, "manifest": row.manifest or ""}
        for at, verb, person in ((row.opened_at, "opened", row.name), (row.closed_at, "closed", row.name),
                                 (row.label_made_at, "label_made", ""), (row.label_applied_at, "label_applied", ""),
                                 (row.handed_over_at, "handed_over", "")):
            if at:
                yield Entry(at, PARCEL, "parcel", verb, person, facts=facts)


def _prints(session: Session, parcel_ids: list[int]) -> Iterable[Entry]:
    rows = session.execute(
        select(PrintJob.at, PrintJob.paper, PrintJob.copy, PrintJob.reason, Person.name, Device.name.label("device"),
               Parcel.number)
        .join(Parcel, Parcel.id == PrintJob.subject_id).join(Person, Person.id == PrintJob.person_id)
        .outerjoin(Device, Device.id == PrintJob.device_id)
        .where(PrintJob.paper.in_(("slip", "label", "dispatch_note")), PrintJob.subject_id.in_(parcel_ids))
        .order_by(PrintJob.id).limit(MOST))
    for row in rows:
        yield Entry(row.at, PARCEL, "print", row.paper, row.name, row.device or "", row.reason,
                    {"copy": row.copy, "number": row.number or ""})


def _tracking(session: Session, order_id: int) -> Iterable[Entry]:
    rows = session.execute(
        select(TrackingEvent.at, TrackingEvent.kind, TrackingEvent.place, Parcel.number, Parcel.carrier_code)
        .join(Parcel, Parcel.id == TrackingEvent.parcel_id).where(Parcel.order_id == order_id)
        .order_by(TrackingEvent.id).limit(MOST))
    for row in rows:
        yield Entry(row.at, PARCEL, "tracking", row.kind, target=row.place,
                    facts={"number": row.number or "", "carrier": row.carrier_code})


def _incidents(session: Session, order_id: int) -> Iterable[Entry]:
    rows = session.execute(
        select(Incident.id, Incident.at, Incident.kind, Incident.stage, Incident.units, Person.name,
               Device.name.label("device"), Item.title)
        .join(Person, Person.id == Incident.person_id).outerjoin(Device, Device.id == Incident.device_id)
        .outerjoin(Item, Item.id == Incident.item_id).where(Incident.order_id == order_id)
        .order_by(Incident.id).limit(MOST))
    for row in rows:
        yield Entry(row.at, INCIDENT, "incident", "report", row.name, row.device or "",
                    facts={"kind": row.kind, "stage": row.stage, "id": row.id}, units=row.units, title=row.title or "",
                    kind="incident", thing_id=row.id)


def _messages(session: Session, order_id: int) -> Iterable[Entry]:
    rows = session.execute(
        select(Message.id, Message.why, Message.state, Message.channel, Message.wanted_at, Message.queued_at,
               Message.done_at, Message.done_note, Person.name)
        .outerjoin(Person, Person.id == Message.done_by).where(Message.order_id == order_id)
        .order_by(Message.id).limit(MOST))
    for row in rows:
        facts, more = {"why": row.why, "channel": row.channel}, {"kind": "message", "thing_id": row.id}
        yield Entry(row.wanted_at, CUSTOMER, "message", "wanted", facts=facts, **more)
        if row.queued_at:
            yield Entry(row.queued_at, CUSTOMER, "message", "queued", facts=facts, **more)
        if row.done_at:
            yield Entry(row.done_at, CUSTOMER, "message", row.state, row.name or "", reason=row.done_note, facts=facts,
                        **more)


def _units(session: Session, return_ids: list[int]) -> Iterable[Entry]:
    """Each copy that came back: what it is, how it was judged, where it went."""
    grader = aliased(Person)
    rows = session.execute(
        select(ReturnUnit, Item.title, Person.name, grader.name.label("grader"), Device.name.label("device"))
        .join(Item, Item.id == ReturnUnit.item_id).join(Person, Person.id == ReturnUnit.person_id)
        .outerjoin(grader, grader.id == ReturnUnit.graded_by).outerjoin(Device, Device.id == ReturnUnit.device_id)
        .where(ReturnUnit.return_id.in_(return_ids)).order_by(ReturnUnit.id).limit(MOST))
    for row in rows:
        unit = row.ReturnUnit
        more = {"title": row.title, "units": 1, "kind": "return", "thing_id": unit.return_id}
        yield Entry(unit.at, RETURN, "unit", "received", row.name, row.device or "",
                    facts={"received_as": unit.received_as}, **more)
        if unit.graded_at:
            yield Entry(unit.graded_at, RETURN, "unit", "graded", row.grader or "", facts={
                "grade": unit.grade, "acceptance": unit.acceptance, "disposition": unit.disposition}, **more)
