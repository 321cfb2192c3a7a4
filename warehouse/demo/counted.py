"""The weeks before the demo's morning: cycle counts with what they found and why, so that accuracy has a curve and
causes."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from warehouse.db import Database
from warehouse.demo.hands import Hands
from warehouse.domain import counting as counts
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.models.counting import CountResult, CountTask
from warehouse.models.stock import Location, StockBalance
from warehouse.services import counting, counting_commands, counting_sessions, stocktakes

# (days ago, shelves, by how much the first of them differed, why)
WEEKS = (
    (37, ("D-10-2", "D-01-1", "D-02-1"), -2, "outbound_not_recorded"),
    (30, ("D-05-3", "D-03-1", "D-04-1", "D-06-3"), -1, "damaged"),
    (23, ("D-05-2", "D-07-2", "D-07-3"), 1, "misplaced"),
    (16, ("D-06-2", "D-08-2", "D-08-3"), 0, ""),
    (9, ("D-05-3", "D-09-2", "D-09-3", "D-10-3"), -3, "theft"),
)


def fill(database: Database, staff: dict[str, Actor]) -> None:
    """Each week's shelves counted by one person; what differed by more than one copy once more by another."""
    for days, codes, difference, cause in WEEKS:
        at = staff["manager"].at - timedelta(days=days)
        lead = replace(staff["manager"], at=at)
        with database.read() as session:
            ids = {row.code: row.id for row in session.execute(
                select(Location.code, Location.id).where(Location.code.in_(codes)))}
        session_id = database.write(
            counting_sessions.new_session, lead, counts.CYCLE, {"day": at.date().isoformat()})
        database.write(counting_sessions.add_tasks, session_id, {ids[code]: () for code in codes})
        for role, hour in (("packer", 1), ("picker", 3)):
            hands = Hands(database, staff[role], at + timedelta(hours=hour))
            for task_id, location_id in _open_tasks(database, session_id):
                _count(hands, task_id, location_id, difference if location_id == ids[codes[0]] else 0)
        if cause:
            with database.read() as session:
                posted = session.execute(select(CountResult.id).where(
                    CountResult.session_id == session_id, CountResult.state == counts.POSTED)).scalar_one()
            database.write(stocktakes.name_cause, replace(lead, at=at + timedelta(hours=5)), posted, cause)
        database.write(stocktakes.close_session, replace(lead, at=at + timedelta(hours=6)), session_id)


def _open_tasks(database: Database, session_id: int) -> list[tuple[int, int]]:
    with database.read() as session:
        return [(row.id, row.location_id) for row in session.execute(
            select(CountTask.id, CountTask.location_id)
            .where(CountTask.session_id == session_id, CountTask.state == counts.OPEN).order_by(CountTask.id))]


def _count(hands: Hands, task_id: int, location_id: int, difference: int) -> None:
    task = hands.scan(counting.scan, task_id, make_label("location", location_id)).task
    for item_id, copies in books_at(hands.database, location_id):
        task = hands.scan(counting.scan, task_id, make_label("item", item_id)).task
        task = hands.scan(counting_commands.command, task_id, f"#set:{copies + difference}", task["step_id"]).task
    hands.scan(counting_commands.command, task_id, "#finish", task["step_id"])


def books_at(database: Database, location_id: int) -> list[tuple[int, int]]:
    """What the books say of a shelf: (item, copies)."""
    with database.read() as session:
        return [(row.item_id, row.n) for row in session.execute(
            select(StockBalance.item_id, func.sum(StockBalance.on_hand).label("n"))
            .where(StockBalance.location_id == location_id).group_by(StockBalance.item_id)
            .having(func.sum(StockBalance.on_hand) > 0).order_by(StockBalance.item_id))]
