"""Texts for customers: what may stand in one, how its names are filled, and what no text can become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.domain import letters
from warehouse.domain.messages import TOPICS, WAITS, wait_after
from warehouse.errors import Invalid

ZONE = "Asia/Shanghai"


def test_a_line_about_what_is_not_known_falls_out_and_takes_no_sentence_with_it():
    body = "Dear {name},\n\nit left with {carrier}.\nNumber: {tracking}\nBy {expected}\nPage: {link}\n\nYours"
    found = letters.suggest("Order {order}", body, {"order": "S1", "name": "{name}", "carrier": "SF", "tracking": ""})
    assert found == letters.Letter("Order S1", "Dear {name},\n\nit left with SF.\n\nYours")


def test_what_must_be_known_and_is_not_stays_and_is_named_once():
    found = letters.suggest("{title}", "{title} ({n}): {answer}", {"n": "2"})
    assert (found.body, found.missing) == ("{title} (2): {answer}", ("title", "answer"))


def test_a_title_with_a_name_in_braces_is_not_filled_in_turn():
    found = letters.suggest("About {title}", "{title}", {"title": "{order}", "order": "S1"})
    assert (found.subject, found.body) == ("About {order}", "{order}")


@pytest.mark.parametrize(("fact", "language", "words"), [
    ("2026-03-09", "en", "9 March"), ("2026-03-09", "zh-Hans", "3 月 9 日"),
    # The end of a local day is not yet the next one in the shop's zone.
    ("2026-03-09T15:59:59+00:00", "en", "9 March"), ("2026-03-09T16:00:00+00:00", "en", "10 March"),
    ("soon", "en", "soon")])
def test_a_day_is_said_in_the_customers_way(fact, language, words):
    assert letters.fact_words({"expected": fact}, language, ZONE)["expected"] == words


@pytest.mark.parametrize(("minor", "currency", "words"), [
    (4600, "CNY", "46.00"), (123456789, "GBP", "1,234,567.89"), (1200, "JPY", "1,200"), (5, "EUR", "0.05")])
def test_an_amount_is_said_with_its_minor_units(minor, currency, words):
    assert letters.fact_words({"amount": minor, "currency": currency}, "en", ZONE)["amount"] == words


def test_an_amount_in_words_and_nothing_at_all_are_left_as_they_are():
    assert letters.fact_words({"amount": "46.00", "title": None}, "en", ZONE) == {"amount": "46.00"}


@given(st.text(), st.text(), st.text())
def test_no_subject_has_a_second_line_and_no_letter_a_name_in_braces(subject, body, name):
    try:
        found = letters.finish(subject, body, name=name or "Nora", link="https://books.example/o/x")
    except Invalid:
        return
    assert found.subject == found.subject.strip() and len(found.subject) <= letters.SUBJECT_LIMIT
    assert len(found.subject.splitlines()) == 1


@given(st.text(max_size=40))
def test_no_name_brings_a_second_line_into_the_subject(name):
    try:
        found = letters.finish("To {name}", "{name}", name=name, link="")
    except Invalid as refused:
        assert refused.code == "messages.unfilled"
        return
    assert len(found.subject.splitlines()) == 1


@given(st.text(max_size=80))
def test_an_address_that_is_taken_is_one_address_on_one_line(text):
    try:
        address = letters.check_address(text)
    except Invalid:
        return
    assert address.count("@") == 1 and len(address.split()) == 1 and not set(address) & set(',;<>"\r\n')


@pytest.mark.parametrize("address", [
    "nora@example.com", "nora.whitlock+books@mail.example.co.uk", "张三@书店.example", " nora@example.com "])
def test_usual_addresses_are_taken(address):
    assert letters.check_address(address) == address.strip()


@pytest.mark.parametrize("address", [
    "", "nora", "nora@", "@example.com", "nora@example", "a@b@c.example", "nora@example..com", "nora@.example.com",
    "Nora <nora@example.com>", f"{'n' * 65}@example.com", f"nora@{'e' * 250}.com"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(Invalid):
        letters.check_address(address)


def test_every_topic_may_name_the_order_the_customer_and_what_a_person_writes():
    for why in TOPICS:
        assert {"order", "name", "link", "shop", "answer"} <= set(letters.names_for(why))


def test_waits_grow_and_end():
    waits = [wait_after(tries) for tries in range(1, 7)]
    assert waits == [*WAITS, None]
    assert sorted(WAITS) == list(WAITS)
