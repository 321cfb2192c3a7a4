"""The demo shop for the tests of the real screens: made once a run, copied for each test, served on a free port."""

import shutil
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from waitress import create_server

from tests.browser.keys import scan_keys
from tests.browser.screen_checks import assert_screen_is_fit, faults_of, layout_faults_of
from warehouse import clock, data_folder
from warehouse.app import create_app
from warehouse.config import load_config
from warehouse.db import Database
from warehouse.demo.build import Badge, build
from warehouse.domain.own_labels import make_label
from warehouse.domain.people import Actor
from warehouse.domain.picking import FREE
from warehouse.models.catalog import Item, ItemCode
from warehouse.models.counting import CountSession
from warehouse.models.incidents import Incident
from warehouse.models.journal import Scan
from warehouse.models.messages import Message
from warehouse.models.orders import Order
from warehouse.models.packing import Parcel
from warehouse.models.people import Person
from warehouse.models.picking import PickRun, PickStop, Tote
from warehouse.models.receiving import Delivery
from warehouse.models.returns import CustomerReturn
from warehouse.models.stock import Location, StockBalance
from warehouse.queries import putback
from warehouse.services import (
    counting_look,
    customer,
    packing_draw,
    packing_look,
    picking_look,
    putback_look,
    receiving_look,
    shipping_look,
    transfers_look,
)

PICTURES = Path(__file__).parents[2] / "artefacts" / "browser"
LANDSCAPE, PORTRAIT = {"width": 1280, "height": 800}, {"width": 800, "height": 1280}
ENGLISH, CHINESE = "en", "zh-Hans"
# Whole stories are told in these two; the other two are opened and looked at in test_desk.
TOLD = [(ENGLISH, LANDSCAPE), (CHINESE, PORTRAIT)]
CROSSED = [(ENGLISH, PORTRAIT), (CHINESE, LANDSCAPE)]


def name_of(told):
    """A name for a test id: "en-1280x800"."""
    language, size = told
    return f"{language[:2]}-{size['width']}x{size['height']}"


@dataclass
class Shop:
    """One served copy of the demo shop. What a screen asks for is read past the screen, from the books."""

    url: str
    database: Database
    badges: dict[str, Badge]
    app: Flask

    def speak(self, language):
        """Everybody here wants this language."""
        self.database.write(set_language, language)

    def actor(self, role):
        badge = self.badges[role]
        with self.database.read() as session:
            language = session.get_one(Person, badge.person_id).language
        return Actor(badge.person_id, None, clock.now(), role, language, badge.name)

    def pick_task(self, run_id, role="picker"):
        with self.database.read() as session:
            return picking_look.draw(picking_look.look(session, run_id), self.actor(role))

    def pack_task(self, order_id, role="packer"):
        with self.database.read() as session:
            return packing_draw.draw(packing_look.look(session, order_id), self.actor(role))

    def ship_task(self, parcel_id, role="packer"):
        with self.database.read() as session:
            return shipping_look.draw(shipping_look.look(session, parcel_id, ENGLISH), self.actor(role))

    def put_back_task(self, source_id, role="packer"):
        with self.database.read() as session:
            return putback_look.draw(putback_look.look(session, source_id), self.actor(role))

    def parcel_task(self, parcel_id, role="packer"):
        with self.database.read() as session:
            return receiving_look.draw(session, receiving_look.look(session, parcel_id), self.actor(role))

    def transfer_task(self, role="packer"):
        actor = self.actor(role)
        with self.database.read() as session:
            return transfers_look.draw(transfers_look.look(session, actor.person_id), actor)

    def count_task(self, task_id, role="packer"):
        with self.database.read() as session:
            return counting_look.draw(counting_look.look(session, task_id), self.actor(role))

    def runs(self, state, *kinds):
        """Ids of pick runs in a state, oldest first."""
        rows = select(PickRun.id).where(PickRun.state == state).order_by(PickRun.id)
        return self._ids(rows.where(PickRun.kind.in_(kinds)) if kinds else rows)

    def deliveries(self, state):
        return self._ids(select(Delivery.id).where(Delivery.state == state).order_by(Delivery.id))

    def stocktakes(self, state, kind):
        return self._ids(select(CountSession.id).where(CountSession.state == state, CountSession.kind == kind)
                         .order_by(CountSession.id))

    def place(self, code):
        """The id of a place by the text on its label."""
        return self._ids(select(Location.id).where(Location.code == code))[0]

    def item(self, isbn):
        return self._ids(select(Item.id).where(Item.isbn13 == isbn))[0]

    def units_at(self, location_id, item_id, condition="good"):
        """Copies of a title at a place, those promised to orders among them."""
        here = (StockBalance.location_id == location_id, StockBalance.item_id == item_id)
        return sum(self._ids(select(StockBalance.on_hand).where(*here, StockBalance.condition == condition)))

    def free_units(self, item_id):
        """Good copies on shelves that no order was promised."""
        rows = select(StockBalance.on_hand - StockBalance.reserved).join(
            Location, Location.id == StockBalance.location_id)
        return sum(self._ids(rows.where(
            StockBalance.item_id == item_id, StockBalance.condition == "good", Location.kind == "shelf")))

    def orders(self, *states):
        return self._ids(select(Order.id).where(Order.state.in_(states)).order_by(Order.due_at, Order.id))

    def order_number(self, order_id):
        return self._ids(select(Order.number).where(Order.id == order_id))[0]

    def customer_link(self, order_id):
        """The unguessable part of the address of the customer's page."""
        return self.database.write(customer.link_of, order_id)

    def incidents(self, kind, *stages):
        rows = select(Incident.id).where(Incident.kind == kind).order_by(Incident.id)
        return self._ids(rows.where(Incident.stage.in_(stages)) if stages else rows)

    def returns(self, *states):
        return self._ids(select(CustomerReturn.id).where(CustomerReturn.state.in_(states)).order_by(CustomerReturn.id))

    def messages(self, *states):
        return self._ids(select(Message.id).where(Message.state.in_(states)).order_by(Message.id))

    def parcels(self, *states):
        return self._ids(select(Parcel.id).where(Parcel.state.in_(states)).order_by(Parcel.id))

    def free_totes(self):
        return self._ids(select(Tote.id).where(Tote.state == FREE).order_by(Tote.id))

    def tote_label(self, code):
        with self.database.read() as session:
            return label("tote", session.execute(select(Tote.id).where(Tote.code == code)).scalar_one())

    def orders_of(self, run_id):
        rows = select(PickStop.order_id).where(PickStop.run_id == run_id).distinct()
        return self._ids(rows.order_by(PickStop.order_id))

    def carrier_of(self, parcel_id):
        rows = select(Order.carrier_code).join(Parcel, Parcel.order_id == Order.id).where(Parcel.id == parcel_id)
        return self._ids(rows)[0]

    def look_alike(self, *item_ids):
        """The ISBN of a book that is none of these but a neighbour of the first in the catalogue."""
        nearness = (Item.id - item_ids[0]) * (Item.id - item_ids[0])
        rows = select(Item.isbn13).where(Item.id.not_in(item_ids), Item.isbn13.is_not(None))
        return self._ids(rows.order_by(nearness))[0]

    def other_shelf(self, location_id):
        """A shelf in an aisle that is not this one."""
        rows = select(Location.id).where(Location.aisle != "", Location.id != location_id)
        return self._ids(rows.order_by(Location.id))[0]

    def put_backs(self):
        """Ids of totes and parcels that wait to be put back."""
        with self.database.read() as session:
            return [source.id for source in putback.list_sources(session)]

    def other_isbn(self, *item_ids):
        """The ISBN of a book that is none of these and shares no code."""
        shared = select(ItemCode.code).group_by(ItemCode.code).having(func.count() > 1)
        rows = select(Item.isbn13).where(Item.id.not_in(item_ids), Item.isbn13.is_not(None), Item.isbn13.not_in(shared))
        return self._ids(rows.order_by(Item.id))[0]

    def scans_of(self, task_id):
        """What was scanned for one task, in the order in which it came in."""
        return self._ids(select(Scan.raw).where(Scan.task_id == task_id).order_by(Scan.id))

    def _ids(self, rows):
        with self.database.read() as session:
            return list(session.execute(rows).scalars())


def set_language(session, language):
    for person in session.execute(select(Person)).scalars():
        person.language = language


def make_shop(home):
    """Build the demo in `home`; its badges."""
    return build(load_config(home, database_url=f"sqlite:///{home / 'warehouse.db'}", is_demo=True))


@contextmanager
def serving(template, badges, home, *, is_demo=False):
    """A copy of the shop in `template`, served on a free port until the end."""
    shutil.copytree(template, home)
    config = load_config(home, database_url=f"sqlite:///{home / 'warehouse.db'}", is_demo=is_demo)
    with data_folder.opened(config) as database:
        app = create_app(config, database)
        server = create_server(app, host="127.0.0.1", port=0, threads=8)
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.effective_port}"
        yield Shop(url, database, {badge.role: badge for badge in badges}, app)
        server.close()


def serve(server):
    # A closed socket ends its loop: that is how it is stopped.
    with suppress(OSError):
        server.run()


class Visitor:
    """A person with a tablet: scans, taps, and looks at every screen on the way."""

    def __init__(self, shop, page, language):
        self.shop, self.page, self.language = shop, page, language
        size = page.viewport_size
        self.mark = f"{language[:2]}.{size['width']}x{size['height']}"

    def sign_in(self, role):
        """The badge by the gun, the PIN by six taps."""
        badge = self.shop.badges[role]
        scan_keys(self.page, badge.badge)
        self.page.locator("input[name=badge]").wait_for(state="attached")
        for digit in badge.pin:
            self.page.locator(f"[data-key='{digit}']").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def hand_over(self, role):
        """Somebody else scans their badge on the work screen."""
        badge = self.shop.badges[role]
        self.scan_unanswered(badge.badge)
        self.page.locator("input[type=hidden][name=person_id]").wait_for(state="attached")
        for digit in badge.pin:
            self.page.locator(f"[data-key='{digit}']").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open(self, address):
        self.page.goto(self.shop.url + address)
        self.page.wait_for_function("() => window.tablet?.sender")

    def follow(self, button, address):
        """Tap what leads to another screen, and wait until that one hears the scanner."""
        self.page.locator(button).click()
        self.page.wait_for_url(address)
        self.page.wait_for_function("() => window.tablet?.sender")

    def type_number(self, sheet, number):
        """A number on the pad of a sheet; it stays open for the scan that it belongs to."""
        self.page.locator(f"[data-open-sheet='{sheet}']:visible").last.click()
        for digit in str(number):
            self.page.locator(f"{sheet} [data-key='{digit}']").click()

    def scan(self, text):
        """Scan and wait for the answer to this very scan."""
        before = self.answer_id()
        scan_keys(self.page, text)
        self.answered_after(before)

    def scan_unanswered(self, text):
        """Scan where no answer comes to this page."""
        scan_keys(self.page, text)

    def all_sent(self):
        """Wait until the outbox of this tablet is empty."""
        self.page.wait_for_function("() => window.tablet.net.waiting() === 0")

    def press(self, code):
        """Tap the button that sends `code`, and wait for its answer."""
        before = self.answer_id()
        self.page.locator(f"[data-virtual-scan='{code}']:visible").first.click()
        self.answered_after(before)

    def answer_id(self):
        return self.page.locator("#task").get_attribute("data-answer-id") or ""

    def answered_after(self, before):
        self.page.wait_for_function(
            "before => (document.querySelector('#task')?.dataset.answerId || before) !== before", arg=before
        )

    def outcome(self):
        """(outcome, sound, code) of the answer on the screen."""
        task = self.page.locator("#task")
        return tuple(task.get_attribute(f"data-{name}") for name in ("outcome", "sound", "code"))

    def look(self, name):
        """Keep a picture of the screen as it stands, then refuse it if it is not fit."""
        self.keep(name)
        assert_screen_is_fit(self.page)

    def faults(self, name, *, layout_alone=False):
        """The same without refusing: the faults, each with the name of the screen."""
        self.keep(name)
        found = layout_faults_of(self.page) if layout_alone else faults_of(self.page)
        return [f"{name} {self.mark}: {fault}" for fault in found]

    def keep(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        # Playwright would hide the caret by a style of its own, which our pages do not let in.
        self.page.screenshot(path=PICTURES / f"{name}.{self.mark}.png", caret="initial")


def visit(shop, new_tablet, told):
    """A fresh tablet at the door of the shop; `told` is (language, size)."""
    language, size = told
    shop.speak(language)
    tablet = new_tablet(viewport=size, locale="zh-CN" if language == CHINESE else "en-GB")
    # As on Android: a paper opens by itself. A print dialog cannot be answered here.
    tablet.add_init_script("Object.defineProperty(navigator, 'pdfViewerEnabled', { value: false })")
    page = tablet.new_page()
    page.on("popup", lambda paper: paper.close())
    visitor = Visitor(shop, page, language)
    visitor.open("/login")
    return visitor


def label(kind, thing_id):
    """What a gun reads from our own label."""
    return make_label(kind, thing_id)
