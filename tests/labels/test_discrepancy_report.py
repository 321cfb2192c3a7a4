"""The report of what was wrong with a delivery: every row once, in both languages, nothing off the page."""

from dataclasses import replace

import pytest

from labels import discrepancy_report
from labels.discrepancy_report import DiscrepancyReport, ReportRow
from tests.labels import papers

ROWS = (
    ReportRow("短少", "三体Ⅱ：黑暗森林", "9787536693968", "20", 18, "−2", 0),
    ReportRow("破损", "R.U.R. (Rossumovi univerzální roboti), a very long title that must be made to fit its column",
              "9780141182087", "", 5, "3", 2, "封面折痕"),
)
REPORT = DiscrepancyReport(
    lang="zh-Hans", number="D000017", on=papers.ON, supplier="华东图书有限公司", warehouse="书页仓库 2 号仓",
    facts=(("purchase_order", "CG-18"), ("notice", "SH-5"), ("counted_on", "2026年3月4日"), ("parcels", "2"),
           ("announced", "40"), ("came", "41")),
    rows=ROWS)


@pytest.mark.parametrize("report", papers.in_both_languages(REPORT), ids=["zh", "en"])
def test_fonts_are_embedded_and_nothing_leaves_the_page(report):
    pdf = discrepancy_report.to_pdf(report)

    assert papers.unembedded_fonts(pdf) == []
    assert papers.boxes_off_the_page(pdf) == []
    assert papers.page_sizes_mm(pdf) == [(210, 297)]


def test_the_words_of_the_report_stand_on_it():
    [words] = papers.words(discrepancy_report.to_pdf(REPORT))

    for said in ("到货差异报告", "D000017", "华东图书有限公司", "CG-18", "SH-5", "三体Ⅱ：黑暗森林", "9787536693968", "−2",
                 "短少", "封面折痕", "供应商签名", "照片随到货单保存"):
        assert said in words


def test_a_report_without_photos_offers_none_and_one_without_rows_says_that_all_was_right():
    [without] = papers.words(discrepancy_report.to_pdf(replace(REPORT, rows=ROWS[:1], lang="en")))
    [nothing] = papers.words(discrepancy_report.to_pdf(replace(REPORT, rows=(), lang="en")))

    assert "sentonrequest" not in without and "Everythingcame" not in without
    assert "Everythingcameasannounced." in nothing


@pytest.mark.parametrize("count", [1, 14, 15, 16, 19, 20, 60])
def test_each_row_stands_on_it_once_and_it_is_signed_on_its_last_page(count):
    rows = tuple(replace(ROWS[0], title=f"第{i:03d}种") for i in range(count))

    pages = papers.words(discrepancy_report.to_pdf(replace(REPORT, rows=rows)))

    assert all(sum(page.count(f"第{i:03d}种") for page in pages) == 1 for i in range(count))
    assert ["供应商签名" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert all("第" in page and "种" in page for page in pages)


def test_the_same_report_gives_the_same_bytes():
    assert discrepancy_report.to_pdf(REPORT) == discrepancy_report.to_pdf(replace(REPORT))
