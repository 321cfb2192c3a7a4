"""Papers over HTTP: PDFs in the page, prints recorded by POST alone, rights as for the work itself."""

import pytest
from sqlalchemy import func, select

from tests import shipping_day as day
from tests.builders import a_cart, a_shelf, a_tote, an_item, an_order
from warehouse.models.journal import PrintJob
from warehouse.services import shipping

PAPERS = ("slip", "dispatch-note", "label", "manifest", "locations", "totes", "carts", "items", "badges")


@pytest.fixture
def parcel(db, actor):
    dune = an_item(db, "Dune", isbn="9780441013593")
    parcel = day.packed(db, actor, an_order(db, {dune: 1}), {dune: 1})
    db.write(shipping.make_label, actor, parcel)
    return parcel


def prints(db):
    with db.read() as session:
        return session.execute(select(func.count()).select_from(PrintJob)).scalar_one()


def test_every_paper_is_a_pdf_in_the_page_and_looking_records_nothing(tablet, parcel, db, actor):
    day.dock_station(db, actor)
    a_shelf(db, "B-07-3")
    a_cart(db)
    tablet.sign_in("manager")
    for paper in PAPERS:
        ids = tablet.person.id if paper == "badges" else 7 if paper == "locations" else 1
        answer = tablet.get(f"/papers/{paper}.pdf?ids={ids}")
        assert answer.status_code == 200, (paper, answer.text)
        assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF")
        assert answer.headers["Content-Disposition"].startswith("inline;")
    assert prints(db) == 0


def test_a_print_is_recorded_and_leads_to_its_pdf_and_the_second_needs_a_reason(tablet, parcel, db):
    tablet.sign_in("packer")
    first = tablet.post("/papers/print", {"paper": "label", "ids": str(parcel)})
    assert first.status_code == 303 and prints(db) == 1
    assert "copy1" in tablet.get(first.headers["Location"]).headers["Content-Disposition"]
    assert tablet.post("/papers/print", {"paper": "label", "ids": str(parcel)}).status_code == 422
    again = tablet.post("/papers/print", {"paper": "label", "ids": str(parcel), "reason": "torn"})
    assert "copy2" in tablet.get(again.headers["Location"]).headers["Content-Disposition"]
    assert prints(db) == 2
    preview = tablet.post("/papers/print", {"paper": "slip", "ids": str(parcel), "do": "preview"})
    assert preview.status_code == 303 and prints(db) == 2


def test_the_order_s_page_prints_the_dispatch_note_of_each_box(tablet, parcel, db):
    tablet.sign_in("operations")
    assert 'value="dispatch_note"' in tablet.get("/orders/1").text
    first = tablet.post("/papers/print", {"paper": "dispatch_note", "ids": str(parcel), "do": "print"})
    assert "dispatch-note-1-copy1" in tablet.get(first.headers["Location"]).headers["Content-Disposition"]


def test_a_tapped_reason_is_told_in_the_reader_s_language(tablet, other_tablet, parcel):
    tablet.sign_in("packer", language="zh-Hans")
    for reason in ("", "jam", "周末补单"):
        tablet.post("/papers/print", {"paper": "slip", "ids": str(parcel), "reason": reason})
    page = tablet.get("/papers/").text
    assert "卡纸" in page and "jam" not in page and "周末补单" in page
    other_tablet.sign_in("manager")
    assert "Printer jam" in other_tablet.get("/papers/").text


def test_the_label_is_drawn_as_a_picture_without_the_clear_name(tablet, parcel):
    tablet.sign_in("packer")
    answer = tablet.get(f"/papers/label/{parcel}.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "周**" in answer.text and "周予安" not in answer.text and answer.text.count("<rect") > 20


def test_the_desk_offers_what_one_may_print(tablet, other_tablet, db):
    for n in range(1, 4):
        a_tote(db, f"T-0{n}")
    tablet.sign_in("operations", language="zh-Hans")
    page = tablet.get("/papers/?kind=tote").text
    assert "T-03" in page and "kind=badge" not in page
    assert "T-03" not in tablet.get("/papers/?kind=tote&text=T-01").text
    chosen = tablet.post("/papers/print", {"paper": "tote", "all": "1", "shown": ["1", "2", "3"], "layout": "roll"})
    assert "ids=1-3" in chosen.headers["Location"] and prints(db) == 3
    assert tablet.get("/papers/?kind=badge").status_code == 404
    other_tablet.sign_in("manager")
    badges = other_tablet.get("/papers/?kind=badge").text
    assert other_tablet.person.name in badges and other_tablet.person.badge not in badges
    badge = {"paper": "badge", "ids": str(other_tablet.person.id)}
    assert other_tablet.post("/papers/print-badges", badge).status_code == 303
    for kind in ("location", "item"):
        assert other_tablet.get(f"/papers/?kind={kind}").status_code == 200


@pytest.mark.parametrize(("ids", "status"), [
    ("", 422), ("x", 422), ("1-9999", 422), ("99999", 404), ("1;2", 422), ("1-", 422),
    (",".join(map(str, range(1, 700))), 422),
])
def test_ids_that_are_none_are_refused(tablet, db, ids, status):
    tablet.sign_in("manager")
    assert tablet.get(f"/papers/totes.pdf?ids={ids}").status_code == status


def test_papers_follow_the_rights_of_the_work(tablet, other_tablet, parcel):
    tablet.sign_in("picker")
    for paper in PAPERS:
        assert tablet.get(f"/papers/{paper}.pdf?ids=1").status_code == 403
    assert tablet.post("/papers/print", {"paper": "label", "ids": "1"}).status_code == 403
    other_tablet.sign_in("packer")
    assert other_tablet.get("/papers/badges.pdf?ids=1").status_code == 403
    assert other_tablet.post("/papers/print", {"paper": "badge", "ids": "1"}).status_code == 404
    assert other_tablet.get("/papers/totes.pdf?ids=1&job=999").status_code == 404
