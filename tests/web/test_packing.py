"""The packer's screens over HTTP: pages, parts, JSON, and who may come in."""

import uuid

import pytest

from tests.builders import a_person, a_tote, an_item, an_order, as_actor, order_state, stock_at
from tests.statements import count_statements
from tests.web.conftest import JSON
from warehouse.domain.own_labels import make_label
from warehouse.domain.scans import ScanIn
from warehouse.services import picking, picking_orders, waves

MOST_STATEMENTS = 14


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=500, authors="Frank Herbert")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", weight_g=300, packing_class="hardcover")


@pytest.fixture
def order(db, actor, dune, emma):
    """Two Dune, one Emma, picked into T-01."""
    stock_at(db, "B-01-1", dune, units=2)
    stock_at(db, "B-02-1", emma, units=1)
    order = an_order(db, {dune: 2, emma: 1}, gift_note="生日快乐，小雨！", must_acknowledge=True)
    picked(db, actor, order, a_tote(db, "T-01"))
    return order


def picked(db, actor, order, tote):
    picker = as_actor(a_person(db, "Wang Xiaoyu", "picker"))
    wave = db.write(waves.open_wave, actor, actor.at)
    db.write(waves.release, actor, wave, [order.id], grouping="by_order")
    run_id = wave
    db.write(picking_orders.start, picker, run_id)
    task = db.write(picking.scan, picker, run_id, ScanIn(str(uuid.uuid4()), tote.label)).task
    while task["step"] in ("shelf", "item"):
        stop = task["stop"]
        is_shelf = task["step"] == "shelf"
        code = make_label("location", stop["location_id"]) if is_shelf else stop["isbn13"]
        answer = db.write(picking.scan, picker, run_id, ScanIn(str(uuid.uuid4()), code))
        assert answer.outcome == "accepted", answer
        task = answer.task


def test_an_order_is_packed_over_http_to_the_last_gram(tablet, db, order, dune, emma):
    tablet.sign_in("packer")
    page = f"/pack/{order.id}"

    assert tablet.scan("/pack/scan", "T-01").json["go"] == page
    step = tablet.get(page, **JSON).json["task"]["step_id"]
    assert tablet.scan(f"{page}/scan", "#ack", step=step).json["code"] == "packing.remark_read"
    for book in (dune, emma, dune):
        answer = tablet.scan(f"{page}/scan", book.isbn).json
        assert answer["outcome"] == "accepted"
    weight = answer["task"]["parcels"][0]["expected_weight_g"]
    answer = tablet.scan(f"{page}/scan", f"#weight:{weight}", step=answer["task"]["step_id"]).json

    assert (answer["code"], order_state(db, order)) == ("packing.order_done", "packed")
    assert answer["go"] == f"/ship/{answer['task']['parcels'][0]['id']}"


def test_a_scan_over_http_costs_few_statements_with_the_sign_in(tablet, db, order, dune):
    tablet.sign_in("packer")
    tablet.scan(f"/pack/{order.id}/scan", dune.isbn)

    with count_statements(db) as seen:
        assert tablet.scan(f"/pack/{order.id}/scan", dune.isbn).status_code == 200

    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_screen_is_drawn_in_both_languages(tablet, db, order, dune, emma, language):
    tablet.sign_in("packer", language=language)
    page = f"/pack/{order.id}"
    part = {"X-Scan": "1"}

    def scan(raw, step=""):
        form = {"scan_id": str(uuid.uuid4()), "raw": raw, "step": step}
        answer = tablet.post(f"{page}/scan", form, **part)
        assert answer.status_code == 200, answer.text
        assert 'id="task"' in answer.text
        return answer.text

    def press(command):
        return scan(command, tablet.get(page, **JSON).json["task"]["step_id"])

    assert order.number in tablet.get("/pack/").text
    assert 'id="task"' in tablet.post("/pack/scan", {"scan_id": str(uuid.uuid4()), "raw": "HELLO-1"}, **part).text
    assert "生日快乐，小雨！" in tablet.get(page).text
    assert 'data-sound="ok"' in scan(dune.isbn)
    wrong = scan(an_item(db, "Dune Messiah", isbn="9780593098233", volume="2").isbn)
    assert "data-alarm" in wrong
    assert "data-alarm" in tablet.get(page).text
    assert "data-alarm" not in press("#put_aside")
    assert "#replace" in press(f"#missing:{order.line_ids[0]}")
    assert "#replace" not in press("#part")
    scan(emma.isbn)
    assert "#weight:" in press("#ack")
    assert "#weight_override:9999:packaging" in press("#weight:9999")
    press("#weight_override:9999:packaging")
    assert "/ship/" in tablet.get(page).text


def test_a_tote_of_singles_leads_to_the_order_and_its_page_shows_the_answer(tablet, db, actor, dune):
    stock_at(db, "B-01-1", dune, units=1)
    single = an_order(db, {dune: 1})
    tote = a_tote(db, "T-09")
    wave = db.write(waves.open_wave, actor, actor.at)
    db.write(waves.release, actor, wave, [single.id])
    picker = as_actor(a_person(db, "Wang Xiaoyu", "picker"))
    db.write(picking_orders.start, picker, 1)
    for raw in (tote.label, "B-01-1", dune.isbn):
        db.write(picking.scan, picker, 1, ScanIn(str(uuid.uuid4()), raw))
    tablet.sign_in("packer")

    assert "Dune" in tablet.get(f"/pack/tote/{tote.id}").text
    answer = tablet.scan(f"/pack/tote/{tote.id}/scan", dune.isbn).json
    shown = tablet.get(answer["go"]).text

    assert answer["code"] == "packing.all_packed"
    assert 'data-sound="done"' in shown


def test_a_picker_s_role_may_not_pack_only_where_it_says_so(tablet, order):
    tablet.sign_in("picker")

    assert tablet.get("/pack/", **JSON).status_code == 403


def test_what_is_not_there_is_not_found(tablet):
    tablet.sign_in("packer")

    assert tablet.get("/pack/999", **JSON).status_code == 404
    assert tablet.get("/pack/tote/999", **JSON).status_code == 404


def test_a_command_from_an_old_screen_is_a_conflict(tablet, order, dune):
    tablet.sign_in("packer")
    tablet.scan(f"/pack/{order.id}/scan", dune.isbn)

    assert tablet.scan(f"/pack/{order.id}/scan", "#undo", step="1:scan:0").status_code == 409
