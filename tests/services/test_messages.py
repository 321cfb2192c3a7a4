"""What customers must hear (EXC-3): put down once, suggested in their language, sent or told or not, by whom."""

import json

import pytest
from sqlalchemy import select

from tests.builders import a_person, as_actor
from tests.message_builders import SHOP, acts, an_english_order, box, message, state, wanted
from warehouse.domain.letters import Shop
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.journal import Action
from warehouse.models.messages import Message, MessageTemplate
from warehouse.models.orders import Order
from warehouse.services import messages_desk as desk
from warehouse.services import messages_texts as texts


@pytest.fixture
def order(db):
    return an_english_order(db)


@pytest.fixture
def message_id(db, actor, order):
    return wanted(db, actor, order)


@pytest.fixture
def clerk(db):
    """Of the service desk."""
    return as_actor(a_person(db, "Su Min", "service"))


def suggested(db, message_id, shop=SHOP):
    with db.read() as session:
        return desk.suggest(session, message_id, shop)


def test_the_same_thing_is_told_once(db, actor, order, message_id):
    assert wanted(db, actor, order) is None
    assert wanted(db, actor, order, key="2") is not None
    assert wanted(db, actor, order, "changed") is not None


def test_it_must_be_told_within_the_hours_of_its_topic(db, actor, message_id):
    found = message(db, message_id)
    assert (found.due_at - found.wanted_at).total_seconds() == 4 * 3600


def test_the_suggestion_is_the_reviewed_text_with_name_and_link_left_open(db, message_id, order):
    found = suggested(db, message_id)
    assert found.letter.subject == f"Part of your order {order.source_number} is still to come"
    assert "“Emma”" in found.letter.body and "(2 missing)" in found.letter.body
    assert "Dear {name}," in found.letter.body and "{link}" in found.letter.body
    assert found.letter.body.endswith("Yours,\nShelfmark Books")
    assert (found.letter.missing, found.has_email) == ((), True)


def test_a_shop_without_public_pages_writes_no_line_with_a_link(db, message_id):
    body = suggested(db, message_id, Shop("Shelfmark Books", "书页书店", "", "Asia/Shanghai")).letter.body
    assert "See how it stands" not in body and "link" not in body
    assert "If you would rather" in body


def test_carrier_day_and_amount_are_said_as_the_customer_says_them(db, actor):
    chinese = an_english_order(db, recipient={"name": "周予安"})
    db.write(lambda session: session.execute(Order.__table__.update().where(Order.id == chinese.id)
                                             .values(language="zh-Hans")))
    late = wanted(db, actor, chinese, "parcel_late", carrier="SF", tracking="SF1234567890123", expected="2026-03-09")
    refund = wanted(db, actor, chinese, "refund_paid", amount=123450, currency="CNY")

    assert "由顺丰速运承运" in suggested(db, late).letter.body
    assert "原预计送达：3 月 9 日" in suggested(db, late).letter.body
    assert "1,234.50 CNY" in suggested(db, refund).letter.body


def test_a_letter_goes_to_the_outbox_sealed_with_the_name_the_link_and_its_version(db, clerk, order, message_id):
    found = suggested(db, message_id)
    db.write(desk.queue, clerk, message_id, found.letter.subject, found.letter.body, SHOP,
             template_id=found.template_id)

    kept = message(db, message_id)
    assert (kept.state, kept.channel, kept.template_id, kept.done_by) == (
        "queued", "email", found.template_id, clerk.person_id)
    letter = box(db, message_id)
    with db.read() as session:
        link = session.get_one(Order, order.id).link
    assert letter["to"] == "nora@example.com"
    assert "Dear Nora Whitlock," in letter["body"] and f"https://books.example/o/{link}" in letter["body"]
    assert acts(db) == [("queue", message_id)]


def test_nothing_personal_lies_open_in_the_rows_of_a_letter_or_of_its_acts(db, actor, message_id):
    found = suggested(db, message_id)
    db.write(desk.queue, actor, message_id, found.letter.subject, found.letter.body + " Nora", SHOP)
    with db.read() as session:
        rows = session.execute(select(Message.__table__)).mappings().one()
        acted = session.execute(select(Action.facts, Action.reason)).all()
    open_text = json.dumps({name: str(value) for name, value in rows.items() if name != "sealed"}) + str(acted)
    assert not any(word in open_text for word in ("Nora", "Whitlock", "nora@", "07700"))
    assert b"Nora" not in rows["sealed"]


def test_what_a_person_changed_is_what_goes(db, actor, message_id):
    db.write(desk.queue, actor, message_id, "About Emma", "Dear {name},\r\n\r\nit comes on Friday.", SHOP)
    assert box(db, message_id)["body"] == "Dear Nora Whitlock,\n\nit comes on Friday."


@pytest.mark.parametrize(("subject", "body", "code"), [
    ("", "text", "messages.text_empty"), ("About", " ", "messages.text_empty"),
    ("About\nBcc: all@example.com", "text", "messages.one_line_subject"),
    ("About", "It comes on {expected}.", "messages.unfilled"),
    ("About", "x" * 4001, "messages.text_too_long")])
def test_a_letter_that_is_not_whole_does_not_go(db, actor, message_id, subject, body, code):
    with pytest.raises(Invalid) as refused:
        db.write(desk.queue, actor, message_id, subject, body, SHOP)
    assert refused.value.code == code
    assert state(db, message_id) == "wanted"


def test_an_answer_must_be_written_by_a_person(db, actor, order):
    question = wanted(db, actor, order, "question")
    found = suggested(db, question)
    assert found.letter.missing == ("answer",)
    with pytest.raises(Invalid) as refused:
        db.write(desk.queue, actor, question, found.letter.subject, found.letter.body, SHOP)
    assert refused.value.facts == {"name": "answer"}
    written = found.letter.body.replace("{answer}", "On Friday.")
    db.write(desk.queue, actor, question, found.letter.subject, written, SHOP)
    assert "On Friday." in box(db, question)["body"]


@pytest.mark.parametrize(("email", "code"), [
    ("", "messages.no_address"), ("nora at example", "messages.address_wrong"),
    ("nora@example.com\nBcc: all@example.com", "messages.address_wrong"),
    ("nora@example.com, all@example.com", "messages.address_wrong")])
def test_without_a_usable_address_nothing_goes(db, actor, email, code):
    message_id = wanted(db, actor, an_english_order(db, recipient={"email": email}))
    with pytest.raises(Invalid) as refused:
        db.write(desk.queue, actor, message_id, "About", "text", SHOP)
    assert refused.value.code == code


def test_a_letter_may_be_taken_back_until_a_mail_server_is_told_it(db, actor, message_id):
    db.write(desk.queue, actor, message_id, "About", "text", SHOP)
    db.write(desk.take_back, actor, message_id)
    kept = message(db, message_id)
    assert (kept.state, kept.channel, kept.sealed) == ("wanted", "", None)
    with pytest.raises(Conflict):
        db.write(desk.take_back, actor, message_id)


def test_the_customer_is_told_by_phone_and_numbers_in_the_note_are_masked(db, clerk, message_id, order):
    who = db.write(desk.open_phone, clerk, message_id)
    assert (who.name, who.phone) == ("Nora Whitlock", "07700900123")
    db.write(desk.told, clerk, message_id, "waits; new phone 07700 900 456")

    kept = message(db, message_id)
    assert (kept.state, kept.channel, kept.done_by) == ("told", "phone", clerk.person_id)
    assert kept.done_note.startswith("waits") and "900 456" not in kept.done_note
    assert acts(db, "order") == [("open_personal", order.id)]
    with pytest.raises(Conflict):
        db.write(desk.drop, clerk, message_id, "told already")


def test_what_need_not_be_told_is_dropped_with_a_reason_alone(db, clerk, message_id):
    with pytest.raises(Invalid):
        db.write(desk.drop, clerk, message_id, "  ")
    db.write(desk.drop, clerk, message_id, "arrived in time after all")
    kept = message(db, message_id)
    assert (kept.state, kept.done_note, kept.channel) == ("dropped", "arrived in time after all", "")


def test_a_number_or_a_letter_opens_for_those_alone_who_may_and_is_recorded(db, actor, picker, message_id):
    for act in (desk.open_phone, desk.open_letter):
        with pytest.raises(NotAllowed):
            db.write(act, picker, message_id)
    with pytest.raises(NotFound):
        db.write(desk.open_letter, actor, message_id)
    db.write(desk.queue, actor, message_id, "About", "Dear {name}", SHOP)
    assert db.write(desk.open_letter, actor, message_id).body == "Dear Nora Whitlock"
    assert acts(db)[-1] == ("open_personal", message_id)


def test_several_go_at_once_but_not_those_that_need_care_an_address_or_words(db, actor, order):
    whole = [wanted(db, actor, order, key=str(n)) for n in (1, 2)]
    cared_for = wanted(db, actor, order, "parcel_lost", carrier="SF", tracking="1")
    without_words = wanted(db, actor, order, "short_part", n=1)
    without_address = wanted(db, actor, an_english_order(db, recipient={"email": ""}), key="3")

    many = [*whole, cared_for, without_words, without_address, whole[0]]
    assert db.write(desk.queue_many, actor, many, SHOP) == (2, 3)
    assert [state(db, one) for one in dict.fromkeys(many)] == ["queued", "queued", "wanted", "wanted", "wanted"]
    assert db.write(desk.queue_many, actor, whole, SHOP) == (0, 2)


# --- Texts and their versions ----------------------------------------------------------------------------------------


@pytest.fixture
def writer(clerk):
    return clerk


@pytest.fixture
def reviewer(db):
    return as_actor(a_person(db, "Tang Bo", "operations"))


def draft(db, writer, body="Dear {name},\n\n{title} is late.", *, sends_itself=False):
    return db.write(texts.write_draft, writer, "short_wait", "en", "About {order}", body, sends_itself=sends_itself)


def versions(db, code="short_wait", language="en"):
    with db.read() as session:
        rows = session.execute(
            select(MessageTemplate.version, MessageTemplate.state).order_by(MessageTemplate.version)
            .where(MessageTemplate.code == code, MessageTemplate.language == language))
        return [tuple(row) for row in rows]


def test_every_topic_has_a_reviewed_text_in_both_languages_from_the_first_day_and_no_second_one(db, actor):
    with db.read() as session:
        found = session.execute(select(MessageTemplate.code, MessageTemplate.language, MessageTemplate.state)).all()
    assert {(row.code, row.language) for row in found} == {
        (code, language) for code in texts.TOPICS for language in ("en", "zh-Hans")}
    assert {row.state for row in found} == {"reviewed"}
    assert db.write(texts.put_in_first, actor.person_id, actor.at) == 0


def test_a_draft_is_not_used_until_somebody_else_has_reviewed_it(db, writer, reviewer, message_id):
    first = suggested(db, message_id)
    template_id = draft(db, writer)
    assert suggested(db, message_id) == first

    db.write(texts.review, reviewer, template_id)

    assert suggested(db, message_id).letter.body == "Dear {name},\n\nEmma is late."
    assert versions(db) == [(1, "retired"), (2, "reviewed")]


def test_nobody_reviews_a_text_of_their_own_and_only_those_who_may_write_or_review(db, writer, reviewer, picker):
    own = draft(db, reviewer)
    with pytest.raises(NotAllowed) as refused:
        db.write(texts.review, reviewer, own)
    assert refused.value.code == "messages.not_your_own"
    for act in (lambda: draft(db, picker), lambda: db.write(texts.review, writer, own),
                lambda: db.write(texts.discard, picker, own, "no")):
        with pytest.raises(NotAllowed):
            act()
    assert versions(db) == [(1, "reviewed"), (2, "draft")]


def test_a_draft_is_written_anew_in_its_place_and_then_it_is_the_others_to_review(db, writer, reviewer, clock):
    first = draft(db, reviewer)
    seen_at = _created_at(db, first)
    clock.forward(minutes=1)
    again = draft(db, as_actor(a_person(db, "Su Min", "service")), "Dear {name},\n\nanother text.")

    assert (first, versions(db)) == (again, [(1, "reviewed"), (2, "draft")])
    with pytest.raises(Conflict):
        db.write(texts.review, reviewer, first, seen_at)
    db.write(texts.review, reviewer, first, _created_at(db, first))
    assert versions(db) == [(1, "retired"), (2, "reviewed")]


def _created_at(db, template_id):
    with db.read() as session:
        return session.get_one(MessageTemplate, template_id).created_at


def test_a_discarded_draft_is_never_used_and_the_next_is_another_version(db, writer, reviewer):
    first = draft(db, writer)
    with pytest.raises(Invalid):
        db.write(texts.discard, reviewer, first, "")
    db.write(texts.discard, reviewer, first, "too cold")
    with pytest.raises(Conflict):
        db.write(texts.review, reviewer, first)
    draft(db, writer)
    assert versions(db) == [(1, "reviewed"), (2, "retired"), (3, "draft")]


@pytest.mark.parametrize(("body", "sends_itself", "code"), [
    ("{amount} too much", False, "messages.unknown_name"), ("a { brace", False, "messages.lone_brace"),
    ("a {Title}", False, "messages.lone_brace"), ("<b>Dear</b>", False, "messages.no_markup"),
    ("{answer}", True, "messages.answer_needs_a_person"), ("", False, "messages.text_empty")])
def test_a_text_that_could_not_be_filled_is_refused_by_name(db, writer, body, sends_itself, code):
    with pytest.raises(Invalid) as refused:
        draft(db, writer, body, sends_itself=sends_itself)
    assert refused.value.code == code


def test_a_letter_keeps_the_version_it_was_begun_from_and_no_text_of_another_topic(db, writer, reviewer, message_id):
    old = suggested(db, message_id)
    db.write(texts.review, reviewer, draft(db, writer))
    db.write(desk.queue, writer, message_id, old.letter.subject, old.letter.body, SHOP, template_id=old.template_id)
    assert message(db, message_id).template_id == old.template_id

    db.write(desk.take_back, writer, message_id)
    with db.read() as session:
        other = session.execute(select(MessageTemplate.id).where(MessageTemplate.code == "changed").limit(1)).scalar()
    with pytest.raises(Invalid):
        db.write(desk.queue, writer, message_id, "About", "text", SHOP, template_id=other)
