"""Totes and carts are added in turn and are places of the ledger."""

import pytest

from warehouse.errors import Invalid
from warehouse.queries.equipment import list_equipment
from warehouse.services import equipment


def test_new_totes_go_on_from_the_highest_number(db, actor):
    assert db.write(equipment.add_totes, actor, "T", 2) == ["T-01", "T-02"]
    assert db.write(equipment.add_totes, actor, "T", 1) == ["T-03"]
    with db.read() as session:
        found = list_equipment(session)
    assert [(tote.code, tote.state, tote.units) for tote in found.totes] == [
        ("T-01", "free", 0), ("T-02", "free", 0), ("T-03", "free", 0)]


def test_a_cart_has_as_many_slots_as_told(db, actor):
    db.write(equipment.add_carts, actor, "C", 1, 8)

    with db.read() as session:
        assert [(code, slots) for _, code, slots in list_equipment(session).carts] == [("C-01", 8)]


@pytest.mark.parametrize(("prefix", "count"), [("", 1), ("t x", 1), ("T", 0), ("T", 201)])
def test_a_name_or_number_that_cannot_be_is_refused(db, actor, prefix, count):
    with pytest.raises(Invalid, match=r"equipment\.totes_wrong"):
        db.write(equipment.add_totes, actor, prefix, count)
