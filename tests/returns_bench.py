"""People at the returns bench in a test: they open a box and judge its copies by scans and buttons, as on the floor."""

from sqlalchemy import select

from tests.floor import a_scan
from warehouse.models.returns import CustomerReturn
from warehouse.services import returns_bench, returns_door
from warehouse.services.returns_look import draw, look


class ReturnBench:
    """One person at the returns bench."""

    def __init__(self, db, actor, return_id):
        self.db, self.actor, self.return_id = db, actor, return_id

    def scan(self, raw, **more):
        return self.db.write(returns_bench.scan, self.actor, self.return_id, a_scan(raw, **more))

    @property
    def task(self):
        with self.db.read() as session:
            return draw(session, look(session, self.return_id), self.actor)

    def press(self, command, **more):
        return self.scan(command, step=self.task["step_id"], **more)

    def take(self, item, grade="as_new", place=None):
        """One copy scanned, graded, and put where it is said or proposed."""
        assert self.scan(item.label).outcome == "accepted"
        self.press(f"#grade:{grade}")
        task = self.task
        if task["step"] == "place":
            return self.press(f"#to:{place or task['present']['places'][0]}")
        return None


def open_box(db, actor, raw, **more):
    return db.write(returns_door.open_parcel, actor, a_scan(raw, **more))


def at_bench(db, actor, raw, **more):
    answer = open_box(db, actor, raw, **more)
    assert answer.code == "returns_bench.opened", answer
    return ReturnBench(db, actor, int(answer.go.rpartition("/")[2]))


def rows(db, *columns):
    with db.read() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(columns[0]))]


def state_of(db, bench):
    with db.read() as session:
        return session.get_one(CustomerReturn, bench.return_id).state
