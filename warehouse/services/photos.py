"""Pictures of what was found, kept with their incident (EXC-1)."""

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from warehouse.domain.people import Actor
from warehouse.errors import Conflict, NotFound
from warehouse.models.incidents import Incident, Photo

MOST_PHOTOS = 12


def keep_photo(session: Session, actor: Actor, incident_id: int, jpeg: bytes, width: int, height: int) -> int:
    """Add a picture to an incident, open or settled; its id. `jpeg` is one that `gateways.photos` made."""
    # The row is held, so that two cameras do not both take the last place.
    if session.execute(select(Incident.id).where(Incident.id == incident_id).with_for_update()).scalar() is None:
        raise NotFound("photos.no_such_incident")
    if session.execute(select(func.count()).where(Photo.incident_id == incident_id)).scalar_one() >= MOST_PHOTOS:
        raise Conflict("photos.too_many", most=MOST_PHOTOS)
    return session.execute(insert(Photo).returning(Photo.id), {
        "incident_id": incident_id, "jpeg": jpeg, "width": width, "height": height, "at": actor.at,
        "person_id": actor.person_id, "device_id": actor.device_id,
    }).scalar_one()
