"""The late list, the working time behind it, and a carrier's file, as the desk works with them."""

import re
from datetime import timedelta

import pytest

from tests.browser.shop import CHINESE, CROSSED, LANDSCAPE, TOLD, name_of, visit
from warehouse import clock
from warehouse.models.packing import Parcel


def row_of(shop, model, key):
    with shop.database.read() as session:
        return session.get_one(model, key)


@pytest.mark.parametrize("told", [*TOLD, *CROSSED], ids=name_of)
def test_who_leads_sees_what_will_be_late_and_opens_it(open_shop, new_tablet, told):
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    visitor.open("/board/")
    page = visitor.page
    visitor.look("board-with-late-list")
    visitor.follow("a[href='/delays/']", re.compile("/delays/$"))
    visitor.look("late-list")

    rows = [row.get_attribute("class") for row in page.locator("tbody tr[class]").all()]
    assert rows
    # What can still be saved stands before what is late.
    assert rows == sorted(rows, key=("v-at_risk", "v-late").index)

    page.locator(".verdicts a").nth(2).click()
    page.wait_for_url(re.compile("verdict=in_time"))
    visitor.look("late-list-in-time")
    visitor.open("/delays/")
    page.locator("tbody a.mono").first.click()
    page.wait_for_url(re.compile(r"/orders/\d+"))


@pytest.mark.parametrize("told", TOLD, ids=name_of)
def test_a_week_that_makes_no_sense_stays_on_the_screen_and_a_right_one_is_kept(open_shop, new_tablet, told):
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    visitor.open("/delays/shifts")
    visitor.look("shifts")
    page = visitor.page
    saturday = page.locator("input[name=day_5]")
    saturday.fill("18:00-09:00")
    page.locator("form[action='/delays/shifts/week'] button").click()
    page.locator("#notice .notice").wait_for()
    assert saturday.input_value() == "18:00-09:00"
    visitor.look("shifts-refused")

    saturday.fill("9:00-13:00")
    with page.expect_navigation():
        page.locator("form[action='/delays/shifts/week'] button").click()
    assert page.locator("input[name=day_5]").input_value() == "09:00–13:00"

    tomorrow = (clock.now() + timedelta(days=3)).date().isoformat()
    page.locator("input[type=date]").fill(tomorrow)
    page.locator("form[action='/delays/shifts/days-off'] input[name=name]").fill("盘点")
    with page.expect_navigation():
        page.locator("form[action='/delays/shifts/days-off'] button").click()
    assert tomorrow in page.locator(".list").inner_text()
    visitor.look("shifts-day-off")


@pytest.mark.parametrize("told", TOLD, ids=name_of)
def test_a_carriers_file_is_chosen_and_its_report_says_what_was_not_used(open_shop, new_tablet, told, tmp_path):
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    visitor.open("/tracking/")
    visitor.look("tracking-empty")
    page = visitor.page
    parcel = row_of(open_shop, Parcel, open_shop.parcels("handed_over")[0])
    at = (parcel.handed_over_at + timedelta(minutes=1)).isoformat()
    file = tmp_path / "events.csv"
    number = parcel.tracking_number or parcel.number
    file.write_text(f"运单号,时间,状态\n{number},{at},已揽收\n{number},昨天,签收\n"
                    f"SF0000000000000,{at},签收\n", encoding="utf-8")
    page.locator("input[type=file]").set_input_files(file)
    with page.expect_navigation():
        page.locator("form[action='/tracking/'] button[type=submit]").click()
    assert page.locator("details[open] .v").all_inner_texts() == ["1", "0", "2", "0"]
    assert "SF0000000000000" in page.locator("details[open]").inner_text()
    assert row_of(open_shop, Parcel, parcel.id).state == "in_transit"
    visitor.look("tracking-report")


def test_the_pages_are_as_fit_at_night(open_shop, new_tablet):
    visitor = visit(open_shop, new_tablet, (CHINESE, LANDSCAPE))
    visitor.sign_in("manager")
    found = []
    for name, address in {"late-list": "/delays/", "shifts": "/delays/shifts", "tracking": "/tracking/"}.items():
        visitor.page.goto(open_shop.url + address)
        visitor.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        found += visitor.faults(f"night-{name}")
    assert found == []
