"""Pictures are kept with their incident."""

import pytest
from sqlalchemy import select

from warehouse.errors import Conflict, NotFound
from warehouse.models.incidents import Photo
from warehouse.services import incidents, photos


def test_a_picture_is_kept_with_who_took_it(db, picker):
    incident = db.write(incidents.report, picker, "damaged", "receive", units=1)

    photo = db.write(photos.keep_photo, picker, incident, b"jpeg", 40, 30)

    with db.read() as session:
        kept = session.execute(select(Photo)).scalar_one()
    assert (kept.id, kept.incident_id, kept.jpeg, kept.person_id) == (photo, incident, b"jpeg", picker.person_id)


def test_a_picture_of_nothing_and_one_too_many_are_refused(db, picker):
    incident = db.write(incidents.report, picker, "damaged", "receive", units=1)
    for _ in range(photos.MOST_PHOTOS):
        db.write(photos.keep_photo, picker, incident, b"jpeg", 40, 30)

    with pytest.raises(Conflict):
        db.write(photos.keep_photo, picker, incident, b"jpeg", 40, 30)
    with pytest.raises(NotFound):
        db.write(photos.keep_photo, picker, 99, b"jpeg", 40, 30)
