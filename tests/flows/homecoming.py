"""Those who send books back and those who take them in: customers on their own page, where nobody signs in, and what a
person does at the returns bench."""

import http.client
import itertools
import re
import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from tests import builders
from tests.flows.crew import TIMEOUT_S, Person, Refused, label
from warehouse.models.catalog import Item
from warehouse.models.messages import Message
from warehouse.models.packing import Parcel
from warehouse.models.stock import Location, StockBalance

_homes = itertools.count(2)


class Customer(Person):
    """Whoever has the link of an order's page, as service read it out to them; each at an address of their own."""

    def __init__(self, shop, order):
        self.headers = {"Accept": "application/json"}
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", shop.port, timeout=TIMEOUT_S, source_address=(f"127.0.1.{next(_homes) % 250 + 2}", 0))
        self.path = shop.person("service", "Su Min").post(f"/service/order/{order.id}/link")["link"]

    def page(self):
        return self.get(self.path)["order"]

    def token(self):
        """What the page has hidden in its form for a return."""
        reader = {**self.headers, "Accept": "text/html"}
        self.connection.request("GET", self.path, headers=reader)
        html = self.connection.getresponse().read().decode()
        return re.search(r'id="return".*?name="token" value="([^"]+)"', html, re.DOTALL).group(1)

    def ask_back(self, copies, *, reason="changed_mind", kind="return", token=None):
        """`copies` is {order line: how many}."""
        units = {f"units_{line}": str(n) for line, n in copies.items()}
        return self.post(f"{self.path}/return", kind=kind, reason=reason, token=token or self.token(), **units)


class Bench:
    """One box at the returns bench in the hands of one person."""

    def __init__(self, hand, raw, *, choice=None):
        self.hand = hand
        answer = hand.scan("/returned/scan", raw, choice=choice)
        assert answer["outcome"] == "accepted", answer
        self.page = answer["go"]
        self.return_id = int(self.page.rpartition("/")[2])

    @property
    def task(self):
        return self.hand.get(self.page)["task"]

    def scan(self, raw, **more):
        return self.hand.scan(f"{self.page}/scan", raw, **more)

    def press(self, command):
        return self.scan(command, step=self.task["step_id"])

    def take(self, code, grade="as_new", place=""):
        """A copy scanned, graded, and sent where it is said; one that nobody has decided about stays."""
        assert self.scan(code)["outcome"] == "accepted", code
        assert self.press(f"#grade:{grade}")["outcome"] == "accepted"
        if place:
            assert self.press(f"#to:{place}")["outcome"] == "accepted"
        return self.task["present"]

    def close(self, *, missing=False):
        answer = self.press("#close:missing" if missing else "#close")
        assert answer["outcome"] == "accepted", answer
        return answer["task"]["state"]


def send_out(desk, hand, order, tote):
    """From the release desk to the driver."""
    desk.post("/waves/release", order_ids=[order], grouping="by_order")
    (run,) = [run["id"] for run in desk.get("/pick/")["runs"]]
    hand.walk(run, hand.load(run, [tote]))
    hand.send_off(hand.pack(order, tote))


def box_of(shop, order):
    """What a gun reads from the label on the order's one parcel."""
    with shop.db.read() as session:
        return label("parcel", session.execute(select(Parcel.id).where(Parcel.order_id == order.id)).scalar_one())


def put_away(hand, code):
    """A copy that goods in has, by scan to the shelf that the house suggests; its code."""
    task = hand.must("/transfers/scan", code)
    shelf = task["suggestions"][0]["code"]
    hand.must("/transfers/scan", shelf)
    return shelf


def refund_of(finance, order):
    """The one refund of an order, as finance sees it."""
    (row,) = [row for row in finance.get("/refunds/")["rows"] if row["order_id"] == order.id]
    return row


def lies(shop):
    """Copies in the house by (SKU, where)."""
    with shop.db.read() as session:
        rows = session.execute(
            select(Item.sku, Location.code, func.sum(StockBalance.on_hand))
            .join(Item, Item.id == StockBalance.item_id).join(Location, Location.id == StockBalance.location_id)
            .where(StockBalance.on_hand > 0).group_by(Item.sku, Location.code))
        return {(sku, place): int(units) for sku, place, units in rows}


def told(shop, order):
    """What the customer of an order must hear or has heard, in turn."""
    with shop.db.read() as session:
        return list(session.execute(select(Message.why).where(Message.order_id == order.id).order_by(Message.id))
                    .scalars())


def refusal(act, *args, **more):
    """The code of the sentence with which the house says no."""
    try:
        act(*args, **more)
    except Refused as refused:
        return refused.code
    return ""


def at_once(*acts):
    """What the house said to acts that all began together: "" where it did as it was told."""
    gate = threading.Barrier(len(acts))

    def one(act):
        gate.wait()
        return refusal(act)

    with ThreadPoolExecutor(len(acts)) as hands:
        return sorted(hands.map(one, acts))


def brought_back(shop, item):
    """Moves of a title since its copies left, oldest first: (reason, from, to)."""
    gone = [(reason, source, target) for reason, _, source, target in builders.moves_of(shop.db, item)]
    last = max(n for n, (_, _, target) in enumerate(gone) if target == "CUSTOMER")
    return gone[last + 1:]
