"""Picks and put-aways go on while a shelf is counted, in any order: in the end the books are the physical world."""

import random

import pytest

from tests.builders import an_item, stock_at, units_at
from tests.counting_builders import Counter, a_count, lines_of, put_on, take_from
from warehouse.domain.stocktakes import Tolerances

# Everything is posted on the first count, so that one person's round shows it.
GENEROUS = Tolerances(units=1000, minor=10**9, approval_minor=10**9)


class World:
    """What really lies on one shelf, which is not what the books say."""

    def __init__(self, db, actor, shelf, found, dice):
        self.db, self.actor, self.shelf, self.dice = db, actor, shelf, dice
        self.units = dict(found)

    def go_on(self):
        """Now and then somebody else takes or brings copies, hand and scan together."""
        if self.dice.random() > 0.3:
            return
        item = self.dice.choice(list(self.units))
        if self.dice.random() < 0.5:
            put_on(self.db, self.shelf, item)
            self.units[item] += 1
        elif self.units[item] and units_at(self.db, self.shelf, item)[0]:
            take_from(self.db, self.actor, self.shelf, item)
            self.units[item] -= 1

    def count(self, counter, item):
        """As many copies as there were at the first one: who counts does not see what others take or bring. From the
        first copy again where the screen says so."""
        while True:
            self.go_on()
            here = self.units[item]
            for copy in range(here):
                if copy:
                    self.go_on()
                if counter.scan(item.isbn).outcome == "refused":
                    break
            else:
                return


@pytest.mark.parametrize("seed", range(3))
def test_the_books_are_the_physical_world_after_a_count_beside_the_work(db, actor, picker, seed):
    dice = random.Random(seed)
    items = [an_item(db, title, isbn=isbn, price_minor=4500) for title, isbn in (
        ("Dune", "9780441013593"), ("Emma", "9780141439587"), ("Walden", "9780691096124"))]
    found, on_record = {}, {}
    for item in items:
        on_record[item], found[item] = dice.randint(1, 8), dice.randint(0, 8)
        shelf = stock_at(db, "B-07-3", item, units=on_record[item])
    world = World(db, actor, shelf, found, dice)
    task_id, = a_count(db, actor, shelf, tolerances=GENEROUS)
    counter = Counter(db, picker, task_id)
    counter.scan(shelf.label)

    for item in dice.sample(items, len(items)):
        world.count(counter, item)
    if counter.task["titles"] == 0:
        counter.press("#empty")
    for _ in range(20):
        if counter.task["step"] == "done":
            break
        asked = counter.press("#finish")
        for item in items:
            if asked.code == "counting.not_seen" and item.title in asked.facts["titles"] and world.units[item]:
                world.count(counter, item)

    assert counter.task["step"] == "done"
    for item in items:
        counted, _, on_record_then = lines_of(db, task_id).get(item.id, (0, 0, 0))
        assert counted - on_record_then == found[item] - on_record[item], item.title
    for _ in range(10):
        world.go_on()
    assert {item: sum(units_at(db, shelf, item, condition)[0] for condition in ("good", "damaged"))
            for item in items} == world.units
