"""The sample day's returns: orders that really came from its file, were picked, packed and handed over; then the shop's
file of returns, row by row what the expected file says."""

import pytest
from sqlalchemy import select

from tests import shipping_day as day
from tests.builders import a_tote
from tests.packers import Bench, proves
from tests.shared_data import needs_shared, shared, shared_rows
from warehouse import imports, imports_returns, imports_stock
from warehouse.domain.own_labels import make_label
from warehouse.errors import Refusal
from warehouse.models.journal import Action
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.picking import PickRun
from warehouse.models.returns import CustomerReturn, ReturnLine
from warehouse.services import orders_review, picking, picking_orders, returns_desk, waves


def expected():
    return shared_rows("orders", "expected_returns.csv")


def content(name):
    return name, shared("orders", name).read_bytes()


def bring_in_day(db, actor):
    """Its titles with stock as the day begins, and all its orders as the shop wrote them."""
    assert imports_stock.import_catalogue(
        db.write, actor, [("books.csv", shared("catalogue", "books.csv").read_bytes())]).rejected == 0
    for use_case in (imports_stock.import_layout, imports_stock.import_stock):
        assert use_case(db.write, actor, [content("stock_opening.csv")]).rejected == 0
    imports.import_orders(db.write, actor, [content("shopify_day.csv")], time_zone="Asia/Shanghai")


def ship_all(db, actor, numbers):
    """Release, pick, pack and hand over the orders of these numbers, scan by scan."""
    with db.read() as session:
        orders = session.execute(select(Order.id, Order.carrier_code).where(
            Order.source_number.in_(numbers), Order.state == "confirmed").order_by(Order.id)).all()
    release(db, actor, [order.id for order in orders])
    with db.read() as session:
        runs = list(session.execute(select(PickRun.id).order_by(PickRun.id)).scalars())
    for run_id in runs:
        pick(db, actor, run_id)
    docks = {}
    for order in orders:
        label = day.labelled(db, actor, pack(db, actor, order.id))
        if order.carrier_code not in docks:
            docks[order.carrier_code] = day.dock_station(db, actor, order.carrier_code)
        assert docks[order.carrier_code].scan(label).code == "shipping.handed_over"
    return len(orders)


def release(db, actor, ids):
    """Into one wave; who would wait for what is short is asked, and takes a part."""
    wave = db.write(waves.open_wave, actor, actor.at)
    db.write(waves.release, actor, wave, ids, grouping="by_order")
    with db.read() as session:
        short = session.execute(select(Order.id).where(Order.id.in_(ids), Order.state == "held")).scalars().all()
    for order_id in short:
        db.write(orders_review.choose_when_short, actor, order_id, "part", "asked the customer")
    if short:
        release(db, actor, short)


def pick(db, actor, run_id):
    """Every stop of a run, into a tote of its own."""
    tote = a_tote(db, f"T-{run_id:03d}")
    db.write(picking_orders.start, actor, run_id)
    round_trip = day.Station(db, actor, picking.scan, run_id)
    round_trip.scan(tote.label)
    while (task := round_trip.task)["step"] != "done":
        kind = {"shelf": "location", "item": "item", "tote": "tote"}[task["step"]]
        answer = round_trip.scan(make_label(kind, task["stop"][f"{kind}_id"]))
        # The volumes of a set are counted by a second scan.
        assert answer.outcome != "refused", answer


def pack(db, actor, order_id):
    """Everything of the order into one parcel; its id."""
    bench = Bench(db, actor, order_id)
    assert bench.scan(bench.task["totes"][0]).outcome == "accepted"
    while left := [line for line in bench.task["lines"] if line["units_left"]]:
        answer = bench.scan(make_label("item", left[0]["item_id"]))
        assert answer.outcome != "refused", answer
    if bench.task["must_read"]:
        bench.press("#ack")
    answer = bench.press("#weight:500")
    if answer.code == "packing.weight_off":
        answer = bench.press("#weight_override:500:checked")
    assert answer.outcome == "accepted", answer
    with db.read() as session:
        return session.execute(select(Parcel.id).where(Parcel.order_id == order_id)).scalar_one()


@pytest.mark.slow
@needs_shared("orders", "expected_returns.csv")
def test_the_returns_of_the_sample_day_come_out_row_by_row_as_expected_by_file_and_by_desk(db, actor):
    bring_in_day(db, actor)
    wanted = expected()
    assert ship_all(db, actor, {row["order"] for row in wanted}) == 33
    assert by_desk(db, actor, wanted) == [row["expected"] for row in wanted]
    assert everything(db) == []
    report = imports_returns.import_returns(db.write, actor, [content("returns.csv")])
    assert outcomes(report, wanted) == [row["expected"] for row in wanted]
    assert (report.rows, report.created, report.rejected) == (36, 30, 6)
    before = everything(db)
    again = imports_returns.import_returns(db.write, actor, [content("returns.csv")])
    assert (again.created, again.unchanged, again.rejected) == (0, 30, 6)
    assert everything(db) == before
    check_conditions(db, wanted)
    assert proves(db) == []


def outcomes(report, wanted):
    """What became of each row of the file, in its order."""
    codes = {problem["row"]: problem["code"] for problem in report.problems}
    return [codes.get(int(row["row"]), "ok") for row in wanted]


def everything(db):
    with db.read() as session:
        return [tuple(row) for row in session.execute(
            select(CustomerReturn.number, CustomerReturn.shop_number, CustomerReturn.state, CustomerReturn.reason,
                   ReturnLine.order_line_id, ReturnLine.units)
            .join(ReturnLine, ReturnLine.return_id == CustomerReturn.id).order_by(ReturnLine.id))]


def check_conditions(db, wanted):
    """What the sender said of the copies is kept for the bench, in the open."""
    with db.read() as session:
        kept = dict(session.execute(select(CustomerReturn.shop_number, Action.facts["condition"].as_string()).join(
            Action, Action.subject_id == CustomerReturn.id).where(
                Action.subject == "return", Action.verb == "ask_return")).all())
    assert kept == {row["rma"]: row["condition"] for row in wanted if row["expected"] == "ok"}


class ThrownAway(Exception):
    """Ends a transaction whose writing shall not stay."""


def by_desk(db, actor, rows):
    """What the desk hears when somebody types the same rows; afterwards the books are as before."""
    heard = []

    def type_all(session):
        for row in rows:
            try:
                with session.begin_nested():
                    returns_desk.ask(
                        session, actor, row["order"], "return", "other", [], code=row["isbn13"],
                        units=int(row["quantity"]), shop_number=row["rma"])
                heard.append("ok")
            except Refusal as refused:
                heard.append(refused.code.partition(".")[2])
        raise ThrownAway

    with pytest.raises(ThrownAway):
        db.write(type_all)
    return heard
