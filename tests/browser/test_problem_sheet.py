"""The problem sheet: two taps from each work screen, back at work, and what is added without hurry; by touch and by
key, with and without network."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from tests.browser.shop import TOLD, label, name_of
from tests.browser.test_pick_round import load_cart, right_code
from warehouse.models.incidents import Incident, Photo
from warehouse.models.stock import Location, StockBalance

once = pytest.mark.parametrize("visitor", TOLD[:1], ids=name_of, indirect=True)
DUNE = "9780441172719"
SHEET = "[data-open-sheet='#problem']"


def reports(visitor):
    """What the visitor's people reported: (kind, stage, units, cause), without what the demo shop began with."""
    with visitor.shop.database.read() as session:
        rows = session.execute(
            select(Incident.id, Incident.kind, Incident.stage, Incident.units, Incident.cause)
            .where(Incident.id > visitor.began_with).order_by(Incident.id))
        return [tuple(row)[1:] for row in rows]


@pytest.fixture
def at_work(visitor):
    with visitor.shop.database.read() as session:
        visitor.began_with = max(session.execute(select(Incident.id)).scalars(), default=0)
    return visitor


def walking(visitor):
    """A cart run under way, at the shelf of a stop that wants two copies or more; what it asks for now."""
    for run in visitor.shop.runs("planned", "batch"):
        visitor.open(f"/pick/{run}")
        load_cart(visitor, lambda run=run: visitor.shop.pick_task(run))
        for _ in range(20):
            now = visitor.shop.pick_task(run)
            if now["state"] != "started" or now["stop"]["units_left"] >= 2:
                break
            while visitor.shop.pick_task(run)["stop"] and (
                    visitor.shop.pick_task(run)["stop"]["id"] == now["stop"]["id"]):
                visitor.scan(right_code(visitor.shop.pick_task(run)))
        if visitor.shop.pick_task(run)["state"] == "started":
            return run
    pytest.fail("no stop of the demo wants two copies")


def a_photo():
    picture = io.BytesIO()
    Image.new("RGB", (800, 600), (120, 60, 40)).save(picture, "JPEG")
    return {"name": "cover.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}


def notice(visitor):
    """The page's word about a report that no task answered."""
    found = visitor.page.locator("[data-reported]")
    found.wait_for()
    return found


def test_not_enough_at_a_shelf_is_two_taps_and_keeps_what_is_there(at_work):
    visitor = at_work
    visitor.sign_in("picker")
    run = walking(visitor)
    before = visitor.shop.pick_task(run)
    need = before["stop"]["units_left"]

    visitor.page.locator(SHEET).click()
    visitor.look("problem-1-pick")
    visitor.press(f"#short:not_enough:{need - 1}")

    visitor.look("problem-2-pick-reported")
    assert visitor.outcome()[0] == "accepted"
    now = visitor.shop.pick_task(run)
    assert (now["stop"]["id"], now["stop"]["units_left"]) == (before["stop"]["id"], need - 1)
    assert reports(visitor)[0][:3] == ("short", "pick", 1)
    assert visitor.page.locator("[data-sheet]:not([hidden])").count() == 0


@once
def test_the_number_that_is_there_says_what_will_be_reported(at_work):
    visitor = at_work
    visitor.sign_in("picker")
    run = walking(visitor)
    need = visitor.shop.pick_task(run)["stop"]["units_left"]
    visitor.page.locator(SHEET).click()
    main = visitor.page.locator("#there-report")
    less, more = (visitor.page.locator(f".detail [data-step-by='{by}']") for by in ("-1", "1"))

    for _ in range(need + 1):
        less.click()
    assert (main.inner_text(), main.get_attribute("data-virtual-scan")) == (
        f"Report {need - 1} short, go on", "#short:not_enough:1")
    for _ in range(need + 1):
        more.click()
    assert (main.inner_text(), main.get_attribute("data-virtual-scan")) == (
        "Report 1 short, go on", f"#short:not_enough:{need - 1}")


def test_a_damaged_book_gets_its_picture_and_cause_after_the_picker_is_back_at_work(at_work):
    visitor = at_work
    visitor.sign_in("picker")
    walking(visitor)
    visitor.page.locator(SHEET).click()
    visitor.press("#damaged")
    visitor.look("problem-3-damaged")

    visitor.page.locator(".cue .follow-up input[type=file]").set_input_files(a_photo())
    visitor.page.locator(".cue .follow-up label use[href='#i-tick']").wait_for(state="attached")
    visitor.page.locator(".cue .follow-up > button").click()
    visitor.page.locator("#more").wait_for()
    visitor.look("problem-4-more")
    visitor.page.locator("#more input[value=misprint]").locator("..").click()
    visitor.page.locator("#more .btn.main").click()
    visitor.page.locator("#more [role=status]").wait_for()
    visitor.look("problem-5-more-kept")

    assert reports(visitor) == [("misprint", "pick", 1, "")]
    with visitor.shop.database.read() as session:
        assert session.execute(select(Photo.width, Photo.height).order_by(Photo.id.desc()).limit(1)).one() == (800, 600)
    visitor.page.locator("#more [data-close-sheet]").click()
    visitor.page.locator(SHEET).click()
    visitor.page.locator("#problem [hx-get='/incidents/mine']").click()
    visitor.page.locator("#mine .own-reports").wait_for()
    visitor.look("problem-6-mine")


def test_from_the_bench_a_book_and_an_unclear_address(at_work):
    visitor = at_work
    visitor.sign_in("packer")
    order = visitor.shop.orders("packing")[0]
    visitor.open(f"/pack/{order}")
    task = visitor.shop.pack_task(order)
    visitor.page.locator(SHEET).click()
    visitor.look("problem-7-pack")

    visitor.page.locator("#problem [data-report*='address']").click()
    notice(visitor)
    visitor.look("problem-8-pack-reported")

    assert reports(visitor) == [("address", "pack", 0, "")]
    assert visitor.shop.pack_task(order)["step_id"] == task["step_id"]
    with visitor.shop.database.read() as session:
        assert session.execute(select(Incident.order_id).order_by(Incident.id.desc()).limit(1)).scalar() == order


def test_from_the_dock_a_parcel_that_is_not_there(at_work):
    visitor = at_work
    visitor.sign_in("packer")
    parcel = visitor.shop.parcels("labelled")[0]
    carrier = visitor.shop.carrier_of(parcel)
    visitor.open("/dock/")
    visitor.page.locator(SHEET).click()
    visitor.look("problem-9-trucks")
    visitor.page.locator("#problem [data-close-sheet]").last.click()
    visitor.follow(f"form:has([value='{carrier}']) .btn", "**/dock/*")
    visitor.page.locator(SHEET).click()
    visitor.look("problem-10-dock")

    visitor.page.locator(f"#problem [data-report*='lost'][data-report$='parcel={parcel}']").click()
    notice(visitor)
    visitor.look("problem-11-dock-reported")

    with visitor.shop.database.read() as session:
        newest = select(Incident.kind, Incident.parcel_id).order_by(Incident.id.desc()).limit(1)
        assert session.execute(newest).one() == ("lost", parcel)
    visitor.scan(label("parcel", parcel))
    assert visitor.outcome()[0] == "accepted"
    assert visitor.page.locator("[data-reported]").count() == 0


def test_from_home_without_a_subject_by_key_alone(at_work):
    visitor = at_work
    visitor.sign_in("picker")
    page = visitor.page
    page.locator(SHEET).focus()
    page.keyboard.press("Enter")
    page.locator("#problem").wait_for()
    visitor.look("problem-12-home")
    page.keyboard.press("Escape")
    assert page.locator("#problem").is_hidden()
    assert page.evaluate("document.activeElement.matches(\"[data-open-sheet='#problem']\")")
    page.keyboard.press("Enter")
    tile = "#problem [data-report*='found']"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(f'document.activeElement.matches("{tile}")'):
            break
    page.keyboard.press("Enter")

    notice(visitor)
    visitor.look("problem-13-home-reported")
    assert reports(visitor) == [("found", "shelf", 0, "")]


@once
def test_a_report_without_network_arrives_once_when_it_is_back(at_work):
    visitor = at_work
    visitor.sign_in("picker")
    visitor.page.context.set_offline(True)
    visitor.page.locator(SHEET).click()
    visitor.page.locator("#problem [data-report*='call_lead']").click()
    visitor.page.wait_for_selector("[data-net][data-state='waiting']")
    assert reports(visitor) == []

    visitor.page.context.set_offline(False)
    notice(visitor)
    visitor.all_sent()

    assert reports(visitor) == [("call_lead", "shelf", 0, "")]


@once
def test_a_report_stays_in_order_with_the_scans_and_is_sent_again_until_it_is_answered(at_work):
    visitor = at_work
    visitor.sign_in("picker")
    run = walking(visitor)
    taken = visitor.shop.pick_task(run)["units_taken"]
    visitor.page.context.set_offline(True)
    visitor.scan_unanswered(right_code(visitor.shop.pick_task(run)))
    visitor.page.locator(SHEET).click()
    visitor.page.locator("#problem [data-virtual-scan='#call_lead']").click()
    visitor.page.context.set_offline(False)
    visitor.all_sent()

    assert reports(visitor) == [("call_lead", "pick", 0, "")]
    assert visitor.shop.scans_of(run)[-1] == "#call_lead"
    assert visitor.shop.pick_task(run)["units_taken"] == taken


@pytest.mark.parametrize(("role", "address", "name"), [
    ("packer", "/transfers/", "move"), ("packer", "receive", "receive"), ("packer", "ship", "label"),
    ("packer", "put_back", "put-back"), ("packer", "title", "title")])
def test_the_sheets_of_the_other_screens_are_fit(at_work, role, address, name):
    visitor = at_work
    visitor.sign_in(role)
    if address == "receive":
        visitor.open("/receive/")
        visitor.open(f"/receive/{visitor.shop.deliveries('announced')[0]}")
        visitor.page.locator("form[action$='/parcel'] .btn").first.click()
        visitor.page.wait_for_url("**/receive/parcel/*")
        visitor.page.wait_for_function("() => window.tablet?.sender")
    elif address == "ship":
        visitor.open(f"/ship/{visitor.shop.parcels('closed')[0]}")
    elif address == "put_back":
        visitor.open(f"/putback/{visitor.shop.put_backs()[0]}")
    elif address == "title":
        visitor.open(f"/stock/item/{visitor.shop.item(DUNE)}")
    else:
        visitor.open(address)
    visitor.page.locator(SHEET).click()
    visitor.look(f"problem-14-{name}")


def test_a_bad_copy_found_on_a_shelf_goes_to_quarantine_from_the_shelfs_own_card(at_work):
    visitor = at_work
    visitor.sign_in("picker")
    item = visitor.shop.item(DUNE)
    with visitor.shop.database.read() as session:
        shelf = session.execute(
            select(StockBalance.location_id).join(Location, Location.id == StockBalance.location_id)
            .where(StockBalance.item_id == item, StockBalance.condition == "good", Location.kind == "shelf",
                   StockBalance.on_hand > StockBalance.reserved).limit(1)).scalar_one()
    before = visitor.shop.units_at(shelf, item)
    visitor.open(f"/stock/location/{shelf}")
    visitor.page.locator(SHEET).click()
    visitor.look("problem-15-shelf")

    visitor.page.locator(f"#problem [data-report*='misprint'][data-report*='item={item},']").click()
    notice(visitor)
    visitor.look("problem-16-shelf-reported")

    assert reports(visitor) == [("misprint", "shelf", 1, "")]
    assert visitor.shop.units_at(shelf, item) == before - 1
