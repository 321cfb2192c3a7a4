"""Orders in: the report's figures, what is kept, and that nothing comes in twice."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests import builders
from tests.data_catalogue import small_catalogue
from tests.shared_data import needs_shared, shared
from warehouse import imports
from warehouse.models.orders import Hold, ImportRun, Order, OrderLine

DAY = Path(__file__).resolve().parents[1] / "data"
ZONE = "Asia/Shanghai"
TAOBAO = ("taobao_ExportOrderDetailList.csv", "taobao_ExportOrderList.csv")
TO_PICK = ("pick", "warn", "text", "normalise")
FIGURES = ("orders", "lines", "goods_lines", "goods_units")
STORED = ("pick", "warn", "text", "normalise", "part_pick", "hold", "conflict")


def files(folder, *names):
    return [(name, (folder / name).read_bytes()) for name in names]


@pytest.fixture
def actor(db):
    return builders.as_actor(builders.a_person(db, "Lin Fang", "operations"))


@pytest.fixture
def day(db):
    small_catalogue(db)
    return json.loads((DAY / "expected.json").read_text(encoding="utf-8"))


def bring_in(db, actor, folder, *names, **options):
    return imports.import_orders(db.write, actor, files(folder, *names), time_zone=ZONE, **options)


def counts(db):
    with db.read() as session:
        return {
            table.__tablename__: session.execute(select(func.count()).select_from(table)).scalar()
            for table in (Order, OrderLine, Hold)
        } | dict(session.execute(select(Order.state, func.count()).group_by(Order.state)).all())


def demand(db):
    """Copies wanted per ISBN by orders that may be released."""
    with db.read() as session:
        rows = session.execute(
            select(OrderLine.code_text, OrderLine.units_wanted)
            .join(Order, Order.id == OrderLine.order_id)
            .where(
                Order.state == "confirmed", Order.import_class != "part_pick", OrderLine.is_service.is_(False)
            )
        )
        found = Counter()
        for code, units in rows:
            found[code] += units
        return found


def check_shopify(report, expected, by_order):
    for name, wanted in expected["classes"].items():
        assert report.by_class[name] == {figure: wanted[figure] for figure in FIGURES}, name
    assert report.by_kind == {kind: wanted["count"] for kind, wanted in expected["kinds"].items()}
    told = {}
    for problem in report.problems:
        told.setdefault((problem["order"], problem["code"]), []).append(problem["rows"])
    for kind, wanted in expected["kinds"].items():
        if wanted["cls"] in ("pick", "normalise", "text"):
            continue
        for order in wanted["orders"]:
            assert order["rows"] in told[order["order"], kind], order
    assert report.orders == expected["raw"]["distinct_order_names"]
    assert report.duplicates == len(expected["duplicates"]["exact"])
    assert report.rejected == expected["classes"]["catch"]["orders"]
    assert (
        report.created == sum(expected["classes"][name]["orders"] for name in STORED) + by_order["not_paid"]
    )
    assert report.lines == sum(wanted["lines"] for wanted in expected["classes"].values())


def check_orders_one_by_one(db, path):
    """Every order that may be picked is there with its goods lines and units, and no other one."""
    with path.open(encoding="utf-8", newline="") as file:
        wanted = {row["order"]: row for row in csv.DictReader(file)}
    with db.read() as session:
        ours = {
            row.source_number: row
            for row in session.execute(
                select(
                    Order.source_number,
                    Order.state,
                    Order.import_class,
                    Order.lines_count,
                    Order.units_wanted,
                ).where(Order.channel == "shopify")
            )
        }
    for number, row in wanted.items():
        if row["class"] in TO_PICK:
            found = ours[number]
            assert (found.state, found.import_class) == ("confirmed", row["class"]), number
            assert (found.lines_count, found.units_wanted) == (
                int(row["goods_lines"]),
                int(row["goods_units"]),
            ), number
        elif row["class"] != "part_pick" and number in ours:
            assert ours[number].state == "held", number


def check_demand(db, path):
    with path.open(encoding="utf-8", newline="") as file:
        assert demand(db) == {row["isbn13"]: int(row["demand"]) for row in csv.DictReader(file)}


def test_the_report_of_the_small_day_says_what_was_meant(db, actor, day):
    report = bring_in(db, actor, DAY, "shopify_day.csv")
    check_shopify(report, day, {"not_paid": day["kinds"]["not_paid"]["count"]})
    check_orders_one_by_one(db, DAY / "expected_orders.csv")
    assert len(kept_reports(db)) == 1


def kept_reports(db):
    with db.read() as session:
        return session.execute(select(ImportRun.report)).scalars().all()


def test_the_small_day_of_both_channels_wants_the_expected_copies(db, actor, day):
    bring_in(db, actor, DAY, "shopify_day.csv", *TAOBAO)
    check_demand(db, DAY / "expected_demand.csv")


def test_a_second_import_and_the_json_of_the_same_orders_change_nothing(db, actor, day):
    first = bring_in(db, actor, DAY, "shopify_day.csv", *TAOBAO)
    before = counts(db)
    second = bring_in(db, actor, DAY, "shopify_day.csv", *TAOBAO)
    assert counts(db) == before
    assert (second.created, second.held, second.conflicts) == (0, 0, 0)
    assert second.duplicates == first.created + first.duplicates
    assert (second.by_class, second.by_kind) == (first.by_class, first.by_kind)
    third = bring_in(db, actor, DAY, "shopify_orders.json")
    assert (third.created, third.conflicts, counts(db)) == (0, 0, before)


def test_a_crash_in_the_middle_and_a_second_run_end_with_the_same_counts(db, actor, day, monkeypatch):
    monkeypatch.setattr(imports, "LOT", 5)

    class PowerCut(Exception):
        pass

    def cut(done, total):
        if done >= 15:
            raise PowerCut

    with pytest.raises(PowerCut):
        bring_in(db, actor, DAY, "shopify_day.csv", progress=cut)
    half = counts(db)
    assert 0 < half["sales_order"] < 20
    bring_in(db, actor, DAY, "shopify_day.csv")
    again = bring_in(db, actor, DAY, "shopify_day.csv")
    assert again.created == 0
    with db.read() as session:
        numbers = session.execute(select(Order.source_number, Order.number)).all()
    workable = sum(day["classes"][name]["orders"] for name in STORED) + day["kinds"]["not_paid"]["count"]
    assert len(numbers) == len({number for number, _ in numbers}) == workable
    assert all(number for _, number in numbers)
    check_orders_one_by_one(db, DAY / "expected_orders.csv")


@needs_shared("orders", "expected.json")
def test_the_real_day_comes_in_with_exact_totals(db, actor):
    folder = shared("orders")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    small_catalogue(db, shared("catalogue", "books.csv"))
    report = bring_in(db, actor, folder, "shopify_day.csv")
    check_shopify(report, expected, {"not_paid": 3})
    check_orders_one_by_one(db, folder / "expected_orders.csv")
    taobao = bring_in(db, actor, folder, *TAOBAO)
    assert taobao.by_kind == {kind: wanted["count"] for kind, wanted in expected["taobao"]["kinds"].items()}
    check_demand(db, folder / "expected_demand.csv")
    before = counts(db)
    assert bring_in(db, actor, folder, "shopify_orders.json").created == 0
    assert bring_in(db, actor, folder, "shopify_day.csv", *reversed(TAOBAO)).created == 0
    assert counts(db) == before
