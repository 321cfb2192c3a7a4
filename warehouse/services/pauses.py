"""Begin and end an emergency stop (SEC-3). Release and dock ask for what is open; who ends it is a person."""

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.orm import Session

from warehouse.domain import pauses as rules
from warehouse.domain.pauses import OpenPause
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.catalog import Item
from warehouse.models.people import Person
from warehouse.models.shipping import Carrier, Pause
from warehouse.services import journal

_OPEN = (
    select(Pause.id, Pause.what, Pause.carrier_code, Pause.item_id, Pause.reason, Pause.began_at, Person.name,
           Carrier.name_en, Carrier.name_zh, Item.title)
    .join(Person, Person.id == Pause.began_by)
    .outerjoin(Carrier, Carrier.code == Pause.carrier_code)
    .outerjoin(Item, Item.id == Pause.item_id)
    .where(Pause.ended_at.is_(None)).order_by(Pause.id)
)


def open_pauses(door: Session | Connection) -> tuple[OpenPause, ...]:
    """All pauses that nobody has ended, the oldest first."""
    return tuple(
        OpenPause(*row[:7], carrier_en=row[7] or "", carrier_zh=row[8] or "", item_title=row[9] or "")
        for row in door.execute(_OPEN))


def begin(
    session: Session, actor: Actor, what: str, reason: str, *, carrier_code: str | None = None,
    item_id: int | None = None,
) -> int:
    """Stop release or dispatch from now on; the id of the pause. Refused without a reason, for an unknown carrier or
    item, and where the same pause is open already. A release or scan that is under way in this moment still ends."""
    text = " ".join(reason.split())[: rules.REASON_LENGTH]
    if what not in rules.WHAT or (carrier_code and item_id):
        raise Invalid("pauses.choose_what")
    if not text:
        raise Invalid("pauses.reason_needed")
    # The carriers' rows are the queue for two who press at once.
    known = session.execute(select(Carrier.code).order_by(Carrier.code).with_for_update()).scalars().all()
    if carrier_code and carrier_code not in known:
        raise NotFound("pauses.no_such_carrier", carrier=carrier_code)
    if item_id and session.get(Item, item_id) is None:
        raise NotFound("pauses.no_such_item")
    if any((one.what, one.carrier_code, one.item_id) == (what, carrier_code or None, item_id or None)
           for one in open_pauses(session)):
        raise Conflict("pauses.open_already")
    pause_id = session.execute(insert(Pause).returning(Pause.id), {
        "what": what, "carrier_code": carrier_code or None, "item_id": item_id or None, "reason": text,
        "began_at": actor.at, "began_by": actor.person_id,
    }).scalar_one()
    journal.note(session, actor, "begin", "pause", pause_id, reason=text, what=what, carrier=carrier_code or "",
                 item=item_id)
    return pause_id


def end(session: Session, actor: Actor, pause_id: int, reason: str = "") -> None:
    """Let the work go on. Refused where somebody has ended it already."""
    row = session.execute(select(Pause.id, Pause.ended_at).where(Pause.id == pause_id).with_for_update()).first()
    if row is None:
        raise NotFound("pauses.no_such_pause")
    if row.ended_at is not None:
        raise Conflict("pauses.ended_already")
    session.execute(update(Pause).where(Pause.id == pause_id).values(ended_at=actor.at, ended_by=actor.person_id))
    journal.note(session, actor, "end", "pause", pause_id, reason=" ".join(reason.split())[: rules.REASON_LENGTH])
