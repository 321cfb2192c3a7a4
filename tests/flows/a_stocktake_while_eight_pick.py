"""The day's shelves are counted while eight people pick from them. What really lies there is kept beside the program:
to take a copy and to scan it are one step, and so are to look and to scan. The differences that are found are those of
the file, to the copy, and no pick is lost."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from tests.counting_world import DAMAGED, GOOD, Habits, ShelfCounter, World
from tests.flows import books
from tests.flows.a_real_day import bring_in_orders, open_house, release_the_day
from tests.flows.crew import Faults, Person, Refused, hire
from tests.flows.day import DAYS
from tests.flows.floor import Hand
from tests.shared_data import needs_shared, shared_rows
from warehouse import clock, data_folder
from warehouse.models.catalog import Item
from warehouse.models.counting import CountLine, CountResult
from warehouse.models.stock import Location, StockMove
from warehouse.services import counting_sessions, setup

PICKERS, COUNTERS = 8, 4
MORE_TOTES, AT_ONCE = 400, 200
PADDED, REPEATED, PAUSE_S = 0.5, 0.02, 0.05


class Tablet:
    """A person with a tablet, as a counter asks the house. A button of a screen that is out of date does nothing."""

    def __init__(self, person):
        self.person = person

    def open(self, raw):
        return self.person.scan("/count/scan", raw)

    def scan(self, task_id, raw, **more):
        try:
            return self.person.scan(f"/count/{task_id}/scan", raw, **more)
        except Refused as refused:
            assert refused.code == "scan.stale_step", refused
            return {"outcome": "refused", "code": refused.code, "facts": {}, "task": self.look(task_id)}

    def look(self, task_id):
        return self.person.get(f"/count/{task_id}")["task"]


class CarefulHand(Hand):
    """A picker in the world: takes what really lies there, and says so where it is too little. A count that finds
    copies gone takes their stops away: whoever is on the way there is told, and goes where the screen says now."""

    world = None

    def fetch(self, path, task):
        try:
            return self.take(path, task)
        except Refused as refused:
            assert refused.code == "scan.stale_step", refused
            return self.get(path.removesuffix("/scan"))["task"]

    def take(self, path, task):
        stop = task["stop"]
        if task["step"] != "item":
            answer = self.scan(path, stop["location"] if task["step"] == "shelf" else stop["tote"])
            assert answer["outcome"] == "accepted" or answer["task"]["step_id"] != task["step_id"], answer
            return answer["task"]
        here = stop["location_id"], stop["item_id"]
        with self.world.at(here[0]):
            good = self.world.good(*here)
            if not good:
                return self.scan(path, "#short:not_enough", step=task["step_id"])["task"]
            units = self.some(min(good, stop["units_left"]))
            more = {"units": units} if units > 1 else {}
            answer = self.scan(path, stop["isbn13"], **more)
            if answer["outcome"] == "choose":
                answer = self.scan(path, stop["isbn13"], **more)
            if answer["outcome"] == "accepted":
                self.world.put(*here, -units)
            return answer["task"]

    def pick_all(self, totes):
        """One run after the other until nobody has any."""
        while runs := [run for run in self.get("/pick/")["runs"] if run["person_id"] is None]:
            run = self.faults.chance.choice(runs)
            mine = [totes.pop() for _ in range(1 if run["kind"] == "single" else run["orders"])]
            try:
                task = self.load(run["id"], mine)
            except Refused as refused:
                assert refused.code == "picking.run_taken", refused
                totes.extend(mine)
                continue
            self.walk(run["id"], task)


@needs_shared("orders", "stocktake_counts.csv")
@pytest.mark.slow
def test_differences_are_exact_while_eight_people_pick(house):
    day = next(each for each in DAYS if each.name == "real")
    badge = open_house(house, day)
    for _ in range(MORE_TOTES // AT_ONCE):
        assert house.command("add", "totes", str(AT_ONCE)).returncode == 0
    bring_in_orders(house, day)
    world, stocktake = lay_out(house, day)
    before = world.everything()
    house.process.start()
    desk = Person(house.process.port, badge)
    release_the_day(desk, day)
    work(house, desk, world, stocktake)
    approve_the_rest(desk, stocktake)
    house.process.stop()

    with books.opened(house) as session:
        check_differences(session, stocktake)
        check_picks(session, world, before)
        check_shelves(session, world)
        assert picks_during_the_count(session, stocktake)
    assert house.prove() == []


def lay_out(house, day):
    """What really lies on the shelves, and a stocktake of those in the file: (world, its id)."""
    world = World()
    with data_folder.opened(house.config) as database:
        with database.read() as session:
            places = dict(session.execute(select(Location.code, Location.id)).all())
            titles = dict(session.execute(select(Item.isbn13, Item.id)).all())
        for name, condition in (("good", GOOD), ("damaged", DAMAGED)):
            for (shelf, isbn), units in day.opening(name).items():
                world.put(places[shelf], titles[isbn], units, condition)
        counted = shared_rows("orders", "stocktake_counts.csv")
        for row in counted:
            key = places[row["location"]], titles[row["isbn13"]]
            world.put(*key, int(row["counted"]) - world.units(*key))

        def ask(session):
            actor = setup.system_actor(session, clock.now())
            stocktake = counting_sessions.new_session(session, actor, "cycle", {})
            assert not counting_sessions.add_tasks(session, stocktake, {places[row["location"]]: () for row in counted})
            return stocktake

        return world, database.write(ask)


def work(house, desk, world, stocktake):
    """Eight pick and four count, all at once; the trouble of any of them is raised when the others are done."""
    names = [f"Picker {number}" for number in range(PICKERS)] + [f"Counter {number}" for number in range(COUNTERS)]
    badges = hire(house.process.port, desk, names)
    equipment = desk.get("/equipment/")
    totes = [tote["code"] for tote in equipment["totes"]]
    carts = [code for _, code, _ in equipment["carts"]]
    over = threading.Event()
    with ThreadPoolExecutor(len(badges)) as crew:
        done = []
        for number, badge in enumerate(badges[:PICKERS]):
            hand = CarefulHand(house.process.port, badge, cart=carts[number])
            hand.world, hand.faults = world, Faults(random.Random(number), repeated=REPEATED, padded=PADDED)
            done.append(crew.submit(hand.pick_all, totes))
        for number, badge in enumerate(badges[PICKERS:]):
            person = Person(house.process.port, badge, faults=Faults(random.Random(number), repeated=REPEATED))
            counter = ShelfCounter(world, Tablet(person), Habits(random.Random(number)), asks=f"#next:{stocktake}")
            done.append(crew.submit(count_until, over, counter))
        while not is_counted(desk, stocktake) and not any(each.done() and each.exception() for each in done):
            time.sleep(PAUSE_S)
        over.set()
        for each in done:
            each.result()


def count_until(over, counter):
    """A recount may come as long as anybody counts, so who finds nothing to count asks again."""
    while not over.is_set():
        if not counter.step():
            time.sleep(PAUSE_S)


def is_counted(desk, stocktake):
    found = desk.get(f"/stocktakes/{stocktake}")["stocktake"]
    return found["shelves_done"] == found["shelves"] and not found["recounts_open"]


def approve_the_rest(desk, stocktake):
    """What is dear; nothing else is left, for nobody counted wrong."""
    found = desk.get(f"/stocktakes/{stocktake}")["differences"]
    dear = [each["id"] for each in found if each["state"] == "approval"]
    if dear:
        desk.post(f"/stocktakes/{stocktake}/approve", result=dear, cause="unknown")
    desk.post(f"/stocktakes/{stocktake}/close")


# --- The evening ------------------------------------------------------------------------------------------------------


def check_differences(session, stocktake):
    """Each is the file's, less what pickers found missing at that shelf before it was counted; nearly all are found by
    the count alone."""
    wanted = Counter({(row["location"], row["isbn13"]): int(row["difference"])
                      for row in shared_rows("orders", "expected_stocktake.csv")})
    rows = session.execute(
        select(Location.code, Item.isbn13, CountResult.units, CountResult.state, CountLine.last_move_id)
        .join(CountLine, CountLine.id == CountResult.line_id).join(Location, Location.id == CountResult.location_id)
        .join(Item, Item.id == CountResult.item_id).where(CountResult.session_id == stocktake)).all()
    found, missed = Counter(), Counter()
    for shelf, isbn, units, state, last_move in rows:
        found[shelf, isbn] = units
        missed[shelf, isbn] = missing(session, shelf, isbn, StockMove.id <= last_move)
        assert state in ("matched", "posted", "approved"), (shelf, isbn, state)
    for key in wanted.keys() - found.keys():  # Written off before the count, which then found nothing at all.
        missed[key] = missing(session, *key)
    assert {key: found[key] - missed[key] for key in {*found, *missed} if found[key] != missed[key]} == wanted
    assert sum(missed[key] == 0 for key in wanted) > len(wanted) * 0.7


def missing(session, shelf, isbn, *conditions):
    """Copies of a title that pickers reported missing at a shelf."""
    return session.execute(
        select(func.coalesce(func.sum(StockMove.units), 0))
        .join(Location, Location.id == StockMove.source_id).join(Item, Item.id == StockMove.item_id)
        .where(Location.code == shelf, Item.isbn13 == isbn, StockMove.reason == "short", *conditions)).scalar_one()


def check_picks(session, world, before):
    """What left the shelves by hand left them in the books: no pick is lost, none is counted twice."""
    picked = Counter()
    rows = session.execute(select(StockMove.source_id, StockMove.item_id, func.sum(StockMove.units))
                           .where(StockMove.reason == "pick").group_by(StockMove.source_id, StockMove.item_id))
    for place, item, units in rows:
        picked[place, item] = units
    assert picked == before - world.everything()
    assert picked.total() > 1000


def check_shelves(session, world):
    """The books have what lies there: on the counted shelves because they were counted, on the others still."""
    codes = dict(session.execute(select(Location.id, Location.code)).all())
    isbns = dict(session.execute(select(Item.id, Item.isbn13)).all())
    kept = books.on_hand(session) + books.on_hand(session, condition="damaged")
    assert kept == Counter({(codes[place], isbns[item]): units for (place, item), units in world.everything().items()})


def picks_during_the_count(session, stocktake):
    """Picks at counted shelves between the first and the last line of the count."""
    first, last = session.execute(
        select(func.min(CountLine.last_move_id), func.max(CountLine.last_move_id))
        .join(CountResult, CountResult.line_id == CountLine.id).where(CountResult.session_id == stocktake)).one()
    counted = select(CountResult.location_id).where(CountResult.session_id == stocktake)
    return session.execute(
        select(func.count()).where(StockMove.reason == "pick", StockMove.id > first, StockMove.id <= last,
                                   StockMove.source_id.in_(counted))).scalar_one()
