"""The desk's orders in the browser: files come in, doubts are decided, personal data opens only as a recorded
act."""

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.builders import an_item, an_order
from tests.data_catalogue import small_catalogue
from warehouse import i18n
from warehouse import services as services_room
from warehouse.domain import stock
from warehouse.models.journal import Action
from warehouse.models.orders import Hold, Order
from warehouse.services import incidents, messages, refunds

JSON = {"Accept": "application/json"}
DAY = Path(__file__).resolve().parents[1] / "data"


def upload(tablet, *names, **headers):
    form = {"files": [(io.BytesIO((DAY / name).read_bytes()), name) for name in names]}
    return tablet.client.post("/orders/import", data=form, content_type="multipart/form-data",
                              headers={"X-CSRFToken": tablet.csrf, **headers})


@pytest.fixture
def desk(tablet, db):
    small_catalogue(db)
    tablet.sign_in("operations")
    return tablet


def held(db, reason):
    with db.read() as session:
        return session.execute(
            select(Hold.id, Hold.order_id, Order.number).join(Order, Order.id == Hold.order_id)
            .where(Hold.reason == reason, Hold.lifted_at.is_(None)).order_by(Hold.id)).first()


def test_files_are_uploaded_and_every_doubtful_order_is_named(desk):
    page = upload(desk, "shopify_day.csv", "taobao_ExportOrderDetailList.csv", "taobao_ExportOrderList.csv")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "1,65" in text and "#9015" in text and "9.78014E+12" in text
    again = upload(desk, "shopify_day.csv", **JSON).json
    assert (again["created"], again["orders"]) == (0, 36)
    assert "earlier imports" in desk.get("/orders/import").get_data(as_text=True).lower()


def test_one_of_the_two_taobao_files_alone_says_which_one_is_missing(desk):
    report = upload(desk, "taobao_ExportOrderList.csv", **JSON).json
    assert [problem["code"] for problem in report["problems"]] == ["taobao_details_missing"]
    assert report["created"] == 0


def test_list_review_and_page_show_masked_names_in_both_languages(desk, db):
    upload(desk, "shopify_day.csv", "own_orders.csv")
    for language in ("en", "zh-Hans"):
        desk.post("/language", {"language": language})
        for address in (
            "/orders/",
            "/orders/?state=held",
            "/orders/?late=1",
            "/orders/?q=9001",
            "/orders/review",
        ):
            answer = desk.get(address)
            assert answer.status_code == 200, address
            assert "Nora Whitlock" not in answer.get_data(as_text=True)
        order_id = held(db, "not_paid").order_id
        page = desk.get(f"/orders/{order_id}").get_data(as_text=True)
        assert "Marcus Dale" not in page and "M***" in page


def test_personal_data_opens_by_a_recorded_act_alone(desk, db):
    upload(desk, "shopify_day.csv")
    order_id = held(db, "not_paid").order_id
    assert "Marcus Dale" in desk.post(f"/orders/{order_id}/recipient").get_data(as_text=True)
    with db.read() as session:
        acts = session.execute(select(Action.verb, Action.subject_id, Action.person_id)).all()
    assert ("open_personal", order_id, desk.person.id) in [tuple(act) for act in acts]


def test_a_hold_is_lifted_from_the_review_with_a_reason_and_not_without(desk, db):
    upload(desk, "shopify_day.csv")
    hold = held(db, "not_paid")
    assert desk.post(f"/orders/holds/{hold.id}/lift", {"reason": " "}).status_code == 422
    done = desk.post(f"/orders/holds/{hold.id}/lift", {"reason": "paid by transfer", "back": "review"})
    assert (done.status_code, done.headers["Location"]) == (303, "/orders/review")
    assert desk.get(f"/orders/{hold.order_id}", **JSON).json["order"]["state"] == "confirmed"


def test_lines_address_and_shortage_choice_are_mended_on_the_page(desk, db):
    upload(desk, "shopify_day.csv")
    missing, unknown = held(db, "missing_address"), held(db, "unknown_isbn")
    address = {"street": "1 Harbour Row", "city": "Hull", "postcode": "HU1 1AA", "reason": "asked by phone"}
    assert desk.post(f"/orders/{missing.order_id}/address", address).status_code == 303
    page = desk.get(f"/orders/{unknown.order_id}", **JSON).json
    line = next(line for line in page["lines"] if line["item_id"] is None)
    chosen = {"code": "978-0-14-028333-4", "reason": "meant this one"}
    assert (
        desk.post(f"/orders/lines/{line['id']}/item", {**chosen, "code": "9787000000018"}).status_code == 422
    )
    assert desk.post(f"/orders/lines/{line['id']}/item", chosen).status_code == 303
    assert desk.post(f"/orders/lines/{line['id']}/units", {"units": "2", "reason": "two"}).status_code == 303
    more = {"code": "9780140449136", "units": "1", "reason": "one more"}
    assert desk.post(f"/orders/{unknown.order_id}/lines", more).status_code == 303
    short = {"when_short": "part", "reason": "asked"}
    assert desk.post(f"/orders/{unknown.order_id}/when-short", short).status_code == 303
    assert desk.post(f"/orders/{unknown.order_id}/recheck").status_code == 303
    page = desk.get(f"/orders/{unknown.order_id}", **JSON).json
    assert (page["order"]["state"], page["order"]["when_short"], page["order"]["units_wanted"]) == (
        "confirmed",
        "part",
        4,
    )
    assert desk.get(f"/orders/{missing.order_id}", **JSON).json["order"]["state"] == "confirmed"


def test_an_order_is_stopped_and_cancelled_with_a_reason(desk, db):
    upload(desk, "shopify_day.csv")
    order_id = held(db, "not_paid").order_id
    assert (
        desk.post(f"/orders/{order_id}/cancel", {"reason": "never paid", "back": "review"}).status_code == 303
    )
    assert desk.get(f"/orders/{order_id}", **JSON).json["order"]["state"] == "cancelled"
    confirmed = desk.get("/orders/?state=confirmed", **JSON).json["rows"][0]["id"]
    assert desk.post(f"/orders/{confirmed}/hold", {"reason": "customer calls back"}).status_code == 303
    assert "customer calls back" in desk.get("/orders/review").get_data(as_text=True)


def test_hostile_text_is_shown_as_text(desk, db):
    upload(desk, "shopify_day.csv")
    with db.read() as session:
        order_id = (
            session.execute(select(Order.id).where(Order.import_class == "text").order_by(Order.id))
            .scalars()
            .all()
        )
    for found in order_id:
        page = desk.get(f"/orders/{found}").get_data(as_text=True)
        assert "<img src=x" not in page


def test_who_may_not_see_orders_is_turned_away(tablet, db):
    tablet.sign_in("picker")
    assert tablet.get("/orders/").status_code == 403
    assert tablet.post("/orders/1/recipient").status_code == 403


def test_every_act_and_move_in_the_life_of_an_order_has_its_word():
    services = Path(services_room.__file__).parent.glob("*.py")
    noted = {verb for file in services for verb in re.findall(
        r'journal\.note\(\s*session, actor, "(\w+)", "order"', file.read_text(encoding="utf-8"))}
    assert len(noted) > 8
    moves = {f"move_{reason}" for reason in stock.REASONS if reason not in stock.WITHOUT_ORDER}
    assert [verb for verb in sorted(noted | moves) if not i18n.has_sentence(f"orders.did_{verb}")] == []
    assert all(i18n.has_sentence(f"orders.place_{place}") for place in stock.FIXED_PLACES)


def test_what_hangs_on_an_order_stands_on_its_page_each_with_its_own(desk, db, actor):
    order = an_order(db, {an_item(db, "Dune"): 1}, state="dispatched", total_minor=5000)
    incident = db.write(incidents.report, actor, "damaged", "customer", units=1, order_id=order.id)
    refund = db.write(refunds.ask, actor, order.id, 100, "torn", incident_id=incident)
    told = db.write(messages.want, actor, order.id, "question", key="1")
    things = desk.get(f"/orders/{order.id}", **JSON).json["things"]
    assert {(thing["kind"], thing["id"], thing["state"]) for thing in things} == {
        ("incident", incident, "open"), ("refund", refund, "requested"), ("message", told, "wanted")}
    page = desk.get(f"/orders/{order.id}").get_data(as_text=True)
    assert all(address in page for address in (
        f"/incidents/{incident}", f"/messages/{told}", f"/service/order/{order.id}"))
    assert f"#{incident} Damaged" in page and "Refund asked" in page
    assert "/refunds/?q=" not in page  # Finance's page.


def test_an_order_that_is_not_there_is_said_so(desk):
    assert desk.get("/orders/999999").status_code == 404
    assert desk.get("/orders/?q=none").status_code == 200
