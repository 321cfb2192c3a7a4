"""Carriers' tables of events, in the words of either language: every row an event, or a problem that says why."""

import io
from datetime import UTC, datetime

import openpyxl
import pytest

from warehouse.gateways.tracking_files import read_time, read_tracking

SHANGHAI = "Asia/Shanghai"
EIGHT = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)


def test_a_chinese_table_in_gb18030_is_read():
    text = "运单号,时间,状态,地点\nSF1234567890123,2026/3/5 8:00,已揽收,上海\n"
    events, problems = read_tracking("a.csv", text.encode("gb18030"), SHANGHAI)
    assert problems == []
    assert [(one.row, one.number, one.kind, one.at, one.place, one.text) for one in events] == [
        (2, "SF1234567890123", "accepted", EIGHT, "上海", "已揽收")]


def test_an_english_workbook_with_real_dates_is_read():
    book = openpyxl.Workbook()
    book.active.append(["Tracking number", "Event time", "Status", "Description", "Location"])
    eight = datetime(2026, 3, 5, 8)  # noqa: DTZ001 - as a sheet keeps it
    book.active.append(["sf 1234567890123", eight, "delivered", "Left with neighbour", "Bath"])
    book.active.append([123456789012, eight, "DLV", "Delivered", "Bath"])
    content = io.BytesIO()
    book.save(content)
    events, problems = read_tracking("a.xlsx", content.getvalue(), SHANGHAI)
    assert problems == []
    assert [(one.number, one.kind, one.at, one.text) for one in events] == [
        ("SF1234567890123", "delivered", EIGHT, "Left with neighbour"),
        ("123456789012", "delivered", EIGHT, "Delivered")]


def test_what_is_not_understood_is_named_without_who_brought_it_and_their_phone():
    phone = str(13912345670 + 8)
    for said in (f"快递员：王小明 {phone} 来电", f"Courier: Ming rang {phone}"):
        _, (problem,) = read_tracking("a.csv", f"number,time,text\nSF1,2026-03-05 08:00,{said}\n".encode(), SHANGHAI)
        assert problem.code == "tracking_event_unknown"
        for private in (phone, "王小明", "Ming"):
            assert private not in problem.facts["text"]


@pytest.mark.parametrize(("row", "code"), [
    (",2026-03-05 08:00,delivered", "tracking_no_number"),
    ("SF1234567890123,5/3/2026 8:00,delivered", "tracking_time_unreadable"),
    ("SF1234567890123,2026-02-30 08:00,delivered", "tracking_time_unreadable"),
    ("SF1234567890123,,delivered", "tracking_time_unreadable"),
    ("SF1234567890123,2026-03-05 08:00,XYZ-7", "tracking_event_unknown"),
    ("SF1234567890123,2026-03-05 08:00,", "tracking_event_unknown"),
])
def test_a_row_that_cannot_be_used_is_named_and_the_others_are_read(row, code):
    text = f"number,time,status\n{row}\nSF1234567890123,2026-03-05 08:00,delivered\n"
    events, problems = read_tracking("a.csv", text.encode(), SHANGHAI)
    assert [(problem.row, problem.code) for problem in problems] == [(2, code)]
    assert [event.row for event in events] == [3]


def test_a_table_without_the_needed_columns_is_one_problem():
    events, problems = read_tracking("a.csv", b"order,day\n1,2\n", SHANGHAI)
    assert events == []
    assert [(problem.code, problem.facts["columns"]) for problem in problems] == [
        ("missing_columns", "number, time, event")]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\xff\xfe\x00"])
def test_what_is_no_table_is_one_problem(content):
    events, problems = read_tracking("a.csv", content, SHANGHAI)
    assert events == []
    assert len(problems) == 1


@pytest.mark.parametrize("text", [
    "2026-03-05 08:00:00", "2026-03-05T08:00:00+08:00", "2026-03-05T00:00:00Z", "2026年3月5日 08:00", "20260305080000",
    "2026.03.05 08:00", "2026-03-05T00:00:00.000Z", "2026/3/5 8:00:00", "2026-03-05 00:00:00 +0000",
])
def test_a_time_is_read_as_carriers_write_it(text):
    assert read_time(text, SHANGHAI) == EIGHT
