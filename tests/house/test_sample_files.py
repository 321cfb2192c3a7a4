"""The demo shop and the small day say what they claim: typed files can go wrong as programs can."""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from openpyxl import load_workbook
from stdnum import isbn

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "warehouse" / "demo"
DAY = ROOT / "tests" / "data"
# Titles a picker could take for each other, by the codes of the demo shop.
LOOK_ALIKES = [
    ["9787536692930", "9787536693968", "9787229030933", "9787229042066"], ["HLM-1", "HLM-2"],
    ["9787020033430", "9787020033447", "9787020033454"],
    ["9787020043279", "9787020043354"],
    ["9780590353427", "9780590353403", "9780439064873"],
    ["9780345339706", "9780345339713", "9780345339737"],
    ["9787532129027", "9787532129843"], ["9787020024759", "9787020090006"],
    ["9787532742929", "9787532742264"],
    ["9787101052039", "9787108009821"], ["9787115358547", "9787115358530"],
    ["9780441013593", "9780441172719"],
    ["9780765377067", "9780765382030"], ["9787020008735", "9787020008728"],
]
MEANT_UNKNOWN = {"9787000000018"}


def demo(name):
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def code(row):
    return row["sku"] or row["isbn13"]


def good_copies():
    copies = Counter()
    for row in demo("stock.csv"):
        if row["condition"] == "good":
            copies[code(row)] += int(row["quantity"])
    return copies


def neighbours(one, other):
    (aisle, bay, shelf), (aisle_2, bay_2, shelf_2) = one.split("-"), other.split("-")
    return aisle == aisle_2 and abs(int(bay) - int(bay_2)) + abs(int(shelf) - int(shelf_2)) <= 1


def test_every_isbn_of_the_demo_shop_has_a_good_check_digit():
    codes = {row[column] for row in demo("books.csv") for column in ("isbn13", "also_isbn")} - {""}

    assert [text for text in codes if not isbn.is_valid(text)] == []


def test_one_isbn_stands_for_two_items_and_every_item_has_a_code_of_its_own():
    times = Counter(row["isbn13"] for row in demo("books.csv") if row["isbn13"])
    own = Counter(code(row) for row in demo("books.csv"))

    assert {isbn13: n for isbn13, n in times.items() if n > 1} == {"9787020002207": 2}
    assert max(own.values()) == 1 and "" not in own


def test_demo_stock_lies_on_shelves_of_the_layout_and_is_in_the_catalogue():
    shelves = {row["location"] for row in demo("layout.csv")}
    codes = {code(row) for row in demo("books.csv")}

    assert {row["location"] for row in demo("stock.csv")} <= shelves
    assert {code(row) for row in demo("stock.csv")} == codes


def test_look_alikes_lie_apart_but_for_one_pair_on_neighbouring_shelves():
    shelves = {}
    for row in demo("stock.csv"):
        shelves.setdefault(code(row), []).append(row["location"])
    near = [
        (one, other)
        for group in LOOK_ALIKES for place, one in enumerate(group) for other in group[place + 1:]
        if any(neighbours(here, there) for here in shelves[one] for there in shelves[other])
    ]

    assert near == [("9787536692930", "9787536693968")]


def test_two_demo_titles_are_short_and_every_other_line_can_be_filled():
    wanted = Counter()
    for row in demo("orders.csv"):
        wanted[row["sku_or_isbn"]] += int(row["quantity"])
    stock = good_copies()

    short = {text for text, copies in wanted.items() if copies > stock[text]}

    assert short - MEANT_UNKNOWN == {"9787532742264", "9787111544937"}


def test_the_demo_shop_has_forty_orders_of_two_channels_and_a_person_for_every_role():
    orders = {row["order"]: row for row in reversed(demo("orders.csv"))}
    lines = Counter(row["order"] for row in demo("orders.csv"))
    people = demo("people.csv")

    assert len(orders) == 40
    assert {row["channel"] for row in orders.values()} == {"tmall", "web"}
    assert sum(n == 1 for n in lines.values()) >= 12 and max(lines.values()) == 8
    assert {row["when_short"] for row in orders.values()} == {"wait", "part", "cancel"}
    assert {row["role"] for row in people} == {
        "picker", "packer", "manager", "service", "operations", "purchasing", "finance",
    }
    assert all(len(row["pin"]) == 6 and row["pin"].isdigit() for row in people)


def test_the_files_of_the_small_day_are_what_its_script_writes():
    check = (
        "import make_day; print([name for name, data in make_day.day_files().items() "
        "if not name.endswith('.xlsx') and (make_day.HERE / name).read_bytes() != data])"
    )

    command = [sys.executable, "-B", "-c", check]
    ran = subprocess.run(command, cwd=DAY, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["catalogue", "own_orders"])
def test_a_workbook_of_the_small_day_holds_the_rows_of_its_csv(name):
    sheet = load_workbook(DAY / f"{name}.xlsx", read_only=True).active
    with (DAY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))

    cells = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert cells == rows
