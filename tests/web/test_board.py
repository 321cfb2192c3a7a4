"""The board over HTTP: a page, a part that costs nothing while nothing changes, and JSON."""

import re
from pathlib import Path

import pytest

from tests.builders import a_tote, an_item, an_order, stock_at
from tests.floor import Picker, release
from tests.web.conftest import JSON
from warehouse import i18n
from warehouse import services as services_room
from warehouse.services import incidents

PART = {"HX-Request": "true"}


@pytest.fixture
def busy(db, actor, picker):
    """A floor where one order is picked, one waits and one incident is open."""
    dune = an_item(db, "Dune", isbn="9780441013593")
    stock_at(db, "B-07-3", dune, units=9)
    run, = release(db, actor, an_order(db, {dune: 1}))
    Picker(db, picker, run, totes=[a_tote(db)]).go_on()
    db.write(incidents.report, actor, "short", "pick", units=1, item_id=dune.id)
    return an_order(db, {dune: 1}, state="held")


def test_the_page_tells_wave_people_and_what_to_decide(tablet, busy):
    tablet.sign_in("manager")

    page = tablet.get("/board/").text

    for words in ("Wang Xiaoyu", "/waves/1", "/incidents/?kind=short", "live 10:00"):
        assert words in page
    assert 'style="' not in page


def test_an_unchanged_part_answers_304_and_a_changed_one_does_not(tablet, db, actor, busy):
    tablet.sign_in("manager")
    first = tablet.get("/board/", **PART)

    same = tablet.get("/board/", **PART, **{"If-None-Match": first.headers["ETag"]})
    db.write(incidents.report, actor, "damaged", "pick", units=1)
    other = tablet.get("/board/", **PART, **{"If-None-Match": first.headers["ETag"]})

    assert "<html" not in first.text
    assert (same.status_code, same.text) == (304, "")
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "private, no-cache")


def test_the_same_figures_as_json(tablet, busy):
    tablet.sign_in("finance")

    found = tablet.get("/board/", **JSON).json

    assert (found["states"]["picked"], found["states"]["held"]) == (1, 1)
    assert found["incidents"] == [{"kind": "short", "n": 1}]


def test_the_board_speaks_chinese(tablet, busy):
    tablet.sign_in("manager", language="zh-Hans")

    assert "现场看板" in tablet.get("/board/").text


def test_a_picker_does_not_see_the_board(tablet, db):
    tablet.sign_in("picker")

    assert tablet.get("/board/", **JSON).status_code == 403


def test_every_kind_of_work_has_its_word_on_the_board():
    files = Path(services_room.__file__).parent.glob("*.py")
    kinds = {kind for file in files for kind in re.findall(r'^TASK = "(\w+)"', file.read_text("utf-8"), re.MULTILINE)}
    assert len(kinds) > 7
    assert [kind for kind in sorted(kinds) if not i18n.has_sentence(f"board.task_{kind}")] == []
