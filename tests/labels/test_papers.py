"""Every paper: its bars scan, its words stay on it, its fonts travel with it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from labels import captions, manifest, packing_slip, shipping_label, tags, text
from tests.labels import papers

PAPERS = list(papers.papers())
EVERY_PAPER = pytest.mark.parametrize(("pdf", "codes"), [p[1:] for p in PAPERS], ids=[p[0] for p in PAPERS])


@EVERY_PAPER
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_barcode_is_read_back(pdf, codes, dpi):
    assert set(papers.scanned(pdf, dpi)) == codes


@EVERY_PAPER
def test_fonts_are_embedded_and_nothing_leaves_the_page(pdf, codes):
    assert papers.unembedded_fonts(pdf) == []
    assert papers.boxes_off_the_page(pdf) == []


def test_every_caption_exists_in_both_languages_and_can_be_printed():
    for code, words in captions.CAPTIONS.items():
        assert set(words) == {"en", "zh-Hans"}, code
        assert text.missing_glyphs(*words.values()) == (), code


def test_the_same_paper_gives_the_same_bytes():
    for paper, room in (
        (papers.SLIP, packing_slip),
        (papers.SHIPPING, shipping_label),
        (papers.MANIFEST, manifest),
        (papers.BADGE, tags),
    ):
        assert room.to_pdf(paper) == room.to_pdf(replace(paper))


def test_papers_drawn_at_the_same_time_are_the_same_as_one_after_the_other():
    slips = [replace(papers.SLIP, order_number=f"{n}", shop_name="書店曹𫚕堽"[n % 5 :]) for n in range(24)]

    with ThreadPoolExecutor(8) as at_once:
        drawn = list(at_once.map(packing_slip.to_pdf, slips))

    assert drawn == [packing_slip.to_pdf(slip) for slip in slips]


def test_chinese_words_can_be_taken_out_of_the_pdf_again():
    (slip,) = papers.words(packing_slip.to_pdf(papers.SLIP))
    (label,) = papers.words(shipping_label.to_pdf(papers.SHIPPING))

    for words in ("书页书店", "装箱单", "三体Ⅱ：黑暗森林", "另2册随后发出", "KarelČapek", "林*雨", "第1/2件", "李伟"):
        assert words in slip
    for words in ("圆通", "310-B7", "YT7480126093315", "138******91", "文三路", "代收货款¥151.00", "1.52kg"):
        assert words in label


def test_a_gift_shows_the_message_and_no_price():
    gift = replace(papers.SLIP, is_gift=True, gift_message="生日快乐！\nGrandma 📚")

    (words,) = papers.words(packing_slip.to_pdf(gift))

    assert "生日快乐！Grandma" in words
    assert "¥" not in words
    assert "151" not in words


def test_a_dispatch_note_names_the_sender_and_has_a_line_to_sign():
    (words,) = papers.words(packing_slip.to_pdf(papers.NOTE))

    assert "Dispatchnote" in words
    assert "12QuayStreet" in words
    assert "Received:name,signature,date" in words


@pytest.mark.parametrize("paper", ["A4", "A5"])
@pytest.mark.parametrize("count", [1, 9, 10, 30, 60])
def test_a_slip_of_many_lines_flows_on_and_loses_none(paper, count):
    lines = tuple(replace(papers.LINES[1], title=f"第{i:03d}册，{'很长的书名' * 6}") for i in range(count))
    slip = replace(papers.SLIP, lines=lines, paper=paper, gift_message="万事如意。" * 40)

    pdf = packing_slip.to_pdf(slip)

    pages = papers.words(pdf)
    assert (len(pages) > 1) is (count > 10 or (count > 1 and paper == "A5"))
    assert [page.count(f"第{n}/{len(pages)}页") for n, page in enumerate(pages, 1)] == [1] * len(pages)
    assert all(sum(page.count(f"第{i:03d}册") for page in pages) == 1 for i in range(count))
    assert papers.boxes_off_the_page(pdf) == []


@pytest.mark.parametrize("count", [0, 1, 26, 27, 28, 34, 35, 70, 200])
def test_a_manifest_lists_every_parcel_once_and_is_signed_on_its_last_page(count):
    rows = tuple(manifest.ManifestRow(f"P{i:06d}X", str(i), 1000, "310") for i in range(count))

    pages = papers.words(manifest.to_pdf(replace(papers.MANIFEST, rows=rows)))

    assert all(sum(page.count(f"P{i:06d}X") for page in pages) == 1 for i in range(count))
    assert ["司机签名" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert f"共{count}件·{count}.00kg" in pages[-1]


def test_a_batch_is_one_pdf_in_the_given_order():
    labels = [replace(papers.SHIPPING, code=f"YT{i:013d}") for i in range(5)]

    pdf = shipping_label.to_pdf(labels)

    assert papers.page_sizes_mm(pdf) == [(100, 150)] * 5
    assert [papers.scanned(pdf, 203, page=i)[0] for i in range(5)] == [label.code for label in labels]


def test_papers_have_the_size_that_is_asked_for():
    slips = [papers.SLIP, replace(papers.SLIP, paper="A4")]

    assert papers.page_sizes_mm(packing_slip.to_pdf(slips)) == [(148, 210), (210, 297)]
    assert papers.page_sizes_mm(tags.to_pdf(papers.LOCATION)) == [(100, 50)]
    assert papers.page_sizes_mm(tags.to_pdf([papers.TOTE] * 11, on_sheet=True)) == [(210, 297)] * 2


@pytest.mark.parametrize(
    "address",
    [
        ("浙江省 杭州市 西湖区", "文三路" * 60),
        ("Flat **", "The Old Library", "12 High Street", "Little Snoring", "Fakenham", "Norfolk", "England"),
        tuple(f"Line {i} of an address that somebody pasted from a spreadsheet cell" for i in range(14)),
        ("A" * 300,),
        (),
    ],
)
def test_the_longest_name_and_address_stay_in_their_field(address):
    label = replace(
        papers.SHIPPING,
        recipient="Oluwaseun Adeyemi-Featherstonehaugh-Wolfeschlegelstein",
        address_lines=address,
        sender="书页仓库" * 30,
        lane="A-VERY-LONG-LANE-001",
        carrier="中国邮政速递物流股份有限公司" * 2,
    )

    pdf = shipping_label.to_pdf(label)

    assert papers.boxes_off_the_page(pdf) == []
    assert set(papers.scanned(pdf, 203)) == {"YT7480126093315", "P11820401X"}
    assert "138******91" in papers.words(pdf)[0]


def test_nothing_to_print_is_refused():
    for room in (packing_slip, shipping_label, manifest, tags):
        with pytest.raises(ValueError, match="to print"):
            room.to_pdf([])


def test_a_tag_larger_than_the_sheet_is_refused():
    with pytest.raises(ValueError, match="larger"):
        tags.to_pdf(papers.LOCATION, size_mm=(300, 40), on_sheet=True)
