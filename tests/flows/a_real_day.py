"""A whole day by the program's own ways: files in, orders decided and released, eight people at work with all
the mistakes people make, and at the end every figure is what the files and the people's own logs say."""

import json
import random
from collections import Counter, deque

import pytest

from tests.flows import books
from tests.flows.crew import PIN, Faults, Person, hire
from tests.flows.day import DAYS, FIGURES, TO_PICK, at_most
from tests.flows.floor import Floor, Hand, Log, work_together

HANDS, TOTES = 8, 200
WRONG, REPEATED, LOST, PADDED = 0.05, 0.05, 0.02, 0.5
# Found at the shelf or bench, the customer would rather wait: the desk decides.
FLOOR_HOLDS = ("short_at_pick", "nothing_found", "damaged_at_pack", "missing_at_pack")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_a_day_goes_from_its_files_to_the_last_parcel_with_exact_totals(house, day):
    badge = open_house(house, day)
    waiting = bring_in_orders(house, day)
    house.process.start()
    desk = Person(house.process.port, badge)
    floor, hands = staff(house, desk, day)
    planned = release_the_day(desk, day)
    extra, mended = mend_and_release(desk, day)
    nothing_there = desk.get("/orders/review", reason="short")["total"]
    called_off = work_until_all_is_shipped(desk, hands, floor)
    sign_lists(desk)
    log = Log()
    for hand in hands:
        log.add(hand.log)
    house.process.stop()

    with books.opened(house) as session:
        check_stock(session, day, log)
        check_copies(session, log, planned + extra)
        check_orders(session, day, log, called_off, waiting - mended + nothing_there)
        people = [desk, *hands]
        assert books.scans(session) == sum(each.scans for each in people)
        before = books.rows(session)
    assert house.prove() == []
    check_second_import(house, day)
    with books.opened(house) as session:
        assert books.rows(session) == before
    check_faults(hands, log, planned.total())


# --- The morning: files in ------------------------------------------------------------------------


def told(house, *words):
    """The JSON that a command says last; it must have gone well."""
    done = house.command(*map(str, words))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def open_house(house, day):
    """Catalogue, shelves, stock, totes and the first manager; her badge."""
    catalogue = told(house, "import", "catalogue", day.catalogue, "--json")
    assert catalogue["created"] == catalogue["rows"] > 0, catalogue["problems"][:5]
    assert told(house, "import", "layout", day.layout, "--json")["rejected"] == 0
    stock = told(house, "import", "stock", day.stock, "--json")
    assert (stock["created"], stock["rejected"]) == (day.expected["stock"]["rows"], 0)
    house.command("add", "totes", str(TOTES))
    house.command("add", "carts", str(HANDS))
    with books.opened(house) as session:
        assert books.on_hand(session) == day.opening()
        assert books.on_hand(session, condition="damaged") == day.opening("damaged")
    hired = house.command("people", "add", "Lin Yue", "--role", "manager", "--pin", PIN)
    return hired.stdout.split()[-1]


def bring_in_orders(house, day):
    """Both channels; how many orders are held."""
    expected = day.expected
    shopify = told(house, "import", "orders", day.shopify, "--json")
    for name, wanted in expected["classes"].items():
        assert shopify["by_class"][name] == {figure: wanted[figure] for figure in FIGURES}, name
    assert shopify["by_kind"] == {kind: wanted["count"] for kind, wanted in expected["kinds"].items()}
    assert shopify["orders"] == expected["raw"]["distinct_order_names"]
    assert shopify["lines"] == sum(wanted["lines"] for wanted in expected["classes"].values())
    assert shopify["units"] == sum(wanted["goods_units"] for wanted in expected["classes"].values())
    assert shopify["duplicates"] == len(expected["duplicates"]["exact"])
    assert shopify["rejected"] == expected["classes"]["catch"]["orders"]
    check_rows(expected, shopify["problems"])
    taobao = told(house, "import", "orders", *day.taobao, "--json")
    kinds = expected["taobao"]["kinds"]
    assert taobao["by_kind"] == {kind: wanted["count"] for kind, wanted in kinds.items()}
    assert sum(taobao["by_class"][name]["goods_units"] for name in TO_PICK if name in taobao["by_class"]) == (
        expected["taobao"]["to_pick"]["copies_after_bundles"])
    with books.opened(house) as session:
        wanted = books.by_isbn(session, books.OrderLine.units_wanted, books.Order.import_class.in_(TO_PICK))
        assert wanted == day.demand()
        assert wanted.total() == expected["demand"]["copies"]
    return shopify["held"] + taobao["held"]


def check_rows(expected, problems):
    """Every faulty order is named with its rows and its reason."""
    named = {(each["order"], each["code"], tuple(each["rows"])) for each in problems}
    for kind, wanted in expected["kinds"].items():
        if wanted["cls"] not in ("pick", "normalise", "text"):
            meant = {(order["order"], kind, tuple(order["rows"])) for order in wanted["orders"]}
            assert meant <= named, kind


def staff(house, desk, day):
    """The stack of totes, and eight packers with a cart each, who err in the same way at every run."""
    names = [f"Packer {number}" for number in range(1, HANDS + 1)]
    badges = hire(house.process.port, desk, names)
    equipment = desk.get("/equipment/")
    totes = [tote["code"] for tote in equipment["totes"]]
    carts = [code for _, code, _ in equipment["carts"]]
    spare = totes.pop()
    shelves = sorted({shelf for shelf, _ in day.opening()})[:20]
    titles = sorted(day.on_shelves())[:20]
    things = (spare, *shelves, *titles, "HELLO-1", titles[0][:-1], "L000001", "9780000000002")
    hands = []
    for number, badge in enumerate(badges):
        hand = Hand(house.process.port, badge, cart=carts[number])
        hand.faults = Faults(random.Random(number), WRONG, REPEATED, LOST, PADDED, things)
        hands.append(hand)
    return Floor(deque(totes)), hands


# --- The desk: release and decide -----------------------------------------------------------------


def confirmed(desk):
    """The shop's number of every confirmed order, and its id."""
    found, page = {}, desk.get("/orders/", state="confirmed")
    while True:
        found |= {row["source_number"]: row["id"] for row in page["rows"]}
        if not page["next_before"]:
            return found
        page = desk.get("/orders/", state="confirmed", before=page["next_before"])


def held_for(desk, reason):
    """Orders on the review desk that are held for this reason, a page at a time until there are none."""
    while page := desk.get("/orders/review", reason=reason)["orders"]:
        yield from page


def release(desk, numbers):
    """Release these orders; who would wait for what is short is asked, and takes a part. Units that were
    reserved."""
    ids = confirmed(desk)
    done = desk.post("/waves/release", order_ids=[ids[number] for number in numbers])
    units, again = done["units"], []
    if done["waiting"]:
        for held in held_for(desk, "short"):
            again.append(held["row"]["id"])
            desk.post(f"/orders/{again[-1]}/when-short", when_short="part", reason="asked the customer")
        units += desk.post("/waves/release", order_ids=again)["units"]
    return units


def release_the_day(desk, day):
    """Everything that is right as it came; the copies planned by ISBN."""
    planned = at_most(day.demand(), day.on_shelves())
    assert planned.total() == day.expected["stock"]["copies_that_can_ship_at_most"]
    assert release(desk, day.numbers(*TO_PICK)) == planned.total()
    return planned


def mend_and_release(desk, day):
    """Addresses completed, unknown titles named, a late payment come in; and what was partly sent before. The
    copies planned for them by ISBN, of what the others left."""
    left = day.on_shelves() - at_most(day.demand(), day.on_shelves())
    plenty = max(left, key=lambda isbn: (left[isbn], isbn))
    unknown = {each["detail"] for each in day.expected["kinds"]["unknown_isbn"]["orders"]}
    numbers = day.numbers("part_pick")
    wanted = Counter()
    mends = {"missing_address": mend_address, "unknown_isbn": name_title, "not_paid": accept_payment}
    for kind, mend in mends.items():
        for number in day.of_kind(kind):
            (found,) = desk.get("/orders/", q=number)["rows"]
            mend(desk, desk.get(f"/orders/{found['id']}"), plenty)
            numbers.add(number)
    for number in numbers:
        for code, units in day.still_to_send(number):
            wanted[plenty if code in unknown else code] += units
    planned = at_most(wanted, left)
    assert release(desk, numbers) == planned.total()
    return planned, len(numbers) - len(day.numbers("part_pick"))


def mend_address(desk, page, _):
    desk.post(f"/orders/{page['order']['id']}/address", street="1 Corve Yard", city="Ludlow",
              postcode="SY8 1AA", reason="asked by telephone")


def name_title(desk, page, isbn):
    for line in page["lines"]:
        if line["item_id"] is None and not line["is_service"]:
            desk.post(f"/orders/lines/{line['id']}/item", code=isbn, reason="the customer takes this one")


def accept_payment(desk, page, _):
    for hold in page["holds"]:
        desk.post(f"/orders/holds/{hold['id']}/lift", reason="paid by transfer")


def work_until_all_is_shipped(desk, hands, floor):
    """Eight at once until nothing waits; what they left to the desk is decided, and they go on. Ids called
    off."""
    called_off = set()
    while True:
        work_together(hands, floor)
        held = {each["row"]["id"]: each for reason in FLOOR_HOLDS
                for each in desk.get("/orders/review", reason=reason)["orders"]}
        if not held:
            return called_off
        for order, each in held.items():
            if sum(line["picked"] for line in each["lines"]):
                for hold in each["holds"]:
                    desk.post(f"/orders/holds/{hold['id']}/lift", reason="send what is there")
            else:
                desk.post(f"/orders/{order}/cancel", reason="none of it could be found")
                called_off.add(order)


def sign_lists(desk):
    """Every driver signs; all that was labelled is loaded."""
    for truck in desk.get("/dock/")["trucks"]:
        assert (truck["labelled"], truck["unlabelled"]) == (0, 0), truck
        if truck["manifest_id"]:
            task = desk.must(f"/dock/{truck['manifest_id']}/scan", "#close:Chen")
            assert (task["count"], task["is_open"]) == (truck["loaded"], False)


# --- The evening: the books against the logs ------------------------------------------------------


def check_stock(session, day, log):
    """What is left on each shelf is what lay there less what hands took; what a shelf no longer had is
    lost."""
    left = day.opening()
    left.subtract(log.taken)
    left.subtract(log.damaged)
    lost = Counter(log.bench_missing)
    for place in log.empty:
        lost[place[1]] += left.pop(place, 0)
    assert min(left.values()) >= 0
    assert books.on_hand(session) == +left
    damaged = Counter(log.bench_damaged)
    for (_, isbn), units in log.damaged.items():
        damaged[isbn] += units
    quarantined = books.on_hand(session, "quarantine", "damaged")
    assert {isbn: units for (_, isbn), units in quarantined.items()} == +damaged
    assert books.on_hand(session, condition="damaged") == day.opening("damaged")
    assert books.moved_to(session, "LOST-FOUND") == +lost
    for place in ("tote", "parcel"):
        assert not books.on_hand(session, place)
    assert books.reserved(session) == 0
    assert books.totes_not_free(session) == []


def check_copies(session, log, planned):
    """What was planned went out, less what could not be found and what was lost at the bench."""
    sent = Counter()
    for (order, isbn), units in log.packed.items():
        assert log.handed_over[order] == 1, order
        sent[isbn] += units
    expected = planned + log.replaced
    expected.subtract(log.short)
    expected.subtract(log.bench_damaged)
    expected.subtract(log.bench_missing)
    assert sent == +expected
    assert books.moved_to(session, "CUSTOMER") == sent
    assert books.by_isbn(session, books.OrderLine.units_dispatched) == sent


def check_orders(session, day, log, called_off, held):
    """Every order that could be sent left the house, each once; the others are where they should be."""
    assert books.in_state(session, "dispatched") == set(log.handed_over)
    assert books.in_state(session, "cancelled") == called_off
    states = books.states(session)
    assert states == +Counter(dispatched=len(log.handed_over), cancelled=len(called_off), held=held)
    channels = day.expected, day.expected["taobao"]
    kinds = [(kind, each) for channel in channels for kind, each in channel["kinds"].items()]
    not_kept = sum(each["count"] for kind, each in kinds
                   if each["cls"] == "catch" or (each["cls"] == "no_pick" and kind != "not_paid"))
    assert states.total() + not_kept == sum(each["count"] for _, each in kinds)


def check_faults(hands, log, copies):
    """People erred as often as they were meant to, as far as chance allows."""
    scans = sum(hand.scans for hand in hands)
    assert sum(hand.wrongs for hand in hands) > scans * WRONG / 5
    assert sum(hand.repeats for hand in hands) > scans * REPEATED / 5
    lost = log.damaged.total() + len(log.empty) + log.bench_damaged.total() + log.bench_missing.total()
    assert lost >= int(copies * LOST / 5)


def check_second_import(house, day):
    """The same files again change nothing."""
    for what, file in (("catalogue", day.catalogue), ("layout", day.layout), ("stock", day.stock)):
        again = told(house, "import", what, file, "--json")
        assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0), what
    again = told(house, "import", "orders", day.shopify, *day.taobao, "--json")
    assert (again["created"], again["held"]) == (0, 0)
