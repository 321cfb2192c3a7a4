"""Beginnings for counts: shelves to be counted, and a person who counts one by scans alone."""

from sqlalchemy import select

from tests.builders import stock_at
from tests.floor import a_scan
from warehouse.domain import stock as ledger
from warehouse.models.counting import CountLine, CountResult, CountTask
from warehouse.services import counting, counting_commands, counting_sessions, stock
from warehouse.services.counting_look import draw, look
from warehouse.services.stock import Cause


def a_count(db, actor, *shelves, items=(), kind="all", **terms):
    """A stocktake of these shelves, whole or only for some items; the ids of its tasks, shelf by shelf."""
    def ask(session):
        session_id = counting_sessions.new_session(session, actor, kind, {}, **terms)
        counting_sessions.add_tasks(session, session_id, {shelf.id: [item.id for item in items] for shelf in shelves})
        return [session.execute(select(CountTask.id).where(
            CountTask.session_id == session_id, CountTask.location_id == shelf.id)).scalar_one() for shelf in shelves]

    return db.write(ask)


class Counter:
    """One person before one shelf."""

    def __init__(self, db, actor, task_id):
        self.db, self.actor, self.task_id = db, actor, task_id

    def scan(self, raw, **more):
        use_case = counting_commands.command if raw.startswith("#") else counting.scan
        return self.db.write(use_case, self.actor, self.task_id, a_scan(raw, **more))

    @property
    def task(self):
        with self.db.read() as session:
            return draw(look(session, self.task_id), self.actor)

    def press(self, command, **more):
        return self.scan(command, step=self.task["step_id"], **more)

    def finish(self):
        """Say that it is all, also of what was not seen."""
        answer = self.press("#finish")
        return self.press("#finish") if answer.code == "counting.not_seen" else answer


def open_shelf(db, actor, raw, **more):
    return db.write(counting.open_shelf, actor, a_scan(raw, **more))


def task_row(db, task_id):
    with db.read() as session:
        return session.get_one(CountTask, task_id)


def lines_of(db, task_id):
    """{item or code: (counted, damaged, on record)} as the books keep it."""
    with db.read() as session:
        rows = session.execute(select(CountLine).where(CountLine.task_id == task_id).order_by(CountLine.id)).scalars()
        return {line.item_id or line.code: (line.units_counted, line.units_damaged, line.on_record) for line in rows}


def results_of(db):
    """[(item, on record, counted, state)] in order."""
    with db.read() as session:
        rows = session.execute(select(CountResult).order_by(CountResult.id)).scalars()
        return [(one.item_id, one.on_record, one.counted, one.state) for one in rows]


def take_from(db, actor, shelf, item, units=1):
    """Somebody takes copies away: to quarantine, as no order is needed for that."""
    db.write(lambda session: stock.move(
        session, actor, item.id, units, source=shelf.place, target=stock.fixed_place(session, "QUARANTINE"),
        cause=Cause(ledger.TRANSFER)))


def put_on(db, shelf, item, units=1):
    return stock_at(db, shelf, item, units)
