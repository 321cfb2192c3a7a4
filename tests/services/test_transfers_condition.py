"""Damaged copies: split off from good ones, kept from shelves, and found good again by the lead alone."""

import pytest
from sqlalchemy import select

from tests.builders import a_place, a_shelf, an_item, moves_of, stock_at, units_at
from tests.floor import broken_claims
from tests.transfers_builders import Carrier
from warehouse.errors import NotAllowed
from warehouse.models.incidents import Incident


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def shelf(db):
    return a_shelf(db, "B-07-3")


@pytest.fixture
def carrier(db, picker):
    return Carrier(db, picker)


def incidents(db):
    with db.read() as session:
        return [tuple(row) for row in session.execute(select(Incident.kind, Incident.stage, Incident.units))]


def test_damaged_copies_of_a_shelf_are_split_off_into_quarantine_with_an_incident(db, carrier, dune, shelf):
    stock_at(db, shelf, dune, 5)
    carrier.scan(shelf.label)
    carrier.scan(dune.isbn, units=2)

    answer = carrier.press("#condition:damaged")

    assert (answer.code, answer.task["step"]) == ("transfers.to_quarantine", "item")
    assert (units_at(db, shelf, dune), units_at(db, "QUARANTINE", dune, "damaged")) == ((3, 0), (2, 0))
    assert moves_of(db, dune)[-1] == ("regrade", 2, "B-07-3", "QUARANTINE")
    assert incidents(db) == [("damaged", "shelf", 2)]
    assert carrier.press("#undo").code == "transfers.nothing_to_undo"
    assert broken_claims(db) == []


def test_a_damaged_copy_never_goes_to_a_shelf_but_to_quarantine(db, carrier, dune, shelf):
    source = stock_at(db, "A-01-1", dune, 1, condition="damaged")
    quarantine = a_place(db, "QUARANTINE")

    assert carrier.codes(source.label, dune.isbn, shelf.label, quarantine.label) == [
        "transfers.source", "transfers.taken", "transfers.damaged_to_shelf", "transfers.put"]
    assert units_at(db, quarantine, dune, "damaged") == (1, 0)


def test_damaged_copies_on_record_beside_good_ones_are_told_apart_by_a_press(db, carrier, dune):
    source = stock_at(db, stock_at(db, "A-01-1", dune, 5), dune, 2, condition="damaged")
    carrier.scan(source.label)
    carrier.scan(dune.isbn, units=3)
    assert carrier.task["may_swap"]
    assert carrier.press("#swap").facts["n"] == 2
    carrier.press("#undo")
    carrier.scan(dune.isbn, units=2)

    assert carrier.press("#swap").code == "transfers.these_are_damaged"
    assert carrier.scan(a_place(db, "QUARANTINE").label).code == "transfers.put"
    assert (units_at(db, source, dune), units_at(db, source, dune, "damaged")) == ((5, 0), (0, 0))
    assert incidents(db) == []


def test_only_the_lead_finds_a_damaged_copy_good_again(db, carrier, actor, dune, shelf):
    quarantine = stock_at(db, a_place(db, "QUARANTINE"), dune, 2, condition="damaged")
    carrier.codes(quarantine.label, dune.isbn)
    with pytest.raises(NotAllowed):
        carrier.press("#condition:good")
    carrier.press("#undo")
    lead = Carrier(db, actor)
    lead.codes(quarantine.label, dune.isbn)

    assert lead.press("#condition:good").code == "transfers.good_again"
    assert units_at(db, quarantine, dune) == (1, 0)
    assert lead.scan(shelf.label).code == "transfers.put"
    assert (units_at(db, shelf, dune), units_at(db, quarantine, dune, "damaged")) == ((1, 0), (1, 0))
    assert broken_claims(db) == []
