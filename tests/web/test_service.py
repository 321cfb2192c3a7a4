"""The service desk in the browser (ORD-8): found by whatever a customer can say, all of an order on one line of time,
a case opened, nothing personal shown."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import shipping_day as day
from tests.builders import RECIPIENT, an_item, an_order
from tests.web.conftest import JSON
from warehouse import i18n
from warehouse import services as services_room
from warehouse.models.incidents import Incident
from warehouse.models.messages import Message
from warehouse.services import cancellation, customer, incidents_settle, orders_change, pauses
from warehouse.services.customer import Said


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=500)


@pytest.fixture
def order(db, dune):
    return an_order(db, {dune: 2})


@pytest.fixture
def desk(tablet):
    tablet.sign_in("service", name="Mei")
    return tablet


def found(desk, text):
    answer = desk.get(f"/service/?q={text}", **JSON).json["found"]
    return [order["number"] for order in answer["orders"]], answer["ways"]


@pytest.mark.parametrize("role", ["picker", "packer", "purchasing", "finance"])
def test_only_those_who_answer_customers_come_in(tablet, order, role):
    tablet.sign_in(role)
    for address in ("/service/", f"/service/order/{order.id}"):
        assert tablet.get(address).status_code == 403
    assert tablet.post(f"/service/order/{order.id}/cases", {"kind": "question", "words": "x"}).status_code == 403


def test_the_box_finds_an_order_by_phone_name_number_and_book(desk, db, order, dune):
    an_order(db, {dune: 1}, recipient={"name": "Jane Smith", "phone": "+44 20 7946 0000"})
    assert found(desk, order.number.lower()) == ([order.number], ["number"])
    assert found(desk, order.source_number) == ([order.number], ["number"])
    assert found(desk, "199 0000 1001") == ([order.number], ["phone"])
    assert found(desk, "周 予安") == ([order.number], ["name"])
    assert len(found(desk, "dun")[0]) == len(found(desk, "978-0-441-01359-3")[0]) == 2
    for nothing in ("周予", "0000 1001", "jane", "%", "_", "O99", "#99"):
        assert found(desk, nothing) == ([], []), nothing


def test_what_is_found_is_masked_in_both_languages(desk, tablet, db, order):
    for language in i18n.LANGUAGES:
        tablet.sign_in("service", name=f"Mei {language}", language=language)
        for address in ("/service/?q=19900001001", f"/service/order/{order.id}", "/service/?q=周予安"):
            text = tablet.get(address).get_data(as_text=True)
            assert "周**" in text
            for private in (RECIPIENT["phone"], RECIPIENT["street"], RECIPIENT["email"]):
                assert private not in text.replace(f'value="{RECIPIENT["phone"]}"', "")


def test_an_order_that_is_not_there_is_said(desk):
    assert desk.get("/service/order/99").status_code == 404
    case = desk.post("/service/order/99/cases", {"kind": "question", "words": "x", "key": "k"}, **JSON)
    assert case.status_code == 404
    assert desk.post("/service/order/99/link", **JSON).status_code == 404


def test_a_case_is_opened_once_with_sealed_words_and_an_answer_that_is_due(desk, db, order):
    form = {"kind": "complaint", "words": "<i>The box was wet</i>", "key": "same press", "units": "2",
            "line_id": str(order.line_ids[0])}
    answers = [desk.post(f"/service/order/{order.id}/cases", form) for _ in range(2)]

    assert answers[0].status_code == 303 and answers[0].headers["Location"] == answers[1].headers["Location"]
    with db.read() as session:
        row, = session.execute(select(Incident)).scalars().all()
        assert (row.kind, row.stage, row.units, row.owner_role) == ("complaint", "customer", 2, "service")
        assert row.person_id == desk.person.id and b"wet" not in row.customer_text
        message, = session.execute(select(Message)).scalars().all()
        assert (message.why, message.incident_id, message.due_at) == ("complaint", row.id, row.due_at)
    page = desk.get(answers[0].headers["Location"]).get_data(as_text=True)
    assert f"Case #{row.id} is open" in page and "box was wet" not in page
    assert f"#{row.id}" in desk.get("/service/").get_data(as_text=True)
    assert desk.get(f"/service/?q=%23{row.id}", **JSON).json["found"]["ways"] == ["incident"]


def test_two_cases_that_a_program_sends_without_a_key_are_two(desk, order):
    made = {desk.post(f"/service/order/{order.id}/cases", {"kind": "question", "words": words}, **JSON).json["incident"]
            for words in ("Where is it?", "And the other one?")}
    assert len(made) == 2


@pytest.mark.parametrize(("form", "code"), [
    ({"kind": "short", "words": "x"}, "service.choose_kind"),
    ({"kind": "question", "words": " "}, "service.words_needed"),
    ({"kind": "question", "words": "x" * 1001}, "common.text_too_long"),
    ({"kind": "damaged", "words": "x", "line_id": "99"}, "customer.choose_title"),
])
def test_a_case_that_makes_no_sense_is_refused(desk, db, order, form, code):
    answer = desk.post(f"/service/order/{order.id}/cases", {"key": "k", **form}, **JSON)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    with db.read() as session:
        assert session.execute(select(Incident.id)).all() == []


def test_the_customers_page_gets_its_address_at_the_desk(desk, order, app):
    assert desk.post(f"/service/order/{order.id}/link").status_code == 303
    made = desk.post(f"/service/order/{order.id}/link", **JSON).json["link"]
    assert made in desk.get(f"/service/order/{order.id}").get_data(as_text=True)
    assert app.test_client().get(made).status_code == 200


@pytest.mark.parametrize(("lang", "words"), [(i18n.ENGLISH, "by the customer"), (i18n.CHINESE, "客户本人")])
def test_what_came_by_the_customers_page_is_told_as_the_customers(tablet, db, actor, order, lang, words):
    link = db.write(customer.link_of, order.id)
    db.write(customer.report_problem, actor.at, link, "question", Said("k" * 22, "When does it leave?"))
    tablet.sign_in("service", name="Mei", language=lang)

    page = tablet.get(f"/service/order/{order.id}?show=incident").get_data(as_text=True)
    assert [by.strip() for by in re.findall(r"<small>([^<]*)</small></div>", page)] == [words]


def test_the_time_line_is_shown_by_days_narrowed_and_turned(desk, db, actor, clock, order, dune):
    parcel = day.packed(db, actor, order, {dune: 2}, weight_g=1200)
    clock.forward(hours=20)
    day.dock_station(db, actor).scan(day.labelled(db, actor, parcel))
    desk.sign_in("service", name="Mei 2")
    newest = desk.get(f"/service/order/{order.id}").get_data(as_text=True)
    oldest = desk.get(f"/service/order/{order.id}?turn=oldest").get_data(as_text=True)
    assert newest.index("Handed to the driver") < newest.index(">Placed<")
    assert oldest.index("Handed to the driver") > oldest.index(">Placed<")
    parcels = desk.get(f"/service/order/{order.id}?show=parcel").get_data(as_text=True)
    assert "Label on the box, checked" in parcels and ">Picked<" not in parcels and "1200 g" in parcels


def test_a_settlement_with_money_is_told_by_its_amount_and_the_refund_by_its_number(desk, db, actor, dune):
    order = an_order(db, {dune: 2}, total_minor=5000)
    case = db.write(customer.open_case, actor, order.id, "complaint", Said("k" * 22, "The cover is torn."))
    db.write(incidents_settle.settle, actor, case, "told", also=("refund",), amount_minor=150, note="for the cover")

    page = desk.get(f"/service/order/{order.id}?show=incident").get_data(as_text=True)
    details = re.findall(r"</b>(?:<span[^>]*>[^<]*</span>)+", page)
    details = [text for found in details for text in re.findall(r">([^<]+)</span>", found)]
    assert "1.50 CNY" in details
    assert not [text for text in details if text.isdigit()]
    assert "RF-000001" in desk.get(f"/service/order/{order.id}").get_data(as_text=True)


def test_the_desk_counts_what_waits(desk, db, clock, order):
    link = db.write(customer.link_of, order.id)
    db.write(customer.report_problem, clock.moment, link, "question", Said("k" * 22, "When?"))
    clock.forward(days=4)
    desk.sign_in("service", name="Mei 3")
    waits = desk.get("/service/", **JSON).json["desk"]
    assert (waits["messages"], waits["messages_late"], waits["cases_count"], waits["late"]) == (1, 1, 1, 1)


def test_a_stop_does_not_hide_the_order(desk, db, actor, order):
    db.write(pauses.begin, actor, "release", "Flood")
    assert desk.get(f"/service/order/{order.id}").status_code == 200


def test_an_order_that_was_held_and_then_cancelled_is_told_in_both_languages(db, actor, tablet, order):
    db.write(orders_change.hold, actor, order.id, "The customer will call")
    db.write(cancellation.cancel_order, actor, order.id, "Changed their mind")
    for language, words in (("en", "Held, then cancelled"), ("zh-Hans", "暂停中取消")):
        tablet.sign_in("service", name=f"Mei {language}", language=language)
        page = tablet.get(f"/service/order/{order.id}")
        assert page.status_code == 200 and words in page.text, language


# What is noted for an order, and what the time line calls it.
NOTED = re.compile(r'\bnote\(\s*session,\s*actor,\s*"(\w+)",\s*"(order|order_line|parcel|incident|return)"')
# Have an entry of their own kind on the line.
TOLD_OTHERWISE = {("order", verb) for verb in ("lift", "customer_report", "customer_case", "withdraw_return")}


def test_every_act_that_stands_on_a_time_line_has_words_in_both_languages():
    room = Path(services_room.__file__).parent
    noted = {(subject, verb) for path in room.glob("*.py") for verb, subject in NOTED.findall(path.read_text())}
    assert len(noted) > 20
    for subject, verb in sorted(noted - TOLD_OTHERWISE):
        area = "incidents.did" if subject == "incident" else "orders.did"
        codes = (f"service.did_{subject}_{verb}", f"{area}_{verb}")
        assert any(map(i18n.has_sentence, codes)), f"{subject} {verb} has no words on the time line"
