"""The incident desk: from the list to one incident, its log, a refusal that loses nothing, its end; and the trends."""

import re

import pytest
from sqlalchemy import select

from tests.browser.shop import CHINESE, CROSSED, ENGLISH, TOLD, name_of, visit
from warehouse.models.catalog import Item
from warehouse.models.orders import Order
from warehouse.models.stock import Location, StockBalance
from warehouse.services import incidents


@pytest.fixture
def reported(open_shop):
    """A damaged copy on a shelf, with an order and a customer's word behind it: (incident id, title)."""
    def report(session):
        actor = open_shop.actor("picker")
        item, place, title = session.execute(
            select(StockBalance.item_id, StockBalance.location_id, Item.title)
            .join(Item, Item.id == StockBalance.item_id).join(Location, Location.id == StockBalance.location_id)
            .where(Location.kind == "shelf", StockBalance.on_hand > StockBalance.reserved + 3).limit(1)).one()
        order = session.execute(select(Order.id).where(Order.state == "confirmed").limit(1)).scalar_one()
        return incidents.report(
            session, actor, "damaged", "shelf", units=1, item_id=item, location_id=place, order_id=order,
            customer_text="封面撕破了", cause="storage"), title

    return open_shop.database.write(report)


@pytest.mark.parametrize("told", [*TOLD, *CROSSED], ids=name_of)
def test_the_desk_is_fit_in_every_state(open_shop, new_tablet, reported, told):
    incident, _ = reported
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    alone, found = told in CROSSED, []
    for name, address in (("list", "/incidents/"), ("list-narrowed", "/incidents/?kind=damaged&stage=shelf&whose=team"),
                          ("page", f"/incidents/{incident}"), ("trends", "/incidents/trends/"),
                          ("trends-days", "/incidents/trends/?by=day&kind=damaged")):
        answer = visitor.page.goto(open_shop.url + address)
        assert answer.status == 200, address
        found += visitor.faults(f"incidents-{name}", layout_alone=alone)
    visitor.open(f"/incidents/{incident}")
    for fold in visitor.page.locator("details > summary").all():
        fold.click()
    found += visitor.faults("incidents-unfolded", layout_alone=alone)

    assert found == []


@pytest.mark.parametrize(("told", "word"), [(TOLD[0], "Settled"), (TOLD[1], "已处理")], ids=[ENGLISH, CHINESE])
def test_from_the_list_to_the_end_without_losing_a_word(open_shop, new_tablet, reported, told, word):
    incident, title = reported
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    page = visitor.page
    visitor.open("/incidents/")
    page.locator("input[name=text]").fill(f"#{incident}")
    page.locator(".narrow-down button").click()
    page.locator(f"#incident-{incident} a.title").click()
    page.wait_for_url(re.compile(rf"/incidents/{incident}$"))
    assert title in page.locator("main").inner_text()

    page.locator("form[action$='/take'] button").click()
    page.locator("form[action$='/take']").wait_for(state="detached")
    page.locator("form[action$='/note'] input[name=note]").fill("asked the supplier")
    page.locator("form[action$='/note'] button").click()
    page.locator(".life >> text=asked the supplier").wait_for()

    ends = page.locator("form.ends")
    ends.locator("input[name=copies][value=scrap]").check()
    ends.locator("input[name=units]").fill("9999")
    ends.locator("input[name=note]").fill("wet through")
    ends.locator("button.main").click()
    page.locator("#notice .notice").wait_for()
    assert ends.locator("input[name=note]").input_value() == "wet through"
    assert ends.locator("input[value=scrap]").is_checked()
    visitor.look("incidents-refused")

    ends.locator("input[name=units]").fill("1")
    ends.locator("button.main").click()
    page.locator("form.ends").wait_for(state="detached")
    assert word in page.locator("header").inner_text()
    assert "SCRAP" in page.locator(".life").inner_text()
    visitor.look("incidents-settled")
