"""What went wrong, noted at the place and moment where it was found, and closed with what came out (EXC-1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.domain import counting
from warehouse.domain import incidents as rules
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.incidents import Incident
from warehouse.models.orders import Order
from warehouse.services import counting_sessions, journal, shifts

NOTE_LIMIT = 300


def report(
    session: Session, actor: Actor, kind: str, stage: str, *, units: int, item_id: int | None = None,
    location_id: int | None = None, order_id: int | None = None, order_line_id: int | None = None,
    delivery_id: int | None = None, parcel_id: int | None = None, return_id: int | None = None,
    scan_id: int | None = None, blamed_id: int | None = None, outcome: str = "", note: str = "", cause: str = "",
    customer_text: str = "",
) -> int:
    """Open an incident; its id. Who, when and on which device come from the actor; whose it is, until when and what is
    to be done first, from the kind and where it was found. One that makes a shelf doubtful has it counted, once while
    that count is open: the title where it is known, else all that stands there. `customer_text` is kept sealed.
    Refuses a kind that nobody knows or that cannot be found at that stage, and a cause that is none of it."""
    if kind not in rules.KINDS or stage not in rules.KINDS[kind].stages:
        raise Invalid("incidents.not_there")
    if cause and cause not in rules.causes_of(kind):
        raise Invalid("incidents.unknown_cause")
    duty = rules.duty_of(kind, stage)
    incident = Incident(
        kind=kind, stage=stage, state=rules.INCIDENT_FLOW.start, units=units, item_id=item_id,
        location_id=location_id, order_id=order_id, order_line_id=order_line_id, delivery_id=delivery_id,
        parcel_id=parcel_id, return_id=return_id, scan_id=scan_id, at=actor.at, person_id=actor.person_id,
        device_id=actor.device_id, blamed_id=blamed_id, outcome=outcome, note=clean(note), cause=cause,
        owner_role=duty.owner, due_at=due_after(session, actor, duty.hours), next_step=duty.step)
    session.add(incident)
    session.flush()  # Its id is the answer.
    if customer_text:
        incident.customer_text = session.info["vault"].seal({"text": customer_text}, seal_place(incident.id))
        session.flush()  # As above.
    if kind in rules.ASKS_FOR_COUNT and location_id is not None:
        counting_sessions.ask_for_count(
            session, actor, location_id, kind=counting.INCIDENT, why=kind, item_ids=[item_id] if item_id else ())
    return incident.id


def due_after(session: Session, actor: Actor, hours: int) -> datetime:
    """The moment by which so many hours were worked."""
    return shifts.calendar(session).add_minutes(actor.at, 60 * hours)


def clean(text: str) -> str:
    """What a person typed, on one line and no longer than is kept."""
    return " ".join(text.split())[:NOTE_LIMIT]


def seal_place(incident_id: int) -> str:
    """What the customer wrote opens for this incident alone."""
    return f"incident:{incident_id}"


def lock(session: Session, incident_id: int) -> Incident:
    """The incident, held until the commit. After runs, orders and balances: whoever holds those may report."""
    incident = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound("incidents.no_such_incident", id=incident_id)
    return incident


def close(session: Session, actor: Actor, incident_id: int, outcome: str, note: str = "", **facts: Any) -> None:
    """Close an incident with what came out; `facts` are what was done, for the log. What moves copies and changes
    orders is done by `incidents_settle`. Refused twice, with an unknown outcome, and while the packer still has to
    decide about the order."""
    if outcome not in rules.OUTCOMES:
        raise Invalid("incidents.choose_outcome")
    incident = lock(session, incident_id)
    if incident.state == rules.SETTLED:
        raise Conflict("incidents.settled_already", id=incident_id)
    order_state = session.execute(select(Order.state).where(Order.id == incident.order_id)).scalar()
    if rules.is_left_to_bench(incident.stage, incident.kind, incident.outcome, order_state):
        raise Conflict("incidents.decide_at_bench")
    was, text = incident.outcome, clean(note)
    incident.state = rules.INCIDENT_FLOW.step(incident.state, "settle")
    incident.outcome, incident.settled_at, incident.settled_by = outcome, actor.at, actor.person_id
    incident.note = clean(" · ".join(filter(None, (incident.note, text))))
    session.flush()  # Whoever reads the list next in this use case sees it closed.
    journal.note(session, actor, "settle", "incident", incident_id, reason=text, outcome=outcome, was=was, **facts)
