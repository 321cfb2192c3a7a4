"""What is done with an open incident until it is settled (EXC-2, EXC-3): who has it, what comes next and until when,
what was found out, and whom it goes up to. Each act is a line of its log: who, when, what."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import incidents as rules
from warehouse.domain.people import RIGHTS, Actor
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.models.people import Person
from warehouse.services import journal
from warehouse.services.incidents import clean, due_after, lock, seal_place
from warehouse.services.incidents_where import moved_by_report

INCIDENT = Incident.__table__
SUBJECT = "incident"
MOST_UNITS = 9999


def take(session: Session, actor: Actor, incident_id: int) -> None:
    """Whoever says so has it from now on. What went up to the lead is taken by a lead."""
    incident = _open(session, incident_id)
    if incident.owner_role == rules.LEAD and not actor.may("settle_incident"):
        raise NotAllowed("incidents.with_the_lead")
    was, incident.owner_id = incident.owner_id, actor.person_id
    if was != actor.person_id:
        _keep(session, actor, incident, "take", was=was)


def hand_over(session: Session, actor: Actor, incident_id: int, role: str, person_id: int | None, reason: str) -> None:
    """Give it to a team, or to one person of it. Refused for a person who may not handle incidents or is not there,
    and without a reason."""
    incident = _open(session, incident_id)
    if incident.owner_role == rules.LEAD and not actor.may("settle_incident"):
        raise NotAllowed("incidents.with_the_lead")
    if person_id is not None:
        found = session.execute(select(Person.role).where(Person.id == person_id, Person.is_active)).scalar()
        if found is None or "handle_incident" not in RIGHTS[found]:
            raise Invalid("incidents.cannot_have_it")
        role = found
    if role not in rules.OWNERS:
        raise Invalid("incidents.choose_team")
    said = _reason(reason)
    if incident.owner_role == rules.LEAD and role != rules.LEAD:
        # Given back, it may go up anew; what is over its time gets the time that its kind has.
        incident.escalated_at = None
        if incident.due_at is None or incident.due_at <= actor.at:
            incident.due_at = due_after(session, actor, rules.duty_of(incident.kind, incident.stage).hours)
    incident.owner_role, incident.owner_id = role, person_id
    _keep(session, actor, incident, "hand_over", said, role=role, person=person_id)


def plan(session: Session, actor: Actor, incident_id: int, step: str, due_at: datetime | None, note: str = "") -> None:
    """What is done next, and until when; without a moment, the time that its kind has. Refused in the past."""
    incident = _open(session, incident_id)
    if step not in rules.NEXT_STEPS:
        raise Invalid("incidents.choose_step")
    if due_at is not None and due_at <= actor.at:
        raise Invalid("incidents.due_is_past")
    hours = rules.duty_of(incident.kind, incident.stage).hours
    incident.next_step, incident.due_at = step, due_at or due_after(session, actor, hours)
    _keep(session, actor, incident, "plan", clean(note), step=step, due=incident.due_at.isoformat())


def write_down(session: Session, actor: Actor, incident_id: int, note: str) -> None:
    """A line for the log, also of one that is settled: what the carrier said, what was found."""
    text = clean(note)
    if not text:
        raise Invalid("incidents.note_wanted")
    _keep(session, actor, lock(session, incident_id), "note", text)


def change(
    session: Session, actor: Actor, incident_id: int, *, kind: str, cause: str, units: int,
) -> None:
    """Say better what it is. What its report moved in the books stays as it is: then neither the number of copies nor
    what moved them may change."""
    incident = _open(session, incident_id)
    if kind not in rules.KINDS or incident.stage not in rules.KINDS[kind].stages:
        raise Invalid("incidents.not_there")
    if cause and cause not in rules.causes_of(kind):
        raise Invalid("incidents.unknown_cause")
    if not 0 <= units <= MOST_UNITS:
        raise Invalid("incidents.units_wrong", most=MOST_UNITS)
    is_booked = bool(moved_by_report(session, incident))
    if units != incident.units and is_booked:
        raise Conflict("incidents.units_are_booked")
    if kind != incident.kind and not rules.may_become(incident.kind, kind, incident.stage, is_booked=is_booked):
        raise Conflict("incidents.kind_is_booked")
    was: dict[str, Any] = {
        name: getattr(incident, name)
        for name, now in (("kind", kind), ("cause", cause), ("units", units)) if getattr(incident, name) != now}
    if not was:
        raise Invalid("incidents.nothing_changed")
    incident.kind, incident.cause, incident.units = kind, cause, units
    _keep(session, actor, incident, "change", was=was, **{name: getattr(incident, name) for name in was})


def escalate(session: Session, actor: Actor, incident_id: int, reason: str) -> None:
    """Pass it up to the lead: it is beyond what its owner may decide, or knows. Refused without a reason, and twice."""
    incident = _open(session, incident_id)
    if incident.owner_role == rules.LEAD:
        raise Conflict("incidents.up_already")
    was = incident.owner_role
    _go_up(incident, actor)
    _keep(session, actor, incident, "escalate", _reason(reason), was=was)


def escalate_overdue(session: Session, actor: Actor) -> int:
    """What is over its time and has not gone up yet goes up to the lead; how many did. Called every minute; one that
    somebody else has in hand now is met the next minute."""
    due = session.execute(
        select(Incident.id, Incident.owner_role)
        .where(Incident.state == rules.OPEN, Incident.due_at < actor.at, Incident.escalated_at.is_(None))
        .order_by(Incident.id).limit(rules.ESCALATED_AT_ONCE).with_for_update(skip_locked=True)).all()
    if not due:
        return 0
    session.execute(update(INCIDENT).where(INCIDENT.c.id.in_([row.id for row in due])).values(
        owner_role=rules.LEAD, owner_id=None, escalated_at=actor.at))
    session.execute(insert(Action.__table__), [
        {"at": actor.at, "person_id": actor.person_id, "device_id": actor.device_id, "verb": "escalate",
         "subject": SUBJECT, "subject_id": row.id, "reason": "", "facts": {"was": row.owner_role, "overdue": True}}
        for row in due])
    return len(due)


def reopen(session: Session, actor: Actor, incident_id: int, reason: str) -> None:
    """It was not over after all. What its settlement moved and changed stays and is known to the next one. Refused
    without a reason, and while it is open. Its team has it again, with the time that its kind has."""
    incident = lock(session, incident_id)
    said = _reason(reason)
    if incident.state != rules.SETTLED:
        raise Conflict("incidents.is_open", id=incident_id)
    duty = rules.duty_of(incident.kind, incident.stage)
    was = incident.outcome
    # Not empty: at the bench that would ask the packer to decide again.
    incident.state = rules.INCIDENT_FLOW.step(incident.state, "reopen")
    incident.outcome, incident.settled_at, incident.settled_by = rules.CONFIRMED, None, None
    incident.owner_role, incident.owner_id, incident.escalated_at = duty.owner, None, None
    incident.next_step, incident.due_at = duty.step, due_after(session, actor, duty.hours)
    _keep(session, actor, incident, "reopen", said, was=was)


def open_words(session: Session, actor: Actor, incident_id: int) -> str:
    """What the customer wrote: an act that is recorded (SEC-1). Refused without the right."""
    if not actor.may("open_personal"):
        raise NotAllowed("orders.may_not_open")
    sealed = session.execute(select(Incident.customer_text).where(Incident.id == incident_id)).scalar()
    if sealed is None:
        raise NotFound("incidents.no_words")
    journal.note(session, actor, "open_personal", SUBJECT, incident_id)
    words: str = session.info["vault"].unseal(sealed, seal_place(incident_id))["text"]
    return words


def _go_up(incident: Incident, actor: Actor) -> None:
    incident.owner_role, incident.owner_id, incident.escalated_at = rules.LEAD, None, actor.at


def _open(session: Session, incident_id: int) -> Incident:
    incident = lock(session, incident_id)
    if incident.state != rules.OPEN:
        raise Conflict("incidents.settled_already", id=incident_id)
    return incident


def _keep(
    session: Session, actor: Actor, incident: Incident, verb: str, reason: str = "", **facts: Any,
) -> None:
    session.flush()  # The log never tells what the row does not say.
    journal.note(session, actor, verb, SUBJECT, incident.id, reason=reason, **facts)


def _reason(text: str) -> str:
    said = clean(text)
    if not said:
        raise Invalid("incidents.reason_wanted")
    return said
