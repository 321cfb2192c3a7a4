"""The stocktake desk: opened by a form, read by those who lead, decided by the manager alone."""

import io

import openpyxl
import pypdfium2
import pytest
from sqlalchemy import select

from tests.builders import a_person, an_item, as_actor, stock_at, units_at
from tests.stocktakes_builders import count, open_tasks, result_id, result_of
from tests.web.conftest import JSON
from warehouse.domain.stocktakes import Tolerances
from warehouse.models.counting import CountSession
from warehouse.services import counting_sessions


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", price_minor=30_000, currency="CNY")


@pytest.fixture
def shelf(db, emma):
    return stock_at(db, "A-01-1", emma, 6)


@pytest.fixture
def crew(db):
    return [as_actor(a_person(db, name)) for name in ("Ada", "Bo", "Cy")]


@pytest.fixture
def waiting(db, actor, crew, shelf, emma):
    """A stocktake with two missing copies of Emma that wait for approval, and an unknown code."""
    session_id = db.write(counting_sessions.open_session, actor, "zone", {"zones": ["A"]}, tolerances=Tolerances())
    count(db, crew[0], session_id, shelf, {emma: 4}, unknown=["NOBODY"])
    count(db, crew[1], session_id, shelf, {emma: 4})
    return session_id


def opened(db):
    with db.read() as session:
        one = session.execute(select(CountSession).order_by(CountSession.id.desc()).limit(1)).scalar_one()
        return one.kind, one.scope, one.tolerance_units, one.tolerance_minor, one.approval_minor


def test_a_stocktake_is_opened_by_the_form_with_its_limits(tablet, db, shelf, emma):
    tablet.sign_in("operations")
    for kind in ("all", "zone", "list", "abc", "publisher"):
        assert tablet.get(f"/stocktakes/new?kind={kind}").status_code == 200

    answer = tablet.post("/stocktakes/", {"kind": "zone", "zones": ["A"], "tolerance_units": "2", "tolerance": "30",
                                          "approval": "500"})

    assert answer.status_code == 303
    assert opened(db) == ("zone", {"zones": ["A"]}, 2, 3_000, 50_000)
    assert "ST00001" in tablet.get(answer.headers["Location"]).text


def test_the_usual_limits_hold_where_none_are_told(tablet, db, shelf, emma):
    tablet.sign_in("operations")

    made = tablet.post("/stocktakes/", {"kind": "list", "codes": f"{emma.isbn}\n{emma.sku}"}, **JSON).json

    assert open_tasks(db, made["session_id"]) == [("A-01-1", 1, [emma.id])]
    assert opened(db)[2:] == (1, 5_000, 20_000)


@pytest.mark.parametrize(("form", "code"), [
    ({"kind": "cycle"}, "stocktakes.choose_kind"), ({"kind": "zone"}, "stocktakes.name_what"),
    ({"kind": "list", "codes": "NOBODY"}, "stocktakes.unknown_codes"),
    ({"kind": "publisher", "publisher": "None"}, "stocktakes.nothing_to_count"),
    ({"kind": "all", "tolerance": "x"}, "common.number_wrong"),
    ({"kind": "zone", "zones": ["A\0"]}, "stocktakes.nothing_to_count"),
])
def test_a_form_that_says_nothing_to_count_is_refused(tablet, db, shelf, form, code):
    tablet.sign_in("operations")

    answer = tablet.post("/stocktakes/", form, **JSON)

    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_the_list_tells_progress_differences_and_accuracy(tablet, db, waiting):
    tablet.sign_in("finance")

    page = tablet.get("/stocktakes/").text
    one, = tablet.get("/stocktakes/", **JSON).json["sessions"]

    assert "ST00001" in page
    assert "¥600.00" in page
    assert (one["shelves"], one["shelves_done"], one["differences"], one["undecided"], one["codes"]) == (1, 1, 1, 1, 1)


def test_a_page_shows_the_counts_behind_each_difference(tablet, db, waiting):
    tablet.sign_in("manager")

    page = tablet.get(f"/stocktakes/{waiting}").text
    data = tablet.get(f"/stocktakes/{waiting}", **JSON).json

    for words in ("Emma", "Ada", "Bo", "−¥600.00", "NOBODY", "/approve", "To approve".lower()):
        assert words in page, words
    row, = data["differences"]
    assert [(each["round"], each["units"], each["person"]) for each in row["counts"]] == [(1, 4, "Ada"), (2, 4, "Bo")]
    assert tablet.get(f"/stocktakes/{waiting}?state=lead", **JSON).json["differences"] == []
    assert tablet.get("/stocktakes/999", **JSON).status_code == 404


def test_chosen_differences_are_approved(tablet, db, waiting, shelf, emma):
    tablet.sign_in("manager")
    wanted = result_id(db, waiting, shelf, emma)

    refused = tablet.post(f"/stocktakes/{waiting}/approve", {"result": wanted}, **JSON)
    done = tablet.post(f"/stocktakes/{waiting}/approve", {"result": wanted, "cause": "theft", "note": "x"}, **JSON)

    assert (refused.status_code, refused.json["code"]) == (422, "stocktakes.choose_cause")
    assert (done.json["results"], done.json["units"]) == (1, 2)
    assert units_at(db, shelf, emma) == (4, 0)
    assert "Theft" in tablet.get(f"/stocktakes/{waiting}").text


@pytest.mark.parametrize(("results", "refusal"), [
    (["x"], (422, "common.number_wrong")), (["9" * 5000], (422, "common.number_wrong")), (["9" * 18], (404, None)),
    ([], (422, "stocktakes.nothing_chosen")),
])
def test_what_is_no_difference_is_refused(tablet, db, waiting, results, refusal):
    tablet.sign_in("manager")

    answer = tablet.post(f"/stocktakes/{waiting}/approve", {"result": results, "cause": "theft"}, **JSON)

    assert (answer.status_code, refusal[1] and answer.json["code"]) == refusal


def test_all_under_an_amount_are_approved_at_once(tablet, db, waiting, shelf, emma):
    tablet.sign_in("manager")

    below = tablet.post(f"/stocktakes/{waiting}/approve", {"under": "599", "cause": "theft"}, **JSON)
    done = tablet.post(f"/stocktakes/{waiting}/approve", {"under": "600", "cause": "theft"}, **JSON)

    assert (below.status_code, below.json["code"]) == (422, "stocktakes.nothing_chosen")
    assert done.json["results"] == 1


def test_a_difference_is_rejected(tablet, db, waiting, shelf, emma):
    tablet.sign_in("manager")

    answer = tablet.post(f"/stocktakes/{waiting}/reject",
                         {"result": result_id(db, waiting, shelf, emma), "cause": "counting_error"})

    assert answer.status_code == 303
    assert result_of(db, waiting, shelf, emma)[0] == "rejected"


def test_an_unknown_code_is_named_or_set_aside(tablet, db, waiting):
    tablet.sign_in("manager")
    dune = an_item(db, "Dune", isbn="9780441013593")
    line = tablet.get(f"/stocktakes/{waiting}", **JSON).json["unknown"][0]["line_id"]

    nobody = tablet.post(f"/stocktakes/codes/{line}/assign", {"code": "XX"}, **JSON)

    assert (nobody.status_code, nobody.json["code"]) == (422, "stocktakes.no_such_item")
    assert tablet.post("/stocktakes/codes/999/assign", {"code": dune.isbn}, **JSON).status_code == 404
    assert tablet.post(f"/stocktakes/codes/{line}/assign", {"code": "0441013597"}, **JSON).status_code == 200
    assert open_tasks(db, waiting) == [("A-01-1", 3, [dune.id])]
    assert tablet.post(f"/stocktakes/codes/{line}/dismiss", {"reason": "no"}, **JSON).status_code == 409


def test_the_lead_chooses_and_a_cause_is_said_later(tablet, db, actor, crew, shelf, emma):
    session_id = db.write(counting_sessions.open_session, actor, "zone", {"zones": ["A"]},
                          tolerances=Tolerances(approval_minor=10**6))
    for person, units in zip(crew, (3, 4, 5), strict=True):
        count(db, person, session_id, shelf, {emma: units})
    wanted = result_id(db, session_id, shelf, emma)
    tablet.sign_in("manager")
    line = tablet.get(f"/stocktakes/{session_id}", **JSON).json["differences"][0]["counts"][1]["line_id"]
    assert "/choose" in tablet.get(f"/stocktakes/{session_id}").text

    answer = tablet.post(f"/stocktakes/results/{wanted}/choose", {"line": line, "cause": "misplaced"}, **JSON)

    assert answer.json == {"session_id": session_id, "state": "posted"}
    assert tablet.post(f"/stocktakes/results/{wanted}/cause", {"cause": "theft"}, **JSON).status_code == 409
    assert tablet.post(f"/stocktakes/{session_id}/close", **JSON).status_code == 200


def test_an_open_stocktake_is_not_closed_but_may_be_called_off(tablet, db, waiting):
    tablet.sign_in("manager")

    refused = tablet.post(f"/stocktakes/{waiting}/close", **JSON)
    assert (refused.status_code, refused.json["code"]) == (409, "stocktakes.still_open")
    assert tablet.post(f"/stocktakes/{waiting}/cancel", {"reason": "fire drill"}).status_code == 303
    assert "called off" in tablet.get(f"/stocktakes/{waiting}").text


def test_the_report_is_a_paper_and_a_workbook(tablet, db, waiting):
    tablet.sign_in("finance", language="zh-Hans")

    paper = tablet.get(f"/stocktakes/{waiting}/report.pdf")
    book = tablet.get(f"/stocktakes/{waiting}/report.xlsx")

    words = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paper.data))
    for part in ("盘点报告", "ST00001", "Emma", "4 Ada · 4 Bo", "待审批", "审批人签名"):
        assert part in words, part
    lines, about = openpyxl.load_workbook(io.BytesIO(book.data)).worksheets
    header, row = ([cell.value for cell in each] for each in lines.iter_rows())
    assert row[:4] == ["A-01-1", "Emma", "9780141439587", 6]
    assert row[header.index("差异")] == -2
    assert row[header.index("金额")] == -600
    assert "ST00001" in [cell.value for cell in about[1]]
    assert tablet.get("/stocktakes/999/report.pdf", **JSON).status_code == 404


def test_who_may_what(tablet, other_tablet, db, waiting, shelf, emma):
    tablet.sign_in("picker")
    for address in ("/stocktakes/", f"/stocktakes/{waiting}", f"/stocktakes/{waiting}/report.pdf"):
        assert tablet.get(address, **JSON).status_code == 403
    other_tablet.sign_in("operations")
    assert "/approve" not in other_tablet.get(f"/stocktakes/{waiting}").text
    form = {"result": result_id(db, waiting, shelf, emma), "cause": "theft"}
    for verb in ("approve", "reject", "cancel"):
        assert other_tablet.post(f"/stocktakes/{waiting}/{verb}", form, **JSON).status_code == 403
