"""Papers that were asked for: who, when, which copy (PAK-4). The first is free, every further one has a reason."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain.people import Actor
from warehouse.errors import Invalid, NotFound
from warehouse.models.journal import PrintJob
from warehouse.models.packing import Parcel

SLIP, DISPATCH_NOTE, LABEL, MANIFEST = "slip", "dispatch_note", "label", "manifest"
LOCATION, TOTE, CART, ITEM, BADGE = "location", "tote", "cart", "item", "badge"
PAPERS = (SLIP, DISPATCH_NOTE, LABEL, MANIFEST, LOCATION, TOTE, CART, ITEM, BADGE)

JOB = PrintJob.__table__
_COUNT_LABEL = (
    update(Parcel.__table__).where(Parcel.id == bindparam("parcel"), Parcel.label_made_at.is_not(None))
    .values(label_prints=Parcel.label_prints + 1).returning(Parcel.label_prints)
)


def print_paper(session: Session, actor: Actor, paper: str, subject_id: int, reason: str = "") -> int:
    """Record one print; the job's id. Refused: a second copy without a reason, a label that was not made."""
    if paper == LABEL:
        copy = session.execute(_COUNT_LABEL, {"parcel": subject_id}).scalar()
        if copy is None:
            raise NotFound("papers.no_label", parcel=subject_id)
    else:
        made = session.execute(
            select(func.max(JOB.c.copy)).where(JOB.c.paper == paper, JOB.c.subject_id == subject_id)).scalar()
        copy = (made or 0) + 1
    if copy > 1 and not reason:
        raise Invalid("papers.reason_wanted", n=copy)
    made_id = session.execute(insert(JOB).returning(JOB.c.id), _job(actor, paper, subject_id, copy, reason))
    return int(made_id.scalar_one())


def print_batch(session: Session, actor: Actor, paper: str, subject_ids: Sequence[int], reason: str = "") -> int:
    """Record one print of each thing; the last job's id. Refused as a whole where one of them was printed before
    and there is no reason. Labels of parcels are counted one by one: `print_paper`."""
    if paper == LABEL or len(subject_ids) == 1:
        return [print_paper(session, actor, paper, each, reason) for each in subject_ids][-1]
    made = dict(session.execute(
        select(JOB.c.subject_id, func.max(JOB.c.copy))
        .where(JOB.c.paper == paper, JOB.c.subject_id.in_(subject_ids)).group_by(JOB.c.subject_id)).all())
    if made and not reason:
        raise Invalid("papers.reason_wanted", n=max(made.values()) + 1)
    jobs = [_job(actor, paper, each, made.get(each, 0) + 1, reason) for each in subject_ids]
    made_ids = session.execute(insert(JOB).returning(JOB.c.id, sort_by_parameter_order=True), jobs)
    return int(list(made_ids.scalars())[-1])


def _job(actor: Actor, paper: str, subject_id: int, copy: int, reason: str) -> dict[str, object]:
    return {
        "at": actor.at, "person_id": actor.person_id, "device_id": actor.device_id, "paper": paper,
        "subject_id": subject_id, "copy": copy, "reason": reason,
    }
