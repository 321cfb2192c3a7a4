"""People who work on a world of copies through the services, one step at a time: pickers, movers, and the lead who
decides about counts. Each step does one thing with the hands and tells the house of it."""

from collections import Counter
from dataclasses import dataclass, replace

from sqlalchemy import select

from tests.counting_world import DAMAGED, Hands, tried
from tests.floor import a_scan
from warehouse import clock
from warehouse.domain import counting as flows
from warehouse.domain.own_labels import make_label
from warehouse.domain.stocktakes import Tolerances
from warehouse.errors import Conflict
from warehouse.models.counting import CountLine, CountResult, CountSession, CountTask
from warehouse.models.picking import PickRun
from warehouse.services import (
    counting,
    counting_commands,
    counting_look,
    counting_sessions,
    picking,
    picking_commands,
    picking_look,
    picking_orders,
    stocktakes,
    transfers,
    transfers_look,
    waves,
)


@dataclass(frozen=True)
class Door:
    """The services for one person, now."""

    db: object
    person: object

    def write(self, use_case, *args, **more):
        return self.db.write(use_case, replace(self.person, at=clock.now()), *args, **more)

    def told(self, use_case, *args):
        return vars(self.write(use_case, *args))

    # What a counter asks for.
    def open(self, raw):
        return self.told(counting.open_shelf, a_scan(raw))

    def scan(self, task_id, raw, **more):
        """A button pressed on a screen that is out of date does nothing: the screen is drawn anew."""
        use_case = counting_commands.command if raw.startswith("#") else counting.scan
        try:
            return self.told(use_case, task_id, a_scan(raw, **more))
        except Conflict as stale:
            assert stale.code == "scan.stale_step", stale
            return {"outcome": "refused", "code": stale.code, "facts": {}, "task": self.look(task_id)}

    def look(self, task_id):
        with self.db.read() as session:
            return counting_look.draw(counting_look.look(session, task_id), self.person)


class Picker:
    """Fetches what orders want, with a stack of totes that never ends."""

    def __init__(self, world, door, habits, totes):
        self.world, self.door, self.habits, self.totes = world, door, habits, totes
        self.run, self.hands, self.shorts = None, Hands(world), 0

    def step(self):
        if self.run is None:
            return self.start()
        with self.door.db.read() as session:
            task = picking_look.draw(picking_look.look(session, self.run), self.door.person)
        stop = task["stop"]
        if task["step"] == "done":
            self.run = None
        elif task["step"] == "bind":
            self.scan(make_label("tote", self.totes.pop()))
        elif self.hands.taken and self.habits.strike(self.habits.undoes):
            if self.scan("#undo").outcome == "accepted":
                self.hands.give_back()
        elif task["step"] == "shelf":
            self.scan(make_label("location", stop["location_id"]))
        else:
            self.fetch(task, stop)
        return True

    def start(self):
        with self.door.db.read() as session:
            free = session.execute(select(PickRun.id).where(PickRun.person_id.is_(None), PickRun.state == "planned")
                                   .order_by(PickRun.id)).scalars().first()
        if free is None:
            return False
        self.door.write(picking_orders.start, free)
        self.run, self.hands = free, Hands(self.world)
        return True

    def scan(self, raw, **more):
        use_case = picking_commands.command if raw.startswith("#") else picking.scan
        return self.door.write(use_case, self.run, a_scan(raw, **more))

    def fetch(self, task, stop):
        """Take what lies there; say so where it is damaged, or where there is nothing more."""
        here = stop["location_id"], stop["item_id"]
        good, step = self.world.good(*here), task["step_id"]
        if self.world.damaged(*here) and (not good or self.habits.strike(self.habits.errs * 4)):
            self.shorts += 1
            if self.scan("#damaged", step=step).outcome == "accepted":
                self.world.put(*here, -1, DAMAGED)
        elif not good or self.habits.strike(self.habits.errs):
            self.shorts += 1
            self.scan("#short:not_enough", step=step)
        elif self.habits.strike(self.habits.strays):
            self.scan("#later", step=step)
        else:
            units = self.habits.some(min(good, stop["units_left"]))
            answer = self.scan(make_label("item", stop["item_id"]), **({"units": units} if units > 1 else {}))
            if answer.outcome == "accepted":
                self.hands.take(*here, units)
                self.say_whether_empty(answer.task["emptied"], here)

    def say_whether_empty(self, emptied, here):
        if emptied and self.habits.strike(0.5):
            says = "no" if self.world.units(*here) else "yes"
            self.scan(f"#empty:{says}:{emptied['location_id']}:{emptied['item_id']}")


class Mover:
    """Puts away what came in, and moves copies from shelf to shelf."""

    def __init__(self, world, door, habits, goods_in, shelves):
        self.world, self.door, self.habits = world, door, habits
        self.goods_in, self.shelves = goods_in, shelves
        self.last = None

    def look(self):
        with self.door.db.read() as session:
            person = self.door.person
            return transfers_look.draw(transfers_look.look(session, person.person_id), person)

    def scan(self, raw, **more):
        return self.door.write(transfers.scan, a_scan(raw, **more))

    def step(self):
        task = self.look()
        if task["step"] == "shelf":
            self.put(task)
        elif self.last and self.habits.strike(self.habits.undoes):
            self.take_back()
        elif task["step"] == "item":
            self.take(task, task["source"]["id"], leaves=self.habits.strike(0.3))
        elif self.world.titles(self.goods_in) and self.habits.strike(0.5):
            self.take(task, self.goods_in)
        else:
            self.scan(make_label("location", self.habits.chance.choice(self.shelves)))
        return True

    def take(self, task, source, *, leaves=False):
        """Good copies of one title in hand, as far as the house allows."""
        titles = [item for item in self.world.titles(source) if self.world.good(source, item)]
        if leaves or not titles:
            tried(self.scan, "#leave", step=task["step_id"])
            return
        item = self.habits.chance.choice(titles)
        units = self.habits.some(self.world.good(source, item))
        answer = self.scan(make_label("item", item), **({"units": units} if units > 1 else {}))
        if answer.outcome != "accepted":
            return
        if answer.task["condition"] == "damaged":  # The books know of damaged copies only: nothing is taken.
            self.scan("#undo")
            return
        self.world.put(source, item, -units)

    def put(self, task):
        source, item, units = task["source"]["id"], task["book"]["item_id"], task["units"]
        if self.habits.strike(self.habits.undoes):
            assert self.scan("#undo").outcome == "accepted"
            self.world.put(source, item, units)
            return
        if self.habits.strike(self.habits.strays):
            self.scan("#condition:damaged", step=task["step_id"])
            if not self.look()["units"]:
                self.last = None
            return
        shelf = self.habits.chance.choice(self.shelves)
        answer = self.scan(make_label("location", shelf))
        if answer.outcome == "accepted":
            self.world.put(shelf, item, units)
            self.last = shelf, item, units
        elif answer.code == "transfers.promised_meanwhile":
            self.scan("#undo")
            self.world.put(source, item, units)

    def take_back(self):
        """The last shelf scan is undone, where its copies still lie there."""
        shelf, item, units = self.last
        self.last = None
        if self.world.good(shelf, item) >= units and self.scan("#undo").outcome == "accepted":
            self.world.put(shelf, item, -units)

    def end(self):
        """Nothing stays in hand."""
        task = self.look()
        if task["units"]:
            assert self.scan("#undo").outcome == "accepted"
            self.world.put(task["source"]["id"], task["book"]["item_id"], task["units"])


class Lead:
    """Opens stocktakes, releases orders, and decides about differences; counts nothing."""

    def __init__(self, db, door, habits, orders):
        self.db, self.door, self.habits, self.orders = db, door, habits, orders

    def release(self):
        if not self.orders:
            return False
        wave = self.door.write(waves.open_wave, clock.now())
        some, self.orders = self.orders[:3], self.orders[3:]
        self.door.write(waves.release, wave, [order.id for order in some], slots=1, grouping="by_order")
        return True

    def step(self):
        if self.habits.strike(0.2) and self.release():
            return True
        with self.db.read() as session:
            sessions = session.execute(select(CountSession.id).where(
                CountSession.state == flows.COUNTING).order_by(CountSession.id)).scalars().all()
            shelves = session.execute(select(CountTask.id).where(CountTask.state == flows.OPEN)).first()
        if shelves is None and self.habits.strike(0.5):
            self.open("zone" if self.habits.strike(0.7) else "all")
        elif sessions and self.habits.strike(self.habits.strays):
            self.door.write(stocktakes.cancel_session, self.habits.chance.choice(sessions), "no time")
        elif sessions and not (self.habits.strike(0.15) and self.decide_one()):
            tried(self.door.write, stocktakes.close_session, self.habits.chance.choice(sessions))
        return True

    def open(self, kind):
        """A stocktake as usual, one that posts whatever is found at once, or one in which everything is dear: what
        waits for approval then is often put right by another count before."""
        terms = self.habits.chance.choice((Tolerances(), Tolerances(9, 1_000_000, 1_000_000), Tolerances(0, 0, 1)))
        zones = {"zones": [self.habits.chance.choice("AB")]} if kind == "zone" else {}
        return tried(self.door.write, counting_sessions.open_session, kind, zones, tolerances=terms)

    def decide_one(self):
        """One difference of those that wait; False where none does."""
        with self.db.read() as session:
            waiting = session.execute(select(CountResult.id, CountResult.state).where(
                CountResult.state.in_((flows.APPROVAL, flows.LEAD, flows.RECOUNT))).order_by(CountResult.id)).all()
        if waiting:
            self.decide(*self.habits.chance.choice(waiting))
        return bool(waiting)

    def decide(self, result_id, state):
        if self.habits.strike(self.habits.errs):
            self.door.write(stocktakes.reject, [result_id], "counting_error", "looked myself")
        elif state == flows.APPROVAL:
            self.door.write(stocktakes.approve, [result_id], "unknown")
        elif state == flows.LEAD:
            with self.db.read() as session:
                lines = session.execute(
                    select(CountLine.id).join(CountTask, CountTask.id == CountLine.task_id)
                    .join(CountResult, (CountResult.session_id == CountTask.session_id)
                          & (CountResult.location_id == CountTask.location_id)
                          & (CountResult.item_id == CountLine.item_id))
                    .where(CountResult.id == result_id, CountLine.units_counted.is_not(None))
                    .order_by(CountLine.id)).scalars().all()
            line = lines[-1] if not self.habits.errs else self.habits.chance.choice(lines)
            self.door.write(stocktakes.choose_count, result_id, line, "counting_error")


def undecided(db):
    """How many shelves and differences somebody still has to look at."""
    with db.read() as session:
        tasks = session.execute(select(CountTask.state)).scalars()
        results = session.execute(select(CountResult.state)).scalars()
        return Counter([state for state in tasks if state in (flows.OPEN, flows.COUNTING)]
                       + [state for state in results if state in (flows.RECOUNT, flows.LEAD, flows.APPROVAL)])
