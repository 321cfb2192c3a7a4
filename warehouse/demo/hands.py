"""Hands for the demo: they do a person's job by the same scans, so that the demo's past is a real one."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from warehouse.db import Database
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.domain.scans import Answer, ScanIn
from warehouse.services import (
    packing,
    packing_draw,
    packing_look,
    picking,
    picking_commands,
    picking_look,
    picking_orders,
    shipping,
    shipping_dock,
)

SECONDS_PER_SCAN = 11


class Hands:
    """One person at work; every scan takes its seconds."""

    def __init__(self, database: Database, actor: Actor, start: datetime) -> None:
        self.database, self.actor, self.at = database, actor, start

    def write(self, use_case: Callable[..., Any], *args: Any) -> Any:
        self.at += timedelta(seconds=SECONDS_PER_SCAN)
        return self.database.write(use_case, replace(self.actor, at=self.at), *args)

    def scan(self, use_case: Callable[..., Any], task_id: int, raw: str, step: str = "") -> Answer:
        scanned = ScanIn(str(uuid.uuid4()), raw, step, made_at=self.at)
        answer: Answer = self.write(use_case, task_id, scanned)
        return answer

    def pick(self, run_id: int, totes: list[int], cart_id: int | None = None, *, stop_after: int | None = None) -> None:
        """Walk a run to its end, or leave it under way after some scans."""
        self.write(picking_orders.start, run_id)
        loads = [make_label("cart", cart_id)] if cart_id else []
        loads += [make_label("tote", tote) for tote in totes]
        task = self.scan(picking.scan, run_id, loads[0]).task
        for raw in loads[1:]:
            task = self.scan(picking.scan, run_id, raw).task
        scans = 0
        while task["state"] == "started" and (stop_after is None or scans < stop_after):
            stop = task["stop"]
            raw = {
                "shelf": make_label("location", stop["location_id"]),
                "item": make_label("item", stop["item_id"]),
                "tote": make_label("tote", stop["tote_id"] or 0),
            }[task["step"]]
            task = self.scan(picking.scan, run_id, raw).task
            scans += 1

    def miss(self, run_id: int) -> None:
        """Report the present stop's shelf as empty."""
        with self.database.read() as session:
            task = picking_look.draw(picking_look.look(session, run_id), self.actor)
        self.scan(picking_commands.command, run_id, "#short:nothing_here", task["step_id"])

    def pack(self, order_id: int, *, leave_open: bool = False) -> int | None:
        """Check every unit of an order into a parcel and weigh it; the parcel, unless it is left open."""
        with self.database.read() as session:
            task = packing_draw.draw(packing_look.look(session, order_id), self.actor)
        while task["units_left"]:
            # A set asks twice: the second scan says that every volume is there.
            line = next(line for line in task["lines"] if line["units_left"])
            task = self.scan(packing.scan, order_id, make_label("item", line["item_id"])).task
            if leave_open:
                return None
        if task["must_read"]:
            task = self.scan(packing.scan, order_id, "#ack", task["step_id"]).task
        parcel = task["parcels"][0]
        grams = parcel["expected_weight_g"] or 500
        self.scan(packing.scan, order_id, f"#weight:{grams}", task["step_id"])
        return int(parcel["id"])

    def label(self, parcel_id: int) -> None:
        """Make the label, print it with the slip, stick it on and scan it."""
        task = self.scan(shipping.scan, parcel_id, "#label").task
        task = self.scan(shipping.scan, parcel_id, "#printed", task["step_id"]).task
        self.scan(shipping.scan, parcel_id, make_label("parcel", parcel_id), task["step_id"])

    def hand_over(self, carrier_code: str, parcel_ids: list[int], driver: str = "") -> None:
        """Scan parcels onto the carrier's list; the driver signs where one is named."""
        manifest_id = self.write(shipping_dock.open_manifest, carrier_code)
        task: dict[str, Any] = {}
        for parcel_id in parcel_ids:
            task = self.scan(shipping_dock.scan, manifest_id, make_label("parcel", parcel_id)).task
        if driver:
            self.scan(shipping_dock.scan, manifest_id, f"#close:{driver}", str(task.get("step_id", "")))
