"""A blind count in a browser: two people count a shelf, neither is ever told what the books say; the lead, who counted
nothing, judges."""

import re

import pytest
from flask import g, request
from sqlalchemy import select

from tests.browser.shop import TOLD, label, name_of, visit
from warehouse.models.catalog import Item
from warehouse.models.counting import CountLine, CountResult, CountTask
from warehouse.models.stock import Location, StockBalance
from warehouse.services import stock
from warehouse.services.stock import Cause

# So many copies the books have of the title: a number that no other thing on a screen can have.
ON_RECORD, LYING = 84_711, 3
STICKER = "OLD-STICKER-17"


class Ear:
    """Every answer of the house to a person who is signed in, in whatever form, from now on."""

    def __init__(self, shop):
        self.shop, self.said = shop, []
        shop.app.after_request_funcs.setdefault(None, []).append(self.hear)

    def hear(self, response):
        actor = g.get("actor")
        if actor is not None and not response.direct_passthrough:
            self.said.append((actor.person_id, request.path, response.get_data()))
        return response

    def told(self, role, number):
        """Where this person was told a number."""
        person = self.shop.badges[role].person_id
        assert any(told == person for told, *_ in self.said)
        forms = [str(number).encode(), f"{number:,}".encode()]
        return [path for told, path, text in self.said if told == person and any(form in text for form in forms)]


@pytest.fixture
def ear(open_shop):
    return Ear(open_shop)


@pytest.fixture(params=TOLD, ids=name_of)
def people(request, open_shop, new_tablet):
    """The first counter, the second one and the lead, each with a tablet of their own."""
    found = []
    for role in ("packer", "picker", "manager"):
        visitor = visit(open_shop, new_tablet, request.param)
        visitor.sign_in(role)
        found.append(visitor)
    return found


@pytest.fixture
def stocktake(people):
    """Opened by the lead at the desk: a zone, nothing posted without a second count."""
    lead = people[2]
    lead.open("/stocktakes/new?kind=zone")
    lead.page.locator("input[name=zones][value=zh]").check()
    lead.page.locator("input[name=tolerance_units]").fill("0")
    lead.look("count-1-new")
    with lead.page.expect_navigation():
        lead.page.locator("form.open-session button.main").click()
    lead.look("count-2-opened")
    return int(lead.page.url.rpartition("/")[2])


@pytest.fixture
def shelf(stocktake, people):
    """(shelf, item) of the stocktake with a single title, of which the books have far too many copies."""
    shop = people[0].shop
    with shop.database.read() as session:
        found = session.execute(
            select(CountTask.location_id, StockBalance.item_id).join(Location, Location.id == CountTask.location_id)
            .join(StockBalance, StockBalance.location_id == CountTask.location_id)
            .where(CountTask.session_id == stocktake, CountTask.state == "open", StockBalance.on_hand > 0)
            .order_by(Location.sequence)).all()
    places = [row.location_id for row in found]
    place, item = next(tuple(row) for row in found if places.count(row.location_id) == 1)
    missing = ON_RECORD - shop.units_at(place, item)
    shop.database.write(put_on_record, shop.actor("manager"), place, item, missing)
    return place, item


def put_on_record(session, actor, place, item, units):
    kind = session.get_one(Location, place).kind
    stock.move(session, actor, item, units, source=stock.fixed_place(session, "SUPPLIER"),
               target=stock.Place(place, kind), cause=Cause("receive"))


def go_to_shelf(visitor, place):
    visitor.open("/count/")
    visitor.look("count-3-list")
    visitor.scan_unanswered(label("location", place))
    visitor.page.wait_for_url(re.compile(r"/count/\d+$"))
    visitor.page.wait_for_function("() => window.tablet?.sender")
    return int(visitor.page.url.rpartition("/")[2])


def take(visitor, code, answer):
    visitor.scan(code)
    assert visitor.outcome()[2] == answer


def count_of(shop, task_id):
    """{item or code: copies} as a task's lines have it."""
    with shop.database.read() as session:
        return {line.item_id or line.code: line.units_counted for line in session.execute(
            select(CountLine).where(CountLine.task_id == task_id)).scalars()}


def result_of(shop, item):
    with shop.database.read() as session:
        return session.execute(select(CountResult).where(CountResult.item_id == item)
                               .order_by(CountResult.id.desc()).limit(1)).scalar_one()


def finish(visitor):
    visitor.press("#finish")
    assert visitor.outcome() == ("accepted", "done", "counting.finished")


def test_a_difference_is_counted_again_by_another_and_approved_by_one_who_did_not_count(
    people, stocktake, shelf, ear,
):
    first, second, lead = people
    shop, (place, item) = first.shop, shelf
    task = first_count(first, place, item)
    assert count_of(shop, task) == {item: LYING, STICKER: 1}
    assert (result_of(shop, item).state, result_of(shop, item).units) == ("recount", LYING - ON_RECORD)

    first.open("/count/")
    take(first, label("location", place), "counting.counted_by_you")
    first.look("count-9-not-again")
    recount(second, place, item)
    assert result_of(shop, item).state == "approval"
    assert second.page.goto(f"{shop.url}/stocktakes/{stocktake}").status == 403

    approve(lead, stocktake, item)
    assert shop.units_at(place, item) == LYING
    for number in (ON_RECORD, ON_RECORD - LYING):
        assert [ear.told(role, number) for role in ("packer", "picker")] == [[], []]
        assert ear.told("manager", number) != []
        assert [str(number) in each.page.content() for each in people] == [False, False, True]


def first_count(visitor, place, item):
    """By scan, number pad and minus, with a code that nobody knows; two copies are scanned without network."""
    task = go_to_shelf(visitor, place)
    visitor.look("count-4-shelf")
    take(visitor, label("item", item), "counting.counted")
    visitor.look("count-5-one")
    visitor.type_number("#number", 2)
    visitor.look("count-6-number")
    before = visitor.answer_id()
    visitor.page.locator("#number form button.main").click()
    visitor.answered_after(before)
    assert count_of(visitor.shop, task)[item] == 2
    visitor.press("#minus")
    take(visitor, STICKER, "counting.unknown_kept")
    visitor.look("count-7-unknown")
    visitor.page.context.set_offline(True)
    for _ in range(2):
        visitor.scan_unanswered(label("item", item))
    visitor.page.wait_for_selector("[data-net][data-state='waiting']")
    visitor.look("count-8-without-network")
    assert count_of(visitor.shop, task)[item] == 1
    visitor.page.context.set_offline(False)
    visitor.all_sent()
    assert count_of(visitor.shop, task)[item] == LYING
    finish(visitor)
    visitor.look("count-8-finished")
    return task


def recount(visitor, place, item):
    task = go_to_shelf(visitor, place)
    visitor.look("count-10-recount")
    assert visitor.shop.count_task(task, "picker")["round"] == 2
    take(visitor, visitor.shop.other_isbn(item), "counting.not_asked")
    for _ in range(LYING):
        take(visitor, label("item", item), "counting.counted")
    finish(visitor)
    visitor.look("count-11-recounted")


def approve(lead, stocktake, item):
    """The desk sees both counts and says why they differ from the books."""
    lead.open(f"/stocktakes/{stocktake}")
    lead.look("count-12-desk")
    result = result_of(lead.shop, item)
    lead.page.locator(f"input[name=result][value='{result.id}']").check()
    lead.page.locator("select[name=cause][form=decide]").select_option("inbound_not_recorded")
    with lead.page.expect_navigation():
        lead.page.locator("button[form=decide].main").click()
    lead.look("count-13-approved")
    with lead.shop.database.read() as session:
        title = session.get_one(Item, item).title
    assert title in lead.page.locator("main").inner_text()
    assert result_of(lead.shop, item).state == "approved"


def test_a_shelf_is_empty_by_one_button(people, shelf, ear):
    visitor, (place, item) = people[0], shelf
    go_to_shelf(visitor, place)
    visitor.page.locator("[data-open-sheet='#empty']").click()
    visitor.look("count-14-empty")
    visitor.press("#empty")
    visitor.look("count-15-empty-done")

    assert visitor.outcome()[2] == "counting.empty"
    assert result_of(visitor.shop, item).units == -ON_RECORD
    assert ear.told("packer", ON_RECORD) == []
