"""One of every paper, and eyes: what a scanner reads off the print, which words and fonts are in the PDF."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp

from labels import manifest, packing_slip, shipping_label, tags

ON = date(2026, 3, 4)
ISBN = "9787536692930"

LINES = (
    packing_slip.SlipLine("三体", 2, 2, "刘慈欣", ISBN, "平装 第1册", "", "¥23.00"),
    packing_slip.SlipLine(
        "三体Ⅱ：黑暗森林", 3, 1, "刘慈欣", "9787536693968", "第2册", "另 2 册随后发出", "¥32.00"
    ),
    packing_slip.SlipLine(
        "R.U.R. (Rossumovi univerzální roboti)", 1, 1, "Karel Čapek", "", "", "", "¥9.00"
    ),
)
SLIP = packing_slip.PackingSlip(
    lang="zh-Hans",
    shop_name="书页书店",
    order_number="118204",
    order_code="O118204K",
    recipient="林*雨",
    on=ON,
    lines=LINES,
    parcel_number=1,
    parcel_count=2,
    packed_by="李伟",
    total="¥151.00",
    remarks="其余两册到货后补寄。",
)
NOTE = replace(
    SLIP, lang="en", is_dispatch_note=True, sender="Shelfmark Books, 12 Quay Street, Bristol", paper="A4"
)
SHIPPING = shipping_label.ShippingLabel(
    lang="zh-Hans",
    carrier="圆通",
    service="标准快递",
    lane="310-B7",
    code="YT7480126093315",
    recipient="林*雨",
    phone="138******91",
    address_lines=("浙江省 杭州市 西湖区", "文三路 *** 号 3 幢 ***"),
    postcode="310012",
    sender="书页仓库 2 号仓",
    order_number="118204",
    parcel_code="P11820401X",
    parcel_count=2,
    weight_g=1512,
    cod="¥151.00",
)
MANIFEST = manifest.Manifest(
    lang="zh-Hans",
    carrier="圆通",
    number="20260304-01",
    code="M2026030401Q",
    on=ON,
    rows=tuple(manifest.ManifestRow(f"YT7480126{i:06d}", str(118000 + i), 500 + i, "310") for i in range(70)),
    warehouse="书页仓库 2 号仓",
)
LOCATION = tags.LocationTag("zh-Hans", "B", "07", "3", "L000731K", "B-07-3")
TOTE = tags.ToteTag("en", "M2", "T000002H", "C-02")
BOOK = tags.ItemTag("zh-Hans", "三体", isbn=ISBN, author="刘慈欣", edition="平装", price="¥23.00")
USED_BOOK = tags.ItemTag("en", "Pride and Prejudice", code="I000123K", author="Jane Austen")
BADGE = tags.BadgeCard("zh-Hans", "李伟", "拣货员", "B000004H", pin="4711")


def in_both_languages(paper):
    """The same paper in Chinese and in English."""
    return [replace(paper, lang=lang) for lang in ("zh-Hans", "en")]


def papers() -> Iterator[tuple[str, bytes, set[str]]]:
    """Name, PDF and what its first page must give to a scanner, of every kind of paper in both languages."""
    for slip in (SLIP, NOTE, replace(SLIP, paper="A4"), replace(NOTE, paper="A5")):
        for paper in in_both_languages(slip):
            yield f"slip {paper.paper} {paper.lang}", packing_slip.to_pdf(paper), {"O118204K"}
    for cod in ("¥151.00", ""):
        for paper in in_both_languages(replace(SHIPPING, cod=cod)):
            yield f"shipping {paper.lang}", shipping_label.to_pdf(paper), {"YT7480126093315", "P11820401X"}
    for paper in in_both_languages(MANIFEST):
        yield f"manifest {paper.lang}", manifest.to_pdf(paper), {"M2026030401Q"}
    for tag in (LOCATION, TOTE, BOOK, USED_BOOK, BADGE):
        for paper in in_both_languages(tag):
            code = getattr(paper, "isbn", "") or paper.code
            name = f"{type(tag).__name__} {paper.lang}"
            yield name, tags.to_pdf(paper), {code}
            yield f"{name} small", tags.to_pdf(paper, size_mm=(60, 40)), {code}
            yield f"{name} sheet", tags.to_pdf([paper] * 3, on_sheet=True), {code}


def scanned(pdf: bytes, dpi: int, page: int = 0) -> list[str]:
    """What a scanner reads off that page when printed in black and white dots."""
    picture = pypdfium2.PdfDocument(pdf)[page].render(scale=dpi / 72).to_pil().convert("L")
    return [found.text for found in zxingcpp.read_barcodes(picture.point(lambda grey: 255 * (grey > 127)))]


def words(pdf: bytes) -> list[str]:
    """The text of each page, without the line ends and blanks that the reader puts in."""
    return ["".join(p.get_textpage().get_text_range().split()) for p in pypdfium2.PdfDocument(pdf)]


def page_sizes_mm(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page, to the millimetre."""
    sizes = [page.get_size() for page in pypdfium2.PdfDocument(pdf)]
    return [(round(width / 72 * 25.4), round(height / 72 * 25.4)) for width, height in sizes]


def unembedded_fonts(pdf: bytes) -> list[str]:
    """Names of fonts that the reader of the PDF would have to find on their own machine."""
    found = []
    for page in (document := pypdfium2.PdfDocument(pdf)):
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(item.raw)
            if pdfium.FPDFFont_GetIsEmbedded(font) != 1:
                found.append(page)
    document.close()
    return found + ([b"standard font"] if b"/Helvetica" in pdf or b"/STSong" in pdf else [])


def boxes_off_the_page(pdf: bytes) -> list[tuple[float, ...]]:
    """Bounds in points of everything drawn that does not lie wholly on its page."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        width, height = page.get_size()
        for item in page.get_objects():
            left, bottom, right, top = item.get_bounds()
            if left < -0.1 or bottom < -0.1 or right > width + 0.1 or top > height + 0.1:
                found.append((left, bottom, right, top))
    return found
