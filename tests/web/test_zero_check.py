"""The question on the pick screen: two large buttons beside a walk that goes on."""

import re

import pytest

from tests.builders import a_tote, an_item, an_order, as_actor, stock_at
from tests.walk import release, started


@pytest.fixture
def walk(tablet, db, actor):
    tablet.sign_in("picker")
    dune = an_item(db, "Dune", isbn="9780441013593")
    stock_at(db, "A-01-1", dune, units=1)
    release(db, actor, an_order(db, {dune: 1}))
    walk = started(db, as_actor(tablet.person), totes=[a_tote(db, "T-01")])
    walk.scan(stock_at(db, "A-01-1", an_item(db, "Emma", isbn="9780141439587")).label)
    return walk


def scan(tablet, walk, raw, number):
    return tablet.client.post(f"/pick/{walk.run_id}/scan", headers={"X-CSRFToken": tablet.csrf, "X-Scan": "1"}, data={
        "scan_id": f"{number:08d}-0000-4000-8000-000000000000", "raw": raw, "step": "0:done"}).text


def test_the_screen_asks_in_the_answer_and_no_more_after_one_tap(tablet, walk):
    asked = scan(tablet, walk, "9780441013593", 1)

    yes, no = re.findall(r'data-virtual-scan="(#empty:[^"]+)"', asked)
    assert "Is shelf A-01-1 empty of this title now?" in asked
    assert yes.replace("yes", "no") == no

    answer = scan(tablet, walk, yes, 2)

    assert "A-01-1 is counted, none left of Dune" in answer
    assert "#empty" not in answer


def test_a_reload_does_not_ask_again(tablet, walk):
    scan(tablet, walk, "9780441013593", 1)

    assert "#empty" not in tablet.get(f"/pick/{walk.run_id}").text
