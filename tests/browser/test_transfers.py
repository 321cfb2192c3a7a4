"""Stock on its way through the house by scan: a pick face filled from the reserve, copies moved from shelf to shelf."""

import pytest
from sqlalchemy import select

from tests.browser.shop import label
from warehouse.models.stock import Location, StockBalance
from warehouse.models.transfers import Replenishment


@pytest.fixture
def mover(visitor):
    visitor.sign_in("packer")
    return visitor


def replenishment(shop):
    """The first one that nobody has: the smallest, so that its copies can be scanned one by one."""
    with shop.database.read() as session:
        return session.execute(
            select(Replenishment).where(Replenishment.state == "open").order_by(Replenishment.units).limit(1)
        ).scalar_one()


def state_of(shop, task_id):
    with shop.database.read() as session:
        return session.get_one(Replenishment, task_id).state


def lying(shop, *, is_reserve=False, promised=False):
    """(place, item, copies, those promised) of a title on a shelf, of which orders were promised some or none."""
    is_promised = StockBalance.reserved > 0 if promised else StockBalance.reserved == 0
    with shop.database.read() as session:
        return tuple(session.execute(
            select(StockBalance.location_id, StockBalance.item_id, StockBalance.on_hand, StockBalance.reserved)
            .join(Location, Location.id == StockBalance.location_id)
            .where(Location.kind == "shelf", Location.is_reserve.is_(is_reserve), StockBalance.condition == "good",
                   StockBalance.on_hand - StockBalance.reserved >= 2, is_promised)
            .order_by(Location.sequence).limit(1)).one())


def empty_shelf(shop):
    with shop.database.read() as session:
        taken = select(StockBalance.location_id).where(StockBalance.on_hand > 0)
        return session.execute(
            select(Location.id).where(Location.kind == "shelf", Location.is_reserve.is_(False),
                                      Location.id.not_in(taken)).order_by(Location.sequence).limit(1)).scalar_one()


def take(visitor, code, answer):
    visitor.scan(code)
    assert visitor.outcome()[2] == answer


def test_a_pick_face_is_filled_from_the_reserve(mover):
    shop, task = mover.shop, replenishment(mover.shop)
    lay = shop.units_at(task.target_id, task.item_id)
    mover.open("/transfers/replenish")
    mover.look("replenish-1-list")
    mover.press(f"#replenish:{task.id}")
    mover.look("replenish-2-source")
    take(mover, label("location", task.target_id), "transfers.wrong_source")
    mover.look("replenish-3-wrong-shelf")
    take(mover, shop.other_isbn(task.item_id), "transfers.wrong_item")
    mover.look("replenish-4-wrong-book")
    take(mover, label("location", task.source_id), "transfers.at_source")
    take(mover, label("item", task.item_id), "transfers.taken")
    mover.look("replenish-5-one-in-hand")
    mover.press("#all")
    take(mover, label("location", shop.other_shelf(task.target_id)), "transfers.wrong_target")
    mover.look("replenish-6-wrong-target")
    take(mover, label("location", task.target_id), "transfers.replenished")
    mover.look("replenish-7-done")

    assert shop.units_at(task.target_id, task.item_id) == lay + task.units
    assert state_of(shop, task.id) == "done"


def test_what_the_reserve_lacks_is_said_and_the_task_goes_on_elsewhere(mover):
    shop, task = mover.shop, replenishment(mover.shop)
    mover.open("/transfers/replenish")
    mover.press(f"#replenish:{task.id}")
    take(mover, label("location", task.source_id), "transfers.at_source")
    mover.page.locator("[data-open-sheet='#problem']").click()
    mover.press("#short")
    mover.look("replenish-8-short")

    assert mover.outcome()[0] == "accepted"
    assert state_of(shop, task.id) != "taken"


def test_copies_are_moved_to_another_shelf_and_back(mover):
    shop = mover.shop
    source, item, units, _ = lying(shop)
    target = empty_shelf(shop)
    mover.open("/transfers/")
    take(mover, label("location", source), "transfers.source")
    mover.look("move-1-source")
    mover.type_number("#how-many", 2)
    mover.look("move-2-number")
    take(mover, label("item", item), "transfers.taken")
    mover.look("move-3-in-hand")
    take(mover, label("location", target), "transfers.put")
    assert (shop.units_at(source, item), shop.units_at(target, item)) == (units - 2, 2)
    mover.look("move-4-done")
    mover.press("#undo")
    mover.look("move-5-undone")

    assert (shop.units_at(source, item), shop.units_at(target, item)) == (units, 0)


def test_what_orders_were_promised_stays(mover):
    source, item, units, promised = lying(mover.shop, promised=True)
    mover.open("/transfers/")
    take(mover, label("location", source), "transfers.source")
    mover.type_number("#how-many", units)
    take(mover, label("item", item), "transfers.promised")
    mover.look("move-6-promised")

    assert mover.shop.transfer_task()["units"] == 0
    assert promised > 0


def test_a_copy_found_damaged_goes_to_quarantine_and_to_no_shelf(mover):
    shop = mover.shop
    source, item, units, _ = lying(shop)
    mover.open("/transfers/")
    take(mover, label("location", source), "transfers.source")
    quarantine = shop.place("QUARANTINE")
    lay = shop.units_at(quarantine, item, "damaged")
    take(mover, label("item", item), "transfers.taken")
    mover.page.locator("[data-open-sheet='#problem']").click()
    mover.press("#condition:damaged")
    mover.look("move-7-damaged")
    assert shop.units_at(source, item) == units - 1
    assert shop.units_at(quarantine, item, "damaged") == lay + 1

    take(mover, label("location", quarantine), "transfers.source")
    take(mover, label("item", item), "transfers.taken")
    take(mover, label("location", empty_shelf(shop)), "transfers.damaged_to_shelf")
    mover.look("move-8-not-to-a-shelf")
    assert shop.units_at(quarantine, item, "damaged") == lay + 1
