"""The customer's page from the outside (ORD-8): who gets in, what is seen, what is taken, and what another site or a
guesser gets."""

import re
import threading
import urllib.request
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select
from waitress.server import create_server

from tests import shipping_day as day
from tests.builders import RECIPIENT, an_item, an_order
from tests.web.conftest import JSON
from warehouse import cli_serve, i18n
from warehouse.config import Config
from warehouse.domain.orders import ORDER_FLOW
from warehouse.models.incidents import Incident, Photo
from warehouse.models.returns import CustomerReturn
from warehouse.services import customer, returns_desk
from warehouse.web.access import PUBLIC, rule
from warehouse.web.limits import address


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=500)


@pytest.fixture
def order(db, dune):
    return an_order(db, {dune: 2})


@pytest.fixture
def link(db, order):
    return db.write(customer.link_of, order.id)


@pytest.fixture
def sent(db, actor, order, dune):
    parcel = day.packed(db, actor, order, {dune: 2}, weight_g=1200)
    day.dock_station(db, actor).scan(day.labelled(db, actor, parcel))
    return order


@pytest.fixture
def phone(app):
    """A customer's browser: no cookie, nobody signed in."""
    return app.test_client()


def token_in(page, form):
    text = page.get_data(as_text=True)
    return re.search(rf'/{form}\?.*?name="token" value="([^"]+)"', text, re.DOTALL)[1]


def report(phone, link, *, token=None, headers=None, **form):
    token = token or token_in(phone.get(f"/o/{link}"), "problem")
    return phone.post(f"/o/{link}/problem", data={"token": token, "what": "question", "words": "Where?", **form},
                      headers=headers or {})


def reports(db):
    with db.read() as session:
        return session.execute(select(Incident.kind, Incident.units).order_by(Incident.id)).all()


def a_photo():
    out = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return BytesIO(out.getvalue()), "photo.jpg"


# --- What is seen


def test_the_page_says_how_far_the_order_is_without_signing_in(phone, sent, link):
    page = phone.get(f"/o/{link}")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    for words in ("运输途中", "Dune", "× 2", "周**", "顺丰", "预计送达"):
        assert words in text
    english = phone.get(f"/o/{link}?lang=en").get_data(as_text=True)
    assert "On its way to you" in english and "Tracking number" in english and 'lang="en"' in english


def test_nothing_personal_no_price_and_nobody_of_the_house_is_on_it(phone, actor, sent, link):
    for headers in ({}, JSON):
        text = phone.get(f"/o/{link}?lang=en", headers=headers).get_data(as_text=True)
        for private in (*RECIPIENT.values(), "310012", "杭州", actor.name, "23.00", "2300"):
            assert private not in text


def test_the_page_is_kept_out_of_caches_search_engines_and_referrers(phone, link):
    for answer in (phone.get(f"/o/{link}"), phone.get("/o/nothing")):
        headers = answer.headers
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert "noindex" in headers["X-Robots-Tag"] and "script-src 'self'" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers and b"<script" not in answer.data


@pytest.mark.parametrize("state", ORDER_FLOW.states())
def test_every_state_has_plain_words_in_both_languages(phone, db, order, link, state):
    day.set_order(db, order, state=state)
    for language in i18n.LANGUAGES:
        answer = phone.get(f"/o/{link}?lang={language}")
        assert answer.status_code == 200
        assert f">{state}<" not in answer.get_data(as_text=True)


def test_whoever_works_here_sees_what_the_customer_sees(tablet, link):
    tablet.sign_in("manager", name="Lin Yue", language="en")
    text = tablet.get(f"/o/{link}").get_data(as_text=True)
    assert "Lin Yue" not in text and "已收到您的订单" in text


# --- Guessing


def test_every_wrong_link_is_answered_in_the_same_words(phone, link):
    answers = [phone.get(f"/o/{wrong}?lang=en") for wrong in ("x", "x" * 22, link[:-1], link.swapcase())]
    answers += [phone.post("/o/x/problem", data={"words": "hello"}), phone.post("/o/x/return", data={})]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_data() for answer in answers}) == 1


def test_a_guesser_is_stopped_and_the_others_are_not(phone, link):
    codes = [phone.get(f"/o/guess{n}").status_code for n in range(14)]
    assert codes == [404] * 10 + [429] * 4
    stopped = phone.get(f"/o/{link}")
    assert stopped.status_code == 429 and stopped.headers["Retry-After"] == "60"
    assert phone.get(f"/o/{link}", environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 200


def test_a_customer_with_a_right_link_is_never_counted(phone, link):
    assert {phone.get(f"/o/{link}").status_code for _ in range(40)} == {200}


def test_a_guesser_behind_one_line_of_ipv6_is_one(app):
    with app.test_request_context(environ_base={"REMOTE_ADDR": "2001:db8:1:2:3::4"}):
        first = address()
    with app.test_request_context(environ_base={"REMOTE_ADDR": "2001:db8:1:2:ffff::1"}):
        assert address() == first
    with app.test_request_context(environ_base={"REMOTE_ADDR": "2001:db8:1:3::4"}):
        assert address() != first


def test_posts_are_limited_for_each_address(phone, db, link):
    token = token_in(phone.get(f"/o/{link}"), "problem")
    codes = [report(phone, link, token=token).status_code for _ in range(9)]
    assert codes == [303] * 6 + [429] * 3
    assert len(reports(db)) == 1


# --- Reports


def test_a_report_is_taken_once_however_often_the_form_is_sent(phone, db, sent, link):
    token = token_in(phone.get(f"/o/{link}"), "problem")
    line = sent.line_ids[0]
    answers = [report(phone, link, token=token, what="damaged", line_id=line, units="2", photo=a_photo())
               for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert [tuple(row) for row in reports(db)] == [("damaged", 2)]
    with db.read() as session:
        assert len(session.execute(select(Photo.id)).all()) == 1
    after = phone.get(answers[0].headers["Location"]).get_data(as_text=True)
    assert "已收到您的反馈" in after and "破损" in after


def test_a_customers_picture_is_for_the_desks_and_kept_in_no_tablet(phone, tablet, db, sent, link):
    report(phone, link, photo=a_photo())
    with db.read() as session:
        photo = session.execute(select(Photo.id)).scalar_one()
    seen = {}
    for role in ("picker", "packer", "service", "finance", "manager"):
        tablet.sign_in(role)
        answer = tablet.get(f"/receive/photo/{photo}.jpg")
        seen[role] = answer.status_code
        assert answer.headers["Cache-Control"] == "no-store"
    assert seen == {"picker": 404, "packer": 404, "service": 200, "finance": 200, "manager": 200}


def test_what_was_typed_stays_on_the_page_when_it_is_refused_and_is_shown_as_text(phone, db, sent, link):
    answer = report(phone, link, what="damaged", words='<script>alert(1)</script>"=HYPERLINK("x")')
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "请选择是哪一本书" in text
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert reports(db) == []


@pytest.mark.parametrize(("form", "status"), [
    ({"words": "x" * 1001}, 422), ({"units": "many"}, 422), ({"photo": b"GIF89a"}, 422),
    ({"what": "theft"}, 422), ({"line_id": "999999"}, 422), ({"words": "\0"}, 303),
])
def test_bad_input_is_answered_with_a_sentence(phone, db, link, form, status):
    if "photo" in form:
        form = {"photo": (BytesIO(form["photo"]), "a.gif")}
    answer = report(phone, link, **form)
    assert answer.status_code == status
    assert len(reports(db)) == (status == 303)


def test_a_file_larger_than_any_photo_is_not_read(phone, db, link):
    answer = report(phone, link, photo=(BytesIO(b"\xff" * (16 * 1024 * 1024)), "a.jpg"))
    assert answer.status_code == 413 and "15 MB" in answer.get_data(as_text=True)
    assert reports(db) == []


# --- Returns


def ask(phone, link, line, **form):
    token = token_in(phone.get(f"/o/{link}"), "return")
    return phone.post(f"/o/{link}/return", data={
        "token": token, f"units_{line}": "1", "kind": "return", "reason": "changed_mind", **form})


def test_a_return_is_asked_and_its_verdict_shown(phone, db, sent, link):
    answer = ask(phone, link, sent.line_ids[0])
    assert answer.status_code == 303
    text = phone.get(f"/o/{link}?lang=en").get_data(as_text=True)
    assert "Approved: please send it back" in text and "within the time for returns" in text
    with db.read() as session:
        number = session.execute(select(CustomerReturn.number)).scalar_one()
    assert number in text


def test_more_than_was_sent_is_refused_with_the_form_as_it_was(phone, db, sent, link):
    answer = ask(phone, link, sent.line_ids[0], **{f"units_{sent.line_ids[0]}": "3", "words": "all of them"})
    assert answer.status_code == 409 and "all of them" in answer.get_data(as_text=True)
    nothing = ask(phone, link, sent.line_ids[0], **{f"units_{sent.line_ids[0]}": "0"})
    assert nothing.status_code == 422
    with db.read() as session:
        assert session.execute(select(CustomerReturn.id)).all() == []


def test_what_a_person_of_the_house_said_of_a_return_stays_in_the_house(phone, db, actor, sent, link):
    ask(phone, link, sent.line_ids[0], reason="damaged_in_transit")
    with db.read() as session:
        made = session.execute(select(CustomerReturn.id)).scalar_one()
    db.write(returns_desk.refuse, actor, made, "Always the same story with this one")
    page, data = (phone.get(f"/o/{link}?lang=en", headers=headers) for headers in ({}, JSON))
    assert data.json["order"]["returns"][0]["state"] == "refused"
    assert "same story" not in page.text and "same story" not in data.text


def test_before_anything_has_left_no_return_is_offered(phone, link):
    assert "申请退换货" not in phone.get(f"/o/{link}").get_data(as_text=True)


# --- Other sites


def test_a_form_without_our_token_for_it_is_refused_and_keeps_what_was_typed(phone, db, dune, sent, link):
    other = db.write(customer.link_of, an_order(db, {dune: 1}).id)
    foreign, of_return = token_in(phone.get(f"/o/{other}"), "problem"), token_in(phone.get(f"/o/{link}"), "return")
    for token in ("made up", "x" * 22 + "." + "0" * 32, foreign, of_return):
        answer = report(phone, link, token=token, words="my long story")
        assert answer.status_code == 422 and "my long story" in answer.get_data(as_text=True)
    assert reports(db) == []


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
])
def test_a_post_from_another_site_is_refused_even_with_the_token(phone, db, link, headers):
    answer = report(phone, link, headers=headers)
    assert answer.status_code == 403
    assert reports(db) == []


def test_a_form_of_a_page_without_referrer_is_taken(phone, db, link):
    assert report(phone, link, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_json_without_the_token_is_refused_too(phone, db, link):
    answer = phone.post(f"/o/{link}/problem", json={"what": "question", "words": "hello"}, headers=JSON)
    assert (answer.status_code, answer.json["code"]) == (422, "customer.form_is_old")
    assert reports(db) == []


# --- Behind a proxy


@pytest.mark.parametrize(("trusted", "seen"), [
    ("", "127.0.0.1"), ("127.0.0.1", "198.51.100.7"), ("192.0.2.1", "127.0.0.1"),
])
def test_only_the_proxy_that_the_settings_name_says_who_asks(own_app, tmp_path, trusted, seen):
    settings = cli_serve.server_settings(Config(home=tmp_path, database_url="", trusted_proxy=trusted))
    own_app.add_url_rule("/who", "who", rule(PUBLIC)(address))
    server = create_server(own_app, host="127.0.0.1", port=0, **settings)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{server.effective_port}/who", headers={"X-Forwarded-For": "198.51.100.7"})
        with urllib.request.urlopen(asked) as answer:
            assert answer.read().decode() == seen
    finally:
        server.close()
