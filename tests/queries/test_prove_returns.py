"""What is proven of returned copies: silent over sound books, and each claim speaks of the one fault planted for it."""

import pytest

from tests.builders import an_item
from tests.floor import a_scan
from tests.queries.test_prove import speaking, with_fault, without_its_walls
from tests.returns_builders import a_sent_order
from warehouse.domain.own_labels import make_label
from warehouse.services import returns, returns_bench, returns_door
from warehouse.services.returns_look import draw, look


@pytest.fixture
def books(unchecked_db, actor):
    """Three copies of Dune were sent. One came back and is sold as used, one was sent back to the customer, one waits
    for its grade; another copy that was never sent is set aside."""
    db = unchecked_db
    dune = an_item(db, "Dune", isbn="9780441013593", weight_g=500, length_mm=210, width_mm=140, height_mm=30)
    order = a_sent_order(db, actor, {dune: 3})
    asked = db.write(returns.request, actor, order.id, "return", "changed_mind", [(order.line_ids[0], 3, None)],
                     source="desk")
    db.write(returns_door.open_parcel, actor, a_scan(make_label("return", asked)))

    def task():
        with db.read() as session:
            return draw(session, look(session, asked), actor)

    def scan(raw):
        step = task()["step_id"] if raw.startswith("#") else ""
        assert db.write(returns_bench.scan, actor, asked, a_scan(raw, step=step)).outcome == "accepted", raw

    for raw in (dune.label, "#grade:very_good", "#to:used"):
        scan(raw)
    scan(make_label("item", task()["present"]["into"]["item_id"]))
    for raw in (dune.label, "#grade:acceptable", "#to:send_back", "#send_back", dune.label, "#undo", dune.label,
                "#grade:as_new", "#to:restock", dune.label):
        scan(raw)
    return db


def test_sound_books_are_silent(books):
    assert speaking(books) == {}


FAULTS = {
    "a copy left RETURNS and nobody said so": (
        ["UPDATE return_unit SET left_at = at WHERE grade = ''"], {"returns_hold_what_is_undecided"}),
    "a copy was taken in without a scan": (
        ["INSERT INTO return_unit (return_id, return_line_id, item_id, scan_id, received_as, acceptance, grade,"
         " disposition, at, person_id) SELECT return_id, return_line_id, item_id, (SELECT MAX(id) FROM scan"
         " WHERE outcome = 'accepted' AND raw LIKE '#grade%'), 'as_sent', 'pending', '', 'send_back', at, person_id"
         " FROM return_unit WHERE grade = ''",
         "UPDATE return_line SET units_received = units_received + 1"],
        {"returned_copies_have_their_moves", "returned_copies_were_scanned", "never_more_came_than_was_sent",
         "returns_hold_what_is_undecided"}),
    "a row says another scan brought its copy": (
        ["UPDATE return_unit SET scan_id = (SELECT MIN(id) FROM scan WHERE raw LIKE '#grade%') WHERE grade = ''"],
        {"returned_copies_were_scanned"}),
    "fewer were sent than came": (
        [*without_its_walls("order_line"), "UPDATE order_line SET units_dispatched = 2"],
        {"never_more_came_than_was_sent", "lines_count_their_moves", "dispatched_orders_are_complete"}),
    "a line counts a copy more": (
        ["UPDATE return_line SET units_received = units_received + 1"], {"return_lines_count_their_copies"}),
    "a line counts an accepted copy more": (
        ["UPDATE return_line SET units_accepted = units_accepted + 1"], {"return_lines_count_their_copies"}),
    "a copy ceased to be one title and is none since": (
        ["DELETE FROM stock_move WHERE reason = 'convert' AND target_id = (SELECT id FROM location"
         " WHERE code = 'RECEIVING')"],
        {"converted_copies_come_in_as_another_title", "balances_are_their_moves", "scans_have_their_moves"}),
    "a copy was converted into itself": (
        ["UPDATE stock_move SET item_id = (SELECT MIN(item_id) FROM stock_move) WHERE reason = 'convert'"],
        {"converted_copies_come_in_as_another_title", "balances_are_their_moves"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(books, fault):
    statements, expected = FAULTS[fault]
    assert set(with_fault(books, *statements)) == expected
