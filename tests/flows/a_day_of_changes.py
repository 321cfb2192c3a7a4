"""A desk that changes its mind all day, by chance: orders are stopped, cut, filled up, merged, split, called off and
sent elsewhere while people pick, pack, load and put back, and some of what left comes back. Whatever they do, after
each step the books have every copy where hands have put it, and what leaves is what was wanted last."""

import random
from collections import Counter, defaultdict

import pytest
from sqlalchemy import func, select

from tests import builders
from tests.floor import Picker, a_scan, broken_claims, release
from tests.returns_builders import brought_in
from tests.shipping_day import dock_station, labelled
from warehouse.domain.own_labels import make_label
from warehouse.errors import Refusal
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun, Tote
from warehouse.models.stock import Location, PutBack, StockMove
from warehouse.services import (
    cancellation,
    orders_change,
    orders_merge,
    orders_review,
    orders_split,
    packing,
    putback,
)
from warehouse.services.packing_look import look as look_bench

TITLES = ("Dune", "Emma", "Walden", "Ulysses")
SHELVES = ("A-01-1", "A-02-1", "B-01-1")
STEPS, MOST_ROUNDS, MOST_SCANS, WHY = 240, 60, 500, "asked by phone"
UNDER_WAY = ("received", "held", "confirmed", "released", "picking", "picked", "packing", "packed")
FLOOR = ("tote", "parcel")
# What the bench is answered about a box that nobody reported delivered.
SENT_BY_CUSTOMER = 2


def test_whatever_the_desk_changes_the_books_have_every_copy_where_it_lies(db, actor, picker, packer):
    done = play(db, actor, picker, packer, 7)
    # The day has something of each.
    assert set(done) >= {"change_units", "cancel_units", "add_line", "choose_item", "hold", "cancel", "address",
                         "split", "load", "put_back", "comes_back"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 104))
def test_they_do_on_many_days(db, actor, picker, packer, seed):
    play(db, actor, picker, packer, seed)


def play(db, actor, picker, packer, seed):
    day = Day(db, actor, picker, packer, random.Random(seed))
    for step in range(STEPS):
        day.somebody_acts()
        assert day.books() == day.world(), f"seed {seed}, step {step}: {day.last}"
    day.come_to_rest()
    assert day.books() == day.world(), f"seed {seed}, at rest: {day.last}"
    assert day.floor == Counter(), f"seed {seed}: left on the floor"
    assert day.sent() == day.wanted(), f"seed {seed}"
    assert broken_claims(db) == []
    return day.done


class Day:
    """`shelves`, `floor` and `away` are where hands have put the copies; `boxes` what lies in each parcel."""

    def __init__(self, db, desk, picker, packer, chance):
        self.db, self.desk, self.picker, self.packer, self.chance = db, desk, picker, packer, chance
        self.items = [builders.an_item(db, title, isbn=None, weight_g=300) for title in TITLES]
        self.shelves, self.floor, self.away, self.back = Counter(), Counter(), Counter(), Counter()
        self.boxes, self.gone, self.done, self.last = defaultdict(Counter), defaultdict(Counter), Counter(), ""
        self.places = [builders.a_shelf(db, code, zone=code[0]) for code in SHELVES]
        for place in self.places:
            for item in self.items:
                builders.stock_at(db, place, item, 12)
                self.shelves[place.id, item.id] = 12
        for number in range(1, 60):
            builders.a_tote(db, f"T-{number:02}")
        self.docks = {}
        for _ in range(4):
            self.new_order()

    # --- What lies where ----------------------------------------------------------------------------------------------

    def world(self):
        return +self.shelves, +self.floor, +self.away

    def books(self):
        """The same by the moves alone."""
        shelves, floor, away = Counter(), Counter(), Counter()
        with self.db.read() as session:
            for sign, end in ((1, StockMove.target_id), (-1, StockMove.source_id)):
                for place, kind, code, item, units in session.execute(
                    select(Location.id, Location.kind, Location.code, StockMove.item_id, func.sum(StockMove.units))
                    .join(Location, Location.id == end)
                    .group_by(Location.id, Location.kind, Location.code, StockMove.item_id)
                ):
                    if kind == "shelf":
                        shelves[place, item] += sign * int(units)
                    elif kind in FLOOR:
                        floor[item] += sign * int(units)
                    elif code == "CUSTOMER":
                        away[item] += sign * int(units)
        return +shelves, +floor, +away

    def sent(self):
        return {order_id: dict(box) for order_id, box in self.gone.items()}

    def wanted(self):
        """Of the orders that left, what they still wanted in the end."""
        with self.db.read() as session:
            rows = session.execute(
                select(OrderLine.order_id, OrderLine.item_id,
                       func.sum(OrderLine.units_wanted - OrderLine.units_cancelled - OrderLine.units_short))
                .join(Order, Order.id == OrderLine.order_id).where(Order.dispatched_at.is_not(None))
                .group_by(OrderLine.order_id, OrderLine.item_id))
            found = defaultdict(dict)
            for order_id, item_id, units in rows:
                if units:
                    found[order_id][item_id] = int(units)
        return dict(found)

    # --- Who acts -----------------------------------------------------------------------------------------------------

    def somebody_acts(self):
        acts = {"desk_acts": 6, "pick": 7, "pack": 7, "load": 2, "put_back": 2, "comes_back": 1}
        name = self.chance.choices(list(acts), weights=acts.values())[0]
        self.last = name
        getattr(self, name)()

    def ids(self, *states):
        with self.db.read() as session:
            return list(session.execute(
                select(Order.id).where(Order.state.in_(states)).order_by(Order.id)).scalars())

    def one_of(self, *states):
        found = self.ids(*states)
        return self.chance.choice(found) if found else None

    def lines(self, order_id):
        with self.db.read() as session:
            return session.execute(
                select(OrderLine.id, OrderLine.item_id, OrderLine.units_wanted, OrderLine.units_cancelled)
                .where(OrderLine.order_id == order_id).order_by(OrderLine.id)).all()

    # --- The desk -----------------------------------------------------------------------------------------------------

    def new_order(self):
        wanted = {item: self.chance.randint(1, 3) for item in self.chance.sample(self.items, self.chance.randint(1, 2))}
        builders.an_order(self.db, wanted, when_short=self.chance.choice(("part", "cancel")), total_minor=20_000)

    def desk_acts(self):
        if self.chance.random() < 0.25 or not self.ids(*UNDER_WAY):
            if self.chance.random() < 0.6:
                self.new_order()
            self.release()
            return
        order_id = self.one_of(*UNDER_WAY)
        line = self.chance.choice(self.lines(order_id))
        units, item = self.chance.randint(0, 4), self.chance.choice(self.items).id
        other = self.one_of(*UNDER_WAY)
        acts = {
            "change_units": (orders_change.change_units, line.id, units, WHY),
            "cancel_units": (orders_change.cancel_units, line.id, 1, WHY),
            "add_line": (orders_change.add_line, order_id, item, 1, WHY),
            "choose_item": (orders_change.choose_item, line.id, item, WHY),
            "hold": (orders_change.hold, order_id, WHY),
            "cancel": (cancellation.cancel_order, order_id, WHY),
            "address": (orders_change.mend_address, order_id, {"street": f"南山路 {self.chance.randint(1, 99)} 号"}, WHY),
            "split": (orders_split.split, order_id, {line.id: 1}, WHY),
            "merge": (orders_merge.merge, order_id, other, WHY),
            "lift": None,
        }
        name = self.chance.choice(list(acts))
        self.last = f"{name} of order {order_id}"
        if name == "lift":
            self.lift()
        elif self.tried(*acts[name]):
            self.done[name] += 1

    def tried(self, use_case, *args):
        """Whether the house did it. What it refuses, it refuses with a name, and nothing has changed."""
        try:
            self.db.write(use_case, self.desk, *args)
        except Refusal:
            return False
        return True

    def lift(self):
        with self.db.read() as session:
            holds = list(session.execute(
                select(Hold.id).join(Order, Order.id == Hold.order_id)
                .where(Hold.lifted_at.is_(None), Order.state == "held").order_by(Hold.id)).scalars())
        for hold_id in holds:
            self.tried(orders_review.lift, hold_id, "answered")

    def release(self):
        if waiting := [builders.AnOrder(order_id, "", "", ()) for order_id in self.ids("confirmed")]:
            release(self.db, self.desk, *waiting, grouping=self.chance.choice(("together", "by_order")))

    # --- The floor ----------------------------------------------------------------------------------------------------

    def free_tote(self):
        with self.db.read() as session:
            return make_label("tote", session.execute(
                select(Tote.id).where(Tote.state == "free").order_by(Tote.id)).scalars().first())

    def pick(self):
        with self.db.read() as session:
            runs = list(session.execute(
                select(PickRun.id, PickRun.state).where(PickRun.state.in_(("planned", "binding", "started")))
                .order_by(PickRun.id)))
        if not runs:
            return False
        run_id, state = self.chance.choice(runs)
        walk = Picker.__new__(Picker)
        if state == "planned":
            walk.__init__(self.db, self.picker, run_id)
        else:
            walk.db, walk.actor, walk.run_id = self.db, self.picker, run_id
        task = walk.task
        while task["step"] == "bind":
            walk.scan(self.free_tote())
            task = walk.task
        stop = task["stop"]
        raw = {"shelf": lambda: make_label("location", stop["location_id"]),
               "item": lambda: make_label("item", stop["item_id"]),
               "tote": lambda: make_label("tote", stop["tote_id"])}.get(task["step"])
        if raw is None:
            return False
        answer = walk.scan(raw())
        assert answer.outcome == "accepted", answer
        if task["step"] == "item":
            self.shelves[stop["location_id"], stop["item_id"]] -= 1
            self.floor[stop["item_id"]] += 1
        return True

    def pack(self):
        order_id = self.one_of("picked", "packing")
        if order_id is None:
            return False
        with self.db.read() as session:
            now = look_bench(session, order_id)
        unwanted = [(parcel, line) for parcel in now.parcels for line in parcel.out]
        self.last = f"pack order {order_id} at {now.bench.step}"
        if now.bench.step == "start" and not now.bench.units_left and not unwanted:
            self.bench(order_id, make_label("order", order_id))  # The slip: its totes may be gone.
        elif unwanted and not now.totes:
            self.bench(order_id, self.free_tote())
        elif unwanted:
            parcel, line = unwanted[0]
            item = now.line(line).item_id
            self.bench(order_id, make_label("item", item))
            self.boxes[parcel.id][item] -= 1
        elif now.bench.units_left:
            item = next(line.item_id for line in now.lines if line.units_left)
            self.bench(order_id, make_label("item", item))
            with self.db.read() as session:
                self.boxes[look_bench(session, order_id).parcel.id][item] += 1
        elif now.must_read:
            self.bench(order_id, "#ack", step=now.step_id)
        else:
            self.bench(order_id, "#weight_override:900:checked", step=now.step_id)
        return True

    def bench(self, order_id, raw, **more):
        answer = self.db.write(packing.scan, self.packer, order_id, a_scan(raw, **more))
        assert answer.outcome == "accepted", (order_id, answer)

    def load(self):
        """One packed order gets its labels and goes onto the driver's list."""
        order_id = self.one_of("packed")
        if order_id is None:
            return False
        with self.db.read() as session:
            boxes = session.execute(
                select(Parcel.id, Parcel.state).where(Parcel.order_id == order_id, Parcel.state == "closed")).all()
        dock = self.docks.setdefault("SF", dock_station(self.db, self.packer))
        for box in boxes:
            answer = dock.scan(labelled(self.db, self.packer, box.id))
            assert answer.outcome == "accepted", answer
            inside = +self.boxes.pop(box.id)
            self.floor -= inside
            self.away += inside
            self.gone[order_id] += inside
        self.done["load"] += 1
        return True

    def put_back(self):
        with self.db.read() as session:
            rows = session.execute(
                select(PutBack.source_id, PutBack.item_id, Parcel.id)
                .join(Parcel, Parcel.location_id == PutBack.source_id, isouter=True)
                .where(PutBack.done_at.is_(None)).order_by(PutBack.id)).all()
        if not rows:
            return False
        source, item, parcel = self.chance.choice(rows)
        answer = self.db.write(putback.scan, self.packer, source, a_scan(make_label("item", item)))
        if answer.outcome != "accepted":
            return False  # Still in a box that the packer opens first.
        home = self.chance.choice(self.places)
        answer = self.db.write(putback.scan, self.packer, source, a_scan(home.label))
        assert answer.outcome == "accepted", answer
        self.floor[item] -= 1
        self.shelves[home.id, item] += 1
        if parcel is not None:
            self.boxes[parcel][item] -= 1
        self.done["put_back"] += 1
        return True

    def comes_back(self):
        """One copy of what left comes back in its own box, as new or damaged."""
        order_id = self.one_of("dispatched")
        if order_id is None or self.back[order_id]:
            return
        with self.db.read() as session:
            number = session.execute(select(Parcel.number).where(
                Parcel.order_id == order_id, Parcel.state == "handed_over")).scalars().first()
        item = next(each for each in self.items if self.gone[order_id][each.id])
        self.last = f"return of order {order_id}"
        copies = [(item, self.chance.choice(("as_new", "damaged")))]
        brought_in(self.db, self.packer, number, copies, choice=SENT_BY_CUSTOMER)
        self.away[item.id] -= 1
        self.back[order_id] += 1
        self.done["comes_back"] += 1

    # --- The evening --------------------------------------------------------------------------------------------------

    def come_to_rest(self):
        """Nobody changes anything any more; what is open goes out, or is called off where no shelf has it."""
        for _ in range(MOST_ROUNDS):
            self.lift()
            self.release()
            self.last = "rest"
            for work in (self.pick, self.pack, self.load, self.put_back):
                for _ in range(MOST_SCANS):
                    if not work():
                        break
                    assert self.books() == self.world(), self.last
            stuck = self.ids("received", "held", "confirmed")
            for order_id in stuck if not self.ids("released", "picking", "picked", "packing", "packed") else ():
                self.tried(cancellation.cancel_order, order_id, "not to be had")
            if not self.ids(*UNDER_WAY) and not self.put_back():
                return
        raise AssertionError(f"never done: {self.ids(*UNDER_WAY)}")
