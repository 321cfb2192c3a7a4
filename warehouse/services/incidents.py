"""What went wrong, noted at the place and moment where it was found (EXC-1)."""

from sqlalchemy.orm import Session

from warehouse.domain.people import Actor
from warehouse.models.incidents import Incident


def report(
    session: Session, actor: Actor, kind: str, stage: str, *, units: int, item_id: int | None = None,
    location_id: int | None = None, order_id: int | None = None, order_line_id: int | None = None,
    scan_id: int | None = None, blamed_id: int | None = None, outcome: str = "", note: str = "",
) -> int:
    """Open an incident; its id. Who, when and on which device come from the actor."""
    incident = Incident(
        kind=kind, stage=stage, state="open", units=units, item_id=item_id, location_id=location_id,
        order_id=order_id, order_line_id=order_line_id, scan_id=scan_id, at=actor.at, person_id=actor.person_id,
        device_id=actor.device_id, blamed_id=blamed_id, outcome=outcome, note=note)
    session.add(incident)
    session.flush()  # Its id is the answer.
    return incident.id
