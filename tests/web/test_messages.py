"""What customers must hear, over HTTP: who may, what a form does, and that a page gives nothing personal away."""

import pytest

from tests.builders import PIN, a_person
from tests.message_builders import acts, an_english_order, box, message, state, wanted
from warehouse.config import Config
from warehouse.services import incidents, messages

JSON = {"Accept": "application/json"}


@pytest.fixture
def with_mail(app, tmp_path):
    app.extensions["warehouse.config"] = Config(
        home=tmp_path, database_url="as given", smtp_host="mail.example", mail_from="books@shop.example",
        public_url="https://books.example")


@pytest.fixture
def order(db):
    return an_english_order(db)


@pytest.fixture
def message_id(db, actor, order):
    return wanted(db, actor, order)


@pytest.fixture
def desk(tablet, with_mail):
    tablet.sign_in("service")
    return tablet


def text_of(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def test_the_queue_is_for_the_service_desk_alone(tablet, other_tablet, message_id):
    tablet.sign_in("picker")
    other_tablet.sign_in("service")
    for address in ("/messages/", f"/messages/{message_id}", "/messages/templates",
                    "/messages/templates/delayed/en"):
        assert tablet.get(address).status_code == 403
        assert other_tablet.get(address).status_code == 200
    for act in ("send", "told", "drop", "take-back", "phone", "letter"):
        assert tablet.post(f"/messages/{message_id}/{act}").status_code == 403
    assert tablet.post("/messages/send").status_code == 403
    assert tablet.post("/messages/templates/delayed/en").status_code == 403


def test_the_oldest_duty_stands_first_and_is_late_before_the_eyes(desk, db, actor, order, message_id, clock):
    later = wanted(db, actor, order, "changed")
    clock.forward(hours=5)
    desk.come_in(desk.person, PIN)

    found = desk.get("/messages/", **JSON).json

    assert [row["id"] for row in found["rows"]] == [message_id, later]
    assert (found["waiting"], found["counts"]["to_tell"]) == ({"to_tell": 2, "late": 1}, 2)
    page = text_of(desk.get("/messages/"))
    assert "1 overdue" in page and "▲" in page


def test_the_messages_of_one_order_stand_alone_and_lead_to_its_time_line(desk, db, actor, order, message_id):
    other = wanted(db, actor, an_english_order(db), key="2")

    for one, its_order in ((message_id, order.id), (other, message(db, other).order_id)):
        found = desk.get(f"/messages/?order={its_order}", **JSON).json
        assert ([row["id"] for row in found["rows"]], found["counts"]["to_tell"]) == ([one], 1)
        page = text_of(desk.get(f"/messages/?order={its_order}"))
        assert f"/service/order/{its_order}" in page and f"/messages/?shown=done&amp;order={its_order}" in page
        assert f"/messages/?order={its_order}" in text_of(desk.get(f"/service/order/{its_order}")).replace(
            "shown=to_tell&amp;", "").replace("&amp;shown=to_tell", "")
    assert desk.get("/messages/?order=999", **JSON).json["rows"] == []


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_no_page_gives_name_number_or_address_away(desk, db, actor, order, message_id, language):
    desk.post("/language", {"language": language})
    desk.post(f"/messages/{message_id}/send", {"subject": "About", "body": "Dear {name}"})
    other = wanted(db, actor, order, "changed")
    for address in ("/messages/", "/messages/?shown=on_its_way", f"/messages/{message_id}", f"/messages/{other}"):
        page = text_of(desk.get(address))
        assert not any(word in page for word in ("Whitlock", "07700", "nora@"))
        assert not any(word in str(desk.get(address, **JSON).json) for word in ("Whitlock", "07700", "nora@"))


def test_what_happened_is_told_with_its_incident_and_who_reported_it(desk, db, actor, order):
    incident_id = db.write(incidents.report, actor, "short", "pick", units=2, order_id=order.id)
    message_id = db.write(messages.want, actor, order.id, "short_wait", key="1", incident_id=incident_id, title="Emma",
                          n=2)
    page = text_of(desk.get(f"/messages/{message_id}"))
    assert f"/incidents/{incident_id}" in page and "Lin Yue" in page and "Emma · 2 copies" in page


def test_a_letter_is_sent_from_its_page_as_it_was_changed_there(desk, db, message_id):
    found = desk.get(f"/messages/{message_id}", **JSON).json
    assert found["suggestion"]["letter"]["missing"] == [] and "queue" in found["verbs"]

    answer = desk.post(f"/messages/{message_id}/send", {
        "subject": "About Emma", "body": "Dear {name},\r\n\r\nFriday: {link}",
        "template_id": found["suggestion"]["template_id"]})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/messages/")
    assert state(db, message_id) == "queued"
    assert box(db, message_id)["body"].startswith("Dear Nora Whitlock,\n\nFriday: https://books.example/o/")
    assert message(db, message_id).template_id == found["suggestion"]["template_id"]


def test_a_refused_letter_says_what_to_do_and_changes_nothing(desk, db, message_id):
    answer = desk.post(f"/messages/{message_id}/send", {"subject": "About", "body": "on {expected}"}, **JSON)
    assert (answer.status_code, answer.json["code"]) == (422, "messages.unfilled")
    assert "{expected} is still in the letter" in answer.json["say"]
    assert state(db, message_id) == "wanted"


def test_without_a_mail_server_the_page_says_so_and_nothing_is_queued(tablet, app, db, message_id):
    tablet.sign_in("service")
    assert "No mail server is set" in text_of(tablet.get("/messages/"))
    assert "Send by e-mail" not in text_of(tablet.get(f"/messages/{message_id}"))
    for address in (f"/messages/{message_id}/send", "/messages/send"):
        answer = tablet.post(address, {"subject": "a", "body": "b", "message": message_id}, **JSON)
        assert (answer.status_code, answer.json["code"]) == (422, "messages.no_server")
    assert state(db, message_id) == "wanted"


def test_name_and_number_show_once_for_who_may_open_them(desk, db, order, message_id):
    assert "07700900123" in text_of(desk.post(f"/messages/{message_id}/phone"))
    assert "07700900123" not in text_of(desk.get(f"/messages/{message_id}"))
    assert acts(db, "order") == [("open_personal", order.id)]


def test_told_by_phone_dropped_and_taken_back(desk, db, actor, order, message_id):
    assert desk.post(f"/messages/{message_id}/told", {"note": ""}, **JSON).status_code == 422
    assert desk.post(f"/messages/{message_id}/told", {"note": "waits gladly"}).status_code == 303
    assert desk.post(f"/messages/{message_id}/told", {"note": "again"}, **JSON).status_code == 409
    second, third = wanted(db, actor, order, "changed"), wanted(db, actor, order, "delayed")
    assert desk.post(f"/messages/{second}/drop", {"reason": "asked for it on the phone"}).status_code == 303
    desk.post(f"/messages/{third}/send", {"subject": "a", "body": "b"})
    assert desk.post(f"/messages/{third}/take-back").headers["Location"] == f"/messages/{third}"
    assert [state(db, one) for one in (message_id, second, third)] == ["told", "dropped", "wanted"]
    done = text_of(desk.get("/messages/?shown=done"))
    assert "Told by phone" in done and "Need not hear" in done
    assert "waits gladly" in text_of(desk.get(f"/messages/{message_id}"))


def test_a_sent_letter_is_opened_as_a_recorded_act(desk, db, message_id):
    desk.post(f"/messages/{message_id}/send", {"subject": "About", "body": "Dear {name}"})
    assert "Dear Nora Whitlock" in text_of(desk.post(f"/messages/{message_id}/letter"))
    assert acts(db) == [("queue", message_id), ("open_personal", message_id)]


def test_several_suggested_letters_go_with_one_press(desk, db, actor, order, message_id):
    cared_for = wanted(db, actor, order, "complaint")
    answer = desk.post("/messages/send", {"message": [message_id, cared_for, "x"]})
    assert (answer.status_code, state(db, message_id), state(db, cared_for)) == (303, "queued", "wanted")
    page = text_of(desk.get(answer.headers["Location"]))
    assert "1 letter goes out" in page and "1 stay on the list" in page
    assert desk.post("/messages/send", {}, **JSON).json["code"] == "messages.choose_some"
    assert desk.post("/messages/send", {"message": [*range(51)]}, **JSON).json["code"] == "messages.too_many"


def test_the_queue_is_turned_page_by_page_and_narrowed_to_a_topic(desk, db, actor, order):
    ids = [wanted(db, actor, order, key=str(n)) for n in range(53)]
    first = desk.get("/messages/", **JSON).json
    second = desk.get("/messages/?after={}.{}".format(*first["after"]), **JSON).json
    assert [row["id"] for row in first["rows"] + second["rows"]] == ids
    assert second["after"] is None
    assert desk.get("/messages/?why=changed", **JSON).json["rows"] == []
    for wrong in ("?shown=all", "?why=nothing"):
        assert desk.get(f"/messages/{wrong}").status_code == 404
    assert desk.get("/messages/?after=x.9999999999999999999", **JSON).json["rows"]

    for message_id in ids:
        desk.post(f"/messages/{message_id}/drop", {"reason": "a test"})
    done = desk.get("/messages/?shown=done", **JSON).json
    more = desk.get("/messages/?shown=done&after={}.{}".format(*done["after"]), **JSON).json
    assert [row["id"] for row in done["rows"] + more["rows"]] == ids[::-1]


def test_what_a_customers_title_says_is_shown_as_text(desk, db, actor, order):
    message_id = wanted(db, actor, order, title="<img src=x onerror=alert(1)>", n=1)
    for address in ("/messages/", f"/messages/{message_id}"):
        assert "<img src=x" not in text_of(desk.get(address))


# --- Texts -----------------------------------------------------------------------------------------------------------

DRAFT = {"subject": "About {order}", "body": "Dear {name},\n\nit will be late."}


def test_a_text_is_written_by_one_and_used_once_another_has_reviewed_it(desk, other_tablet, db):
    assert desk.post("/messages/templates/delayed/en", {**DRAFT, "sends_itself": "1"}).status_code == 303
    page = desk.get("/messages/templates/delayed/en", **JSON).json
    draft = page["versions"][0]
    assert (draft["version"], draft["state"], draft["sends_itself"]) == (2, "draft", True)
    assert desk.post(f"/messages/templates/{draft['id']}/review", {}).status_code == 403

    other_tablet.come_in(a_person(db, "Tang Bo", "operations"))
    assert "Reviewed: use it" in text_of(other_tablet.get("/messages/templates/delayed/en"))
    answer = other_tablet.post(f"/messages/templates/{draft['id']}/review", {"seen_at": draft["created_at"]})
    assert answer.status_code == 303
    again = desk.get("/messages/templates/delayed/en", **JSON).json["versions"]
    assert [(text["version"], text["state"]) for text in again] == [(2, "reviewed"), (1, "retired")]
    assert "In use" in text_of(desk.get("/messages/templates/delayed/en"))


def test_a_draft_that_changed_under_the_reviewers_eyes_is_read_again(desk, other_tablet, db):
    desk.post("/messages/templates/delayed/en", DRAFT)
    draft = desk.get("/messages/templates/delayed/en", **JSON).json["versions"][0]
    other_tablet.come_in(a_person(db, "Tang Bo", "operations"))
    answer = other_tablet.post(f"/messages/templates/{draft['id']}/review", {"seen_at": "2026-03-04T01:00:00+00:00"},
                               **JSON)
    assert (answer.status_code, answer.json["code"]) == (409, "messages.changed_meanwhile")


def test_an_unknown_name_is_refused_by_name_with_those_that_are_known(desk):
    answer = desk.post("/messages/templates/delayed/en", {**DRAFT, "body": "{amount}"}, **JSON)
    assert (answer.status_code, answer.json["code"]) == (422, "messages.unknown_name")
    assert "{amount}" in answer.json["say"] and "{expected}" in answer.json["say"]


def test_a_preview_shows_sample_words_and_keeps_nothing(desk):
    shown = text_of(desk.post("/messages/templates/parcel_late/zh-Hans/preview", {
        "subject": "关于 {order}", "body": "{name}：{carrier} {tracking}，{expected}\n{link}"}))
    assert "周予安：SF Express SF1234567890123，3 月 9 日" in shown and "https://books.example/o/" in shown
    assert len(desk.get("/messages/templates/parcel_late/zh-Hans", **JSON).json["versions"]) == 1
    for wrong in ("/messages/templates/nothing/en", "/messages/templates/delayed/fr"):
        assert desk.get(wrong).status_code == 404
        assert desk.post(f"{wrong}/preview", DRAFT).status_code == 404
        assert desk.post(wrong, DRAFT).status_code == 404


def test_a_draft_is_discarded_with_a_reason(desk):
    desk.post("/messages/templates/delayed/en", DRAFT)
    draft = desk.get("/messages/templates/delayed/en", **JSON).json["versions"][0]
    assert desk.post(f"/messages/templates/{draft['id']}/discard", {"reason": ""}, **JSON).status_code == 422
    assert desk.post(f"/messages/templates/{draft['id']}/discard", {"reason": "too cold"}).status_code == 303
    assert "Retired" in text_of(desk.get("/messages/templates/delayed/en"))
