"""A small warehouse as it really is, beside its books: what lies where, whether or not the books know it. People take
from it and look at it; so a test can tell what every count should find.

To take a copy and to scan it are one step, and so are to look at a shelf and to scan what is seen: both hold the shelf.
"""

import random
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

from warehouse.domain.own_labels import make_label
from warehouse.errors import Refusal

GOOD, DAMAGED = 0, 1
MOST_BY_PAD = 4
LOOKS_AGAIN = 0.7


@dataclass
class World:
    """`lies` is what lies at (place, item) as [good, damaged] copies. `errors` is by how many copies a counter went
    wrong in a task, by their own fault alone: (task, item) -> copies. Whatever others do meanwhile is no excuse."""

    lies: dict = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    errors: dict = field(default_factory=dict)
    locks: dict = field(default_factory=lambda: defaultdict(threading.RLock))
    guard: threading.Lock = field(default_factory=threading.Lock)

    def at(self, place):
        """Held while somebody takes from a place or looks at it."""
        with self.guard:
            return self.locks[place]

    def units(self, place, item):
        return sum(self.lies[place, item])

    def good(self, place, item):
        return self.lies[place, item][GOOD]

    def damaged(self, place, item):
        return self.lies[place, item][DAMAGED]

    def put(self, place, item, units, condition=GOOD):
        """Copies come there, or with a negative number leave."""
        self.lies[place, item][condition] += units
        assert self.lies[place, item][condition] >= 0, "nobody takes what is not there"

    def titles(self, place):
        """Items of which something lies there."""
        with self.guard:
            kept = list(self.lies.items())
        return sorted(item for (where, item), units in kept if where == place and sum(units))

    def forget_errors(self, task_id, counted):
        """Titles that are counted as none now: what was scanned of them before was thrown away."""
        for key in list(self.errors):
            if key[0] == task_id and key[1] not in counted:
                del self.errors[key]

    def everything(self):
        return Counter({key: sum(units) for key, units in self.lies.items() if sum(units)})


@dataclass
class Habits:
    """How somebody works: how often they err, type numbers, press undo, walk away. Shares of their steps."""

    chance: random.Random
    errs: float = 0.0
    types: float = 0.5
    undoes: float = 0.0
    strays: float = 0.0

    def strike(self, share):
        return share > 0 and self.chance.random() < share

    def some(self, most):
        return self.chance.randint(1, min(most, MOST_BY_PAD)) if self.strike(self.types) else 1


class ShelfCounter:
    """Somebody who counts shelves, title by title. `door` is the house: open(raw), scan(task_id, raw, **more) and
    look(task_id) give answers as the tablet gets them."""

    def __init__(self, world, door, habits, *, asks="#next"):
        self.world, self.door, self.habits, self.asks = world, door, habits, asks
        self.drop()

    def drop(self):
        """No shelf in hand."""
        self.task, self.titles = None, {}
        self.begin_anew()

    def begin_anew(self):
        """Nothing of this shelf is counted yet. `done` are the titles that are behind the counter, `present` the one
        under count: `left` copies are still to be scanned, `scanned` ones are, `seen` lay there at the last look, and
        `error` is how many too many will have been scanned."""
        self.done, self.present, self.left, self.scanned, self.marked, self.seen = set(), None, 0, 0, 0, 0
        self.error = 0

    @property
    def shelf(self):
        return self.task["location"]["id"]

    def step(self):
        """One thing that a counter does; False where there was nothing to do."""
        if self.task is None:
            return self.open(self.which())
        with self.world.at(self.shelf):
            if self.habits.strike(self.habits.strays):
                self.take(self.press("#give_back"))
                return True
            if self.task["step"] == "shelf":
                self.take(self.door.scan(self.task["task_id"], make_label("location", self.shelf)))
            elif self.present is not None:
                self.go_on()
            elif (titles := self.to_count()):
                self.begin(self.habits.chance.choice(titles))
            else:
                self.finish()
        return True

    def which(self):
        """What the house hands out; now and then a shelf at which the counter just stands."""
        if self.habits.strike(self.habits.strays * 10):
            return make_label("location", self.habits.chance.choice(sorted(self.world.lies))[0])
        return self.asks

    def open(self, raw):
        answer = self.door.open(raw)
        if not answer["go"]:
            return False
        self.drop()
        self.task = self.door.look(int(answer["go"].rpartition("/")[2]))
        if self.task["may_take_over"]:
            self.take(self.press("#take_over"))
        elif not self.task["is_mine"]:
            self.drop()
        return True

    def to_count(self):
        """Titles that lie here and are not behind the counter yet; where titles are asked for, only those."""
        asked = {line["item_id"] for line in self.task["lines"] if line["is_asked"]}
        return [item for item in self.world.titles(self.shelf)
                if item not in self.done and (self.task["covers_shelf"] or item in asked)]

    # --- One title ----------------------------------------------------------------------------------------------------

    def begin(self, item):
        here = self.world.units(self.shelf, item)
        self.error = self.habits.chance.choice((-1, 1, 2)) if self.habits.strike(self.habits.errs) else 0
        self.present, self.left, self.scanned, self.marked, self.seen = item, here + self.error, 0, 0, here
        if not self.left:  # Overlooked.
            self.done.add(item)
            self.present = None
        else:
            self.scan_some()

    def go_on(self):
        """Scan what is left of the title. Somebody may have taken a copy that was scanned already, or one that was
        not."""
        here = self.world.units(self.shelf, self.present)
        if here != self.seen and self.habits.strike(0.5):
            self.left = max(0, self.left + here - self.seen)
        self.seen = here
        if self.left:
            self.scan_some()
        elif self.marked < min(self.scanned, self.world.damaged(self.shelf, self.present)):
            if self.take(self.press("#damaged")):
                self.marked += 1
        elif self.habits.strike(self.habits.undoes) and not self.marked:
            self.undo()
        else:
            self.done.add(self.present)
            self.present = None

    def scan_some(self):
        if self.scanned and self.habits.strike(self.habits.types):
            units, answer = self.left, self.press(f"#set:{self.scanned + self.left}")
        else:
            units = self.habits.some(self.left)
            answer = self.door.scan(self.task["task_id"], make_label("item", self.present),
                                    **({"units": units} if units > 1 else {}))
        if self.take(answer):
            self.titles[answer["facts"]["title"]] = self.present
            self.scanned, self.left = self.scanned + units, self.left - units

    def undo(self):
        answer = self.press("#undo")
        if self.take(answer) and answer["code"] == "counting.undone":
            self.left, self.scanned = self.left + self.scanned - answer["facts"]["n"], answer["facts"]["n"]
            if not self.scanned:
                # Nothing is counted any more: the copies are taken in hand anew, those that still lie here.
                self.seen = self.world.units(self.shelf, self.present)
                self.left = max(0, self.seen + self.error)

    # --- What the house says ------------------------------------------------------------------------------------------

    def press(self, command):
        return self.door.scan(self.task["task_id"], command, step=self.task["step_id"])

    def take(self, answer):
        """Do what the answer asks for; whether it was accepted."""
        task = answer["task"]
        if task["state"] != "counting" or not task["is_mine"]:
            self.drop()
            return answer["outcome"] == "accepted"
        if answer["code"] in ("counting.taken_over", "counting.at_shelf", "counting.at_shelf_for_titles"):
            self.begin_anew()
        self.task = task
        if answer["code"] == "counting.changed_meanwhile":
            self.again(self.titles[answer["facts"]["title"]])
        if answer["outcome"] == "accepted" and self.present is not None:
            self.world.errors[task["task_id"], self.present] = self.error
        return answer["outcome"] == "accepted"

    def again(self, item):
        """Count this title once more, from its first copy on."""
        self.done.discard(item)
        self.present = None

    def finish(self):
        """Nothing is left to be scanned. What the house asks about is looked for once more."""
        here, task_id = self.shelf, self.task["task_id"]
        counted = {line["item_id"] for line in self.task["lines"] if line["units"] is not None}
        overlooked = {item: self.world.units(here, item) for item in self.world.titles(here) if item not in counted}
        answer = self.press("#finish" if counted or not self.task["covers_shelf"] else "#empty")
        if answer["outcome"] == "accepted":
            self.world.forget_errors(task_id, counted)
            self.world.errors.update({(task_id, item): -units for item, units in overlooked.items()})
        self.take(answer)
        is_asked = self.task is not None and answer["code"] in ("counting.not_seen", "counting.nothing_counted")
        if is_asked and self.habits.strike(LOOKS_AGAIN):
            self.done -= overlooked.keys()


class Hands:
    """What a picker takes and gives back at shelves, kept for undo: [(shelf, item, units)]."""

    def __init__(self, world):
        self.world, self.taken = world, []

    def take(self, shelf, item, units):
        self.world.put(shelf, item, -units)
        self.taken.append((shelf, item, units))

    def give_back(self):
        shelf, item, units = self.taken.pop()
        self.world.put(shelf, item, units)


def tried(use_case, *args, **more):
    """The answer, or None where the house refuses it."""
    with suppress(Refusal):
        return use_case(*args, **more)
    return None
