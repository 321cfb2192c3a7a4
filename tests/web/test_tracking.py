"""Tracking events by the page and by signed message, the latter over a real socket too."""

import hashlib
import hmac
import io
import json
import threading
import urllib.error
import urllib.request

import pytest
import waitress
from sqlalchemy import func, select

from tests import builders
from tests import shipping_day as day
from tests.builders import an_item, an_order
from tests.web.conftest import JSON
from warehouse.models.shipping import TrackingEvent
from warehouse.services import tracking

AT = "2026-03-04T12:00:00+08:00"


@pytest.fixture
def number(db, actor):
    """Of a parcel that SF has."""
    dune = an_item(db, "Dune", isbn="9780441013593", weight_g=340)
    parcel = day.packed(db, actor, an_order(db, {dune: 1}), {dune: 1})
    code = day.labelled(db, actor, parcel)
    assert day.dock_station(db, actor).scan(code).outcome == "accepted"
    return code


@pytest.fixture
def secret(db, actor):
    return db.write(tracking.set_secret, actor, "SF")


def events_of(db):
    with db.read() as session:
        return session.execute(select(func.count()).select_from(TrackingEvent)).scalar_one()


def signed(secret, body, stamp):
    text = str(stamp)
    return {"X-Timestamp": text, "Content-Type": "application/json",
            "X-Signature": hmac.new(secret.encode(), text.encode() + b"." + body, hashlib.sha256).hexdigest()}


def message(*events):
    return json.dumps({"events": list(events)}).encode()


def post(tablet, clock, secret, body, carrier="SF", **headers):
    return tablet.client.post(f"/tracking/webhook/{carrier}", data=body,
                              headers={**signed(secret, body, int(clock.moment.timestamp())), **headers})


# --- The page --------------------------------------------------------------------------------------------------------


def test_a_file_is_brought_in_and_its_report_stays_on_the_page(tablet, db, number):
    tablet.sign_in("operations", language="zh-Hans")
    text = f"运单号,时间,状态,地点\n{number},2026-03-04 12:00,已揽收,上海\nSF9999999999999,2026-03-04 12:00,签收,\n{number},昨天,签收,\n"
    answer = tablet.post("/tracking/", {"files": (io.BytesIO(text.encode("gb18030")), "物流.csv")})
    assert answer.status_code == 303
    page = tablet.get(answer.location).text
    assert "SF9999999999999" in page
    assert "时间“昨天”读不出" in page
    assert "3 行，新增 1 条" in page
    assert events_of(db) == 1


def test_the_report_as_json_counts_every_row(tablet, number):
    tablet.sign_in("service")
    text = f"number,time,status\n{number},2026-03-04 12:00,delivered\n,2026-03-04 12:00,delivered\n"

    def bring_in():
        return tablet.post("/tracking/", {"files": (io.BytesIO(text.encode()), "a.csv")}, **JSON).json

    first, again = bring_in(), bring_in()
    assert (first["rows"], first["created"], first["unchanged"], first["rejected"]) == (2, 1, 0, 1)
    assert (again["rows"], again["created"], again["unchanged"], again["rejected"]) == (2, 0, 1, 1)
    assert [problem["code"] for problem in first["problems"]] == ["tracking_no_number"]


def test_without_a_file_it_says_so_and_pickers_may_not(tablet, other_tablet):
    tablet.sign_in("operations")
    assert tablet.post("/tracking/").status_code == 422
    other_tablet.sign_in("picker")
    assert other_tablet.get("/tracking/").status_code == 403


def test_what_is_on_the_way_is_counted_by_carrier(tablet, number):
    tablet.sign_in("operations")
    (found,) = [each for each in tablet.get("/tracking/", **JSON).json["carriers"] if each["code"] == "SF"]
    assert (found["parcels"], found["silent"], found["overdue"], found["has_secret"]) == (1, 1, 0, False)


# --- Signed messages -------------------------------------------------------------------------------------------------


def test_a_signed_message_is_taken_in_once_however_often_it_is_sent(tablet, db, clock, number, secret):
    body = message({"number": number, "time": AT, "status": "delivered", "place": "上海"})
    first, again = post(tablet, clock, secret, body), post(tablet, clock, secret, body)
    assert (first.status_code, first.json["created"], first.json["unchanged"]) == (200, 1, 0)
    assert (again.status_code, again.json["created"], again.json["unchanged"]) == (200, 0, 1)
    assert events_of(db) == 1


def test_bad_events_of_a_message_are_named_and_the_others_taken(tablet, db, clock, number, secret):
    body = message({"number": number, "time": AT, "status": "delivered"},
                   {"number": number, "time": "noon", "status": "lost"},
                   {"number": "SF0000000000000", "time": AT, "status": "lost"}, {"number": 7}, {})
    told = post(tablet, clock, secret, body).json
    assert (told["rows"], told["created"], told["rejected"], told["unknown"]) == (5, 1, 4, ["SF0000000000000"])
    assert {(bad["row"], bad["code"]) for bad in told["problems"]} == {
        (2, "tracking_time_unreadable"), (3, "tracking_unknown_number"), (4, "tracking_no_number"),
        (5, "tracking_no_number")}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events": {}}', b'{"events": [1]}', b"\xff", b"[" * 10_000])
def test_a_signed_message_of_another_form_is_422(tablet, db, clock, secret, body):
    answer = post(tablet, clock, secret, body)
    assert (answer.status_code, events_of(db)) == (422, 0)
    assert answer.json["code"] in {"tracking.no_json", "tracking.no_events"}


def test_more_events_than_a_message_may_hold_are_422(tablet, clock, secret):
    assert post(tablet, clock, secret, message(*[{}] * 1001)).json["code"] == "tracking.too_many_events"


def test_a_message_that_is_too_large_is_413(tablet, db, clock, secret):
    answer = post(tablet, clock, secret, message({"text": "x" * 270_000}))
    assert (answer.status_code, answer.json["code"]) == (413, "tracking.too_large")


@pytest.mark.parametrize("headers", [
    {"X-Signature": "0" * 64}, {"X-Signature": ""}, {"X-Timestamp": "0"}, {"X-Timestamp": "soon"}])
def test_what_is_not_signed_just_now_is_401_and_changes_nothing(tablet, db, clock, number, secret, headers):
    body = message({"number": number, "time": AT, "status": "lost"})
    answer = post(tablet, clock, secret, body, **headers)
    assert (answer.status_code, answer.json["code"], events_of(db)) == (401, "tracking.not_signed", 0)


def test_a_carrier_without_a_secret_and_one_that_nobody_knows_are_401_alike(tablet, clock, secret):
    body = message()
    answers = [post(tablet, clock, secret, body, carrier=carrier) for carrier in ("YTO", "NOBODY")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json == answers[1].json


def test_who_guesses_at_secrets_is_slowed_down(tablet, clock, secret):
    answers = [post(tablet, clock, "wrong", b"{}") for _ in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert (answers[-1].json["code"], answers[-1].headers["Retry-After"]) == ("tracking.too_many", "60")


def test_a_form_of_another_site_does_not_get_this_far(tablet, clock, secret):
    body = b"{}"
    assert post(tablet, clock, secret, body, **{"Content-Type": "text/plain"}).status_code in {400, 401, 403}
    assert post(tablet, clock, secret, body, Origin="https://elsewhere.example").status_code == 403


# --- Over a socket ---------------------------------------------------------------------------------------------------


@pytest.fixture
def address(app):
    """A real server for the length of one test."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def ask(address, body, headers):
    request = urllib.request.Request(f"{address}/tracking/webhook/SF", body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem)


def test_a_carriers_program_reaches_it_over_http(address, db, clock, number, secret):
    body, stamp = message({"number": number, "time": AT, "status": "delivered"}), int(clock.moment.timestamp())
    status, told = ask(address, body, signed(secret, body, stamp))
    assert (status, told["created"]) == (200, 1)
    status, told = ask(address, body, signed("wrong", body, stamp))
    assert (status, told["code"]) == (401, "tracking.not_signed")
    large = message({"text": "x" * 270_000})
    assert ask(address, large, signed(secret, large, stamp))[0] == 413
    assert events_of(db) == 1


def test_the_same_message_sent_by_eight_at_once_is_kept_once(address, db, clock, number, secret):
    body = message({"number": number, "time": AT, "status": "lost"})
    headers, answers = signed(secret, body, int(clock.moment.timestamp())), []
    threads = [threading.Thread(target=lambda: answers.append(ask(address, body, headers))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [status for status, _ in answers] == [200] * 8
    assert sum(told["created"] for _, told in answers) == 1
    assert sum(told["incidents"] for _, told in answers) == 1
    assert events_of(db) == 1


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
def test_the_page_is_drawn_in_both_languages(tablet, lang):
    tablet.come_in(builders.a_person(tablet.db, role="manager", language=lang))
    assert tablet.get("/tracking/").status_code == 200
