"""A parcel that its carrier has trouble with: one incident at the stage `carrier`, and the word to the customer
(SHP-4)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain.incidents import CARRIER, MENDED, OPEN
from warehouse.domain.people import Actor
from warehouse.domain.tracking import Trouble
from warehouse.models.incidents import Incident
from warehouse.models.packing import ParcelLine
from warehouse.services import incidents, journal, messages


@dataclass(frozen=True)
class Sent:
    """A parcel that has left, and whose it is."""

    id: int
    order_id: int
    number: str
    carrier_code: str
    expected_by: datetime | None


@dataclass(frozen=True)
class Told:
    """What was opened of one kind for a parcel: when the latest, and the one that is still open."""

    at: datetime
    open_id: int | None


def told_already(session: Session, parcel_ids: Collection[int]) -> dict[tuple[int, str], Told]:
    """The incidents at the carrier of these parcels, by parcel and kind."""
    if not parcel_ids:
        return {}
    rows = session.execute(
        select(Incident.parcel_id, Incident.kind, func.max(Incident.at),
               func.max(case((Incident.state == OPEN, Incident.id))))
        .where(Incident.parcel_id.in_(parcel_ids), Incident.stage == CARRIER)
        .group_by(Incident.parcel_id, Incident.kind))
    return {(parcel_id, kind): Told(at, open_id) for parcel_id, kind, at, open_id in rows if parcel_id is not None}


def report(session: Session, actor: Actor, sent: Sent, trouble: Trouble, note: str) -> int:
    """Open it; the incident's id. Whoever calls has seen that it is not open yet."""
    units = session.execute(
        select(func.coalesce(func.sum(ParcelLine.units), 0)).where(ParcelLine.parcel_id == sent.id)).scalar_one()
    incident_id = incidents.report(
        session, actor, trouble.incident, CARRIER, units=int(units), order_id=sent.order_id, parcel_id=sent.id,
        cause=trouble.cause, note=note)
    _tell_customer(session, actor, sent, trouble, incident_id)
    return incident_id


def go_on(session: Session, actor: Actor, sent: Sent, trouble: Trouble, note: str, incident_id: int) -> None:
    """The carrier says more of what is open already: a line of its log; and its customer hears, who was not to be told
    of a silent parcel."""
    journal.note(session, actor, "note", "incident", incident_id, reason=note)
    _tell_customer(session, actor, sent, trouble, incident_id)


def end_answered(
    session: Session, actor: Actor, parcel_ids: Collection[int], kinds: Collection[str], note: str
) -> None:
    """What the carrier has answered by itself needs nobody any more: it is closed with `note`. What a person has in
    hand is theirs to end."""
    if not parcel_ids:
        return
    ids = session.execute(
        select(Incident.id)
        .where(Incident.parcel_id.in_(parcel_ids), Incident.stage == CARRIER, Incident.kind.in_(kinds),
               Incident.state == OPEN, Incident.owner_id.is_(None))
        .order_by(Incident.id).with_for_update(skip_locked=True)).scalars().all()
    for incident_id in ids:
        incidents.close(session, actor, incident_id, MENDED, note)


def in_both_languages(code: str, **facts: Any) -> str:
    """For whoever reads the log."""
    return " / ".join(i18n.say(lang, code, **facts) for lang in i18n.LANGUAGES)


def _tell_customer(session: Session, actor: Actor, sent: Sent, trouble: Trouble, incident_id: int) -> None:
    if trouble.why:
        messages.want(
            session, actor, sent.order_id, trouble.why, key=f"{sent.id}:{incident_id}", incident_id=incident_id,
            carrier=sent.carrier_code, tracking=sent.number,
            expected=sent.expected_by.isoformat() if sent.expected_by else "")
