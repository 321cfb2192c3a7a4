"""Orders that left the house by the real scans, and what the bench says of copies that came back."""

import itertools

from sqlalchemy import func, select, update

from tests import shipping_day as day
from tests.builders import an_order
from tests.floor import a_scan
from warehouse.domain import returns
from warehouse.models.orders import Order, OrderLine
from warehouse.models.returns import CustomerReturn, Refund, ReturnLine
from warehouse.services import returns_bench, returns_door

_turn = itertools.count(1)


def a_sent_order(db, actor, lines, *, price_minor=2300, paid_minor=None, postage_minor=0, **fields):
    """An order whose copies are all with the customer: `lines` is {item: copies}, each for `price_minor`. It cost its
    lines and the postage where `paid_minor` does not say otherwise."""
    order = an_order(db, lines, shipping_minor=postage_minor, total_minor=(
        price_minor * sum(lines.values()) + postage_minor if paid_minor is None else paid_minor), **fields)
    db.write(lambda session: session.execute(
        update(OrderLine).where(OrderLine.order_id == order.id).values(price_minor=price_minor)) and None)
    parcel = day.packed(db, actor, order, lines, tote=f"T-R{next(_turn)}")
    code = day.labelled(db, actor, parcel)
    assert day.dock_station(db, actor).scan(code).code == "shipping.handed_over"
    return order


def judged(db, return_id, counts):
    """Every copy of the return is graded: `counts` is {order line: (came, accepted)}. Rows alone, as the bench leaves
    them; its moves have their own tests."""
    def put(session):
        session.execute(update(CustomerReturn).where(CustomerReturn.id == return_id).values(state=returns.JUDGED))
        for line_id, (came, accepted) in counts.items():
            session.execute(update(ReturnLine).where(
                ReturnLine.return_id == return_id, ReturnLine.order_line_id == line_id,
            ).values(units_received=came, units_accepted=accepted))

    db.write(put)


def return_row(db, return_id):
    with db.read() as session:
        return session.execute(select(CustomerReturn.__table__).where(CustomerReturn.id == return_id)).one()


def refund_rows(db, order):
    with db.read() as session:
        return session.execute(select(Refund.__table__).where(Refund.order_id == order.id).order_by(Refund.id)).all()


def refunded(db, order):
    """(what the order gives back by its own row, what its refunds that were not refused add up to)."""
    with db.read() as session:
        row = session.execute(select(Order.refunded_minor).where(Order.id == order.id)).scalar_one()
        total = session.execute(select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.order_id == order.id, Refund.state != "refused")).scalar_one()
    return row, int(total)


def brought_in(db, packer, raw, copies, *, choice=None):
    """The box with this code on it is opened, its `copies` (item, grade) scanned and graded, and it is closed; the
    return's id. Copies that are accepted go where the bench proposes."""
    opened = db.write(returns_door.open_parcel, packer, a_scan(raw, choice=choice))
    assert opened.go, opened
    return_id = int(opened.go.rpartition("/")[2])
    at_bench = day.Station(db, packer, returns_bench.scan, return_id)
    for item, grade in copies:
        answer = at_bench.scan(item.label)
        if answer.code == "returns_bench.ask_foreign":
            answer = at_bench.scan(item.label)
        assert answer.outcome == "accepted", answer
        at_bench.press(f"#grade:{grade}")
        if at_bench.task["step"] == "place":
            at_bench.press(f"#to:{at_bench.task['present']['places'][0]}")
    if at_bench.press("#close").code == "returns_bench.not_all_came":
        at_bench.press("#close:missing")
    return return_id
