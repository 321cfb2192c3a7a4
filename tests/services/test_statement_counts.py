"""How many SQL statements the work of a shipment costs: a bound that noise cannot touch, and the same figure
whatever the size of the history. Signing in is one SELECT more for each request."""

import pytest
from sqlalchemy import insert

from tests import shipping_day as day
from tests.builders import a_tote, an_item, an_order, stock_at
from tests.statements import count_statements
from warehouse import clock
from warehouse.domain.own_labels import make_label
from warehouse.models.journal import Scan
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.stock import Location, StockBalance, StockMove
from warehouse.services import packing, picking, picking_orders

ISBNS = ("9780441013593", "9780141439587", "9787536692930")
PAST_ORDERS = 2000
MOST_FOR_A_PICK_SCAN = 12  # The sign-in's SELECT included.
MOST_FOR_A_SHIPMENT = 70  # Three lines from three shelves, all of its scans below.
MOST_FOR_A_SHIPPING_SCAN = 8


def a_shipment(db, actor, items, tote):
    """A whole order of three lines; statements of each scan by task, from the shelf to the truck."""
    order = an_order(db, dict.fromkeys(items, 1))
    run = day.release(db, actor, order, grouping="order")
    db.write(picking_orders.start, actor, run)
    walk = day.Station(db, actor, picking.scan, run)
    walk.scan(tote.label)
    counts = {"shelf": [], "pick": [], "pack": [], "ship": [], "dock": []}

    def counted(task, station, raw, **more):
        with count_statements(db) as seen:
            answer = station.scan(raw, **more)
        assert answer.outcome == "accepted", answer
        counts[task].append(len(seen))
        return answer

    for _ in items:
        counted("shelf", walk, make_label("location", walk.task["stop"]["location_id"]))
        counted("pick", walk, walk.task["stop"]["isbn13"])
    bench = day.Station(db, actor, packing.scan, order.id)
    for item in items:
        counted("pack", bench, item.isbn)
    counted("pack", bench, f"#weight:{bench.task['parcels'][0]['expected_weight_g']}", step=bench.task["step_id"])
    parcel = day.parcels_of(db, order)[-1]
    counted("ship", day.ship_station(db, actor, parcel), make_label("parcel", parcel))
    counted("dock", day.dock_station(db, actor, "SF"), make_label("parcel", parcel))
    return counts


@pytest.fixture
def items(db):
    found = [an_item(db, f"Book {n}", isbn=isbn, weight_g=300) for n, isbn in enumerate(ISBNS)]
    for n, item in enumerate(found, start=1):
        stock_at(db, f"A-01-{n}", item, units=50)
    return found


def a_past(session, actor, item_ids):
    """Orders that were shipped long ago, with their scans, moves and parcels."""
    now = clock.now()
    customer = session.execute(
        Location.__table__.select().where(Location.code == "CUSTOMER")).one().id
    old = 10_000
    places, orders, lines, parcels, inside, scans, moves, balances = [], [], [], [], [], [], [], []
    for n in range(old, old + PAST_ORDERS):
        item = item_ids[n % len(item_ids)]
        places.append({"id": n, "code": f"P{n}", "kind": "parcel"})
        orders.append({
            "id": n, "number": f"OLD{n}", "channel": "old", "source_number": str(n), "content_hash": "",
            "import_class": "pick", "state": "dispatched", "placed_at": now, "due_at": now, "received_at": now,
            "payment": "paid", "currency": "CNY", "total_minor": 0, "shipping_minor": 0, "carrier_code": "SF",
            "recipient": b"", "recipient_masked": "", "country": "CN", "province": "", "city": "", "postcode": "",
            "language": "en", "when_short": "wait", "units_wanted": 1, "lines_count": 1})
        lines.append({
            "id": n, "order_id": n, "position": 1, "item_id": item, "code_text": "", "title_text": "",
            "price_minor": 0, "units_wanted": 1, "units_reserved": 1, "units_picked": 1, "units_packed": 1,
            "units_dispatched": 1})
        parcels.append({
            "id": n, "number": make_label("parcel", n), "order_id": n, "position": 1, "state": "handed_over",
            "location_id": n, "carrier_code": "SF", "packed_by": actor.person_id, "opened_at": now,
            "label_prints": 1, "tracking_number": make_label("parcel", n)})
        inside.append({"parcel_id": n, "order_line_id": n, "units": 1})
        scans.append({
            "id": n, "scan_id": f"old-{n}", "task": "dock", "task_id": n % 7, "step": "", "raw": "", "kind": "parcel",
            "outcome": "accepted", "code": "", "units": 1, "person_id": actor.person_id, "at": now, "body_hash": "",
            "answer": "{}"})
        balances.append({
            "item_id": item, "location_id": n, "condition": "good", "on_hand": 0, "reserved": 0, "moves": 2})
        for source, target in ((customer, n), (n, customer)):
            moves.append({
                "at": now, "item_id": item, "units": 1, "source_id": source, "target_id": target,
                "condition": "good", "target_condition": "good", "reason": "dispatch",
                "person_id": actor.person_id, "order_line_id": n})
    for model, rows in ((Location, places), (Order, orders), (OrderLine, lines), (Parcel, parcels),
                        (ParcelLine, inside), (Scan, scans), (StockMove, moves),
                        (StockBalance, balances)):
        session.execute(insert(model.__table__), rows)


def test_a_pick_scan_and_a_whole_shipment_stay_within_their_statements(db, actor, items):
    counts = a_shipment(db, actor, items, a_tote(db, "T-01"))

    assert max(counts["shelf"] + counts["pick"]) + 1 <= MOST_FOR_A_PICK_SCAN, counts
    assert max(counts["ship"] + counts["dock"]) <= MOST_FOR_A_SHIPPING_SCAN, counts
    assert sum(map(sum, counts.values())) <= MOST_FOR_A_SHIPMENT, counts


def test_the_figures_are_the_same_after_thousands_of_past_orders(db, actor, items):
    before = a_shipment(db, actor, items, a_tote(db, "T-01"))
    db.write(a_past, actor, [item.id for item in items])
    assert a_shipment(db, actor, items, a_tote(db, "T-02")) == before
