"""Stock cards and lists over HTTP: the same figures as page and JSON, sheets that no spreadsheet executes, rights."""

import csv
import io
from datetime import timedelta

import pytest

from tests.builders import a_shelf, a_tote, an_item, an_order, stock_at
from tests.figures_builders import sold
from tests.floor import Picker, release
from tests.web.conftest import JSON
from warehouse import i18n
from warehouse.domain import stock as rules
from warehouse.domain.people import RIGHTS
from warehouse.services import figures


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", price_minor=1250, currency="GBP", publisher="Chilton")


@pytest.fixture
def shelf(db, dune):
    """B-07-3 with ten good copies."""
    return stock_at(db, "B-07-3", dune, units=10)


def test_the_card_shows_what_json_says(tablet, db, actor, dune, shelf):
    tablet.sign_in("operations")
    order = an_order(db, {dune: 3})
    release(db, actor, order)

    card = tablet.get(f"/stock/item/{dune.id}", **JSON).json
    page = tablet.get(f"/stock/item/{dune.id}").text

    assert (card["on_hand"], card["reserved"], card["available"]) == (10, 3, 7)
    assert [(one["order_number"], one["units"]) for one in card["promises"]] == [(order.number, 3)]
    assert card["moves"][0]["reason"] == rules.OPENING
    assert f"/orders/{order.id}" in page
    assert f"/stock/location/{shelf.id}" in page
    assert "opening stock" in page
    assert "<title id" in page


def test_a_picker_sees_the_order_without_a_way_to_it(tablet, db, actor, dune, shelf):
    tablet.sign_in("picker")
    order = an_order(db, {dune: 1})
    release(db, actor, order)

    page = tablet.get(f"/stock/item/{dune.id}").text

    assert order.number in page
    assert f"/orders/{order.id}" not in page


def test_a_place_has_its_card(tablet, db, dune, shelf):
    tablet.sign_in("picker")

    card = tablet.get(f"/stock/location/{shelf.id}", **JSON).json

    assert [(row["title"], row["on_hand"]) for row in card["titles"]] == [("Dune", 10)]
    assert "Dune" in tablet.get(f"/stock/location/{shelf.id}").text


def test_what_is_not_there_is_not_found(tablet, db, dune):
    tablet.sign_in("picker")

    for address in ("/stock/item/999", "/stock/location/999", "/stock/?list=fast"):
        assert tablet.get(address).status_code == 404
    assert tablet.get("/stock/export?as=doc").status_code == 422


def test_scan_and_find_lead_to_the_card(tablet, db, dune, shelf):
    tablet.sign_in("picker")

    assert tablet.scan("/home/scan", dune.isbn).json["go"] == f"/stock/item/{dune.id}"
    assert f'href="/stock/item/{dune.id}"' in tablet.get("/find?q=Dune").text
    assert f'href="/stock/location/{shelf.id}"' in tablet.get(f"/find/location/{shelf.id}").text


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_page_is_drawn_in_both_languages(tablet, db, actor, picker, dune, shelf, language):
    run, = release(db, actor, an_order(db, {dune: 2}))
    Picker(db, picker, run, totes=[a_tote(db, "T-01")]).go_on()
    stock_at(db, a_shelf(db, "A-01-1", is_reserve=True), dune, units=2, condition=rules.DAMAGED)
    sold(db, shelf, dune, 6, days_ago=1)
    db.write(figures.reckon, actor)
    tablet.sign_in("manager", language=language)

    lists = ("", "?list=turnover", "?list=slow", "?list=dead", "?list=low&q=Dune&abc=A&not_ordered=1&sort=-title")
    for address in (f"/stock/item/{dune.id}", f"/stock/location/{shelf.id}", *(f"/stock/{query}" for query in lists)):
        answer = tablet.get(address)
        assert answer.status_code == 200, address
        assert "style=" not in answer.text


def test_a_list_is_narrowed_and_turned_by_its_address(tablet, db, actor, dune, shelf):
    sold(db, shelf, dune, 9, days_ago=1)
    db.write(figures.reckon, actor)
    tablet.sign_in("purchasing")

    found = tablet.get("/stock/?list=low&q=dun", **JSON).json

    assert (found["list"], found["total"], found["rows"][0]["missing"]) == ("low", 1, 4)
    assert "12.50 GBP" in tablet.get("/stock/?list=low").text
    assert tablet.get("/stock/?list=low&q=emma", **JSON).json["rows"] == []
    assert tablet.get("/stock/?list=low&page=2", **JSON).json["rows"] == []


def test_a_sheet_has_the_whole_list_and_executes_nothing(tablet, db, actor, clock):
    evil = an_item(db, "=HYPERLINK(1)", isbn="9780141439587", price_minor=999, currency="GBP")
    stock_at(db, "A-01-1", evil, units=4)
    later = type(actor)(**{**vars(actor), "at": clock.forward(days=400)})
    db.write(figures.reckon, later)
    tablet.sign_in("finance")

    answer = tablet.get("/stock/export?list=dead&as=csv")
    book = tablet.get("/stock/export?list=dead&as=xlsx")

    row, = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert row["Title"] == "'=HYPERLINK(1)"
    assert (row["On hand"], row["Value"], row["Currency"]) == ("4", "39.96", "GBP")
    assert row["In stock since"] == (later.at - timedelta(days=400)).strftime("%Y-%m-%d")
    assert "stock-dead-" in answer.headers["Content-Disposition"]
    assert book.data[:2] == b"PK"


@pytest.mark.parametrize("role", RIGHTS)
def test_whoever_works_here_may_look(tablet, db, dune, shelf, role):
    tablet.sign_in(role)

    assert tablet.get(f"/stock/item/{dune.id}").status_code == 200


def test_nobody_looks_without_signing_in(tablet, db, dune):
    assert tablet.get(f"/stock/item/{dune.id}", **JSON).status_code == 401


def test_every_reason_of_a_move_has_its_word():
    for name in (*(f"reason_{reason}" for reason in rules.REASONS), *(f"kind_{kind}" for kind in rules.INSIDE),
                 *(f"condition_{condition}" for condition in rules.CONDITIONS),
                 *(f"apart_{kind}" for kind in rules.INSIDE - {rules.SHELF}), "apart_damaged"):
        assert i18n.has_sentence(f"stock.{name}"), name
