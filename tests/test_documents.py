"""The bridge to paper: rows become words and bars, personal data arrives masked, languages are the reader's."""

import io

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import update

from tests import builders
from tests import shipping_day as day
from tests.builders import a_cart, a_shelf, a_tote, an_item, an_order
from warehouse import documents
from warehouse.config import Config
from warehouse.domain.own_labels import make_label
from warehouse.errors import Invalid, NotFound
from warehouse.models.orders import OrderLine
from warehouse.models.packing import Parcel
from warehouse.queries import papers
from warehouse.services import orders_change, packing, shipping

SECRETS = ("周予安", "19900001001", "18号", "301室", "buyer@example.com")


@pytest.fixture
def config(tmp_path):
    return Config(home=tmp_path, database_url="as given")


@pytest.fixture
def santi(db):
    return an_item(db, "三体", isbn="9787536692930", authors="刘慈欣", weight_g=340)


def words(pdf):
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(pdf))


def codes_on(pdf, dpi=203):
    found = set()
    for page in pypdfium2.PdfDocument(pdf):
        picture = page.render(scale=dpi / 72).to_pil().convert("L")
        found |= {each.text for each in zxingcpp.read_barcodes(picture.point(lambda grey: 255 * (grey > 127)))}
    return found


def a_parcel(db, actor, santi, **fields):
    order = an_order(db, {santi: 1}, **fields)
    return order, day.packed(db, actor, order, {santi: 1}, tote=f"T-{order.id}")


def drawn(db, draw, *given, **named):
    with db.read() as session:
        return draw(session, *given, **named)


def test_a_shipping_label_is_masked_and_its_bars_are_the_number(db, actor, santi, config):
    order, parcel = a_parcel(db, actor, santi, carrier_code="YTO")
    db.write(shipping.make_label, actor, parcel)
    pdf = drawn(db, documents.shipping_label_pdf, config, [parcel])

    text = words(pdf)
    assert not [secret for secret in SECRETS if secret in text]
    for shown in ("圆通速递", "周**", "199", "1001"[-2:], "浙江省杭州市西湖区", "文三路桂花弄", order.number,
                  config.sender_address_zh[:6]):
        assert "".join(shown.split()) in text
    assert make_label("parcel", parcel) in codes_on(pdf)


def test_an_english_recipient_gets_an_english_label_and_the_amount_to_collect(db, actor, santi, config):
    who = {"name": "Jane Smith", "phone": "+44 7700 900123", "street": "12 Quay Street, Flat 3", "district": ""}
    _, parcel = a_parcel(db, actor, santi, carrier_code="RM", recipient=who, language="en", country="GB",
                         city="Bristol",
                         province="", postcode="BS1 4DJ", currency="GBP", cod_minor=1299)
    db.write(shipping.make_label, actor, parcel)
    text = words(drawn(db, documents.shipping_label_pdf, config, [parcel]))
    assert "Smith" not in text and "12Quay" not in text and "900123" not in text
    for shown in ("RoyalMail", "J***S****", "QuayStreet", "Bristol", "BS14DJ", "£12.99", "Collectondelivery"):
        assert shown in text
    assert drawn(db, documents.label_picture, config, parcel).cod == "Collect on delivery £12.99"


def test_a_label_that_was_not_made_is_not_printed(db, actor, santi, config):
    _, parcel = a_parcel(db, actor, santi)
    db.write(shipping.void_label, actor, parcel, reason="torn")
    with pytest.raises(NotFound, match="no_label"):
        drawn(db, documents.shipping_label_pdf, config, [parcel])
    with pytest.raises(NotFound, match="nothing_to_print"):
        drawn(db, documents.shipping_label_pdf, config, [9999])


def test_a_packing_slip_names_shop_book_and_price_in_the_recipients_language(db, actor, santi, config):
    order, parcel = a_parcel(db, actor, santi, total_minor=2300)
    pdf = drawn(db, documents.packing_slip_pdf, config, [parcel])
    text = words(pdf)
    for shown in ("装箱单", "书页书店", "三体", "¥23.00", "周**", order.source_number):
        assert shown in text
    assert not [secret for secret in SECRETS if secret in text]
    assert order.number in codes_on(pdf)


def test_a_gift_shows_its_note_and_no_price(db, actor, santi, config):
    _, parcel = a_parcel(db, actor, santi, gift_note="生日快乐！", total_minor=2300, must_acknowledge=False)
    text = words(drawn(db, documents.packing_slip_pdf, config, [parcel]))
    assert "生日快乐" in text and "¥" not in text


def test_a_dispatch_note_carries_the_sender_and_a_line_to_sign(db, actor, santi, config):
    _, parcel = a_parcel(db, actor, santi, language="en")
    text = words(drawn(db, documents.dispatch_note_pdf, config, [parcel]))
    assert "Dispatchnote" in text and "12DockRoad" in text and "signature" in text


def test_what_is_missing_from_the_box_is_said(db, actor, santi, config):
    other = an_item(db, "Emma", isbn="9780141439587")
    order = an_order(db, {santi: 1, other: 2}, language="en", total_minor=6900)
    from warehouse.models.orders import OrderLine
    db.write(lambda session: session.execute(
        update(OrderLine).where(OrderLine.id == order.line_ids[1]).values(units_short=1, units_cancelled=1)))
    parcel = db.write(_an_empty_parcel, order.id)
    text = words(drawn(db, documents.packing_slip_pdf, config, [parcel]))
    assert "1cancelled·1tofollow" in text
    assert "¥69.00" not in text


def _an_empty_parcel(session, order_id):
    from sqlalchemy import insert

    from warehouse import clock
    from warehouse.models.stock import Location
    place = session.execute(insert(Location).returning(Location.id), {"code": "P-X", "kind": "parcel"}).scalar_one()
    return session.execute(insert(Parcel).returning(Parcel.id), {
        "number": "P0000001X", "order_id": order_id, "position": 1, "state": "closed", "location_id": place,
        "carrier_code": "SF", "packed_by": 1, "opened_at": clock.now(), "label_prints": 0}).scalar_one()


@pytest.mark.parametrize(("lang", "title", "carrier"), [
    ("en", "Hand-overmanifest", "SFExpress"), ("zh-Hans", "交接清单", "顺丰速运"),
])
def test_a_drivers_list_is_in_the_readers_language(db, actor, santi, config, lang, title, carrier):
    order, parcel = a_parcel(db, actor, santi)
    code = day.labelled(db, actor, parcel)
    dock = day.dock_station(db, actor)
    dock.scan(code)
    pdf = drawn(db, documents.manifest_pdf, config, dock.task_id, lang)
    text = words(pdf)
    for shown in (title, carrier, code, order.number, "0.50kg"):
        assert shown in text
    assert make_label("manifest", dock.task_id) in codes_on(pdf)


def test_house_labels_decode_as_what_they_name(db, actor, santi):
    shelf, tote, cart = a_shelf(db, "B-07-3"), a_tote(db, "T-12"), a_cart(db, "C-03")
    person = builders.a_person(db, "Li Wei", "packer")
    for draw, thing, label in (
        (documents.location_labels_pdf, shelf, shelf.label), (documents.tote_labels_pdf, tote, tote.label),
        (documents.cart_labels_pdf, cart, make_label("cart", cart.id)),
        (documents.item_labels_pdf, santi, santi.label), (documents.badges_pdf, person, person.badge),
    ):
        for lang in ("en", "zh-Hans"):
            for on_sheet in (True, False):
                assert codes_on(drawn(db, draw, [thing.id], lang, on_sheet=on_sheet)) == {label}
    assert builders.PIN not in words(drawn(db, documents.badges_pdf, [person.id], "en"))
    with pytest.raises(NotFound):
        drawn(db, documents.tote_labels_pdf, [999], "en")


def test_what_no_bars_can_show_is_a_refusal_and_not_a_fault(db, actor, santi, config):
    _, parcel = a_parcel(db, actor, santi)
    db.write(shipping.make_label, actor, parcel)
    db.write(lambda session: session.execute(
        update(Parcel).where(Parcel.id == parcel).values(tracking_number="圆通 1")))
    with pytest.raises(Invalid, match="cannot_print"):
        drawn(db, documents.shipping_label_pdf, config, [parcel])


def test_characters_that_no_font_has_do_not_stop_a_slip(db, actor, config):
    strange = an_item(db, "𓀀 Egypt", isbn="9780141439587")
    order = an_order(db, {strange: 1})
    parcel = day.packed(db, actor, order, {strange: 1})
    assert "U+13000" in words(drawn(db, documents.packing_slip_pdf, config, [parcel]))


def test_many_papers_cost_no_more_statements_than_one(db, actor, santi, config):
    from tests.statements import count_statements
    parcels = [a_parcel(db, actor, santi)[1] for _ in range(3)]
    for parcel in parcels:
        db.write(shipping.make_label, actor, parcel)
    with count_statements(db) as one:
        drawn(db, documents.packing_slip_pdf, config, parcels[:1])
    with count_statements(db) as three:
        pdf = drawn(db, documents.packing_slip_pdf, config, parcels)
    assert len(one) == len(three)
    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf))) == 3


def test_the_picture_of_a_label_has_the_bars_of_the_paper(db, actor, santi, config):
    _, parcel = a_parcel(db, actor, santi)
    db.write(shipping.make_label, actor, parcel)
    picture = drawn(db, documents.label_picture, config, parcel)
    assert picture.code == make_label("parcel", parcel)
    assert sum(width for _, width in picture.bars) < picture.bars_width
    assert picture.recipient == "周**"


@pytest.mark.parametrize(("amount", "currency", "text"), [
    (2300, "CNY", "¥23.00"), (1299, "GBP", "£12.99"), (1200, "JPY", "JPY 1,200"), (123456789, "USD", "$1,234,567.89"),
    (5, "SGD", "SGD 0.05"),
])
def test_money_is_written_with_its_currency(amount, currency, text):
    assert documents.money(amount, currency) == text


def test_badge_texts_are_given_only_of_people_who_may_sign_in(db):
    person = builders.a_person(db, "Gone", "picker", is_active=False)
    with db.read() as session:
        assert papers.find_people(session, [person.id]) == []


def test_every_box_collects_its_own_cash_and_the_first_the_postage_too(db, actor, santi, config):
    """Four copies for ¥10.00 and ¥6.00 postage; one of them is cancelled and paid by nobody."""
    order = an_order(db, {santi: 4}, payment="cod", cod_minor=4600, total_minor=4600)
    db.write(lambda session: session.execute(
        update(OrderLine).where(OrderLine.order_id == order.id).values(price_minor=1000)) and None)
    db.write(orders_change.cancel_units, actor, order.line_ids[0], 1, "out of print")
    box = day.picked(db, actor, order, {santi: 3}, tote="T-7")
    bench = day.Station(db, actor, packing.scan, order.id)
    for raw in (box.label, santi.isbn):
        bench.scan(raw)
    assert bench.press("#new_parcel").facts["position"] == 2
    for _ in range(2):
        bench.scan(santi.isbn)
    if bench.task["step"] == "read":
        bench.press("#ack")
    while bench.press("#weight_override:500:checked").code != "packing.order_done":
        assert bench.task["step"] == "weigh"
    first, second = day.parcels_of(db, order)
    for parcel in (first, second):
        db.write(shipping.make_label, actor, parcel)
    assert [drawn(db, documents.label_picture, config, parcel).cod for parcel in (first, second)] == [
        "代收货款 ¥16.00", "代收货款 ¥20.00"]
