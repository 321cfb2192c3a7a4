"""The gate (USR-1, SEC-1): a rule for every route, turns that end, PINs that lock, headers."""

import threading
import urllib.request
import uuid

import pytest
from sqlalchemy import insert, select
from waitress.server import create_server

from tests import builders
from tests.web.conftest import JSON, Browser
from warehouse.app import create_app
from warehouse.config import Config
from warehouse.domain.own_labels import make_badge
from warehouse.domain.people import RIGHTS, ROLES
from warehouse.models.people import Device, Person, SignIn
from warehouse.web.access import PUBLIC, SIGNED_IN, rule, rule_of

WRONG = "111112"


def address_of(found):
    """An address that fits the route; nothing has these ids, and nothing is needed to be turned away."""
    return found.build(dict.fromkeys(found.arguments, 999999))[1]


def routes(app):
    return [found for found in app.url_map.iter_rules() if found.endpoint != "static"]


def test_every_route_has_a_rule(app):
    assert [found.rule for found in routes(app) if not rule_of(app, found.endpoint)] == []


def test_a_route_without_a_rule_is_closed_to_everybody(own_app, db):
    own_app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    tablet = Browser(own_app, db)
    tablet.sign_in("manager")
    answer = tablet.get("/forgotten")
    assert answer.status_code == 403 and b"secret" not in answer.data


def test_a_rule_that_names_no_right_cannot_be_written():
    with pytest.raises(AssertionError):
        rule("fly")


def test_nobody_gets_in_without_signing_in(app, tablet):
    for found in routes(app):
        if PUBLIC in rule_of(app, found.endpoint):
            continue
        for method in found.methods & {"GET", "POST"}:
            answer = tablet.client.open(address_of(found), method=method, headers=JSON)
            assert answer.status_code == 401, f"{method} {found.rule}"
            assert answer.json["code"] == "errors.sign_in"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_turned_away_where_it_has_no_right(app, tablet, role):
    tablet.sign_in(role)
    for found in routes(app):
        rights = rule_of(app, found.endpoint)
        if rights & ({PUBLIC, SIGNED_IN} | RIGHTS[role]):
            continue
        for method in found.methods & {"GET", "POST"}:
            answer = tablet.client.open(
                address_of(found), method=method, headers={**JSON, "X-CSRFToken": tablet.csrf}
            )
            assert answer.status_code == 403, f"{role} {method} {found.rule}"
            assert answer.json["code"] == "errors.not_allowed"


def test_a_page_asked_for_without_signing_in_leads_to_the_sign_in_screen_and_back(tablet):
    answer = tablet.get("/find?q=x")
    assert answer.status_code == 302
    assert answer.headers["X-Login"] == answer.headers["Location"] == "/login?next=/find?q%3Dx"


def test_a_scan_after_the_turn_has_ended_is_told_so_and_not_answered(tablet):
    answer = tablet.post("/home/scan", {"raw": "X"}, **{"X-Scan": "1", "Accept": "text/html"})
    assert answer.status_code == 401 and answer.headers["X-Login"] == "/login"


# --- Badge and PIN ---


def test_a_badge_alone_opens_nothing(db, tablet):
    person = builders.a_person(db)
    page = tablet.get("/login")
    token = page.get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    tablet.csrf = token
    read = tablet.scan("/login/badge", person.badge, step="badge")
    assert read.status_code == 200 and read.json["code"] == "people.badge_read"
    assert tablet.get("/", **JSON).status_code == 401
    assert tablet.come_in(person, pin="").status_code == 401
    assert tablet.get("/", **JSON).status_code == 401


def test_an_unknown_badge_is_told_the_same_as_a_wrong_pin(db, tablet, other_tablet):
    person = builders.a_person(db)
    unknown = builders.APerson(0, "", "picker", "en", make_badge("0" * 14), "")
    wrong, nobody = tablet.come_in(person, WRONG), other_tablet.come_in(unknown, WRONG)
    assert (wrong.status_code, wrong.json) == (nobody.status_code, nobody.json)


def test_the_fifth_wrong_pin_locks_person_and_device_even_for_the_right_pin(db, tablet, other_tablet, clock):
    person, colleague = builders.a_person(db), builders.a_person(db, "Anna")
    codes = [tablet.come_in(person, WRONG).json["code"] for _ in range(5)]
    assert codes == ["people.wrong_pin"] * 4 + ["people.locked"]
    assert tablet.come_in(person).json["code"] == "people.locked"
    assert other_tablet.come_in(person).json["code"] == "people.locked"
    assert tablet.come_in(colleague).json["code"] == "people.locked"
    clock.forward(minutes=16)
    assert other_tablet.come_in(person).status_code == 200
    assert tablet.come_in(colleague).status_code == 200


def test_the_second_lock_is_twice_as_long_and_survives_a_restart(own_app, db, tablet, clock):
    person = builders.a_person(db)
    for _ in range(5):
        tablet.come_in(person, WRONG)
    clock.forward(minutes=16)
    for _ in range(5):
        tablet.come_in(person, WRONG)
    clock.forward(minutes=16)
    answer = own_app.test_client().post("/login", json={"badge": person.badge, "pin": person.pin}, headers=JSON)
    assert answer.json["code"] == "people.locked" and answer.json["facts"] == {"minutes": 15}


# --- Turns ---


def open_turns(db):
    with db.read() as session:
        return session.execute(select(SignIn.person_id).where(SignIn.ended_at.is_(None))).scalars().all()


def test_a_turn_ends_when_the_next_badge_is_scanned_on_any_screen(db, tablet):
    tablet.sign_in("picker")
    colleague = builders.a_person(db, "Anna")
    answer = tablet.scan("/home/scan", colleague.badge)
    assert answer.json["go"] == f"/login?who={colleague.id}"
    assert open_turns(db) == []
    assert tablet.get("/", **JSON).status_code == 401


def test_the_own_badge_and_an_unknown_one_end_nothing(db, tablet):
    tablet.sign_in("picker")
    assert tablet.scan("/home/scan", tablet.person.badge).json["code"] == "people.already_you"
    unknown = make_badge("0" * 14)
    assert tablet.scan("/home/scan", unknown).json["code"] == "people.unknown_badge"
    assert tablet.get("/", **JSON).status_code == 200


def test_signing_in_ends_the_turn_before_at_the_same_tablet(db, tablet):
    tablet.sign_in("picker")
    colleague = builders.a_person(db, "Anna")
    assert tablet.come_in(colleague).status_code == 200
    assert open_turns(db) == [colleague.id]


def test_a_turn_ends_after_twenty_idle_minutes_and_not_before(tablet, clock):
    tablet.sign_in("picker")
    for _ in range(3):
        clock.forward(minutes=15)
        assert tablet.get("/", **JSON).status_code == 200
    clock.forward(minutes=21)
    assert tablet.get("/", **JSON).status_code == 401


def test_signing_out_a_manager_and_switching_off_end_turns(db, tablet, other_tablet):
    tablet.sign_in("picker")
    tablet.post("/logout")
    assert tablet.get("/", **JSON).status_code == 401
    tablet.come_in(tablet.person)
    other_tablet.sign_in("manager", name="Lin Yue")
    with db.read() as session:
        turn = session.execute(
            select(SignIn.id).where(SignIn.person_id == tablet.person.id, SignIn.ended_at.is_(None))
        ).scalar_one()
    assert other_tablet.post(f"/people/turns/{turn}/end").status_code == 303
    assert tablet.get("/", **JSON).status_code == 401
    tablet.come_in(tablet.person)
    assert other_tablet.post(f"/people/{tablet.person.id}/off").status_code == 303
    assert tablet.get("/", **JSON).status_code == 401
    assert tablet.come_in(tablet.person).status_code == 401


def test_a_turn_is_worth_nothing_on_another_device(app, tablet):
    tablet.sign_in("picker")
    thief = app.test_client()
    thief.set_cookie("turn", tablet.client.get_cookie("turn").value)
    assert thief.get("/", headers=JSON).status_code == 401


def test_only_hashes_of_cookies_and_pins_are_kept(db, tablet):
    tablet.sign_in("picker")
    cookies = [tablet.client.get_cookie(name).value for name in ("turn", "device")]
    with db.read() as session:
        kept = [*session.execute(select(SignIn.token_hash)).scalars(),
                *session.execute(select(Device.token_hash)).scalars(),
                *session.execute(select(Person.pin_hash)).scalars()]
    assert not any(secret in text for secret in [*cookies, builders.PIN] for text in kept)


# --- Other sites ---


def test_a_post_without_the_turns_own_token_is_refused(db, tablet, other_tablet):
    tablet.sign_in("picker")
    other_tablet.sign_in("picker", name="Anna")
    for token in ("", "made up", other_tablet.csrf):
        answer = tablet.client.post("/logout", headers={**JSON, "X-CSRFToken": token})
        assert (answer.status_code, answer.json["code"]) == (400, "errors.stale_page")
    assert len(open_turns(db)) == 2


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
])
def test_a_post_from_another_site_is_refused_even_with_the_token(tablet, headers):
    tablet.sign_in("picker")
    answer = tablet.client.post("/logout", headers={**JSON, "X-CSRFToken": tablet.csrf, **headers})
    assert (answer.status_code, answer.json["code"]) == (403, "errors.other_site")


def test_another_site_cannot_sign_a_tablet_in(db, tablet):
    person = builders.a_person(db)
    body = {"badge": person.badge, "pin": person.pin}
    for origin in ("null", "https://evil.example"):
        answer = tablet.client.post("/login", json=body, headers={**JSON, "Origin": origin})
        assert answer.status_code == 403
    assert tablet.client.post("/login", data=body, headers=JSON).status_code == 400


def test_after_sign_in_nobody_is_sent_to_another_site(db, tablet):
    person = builders.a_person(db)
    for outside in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        page = tablet.get("/login").get_data(as_text=True)
        token = page.split('name="csrf-token" content="')[1].split('"')[0]
        form = {"badge": person.badge, "pin": person.pin, "next": outside, "csrf_token": token}
        assert tablet.client.post("/login", data=form).headers["Location"] == "/"
        tablet.client.delete_cookie("turn")


def test_who_is_in_already_is_not_sent_to_another_site_either(tablet):
    tablet.sign_in()
    for outside in ("%2F%2Fevil.example", "/%09/evil.example", "/%5Cevil.example", "https:evil.example"):
        assert tablet.get(f"/login?next={outside}").headers["Location"] == "/"
    assert tablet.get("/login?next=/find?q%3Dx").headers["Location"] == "/find?q=x"
    assert tablet.post("/language", {"language": "en", "next": "//evil.example"}).headers["Location"] == "/"


def test_a_scan_that_no_database_keeps_is_answered_and_not_a_fault(tablet):
    tablet.sign_in()
    for raw in ("978\\u0000", "978\\ud800"):
        body = f'{{"scan_id": "{uuid.uuid4()}", "raw": "{raw}", "step": "home"}}'
        headers = {**JSON, "X-CSRFToken": tablet.csrf, "Content-Type": "application/json"}
        answer = tablet.client.post("/home/scan", data=body, headers=headers)
        assert answer.status_code == 200 and answer.json["outcome"] == "refused"
    for made_by in ("\u00b2", "9" * 30):
        assert tablet.scan("/home/scan", "978", made_by=made_by).json["code"] == "scan.made_by_other"
    assert tablet.scan("/home/scan", "978", choice="9" * 5000).status_code == 422


def test_a_fault_of_the_database_is_logged_without_the_values_it_was_about(own_app, db, caplog):
    phone = str(13812345670 + 8)

    def broken():
        db.write(lambda session: session.execute(insert(Person), {"name": phone, "role": None}))

    own_app.add_url_rule("/broken", "broken", rule(PUBLIC)(broken))
    answer = own_app.test_client().get("/broken", headers=JSON)
    assert answer.status_code == 500 and answer.json["facts"]["number"] in caplog.text
    assert "INSERT INTO person" in caplog.text and "in broken" in caplog.text and phone not in caplog.text


# --- Headers ---


def test_every_answer_forbids_what_pages_do_not_need(tablet):
    for address in ("/login", "/nowhere", "/static/css/ui.css"):
        headers = tablet.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Permissions-Policy"].startswith("camera=(self)")
        assert "Strict-Transport-Security" not in headers
    assert tablet.get("/login").headers["Cache-Control"] == "no-store"
    assert tablet.get("/login").headers["Vary"] == "HX-Request, X-Scan, Accept"


def test_cookies_are_kept_from_scripts_and_other_sites_and_on_https_from_plain_http(db, tablet, tmp_path):
    person = builders.a_person(db)
    plain = tablet.come_in(person).headers.getlist("Set-Cookie")
    assert len(plain) == 2
    assert all(
        "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" not in cookie for cookie in plain
    )
    secure = create_app(Config(home=tmp_path, database_url="as given", is_https=True), db).test_client()
    answer = secure.post("/login", json={"badge": person.badge, "pin": person.pin}, headers=JSON,
                         base_url="https://warehouse.example")
    cookies = answer.headers.getlist("Set-Cookie")
    assert all(
        cookie.startswith("__Host-") and "Secure" in cookie and "Path=/" in cookie for cookie in cookies
    )
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert secure.get("/", headers=JSON, base_url="https://warehouse.example").status_code == 200


def test_pages_have_no_script_or_style_of_their_own(tablet):
    tablet.sign_in("manager")
    for address in ("/", "/me", "/people/", "/find?q=x", "/nowhere"):
        page = tablet.get(address).get_data(as_text=True)
        assert (
            " style=" not in page and "<style" not in page and " onclick" not in page and "hx-on" not in page
        )
        assert "<script>" not in page


def test_static_files_may_be_kept_for_a_year_by_their_own_address(tablet):
    page = tablet.get("/login").get_data(as_text=True)
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    assert "?v=" in address
    assert tablet.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert tablet.get(address.split("?")[0]).headers["Cache-Control"] == "no-cache"


def test_a_real_server_sends_the_headers_as_they_are_meant(app):
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.effective_port}/login") as answer:
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
            assert "HttpOnly" in answer.headers["Set-Cookie"]
            assert "请扫描工牌" not in answer.read().decode()
        chinese = urllib.request.Request(
            f"http://127.0.0.1:{server.effective_port}/login",
            headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"},
        )
        with urllib.request.urlopen(chinese) as answer:
            assert "请扫描工牌" in answer.read().decode()
    finally:
        # In the server's own thread, which waits on the very sockets that are closed here.
        server.trigger.pull_trigger(server.close)
        thread.join(timeout=10)
