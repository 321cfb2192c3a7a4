"""Counts as they stand when somebody has finished a shelf, without the scans that led there."""

from sqlalchemy import insert, select, update

from warehouse.domain import counting
from warehouse.models.counting import CountLine, CountResult, CountTask
from warehouse.models.stock import Location
from warehouse.services import counting_settle, stock


def open_tasks(db, session_id):
    """(shelf, round, titles or None for the whole shelf) of what is to be counted, in order."""
    with db.read() as session:
        tasks = session.execute(
            select(CountTask.id, Location.code, CountTask.round, CountTask.covers_shelf)
            .join(Location, Location.id == CountTask.location_id)
            .where(CountTask.session_id == session_id, CountTask.state.in_(("open", "counting")))
            .order_by(Location.code, CountTask.round)).all()
        return [(task.code, task.round, None if task.covers_shelf else sorted(session.execute(
            select(CountLine.item_id).where(CountLine.task_id == task.id)).scalars())) for task in tasks]


def open_task(db, session_id, shelf):
    with db.read() as session:
        return session.execute(
            select(CountTask.id).where(CountTask.session_id == session_id, CountTask.location_id == shelf.id,
                                       CountTask.state == counting.OPEN)).scalar_one()


def count(db, actor, session_id, shelf, counted, *, damaged=None, unknown=(), settle=True):
    """One person counts the open task of a shelf: {item: units}, each looked up in the books at its own time.
    `unknown` are codes that nobody knows."""
    task_id = open_task(db, session_id, shelf)

    def write(session):
        session.execute(update(CountTask).where(CountTask.id == task_id).values(
            state=counting.COUNTED, person_id=actor.person_id, started_at=actor.at, counted_at=actor.at))
        for item, units in counted.items():
            standing = stock.hold_still(session, item.id, shelf.id)
            row = {"units_counted": units, "units_damaged": (damaged or {}).get(item, 0),
                   "on_record": standing.on_hand, "moves_seen": standing.moves,
                   "last_move_id": standing.last_move_id, "counted_at": actor.at}
            asked = session.execute(
                update(CountLine).where(CountLine.task_id == task_id, CountLine.item_id == item.id).values(**row))
            if not asked.rowcount:
                session.execute(insert(CountLine), {"task_id": task_id, "item_id": item.id, **row})
        for code in unknown:
            session.execute(insert(CountLine), {
                "task_id": task_id, "code": code, "units_counted": 1, "counted_at": actor.at})
        if settle:
            counting_settle.settle_task(session, actor, task_id)

    db.write(write)
    return task_id


def result_of(db, session_id, shelf, item):
    """(state, difference, posted) of one title on one shelf."""
    with db.read() as session:
        found = session.execute(
            select(CountResult.state, CountResult.units, CountResult.units_posted)
            .where(CountResult.session_id == session_id, CountResult.location_id == shelf.id,
                   CountResult.item_id == item.id)).one_or_none()
    return tuple(found) if found else None


def result_id(db, session_id, shelf, item):
    with db.read() as session:
        return session.execute(
            select(CountResult.id).where(CountResult.session_id == session_id, CountResult.location_id == shelf.id,
                                         CountResult.item_id == item.id)).scalar_one()
