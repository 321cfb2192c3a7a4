"""Stock and layout files: a place, an item, a number of units; and the places alone."""

from tests.shared_data import needs_shared, shared, shared_rows
from warehouse.domain.layout import location_parts, walking_key
from warehouse.gateways.catalog_files.homes_sheet import read_homes
from warehouse.gateways.catalog_files.layout_sheet import read_layout
from warehouse.gateways.catalog_files.stock_sheet import read_stock


def problems(read):
    return [(problem.row, problem.code) for problem in read]


def test_stock_rows_are_read_and_bad_ones_named():
    content = (
        "库位,ISBN,货号,数量,品相\n"
        "c-02 -3,9787536692930,,3,good\n"
        "A-01-1,,MUG-1,2.0,残次\n"
        "A-01-1,INT-7,,1,\n"
        ",9787536692930,,1,good\n"
        "A-01-1,,,1,good\n"
        "A-01-1,9787536692931,,1,good\n"
        "A-01-1,9787536692930,,2.5,good\n"
        "A-01-1,9787536692930,,-1,good\n"
        "A-01-1,9787536692930,,1,wet\n"
    )
    records, named = read_stock("stock.csv", content.encode("gb18030"))

    assert [(r.row, r.location, r.isbn13, r.sku, r.quantity, r.condition) for r in records] == [
        (2, "C-02-3", "9787536692930", None, 3, "good"),
        (3, "A-01-1", None, "MUG-1", 2, "damaged"),
        (4, "A-01-1", None, "INT-7", 1, "good"),
    ]
    assert problems(named) == [
        (5, "no_location"), (6, "no_item"), (7, "wrong_check_digit"), (8, "quantity_unreadable"),
        (9, "quantity_unreadable"), (10, "condition_unknown"),
    ]
    assert problems(read_stock("s.csv", b"location\nA\n")[1]) == [(1, "missing_columns")]


def test_a_layout_needs_no_more_than_names():
    content = (
        b"location,isbn13,quantity\nC-02-22-3,9787536692930,3\nA-01-2,9787536692930,1\n"
        b"C-02-22-3,9787536693968,9\n,,1\n"
    )
    records, named = read_layout("stock.csv", content)

    assert [(r.row, r.code, r.kind, r.aisle, r.bay, r.shelf) for r in records] == [
        (2, "C-02-22-3", "shelf", "C", "02-22", "3"), (3, "A-01-2", "shelf", "A", "01", "2"),
    ]
    assert problems(named) == [(5, "no_location")]


def test_a_layout_with_all_columns_is_taken_as_it_says():
    content = (
        "location,类型,aisle,bay,shelf,zone,sequence,x_mm,y_mm,max_units\n"
        "Q1,隔离区,,,,q,990,100,200,50\n"
        "A-1,shelf,A,1,,z,10,,,\n"
        "A-1,shelf,A,1,,z,20,,,\n"
        "A-2,cupboard,,,,,,,,\n"
        "A-3,,,,,,first,,,\n"
    )
    records, named = read_layout("layout.csv", content.encode())

    place = records[0]
    assert (place.kind, place.aisle, place.zone, place.sequence, place.x_mm, place.y_mm, place.max_units) == (
        "quarantine", "Q1", "q", 990, 100, 200, 50,
    )
    assert [record.code for record in records] == ["Q1", "A-1"]
    assert problems(named) == [
        (4, "repeated_location_differs"), (5, "location_kind_unknown"), (6, "number_unreadable"),
    ]
    assert problems(read_layout("l.csv", b"x\n1\n")[1]) == [(1, "missing_columns")]


def test_shelves_are_parted_and_sorted_as_people_walk():
    assert location_parts("A") == ("A", "", "")
    assert location_parts("A-7") == ("A", "7", "")
    assert sorted(["A-10-1", "A-2-1", "B-1", "A-2-10", "A-2-2"], key=walking_key) == [
        "A-2-1", "A-2-2", "A-2-10", "A-10-1", "B-1",
    ]


def test_a_shelf_is_told_to_be_reserve_by_its_kind_or_by_a_column():
    content = "库位,类型,备货\nR-01-1,备货位,\nR-01-2,货位,是\nA-01-1,货位,否\nA-01-2,货位,\nA-01-3,货位,也许\n"
    records, named = read_layout("layout.csv", content.encode())

    assert [(record.code, record.kind, record.is_reserve) for record in records] == [
        ("R-01-1", "shelf", True), ("R-01-2", "shelf", True), ("A-01-1", "shelf", False), ("A-01-2", "shelf", None)]
    assert problems(named) == [(6, "yes_or_no")]


def test_fixed_shelves_have_both_limits_or_none():
    content = (
        "固定货位,isbn,下限,上限\nA-01-1,9787536692930,5,20\nA-01-2,9787536693968,,\nA-01-3,9787020002207,5,\n"
        "A-01-4,9787020002207,9,5\n,9787020002207,,\nA-01-5,,1,2\nA-01-6,9787020002207,x,2\nA-01-7,HLM-1,0,3\n"
    )
    records, named = read_homes("homes.csv", content.encode())

    assert [(r.location, r.isbn13 or r.sku, r.min_units, r.max_units) for r in records] == [
        ("A-01-1", "9787536692930", 5, 20), ("A-01-2", "9787536693968", None, None), ("A-01-7", "HLM-1", 0, 3)]
    assert problems(named) == [(4, "limits_wrong"), (5, "limits_wrong"), (6, "no_location"), (7, "no_item"),
                               (8, "number_unreadable")]
    assert problems(read_homes("h.csv", b"min,max\n1,2\n")[1]) == [(1, "missing_columns")]


@needs_shared("orders", "stock_opening.csv")
def test_the_real_opening_stock_is_stock_and_layout():
    content = shared("orders", "stock_opening.csv").read_bytes()
    records, named = read_stock("stock_opening.csv", content)
    places, none = read_layout("stock_opening.csv", content)
    rows = shared_rows("orders", "stock_opening.csv")

    assert named == none == []
    assert sum(record.quantity for record in records) == sum(int(row["quantity"]) for row in rows)
    assert {place.code for place in places} == {row["location"] for row in rows}
