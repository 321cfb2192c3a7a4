"""Order files are known by their content, and every fault in them is named by row."""

import json
from pathlib import Path

import pytest

from tests.shared_data import needs_shared, shared
from warehouse.gateways.order_files.rows import read_moment, read_money
from warehouse.gateways.order_files.sniff import read_order_files

DAY = Path(__file__).resolve().parents[1] / "data"
ZONE = "Asia/Shanghai"
BOOK, OTHER = "9780140283334", "9787532125944"
SHOPIFY = (
    "Name,Financial Status,Fulfillment Status,Total,Shipping,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Lineitem requires shipping,Lineitem fulfillment status,Shipping Name,"
    "Shipping Address1,Shipping City,Shipping Zip,Shipping Country,Shipping Phone,Notes\n"
)
AT = "2026-03-04 19:55:27 +0000"


def day(*names):
    return [(name, (DAY / name).read_bytes()) for name in names]


def read(*files):
    return read_order_files([(f"file{place}", data) for place, data in enumerate(files)], ZONE)


def shopify(
    name="#1", *, sku=BOOK, units="1", price="8.99", who="Ann Lee", city="Hove", note="", at=AT, more=""
):
    return (
        f"{name},paid,unfulfilled,8.99,0.00,{at},{units},Flies,{price},{sku},true,pending,{who},1 Row,{city},"
        f"BN3 9UA,GB,07700 900123,{note}\n{more}"
    )


def only(data):
    (reading,) = read(data)
    (draft,) = reading.drafts
    return draft


def codes(draft):
    return [flaw.code for flaw in draft.flaws]


@pytest.mark.parametrize(("names", "kind", "orders"), [
    (["shopify_day.csv"], "shopify_csv", 36), (["shopify_orders.json"], "shopify_json", 6),
    (["taobao_ExportOrderList.csv", "taobao_ExportOrderDetailList.csv"], "taobao", 20),
    (["amazon_unshipped.txt"], "amazon", 6), (["woocommerce_orders.json"], "woocommerce", 5),
    (["own_orders.csv"], "own_sheet", 6), (["own_orders.xlsx"], "own_sheet", 6),
])
def test_each_kind_is_known_by_its_content_under_any_name(names, kind, orders):
    for given in (names, names[::-1]):
        (reading,) = read_order_files([("x.bin", data) for _, data in day(*given)], ZONE)
        assert (reading.kind, len(reading.drafts), reading.flaws) == (kind, orders, ())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"  \n", "empty_file"),
        (b"a,b\n1,2\n", "unknown_file"),
        (b'{"orders": [', "broken_json"),
        (b'{"cats": 3}', "unknown_file"),
        (b"[]", "unknown_file"),
        (b"PK\x03\x04nonsense", "unknown_file"),
        (SHOPIFY.encode() + b'#1,"paid', "broken_csv"),
        (b"\xff\xfe\xff", "unknown_file"),
    ],
)
def test_what_is_no_order_file_is_said_so(data, code):
    (reading,) = read(data)
    assert ([flaw.code for flaw in reading.flaws], reading.drafts) == ([code], ())


def test_one_taobao_file_alone_names_the_missing_one():
    (orders, _), (details, _) = ((data, name) for name, data in day(
        "taobao_ExportOrderList.csv", "taobao_ExportOrderDetailList.csv"))
    assert [flaw.code for flaw in read(orders)[0].flaws] == ["taobao_details_missing"]
    assert [flaw.code for flaw in read(details)[0].flaws] == ["taobao_list_missing"]


# --- Shopify -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sku", "code", "is_other"), [
    (BOOK, BOOK, False), ("0140283331", BOOK, True), ("978-0-14-028333-4", BOOK, True),
    ("９７８０１４０２８３３３４", BOOK, True), (f"  {BOOK} ", BOOK, True), ("HLM-1", "HLM-1", False),
])
def test_a_code_is_read_in_every_notation(sku, code, is_other):
    line = only((SHOPIFY + shopify(sku=sku)).encode()).lines[0]
    assert (line.code, line.is_other_notation, line.code_text) == (code, is_other, sku)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sku": ""}, "empty_sku"),
        ({"sku": "9.78148E+12"}, "isbn_lost_in_spreadsheet"),
        ({"sku": "9780140283335"}, "bad_isbn_check_digit"),
        ({"units": "1.5"}, "quantity_not_a_whole_number"),
        ({"units": "0"}, "quantity_zero"),
        ({"units": "-1"}, "quantity_negative"),
        ({"units": ""}, "quantity_not_a_whole_number"),
        ({"price": "-5.99"}, "negative_price"),
        ({"price": '"9,99"'}, "price_not_a_number"),
        ({"at": "2026-02-30 16:11:14 +0000"}, "impossible_date"),
    ],
)
def test_each_fault_of_a_row_is_named(fields, code):
    draft = only((SHOPIFY + shopify(**fields)).encode())
    assert codes(draft) == [code]
    assert draft.flaws[0].rows == (2,)


def test_rows_of_an_order_that_stand_apart_belong_to_it():
    more = f"#1,,,,,{AT},2,Alive,1.95,{OTHER},true,pending,,,,,,,\n"
    (reading,) = read((SHOPIFY + shopify() + shopify("#2") + more).encode())
    first, second = reading.drafts
    assert (first.rows, [line.code for line in first.lines]) == ((2, 4), [BOOK, OTHER])
    assert second.rows == (3,)


def test_a_repeated_block_counts_once_and_a_changed_one_is_told():
    (reading,) = read((SHOPIFY + shopify() + shopify() + shopify("#2") + shopify("#2", units="4")).encode())
    same, changed = reading.drafts
    assert [repeat.rows for repeat in reading.repeats] == [(3,)]
    assert (codes(same), codes(changed), changed.flaws[0].rows) == ([], ["duplicate_changed"], (4, 5))
    assert changed.lines[0].units == 1


@pytest.mark.parametrize("text", [
    "Forge & Quill", 'The ""Books""', "Ring twice\nat the rear", "包装请结实一点，谢谢", "曹𫚕堽 🎁", "a, b; c\td",
])
def test_text_stays_as_it_was_written(text):
    draft = only((SHOPIFY + shopify(note=f'"{text}"')).encode())
    assert draft.buyer_remark == text.replace('""', '"')


def test_each_block_of_a_mixed_file_is_read_in_its_own_encoding_or_held():
    western, chinese = shopify("#2", who="Zoë Brontë", city="Orléans"), shopify("#3", who="张子涵", city="北京")
    mojibake = shopify("#4", who="X").encode().replace(b"X", b"\x81\x8d\x90 \xc3\x28\xff\xfe")
    data = (SHOPIFY + shopify(who="Renée Dvořák")).encode() + western.encode("cp1252") + chinese.encode("gbk")
    (reading,) = read(data + mojibake)
    assert [draft.recipient.name for draft in reading.drafts[:3]] == ["Renée Dvořák", "Zoë Brontë", "张子涵"]
    assert reading.drafts[1].recipient.city == "Orléans"
    assert [codes(draft) for draft in reading.drafts] == [
        [], ["other_encoding"], ["other_encoding"], ["unreadable_text"]]


@needs_shared("orders", "shopify_mixed_encoding.csv")
def test_the_real_mixed_file_has_no_mojibake():
    data = shared("orders", "shopify_mixed_encoding.csv").read_bytes()
    expected = json.loads(shared("orders", "expected.json").read_text(encoding="utf-8"))[
        "mixed_encoding_file"
    ]
    (reading,) = read(data)
    names = {draft.source_number: draft.recipient for draft in reading.drafts}
    assert len(names) == expected["orders"]
    assert sum(line.units for draft in reading.drafts for line in draft.goods) == expected["goods_units"]
    assert {(names[order].name, names[order].city) for order in ("#51329", "#51315")} == {
        ("Zoë Brontë", "Orléans")
    }
    assert {names[order].name for order in ("#51324", "#51311")} == {"张子涵"}
    assert names["#51311"].street == "中关村大街59号"
    assert {names[order].name for order in ("#51320", "#51306")} == {"Renée Dvořák"}


# --- The others --------------------------------------------------------------------------------------------


def taobao():
    (reading,) = read_order_files(day("taobao_ExportOrderDetailList.csv", "taobao_ExportOrderList.csv"), ZONE)
    expected = json.loads((DAY / "expected.json").read_text(encoding="utf-8"))["taobao"]
    return reading, {draft.source_number: draft for draft in reading.drafts}, expected


def of_kind(expected, kind):
    return [order["order"] for order in expected["kinds"][kind]["orders"]]


def test_taobao_bundles_are_opened_into_copies():
    _, drafts, expected = taobao()
    (twice,), (two,) = of_kind(expected, "bundle_times_two"), of_kind(expected, "bundle_two_titles")
    assert any(line.is_bundle and line.units % 2 == 0 for line in drafts[twice].lines)
    bundle = [line for line in drafts[two].lines if line.is_bundle]
    assert len(bundle) == 2 and len({line.row for line in bundle}) == 1 and bundle[0].code != bundle[1].code


def test_taobao_ships_to_the_changed_address_and_keeps_rare_names():
    _, drafts, expected = taobao()
    (changed,) = of_kind(expected, "changed_address")
    assert codes(drafts[changed]) == ["changed_address"]
    for number, name in expected["rare_names"].items():
        assert drafts[number].recipient.name == name


def test_a_doubled_taobao_row_with_doubled_lines_counts_once():
    reading, drafts, expected = taobao()
    assert [repeat.source_number for repeat in reading.repeats] == expected["duplicate_order_rows"]
    for number in expected["duplicate_order_rows"]:
        rows = [line.row for line in drafts[number].lines]
        assert len({(line.code, line.units) for line in drafts[number].lines}) == len(rows)


def test_amazon_quotes_are_letters_and_only_what_is_open_is_wanted():
    (reading,) = read_order_files(day("amazon_unshipped.txt"), ZONE)
    titles = [line.title for draft in reading.drafts for line in draft.lines]
    assert 'The Catcher in the Rye ("Back Bay" edition)' in titles
    assert sum(line.units_open for draft in reading.drafts for line in draft.lines) == 11
    assert "Siobhán Keane" in [draft.recipient.name for draft in reading.drafts]


def test_the_own_sheet_says_the_same_as_csv_and_as_workbook():
    (from_csv,), (from_book,) = (
        read_order_files(day(name), ZONE) for name in ("own_orders.csv", "own_orders.xlsx")
    )
    assert [draft.content_hash for draft in from_csv.drafts] == [
        draft.content_hash for draft in from_book.drafts
    ]
    by_number = {draft.source_number: draft for draft in from_csv.drafts}
    assert (by_number["K9503"].payment, by_number["K9503"].cod_minor) == ("cod", 4580)
    assert (by_number["K9502"].gift_note, by_number["K9502"].when_short) == ("With love, Mum", "part")


def test_the_own_sheet_has_chinese_headers_too():
    text = f"订单号,收货人,电话,地址,商家编码,数量,下单时间\nA1,王小明,13800000000,文三路 1 号,{OTHER},2,2026-03-04 10:00\n"
    for encoding in ("utf-8-sig", "gb18030"):
        draft = only(text.encode(encoding))
        assert (draft.source_number, draft.recipient.name, draft.lines[0].units) == ("A1", "王小明", 2)
        assert draft.placed_at.isoformat() == "2026-03-04T02:00:00+00:00"


@needs_shared("orders", "expected.json")
def test_the_real_amazon_and_woocommerce_files_have_their_totals():
    folder = shared("orders")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    (reading,) = read((folder / "amazon_unshipped.txt").read_bytes())
    lines = [line for draft in reading.drafts for line in draft.lines]
    wanted = expected["amazon"]
    assert (len(reading.drafts), len(lines)) == (wanted["orders"], wanted["lines"])
    assert sum(line.units_open for line in lines) == wanted["units_to_ship"]
    assert sum(line.units_shipped for line in lines) == wanted["units_already_shipped"]
    (woo,) = read((folder / "woocommerce_orders.json").read_bytes())
    paid = [draft for draft in woo.drafts if (draft.standing, draft.payment) == ("open", "paid")]
    assert len(paid) == expected["woocommerce"]["to_pick_orders"]
    assert (
        sum(line.units for draft in paid for line in draft.goods) == expected["woocommerce"]["to_pick_units"]
    )


def test_money_is_never_guessed():
    assert [read_money(text) for text in ("9.99", " 12 ", "-5.00", "6.990", "9,99", "1e3", "")] == [
        999, 1200, -500, 699, None, None, None]


def test_a_moment_without_offset_is_local_and_an_impossible_one_is_none():
    assert read_moment("2026-03-04 10:00:00", ZONE).isoformat() == "2026-03-04T02:00:00+00:00"
    assert read_moment("2026-03-04 19:55:27 +0000", ZONE).isoformat() == "2026-03-04T19:55:27+00:00"
    assert read_moment("2026-02-30", ZONE) is None


@pytest.mark.parametrize(("currency", "total", "postage", "price"), [("JPY", 2300, 500, 1800), ("CNY", 230000, 50000,
                                                                                               180000)])
def test_a_currency_without_minor_units_counts_whole_ones(currency, total, postage, price):
    sheet = ("order,paid,currency,shipping,total,cod_amount,recipient,address,city,postcode,country,sku_or_isbn,"
             f"quantity,price\nJ1,yes,{currency},500.00,2300.00,,Sato,1 Cho,Tokyo,100-0001,JP,{BOOK},1,1800\n")
    draft = read(sheet.encode())[0].drafts[0]
    assert (draft.total_minor, draft.shipping_minor, draft.lines[0].price_minor) == (total, postage, price)
