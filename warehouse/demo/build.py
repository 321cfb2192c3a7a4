"""Makes the demo shop: books, shelves, people, forty orders, and a morning's work already done on them."""

import csv
import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from warehouse import clock, data_folder, imports, imports_stock
from warehouse.config import Config
from warehouse.db import Database
from warehouse.demo import counted, inbound, past, sent
from warehouse.demo.hands import Hands
from warehouse.domain import picking as runs
from warehouse.domain.orders import CONFIRMED, PICKED
from warehouse.domain.people import Actor
from warehouse.i18n import CHINESE, ENGLISH
from warehouse.models.orders import Order
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, RunTote, Tote
from warehouse.services import cancellation, equipment, people, setup, waves

CARRIER_DRIVER = "陈师傅"
TOTES, CARTS, SLOTS = 14, 2, 4
FIRST_WAVE, LEFT_CONFIRMED = 18, 5
# (from the how-many-eth order on, minutes until its truck)
TRUCKS = ((0, -25), (3, 95), (17, 210), (30, 400))
# What customers were promised beyond the truck.
ROAD_DAYS = 4


@dataclass(frozen=True)
class Badge:
    """What one needs to sign in to the demo."""

    person_id: int
    name: str
    role: str
    language: str
    badge: str
    pin: str


def build(config: Config) -> list[Badge]:
    """Make the shop in `config.home`, or find it there as it was left; the badges and PINs of its people."""
    is_new = not config.key_file.exists()
    data_folder.make(config)
    with data_folder.opened(config) as database:
        if is_new:
            _fill(config, database)
        return _badges(database)


def _fill(config: Config, database: Database) -> None:
    actor = database.write(setup.system_actor, clock.now() - timedelta(hours=6))
    zone = config.time_zone
    imports_stock.import_catalogue(database.write, actor, [_file("books.csv")])
    imports_stock.import_layout(database.write, actor, [_file("layout.csv")])
    long_ago = replace(actor, at=actor.at - timedelta(days=2 * past.DAYS))
    imports_stock.import_stock(database.write, long_ago, [_file("stock.csv")])
    database.write(past.sell, actor)
    imports.import_orders(database.write, actor, [_file("orders.csv")], time_zone=zone)
    database.write(_promise, clock.now())
    database.write(equipment.add_totes, actor, "T", TOTES)
    database.write(equipment.add_carts, actor, "C", CARTS, SLOTS)
    staff = _hire(database, actor)
    counted.fill(database, staff)
    sent.fill(database, actor, staff, zone)
    _work(database, staff)
    inbound.fill(database, actor, staff, today=clock.now().astimezone(ZoneInfo(zone)).date())


def _promise(session: Session, now: datetime) -> None:
    """Trucks that leave soon whatever the hour is at which somebody looks at the demo: a few orders are late,
    the most in time."""
    ids = session.execute(select(Order.id).order_by(Order.placed_at, Order.id)).scalars().all()
    for number, order_id in enumerate(ids):
        minutes = next(minutes for first, minutes in reversed(TRUCKS) if number >= first)
        due_at = now + timedelta(minutes=minutes)
        session.execute(update(Order).where(Order.id == order_id).values(
            due_at=due_at, promised_at=due_at + timedelta(days=ROAD_DAYS)))


def _file(name: str) -> tuple[str, bytes]:
    return name, files("warehouse.demo").joinpath(name).read_bytes()


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_file(name)[1].decode("utf-8-sig"))))


def _hire(database: Database, actor: Actor) -> dict[str, Actor]:
    """The people of the demo by role."""
    device = database.write(people.add_device, secrets.token_hex(32), "Tablet 1", clock.now())
    staff = {}
    with database.read() as session:
        vault = session.info["vault"]
    for row in _rows("people.csv"):
        language = CHINESE if row["language"].startswith("zh") else ENGLISH
        joined = database.write(people.add_person, actor, name=row["name"], role=row["role"], language=language,
                                pin_hash=people.hash_pin(vault, row["pin"]))
        staff[row["role"]] = Actor(joined.person_id, device, clock.now(), row["role"], language, row["name"])
    return staff


def _work(database: Database, staff: dict[str, Actor]) -> None:
    """The morning so far: shipped, labelled, packed, half packed, picked, half picked, planned, waiting."""
    now = clock.now()
    lead = staff["manager"]
    picker = Hands(database, staff["picker"], now - timedelta(hours=4))
    packer = Hands(database, staff["packer"], now - timedelta(hours=3))
    first, second = _confirmed(database)
    _release(database, lead, first, now - timedelta(hours=5))
    planned = _planned(database)
    batches = [run for run, kind in planned if kind != runs.SINGLE]
    singles = [run for run, kind in planned if kind == runs.SINGLE]
    free = _free_totes(database)
    for run in batches[:2]:
        picker.pick(run, [next(free) for _ in range(_slots(database, run))], _cart(database, run))
    _pack_and_ship(database, packer)
    _cancel_one(database, lead)
    _release(database, lead, second, now - timedelta(minutes=40))
    picker.at = max(picker.at, now - timedelta(minutes=6))
    if singles:
        picker.pick(singles[0], [next(free)], stop_after=7)
        picker.miss(singles[0])


def _confirmed(database: Database) -> tuple[list[int], list[int]]:
    """Orders for the first wave and for the second; the last few stay for whoever tries the release screen."""
    with database.read() as session:
        ids = list(session.execute(
            select(Order.id).where(Order.state == CONFIRMED).order_by(Order.due_at, Order.id)).scalars())
    return ids[:FIRST_WAVE], ids[FIRST_WAVE : len(ids) - LEFT_CONFIRMED]


def _release(database: Database, lead: Actor, order_ids: list[int], at: datetime) -> None:
    actor = replace(lead, at=at)
    with database.read() as session:
        due = session.execute(select(func.min(Order.due_at)).where(Order.id.in_(order_ids))).scalar()
    wave = database.write(waves.open_wave, actor, due or actor.at)
    database.write(waves.release, actor, wave, order_ids, slots=SLOTS)


def _planned(database: Database) -> list[tuple[int, str]]:
    with database.read() as session:
        return [(row.id, row.kind) for row in session.execute(
            select(PickRun.id, PickRun.kind).where(PickRun.state == runs.PLANNED).order_by(PickRun.id))]


def _slots(database: Database, run_id: int) -> int:
    with database.read() as session:
        return len(session.execute(select(RunTote.id).where(RunTote.run_id == run_id)).all())


def _cart(database: Database, run_id: int) -> int | None:
    with database.read() as session:
        return 1 if session.execute(select(PickRun.kind).where(PickRun.id == run_id)).scalar() == runs.BATCH else None


def _free_totes(database: Database) -> Iterator[int]:
    with database.read() as session:
        return iter(session.execute(select(Tote.id).where(Tote.state == runs.FREE).order_by(Tote.id)).scalars().all())


def _picked(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(Order.id, Order.carrier_code).where(Order.state == PICKED).order_by(Order.due_at, Order.id))
    return [(row.id, row.carrier_code) for row in rows]


def _pack_and_ship(database: Database, packer: Hands) -> None:
    """Of what is picked, two leave with a driver, one is labelled, one weighed, one begun; the rest waits."""
    with database.read() as session:
        waiting = _picked(session)
    left: dict[str, list[int]] = {}
    for number, (order_id, carrier) in enumerate(waiting[:5]):
        parcel = packer.pack(order_id, leave_open=number == 4)
        if parcel is None or number == 3:
            continue
        packer.label(parcel)
        if number < 2:
            left.setdefault(carrier, []).append(parcel)
    for carrier, parcels in left.items():
        packer.hand_over(carrier, parcels, CARRIER_DRIVER)


def _cancel_one(database: Database, lead: Actor) -> None:
    """A customer changed their mind after the pick: the units wait to be put back."""
    with database.read() as session:
        waiting = _picked(session)
    if waiting:
        database.write(cancellation.cancel_order, lead, waiting[-1][0], "customer changed their mind")


def _badges(database: Database) -> list[Badge]:
    pins = {row["name"]: row["pin"] for row in _rows("people.csv")}
    with database.read() as session:
        staff = session.execute(
            select(Person.id, Person.name, Person.role, Person.language, Person.badge).order_by(Person.id)).all()
    return [Badge(*row, pins[row.name]) for row in staff if row.name in pins]
