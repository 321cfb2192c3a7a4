"""A delivery of last week that was not as ordered: its differences, a picture of a bad copy, and a book that nobody
knew, which still waits at goods in for its title."""

import io
import uuid
from datetime import timedelta

from PIL import Image, ImageDraw

from warehouse import clock
from warehouse.db import Database
from warehouse.demo.hands import Hands
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.domain.scans import Answer, ScanIn
from warehouse.services import photos, purchasing, receiving, receiving_deliveries, transfers

DAYS_AGO = 4
SHORT, OVER = "9780062316097", "9781594480003"
UNKNOWN = "9786690000018"
SIZE = (480, 360)
# What is scanned, in this order. One copy too many and an unknown one are asked about, so they are scanned once more.
COPIES = (*[SHORT] * 4, *[OVER] * 4, OVER, OVER, UNKNOWN, UNKNOWN, UNKNOWN)


def fill(database: Database, packer: Actor, order_id: int) -> None:
    """Announced, counted, closed, and put away but for the unknown book."""
    hands = Hands(database, packer, clock.now() - timedelta(days=DAYS_AGO))
    delivery = hands.write(purchasing.announce_outstanding, order_id)
    parcel = hands.write(receiving_deliveries.open_parcel, delivery)
    step = ""
    for number, code in enumerate(COPIES):
        step = hands.scan(receiving.scan, parcel, code).task["step_id"]
        if number == 0:
            task = hands.scan(receiving.scan, parcel, "#bad:damaged", step).task
            step = task["step_id"]
            hands.write(photos.keep_photo, task["incident_id"], _bad_copy(), *SIZE)
    hands.scan(receiving.scan, parcel, "#close", step)
    hands.write(receiving_deliveries.close_delivery, delivery)
    for code in (SHORT, OVER):
        task = _carry(hands, code).task
        task = _carry(hands, "#all", task["step_id"]).task if task["more"] else task
        shelf = task["suggestions"][0]["id"]
        _carry(hands, make_label("location", shelf))


def _carry(hands: Hands, raw: str, step: str = "") -> Answer:
    answer: Answer = hands.write(transfers.scan, ScanIn(str(uuid.uuid4()), raw, step, made_at=hands.at))
    return answer


def _bad_copy() -> bytes:
    """A drawn photo: a book on a table with a crushed corner."""
    picture = Image.new("RGB", SIZE, "#b9a68c")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(150, 40), (330, 40), (330, 250), (296, 268), (284, 320), (150, 320)], fill="#27496d")
    draw.polygon([(330, 250), (296, 268), (284, 320), (312, 296)], fill="#e8e2d4")
    draw.rectangle((178, 84, 302, 92), fill="#f3efe6")
    draw.rectangle((178, 106, 262, 112), fill="#f3efe6")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
