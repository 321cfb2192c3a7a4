"""An order file comes in through the browser: read once, every doubt named, mended at the desk, and sent."""

import csv
import io
import uuid
from pathlib import Path

import pytest

from tests import builders
from tests.data_catalogue import small_catalogue

SMALL = Path(__file__).resolve().parents[1] / "data"
THREE_BODY, UNKNOWN = "9787536692930", "9787000000018"
HEADER = (SMALL / "own_orders.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
GOOD = {
    "order": "K1", "channel": "shop", "placed_at_offset_minutes": "-30", "recipient": "周予安",
    "phone": "19900001001", "country": "CN", "province": "浙江省", "city": "杭州市", "district": "西湖区",
    "postcode": "310012", "address": "文三路 18 号", "paid": "yes", "currency": "CNY", "shipping": "0.00",
    "carrier": "SF", "when_short": "wait", "sku_or_isbn": THREE_BODY, "quantity": "1", "price": "23.00",
}
NOWHERE = {**GOOD, "order": "K2", "phone": "19900001002", "address": ""}
NAMELESS = {**GOOD, "order": "K3", "phone": "19900001003", "sku_or_isbn": UNKNOWN}


def sheet(*orders):
    out = io.StringIO()
    rows = csv.DictWriter(out, HEADER, restval="")
    rows.writeheader()
    rows.writerows(orders)
    return out.getvalue().encode()


def upload(desk, **files):
    """The report, as a form in the browser would get it."""
    mark = uuid.uuid4().hex
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}.csv"\r\n'
             "Content-Type: text/csv\r\n\r\n".encode() + content for name, content in files.items()]
    body = b"\r\n".join([*parts, f"--{mark}--\r\n".encode()])
    return desk._plain(*desk.ask("POST", "/orders/import", body, f"multipart/form-data; boundary={mark}"))


@pytest.fixture
def desk(shop):
    shop.item, _ = shop.stock("A-01-1", THREE_BODY, "三体", 9)
    builders.a_tote(shop.db, "T-01")
    return shop.person("operations", "Lin Fang")


def found(desk, number):
    (row,) = desk.get("/orders/", q=number)["rows"]
    return row


def test_every_doubtful_row_is_named_and_the_rest_may_be_released(desk):
    report = upload(desk, day=sheet(GOOD, NOWHERE, NAMELESS))
    assert {name: report[name] for name in ("orders", "created", "held", "rejected", "units")} == {
        "orders": 3, "created": 3, "held": 2, "rejected": 0, "units": 3}
    told = [(each["order"], each["row"], each["code"]) for each in report["problems"]]
    assert told == [("K2", 3, "missing_address"), ("K3", 4, "unknown_isbn")]
    assert all(each["say"] for each in report["problems"])
    assert [found(desk, number)["state"] for number in ("K1", "K2", "K3")] == ["confirmed", "held", "held"]


def test_a_second_upload_changes_nothing_and_a_changed_order_is_told(desk):
    file = sheet(GOOD, NOWHERE)
    upload(desk, day=file)
    before = desk.get("/orders/")
    again = upload(desk, day=file)
    assert (again["created"], again["duplicates"], again["conflicts"]) == (0, 2, 0)
    changed = upload(desk, day=sheet({**GOOD, "quantity": "4"}))
    assert (changed["created"], changed["conflicts"]) == (0, 1)
    assert changed["problems"][0]["code"] == "changed_since"
    assert desk.get("/orders/") == before


def test_a_held_order_is_mended_released_and_sent(shop, desk):
    upload(desk, day=sheet(NOWHERE, NAMELESS))
    address, title = found(desk, "K2"), found(desk, "K3")
    desk.post(f"/orders/{address['id']}/address", street="文三路 18 号", reason="asked by telephone")
    (line,) = desk.get(f"/orders/{title['id']}")["lines"]
    desk.post(f"/orders/lines/{line['id']}/item", code=THREE_BODY, reason="the customer meant this one")
    assert {found(desk, number)["state"] for number in ("K2", "K3")} == {"confirmed"}
    assert desk.post("/waves/release", all=True)["units"] == 2
    packer = shop.person("packer")
    (run,) = packer.get("/pick/")["runs"]
    packer.walk(run["id"], packer.load(run["id"], ["T-01"]))
    packer.empty_tote("T-01")
    assert {found(desk, number)["state"] for number in ("K2", "K3")} == {"dispatched"}
    assert builders.units_at(shop.db, "A-01-1", shop.item) == (7, 0)


def test_both_files_of_taobao_are_read_together_and_once(shop, desk):
    small_catalogue(shop.db)
    pair = {part: (SMALL / f"taobao_ExportOrder{part}List.csv").read_bytes() for part in ("", "Detail")}
    report = upload(desk, orders=pair[""], details=pair["Detail"])
    assert (report["orders"], report["created"] > 0) == (20, True)
    before = desk.get("/orders/")
    again = upload(desk, details=pair["Detail"], orders=pair[""])
    assert (again["created"], again["held"]) == (0, 0)
    assert desk.get("/orders/") == before


def test_what_is_no_order_file_is_said_so_and_brings_nothing(desk):
    report = upload(desk, holiday=b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert report["orders"] == 0
    assert report["problems"][0]["say"]
    assert desk.get("/orders/")["rows"] == []
