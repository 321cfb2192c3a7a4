"""Readable beginnings for tests: an item, a shelf with stock, an order, a tote, a person. Each is in the database
when it comes back; what comes back are plain values. Ids that are not told are made in turn, never at random."""

import hashlib
import itertools
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from sqlalchemy import insert, select

from warehouse import clock
from warehouse.domain import stock as rules
from warehouse.domain.own_labels import make_badge, make_label
from warehouse.domain.people import Actor
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.orders import Order, OrderLine
from warehouse.models.people import Device, Person
from warehouse.models.picking import Cart, Tote
from warehouse.models.stock import Location, StockBalance, StockMove
from warehouse.services import setup, stock
from warehouse.vault import mask_name

PIN = "204816"

# The cheapest argon2 that verifies: what tests are about is who may sign in, not how long guessing takes.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

_turn = itertools.count(1)


@dataclass(frozen=True)
class AnItem:
    """`codes` are all texts that a scanner may read from it, `label` its own."""

    id: int
    sku: str
    isbn: str | None
    title: str
    codes: tuple[str, ...]

    @property
    def label(self):
        return make_label("item", self.id)


@dataclass(frozen=True)
class APlace:
    """A shelf or any other location; `label` is what a gun reads there."""

    id: int
    code: str
    kind: str

    @property
    def label(self):
        return make_label("location", self.id)

    @property
    def place(self):
        return stock.Place(self.id, self.kind)


@dataclass(frozen=True)
class ATote:
    id: int
    code: str
    place: stock.Place

    @property
    def label(self):
        return make_label("tote", self.id)


@dataclass(frozen=True)
class ACart:
    id: int
    code: str
    slots: int

    @property
    def label(self):
        return make_label("cart", self.id)


@dataclass(frozen=True)
class AnOrder:
    """`line_ids` in the order in which the lines were told."""

    id: int
    number: str
    source_number: str
    line_ids: tuple[int, ...]


@dataclass(frozen=True)
class APerson:
    id: int
    name: str
    role: str
    language: str
    badge: str
    pin: str


# --- People and tablets ----------------------------------------------------------------------------------------------


def a_person(db, name="Chen Wei", role="picker", *, language="en", pin=PIN, is_active=True):
    badge = make_badge(hashlib.sha256(f"{name}{next(_turn)}".encode()).hexdigest()[:14].upper())

    def add(session):
        return session.execute(insert(Person).returning(Person.id), {
            "name": name, "role": role, "language": language, "badge": badge, "is_active": is_active,
            "pin_hash": QUICK_HASHER.hash(session.info["vault"].pepper(pin)), "created_at": clock.now(),
        }).scalar_one()

    return APerson(db.write(add), name, role, language, badge, pin)


def as_actor(person, device_id=None):
    """The person at work, now."""
    return Actor(person_id=person.id, device_id=device_id, at=clock.now(), role=person.role,
                 language=person.language, name=person.name)


def a_device(db, name="Tablet 1"):
    """A tablet's id; its cookie is of no use here."""
    token_hash = hashlib.sha256(f"{name}{next(_turn)}".encode()).hexdigest()
    return _insert(db, Device, name=name, token_hash=token_hash, created_at=clock.now())


# --- Items, places, stock --------------------------------------------------------------------------------------------


def an_item(db, title="三体", *, isbn="9787536692930", sku=None, codes=(), **fields):
    """An item with its ISBN, its own label and whatever other `codes` a scanner may read from it. Without `sku` it is
    the ISBN. `fields` are columns: weight_g=340, volumes=3, packing_class="set", authors="刘慈欣" …"""
    sku = sku or isbn or f"SKU-{next(_turn)}"

    def add(session):
        moment = {"created_at": clock.now(), "updated_at": clock.now()}
        item_id = session.execute(
            insert(Item).returning(Item.id), {"sku": sku, "isbn13": isbn, "title": title, **moment, **fields}
        ).scalar_one()
        readable = tuple(dict.fromkeys(filter(None, (isbn, *codes, make_label("item", item_id)))))
        session.execute(insert(ItemCode), [{"code": code, "item_id": item_id} for code in readable])
        return AnItem(item_id, sku, isbn, title, readable)

    return db.write(add)


def a_shelf(db, code="B-07-3", *, sequence=None, **fields):
    """A shelf by its code, the same one if it is there already; walked past in order of codes where not told."""
    aisle, bay, shelf = (*code.split("-"), "", "")[:3]
    if sequence is None:
        # Base 37 over the first five letters and digits: sorts as the code does.
        sequence = int("".join(filter(str.isalnum, code))[:5].ljust(5, "0"), 36)
    return a_place(db, code, rules.SHELF, aisle=aisle, bay=bay, shelf=shelf, sequence=sequence, **fields)


def a_place(db, code, kind=rules.SHELF, **fields):
    """A location of any kind, the same one if it is there already (CUSTOMER, QUARANTINE …)."""
    def add(session):
        found = session.execute(select(Location.id, Location.kind).where(Location.code == code)).one_or_none()
        if found:
            return APlace(found.id, code, found.kind)
        made = session.execute(insert(Location).returning(Location.id), {"code": code, "kind": kind, **fields})
        return APlace(made.scalar_one(), code, kind)

    return db.write(add)


def stock_at(db, shelf, item, units=1, *, condition=rules.GOOD):
    """Opening stock: units of an item on a shelf, by the ledger. The shelf (by code or as made) comes back."""
    place = shelf if isinstance(shelf, APlace) else a_shelf(db, shelf)

    def put(session):
        actor = setup.system_actor(session, clock.now())
        stock.move(session, actor, item.id, units, source=stock.fixed_place(session, "SUPPLIER"),
                   target=place.place, cause=stock.Cause(rules.OPENING), condition=condition)

    db.write(put)
    return place


def units_at(db, place, item, condition=rules.GOOD):
    """(on hand, reserved) of an item at a place given as built, by id or by code; (0, 0) where it never was."""
    with db.read() as session:
        found = session.execute(
            select(StockBalance.on_hand, StockBalance.reserved)
            .join(Location, Location.id == StockBalance.location_id)
            .where(StockBalance.item_id == item.id, StockBalance.condition == condition,
                   Location.code == place if isinstance(place, str) else Location.id == getattr(place, "id", place))
        ).one_or_none()
    return tuple(found) if found else (0, 0)


def moves_of(db, item):
    """Every move of an item as (reason, units, from, to), the oldest first."""
    source, target = Location.__table__.alias(), Location.__table__.alias()
    with db.read() as session:
        rows = session.execute(
            select(StockMove.reason, StockMove.units, source.c.code, target.c.code)
            .join(source, source.c.id == StockMove.source_id).join(target, target.c.id == StockMove.target_id)
            .where(StockMove.item_id == item.id).order_by(StockMove.id)
        )
        return [tuple(row) for row in rows]


def a_tote(db, code="T-01"):
    """A free tote with the place that it is."""
    place = a_place(db, code, rules.TOTE)
    return ATote(_insert(db, Tote, code=code, location_id=place.id, state="free"), code, place.place)


def a_cart(db, code="C-01", *, slots=6):
    return ACart(_insert(db, Cart, code=code, slots=slots), code, slots)


# --- Orders ----------------------------------------------------------------------------------------------------------

RECIPIENT = {"name": "周予安", "phone": "19900001001", "email": "buyer@example.com", "district": "西湖区",
             "street": "文三路桂花弄 18 号 2 幢 301 室"}


def an_order(db, lines, *, state="confirmed", channel="shop", source_number=None, recipient=None, **fields):
    """An order as it stands after import: `lines` is {item: units wanted}, one line each. `fields` are columns:
    when_short="part", carrier_code="YTO", buyer_remark="…", due_at=… Sealed like every order."""
    source_number = source_number or f"S{1000 + next(_turn)}"
    who = {**RECIPIENT, **(recipient or {})}

    def add(session):
        vault = session.info["vault"]
        row = {
            "channel": channel, "source_number": source_number, "content_hash": "", "import_class": "pick",
            "state": state, "placed_at": clock.now(), "due_at": clock.now() + timedelta(hours=8),
            "received_at": clock.now(), "payment": "paid", "currency": "CNY", "total_minor": 0,
            "shipping_minor": 0, "carrier_code": "SF", "recipient_masked": mask_name(who["name"]),
            "recipient": vault.seal(who, f"order:{channel}:{source_number}"),
            "phone_index": vault.phone_index(who["phone"]), "name_index": vault.name_index(who["name"]),
            "country": "CN", "province": "浙江省", "city": "杭州市", "postcode": "310012", "language": "zh-Hans",
            "when_short": "wait",
            "units_wanted": sum(lines.values()), "lines_count": len(lines), **fields,
        }
        order_id = session.execute(insert(Order).returning(Order.id), row).scalar_one()
        number = make_label("order", order_id)
        session.execute(Order.__table__.update().where(Order.id == order_id).values(number=number))
        made = session.execute(insert(OrderLine).returning(OrderLine.id, sort_by_parameter_order=True), [
            {"order_id": order_id, "position": position, "item_id": item.id, "code_text": item.isbn or item.sku,
             "title_text": item.title, "price_minor": 2300, "units_wanted": units}
            for position, (item, units) in enumerate(lines.items(), start=1)
        ])
        return AnOrder(order_id, number, source_number, tuple(made.scalars()))

    return db.write(add)


def order_state(db, order):
    with db.read() as session:
        return session.execute(select(Order.state).where(Order.id == order.id)).scalar_one()


def _insert(db, model, **fields):
    return db.write(lambda session: session.execute(insert(model).returning(model.id), fields).scalar_one())
