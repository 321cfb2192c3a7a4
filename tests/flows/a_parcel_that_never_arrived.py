"""A carrier takes a parcel and loses it. The watch asks first, the carrier tells at last, the customer is written to in
their own language and gets the books again; and when the lost parcel turns up after all, nothing goes twice."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request

import pytest
from sqlalchemy import select

from tests import builders
from tests.mail_server import a_mail_server
from warehouse.models.packing import Parcel
from warehouse.services import setup, tracking

DUNE, EMMA = "9780441172696", "9780141439587"
NORA = {"name": "Nora Whitlock", "phone": "07700900123", "email": "nora@example.com"}
ZHOU = {"name": "周予安", "phone": "19900001001", "email": "zhou@example.com"}


@pytest.fixture
def post_box(shop):
    """The shop writes to its customers through this server."""
    with a_mail_server() as box:
        shop.stop()
        shop.start(smtp_host="127.0.0.1", smtp_port=box.port, smtp_tls="off", mail_from="books@shop.example",
                   public_url="https://books.example")
        yield box


@pytest.fixture
def items(shop):
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    return [shop.stock("A-01-1", DUNE, "Dune Messiah", 5)[0], shop.stock("B-01-1", EMMA, "Emma", 3)[0]]


def send_all(shop, desk, hand, order, tote):
    """From the release desk to the driver; the number on the parcel."""
    desk.post("/waves/release", order_ids=[order], grouping="by_order")
    (run,) = [run["id"] for run in desk.get("/pick/")["runs"]]
    hand.walk(run, hand.load(run, [tote]))
    hand.send_off(hand.pack(order, tote))
    with shop.db.read() as session:
        return session.execute(select(Parcel.number).where(Parcel.order_id == order)).scalar_one()


def secret_of(shop, carrier, at):
    """A new secret for a carrier, as the console gives it."""
    return shop.db.write(lambda session: tracking.set_secret(session, setup.system_actor(session, at), carrier))


def tell(shop, clock, secret, *events):
    """The carrier posts what it knows, signed, as its program does; what it is answered."""
    body = json.dumps({"events": list(events)}).encode()
    stamp = str(int(clock.moment.timestamp()))
    headers = {"Content-Type": "application/json", "X-Timestamp": stamp,
               "X-Signature": hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()}
    asked = urllib.request.Request(f"http://127.0.0.1:{shop.port}/tracking/webhook/SF", body, headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.loads(answer.read())


def write_to_customer(shop, service, why):
    """The one letter that waits about this, sent as the reviewed text says it; what was sent."""
    (row,) = service.get("/messages/", why=why)["rows"]
    found = service.get(f"/messages/{row['id']}")["suggestion"]
    assert found["template_id"] and not found["letter"]["missing"]
    service.post(f"/messages/{row['id']}/send", template_id=found["template_id"],
                 subject=found["letter"]["subject"], body=found["letter"]["body"])
    shop.minute()
    return found["letter"]["subject"]


def turns_of(service, order):
    """The time line as (subject, verb, what of it), without what hands and papers did."""
    entries = service.get(f"/service/order/{order}")["entries"]
    return [(entry["subject"], entry["verb"], entry["facts"].get("why") or entry["facts"].get("kind", ""))
            for entry in entries if entry["subject"] not in ("move", "print", "run")]


def only(turns, *wanted):
    """Those of the turns that are wanted, in the order of the time line."""
    return [turn for turn in turns if turn in wanted]


def is_silent_and_then_heard_of(shop, clock, service, number):
    """The watch is the first to see that something is wrong; then a file tells that the carrier has it
    after all, and what nobody had in hand is over by itself."""
    clock.forward(hours=25)
    assert [shop.minute()["delays found"] for _ in range(2)] == [1, 0]
    service.sign_in()
    (silent,) = service.get("/incidents/")["incidents"]
    assert (silent["kind"], silent["stage"], silent["owner_role"], silent["next_step"]) == (
        "delayed", "carrier", "service", "contact_carrier")
    clock.forward(minutes=5)
    table = f"number,time,status,place\n{number},{clock.moment.isoformat()},in_transit,Wuhan\n"
    clock.forward(minutes=5)
    report = service.upload("/tracking/", "files", "sf.csv", table.encode())
    assert (report["created"], report["incidents"]) == (1, 0)
    assert [service.get(f"/incidents/{silent['id']}")["incident"]["row"][name] for name in ("state", "outcome")] == [
        "settled", "mended"]


def turns_up_after_all(shop, clock, service, secret, order, number, item):
    """Both came, and nothing is sent or told a third time."""
    clock.forward(minutes=5)
    shop.minute()
    letters, moves = service.get("/messages/", shown="done")["rows"], builders.moves_of(shop.db, item)
    late = {"number": number, "time": clock.moment.isoformat(), "status": "delivered", "place": "Hangzhou"}
    assert tell(shop, clock, secret, late)["incidents"] == 0
    shop.minute()
    assert [builders.order_state(shop.db, order), service.get("/incidents/")["incidents"]] == ["delivered", []]
    assert (service.get("/messages/", shown="done")["rows"], builders.moves_of(shop.db, item)) == (letters, moves)
    assert service.get("/messages/")["rows"] == []


@pytest.mark.parametrize(("language", "who", "words", "again"), [
    ("en", NORA, ("Dear Nora Whitlock,", "SF Express has lost your parcel"), "“Dune Messiah, Emma”"),
    ("zh-Hans", ZHOU, ("周予安 您好！", "您的包裹在顺丰速运运输途中丢失"), "《Dune Messiah, Emma》")], ids=["en", "zh"])
def test_lost_by_its_carrier_it_is_sent_again_once_and_the_customer_reads_why(
    shop, clock, post_box, items, language, who, words, again,
):
    desk, hand, service = shop.person("manager", "Lin Yue"), shop.person("packer"), shop.person("service", "Su Min")
    order = builders.an_order(shop.db, dict(zip(items, (2, 1), strict=True)), recipient=who, language=language,
                              total_minor=6_900)
    number = send_all(shop, desk, hand, order.id, "T-01")
    assert shop.minute()["letters sent"] == 1

    is_silent_and_then_heard_of(shop, clock, service, number)
    # Its program tells the end. Told twice it is one event and one incident; signed by nobody it is nothing.
    clock.forward(minutes=5)
    lost = {"number": number, "time": clock.moment.isoformat(), "status": "lost", "place": "Wuhan"}
    secret = shop.db.write(lambda session: tracking.set_secret(
        session, setup.system_actor(session, clock.moment), "SF"))
    with pytest.raises(urllib.error.HTTPError, match="401"):
        tell(shop, clock, "guessed", lost)
    assert [tell(shop, clock, secret, lost)["incidents"] for _ in range(2)] == [1, 0]
    (incident,) = service.get("/incidents/")["incidents"]
    assert (incident["kind"], incident["units"], incident["order_id"]) == ("lost", 3, order.id)

    subject = write_to_customer(shop, service, "parcel_lost")
    (letter,) = [each for each in post_box.read if each["Subject"] == subject]
    assert letter["To"] == who["email"]
    assert all(each in letter.get_content() for each in (*words, number, "https://books.example/o/"))

    # They want the books, not the money.
    clock.forward(minutes=5)
    page = service.post(f"/incidents/{incident['id']}/settle", outcome="confirmed", order="replacement",
                        note="wants the books again")["incident"]
    (follow,) = [each["id"] for each in page["made"] if each["kind"] == "order"]
    write_to_customer(shop, service, "replaced")
    assert again in post_box.read[-1].get_content()
    hand.sign_in()
    desk.sign_in()
    send_all(shop, desk, hand, follow, "T-02")
    for one, other in ((order.id, follow), (follow, order.id)):
        assert [each["id"] for each in service.get(f"/service/order/{one}")["order"]["related"]] == [other]

    turns_up_after_all(shop, clock, service, secret, order, number, items[0])
    assert [builders.units_at(shop.db, place, item) for place, item in zip(("A-01-1", "B-01-1"), items, strict=True)
            ] == [(1, 0), (1, 0)]
    story = [
        ("order", "dispatched", ""), ("message", "sent", "dispatched"), ("incident", "report", "delayed"),
        ("tracking", "in_transit", ""), ("incident", "settle", ""), ("tracking", "lost", ""),
        ("incident", "report", "lost"), ("message", "sent", "parcel_lost"), ("order", "make_replacement", ""),
        ("incident", "settle", ""), ("message", "sent", "replaced"), ("tracking", "delivered", "")]
    assert only(turns_of(service, order.id), *story) == story
