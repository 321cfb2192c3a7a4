"""A pick that takes the last copy asks whether the shelf is empty now (STK-3): yes is a count that cost no walk, no has
the shelf counted. Nobody must answer."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from warehouse.domain import codes, counting
from warehouse.domain import stock as ledger
from warehouse.domain.people import Actor
from warehouse.domain.scans import ACCEPTED, WARN, Verdict, accept, refuse
from warehouse.models.catalog import Item
from warehouse.models.counting import CountLine, CountResult, CountTask
from warehouse.models.journal import Scan
from warehouse.models.stock import Location
from warehouse.services import counting_sessions, stock

COMMAND = "#empty:"
YES, NO = "yes", "no"


def answer(session: Session, actor: Actor, run_id: int, says: str, *, location_id: int, item_id: int) -> Verdict:
    """Keep what the picker of a run says of a shelf that their last pick of this title there emptied. Refused where
    there was no such pick, where it was taken back, and the second time."""
    place = session.execute(
        select(Location.code).where(Location.id == location_id, Location.kind == ledger.SHELF)).scalar()
    if place is None or not _was_picked_last(session, run_id, location_id, item_id):
        return refuse("picking.empty_not_asked", WARN)
    title = session.execute(select(Item.title).where(Item.id == item_id)).scalar_one()
    if says == NO:
        counting_sessions.ask_for_count(session, actor, location_id, kind=counting.ZERO_CHECK, why="not_empty")
        return accept("picking.empty_denied", "empty", WARN, location=place)
    if not _confirm(session, actor, location_id, item_id):
        return refuse("picking.empty_no_longer", WARN, location=place)
    return accept("picking.empty_confirmed", "empty", location=place, title=title)


def _was_picked_last(session: Session, run_id: int, location_id: int, item_id: int) -> bool:
    """The newest of this run's picks, undos and answers at this shelf and title is a pick."""
    last = session.execute(
        select(Scan.raw, Scan.undoes_id)
        .where(Scan.task == "pick", Scan.task_id == run_id, Scan.location_id == location_id, Scan.item_id == item_id,
               Scan.outcome == ACCEPTED, or_(Scan.units > 0, Scan.kind == codes.COMMAND))
        .order_by(Scan.id.desc()).limit(1)).one_or_none()
    return last is not None and last.undoes_id is None and not last.raw.startswith(COMMAND)


def _confirm(session: Session, actor: Actor, location_id: int, item_id: int) -> bool:
    """A count of nothing where the books say nothing: counted, matched. False where something stands there again."""
    standing = stock.hold_still(session, item_id, location_id)
    if standing.on_hand:
        return False
    # Held, so that two who emptied two titles of one shelf do not both put it on the same list.
    session.execute(select(Location.id).where(Location.id == location_id).with_for_update(key_share=True))
    session_id = counting_sessions.standing_session(session, actor, counting.ZERO_CHECK, location_id)
    task = CountTask(session_id=session_id, location_id=location_id, covers_shelf=False, state=counting.COUNTED,
                     person_id=actor.person_id, started_at=actor.at, counted_at=actor.at)
    session.add(task)
    session.flush()  # Its id is the line's.
    line = CountLine(task_id=task.id, item_id=item_id, is_asked=True, units_counted=0, on_record=0,
                     moves_seen=standing.moves, last_move_id=standing.last_move_id, counted_at=actor.at)
    session.add(line)
    session.flush()  # Its id is the result's.
    session.add(CountResult(
        session_id=session_id, location_id=location_id, item_id=item_id, line_id=line.id,
        state=counting.RESULT_FLOW.step(counting.COUNTED, "match"), on_record=0, counted=0, units=0, value_minor=0,
        decided_at=actor.at))
    return True
