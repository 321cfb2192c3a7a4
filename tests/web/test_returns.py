"""The desk of returns in the browser: asked, decided, ruled and imported, by those who may."""

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from tests.builders import a_person, an_item, as_actor
from tests.returns_builders import a_sent_order, brought_in, refunded, return_row
from warehouse.models.returns import CustomerReturn, ReturnPolicy
from warehouse.services import returns

JSON = {"Accept": "application/json"}
FORMULA = "=1+1 Dune"


@pytest.fixture
def actor(db):
    return as_actor(a_person(db, "Lin Yue", "manager"))


@pytest.fixture
def packer(db):
    return as_actor(a_person(db, "Jamie Porter", "packer"))


@pytest.fixture
def dune(db):
    return an_item(db, FORMULA, isbn="9780441013593", weight_g=500, publisher="Ace")


@pytest.fixture
def order(db, actor, dune):
    return a_sent_order(db, actor, {dune: 3}, price_minor=2000)


@pytest.fixture
def desk(tablet):
    tablet.sign_in("service", name="Lin Fang")
    return tablet


def ask(desk, order, units=1, reason="changed_mind", **more):
    form = {"order": order.number, "kind": "return", "reason": reason, f"units_{order.line_ids[0]}": units, **more}
    return desk.post("/returns/new", form, **JSON)


def text(answer):
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def rows(db):
    with db.read() as session:
        return session.execute(select(CustomerReturn.id, CustomerReturn.state).order_by(CustomerReturn.id)).all()


def test_a_return_is_asked_from_the_order_and_decided_on_its_page(desk, db, order):
    page = text(desk.get(f"/returns/new?order={order.source_number}"))
    assert f'name="units_{order.line_ids[0]}" min="0" max="3"' in page
    made = desk.post("/returns/new", {
        "order": order.number, "kind": "return", "reason": "other", f"units_{order.line_ids[0]}": "2",
        "shop_number": "RMA-1", "words": "see 19900001001"})
    assert made.status_code == 303
    page = text(desk.get(made.headers["Location"]))
    assert "This return waits for your decision" in page
    assert "19900001001" not in page
    (return_id, state), = rows(db)
    assert state == "requested"
    refused = desk.post(f"/returns/{return_id}/approve", {"reason": ""}, **JSON)
    assert (refused.status_code, refused.json["code"]) == (422, "orders.reason_needed")
    assert desk.post(f"/returns/{return_id}/approve", {"reason": "known", "fee": "5.00"}).status_code == 303
    row = return_row(db, return_id)
    assert (row.state, row.fee_minor) == ("approved", 500)
    assert "19900001001" in text(desk.post(f"/returns/{return_id}/words"))


@pytest.mark.parametrize(("form", "status", "code"), [
    ({"order": "#nobody"}, 404, "unknown_order"), ({"isbn": "9780441013594", "units": "1"}, 422, "bad_check_digit"),
    ({"isbn": "9780141439587", "units": "1"}, 422, "isbn_not_in_order"),
    ({"isbn": "9780441013593", "units": "4"}, 409, "more_than_shipped"), ({}, 422, "choose_copies"),
    ({"isbn": "9780441013593"}, 422, "units_wrong"), ({"isbn": "9780441013593", "units": "1", "reason": ""}, 422,
                                                      "choose_reason")])
def test_what_cannot_be_asked_is_refused_by_name(desk, db, order, form, status, code):
    answer = desk.post("/returns/new", {"order": order.number, "kind": "return", "reason": "late", **form}, **JSON)
    assert (answer.status_code, answer.json["code"]) == (status, f"returns.{code}")
    assert rows(db) == []


def test_a_line_of_another_order_in_a_forged_form_is_refused(desk, db, actor, order, dune):
    other = a_sent_order(db, actor, {dune: 1})
    answer = ask(desk, order, **{f"units_{order.line_ids[0]}": "", f"units_{other.line_ids[0]}": "1"})
    assert (answer.status_code, answer.json["code"]) == (422, "returns.isbn_not_in_order")


def test_another_title_is_named_by_its_isbn(desk, db, order):
    walden = an_item(db, "Walden", isbn="9780691096124")
    wanted = {"kind": "exchange", f"wanted_{order.line_ids[0]}": walden.isbn}
    made = ask(desk, order, **wanted)
    assert "Walden" in text(desk.get(f"/returns/{made.json['return_id']}"))
    unknown = ask(desk, order, **{**wanted, f"wanted_{order.line_ids[0]}": "9780141439587"})
    assert unknown.json["code"] == "returns.which_title"


def test_the_list_shows_what_waits_first_and_finds_by_any_number(desk, db, order):
    ask(desk, order, reason="other", shop_number="RMA-9")
    ask(desk, order)
    listed = desk.get("/returns/", **JSON).json
    assert ([row["state"] for row in listed["rows"]], listed["waiting"]) == (["approved", "requested"], 1)
    assert [row["shop_number"] for row in desk.get("/returns/?waits=1", **JSON).json["rows"]] == ["RMA-9"]
    for query in ("RMA-9", order.number, order.source_number):
        assert desk.get(f"/returns/?q={query}", **JSON).json["rows"], query
    assert desk.get("/returns/?q=nothing", **JSON).json["rows"] == []
    assert "RMA-9" in text(desk.get("/returns/?state=requested"))


def test_an_unannounced_parcel_is_decided_on_its_page(desk, db, packer, order, dune):
    made = brought_in(db, packer, order.number, [(dune, "as_new"), (dune, "damaged")])
    page = text(desk.get(f"/returns/{made}"))
    assert "This return waits for your decision" in page
    assert desk.post(f"/returns/{made}/approve", {"reason": "called", "kind": "return"}).status_code == 303
    assert refunded(db, order) == (2000, 2000)
    assert "20.00 CNY" in text(desk.get(f"/returns/{made}"))


def test_a_copy_of_another_title_is_judged_on_the_page(desk, db, packer, order):
    walden = an_item(db, "Walden", isbn="9780691096124")
    made = ask(desk, order).json["return_id"]
    brought_in(db, packer, return_row(db, made).number, [(walden, "as_new")])
    assert "Copies below wait for your word" in text(desk.get(f"/returns/{made}"))
    unit = desk.get(f"/returns/{made}", **JSON).json["page"]["units"][0]["id"]
    assert desk.post(f"/returns/units/{unit}/judge", {"acceptance": "accepted", "reason": "ours"}).status_code == 303
    assert return_row(db, made).state == "settled"


def test_the_policy_is_seen_by_the_desk_and_changed_by_those_who_may(desk, db, other_tablet):
    assert "version 1" in text(desk.get("/returns/policy"))
    form = {"days": "7", "decision": "ask", "worst_grade": "good", "fee_percent": "10", "pays_postage": "shop"}
    assert desk.post("/returns/policy/late", form, **JSON).status_code == 403
    other_tablet.sign_in("operations", name="Ma Li")
    assert other_tablet.post("/returns/policy/late", form, **JSON).json == {"version": 2}
    assert other_tablet.post("/returns/policy/late", {**form, "days": "x"}, **JSON).status_code == 422
    assert "Earlier versions" in text(other_tablet.get("/returns/policy"))
    with db.read() as session:
        assert session.execute(select(ReturnPolicy.days).where(
            ReturnPolicy.reason == "late", ReturnPolicy.until_at.is_(None))).scalar_one() == 7


def test_a_file_of_returns_is_read_and_reported_row_by_row(desk, db, order):
    content = ("rma,order,isbn13,quantity,reason,condition\n"
               f"R1,{order.source_number},9780441013593,1,买错了,resalable\n"
               f"R2,{order.source_number},9780441013593,3,late,damaged\n")

    def send(**headers):
        return desk.client.post("/returns/import", data={"files": (io.BytesIO(content.encode()), "returns.csv")},
                                headers={"X-CSRFToken": desk.csrf, **headers})

    report = send(**JSON).json
    assert (report["created"], [problem["code"] for problem in report["problems"]]) == (1, ["more_than_shipped"])
    again = send(**JSON).json
    assert (again["created"], again["unchanged"], again["rejected"]) == (0, 1, 1)
    assert "returns.csv" in text(send())
    with db.read() as session:
        assert session.execute(select(CustomerReturn.reason, CustomerReturn.source)).one() == ("wrong_order", "file")


def test_figures_say_what_came_back_of_what_was_sent(desk, db, packer, order, dune):
    made = ask(desk, order, 2).json["return_id"]
    brought_in(db, packer, return_row(db, made).number, [(dune, "as_new"), (dune, "damaged")])
    figures = desk.get("/returns/figures/", **JSON).json["figures"]
    assert (figures["total"]["returned"], figures["total"]["accepted"], figures["total"]["sent"]) == (2, 1, 3)
    assert figures["groups"]["reason"] == [{"name": "changed_mind", "returned": 2, "accepted": 1, "sent": 3}]
    assert [group["sent"] for group in figures["groups"]["month"]] == [0] * 11 + [3]
    assert figures["groups"]["publisher"] == [{"name": "Ace", "returned": 2, "accepted": 1, "sent": 3}]
    assert "66.7" in text(desk.get("/returns/figures/"))
    csv = desk.get("/returns/figures/export?as=csv").get_data().decode("utf-8-sig")
    assert f"'{FORMULA}" in csv
    book = load_workbook(io.BytesIO(desk.get("/returns/figures/export?as=xlsx").get_data()))
    assert FORMULA in [row[1].value for row in book.active.iter_rows()]


@pytest.mark.parametrize("role", ["picker", "packer", "purchasing", "finance"])
def test_who_may_not_ask_sees_no_list_and_decides_nothing(tablet, db, actor, order, role):
    made = db.write(returns.request, actor, order.id, "return", "other", [(order.line_ids[0], 1, None)], source="desk")
    tablet.sign_in(role)
    assert tablet.get("/returns/", **JSON).status_code == 403
    for verb in ("approve", "refuse", "withdraw"):
        assert tablet.post(f"/returns/{made}/{verb}", {"reason": "why"}, **JSON).status_code == 403
    assert return_row(db, made).state == "requested"
