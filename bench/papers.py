"""Slips and labels from the rows of the database to the bytes of the PDF, one by one and five hundred in one."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from bench import meter, shop
from bench.server import a_house
from warehouse import clock, data_folder, documents
from warehouse.db import Database
from warehouse.domain.own_labels import make_label
from warehouse.models.orders import Order, OrderLine
from warehouse.models.packing import Parcel, ParcelLine
from warehouse.models.stock import Location
from warehouse.services.orders_import import seal_place

SLIP_LINES = 10
WHO = {"name": "Jamie Porter", "phone": "07700 900123", "street": "12 Dock Road", "district": "Harbourside"}


def run(*, batch: int, single: int) -> dict[str, Any]:
    """Milliseconds a slip of ten lines and a label, seconds for `batch` of each in one PDF. SQLite; what is drawn
    does not depend on the engine."""
    with a_house("sqlite") as house, data_folder.opened(house.config) as db:
        parcels = labelled_parcels(db, max(batch, single))
        drawn: dict[str, Callable[[Any, Any, Any], bytes]] = {
            "slip": documents.packing_slip_pdf, "label": documents.shipping_label_pdf}
        told: dict[str, Any] = {"batch": batch}
        for name, draw in drawn.items():
            with db.read() as session:
                draw(session, house.config, parcels[:1])  # The first one reads the fonts.
                times = [_ms(draw, session, house.config, [one]) for one in parcels[:single]]
                begun = time.perf_counter()
                told[f"{name}_bytes"] = len(draw(session, house.config, parcels[:batch])) // batch
                told[f"{name}s_s"] = time.perf_counter() - begun
            told |= {f"{name}_p50_ms": meter.percentile(times, 0.5), f"{name}_p99_ms": meter.percentile(times, 0.99)}
        return told


def _ms(work: Callable[..., object], *given: Any) -> float:
    begun = time.perf_counter()
    work(*given)
    return (time.perf_counter() - begun) * 1000


def labelled_parcels(db: Database, count: int) -> list[int]:
    """Parcels of ten lines each with a made label, straight into the tables: only their papers are wanted."""
    made = shop.open_shop(db, items=200, units=10_000)
    people = shop.hire(db, ["Packer"], "packer")

    def add(session: Any) -> list[int]:
        now = clock.now()
        baskets = [[(made.item_ids[(n * 3 + k) % 200], 1) for k in range(SLIP_LINES)] for n in range(count)]
        rows = shop.order_rows(session, 1, baskets, now, state="packed", total_minor=9990)
        for row in rows:
            row["recipient"] = session.info["vault"].seal(WHO, seal_place(row["channel"], row["source_number"]))
        orders = list(session.execute(
            insert(Order).returning(Order.id, sort_by_parameter_order=True),
            [{**row, "number": f"N{n}"} for n, row in enumerate(rows)]).scalars())
        places = list(session.execute(
            insert(Location).returning(Location.id, sort_by_parameter_order=True),
            [{"code": f"PARCEL-{n}", "kind": "parcel"} for n in range(count)]).scalars())
        parcels = list(session.execute(insert(Parcel).returning(Parcel.id, sort_by_parameter_order=True), [
            {"number": make_label("parcel", n + 1), "order_id": order_id, "position": 1, "state": "labelled",
             "location_id": places[n], "carrier_code": "SF", "weight_g": 1400, "packed_by": people[0][0],
             "opened_at": now, "closed_at": now + timedelta(minutes=2), "tracking_number": f"SF{10**12 + n}",
             "label_made_at": now} for n, order_id in enumerate(orders)]).scalars())
        for parcel_id, order_id, basket in zip(parcels, orders, baskets, strict=True):
            lines = session.execute(insert(OrderLine).returning(OrderLine.id), [
                {"order_id": order_id, "position": k, "item_id": item_id, "code_text": "", "title_text": "",
                 "price_minor": 999, "units_wanted": 1, "units_reserved": 1, "units_picked": 1, "units_packed": 1}
                for k, (item_id, _) in enumerate(basket, start=1)])
            session.execute(insert(ParcelLine), [
                {"parcel_id": parcel_id, "order_line_id": line_id, "units": 1} for line_id in lines.scalars()])
        return parcels

    return db.write(add)
