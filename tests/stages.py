"""One order of three copies of Dune and one Emma at any stage before it leaves, and people who bring it to its end by
scans as on the floor."""

from dataclasses import dataclass

from sqlalchemy import select

from tests.builders import a_place, a_tote, an_item, an_order, order_state, stock_at
from tests.floor import Picker, a_scan, pack, release
from warehouse.domain.own_labels import make_label
from warehouse.models.orders import Hold, Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.picking import PickRun, PickStop, Tote
from warehouse.models.stock import PutBack, StockBalance
from warehouse.services import orders_change, orders_review, packing, putback, shipping
from warehouse.services.packing_look import look as look_bench

STAGES = ("received", "held", "confirmed", "released", "picking", "picked", "packing", "packed", "labelled")


@dataclass
class Under:
    """The order under test and its world: five more copies of Dune, five of Walden, and free totes."""

    db: object
    desk: object
    picker: object
    packer: object
    order: object
    dune: object
    emma: object
    walden: object
    home: object
    walk: object = None

    @property
    def state(self):
        return order_state(self.db, self.order)

    def line(self, number=0):
        return self.order.line_ids[number]

    def go_on(self):
        """Everybody does what their screen asks for until the order is packed and nothing waits to be put back."""
        for _ in range(30):
            state = self.state
            if state == "received":
                self.db.write(lambda session: session.execute(
                    Order.__table__.update().where(Order.id == self.order.id).values(state="confirmed")))
            elif state == "held":
                for hold_id in self.holds():
                    self.db.write(orders_review.lift, self.desk, hold_id, "answered")
            elif state == "confirmed":
                release(self.db, self.desk, self.order)
            elif state in ("released", "picking"):
                self.walk_on()
            elif state in ("picked", "packing"):
                self.pack_on()
            else:
                break
        assert self.state == "packed"
        self.put_all_back()

    def holds(self):
        with self.db.read() as session:
            return list(session.execute(
                select(Hold.id).where(Hold.order_id == self.order.id, Hold.lifted_at.is_(None))).scalars())

    def walk_on(self):
        if self.walk is not None and self.walk.task["state"] in ("binding", "started"):
            self.bind(self.walk)
            self.walk.go_on()
        with self.db.read() as session:
            runs = list(session.execute(
                select(PickRun.id).join(PickStop, PickStop.run_id == PickRun.id)
                .where(PickStop.order_id == self.order.id, PickRun.state == "planned").distinct()).scalars())
        for run in runs:
            walk = Picker(self.db, self.picker, run)
            self.bind(walk)
            walk.go_on()

    def bind(self, walk):
        while walk.task["step"] == "bind":
            walk.scan(self.free_tote())

    def free_tote(self):
        with self.db.read() as session:
            found = session.execute(select(Tote.id).where(Tote.state == "free").order_by(Tote.id)).scalars().first()
        return make_label("tote", found)

    def bench(self):
        with self.db.read() as session:
            return look_bench(session, self.order.id)

    def at_bench(self, raw, **more):
        answer = self.db.write(packing.scan, self.packer, self.order.id, a_scan(raw, **more))
        assert answer.outcome == "accepted", answer
        return answer

    def pack_on(self):
        for _ in range(40):
            now = self.bench()
            unwanted = [line for parcel in now.parcels for line in parcel.out]
            if unwanted and not now.totes:
                self.at_bench(self.free_tote())
            elif unwanted:
                self.at_bench(make_label("item", now.line(unwanted[0]).item_id))
            elif now.bench.units_left:
                self.at_bench(make_label("item", next(line.item_id for line in now.lines if line.units_left)))
            elif now.must_read:
                self.at_bench("#ack", step=now.step_id)
            else:
                self.at_bench("#weight_override:900:checked", step=now.step_id)
                if self.state != "packing":
                    return
        raise AssertionError("the bench never ends")

    def put_all_back(self):
        for _ in range(20):
            with self.db.read() as session:
                row = session.execute(
                    select(PutBack.source_id, PutBack.item_id).where(PutBack.done_at.is_(None))).first()
            if row is None:
                return
            self.db.write(putback.scan, self.packer, row.source_id, a_scan(make_label("item", row.item_id)))
            answer = self.db.write(putback.scan, self.packer, row.source_id, a_scan(self.home.label))
            assert answer.outcome == "accepted", answer
        raise AssertionError("put-back never ends")

    def sent(self):
        """Units by title in the order's closed parcels."""
        with self.db.read() as session:
            rows = session.execute(
                select(OrderLine.item_id, ParcelLine.units).join(ParcelLine, ParcelLine.order_line_id == OrderLine.id)
                .join(Parcel, Parcel.id == ParcelLine.parcel_id)
                .where(Parcel.order_id == self.order.id, Parcel.state.in_(("closed", "labelled")))).all()
        titles = {self.dune.id: "dune", self.emma.id: "emma", self.walden.id: "walden"}
        found = {}
        for item_id, units in rows:
            found[titles[item_id]] = found.get(titles[item_id], 0) + units
        return found

    def rest(self):
        """Units that still lie in totes, and reservations that nobody holds any more."""
        with self.db.read() as session:
            totes = select(Tote.location_id)
            return session.execute(select(StockBalance.item_id, StockBalance.on_hand).where(
                StockBalance.location_id.in_(totes), StockBalance.on_hand > 0)).all()


def at_stage(db, desk, picker, packer, stage, **fields):
    """The order, brought to a stage by the real services."""
    dune, emma = an_item(db, "Dune", isbn="9780441013593"), an_item(db, "Emma", isbn="9780141439587")
    walden = an_item(db, "Walden", isbn="9780691096124")
    stock_at(db, "A-01-1", dune, units=8)
    stock_at(db, "B-02-1", emma, units=1)
    stock_at(db, "C-03-1", walden, units=5)
    home = a_place(db, "D-04-1")
    for number in range(1, 5):
        a_tote(db, f"T-0{number}")
    state = stage if stage in STAGES[:3] else "confirmed"
    order = an_order(db, {dune: 3, emma: 1}, state=state, total_minor=9200, **fields)
    under = Under(db, desk, picker, packer, order, dune, emma, walden, home)
    if stage == "held":
        db.write(lambda session: session.add(
            Hold(order_id=order.id, reason="not_paid", facts={}, opened_at=desk.at)))
    place = STAGES.index(stage)
    if place >= STAGES.index("released"):
        run, = release(db, desk, order)
    if place >= STAGES.index("picking"):
        under.walk = Picker(db, picker, run)
        under.bind(under.walk)
        under.walk.go_on(3)
    if place >= STAGES.index("picked"):
        under.walk.go_on()
    if place >= STAGES.index("packing"):
        pack(db, packer, order, units=3)
    if place >= STAGES.index("packed"):
        pack(db, packer, order, weight_g=900)
    if stage == "labelled":
        with db.read() as session:
            parcel = session.execute(select(Parcel.id).where(Parcel.order_id == order.id)).scalar_one()
        db.write(shipping.scan, packer, parcel, a_scan("#printed"))
        assert db.write(shipping.scan, packer, parcel, a_scan(make_label("parcel", parcel))).outcome == "accepted"
    assert under.state == {"labelled": "packed"}.get(stage, stage)
    return under


def another_order(under, lines, **fields):
    """One more order of the same recipient."""
    return an_order(under.db, lines, total_minor=2300, **fields)


def hold(under, reason="The customer will call"):
    under.db.write(orders_change.hold, under.desk, under.order.id, reason)
