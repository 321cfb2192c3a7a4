"""A zone is counted by two people and judged by a third: what both find is posted, what is dear is approved by one who
did not count, and in the end the books say what lies on the shelves."""

import io
import zipfile

import pytest

from tests import builders
from tests.conftest import books_balance
from tests.flows.crew import Refused

THREE_BODY, DUNE, ATLAS, EMMA, WALDEN, ULYSSES = (
    "9787536692930", "9780441172696", "9780140439441", "9780141439587", "9780691096124", "9780141182803")
STICKER = "OLD-STICKER-17"


@pytest.fixture
def items(shop):
    """By ISBN. Only the atlas is dear: three copies of it are worth more than a counter may post."""
    titles = {THREE_BODY: "三体", DUNE: "Dune", ATLAS: "Atlas", EMMA: "Emma", WALDEN: "Walden", ULYSSES: "Ulysses"}
    return {isbn: builders.an_item(shop.db, title, isbn=isbn, currency="CNY",
                                   price_minor=30_000 if isbn == ATLAS else 2_000)
            for isbn, title in titles.items()}


@pytest.fixture
def zone(shop, items):
    """What the books have; shelf C-01-1 is in another zone."""
    for shelf, isbn, units in (
        ("A-01-1", THREE_BODY, 5), ("A-01-1", DUNE, 3), ("A-01-2", ATLAS, 4), ("A-02-1", ULYSSES, 2),
        ("A-02-2", EMMA, 5), ("C-01-1", EMMA, 9),
    ):
        builders.stock_at(shop.db, shelf, items[isbn], units)


@pytest.fixture
def lead(shop):
    return shop.person("manager", "Lin Yue")


@pytest.fixture
def first(shop):
    return shop.person("picker", "Wang Xiaoyu")


@pytest.fixture
def second(shop):
    """A manager, too: who counts, may not approve."""
    return shop.person("manager", "Chen Wei")


def go_to(person, shelf):
    """The page of the shelf's count, by its label."""
    answer = person.scan("/count/scan", shelf)
    assert answer["outcome"] == "accepted", answer
    return answer["go"]


def count(person, shelf, *seen):
    """Scan what lies on a shelf, in this order: a code alone is one copy, with a number as many; then finish. What the
    house misses is not there."""
    path = f"{go_to(person, shelf)}/scan"
    for each in seen:
        code, units = each if isinstance(each, tuple) else (each, 1)
        answer = person.scan(path, code, **({"units": units} if units > 1 else {}))
        assert answer["outcome"] == "accepted", answer
    task = person.get(path.removesuffix("/scan"))["task"]
    answer = person.scan(path, "#finish" if seen else "#empty", step=task["step_id"])
    if answer["code"] == "counting.not_seen":
        answer = person.scan(path, "#finish", step=answer["task"]["step_id"])
    assert answer["task"]["state"] == "counted", answer


def states(lead, stocktake):
    """{(shelf, title): (state, difference, posted)} of what was not simply right."""
    found = lead.get(f"/stocktakes/{stocktake}")["differences"]
    return {(each["location"], each["title"]): (each["state"], each["units"], each["units_posted"]) for each in found}


def open_zone(lead):
    return lead.post("/stocktakes/", kind="zone", zones=["A"])["session_id"]


def test_a_zone_is_counted_recounted_approved_and_the_books_are_right(shop, items, zone, lead, first, second):
    stocktake = open_zone(lead)
    count(first, "A-01-1", (THREE_BODY, 4), THREE_BODY, STICKER, DUNE)
    count(first, "A-01-2", ATLAS)
    count(second, "A-02-1")
    count(second, "A-02-2", (EMMA, 3))
    assert states(lead, stocktake) == {
        ("A-01-1", "Dune"): ("recount", -2, 0), ("A-01-2", "Atlas"): ("recount", -3, 0),
        ("A-02-1", "Ulysses"): ("recount", -2, 0), ("A-02-2", "Emma"): ("recount", -2, 0)}
    with pytest.raises(Refused, match="still_open"):
        lead.post(f"/stocktakes/{stocktake}/close")
    resolve_sticker(lead, stocktake)
    recount(first, second)
    assert states(lead, stocktake) == {
        ("A-01-1", "Dune"): ("posted", -2, -2), ("A-01-1", "Walden"): ("posted", 1, 1),
        ("A-01-2", "Atlas"): ("approval", -3, 0), ("A-02-1", "Ulysses"): ("posted", -2, -2)}
    approve(shop, items, lead, first, second, stocktake)
    lead.post(f"/stocktakes/{stocktake}/close")
    for shelf, isbn, units in (
        ("A-01-1", THREE_BODY, 5), ("A-01-1", DUNE, 1), ("A-01-1", WALDEN, 1), ("A-01-2", ATLAS, 1),
        ("A-02-1", ULYSSES, 0), ("A-02-2", EMMA, 5), ("C-01-1", EMMA, 9),
    ):
        assert builders.units_at(shop.db, shelf, items[isbn]) == (units, 0), (shelf, isbn)
    books_balance(shop.db)
    check_report(lead, stocktake)


def resolve_sticker(lead, stocktake):
    """The desk is told what lay before and after the code that nobody knows, and names it."""
    (code,) = lead.get(f"/stocktakes/{stocktake}")["unknown"]
    assert (code["code"], code["previous"], code["next"]) == (STICKER, "三体", "Dune")
    lead.post(f"/stocktakes/codes/{code['line_id']}/assign", code=WALDEN)


def recount(first, second):
    """Each goes where the other one counted; their own shelves are refused to them."""
    for person, shelf in ((first, "A-01-1"), (second, "A-02-1")):
        assert person.scan("/count/scan", shelf)["code"] == "counting.counted_by_you"
    count(second, "A-01-1", DUNE, WALDEN)
    count(second, "A-01-2", ATLAS)
    count(first, "A-02-1")
    count(first, "A-02-2", (EMMA, 5))


def approve(shop, items, lead, first, second, stocktake):
    """Not by a picker, not by one who counted, not without a cause."""
    dear = next(each["id"] for each in lead.get(f"/stocktakes/{stocktake}")["differences"]
                if each["state"] == "approval")
    path = f"/stocktakes/{stocktake}/approve"
    with pytest.raises(Refused) as refused:
        first.post(path, result=[dear], cause="theft")
    assert refused.value.status == 403
    with pytest.raises(Refused, match="counted_yourself"):
        second.post(path, result=[dear], cause="theft")
    with pytest.raises(Refused, match="choose_cause"):
        lead.post(path, result=[dear])
    assert builders.units_at(shop.db, "A-01-2", items[ATLAS]) == (4, 0)
    assert lead.post(path, result=[dear], cause="theft", note="told the police")["units"] == 3
    with pytest.raises(Refused, match="decided_already"):
        lead.post(path, result=[dear], cause="theft")


def check_report(lead, stocktake):
    """Paper for the auditors, and the same as a workbook."""
    status, paper = lead.ask("GET", f"/stocktakes/{stocktake}/report.pdf")
    assert (status, paper[:5]) == (200, b"%PDF-")
    status, workbook = lead.ask("GET", f"/stocktakes/{stocktake}/report.xlsx")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    for told in ("Wang Xiaoyu", "Chen Wei", "Lin Yue", "told the police", "A-01-2"):
        assert told in text, told


def test_a_shelf_that_two_want_is_counted_by_one_and_the_walk_goes_on_to_the_next(shop, zone, lead, first, second):
    open_zone(lead)
    other = shop.person("picker", "Zhao Min")
    pages = [person.scan("/count/scan", "#next")["go"] for person in (first, other)]
    assert len(set(pages)) == 2
    assert other.scan("/count/scan", "A-01-1")["code"] == "counting.in_other_hands"
    assert second.scan("/count/scan", "A-01-1")["code"] == "counting.may_take_over", "a lead may at once"
    assert first.scan("/count/scan", "#next")["go"] == pages[0], "who has a shelf goes on with it"


def test_orders_are_fetched_from_a_shelf_while_it_is_counted(shop, items, zone, lead, first, second):
    """The picker takes one of five copies after the counter has turned to the next title: the count was right."""
    stocktake = open_zone(lead)
    builders.a_tote(shop.db, "T-01")
    order = builders.an_order(shop.db, {items[THREE_BODY]: 1})
    (run,) = shop.release(lead, order, grouping="by_order")
    path = f"{go_to(first, 'A-01-1')}/scan"
    first.must(path, THREE_BODY, units=5)
    first.must(path, DUNE, units=3)
    second.walk(run, second.load(run, ["T-01"]))
    task = first.get(path.removesuffix("/scan"))["task"]
    assert first.scan(path, "#finish", step=task["step_id"])["task"]["state"] == "counted"
    assert states(lead, stocktake) == {}
    assert builders.order_state(shop.db, order) == "picked"
    assert builders.units_at(shop.db, "A-01-1", items[THREE_BODY]) == (4, 0)
