"""The floor on a day: eight people who fetch, check, label and load whatever waits, and each one's own log of
what went through their hands. The log is written from what they did, so it can judge the program's books."""

import threading
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.flows.crew import Person, Refused, label

ORDERS_AT_ONCE = 4
GRAMS = 500
PAD_FROM_UNITS = 3
SECOND_PARCEL, MENDED_BY_REPLACING, MENDED_BY_PART = 0.02, 0.5, 0.8
# Somebody else was faster, or it is no longer there.
TAKEN_BY_OTHERS = {
    "packing.not_yours", "packing.order_packed", "packing.order_not_picked", "packing.order_held",
}


@dataclass
class Log:
    """Copies by ISBN as hands moved them. `empty` are shelves that were reported to hold no more of a title,
    `short` the copies that were found nowhere, `replaced` those fetched again after they were lost at the
    bench."""

    taken: Counter = field(default_factory=Counter)
    damaged: Counter = field(default_factory=Counter)
    empty: set = field(default_factory=set)
    short: Counter = field(default_factory=Counter)
    bench_damaged: Counter = field(default_factory=Counter)
    bench_missing: Counter = field(default_factory=Counter)
    replaced: Counter = field(default_factory=Counter)
    packed: Counter = field(default_factory=Counter)
    handed_over: Counter = field(default_factory=Counter)

    def add(self, other):
        for name, kept in vars(self).items():
            kept.update(getattr(other, name))


@dataclass
class Floor:
    """What all hands share: the stack of empty totes, those of single-line runs and which of them
    somebody is emptying, and how many are at work."""

    totes: deque
    singles: set = field(default_factory=set)
    in_use: set = field(default_factory=set)
    at_work: int = 0
    jobs_done: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)

    def take_totes(self, count):
        """That many empty totes, or none where the stack is too low."""
        with self.news:
            return [self.totes.popleft() for _ in range(count)] if len(self.totes) >= count else []

    def give_back(self, totes):
        with self.news:
            self.totes.extend(totes)


def code_on(book):
    """What a gun reads from a copy: its ISBN, or our own label on one that has none, such as a used one."""
    return book["isbn13"] or label("item", book["item_id"])


class Hand(Person):
    """A packer, who may pick, pack and ship."""

    def __init__(self, port, badge, *, cart="", faults=None):
        super().__init__(port, badge, faults=faults)
        self.cart = cart
        self.log = Log()
        self.lists = {}
        self.lost = ""
        self.emptied = []

    # --- Picking ----------------------------------------------------------------------------------

    def load(self, run, totes):
        """Make a run one's own and bind cart and totes; the task, ready for the first shelf."""
        path, totes = f"/pick/{run}/scan", iter(totes)
        task = self.post(f"/pick/{run}/start")["task"]
        while task["step"] in ("cart", "bind"):
            self.err(path, task, right=self.faults.things[:1])
            task = self.must(path, self.cart if task["step"] == "cart" else next(totes))
        return task

    def walk(self, run, task, *, scans=100_000):
        """Scan what is asked for, to the end of the run or `scans` times; the task then."""
        while task["step"] != "done" and scans:
            task = self.fetch(f"/pick/{run}/scan", task)
            scans -= 1
        return task

    def fetch(self, path, task):
        """One right scan at the stop, or a report that a copy is damaged or not there."""
        stop = task["stop"]
        shelf, isbn = label("location", stop["location_id"]), code_on(stop)
        self.err(path, task, right=(shelf, stop["location"], isbn, stop["tote"]))
        if task["step"] == "shelf":
            return self.must(path, stop["location"] if self.faults.strike(0.5) else shelf)
        if task["step"] == "tote":
            return self.must(path, stop["tote"])
        if self.faults.strike(self.faults.lost):
            return self.report(path, task)
        units = self.some(stop["units_left"])
        self.log.taken[stop["location"], isbn] += units
        return self.must(path, isbn, **({"units": units} if units > 1 else {}))

    def some(self, units_left):
        """One copy, or all of many by the number pad."""
        return units_left if units_left >= PAD_FROM_UNITS and self.faults.strike(self.faults.padded) else 1

    def report(self, path, task):
        stop = task["stop"]
        here = stop["location"], stop["isbn13"]
        if self.faults.strike(0.5):
            self.log.damaged[here] += 1
            answer = self.scan(path, "#damaged", step=task["step_id"])
        else:
            self.log.empty.add(here)
            answer = self.scan(path, "#short:not_enough", step=task["step_id"])
        assert answer["outcome"] == "accepted", answer
        if answer["code"] == "picking.short":
            self.log.short[stop["isbn13"]] += answer["facts"]["n"]
        return answer["task"]

    # --- Packing ----------------------------------------------------------------------------------

    def pack(self, order, tote):
        """Check an order out of its tote into parcels; the task at the end, or None where others are at
        it."""
        path = f"/pack/{order}/scan"
        answer = self.scan(path, tote)
        if answer["code"] in TAKEN_BY_OTHERS:
            return None
        assert answer["outcome"] == "accepted", answer
        return self.pack_on(order, answer["task"])

    def pack_on(self, order, task):
        """Go on with an order that is on this bench until it is packed or waits for somebody else."""
        path = f"/pack/{order}/scan"
        while task["state"] == "packing":
            if task["step"] == "scan":
                task = self.check(path, task)
            elif task["step"] == "read":
                task = self.must(path, "#ack", step=task["step_id"])
            elif task["step"] == "decide":
                task = self.decide(path, task)
            else:
                task = self.weigh(path, task)
        return task

    def check(self, path, task):
        line = next(line for line in task["lines"] if line["units_left"])
        self.err(path, task, right=[each["isbn13"] for each in task["lines"]])
        if self.faults.strike(self.faults.lost):
            is_damaged = self.faults.strike(0.5)
            self.lost = line["isbn13"]
            (self.log.bench_damaged if is_damaged else self.log.bench_missing)[self.lost] += 1
            command = "damaged" if is_damaged else "missing"
            return self.must(path, f"#{command}:{line['id']}", step=task["step_id"])
        if task["parcels"] and task["parcels"][-1]["units"] and self.faults.strike(
            SECOND_PARCEL if self.faults.padded else 0
        ):
            task = self.must(path, "#new_parcel", step=task["step_id"])
        units = self.some(line["units_left"])
        self.log.packed[task["order_id"], line["isbn13"]] += units
        return self.must(path, code_on(line), **({"units": units} if units > 1 else {}))

    def decide(self, path, task):
        """A copy was just lost here: fetch another, go without it, or leave it to the desk."""
        wish = self.faults.chance.random()
        order = ("replace", "part", "hold") if wish < MENDED_BY_REPLACING else (
            ("part", "hold") if wish < MENDED_BY_PART else ("hold",))
        for decision in order:
            answer = self.scan(path, f"#{decision}", step=task["step_id"])
            if answer["outcome"] == "accepted":
                self.log.replaced[self.lost] += decision == "replace"
                return answer["task"]
        raise AssertionError(answer)

    def weigh(self, path, task):
        self.emptied = task["totes"]
        box = next(parcel for parcel in task["parcels"] if parcel["state"] == "open" and parcel["units"])
        return self.must(path, f"#weight:{box['expected_weight_g'] or GRAMS}", step=task["step_id"])

    # --- Shipping ---------------------------------------------------------------------------------

    def ship(self, parcel):
        """Label made, printed, stuck on and proven; the task then."""
        path = f"/ship/{parcel}/scan"
        task = self.must(path, "#label")
        task = self.must(path, "#printed", step=task["step_id"])
        self.err(path, task)
        return self.must(path, task["code"])

    def hand_over(self, code, carrier):
        """Onto the carrier's open list; the list then."""
        if carrier not in self.lists:
            self.lists[carrier] = self.post("/dock/open", carrier=carrier)["task"]["manifest_id"]
        path = f"/dock/{self.lists[carrier]}/scan"
        self.err(path, {})
        return self.must(path, code)

    def send_off(self, task):
        """Label and load every parcel of a packed order."""
        for parcel in task["parcels"]:
            shipped = self.ship(parcel["id"])
            self.hand_over(shipped["code"], task["carrier"])
        self.log.handed_over[task["order_id"]] += 1

    # --- A day ------------------------------------------------------------------------------------

    def work(self, floor):
        """Do whatever waits until nothing does and nobody is at anything that could bring more."""
        while True:
            with floor.news:
                floor.at_work += 1
                seen = floor.jobs_done
            has_done = False
            try:
                has_done = self.serve_bench(floor) or self.serve_shelves(floor)
            finally:
                with floor.news:
                    floor.at_work -= 1
                    floor.jobs_done += has_done
                    if has_done or not floor.at_work:
                        floor.news.notify_all()
            with floor.news:
                while floor.jobs_done == seen and floor.at_work:
                    floor.news.wait()
                if floor.jobs_done == seen:
                    return

    def serve_shelves(self, floor):
        """One run that nobody has, if there is one and totes for it."""
        runs = [run for run in self.get("/pick/")["runs"] if run["person_id"] is None]
        if not runs:
            return False
        run = self.faults.chance.choice(runs)
        totes = floor.take_totes(1 if run["kind"] == "single" else run["orders"])
        if not totes:
            return False
        try:
            task = self.load(run["id"], totes)
        except Refused as refused:
            assert refused.code == "picking.run_taken", refused
            floor.give_back(totes)
            return True
        if run["kind"] == "single":
            floor.singles.update(totes)
            floor.in_use.update(totes)
        self.walk(run["id"], task)
        if run["kind"] == "single":
            self.empty_tote(totes[0])
            floor.in_use.difference_update(totes)
        return True

    def serve_bench(self, floor):
        """Some orders that wait at the bench and nobody is at."""
        waiting = [each for each in self.get("/pack/")["waiting"]
                   if each["packer_id"] is None and each["totes"] and not floor.in_use & set(each["totes"])]
        for order in self.faults.chance.sample(waiting, min(len(waiting), ORDERS_AT_ONCE)):
            task = self.pack(order["order_id"], order["totes"][0])
            if task and task["state"] == "packed":
                floor.give_back(tote for tote in self.emptied if tote not in floor.singles)
                self.send_off(task)
        return bool(waiting)

    def empty_tote(self, tote):
        """A tote of a single-line run: each book leads to its order, the one due first."""
        number = self.scan("/pack/scan", tote)["go"].rpartition("/")[2]
        while titles := self.get(f"/pack/tote/{number}")["task"]["items"]:
            answer = self.scan(f"/pack/tote/{number}/scan", titles[0]["isbn13"])
            if answer["outcome"] == "choose":
                answer = self.scan(f"/pack/tote/{number}/scan", titles[0]["isbn13"])
            if answer["code"] == "packing.nobody_wants":
                return
            assert answer["outcome"] == "accepted", answer
            order = answer["task"]["order_id"]
            self.log.packed[order, titles[0]["isbn13"]] += 1
            task = self.pack_on(order, answer["task"])
            if task["state"] == "packed":
                self.send_off(task)


def work_together(hands, floor):
    """All hands at once; the trouble of any of them is raised when the others are done."""
    with ThreadPoolExecutor(len(hands)) as crew:
        for done in [crew.submit(hand.work, floor) for hand in hands]:
            done.result()
