"""A made-up shop of any size, put in through the program's own services where they decide something: items,
shelves, stock, people, orders, released and loaded runs. All figures follow from their numbers, nothing is random."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from warehouse import clock
from warehouse.db import Database
from warehouse.domain.own_labels import make_badge, make_label
from warehouse.domain.people import Actor
from warehouse.domain.scans import ScanIn
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.orders import Order, OrderLine
from warehouse.models.people import Person
from warehouse.models.picking import Cart, PickRun, PickStop, RunTote, Tote
from warehouse.models.stock import Location
from warehouse.services import picking, picking_orders, setup, stock, waves

PIN = "204816"
SLOTS, LINES = 6, 3
# Sign-in is not what is measured here; its hash takes a third of a second on purpose.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ISBN_WEIGHTS = (1, 3) * 6


@dataclass(frozen=True)
class Round:
    """One run as its scanner will scan it: every code in turn, and how many units that takes."""

    run_id: int
    raws: tuple[str, ...]


@dataclass(frozen=True)
class Worker:
    """A picker with a badge and the runs that are theirs."""

    person_id: int
    badge: str
    rounds: tuple[Round, ...]

    def plan(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Shop:
    """What `open_shop` made. `shelf_of` tells each item's shelf."""

    item_ids: list[int]
    shelf_of: dict[int, int]
    isbns: dict[int, str]


def isbn_of(number: int) -> str:
    """The ISBN-13 of the made-up item `number`."""
    body = f"978{number:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, ISBN_WEIGHTS, strict=True))
    return body + str(-total % 10)


def open_shop(db: Database, *, items: int, units: int) -> Shop:
    """Items, one shelf each, and opening stock of `units` of each."""
    return db.write(_open_shop, items, units)


def _open_shop(session: Session, items: int, units: int) -> Shop:
    now = clock.now()
    moment = {"created_at": now, "updated_at": now}
    isbns = [isbn_of(700_000_000 + n) for n in range(items)]
    made = session.execute(insert(Item).returning(Item.id, sort_by_parameter_order=True), [
        {"sku": isbn, "isbn13": isbn, "title": f"The long walk, volume {n}", "authors": f"Writer {n % 97}",
         "publisher": "Harbour Press", "language": "en", "weight_g": 200 + n % 700, **moment}
        for n, isbn in enumerate(isbns)])
    item_ids = list(made.scalars())
    session.execute(insert(ItemCode), [
        {"code": code, "item_id": item_id} for item_id, isbn in zip(item_ids, isbns, strict=True)
        for code in (isbn, make_label("item", item_id))])
    shelves = [f"{chr(65 + n // 400 % 26)}{n // 10400}-{n // 20 % 20:02d}-{n % 20:02d}" for n in range(items)]
    placed = session.execute(insert(Location).returning(Location.id, sort_by_parameter_order=True), [
        {"code": code, "kind": "shelf", "aisle": code.split("-")[0], "bay": code.split("-")[1],
         "shelf": code.split("-")[2], "sequence": n} for n, code in enumerate(shelves)])
    shelf_of = dict(zip(item_ids, placed.scalars(), strict=True))
    stock.open_balances(session, setup.system_actor(session, now), [
        stock.Opening(item_id, shelf_id, "good", units) for item_id, shelf_id in shelf_of.items()])
    return Shop(item_ids, shelf_of, dict(zip(item_ids, isbns, strict=True)))


def hire(db: Database, names: Iterable[str], role: str = "picker") -> list[tuple[int, str]]:
    """(id, badge) of each new person; the PIN is `PIN` for all."""
    def add(session: Session) -> list[tuple[int, str]]:
        pin_hash = QUICK_HASHER.hash(session.info["vault"].pepper(PIN))
        rows = [{"name": name, "role": role, "language": "en", "badge": make_badge(f"{uuid.uuid4().hex[:14]}".upper()),
                 "pin_hash": pin_hash, "is_active": True, "created_at": clock.now()} for name in names]
        made = session.execute(insert(Person).returning(Person.id, sort_by_parameter_order=True), rows)
        return [(person_id, row["badge"]) for person_id, row in zip(made.scalars(), rows, strict=True)]

    return db.write(add)


def order_rows(session: Session, first: int, baskets: Sequence[Sequence[tuple[int, int]]], at: datetime,
               **fields: Any) -> list[dict[str, Any]]:
    """Rows of orders S`first`, S`first+1`, … for `baskets` of (item, units)."""
    vault = session.info["vault"]
    # Sealed once for all: an address that nobody opens needs no seal of its own.
    sealed = vault.seal({"name": "Jamie Porter", "phone": "07700 900123", "street": "12 Dock Road"}, "bench")
    return [{
        "channel": "bench", "source_number": f"S{first + n}", "content_hash": "", "import_class": "pick",
        "state": "confirmed", "placed_at": at, "due_at": at + timedelta(hours=8), "received_at": at,
        "payment": "paid", "currency": "GBP", "total_minor": 0, "shipping_minor": 0, "carrier_code": "SF",
        "recipient": sealed, "recipient_masked": "J**** P*****", "country": "GB", "province": "", "city": "Bristol",
        "postcode": "BS1 4RB", "language": "en", "when_short": "wait", "units_wanted": sum(u for _, u in basket),
        "lines_count": len(basket), **fields,
    } for n, basket in enumerate(baskets)]


def take_orders(db: Database, first: int, baskets: Sequence[Sequence[tuple[int, int]]]) -> list[int]:
    """Confirmed orders, one for each basket of (item, units); their ids."""
    def add(session: Session) -> list[int]:
        rows = order_rows(session, first, baskets, clock.now())
        made = session.execute(insert(Order).returning(Order.id, sort_by_parameter_order=True), rows)
        ids = list(made.scalars())
        session.connection().execute(
            Order.__table__.update().where(Order.__table__.c.id == bindparam("order"))
            .values(number=bindparam("label")),
            [{"order": order_id, "label": make_label("order", order_id)} for order_id in ids])
        session.execute(insert(OrderLine), [
            {"order_id": order_id, "position": position, "item_id": item_id, "code_text": "", "title_text": "",
             "price_minor": 999, "units_wanted": units}
            for order_id, basket in zip(ids, baskets, strict=True)
            for position, (item_id, units) in enumerate(basket, start=1)])
        return ids

    return db.write(add)


def baskets_for(shop: Shop, count: int, *, first: int = 0) -> list[list[tuple[int, int]]]:
    """Baskets of three different items, one of them twice: spread evenly over the shop."""
    ids, step = shop.item_ids, max(1, len(shop.item_ids) // 7)
    return [[(ids[(first + n) % len(ids)], 1), (ids[(first + n + step) % len(ids)], 2),
             (ids[(first + n + 3 * step) % len(ids)], 1)] for n in range(count)]


def release(db: Database, order_ids: Sequence[int], *, slots: int = SLOTS, grouping: str = "together") -> int:
    """Release them as the board does, in several transactions; the id of the wave."""
    actor = db.write(setup.system_actor, clock.now())
    wave = db.write(waves.open_wave, actor, actor.at + timedelta(hours=4))
    for part in waves.cut(order_ids):
        db.write(waves.release, actor, wave, part, slots=slots, grouping=grouping)
    return wave


def load_runs(db: Database, wave_id: int, people: Sequence[tuple[int, str]]) -> list[Worker]:
    """Give the runs of a wave out in turn, each started and with its cart and totes bound."""
    with db.read() as session:
        runs = list(session.execute(
            select(PickRun.id).where(PickRun.wave_id == wave_id).order_by(PickRun.id)).scalars())
    shares: list[list[Round]] = [[] for _ in people]
    for turn, run_id in enumerate(runs):
        person_id, _ = people[turn % len(people)]
        shares[turn % len(people)].append(db.write(_load, run_id, person_id))
    return [Worker(person_id, badge, tuple(share)) for (person_id, badge), share in zip(people, shares, strict=True)]


def _load(session: Session, run_id: int, person_id: int) -> Round:
    actor = Actor(person_id=person_id, device_id=None, at=clock.now(), role="picker", language="en", name="")
    picking_orders.start(session, actor, run_id)
    run = session.get_one(PickRun, run_id)
    slots = session.scalars(select(RunTote.slot).where(RunTote.run_id == run_id).order_by(RunTote.slot)).all()
    labels = []
    if run.kind == "batch":
        cart = session.execute(insert(Cart).returning(Cart.id), {"code": f"C-{run_id}", "slots": len(slots)})
        labels.append(make_label("cart", cart.scalar_one()))
    totes = {}
    for slot in slots:
        totes[slot] = make_label("tote", make_tote(session, f"T-{run_id}-{slot}"))
        labels.append(totes[slot])
    for label in labels:
        answer = picking.scan(session, actor, run_id, ScanIn(str(uuid.uuid4()), label))
        assert answer.outcome == "accepted", answer
    return Round(run_id, tuple(_walk(session, run_id, totes if run.kind == "batch" else {})))


def make_tote(session: Session, code: str) -> int:
    place = session.execute(insert(Location).returning(Location.id), {"code": code, "kind": "tote"}).scalar_one()
    made = session.execute(insert(Tote).returning(Tote.id), {"code": code, "location_id": place, "state": "free"})
    return int(made.scalar_one())


def _walk(session: Session, run_id: int, totes: dict[int, str]) -> Iterable[str]:
    """What a picker without faults scans on this run: shelf, copies, tote, and the shelf once for all its stops."""
    at = None
    for stop in session.execute(
        select(PickStop.location_id, PickStop.units_due, PickStop.slot, Item.isbn13)
        .join(Item, Item.id == PickStop.item_id).where(PickStop.run_id == run_id).order_by(PickStop.position)
    ):
        if stop.location_id != at:
            at = stop.location_id
            yield make_label("location", at)
        yield from [stop.isbn13] * stop.units_due
        if totes:
            yield totes[stop.slot]
